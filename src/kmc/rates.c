#include "rates.h"
#include <vitromech/simd.h>
#include <math.h>
#include <string.h>

/* All modes of some voxels; drive, rate and level (barriers without stress, [voxels] or [voxels][padded]) in kT. Of
 * each voxel: the sum of the rates, and the largest -left. */
static inline __attribute__((always_inline)) void AddModes(int moments, bool many, int64_t voxels, int64_t padded,
                                                           const float *restrict row, double drive[][5],
                                                           const double *restrict rate, const double *restrict level,
                                                           const double *restrict padding, double *restrict total,
                                                           double *restrict top, VmRateSums *restrict sums)
{
  VmLanes moment[VM_MOMENTS], fastest;
  memcpy(&fastest, sums->fastest, sizeof fastest);
  for (int j = 0; j < moments; ++j) memcpy(&moment[j], sums->moment[j], sizeof moment[j]);
  for (int64_t v = 0; v < voxels; ++v, row += 5 * padded) {
    const double *d = drive[v];
    VmLanes whole = {0.0}, most = {-HUGE_VAL, -HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (int64_t m = 0; m < padded; m += VM_LANES) {
      VmLanes c[5], q, power;
      for (int i = 0; i < 5; ++i) {
        const float *f = row + i * padded + m;
        c[i] = (VmLanes){(double)f[0], (double)f[1], (double)f[2], (double)f[3]};
      }
      memcpy(&q, many ? level + v * padded + m : padding + m, sizeof q);
      if (!many) q += level[v];
      const VmLanes x = ((c[0] * d[0] + c[1] * d[1]) + (c[2] * d[2] + c[3] * d[3])) + (c[4] * d[4] - q);
      most = VM_LANE_SELECT(x > most, x, most);
      VmExpLanes(&x, &power);
      whole += power;
      if (moments == 1) continue;
      const VmLanes b = ((c[0] * rate[0] + c[1] * rate[1]) + (c[2] * rate[2] + c[3] * rate[3])) + c[4] * rate[4];
      const VmLanes speed = VM_LANE_SELECT(b < 0.0, -b, b);
      fastest = VM_LANE_SELECT(speed > fastest, speed, fastest);
      for (int j = 1; j < moments; ++j) {
        power *= b;
        moment[j] += power;
      }
    }
    moment[0] += whole;
    total[v] = (whole[0] + whole[1]) + (whole[2] + whole[3]);
    const double low = most[0] > most[1] ? most[0] : most[1], high = most[2] > most[3] ? most[2] : most[3];
    top[v] = low > high ? low : high;
  }
  for (int j = 0; j < moments; ++j) memcpy(sums->moment[j], &moment[j], sizeof moment[j]);
  memcpy(sums->fastest, &fastest, sizeof fastest);
}

#define VM_ADD_MODES(name, moments, many)                                                                              \
  VM_SIMD_CLONES                                                                                                       \
  static void name(int64_t voxels, int64_t padded, const float *row, double drive[][5], const double *rate,            \
                   const double *level, const double *padding, double *total, double *top, VmRateSums *sums)           \
  {                                                                                                                    \
    AddModes(moments, many, voxels, padded, row, drive, rate, level, padding, total, top, sums);                       \
  }
VM_ADD_MODES(AddSteady, 1, false)
VM_ADD_MODES(AddFew, VM_FEW_MOMENTS, false)
VM_ADD_MODES(AddMost, VM_MOMENTS, false)
VM_ADD_MODES(AddSteadyByMode, 1, true)
VM_ADD_MODES(AddFewByMode, VM_FEW_MOMENTS, true)
VM_ADD_MODES(AddMostByMode, VM_MOMENTS, true)

typedef void (*Adder)(int64_t voxels, int64_t padded, const float *row, double drive[][5], const double *rate,
                      const double *level, const double *padding, double *total, double *top, VmRateSums *sums);

static Adder AdderOf(int moments, bool many)
{
  if (moments == 1) return many ? AddSteadyByMode : AddSteady;
  if (moments == VM_FEW_MOMENTS) return many ? AddFewByMode : AddFew;
  return many ? AddMostByMode : AddMost;
}

/* Barriers of a slot without stress, in kT, as AddModes takes them. */
static void Level(VmKmc kmc, int64_t slot, double factor, double raised, double *level)
{
  const double *bare = kmc->barrier + slot * kmc->in_barriers;
  for (int64_t m = 0; m < kmc->in_barriers; ++m) level[m] = bare[m] * factor - raised;
}

/* Works of all modes of a slot [eV] and what is left of their barriers: arrays [modes] in kmc->room. */
typedef struct {
  double *bare, *work, *left, *slope;
} AnyLaw;

static AnyLaw Evaluate(VmKmc kmc, int64_t slot, double memory, double ahead, const double drive[5])
{
  const int64_t padded = kmc->padded, modes = kmc->stz.modes;
  const double factor = VmKmcWorkFactor(&kmc->stz);
  const float *row = VmKmcRow(kmc, slot);
  const AnyLaw law = {kmc->room, kmc->room + padded, kmc->room + 2 * padded, kmc->room + 3 * padded};
  for (int m = 0; m < modes; ++m) {
    double work = 0.0;
    for (int c = 0; c < 5; ++c) work += (double)row[c * padded + m] * drive[c];
    law.bare[m] = VmKmcBareBarrier(kmc, slot, m) * memory, law.work[m] = ahead + work * factor;
  }
  kmc->barrier_law->evaluate(kmc->barrier_params, VmStzWorkPerStress(&kmc->stz), modes, law.bare, law.work, law.left,
                             law.slope);
  return law;
}

/* What AddModes does, for any law of the barrier and any stress rate [kT per time] of one voxel; drive in GPa. */
static void AddAnyLaw(VmKmc kmc, int64_t slot, int moments, double memory, const double drive[5], const double rate[5],
                      double *total, double *top, VmRateSums *sums)
{
  const double kt = VM_BOLTZMANN * kmc->temperature;
  const float *row = VmKmcRow(kmc, slot);
  const AnyLaw law = Evaluate(kmc, slot, memory, 0.0, drive);
  *total = 0.0, *top = -HUGE_VAL;
  for (int64_t m = 0; m < kmc->stz.modes; ++m) {
    double power = VmExp(-law.left[m] / kt), b = 0.0;
    *top = fmax(*top, -law.left[m] / kt);
    *total += power;
    sums->moment[0][0] += power;
    if (moments == 1) continue;
    for (int c = 0; c < 5; ++c) b += (double)row[c * kmc->padded + m] * rate[c];
    b *= law.slope[m];
    sums->fastest[0] = fmax(sums->fastest[0], fabs(b));
    for (int j = 1; j < moments; ++j) {
      power *= b;
      sums->moment[j][0] += power;
    }
  }
}

/* Drives of the rate of a slot's work, in kT per time; `rate` is that of all in a body of one modulus. */
static void SlotRate(VmKmc kmc, int64_t slot, const double rate[5], double own[5])
{
  double sig[6];
  for (int c = 0; c < 5; ++c) own[c] = rate[c];
  if (!kmc->concentration) return;
  VmKmcLoadStress(kmc, VmTilesVoxel(&kmc->tiles, slot) - VmGridGlobal(kmc->grid, 0), kmc->state.mean.stress_rate, sig);
  VmKmcDrives(sig, own);
  for (int c = 0; c < 5; ++c) own[c] *= VmKmcWorkFactor(&kmc->stz) / (VM_BOLTZMANN * kmc->temperature);
}

void VmKmcTileRates(VmKmc kmc, int64_t tile, int moments, double drive[VM_TILE][5], const double rate[5],
                    VmRateSums *sums)
{
  const double kt = VM_BOLTZMANN * kmc->temperature, inverse_kt = 1.0 / kt, now = kmc->state.mean.time;
  const double factor = VmKmcWorkFactor(&kmc->stz) * inverse_kt;
  const int64_t first = tile * VM_TILE;
  const bool uneven = kmc->heterogeneous && moments > 1; /* each voxel has its own stress rate */
  double total[VM_TILE], top[VM_TILE];

  if (kmc->barrier_law->linear && !uneven) {
    for (int i = 0; i < VM_TILE; ++i) {
      const double scale = kmc->slot_ratio[first + i] > 0.0 ? factor : 0.0;
      for (int c = 0; c < 5; ++c) drive[i][c] *= scale;
      const double memory = kmc->generation[first + i] ? VmKmcMemoryBound(kmc, first + i, now, kmc->until) : 1.0;
      Level(kmc, first + i, memory * inverse_kt, 0.0, kmc->room + i * kmc->in_barriers);
    }
    AdderOf(moments, kmc->barriers > 1)(VM_TILE, kmc->padded, VmKmcRow(kmc, first), drive, rate, kmc->room,
                                        kmc->padding, total, top, sums);
  } else {
    for (int i = 0; i < VM_TILE; ++i) {
      double own[5];
      if (kmc->slot_ratio[first + i] == 0.0) continue;
      SlotRate(kmc, first + i, rate, own);
      AddAnyLaw(kmc, first + i, moments, VmKmcMemoryBound(kmc, first + i, now, kmc->until), drive[i], own, &total[i],
                &top[i], sums);
    }
  }
  for (int i = 0; i < VM_TILE; ++i) {
    const bool voxel = kmc->slot_ratio[first + i] > 0.0;
    kmc->rate[first + i] = voxel ? kmc->stz.attempt_frequency * total[i] : 0.0;
    kmc->lowest[first + i] = voxel ? 0.0 - top[i] * kt : HUGE_VAL;
  }
}

void VmKmcModes(VmKmc kmc, int64_t slot, double memory, const double drive[5], double *rate, double *reserve)
{
  const double kt = VM_BOLTZMANN * kmc->temperature;
  const AnyLaw law = Evaluate(kmc, slot, memory, 0.0, drive);
  for (int64_t m = 0; m < kmc->stz.modes; ++m)
    rate[m] = kmc->stz.attempt_frequency * VmExp(-law.left[m] / kt), reserve[m] = law.left[m] / law.slope[m];
}

VmRateBound VmKmcRateBound(VmKmc kmc, int64_t slot, double ahead, const double drive[5])
{
  const double kt = VM_BOLTZMANN * kmc->temperature, memory = VmKmcMemory(kmc, slot, kmc->state.mean.time);
  VmRateBound bound = {.rate = 0.0, .reserve = HUGE_VAL, .slope = 0.0};
  double total, top, factored[1][5], steady[5] = {0.0};
  VmRateSums sums;
  if (kmc->barrier_law->linear) {
    const double factor = VmKmcWorkFactor(&kmc->stz) / kt;
    for (int c = 0; c < 5; ++c) factored[0][c] = drive[c] * factor;
    Level(kmc, slot, memory / kt, ahead / kt, kmc->room);
    memset(&sums, 0, sizeof sums);
    AdderOf(1, kmc->barriers > 1)(1, kmc->padded, VmKmcRow(kmc, slot), factored, steady, kmc->room, kmc->padding,
                                  &total, &top, &sums);
    return (VmRateBound){.rate = kmc->stz.attempt_frequency * total, .reserve = 0.0 - top * kt, .slope = 1.0};
  }
  const AnyLaw law = Evaluate(kmc, slot, memory, ahead, drive);
  for (int64_t m = 0; m < kmc->stz.modes; ++m) {
    bound.rate += kmc->stz.attempt_frequency * VmExp(-law.left[m] / kt);
    /* a convex barrier lies above its tangent */
    bound.reserve = fmin(bound.reserve, law.left[m] / law.slope[m]);
    bound.slope = fmax(bound.slope, law.slope[m]);
  }
  return bound;
}
