/* timeout: 120; links: vm_analysis */
#include "vm_test.h"
#include "glass_block.h"
#include "analysis/synth/foil.h"
#include "analysis/synth/propagate.h"
#include <vitromech/microscope.h>
#include <vitromech/rng.h>
#include <vitromech/scatter.h>

/* physics.md D4: I(k) and I(-k) of a random column are correlated to rho = sinc^2(lambda k^2 t), so that even orders of
 * the angular spectrum have (1 + rho)/(1 - rho) times the power of odd ones. Spectra fall with the order, as speckles
 * are round: orders are compared with their neighbours, [S_2 + ... + S_10]/[S_1/2 + S_3 + ... + S_9 + S_11/2]. The
 * plain sums of 2 to 10 and 1 to 9 give less. */
enum { DIRECTIONS = 180, ORDERS = 11, LINE = 16 };
#define EDGE 13.0    /* nm, of the periodic cell */
#define DENSITY 55.0 /* 1/nm^3 */
#define STEP 0.8     /* nm */
#define RING 4.0     /* 1/nm */

static PetscErrorCode Foil(double thickness, VmAtoms *atoms)
{
  const VmRngKey key = {31, VM_STREAM_TEST};
  const int n = (int)(DENSITY * EDGE * EDGE * thickness);

  PetscFunctionBegin;
  *atoms = (VmAtoms){.nspecies = 3, .number = {40, 27, 13}, .periodic = {true, true, false}};
  atoms->cell[0][0] = atoms->cell[1][1] = EDGE;
  atoms->cell[2][2] = thickness;
  for (int a = 0; a < n; ++a) {
    double u[2], v[2];
    VmRngUniform2(key, (uint64_t)a, 0, u);
    VmRngUniform2(key, (uint64_t)a, 1, v);
    const double r[3] = {u[0] * EDGE, u[1] * EDGE, a < 2 ? a * thickness : v[0] * thickness};
    PetscCall(VmAtomsAppend(atoms, v[1] < 0.55 ? 0 : v[1] < 0.8 ? 1 : 2, r, a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same of a real glass. */
static PetscErrorCode Glass(double thickness, VmAtoms *atoms)
{
  const char *source = getenv("VM_SOURCE_DIR");
  char yaml[4096];

  PetscFunctionBegin;
  snprintf(yaml, sizeof yaml,
           "{structure: %s/inputs/glasses/zr50cu35al15_10976.xyz.gz, size: [%g nm, %g nm, %g nm], thickness: %g nm}",
           source ? source : ".", EDGE, EDGE, thickness + 1.0, thickness);
  PetscCall(GlassOfBlock(PETSC_COMM_SELF, yaml, 3, NULL, atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds S_n of the ring of one pattern. */
static void AddSpectrum(const VmOptics *optics, const double *intensity, int each, double *power)
{
  const int64_t *n = optics->grid;
  double complex sum[ORDERS + 1] = {0.0};

  for (int a = 0; a < DIRECTIONS; ++a) {
    const double angle = 2.0 * VM_PI * a / DIRECTIONS;
    const double x = RING * optics->period * cos(angle), y = RING * optics->period * sin(angle);
    const double i = floor(x), j = floor(y), u = x - i, v = y - j;
    const int64_t row[2] = {((int64_t)i + n[0]) % n[0], ((int64_t)i + 1 + n[0]) % n[0]};
    const int64_t column[2] = {((int64_t)j + n[1]) % n[1], ((int64_t)j + 1 + n[1]) % n[1]};
    const double value =
        (1.0 - u) * ((1.0 - v) * intensity[row[0] * n[1] + column[0]] + v * intensity[row[0] * n[1] + column[1]]) +
        u * ((1.0 - v) * intensity[row[1] * n[1] + column[0]] + v * intensity[row[1] * n[1] + column[1]]);
    for (int m = 0; m <= ORDERS; ++m) sum[m] += value * cexp(-I * m * angle);
  }
  for (int m = 0; m <= ORDERS; ++m) power[m] += pow(cabs(sum[m]) / creal(sum[0]), 2.0) * each / (LINE * LINE);
}

/* Mean over every `each`-th probe of a square. */
static PetscErrorCode Spectrum(const char *name, int each, const VmAtoms *atoms, double power[ORDERS + 1])
{
  VmMicroscopeParams params = {.voltage = 300.0,
                               .semi_angle = 1.15,
                               .window = 2,
                               .ewald = true,
                               .direct_beam = true,
                               .accuracy = 1e-4,
                               .slice = 0.5,
                               .band_limit = true,
                               .precision = VM_SINGLE,
                               .detector = {.pixels = {60, 60}, .pitch = 0.32, .dose = NAN, .gain = 1.0}};
  const double lo[2] = {0.0, 0.0}, hi[2] = {(LINE - 1) * STEP, (LINE - 1) * STEP};
  const VmSynthMethod *method;
  VmOptics optics;
  VmTileBox box;
  VmAtoms inside = {0};
  void *context;
  double *intensity;

  PetscFunctionBegin;
  while (strcmp(vm_synth_method_names[params.method], name) != 0) ++params.method;
  method = vm_synth_methods[params.method];
  VmOpticsInit(&params, &optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, &optics));
  PetscCall(method->create(&optics, &context));
  PetscCall(PetscMalloc1((size_t)(optics.grid[0] * optics.grid[1]), &intensity));
  VmOpticsBox(&optics, lo, hi, &box);
  PetscCall(VmFoilAtoms(PETSC_COMM_SELF, &optics, atoms, &box, &inside));
  PetscCall(method->tile(context, &inside, &box));
  memset(power, 0, (ORDERS + 1) * sizeof *power);
  for (int p = 0; p < LINE * LINE; p += each) {
    PetscCall(method->probe(context, (double[2]){p / LINE * STEP, p % LINE * STEP}, 0.0, intensity));
    AddSpectrum(&optics, intensity, each, power);
  }
  VmAtomsFree(&inside);
  PetscCall(PetscFree(intensity));
  PetscCall(method->destroy(&context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double EvenOverOdd(const double *power, int last)
{
  double sum[2] = {0.0, last == 11 ? 0.5 * (power[11] - power[1]) : 0.0};
  for (int n = 1; n <= 10; ++n) sum[n % 2] += power[n];
  return sum[0] / sum[1];
}

static PetscErrorCode TestFoil(double thickness, double expected)
{
  const double x = VM_PI * VmElectronWavelength(3e5) * RING * RING * thickness, rho = pow(sin(x) / x, 2.0);
  double power[ORDERS + 1];
  VmAtoms atoms;

  PetscFunctionBegin;
  VmExpectNear((1.0 + rho) / (1.0 - rho), expected, 6e-3);
  PetscCall(Foil(thickness, &atoms));
  for (int m = 0; m < 2; ++m) {
    const char *name = m ? "multislice" : "kinematic";
    PetscCall(Spectrum(name, m ? 3 : 1, &atoms, power));
    const double ratio = EvenOverOdd(power, 11);
    printf("%g nm, %s: even over odd %.3f (theory, single scattering: %.3f), plain sums %.3f; S_n", thickness, name,
           ratio, expected, EvenOverOdd(power, 10));
    for (int n = 1; n <= ORDERS; ++n) printf(" %.4f", power[n]);
    printf("\n");
    if (m == 0) VmExpectNear(ratio / expected, 1.0, 0.15);
  }
  VmAtomsFree(&atoms);
  PetscCall(Glass(thickness, &atoms));
  PetscCall(Spectrum("kinematic", 1, &atoms, power));
  printf("%g nm of glass, kinematic: even over odd %.3f, plain sums %.3f\n", thickness, EvenOverOdd(power, 11),
         EvenOverOdd(power, 10));
  VmExpectNear(EvenOverOdd(power, 11) / expected, 1.0, 0.15);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestFoil(20.0, 1.55));
  PetscCall(TestFoil(42.0, 1.09));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
