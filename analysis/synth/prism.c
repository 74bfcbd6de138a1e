/* PRISM: the plane waves of the aperture pass the foil once for a tile of probes, in a periodic cell of `interpolation`
 * windows along each edge; a probe is their sum in the window around it. Plane waves are those of the window, 1/period
 * apart: their sum in the cell is a probe in every window, of which one is cut out. With one window it is multislice.
 */
#include "method.h"
#include "probe.h"
#include "transmission.h"
#include <math.h>
#include <string.h>

typedef struct {
  int64_t at[2]; /* index of the frequency in the window's transform */
  double complex amplitude;
} Beam;

typedef struct {
  const VmOptics *optics;
  VmProbe probe;
  VmSlices slices;
  VmTileBox box;
  VmPropagation propagation; /* in the cell */
  int64_t cell[2];           /* its grid */
  int64_t count;
  Beam *beam;
  void *waves; /* behind the foil: [cell0][beam][cell1] complex numbers of the precision */
  double complex *coefficient;
  fftw_complex *wave; /* [grid0][grid1] */
  fftw_plan to_cell, forward;
} Prism;

static PetscErrorCode ChooseBeams(Prism *c)
{
  const int64_t *n = c->optics->grid, points = n[0] * n[1];
  double complex *entry;
  double largest = 0.0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)points, &entry));
  VmProbeEntry(c->optics, &c->probe, 0.5 * (c->slices.distance - c->optics->thickness), entry);
  for (int64_t q = 0; q < points; ++q) largest = fmax(largest, cabs(entry[q]));
  PetscCall(PetscMalloc1((size_t)points, &c->beam));
  for (int64_t q = 0; q < points; ++q) {
    if (cabs(entry[q]) <= c->optics->params->accuracy * largest) continue;
    c->beam[c->count++] = (Beam){.at = {q / n[1], q % n[1]}, .amplitude = entry[q]};
  }
  PetscCall(PetscMalloc1((size_t)c->count, &c->coefficient));
  PetscCall(PetscFree(entry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(const VmOptics *optics, void **context)
{
  const int64_t f = optics->params->interpolation, *n = optics->grid;
  const double period[2] = {(double)f * optics->period, (double)f * optics->period};
  Prism *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->optics = optics;
  c->slices = VmSlicesChoose(optics);
  PetscCall(VmProbeCreate(optics, &c->probe));
  PetscCall(ChooseBeams(c));
  for (int d = 0; d < 2; ++d) c->cell[d] = f * n[d];
  PetscCall(VmPropagationCreate(optics->params->precision, c->cell, period, optics->wavelength, optics->tilt,
                                c->slices.distance, optics->params->band_limit, &c->propagation));
  c->wave = fftw_alloc_complex((size_t)(n[0] * n[1]));
  c->to_cell = fftw_plan_dft_2d((int)c->cell[0], (int)c->cell[1], c->propagation.wave, c->propagation.wave,
                                FFTW_BACKWARD, FFTW_ESTIMATE);
  c->forward = fftw_plan_dft_2d((int)n[0], (int)n[1], c->wave, c->wave, FFTW_FORWARD, FFTW_ESTIMATE);
  VmAssert(c->wave && c->to_cell && c->forward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  Prism *c = *context;

  PetscFunctionBegin;
  fftw_destroy_plan(c->to_cell);
  fftw_destroy_plan(c->forward);
  fftw_free(c->wave);
  PetscCall(PetscFree(c->waves));
  PetscCall(PetscFree(c->beam));
  PetscCall(PetscFree(c->coefficient));
  VmPropagationDestroy(&c->propagation);
  VmProbeDestroy(&c->probe);
  PetscCall(PetscFree(c));
  *context = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The cell, centred on the probes. */
static void Box(void *context, const double lo[2], const double hi[2], VmTileBox *box)
{
  const Prism *c = context;
  for (int d = 0; d < 2; ++d) {
    const int64_t needed = (int64_t)ceil((hi[d] - lo[d]) / c->optics->spacing[d]) + c->optics->grid[d];
    box->grid[d] = c->cell[d];
    while (hi[d] > lo[d] && box->grid[d] < needed) box->grid[d] += c->cell[d]; /* too large: see Bytes */
    box->origin[d] = 0.5 * (lo[d] + hi[d] - (double)box->grid[d] * c->optics->spacing[d]);
  }
}

static double Bytes(void *context, const VmTileBox *box)
{
  const Prism *c = context;
  const int precision = c->optics->params->precision;
  if (box->grid[0] > c->cell[0] || box->grid[1] > c->cell[1]) return INFINITY;
  const double waves = (double)(c->cell[0] * c->cell[1] * c->count) * (double)vm_precisions[precision]->bytes;
  return waves + VmTransmissionMakeBytes(c->optics, box->grid, &c->slices) +
         VmTransmissionBytes(precision, box->grid, c->slices.count);
}

/* The wave behind the foil, in real space, to its place among all waves. */
static void Store(Prism *c, int64_t beam)
{
  const double complex *wave = c->propagation.wave;

  for (int64_t i = 0; i < c->cell[0]; ++i, wave += c->cell[1]) {
    const int64_t start = (i * c->count + beam) * c->cell[1];
    if (c->optics->params->precision == VM_DOUBLE) {
      memcpy((double complex *)c->waves + start, wave, (size_t)c->cell[1] * sizeof *wave);
    } else {
      float complex *to = (float complex *)c->waves + start;
      for (int64_t j = 0; j < c->cell[1]; ++j) to[j] = (float complex)wave[j];
    }
  }
}

static PetscErrorCode Tile(void *context, const VmAtoms *atoms, const VmTileBox *box)
{
  Prism *c = context;
  const VmMicroscopeParams *params = c->optics->params;
  const int64_t points = c->cell[0] * c->cell[1], first[2] = {0, 0};
  const VmTransmissionRecipe recipe = {.optics = c->optics,
                                       .atoms = atoms,
                                       .box = box,
                                       .slices = &c->slices,
                                       .phase = c->optics->interaction,
                                       .limited = params->band_limit};
  VmTransmission transmission;

  PetscFunctionBegin;
  VmAssert(box->grid[0] == c->cell[0] && box->grid[1] == c->cell[1]);
  c->box = *box;
  PetscCall(VmTransmissionCreate(params->precision, box->grid, c->slices.count, &transmission));
  PetscCall(VmTransmissionMake(&recipe, &transmission));
  PetscCall(PetscFree(c->waves));
  PetscCall(PetscMalloc((size_t)(points * c->count) * c->propagation.precision->bytes, &c->waves));
  for (int64_t b = 0; b < c->count; ++b) {
    int64_t at[2];
    for (int d = 0; d < 2; ++d) {
      const int64_t m = params->interpolation * VmFrequency(c->beam[b].at[d], c->optics->grid[d]);
      at[d] = (m + c->cell[d]) % c->cell[d];
    }
    memset(c->propagation.wave, 0, (size_t)points * sizeof *c->propagation.wave);
    c->propagation.wave[at[0] * c->cell[1] + at[1]] = 1.0;
    VmPropagate(&c->propagation, &transmission, first, c->slices.count);
    fftw_execute(c->to_cell);
    Store(c, b);
  }
  VmTransmissionDestroy(&transmission);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum += factor * wave, n points */
static void AddSingle(int64_t n, double complex factor, const float *restrict wave, double *restrict sum)
{
  const double re = creal(factor), im = cimag(factor);
  for (int64_t j = 0; j < n; ++j) {
    sum[2 * j] += re * (double)wave[2 * j] - im * (double)wave[2 * j + 1];
    sum[2 * j + 1] += re * (double)wave[2 * j + 1] + im * (double)wave[2 * j];
  }
}

static void AddDouble(int64_t n, double complex factor, const double *restrict wave, double *restrict sum)
{
  const double re = creal(factor), im = cimag(factor);
  for (int64_t j = 0; j < n; ++j) {
    sum[2 * j] += re * wave[2 * j] - im * wave[2 * j + 1];
    sum[2 * j + 1] += re * wave[2 * j + 1] + im * wave[2 * j];
  }
}

/* Row i of the window that begins at `first`: the sum of all beams; the cell is periodic. */
static void SumRow(const Prism *c, const int64_t first[2], int64_t i, fftw_complex *row)
{
  const int64_t n = c->optics->grid[1], width = c->cell[1];
  const int64_t line = (first[0] + i + c->cell[0]) % c->cell[0], start = (first[1] + width) % width;
  const int64_t before = PetscMin(n, width - start);

  memset(row, 0, (size_t)n * sizeof *row);
  for (int64_t b = 0; b < c->count; ++b) {
    const int64_t at = (line * c->count + b) * width;
    if (c->optics->params->precision == VM_DOUBLE) {
      const double *wave = (const double *)c->waves + 2 * at;
      AddDouble(before, c->coefficient[b], wave + 2 * start, (double *)row);
      AddDouble(n - before, c->coefficient[b], wave, (double *)(row + before));
    } else {
      const float *wave = (const float *)c->waves + 2 * at;
      AddSingle(before, c->coefficient[b], wave + 2 * start, (double *)row);
      AddSingle(n - before, c->coefficient[b], wave, (double *)(row + before));
    }
  }
}

static PetscErrorCode Probe(void *context, const double r[2], double focus, double *intensity)
{
  Prism *c = context;
  const int64_t *n = c->optics->grid;
  int64_t first[2];
  double centre[2];

  PetscFunctionBegin;
  for (int d = 0; d < 2; ++d) {
    centre[d] = (r[d] - c->box.origin[d]) / c->optics->spacing[d];
    first[d] = (int64_t)floor(centre[d] + 0.5) - n[d] / 2;
    VmAssert(first[d] > -n[d] && first[d] < c->cell[d]);
  }
  for (int64_t b = 0; b < c->count; ++b) {
    const Beam *beam = &c->beam[b];
    c->coefficient[b] = beam->amplitude * VmProbeShift(c->optics, 0, centre[0], focus, beam->at[0]) *
                        VmProbeShift(c->optics, 1, centre[1], focus, beam->at[1]);
  }
  for (int64_t i = 0; i < n[0]; ++i) SumRow(c, first, i, c->wave + i * n[1]);
  fftw_execute(c->forward);
  const double scale = 1.0 / ((double)(n[0] * n[1]) * (double)(n[0] * n[1]));
  for (int64_t i = 0; i < n[0] * n[1]; ++i) intensity[i] = scale * creal(c->wave[i] * conj(c->wave[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Describe(void *context, size_t size, char *text)
{
  const Prism *c = context;
  snprintf(text, size,
           "prism: %lld plane waves through %d slices of %.4g nm, cell %lld x %lld, window %lld x %lld, %s precision, "
           "%.1f %% of the probe inside the window",
           (long long)c->count, c->slices.count, c->slices.distance, (long long)c->cell[0], (long long)c->cell[1],
           (long long)c->optics->grid[0], (long long)c->optics->grid[1], c->propagation.precision->name,
           100.0 * c->probe.inside);
}

const VmSynthMethod vm_synth_method_prism = {
    .name = "prism",
    .doc = "multislice of the plane waves of the aperture, shared by all probes of a tile",
    .source = "C. Ophus, Adv. Struct. Chem. Imaging 3 (2017) 13",
    .multiple = true,
    .create = Create,
    .box = Box,
    .bytes = Bytes,
    .tile = Tile,
    .probe = Probe,
    .describe = Describe,
    .destroy = Destroy,
};
