/* links: vm_analysis */
#include "vm_test.h"
#include "analysis/synth/phonons.h"

/* Displacements of the variance B says, whose mean amplitude is the Debye-Waller factor; repeatable, different from one
 * configuration to the next, the same for all images of an atom. */
static PetscErrorCode Run(void)
{
  enum { ATOMS = 40000 };
  const double b = 0.006, k[3] = {2.0, -3.0, 4.0}, zero[3] = {0.0, 0.0, 0.0};
  double square[3] = {0.0}, amplitude = 0.0, same = 0.0;
  VmAtoms atoms = {.nspecies = 1, .number = {13}}, moved = {0}, again = {0}, other = {0};

  PetscFunctionBegin;
  for (int a = 0; a < ATOMS; ++a) PetscCall(VmAtomsAppend(&atoms, 0, zero, a));
  PetscCall(VmAtomsAppend(&atoms, 0, k, 7)); /* an image of atom 7 */
  PetscCall(VmPhononsDisplace(3, 5, b, &atoms, &moved));
  PetscCall(VmPhononsDisplace(3, 5, b, &atoms, &again));
  PetscCall(VmPhononsDisplace(3, 6, b, &atoms, &other));
  for (int a = 0; a < ATOMS; ++a) {
    const double u[3] = {moved.x[a], moved.y[a], moved.z[a]};
    double cycles = 0.0;
    for (int d = 0; d < 3; ++d) {
      square[d] += u[d] * u[d] / ATOMS;
      cycles += k[d] * u[d];
    }
    amplitude += cos(2.0 * VM_PI * cycles) / ATOMS;
    same += u[0] * other.x[a] / ATOMS;
    VmExpect(again.x[a] == u[0] && again.y[a] == u[1] && again.z[a] == u[2], "atom %d moves otherwise", a);
  }
  const double expected = b / (8.0 * VM_PI * VM_PI), k2 = k[0] * k[0] + k[1] * k[1] + k[2] * k[2];
  for (int d = 0; d < 3; ++d) VmExpectNear(square[d] / expected, 1.0, 4.0 * sqrt(2.0 / ATOMS));
  VmExpectNear(amplitude, exp(-0.25 * b * k2), 4.0 / sqrt(2.0 * ATOMS));
  VmExpectNear(same / expected, 0.0, 4.0 / sqrt(ATOMS));
  VmExpectNear(moved.x[ATOMS] - k[0], moved.x[7], 1e-14);
  VmAtomsFree(&atoms);
  VmAtomsFree(&moved);
  VmAtomsFree(&again);
  VmAtomsFree(&other);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
