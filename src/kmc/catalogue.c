#include "kmc_private.h"

void VmKmcDrawVoxel(VmKmc kmc, int64_t slot)
{
  const int64_t voxel = VmTilesVoxel(&kmc->tiles, slot), generation = kmc->generation[slot], stride = kmc->in_component;
  float *row = VmKmcRow(kmc, slot);
  for (int m = 0; m < kmc->stz.modes; ++m) {
    double eps[6];
    VmStzMode(&kmc->stz, kmc->seed, voxel, generation, m, eps);
    row[0] = (float)eps[0], row[stride] = (float)eps[1];
    for (int c = 3; c < 6; ++c) row[(c - 1) * stride] = (float)(2.0 * eps[c]);
    row += kmc->in_mode;
  }
  for (int m = 0; m < kmc->barriers; ++m)
    kmc->barrier[slot * kmc->in_barriers + m] =
        VmStzBarrier(&kmc->stz, kmc->seed, voxel, generation, m, kmc->slot_ratio[slot]);
}

void VmKmcModeStrain(VmKmc kmc, int64_t slot, int mode, double eps[6])
{
  const float *row = VmKmcRow(kmc, slot) + mode * kmc->in_mode;
  eps[0] = row[0], eps[1] = row[kmc->in_component];
  eps[2] = -(eps[0] + eps[1]);
  for (int c = 3; c < 6; ++c) eps[c] = 0.5 * row[(c - 1) * kmc->in_component];
}

double VmKmcBareBarrier(VmKmc kmc, int64_t slot, int mode)
{
  return kmc->barrier[slot * kmc->in_barriers + (kmc->barriers > 1 ? mode : 0)];
}

double VmKmcMemory(VmKmc kmc, int64_t slot, double time)
{
  return kmc->generation[slot] == 0 ? 1.0 : VmStzMemory(&kmc->stz, true, time - kmc->last_event[slot]);
}

double VmKmcMemoryBound(VmKmc kmc, int64_t slot, double time, double until)
{
  return VmKmcMemory(kmc, slot, kmc->stz.softening.decaying >= 0.0 ? time : until);
}
