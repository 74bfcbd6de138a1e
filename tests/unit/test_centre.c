/* links: vm_cube */
#include "vm_test.h"
#include <vitromech/rng.h>
#include <vitromech/transform.h>

#define DET 96

static void Paint(const VmDetector *d, double beam, double ring, double *pattern)
{
  for (int p = 0; p < DET * DET; ++p) {
    pattern[p] = 0.0;
    for (int s = 0; s < 64; ++s) {
      const double x = (p / DET + (s / 8 + 0.5) / 8 - 0.5 - d->centre[0]) * d->pitch[0];
      const double y = (p % DET + (s % 8 + 0.5) / 8 - 0.5 - d->centre[1]) * d->pitch[1];
      const double k = hypot(x, y);
      pattern[p] += (beam * (k < 0.584) + ring * exp(-0.5 * pow((k - 4.2) / 0.3, 2)) + 3.0 * exp(-k)) / 64;
    }
  }
}

static PetscErrorCode Run(void)
{
  static uint8_t valid[DET * DET];
  static double pattern[DET * DET];
  VmDetector d = {.det = {DET, DET}, .pitch = {0.16, 0.16}, .centre = {45.3, 50.7}, .valid = valid};
  double centre[2], k[70], intensity[70];
  VmPolar rings;
  PetscFunctionBegin;
  memset(valid, 1, sizeof valid);
  Paint(&d, 1000.0, 1.0, pattern);
  VmCentreBeam(&d, pattern, centre);
  VmExpectNear(centre[0], 45.3, 0.02);
  VmExpectNear(centre[1], 50.7, 0.02);

  /* the first ring, with the direct beam in the pattern */
  for (int i = 0; i < 70; ++i) k[i] = (i + 0.5) * 0.08;
  PetscCall(VmPolarCreate(&d, 70, k, 0.08, 1, VM_POLAR_AREA, &rings));
  VmPolarApplyDouble(rings, pattern, intensity);
  VmExpectNear(VmFirstRing(70, k, intensity, NAN), 4.2, 0.02);
  PetscCall(VmPolarDestroy(&rings));

  /* behind a beam stop with an arm, noise of some per cent, the centre not known */
  for (int p = 0; p < DET * DET; ++p) {
    valid[p] = !(p / DET < 46 && abs(p % DET - 51) < 3) && hypot(p / DET - 45.0, p % DET - 51.0) > 6;
    if (!valid[p]) pattern[p] = 0.0;
    else pattern[p] *= 1.0 + 0.05 * (VmRngUniform((VmRngKey){3, VM_STREAM_TEST}, (uint64_t)p, 0) - 0.5);
  }
  d.centre[0] = d.centre[1] = 47.5;
  PetscCall(VmCentreRings(&d, pattern, 1.5, centre));
  VmExpectNear(centre[0], 45.3, 0.05);
  VmExpectNear(centre[1], 50.7, 0.05);

  /* the parabola finds the vertex of a parabola; a falling curve has no ring */
  const double x[3] = {1, 2, 3}, y[3] = {-0.49, -0.09, -1.69};
  VmExpectNear(VmPeakVertex(3, x, y, 1), 1.7, 1e-12);
  for (int i = 0; i < 70; ++i) intensity[i] = exp(-k[i]);
  VmExpect(isnan(VmFirstRing(70, k, intensity, NAN)), "a ring where there is none");
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
