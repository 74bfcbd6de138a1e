/* The probe is the exact radial wave of a round aperture, with a smooth end at half the window's edge: its zeros are
 * those of the physical probe, and nothing of it reaches the neighbouring windows. */
#include "probe.h"
#include <fftw3.h>
#include <math.h>

enum { MAX_NODES = 2048 };
#define TAPER_START 0.7 /* of half the window's edge */

/* Nodes and weights of Gauss-Legendre quadrature on [0, 1], by Newton from the asymptotic zeros. */
static void GaussLegendre(int n, double *node, double *weight)
{
  for (int i = 0; i < n; ++i) {
    double x = cos(VM_PI * (i + 0.75) / (n + 0.5)), slope = 1.0;
    for (int step = 0; step < 8; ++step) {
      double p = 1.0, previous = 0.0;
      for (int j = 0; j < n; ++j) {
        const double next = ((2.0 * j + 1.0) * x * p - j * previous) / (j + 1.0);
        previous = p;
        p = next;
      }
      slope = n * (x * p - previous) / (x * x - 1.0);
      x -= p / slope;
    }
    node[i] = 0.5 * (1.0 - x);
    weight[i] = 1.0 / ((1.0 - x * x) * slope * slope);
  }
}

static double Aberration(const VmOptics *optics, double k)
{
  const double lambda = optics->wavelength, k2 = k * k;
  return VM_PI * lambda * optics->params->defocus * k2 +
         0.5 * VM_PI * optics->params->spherical_aberration * lambda * lambda * lambda * k2 * k2;
}

/* Enough nodes for the oscillations of the integrand up to radius r; Gauss-Legendre then converges exponentially. */
static int NodeCount(const VmOptics *optics, double r)
{
  const double phase = 2.0 * VM_PI * optics->aperture * r + 4.0 * fabs(Aberration(optics, optics->aperture));
  return (int)fmin(MAX_NODES, 32.0 + 0.7 * phase);
}

static double complex Amplitude(const VmOptics *optics, double r, int n, const double *node, const double *weight)
{
  double complex sum = 0.0;
  for (int i = 0; i < n; ++i) {
    const double k = optics->aperture * node[i];
    sum += weight[i] * k * j0(2.0 * VM_PI * k * r) * cexp(-I * Aberration(optics, k));
  }
  return 2.0 * VM_PI * optics->aperture * sum;
}

double complex VmProbeAmplitude(const VmOptics *optics, double r)
{
  double node[MAX_NODES], weight[MAX_NODES];
  const int n = NodeCount(optics, r);
  GaussLegendre(n, node, weight);
  return Amplitude(optics, r, n, node, weight);
}

static double Taper(double r, double radius)
{
  const double start = TAPER_START * radius;
  if (r <= start) return 1.0;
  if (r >= radius) return 0.0;
  const double c = cos(0.5 * VM_PI * (r - start) / (radius - start));
  return c * c;
}

/* Fills wave[grid0*grid1] about the point (grid0/2, grid1/2). */
static void FillWave(const VmOptics *optics, double complex *wave)
{
  const int64_t *n = optics->grid;
  const double radius = 0.5 * optics->period;
  double node[MAX_NODES], weight[MAX_NODES];
  const int nodes = NodeCount(optics, radius);

  GaussLegendre(nodes, node, weight);
  for (int64_t i = 0; i <= n[0] / 2; ++i) {
    for (int64_t j = 0; j <= n[1] / 2; ++j) {
      const double r = hypot((double)i * optics->spacing[0], (double)j * optics->spacing[1]);
      const double end = Taper(r, radius);
      const double complex value = end > 0.0 ? end * Amplitude(optics, r, nodes, node, weight) : 0.0;
      const int64_t x[2] = {n[0] / 2 - i, (n[0] / 2 + i) % n[0]}, y[2] = {n[1] / 2 - j, (n[1] / 2 + j) % n[1]};
      for (int c = 0; c < 4; ++c) wave[x[c / 2] * n[1] + y[c % 2]] = value;
    }
  }
}

/* Spectrum of one part, without the frequencies at the edge of the grid, which have no opposite; returns the sum of its
 * squares over the whole plane. */
static double FillSpectrum(const int64_t n[2], const double complex *wave, int part, double factor, double *spectrum)
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
      const double value = edge ? 0.0 : ((i + j) % 2 ? -1.0 : 1.0) * creal(modes[i * half + j]);
      spectrum[i * half + j] = value;
      sum += (j ? 2.0 : 1.0) * value * value;
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
  probe->parts = optics->params->defocus == 0.0 && optics->params->spherical_aberration == 0.0 ? 1 : 2;
  PetscCall(PetscMalloc1((size_t)(n[0] * n[1]), &wave));
  FillWave(optics, wave);
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
      const int64_t m = j < half ? i * half + j : (n[0] - i) % n[0] * half + n[1] - j;
      const double x = (double)VmFrequency(i, n[0]), y = (double)VmFrequency(j, n[1]);
      const double complex wave = probe->spectrum[0][m] + (probe->parts == 2 ? I * probe->spectrum[1][m] : 0.0);
      entry[i * n[1] + j] = wave / optics->period * cexp(-I * turn * (x * x + y * y));
    }
  }
}

double complex VmProbeShift(double spacings, int64_t i, int64_t n)
{
  return cexp(-2.0 * VM_PI * I * spacings * (double)VmFrequency(i, n) / (double)n);
}

void VmProbeDestroy(VmProbe *probe)
{
  for (int c = 0; c < 2; ++c) (void)PetscFree(probe->spectrum[c]);
}
