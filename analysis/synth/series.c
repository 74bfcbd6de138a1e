/* Patterns of one probe through a series of structures, frame by frame, each on one rank. */
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
  VmTileBox box;
  double r[2]; /* of the probe, nm */
  VmCubeWriter writer;
  VmProgress progress;
  int64_t *frames; /* [count] those to simulate, the same on all ranks */
  int64_t count;
  double *mean; /* [pixels] */
  float *frame; /* [pixels] */
} Series;

/* What does not change from frame to frame, from the first one. */
static PetscErrorCode Prepare(Series *s, const VmMicroscopeParams *params, const VmAtoms *atoms, uint64_t seed)
{
  VmScanFoil foil;

  PetscFunctionBegin;
  VmOpticsInit(params, &s->optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, &s->optics));
  PetscCall(VmExposureCreate(&s->optics, seed, &s->exposure));
  memcpy(foil.cell, atoms->cell, sizeof foil.cell);
  PetscCall(VmAtomsCount(PETSC_COMM_SELF, atoms, &foil.atoms));
  PetscCall(VmFoilCrowding(PETSC_COMM_SELF, atoms, &foil.crowding));
  VmScanInit(&s->optics, s->exposure.method, s->exposure.context, &foil, &s->scan);
  VmScanPosition(&s->scan, 0, s->r);
  const VmScanRun run = VmScanRunAt(&s->scan, 0, 1);
  VmScanBox(&s->scan, &run, &s->box);
  if (!s->exposure.method->multiple) {
    PetscCall(VmFoilScattered(PETSC_COMM_SELF, atoms, s->r, s->exposure.method, s->exposure.context, &s->optics));
  }
  PetscCall(PetscMalloc1((size_t)s->exposure.pixels, &s->mean));
  PetscCall(PetscMalloc1((size_t)s->exposure.pixels, &s->frame));
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

/* The pattern of a frame; configurations of thermal motion differ from frame to frame. */
static PetscErrorCode Simulate(Series *s, int64_t frame, const VmAtoms *atoms)
{
  VmExposure *e = &s->exposure;
  VmAtoms inside = {0};

  PetscFunctionBegin;
  memset(s->mean, 0, (size_t)e->pixels * sizeof *s->mean);
  PetscCall(VmFoilAtoms(PETSC_COMM_SELF, &s->optics, atoms, &s->box, &inside));
  for (int64_t c = 0; c < e->configurations; ++c) {
    PetscCall(VmExposureTile(e, frame * e->configurations + c, &inside, &s->box));
    PetscCall(VmExposureAdd(e, s->r, s->mean));
  }
  VmExposureRecord(e, frame, s->mean, s->frame);
  VmAtomsFree(&inside);
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
  PetscCall(VmCubeWriterPut(s->writer, mine >= 0 ? mine : 0, mine >= 0, s->frame));
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
  PetscCall(VmLog(s->comm, "series: %lld frames of a foil %.2f nm thick, the probe at (%.3f, %.3f) nm",
                  (long long)frames, s->optics.thickness, s->r[0], s->r[1]));
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
  if (params->scan.points[0] != 1 || params->scan.points[1] != 1) {
    VmThrow(
        comm, VM_ERR_INPUT,
        "a series looks at one place: microscope.scan.points must be [1, 1], not [%lld, %lld]; scan.origin tells where",
        (long long)params->scan.points[0], (long long)params->scan.points[1]);
  }
  PetscCall(read(context, comm, 0, &first));
  PetscCall(Prepare(&s, params, &first, seed));
  const PetscErrorCode code = Run(&s, frames, &first, input, path, provenance);
  VmAtomsFree(&first);
  PetscCall(Destroy(&s));
  PetscFunctionReturn(code);
}
