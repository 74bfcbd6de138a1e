/* links: vm_analysis */
#include "vm_test.h"
#include <vitromech/atoms.h>
#include <vitromech/scatter.h>

/* Scattering factors of all elements from their published constants: f(q) [A] = sum_i a_i (2 + b_i q^2)/(1 + b_i
 * q^2)^2, to the five digits they are tabulated with. */
static PetscErrorCode Run(void)
{
  const char *path = VmTestData("electron_scattering_lobato2014.csv");
  char line[1024], symbol[8];
  int elements = 0;

  PetscFunctionBegin;
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  FILE *f = fopen(path, "r");
  while (f && fgets(line, sizeof line, f)) {
    double c[10];
    if (sscanf(line, "%7[^,],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", symbol, c, c + 1, c + 2, c + 3, c + 4, c + 5,
               c + 6, c + 7, c + 8, c + 9) != 11)
      continue;
    const int z = VmElementNumber(symbol);
    ++elements;
    for (double q = 0.0; q <= 2.0; q += 0.25) {
      double wanted = 0.0;
      for (int i = 0; i < 5; ++i) wanted += c[i] * (2.0 + c[i + 5] * q * q) / pow(1.0 + c[i + 5] * q * q, 2);
      VmExpect(fabs(10.0 * VmScatteringFactor(z, 10.0 * q) / wanted - 1.0) < 5e-6, "%s at %g", symbol, q);
    }
  }
  if (f) fclose(f);
  VmExpectInt(elements, VM_MAX_ATOMIC_NUMBER);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
