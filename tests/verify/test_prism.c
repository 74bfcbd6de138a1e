/* timeout: 120; links: vm_analysis
 * PRISM: the plane waves of one window are multislice; of more windows, nearly so. */
#include "multislice.h"
#include "vm_test.h"

/* Pattern of a probe by a method in one periodic cell of f windows, centred on `centre`. */
static PetscErrorCode PatternInCell(const char *name, int64_t f, int precision, const VmAtoms *atoms,
                                    const double centre[2], const double r[2], VmOptics *optics, double **intensity)
{
  VmMicroscopeParams params = VmTestMicroscope();
  const VmSynthMethod *method;
  VmTileBox box;
  void *context;

  PetscFunctionBegin;
  for (params.method = 0; strcmp(vm_synth_method_names[params.method], name) != 0;) ++params.method;
  params.precision = precision;
  params.interpolation = f;
  params.accuracy = f == 1 ? 1e-5 : 1e-3;
  params.slice = 1.0;
  params.defocus = 20.0;
  method = vm_synth_methods[params.method];
  VmOpticsInit(&params, optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, optics));
  PetscCall(method->create(optics, &context));
  for (int d = 0; d < 2; ++d) {
    box.grid[d] = f * optics->grid[d];
    box.origin[d] = centre[d] - 0.5 * (double)box.grid[d] * optics->spacing[d];
  }
  PetscCall(PetscMalloc1((size_t)(optics->grid[0] * optics->grid[1]), intensity));
  PetscCall(method->tile(context, atoms, &box));
  PetscCall(method->probe(context, r, 0.0, *intensity));
  PetscCall(method->destroy(&context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The plane waves of one window add up to the probe of multislice. With more windows the neighbours' electrons enter
 * the window, and its own leave: a small difference. */
static PetscErrorCode TestPrism(void)
{
  const double centre[2] = {0.0, 0.0}, r[2] = {0.0113, -0.0087},
               tolerance[2] = {[VM_SINGLE] = 1e-5, [VM_DOUBLE] = 1e-6};
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  PetscCall(VmRandomColumn(1500, 1.7, 10.0, 0.0, &atoms));
  for (int precision = VM_SINGLE; precision <= VM_DOUBLE; ++precision) {
    VmOptics optics;
    double *multislice, *prism, largest = 0.0;
    PetscCall(PatternInCell("multislice", 1, precision, &atoms, centre, r, &optics, &multislice));
    PetscCall(PatternInCell("prism", 1, precision, &atoms, centre, r, &optics, &prism));
    for (int64_t q = 0; q < optics.grid[0] * optics.grid[1]; ++q) largest = fmax(largest, multislice[q]);
    const double worst = VmWorstDifference(&optics, prism, multislice, largest);
    printf("prism, one window, %s precision: largest difference from multislice %.2e of the maximum\n",
           vm_precisions[precision]->name, worst);
    VmExpectNear(worst, 0.0, tolerance[precision]);
    PetscCall(PetscFree(multislice));
    PetscCall(PetscFree(prism));
  }
  for (int64_t f = 2; f <= 3; ++f) {
    const double off[2] = {0.4131, -0.7087}; /* a window inside the cell */
    VmOptics optics;
    double *multislice, *prism;
    PetscCall(PatternInCell("multislice", f, VM_DOUBLE, &atoms, centre, off, &optics, &multislice));
    PetscCall(PatternInCell("prism", f, VM_DOUBLE, &atoms, centre, off, &optics, &prism));
    const double distance = VmPatternDistance(&optics, prism, multislice);
    printf("prism, %lld x %lld windows: relative difference from multislice %.2e\n", (long long)f, (long long)f,
           distance);
    VmExpectNear(distance, 0.0, 0.02);
    PetscCall(PetscFree(multislice));
    PetscCall(PetscFree(prism));
  }
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestPrism());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
