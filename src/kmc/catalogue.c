#include "kmc_private.h"

void VmKmcDrawVoxel(VmKmc kmc, int64_t slot)
{
  const int64_t voxel = VmTilesVoxel(&kmc->tiles, slot), generation = kmc->generation[slot], stride = kmc->padded;
  float *row = kmc->catalogue + slot * 5 * stride;
  for (int m = 0; m < kmc->stz.modes; ++m) {
    double eps[6];
    VmStzMode(&kmc->stz, kmc->seed, voxel, generation, m, eps);
    row[m] = (float)eps[0], row[stride + m] = (float)eps[1];
    for (int c = 3; c < 6; ++c) row[(c - 1) * stride + m] = (float)(2.0 * eps[c]);
  }
  for (int m = 0; m < kmc->barriers; ++m)
    kmc->barrier[slot * kmc->in_barriers + m] =
        VmStzBarrier(&kmc->stz, kmc->seed, voxel, generation, m, kmc->slot_ratio[slot]);
}

void VmKmcModeStrain(VmKmc kmc, int64_t slot, int mode, double eps[6])
{
  const float *row = VmKmcRow(kmc, slot) + mode;
  eps[0] = row[0], eps[1] = row[kmc->padded];
  eps[2] = -(eps[0] + eps[1]);
  for (int c = 3; c < 6; ++c) eps[c] = 0.5 * row[(c - 1) * kmc->padded];
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
