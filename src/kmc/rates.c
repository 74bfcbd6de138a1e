#include "rates.h"
#include <vitromech/simd.h>
#include <math.h>
#include <string.h>

/* Unit of rounding of floats. */
#define UNIT 0x1p-24

/* Logarithm of what the exponential and the sum of floats may miss of a rate, beside the rounding of terms. */
#define SUM_SLACK 1e-5

/* Floats of a cache line. */
enum { LINE = 16 };

/* Work of drives on modes less their barriers: component c of them stands at place(c). */
#define VM_EXCESS(type, place, d, q)                                                                                   \
  (((VM_LANE_LOAD(type, place(0)) * (d)[0] + VM_LANE_LOAD(type, place(1)) * (d)[1]) +                                  \
    (VM_LANE_LOAD(type, place(2)) * (d)[2] + VM_LANE_LOAD(type, place(3)) * (d)[3])) +                                 \
   (VM_LANE_LOAD(type, place(4)) * (d)[4] - (q)))

/* Of the voxels of a tile, or of one: what rates are computed from, in kT, and what comes out. */
typedef struct {
  float drive[5][VM_TILE];
  float top[VM_TILE], sum[VM_TILE]; /* largest excess of work over barrier, sum of the rates over that of the largest */
  double size[VM_TILE];             /* of the terms that are summed, at most */
  double largest[VM_TILE], rate[VM_TILE]; /* excess and rate with all that floats may miss */
} Linear;

/* All modes of the voxels of a tile; catalogue [VM_TILE / VM_GROUP][modes][5][VM_GROUP], level (barriers without
 * stress) [1 or modes][VM_TILE]. */
VM_SIMD_CLONES
static void AddTile(int64_t modes, bool many, const float *restrict catalogue, const float *restrict level,
                    float *restrict excess, Linear *restrict f)
{
  for (int64_t v = 0; v < VM_TILE; v += VM_GROUP) {
    VmEight d[5], q = VM_LANE_LOAD(VmEight, level + v), top = (VmEight){0.0f} - HUGE_VALF, sum = {0.0f}, power;
    for (int c = 0; c < 5; ++c) d[c] = VM_LANE_LOAD(VmEight, f->drive[c] + v);
    for (int64_t m = 0; m < modes; ++m, catalogue += 5 * VM_GROUP) {
#define VM_PLACE(c) (catalogue + (c)*VM_GROUP)
      if (many) q = VM_LANE_LOAD(VmEight, level + m * VM_TILE + v);
      const VmEight x = VM_EXCESS(VmEight, VM_PLACE, d, q);
#undef VM_PLACE
      top = VM_LANE_SELECT(VmEight, x > top, x, top);
      VM_LANE_STORE(VmEight, excess + m * VM_GROUP, x);
    }
    for (int64_t m = 0; m < modes; ++m) {
      /* the next group comes from memory meanwhile */
      for (int64_t i = 0; i < 5 * VM_GROUP; i += LINE) __builtin_prefetch(catalogue + m * 5 * VM_GROUP + i);
      VM_EXP_LANES(VmEight, VM_LANE_LOAD(VmEight, excess + m * VM_GROUP) - top, power);
      sum += power;
    }
    VM_LANE_STORE(VmEight, f->top + v, top), VM_LANE_STORE(VmEight, f->sum + v, sum);
  }
}

/* All modes of one voxel; catalogue [5][padded], level [padded] or, if there is but one, [1]. */
VM_SIMD_CLONES
static void AddVoxel(int64_t padded, bool many, const float *restrict catalogue, const float *restrict level,
                     const float *restrict padding, float *restrict excess, Linear *restrict f)
{
  const float d[5] = {f->drive[0][0], f->drive[1][0], f->drive[2][0], f->drive[3][0], f->drive[4][0]};
  VmFour top = (VmFour){0.0f} - HUGE_VALF, sum = {0.0f}, power;
  for (int64_t m = 0; m < padded; m += VM_LANES) {
#define VM_PLACE(c) (catalogue + (c)*padded + m)
    const VmFour q = many ? VM_LANE_LOAD(VmFour, level + m) : VM_LANE_LOAD(VmFour, padding + m) + level[0];
    const VmFour x = VM_EXCESS(VmFour, VM_PLACE, d, q);
#undef VM_PLACE
    top = VM_LANE_SELECT(VmFour, x > top, x, top);
    VM_LANE_STORE(VmFour, excess + m, x);
  }
  for (int i = 1; i < VM_LANES; ++i) top[0] = top[i] > top[0] ? top[i] : top[0];
  for (int64_t m = 0; m < padded; m += VM_LANES) {
    VM_EXP_LANES(VmFour, VM_LANE_LOAD(VmFour, excess + m) - top[0], power);
    sum += power;
  }
  f->top[0] = top[0], f->sum[0] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Drives in GPa: [5] rows a stride apart. */
VM_SIMD_CLONES
static void TakeDrives(int64_t voxels, double factor, double strain, const double *restrict drive, int64_t stride,
                       Linear *restrict f)
{
  for (int64_t v = 0; v < voxels; ++v) f->size[v] = 0.0;
  for (int c = 0; c < 5; ++c)
    for (int64_t v = 0; v < voxels; ++v) {
      const double d = drive[c * stride + v] * factor;
      f->drive[c][v] = (float)d, f->size[v] += strain * fabs(d); /* no component of a mode is larger */
    }
}

/* The levels of voxels of one barrier each. */
VM_SIMD_CLONES
static void TakeOneLevel(int64_t voxels, double inverse_kt, double ahead, const double *restrict barrier,
                         const double *restrict memory, float *restrict level, double *restrict size)
{
  for (int64_t v = 0; v < voxels; ++v) {
    const double q = (barrier[v] * memory[v] - ahead) * inverse_kt;
    level[v] = (float)q, size[v] += fabs(q);
  }
}

/* Levels [each][voxels]: barriers times `memory` [voxels] less `ahead` [kT]. */
static void TakeLevels(VmKmc kmc, int64_t slot, int64_t voxels, double kt, const double *memory, double ahead,
                       Linear *f)
{
  const double inverse_kt = 1.0 / kt;
  const int64_t each = kmc->in_barriers;
  if (each == 1) {
    TakeOneLevel(voxels, inverse_kt, ahead, kmc->barrier + slot, memory, kmc->level, f->size);
    return;
  }
  for (int64_t v = 0; v < voxels; ++v) {
    const double *barrier = kmc->barrier + (slot + v) * each;
    double highest = 0.0;
    for (int64_t m = 0; m < each; ++m) {
      const double q = (barrier[m] * memory[v] - ahead) * inverse_kt;
      kmc->level[m * voxels + v] = (float)q;
      if (m < kmc->barriers && fabs(q) > highest) highest = fabs(q);
    }
    f->size[v] += highest;
  }
}

/* Each term is rounded up to five times. What that may come to is below VM_RATE_SLACK unless it is very cold. */
static inline __attribute__((always_inline)) void Finish(int64_t voxels, Linear *restrict f)
{
  for (int64_t v = 0; v < voxels; ++v) {
    const double slack = 8.0 * UNIT * f->size[v] + SUM_SLACK;
    f->largest[v] = (double)f->top[v] + (slack > VM_RATE_SLACK ? slack : VM_RATE_SLACK);
    f->rate[v] = (double)f->sum[v] * VmExp(f->largest[v]);
  }
}

/* Rates and lowest barriers of the voxels of a tile; slots of no voxel have no ratio. */
VM_SIMD_CLONES
static void FinishTile(double frequency, double kt, const double *restrict ratio, double *restrict rate,
                       double *restrict lowest, Linear *restrict f)
{
  Finish(VM_TILE, f);
  for (int v = 0; v < VM_TILE; ++v) {
    rate[v] = ratio[v] > 0.0 ? frequency * f->rate[v] : 0.0;
    lowest[v] = ratio[v] > 0.0 ? 0.0 - f->largest[v] * kt : HUGE_VAL;
  }
}

/* Works of all modes of a slot [eV] and what is left of their barriers: arrays [modes] in kmc->room. */
typedef struct {
  double *bare, *work, *left, *slope;
} AnyLaw;

static AnyLaw Evaluate(VmKmc kmc, int64_t slot, double memory, double ahead, const double drive[5])
{
  const int64_t padded = kmc->padded, modes = kmc->stz.modes;
  const int64_t in_mode = kmc->in_mode, in_component = kmc->in_component;
  const double factor = VmKmcWorkFactor(&kmc->stz);
  const float *row = VmKmcRow(kmc, slot);
  const AnyLaw law = {kmc->room, kmc->room + padded, kmc->room + 2 * padded, kmc->room + 3 * padded};
  for (int m = 0; m < modes; ++m) {
    double work = 0.0;
    for (int c = 0; c < 5; ++c) work += (double)row[c * in_component + m * in_mode] * drive[c];
    law.bare[m] = VmKmcBareBarrier(kmc, slot, m) * memory, law.work[m] = ahead + work * factor;
  }
  kmc->barrier_law->evaluate(kmc->barrier_params, VmStzWorkPerStress(&kmc->stz), modes, law.bare, law.work, law.left,
                             law.slope);
  return law;
}

/* Rate and lowest barrier of one voxel for any law of the barrier; the largest slope is returned. */
static double AddAnyLaw(VmKmc kmc, int64_t slot, double memory, const double drive[5], double *rate, double *lowest)
{
  const AnyLaw law = Evaluate(kmc, slot, memory, 0.0, drive);
  double slope = 0.0;
  for (int64_t m = 0; m < kmc->stz.modes; ++m) {
    *rate += kmc->stz.attempt_frequency * VmExp(-law.left[m] / (VM_BOLTZMANN * kmc->temperature));
    *lowest = fmin(*lowest, law.left[m]);
    slope = fmax(slope, law.slope[m]);
  }
  return slope;
}

double VmKmcTileRates(VmKmc kmc, int64_t tile, const double drive[5][VM_TILE])
{
  const double kt = VM_BOLTZMANN * kmc->temperature, now = kmc->state.mean.time;
  const int64_t first = tile * VM_TILE;
  const double *ratio = kmc->slot_ratio + first;
  double memory[VM_TILE], *rate = kmc->rate + first, *lowest = kmc->lowest + first, slope = 0.0;

  for (int i = 0; i < VM_TILE; ++i)
    memory[i] = kmc->generation[first + i] ? VmKmcMemoryBound(kmc, first + i, now, kmc->until) : 1.0;
  if (kmc->barrier_law->linear) {
    Linear f;
    TakeDrives(VM_TILE, VmKmcWorkFactor(&kmc->stz) / kt, kmc->stz.strain, drive[0], VM_TILE, &f);
    TakeLevels(kmc, first, VM_TILE, kt, memory, 0.0, &f);
    AddTile(kmc->stz.modes, kmc->barriers > 1, VmKmcRow(kmc, first), kmc->level, kmc->excess, &f);
    FinishTile(kmc->stz.attempt_frequency, kt, ratio, rate, lowest, &f);
    return 1.0;
  }
  for (int i = 0; i < VM_TILE; ++i) {
    const double own[5] = {drive[0][i], drive[1][i], drive[2][i], drive[3][i], drive[4][i]};
    rate[i] = 0.0, lowest[i] = HUGE_VAL;
    if (ratio[i] > 0.0) slope = fmax(slope, AddAnyLaw(kmc, first + i, memory[i], own, &rate[i], &lowest[i]));
  }
  return slope;
}

void VmKmcModes(VmKmc kmc, int64_t slot, double temperature, double memory, double ahead, const double drive[5],
                double *rate, double *reserve)
{
  const double kt = VM_BOLTZMANN * temperature;
  const AnyLaw law = Evaluate(kmc, slot, memory, ahead, drive);
  for (int64_t m = 0; m < kmc->stz.modes; ++m)
    rate[m] = kmc->stz.attempt_frequency * VmExp(-law.left[m] / kt), reserve[m] = law.left[m] / law.slope[m];
}

double VmKmcLowestReserve(VmKmc kmc, int64_t slot, double memory, double ahead, const double drive[5], int64_t *mode)
{
  const AnyLaw law = Evaluate(kmc, slot, memory, ahead, drive);
  double lowest = HUGE_VAL;
  for (int64_t m = 0; m < kmc->stz.modes; ++m) {
    const double reserve = law.left[m] / law.slope[m];
    if (reserve < lowest) lowest = reserve, *mode = m;
  }
  return lowest;
}

VmRateBound VmKmcRateBound(VmKmc kmc, int64_t slot, double temperature, VmEffect effect, double ahead,
                           const double drive[5])
{
  const double kt = VM_BOLTZMANN * temperature, frequency = effect.weight * kmc->stz.attempt_frequency;
  VmRateBound bound = {.rate = 0.0, .reserve = HUGE_VAL, .slope = 0.0};
  if (kmc->barrier_law->linear) {
    Linear f;
    TakeDrives(1, VmKmcWorkFactor(&kmc->stz) / kt, kmc->stz.strain, drive, 1, &f);
    TakeLevels(kmc, slot, 1, kt, &effect.factor, ahead, &f);
    AddVoxel(kmc->padded, kmc->barriers > 1, VmKmcRow(kmc, slot), kmc->level, kmc->padding, kmc->excess, &f);
    Finish(1, &f);
    return (VmRateBound){.rate = frequency * f.rate[0], .reserve = 0.0 - f.largest[0] * kt, .slope = 1.0};
  }
  const AnyLaw law = Evaluate(kmc, slot, effect.factor, ahead, drive);
  for (int64_t m = 0; m < kmc->stz.modes; ++m) {
    bound.rate += frequency * VmExp(-law.left[m] / kt);
    /* a convex barrier lies above its tangent */
    bound.reserve = fmin(bound.reserve, law.left[m] / law.slope[m]);
    bound.slope = fmax(bound.slope, law.slope[m]);
  }
  return bound;
}
