/* timeout: 120; links: vm_analysis */
#include "memory_cube.h"

enum { SCAN = 40 };

#define BINS 4

/* A wedge whose intensity goes with the thickness: V(k) of the whole scan is that of the wedge, V(k) of probes of like
 * thickness is that of a wedge a quarter as high. */
static double Wedge(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  const double x = ((double)i - info->centre[0]) * 0.16, y = ((double)j - info->centre[1]) * 0.16;
  const double thickness = 0.5 + (double)(frame / SCAN) / (SCAN - 1);
  return thickness * (0.2 + exp(-0.5 * pow((hypot(x, y) - 2.0) / 0.3, 2)));
}

static PetscErrorCode Run(void)
{
  MemoryCube cube;
  VmStatResult whole, binned;
  double worst = 0.0;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(SCAN, SCAN, 40, Wedge, 30.0, &cube));
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("fem"), NULL, NULL, NAN, 0, &whole));
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("thickness"), "{inner: 0 1/nm, mean: 20 nm, bins: 4}", NULL, NAN,
                    0, &binned));
  const double *map = VmStatResultFind(binned, "map")->data, *omega = VmStatResultFind(binned, "omega")->data;
  const double *ring = VmStatResultFind(binned, "ring")->data, *bins = VmStatResultFind(binned, "thickness")->data;
  const int64_t rings = VmStatDatasetSize(VmStatResultFind(binned, "k")), peak = (int64_t)(2.0 / 0.16);
  for (int64_t f = 0; f < SCAN * SCAN; ++f) {
    const double thickness = 20.0 * (0.5 + (double)(f / SCAN) / (SCAN - 1));
    worst = fmax(worst, fabs(map[f] / thickness - 1.0));
  }
  VmFigure("largest relative error of a thickness", worst);
  VmExpect(worst < 0.05, "%g", worst);
  for (int b = 0; b < BINS; ++b) {
    double mean = 0, square = 0;
    for (int t = b * SCAN / BINS; t < (b + 1) * SCAN / BINS; ++t) {
      const double thickness = 0.5 + (double)t / (SCAN - 1);
      mean += thickness * BINS / SCAN;
      square += thickness * thickness * BINS / SCAN;
    }
    VmExpectNear(bins[b], 20.0 * mean, 0.02 * 20.0);
    /* counting noise of omega: sqrt(2/R)/(N <I>) with R = 400, N = 78, <I> = 36 m; the same counts decide the bin,
     * which sharpens its ends by some per cent */
    const double wanted = square / (mean * mean) - 1.0;
    VmExpectNear(omega[b * rings + peak], wanted, 6.0 * sqrt(2.0 / 400) / (78 * 30 * mean) + 0.07 * wanted);
    VmExpectNear(ring[b * rings + peak], 0.0, 0.012);
  }
  const double all = ((const double *)VmStatResultFind(whole, "omega")->data)[peak];
  VmFigure("omega of the wedge", all);
  VmFigure("omega of its thickest quarter", omega[3 * rings + peak]);
  VmExpect(all > 20.0 * omega[3 * rings + peak], "omega %g and %g", all, omega[3 * rings + peak]);
  PetscCall(VmStatResultDestroy(&whole));
  PetscCall(VmStatResultDestroy(&binned));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
