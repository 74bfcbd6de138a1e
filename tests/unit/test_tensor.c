/* ranks: 1; timeout: 20; links: vm_grid */
#include "vm_test.h"
#include <vitromech/tensor.h>

static void Full(const double a[6], double full[3][3])
{
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) full[i][j] = a[vm_voigt_index[i][j]];
  }
}

static double FullDot(const double a[6], const double b[6])
{
  double x[3][3], y[3][3], sum = 0.0;
  Full(a, x);
  Full(b, y);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) sum += x[i][j] * y[i][j];
  }
  return sum;
}

static PetscErrorCode Run(void)
{
  const double a[6] = {0.3, -1.2, 0.7, 0.11, -0.4, 2.0}, b[6] = {1.0, 0.5, -0.25, 3.0, 0.2, -0.7};
  const char letters[] = "xyz";

  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) {
    const int i = vm_voigt_pair[c][0], j = vm_voigt_pair[c][1];
    VmExpectInt(vm_voigt_index[i][j], c);
    VmExpectInt(vm_voigt_index[j][i], c);
    VmExpect(vm_component_names[c][0] == letters[i] && vm_component_names[c][1] == letters[j], "component %d", c);
  }
  VmExpect(vm_component_names[6] == NULL, "the end of the names");
  VmExpect(vm_voigt_pair[VM_XY][0] == 0 && vm_voigt_pair[VM_XY][1] == 1 && vm_voigt_pair[VM_YZ][0] == 1, "enumeration");
  VmExpectNear(VmDot6(a, b), FullDot(a, b), 1e-15);

  /* uniaxial stress along y: E = 9KG/(3K+G), nu = (3K-2G)/(2(3K+G)) */
  const double G = 31.3, K = 101.2, E = 9.0 * K * G / (3.0 * K + G), nu = (3.0 * K - 2.0 * G) / (2.0 * (3.0 * K + G));
  const double strain[6] = {-nu * 0.01, 0.01, -nu * 0.01, 0.002, 0.0, -0.003};
  const double wanted[6] = {0.0, 0.01 * E, 0.0, 2.0 * G * 0.002, 0.0, -2.0 * G * 0.003};
  double stress[6];
  VmHooke(G, K, strain, stress);
  for (int c = 0; c < 6; ++c) VmExpectNear(stress[c], wanted[c], 1e-14);

  /* uniaxial stress s: equivalent stress s; simple shear gamma = 2 eps_xy: equivalent strain gamma / sqrt(3) */
  const double uniaxial[6] = {0.0, 0.0, -2.5, 0.0, 0.0, 0.0}, shear[6] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.03};
  const double pressure[6] = {4.0, 4.0, 4.0, 0.0, 0.0, 0.0};
  VmExpectNear(VmEquivalentStress(uniaxial), 2.5, 1e-15);
  VmExpectNear(VmEquivalentStrain(shear), 0.06 / sqrt(3.0), 1e-16);
  VmExpectNear(VmEquivalentStress(pressure), 0.0, 1e-15);
  VmExpectNear(VmEquivalentStrain(pressure), 0.0, 1e-15);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
