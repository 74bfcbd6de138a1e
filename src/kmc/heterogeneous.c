/* Events in a body of moduli that differ from voxel to voxel. The stress of a voxel is B:Sig + s, with Sig the mean
 * stress, B the voxel's stress concentration, and s what the eigenstrain makes at vanishing mean stress: that of the
 * homogeneous kernel plus the difference between the heterogeneous and the homogeneous equilibrium of the same
 * elements. */
#include "kmc_private.h"
#include <string.h>

/* Equilibrium under the unit mean stresses, which every stress of the run contains, is solved at least this well. */
#define UNIT_TOLERANCE 1e-10

struct VmHeterogeneous_s {
  VmEquilibrium equilibrium;
  VmMedium body, reference;
  double *shear, *bulk, *uniform_shear, *uniform_bulk; /* [np] GPa, of the two */
  double *source;                                      /* [6][np] eigenstrain of one event, else 0 */
  double *stress;                                      /* [6][np] GPa */
};

static PetscErrorCode Solve(VmKmc kmc, VmEquilibrium equilibrium, const VmMedium *medium, const VmMacroLoad *load,
                            VmEquilibriumResult *result)
{
  PetscFunctionBegin;
  PetscCall(VmEquilibriumSetMedium(equilibrium, medium));
  PetscCall(VmEquilibriumSolve(equilibrium, load, false, result));
  if (result->status != VM_SOLVE_CONVERGED)
    VmThrow(kmc->grid->comm, VM_ERR_DIVERGED,
            "after %lld events at time %g s: %s; try more solver.max_iterations, or solver.element: full",
            (long long)kmc->state.events, kmc->state.mean.time, result->message);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds to a stress that of an eigenstrain in the body less that in the reference, both at vanishing mean stress. */
static PetscErrorCode AddDifference(VmKmc kmc, const double *eigenstrain, double *stress)
{
  struct VmHeterogeneous_s *h = kmc->heterogeneous;
  const int64_t n = 6 * kmc->grid->np;
  VmMacroLoad load = {.level = {0.0}};
  VmEquilibriumResult result;

  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) load.stress_controlled[c] = true;
  h->body.eigenstrain = h->reference.eigenstrain = eigenstrain;
  PetscCall(Solve(kmc, h->equilibrium, &h->body, &load, &result));
  kmc->iterations += result.iterations;
  PetscCall(VmEquilibriumFields(h->equilibrium, NULL, h->stress));
  for (int64_t i = 0; i < n; ++i) stress[i] += h->stress[i];
  PetscCall(Solve(kmc, h->equilibrium, &h->reference, &load, &result));
  kmc->iterations += result.iterations;
  PetscCall(VmEquilibriumFields(h->equilibrium, NULL, h->stress));
  for (int64_t i = 0; i < n; ++i) stress[i] -= h->stress[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcFluctuation(VmKmc kmc, const double *eigenstrain, double *stress)
{
  PetscFunctionBegin;
  PetscCall(VmGreenStress(kmc->green, eigenstrain, stress));
  if (kmc->heterogeneous) PetscCall(AddDifference(kmc, eigenstrain, stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcAddDifference(VmKmc kmc, const VmEvent *event, double *stress)
{
  double *source = kmc->heterogeneous->source;
  const int64_t np = kmc->grid->np, local = event->voxel - VmGridGlobal(kmc->grid, 0);
  const bool here = local >= 0 && local < np;

  PetscFunctionBegin;
  for (int c = 0; here && c < 6; ++c) source[c * np + local] = event->strain[c];
  PetscCall(AddDifference(kmc, source, stress));
  for (int c = 0; here && c < 6; ++c) source[c * np + local] = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmKmcMacroscopicStrain(VmKmc kmc, int64_t voxel, const double eps[6], double macroscopic[6])
{
  const double *b = kmc->concentration + 36 * voxel;
  for (int d = 0; d < 6; ++d) {
    macroscopic[d] = 0.0;
    for (int c = 0; c < 6; ++c) macroscopic[d] += (c < 3 ? 1.0 : 2.0) * b[6 * c + d] * eps[c];
    if (d >= 3) macroscopic[d] *= 0.5;
  }
}

void VmKmcEquivalentEigenstrain(VmKmc kmc, const double *stress, double *eigenstrain)
{
  const struct VmHeterogeneous_s *h = kmc->heterogeneous;
  const VmMean *mean = &kmc->state.mean;
  const int64_t np = kmc->grid->np;
  for (int64_t i = 0; i < np; ++i) {
    const double shear = 0.5 / h->shear[i] - 0.5 / mean->shear, bulk = (1.0 / h->bulk[i] - 1.0 / mean->bulk) / 3.0;
    const double pressure = (stress[i] + stress[np + i] + stress[2 * np + i]) / 3.0;
    for (int c = 0; c < 6; ++c)
      eigenstrain[c * np + i] +=
          shear * (stress[c * np + i] - (c < 3 ? pressure : 0.0)) + (c < 3 ? bulk * pressure : 0.0);
  }
}

/* Stress of every voxel and mean strain under each unit mean stress. */
static PetscErrorCode UnitLoads(VmKmc kmc, const VmEquilibriumOptions *options)
{
  struct VmHeterogeneous_s *h = kmc->heterogeneous;
  const int64_t np = kmc->grid->np;
  VmEquilibriumOptions tight = *options;
  VmEquilibrium equilibrium;
  VmEquilibriumResult result;

  PetscFunctionBegin;
  tight.tolerance = PetscMin(options->tolerance, UNIT_TOLERANCE);
  PetscCall(VmEquilibriumCreate(kmc->grid, &tight, &equilibrium));
  for (int d = 0; d < 6; ++d) {
    VmMacroLoad load = {.level = {0.0}};
    for (int c = 0; c < 6; ++c) load.stress_controlled[c] = true;
    load.level[d] = 1.0;
    PetscCall(Solve(kmc, equilibrium, &h->body, &load, &result));
    PetscCall(VmEquilibriumFields(equilibrium, NULL, h->stress));
    for (int c = 0; c < 6; ++c) {
      kmc->compliance[c][d] = result.mean_strain[c];
      for (int64_t i = 0; i < np; ++i) kmc->concentration[36 * i + 6 * c + d] = h->stress[c * np + i];
    }
  }
  PetscCall(VmEquilibriumDestroy(&equilibrium));
  /* the energy has one second derivative */
  for (int c = 0; c < 6; ++c)
    for (int d = 0; d < c; ++d) {
      const double wc = c < 3 ? 1.0 : 2.0, wd = d < 3 ? 1.0 : 2.0,
                   middle = 0.5 * (wc * kmc->compliance[c][d] + wd * kmc->compliance[d][c]);
      kmc->compliance[c][d] = middle / wc, kmc->compliance[d][c] = middle / wd;
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcHeterogeneousCreate(VmKmc kmc, const VmKmcSetup *setup)
{
  const size_t np = (size_t)kmc->grid->np;
  VmEquilibriumOptions options;
  struct VmHeterogeneous_s *h;

  PetscFunctionBegin;
  PetscCheck((!np || (setup->shear_field && setup->bulk_field)) && setup->interacting, kmc->grid->comm,
             PETSC_ERR_ARG_INCOMP, "moduli of voxels need both fields and voxels that interact");
  PetscCheck(setup->finder == VM_FINDER_FULL, kmc->grid->comm, PETSC_ERR_SUP,
             "only finder: full knows moduli that differ from voxel to voxel");
  PetscCheck(!setup->relaxation && setup->expansion == setup->flow_unit_expansion, kmc->grid->comm, PETSC_ERR_SUP,
             "moduli that differ from voxel to voxel do not go with flow units that relax or expand");
  PetscCall(PetscNew(&h));
  kmc->heterogeneous = h;
  PetscCall(PetscMalloc4(np, &h->shear, np, &h->bulk, np, &h->uniform_shear, np, &h->uniform_bulk));
  PetscCall(PetscCalloc2(6 * np, &h->source, 6 * np, &h->stress));
  PetscCall(PetscMalloc1(36 * np, &kmc->concentration));
  for (size_t i = 0; i < np; ++i) {
    h->shear[i] = setup->shear_field[i], h->bulk[i] = setup->bulk_field[i];
    h->uniform_shear[i] = setup->shear, h->uniform_bulk[i] = setup->bulk;
  }
  h->body = (VmMedium){.shear = h->shear, .bulk = h->bulk};
  h->reference = (VmMedium){.shear = h->uniform_shear, .bulk = h->uniform_bulk};
  VmEquilibriumOptionsInit(&options);
  if (setup->equilibrium) options = *setup->equilibrium;
  PetscCall(UnitLoads(kmc, &options));
  PetscCall(VmEquilibriumCreate(kmc->grid, &options, &h->equilibrium));
  kmc->state.mean.compliance = (const double(*)[6])kmc->compliance;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcHeterogeneousDestroy(VmKmc kmc)
{
  struct VmHeterogeneous_s *h = kmc->heterogeneous;
  PetscFunctionBegin;
  if (!h) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmEquilibriumDestroy(&h->equilibrium));
  PetscCall(PetscFree4(h->shear, h->bulk, h->uniform_shear, h->uniform_bulk));
  PetscCall(PetscFree2(h->source, h->stress));
  PetscCall(PetscFree(kmc->concentration));
  PetscCall(PetscFree(kmc->heterogeneous));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmKmcIterations(VmKmc kmc) { return kmc->iterations; }

int64_t VmKmcHeterogeneousBytes(int64_t np)
{
  /* concentrations, moduli, source and stress; four displacements, their transform and two moduli of the solver */
  return np * (int64_t)sizeof(double) * (36 + 4 + 12 + 12 + 3 + 2);
}
