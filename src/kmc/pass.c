/* One pass over all voxels: bounds of the rates and the lowest barrier (finder `full`). */
#include "rates.h"
#include <vitromech/simd.h>
#include <math.h>

/* Drives of some voxels of a row; those of a tile are its usual width. */
static inline __attribute__((always_inline)) void Load(int64_t width, const double *restrict s, int64_t np,
                                                       const double mean[5], double *restrict drive)
{
  for (int64_t i = 0; i < width; ++i) {
    drive[i] = mean[0] + (s[i] - s[2 * np + i]), drive[VM_TILE + i] = mean[1] + (s[np + i] - s[2 * np + i]);
    for (int c = 2; c < 5; ++c) drive[c * VM_TILE + i] = mean[c] + s[(c + 1) * np + i];
  }
}

/* Voxels along z that are asked for ahead: memory does not follow so many rows by itself. */
enum { AHEAD = 3 * VM_TILE_Z };

VM_SIMD_CLONES
static void LoadRow(int64_t width, const double *s, int64_t np, const double mean[5], double *drive)
{
  for (int c = 0; c < 6; ++c) __builtin_prefetch(s + c * np + AHEAD);
  if (width == VM_TILE_Z) Load(VM_TILE_Z, s, np, mean, drive);
  else Load(width, s, np, mean, drive);
}

/* Drives of a tile from the fluctuation of the slab. */
static void LoadDrives(VmKmc kmc, int64_t tile, double drive[5][VM_TILE])
{
  const VmTiles *t = &kmc->tiles;
  const int64_t np = kmc->grid->np, n1 = kmc->grid->n[1], n2 = kmc->grid->n[2];
  const int64_t plane = tile / t->per_plane, y0 = tile % t->per_plane / t->columns * VM_TILE_Y,
                z0 = tile % t->columns * VM_TILE_Z;
  double mean[5];
  VmKmcDrives(kmc->state.mean.stress, mean);
  for (int64_t y = y0; y < PetscMin(y0 + VM_TILE_Y, n1); ++y) {
    const int64_t voxel = (plane * n1 + y) * n2 + z0, lane = (y - y0) * VM_TILE_Z;
    const int64_t width = PetscMin(VM_TILE_Z, n2 - z0);
    LoadRow(width, kmc->state.fluctuation + voxel, np, mean, &drive[0][lane]);
    for (int64_t i = 0; kmc->concentration && i < width; ++i) {
      double load[6], own[5];
      VmKmcLoadStress(kmc, voxel + i, kmc->state.mean.stress, load);
      VmKmcDrives(load, own);
      for (int c = 0; c < 5; ++c) drive[c][lane + i] += own[c] - mean[c];
    }
  }
}

static double LowestOf(VmKmc kmc, int64_t plane)
{
  const int64_t slots = kmc->tiles.per_plane * VM_TILE;
  const double *lowest = kmc->lowest + plane * slots;
  double least = HUGE_VAL;
  for (int64_t i = 0; i < slots; ++i) least = lowest[i] < least ? lowest[i] : least;
  return least;
}

static void PlanePass(VmKmc kmc, int64_t plane)
{
  const int64_t per_plane = kmc->tiles.per_plane, slots = per_plane * VM_TILE;
  double *row = kmc->plane_row + plane * VM_PLANE_ROW, drive[5][VM_TILE] = {{0.0}};
  row[VM_SLOPE] = 0.0;
  for (int64_t tile = plane * per_plane; tile < (plane + 1) * per_plane; ++tile) {
    LoadDrives(kmc, tile, drive);
    row[VM_SLOPE] = fmax(row[VM_SLOPE], VmKmcTileRates(kmc, tile, drive));
  }
  row[VM_PLANE_TOTAL] = VmSumRun(slots, kmc->rate + plane * slots), row[VM_LOWEST] = LowestOf(kmc, plane);
}

/* Barriers that are bounded by none are computed exactly. */
static void Sharpen(VmKmc kmc, int64_t plane)
{
  const int64_t slots = kmc->tiles.per_plane * VM_TILE;
  double *row = kmc->plane_row + plane * VM_PLANE_ROW;
  if (row[VM_LOWEST] > VM_NO_BARRIER) return;
  for (int64_t slot = plane * slots; slot < (plane + 1) * slots; ++slot) {
    if (kmc->lowest[slot] > VM_NO_BARRIER) continue;
    const int64_t voxel = VmTilesVoxel(&kmc->tiles, slot) - VmGridGlobal(kmc->grid, 0);
    const double memory = VmKmcMemoryBound(kmc, slot, kmc->state.mean.time, kmc->until);
    kmc->lowest[slot] = HUGE_VAL;
    for (int m = 0; m < kmc->stz.modes; ++m)
      kmc->lowest[slot] = fmin(kmc->lowest[slot], VmKmcBarrierLeft(kmc, voxel, m, kmc->state.mean.stress, memory).left);
  }
  row[VM_LOWEST] = LowestOf(kmc, plane);
}

/* Sums of all planes; the largest slope is returned. */
static PetscErrorCode Gather(VmKmc kmc, double *slope)
{
  PetscFunctionBegin;
  PetscCall(VmGatherPlanes(kmc->grid, VM_PLANE_ROW, kmc->plane_row, kmc->planes));
  kmc->total = *slope = 0.0, kmc->lowest_barrier = HUGE_VAL;
  for (int64_t x = 0; x < kmc->grid->n[0]; ++x) {
    const double *row = kmc->planes + x * VM_PLANE_ROW;
    kmc->total += row[VM_PLANE_TOTAL], *slope = fmax(*slope, row[VM_SLOPE]);
    kmc->lowest_barrier = fmin(kmc->lowest_barrier, row[VM_LOWEST]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest shear stress that any voxel gains per time [GPa/s]. */
static PetscErrorCode Speed(VmKmc kmc, double *speed)
{
  PetscFunctionBegin;
  *speed = VmShearNorm(kmc->state.mean.stress_rate);
  if (!kmc->heterogeneous) PetscFunctionReturn(PETSC_SUCCESS);
  *speed = 0.0;
  for (int64_t i = 0; i < kmc->grid->np; ++i) {
    double sig[6];
    VmKmcLoadStress(kmc, i, kmc->state.mean.stress_rate, sig);
    *speed = fmax(*speed, VmShearNorm(sig));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, speed, 1, MPI_DOUBLE, MPI_MAX, kmc->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcPass(VmKmc kmc, double until)
{
  double slope, speed;

  PetscFunctionBegin;
  kmc->until = until;
  for (int64_t plane = 0; plane < kmc->grid->nx; ++plane) PlanePass(kmc, plane);
  PetscCall(Gather(kmc, &slope));
  if (kmc->lowest_barrier <= VM_NO_BARRIER) {
    for (int64_t plane = 0; plane < kmc->grid->nx; ++plane) Sharpen(kmc, plane);
    PetscCall(Gather(kmc, &slope));
  }
  PetscCall(Speed(kmc, &speed));
  /* a mode gamma/2 (n m + m n) works gamma n.sig.m; its components are rounded to floats */
  kmc->drift = slope * VmStzWorkPerStress(&kmc->stz) * (1.0 + 1e-5) * speed / (VM_BOLTZMANN * kmc->temperature);
  PetscFunctionReturn(PETSC_SUCCESS);
}

VmBarrierLeft VmKmcBarrierAt(VmKmc kmc, int64_t slot, int mode, const double sig[6], double memory)
{
  const double factor = VmKmcWorkFactor(&kmc->stz);
  const float *row = VmKmcRow(kmc, slot) + mode * kmc->in_mode;
  double drive[5], work = 0.0, left, slope;
  VmKmcDrives(sig, drive);
  for (int c = 0; c < 5; ++c) work += (double)row[c * kmc->in_component] * drive[c];
  /* finders of their own meet the pressure only here: with it, full works in windows (changing.c) */
  work = work * factor + VmStzPressureWork(&kmc->stz, sig);
  const double barrier = VmKmcBareBarrier(kmc, slot, mode) * memory;
  kmc->barrier_law->evaluate(kmc->barrier_params, VmStzWorkPerStress(&kmc->stz), 1, &barrier, &work, &left, &slope);
  return (VmBarrierLeft){.left = left, .reserve = left / slope};
}

VmBarrierLeft VmKmcBarrierLeft(VmKmc kmc, int64_t voxel, int mode, const double mean_stress[6], double memory)
{
  double sig[6];
  VmKmcLoadStress(kmc, voxel, mean_stress, sig);
  for (int c = 0; c < 6; ++c) sig[c] += kmc->state.fluctuation[c * kmc->grid->np + voxel];
  return VmKmcBarrierAt(kmc, VmKmcSlot(kmc, voxel), mode, sig, memory);
}
