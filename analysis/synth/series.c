/* Patterns of a scan through a series of structures, frame by frame, each on one rank. */
#include "exposure.h"
#include "fingerprint.h"
#include "foil.h"
#include <vitromech/timer.h>
#include <string.h>

#define MARK_EVERY 1.0 /* s: of a kill, no more than this is lost */

typedef struct {
  MPI_Comm comm;
  VmFrameRead read;
  void *context;
  VmOptics optics;
  VmExposure exposure;
  VmScan scan;
  int64_t probes; /* of a frame */
  VmCubeWriter writer;
  VmProgress progress;
  int64_t *frames; /* [count] those to simulate, the same on all ranks */
  int64_t count;
  double *mean; /* [probes][pixels] */
  float *frame; /* [probes][pixels] */
} Series;

/* What does not change from frame to frame, from the first one. */
static PetscErrorCode Prepare(Series *s, const VmMicroscopeParams *params, const VmAtoms *atoms, uint64_t seed)
{
  double middle[2];
  VmScanFoil foil;

  PetscFunctionBegin;
  VmOpticsInit(params, &s->optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, &s->optics));
  PetscCall(VmExposureCreate(&s->optics, seed, &s->exposure));
  memcpy(foil.cell, atoms->cell, sizeof foil.cell);
  PetscCall(VmAtomsCount(PETSC_COMM_SELF, atoms, &foil.atoms));
  PetscCall(VmFoilCrowding(PETSC_COMM_SELF, atoms, &foil.crowding));
  foil.configurations = s->exposure.configurations;
  VmScanInit(&s->optics, s->exposure.method, s->exposure.context, &foil, &s->scan);
  s->probes = s->scan.points[0] * s->scan.points[1];
  if (!s->exposure.method->multiple) {
    VmScanMiddle(&s->scan, middle);
    PetscCall(VmFoilScattered(PETSC_COMM_SELF, atoms, middle, s->exposure.method, s->exposure.context, &s->optics));
  }
  const size_t values = (size_t)(s->probes * s->exposure.pixels);
  s->scan.bytes += (double)values * (sizeof *s->mean + 4 * sizeof *s->frame);
  PetscCall(PetscMalloc1(values, &s->mean));
  PetscCall(PetscMalloc1(values, &s->frame));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(Series *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(s->mean));
  PetscCall(PetscFree(s->frame));
  PetscCall(PetscFree(s->frames));
  PetscCall(VmExposureDestroy(&s->exposure));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The probes of a tile; configurations of thermal motion differ from frame to frame. */
static PetscErrorCode SimulateTile(Series *s, int64_t frame, const VmAtoms *atoms, const VmScanRun *run)
{
  VmExposure *e = &s->exposure;
  VmTileBox box;
  VmAtoms inside = {0};

  PetscFunctionBegin;
  VmScanBox(&s->scan, run, &box);
  PetscCall(VmFoilAtoms(PETSC_COMM_SELF, &s->optics, atoms, &box, &inside));
  for (int64_t c = 0; c < e->configurations; ++c) {
    PetscCall(VmExposureTile(e, frame * e->configurations + c, &inside, &box));
    for (int64_t i = 0; i < run->rows; ++i) {
      int64_t first, count;
      VmScanRow(&s->scan, run, i, &first, &count);
      for (int64_t probe = first; probe < first + count; ++probe) {
        double r[2];
        VmScanPosition(&s->scan, probe, r);
        PetscCall(VmExposureAdd(e, r, s->mean + probe * e->pixels));
      }
    }
  }
  VmAtomsFree(&inside);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The patterns of a frame. */
static PetscErrorCode Simulate(Series *s, int64_t frame, const VmAtoms *atoms)
{
  VmExposure *e = &s->exposure;

  PetscFunctionBegin;
  memset(s->mean, 0, (size_t)(s->probes * e->pixels) * sizeof *s->mean);
  for (int64_t row = 0; row < VmScanRows(&s->scan);) {
    const VmScanRun run = VmScanRunAt(&s->scan, row, VmScanRows(&s->scan));
    PetscCall(SimulateTile(s, frame, atoms, &run));
    row += run.rows;
  }
  for (int64_t probe = 0; probe < s->probes; ++probe) {
    const int64_t at = probe * e->pixels;
    VmExposureRecord(e, frame * s->probes + probe, s->mean + at, s->frame + at);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Reads frames[from], frames[from + 1] ..., one for each rank, and simulates that of this rank. */
static PetscErrorCode SimulateGroup(Series *s, int64_t from, int size, int rank)
{
  int64_t mine = -1;
  VmAtoms own = {0};

  PetscFunctionBegin;
  for (int64_t i = 0; i < size && from + i < s->count; ++i) {
    VmAtoms atoms = {0};
    PetscCall(s->read(s->context, s->comm, s->frames[from + i], &atoms));
    if (i != rank) {
      VmAtomsFree(&atoms);
      continue;
    }
    own = atoms;
    mine = s->frames[from + i];
  }
  if (mine >= 0) PetscCall(Simulate(s, mine, &own));
  VmAtomsFree(&own);
  PetscCall(VmCubeWriterPut(s->writer, mine >= 0 ? mine * s->probes : 0, mine >= 0 ? s->probes : 0, s->frame));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SimulateAll(Series *s)
{
  int rank, size;
  int64_t written[1024], waiting = 0; /* of this rank, not marked yet */
  double due = 0.0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->comm, &size));
  for (int64_t from = 0; from < s->count; from += size) {
    PetscCall(SimulateGroup(s, from, size, rank));
    if (from + rank < s->count) written[waiting++] = s->frames[from + rank];
    PetscCall(VmProgressUpdate(s->progress, (double)PetscMin(s->count, from + size) / (double)s->count, "%lld frames",
                               (long long)PetscMin(s->count, from + size)));
    int local[2] = {VmStopRequestedLocal(), waiting == 1024 || (rank == 0 && VmTime() >= due)}, all[2];
    PetscCallMPI(MPI_Allreduce(local, all, 2, MPI_INT, MPI_MAX, s->comm));
    if (!all[0] && !all[1]) continue;
    PetscCall(VmCubeWriterMark(s->writer, waiting, written));
    waiting = 0;
    due = VmTime() + MARK_EVERY;
    if (all[0]) PetscFunctionReturn(VM_ERR_STOPPED);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(Series *s, int64_t frames, const VmAtoms *atoms, const char *input, const char *path,
                           VmProvenance provenance)
{
  const VmMicroscopeParams *params = s->optics.params;
  char text[VM_FINGERPRINT];
  VmCubeInfo info;
  uint8_t *done;
  bool resumed;

  PetscFunctionBegin;
  PetscCall(VmMicroscopeInfo(params, &info));
  info.scan[0] = frames;
  info.scan[1] = s->probes;
  info.scan_pitch[0] = info.scan_pitch[1] = 0.0;
  PetscCall(VmFingerprint(s->comm, params, NULL, input, s->exposure.key.seed, text));
  PetscCall(PetscMalloc1((size_t)frames, &done));
  PetscCall(PetscMalloc1((size_t)frames, &s->frames));
  const PetscErrorCode code = VmCubeWriterContinue(s->comm, path, &info, text, frames, done, &resumed, &s->writer);
  for (int64_t f = 0; f < frames && !code; ++f) {
    if (!done[f]) s->frames[s->count++] = f;
  }
  PetscCall(PetscFree(done));
  PetscCall(code);
  if (resumed) PetscCall(VmLog(s->comm, "goes on with %s.part", path));
  else PetscCall(VmScanConditions(s->comm, &s->scan, atoms, &info, VmCubeWriterFile(s->writer)));
  if (provenance) {
    PetscCall(VmProvenanceAddSource(provenance, s->exposure.method->name, s->exposure.method->source));
    PetscCall(VmProvenanceWrite(provenance, VmCubeWriterFile(s->writer)));
  }
  PetscCall(VmCubeWriterMark(s->writer, 0, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(Series *s, int64_t frames, const VmAtoms *atoms, const char *input, const char *path,
                          VmProvenance provenance)
{
  char text[256];

  PetscFunctionBegin;
  if (s->scan.bytes > 1e6 * s->optics.params->memory) {
    VmThrow(s->comm, VM_ERR_INPUT, "microscope.memory is %g MB for each rank, but a frame needs %.0f",
            s->optics.params->memory, 1e-6 * s->scan.bytes);
  }
  s->exposure.method->describe(s->exposure.context, sizeof text, text);
  PetscCall(VmLog(s->comm, "series: %lld frames of a foil %.2f nm thick, %lld x %lld probes from (%.3f, %.3f) nm",
                  (long long)frames, s->optics.thickness, (long long)s->scan.points[0], (long long)s->scan.points[1],
                  s->scan.origin[0], s->scan.origin[1]));
  PetscCall(VmLog(s->comm, "%s", text));
  PetscCall(Open(s, frames, atoms, input, path, provenance));
  const PetscErrorCode code = SimulateAll(s);
  if (code == VM_ERR_STOPPED) PetscCall(VmCubeWriterSuspend(&s->writer));
  else if (code) PetscCall(VmCubeWriterAbort(&s->writer));
  PetscCall(code);
  if (provenance) PetscCall(VmProvenanceEnd(provenance, VmCubeWriterFile(s->writer)));
  PetscCall(VmCubeWriterClose(&s->writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmDiffractSeries(MPI_Comm comm, const VmMicroscopeParams *params, int64_t frames, VmFrameRead read,
                                void *context, const char *input, uint64_t seed, const char *path,
                                VmProvenance provenance, VmProgress progress)
{
  Series s = {.comm = comm, .read = read, .context = context, .progress = progress};
  VmAtoms first = {0};

  PetscFunctionBegin;
  PetscCall(read(context, comm, 0, &first));
  PetscCall(Prepare(&s, params, &first, seed));
  const PetscErrorCode code = Run(&s, frames, &first, input, path, provenance);
  VmAtomsFree(&first);
  PetscCall(Destroy(&s));
  PetscFunctionReturn(code);
}
