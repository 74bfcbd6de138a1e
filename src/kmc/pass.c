#include "exponential.h"
#include "kmc_private.h"
#include <vitromech/simd.h>
#include <math.h>
#include <string.h>

/* Sums over the modes of a tile's voxels, rates in units of the attempt frequency. */
typedef struct {
  double moment[VM_MOMENTS][VM_TILE];
  double top[VM_TILE];     /* largest -left/kT */
  double fastest[VM_TILE]; /* largest abs(b) */
} Sums;

/* Mean drives of a mode's work: work = volume * (catalogue . drive). */
static void Drives(const double sig[6], double drive[5])
{
  drive[0] = sig[0] - sig[2], drive[1] = sig[1] - sig[2];
  for (int c = 3; c < 6; ++c) drive[c - 1] = sig[c];
}

/* Energy per unit stress and strain of a zone at its saddle point [eV/GPa]. */
static double WorkFactor(const VmStz *stz) { return stz->saddle * stz->volume * VM_GPA_NM3_IN_EV; }

/* All modes of a tile; drive, rate and barrier in units of kT. Barriers lie [modes or 1][VM_TILE]. */
static inline __attribute__((always_inline)) void AddModes(int moments, int64_t modes, const float *restrict catalogue,
                                                           double drive[5][VM_TILE], const double rate[5],
                                                           const double *restrict barrier, int64_t stride,
                                                           Sums *restrict sums)
{
  for (int64_t m = 0; m < modes; ++m, catalogue += 5 * VM_TILE, barrier += stride) {
    VM_NO_OVERLAP
    for (int i = 0; i < VM_TILE; ++i) {
      const double c0 = (double)catalogue[i], c1 = (double)catalogue[VM_TILE + i],
                   c2 = (double)catalogue[2 * VM_TILE + i], c3 = (double)catalogue[3 * VM_TILE + i],
                   c4 = (double)catalogue[4 * VM_TILE + i];
      const double x = ((c0 * drive[0][i] + c1 * drive[1][i]) + (c2 * drive[2][i] + c3 * drive[3][i])) +
                       (c4 * drive[4][i] - barrier[i]);
      double power = VmExp(x);
      sums->top[i] = x > sums->top[i] ? x : sums->top[i];
      sums->moment[0][i] += power;
      if (moments == 1) continue;
      const double b = ((c0 * rate[0] + c1 * rate[1]) + (c2 * rate[2] + c3 * rate[3])) + c4 * rate[4];
      const double speed = b < 0.0 ? -b : b;
      sums->fastest[i] = speed > sums->fastest[i] ? speed : sums->fastest[i];
      for (int j = 1; j < moments; ++j) {
        power *= b;
        sums->moment[j][i] += power;
      }
    }
  }
}

#define VM_ADD_MODES(name, moments)                                                                                    \
  VM_SIMD_CLONES                                                                                                       \
  static void name(int64_t modes, const float *catalogue, double drive[5][VM_TILE], const double rate[5],              \
                   const double *barrier, int64_t stride, Sums *sums)                                                  \
  {                                                                                                                    \
    AddModes(moments, modes, catalogue, drive, rate, barrier, stride, sums);                                           \
  }
VM_ADD_MODES(AddSteady, 1)
VM_ADD_MODES(AddFew, VM_FEW_MOMENTS)
VM_ADD_MODES(AddMany, VM_MOMENTS)

/* The same for any law of the barrier; `ahead` is the part of the works that does not count for the reserve. */
static void AddAnyLaw(VmKmc kmc, int moments, const float *catalogue, double drive[5][VM_TILE], double rate[5][VM_TILE],
                      const double *barrier, int64_t stride, double ahead, Sums *sums)
{
  const double kt = VM_BOLTZMANN * kmc->temperature, per_stress = VmStzWorkPerStress(&kmc->stz);
  double work[VM_TILE], bare[VM_TILE], left[VM_TILE], slope[VM_TILE];
  for (int64_t m = 0; m < kmc->stz.modes; ++m, catalogue += 5 * VM_TILE, barrier += stride) {
    for (int i = 0; i < VM_TILE; ++i) {
      work[i] = ahead, bare[i] = barrier[i] * kt;
      for (int c = 0; c < 5; ++c) work[i] += (double)catalogue[c * VM_TILE + i] * drive[c][i] * kt;
    }
    kmc->barrier_law->evaluate(kmc->barrier_params, per_stress, VM_TILE, bare, work, left, slope);
    for (int i = 0; i < VM_TILE; ++i) {
      double power = VmExp(-left[i] / kt), b = 0.0;
      /* a convex barrier lies above its tangent */
      sums->top[i] = fmax(sums->top[i], -(moments == 1 && ahead > 0.0 ? left[i] / slope[i] : left[i]) / kt);
      sums->moment[0][i] += power;
      if (moments == 1) continue;
      for (int c = 0; c < 5; ++c) b += (double)catalogue[c * VM_TILE + i] * rate[c][i];
      b *= slope[i];
      sums->fastest[i] = fmax(sums->fastest[i], fabs(b));
      for (int j = 1; j < moments; ++j) {
        power *= b;
        sums->moment[j][i] += power;
      }
    }
  }
}

/* Drives of the work's rate of a slot, in units of kT; `rate` is that of all in a body of one modulus. */
static void SlotRate(VmKmc kmc, int64_t slot, const double rate[5], double rates[5][VM_TILE], int lane)
{
  double sig[6], own[5];
  const int64_t voxel = kmc->concentration ? VmTilesVoxel(&kmc->tiles, slot) : -1;
  for (int c = 0; c < 5; ++c) rates[c][lane] = rate[c];
  if (voxel < 0) return;
  VmKmcLoadStress(kmc, voxel - VmGridGlobal(kmc->grid, 0), kmc->state.mean.stress_rate, sig);
  Drives(sig, own);
  for (int c = 0; c < 5; ++c) rates[c][lane] = own[c] * WorkFactor(&kmc->stz) / (VM_BOLTZMANN * kmc->temperature);
}

/* Rates of a tile with works raised by `ahead`, and lowest barriers (reserves, if raised); `until` bounds its memory.
 * Sums are set. */
static void TileSums(VmKmc kmc, int64_t tile, int moments, double until, double ahead, double drive[5][VM_TILE],
                     const double rate[5], double *barrier, Sums *sums)
{
  const double inverse_kt = 1.0 / (VM_BOLTZMANN * kmc->temperature), factor = WorkFactor(&kmc->stz) * inverse_kt;
  const int64_t first = tile * VM_TILE, stride = kmc->barriers > 1 ? VM_TILE : 0;
  const bool linear = kmc->barrier_law->linear,
             uneven = kmc->heterogeneous && moments > 1; /* each voxel has its own stress rate */
  const double raised = linear ? ahead * inverse_kt : 0.0;
  const double *bare = kmc->barrier + tile * kmc->barriers * VM_TILE;
  const float *catalogue = kmc->catalogue + tile * kmc->stz.modes * 5 * VM_TILE;
  double memory[VM_TILE];

  for (int c = 0; c < 5; ++c)
    for (int i = 0; i < VM_TILE; ++i) drive[c][i] *= factor;
  for (int i = 0; i < VM_TILE; ++i) {
    memory[i] = inverse_kt;
    if (kmc->generation[first + i]) memory[i] *= VmKmcMemoryBound(kmc, first + i, kmc->state.mean.time, until);
    sums->top[i] = -HUGE_VAL, sums->fastest[i] = 0.0;
  }
  memset(sums->moment, 0, sizeof sums->moment);
  for (int m = 0; m < kmc->barriers; ++m)
    for (int i = 0; i < VM_TILE; ++i) barrier[m * VM_TILE + i] = bare[m * VM_TILE + i] * memory[i] - raised;
  if (!linear || uneven) {
    double rates[5][VM_TILE];
    for (int i = 0; i < VM_TILE; ++i) SlotRate(kmc, first + i, rate, rates, i);
    AddAnyLaw(kmc, moments, catalogue, drive, rates, barrier, stride, linear ? 0.0 : ahead, sums);
  } else if (moments == 1) AddSteady(kmc->stz.modes, catalogue, drive, rate, barrier, stride, sums);
  else if (moments == VM_FEW_MOMENTS) AddFew(kmc->stz.modes, catalogue, drive, rate, barrier, stride, sums);
  else AddMany(kmc->stz.modes, catalogue, drive, rate, barrier, stride, sums);

  for (int i = 0; i < VM_TILE; ++i) {
    const bool voxel = kmc->slot_ratio[first + i] > 0.0;
    kmc->rate[first + i] = voxel ? kmc->stz.attempt_frequency * sums->moment[0][i] : 0.0;
    kmc->lowest[first + i] = voxel ? ahead - sums->top[i] * VM_BOLTZMANN * kmc->temperature : HUGE_VAL;
  }
}

void VmKmcTileRates(VmKmc kmc, int64_t tile, double ahead, double drive[5][VM_TILE])
{
  const double steady[5] = {0.0};
  Sums sums;
  TileSums(kmc, tile, 1, kmc->state.mean.time, ahead, drive, steady, kmc->room, &sums);
}

/* Drives of a tile from the fluctuation of the slab. */
static void LoadDrives(VmKmc kmc, int64_t tile, double drive[5][VM_TILE])
{
  const VmTiles *t = &kmc->tiles;
  const int64_t np = kmc->grid->np, n1 = kmc->grid->n[1], n2 = kmc->grid->n[2];
  const int64_t plane = tile / t->per_plane, y0 = tile % t->per_plane / t->columns * VM_TILE_Y,
                z0 = tile % t->columns * VM_TILE_Z;
  for (int64_t y = y0; y < PetscMin(y0 + VM_TILE_Y, n1); ++y) {
    const double *s = kmc->state.fluctuation + (plane * n1 + y) * n2 + z0;
    const int lane = (int)(y - y0) * VM_TILE_Z, width = (int)PetscMin(VM_TILE_Z, n2 - z0);
    for (int i = 0; i < width; ++i) {
      double load[6], mean[5];
      VmKmcLoadStress(kmc, s - kmc->state.fluctuation + i, kmc->state.mean.stress, load);
      Drives(load, mean);
      drive[0][lane + i] = mean[0] + (s[i] - s[2 * np + i]), drive[1][lane + i] = mean[1] + (s[np + i] - s[2 * np + i]);
      for (int c = 2; c < 5; ++c) drive[c][lane + i] = mean[c] + s[(c + 1) * np + i];
    }
  }
}

static void PlanePass(VmKmc kmc, int64_t plane, int moments, const double rate[5])
{
  const int64_t per_plane = kmc->tiles.per_plane;
  double *row = kmc->plane_row + plane * VM_PLANE_ROW, top = -HUGE_VAL, drive[5][VM_TILE] = {{0.0}};
  Sums sums, all;
  memset(&all, 0, sizeof all);
  for (int64_t tile = plane * per_plane; tile < (plane + 1) * per_plane; ++tile) {
    LoadDrives(kmc, tile, drive);
    TileSums(kmc, tile, moments, kmc->until, 0.0, drive, rate, kmc->room, &sums);
    for (int i = 0; i < VM_TILE; ++i) {
      if (kmc->slot_ratio[tile * VM_TILE + i] == 0.0) continue;
      for (int j = 0; j < moments; ++j) all.moment[j][i] += sums.moment[j][i];
      all.fastest[i] = fmax(all.fastest[i], sums.fastest[i]);
      top = fmax(top, sums.top[i]);
    }
  }
  for (int j = 0; j < VM_MOMENTS; ++j) row[j] = kmc->stz.attempt_frequency * VmSumRun(VM_TILE, all.moment[j]);
  row[VM_LOWEST] = 0.0 - top * VM_BOLTZMANN * kmc->temperature, row[VM_FASTEST] = 0.0;
  for (int i = 0; i < VM_TILE; ++i) row[VM_FASTEST] = fmax(row[VM_FASTEST], all.fastest[i]);
}

PetscErrorCode VmKmcPass(VmKmc kmc, double until, int moments)
{
  const double factor = WorkFactor(&kmc->stz) / (VM_BOLTZMANN * kmc->temperature);
  VmGrid grid = kmc->grid;
  double rate[5];

  PetscFunctionBegin;
  kmc->until = until, kmc->moments = moments;
  Drives(kmc->state.mean.stress_rate, rate);
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
  const double factor = WorkFactor(&kmc->stz);
  const int64_t tile = slot / VM_TILE, lane = slot % VM_TILE;
  const float *row = kmc->catalogue + (tile * kmc->stz.modes + mode) * 5 * VM_TILE + lane;
  double load_rate[6], drive[5], rate[5], work = 0.0, work_rate = 0.0, left, slope;
  Drives(sig, drive);
  VmKmcLoadStress(kmc, kmc->concentration ? VmTilesVoxel(&kmc->tiles, slot) - VmGridGlobal(kmc->grid, 0) : 0,
                  kmc->state.mean.stress_rate, load_rate);
  Drives(load_rate, rate);
  for (int c = 0; c < 5; ++c)
    work += (double)row[c * VM_TILE] * drive[c], work_rate += (double)row[c * VM_TILE] * rate[c];
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
