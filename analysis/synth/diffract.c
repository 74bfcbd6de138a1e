/* The scan: tiles of probes are simulated rank by rank and written row by row, all ranks in step. */
#include "exposure.h"
#include "fingerprint.h"
#include "foil.h"
#include <vitromech/timer.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define MARK_EVERY 1.0 /* s: of a kill, no more than this is lost */

typedef struct {
  MPI_Comm comm;
  int64_t snapshots;
  const VmAtoms *atoms; /* [snapshots] */
  VmExposure exposure;
  VmScan scan;
  VmCubeWriter writer;
  VmProgress progress;
  double *mean;  /* [rows of a tile, or 1 of a single configuration][edge][pixels] */
  float *frames; /* [edge][pixels] */
  int64_t done;  /* probes times configurations of this rank */
  int64_t *rows; /* [count] rows of all tiles that this rank shall simulate; those before `written` are in the file, */
  int64_t count, written, marked; /* those before `marked` are marked so */
  double mark_due;
} Diffract;

static PetscErrorCode AddRow(Diffract *d, int64_t first, int64_t count, double *mean)
{
  double r[2];

  PetscFunctionBegin;
  for (int64_t i = 0; i < count; ++i) {
    VmScanPosition(&d->scan, first + i, r);
    PetscCall(VmExposureAdd(&d->exposure, r, mean + i * d->exposure.pixels));
  }
  d->done += count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RecordRow(Diffract *d, int64_t first, int64_t count, double *mean)
{
  const int64_t pixels = d->exposure.pixels;

  PetscFunctionBegin;
  for (int64_t i = 0; i < count; ++i) {
    VmExposureRecord(&d->exposure, first + i, mean + i * pixels, d->frames + i * pixels);
  }
  PetscCall(VmCubeWriterPut(d->writer, first, count, d->frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Marks what is written, now and then; true on all ranks if the scan shall stop. */
static PetscErrorCode MarkRows(Diffract *d, bool *stop)
{
  const double now = VmTime();
  int local[2] = {VmStopRequestedLocal(), 0}, all[2], rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(d->comm, &rank));
  local[1] = rank == 0 && now >= d->mark_due;
  PetscCallMPI(MPI_Allreduce(local, all, 2, MPI_INT, MPI_MAX, d->comm));
  *stop = all[0];
  if (all[0] || all[1]) {
    PetscCall(VmCubeWriterMark(d->writer, d->written - d->marked, d->rows + d->marked));
    d->marked = d->written;
    d->mark_due = VmTime() + MARK_EVERY;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One tile of this rank (run->rows = 0: none left); every rank writes `writes` times. VM_ERR_STOPPED on request. */
static PetscErrorCode SimulateRun(Diffract *d, const VmScanRun *run, int64_t writes, int64_t mine)
{
  const int64_t pixels = d->exposure.pixels, line = d->scan.edge * pixels, configurations = d->exposure.configurations;
  VmTileBox box;
  VmAtoms inside = {0};
  bool stop = false;

  PetscFunctionBegin;
  if (run->rows) VmScanBox(&d->scan, run, &box);
  for (int64_t c = 0; c < configurations && !stop; ++c) {
    if (c < d->snapshots)
      PetscCall(VmFoilAtoms(d->comm, d->scan.optics, &d->atoms[c], run->rows ? &box : NULL, &inside));
    if (run->rows) PetscCall(VmExposureTile(&d->exposure, c, &inside, &box));
    for (int64_t i = 0; i < writes && !stop; ++i) {
      double *mean = d->mean + (configurations > 1 ? i * line : 0);
      int64_t first = 0, count = 0;
      if (i < run->rows) VmScanRow(&d->scan, run, i, &first, &count);
      if (c == 0) memset(mean, 0, (size_t)(count * pixels) * sizeof *mean);
      PetscCall(AddRow(d, first, count, mean));
      if (c == configurations - 1) {
        PetscCall(RecordRow(d, first, count, mean));
        d->written += i < run->rows;
      }
      PetscCall(VmProgressUpdate(d->progress, (double)d->done / (double)(mine * configurations),
                                 "%lld probes on the first rank", (long long)(d->done / configurations)));
      PetscCall(MarkRows(d, &stop));
    }
  }
  VmAtomsFree(&inside);
  PetscFunctionReturn(stop ? VM_ERR_STOPPED : PETSC_SUCCESS);
}

/* Deals the rows that are not done to the ranks, in equal contiguous parts. */
static PetscErrorCode DealRows(Diffract *d, const uint8_t *done)
{
  const int64_t rows = VmScanRows(&d->scan);
  int64_t left = 0, at = 0;
  int rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(d->comm, &rank));
  PetscCallMPI(MPI_Comm_size(d->comm, &size));
  for (int64_t row = 0; row < rows; ++row) left += !done[row];
  const int64_t first = left * rank / size, end = left * (rank + 1) / size;
  PetscCall(PetscMalloc1((size_t)(end - first), &d->rows));
  for (int64_t row = 0; row < rows; ++row) {
    if (done[row]) continue;
    if (at >= first && at < end) d->rows[d->count++] = row;
    ++at;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The next rows of this rank that follow each other in one tile. */
static VmScanRun NextRun(const Diffract *d, int64_t from)
{
  int64_t n = 1;
  if (from == d->count) return (VmScanRun){0};
  while (from + n < d->count && d->rows[from + n] == d->rows[from] + n) ++n;
  return VmScanRunAt(&d->scan, d->rows[from], d->rows[from] + n);
}

static int64_t CountProbes(const Diffract *d)
{
  int64_t probes = 0, start, count;
  for (int64_t at = 0; at < d->count;) {
    const VmScanRun run = NextRun(d, at);
    VmScanRow(&d->scan, &run, 0, &start, &count);
    probes += run.rows * count;
    at += run.rows;
  }
  return probes;
}

static PetscErrorCode SimulateScan(Diffract *d)
{
  const int64_t mine = PetscMax(1, CountProbes(d));

  PetscFunctionBegin;
  for (;;) {
    const VmScanRun run = NextRun(d, d->written);
    int64_t writes;
    PetscCallMPI(MPI_Allreduce(&run.rows, &writes, 1, MPI_INT64_T, MPI_MAX, d->comm));
    if (writes == 0) break;
    PetscCall(SimulateRun(d, &run, writes, mine));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(Diffract *d)
{
  const size_t line = (size_t)(d->scan.edge * d->exposure.pixels);

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(line * (size_t)(d->exposure.configurations > 1 ? d->scan.edge : 1), &d->mean));
  PetscCall(PetscMalloc1(line, &d->frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Announce(const Diffract *d)
{
  const VmOptics *optics = d->scan.optics;
  const VmScanParams *scan = &optics->params->scan;
  char text[256];

  PetscFunctionBegin;
  d->exposure.method->describe(d->exposure.context, sizeof text, text);
  PetscCall(VmLog(d->comm, "scan: %lld x %lld probes, steps of %g x %g nm, from (%.3f, %.3f) nm",
                  (long long)scan->points[0], (long long)scan->points[1], VmScanStep(scan, 0), VmScanStep(scan, 1),
                  d->scan.origin[0], d->scan.origin[1]));
  PetscCall(VmLog(d->comm, "beam: %g kV, wavelength %.5f pm, aperture %.4f 1/nm, window %g nm", optics->params->voltage,
                  1e3 * optics->wavelength, optics->aperture, optics->period));
  if (d->exposure.method->multiple) PetscCall(VmLog(d->comm, "foil: %.2f nm thick", optics->thickness));
  else {
    PetscCall(VmLog(d->comm, "foil: %.2f nm thick, %.3f scattering events per electron, %.1f %% scattered",
                    optics->thickness, optics->scattered, -100.0 * expm1(-optics->scattered)));
  }
  PetscCall(VmLog(d->comm, "%s; tiles of %lld x %lld probes, at most %.0f MB on each rank", text,
                  (long long)d->scan.edge, (long long)d->scan.edge, 1e-6 * d->scan.bytes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Summarise(const Diffract *d)
{
  const VmDetectorParams *detector = &d->scan.optics->params->detector;
  const double electron = isnan(detector->dose) ? 1.0 : detector->gain * detector->dose;
  const VmExposure *e = &d->exposure;
  double local[4] = {e->current, e->seconds, e->total, (double)(d->done / e->configurations)}, all[4], peak;
  struct rusage usage;

  PetscFunctionBegin;
  VmAssert(getrusage(RUSAGE_SELF, &usage) == 0);
  const double kilobytes = (double)usage.ru_maxrss;
  PetscCallMPI(MPI_Allreduce(&kilobytes, &peak, 1, MPI_DOUBLE, MPI_MAX, d->comm));
  PetscCallMPI(MPI_Allreduce(local, all, 4, MPI_DOUBLE, MPI_SUM, d->comm));
  const double probes = fmax(1.0, all[3]);
  PetscCall(VmLog(d->comm,
                  "%.0f probes, %.3g ms per probe and rank; %.2f %% of the electrons reach the detector; the largest "
                  "rank took %.0f MB",
                  all[3], 1e3 * all[1] / probes, electron > 0.0 ? 100.0 * all[0] / probes / electron : 0.0,
                  1.024e-3 * peak));
  if (d->exposure.method->multiple) {
    PetscCall(VmLog(d->comm, "total intensity %.6f: the rest is scattered beyond the band limit", all[2] / probes));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The file, new or left by a run that was stopped or killed, and the rows that are missing in it. */
static PetscErrorCode OpenScan(Diffract *d, const char *path, VmProvenance provenance)
{
  const int64_t rows = VmScanRows(&d->scan);
  VmCubeInfo info;
  char input[VM_FINGERPRINT] = "";
  uint8_t *done;
  bool resumed;

  PetscFunctionBegin;
  PetscCall(VmMicroscopeInfo(d->scan.optics->params, &info));
  for (int64_t s = 0; s < d->snapshots; ++s) {
    char before[VM_FINGERPRINT];
    memcpy(before, input, sizeof before);
    PetscCall(VmFingerprint(d->comm, d->scan.optics->params, &d->atoms[s], before, d->exposure.key.seed, input));
  }
  PetscCall(PetscMalloc1((size_t)rows, &done));
  const PetscErrorCode code = VmCubeWriterContinue(d->comm, path, &info, input, rows, done, &resumed, &d->writer);
  if (!code) PetscCall(DealRows(d, done));
  PetscCall(PetscFree(done));
  PetscCall(code);
  VmH5 file = VmCubeWriterFile(d->writer);
  if (resumed) PetscCall(VmLog(d->comm, "goes on with %s.part", path));
  else PetscCall(VmScanConditions(d->comm, &d->scan, d->atoms, &info, file));
  if (provenance) {
    PetscCall(VmProvenanceAddSource(provenance, d->exposure.method->name, d->exposure.method->source));
    PetscCall(VmProvenanceWrite(provenance, file));
  }
  PetscCall(VmCubeWriterMark(d->writer, 0, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteScan(Diffract *d, const char *path, VmProvenance provenance)
{
  PetscFunctionBegin;
  PetscCall(OpenScan(d, path, provenance));
  const PetscErrorCode code = SimulateScan(d);
  if (code == VM_ERR_STOPPED) PetscCall(VmCubeWriterSuspend(&d->writer));
  else if (code) PetscCall(VmCubeWriterAbort(&d->writer));
  PetscCall(code);
  if (provenance) PetscCall(VmProvenanceEnd(provenance, VmCubeWriterFile(d->writer)));
  PetscCall(VmCubeWriterClose(&d->writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PlaceScan(Diffract *d, const VmOptics *optics)
{
  VmScanFoil foil = {.configurations = d->exposure.configurations};

  PetscFunctionBegin;
  memcpy(foil.cell, d->atoms->cell, sizeof foil.cell);
  for (int64_t s = 0; s < d->snapshots; ++s) {
    int64_t atoms;
    PetscCall(VmAtomsCount(d->comm, &d->atoms[s], &atoms));
    foil.atoms += atoms;
  }
  PetscCall(VmFoilCrowding(d->comm, d->atoms, &foil.crowding));
  VmScanInit(optics, d->exposure.method, d->exposure.context, &foil, &d->scan);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(Diffract *d, VmOptics *optics, const char *path, VmProvenance provenance)
{
  const VmMicroscopeParams *params = optics->params;
  double middle[2];

  PetscFunctionBegin;
  if (d->scan.bytes > 1e6 * params->memory) {
    VmThrow(d->comm, VM_ERR_INPUT,
            "microscope.memory is %g MB for each rank, but even tiles of one probe need %.0f: raise it, or lower the "
            "number of pixels or of slices, or the window",
            params->memory, 1e-6 * d->scan.bytes);
  }
  VmScanMiddle(&d->scan, middle);
  if (!d->exposure.method->multiple)
    PetscCall(VmFoilScattered(d->comm, d->atoms, middle, d->exposure.method, d->exposure.context, optics));
  PetscCall(Announce(d));
  PetscCall(Allocate(d));
  PetscCall(WriteScan(d, path, provenance));
  PetscCall(Summarise(d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The foil that holds all snapshots. */
static PetscErrorCode Extent(const Diffract *d, VmOptics *optics)
{
  double lo = INFINITY, hi = -INFINITY;

  PetscFunctionBegin;
  for (int64_t s = 0; s < d->snapshots; ++s) {
    PetscCall(VmFoilExtent(d->comm, &d->atoms[s], optics));
    lo = fmin(lo, optics->middle - 0.5 * optics->thickness);
    hi = fmax(hi, optics->middle + 0.5 * optics->thickness);
  }
  if (d->snapshots == 1) PetscFunctionReturn(PETSC_SUCCESS);
  optics->middle = 0.5 * (lo + hi);
  optics->thickness = hi - lo;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSnapshots(const Diffract *d, const VmMicroscopeParams *params)
{
  PetscFunctionBegin;
  if (d->snapshots > 1 && (params->phonons > 0 || params->debye_waller > 0.0)) {
    VmThrow(d->comm, VM_ERR_INPUT,
            "the snapshots of a trajectory are the thermal motion: leave out microscope.debye_waller and phonons");
  }
  for (int64_t s = 1; s < d->snapshots; ++s) {
    const VmAtoms *a = &d->atoms[0], *b = &d->atoms[s];
    if (a->nspecies == b->nspecies && memcmp(a->number, b->number, (size_t)a->nspecies * sizeof *a->number) == 0)
      continue;
    VmThrow(d->comm, VM_ERR_INPUT, "snapshot %lld has other elements than the first, or in another order",
            (long long)s + 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmDiffract(MPI_Comm comm, const VmMicroscopeParams *params, int64_t snapshots, const VmAtoms *atoms,
                          uint64_t seed, const char *path, VmProvenance provenance, VmProgress progress)
{
  VmOptics optics;
  Diffract d = {.comm = comm, .snapshots = snapshots, .atoms = atoms, .progress = progress};

  PetscFunctionBegin;
  PetscCall(CheckSnapshots(&d, params));
  VmOpticsInit(params, &optics);
  PetscCall(Extent(&d, &optics));
  PetscCall(VmExposureCreate(&optics, seed, &d.exposure));
  if (snapshots > 1) d.exposure.configurations = snapshots;
  PetscCall(PlaceScan(&d, &optics));
  const PetscErrorCode code = Run(&d, &optics, path, provenance);
  PetscCall(PetscFree(d.rows));
  PetscCall(PetscFree(d.mean));
  PetscCall(PetscFree(d.frames));
  PetscCall(VmExposureDestroy(&d.exposure));
  PetscFunctionReturn(code);
}
