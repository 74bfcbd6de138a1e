/* The probe is the exact radial wave of a round aperture, with a smooth end at half the window's edge: its zeros are
 * those of the physical probe, and nothing of it reaches the neighbouring windows. */
#include "probe.h"
#include "pupil.h"
#include <fftw3.h>
#include <math.h>

#define TAPER_START 0.7 /* of half the window's edge */

static double Taper(double r, double radius)
{
  const double start = TAPER_START * radius;
  if (r <= start) return 1.0;
  if (r >= radius) return 0.0;
  const double c = cos(0.5 * VM_PI * (r - start) / (radius - start));
  return c * c;
}

/* Fills wave[grid0*grid1] about the point (grid0/2, grid1/2). */
static PetscErrorCode FillWave(const VmOptics *optics, double complex *wave)
{
  const int64_t *n = optics->grid;
  const double radius = 0.5 * optics->period;
  VmPupil pupil;

  PetscFunctionBegin;
  PetscCall(VmPupilCreate(optics, radius, &pupil));
  for (int64_t i = 0; i <= n[0] / 2; ++i) {
    for (int64_t j = 0; j <= n[1] / 2; ++j) {
      const double x = (double)i * optics->spacing[0], y = (double)j * optics->spacing[1];
      const double end = Taper(hypot(x, y), radius);
      double complex value[4] = {0.0};
      if (end > 0.0) VmPupilWave(pupil, x, y, value);
      const int64_t row[2] = {(n[0] / 2 + i) % n[0], n[0] / 2 - i}, column[2] = {(n[1] / 2 + j) % n[1], n[1] / 2 - j};
      for (int c = 0; c < 4; ++c) wave[row[c % 2] * n[1] + column[c / 2]] = end * value[c];
    }
  }
  PetscCall(VmPupilDestroy(&pupil));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spectrum of one part, without the frequencies at the edge of the grid, which have no opposite; returns the sum of its
 * squares over the whole plane. */
static double FillSpectrum(const int64_t n[2], const double complex *wave, int part, double factor,
                           double complex *spectrum)
{
  const int64_t half = n[1] / 2 + 1;
  double *real = fftw_alloc_real((size_t)(n[0] * n[1])), sum = 0.0;
  fftw_complex *modes = fftw_alloc_complex((size_t)(n[0] * half));
  fftw_plan plan = fftw_plan_dft_r2c_2d((int)n[0], (int)n[1], real, modes, FFTW_ESTIMATE);

  for (int64_t i = 0; i < n[0] * n[1]; ++i) real[i] = factor * (part ? cimag(wave[i]) : creal(wave[i]));
  fftw_execute(plan);
  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < half; ++j) {
      const bool edge = i == n[0] / 2 || j == n[1] / 2;
      const double complex value = edge ? 0.0 : ((i + j) % 2 ? -1.0 : 1.0) * modes[i * half + j];
      spectrum[i * half + j] = value;
      sum += (j ? 2.0 : 1.0) * creal(value * conj(value));
    }
  }
  fftw_destroy_plan(plan);
  fftw_free(modes);
  fftw_free(real);
  return sum;
}

PetscErrorCode VmProbeCreate(const VmOptics *optics, VmProbe *probe)
{
  const int64_t *n = optics->grid;
  const size_t half = (size_t)(n[0] * (n[1] / 2 + 1));
  const double current = VM_PI * optics->aperture * optics->aperture, area = optics->period * optics->period;
  double complex *wave;

  PetscFunctionBegin;
  *probe = (VmProbe){.grid = {n[0], n[1]}};
  probe->parts = VmPupilIsReal(optics) ? 1 : 2;
  PetscCall(PetscMalloc1((size_t)(n[0] * n[1]), &wave));
  PetscCall(FillWave(optics, wave));
  for (int c = 0; c < probe->parts; ++c) {
    PetscCall(PetscMalloc1(half, &probe->spectrum[c]));
    probe->inside +=
        FillSpectrum(n, wave, c, optics->spacing[0] * optics->spacing[1], probe->spectrum[c]) / (area * current);
  }
  const double scale = 1.0 / sqrt(probe->inside * current);
  for (int c = 0; c < probe->parts; ++c) {
    for (size_t i = 0; i < half; ++i) probe->spectrum[c][i] *= scale;
  }
  PetscCall(PetscFree(wave));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmProbeEntry(const VmOptics *optics, const VmProbe *probe, double distance, double complex *entry)
{
  const int64_t *n = optics->grid, half = n[1] / 2 + 1;
  const double turn = VM_PI * optics->wavelength * distance / (optics->period * optics->period);

  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < n[1]; ++j) {
      const bool mirrored = j >= half;
      const int64_t m = mirrored ? (n[0] - i) % n[0] * half + n[1] - j : i * half + j;
      const double x = (double)VmFrequency(i, n[0]), y = (double)VmFrequency(j, n[1]);
      const double tilt = optics->period * (x * optics->tilt[0] + y * optics->tilt[1]);
      double complex wave = 0.0, unit = 1.0;
      for (int part = 0; part < probe->parts; ++part, unit *= I) {
        wave += unit * (mirrored ? conj(probe->spectrum[part][m]) : probe->spectrum[part][m]);
      }
      entry[i * n[1] + j] = wave / optics->period * cexp(-I * turn * (x * x + y * y + 2.0 * tilt));
    }
  }
}

double complex VmProbeShift(const VmOptics *optics, int axis, double spacings, double focus, int64_t i)
{
  const int64_t n = optics->grid[axis];
  const double m = (double)VmFrequency(i, n), k = m / optics->period;
  return cexp(-VM_PI * I * (2.0 * spacings * m / (double)n + optics->wavelength * focus * k * k));
}

void VmProbeDestroy(VmProbe *probe)
{
  for (int c = 0; c < 2; ++c) (void)PetscFree(probe->spectrum[c]);
}
