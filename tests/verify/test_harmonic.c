/* ranks: 1 2 3 4; timeout: 120; links: vm_solvers
 * Steady oscillation: exact solutions with complex moduli, bounds, energy, same bits on any number of ranks. */
#include "vm_test.h"
#include <vitromech/harmonic.h>

static const double complex strain_of_test[6] = {3e-3 + 1e-3 * I,    -2e-3, 1e-3 - 2e-3 * I, 1.5e-3 * I,
                                                 -2.5e-3 + 1e-3 * I, 4e-3};

typedef struct {
  VmGrid grid;
  double complex *shear, *bulk, *strain, *stress;
  double *dissipation;
} Body;

static PetscErrorCode BodyCreate(MPI_Comm comm, const int64_t n[3], Body *b)
{
  PetscFunctionBegin;
  PetscCall(VmGridCreate(comm, n, 0.7, &b->grid));
  const size_t np = (size_t)b->grid->np;
  PetscCall(PetscCalloc5(np, &b->shear, np, &b->bulk, 6 * np, &b->strain, 6 * np, &b->stress, np, &b->dissipation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BodyDestroy(Body *b)
{
  PetscFunctionBegin;
  PetscCall(PetscFree5(b->shear, b->bulk, b->strain, b->stress, b->dissipation));
  PetscCall(VmGridDestroy(&b->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Position(const Body *b, int64_t i, int64_t at[3])
{
  const int64_t g = VmGridGlobal(b->grid, i);
  at[0] = g / b->grid->plane, at[1] = g / b->grid->n[2] % b->grid->n[1], at[2] = g % b->grid->n[2];
}

static VmEquilibriumOptions Options(int element, double tolerance)
{
  VmEquilibriumOptions options;
  VmEquilibriumOptionsInit(&options);
  options.element = (VmElement)element;
  options.tolerance = tolerance;
  return options;
}

static PetscErrorCode Solve(Body *b, const VmEquilibriumOptions *options, const VmHarmonicLoad *load,
                            VmHarmonicResult *result)
{
  VmHarmonic solver;
  PetscFunctionBegin;
  PetscCall(VmHarmonicCreate(b->grid, options, &solver));
  PetscCall(VmHarmonicSetMedium(solver, b->shear, b->bulk));
  PetscCall(VmHarmonicSolve(solver, load, false, result));
  PetscCall(VmHarmonicFields(solver, b->strain, b->stress, b->dissipation));
  result->history = NULL;
  PetscCall(VmHarmonicDestroy(&solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Hooke(double complex shear, double complex bulk, const double complex eps[6], double complex sig[6])
{
  const double complex lame = (bulk - 2.0 * shear / 3.0) * (eps[0] + eps[1] + eps[2]);
  for (int c = 0; c < 6; ++c) sig[c] = 2.0 * shear * eps[c] + (c < 3 ? lame : 0.0);
}

static void ExpectClose(double complex actual, double complex wanted, double tolerance, const char *what)
{
  VmExpect(cabs(actual - wanted) <= tolerance, "%s = %.15g %+.15gi, wanted %.15g %+.15gi", what, creal(actual),
           cimag(actual), creal(wanted), cimag(wanted));
}

/* One modulus in the whole box: Hooke's law at once, whatever is prescribed. */
static PetscErrorCode Homogeneous(int element)
{
  const int64_t n[3] = {5, 4, 6};
  const VmEquilibriumOptions options = Options(element, 1e-11);
  const double complex shear = 21.0 + 14.0 * I, bulk = 100.0 + 3.0 * I;
  double complex sig[6];
  VmHarmonicResult result;
  Body b;
  PetscFunctionBegin;
  PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
  for (int64_t i = 0; i < b.grid->np; ++i) b.shear[i] = shear, b.bulk[i] = bulk;
  Hooke(shear, bulk, strain_of_test, sig);
  for (int mode = 0; mode < 3; ++mode) { /* strain, stress, alternating */
    VmHarmonicLoad load;
    for (int c = 0; c < 6; ++c) {
      load.stress_controlled[c] = mode == 1 || (mode == 2 && c % 2);
      load.level[c] = load.stress_controlled[c] ? sig[c] : strain_of_test[c];
    }
    PetscCall(Solve(&b, &options, &load, &result));
    VmExpectInt(result.status, VM_SOLVE_CONVERGED);
    VmExpectInt(result.iterations, 0);
    for (int c = 0; c < 6; ++c) {
      ExpectClose(result.mean_strain[c], strain_of_test[c], 1e-14, "mean strain");
      ExpectClose(result.mean_stress[c], sig[c], 1e-12, "mean stress");
    }
  }
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Layer(int64_t l, double complex *shear, double complex *bulk)
{
  static const double complex moduli[3][2] = {{20 + 3 * I, 90}, {150, 60 + 6 * I}, {2 + 5 * I, 300}};
  *shear = moduli[l % 3][0];
  *bulk = moduli[l % 3][1];
}

/* Strain and stress of the layers along `axis` of n layers: traction and in-plane strain are the same in all of them.
 */
static void Laminate(int axis, int64_t n, const double complex mean[6], double complex strain[][6],
                     double complex stress[][6])
{
  const int a = (axis + 1) % 3, b = (axis + 2) % 3, shears[2] = {vm_voigt_index[axis][a], vm_voigt_index[axis][b]};
  const double complex plane = mean[a] + mean[b];
  double complex sum = mean[axis] * (double)n, weight = 0.0, shear_weight = 0.0, g, k;
  for (int64_t l = 0; l < n; ++l) {
    Layer(l, &g, &k);
    const double complex lame = k - 2.0 * g / 3.0, p = lame + 2.0 * g;
    sum += lame * plane / p;
    weight += 1.0 / p;
    shear_weight += 1.0 / g;
  }
  for (int64_t l = 0; l < n; ++l) {
    Layer(l, &g, &k);
    const double complex lame = k - 2.0 * g / 3.0;
    memcpy(strain[l], mean, 6 * sizeof **strain);
    strain[l][axis] = (sum / weight - lame * plane) / (lame + 2.0 * g);
    for (int s = 0; s < 2; ++s) strain[l][shears[s]] = mean[shears[s]] * (double)n / shear_weight / g;
    Hooke(g, k, strain[l], stress[l]);
  }
}

static void ExpectLaminate(const Body *b, int axis, double complex strain[][6], double complex stress[][6])
{
  double most = 0.0;
  for (int64_t i = 0; i < b->grid->np; ++i) {
    int64_t at[3];
    Position(b, i, at);
    for (int c = 0; c < 6; ++c) {
      most = fmax(most, cabs(b->strain[c * b->grid->np + i] - strain[at[axis]][c]) / 4e-3);
      most = fmax(most, cabs(b->stress[c * b->grid->np + i] - stress[at[axis]][c]));
    }
  }
  VmExpect(most < 1e-10, "axis %d: strain or stress is off by %g", axis, most);
}

/* Layers across each axis, each component of the strain alone and all together, then by stress. */
static PetscErrorCode Laminates(int element)
{
  static const int64_t sizes[4][3] = {{6, 4, 3}, {3, 9, 4}, {5, 3, 12}, {9, 1, 1}};
  const VmEquilibriumOptions options = Options(element, 1e-12);
  PetscFunctionBegin;
  for (int axis = 0; axis < 4; ++axis) {
    const int d = axis % 3;
    const int64_t layers = sizes[axis][d];
    double complex strain[16][6], stress[16][6], mean_stress[6] = {0};
    VmHarmonicResult result;
    Body b;
    PetscCall(BodyCreate(PETSC_COMM_WORLD, sizes[axis], &b));
    for (int64_t i = 0; i < b.grid->np; ++i) {
      int64_t at[3];
      Position(&b, i, at);
      Layer(at[d], &b.shear[i], &b.bulk[i]);
    }
    for (int only = 0; only < 7; ++only) {
      VmHarmonicLoad load = {.level = {0}};
      for (int c = 0; c < 6; ++c) load.level[c] = only == c || only == 6 ? strain_of_test[c] : 0.0;
      Laminate(d, layers, load.level, strain, stress);
      PetscCall(Solve(&b, &options, &load, &result));
      VmExpectInt(result.status, VM_SOLVE_CONVERGED);
      ExpectLaminate(&b, d, strain, stress);
    }
    for (int64_t l = 0; l < layers; ++l)
      for (int c = 0; c < 6; ++c) mean_stress[c] += stress[l][c] / (double)layers;
    for (int pattern = 1; pattern < 64; pattern += 31) { /* xx alone, all but xx, all */
      VmHarmonicLoad load;
      for (int c = 0; c < 6; ++c) {
        load.stress_controlled[c] = pattern >> c & 1;
        load.level[c] = load.stress_controlled[c] ? mean_stress[c] : strain_of_test[c];
      }
      PetscCall(Solve(&b, &options, &load, &result));
      VmExpectInt(result.status, VM_SOLVE_CONVERGED);
      ExpectLaminate(&b, d, strain, stress);
      for (int c = 0; c < 6; ++c) {
        ExpectClose(result.mean_strain[c], strain_of_test[c], 1e-12, "mean strain");
        ExpectClose(result.mean_stress[c], mean_stress[c], 1e-10, "mean stress");
      }
    }
    PetscCall(BodyDestroy(&b));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Antiplane shear of a checkerboard: sqrt(G1* G2*) (Dykhne; analytic in the ratio, hence also complex), approached with
 * the complex order 8/pi atan(sqrt(G2/G1)) of the corner singularity. */
static PetscErrorCode Checkerboard(int element)
{
  const double complex shear[2] = {37.0 + 4.0 * I, 6.0 + 9.0 * I}, exact = csqrt(shear[0] * shear[1]);
  const VmEquilibriumOptions options = Options(element, 1e-10);
  const VmHarmonicLoad load = {.level = {[VM_XZ] = 0.5}};
  double complex error[4], order;
  PetscFunctionBegin;
  for (int k = 0; k < 4; ++k) {
    const int64_t edge = 16 << k, n[3] = {edge, edge, 1};
    VmHarmonicResult result;
    Body b;
    PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
    for (int64_t i = 0; i < b.grid->np; ++i) {
      int64_t at[3];
      Position(&b, i, at);
      b.shear[i] = shear[(2 * at[0] < edge) != (2 * at[1] < edge)];
      b.bulk[i] = 100.0;
    }
    PetscCall(Solve(&b, &options, &load, &result));
    VmExpectInt(result.status, VM_SOLVE_CONVERGED);
    error[k] = result.mean_stress[VM_XZ] / exact - 1.0;
    char name[80];
    snprintf(name, sizeof name, "checkerboard %d^2, %s: error of G* (%d iterations)", (int)edge,
             element ? "reduced" : "full", result.iterations);
    VmFigure(name, cabs(error[k]));
    PetscCall(BodyDestroy(&b));
  }
  order = clog(error[2] / error[3]) / log(2.0);
  const double complex theory = 8.0 / VM_PI * catan(csqrt(shear[1] / shear[0]));
  VmFigure("  order, real part", creal(order));
  VmFigure("  of the singular field", creal(theory));
  VmFigure("  order, imaginary part", cimag(order));
  VmFigure("  of the singular field", cimag(theory));
  if (element == VM_ELEMENT_FULL) VmExpect(cabs(order - theory) < 0.03, "orders differ");
  else VmExpect(creal(order) > creal(theory), "order %g", creal(order));
  VmExpect(cabs(error[3]) < 0.005, "error %g", cabs(error[3]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Half of the voxels, at random, are elastic; the others flow. */
static void Noise(Body *b, double complex elastic, double complex flowing)
{
  for (int64_t i = 0; i < b->grid->np; ++i) {
    uint32_t h = (uint32_t)VmGridGlobal(b->grid, i) * 2654435761u;
    h ^= h >> 15, h *= 2246822519u, h ^= h >> 13;
    const bool stiff = h >> 8 & 1;
    b->shear[i] = stiff ? elastic : flowing;
    b->bulk[i] = stiff ? 100.0 : 80.0;
  }
}

static PetscErrorCode Mean(const Body *b, double local, double *mean)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(&local, mean, 1, MPI_DOUBLE, MPI_SUM, b->grid->comm));
  *mean /= (double)b->grid->total;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* For each angle at which all Re(z exp(-i angle)) are positive, that of the effective z is above their harmonic mean
 * (from the saddle-point principle of Cherkaev & Gibiansky, J. Math. Phys. 35 (1994) 127); z a modulus under strain
 * control (sign 1) or a compliance under stress control (sign -1). */
static PetscErrorCode ExpectBounds(const Body *b, double complex effective, int sign)
{
  PetscFunctionBegin;
  for (int step = 0; step <= 18; ++step) {
    const double complex turn = cexp(-I * sign * step * VM_PI / 36.0);
    double local = 0.0, mean, least = HUGE_VAL, all;
    for (int64_t i = 0; i < b->grid->np; ++i) {
      const double re = creal(turn * (sign > 0 ? b->shear[i] : 1.0 / b->shear[i]));
      local += 1.0 / re;
      least = fmin(least, re);
    }
    PetscCall(Mean(b, local, &mean));
    PetscCallMPI(MPI_Allreduce(&least, &all, 1, MPI_DOUBLE, MPI_MIN, b->grid->comm));
    if (all <= 1e-9) continue;
    VmExpect(creal(turn * effective) > 1.0 / mean, "angle %d x 5 degree, sign %d: %g below %g", step, sign,
             creal(turn * effective), 1.0 / mean);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode NoiseIsBounded(int element, double complex flowing)
{
  const int64_t n[3] = {11, 10, 9};
  const VmEquilibriumOptions options = Options(element, 1e-9);
  const VmHarmonicLoad strained = {.level = {[VM_XY] = 0.01}};
  const VmHarmonicLoad stressed = {.stress_controlled = {true, true, true, true, true, true}, .level = {[VM_XY] = 0.3}};
  VmHarmonicResult result;
  double mean = 0.0, local = 0.0;
  char name[96];
  Body b;
  PetscFunctionBegin;
  PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
  Noise(&b, 40.0, flowing);
  PetscCall(Solve(&b, &options, &stressed, &result));
  VmExpectInt(result.status, VM_SOLVE_CONVERGED);
  PetscCall(ExpectBounds(&b, 2.0 * result.mean_strain[VM_XY] / 0.3, -1));
  PetscCall(Solve(&b, &options, &strained, &result));
  VmExpectInt(result.status, VM_SOLVE_CONVERGED);
  PetscCall(ExpectBounds(&b, result.mean_stress[VM_XY] / 0.02, 1));
  snprintf(name, sizeof name, "noise of 40 and %g%+gi GPa, %s: iterations", creal(flowing), cimag(flowing),
           element ? "reduced" : "full");
  VmFigure(name, result.iterations);
  VmExpect(result.work > 0.0, "work %g", result.work);
  VmExpectNear(result.dissipated / result.work, 1.0, 1e-7);
  VmExpectNear(result.work, VM_PI * 2.0 * cimag(result.mean_stress[VM_XY]) * 0.01, 1e-12 * result.work);
  for (int64_t i = 0; i < b.grid->np; ++i) local += b.dissipation[i];
  PetscCall(Mean(&b, local, &mean));
  if (element == VM_ELEMENT_REDUCED) VmExpectNear(mean / result.work, 1.0, 1e-7);
  else VmExpect(mean < result.work, "dissipation of the mean strains %g above %g", mean, result.work);
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Moduli of one phase angle turn the elastic stiffness by that angle; the effective stiffness is symmetric. */
static PetscErrorCode UniformPhase(int element)
{
  const int64_t n[3] = {6, 5, 4};
  const VmEquilibriumOptions options = Options(element, 1e-11);
  const double complex turn = cexp(0.7 * I);
  double complex stiffness[36], shear, bulk;
  double *moduli[2];
  VmHarmonicResult result;
  VmEquilibriumResult elastic;
  VmEquilibrium reference;
  VmHarmonic solver;
  Body b;
  PetscFunctionBegin;
  PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
  Noise(&b, 40.0, 7.0);
  PetscCall(PetscMalloc2((size_t)b.grid->np, &moduli[0], (size_t)b.grid->np, &moduli[1]));
  for (int64_t i = 0; i < b.grid->np; ++i) {
    moduli[0][i] = creal(b.shear[i]), moduli[1][i] = creal(b.bulk[i]);
    b.shear[i] *= turn, b.bulk[i] *= turn;
  }
  PetscCall(VmEquilibriumCreate(b.grid, &options, &reference));
  PetscCall(VmEquilibriumSetMedium(reference, &(VmMedium){.shear = moduli[0], .bulk = moduli[1]}));
  PetscCall(VmHarmonicCreate(b.grid, &options, &solver));
  PetscCall(VmHarmonicSetMedium(solver, b.shear, b.bulk));
  PetscCall(VmHarmonicStiffness(solver, stiffness, &result));
  VmExpectInt(result.status, VM_SOLVE_CONVERGED);
  for (int column = 0; column < 6; ++column) {
    VmMacroLoad load = {.level = {0.0}};
    load.level[column] = column < 3 ? 1.0 : 1.0 / PETSC_SQRT2;
    PetscCall(VmEquilibriumSolve(reference, &load, false, &elastic));
    for (int row = 0; row < 6; ++row) {
      const double wanted = elastic.mean_stress[row] * (row < 3 ? 1.0 : PETSC_SQRT2);
      ExpectClose(stiffness[6 * row + column], turn * wanted, 1e-8, "stiffness");
      ExpectClose(stiffness[6 * row + column], stiffness[6 * column + row], 1e-8, "transposed stiffness");
    }
  }
  VmHarmonicIsotropic(stiffness, &shear, &bulk);
  VmExpectNear(carg(shear), 0.7, 1e-9);
  VmExpectNear(carg(bulk), 0.7, 1e-9);
  VmExpect(cabs(shear) > 7.0 && cabs(shear) < 40.0 && cabs(bulk) > 80.0 && cabs(bulk) < 100.0, "%g %g", cabs(shear),
           cabs(bulk));
  PetscCall(VmHarmonicDestroy(&solver));
  PetscCall(VmEquilibriumDestroy(&reference));
  PetscCall(PetscFree2(moduli[0], moduli[1]));
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SameBits(int element)
{
  const int64_t n[3] = {6, 5, 8};
  const VmEquilibriumOptions options = Options(element, 1e-8);
  const VmHarmonicLoad load = {.stress_controlled = {true, true, true, false, false, false},
                               .level = {0.1, 0, -0.1 * I, 0.001, 0, 0.003}};
  VmHarmonicResult here, alone;
  Body b, one;
  PetscFunctionBegin;
  PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
  PetscCall(BodyCreate(PETSC_COMM_SELF, n, &one));
  Noise(&b, 40.0, 1.0 + 3.0 * I);
  Noise(&one, 40.0, 1.0 + 3.0 * I);
  PetscCall(Solve(&b, &options, &load, &here));
  PetscCall(Solve(&one, &options, &load, &alone));
  VmExpectInt(here.status, VM_SOLVE_CONVERGED);
  VmExpectInt(here.iterations, alone.iterations);
  VmExpect(!memcmp(here.mean_strain, alone.mean_strain, sizeof here.mean_strain), "mean strain differs");
  VmExpect(!memcmp(here.mean_stress, alone.mean_stress, sizeof here.mean_stress), "mean stress differs");
  VmExpect(here.dissipated == alone.dissipated, "dissipation differs");
  for (int c = 0; c < 6 && b.grid->np > 0; ++c) {
    const size_t at = (size_t)(c * one.grid->np + b.grid->x0 * b.grid->plane), bytes = (size_t)b.grid->np * 16;
    VmExpect(!memcmp(b.strain + c * b.grid->np, one.strain + at, bytes), "strain %s differs", vm_component_names[c]);
    VmExpect(!memcmp(b.stress + c * b.grid->np, one.stress + at, bytes), "stress %s differs", vm_component_names[c]);
  }
  PetscCall(BodyDestroy(&one));
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Too few iterations are a status with a reason; a neighbouring medium starts warm; bad moduli are input errors. */
static PetscErrorCode Statuses(void)
{
  const int64_t n[3] = {8, 7, 6};
  VmEquilibriumOptions options = Options(VM_ELEMENT_REDUCED, 1e-8);
  const VmHarmonicLoad load = {.stress_controlled = {true}, .level = {[VM_XY] = 0.01}};
  VmHarmonicResult result;
  VmHarmonic solver;
  Body b;
  PetscFunctionBegin;
  options.max_iterations = 3;
  PetscCall(BodyCreate(PETSC_COMM_WORLD, n, &b));
  Noise(&b, 40.0, 1.0 + 3.0 * I);
  PetscCall(Solve(&b, &options, &load, &result));
  VmExpectInt(result.status, VM_SOLVE_TOO_SLOW);
  VmExpect(strstr(result.message, "after 3 iterations"), "message is \"%s\"", result.message);

  options.max_iterations = 500;
  PetscCall(VmHarmonicCreate(b.grid, &options, &solver));
  PetscCall(VmHarmonicSetMedium(solver, b.shear, b.bulk));
  PetscCall(VmHarmonicSolve(solver, &load, false, &result));
  const int cold = result.iterations;
  Noise(&b, 40.0, 1.0001 + 3.0003 * I);
  PetscCall(VmHarmonicSetMedium(solver, b.shear, b.bulk));
  PetscCall(VmHarmonicSolve(solver, &load, true, &result));
  VmExpectInt(result.status, VM_SOLVE_CONVERGED);
  VmExpect(result.iterations < 2 * cold / 3, "%d iterations from the neighbour, %d without", result.iterations, cold);
  if (b.grid->np > 0 && b.grid->x0 == 0) b.shear[0] = 1.0 - 1e-3 * I;
  VmExpectInt(VmHarmonicSetMedium(solver, b.shear, b.bulk), VM_ERR_INPUT);
  PetscCall(VmHarmonicDestroy(&solver));
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  for (int element = VM_ELEMENT_FULL; element <= VM_ELEMENT_REDUCED; ++element) {
    PetscCall(Homogeneous(element));
    PetscCall(Laminates(element));
    PetscCall(Checkerboard(element));
    PetscCall(NoiseIsBounded(element, 2.0 + 6.0 * I));
    PetscCall(NoiseIsBounded(element, 0.04 * I)); /* a liquid, contrast 1000 */
    PetscCall(UniformPhase(element));
    PetscCall(SameBits(element));
  }
  PetscCall(Statuses());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
