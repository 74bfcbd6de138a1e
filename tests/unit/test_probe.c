/* links: vm_analysis */
#include "vm_test.h"
#include "analysis/synth/bessel.h"
#include "analysis/synth/probe.h"
#include "analysis/synth/pupil.h"

static void Fill(VmMicroscopeParams *params, double defocus, double cs)
{
  *params = (VmMicroscopeParams){.voltage = 300.0, .semi_angle = 1.15, .window = 1, .defocus = defocus};
  params->spherical_aberration = cs;
  params->detector = (VmDetectorParams){.pixels = {64, 60}, .pitch = 0.08, .dose = NAN, .gain = 1.0};
}

static double complex Wave(const VmOptics *optics, double r)
{
  VmPupil pupil;
  double complex wave[4];
  (void)VmPupilCreate(optics, r, &pupil);
  VmPupilWave(pupil, r, 0.0, wave);
  (void)VmPupilDestroy(&pupil);
  return wave[0];
}

/* Without aberrations the wave is that of Airy, J1(u)/u with u = 2 pi k_a r: zero at 0.61 lambda/alpha = 1.044 nm. */
static void TestAiry(void)
{
  VmMicroscopeParams params;
  VmOptics optics;
  Fill(&params, 0.0, 0.0);
  VmOpticsInit(&params, &optics);
  VmExpectNear(optics.aperture, 0.5841, 5e-5);
  for (double r = 0.01; r < 12.0; r += 0.37) {
    const double u = 2.0 * VM_PI * optics.aperture * r;
    const double airy = VM_PI * optics.aperture * optics.aperture * 2.0 * j1(u) / u;
    VmExpect(cabs(Wave(&optics, r) - airy) < 1e-12, "amplitude at %g nm", r);
  }
  double lo = 0.8, hi = 1.3;
  while (hi - lo > 1e-9) {
    const double middle = 0.5 * (lo + hi);
    if (creal(Wave(&optics, middle)) > 0.0) lo = middle;
    else hi = middle;
  }
  VmFigure("airy_first_zero_nm", lo);
  VmExpectNear(lo, 1.044, 5e-4);
}

/* In the Fresnel approximation a defocused probe is the focused one propagated: on the axis the integral is elementary,
 * pi (1 - exp(-i c k_a^2))/(i c), c = pi lambda defocus. */
static void TestDefocus(void)
{
  VmMicroscopeParams params;
  VmOptics optics;
  for (double defocus = -3000.0; defocus <= 3000.0; defocus += 750.0) {
    Fill(&params, defocus, 0.0);
    VmOpticsInit(&params, &optics);
    const double c = VM_PI * optics.wavelength * defocus, k2 = optics.aperture * optics.aperture;
    const double complex exact = c == 0.0 ? VM_PI * k2 : VM_PI * (1.0 - cexp(-I * c * k2)) / (I * c);
    VmExpect(cabs(Wave(&optics, 0.0) - exact) < 1e-12, "defocus %g nm", defocus);
  }
  /* Spherical aberration alone: chi = s k^4, so that the phase of the wave near a small aperture is -s k^4 averaged. */
  Fill(&params, 0.0, 1e6);
  VmOpticsInit(&params, &optics);
  const double s = 0.5 * VM_PI * 1e6 * pow(optics.wavelength, 3.0), k4 = pow(optics.aperture, 4.0);
  VmExpectNear(carg(Wave(&optics, 0.0)), -s * k4 / 3.0, 1e-3 * s * k4);
}

/* The sampled spectrum has norm 1 and, where the taper does not reach, the wave that was asked for (but for the little
 * beyond the edge of the grid). */
static PetscErrorCode TestSpectrum(double defocus)
{
  VmMicroscopeParams params;
  VmOptics optics;
  VmProbe probe;

  PetscFunctionBegin;
  Fill(&params, defocus, 0.0);
  VmOpticsInit(&params, &optics);
  PetscCall(VmProbeCreate(&optics, &probe));
  VmExpectInt(probe.parts, defocus == 0.0 ? 1 : 2);
  const int64_t *n = probe.grid, half = n[1] / 2 + 1;
  double sum = 0.0;
  double complex centre = 0.0, away = 0.0;
  const int64_t shift = n[0] / 8;
  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < half; ++j) {
      const double copies = j == 0 || j == n[1] / 2 ? 1.0 : 2.0;
      for (int c = 0; c < probe.parts; ++c) {
        const double complex value = probe.spectrum[c][i * half + j];
        sum += copies * creal(value * conj(value));
        centre += copies * value * (c ? I : 1.0);
        away += copies * value * (c ? I : 1.0) * cos(2.0 * VM_PI * (double)(i * shift) / (double)n[0]);
      }
    }
  }
  VmExpectNear(sum / (optics.period * optics.period), 1.0, 1e-12);
  VmExpect(probe.inside > 0.9 && probe.inside <= 1.0, "%g of the probe inside", probe.inside);
  const double r = (double)shift * optics.spacing[0];
  const double complex ratio = Wave(&optics, r) / Wave(&optics, 0.0);
  VmExpect(cabs(away / centre - ratio) < 1e-5, "wave at %g nm is %g + %gi", r, creal(away / centre),
           cimag(away / centre));
  VmProbeDestroy(&probe);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TestBessel(void)
{
  double value[60];
  const double x[] = {0.0, 1e-3, 0.4, 3.0, 13.0, 40.0};
  for (size_t i = 0; i < sizeof x / sizeof *x; ++i) {
    VmBesselSeries(x[i], 60, value);
    for (int p = 0; p < 60; ++p) VmExpectNear(value[p], jn(p, x[i]), 1e-13);
  }
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  TestAiry();
  TestDefocus();
  TestBessel();
  PetscCall(TestSpectrum(0.0));
  PetscCall(TestSpectrum(400.0));
  for (int64_t n = 1; n < 500; ++n) {
    const int64_t smooth = VmSmoothSize(n, 2);
    VmExpect(smooth >= n && smooth % 2 == 0 && smooth < n + 2 + n / 4, "size %lld for %lld", (long long)smooth,
             (long long)n);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
