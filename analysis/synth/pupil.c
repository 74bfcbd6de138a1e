/* exp(-i chi(k, phi)) = sum_m a_m(k) exp(i m phi), so that the wave is 2 pi sum_m i^m exp(i m theta) int a_m J_m(2 pi k
 * r) k dk (Jacobi-Anger). */
#include "pupil.h"
#include "bessel.h"
#include "quadrature.h"
#include <fftw3.h>
#include <math.h>
#include <string.h>

enum { MAX_NODES = 4096, MAX_SAMPLES = 4096 };
#define NEGLIGIBLE 1e-15

struct VmPupil_s {
  const VmOptics *optics;
  int nodes, orders; /* m = -orders ... orders */
  double *k, *bessel;
  double complex *harmonic; /* [nodes][2 orders + 1] 2 pi i^m a_m k dk */
  double complex *radial;   /* [2 orders + 1] */
};

/* n, m of the coefficients beside C10 and C30. */
static const int orders[VM_ABERRATIONS][2] = {{1, 2}, {2, 1}, {2, 3}, {3, 2}, {3, 4}, {4, 1},
                                              {4, 3}, {4, 5}, {5, 0}, {5, 2}, {5, 4}, {5, 6}};

static double Radial(const VmOptics *optics, double coefficient, int n, double k)
{
  return 2.0 * VM_PI / optics->wavelength * coefficient * pow(optics->wavelength * k, n + 1) / (n + 1);
}

double VmAberration(const VmOptics *optics, const double k[2])
{
  const VmMicroscopeParams *params = optics->params;
  const double modulus = hypot(k[0], k[1]), phi = atan2(k[1], k[0]);
  double sum = Radial(optics, params->defocus, 1, modulus) + Radial(optics, params->spherical_aberration, 3, modulus);
  for (int i = 0; i < VM_ABERRATIONS; ++i) {
    const VmAberrationParams *a = &params->aberrations;
    if (a->coefficient[i] == 0.0) continue;
    const double angle = orders[i][1] * (phi - VM_PI / 180.0 * a->angle[i]);
    sum += Radial(optics, a->coefficient[i], orders[i][0], modulus) * cos(angle);
  }
  return sum;
}

bool VmPupilIsReal(const VmOptics *optics)
{
  const VmMicroscopeParams *params = optics->params;
  bool any = params->defocus != 0.0 || params->spherical_aberration != 0.0;
  for (int i = 0; i < VM_ABERRATIONS; ++i) any = any || params->aberrations.coefficient[i] != 0.0;
  return !any;
}

/* Bounds of the phases that turn along the radius, and around it per unit of the angle. */
static void PhaseBounds(const VmOptics *optics, double *along, double *around)
{
  const VmMicroscopeParams *params = optics->params;
  const double edge = optics->aperture;
  *along = fabs(Radial(optics, params->defocus, 1, edge)) + fabs(Radial(optics, params->spherical_aberration, 3, edge));
  *around = 0.0;
  for (int i = 0; i < VM_ABERRATIONS; ++i) {
    const double phase = fabs(Radial(optics, params->aberrations.coefficient[i], orders[i][0], edge));
    *along += phase;
    *around += orders[i][1] * phase;
  }
}

double VmAberrationTurn(const VmOptics *optics)
{
  double along, around;
  PhaseBounds(optics, &along, &around);
  return fmax(along, around);
}

/* Fourier coefficients of exp(-i chi) on the circle of node i. */
static void Harmonics(VmPupil p, int i, int samples, double complex *circle)
{
  static const double complex power[4] = {1.0, I, -1.0, -I};
  const int width = 2 * p->orders + 1;
  for (int s = 0; s < samples; ++s) {
    const double phi = 2.0 * VM_PI * s / samples;
    circle[s] = cexp(-I * VmAberration(p->optics, (double[2]){p->k[i] * cos(phi), p->k[i] * sin(phi)})) / samples;
  }
  fftw_plan plan = fftw_plan_dft_1d(samples, circle, circle, FFTW_FORWARD, FFTW_ESTIMATE);
  fftw_execute(plan);
  fftw_destroy_plan(plan);
  for (int m = -p->orders; m <= p->orders; ++m) {
    p->harmonic[i * width + m + p->orders] *= power[(m % 4 + 4) % 4] * circle[(m + samples) % samples];
  }
}

/* Drops the orders that have nothing at any node. */
static void Shorten(VmPupil p)
{
  const int width = 2 * p->orders + 1;
  double largest[2] = {0.0, 0.0}; /* of all, of the outermost order left */
  int kept = p->orders;
  for (int i = 0; i < p->nodes * width; ++i) largest[0] = fmax(largest[0], cabs(p->harmonic[i]));
  for (; kept > 0; --kept) {
    largest[1] = 0.0;
    for (int i = 0; i < p->nodes; ++i) {
      for (int side = -1; side <= 1; side += 2) {
        largest[1] = fmax(largest[1], cabs(p->harmonic[i * width + p->orders + side * kept]));
      }
    }
    if (largest[1] > NEGLIGIBLE * largest[0]) break;
  }
  for (int i = 0; i < p->nodes; ++i) {
    memmove(p->harmonic + i * (2 * kept + 1), p->harmonic + i * width + p->orders - kept,
            (size_t)(2 * kept + 1) * sizeof *p->harmonic);
  }
  p->orders = kept;
}

PetscErrorCode VmPupilCreate(const VmOptics *optics, double radius, VmPupil *pupil)
{
  double along, around, *weight;
  int samples = 1;
  VmPupil p;

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  p->optics = optics;
  PhaseBounds(optics, &along, &around);
  p->nodes = (int)fmin(MAX_NODES, 32.0 + 0.7 * (2.0 * VM_PI * optics->aperture * radius + 4.0 * along));
  while (around > 0.0 && samples < MAX_SAMPLES && samples < 4.0 * around + 64.0) samples *= 2;
  p->orders = (samples - 1) / 2;
  const int width = 2 * p->orders + 1;
  double complex *circle = fftw_alloc_complex((size_t)samples);
  PetscCall(PetscMalloc1((size_t)p->nodes, &p->k));
  PetscCall(PetscMalloc1((size_t)p->nodes, &weight));
  PetscCall(PetscMalloc1((size_t)width, &p->bessel));
  PetscCall(PetscMalloc1((size_t)width, &p->radial));
  PetscCall(PetscMalloc1((size_t)(p->nodes * width), &p->harmonic));
  VmGaussLegendre(p->nodes, p->k, weight);
  for (int i = 0; i < p->nodes; ++i) {
    p->k[i] *= optics->aperture;
    for (int m = 0; m < width; ++m) p->harmonic[i * width + m] = 2.0 * VM_PI * optics->aperture * weight[i] * p->k[i];
    Harmonics(p, i, samples, circle);
  }
  Shorten(p);
  PetscCall(PetscFree(weight));
  fftw_free(circle);
  *pupil = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPupilDestroy(VmPupil *pupil)
{
  PetscFunctionBegin;
  PetscCall(PetscFree((*pupil)->k));
  PetscCall(PetscFree((*pupil)->bessel));
  PetscCall(PetscFree((*pupil)->radial));
  PetscCall(PetscFree((*pupil)->harmonic));
  PetscCall(PetscFree(*pupil));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void RadialIntegrals(VmPupil p, double r)
{
  const int width = 2 * p->orders + 1;
  memset(p->radial, 0, (size_t)width * sizeof *p->radial);
  for (int i = 0; i < p->nodes; ++i) {
    const double complex *harmonic = p->harmonic + i * width + p->orders;
    const double x = 2.0 * VM_PI * p->k[i] * r;
    if (p->orders == 0) p->bessel[0] = j0(x);
    else VmBesselSeries(x, p->orders + 1, p->bessel);
    p->radial[p->orders] += p->bessel[0] * harmonic[0];
    for (int m = 1; m <= p->orders; ++m) {
      p->radial[p->orders + m] += p->bessel[m] * harmonic[m];
      p->radial[p->orders - m] += (m % 2 ? -1.0 : 1.0) * p->bessel[m] * harmonic[-m]; /* J_-m = (-1)^m J_m */
    }
  }
}

void VmPupilWave(VmPupil p, double x, double y, double complex wave[4])
{
  RadialIntegrals(p, hypot(x, y));
  for (int c = 0; c < 4; ++c) {
    const double theta = atan2(c / 2 ? -y : y, c % 2 ? -x : x);
    wave[c] = p->radial[p->orders];
    for (int m = 1; m <= p->orders; ++m) {
      const double complex turn = cexp(I * m * theta);
      wave[c] += turn * p->radial[p->orders + m] + conj(turn) * p->radial[p->orders - m];
    }
  }
}
