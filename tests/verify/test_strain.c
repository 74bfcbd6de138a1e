/* timeout: 120; links: vm_analysis */
#include "memory_cube.h"

#define WIDTH 0.35
#define K0 4.2

/* Strain of each frame: differs from probe to probe, and all of it lies on a distorted detector. */
static void Planted(int64_t frame, double e[3])
{
  const double t = 0.37 * (double)frame;
  e[0] = 0.012 + 0.008 * sin(t);
  e[1] = -0.007 + 0.006 * cos(1.3 * t);
  e[2] = 0.004 * sin(0.7 * t + 1.0);
}

/* A pixel collects what falls on it: mean over 4 x 4 points. */
static double Strained(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  double e[3], sum = 0.0;
  Planted(frame, e);
  for (int s = 0; s < 16; ++s) {
    const double u = ((double)i + (s / 4 + 0.5) / 4 - 0.5 - info->centre[0]) * 0.16;
    const double v = ((double)j + (s % 4 + 0.5) / 4 - 0.5 - info->centre[1]) * 0.16;
    const double q = hypot((1 + e[0]) * u + e[2] * v, e[2] * u + (1 + e[1]) * v);
    sum += exp(-0.5 * pow((q - K0) / WIDTH, 2)) + 0.1 + 0.02 * (5.0 - q);
  }
  return sum / 16;
}

static double Ellipse(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  (void)frame;
  return Strained(info, 0, i, j);
}

/* Strain of each probe within 1e-4, half axes and angle of a ring within 1e-3. */
static PetscErrorCode TestStrain(void)
{
  static const char *const names[] = {"e_xx", "e_yy", "e_xy"};
  MemoryCube cube;
  VmStatResult result;
  double worst = 0.0;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(4, 5, 72, Strained, 0.0, &cube));
  PetscCall(
      Measure(PETSC_COMM_WORLD, &cube, StatNamed("strain"), "{k: 4.2 1/nm, reference: circle}", NULL, NAN, 0, &result));
  for (int64_t f = 0; f < 20; ++f) {
    double e[3];
    Planted(f, e);
    for (int m = 0; m < 3; ++m) {
      const double found = ((const double *)VmStatResultFind(result, names[m])->data)[f];
      VmExpectNear(found, e[m], 1e-4);
      worst = fmax(worst, fabs(found - e[m]));
    }
    VmExpectNear(((const double *)VmStatResultFind(result, "centre_0")->data)[f], cube.info.centre[0], 0.005);
  }
  VmFigure("largest error of a strain", worst);
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The ellipse of a cube, found by the geometry: axes within 1e-3, and the ring is round afterwards. */
static PetscErrorCode TestEllipse(void)
{
  MemoryCube cube;
  VmStatResult result;
  double e[3];
  PetscFunctionBegin;
  Planted(0, e);
  PetscCall(MemoryCubeCreate(3, 3, 72, Ellipse, 0.0, &cube));
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("strain"), "{k: 4.2 1/nm}", NULL, NAN, 0, &result));
  const double mean = 0.5 * (e[0] + e[1]), radius = hypot(0.5 * (e[0] - e[1]), e[2]);
  const double *long_axis = VmStatResultFind(result, "long_axis")->data;
  const double *short_axis = VmStatResultFind(result, "short_axis")->data,
               *angle = VmStatResultFind(result, "angle")->data;
  VmExpectNear(*long_axis / (K0 / (1 + mean - radius)), 1.0, 1e-3);
  VmExpectNear(*short_axis / (K0 / (1 + mean + radius)), 1.0, 1e-3);
  VmFigure(
      "relative error of the half axes of a planted ellipse",
      fmax(fabs(*long_axis / (K0 / (1 + mean - radius)) - 1.0), fabs(*short_axis / (K0 / (1 + mean + radius)) - 1.0)));
  VmExpectNear(cos(2.0 * *angle), -0.5 * (e[0] - e[1]) / radius, 1e-2);
  VmExpectNear(sin(2.0 * *angle), -e[2] / radius, 1e-2);
  PetscCall(VmStatResultDestroy(&result));

  const double scale = 1.0 / sqrt((1 + e[0]) * (1 + e[1]) - e[2] * e[2]);
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("geometry"), NULL, "{fit_ellipse: true}", NAN, 0, &result));
  const double *found = VmStatResultFind(result, "ellipse")->data;
  VmExpectNear(found[0], (1 + e[0]) * scale - 1, 1e-3);
  VmExpectNear(found[1], (1 + e[1]) * scale - 1, 1e-3);
  VmExpectNear(found[2], e[2] * scale, 1e-3);
  PetscCall(VmStatResultDestroy(&result));

  double power[2];
  for (int fitted = 0; fitted < 2; ++fitted) {
    PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("nfold"), "{k: 4.5 1/nm}",
                      fitted ? "{fit_ellipse: true}" : NULL, NAN, 0, &result));
    power[fitted] = ((const double *)VmStatResultFind(result, "mean_power")->data)[2];
    PetscCall(VmStatResultDestroy(&result));
  }
  VmFigure("two-fold power of an ellipse", power[0]);
  VmFigure("two-fold power after its correction", power[1]);
  VmExpect(power[1] < 1e-3 * power[0], "two-fold power %g becomes %g", power[0], power[1]);
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestStrain());
  PetscCall(TestEllipse());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
