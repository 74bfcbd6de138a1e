/* ranks: 1; timeout: 300; links: vm_solvers
 * Effective moduli: a sphere against an independent code, Eshelby's dilute spheres, the antiplane checkerboard. */
#include "vm_test.h"
#include <vitromech/equilibrium.h>

#define SHEAR 37.0
#define BULK 100.0

typedef bool (*Shape)(const double at[3], double size);

static bool Ball(const double at[3], double size)
{
  double square = 0.0;
  for (int d = 0; d < 3; ++d) square += (at[d] - 0.5) * (at[d] - 0.5);
  return square <= size * size;
}

static bool Checkerboard(const double at[3], double size) { return (at[0] < size) != (at[1] < size); }

/* Mean stress `component` at the strain 0.01/sqrt(2) of that component; moduli inside the shape times contrast. */
static PetscErrorCode Stress(const int64_t n[3], Shape shape, double size, double contrast,
                             const VmEquilibriumOptions *options, int component, double *stress, double *fraction,
                             VmEquilibriumResult *result)
{
  VmGrid grid;
  VmEquilibrium solver;
  VmMacroLoad load = {.level = {0}};
  double *shear, *bulk, inside = 0.0;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.0, &grid));
  PetscCall(PetscMalloc2((size_t)grid->np, &shear, (size_t)grid->np, &bulk));
  for (int64_t i = 0; i < grid->np; ++i) {
    const int64_t g = VmGridGlobal(grid, i), voxel[3] = {g / grid->plane, g / n[2] % n[1], g % n[2]};
    double at[3];
    for (int d = 0; d < 3; ++d) at[d] = ((double)voxel[d] + 0.5) / (double)n[d];
    const bool in = shape(at, size);
    shear[i] = SHEAR * (in ? contrast : 1.0);
    bulk[i] = BULK * (in ? contrast : 1.0);
    inside += in;
  }
  load.level[component] = 0.01 / PETSC_SQRT2;
  PetscCall(VmEquilibriumCreate(grid, options, &solver));
  PetscCall(VmEquilibriumSetMedium(solver, &(VmMedium){.shear = shear, .bulk = bulk}));
  PetscCall(VmEquilibriumSolve(solver, &load, false, result));
  VmExpectInt(result->status, VM_SOLVE_CONVERGED);
  result->history = NULL;
  *stress = result->mean_stress[component];
  *fraction = inside / (double)grid->total;
  PetscCall(VmEquilibriumDestroy(&solver));
  PetscCall(PetscFree2(shear, bulk));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode IndependentCode(void)
{
  static const double wanted[2] = {0.827580, 0.825701}; /* GPa, full and reduced integration */
  static const int iterations[2] = {26, 36};            /* of contrast 1000 */
  const int64_t n[3] = {64, 64, 64};
  PetscFunctionBegin;
  for (int element = VM_ELEMENT_FULL; element <= VM_ELEMENT_REDUCED; ++element) {
    for (int krylov = VM_KRYLOV_CG; krylov <= VM_KRYLOV_PETSC; ++krylov) {
      VmEquilibriumOptions options;
      VmEquilibriumResult result;
      double stress, fraction;
      char name[64];
      VmEquilibriumOptionsInit(&options);
      options.element = (VmElement)element;
      options.krylov = (VmKrylov)krylov;
      snprintf(name, sizeof name, "sphere, %s integration, %s:", element == VM_ELEMENT_FULL ? "full" : "reduced",
               krylov == VM_KRYLOV_CG ? "own CG" : "KSP");
      PetscCall(Stress(n, Ball, 0.25, 10.0, &options, VM_XY, &stress, &fraction, &result));
      printf("%s contrast 10: Mandel sigma_xy %.6f GPa in %d iterations\n", name, PETSC_SQRT2 * stress,
             result.iterations);
      VmExpectNear(fraction, 0.065826, 5e-7);
      VmExpectNear(PETSC_SQRT2 * stress, wanted[element], 1e-5);
      VmExpect(result.iterations <= 17, "%d iterations", result.iterations);
      PetscCall(Stress(n, Ball, 0.25, 1000.0, &options, VM_XY, &stress, &fraction, &result));
      printf("%s contrast 1000: Mandel sigma_xy %.6f GPa in %d iterations\n", name, PETSC_SQRT2 * stress,
             result.iterations);
      VmExpect(result.iterations <= iterations[element], "%d iterations", result.iterations);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* (G/G0 - 1)/f at vanishing fraction f, from boxes of 6 and 8 radii. */
static PetscErrorCode Slope(int64_t radius, double *slope)
{
  double ratio[2], fraction[2];
  PetscFunctionBegin;
  for (int b = 0; b < 2; ++b) {
    const int64_t edge = (6 + 2 * b) * radius, n[3] = {edge, edge, edge};
    VmEquilibriumOptions options;
    VmEquilibriumResult result;
    double stress;
    VmEquilibriumOptionsInit(&options);
    options.element = VM_ELEMENT_FULL;
    PetscCall(Stress(n, Ball, (double)radius / (double)edge, 10.0, &options, VM_XY, &stress, &fraction[b], &result));
    ratio[b] = (stress / (2.0 * SHEAR * 0.01 / PETSC_SQRT2) - 1.0) / fraction[b];
  }
  *slope = (ratio[1] * fraction[0] - ratio[0] * fraction[1]) / (fraction[0] - fraction[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DiluteSpheres(void)
{
  const double nu = (3.0 * BULK - 2.0 * SHEAR) / (6.0 * BULK + 2.0 * SHEAR), g1 = 10.0 * SHEAR;
  const double b = 2.0 * (4.0 - 5.0 * nu) / (15.0 * (1.0 - nu));
  const double wanted = (g1 - SHEAR) / (SHEAR + b * (g1 - SHEAR)); /* physics.md A14: 1.7326 */
  double slope[3];
  PetscFunctionBegin;
  for (int k = 0; k < 3; ++k) {
    char name[64];
    PetscCall(Slope(4 << k, &slope[k]));
    snprintf(name, sizeof name, "dilute slope, %d voxels per radius", 4 << k);
    VmFigure(name, slope[k]);
  }
  VmFigure("dilute slope, theory", wanted);
  const double last = 2.0 * slope[2] - slope[1];
  VmFigure("dilute slope, extrapolated to vanishing voxels", last);
  VmFigure("ratio of errors, 4 to 8 voxels per radius", (slope[0] - wanted) / (slope[1] - wanted));
  VmFigure("ratio of errors, 8 to 16 voxels per radius", (slope[1] - wanted) / (slope[2] - wanted));
  VmExpectNear(last, wanted, 0.005);
  VmExpectNear((slope[1] - wanted) / (slope[2] - wanted), 2.0, 0.2);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sqrt(G1 G2) for shear along the columns (Keller 1964, Dykhne 1970). The strain of a corner is as r^(lambda-1) with
 * lambda = 4/pi atan(sqrt(G1/G2)), the error as the voxel size to the power 2 lambda. */
static PetscErrorCode AntiplaneCheckerboard(void)
{
  const double contrast = 4.0, exact = SHEAR * sqrt(contrast);
  PetscFunctionBegin;
  for (int element = VM_ELEMENT_FULL; element <= VM_ELEMENT_REDUCED; ++element) {
    double error[4];
    for (int k = 0; k < 4; ++k) {
      const int64_t n[3] = {16 << k, 16 << k, 1};
      VmEquilibriumOptions options;
      VmEquilibriumResult result;
      double stress, fraction;
      char name[64];
      VmEquilibriumOptionsInit(&options);
      options.element = (VmElement)element;
      options.tolerance = 1e-10;
      PetscCall(Stress(n, Checkerboard, 0.5, contrast, &options, VM_XZ, &stress, &fraction, &result));
      error[k] = stress / (2.0 * 0.01 / PETSC_SQRT2) / exact - 1.0;
      snprintf(name, sizeof name, "checkerboard %d^2, %s: error of G", 16 << k, element ? "reduced" : "full");
      VmFigure(name, error[k]);
    }
    const double order = log2(error[2] / error[3]), theory = 8.0 / VM_PI * atan(1.0 / sqrt(contrast));
    VmFigure("  order", order);
    VmFigure("  order of the singular field", theory);
    if (element == VM_ELEMENT_FULL) VmExpectNear(order, theory, 0.02);
    else VmExpect(order > theory, "order %g", order);
    VmExpectNear(error[3], 0.0, 0.002);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(IndependentCode());
  PetscCall(DiluteSpheres());
  PetscCall(AntiplaneCheckerboard());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
