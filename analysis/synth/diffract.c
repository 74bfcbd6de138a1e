/* The scan: tiles of probes are simulated rank by rank and written row by row, all ranks in step. */
#include "detector.h"
#include "fingerprint.h"
#include "foil.h"
#include "phonons.h"
#include "scan.h"
#include <vitromech/conditions.h>
#include <vitromech/timer.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define MARK_EVERY 1.0 /* s: of a kill, no more than this is lost */

typedef struct {
  MPI_Comm comm;
  const VmAtoms *atoms;
  const VmSynthMethod *method;
  void *context;
  VmScan scan;
  VmFoci foci;
  VmRngKey key;
  VmCubeWriter writer;
  VmProgress progress;
  int64_t pixels, configurations;
  double *intensity, *work; /* [grid0][grid1], [pixels] */
  double *mean;             /* [rows of a tile, or 1 without phonons][edge][pixels] */
  float *frames;            /* [edge][pixels] */
  double total, current;    /* sums of all intensities and of all frames of this rank */
  double seconds;           /* time spent on them */
  int64_t done;
  int64_t *rows; /* [count] rows of all tiles that this rank shall simulate; those before `written` are in the file, */
  int64_t count, written, marked; /* those before `marked` are marked so */
  double mark_due;
} Diffract;

/* Adds the pattern of a probe, averaged over the image of the source and over defocus by Gauss-Hermite quadrature. */
static PetscErrorCode AddProbe(Diffract *d, int64_t probe, double *mean)
{
  static const double weight[3] = {1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0};
  const VmOptics *optics = d->scan.optics;
  const double reach = VM_SOURCE_REACH * optics->params->source_size;
  const int samples = reach > 0.0 ? 9 : 1;
  double centre[2];

  PetscFunctionBegin;
  VmScanPosition(&d->scan, probe, centre);
  for (int f = 0; f < samples * d->foci.foci; ++f) {
    const int s = f % samples;
    const double r[2] = {centre[0] + reach * (s / 3 - 1) * (samples > 1),
                         centre[1] + reach * (s % 3 - 1) * (samples > 1)};
    const double place = samples > 1 ? weight[s / 3] * weight[s % 3] : 1.0;
    const double share = d->foci.weight[f / samples] * place / (double)d->configurations;
    PetscCall(d->method->probe(d->context, r, d->foci.focus[f / samples], d->intensity));
    for (int64_t p = 0; p < optics->grid[0] * optics->grid[1]; ++p) d->total += share * d->intensity[p];
    VmDetectorCollect(optics, d->intensity, share, mean);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddRow(Diffract *d, int64_t first, int64_t count, double *mean)
{
  const double start = VmTime();

  PetscFunctionBegin;
  for (int64_t i = 0; i < count; ++i) PetscCall(AddProbe(d, first + i, mean + i * d->pixels));
  d->done += count;
  d->seconds += VmTime() - start;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RecordRow(Diffract *d, int64_t first, int64_t count, double *mean)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < count; ++i) {
    float *frame = d->frames + i * d->pixels;
    VmDetectorFrame(d->scan.optics, d->key, first + i, mean + i * d->pixels, d->work, frame);
    for (int64_t p = 0; p < d->pixels; ++p) d->current += frame[p];
  }
  PetscCall(VmCubeWriterPut(d->writer, first, count, d->frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Makes the atoms of a configuration the method's; `atoms` stay as they are. */
static PetscErrorCode SetTile(Diffract *d, int64_t configuration, const VmAtoms *atoms, const VmTileBox *box)
{
  const VmMicroscopeParams *params = d->scan.optics->params;
  const double start = VmTime();
  VmAtoms moved = {0};

  PetscFunctionBegin;
  if (params->phonons > 0) {
    PetscCall(VmPhononsDisplace(d->key.seed, configuration, params->debye_waller, atoms, &moved));
    atoms = &moved;
  }
  PetscCall(d->method->tile(d->context, atoms, box));
  VmAtomsFree(&moved);
  d->seconds += VmTime() - start;
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
  const int64_t line = d->scan.edge * d->pixels, configurations = d->configurations;
  VmTileBox box;
  VmAtoms inside = {0};
  bool stop = false;

  PetscFunctionBegin;
  if (run->rows) VmScanBox(&d->scan, run, &box);
  PetscCall(VmFoilAtoms(d->comm, d->scan.optics, d->atoms, run->rows ? &box : NULL, &inside));
  for (int64_t c = 0; c < configurations && !stop; ++c) {
    if (run->rows) PetscCall(SetTile(d, c, &inside, &box));
    for (int64_t i = 0; i < writes && !stop; ++i) {
      double *mean = d->mean + (configurations > 1 ? i * line : 0);
      int64_t first = 0, count = 0;
      if (i < run->rows) VmScanRow(&d->scan, run, i, &first, &count);
      if (c == 0) memset(mean, 0, (size_t)(count * d->pixels) * sizeof *mean);
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

static PetscErrorCode Allocate(Diffract *d, const VmOptics *optics)
{
  const size_t line = (size_t)(d->scan.edge * d->pixels);

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(optics->grid[0] * optics->grid[1]), &d->intensity));
  PetscCall(PetscMalloc1((size_t)d->pixels, &d->work));
  PetscCall(PetscMalloc1(line * (size_t)(d->configurations > 1 ? d->scan.edge : 1), &d->mean));
  PetscCall(PetscMalloc1(line, &d->frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Announce(const Diffract *d)
{
  const VmOptics *optics = d->scan.optics;
  const VmScanParams *scan = &optics->params->scan;
  char text[256];

  PetscFunctionBegin;
  d->method->describe(d->context, sizeof text, text);
  PetscCall(VmLog(d->comm, "scan: %lld x %lld probes, step %g nm, from (%.3f, %.3f) nm", (long long)scan->points[0],
                  (long long)scan->points[1], scan->step, d->scan.origin[0], d->scan.origin[1]));
  PetscCall(VmLog(d->comm, "beam: %g kV, wavelength %.5f pm, aperture %.4f 1/nm, window %g nm", optics->params->voltage,
                  1e3 * optics->wavelength, optics->aperture, optics->period));
  if (d->method->multiple) PetscCall(VmLog(d->comm, "foil: %.2f nm thick", optics->thickness));
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
  double local[4] = {d->current, d->seconds, d->total, (double)(d->done / d->configurations)}, all[4], peak;
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
  if (d->method->multiple) {
    PetscCall(VmLog(d->comm, "total intensity %.6f: the rest is scattered beyond the band limit", all[2] / probes));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Specimen and microscope, for whoever compares what is measured on the cube. */
static PetscErrorCode WriteConditions(const Diffract *d, const VmCubeInfo *info, VmH5 file)
{
  const VmOptics *optics = d->scan.optics;
  const double dose = optics->params->detector.dose;
  const char *symbol[VM_MAX_SPECIES];
  int64_t local[VM_MAX_SPECIES] = {0}, count[VM_MAX_SPECIES];
  VmConditions c;

  PetscFunctionBegin;
  VmConditionsInit(&c);
  for (int64_t i = 0; i < d->atoms->n; ++i) ++local[d->atoms->species[i]];
  PetscCallMPI(MPI_Allreduce(local, count, VM_MAX_SPECIES, MPI_INT64_T, MPI_SUM, d->comm));
  for (int s = 0; s < d->atoms->nspecies; ++s) symbol[s] = VmElementSymbol(d->atoms->number[s]);
  VmConditionsComposition(&c, d->atoms->nspecies, count, symbol);
  c.energy = info->energy;
  c.semi_angle = optics->params->semi_angle;
  c.probe = 0.61 / optics->aperture;
  c.thickness = optics->thickness;
  c.pitch = info->scan_pitch[0];
  c.area = 1.0;
  for (int axis = 0; axis < 2; ++axis) {
    c.scan[axis] = (double)info->scan[axis];
    c.area *= c.scan[axis] * info->scan_pitch[axis];
  }
  c.dose = isnan(dose) ? 0.0 : dose;
  if (d->atoms->repeat > 0.0) c.repeat = d->atoms->repeat;
  PetscCall(VmConditionsWrite(file, VM_PATH_CONDITIONS, &c));
  if (!d->method->multiple) PetscCall(VmH5AttrReal(file, "/", "scattering_events", 1, &optics->scattered));
  PetscCall(VmH5AttrReal(file, "/", "scan_origin_nm", 2, d->scan.origin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The file, new or left by a run that was stopped or killed, and the rows that are missing in it. */
static PetscErrorCode OpenScan(Diffract *d, const char *path, VmProvenance provenance)
{
  const int64_t rows = VmScanRows(&d->scan);
  VmCubeInfo info;
  char input[VM_FINGERPRINT];
  uint8_t *done;
  bool resumed;

  PetscFunctionBegin;
  PetscCall(VmMicroscopeInfo(d->scan.optics->params, &info));
  PetscCall(VmFingerprint(d->comm, d->scan.optics->params, d->atoms, d->key.seed, input));
  PetscCall(PetscMalloc1((size_t)rows, &done));
  const PetscErrorCode code = VmCubeWriterContinue(d->comm, path, &info, input, rows, done, &resumed, &d->writer);
  if (!code) PetscCall(DealRows(d, done));
  PetscCall(PetscFree(done));
  PetscCall(code);
  VmH5 file = VmCubeWriterFile(d->writer);
  if (resumed) PetscCall(VmLog(d->comm, "goes on with %s.part", path));
  else PetscCall(WriteConditions(d, &info, file));
  if (provenance) {
    PetscCall(VmProvenanceAddSource(provenance, d->method->name, d->method->source));
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
  VmScanFoil foil;

  PetscFunctionBegin;
  memcpy(foil.cell, d->atoms->cell, sizeof foil.cell);
  PetscCall(VmAtomsCount(d->comm, d->atoms, &foil.atoms));
  PetscCall(VmFoilCrowding(d->comm, d->atoms, &foil.crowding));
  VmScanInit(optics, d->method, d->context, &foil, &d->scan);
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
  if (!d->method->multiple) PetscCall(VmFoilScattered(d->comm, d->atoms, middle, d->method, d->context, optics));
  PetscCall(Announce(d));
  PetscCall(Allocate(d, optics));
  PetscCall(WriteScan(d, path, provenance));
  PetscCall(Summarise(d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmDiffract(MPI_Comm comm, const VmMicroscopeParams *params, const VmAtoms *atoms, uint64_t seed,
                          const char *path, VmProvenance provenance, VmProgress progress)
{
  VmOptics optics;
  Diffract d = {.comm = comm,
                .atoms = atoms,
                .method = vm_synth_methods[params->method],
                .key = {seed, VM_STREAM_DOSE},
                .pixels = params->detector.pixels[0] * params->detector.pixels[1],
                .configurations = PetscMax(1, params->phonons),
                .progress = progress};

  PetscFunctionBegin;
  VmOpticsInit(params, &optics);
  VmAssert(VmFociChoose(&optics, &d.foci)); /* checked with the input */
  PetscCall(VmFoilExtent(comm, atoms, &optics));
  PetscCall(d.method->create(&optics, &d.context));
  PetscCall(PlaceScan(&d, &optics));
  const PetscErrorCode code = Run(&d, &optics, path, provenance);
  PetscCall(PetscFree(d.rows));
  PetscCall(PetscFree(d.intensity));
  PetscCall(PetscFree(d.work));
  PetscCall(PetscFree(d.mean));
  PetscCall(PetscFree(d.frames));
  PetscCall(d.method->destroy(&d.context));
  PetscFunctionReturn(code);
}
