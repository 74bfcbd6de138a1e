/* Windows of time in which every rate has a bound. */
#include "changing.h"
#include <math.h>

/* What may change in a window: work [kT] and temperature, so that bounds stay within a factor of about e^(1/2). */
#define WINDOW_WORK 0.5
#define WINDOW_HEAT 0.0125 /* of T: half a kT of a barrier of 40 kT */

/* A window has no need to last longer than this many waiting times. */
#define WINDOW_WAITS 4.0

/* State of a voxel's memory law at a time of the window. */
static double StateAt(VmKmc kmc, int64_t voxel, double time)
{
  const double start = kmc->state.mean.time;
  return VmChangingMemory(kmc)->age(kmc->stz.memory.params, kmc->state.memory[voxel], time - start,
                                    VmKmcTemperature(kmc, 0.5 * (start + time)));
}

void VmChangingEffect(VmKmc kmc, int64_t voxel, double time, double *factor, double *weight)
{
  *factor = *weight = 1.0;
  if (VmChangingMemory(kmc))
    VmChangingMemory(kmc)->effect(kmc->stz.memory.params, StateAt(kmc, voxel, time), factor, weight);
  *factor *= VmKmcMemory(kmc, VmKmcSlot(kmc, voxel), time);
}

/* Their bounds in the window [now, until]: both parts of the memory are monotone. */
static void EffectBound(VmKmc kmc, int64_t voxel, double until, double *factor, double *weight)
{
  const double now = kmc->state.mean.time;
  *factor = *weight = 1.0;
  if (VmChangingMemory(kmc)) {
    double factors[2], weights[2];
    for (int end = 0; end < 2; ++end)
      VmChangingMemory(kmc)->effect(kmc->stz.memory.params, StateAt(kmc, voxel, end ? until : now), &factors[end],
                                    &weights[end]);
    *factor = fmin(factors[0], factors[1]), *weight = fmax(weights[0], weights[1]);
  }
  *factor *= VmKmcMemoryBound(kmc, VmKmcSlot(kmc, voxel), now, until);
}

void VmChangingStressChange(VmKmc kmc, const VmMean *start, const VmMean *end, int64_t voxel, double change[6])
{
  const int64_t np = kmc->grid->np;
  double mean[6];
  for (int c = 0; c < 6; ++c) mean[c] = end->stress[c] - start->stress[c];
  VmKmcLoadStress(kmc, voxel, mean, change);
  for (int c = 0; c < 6; ++c) change[c] += kmc->changing->end[c * np + voxel] - kmc->state.fluctuation[c * np + voxel];
}

/* Bounds for the window [now, now + length], and the smallest of planes: lowest barrier and fastest work over reserve.
 */
static PetscErrorCode Bound(VmKmc kmc, double length)
{
  VmChanging ch = kmc->changing;
  VmGrid grid = kmc->grid;
  const double now = kmc->state.mean.time, none[6] = {0.0}, then = now + length;
  const double hottest = fmax(VmKmcTemperature(kmc, now), VmKmcTemperature(kmc, then)), kt = VM_BOLTZMANN * hottest;
  const VmMean start = VmChangingMean(kmc, now, none), end = VmChangingMean(kmc, then, ch->mean_flow);

  PetscFunctionBegin;
  for (int64_t x = 0; x < grid->nx; ++x) {
    double *row = kmc->plane_row + x * VM_WINDOW_ROW;
    row[VM_WINDOW_LOWEST] = HUGE_VAL, row[VM_WINDOW_SPEED] = 0.0;
    for (int64_t i = x * grid->plane; i < (x + 1) * grid->plane; ++i) {
      double change[6];
      VmChangingStressChange(kmc, &start, &end, i, change);
      double memory, weight;
      const double work = VmKmcMostWork(kmc, change);
      EffectBound(kmc, i, then, &memory, &weight);
      ch->bound[i] = 0.0, ch->lowest[i] = HUGE_VAL;
      for (int m = 0; m < kmc->stz.modes; ++m) {
        const VmBarrierLeft b = VmKmcBarrierLeft(kmc, i, m, start.stress, memory);
        /* the tangent of a convex barrier lies below it */
        const double slope = b.reserve < HUGE_VAL && b.left > 0.0 ? b.left / b.reserve : 0.0;
        ch->bound[i] += weight * kmc->stz.attempt_frequency * exp(-fmax(b.left - slope * work, 0.0) / kt);
        row[VM_WINDOW_SPEED] =
            fmax(row[VM_WINDOW_SPEED], fmax(work / fmax(b.reserve, 1e-300), slope * work / (WINDOW_WORK * kt)));
        if (b.left < ch->lowest[i]) ch->lowest[i] = b.left, ch->lowest_mode[i] = m;
      }
      row[VM_WINDOW_LOWEST] = fmin(row[VM_WINDOW_LOWEST], ch->lowest[i]);
    }
    row[VM_WINDOW_RATE] = VmSumRun(grid->plane, ch->bound + x * grid->plane);
  }
  PetscCall(VmGatherPlanes(grid, VM_WINDOW_ROW, kmc->plane_row, kmc->planes));
  kmc->total = 0.0, kmc->lowest_barrier = HUGE_VAL, kmc->drift = 0.0;
  for (int64_t x = 0; x < grid->n[0]; ++x) {
    kmc->total += kmc->planes[x * VM_WINDOW_ROW + VM_WINDOW_RATE];
    kmc->lowest_barrier = fmin(kmc->lowest_barrier, kmc->planes[x * VM_WINDOW_ROW + VM_WINDOW_LOWEST]);
    kmc->drift = fmax(kmc->drift, kmc->planes[x * VM_WINDOW_ROW + VM_WINDOW_SPEED]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest length of a window that heat, relaxation and the horizon allow. */
static double Longest(VmKmc kmc, double horizon)
{
  const VmKmcState *state = &kmc->state;
  double longest = horizon - state->mean.time;
  if (state->window_rate > 0.0)
    longest = PetscMin(longest, PetscMin(2.0 * state->window, WINDOW_WAITS * state->hazard / state->window_rate));
  const double temperature = VmKmcTemperature(kmc, state->mean.time);
  if (state->temperature_rate != 0.0)
    longest = PetscMin(longest, WINDOW_HEAT * temperature / fabs(state->temperature_rate));
  return longest;
}

PetscErrorCode VmChangingOpen(VmKmc kmc, double horizon)
{
  VmChanging ch = kmc->changing;
  VmKmcState *state = &kmc->state;
  const double now = state->mean.time;

  PetscFunctionBegin;
  ch->start = now, ch->length = 0.0;
  if (state->window_rate == 0.0) { /* nothing is known yet of how long to look ahead */
    PetscCall(VmChangingRelax(kmc, 0.0));
    PetscCall(Bound(kmc, 0.0));
    state->window_rate = kmc->total, state->window = HUGE_VAL;
  }
  const double longest = Longest(kmc, horizon);
  double length = longest;
  if (!(longest < HUGE_VAL))
    VmThrow(kmc->grid->comm, VM_ERR_DIVERGED, "no event will ever come under this load; give the stage a duration");
  for (;;) {
    PetscCall(VmChangingRelax(kmc, length));
    PetscCall(Bound(kmc, length));
    if (kmc->lowest_barrier <= VM_NO_BARRIER) PetscFunctionReturn(PETSC_SUCCESS);
    double shorter = kmc->drift > 1.0 ? 0.9 / kmc->drift : 1.0;
    if (ch->bend > 1.0) shorter = PetscMin(shorter, PetscMax(0.1, 0.9 / sqrt(ch->bend)));
    if (shorter >= 1.0 || length * shorter < 1e-12 * longest) break;
    length *= shorter;
  }
  ch->length = length, ch->last = length == horizon - now;
  state->rate = kmc->total;
  state->window = length, state->window_rate = PetscMax(kmc->total, 1e-300);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmChangingMoveTo(VmKmc kmc, double time)
{
  VmChanging ch = kmc->changing;
  VmKmcState *state = &kmc->state;
  const int64_t n = 6 * kmc->grid->np;
  const double part = ch->length > 0.0 ? PetscMin((time - ch->start) / ch->length, 1.0) : 0.0;
  double flow[6];
  for (int64_t i = 0; VmChangingMemory(kmc) && i < kmc->grid->np; ++i) state->memory[i] = StateAt(kmc, i, time);
  for (int c = 0; c < 6; ++c) flow[c] = part * ch->mean_flow[c];
  state->mean = VmChangingMean(kmc, time, flow);
  for (int64_t i = 0; i < n; ++i) state->fluctuation[i] += part * (ch->end[i] - state->fluctuation[i]);
  for (int64_t i = 0; VmChangingFlows(kmc) && i < n; ++i)
    state->viscous[i] += part * (ch->viscous_end[i] - state->viscous[i]);
  state->temperature = VmKmcTemperature(kmc, time), state->temperature_time = time;
  kmc->temperature = state->temperature;
  kmc->until = time;
}
