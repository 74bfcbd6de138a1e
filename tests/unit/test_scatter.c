/* links: vm_analysis */
#include "vm_test.h"
#include <vitromech/scatter.h>

/* The potential projected onto k and a height has the transform f(sqrt(k^2 + kz^2)) along the height. With D(z) =
 * VmScatteringBelow and D(z) - f(k) max(z, 0) = D(-|z|), its second derivative in z is the potential less f at the
 * nucleus: f(sqrt(k^2 + kz^2)) = f(k) - (2 pi kz)^2 2 int_0^inf D(-z) cos(2 pi kz z) dz. */
static void TestBelow(int number)
{
  enum { STEPS = 20000 };
  const double far = 3.0; /* nm */

  for (double k = 0.0; k < 12.0; k += 3.0) {
    const double f = VmScatteringFactor(number, k);
    VmExpectNear((VmScatteringBelow(number, k, 50.0) - VmScatteringBelow(number, k, 40.0)) / (10.0 * f), 1.0, 1e-12);
    VmExpectNear(VmScatteringBelow(number, k, -50.0) / f, 0.0, 1e-12);
    for (double kz = 0.5; kz < 12.0; kz += 2.5) {
      double sum = 0.0;
      for (int i = 0; i < STEPS; ++i) { /* midpoints, finer towards the nucleus: z = far u^3 */
        const double u = (i + 0.5) / STEPS, z = far * u * u * u;
        sum += 3.0 * u * u * far / STEPS * VmScatteringBelow(number, k, -z) * cos(2.0 * VM_PI * kz * z);
      }
      const double turn = 2.0 * VM_PI * kz, q = sqrt(k * k + kz * kz);
      VmExpectNear((f - 2.0 * turn * turn * sum) / f, VmScatteringFactor(number, q) / f, 1e-6);
    }
  }
}

/* Values of the published table, in Angstrom: data README and the header of the constants. */
static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  VmExpectNear(10.0 * VmScatteringFactor(40, 0.0), 12.1788, 5e-5);
  VmExpectNear(10.0 * VmScatteringFactor(40, 5.0), 4.16097, 5e-6);
  VmExpectNear(10.0 * VmScatteringFactor(29, 0.0), 5.601, 5e-4);
  VmExpectNear(10.0 * VmScatteringFactor(29, 10.0), 1.46822, 5e-6);
  VmExpect(isnan(VmScatteringFactor(0, 1.0)) && isnan(VmScatteringFactor(104, 1.0)), "no such element");

  for (int z = 1; z <= VM_MAX_ATOMIC_NUMBER; z += 13) TestBelow(z);
  for (int z = 1; z <= VM_MAX_ATOMIC_NUMBER; ++z) {
    /* Positive and falling; at large k the nucleus alone scatters: f -> Z/(2 pi^2 a_0 k^2), a_0 the Bohr radius. */
    double previous = VmScatteringFactor(z, 0.0);
    for (double k = 0.5; k <= 60.0; k += 0.5) {
      const double f = VmScatteringFactor(z, k);
      VmExpect(f > 0.0 && f < previous, "f of element %d at k = %g 1/nm is %g after %g nm", z, k, f, previous);
      previous = f;
    }
    const double nucleus = z / (2.0 * VM_PI * VM_PI * 0.0529177211 * 1e8);
    VmExpectNear(VmScatteringFactor(z, 1e4) / nucleus, 1.0, 2e-3);
  }

  VmExpectNear(1e3 * VmElectronWavelength(300e3), 1.96875, 5e-6);
  VmExpectNear(1e3 * VmElectronWavelength(300e3), 1.968749, 5e-7);
  VmExpectNear(0.1 * VmInteractionConstant(300e3), 6.526161e-4, 5e-10);
  VmExpectNear(100.0 * VM_POTENTIAL_FACTOR, 47.877647, 1e-6);
  /* First Born: interaction constant times potential = relativistic mass factor times wavelength times f. */
  VmExpectNear(VmInteractionConstant(300e3) * VM_POTENTIAL_FACTOR / VmElectronWavelength(300e3), 1.587085, 1e-6);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
