#include "kmc_private.h"

void VmKmcDrawVoxel(VmKmc kmc, int64_t voxel)
{
  const int64_t np = kmc->grid->np, global = VmGridGlobal(kmc->grid, voxel), generation = kmc->state.generation[voxel];
  for (int m = 0; m < kmc->stz.modes; ++m) {
    double eps[6];
    float *row = kmc->catalogue + (int64_t)m * 5 * np + voxel;
    VmStzMode(&kmc->stz, kmc->seed, global, generation, m, eps);
    row[0] = (float)eps[0], row[np] = (float)eps[1];
    for (int c = 3; c < 6; ++c) row[(c - 1) * np] = (float)(2.0 * eps[c]);
  }
  for (int m = 0; m < kmc->barriers; ++m)
    kmc->barrier[m * np + voxel] = VmStzBarrier(&kmc->stz, kmc->seed, global, generation, m, kmc->ratio[voxel]);
}

void VmKmcModeStrain(VmKmc kmc, int64_t voxel, int mode, double eps[6])
{
  const int64_t np = kmc->grid->np;
  const float *row = kmc->catalogue + (int64_t)mode * 5 * np + voxel;
  eps[0] = row[0], eps[1] = row[np];
  eps[2] = -(eps[0] + eps[1]);
  for (int c = 3; c < 6; ++c) eps[c] = 0.5 * row[(c - 1) * np];
}

double VmKmcMemory(VmKmc kmc, int64_t voxel, double time)
{
  return VmStzMemory(&kmc->stz, kmc->state.generation[voxel] > 0, time - kmc->state.last_event[voxel]);
}

double VmKmcMemoryBound(VmKmc kmc, int64_t voxel, double time, double until)
{
  return VmKmcMemory(kmc, voxel, kmc->stz.softening.decaying >= 0.0 ? time : until);
}
