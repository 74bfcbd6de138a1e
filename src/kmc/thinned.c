/* The event finder `thinned`: rates are bounded for a margin of the stress, candidates drawn from the bounds are
 * accepted with true rate over bound. */
#include "rates.h"
#include "thinning.h"
#include <vitromech/timer.h>
#include <math.h>
#include <string.h>

/* Barriers that this part of the margin's work may take away are watched one by one. */
#define WATCHED 0.1

/* A rate below this part of what its bound allows shows that the bound is out of date. */
#define RECOVERED 0.7

/* Candidates drawn together: on one rank each for itself, on several PER_RANK for each, up to MOST_CANDIDATES, with one
 * message for all. Those after the first that needs a sum or changes anything are forgotten and drawn again from the
 * same numbers, so that this does not change results. */
enum { PER_RANK = 6, MOST_CANDIDATES = 16, DRAWS = 4 };

typedef enum { NOT_MINE, REFUSED, OPEN, LOOKED_AT, ACCEPTED, EXCEEDED } Outcome;

/* What the owner of a candidate's voxel has found; zero on all other ranks. */
typedef struct {
  int64_t outcome, voxel, mode, sums, recovered;
  double eps[6];
} Verdict;
enum { WORDS = sizeof(Verdict) / sizeof(uint64_t) };

typedef struct {
  double time, accept, pick;
  int owner;
  int64_t slot;               /* -1: another rank's */
  double stress[VM_STRESSES]; /* with all pending events, if looked at */
  double slow;                /* a rate below this shows that the bound is out of date [1/s] */
} Candidate;

/* Present stress of a slot from its shears. */
static void TotalStress(const double mean[6], const double s[VM_STRESSES], double sig[6])
{
  const double difference = M_SQRT1_2 * s[0], sum = 0.40824829046386302 * s[1];
  sig[0] = mean[0] + (sum + difference), sig[1] = mean[1] + (sum - difference), sig[2] = mean[2] - 2.0 * sum;
  for (int c = 3; c < 6; ++c) sig[c] = mean[c] + M_SQRT1_2 * s[c - 1];
}

void VmThinningDrives(const double mean[6], const double shears[VM_STRESSES], double drive[5])
{
  double sig[6];
  TotalStress(mean, shears, sig);
  VmKmcDrives(sig, drive);
}

/* Bound of the rate of a slot at a mean stress by what is known of its own, without a sum. */
static double MostRate(VmKmc kmc, int64_t slot, double temperature, VmEffect effect, const double mean[6])
{
  const VmThinning t = kmc->thinning;
  const double *known = t->known + slot / VM_TILE * VM_SHEARS * VM_TILE + slot % VM_TILE, *felt = VmPressureKnown(kmc);
  double shears[VM_SHEARS], drive[5];
  VmShears(mean, shears);
  for (int c = 0; c < VM_SHEARS; ++c) shears[c] += known[c * VM_TILE];
  VmShearDrives(shears, drive);
  const double pressed = VmPressureWork(kmc, mean, felt ? felt[slot] : 0.0);
  const double more = VmThinningUnknown(kmc, slot) + VmExpansionMost(kmc, slot);
  return VmKmcRateBound(kmc, slot, temperature, effect, pressed + t->work * more, drive).rate;
}

/* Refuses a candidate, or leaves it open, by what is known without a sum. */
static void Screen(VmKmc kmc, Candidate *candidate, Verdict *verdict)
{
  const VmThinning t = kmc->thinning;
  const int64_t slot = candidate->slot;
  const double bound = kmc->rate[slot], per_stress = t->work / (VM_BOLTZMANN * t->hottest),
               margin = (double)t->margin[slot] + t->drift_margin;
  VmMean mean = kmc->state.mean;
  double change[6];

  VmMeanUpdate(&mean, candidate->time);
  for (int c = 0; c < 6; ++c) change[c] = mean.stress[c] - kmc->state.reference[c];
  const double used = VmThinningUsed(kmc, slot) + VmThinningNorm(kmc, change);
  verdict->outcome = REFUSED;
  /* what the voxel has used of its margin already tells many refusals */
  const double most = kmc->barrier_law->linear ? exp(per_stress * (used - margin)) : 1.0;
  if (candidate->accept > most * (1.0 + 1e-9)) return;
  const VmEffect effect = VmKmcEffect(kmc, slot, candidate->time);
  const double temperature = VmKmcTemperature(kmc, candidate->time),
               rate = MostRate(kmc, slot, temperature, effect, mean.stress);
  candidate->slow = RECOVERED * VmWindowCooled(kmc, bound, temperature) * exp(-per_stress * (margin + used));
  if (candidate->accept * bound > rate)
    verdict->recovered = rate < candidate->slow && VmKmcSlowsDown(kmc, slot, candidate->time);
  else {
    verdict->outcome = OPEN;
    verdict->voxel = VmTilesVoxel(&kmc->tiles, slot), verdict->sums = VmThinningPairs(kmc, slot);
  }
}

/* Accepts a voxel with its true total rate over its bound, and picks one of its modes by their true rates. */
static void Judge(VmKmc kmc, const Candidate *candidate, Verdict *verdict)
{
  const int64_t slot = candidate->slot;
  const double bound = kmc->rate[slot], temperature = VmKmcTemperature(kmc, candidate->time);
  const VmEffect effect = VmKmcEffect(kmc, slot, candidate->time);
  VmMean mean = kmc->state.mean;
  double *rates = kmc->mode_rate, drive[5], stress[VM_STRESSES], total = 0.0;

  VmMeanUpdate(&mean, candidate->time);
  verdict->outcome = LOOKED_AT;
  memcpy(stress, candidate->stress, sizeof stress);
  VmExpansionAdd(kmc, slot, candidate->time, stress);
  VmThinningDrives(mean.stress, stress, drive);
  const double pressed = VmPressureWork(kmc, mean.stress, stress[VM_FELT]);
  VmKmcModes(kmc, slot, temperature, effect.factor, pressed, drive, rates, kmc->mode_reserve);
  for (int64_t m = 0; m < kmc->stz.modes; ++m) total += rates[m] *= effect.weight;
  ++kmc->profile.looked_at;
  /* slower since the bound was found by rest alone */
  verdict->recovered = total < candidate->slow && VmKmcSlowsDown(kmc, slot, candidate->time);
  if (total > bound * (1.0 + 1e-7)) verdict->outcome = EXCEEDED;
  else if (candidate->accept * bound < total) {
    double target = candidate->pick * total;
    verdict->outcome = ACCEPTED;
    verdict->mode = VmKmcPick(kmc->stz.modes, 1, rates, &target);
    VmKmcModeStrain(kmc, slot, (int)verdict->mode, verdict->eps);
  }
}

/* Owner and slot of a candidate: a plane, a tile and a voxel by their bounds. */
static void Place(VmKmc kmc, double position, Candidate *candidate)
{
  const VmThinning t = kmc->thinning;
  const VmTiles *tiles = &kmc->tiles;
  double target = position * kmc->state.rate;
  const int64_t plane = VmKmcPick(kmc->grid->n[0], VM_BOUND_ROW, t->rows, &target);
  candidate->owner = VmTilesOwner(tiles, plane), candidate->slot = -1;
  if (candidate->owner != kmc->grid->rank) return;
  const int64_t first = (plane - tiles->first) / tiles->stride * tiles->per_plane,
                tile = first + VmKmcPick(tiles->per_plane, 1, t->tile_rate + first, &target);
  candidate->slot = tile * VM_TILE + VmKmcPick(VM_TILE, 1, kmc->rate + tile * VM_TILE, &target);
}

/* Draws candidates up to the time `until`, whose number is returned, and screens those of this rank; what comes after
 * its first that matters is left out. */
static int Draw(VmKmc kmc, double until, Candidate *candidates, Verdict *verdicts)
{
  const int most = PetscMin(kmc->grid->size == 1 ? 1 : PER_RANK * kmc->grid->size, MOST_CANDIDATES);
  const double bound = kmc->state.rate;
  double time = kmc->state.mean.time, hazard = kmc->state.hazard;
  bool done = false;
  int count;

  memset(verdicts, 0, sizeof *verdicts * MOST_CANDIDATES);
  for (count = 0; count < most && bound * (until - time) > hazard; ++count) {
    Candidate *candidate = &candidates[count];
    const int64_t draw = count * DRAWS;
    time += hazard / bound;
    hazard = -log(VmKmcUniformAhead(kmc, draw));
    candidate->time = time;
    candidate->accept = VmKmcUniformAhead(kmc, draw + 2), candidate->pick = VmKmcUniformAhead(kmc, draw + 3);
    Place(kmc, VmKmcUniformAhead(kmc, draw + 1), candidate);
    if (candidate->slot < 0 || done) continue;
    Screen(kmc, candidate, &verdicts[count]);
    done = verdicts[count].outcome == OPEN || verdicts[count].recovered;
  }
  return count;
}

/* Sums the stress of an open candidate, all ranks a part, and judges it. */
static PetscErrorCode Look(VmKmc kmc, Candidate *candidate, Verdict *verdict)
{
  const double start = VmTime();
  PetscFunctionBegin;
  PetscCall(VmThinningSumTogether(kmc, candidate->owner, verdict->voxel, verdict->sums, candidate->stress));
  if (candidate->slot >= 0) Judge(kmc, candidate, verdict);
  const double judged = VmTime();
  if (kmc->grid->size > 1) PetscCallMPI(MPI_Bcast(verdict, WORDS, MPI_UINT64_T, candidate->owner, kmc->grid->comm));
  kmc->profile.accept_time += judged - start, kmc->profile.message_time += VmTime() - judged;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Draws candidates up to the time `until` and judges them, to the first that is open or changes anything; their number
 * is returned. */
static PetscErrorCode Propose(VmKmc kmc, double until, Candidate *candidates, Verdict *verdicts, int *count)
{
  const double start = VmTime();
  int last = 0;
  PetscFunctionBegin;
  const int drawn = Draw(kmc, until, candidates, verdicts);
  const double screened = VmTime();
  if (kmc->grid->size > 1)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, verdicts, WORDS * drawn, MPI_UINT64_T, MPI_BOR, kmc->grid->comm));
  kmc->profile.accept_time += screened - start, kmc->profile.message_time += VmTime() - screened;
  while (last < drawn && verdicts[last].outcome == REFUSED && !verdicts[last].recovered) ++last;
  *count = PetscMin(last + 1, drawn);
  if (last < drawn && verdicts[last].outcome == OPEN) PetscCall(Look(kmc, &candidates[last], &verdicts[last]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Takes the numbers of a candidate and keeps what was learnt from it. True if it is accepted; *changed if bounds are no
 * longer what later candidates were drawn from. */
static PetscErrorCode Take(VmKmc kmc, const Candidate *candidate, const Verdict *verdict, bool *changed)
{
  VmKmcState *state = &kmc->state;
  VmThinning t = kmc->thinning;
  PetscFunctionBegin;
  VmMeanUpdate(&state->mean, candidate->time);
  state->hazard = -log(VmKmcUniformAhead(kmc, 0));
  state->draws += DRAWS;
  state->sums += verdict->sums, state->work += VM_CANDIDATE_WORK;
  ++kmc->profile.candidates;
  if (candidate->slot >= 0 && verdict->outcome != REFUSED) VmThinningKeep(kmc, candidate->slot, candidate->stress);
  *changed = false;
  if (verdict->outcome == EXCEEDED) {
    ++kmc->profile.exceeded;
    VmThrow(kmc->grid->comm, VM_ERR_DIVERGED, "a rate exceeded its bound after %lld events; please report this",
            (long long)state->events);
  }
  /* a barrier that has recovered lowers the bound of its voxel */
  if (verdict->outcome != ACCEPTED && verdict->recovered) {
    if (candidate->slot >= 0) VmThinningRenew(kmc, candidate->slot);
    t->current = false, *changed = true;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fire(VmKmc kmc, const VmChoice *choice, VmEvent *event)
{
  PetscFunctionBegin;
  VmKmcTransform(kmc, choice, event);
  VmWindowFeel(kmc);
  VmThinningFeel(kmc, event);
  PetscCall(VmThinningGather(kmc)); /* the state is whole at every event */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Time up to which the bounds hold: to `end`, until the mean stress has used up its part of the margin, and not past
 * the time at which a barrier could vanish. */
static double Until(VmKmc kmc, double lead, double end)
{
  const VmThinning t = kmc->thinning;
  const double speed = VmThinningNorm(kmc, kmc->state.mean.stress_rate), all = speed + VmExpansionSpeed(kmc);
  if (all == 0.0) return end;
  const double drift = speed > 0.0 ? (t->drift_margin - VmThinningDrift(kmc)) / speed : HUGE_VAL;
  return PetscMin(end, kmc->state.mean.time + PetscMin(drift, lead / t->work / all));
}

/* Takes candidates until one is accepted (choice->accepted = 1), bounds change, or none comes before `until`: the state
 * is then at `until` and *reached is true. */
static PetscErrorCode Wait(VmKmc kmc, double until, VmChoice *choice, bool *reached)
{
  VmKmcState *state = &kmc->state;
  Candidate candidates[MOST_CANDIDATES];
  Verdict verdicts[MOST_CANDIDATES];
  bool changed = false;

  PetscFunctionBegin;
  *reached = false;
  while (!changed) {
    int count;
    PetscCall(Propose(kmc, until, candidates, verdicts, &count));
    if (count == 0) {
      state->hazard -= state->rate * (until - state->mean.time);
      VmMeanUpdate(&state->mean, until);
      *reached = true;
      break;
    }
    for (int i = 0; i < count && !changed; ++i) {
      const Verdict *verdict = &verdicts[i];
      PetscCall(Take(kmc, &candidates[i], verdict, &changed));
      if (verdict->outcome != ACCEPTED) continue;
      choice->accepted = 1.0, choice->voxel = verdict->voxel, choice->mode = verdict->mode;
      memcpy(choice->eps, verdict->eps, sizeof choice->eps);
      changed = true;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcNextThinned(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event)
{
  const VmThinning t = kmc->thinning;
  VmChoice choice;

  PetscFunctionBegin;
  memset(&choice, 0, sizeof choice);
  for (;;) {
    PetscCall(VmThinningPrepare(kmc));
    const double watched = WATCHED * t->work * t->margin_scale;
    double lead = kmc->lowest_barrier + t->work * (t->drift_margin - VmThinningDrift(kmc));
    double sure = kmc->state.bounds_until; /* no barrier vanishes before by time alone */
    if (lead <= watched) {
      PetscCall(VmThinningWatch(kmc, watched, sure, &lead, &choice));
      while (lead <= VM_NO_BARRIER && VmWindowSooner(kmc, &sure))
        PetscCall(VmThinningWatch(kmc, watched, sure, &lead, &choice));
      VmThinningWatched(kmc, lead);
      if (lead <= VM_NO_BARRIER) {
        PetscCall(VmKmcCountCascade(kmc));
        break;
      }
    }
    kmc->cascade = 0;

    /* found once: looked at again after every candidate it would round differently on other numbers of ranks */
    const double until = Until(kmc, lead, PetscMin(horizon, sure));
    bool reached;
    PetscCall(Wait(kmc, until, &choice, &reached));
    if (choice.accepted == 1.0) break;
    if (reached && !(until < horizon)) {
      if (!t->current) PetscCall(VmThinningGather(kmc));
      *outcome = VM_KMC_HORIZON;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
  PetscCall(Fire(kmc, &choice, event));
  *outcome = VM_KMC_EVENT;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKmcCheckBounds(VmKmc kmc, int64_t *exceeded, double *largest)
{
  VmGrid grid = kmc->grid;
  const int64_t slots = kmc->tiles.count * VM_TILE;
  double *field, *stress;

  PetscFunctionBegin;
  PetscCheck(kmc->finder == VM_FINDER_THINNED, grid->comm, PETSC_ERR_ARG_WRONGSTATE, "only `thinned` has bounds");
  PetscCall(PetscMalloc2((size_t)(6 * grid->np), &field, (size_t)(6 * slots), &stress));
  PetscCall(VmKmcStress(kmc, field));
  for (int c = 0; c < 6; ++c) PetscCall(VmTilesTake(&kmc->tiles, field + c * grid->np, stress + c * slots));
  *exceeded = 0, *largest = 0.0;
  for (int64_t slot = 0; slot < slots; ++slot) {
    double total = 0.0, sig[6], drive[5];
    if (kmc->slot_ratio[slot] == 0.0) continue;
    for (int c = 0; c < 6; ++c) sig[c] = stress[c * slots + slot];
    VmKmcDrives(sig, drive);
    const VmEffect effect = VmKmcEffect(kmc, slot, kmc->state.mean.time);
    VmKmcModes(kmc, slot, VmKmcTemperature(kmc, kmc->state.mean.time), effect.factor, VmStzPressureWork(&kmc->stz, sig),
               drive, kmc->mode_rate, kmc->mode_reserve);
    for (int64_t m = 0; m < kmc->stz.modes; ++m) total += effect.weight * kmc->mode_rate[m];
    const double ratio = total / kmc->rate[slot];
    if (ratio > 1.0 + 1e-7) ++*exceeded;
    *largest = fmax(*largest, ratio);
  }
  PetscCall(PetscFree2(field, stress));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, exceeded, 1, MPI_INT64_T, MPI_SUM, grid->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
