/* ranks: 1 2; timeout: 30; links: vm_solvers
 * The hexahedron with reduced integration is the rotated scheme: in a homogeneous medium its strain is that of Willot's
 * discrete Green operator, frequency by frequency. */
#include "vm_test.h"
#include <vitromech/equilibrium.h>
#include <vitromech/rng.h>
#include <complex.h>

#define SHEAR 37.0 /* GPa */
#define BULK 100.0

enum { N0 = 6, N1 = 5, N2 = 4, TOTAL = N0 * N1 * N2 };
static const int64_t extent[3] = {N0, N1, N2};

/* Fourier coefficient of a whole field at frequency q. */
static double complex Transform(const double *field, const int q[3])
{
  double complex sum = 0.0;
  for (int i = 0; i < TOTAL; ++i) {
    const int at[3] = {i / (N1 * N2), i / N2 % N1, i % N2};
    double phase = 0.0;
    for (int d = 0; d < 3; ++d) phase += 2.0 * VM_PI * q[d] * at[d] / (double)extent[d];
    sum += field[i] * cexp(-I * phase);
  }
  return sum;
}

/* k_i = (i/4) tan(q_i/2) (1 + e^(i q_1)) (1 + e^(i q_2)) (1 + e^(i q_3)): Willot, C. R. Mecanique 343 (2015) 232,
 * eq. 24. tan(x/2) (1 + e^(ix)) = -i (e^(ix) - 1), also at x = pi. */
static void RotatedFrequency(const int q[3], double complex k[3])
{
  double complex plus[3], minus[3];
  for (int d = 0; d < 3; ++d) {
    const double complex wave = 2 * q[d] == extent[d] ? -1.0 : cexp(2.0 * VM_PI * I * q[d] / (double)extent[d]);
    plus[d] = 1.0 + wave;
    minus[d] = -I * (wave - 1.0);
  }
  for (int d = 0; d < 3; ++d) k[d] = 0.25 * I * minus[d] * plus[(d + 1) % 3] * plus[(d + 2) % 3];
}

/* Solves a complex 3x3 system by Cramer's rule. */
static void Solve3(double complex a[3][3], const double complex b[3], double complex x[3])
{
  double complex determinant = 0.0;
  for (int i = 0; i < 3; ++i) x[i] = 0.0;
  for (int i = 0; i < 3; ++i) {
    const int j = (i + 1) % 3, l = (i + 2) % 3;
    determinant += a[0][i] * (a[1][j] * a[2][l] - a[1][l] * a[2][j]);
    for (int r = 0; r < 3; ++r) {
      const int s = (r + 1) % 3, t = (r + 2) % 3;
      x[i] += b[r] * (a[s][j] * a[t][l] - a[s][l] * a[t][j]);
    }
  }
  for (int i = 0; i < 3; ++i) x[i] /= determinant;
}

/* Strain of the Green operator for a polarisation C:eigenstrain: div^R (C:sym grad^R u) = div^R polarisation, where the
 * divergence is the adjoint of the gradient. */
static void GreenStrain(const double complex k[3], const double complex polarisation[6], double complex strain[6])
{
  const double lame = BULK - 2.0 * SHEAR / 3.0;
  double complex acoustic[3][3], force[3] = {0.0}, u[3];
  double square = 0.0;
  for (int i = 0; i < 3; ++i) square += creal(k[i] * conj(k[i]));
  for (int c = 0; c < 6; ++c) strain[c] = 0.0;
  if (square == 0.0) return;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      acoustic[i][j] = lame * conj(k[i]) * k[j] + SHEAR * k[i] * conj(k[j]) + (i == j ? SHEAR * square : 0.0);
      force[i] += conj(k[j]) * polarisation[vm_voigt_index[i][j]];
    }
  Solve3(acoustic, force, u);
  for (int c = 0; c < 6; ++c) {
    const int i = vm_voigt_pair[c][0], j = vm_voigt_pair[c][1];
    strain[c] = 0.5 * (k[i] * u[j] + k[j] * u[i]);
  }
}

static PetscErrorCode Run(void)
{
  VmEquilibriumOptions options;
  VmEquilibriumResult result;
  VmEquilibrium solver;
  const VmMacroLoad load = {.level = {0}};
  double *shear, *bulk, *eigenstrain, *strain, *whole[2], worst = 0.0, size = 0.0;
  VmGrid grid;

  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, extent, 1.0, &grid));
  const size_t np = (size_t)grid->np;
  PetscCall(PetscMalloc4(np, &shear, np, &bulk, 6 * np, &eigenstrain, 6 * np, &strain));
  PetscCall(PetscMalloc2(6 * TOTAL, &whole[0], 6 * TOTAL, &whole[1]));
  for (int64_t i = 0; i < grid->np; ++i) {
    shear[i] = SHEAR, bulk[i] = BULK;
    for (uint32_t c = 0; c < 6; ++c)
      eigenstrain[c * grid->np + i] =
          VmRngUniform((VmRngKey){29, VM_STREAM_TEST}, (uint64_t)VmGridGlobal(grid, i), c) - 0.5;
  }
  VmEquilibriumOptionsInit(&options);
  options.element = VM_ELEMENT_REDUCED;
  options.tolerance = 1e-12;
  PetscCall(VmEquilibriumCreate(grid, &options, &solver));
  PetscCall(VmEquilibriumSetMedium(solver, &(VmMedium){.shear = shear, .bulk = bulk, .eigenstrain = eigenstrain}));
  PetscCall(VmEquilibriumSolve(solver, &load, false, &result));
  VmExpectInt(result.status, VM_SOLVE_CONVERGED);
  VmExpect(result.iterations <= 2, "the preconditioner is not that Green operator: %d iterations", result.iterations);
  PetscCall(VmEquilibriumFields(solver, strain, NULL));
  for (int c = 0; c < 6; ++c) {
    PetscCall(VmFieldGather(grid, eigenstrain + c * grid->np, true, whole[0] + c * TOTAL));
    PetscCall(VmFieldGather(grid, strain + c * grid->np, true, whole[1] + c * TOTAL));
  }
  for (int f = 1; f < TOTAL; ++f) {
    const int q[3] = {f / (N1 * N2), f / N2 % N1, f % N2};
    double complex k[3], polarisation[6], wanted[6], trace = 0.0;
    for (int c = 0; c < 6; ++c) polarisation[c] = Transform(whole[0] + c * TOTAL, q);
    for (int c = 0; c < 3; ++c) trace += polarisation[c];
    for (int c = 0; c < 6; ++c)
      polarisation[c] = 2.0 * SHEAR * polarisation[c] + (c < 3 ? (BULK - 2.0 * SHEAR / 3.0) * trace : 0.0);
    RotatedFrequency(q, k);
    GreenStrain(k, polarisation, wanted);
    for (int c = 0; c < 6; ++c) {
      worst = fmax(worst, cabs(Transform(whole[1] + c * TOTAL, q) - wanted[c]));
      size = fmax(size, cabs(wanted[c]));
    }
  }
  VmFigure("strain of the reduced hexahedron against the rotated scheme, relative difference", worst / size);
  VmExpect(worst <= 1e-12 * size, "they differ by %g of %g", worst, size);
  PetscCall(VmEquilibriumDestroy(&solver));
  PetscCall(PetscFree2(whole[0], whole[1]));
  PetscCall(PetscFree4(shear, bulk, eigenstrain, strain));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
