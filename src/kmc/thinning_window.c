/* Windows of time of the finder `thinned`, for rates that rise by themselves. In a temperature programme all bounds are
 * of the highest temperature of a window and renewed at its end. Where barriers fall because the hardening that an
 * event has left decays, the bound of a voxel is for what its barriers will be at the end of the window. */
#include "thinning.h"
#include <math.h>

/* Barriers of mean height fall by no more than this in a window [kT]. */
#define WINDOW_FALL 0.5

/* So little left of their hardening counts as none: the bound is then for ever [kT]. */
#define HARDLY_ANY 0.1

/* Part of the recovery time within which a barrier that vanishes has vanished. */
#define AT_ONCE 1e-6

/* Logarithm by which the temperature of a window raises usual rates: at least, and at most where so few candidates come
 * that they cost less than new rates for all voxels would. */
#define WINDOW_RISE 0.26
#define WINDOW_RISE_MOST 2.0

/* Work of the stress that uneven thermal expansion makes in a window, at most [kT]. */
#define WINDOW_WORK 0.5

/* Change of temperature in a window at most, over it; where memory ages at the temperature of its middle. */
#define WINDOW_HEAT 0.1
#define WINDOW_HEAT_AGEING 0.0125

/* What an event raises barriers of mean height by for a time [kT]; 0 or less: nothing. */
static double Hardening(VmKmc kmc)
{
  return -kmc->stz.softening.decaying * VmStzMeanBarrier(&kmc->stz) / (VM_BOLTZMANN * kmc->temperature);
}

/* Time in which barriers fall so little, once the hardening of the youngest voxel has decayed for an age. */
static double FallTime(VmKmc kmc, double age)
{
  const double time = kmc->stz.softening.time;
  return time * fmin(1.0, WINDOW_FALL / Hardening(kmc) * exp(age / time));
}

/* Length of a window in which the temperature changes. */
static double HeatTime(VmKmc kmc)
{
  const VmKmcState *state = &kmc->state;
  const double attempts = kmc->stz.attempt_frequency * (double)(kmc->stz.modes * kmc->grid->total),
               time = state->temperature / fabs(state->temperature_rate), /* for all of it */
      usual = state->rate > 0.0 ? fmax(log(attempts / state->rate), 1.0)
                                : VmStzMeanBarrier(&kmc->stz) / (VM_BOLTZMANN * state->temperature),
               enough = 0.5 * VM_RENEWAL_WORK / VM_CANDIDATE_WORK * (double)kmc->grid->total;
  double rise = WINDOW_RISE;
  while (2.0 * rise <= WINDOW_RISE_MOST && state->rate * exp(2.0 * rise) * 2.0 * rise / usual * time < enough)
    rise *= 2.0;
  return time * fmin(rise / usual, kmc->memory ? WINDOW_HEAT_AGEING : WINDOW_HEAT);
}

static void Set(VmKmc kmc)
{
  const VmKmcState *state = &kmc->state;
  const VmThinning t = kmc->thinning;
  kmc->temperature = t->hottest = state->temperature, t->heat = 0.0;
  if (state->temperature_rate != 0.0) {
    const double last = VmKmcTemperature(kmc, state->bounds_until);
    kmc->temperature = 0.5 * (state->temperature + last), t->hottest = fmax(state->temperature, last);
    t->heat = fabs(last - state->temperature) * (1.0 + 1e-9);
  }
  const double hardening = Hardening(kmc);
  t->young = hardening > HARDLY_ANY ? kmc->stz.softening.time * log(hardening / HARDLY_ANY) : 0.0;
}

PetscErrorCode VmWindowRestore(VmKmc kmc)
{
  double *last = &kmc->thinning->event_time;
  PetscFunctionBegin;
  *last = -HUGE_VAL;
  for (int64_t i = 0; i < kmc->grid->np; ++i) *last = fmax(*last, kmc->state.last_event[i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, last, 1, MPI_DOUBLE, MPI_MAX, kmc->grid->comm));
  Set(kmc);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All that is of the temperature at the start of a window; bounds will be renewed. Margins that are as wide as the
 * temperature allows go with it. */
static void SetTemperature(VmKmc kmc, double temperature)
{
  const VmThinning t = kmc->thinning;
  const double scale = t->margin_scale;
  VmExpansionAddAll(kmc, temperature - kmc->state.temperature);
  kmc->state.temperature = kmc->temperature = temperature, kmc->state.temperature_time = kmc->state.mean.time;
  VmThinningSetMargins(kmc);
  kmc->state.margin *= t->margin_scale / scale;
  VmThinningSetMargins(kmc);
}

void VmWindowClose(VmKmc kmc, double temperature)
{
  SetTemperature(kmc, temperature);
  kmc->state.bounds_since = -HUGE_VAL, kmc->state.bounds_until = kmc->state.mean.time;
}

/* A window at constant temperature ends where young voxels have lost much of their hardening. */
static void OpenConstant(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  const double now = state->mean.time, age = now - kmc->thinning->event_time;
  Set(kmc);
  state->bounds_since = now;
  state->bounds_until = age < kmc->thinning->young ? now + FallTime(kmc, age) : HUGE_VAL;
}

/* One of changing temperature is so short that no event makes it shorter. */
static void OpenChanging(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  const double now = state->mean.time;
  const double temperature = VmKmcTemperature(kmc, now), speed = VmExpansionSpeed(kmc);
  VmKmcAge(kmc);
  SetTemperature(kmc, temperature);
  double length = HeatTime(kmc);
  if (speed > 0.0) length = fmin(length, WINDOW_WORK * VM_BOLTZMANN * temperature / (kmc->thinning->work * speed));
  if (Hardening(kmc) > HARDLY_ANY) length = fmin(length, FallTime(kmc, 0.0));
  state->bounds_since = -HUGE_VAL, state->bounds_until = now + length;
  Set(kmc);
}

double VmWindowOpen(VmKmc kmc)
{
  const double before = kmc->state.bounds_since - kmc->thinning->young;
  if (kmc->state.temperature_rate == 0.0) OpenConstant(kmc);
  else OpenChanging(kmc);
  return before;
}

void VmWindowFeel(VmKmc kmc)
{
  VmKmcState *state = &kmc->state;
  kmc->thinning->event_time = state->mean.time;
  if (kmc->thinning->young > 0.0 && state->temperature_rate == 0.0)
    state->bounds_until = fmin(state->bounds_until, state->mean.time + FallTime(kmc, 0.0));
}

double VmWindowOf(VmKmc kmc, int64_t slot)
{
  const VmKmcState *state = &kmc->state;
  return state->mean.time - kmc->last_event[slot] < kmc->thinning->young ? state->bounds_until : HUGE_VAL;
}

double VmWindowCooled(VmKmc kmc, double bound, double temperature)
{
  const double most = kmc->stz.attempt_frequency * (double)kmc->stz.modes, hottest = kmc->thinning->hottest;
  return temperature == hottest ? bound : most * pow(bound / most, hottest / temperature);
}

bool VmWindowSooner(VmKmc kmc, double *until)
{
  const double now = kmc->state.mean.time, time = kmc->stz.softening.time,
               sooner = now + 0.1 * fmin(*until - now, 10.0 * time);
  if (kmc->thinning->young == 0.0 || *until - now < AT_ONCE * time || sooner <= now) return false;
  *until = sooner;
  return true;
}
