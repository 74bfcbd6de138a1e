/* Kinematic diffraction of a convergent probe (physics.md D4):
 *   A(k) = FT{ psi(r) sum_j v_j(r - r_j) exp(i pi lambda k^2 (z_j - middle)) }.
 * The phase is separated by its Chebyshev series in z (Jacobi-Anger), with x = pi lambda k^2 thickness/2:
 *   exp(i x u) = J_0(x) + 2 sum_p i^p J_p(x) T_p(u),  u = 2 (z - middle)/thickness in [-1, 1],
 * so that A(k) = sum_p c_p(k) FT{psi W_p}, W_p the moments of potential.h. psi and W_p being real (or psi two real
 * parts), half of the plane holds everything: with E and O the sums over even and odd p of real coefficients times
 * transforms, A(k) = E + i O and A(-k) = conj(E) + i conj(O). */
#include "bessel.h"
#include "method.h"
#include "potential.h"
#include "probe.h"
#include <fftw3.h>
#include <math.h>
#include <string.h>

typedef struct {
  const VmOptics *optics;
  VmProbe probe;
  VmPotential potential;
  int moments;
  int64_t half;        /* grid[1]/2 + 1 */
  double *coefficient; /* [moments][grid0][half], sign of i^p included */
  int parts;           /* of the wave: 2 unless it is real */
  double *wave[2];     /* its parts [grid0][grid1] */
  double *product;
  fftw_complex *modes;            /* [grid0][half] */
  fftw_complex *spectrum[2];      /* of the shifted probe */
  fftw_complex *sum[2][2];        /* [part][even, odd] */
  fftw_complex *amplitude, *beam; /* [grid0][grid1] */
  fftw_plan forward, backward;
} Kinematic;

/* Moments after which no term exceeds the accuracy, up to the detector's corner. */
static int CountMoments(const VmOptics *optics)
{
  const VmDetectorParams *detector = &optics->params->detector;
  if (!optics->params->ewald || optics->thickness == 0.0) return 1;
  const double k = 0.5 * detector->pitch * hypot((double)detector->pixels[0] + 1.0, (double)detector->pixels[1] + 1.0);
  const double x = 0.5 * VM_PI * optics->wavelength * k * k * optics->thickness;
  int p = (int)(2.0 * x) + 40;
  while (p > 0 && 2.0 * fabs(jn(p, x)) < optics->params->accuracy) --p;
  return p + 1;
}

static PetscErrorCode Coefficients(Kinematic *c)
{
  const VmOptics *optics = c->optics;
  const int64_t *n = optics->grid, points = n[0] * c->half;
  double *bessel;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(c->moments * points), &c->coefficient));
  PetscCall(PetscMalloc1((size_t)c->moments, &bessel));
  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < c->half; ++j) {
      const double k = hypot((double)VmFrequency(i, n[0]), (double)j) / optics->period;
      VmBesselSeries(optics->params->ewald ? 0.5 * VM_PI * optics->wavelength * k * k * optics->thickness : 0.0,
                     c->moments, bessel);
      for (int p = 0; p < c->moments; ++p) {
        const double sign = (p / 2) % 2 ? -1.0 : 1.0; /* i^p without the i of odd p */
        c->coefficient[p * points + i * c->half + j] = sign * (p ? 2.0 : 1.0) * bessel[p];
      }
    }
  }
  PetscCall(PetscFree(bessel));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(const VmOptics *optics, void **context)
{
  const size_t points = (size_t)(optics->grid[0] * optics->grid[1]);
  Kinematic *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->optics = optics;
  c->half = optics->grid[1] / 2 + 1;
  const size_t half = (size_t)(optics->grid[0] * c->half);
  PetscCall(VmProbeCreate(optics, &c->probe));
  c->parts = optics->params->defocus_spread > 0.0 ? 2 : c->probe.parts;
  c->moments = CountMoments(optics);
  PetscCall(Coefficients(c));
  c->product = fftw_alloc_real(points);
  c->modes = fftw_alloc_complex(half);
  for (int part = 0; part < c->parts; ++part) {
    c->wave[part] = fftw_alloc_real(points);
    c->spectrum[part] = fftw_alloc_complex(half);
    for (int odd = 0; odd < 2; ++odd) c->sum[part][odd] = fftw_alloc_complex(half);
  }
  c->amplitude = fftw_alloc_complex(points);
  c->beam = fftw_alloc_complex(points);
  const int n[2] = {(int)optics->grid[0], (int)optics->grid[1]};
  c->forward = fftw_plan_dft_r2c_2d(n[0], n[1], c->product, c->modes, FFTW_ESTIMATE);
  c->backward = fftw_plan_dft_c2r_2d(n[0], n[1], c->modes, c->product, FFTW_ESTIMATE);
  VmAssert(c->product && c->modes && c->amplitude && c->beam && c->forward && c->backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  Kinematic *c = *context;

  PetscFunctionBegin;
  VmPotentialDestroy(&c->potential);
  VmProbeDestroy(&c->probe);
  PetscCall(PetscFree(c->coefficient));
  for (int part = 0; part < 2; ++part) {
    fftw_free(c->wave[part]);
    fftw_free(c->spectrum[part]);
    for (int odd = 0; odd < 2; ++odd) fftw_free(c->sum[part][odd]);
  }
  fftw_free(c->product);
  fftw_free(c->modes);
  fftw_free(c->amplitude);
  fftw_free(c->beam);
  fftw_destroy_plan(c->forward);
  fftw_destroy_plan(c->backward);
  PetscCall(PetscFree(c));
  *context = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Bytes(void *context, const VmTileBox *box)
{
  const Kinematic *c = context;
  return VmPotentialBytes(c->optics, box->grid, c->moments);
}

static PetscErrorCode Tile(void *context, const VmAtoms *atoms, const VmTileBox *box)
{
  Kinematic *c = context;

  PetscFunctionBegin;
  VmPotentialDestroy(&c->potential);
  PetscCall(VmPotentialCreate(c->optics, atoms, box, c->moments, &c->potential));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spectrum of the two parts of a probe that is defocused by exp(-i chi), at mode m. */
static void Defocus(const Kinematic *c, double chi, int64_t m, double complex spectrum[2])
{
  const double complex real = c->probe.spectrum[0][m], imaginary = c->probe.parts == 2 ? c->probe.spectrum[1][m] : 0.0;
  spectrum[0] = cos(chi) * real + sin(chi) * imaginary;
  spectrum[1] = cos(chi) * imaginary - sin(chi) * real;
}

/* The probe at grid point centre (a fraction of a spacing off n/2): its spectrum, and its wave [1/nm]. */
static void ShiftProbe(Kinematic *c, const double centre[2], double focus)
{
  const int64_t *n = c->optics->grid;
  const double scale = 1.0 / (c->optics->period * c->optics->period),
               turn = VM_PI * c->optics->wavelength * focus * scale;

  for (int64_t i = 0; i < n[0]; ++i) {
    const double x = (double)VmFrequency(i, n[0]);
    const double complex px = cexp(-2.0 * VM_PI * I * centre[0] * x / (double)n[0]);
    for (int64_t j = 0; j < c->half; ++j) {
      const double y = (double)j;
      const double complex shift = px * cexp(-2.0 * VM_PI * I * centre[1] * y / (double)n[1]);
      const int64_t m = i * c->half + j;
      double complex spectrum[2] = {c->probe.spectrum[0][m], c->probe.parts == 2 ? c->probe.spectrum[1][m] : 0.0};
      if (focus != 0.0) Defocus(c, turn * (x * x + y * y), m, spectrum);
      for (int part = 0; part < c->parts; ++part) c->spectrum[part][m] = spectrum[part] * shift;
    }
  }
  for (int part = 0; part < c->parts; ++part) {
    for (int64_t m = 0; m < n[0] * c->half; ++m) c->modes[m] = scale * c->spectrum[part][m];
    fftw_execute_dft_c2r(c->backward, c->modes, c->wave[part]);
  }
}

/* Sums over even and odd moments of coefficient times transform of one part of the probe times the moment's window. */
static void SumMoments(Kinematic *c, const int64_t first[2], int part)
{
  const int64_t *n = c->optics->grid, *grid = c->potential.box.grid, modes = n[0] * c->half;
  const double *wave = c->wave[part];

  for (int odd = 0; odd < 2; ++odd) memset(c->sum[part][odd], 0, (size_t)modes * sizeof(fftw_complex));
  for (int p = 0; p < c->moments; ++p) {
    const double *window = c->potential.value + (p * grid[0] + first[0]) * grid[1] + first[1];
    for (int64_t i = 0; i < n[0]; ++i) {
      for (int64_t j = 0; j < n[1]; ++j) c->product[i * n[1] + j] = wave[i * n[1] + j] * window[i * grid[1] + j];
    }
    fftw_execute(c->forward);
    const double *coefficient = c->coefficient + p * modes;
    double *restrict sum = (double *)c->sum[part][p % 2];
    const double *restrict transform = (const double *)c->modes;
    for (int64_t m = 0; m < modes; ++m) {
      sum[2 * m] += coefficient[m] * transform[2 * m];
      sum[2 * m + 1] += coefficient[m] * transform[2 * m + 1];
    }
  }
}

/* Amplitude [V nm^2] and beam [nm] on the whole plane. */
static void FillPlane(Kinematic *c)
{
  const int64_t *n = c->optics->grid;
  const double area = c->optics->spacing[0] * c->optics->spacing[1];

  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < c->half; ++j) {
      const int64_t at = i * n[1] + j, opposite = (n[0] - i) % n[0] * n[1] + (n[1] - j) % n[1], m = i * c->half + j;
      double complex a = 0.0, b = 0.0, beam = 0.0, back = 0.0, unit = 1.0;
      for (int part = 0; part < c->parts; ++part, unit *= I) {
        const double complex even = c->sum[part][0][m], odd = c->sum[part][1][m];
        a += unit * (even + I * odd);
        b += unit * (conj(even) + I * conj(odd));
        beam += unit * c->spectrum[part][m];
        back += unit * conj(c->spectrum[part][m]);
      }
      c->amplitude[at] = area * a;
      c->amplitude[opposite] = area * b;
      c->beam[at] = beam;
      c->beam[opposite] = back;
    }
  }
}

/* What stays in the beam's own wave is only a phase (the mean inner potential): the scattered wave is the rest. */
static double complex MeanPotential(const Kinematic *c)
{
  const int64_t points = c->optics->grid[0] * c->optics->grid[1];
  double complex sum = 0.0;
  for (int64_t i = 0; i < points; ++i) sum += conj(c->beam[i]) * c->amplitude[i];
  return sum / (c->optics->period * c->optics->period);
}

static PetscErrorCode Probe(void *context, const double r[2], double focus, double *intensity)
{
  Kinematic *c = context;
  const VmOptics *optics = c->optics;
  const int64_t *n = optics->grid;
  const double mean_free = optics->scattered, area = optics->period * optics->period;
  int64_t first[2];
  double centre[2];

  PetscFunctionBegin;
  PetscCall(VmOpticsWindow(optics, &c->potential.box, r, first, centre));
  ShiftProbe(c, centre, focus);
  for (int part = 0; part < c->parts; ++part) SumMoments(c, first, part);
  FillPlane(c);

  const double complex mean = MeanPotential(c);
  const double single = mean_free > 0.0 ? -expm1(-mean_free) / mean_free : 1.0;
  const double scattered = single * optics->interaction * optics->interaction / area;
  const double direct = optics->params->direct_beam ? exp(-mean_free) / area : 0.0;
  for (int64_t i = 0; i < n[0] * n[1]; ++i) {
    const double complex wave = c->amplitude[i] - mean * c->beam[i];
    intensity[i] = scattered * creal(wave * conj(wave)) + direct * creal(c->beam[i] * conj(c->beam[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Describe(void *context, size_t size, char *text)
{
  const Kinematic *c = context;
  snprintf(text, size, "kinematic: %d Chebyshev moments, grid %lld x %lld, %.1f %% of the probe inside the window",
           c->moments, (long long)c->optics->grid[0], (long long)c->optics->grid[1], 100.0 * c->probe.inside);
}

const VmSynthMethod vm_synth_method_kinematic = {
    .name = "kinematic",
    .doc = "single scattering with the curved Ewald sphere",
    .source = "J. M. Cowley, Diffraction Physics, 3rd ed. (1995)",
    .create = Create,
    .bytes = Bytes,
    .tile = Tile,
    .probe = Probe,
    .describe = Describe,
    .destroy = Destroy,
};
