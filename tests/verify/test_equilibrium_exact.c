/* ranks: 1 2 3 4; timeout: 120; links: vm_solvers
 * Exact solutions of the equilibrium solver, mean control, bounds, hourglass modes, same bits on any number of ranks.
 */
#include "vm_test.h"
#include <vitromech/equilibrium.h>

static const double strain_of_test[6] = {0.003, -0.002, 0.001, 0.0015, -0.0025, 0.004};

typedef struct {
  VmGrid grid;
  double *shear, *bulk, *eigenstrain, *strain, *stress;
} Body;

static PetscErrorCode BodyCreate(MPI_Comm comm, const int64_t n[3], Body *b)
{
  PetscFunctionBegin;
  PetscCall(VmGridCreate(comm, n, 0.7, &b->grid));
  const size_t np = (size_t)b->grid->np;
  PetscCall(PetscCalloc5(np, &b->shear, np, &b->bulk, 6 * np, &b->eigenstrain, 6 * np, &b->strain, 6 * np, &b->stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BodyDestroy(Body *b)
{
  PetscFunctionBegin;
  PetscCall(PetscFree5(b->shear, b->bulk, b->eigenstrain, b->strain, b->stress));
  PetscCall(VmGridDestroy(&b->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Solve(Body *b, const VmEquilibriumOptions *options, const VmMacroLoad *load,
                            VmEquilibriumResult *result)
{
  VmEquilibrium solver;
  PetscFunctionBegin;
  PetscCall(VmEquilibriumCreate(b->grid, options, &solver));
  PetscCall(
      VmEquilibriumSetMedium(solver, &(VmMedium){.shear = b->shear, .bulk = b->bulk, .eigenstrain = b->eigenstrain}));
  PetscCall(VmEquilibriumSolve(solver, load, false, result));
  PetscCall(VmEquilibriumFields(solver, b->strain, b->stress));
  result->history = NULL;
  PetscCall(VmEquilibriumDestroy(&solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static VmEquilibriumOptions Options(int element, int krylov)
{
  VmEquilibriumOptions options;
  VmEquilibriumOptionsInit(&options);
  options.element = (VmElement)element;
  options.krylov = (VmKrylov)krylov;
  options.tolerance = 1e-11;
  return options;
}

/* A homogeneous body with uniform eigenstrain is Hooke's law, without a single iteration. */
static PetscErrorCode Homogeneous(int element)
{
  const int64_t n[3] = {5, 4, 6};
  const VmEquilibriumOptions options = Options(element, VM_KRYLOV_CG);
  VmEquilibriumResult result;
  VmMacroLoad load;
  Body b;
  double elastic[6], sig[6];
  PetscFunctionBegin;
  PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
  for (int64_t i = 0; i < b.grid->np; ++i) {
    b.shear[i] = 37.0;
    b.bulk[i] = 100.0;
    for (int c = 0; c < 6; ++c) b.eigenstrain[c * b.grid->np + i] = 0.001 * (c - 2);
  }
  for (int c = 0; c < 6; ++c) elastic[c] = strain_of_test[c] - 0.001 * (c - 2);
  VmHooke(37.0, 100.0, elastic, sig);
  for (int mode = 0; mode < 3; ++mode) { /* strain, stress, alternating */
    for (int c = 0; c < 6; ++c) {
      load.stress_controlled[c] = mode == 1 || (mode == 2 && c % 2);
      load.level[c] = load.stress_controlled[c] ? sig[c] : strain_of_test[c];
    }
    PetscCall(Solve(&b, &options, &load, &result));
    VmExpectInt(result.status, VM_SOLVE_CONVERGED);
    VmExpectInt(result.iterations, 0);
    for (int c = 0; c < 6; ++c) {
      VmExpectNear(result.mean_strain[c], strain_of_test[c], 1e-15);
      VmExpectNear(result.mean_stress[c], sig[c], 1e-13);
      for (int64_t i = 0; i < b.grid->np; ++i) VmExpectNear(b.stress[c * b.grid->np + i], sig[c], 1e-13);
    }
  }
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Layer `l` of a laminate of three materials with eigenstrain. */
static void Layer(int64_t l, double *shear, double *bulk, double eigenstrain[6])
{
  static const double moduli[3][2] = {{20, 90}, {150, 60}, {5, 300}};
  *shear = moduli[l % 3][0];
  *bulk = moduli[l % 3][1];
  for (int c = 0; c < 6; ++c) eigenstrain[c] = 1e-3 * sin(1.0 + 2.0 * (double)(l % 3) + 3.0 * c);
}

/* Strain and stress of the layers along `axis` of n layers: traction and in-plane strain are the same in all of them.
 */
static void Laminate(int axis, int64_t n, const double mean[6], double strain[][6], double stress[][6])
{
  const int a = (axis + 1) % 3, b = (axis + 2) % 3;
  const int shears[2] = {vm_voigt_index[axis][a], vm_voigt_index[axis][b]};
  double normal_sum = 0, normal_weight = 0, shear_sum[2] = {0}, shear_weight = 0, g, k, eps[6];
  for (int64_t l = 0; l < n; ++l) {
    Layer(l, &g, &k, eps);
    const double lame = k - 2.0 * g / 3.0, p = lame + 2.0 * g, plane = mean[a] - eps[a] + mean[b] - eps[b];
    normal_sum += mean[axis] - eps[axis] + lame * plane / p;
    normal_weight += 1.0 / p;
    for (int s = 0; s < 2; ++s) shear_sum[s] += mean[shears[s]] - eps[shears[s]];
    shear_weight += 0.5 / g;
  }
  for (int64_t l = 0; l < n; ++l) {
    double elastic[6];
    Layer(l, &g, &k, eps);
    const double lame = k - 2.0 * g / 3.0, plane = mean[a] - eps[a] + mean[b] - eps[b];
    memcpy(strain[l], mean, 6 * sizeof(double));
    strain[l][axis] = eps[axis] + (normal_sum / normal_weight - lame * plane) / (lame + 2.0 * g);
    for (int s = 0; s < 2; ++s) strain[l][shears[s]] = eps[shears[s]] + shear_sum[s] / shear_weight / (2.0 * g);
    for (int c = 0; c < 6; ++c) elastic[c] = strain[l][c] - eps[c];
    VmHooke(g, k, elastic, stress[l]);
  }
}

static void ExpectLaminate(Body *b, int axis, double strain[][6], double stress[][6])
{
  double most = 0.0;
  for (int64_t i = 0; i < b->grid->np; ++i) {
    const int64_t g = VmGridGlobal(b->grid, i);
    const int64_t at[3] = {g / b->grid->plane, g / b->grid->n[2] % b->grid->n[1], g % b->grid->n[2]};
    for (int c = 0; c < 6; ++c) {
      most = fmax(most, fabs(b->strain[c * b->grid->np + i] - strain[at[axis]][c]));
      most = fmax(most, fabs(b->stress[c * b->grid->np + i] - stress[at[axis]][c]) / 100.0);
    }
  }
  VmExpect(most < 1e-12, "axis %d: strain or stress is off by %g", axis, most);
}

/* Layers across each axis, even and odd, each component of the strain alone and all together, then by stress. */
static PetscErrorCode Laminates(int element, int krylov)
{
  static const int64_t sizes[4][3] = {{6, 4, 3}, {3, 9, 4}, {5, 3, 12}, {9, 1, 1}};
  const VmEquilibriumOptions options = Options(element, krylov);
  PetscFunctionBegin;
  for (int axis = 0; axis < 4; ++axis) {
    const int d = axis % 3;
    const int64_t layers = sizes[axis][d];
    double strain[16][6], stress[16][6], mean_stress[6] = {0};
    VmEquilibriumResult result;
    Body b;
    PetscCall(BodyCreate(PETSC_COMM_WORLD, sizes[axis], &b));
    for (int64_t i = 0; i < b.grid->np; ++i) {
      const int64_t g = VmGridGlobal(b.grid, i);
      const int64_t at[3] = {g / b.grid->plane, g / b.grid->n[2] % b.grid->n[1], g % b.grid->n[2]};
      double eps[6];
      Layer(at[d], &b.shear[i], &b.bulk[i], eps);
      for (int c = 0; c < 6; ++c) b.eigenstrain[c * b.grid->np + i] = eps[c];
    }
    VmMacroLoad load;
    for (int only = 0; only < 7; ++only) {
      load = (VmMacroLoad){.level = {0}};
      for (int c = 0; c < 6; ++c) load.level[c] = only == c || only == 6 ? strain_of_test[c] : 0.0;
      Laminate(d, layers, load.level, strain, stress);
      PetscCall(Solve(&b, &options, &load, &result));
      VmExpectInt(result.status, VM_SOLVE_CONVERGED);
      ExpectLaminate(&b, d, strain, stress);
    }
    for (int64_t l = 0; l < layers; ++l)
      for (int c = 0; c < 6; ++c) mean_stress[c] += stress[l][c] / (double)layers;
    for (int pattern = 1; pattern < 64; pattern += 31) { /* xx alone, the last five's, all */
      for (int c = 0; c < 6; ++c) {
        load.stress_controlled[c] = pattern >> c & 1;
        load.level[c] = load.stress_controlled[c] ? mean_stress[c] : strain_of_test[c];
      }
      PetscCall(Solve(&b, &options, &load, &result));
      VmExpectInt(result.status, VM_SOLVE_CONVERGED);
      ExpectLaminate(&b, d, strain, stress);
      for (int c = 0; c < 6; ++c) {
        VmExpectNear(result.mean_strain[c], strain_of_test[c], 1e-12);
        VmExpectNear(result.mean_stress[c], mean_stress[c], 1e-10);
      }
    }
    PetscCall(BodyDestroy(&b));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Half of the voxels, at random, are 1000 times stiffer. */
static void Noise(Body *b)
{
  for (int64_t i = 0; i < b->grid->np; ++i) {
    uint32_t h = (uint32_t)VmGridGlobal(b->grid, i) * 2654435761u;
    h ^= h >> 15, h *= 2246822519u, h ^= h >> 13;
    const double factor = h >> 8 & 1 ? 1000.0 : 1.0;
    b->shear[i] = 37.0 * factor;
    b->bulk[i] = 100.0 * factor;
    for (int c = 0; c < 6; ++c) b->eigenstrain[c * b->grid->np + i] = factor > 1.0 ? 0.0 : 1e-4 * c;
  }
}

static double MeanOf(const double *values, int64_t n)
{
  double sum = 0.0;
  for (int64_t i = 0; i < n; ++i) sum += values[i];
  return sum;
}

/* Noise converges on even and odd grids, lies between Voigt and Reuss, and fulfils Hill's condition. */
static PetscErrorCode NoiseConverges(int element, int edge)
{
  const int64_t n[3] = {edge, edge, edge};
  VmEquilibriumOptions options = Options(element, VM_KRYLOV_CG);
  VmEquilibriumResult result;
  VmMacroLoad load = {.level = {[VM_XY] = 0.01}};
  Body b;
  double inverse = 0.0, energy = 0.0;
  char name[80];
  PetscFunctionBegin;
  options.tolerance = 1e-6;
  PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
  Noise(&b);
  for (int64_t i = 0; i < 6 * b.grid->np; ++i) b.eigenstrain[i] = 0.0;
  PetscCall(Solve(&b, &options, &load, &result));
  VmExpectInt(result.status, VM_SOLVE_CONVERGED);
  snprintf(name, sizeof name, "noise of contrast 1000, %d^3, %s: iterations", edge, element ? "reduced" : "full");
  VmFigure(name, result.iterations);
  double voigt = MeanOf(b.shear, b.grid->np);
  for (int64_t i = 0; i < b.grid->np; ++i) {
    double eps[6], sig[6];
    inverse += 1.0 / b.shear[i];
    for (int c = 0; c < 6; ++c) eps[c] = b.strain[c * b.grid->np + i], sig[c] = b.stress[c * b.grid->np + i];
    energy += VmDot6(eps, sig);
  }
  double local[3] = {voigt, inverse, energy}, sum[3];
  PetscCallMPI(MPI_Allreduce(local, sum, 3, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  const double total = (double)b.grid->total, shear = result.mean_stress[VM_XY] / 0.02;
  VmExpect(shear < sum[0] / total && shear > total / sum[1], "G = %g, Voigt %g, Reuss %g", shear, sum[0] / total,
           total / sum[1]);
  const double work = VmDot6(result.mean_stress, result.mean_strain);
  if (element == VM_ELEMENT_REDUCED) VmExpectNear(sum[2] / total / work, 1.0, 1e-5);
  else VmExpect(sum[2] / total < work * (1.0 + 1e-5), "centre energy %g above %g", sum[2] / total, work);
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same bits as on one rank, mixed control, and PETSc's answer within the tolerance. */
static PetscErrorCode SameBits(int element)
{
  const int64_t n[3] = {6, 5, 8};
  VmEquilibriumOptions options = Options(element, VM_KRYLOV_CG);
  const VmMacroLoad load = {.stress_controlled = {true, true, true, false, false, false},
                            .level = {0.1, 0, -0.1, 0.001, 0, 0.003}};
  VmEquilibriumResult here, alone, ksp;
  Body b, one;
  double most = 0.0;
  PetscFunctionBegin;
  PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
  PetscCall(BodyCreate(PETSC_COMM_SELF, n, &one));
  Noise(&b);
  Noise(&one);
  PetscCall(Solve(&b, &options, &load, &here));
  PetscCall(Solve(&one, &options, &load, &alone));
  VmExpectInt(here.status, VM_SOLVE_CONVERGED);
  VmExpectInt(here.iterations, alone.iterations);
  VmExpect(!memcmp(here.mean_strain, alone.mean_strain, sizeof here.mean_strain), "mean strain differs");
  VmExpect(!memcmp(here.mean_stress, alone.mean_stress, sizeof here.mean_stress), "mean stress differs");
  for (int c = 0; c < 6 && b.grid->np > 0; ++c) {
    const size_t at = (size_t)(c * one.grid->np + b.grid->x0 * b.grid->plane), bytes = (size_t)b.grid->np * 8;
    VmExpect(!memcmp(b.strain + c * b.grid->np, one.strain + at, bytes), "strain %s differs", vm_component_names[c]);
    VmExpect(!memcmp(b.stress + c * b.grid->np, one.stress + at, bytes), "stress %s differs", vm_component_names[c]);
  }
  options.krylov = VM_KRYLOV_PETSC;
  double *stress = one.stress;
  PetscCall(Solve(&b, &options, &load, &ksp));
  VmExpectInt(ksp.status, VM_SOLVE_CONVERGED);
  for (int c = 0; c < 6; ++c) {
    for (int64_t i = 0; i < b.grid->np; ++i)
      most = fmax(most, fabs(b.stress[c * b.grid->np + i] - stress[c * one.grid->np + b.grid->x0 * b.grid->plane + i]));
    VmExpectNear(ksp.mean_strain[c], here.mean_strain[c], 1e-10);
  }
  VmExpect(most < 1e-6, "KSP and own CG differ by %g GPa", most);
  PetscCall(BodyDestroy(&one));
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Too few iterations are a status with a reason; a warm start goes on; internal stress does what eigenstrain does. */
static PetscErrorCode Statuses(int krylov)
{
  const int64_t n[3] = {6, 4, 5};
  VmEquilibriumOptions options = Options(VM_ELEMENT_FULL, krylov);
  const VmMacroLoad load = {.stress_controlled = {true}, .level = {0.2, 0, 0, 0, 0, 0.01}};
  VmEquilibriumResult result, again;
  VmEquilibrium solver;
  double *internal;
  Body b;
  PetscFunctionBegin;
  options.max_iterations = 8;
  PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
  Noise(&b);
  PetscCall(Solve(&b, &options, &load, &result));
  VmExpectInt(result.status, VM_SOLVE_TOO_SLOW);
  VmExpectInt(result.iterations, 8);
  VmExpect(strstr(result.message, "after 8 iterations"), "message is \"%s\"", result.message);
  VmExpect(result.residual > 1e-11 && result.residual < 1.0, "residual %g", result.residual);

  options.max_iterations = 500;
  PetscCall(Solve(&b, &options, &load, &result));
  VmExpectInt(result.status, VM_SOLVE_CONVERGED);
  VmExpect(result.message[0] == '\0', "message is \"%s\"", result.message);
  PetscCall(PetscMalloc1(6 * (size_t)b.grid->np, &internal));
  for (int64_t i = 0; i < b.grid->np; ++i) {
    double eps[6], sig[6];
    for (int c = 0; c < 6; ++c) eps[c] = -b.eigenstrain[c * b.grid->np + i];
    VmHooke(b.shear[i], b.bulk[i], eps, sig);
    for (int c = 0; c < 6; ++c) internal[c * b.grid->np + i] = sig[c];
  }
  PetscCall(VmEquilibriumCreate(b.grid, &options, &solver));
  PetscCall(VmEquilibriumSetMedium(solver, &(VmMedium){.shear = b.shear, .bulk = b.bulk, .internal = internal}));
  PetscCall(VmEquilibriumSolve(solver, &load, false, &again));
  for (int c = 0; c < 6; ++c) VmExpectNear(again.mean_strain[c], result.mean_strain[c], 1e-11);
  const int cold = again.iterations;
  PetscCall(VmEquilibriumSolve(solver, &load, true, &again));
  VmExpect(again.iterations < cold / 2, "%d iterations from the solution, %d without", again.iterations, cold);
  VmExpectInt(again.status, VM_SOLVE_CONVERGED);
  if (b.grid->np > 0 && b.grid->x0 == 0) b.bulk[0] = NAN;
  VmExpectInt(VmEquilibriumSetMedium(solver, &(VmMedium){.shear = b.shear, .bulk = b.bulk}), VM_ERR_INPUT);
  PetscCall(VmEquilibriumDestroy(&solver));
  PetscCall(PetscFree(internal));
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  for (int element = VM_ELEMENT_FULL; element <= VM_ELEMENT_REDUCED; ++element) {
    PetscCall(Homogeneous(element));
    for (int krylov = VM_KRYLOV_CG; krylov <= VM_KRYLOV_PETSC; ++krylov) PetscCall(Laminates(element, krylov));
    PetscCall(NoiseConverges(element, 16));
    PetscCall(NoiseConverges(element, 15));
    PetscCall(SameBits(element));
  }
  for (int krylov = VM_KRYLOV_CG; krylov <= VM_KRYLOV_PETSC; ++krylov) PetscCall(Statuses(krylov));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
