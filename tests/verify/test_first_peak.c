/* ranks: 1 2; timeout: 120; links: vm_analysis */
#include "vm_test.h"
#include <vitromech/scatter.h>
#include "analysis/atoms/debye.h"

/* First peak of the diffracted I(k) of the two glasses that come with the program. */
static const struct {
  const char *file;
  double peak;
} glasses[] = {{"cu64zr36_10976.xyz.gz", 4.39}, {"zr50cu35al15_10976.xyz.gz", 4.15}};

static PetscErrorCode RealGlasses(void)
{
  enum { SAMPLES = 101 };
  double k[SAMPLES], intensity[SAMPLES];
  char path[4096];

  PetscFunctionBegin;
  for (int g = 0; g < 2; ++g) {
    VmAtoms glass = {0};
    const char *source = getenv("VM_SOURCE_DIR");
    snprintf(path, sizeof path, "%s/inputs/glasses/%s", source ? source : ".", glasses[g].file);
    PetscCall(VmAtomsRead(PETSC_COMM_WORLD, path, &glass));
    double peak;
    PetscCall(VmGlassPeak(PETSC_COMM_WORLD, &glass, &peak));
    VmFigure(glasses[g].file, peak);
    VmExpectNear(peak, glasses[g].peak, 0.08);
    for (int i = 0; i < SAMPLES; ++i) k[i] = 1.0 + 0.08 * i;
    PetscCall(VmDebyeGlass(PETSC_COMM_WORLD, &glass, SAMPLES, k, intensity));
    VmFigure("the same, bins of 0.08/nm", VmFirstPeak(SAMPLES, k, intensity));
    VmExpectNear(VmFirstPeak(SAMPLES, k, intensity), glasses[g].peak, 0.08);
    VmAtomsFree(&glass);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Debye's sum over all pairs of a cluster of known structure: two atoms, and the limits of k. */
static PetscErrorCode Pair(void)
{
  const VmComposition copper = {.n = 1, .number = {29}, .fraction = {1.0}};
  const double r[2][3] = {{0, 0, 0}, {0.1, 0.2, 0.2}}, k[3] = {0.0, 1.0 / 0.6, 4.0};
  double intensity[3];

  PetscFunctionBegin;
  PetscCall(VmDebyeCluster(2, r, &copper, 3, k, intensity));
  for (int i = 0; i < 3; ++i) {
    const double f = VmScatteringFactor(29, k[i]), x = 2 * VM_PI * k[i] * 0.3;
    VmExpectNear(intensity[i] / (f * f), 1 + (i == 0 ? 1.0 : sin(x) / x), 2e-6);
  }
  VmExpectNear(intensity[1] / pow(VmScatteringFactor(29, k[1]), 2), 1.0, 1e-12); /* sin(pi) = 0 */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Random points scatter like an ideal gas: f^2 at every k, within the spread of the sum. */
static PetscErrorCode IdealGas(void)
{
  enum { ATOMS = 4000, SAMPLES = 40 };
  VmAtoms gas = {0};
  double k[SAMPLES], intensity[SAMPLES], mean = 0.0;
  unsigned state = 1;

  PetscFunctionBegin;
  VmAtomsSpecies(&gas, 40);
  for (int d = 0; d < 3; ++d) gas.cell[d][d] = 4.0;
  for (int i = 0; i < ATOMS; ++i) {
    double r[3];
    for (int d = 0; d < 3; ++d) r[d] = 4.0 * (double)((state = state * 1664525u + 1013904223u) >> 8) / (1 << 24);
    PetscCall(VmAtomsAppend(&gas, 0, r, i));
  }
  for (int i = 0; i < SAMPLES; ++i) k[i] = 2.0 + 0.2 * i;
  PetscCall(VmDebyeGlass(PETSC_COMM_WORLD, &gas, SAMPLES, k, intensity));
  for (int i = 0; i < SAMPLES; ++i) mean += intensity[i] / pow(VmScatteringFactor(40, k[i]), 2) / SAMPLES;
  VmExpectNear(mean, 1.0, 0.05);
  VmAtomsFree(&gas);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(RealGlasses());
  PetscCall(Pair());
  PetscCall(IdealGas());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
