/* links: vm_cube */
#include "vm_test.h"
#include <vitromech/rng.h>
#include <vitromech/transform.h>

#define DET 128
#define N 180

static uint8_t all_valid[DET * DET];

static VmDetector Detector(const uint8_t *valid)
{
  return (VmDetector){.det = {DET, DET}, .pitch = {0.16, 0.16}, .centre = {63.3, 64.1}, .valid = valid};
}

static double Random(uint64_t i) { return VmRngUniform((VmRngKey){1, VM_STREAM_TEST}, i, 0); }

/* DFT(C) = N S_n for n > 0 and 0 for n = 0, S_n straight from its definition. */
static PetscErrorCode TestCorrelationAndPower(void)
{
  const VmDetector d = Detector(all_valid);
  const double k[2] = {3.0, 4.2};
  double samples[2 * N], power[2 * (N / 2 + 1)], mean[2], correlation[N], spectrum[13];
  VmPolar polar;
  VmAngular angular;
  PetscFunctionBegin;
  PetscCall(VmPolarCreate(&d, 2, k, 0.16, N, VM_POLAR_AREA, &polar));
  PetscCall(VmAngularCreate(polar, &angular));
  for (int i = 0; i < 2 * N; ++i) samples[i] = Random((uint64_t)i) + (i % 7 == 0);
  PetscCall(VmAngularPower(angular, samples, power, mean));
  double worst = 0.0;
  for (int r = 0; r < 2; ++r) {
    double dft[2] = {0, 0}, sum = 0.0;
    PetscCall(VmAngularCorrelation(angular, r, power + r * (N / 2 + 1), correlation));
    VmAngularSpectrum(angular, correlation, 12, spectrum);
    for (int j = 0; j < N; ++j) {
      dft[0] += correlation[j];
      sum += samples[r * N + j];
    }
    VmExpectNear(dft[0], 0.0, 1e-12);
    VmExpectNear(mean[r], sum / N, 1e-13);
    for (int n = 1; n <= 12; ++n) {
      double re = 0, im = 0;
      dft[0] = dft[1] = 0.0;
      for (int j = 0; j < N; ++j) {
        const double phase = 2.0 * VM_PI * n * j / N;
        re += samples[r * N + j] * cos(phase);
        im -= samples[r * N + j] * sin(phase);
        dft[0] += correlation[j] * cos(phase);
        dft[1] -= correlation[j] * sin(phase);
      }
      const double direct = (re * re + im * im) / (sum * sum);
      worst = fmax(worst, fabs(dft[0] - N * direct));
      VmExpectNear(dft[0], N * direct, 1e-12);
      VmExpectNear(dft[1], 0.0, 1e-12);
      VmExpectNear(spectrum[n], direct, 1e-14);
    }
  }
  VmFigure("largest |DFT(C) - N S_n|", worst);
  PetscCall(VmAngularDestroy(&angular));
  PetscCall(VmPolarDestroy(&polar));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Masked bins: products over valid pairs only, against a double loop. */
static PetscErrorCode TestMasked(void)
{
  static uint8_t valid[DET * DET];
  const double k = 4.2;
  double samples[N], power[N / 2 + 1], mean, correlation[N];
  VmPolar polar;
  VmAngular angular;
  PetscFunctionBegin;
  for (int p = 0; p < DET * DET; ++p) valid[p] = !(p / DET < 64 && abs(p % DET - 64) < 6) && p % 101 != 0;
  const VmDetector d = Detector(valid);
  PetscCall(VmPolarCreate(&d, 1, &k, 0.16, N, VM_POLAR_AREA, &polar));
  PetscCall(VmAngularCreate(polar, &angular));
  int masked = 0;
  for (int j = 0; j < N; ++j) {
    masked += !polar->valid[j];
    samples[j] = polar->valid[j] ? Random((uint64_t)j) : 0.0;
  }
  VmExpect(masked > 5 && masked < 40, "%d masked bins", masked);
  PetscCall(VmAngularPower(angular, samples, power, &mean));
  PetscCall(VmAngularCorrelation(angular, 0, power, correlation));
  for (int j = 0; j < N; ++j) {
    double product = 0, pairs = 0;
    for (int i = 0; i < N; ++i) {
      const int other = (i + j) % N;
      if (!polar->valid[i] || !polar->valid[other]) continue;
      product += samples[i] * samples[other];
      pairs += 1;
    }
    VmExpectNear(correlation[j], product / pairs / (mean * mean) - 1.0, 1e-12);
  }
  PetscCall(VmAngularDestroy(&angular));
  PetscCall(VmPolarDestroy(&polar));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A frame f(k, theta) sampled as the mean of 8 x 8 points of each pixel. */
static void Paint(const VmDetector *d, double (*f)(double k, double theta, int n), int n, double *frame)
{
  for (int p = 0; p < DET * DET; ++p) {
    frame[p] = 0.0;
    for (int s = 0; s < 64; ++s) {
      const double x = (p / DET + (s / 8 + 0.5) / 8 - 0.5 - d->centre[0]) * d->pitch[0];
      const double y = (p % DET + (s % 8 + 0.5) / 8 - 0.5 - d->centre[1]) * d->pitch[1];
      frame[p] += f(hypot(x, y), atan2(y, x), n) / 64;
    }
  }
}

static double Cosine(double k, double theta, int n)
{
  (void)k;
  return 1.0 + 0.3 * cos(n * theta);
}

/* A ring of an amorphous pattern without angular structure. */
static double Ring(double k, double theta, int n)
{
  (void)theta;
  (void)n;
  return exp(-0.5 * pow((k - 4.2) / 0.27, 2)) + 0.2;
}

/* Loss of power by the finite pixel (in the painting), the kernel (box or tent) and the bin: each blurs along the ring
 * with its variance, to second order in n. */
static double Blur(VmPolarKernel kernel, int n, double k)
{
  const double radius = k / 0.16, bin = 2.0 * VM_PI * radius / N;
  const double variance = (1.0 + (kernel == VM_POLAR_AREA ? 1.0 : 2.0) + bin * bin) / 12.0;
  return exp(-variance * n * n / (radius * radius));
}

static PetscErrorCode TestPatterns(VmPolarKernel kernel)
{
  const VmDetector d = Detector(all_valid);
  const double k = 4.2;
  static double frame[DET * DET];
  double samples[N], power[N / 2 + 1], mean, correlation[N], spectrum[13], leak = 0, lattice = 0;
  VmPolar polar;
  VmAngular angular;
  PetscFunctionBegin;
  PetscCall(VmPolarCreate(&d, 1, &k, 0.32, N, kernel, &polar));
  PetscCall(VmAngularCreate(polar, &angular));
  for (int n = 0; n <= 12; ++n) {
    Paint(&d, n ? Cosine : Ring, n, frame);
    VmPolarApplyDouble(polar, frame, samples);
    PetscCall(VmAngularPower(angular, samples, power, &mean));
    PetscCall(VmAngularCorrelation(angular, 0, power, correlation));
    VmAngularSpectrum(angular, correlation, 12, spectrum);
    for (int m = 1; m <= 12; ++m) {
      if (n == 0) lattice = fmax(lattice, spectrum[m]);
      else if (m != n) leak = fmax(leak, spectrum[m]);
      else VmExpectNear(spectrum[m], 0.0225 * Blur(kernel, n, k), 0.0225 * 0.003);
    }
  }
  VmFigure(kernel == VM_POLAR_AREA ? "leak of 1 + 0.3 cos n theta into other orders, area"
                                   : "leak of 1 + 0.3 cos n theta into other orders, bilinear",
           leak);
  VmFigure(kernel == VM_POLAR_AREA ? "lattice term of a ring, area" : "lattice term of a ring, bilinear", lattice);
  VmExpect(leak < 1e-6, "%g", leak);
  VmExpect(lattice < 3e-6, "%g", lattice);
  /* a flat pattern is flat to rounding */
  for (int p = 0; p < DET * DET; ++p) frame[p] = 3.0;
  VmPolarApplyDouble(polar, frame, samples);
  for (int j = 0; j < N; ++j) VmExpectNear(samples[j], 3.0, 1e-14);
  PetscCall(VmAngularDestroy(&angular));
  PetscCall(VmPolarDestroy(&polar));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Noise of C and S_n of a flat ring, against the mean over Poisson frames; bins share pixels. */
static PetscErrorCode TestNoise(void)
{
  const VmDetector d = Detector(all_valid);
  const double k = 4.2, dose = 5.0;
  const int frames = 400;
  static float frame[DET * DET];
  double samples[N], power[N / 2 + 1], mean, total[N / 2 + 1] = {0}, correlation[N], inverse = 0;
  double square = 0, zero = 0;
  VmPolar polar;
  VmAngular angular;
  PetscFunctionBegin;
  PetscCall(VmPolarCreate(&d, 1, &k, 0.32, N, VM_POLAR_AREA, &polar));
  PetscCall(VmAngularCreate(polar, &angular));
  for (int f = 0; f < frames; ++f) {
    for (int p = 0; p < DET * DET; ++p)
      frame[p] = (float)VmRngPoisson((VmRngKey){2, VM_STREAM_TEST}, (uint64_t)(f * DET * DET + p), 0, dose);
    VmPolarApply(polar, frame, samples);
    PetscCall(VmAngularPower(angular, samples, power, &mean));
    PetscCall(VmAngularCorrelation(angular, 0, power, correlation));
    zero += correlation[0] / frames;
    square += correlation[0] * correlation[0] / frames;
    inverse += 1.0 / mean / frames;
    for (int n = 0; n <= N / 2; ++n) total[n] += power[n] / frames;
  }
  PetscCall(VmAngularCorrelation(angular, 0, total, correlation));
  const double *noise = VmAngularNoise(angular, 0), error = sqrt((square - zero * zero) / frames);
  for (int j = 0; j < N; ++j) VmExpectNear(correlation[j], noise[j] * inverse, 5.0 * error + 1e-4 * noise[0] * inverse);
  VmFigure("noise of C(0), measured", correlation[0]);
  VmFigure("noise of C(0), predicted", noise[0] * inverse);
  VmFigure("standard error", error);
  PetscCall(VmAngularDestroy(&angular));
  PetscCall(VmPolarDestroy(&polar));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  memset(all_valid, 1, sizeof all_valid);
  PetscCall(TestCorrelationAndPower());
  PetscCall(TestMasked());
  PetscCall(TestPatterns(VM_POLAR_AREA));
  PetscCall(TestPatterns(VM_POLAR_BILINEAR));
  PetscCall(TestNoise());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
