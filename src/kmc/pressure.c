/* What the finder `thinned` has to know of the mean stress of voxels where barriers feel it (friction). Of an event, a
 * shear, the mean stress of another voxel is odd in the offsets that belong to the plane of the shear. */
#include "rates.h"
#include "thinning.h"
#include <vitromech/simd.h>
#include <math.h>
#include <stdlib.h>

struct VmPressure_s {
  int64_t half[3];
  double friction;
  double *octant; /* [half0][half1][half2][VM_SHEARS] friction times mean stress of unit shears [GPa] */
  float *seen;    /* [slots] that the rate is for, with the mean */
  double *known;  /* [slots] without the mean */
};

static double Frictional(const VmPressure pressure, const double sig[6])
{
  return pressure->friction * (sig[0] + sig[1] + sig[2]) / 3.0;
}

double VmThinningNorm(VmKmc kmc, const double sig[6])
{
  const VmPressure pressure = kmc->thinning->pressure;
  return VmShearNorm(sig) + (pressure ? fabs(Frictional(pressure, sig)) : 0.0);
}

double VmPressureWork(VmKmc kmc, const double mean[6], double felt)
{
  const VmPressure pressure = kmc->thinning->pressure;
  return pressure ? VmStzWorkPerStress(&kmc->stz) * (Frictional(pressure, mean) + felt) : 0.0;
}

double VmPressureSee(VmKmc kmc, int64_t slot)
{
  const VmPressure pressure = kmc->thinning->pressure;
  if (!pressure) return 0.0;
  pressure->seen[slot] = (float)(pressure->known[slot] + Frictional(pressure, kmc->state.reference));
  return VmStzWorkPerStress(&kmc->stz) * (double)pressure->seen[slot];
}

double VmPressureMoved(VmKmc kmc, int64_t slot)
{
  const VmPressure pressure = kmc->thinning->pressure;
  if (!pressure) return 0.0;
  return fabs(pressure->known[slot] + Frictional(pressure, kmc->state.reference) - (double)pressure->seen[slot]);
}

VM_SIMD_CLONES
static float Limits(const double *restrict known, const float *restrict seen, double reference, float *restrict limit)
{
  float lowest = HUGE_VALF;
  for (int i = 0; i < VM_TILE; ++i)
    limit[i] -= (float)((1.0 + VM_ROUNDING) * fabs(known[i] + reference - (double)seen[i]));
  for (int i = 0; i < VM_TILE; ++i) lowest = limit[i] < lowest ? limit[i] : lowest;
  return lowest;
}

float VmPressureLimits(VmKmc kmc, int64_t tile)
{
  const VmThinning t = kmc->thinning;
  const int64_t first = tile * VM_TILE;
  return Limits(t->pressure->known + first, t->pressure->seen + first, Frictional(t->pressure, kmc->state.reference),
                t->limit + first);
}

/* Friction times the mean stress that an event makes in a voxel. */
static double Of(const VmKmc kmc, const VmKmcSource *source, const int64_t at[3])
{
  const VmPressure pressure = kmc->thinning->pressure;
  const double *e = source->shear;
  int64_t distance[3];
  double sign[3];
  for (int d = 0; d < 3; ++d) {
    const int64_t offset = at[d] - source->at[d], n = kmc->grid->n[d];
    const bool other = 2 * llabs(offset) > n;
    distance[d] = other ? n - llabs(offset) : llabs(offset);
    sign[d] = (offset < 0) != other ? -1.0 : 1.0;
  }
  const double *k = pressure->octant +
                    VM_SHEARS * ((distance[0] * pressure->half[1] + distance[1]) * pressure->half[2] + distance[2]);
  return ((k[0] * e[0] + k[1] * e[1]) + (sign[1] * sign[2] * k[2] * e[2] + sign[0] * sign[2] * k[3] * e[3])) +
         sign[0] * sign[1] * k[4] * e[4];
}

double VmPressureSum(VmKmc kmc, int64_t slot)
{
  const VmThinning t = kmc->thinning;
  const VmKmcState *state = &kmc->state;
  int64_t tile[3];
  if (!t->pressure) return 0.0;
  double sum = t->pressure->known[slot];
  if (!kmc->interacting) return sum;
  VmTileAt(&kmc->tiles, slot / VM_TILE, tile);
  const int64_t lane = slot % VM_TILE, at[3] = {tile[0], tile[1] + lane / VM_TILE_Z, tile[2] + lane % VM_TILE_Z};
  for (int64_t i = t->summed[slot]; i < state->pending; ++i)
    if (!VmShearKernelNear(t->kernel, tile, state->recent[i].at)) sum += Of(kmc, &state->recent[i], at);
  return sum;
}

void VmPressureKeep(VmKmc kmc, int64_t slot, double felt)
{
  if (kmc->thinning->pressure) kmc->thinning->pressure->known[slot] = felt;
}

void VmPressureAddTile(VmKmc kmc, int64_t tile, const VmKmcSource *source)
{
  const VmPressure pressure = kmc->thinning->pressure;
  int64_t start[3];
  if (!pressure) return;
  VmTileAt(&kmc->tiles, tile, start);
  for (int64_t lane = 0; lane < VM_TILE; ++lane) {
    const int64_t at[3] = {start[0], start[1] + lane / VM_TILE_Z, start[2] + lane % VM_TILE_Z};
    if (at[1] < kmc->grid->n[1] && at[2] < kmc->grid->n[2])
      pressure->known[tile * VM_TILE + lane] += Of(kmc, source, at);
  }
}

PetscErrorCode VmPressureRefresh(VmKmc kmc, double *mean_stress)
{
  const VmPressure pressure = kmc->thinning->pressure;
  PetscFunctionBegin;
  if (!pressure) PetscFunctionReturn(PETSC_SUCCESS);
  for (int64_t i = 0; i < kmc->grid->np; ++i) mean_stress[i] *= pressure->friction;
  PetscCall(VmTilesTake(&kmc->tiles, mean_stress, pressure->known));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double *VmPressureKnown(VmKmc kmc) { return kmc->thinning->pressure ? kmc->thinning->pressure->known : NULL; }

float *VmPressureSeen(VmKmc kmc) { return kmc->thinning->pressure ? kmc->thinning->pressure->seen : NULL; }

PetscErrorCode VmPressureCreate(VmKmc kmc)
{
  const VmBarrierCommon *common = kmc->stz.barrier.common;
  const int64_t *n = kmc->grid->n;
  const size_t slots = (size_t)kmc->tiles.count * VM_TILE;
  VmPressure pressure;

  PetscFunctionBegin;
  if (common->friction == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&pressure));
  kmc->thinning->pressure = pressure;
  pressure->friction = common->friction;
  for (int d = 0; d < 3; ++d) pressure->half[d] = n[d] / 2 + 1;
  const int64_t *half = pressure->half;
  PetscCall(PetscCalloc2(slots, &pressure->known, slots, &pressure->seen));
  if (!kmc->interacting) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)(VM_SHEARS * half[0] * half[1] * half[2]), &pressure->octant));
  for (int64_t x = 0; x < half[0]; ++x)
    for (int64_t y = 0; y < half[1]; ++y)
      for (int64_t z = 0; z < half[2]; ++z)
        for (int j = 0; j < VM_SHEARS; ++j) {
          double shears[VM_SHEARS] = {0.0}, eps[6], sig[6];
          shears[j] = 1.0;
          VmFromShears(shears, eps);
          VmKernelAt(kmc->kernel, (const int64_t[3]){x, y, z}, eps, sig);
          pressure->octant[VM_SHEARS * ((x * half[1] + y) * half[2] + z) + j] = Frictional(pressure, sig);
        }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPressureDestroy(VmKmc kmc)
{
  const VmPressure pressure = kmc->thinning->pressure;
  PetscFunctionBegin;
  if (!pressure) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2(pressure->known, pressure->seen));
  PetscCall(PetscFree(pressure->octant));
  PetscCall(PetscFree(kmc->thinning->pressure));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmPressureBytes(const VmStz *stz, int64_t np, const int64_t n[3])
{
  const VmBarrierCommon *common = stz->barrier.common;
  const int64_t octant = (n[0] / 2 + 1) * (n[1] / 2 + 1) * (n[2] / 2 + 1);
  return common->friction == 0.0 ? 0 : 12 * np + 8 * VM_SHEARS * octant;
}
