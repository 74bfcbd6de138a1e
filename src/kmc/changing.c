/* The event finder `full` where rates change in time otherwise than by load and memory alone: by temperature, by flow
 * units that relax, by thermal expansion that differs from voxel to voxel, by the state of a memory law. In short
 * windows every rate has a bound; a candidate drawn from the bounds is accepted with the true rate of its time over the
 * bound. */
#include "kmc_private.h"
#include <math.h>
#include <string.h>

/* What may change in a window: work [kT] and temperature, so that bounds stay within a factor of about e^(1/2); and
 * work by which the stress of a voxel may leave the straight line on which it is taken to go through the window [kT].
 */
#define WINDOW_WORK 0.5
#define WINDOW_HEAT 0.0125 /* of T: half a kT of a barrier of 40 kT */
#define WINDOW_BEND 0.05

/* A window has no need to last longer than this many waiting times. */
#define WINDOW_WAITS 4.0

enum { MOST_ITERATIONS = 500 };
#define SETTLED 1e-13 /* change of the viscous strain in the last iteration */

struct VmChanging_s {
  bool ready;                          /* the arrays from viscous_end on are there */
  VmKmcRelaxation relaxation;          /* shear 0: none */
  double *flow_unit;                   /* [np] 1 or 0 */
  double expansion[2], mean_expansion; /* of matrix and flow units [1/K] */
  double *viscous_end;                 /* [6][np] at the end of the window */
  double *end;                         /* [6][np] stress fluctuation at the end of the window */
  double *total;                       /* [6][np] eigenstrain of all kinds */
  double *bound;                       /* [np] of the rates in the window [1/s] */
  double *lowest;                      /* [np] lowest barrier at its start [eV] */
  int *lowest_mode;                    /* [np] */
  double start, length;                /* of the window [s] */
  bool last;                           /* it ends at the horizon */
  double bend;                         /* largest, over WINDOW_BEND */
  double mean_flow[6];                 /* change of the mean viscous eigenstrain over it */
};
typedef struct VmChanging_s *Changing;

/* Columns of the rows of planes. */
enum { RATE, LOWEST, SPEED, COLUMNS };

static double ShearNorm(const double sig[6])
{
  const double mean = (sig[0] + sig[1] + sig[2]) / 3.0;
  double sum = 0.0;
  for (int c = 0; c < 6; ++c) sum += c < 3 ? (sig[c] - mean) * (sig[c] - mean) : 2.0 * sig[c] * sig[c];
  return sqrt(0.5 * sum);
}

static const VmMemoryOps *Memory(VmKmc kmc) { return (const VmMemoryOps *)kmc->stz.memory.head; }

/* State of a voxel's memory law at a time of the window. */
static double StateAt(VmKmc kmc, int64_t voxel, double time)
{
  const double start = kmc->state.mean.time;
  return Memory(kmc)->age(kmc->stz.memory.params, kmc->state.memory[voxel], time - start,
                          VmKmcTemperature(kmc, 0.5 * (start + time)));
}

/* Factor of the barriers and weight of the rates of a voxel at a time; softening included. */
static void EffectAt(VmKmc kmc, int64_t voxel, double time, double *factor, double *weight)
{
  *factor = *weight = 1.0;
  if (Memory(kmc)) Memory(kmc)->effect(kmc->stz.memory.params, StateAt(kmc, voxel, time), factor, weight);
  *factor *= VmKmcMemory(kmc, VmKmcSlot(kmc, voxel), time);
}

/* Their bounds in the window [now, until]: both parts of the memory are monotone. */
static void EffectBound(VmKmc kmc, int64_t voxel, double until, double *factor, double *weight)
{
  const double now = kmc->state.mean.time;
  *factor = *weight = 1.0;
  if (Memory(kmc)) {
    double factors[2], weights[2];
    for (int end = 0; end < 2; ++end)
      Memory(kmc)->effect(kmc->stz.memory.params, StateAt(kmc, voxel, end ? until : now), &factors[end], &weights[end]);
    *factor = fmin(factors[0], factors[1]), *weight = fmax(weights[0], weights[1]);
  }
  *factor *= VmKmcMemoryBound(kmc, VmKmcSlot(kmc, voxel), now, until);
}

static bool Flows(VmKmc kmc) { return kmc->changing->relaxation.shear > 0.0; }

double VmKmcTemperature(VmKmc kmc, double time)
{
  const VmKmcState *state = &kmc->state;
  return state->temperature + state->temperature_rate * (time - state->temperature_time);
}

/* Share of the viscous strain of a flow unit that its voxel has as eigenstrain: G_II/G. */
static double Share(VmKmc kmc) { return kmc->changing->relaxation.shear / kmc->state.mean.shear; }

static double RelaxationRate(VmKmc kmc, double temperature)
{
  const VmKmcRelaxation *r = &kmc->changing->relaxation;
  const double heat = r->activation / VM_BOLTZMANN * (1.0 / temperature - 1.0 / r->reference_temperature);
  return r->shear / r->viscosity * exp(-heat);
}

/* Eigenstrain of events, a field of viscous strain and the temperature. */
static void Eigenstrain(VmKmc kmc, const double *viscous, double temperature, double *total)
{
  Changing ch = kmc->changing;
  const int64_t np = kmc->grid->np;
  memcpy(total, kmc->state.eigenstrain, sizeof(double) * 6 * (size_t)np);
  for (int64_t i = 0; viscous && i < 6 * np; ++i) total[i] += Share(kmc) * viscous[i];
  if (ch->expansion[0] == ch->expansion[1]) return; /* uniform: no stress */
  for (int c = 0; c < 3; ++c)
    for (int64_t i = 0; i < np; ++i)
      total[c * np + i] += ch->expansion[ch->flow_unit[i] > 0.0] * (temperature - kmc->start_temperature);
}

void VmKmcEigenstrain(VmKmc kmc, double *total) { Eigenstrain(kmc, kmc->state.viscous, kmc->state.temperature, total); }

/* Its stress fluctuation. */
static PetscErrorCode Stress(VmKmc kmc, const double *viscous, double temperature, double *stress)
{
  Changing ch = kmc->changing;
  PetscFunctionBegin;
  if (kmc->interacting) {
    Eigenstrain(kmc, viscous, temperature, ch->total);
    PetscCall(VmKmcFluctuation(kmc, ch->total, stress));
  } else PetscCall(PetscArrayzero(stress, 6 * kmc->grid->np));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean of a field of six components. */
static PetscErrorCode Mean(VmKmc kmc, const double *field, double mean[6])
{
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) {
    PetscCall(VmSumField(kmc->grid, field + c * kmc->grid->np, &mean[c]));
    mean[c] /= (double)kmc->grid->total;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The mean at a time of the window, if its eigenstrain has changed by `flow`. */
static VmMean MeanAt(VmKmc kmc, double time, const double flow[6])
{
  VmMean mean = kmc->state.mean;
  for (int c = 0; c < 6; ++c) mean.eigenstrain[c] += flow[c];
  mean.thermal = kmc->changing->mean_expansion * (VmKmcTemperature(kmc, time) - kmc->start_temperature);
  VmMeanUpdate(&mean, time);
  return mean;
}

/* Deviator of the strain that is not of events, from the stress and the viscous strain. */
static void ElasticStrain(double shear, const double sig[6], double share, const double viscous[6], double eps[6])
{
  const double mean = (sig[0] + sig[1] + sig[2]) / 3.0;
  for (int c = 0; c < 6; ++c) eps[c] = (sig[c] - (c < 3 ? mean : 0.0)) / (2.0 * shear) + share * viscous[c];
}

/* One iteration: viscous strain at the end of a window from the stress there, exact for strain linear in time. Gives
 * of this rank's voxels the largest change of a component and of the stress in the flow units over the window. */
static void Relax(VmKmc kmc, const VmMean *start, const VmMean *end, double x, double largest[2])
{
  Changing ch = kmc->changing;
  const int64_t np = kmc->grid->np;
  const double decay = exp(-x), gain = -expm1(-x), ramp = x > 1e-5 ? 1.0 - gain / x : 0.5 * x - x * x / 6.0,
               shear = start->shear, share = Share(kmc);
  largest[0] = largest[1] = 0.0;
  for (int64_t i = 0; i < np; ++i) {
    double arm[6], before[6], after[6], sig0[6], sig1[6], eps0[6], eps1[6];
    if (ch->flow_unit[i] == 0.0) continue;
    for (int c = 0; c < 6; ++c) {
      before[c] = kmc->state.viscous[c * np + i], after[c] = ch->viscous_end[c * np + i];
      sig0[c] = start->stress[c] + kmc->state.fluctuation[c * np + i];
      sig1[c] = end->stress[c] + ch->end[c * np + i];
    }
    ElasticStrain(shear, sig0, share, before, eps0);
    ElasticStrain(shear, sig1, share, after, eps1);
    for (int c = 0; c < 6; ++c) {
      const double next = decay * before[c] + gain * eps0[c] + ramp * (eps1[c] - eps0[c]);
      largest[0] = fmax(largest[0], fabs(next - after[c]));
      ch->viscous_end[c * np + i] = next;
      arm[c] = 2.0 * share * shear * ((eps1[c] - next) - (eps0[c] - before[c]));
    }
    largest[1] = fmax(largest[1], ShearNorm(arm));
  }
}

/* Stress at the end of a window of some length, with the flow units relaxed on the way. */
static PetscErrorCode EndOfWindow(VmKmc kmc, double length)
{
  Changing ch = kmc->changing;
  VmKmcState *state = &kmc->state;
  const double now = state->mean.time, then = now + length, none[6] = {0.0};
  const double x = Flows(kmc) ? length * RelaxationRate(kmc, VmKmcTemperature(kmc, now + 0.5 * length)) : 0.0;
  const VmMean start = MeanAt(kmc, now, none);

  PetscFunctionBegin;
  memset(ch->mean_flow, 0, sizeof ch->mean_flow);
  ch->bend = 0.0;
  if (!Flows(kmc) && ch->expansion[0] == ch->expansion[1]) { /* the eigenstrain stays */
    PetscCall(PetscArraycpy(ch->end, state->fluctuation, 6 * kmc->grid->np));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!Flows(kmc)) {
    PetscCall(Stress(kmc, NULL, VmKmcTemperature(kmc, then), ch->end));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  memcpy(ch->viscous_end, state->viscous, sizeof(double) * 6 * (size_t)kmc->grid->np);
  memcpy(ch->end, state->fluctuation, sizeof(double) * 6 * (size_t)kmc->grid->np);
  double mean0[6], mean1[6];
  PetscCall(Mean(kmc, state->viscous, mean0));
  for (int i = 0;; ++i) {
    VmMean end = MeanAt(kmc, then, ch->mean_flow);
    double largest[2];
    Relax(kmc, &start, &end, x, largest);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, 2, MPI_DOUBLE, MPI_MAX, kmc->grid->comm));
    PetscCall(Stress(kmc, ch->viscous_end, VmKmcTemperature(kmc, then), ch->end));
    PetscCall(Mean(kmc, ch->viscous_end, mean1));
    for (int c = 0; kmc->interacting && c < 6; ++c) ch->mean_flow[c] = Share(kmc) * (mean1[c] - mean0[c]);
    /* an exponential leaves its chord by a part min(1, x/8) of its change at most */
    ch->bend = VmStzWorkPerStress(&kmc->stz) * largest[1] * fmin(1.0, x / 8.0) /
               (WINDOW_BEND * VM_BOLTZMANN * VmKmcTemperature(kmc, now));
    if (largest[0] <= SETTLED) break;
    if (i == MOST_ITERATIONS)
      VmThrow(kmc->grid->comm, VM_ERR_DIVERGED, "the relaxation of the flow units at time %g s does not converge", now);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Change of the stress of a voxel over the window, before its share of time is taken. */
static void Change(VmKmc kmc, const VmMean *start, const VmMean *end, int64_t voxel, double change[6])
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
  Changing ch = kmc->changing;
  VmGrid grid = kmc->grid;
  const double now = kmc->state.mean.time, none[6] = {0.0}, then = now + length;
  const double hottest = fmax(VmKmcTemperature(kmc, now), VmKmcTemperature(kmc, then)), kt = VM_BOLTZMANN * hottest;
  const double per_stress = VmStzWorkPerStress(&kmc->stz) * (1.0 + 1e-5);
  const VmMean start = MeanAt(kmc, now, none), end = MeanAt(kmc, then, ch->mean_flow);

  PetscFunctionBegin;
  for (int64_t x = 0; x < grid->nx; ++x) {
    double *row = kmc->plane_row + x * COLUMNS;
    row[LOWEST] = HUGE_VAL, row[SPEED] = 0.0;
    for (int64_t i = x * grid->plane; i < (x + 1) * grid->plane; ++i) {
      double change[6];
      Change(kmc, &start, &end, i, change);
      double memory, weight;
      const double work = per_stress * ShearNorm(change);
      EffectBound(kmc, i, then, &memory, &weight);
      ch->bound[i] = 0.0, ch->lowest[i] = HUGE_VAL;
      for (int m = 0; m < kmc->stz.modes; ++m) {
        const VmBarrierLeft b = VmKmcBarrierLeft(kmc, i, m, start.stress, memory);
        /* the tangent of a convex barrier lies below it */
        const double slope = b.reserve < HUGE_VAL && b.left > 0.0 ? b.left / b.reserve : 0.0;
        ch->bound[i] += weight * kmc->stz.attempt_frequency * exp(-fmax(b.left - slope * work, 0.0) / kt);
        row[SPEED] = fmax(row[SPEED], fmax(work / fmax(b.reserve, 1e-300), slope * work / (WINDOW_WORK * kt)));
        if (b.left < ch->lowest[i]) ch->lowest[i] = b.left, ch->lowest_mode[i] = m;
      }
      row[LOWEST] = fmin(row[LOWEST], ch->lowest[i]);
    }
    row[RATE] = VmSumRun(grid->plane, ch->bound + x * grid->plane);
  }
  PetscCall(VmGatherPlanes(grid, COLUMNS, kmc->plane_row, kmc->planes));
  kmc->total[0] = 0.0, kmc->lowest_barrier = HUGE_VAL, kmc->drift = 0.0;
  for (int64_t x = 0; x < grid->n[0]; ++x) {
    kmc->total[0] += kmc->planes[x * COLUMNS + RATE];
    kmc->lowest_barrier = fmin(kmc->lowest_barrier, kmc->planes[x * COLUMNS + LOWEST]);
    kmc->drift = fmax(kmc->drift, kmc->planes[x * COLUMNS + SPEED]);
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

/* Begins a window in which bounds are near the rates and no barrier can vanish; length 0 if one has vanished already.
 */
static PetscErrorCode OpenWindow(VmKmc kmc, double horizon)
{
  Changing ch = kmc->changing;
  VmKmcState *state = &kmc->state;
  const double now = state->mean.time;

  PetscFunctionBegin;
  ch->start = now, ch->length = 0.0;
  if (state->window_rate == 0.0) { /* nothing is known yet of how long to look ahead */
    PetscCall(EndOfWindow(kmc, 0.0));
    PetscCall(Bound(kmc, 0.0));
    state->window_rate = kmc->total[0], state->window = HUGE_VAL;
  }
  const double longest = Longest(kmc, horizon);
  double length = longest;
  if (!(longest < HUGE_VAL))
    VmThrow(kmc->grid->comm, VM_ERR_DIVERGED, "no event will ever come under this load; give the stage a duration");
  for (;;) {
    PetscCall(EndOfWindow(kmc, length));
    PetscCall(Bound(kmc, length));
    if (kmc->lowest_barrier <= VM_NO_BARRIER) PetscFunctionReturn(PETSC_SUCCESS);
    double shorter = kmc->drift > 1.0 ? 0.9 / kmc->drift : 1.0;
    if (ch->bend > 1.0) shorter = PetscMin(shorter, PetscMax(0.1, 0.9 / sqrt(ch->bend)));
    if (shorter >= 1.0 || length * shorter < 1e-12 * longest) break;
    length *= shorter;
  }
  ch->length = length, ch->last = length == horizon - now;
  state->window = length, state->window_rate = PetscMax(kmc->total[0], 1e-300);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Goes to a time of the window and closes it. */
static void MoveTo(VmKmc kmc, double time)
{
  Changing ch = kmc->changing;
  VmKmcState *state = &kmc->state;
  const int64_t n = 6 * kmc->grid->np;
  const double part = ch->length > 0.0 ? PetscMin((time - ch->start) / ch->length, 1.0) : 0.0;
  double flow[6];
  for (int64_t i = 0; Memory(kmc) && i < kmc->grid->np; ++i) state->memory[i] = StateAt(kmc, i, time);
  for (int c = 0; c < 6; ++c) flow[c] = part * ch->mean_flow[c];
  state->mean = MeanAt(kmc, time, flow);
  for (int64_t i = 0; i < n; ++i) state->fluctuation[i] += part * (ch->end[i] - state->fluctuation[i]);
  for (int64_t i = 0; Flows(kmc) && i < n; ++i) state->viscous[i] += part * (ch->viscous_end[i] - state->viscous[i]);
  state->temperature = VmKmcTemperature(kmc, time), state->temperature_time = time;
  kmc->temperature = state->temperature;
  kmc->until = time;
}

/* The lowest mode of all, ties by global index. */
static PetscErrorCode ChooseLowest(VmKmc kmc, VmChoice *choice)
{
  VmGrid grid = kmc->grid;
  int64_t plane = 0;
  PetscFunctionBegin;
  while (kmc->planes[plane * COLUMNS + LOWEST] != kmc->lowest_barrier) ++plane;
  if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
    int64_t voxel = (plane - grid->x0) * grid->plane;
    while (kmc->changing->lowest[voxel] != kmc->lowest_barrier) ++voxel;
    choice->accepted = 1.0;
    VmKmcDescribe(kmc, voxel, kmc->changing->lowest_mode[voxel], choice);
  }
  PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A candidate at a time of the window: a voxel by its bound, accepted with its true rate over the bound. */
static PetscErrorCode Propose(VmKmc kmc, double time, VmChoice *choice)
{
  Changing ch = kmc->changing;
  VmGrid grid = kmc->grid;
  double target = VmKmcUniform(kmc) * kmc->total[0];
  const double accept = VmKmcUniform(kmc), pick = VmKmcUniform(kmc), none[6] = {0.0};
  const int64_t plane = VmKmcPick(grid->n[0], COLUMNS, kmc->planes, &target);

  PetscFunctionBegin;
  choice->accepted = 0.0;
  if (plane >= grid->x0 && plane < grid->x0 + grid->nx) {
    const VmMean start = MeanAt(kmc, ch->start, none), end = MeanAt(kmc, ch->start + ch->length, ch->mean_flow);
    const int64_t first = (plane - grid->x0) * grid->plane,
                  voxel = first + VmKmcPick(grid->plane, 1, ch->bound + first, &target);
    const double kt = VM_BOLTZMANN * VmKmcTemperature(kmc, time);
    double sig[6], change[6], memory, weight, total = 0.0;
    EffectAt(kmc, voxel, time, &memory, &weight);
    Change(kmc, &start, &end, voxel, change);
    for (int c = 0; c < 6; ++c) sig[c] = start.stress[c] + change[c] * ((time - ch->start) / ch->length);
    for (int m = 0; m < kmc->stz.modes; ++m) {
      const double left = VmKmcBarrierLeft(kmc, voxel, m, sig, memory).left;
      kmc->room[m] = weight * kmc->stz.attempt_frequency * exp(-fmax(left, 0.0) / kt);
      total += kmc->room[m];
    }
    if (total > ch->bound[voxel] * (1.0 + 1e-9)) choice->accepted = -1.0;
    else if (accept * ch->bound[voxel] < total) {
      double which = pick * total;
      choice->accepted = 1.0;
      VmKmcDescribe(kmc, voxel, (int)VmKmcPick(kmc->stz.modes, 1, kmc->room, &which), choice);
    }
  }
  PetscCallMPI(MPI_Bcast(choice, sizeof *choice, MPI_BYTE, VmGridOwner(grid, plane), grid->comm));
  if (choice->accepted < 0.0)
    VmThrow(grid->comm, VM_ERR_DIVERGED, "a rate exceeded its bound after %lld events; please report this",
            (long long)kmc->state.events);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fire(VmKmc kmc, const VmChoice *choice, VmEvent *event)
{
  const int64_t local = choice->voxel - VmGridGlobal(kmc->grid, 0);
  PetscFunctionBegin;
  VmKmcTransform(kmc, choice, event);
  if (Memory(kmc) && local >= 0 && local < kmc->grid->np) {
    const double share = kmc->stz.volume / pow(kmc->grid->spacing, 3);
    kmc->state.memory[local] = Memory(kmc)->transform(kmc->stz.memory.params, kmc->state.memory[local],
                                                      share * kmc->stz.strain, kmc->temperature);
  }
  PetscCall(Stress(kmc, Flows(kmc) ? kmc->state.viscous : NULL, kmc->temperature, kmc->state.fluctuation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Prepare(VmKmc kmc)
{
  const size_t np = (size_t)kmc->grid->np;
  Changing ch = kmc->changing;
  PetscFunctionBegin;
  if (ch->ready) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscCalloc3(6 * np, &ch->viscous_end, 6 * np, &ch->end, 6 * np, &ch->total));
  PetscCall(PetscCalloc3(np, &ch->bound, np, &ch->lowest, np, &ch->lowest_mode));
  ch->ready = true;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcNextChanging(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event)
{
  Changing ch = kmc->changing;
  VmKmcState *state = &kmc->state;
  VmChoice choice;

  PetscFunctionBegin;
  PetscCall(Prepare(kmc));
  memset(&choice, 0, sizeof choice);
  for (;;) {
    PetscCall(OpenWindow(kmc, horizon));
    if (kmc->lowest_barrier <= VM_NO_BARRIER) {
      PetscCall(VmKmcCountCascade(kmc));
      PetscCall(ChooseLowest(kmc, &choice));
      PetscCall(Fire(kmc, &choice, event));
      *outcome = VM_KMC_EVENT;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    kmc->cascade = 0;
    double time = ch->start;
    for (;;) {
      const double end = ch->last ? horizon : ch->start + ch->length, hazard = kmc->total[0] * (end - time);
      if (!(hazard > state->hazard)) {
        state->hazard -= hazard;
        MoveTo(kmc, end);
        if (!ch->last) break;
        *outcome = VM_KMC_HORIZON;
        PetscFunctionReturn(PETSC_SUCCESS);
      }
      time += state->hazard / kmc->total[0];
      state->hazard = -log(VmKmcUniform(kmc));
      PetscCall(Propose(kmc, time, &choice));
      if (choice.accepted != 1.0) continue;
      MoveTo(kmc, time);
      PetscCall(Fire(kmc, &choice, event));
      *outcome = VM_KMC_EVENT;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
}

PetscErrorCode VmKmcChangingCreate(VmKmc kmc, const VmKmcSetup *setup)
{
  const size_t np = (size_t)kmc->grid->np;
  Changing ch;
  double units;
  PetscFunctionBegin;
  PetscCall(PetscNew(&ch));
  kmc->changing = ch;
  if (setup->relaxation) ch->relaxation = *setup->relaxation;
  PetscCall(PetscCalloc1(np, &ch->flow_unit));
  for (size_t i = 0; setup->flow_unit && i < np; ++i) ch->flow_unit[i] = setup->flow_unit[i];
  if (Flows(kmc)) PetscCall(PetscCalloc1(6 * np, &kmc->state.viscous));
  if (Memory(kmc)) {
    PetscCall(PetscMalloc1(np, &kmc->state.memory));
    for (size_t i = 0; i < np; ++i)
      kmc->state.memory[i] = Memory(kmc)->start(kmc->stz.memory.params, ch->flow_unit[i] > 0.0);
  }
  PetscCall(VmSumField(kmc->grid, ch->flow_unit, &units));
  const double share = units / (double)kmc->grid->total;
  ch->expansion[0] = setup->expansion, ch->expansion[1] = setup->flow_unit_expansion;
  ch->mean_expansion = share * setup->flow_unit_expansion + (1.0 - share) * setup->expansion;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcChangingDestroy(VmKmc kmc)
{
  Changing ch = kmc->changing;
  PetscFunctionBegin;
  if (!ch) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree(ch->flow_unit));
  if (ch->ready) {
    PetscCall(PetscFree3(ch->viscous_end, ch->end, ch->total));
    PetscCall(PetscFree3(ch->bound, ch->lowest, ch->lowest_mode));
  }
  PetscCall(PetscFree(kmc->state.viscous));
  PetscCall(PetscFree(kmc->state.memory));
  PetscCall(PetscFree(kmc->changing));
  PetscFunctionReturn(PETSC_SUCCESS);
}

bool VmKmcChanges(VmKmc kmc)
{
  const Changing ch = kmc->changing;
  return kmc->finder == VM_FINDER_FULL &&
         (Flows(kmc) || Memory(kmc) || ch->expansion[0] != ch->expansion[1] || kmc->state.temperature_rate != 0.0);
}

PetscErrorCode VmKmcHeat(VmKmc kmc, double temperature, double rate)
{
  VmKmcState *state = &kmc->state;
  const bool jump = temperature != state->temperature;
  PetscFunctionBegin;
  PetscCheck(rate == 0.0 || kmc->finder == VM_FINDER_FULL, kmc->grid->comm, PETSC_ERR_SUP,
             "only the finder `full` knows temperatures that change");
  state->temperature = kmc->temperature = temperature;
  state->temperature_time = state->mean.time, state->temperature_rate = rate;
  state->window_rate = 0.0;
  state->mean.thermal = kmc->changing->mean_expansion * (temperature - kmc->start_temperature);
  VmMeanUpdate(&state->mean, state->mean.time);
  if (!jump) PetscFunctionReturn(PETSC_SUCCESS);
  if (kmc->finder == VM_FINDER_THINNED) state->pending = -1; /* bounds are of one temperature */
  if (VmKmcChanges(kmc)) {
    PetscCall(Prepare(kmc));
    PetscCall(Stress(kmc, state->viscous, temperature, state->fluctuation));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *VmKmcMemoryQuantity(VmKmc kmc) { return Memory(kmc) ? Memory(kmc)->quantity : NULL; }
