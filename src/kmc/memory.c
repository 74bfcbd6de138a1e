/* The state of the memory law. It is kept as of the last change of temperature, or of the voxel's last event if that
 * came later: `full` brings it up to date with every window, `thinned` looks at it where it needs it. For `extremal`
 * rest does nothing: it would take temperature. */
#include "kmc_private.h"
#include <math.h>

static const VmMemoryOps *Law(VmKmc kmc) { return (const VmMemoryOps *)kmc->stz.memory.head; }

static double StateAt(VmKmc kmc, double kept, double last_event, double time)
{
  if (kmc->finder == VM_FINDER_EXTREMAL) return kept;
  const double rest = time - fmax(last_event, kmc->state.temperature_time);
  return rest > 0.0 ? Law(kmc)->age(kmc->stz.memory.params, kept, rest, kmc->temperature) : kept;
}

VmEffect VmKmcEffect(VmKmc kmc, int64_t slot, double time)
{
  VmEffect effect = {1.0, 1.0};
  if (kmc->memory)
    Law(kmc)->effect(kmc->stz.memory.params, StateAt(kmc, kmc->memory[slot], kmc->last_event[slot], time),
                     &effect.factor, &effect.weight);
  effect.factor *= VmKmcMemory(kmc, slot, time);
  return effect;
}

VmEffect VmKmcEffectFrom(VmKmc kmc, int64_t slot, double time, double until)
{
  const void *params = kmc->stz.memory.params;
  VmEffect effect = {1.0, 1.0};
  if (kmc->memory) {
    const double state = StateAt(kmc, kmc->memory[slot], kmc->last_event[slot], time);
    Law(kmc)->effect(params, Law(kmc)->highest(params, state, kmc->temperature), &effect.factor, &effect.weight);
  }
  effect.factor *= VmKmcMemoryBound(kmc, slot, time, until);
  return effect;
}

bool VmKmcSlowsDown(VmKmc kmc, int64_t slot, double time)
{
  if (kmc->memory) {
    const double state = StateAt(kmc, kmc->memory[slot], kmc->last_event[slot], time);
    if (Law(kmc)->highest(kmc->stz.memory.params, state, kmc->temperature) > state) return false;
  }
  return kmc->memory || (kmc->generation[slot] && kmc->stz.softening.decaying > 0.0);
}

void VmKmcAge(VmKmc kmc)
{
  const double now = kmc->state.mean.time, since = kmc->state.temperature_time;
  if (now > since) kmc->temperature = VmKmcTemperature(kmc, 0.5 * (since + now));
  for (int64_t i = 0; kmc->state.memory && i < kmc->grid->np; ++i)
    kmc->state.memory[i] = StateAt(kmc, kmc->state.memory[i], kmc->state.last_event[i], now);
  for (int64_t i = 0; kmc->memory && i < kmc->tiles.count * VM_TILE; ++i)
    if (kmc->slot_ratio[i] > 0.0) kmc->memory[i] = StateAt(kmc, kmc->memory[i], kmc->last_event[i], now);
}

static double Transform(VmKmc kmc, double kept, double last_event)
{
  const double share = kmc->stz.volume / pow(kmc->grid->spacing, 3),
               state = StateAt(kmc, kept, last_event, kmc->state.mean.time);
  return Law(kmc)->transform(kmc->stz.memory.params, state, share * kmc->stz.strain,
                             VmKmcTemperature(kmc, kmc->state.mean.time));
}

void VmKmcTransformMemory(VmKmc kmc, int64_t local, int64_t slot)
{
  VmKmcState *state = &kmc->state;
  if (state->memory && local >= 0 && local < kmc->grid->np)
    state->memory[local] = Transform(kmc, state->memory[local], state->last_event[local]);
  if (kmc->memory && slot >= 0) kmc->memory[slot] = Transform(kmc, kmc->memory[slot], kmc->last_event[slot]);
}

void VmKmcMemoryField(VmKmc kmc, double *memory)
{
  const VmKmcState *state = &kmc->state;
  for (int64_t i = 0; i < kmc->grid->np; ++i)
    memory[i] = state->memory ? StateAt(kmc, state->memory[i], state->last_event[i], state->mean.time) : 0.0;
}

double VmKmcMemoryFactor(VmKmc kmc, int64_t local)
{
  const VmKmcState *state = &kmc->state;
  double factor = 1.0, weight;
  if (state->memory)
    Law(kmc)->effect(kmc->stz.memory.params,
                     StateAt(kmc, state->memory[local], state->last_event[local], state->mean.time), &factor, &weight);
  return factor;
}

const char *VmKmcMemoryQuantity(VmKmc kmc) { return Law(kmc) ? Law(kmc)->quantity : NULL; }
