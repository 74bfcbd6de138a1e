/* How fast a 4D-STEM cube is read and analysed, from the page cache. */
#include "bench.h"

#include <vitromech/simd.h>
#include <vitromech/stat.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PIXELS = 128, TILE = 32, SUM_TILE = 8 };

#define PITCH 0.16 /* 1/nm */
#define RING 4.2   /* 1/nm */

/* Direct beam, first ring of an amorphous pattern and background at a pixel; middle of the detector. */
static double Pattern(int64_t p)
{
  const double x = ((double)(p / PIXELS) - 0.5 * PIXELS) * PITCH, y = ((double)(p % PIXELS) - 0.5 * PIXELS) * PITCH;
  const double k = hypot(x, y);
  return 5e4 / (1.0 + exp(20.0 * (k - 0.6))) + 80.0 * exp(-0.5 * pow((k - RING) / 0.3, 2)) + 60.0 * exp(-0.2 * k);
}

/* This rank's frames of the cube, a tile at a time: the pattern with one in four random words of speckle. */
static PetscErrorCode WriteFrames(VmCubeWriter writer, int64_t first, int64_t count, int64_t tiles)
{
  const int64_t npix = PIXELS * PIXELS;
  const VmRngKey key = {1, VM_STREAM_DOSE};
  double *pattern;
  float *frames;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)npix, &pattern, (size_t)(TILE * npix), &frames));
  for (int64_t p = 0; p < npix; ++p) pattern[p] = Pattern(p);
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t at = first + t * TILE, n = PetscMax(0, PetscMin(TILE, first + count - at));
    for (int64_t f = 0; f < n; ++f)
      for (int64_t p = 0; p < npix; p += 4) {
        uint32_t words[4];
        VmRngWords(key, (uint64_t)((at + f) * npix + p), 0, words);
        for (int w = 0; w < 4; ++w)
          frames[f * npix + p + w] = (float)(pattern[p + w] * (0.5 + 0x1p-32 * (double)words[w]));
      }
    PetscCall(VmCubeWriterPut(writer, n ? at : 0, n, frames));
  }
  PetscCall(PetscFree2(pattern, frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteCube(MPI_Comm comm, const char *path, int64_t side)
{
  const VmCubeInfo info = {.scan = {side, side},
                           .det = {PIXELS, PIXELS},
                           .type = VM_F32,
                           .scan_pitch = {0.32, 0.32},
                           .det_pitch = {PITCH, PITCH},
                           .gain = 1.0,
                           .centre = {0.5 * PIXELS, 0.5 * PIXELS}};
  const int64_t frames = side * side;
  int rank, size;
  VmCubeWriter writer;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(VmCubeWriterCreate(comm, path, &info, &writer));
  const int64_t first = frames * rank / size, count = frames * (rank + 1) / size - first;
  PetscCall(WriteFrames(writer, first, count, (frames / size + TILE) / TILE));
  PetscCall(VmCubeWriterClose(&writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

VM_SIMD_CLONES static float SumFloats(int64_t n, const float *values)
{
  float part[32] = {0};
  for (int64_t i = 0; i < n; i += 32)
    for (int l = 0; l < 32; ++l) part[l] += values[i + l];
  for (int l = 1; l < 32; ++l) part[0] += part[l];
  return part[0];
}

/* Reads this rank's frames and adds up each pattern. */
static PetscErrorCode SumPatterns(MPI_Comm comm, VmCube cube, double *total)
{
  const int64_t *scan = VmCubeGetInfo(cube)->scan, frames = scan[0] * scan[1], npix = PIXELS * PIXELS;
  int rank, size;
  float *tile;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc1((size_t)(SUM_TILE * npix), &tile));
  const int64_t end = frames * (rank + 1) / size;
  *total = 0.0;
  for (int64_t at = frames * rank / size; at < end; at += SUM_TILE) {
    const int64_t n = PetscMin(SUM_TILE, end - at);
    PetscCall(VmCubeRead(cube, at, n, tile));
    for (int64_t f = 0; f < n; ++f) *total += (double)SumFloats(npix, tile + f * npix);
  }
  PetscCall(PetscFree(tile));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Defaults(MPI_Comm comm, const VmTable *table, void **params)
{
  VmReport report;
  PetscFunctionBegin;
  *params = NULL;
  if (!table) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscCalloc(table->size, params));
  PetscCall(VmReportCreate(comm, table->name, &report));
  PetscCall(VmParamsRead(table, NULL, report, *params));
  PetscCall(VmReportFinish(report));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Survey(MPI_Comm comm, VmCube cube, VmSurvey *survey)
{
  const VmFrameSource source = VmCubeFrames(cube);
  void *geometry;
  PetscFunctionBegin;
  PetscCall(Defaults(comm, &vm_geometry_table, &geometry));
  PetscCall(VmSurveyCreate(comm, VmCubeGetInfo(cube), &source, geometry, survey));
  PetscCall(VmParamsFree(&vm_geometry_table, geometry));
  PetscCall(PetscFree(geometry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One pass of the named statistics with their defaults. */
static PetscErrorCode Pass(MPI_Comm comm, VmCube cube, VmSurvey survey, int count, const char *const names[])
{
  enum { MOST = 4 };
  const VmFrameSource source = VmCubeFrames(cube);
  VmStatRun runs[MOST];
  void *params[MOST];
  PetscFunctionBegin;
  for (int i = 0; i < count; ++i) {
    runs[i].ops = NULL;
    for (int s = 0; vm_stat_table[s]; ++s)
      if (strcmp(vm_stat_table[s]->head.name, names[i]) == 0) runs[i].ops = vm_stat_table[s];
    PetscCheck(runs[i].ops, comm, PETSC_ERR_PLIB, "there is no statistic %s", names[i]);
    PetscCall(Defaults(comm, runs[i].ops->head.params, &params[i]));
    runs[i].params = params[i];
    PetscCall(VmStatResultCreate(&runs[i].result));
  }
  PetscCall(VmStatPass(survey, &source, count, runs, 0, NULL));
  for (int i = 0; i < count; ++i) {
    PetscCall(VmStatResultDestroy(&runs[i].result));
    if (params[i]) PetscCall(VmParamsFree(runs[i].ops->head.params, params[i]));
    PetscCall(PetscFree(params[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Wall clock until all ranks are done, and the largest processor time of a rank: the smallest of all rounds. */
typedef struct {
  double wall, processor;
} Seconds;

enum { SUM, ANNULUS, FULL, NJOBS };

static double ProcessorTime(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The full pass with its survey; the annulus, which takes in every pixel up to the edge and gives the centre of mass
 * too, with a survey made before. */
static PetscErrorCode RunJob(MPI_Comm comm, VmCube cube, VmSurvey survey, int job)
{
  static const char *const names[] = {"virtual_image", "fem", "v2d", "angular_correlation", "nfold"};
  double total;
  PetscFunctionBegin;
  if (job == SUM) {
    PetscCall(SumPatterns(comm, cube, &total));
    PetscCheck(total >= 0.0, comm, PETSC_ERR_PLIB, "the patterns were not added up");
  } else if (job == ANNULUS) PetscCall(Pass(comm, cube, survey, 1, names));
  else {
    PetscCall(Survey(comm, cube, &survey));
    PetscCall(Pass(comm, cube, survey, 4, names + 1));
    PetscCall(VmSurveyDestroy(&survey));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Round(MPI_Comm comm, VmCube cube, Seconds best[NJOBS])
{
  VmSurvey survey;
  PetscFunctionBegin;
  PetscCall(Survey(comm, cube, &survey));
  for (int job = 0; job < NJOBS; ++job) {
    double start, end, local, largest;
    PetscCall(VmBenchTime(comm, &start));
    const double processor = ProcessorTime();
    PetscCall(RunJob(comm, cube, survey, job));
    local = ProcessorTime() - processor;
    PetscCall(VmBenchTime(comm, &end));
    PetscCallMPI(MPI_Allreduce(&local, &largest, 1, MPI_DOUBLE, MPI_MAX, comm));
    best[job].wall = fmin(best[job].wall, end - start);
    best[job].processor = fmin(best[job].processor, largest);
  }
  PetscCall(VmSurveyDestroy(&survey));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintAll(MPI_Comm comm, int64_t bytes, const Seconds best[NJOBS])
{
  static const char *const names[NJOBS] = {"cube.sum", "cube.annulus", "cube.full_pass"};
  struct rusage usage;
  double local, largest;
  PetscFunctionBegin;
  getrusage(RUSAGE_SELF, &usage);
  local = 1024e-6 * (double)usage.ru_maxrss;
  PetscCallMPI(MPI_Allreduce(&local, &largest, 1, MPI_DOUBLE, MPI_MAX, comm));
  for (int job = 0; job < NJOBS; ++job) {
    PetscCall(VmBenchPrint(comm, names[job], "GBps", 1e-9 * (double)bytes / best[job].wall, "GB/s"));
    PetscCall(VmBenchPrint(comm, names[job], "seconds", best[job].wall, "s"));
    PetscCall(VmBenchPrint(comm, names[job], "processor_seconds", best[job].processor, "s"));
  }
  PetscCall(VmBenchPrint(comm, "cube.memory", "of_a_rank", largest, "MB"));
  PetscCall(VmBenchPrint(comm, "cube.memory", "of_the_cube", 1e-6 * (double)bytes, "MB"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBenchCube(MPI_Comm comm, int64_t cells)
{
  const int64_t side = cells ? cells : 64, bytes = side * side * PIXELS * PIXELS * (int64_t)sizeof(float);
  const char *directory = getenv("TMPDIR");
  char path[PETSC_MAX_PATH_LEN];
  int rank;
  Seconds best[NJOBS];
  VmCube cube;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  snprintf(path, sizeof path, "%s/vitromech_bench_%ld.h5", directory ? directory : "/tmp", (long)getpid());
  PetscCallMPI(MPI_Bcast(path, sizeof path, MPI_CHAR, 0, comm));
  for (int job = 0; job < NJOBS; ++job) best[job].wall = best[job].processor = INFINITY;
  PetscErrorCode code = WriteCube(comm, path, side);
  if (!code) code = VmCubeOpen(comm, path, NULL, &cube);
  if (!code) {
    for (int round = 0; round < VM_BENCH_ROUNDS; ++round) PetscCall(Round(comm, cube, best));
    PetscCall(VmCubeClose(&cube));
    PetscCall(PrintAll(comm, bytes, best));
  }
  if (rank == 0) (void)unlink(path);
  PetscFunctionReturn(code);
}
