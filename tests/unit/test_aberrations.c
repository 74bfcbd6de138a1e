/* links: vm_analysis */
#include "vm_test.h"
#include "analysis/synth/probe.h"
#include "analysis/synth/pupil.h"
#include "analysis/synth/quadrature.h"
#include "analysis/synth/scan.h"

static const char *const names[VM_ABERRATIONS] = {"C12", "C21", "C23", "C32", "C34", "C41",
                                                  "C43", "C45", "C50", "C52", "C54", "C56"};

static VmMicroscopeParams Fill(void)
{
  VmMicroscopeParams params = {.voltage = 300.0, .semi_angle = 10.0, .window = 1};
  params.detector = (VmDetectorParams){.pixels = {96, 90}, .pitch = 0.4, .dose = NAN, .gain = 1.0};
  return params;
}

/* A coefficient that turns the phase by `turn` at the edge of the aperture. */
static double Coefficient(const VmOptics *optics, int i, double turn)
{
  const int n = names[i][1] - '0';
  return turn * optics->wavelength / (2.0 * VM_PI) * (n + 1) / pow(optics->wavelength * optics->aperture, n + 1);
}

/* The integral over the aperture by brute force; chi = turn (k/k_a)^(n+1) cos(m (phi - angle)). */
static double complex Direct(const VmOptics *optics, int i, double turn, double angle, double x, double y)
{
  enum { RADII = 48, ANGLES = 240 };
  const int n = names[i][1] - '0', m = names[i][2] - '0';
  double node[RADII], weight[RADII];
  double complex sum = 0.0;

  VmGaussLegendre(RADII, node, weight);
  for (int a = 0; a < RADII; ++a) {
    const double k = optics->aperture * node[a];
    for (int b = 0; b < ANGLES; ++b) {
      const double phi = 2.0 * VM_PI * b / ANGLES, chi = turn * pow(node[a], n + 1) * cos(m * (phi - angle));
      sum += weight[a] * k * cexp(I * (2.0 * VM_PI * k * (x * cos(phi) + y * sin(phi)) - chi));
    }
  }
  return sum * optics->aperture * 2.0 * VM_PI / ANGLES;
}

static double complex WaveAt(VmPupil pupil, double r, double theta)
{
  double complex wave[4];
  VmPupilWave(pupil, r * cos(theta), r * sin(theta), wave);
  return wave[0];
}

/* Each aberration against brute force; the wave has its m-fold symmetry, and turns with its direction. */
static PetscErrorCode TestEach(int i)
{
  const int m = names[i][2] - '0';
  const double turn = 4.0, angle = m ? 0.3 : 0.0, r = 0.13, theta = 0.7;
  VmMicroscopeParams params = Fill();
  VmOptics optics;
  VmPupil pupil, straight;

  PetscFunctionBegin;
  VmOpticsInit(&params, &optics);
  params.aberrations.coefficient[i] = Coefficient(&optics, i, turn);
  PetscCall(VmPupilCreate(&optics, 2.0 * r, &straight));
  const double complex before = WaveAt(straight, r, theta);
  PetscCall(VmPupilDestroy(&straight));
  params.aberrations.angle[i] = angle * 180.0 / VM_PI;
  PetscCall(VmPupilCreate(&optics, 2.0 * r, &pupil));
  const double unit = VM_PI * optics.aperture * optics.aperture;
  double complex wave[4];
  VmPupilWave(pupil, 0.11, 0.05, wave);
  for (int c = 0; c < 4; ++c) {
    const double complex exact = Direct(&optics, i, turn, angle, c % 2 ? -0.11 : 0.11, c / 2 ? -0.05 : 0.05);
    VmExpect(cabs(wave[c] - exact) < 1e-10 * unit, "%s: wave off by %g", names[i], cabs(wave[c] - exact) / unit);
  }
  const double complex after = WaveAt(pupil, r, theta + angle);
  VmExpect(cabs(after - before) < 1e-12 * unit, "%s: turned wave off by %g", names[i], cabs(after - before) / unit);
  if (m) {
    const double complex fold = WaveAt(pupil, r, theta + 2.0 * VM_PI / m);
    const double complex not_fold = WaveAt(pupil, r, theta + VM_PI / m);
    VmExpect(cabs(fold - WaveAt(pupil, r, theta)) < 1e-12 * unit, "%s: not %d-fold", names[i], m);
    VmExpect(cabs(not_fold - WaveAt(pupil, r, theta)) > 1e-3 * unit, "%s: more than %d-fold", names[i], m);
  }
  PetscCall(VmPupilDestroy(&pupil));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All at once: the sampled spectrum has norm 1, and the window holds no more than the whole current. */
static PetscErrorCode TestNorm(void)
{
  VmMicroscopeParams params = Fill();
  VmOptics optics;
  VmProbe probe;
  double sum = 0.0;

  PetscFunctionBegin;
  VmOpticsInit(&params, &optics);
  for (int i = 0; i < VM_ABERRATIONS; ++i) {
    params.aberrations.coefficient[i] = Coefficient(&optics, i, 0.5);
    params.aberrations.angle[i] = names[i][2] == '0' ? 0.0 : 31.0 * i;
  }
  params.defocus = 20.0;
  params.spherical_aberration = 1e4;
  PetscCall(VmProbeCreate(&optics, &probe));
  const int64_t *n = probe.grid, half = n[1] / 2 + 1;
  for (int part = 0; part < probe.parts; ++part) {
    for (int64_t m = 0; m < n[0] * half; ++m) {
      const double complex value = probe.spectrum[part][m];
      sum += (m % half ? 2.0 : 1.0) * creal(value * conj(value));
    }
  }
  VmExpectNear(sum / (optics.period * optics.period), 1.0, 1e-12);
  VmExpect(probe.inside > 0.9 && probe.inside <= 1.0, "%g of the probe inside", probe.inside);
  VmProbeDestroy(&probe);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At Scherzer's defocus, -sqrt(4/3 C_s lambda), the phase has its minimum -2 pi/3 at k^4 = 4/(3 C_s lambda^3). */
static void TestScherzer(void)
{
  VmMicroscopeParams params = Fill();
  VmOptics optics;
  const double cs = 1e6;
  VmOpticsInit(&params, &optics);
  params.spherical_aberration = cs;
  params.defocus = -sqrt(4.0 / 3.0 * cs * optics.wavelength);
  const double k = pow(4.0 / (3.0 * cs * pow(optics.wavelength, 3.0)), 0.25);
  const double phase = VmAberration(&optics, (double[2]){0.6 * k, 0.8 * k});
  VmFigure("scherzer_phase_over_pi", phase / VM_PI);
  VmExpectNear(phase, -2.0 * VM_PI / 3.0, 1e-12);
  VmExpect(VmAberration(&optics, (double[2]){0.99 * k, 0.0}) > phase, "no minimum");
  VmExpect(VmAberration(&optics, (double[2]){1.01 * k, 0.0}) > phase, "no minimum");
}

/* Astigmatism beside an equal defocus is a cylindrical lens: the phase 2 pi lambda C kx^2 along x only. */
static void TestCylinder(void)
{
  VmMicroscopeParams params = Fill();
  VmOptics optics;
  VmOpticsInit(&params, &optics);
  params.defocus = params.aberrations.coefficient[0] = 70.0;
  VmExpectNear(VmAberration(&optics, (double[2]){0.0, 4.0}), 0.0, 1e-12);
  VmExpectNear(VmAberration(&optics, (double[2]){3.0, 4.0}), 2.0 * VM_PI * optics.wavelength * 70.0 * 9.0, 1e-11);
}

/* Moments of the normal distribution, 1, 0, 1, 0, 3, 0, 15 ..., to degree 2n - 1; the envelope of a defocus spread. */
static void TestHermite(void)
{
  for (int n = 1; n <= 64; n += 7) {
    double node[64], weight[64], moment = 1.0;
    VmGaussHermite(n, node, weight);
    for (int degree = 0; degree <= PetscMin(2 * n - 2, 20); degree += 2) {
      double sum = 0.0, odd = 0.0;
      for (int i = 0; i < n; ++i) {
        sum += weight[i] * pow(node[i], degree);
        odd += weight[i] * pow(node[i], degree + 1);
      }
      VmExpectNear(sum / moment, 1.0, 1e-12);
      VmExpectNear(odd / moment, 0.0, 1e-11);
      moment *= degree + 1;
    }
  }
  for (double spread = 1.0; spread < 50.0; spread *= 2.0) {
    VmMicroscopeParams params = Fill();
    VmOptics optics;
    VmFoci foci;
    params.defocus_spread = spread;
    VmOpticsInit(&params, &optics);
    VmExpect(VmFociChoose(&optics, &foci), "no foci for %g nm", spread);
    for (double k = 0.5; k < optics.aperture; k += 0.5) {
      const double phase = VM_PI * optics.wavelength * k * k;
      double sum = 0.0;
      for (int f = 0; f < foci.foci; ++f) sum += foci.weight[f] * cos(phase * foci.focus[f]);
      VmExpectNear(sum, exp(-0.5 * phase * phase * spread * spread), 2e-5);
    }
  }
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  for (int i = 0; i < VM_ABERRATIONS; ++i) PetscCall(TestEach(i));
  PetscCall(TestNorm());
  TestScherzer();
  TestCylinder();
  TestHermite();
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
