#include "kmc_private.h"

static float *Row(VmKmc kmc, int64_t slot, int mode)
{
  return kmc->catalogue + (slot / VM_TILE * kmc->stz.modes + mode) * 5 * VM_TILE + slot % VM_TILE;
}

void VmKmcDrawVoxel(VmKmc kmc, int64_t slot)
{
  const int64_t voxel = VmTilesVoxel(&kmc->tiles, slot), generation = kmc->generation[slot];
  for (int m = 0; m < kmc->stz.modes; ++m) {
    double eps[6];
    float *row = Row(kmc, slot, m);
    VmStzMode(&kmc->stz, kmc->seed, voxel, generation, m, eps);
    row[0] = (float)eps[0], row[VM_TILE] = (float)eps[1];
    for (int c = 3; c < 6; ++c) row[(c - 1) * VM_TILE] = (float)(2.0 * eps[c]);
  }
  for (int m = 0; m < kmc->barriers; ++m)
    kmc->barrier[(slot / VM_TILE * kmc->barriers + m) * VM_TILE + slot % VM_TILE] =
        VmStzBarrier(&kmc->stz, kmc->seed, voxel, generation, m, kmc->slot_ratio[slot]);
}

void VmKmcModeStrain(VmKmc kmc, int64_t slot, int mode, double eps[6])
{
  const float *row = Row(kmc, slot, mode);
  eps[0] = row[0], eps[1] = row[VM_TILE];
  eps[2] = -(eps[0] + eps[1]);
  for (int c = 3; c < 6; ++c) eps[c] = 0.5 * row[(c - 1) * VM_TILE];
}

double VmKmcBareBarrier(VmKmc kmc, int64_t slot, int mode)
{
  return kmc->barrier[(slot / VM_TILE * kmc->barriers + (kmc->barriers > 1 ? mode : 0)) * VM_TILE + slot % VM_TILE];
}

double VmKmcMemory(VmKmc kmc, int64_t slot, double time)
{
  return VmStzMemory(&kmc->stz, kmc->generation[slot] > 0, time - kmc->last_event[slot]);
}

double VmKmcMemoryBound(VmKmc kmc, int64_t slot, double time, double until)
{
  return VmKmcMemory(kmc, slot, kmc->stz.softening.decaying >= 0.0 ? time : until);
}
