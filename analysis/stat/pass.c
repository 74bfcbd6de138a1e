/* One pass over the frames for all statistics. */
#include "blocks.h"
#include "centre_map.h"
#include "memory.h"
#include <vitromech/stat.h>

#define TILE_BYTES (512 << 10) /* of frames: they stay in the second cache until all statistics have seen them */

typedef struct {
  int nruns;
  VmStatRun *runs;
  void **context;          /* [nruns] */
  size_t *nsum, *nmap;     /* [nruns] */
  size_t *sum_at, *map_at; /* [nruns + 1] offsets */
  bool lanes;              /* some statistic reads them, or polar needs them */
  VmPolar polar;           /* NULL unless some statistic reads it */
} Pass;

static void MergeAll(void *context, double *into, const double *from)
{
  Pass *pass = context;
  for (int r = 0; r < pass->nruns; ++r)
    if (pass->nsum[r])
      pass->runs[r].ops->merge(pass->context[r], pass->nsum[r], into + pass->sum_at[r], from + pass->sum_at[r]);
}

static PetscErrorCode PassSetUp(VmSurvey survey, int nruns, VmStatRun *runs, Pass *pass)
{
  bool polar = false;
  PetscFunctionBegin;
  pass->nruns = nruns;
  pass->runs = runs;
  PetscCall(PetscCalloc1((size_t)nruns, &pass->context));
  PetscCall(PetscCalloc2((size_t)nruns, &pass->nsum, (size_t)nruns, &pass->nmap));
  PetscCall(PetscCalloc2((size_t)nruns + 1, &pass->sum_at, (size_t)nruns + 1, &pass->map_at));
  for (int r = 0; r < nruns; ++r) {
    const VmStatOps *ops = runs[r].ops;
    PetscCall(ops->setup(runs[r].params, survey, &pass->context[r]));
    ops->size(pass->context[r], &pass->nsum[r], &pass->nmap[r]);
    pass->sum_at[r + 1] = pass->sum_at[r] + pass->nsum[r];
    pass->map_at[r + 1] = pass->map_at[r] + pass->nmap[r];
    polar = polar || ops->reads_polar;
    pass->lanes = pass->lanes || ops->reads_lanes || ops->reads_polar;
  }
  if (polar) PetscCall(VmSurveyPolar(survey, &pass->polar));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PassDestroy(Pass *pass)
{
  PetscFunctionBegin;
  for (int r = 0; r < pass->nruns; ++r)
    if (pass->context[r]) PetscCall(pass->runs[r].ops->destroy(&pass->context[r]));
  PetscCall(PetscFree(pass->context));
  PetscCall(PetscFree2(pass->nsum, pass->nmap));
  PetscCall(PetscFree2(pass->sum_at, pass->map_at));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The frames of one rank: whole blocks, contiguous. Maps of statistic r: [count][nmap] at maps + count*map_at[r]. */
typedef struct {
  int64_t first, count, tile_frames;
  float *frames, *lanes;
  double *polar, *maps;
} Share;

/* Bytes that a tile of n frames takes. */
static int64_t TileBytes(const Pass *pass, VmSurvey survey, int64_t n)
{
  size_t floats = (size_t)(n * survey->npix), doubles = 0;
  if (pass->lanes) floats += VmLanesSize(n, survey->npix);
  if (pass->polar) doubles = (size_t)n * (size_t)survey->rings * (size_t)survey->angles;
  return (int64_t)(floats * sizeof(float) + doubles * sizeof(double));
}

/* Sums that a rank holds at a time: those of the first blocks, or of blocks in the middle of the tree. */
static int64_t Nodes(int64_t frames, bool from_first)
{
  int64_t levels = 0;
  for (int64_t blocks = (frames + VM_STAT_BLOCK - 1) / VM_STAT_BLOCK; blocks > 0; blocks /= 2) ++levels;
  return (from_first ? levels : 2 * levels) + 2;
}

/* Bytes that a pass takes besides its tile: sums of the nodes of the tree, maps, and on rank 0 what is made of them. */
static int64_t PassBytes(const Pass *pass, VmSurvey survey, int64_t count, int rank)
{
  enum { READER_FRAMES = 2, MAP_STATISTIC_DOUBLES = 32, SPARE = 4 << 20 };
  const int64_t nsum = (int64_t)pass->sum_at[pass->nruns], nmap = (int64_t)pass->map_at[pass->nruns];
  int64_t largest_map = 0;
  for (int r = 0; r < pass->nruns; ++r) largest_map = PetscMax(largest_map, (int64_t)pass->nmap[r]);
  int64_t doubles = Nodes(rank == 0 ? survey->frames : count, rank == 0) * nsum + count * nmap;
  if (rank == 0) doubles += 3 * nsum + survey->frames * (nmap + largest_map + (nmap ? MAP_STATISTIC_DOUBLES : 0));
  return doubles * (int64_t)sizeof(double) + READER_FRAMES * survey->npix * (int64_t)sizeof(float) + SPARE;
}

/* Tiles as large as asked for, or as fit in the cache, and in the memory that a rank may have. */
static PetscErrorCode ChooseTile(const Pass *pass, VmSurvey survey, int64_t tile_frames, Share *share)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(survey->comm, &rank));
  const int64_t rest = PassBytes(pass, survey, share->count, rank);
  const int64_t room = survey->memory - VmMemoryResident() - rest;
  if (tile_frames <= 0)
    tile_frames = PetscMax(pass->lanes ? VM_LANES : 1, TILE_BYTES / (survey->npix * (int64_t)sizeof(float)));
  share->tile_frames = PetscMin(tile_frames, VM_STAT_BLOCK);
  while (survey->memory > 0 && share->tile_frames > 1 && TileBytes(pass, survey, share->tile_frames) > room)
    --share->tile_frames;
  PetscCall(VmMemoryCheck(survey->comm, survey->memory, rest + TileBytes(pass, survey, share->tile_frames),
                          "the pass over the cube"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShareCreate(const Pass *pass, VmSurvey survey, int64_t tile_frames, Share *share)
{
  int rank, size;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(survey->comm, &rank));
  PetscCallMPI(MPI_Comm_size(survey->comm, &size));
  const int64_t blocks = (survey->frames + VM_STAT_BLOCK - 1) / VM_STAT_BLOCK;
  share->first = PetscMin(blocks * rank / size * VM_STAT_BLOCK, survey->frames);
  share->count = PetscMin(blocks * (rank + 1) / size * VM_STAT_BLOCK, survey->frames) - share->first;
  PetscCall(ChooseTile(pass, survey, tile_frames, share));
  const size_t n = (size_t)share->tile_frames;
  PetscCall(PetscMalloc1(n * (size_t)survey->npix, &share->frames));
  if (pass->lanes) PetscCall(PetscMalloc1(VmLanesSize(share->tile_frames, survey->npix), &share->lanes));
  if (pass->polar) PetscCall(PetscMalloc1(n * (size_t)survey->rings * (size_t)survey->angles, &share->polar));
  PetscCall(PetscMalloc1((size_t)share->count * pass->map_at[pass->nruns], &share->maps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShareDestroy(Share *share)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(share->frames));
  PetscCall(PetscFree(share->lanes));
  PetscCall(PetscFree(share->polar));
  PetscCall(PetscFree(share->maps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PassTile(Pass *pass, VmSurvey survey, const VmFrameSource *source, Share *share, int64_t first,
                               int64_t n, double *sums)
{
  PetscFunctionBegin;
  const VmTile tile = {first, n, share->frames, share->lanes, share->polar};
  PetscCall(VmCentreMapRead(survey, source, first, n, share->frames));
  if (pass->lanes) VmLanesFill(n, survey->npix, share->frames, share->lanes);
  if (pass->polar) VmPolarApplyLanes(pass->polar, n, survey->npix, share->lanes, share->polar);
  for (int r = 0; r < pass->nruns; ++r) {
    double *maps = share->maps;
    if (pass->nmap[r]) maps += (size_t)share->count * pass->map_at[r] + (size_t)(first - share->first) * pass->nmap[r];
    PetscCall(pass->runs[r].ops->accumulate(pass->context[r], &tile, sums + pass->sum_at[r], maps));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PassShare(Pass *pass, VmSurvey survey, const VmFrameSource *source, Share *share, VmBlocks blocks,
                                VmProgress progress)
{
  const int64_t end = share->first + share->count;
  PetscFunctionBegin;
  for (int64_t at = share->first; at < end && !VmStopRequestedLocal(); at += VM_STAT_BLOCK) {
    const int64_t block_end = PetscMin(at + VM_STAT_BLOCK, end);
    double *sums;
    PetscCall(VmBlocksNext(blocks, &sums));
    for (int64_t first = at; first < block_end; first += share->tile_frames)
      PetscCall(PassTile(pass, survey, source, share, first, PetscMin(share->tile_frames, block_end - first), sums));
    PetscCall(VmBlocksPush(blocks, at / VM_STAT_BLOCK));
    if (progress)
      PetscCall(VmProgressUpdate(progress, (double)(block_end - share->first) / (double)share->count,
                                 "frame %lld of %lld", (long long)block_end, (long long)survey->frames));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Maps of one statistic of the whole scan on rank 0. */
static PetscErrorCode GatherMaps(MPI_Comm comm, const Share *share, size_t nmap, const double *mine, double *all)
{
  int rank, size;
  PetscMPIInt count, *counts = NULL, *displacements = NULL;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMPIIntCast((PetscInt)((size_t)share->count * nmap), &count));
  if (rank == 0) PetscCall(PetscMalloc2((size_t)size, &counts, (size_t)size, &displacements));
  PetscCallMPI(MPI_Gather(&count, 1, MPI_INT, counts, 1, MPI_INT, 0, comm));
  if (rank == 0) {
    displacements[0] = 0;
    for (int r = 1; r < size; ++r) displacements[r] = displacements[r - 1] + counts[r - 1];
  }
  PetscCallMPI(MPI_Gatherv(mine, count, MPI_DOUBLE, all, counts, displacements, MPI_DOUBLE, 0, comm));
  if (rank == 0) PetscCall(PetscFree2(counts, displacements));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PassFinalise(Pass *pass, VmSurvey survey, const Share *share, VmBlocks blocks)
{
  int rank;
  double *total = NULL, *maps = NULL;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(survey->comm, &rank));
  if (rank == 0) PetscCall(PetscMalloc1(pass->sum_at[pass->nruns], &total));
  PetscCall(VmBlocksCollect(survey->comm, blocks, total));
  for (int r = 0; r < pass->nruns; ++r) {
    if (pass->nmap[r]) {
      if (rank == 0) PetscCall(PetscMalloc1((size_t)survey->frames * pass->nmap[r], &maps));
      PetscCall(
          GatherMaps(survey->comm, share, pass->nmap[r], share->maps + (size_t)share->count * pass->map_at[r], maps));
    }
    if (rank == 0)
      PetscCall(pass->runs[r].ops->finalise(pass->context[r], total + pass->sum_at[r], maps, pass->runs[r].result));
    PetscCall(PetscFree(maps));
  }
  PetscCall(PetscFree(total));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmStatMergeSum(const void *context, size_t nsum, double *into, const double *from)
{
  (void)context;
  for (size_t i = 0; i < nsum; ++i) into[i] += from[i];
}

PetscErrorCode VmStatPass(VmSurvey survey, const VmFrameSource *source, int nruns, VmStatRun *runs, int64_t tile_frames,
                          VmProgress progress)
{
  Pass pass = {0};
  Share share = {0};
  VmBlocks blocks = NULL;
  bool stop = false;
  PetscErrorCode code;
  PetscFunctionBegin;
  code = PassSetUp(survey, nruns, runs, &pass);
  if (!code) code = ShareCreate(&pass, survey, tile_frames, &share);
  if (!code) {
    PetscCall(VmBlocksCreate(pass.sum_at[nruns], MergeAll, &pass, &blocks));
    PetscCall(VmAgree(survey->comm, PassShare(&pass, survey, source, &share, blocks, progress)));
    PetscCall(VmStopRequested(survey->comm, &stop));
    if (stop) code = VM_ERR_STOPPED;
    else PetscCall(PassFinalise(&pass, survey, &share, blocks));
  }
  PetscCall(VmBlocksDestroy(&blocks));
  PetscCall(ShareDestroy(&share));
  PetscCall(PassDestroy(&pass));
  PetscFunctionReturn(code);
}
