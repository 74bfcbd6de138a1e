#include "propagate.h"
#include "optics.h"
#include <math.h>

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

PetscErrorCode VmPropagationCreate(const int64_t grid[2], const double period[2], double wavelength, double distance,
                                   bool limited, VmPropagation *p)
{
  const int64_t points = grid[0] * grid[1];

  PetscFunctionBegin;
  *p = (VmPropagation){.grid = {grid[0], grid[1]}, .period = {period[0], period[1]}, .wavelength = wavelength};
  p->limit2 = limited ? Limit2(grid, period) : INFINITY;
  p->factor = fftw_alloc_complex((size_t)points);
  p->wave = fftw_alloc_complex((size_t)points);
  VmAssert(p->factor && p->wave);
  for (int64_t k = 0; k < points; ++k) {
    p->factor[k] = VmPropagationFactor(p, distance, k / grid[1], k % grid[1]) / (double)points;
  }
  const int n[2] = {(int)grid[0], (int)grid[1]};
  p->forward = fftw_plan_dft_2d(n[0], n[1], p->wave, p->wave, FFTW_FORWARD, FFTW_ESTIMATE);
  p->backward = fftw_plan_dft_2d(n[0], n[1], p->wave, p->wave, FFTW_BACKWARD, FFTW_ESTIMATE);
  VmAssert(p->forward && p->backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmPropagationDestroy(VmPropagation *p)
{
  fftw_destroy_plan(p->forward);
  fftw_destroy_plan(p->backward);
  fftw_free(p->factor);
  fftw_free(p->wave);
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

void VmPropagate(VmPropagation *p, const VmTransmission *t)
{
  const int64_t points = p->grid[0] * p->grid[1];

  for (int q = 0; q < t->count; ++q) {
    if (q) Multiply(points, p->wave, p->factor);
    fftw_execute(p->backward);
    const fftw_complex *value = t->value + q * t->slice;
    for (int64_t i = 0; i < p->grid[0]; ++i) Multiply(p->grid[1], p->wave + i * p->grid[1], value + i * t->row);
    fftw_execute(p->forward);
  }
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
