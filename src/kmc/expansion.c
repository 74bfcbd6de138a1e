/* Thermal expansion that differs from voxel to voxel, for the finder `thinned`. Its stress in a voxel goes with the
 * temperature. What is known of a voxel holds it as of the start of a window; what is added since is reckoned exactly
 * where a stress is looked at, and in bounds by its largest value in the window. */
#include "changing.h"
#include "thinning.h"
#include <math.h>

struct VmExpansion_s {
  double *stress;  /* [slots][VM_STRESSES] shears and what is felt of the mean stress, per temperature [GPa/K] */
  double *norm;    /* [slots] of these, in the norm of margins [GPa/K] */
  double steepest; /* largest norm of all ranks */
};

/* Stress of one kelvin, shears and what is felt of the mean stress: [VM_STRESSES][np]. */
static PetscErrorCode UnitStress(VmKmc kmc, double *field)
{
  const VmBarrierCommon *common = kmc->stz.barrier.common;
  const VmChanging ch = kmc->changing;
  const int64_t np = kmc->grid->np;
  double *strain;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)(6 * np), &strain));
  for (int c = 0; c < 3; ++c)
    for (int64_t i = 0; i < np; ++i) strain[c * np + i] = ch->expansion[ch->flow_unit[i] > 0.0];
  PetscCall(VmGreenStress(kmc->green, strain, field));
  PetscCall(PetscFree(strain));
  for (int64_t i = 0; i < np; ++i) {
    double sig[6], shear[VM_SHEARS];
    for (int c = 0; c < 6; ++c) sig[c] = field[c * np + i];
    VmShears(sig, shear);
    for (int c = 0; c < VM_SHEARS; ++c) field[c * np + i] = shear[c];
    field[VM_FELT * np + i] = common->friction * (sig[0] + sig[1] + sig[2]) / 3.0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmExpansionCreate(VmKmc kmc)
{
  const VmChanging ch = kmc->changing;
  const size_t np = (size_t)kmc->grid->np, slots = (size_t)kmc->tiles.count * VM_TILE;
  VmExpansion e;
  double *field, *slot;
  PetscFunctionBegin;
  if (ch->expansion[0] == ch->expansion[1] || !kmc->interacting) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&e));
  kmc->thinning->expansion = e;
  PetscCall(PetscCalloc2(VM_STRESSES * slots, &e->stress, slots, &e->norm));
  PetscCall(PetscCalloc2(VM_STRESSES * np, &field, slots, &slot));
  PetscCall(UnitStress(kmc, field));
  for (size_t c = 0; c < VM_STRESSES; ++c) {
    PetscCall(VmTilesTake(&kmc->tiles, field + c * np, slot));
    for (size_t i = 0; i < slots; ++i) e->stress[VM_STRESSES * i + c] = slot[i];
  }
  PetscCall(PetscFree2(field, slot));
  for (size_t i = 0; i < slots; ++i) {
    const double *s = e->stress + VM_STRESSES * i;
    for (int c = 0; c < VM_SHEARS; ++c) e->norm[i] += 0.5 * s[c] * s[c];
    e->norm[i] = sqrt(e->norm[i]) + fabs(s[VM_FELT]);
    e->steepest = fmax(e->steepest, e->norm[i]);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &e->steepest, 1, MPI_DOUBLE, MPI_MAX, kmc->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmExpansionDestroy(VmKmc kmc)
{
  const VmExpansion e = kmc->thinning->expansion;
  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2(e->stress, e->norm));
  PetscCall(PetscFree(kmc->thinning->expansion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double VmExpansionSpeed(VmKmc kmc)
{
  const VmExpansion e = kmc->thinning->expansion;
  return e ? e->steepest * fabs(kmc->state.temperature_rate) : 0.0;
}

double VmExpansionMost(VmKmc kmc, int64_t slot)
{
  const VmExpansion e = kmc->thinning->expansion;
  return e ? e->norm[slot] * kmc->thinning->heat : 0.0;
}

void VmExpansionAdd(VmKmc kmc, int64_t slot, double time, double stress[VM_STRESSES])
{
  const VmExpansion e = kmc->thinning->expansion;
  if (!e) return;
  const double change = VmKmcTemperature(kmc, time) - kmc->state.temperature, *s = e->stress + VM_STRESSES * slot;
  for (int c = 0; c < VM_STRESSES; ++c) stress[c] += change * s[c];
}

void VmExpansionAddAll(VmKmc kmc, double change)
{
  const VmThinning t = kmc->thinning;
  double *felt = VmPressureKnown(kmc);
  if (!t->expansion || change == 0.0) return;
  for (int64_t slot = 0; slot < kmc->tiles.count * VM_TILE; ++slot) {
    const double *s = t->expansion->stress + VM_STRESSES * slot;
    double *known = t->known + slot / VM_TILE * VM_SHEARS * VM_TILE + slot % VM_TILE;
    for (int c = 0; c < VM_SHEARS; ++c) known[c * VM_TILE] += change * s[c];
    if (felt) felt[slot] += change * s[VM_FELT];
  }
}

int64_t VmKmcExpansionBytes(int64_t np) { return 8 * np * (VM_STRESSES + 1); }
