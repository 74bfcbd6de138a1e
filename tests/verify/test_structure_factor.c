/* ranks: 1 2; timeout: 60; links: vm_analysis */
#include "vm_test.h"
#include "analysis/atoms/debye.h"
#include <vitromech/scatter.h>

/* First peaks of the structure factor of the two glasses [1/Angstrom, q = 2 pi k]: number-number, and weighted by the
 * scattering factors for electrons. Source: the simulations the glasses come from. */
static const struct {
  const char *file;
  double number, electrons;
} glasses[] = {{"cu64zr36_10976.xyz.gz", 2.82, 2.79}, {"zr50cu35al15_10976.xyz.gz", 2.66, 2.63}};

enum { SAMPLES = 221 };

/* S = (I - <f^2> + <f>^2)/<f>^2 of I per atom. */
static double Peak(const VmComposition *composition, const double *k, double *intensity)
{
  for (int i = 0; i < SAMPLES; ++i) {
    double mean = 0.0, square = 0.0;
    for (int s = 0; s < composition->n; ++s) {
      const double f = VmScatteringFactor(composition->number[s], k[i]);
      mean += composition->fraction[s] * f;
      square += composition->fraction[s] * f * f;
    }
    intensity[i] = (intensity[i] - square + mean * mean) / (mean * mean);
  }
  return 0.1 * 2.0 * VM_PI * VmFirstPeak(SAMPLES, k, intensity);
}

static PetscErrorCode Run(void)
{
  const char *source = getenv("VM_SOURCE_DIR");
  double k[SAMPLES], intensity[SAMPLES];
  char path[4096];

  PetscFunctionBegin;
  for (int i = 0; i < SAMPLES; ++i) k[i] = 2.0 + 0.02 * i;
  for (int g = 0; g < 2; ++g) {
    VmAtoms glass = {0};
    snprintf(path, sizeof path, "%s/inputs/glasses/%s", source ? source : ".", glasses[g].file);
    PetscCall(VmAtomsRead(PETSC_COMM_WORLD, path, &glass));
    VmComposition composition = VmCompositionOf(&glass);
    PetscCall(VmDebyeGlass(PETSC_COMM_WORLD, &glass, SAMPLES, k, intensity));
    const double electrons = Peak(&composition, k, intensity);
    for (int s = 0; s < glass.nspecies; ++s) glass.number[s] = composition.number[s] = 29;
    PetscCall(VmDebyeGlass(PETSC_COMM_WORLD, &glass, SAMPLES, k, intensity));
    const double number = Peak(&composition, k, intensity);
    VmFigure(glasses[g].file, number);
    VmFigure("electron-weighted", electrons);
    VmExpectNear(number, glasses[g].number, 0.03);
    VmExpectNear(electrons, glasses[g].electrons, 0.03);
    VmAtomsFree(&glass);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
