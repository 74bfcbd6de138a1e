/* Kinematic diffraction of a convergent probe (physics.md D4):
 *   A(k) = FT{ psi(r) sum_j v_j(r - r_j) exp(i pi lambda k^2 (z_j - middle)) }.
 * The phase is a sum of few products (ewald.h), with x = pi lambda k^2 thickness/2 and u = 2 (z - middle)/thickness, so
 * that A(k) is one of transforms of psi times the moments of the potential (moments.h). */
#include "method.h"
#include "moments.h"
#include "potential.h"
#include "probe.h"
#include "propagate.h"
#include <fftw3.h>
#include <math.h>
#include <string.h>

typedef struct {
  const VmOptics *optics;
  VmProbe probe;
  VmEwald ewald;
  VmMoments moments;
  VmTileBox box;
  int64_t half;                     /* grid[1]/2 + 1 */
  int parts;                        /* of the wave: 2 unless it is real */
  double *wave;                     /* one part [grid0][grid1] */
  double complex *phase[2];         /* [grid0], [half] of the shift along an axis */
  fftw_complex *modes;              /* [grid0][half] */
  fftw_complex *spectrum[2];        /* of the shifted probe */
  double complex *amplitude, *beam; /* [grid0][grid1] */
  fftw_plan backward;
} Kinematic;

/* Largest x, at the detector's corner. */
static double LargestPhase(const VmOptics *optics)
{
  const VmDetectorParams *detector = &optics->params->detector;
  const double k = 0.5 * detector->pitch * hypot((double)detector->pixels[0] + 1.0, (double)detector->pixels[1] + 1.0);
  return optics->params->ewald ? 0.5 * VM_PI * optics->wavelength * k * k * optics->thickness : 0.0;
}

static PetscErrorCode Create(const VmOptics *optics, void **context)
{
  const int64_t *n = optics->grid;
  const size_t points = (size_t)(n[0] * n[1]);
  Kinematic *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->optics = optics;
  c->half = n[1] / 2 + 1;
  const size_t half = (size_t)(n[0] * c->half);
  PetscCall(VmProbeCreate(optics, &c->probe));
  c->parts = optics->params->defocus_spread > 0.0 ? 2 : c->probe.parts;
  PetscCall(VmEwaldCreate(LargestPhase(optics), optics->params->accuracy, &c->ewald));
  PetscCall(VmMomentsCreate(optics, &c->ewald, &c->moments));
  c->wave = fftw_alloc_real(points);
  c->modes = fftw_alloc_complex(half);
  for (int part = 0; part < c->parts; ++part) c->spectrum[part] = fftw_alloc_complex(half);
  for (int d = 0; d < 2; ++d) PetscCall(PetscMalloc1((size_t)(d ? c->half : n[0]), &c->phase[d]));
  c->amplitude = fftw_alloc_complex(points);
  c->beam = fftw_alloc_complex(points);
  c->backward = fftw_plan_dft_c2r_2d((int)n[0], (int)n[1], c->modes, c->wave, FFTW_ESTIMATE);
  VmAssert(c->wave && c->modes && c->amplitude && c->beam && c->backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  Kinematic *c = *context;

  PetscFunctionBegin;
  VmMomentsDestroy(&c->moments);
  PetscCall(VmEwaldDestroy(&c->ewald));
  VmProbeDestroy(&c->probe);
  fftw_free(c->wave);
  for (int d = 0; d < 2; ++d) PetscCall(PetscFree(c->phase[d]));
  for (int part = 0; part < 2; ++part) fftw_free(c->spectrum[part]);
  fftw_free(c->modes);
  fftw_free(c->amplitude);
  fftw_free(c->beam);
  fftw_destroy_plan(c->backward);
  PetscCall(PetscFree(c));
  *context = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Bytes(void *context, const VmTileBox *box)
{
  const Kinematic *c = context;
  return VmPotentialMomentsBytes(c->optics, box->grid) + VmMomentsBytes(&c->moments, box->grid);
}

static void TakeMoment(void *context, int moment, const double *value) { VmMomentsFill(context, moment, value); }

static PetscErrorCode Tile(void *context, const VmAtoms *atoms, const VmTileBox *box)
{
  Kinematic *c = context;

  PetscFunctionBegin;
  c->box = *box;
  PetscCall(VmMomentsTile(&c->moments, box->grid));
  PetscCall(VmPotentialMoments(c->optics, atoms, box, &c->ewald, TakeMoment, &c->moments));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spectrum of the two parts of a probe that is defocused by exp(-i chi), at mode m. */
static void Defocus(const Kinematic *c, double chi, int64_t m, double complex spectrum[2])
{
  const double complex real = c->probe.spectrum[0][m], imaginary = c->probe.parts == 2 ? c->probe.spectrum[1][m] : 0.0;
  spectrum[0] = cos(chi) * real + sin(chi) * imaginary;
  spectrum[1] = cos(chi) * imaginary - sin(chi) * real;
}

/* Spectrum of the probe at grid point centre (a fraction of a spacing off n/2). */
static void ShiftProbe(Kinematic *c, const double centre[2], double focus)
{
  const int64_t *n = c->optics->grid;
  const double turn = VM_PI * c->optics->wavelength * focus / (c->optics->period * c->optics->period);

  for (int64_t i = 0; i < n[0]; ++i) c->phase[0][i] = VmProbeShift(c->optics, 0, centre[0], 0.0, i);
  for (int64_t j = 0; j < c->half; ++j) c->phase[1][j] = VmProbeShift(c->optics, 1, centre[1], 0.0, j);
  for (int64_t i = 0; i < n[0]; ++i) {
    const double x = (double)VmFrequency(i, n[0]);
    for (int64_t j = 0; j < c->half; ++j) {
      const double complex shift = VmTimes(c->phase[0][i], c->phase[1][j]);
      const int64_t m = i * c->half + j;
      double complex spectrum[2] = {c->probe.spectrum[0][m], c->probe.parts == 2 ? c->probe.spectrum[1][m] : 0.0};
      if (focus != 0.0) Defocus(c, turn * (x * x + (double)(j * j)), m, spectrum);
      for (int part = 0; part < c->parts; ++part) c->spectrum[part][m] = VmTimes(spectrum[part], shift);
    }
  }
}

/* The wave of one part, 1/nm. */
static void MakeWave(Kinematic *c, int part)
{
  const double scale = 1.0 / (c->optics->period * c->optics->period);
  for (int64_t m = 0; m < c->optics->grid[0] * c->half; ++m) c->modes[m] = scale * c->spectrum[part][m];
  fftw_execute(c->backward);
}

/* The beam on the whole plane, nm. */
static void FillBeam(Kinematic *c)
{
  const int64_t *n = c->optics->grid;

  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < c->half; ++j) {
      const int64_t at = i * n[1] + j, opposite = (n[0] - i) % n[0] * n[1] + (j ? n[1] - j : 0), m = i * c->half + j;
      const double complex real = c->spectrum[0][m], imaginary = c->parts == 2 ? c->spectrum[1][m] : 0.0;
      c->beam[at] = real + I * imaginary;
      c->beam[opposite] = conj(real) + I * conj(imaginary);
    }
  }
}

/* What stays in the beam's own wave is only a phase (the mean inner potential): the scattered wave is the rest. */
static double complex MeanPotential(const Kinematic *c)
{
  const int64_t points = c->optics->grid[0] * c->optics->grid[1];
  double complex sum = 0.0;
  for (int64_t i = 0; i < points; ++i) sum += VmTimes(conj(c->beam[i]), c->amplitude[i]);
  return sum / (c->optics->period * c->optics->period);
}

static double Square(double complex z) { return creal(z) * creal(z) + cimag(z) * cimag(z); }

static PetscErrorCode Probe(void *context, const double r[2], double focus, double *intensity)
{
  Kinematic *c = context;
  const VmOptics *optics = c->optics;
  const int64_t *n = optics->grid;
  const double mean_free = optics->scattered, area = optics->period * optics->period;
  int64_t first[2];
  double centre[2];

  PetscFunctionBegin;
  PetscCall(VmOpticsWindow(optics, &c->box, r, first, centre));
  ShiftProbe(c, centre, focus);
  for (int part = 0; part < c->parts; ++part) {
    MakeWave(c, part);
    VmMomentsScatter(&c->moments, first, c->wave, part == 1, c->amplitude);
  }
  FillBeam(c);

  const double complex mean = MeanPotential(c);
  const double single = mean_free > 0.0 ? -expm1(-mean_free) / mean_free : 1.0;
  const double scattered = single * optics->interaction * optics->interaction / area;
  const double direct = optics->params->direct_beam ? exp(-mean_free) / area : 0.0;
  for (int64_t i = 0; i < n[0] * n[1]; ++i) {
    intensity[i] = scattered * Square(c->amplitude[i] - VmTimes(mean, c->beam[i])) + direct * Square(c->beam[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Describe(void *context, size_t size, char *text)
{
  const Kinematic *c = context;
  snprintf(text, size, "kinematic: %d moments, grid %lld x %lld, %s precision, %.1f %% of the probe inside the window",
           c->ewald.functions, (long long)c->optics->grid[0], (long long)c->optics->grid[1],
           vm_precisions[c->optics->params->precision]->name, 100.0 * c->probe.inside);
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
