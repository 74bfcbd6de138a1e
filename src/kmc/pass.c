/* One pass over all voxels: rates, their moments and the lowest barrier (finder `full`). */
#include "rates.h"
#include <math.h>
#include <string.h>

/* Drives of a tile from the fluctuation of the slab. */
static void LoadDrives(VmKmc kmc, int64_t tile, double drive[VM_TILE][5])
{
  const VmTiles *t = &kmc->tiles;
  const int64_t np = kmc->grid->np, n1 = kmc->grid->n[1], n2 = kmc->grid->n[2];
  const int64_t plane = tile / t->per_plane, y0 = tile % t->per_plane / t->columns * VM_TILE_Y,
                z0 = tile % t->columns * VM_TILE_Z;
  double load[6], mean[5];
  VmKmcDrives(kmc->state.mean.stress, mean);
  for (int64_t y = y0; y < PetscMin(y0 + VM_TILE_Y, n1); ++y) {
    const double *s = kmc->state.fluctuation + (plane * n1 + y) * n2 + z0;
    const int lane = (int)(y - y0) * VM_TILE_Z, width = (int)PetscMin(VM_TILE_Z, n2 - z0);
    for (int i = 0; i < width; ++i) {
      double *to = drive[lane + i];
      if (kmc->concentration) {
        VmKmcLoadStress(kmc, s - kmc->state.fluctuation + i, kmc->state.mean.stress, load);
        VmKmcDrives(load, mean);
      }
      to[0] = mean[0] + (s[i] - s[2 * np + i]), to[1] = mean[1] + (s[np + i] - s[2 * np + i]);
      for (int c = 2; c < 5; ++c) to[c] = mean[c] + s[(c + 1) * np + i];
    }
  }
}

static void PlanePass(VmKmc kmc, int64_t plane, int moments, const double rate[5])
{
  const int64_t per_plane = kmc->tiles.per_plane;
  double *row = kmc->plane_row + plane * VM_PLANE_ROW, drive[VM_TILE][5] = {{0.0}};
  VmRateSums sums;
  memset(&sums, 0, sizeof sums);
  row[VM_LOWEST] = HUGE_VAL, row[VM_FASTEST] = 0.0;
  for (int64_t tile = plane * per_plane; tile < (plane + 1) * per_plane; ++tile) {
    LoadDrives(kmc, tile, drive);
    VmKmcTileRates(kmc, tile, moments, drive, rate, &sums);
    for (int i = 0; i < VM_TILE; ++i) row[VM_LOWEST] = fmin(row[VM_LOWEST], kmc->lowest[tile * VM_TILE + i]);
  }
  for (int j = 0; j < VM_MOMENTS; ++j) row[j] = kmc->stz.attempt_frequency * VmSumRun(VM_LANES, sums.moment[j]);
  for (int i = 0; i < VM_LANES; ++i) row[VM_FASTEST] = fmax(row[VM_FASTEST], sums.fastest[i]);
}

PetscErrorCode VmKmcPass(VmKmc kmc, double until, int moments)
{
  const double factor = VmKmcWorkFactor(&kmc->stz) / (VM_BOLTZMANN * kmc->temperature);
  VmGrid grid = kmc->grid;
  double rate[5];

  PetscFunctionBegin;
  kmc->until = until, kmc->moments = moments;
  VmKmcDrives(kmc->state.mean.stress_rate, rate);
  for (int c = 0; c < 5; ++c) rate[c] *= factor;
  for (int64_t plane = 0; plane < grid->nx; ++plane) PlanePass(kmc, plane, moments, rate);
  PetscCall(VmGatherPlanes(grid, VM_PLANE_ROW, kmc->plane_row, kmc->planes));
  for (int j = 0; j < VM_MOMENTS; ++j) kmc->total[j] = 0.0;
  kmc->lowest_barrier = HUGE_VAL, kmc->drift = 0.0;
  for (int64_t x = 0; x < grid->n[0]; ++x) {
    const double *row = kmc->planes + x * VM_PLANE_ROW;
    for (int j = 0; j < VM_MOMENTS; ++j) kmc->total[j] += row[j];
    kmc->lowest_barrier = fmin(kmc->lowest_barrier, row[VM_LOWEST]);
    kmc->drift = fmax(kmc->drift, row[VM_FASTEST]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

VmBarrierLeft VmKmcBarrierAt(VmKmc kmc, int64_t slot, int mode, const double sig[6], double memory)
{
  const double factor = VmKmcWorkFactor(&kmc->stz);
  const float *row = VmKmcRow(kmc, slot) + mode;
  double load_rate[6], drive[5], rate[5], work = 0.0, work_rate = 0.0, left, slope;
  VmKmcDrives(sig, drive);
  VmKmcLoadStress(kmc, kmc->concentration ? VmTilesVoxel(&kmc->tiles, slot) - VmGridGlobal(kmc->grid, 0) : 0,
                  kmc->state.mean.stress_rate, load_rate);
  VmKmcDrives(load_rate, rate);
  for (int c = 0; c < 5; ++c)
    work += (double)row[c * kmc->padded] * drive[c], work_rate += (double)row[c * kmc->padded] * rate[c];
  /* finders of their own meet the pressure only here: with it, full works in windows (changing.c) */
  work = work * factor + VmStzPressureWork(&kmc->stz, sig);
  work_rate = work_rate * factor + VmStzPressureWork(&kmc->stz, load_rate);
  const double barrier = VmKmcBareBarrier(kmc, slot, mode) * memory;
  kmc->barrier_law->evaluate(kmc->barrier_params, VmStzWorkPerStress(&kmc->stz), 1, &barrier, &work, &left, &slope);
  return (VmBarrierLeft){
      .left = left, .reserve = left / slope, .drift = slope * work_rate / (VM_BOLTZMANN * kmc->temperature)};
}

VmBarrierLeft VmKmcBarrierLeft(VmKmc kmc, int64_t voxel, int mode, const double mean_stress[6], double memory)
{
  double sig[6];
  VmKmcLoadStress(kmc, voxel, mean_stress, sig);
  for (int c = 0; c < 6; ++c) sig[c] += kmc->state.fluctuation[c * kmc->grid->np + voxel];
  return VmKmcBarrierAt(kmc, VmKmcSlot(kmc, voxel), mode, sig, memory);
}
