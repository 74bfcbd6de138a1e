#include "propagate.h"
#include "optics.h"
#include <math.h>
#include <string.h>

static double Frequency2(const int64_t grid[2], const double period[2], int64_t i, int64_t j)
{
  const double k[2] = {(double)VmFrequency(i, grid[0]) / period[0], (double)VmFrequency(j, grid[1]) / period[1]};
  return k[0] * k[0] + k[1] * k[1];
}

/* A little inside, so that rounding does not decide about frequencies on the limit, which would be aliased. */
static double Limit2(const int64_t grid[2], const double period[2])
{
  const double nyquist = 0.5 * fmin((double)grid[0] / period[0], (double)grid[1] / period[1]);
  const double limit = (1.0 - 1e-9) * 2.0 / 3.0 * nyquist;
  return limit * limit;
}

double complex VmPropagationFactor(const VmPropagation *p, double distance, int64_t i, int64_t j)
{
  const double k2 = Frequency2(p->grid, p->period, i, j);
  return k2 < p->limit2 ? cexp(-VM_PI * I * p->wavelength * distance * k2) : 0.0;
}

/* Transforms of `count` lines of n points; apart: distance of their points, next: of the lines. */
static fftw_plan Lines(int64_t n, int64_t count, fftw_complex *in, int64_t in_apart, int64_t in_next, fftw_complex *out,
                       int64_t out_apart, int64_t out_next, int sign)
{
  const int length[1] = {(int)n};
  return fftw_plan_many_dft(1, length, (int)count, in, NULL, (int)in_apart, (int)in_next, out, NULL, (int)out_apart,
                            (int)out_next, sign, FFTW_ESTIMATE);
}

static void Bands(VmPropagation *p)
{
  const int64_t *n = p->grid;
  int64_t highest = 0;

  while (highest < n[1] / 2 && Frequency2(n, p->period, 0, highest + 1) < p->limit2) ++highest;
  p->band[0] = (VmBand){.first = 0, .count = highest + 1};
  p->band[1].count = PetscMin(highest, n[1] - highest - 1);
  p->band[1].first = n[1] - p->band[1].count;
  for (int b = 0; b < 2; ++b) {
    VmBand *band = &p->band[b];
    fftw_complex *rows = p->spectrum + band->first * n[0];
    if (band->count == 0) continue;
    band->from_columns = Lines(n[0], band->count, p->wave + band->first, n[1], 1, rows, 1, n[0], FFTW_FORWARD);
    band->back = Lines(n[0], band->count, rows, 1, n[0], rows, 1, n[0], FFTW_BACKWARD);
  }
}

PetscErrorCode VmPropagationCreate(const int64_t grid[2], const double period[2], double wavelength, double distance,
                                   bool limited, VmPropagation *p)
{
  const int64_t points = grid[0] * grid[1];

  PetscFunctionBegin;
  *p = (VmPropagation){.grid = {grid[0], grid[1]}, .period = {period[0], period[1]}, .wavelength = wavelength};
  p->limit2 = limited ? Limit2(grid, period) : INFINITY;
  p->factor = fftw_alloc_complex((size_t)points);
  p->wave = fftw_alloc_complex((size_t)points);
  p->spectrum = fftw_alloc_complex((size_t)points);
  VmAssert(p->factor && p->wave && p->spectrum);
  for (int64_t k = 0; k < points; ++k) {
    p->factor[k] = VmPropagationFactor(p, distance, k % grid[0], k / grid[0]) / (double)points;
  }
  Bands(p);
  p->rows = Lines(grid[1], grid[0], p->wave, 1, grid[1], p->wave, 1, grid[1], FFTW_FORWARD);
  p->to_rows = Lines(grid[1], grid[0], p->spectrum, grid[0], 1, p->wave, 1, grid[1], FFTW_BACKWARD);
  const int n[2] = {(int)grid[0], (int)grid[1]};
  p->forward = fftw_plan_dft_2d(n[0], n[1], p->wave, p->wave, FFTW_FORWARD, FFTW_ESTIMATE);
  p->backward = fftw_plan_dft_2d(n[0], n[1], p->wave, p->wave, FFTW_BACKWARD, FFTW_ESTIMATE);
  VmAssert(p->rows && p->to_rows && p->forward && p->backward);
  memset(p->spectrum, 0, (size_t)points * sizeof(fftw_complex));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmPropagationDestroy(VmPropagation *p)
{
  for (int b = 0; b < 2; ++b) {
    if (p->band[b].from_columns) fftw_destroy_plan(p->band[b].from_columns);
    if (p->band[b].back) fftw_destroy_plan(p->band[b].back);
  }
  fftw_destroy_plan(p->rows);
  fftw_destroy_plan(p->to_rows);
  fftw_destroy_plan(p->forward);
  fftw_destroy_plan(p->backward);
  fftw_free(p->factor);
  fftw_free(p->wave);
  fftw_free(p->spectrum);
}

/* a *= b, without the special cases of infinities that C99 asks of a complex product */
static void Multiply(int64_t n, fftw_complex *a, const fftw_complex *b)
{
  double *restrict x = (double *)a;
  const double *restrict y = (const double *)b;
  for (int64_t i = 0; i < n; ++i) {
    const double re = x[2 * i] * y[2 * i] - x[2 * i + 1] * y[2 * i + 1];
    const double im = x[2 * i] * y[2 * i + 1] + x[2 * i + 1] * y[2 * i];
    x[2 * i] = re;
    x[2 * i + 1] = im;
  }
}

/* From the plane of one slice to that of the next. */
static void Step(VmPropagation *p)
{
  fftw_execute(p->rows);
  for (int b = 0; b < 2; ++b) {
    const VmBand *band = &p->band[b];
    const int64_t first = band->first * p->grid[0];
    if (band->count == 0) continue;
    fftw_execute(band->from_columns);
    Multiply(band->count * p->grid[0], p->spectrum + first, p->factor + first);
    fftw_execute(band->back);
  }
  fftw_execute(p->to_rows);
}

void VmPropagate(VmPropagation *p, const VmTransmission *t)
{
  const int64_t points = p->grid[0] * p->grid[1];

  fftw_execute(p->backward);
  for (int q = 0; q < t->count; ++q) {
    if (q) Step(p);
    const fftw_complex *value = t->value + q * t->slice;
    for (int64_t i = 0; i < p->grid[0]; ++i) Multiply(p->grid[1], p->wave + i * p->grid[1], value + i * t->row);
  }
  fftw_execute(p->forward);
  for (int64_t k = 0; k < points; ++k) {
    const bool inside = Frequency2(p->grid, p->period, k / p->grid[1], k % p->grid[1]) < p->limit2;
    p->wave[k] *= inside ? 1.0 / (double)points : 0.0;
  }
}

void VmLimitBand(const int64_t grid[2], const double spacing[2], int count, fftw_complex *value)
{
  const int64_t points = grid[0] * grid[1];
  const double period[2] = {(double)grid[0] * spacing[0], (double)grid[1] * spacing[1]};
  const double limit2 = Limit2(grid, period);
  const int n[2] = {(int)grid[0], (int)grid[1]};
  fftw_plan forward = fftw_plan_dft_2d(n[0], n[1], value, value, FFTW_FORWARD, FFTW_ESTIMATE);
  fftw_plan backward = fftw_plan_dft_2d(n[0], n[1], value, value, FFTW_BACKWARD, FFTW_ESTIMATE);

  for (int q = 0; q < count; ++q, value += points) {
    fftw_execute_dft(forward, value, value);
    for (int64_t k = 0; k < points; ++k) {
      value[k] *= Frequency2(grid, period, k / grid[1], k % grid[1]) < limit2 ? 1.0 / (double)points : 0.0;
    }
    fftw_execute_dft(backward, value, value);
  }
  fftw_destroy_plan(forward);
  fftw_destroy_plan(backward);
}
