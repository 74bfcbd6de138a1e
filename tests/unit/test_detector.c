/* links: vm_analysis */
#include "vm_test.h"
#include "analysis/synth/detector.h"

static VmMicroscopeParams Microscope(int64_t window)
{
  VmMicroscopeParams params = {.voltage = 300.0, .semi_angle = 1.15, .window = window, .memory = 500.0};
  params.detector = (VmDetectorParams){.pixels = {16, 13}, .pitch = 0.16, .dose = NAN, .gain = 1.0};
  params.scan = (VmScanParams){.points = {11, 7}, .step = {0.3, 0.3}, .origin = {NAN, NAN}};
  return params;
}

static void Frame(const VmOptics *optics, VmRngKey key, int64_t probe, const double *intensity, double *work,
                  float *frame)
{
  const int64_t points = optics->params->detector.pixels[0] * optics->params->detector.pixels[1];
  memset(work, 0, (size_t)points * sizeof *work);
  VmDetectorCollect(optics, intensity, 1.0, work);
  VmDetectorFrame(optics, key, probe, work, work + points, frame);
}

static double Sum(const VmOptics *optics, const float *frame)
{
  double sum = 0.0;
  for (int64_t i = 0; i < optics->params->detector.pixels[0] * optics->params->detector.pixels[1]; ++i) sum += frame[i];
  return sum;
}

/* A single bright point goes to the right pixel, shared at the border of two; nothing is lost or counted twice. */
static PetscErrorCode TestIntegration(int64_t window)
{
  const VmMicroscopeParams params = Microscope(window);
  const VmRngKey key = {1, VM_STREAM_DOSE};
  VmOptics optics;
  double *intensity, work[2 * 16 * 13];
  float frame[16 * 13];

  PetscFunctionBegin;
  VmOpticsInit(&params, &optics);
  const int64_t *n = optics.grid;
  PetscCall(PetscCalloc1((size_t)(n[0] * n[1]), &intensity));
  for (int64_t i = -3 * window; i <= 3 * window; ++i) {
    const int64_t at = (i + n[0]) % n[0] * n[1] + (2 * window) % n[1];
    intensity[at] = 1.0;
    Frame(&optics, key, 0, intensity, work, frame);
    intensity[at] = 0.0;
    VmExpectNear(Sum(&optics, frame), 1.0, 1e-6);
    double centre = 0.0;
    for (int p = 0; p < 16; ++p) centre += frame[p * 13 + 6 + 2] * (p - 8);
    VmExpect(fabs(centre - (double)i / (double)window) <= 0.5, "point %lld of %lld is recorded at pixel %g",
             (long long)i, (long long)window, centre);
  }
  PetscCall(PetscFree(intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The point spread has the variance asked for (and that of the pixel, 1/12), the beam stop is dark. */
static PetscErrorCode TestSpreadAndStop(void)
{
  VmMicroscopeParams params = Microscope(1);
  const VmRngKey key = {1, VM_STREAM_DOSE};
  VmOptics optics;
  double *intensity, work[2 * 16 * 13], square[2] = {0.0};
  float frame[16 * 13];

  PetscFunctionBegin;
  params.detector.point_spread = 0.9;
  VmOpticsInit(&params, &optics);
  PetscCall(PetscCalloc1((size_t)(optics.grid[0] * optics.grid[1]), &intensity));
  intensity[0] = 1.0;
  Frame(&optics, key, 0, intensity, work, frame);
  VmExpectNear(Sum(&optics, frame), 1.0, 1e-5);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 13; ++j) {
      square[0] += frame[i * 13 + j] * (i - 8) * (i - 8);
      square[1] += frame[i * 13 + j] * (j - 6) * (j - 6);
    }
  }
  for (int d = 0; d < 2; ++d) VmExpectNear(square[d], 0.81 + 1.0 / 12.0, 1e-3);

  params.detector.point_spread = 0.0;
  params.detector.beam_stop = 0.4;
  for (int64_t i = 0; i < optics.grid[0] * optics.grid[1]; ++i) intensity[i] = 1.0;
  Frame(&optics, key, 0, intensity, work, frame);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 13; ++j) VmExpectNear(frame[i * 13 + j], 0.16 * hypot(i - 8, j - 6) < 0.4 ? 0.0 : 1.0, 0.0);
  }
  PetscCall(PetscFree(intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Counts: mean and variance of a Poisson variable times gain, repeatable, different for every probe. */
static PetscErrorCode TestNoise(double mean)
{
  enum { PROBES = 300 };
  VmMicroscopeParams params = Microscope(1);
  const VmRngKey key = {5, VM_STREAM_DOSE};
  VmOptics optics;
  double *intensity, work[2 * 16 * 13], sum = 0.0, square = 0.0;
  float frame[16 * 13], again[16 * 13];
  const double gain = 2.5, n = PROBES * 16.0 * 13.0;

  PetscFunctionBegin;
  params.detector.dose = 1e4;
  params.detector.gain = gain;
  VmOpticsInit(&params, &optics);
  PetscCall(PetscMalloc1((size_t)(optics.grid[0] * optics.grid[1]), &intensity));
  for (int64_t i = 0; i < optics.grid[0] * optics.grid[1]; ++i) intensity[i] = mean / 1e4;
  for (int probe = 0; probe < PROBES; ++probe) {
    Frame(&optics, key, probe, intensity, work, frame);
    for (int i = 0; i < 16 * 13; ++i) {
      const double electrons = frame[i] / gain;
      VmExpectNear(electrons, rint(electrons), 1e-4 * (1.0 + electrons));
      sum += electrons;
      square += (electrons - mean) * (electrons - mean);
    }
  }
  VmExpectNear(sum / n, mean, 4.0 * sqrt(mean / n));
  VmExpectNear(square / n, mean, 4.0 * sqrt((2.0 * mean * mean + mean) / n));
  Frame(&optics, key, PROBES - 1, intensity, work, again);
  VmExpect(memcmp(frame, again, sizeof frame) == 0, "the noise of a probe can be drawn again");
  Frame(&optics, key, 0, intensity, work, again);
  VmExpect(memcmp(frame, again, sizeof frame) != 0, "every probe has its own noise");
  PetscCall(PetscFree(intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A share of the pixels counts nothing, always the same ones. */
static PetscErrorCode TestDead(void)
{
  VmMicroscopeParams params = Microscope(1);
  const VmRngKey key = {5, VM_STREAM_DOSE};
  VmOptics optics;
  double *intensity, work[2 * 16 * 13];
  float frame[16 * 13];
  int dead = 0;

  PetscFunctionBegin;
  params.detector.dead = 0.2;
  VmOpticsInit(&params, &optics);
  PetscCall(PetscMalloc1((size_t)(optics.grid[0] * optics.grid[1]), &intensity));
  for (int64_t i = 0; i < optics.grid[0] * optics.grid[1]; ++i) intensity[i] = 1.0;
  for (int probe = 0; probe < 3; ++probe) {
    Frame(&optics, key, probe, intensity, work, frame);
    for (int i = 0; i < 16 * 13; ++i) {
      VmExpectNear(frame[i], VmDetectorDead(&optics, key, i) ? 0.0 : 1.0, 0.0);
      dead += frame[i] == 0.0F;
    }
  }
  VmExpectNear(dead / (3.0 * 16.0 * 13.0), 0.2, 4.0 * sqrt(0.2 * 0.8 / (16.0 * 13.0)));
  PetscCall(PetscFree(intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestDead());
  for (int64_t window = 1; window <= 4; ++window) PetscCall(TestIntegration(window));
  PetscCall(TestSpreadAndStop());
  PetscCall(TestNoise(0.3));
  PetscCall(TestNoise(7.0));
  PetscCall(TestNoise(4000.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
