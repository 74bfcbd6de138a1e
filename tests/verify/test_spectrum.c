/* ranks: 1 2 3; timeout: 120; links: vm_solvers
 * Spectra of bodies of three-parameter solids: the closed form of one solid, time-temperature superposition of many. */
#include "material_point.h"
#include <vitromech/harmonic.h>
#include <vitromech/law.h>

enum { FREQUENCIES = 41, TEMPERATURES = 6 };

#define RELAXED 14.0
#define FLOW 18.0
#define VISCOSITY 40.0
#define BULK 100.0

typedef struct {
  VmGrid grid;
  VmHarmonic solver;
  VmComposition composition;
  VmPlugin materials[2];
  Point points[2];
  uint8_t *phase;
  double *viscosity;
  const double *factor[1];
} Body;

static const char *const varied[] = {"viscosity"};

/* Lognormal viscosities in the flowing phase, a fifth of the voxels elastic; or one solid everywhere. */
static PetscErrorCode BodyCreate(const char *law, const int64_t n[3], bool uniform, Body *b)
{
  VmEquilibriumOptions options;
  PetscFunctionBegin;
  memset(b, 0, sizeof *b);
  VmEquilibriumOptionsInit(&options);
  options.tolerance = 1e-9;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.0, &b->grid));
  PetscCall(PointCreate("zener", law, &b->points[0]));
  PetscCall(PointCreate("elastic", "{shear_modulus: 35 GPa, bulk_modulus: 110 GPa}", &b->points[1]));
  for (int m = 0; m < 2; ++m)
    b->materials[m] = (VmPlugin){.head = &b->points[m].ops->head, .params = b->points[m].params};
  PetscCall(PetscMalloc2((size_t)b->grid->np, &b->phase, (size_t)b->grid->np, &b->viscosity));
  for (int64_t i = 0; i < b->grid->np; ++i) {
    const VmRngKey key = {5, VM_STREAM_TEST};
    double normal[2];
    VmRngNormal2(key, (uint64_t)VmGridGlobal(b->grid, i), 0, normal);
    b->viscosity[i] = uniform ? 1.0 : exp(1.5 * normal[0]);
    b->phase[i] = !uniform && normal[1] > 0.84;
  }
  b->factor[0] = b->viscosity;
  b->composition = (VmComposition){
      .phases = 2, .material = b->materials, .phase = b->phase, .variations = 1, .varied = varied, .factor = b->factor};
  PetscCall(VmHarmonicCreate(b->grid, &options, &b->solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BodyDestroy(Body *b)
{
  PetscFunctionBegin;
  PetscCall(VmHarmonicDestroy(&b->solver));
  PetscCall(PetscFree2(b->phase, b->viscosity));
  for (int m = 0; m < 2; ++m) PetscCall(PointDestroy(&b->points[m]));
  PetscCall(VmGridDestroy(&b->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shear modulus of the box, going on from the last frequency. */
static PetscErrorCode Shear(Body *b, double omega, double temperature, bool warm, double complex *modulus,
                            int *iterations)
{
  const VmHarmonicLoad load = {.level = {[VM_XY] = 1e-3}};
  VmHarmonicResult result;
  PetscFunctionBegin;
  PetscCall(VmHarmonicSetComposition(b->solver, &b->composition, omega, temperature));
  PetscCall(VmHarmonicSolve(b->solver, &load, warm, &result));
  VmExpectInt(result.status, VM_SOLVE_CONVERGED);
  VmExpectNear(result.dissipated / result.work, 1.0, 1e-6);
  *modulus = result.mean_stress[VM_XY] / 2e-3;
  *iterations += result.iterations;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* E' and E'' of A1 in shear and, with free sides, of Young's modulus, to 1e-10. */
static PetscErrorCode ClosedForm(void)
{
  const char *const shear = "{relaxed_shear_modulus: 14 GPa, flow_unit_shear_modulus: 18 GPa, viscosity: 40 GPa s, "
                            "bulk_modulus: 100 GPa}";
  const char *const young = "{relaxed_young_modulus: 30 GPa, flow_unit_young_modulus: 45 GPa, uniaxial_viscosity: 1.5 "
                            "GPa s, bulk_modulus: 100 GPa}";
  const int64_t n[3] = {4, 3, 2};
  const VmHarmonicLoad tension = {.stress_controlled = {false, true, true, true, true, true}, .level = {1e-3}};
  VmHarmonicResult result;
  Body b;
  int iterations = 0;
  PetscFunctionBegin;
  PetscCall(BodyCreate(shear, n, true, &b));
  for (double omega = 1e-4; omega < 2e4; omega *= 10.0) {
    const double x = omega * VISCOSITY / FLOW;
    double complex modulus;
    PetscCall(Shear(&b, omega, 300.0, false, &modulus, &iterations));
    VmExpectNear(creal(modulus), RELAXED + FLOW * x * x / (1.0 + x * x), 1e-10);
    VmExpectNear(cimag(modulus), FLOW * x / (1.0 + x * x), 1e-10);
  }
  VmExpectInt(iterations, 0);
  PetscCall(BodyDestroy(&b));
  PetscCall(BodyCreate(young, n, true, &b));
  for (double omega = 1e-2; omega < 2e4; omega *= 10.0) {
    const double x = omega * 1.5 / 45.0;
    PetscCall(VmHarmonicSetComposition(b.solver, &b.composition, omega, 300.0));
    PetscCall(VmHarmonicSolve(b.solver, &tension, false, &result));
    VmExpectNear(creal(result.mean_stress[VM_XX]) / 1e-3, 30.0 + 45.0 * x * x / (1.0 + x * x), 1e-10);
    VmExpectNear(cimag(result.mean_stress[VM_XX]) / 1e-3, 45.0 * x / (1.0 + x * x), 1e-10);
  }
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spectra at several temperatures -> shift factors -> activation energy and T_0 of the viscosity. */
static PetscErrorCode Superposition(const char *name, bool uniform, double energy, double divergence)
{
  static double storage[TEMPERATURES * FREQUENCIES], loss[TEMPERATURES * FREQUENCIES];
  const int64_t edge = uniform ? 1 : 6, n[3] = {edge, edge, edge};
  double temperature[TEMPERATURES], omega[FREQUENCIES], shift[TEMPERATURES], misfit[TEMPERATURES], factor[TEMPERATURES];
  char law[512], text[160];
  int iterations = 0;
  VmLawFitOptions options;
  VmLawFit fit;
  Body b;

  PetscFunctionBegin;
  snprintf(
      law, sizeof law,
      "{relaxed_shear_modulus: 14 GPa, flow_unit_shear_modulus: 18 GPa, viscosity: 40 GPa s, bulk_modulus: 100 GPa, "
      "activation_energy: %g eV, vft_temperature: %g K, reference_temperature: 600 K}",
      energy, divergence);
  PetscCall(BodyCreate(law, n, uniform, &b));
  for (int f = 0; f < FREQUENCIES; ++f) omega[f] = pow(10.0, -4.0 + 8.0 * f / (FREQUENCIES - 1));
  for (int t = 0; t < TEMPERATURES; ++t) {
    temperature[t] = 580.0 + 8.0 * t;
    for (int f = 0; f < FREQUENCIES; ++f) {
      double complex modulus;
      PetscCall(Shear(&b, omega[f], temperature[t], f > 0, &modulus, &iterations));
      storage[t * FREQUENCIES + f] = creal(modulus), loss[t * FREQUENCIES + f] = cimag(modulus);
    }
  }
  PetscCall(VmMasterCurve(TEMPERATURES, FREQUENCIES, omega, storage, loss, 2, shift, misfit));
  for (int t = 0; t < TEMPERATURES; ++t) {
    const double exact =
        energy / VM_BOLTZMANN * (1.0 / (temperature[t] - divergence) - 1.0 / (temperature[2] - divergence));
    VmExpectNear(shift[t], exact, 2e-3);
    VmExpect(misfit[t] < 5e-3, "misfit %g", misfit[t]);
    factor[t] = exp(shift[t]);
  }
  VmLawFitOptionsInit(&options);
  const VmLawOps *ops = (const VmLawOps *)VmPluginFind(&vm_law_kind, divergence > 0.0 ? "vft" : "arrhenius");
  PetscCall(VmLawFitRun(ops, &(VmLawData){.n = TEMPERATURES, .x = temperature, .values = factor}, &options, &fit));
  VmExpect(fit.converged, "%s", fit.message);
  const double got = divergence > 0.0 ? fit.value[1] * VM_BOLTZMANN : fit.value[1];
  snprintf(text, sizeof text, "%s: activation energy over the true one (%d iterations)", name, iterations);
  VmFigure(text, got / energy);
  VmExpectNear(got / energy, 1.0, divergence > 0.0 ? 0.05 : 1e-3);
  if (divergence > 0.0) VmExpectNear(fit.value[2], divergence, 0.02 * divergence);
  PetscCall(BodyDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spectra that do not meet have no shift. */
static PetscErrorCode Apart(void)
{
  const double omega[4] = {1.0, 2.0, 4.0, 8.0};
  const double storage[8] = {1, 1, 1, 1, 2, 2, 2, 2}, loss[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  double shift[2], misfit[2];
  PetscFunctionBegin;
  PetscCall(VmMasterCurve(2, 4, omega, storage, loss, 0, shift, misfit));
  VmExpect(misfit[1] > 0.5, "misfit of constants that differ: %g", misfit[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(ClosedForm());
  PetscCall(Superposition("one solid, Arrhenius", true, 2.5, 0.0));
  PetscCall(Superposition("lognormal viscosities and an elastic phase, Arrhenius", false, 2.5, 0.0));
  PetscCall(Superposition("lognormal viscosities and an elastic phase, VFT", false, 0.4, 420.0));
  PetscCall(Apart());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
