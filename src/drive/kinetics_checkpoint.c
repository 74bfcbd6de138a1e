/* The state of a run with `kinetics` in checkpoints. */
#include "kinetics_private.h"
#include <string.h>

void VmKineticsTakeNow(VmSim sim)
{
  const VmKmcState *state = VmKmcGetState(VmKineticsKmc(sim));
  VmNow *now = &sim->now;
  now->time = state->mean.time;
  memcpy(now->strain, state->mean.strain, sizeof now->strain);
  memcpy(now->stress, state->mean.stress, sizeof now->stress);
  memcpy(now->strain_rate, state->mean.strain_rate, sizeof now->strain_rate);
  now->events = state->events, now->temperature = VmKmcTemperature(VmKineticsKmc(sim), now->time);
}

void VmKineticsScalars(VmSim sim, VmScalars *s)
{
  VmKmcState *state = VmKmcGetState(VmKineticsKmc(sim));
  VmMean *mean = &state->mean;
  VmScalar(s, &state->hazard), VmScalarInteger(s, &state->draws), VmScalarInteger(s, &state->events);
  VmScalar(s, &mean->start), VmScalarSix(s, mean->start_strain), VmScalarSix(s, mean->eigenstrain);
  VmScalar(s, &mean->time), VmScalarSix(s, mean->strain), VmScalarSix(s, mean->stress);
  VmScalarSix(s, mean->strain_rate), VmScalarSix(s, mean->stress_rate);
  for (int c = 0; c < 6; ++c) VmScalarFlag(s, &mean->segment.stress_controlled[c]);
  VmScalarSix(s, mean->segment.level), VmScalarSix(s, mean->segment.rate), VmScalar(s, &mean->segment.duration);
  VmScalar(s, &state->rate), VmScalarSix(s, state->reference), VmScalar(s, &state->margin), VmScalar(s, &state->floor);
  VmScalarInteger(s, &state->pending), VmScalarInteger(s, &state->sums), VmScalarInteger(s, &state->work);
  VmScalar(s, &state->step), VmScalar(s, &state->event_work), VmScalarInteger(s, &state->worked);
  VmScalarInteger(s, &state->generation_now);
  VmScalar(s, &mean->thermal), VmScalar(s, &mean->thermal_start), VmScalar(s, &mean->thermal_rate);
  VmScalar(s, &state->temperature), VmScalar(s, &state->temperature_time);
  VmScalar(s, &state->temperature_rate), VmScalar(s, &state->window), VmScalar(s, &state->window_rate);
  VmScalar(s, &state->bounds_since), VmScalar(s, &state->bounds_until);
  VmIntervalsScalars(VmKinetics(sim)->intervals, s);
  if (VmKinetics(sim)->avalanches) VmAvalancheLogScalars(VmKinetics(sim)->avalanches, s);
}

/* Recent events of the finder `thinned` in rows of position and shear. */
enum { RECENT_ROW = 8 };

static PetscErrorCode SaveBounds(VmSim sim, VmH5 file)
{
  const VmKmcState *state = VmKmcGetState(VmKineticsKmc(sim));
  const int64_t dims[2] = {state->pending, RECENT_ROW};
  double *rows, *bounds;
  PetscFunctionBegin;
  if (state->pending < 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)(VM_KMC_BOUNDS * sim->grid->np), &bounds));
  PetscCall(VmKmcSaveBounds(VmKineticsKmc(sim), bounds));
  PetscCall(VmH5WriteField(file, "/bounds", sim->grid, VM_KMC_BOUNDS, bounds, (VmMeta){.unit = "1"}));
  PetscCall(PetscFree(bounds));
  if (state->pending == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)(state->pending * RECENT_ROW), &rows));
  for (int64_t i = 0; i < state->pending; ++i) {
    for (int d = 0; d < 3; ++d) rows[i * RECENT_ROW + d] = state->recent[i].at[d];
    memcpy(rows + i * RECENT_ROW + 3, state->recent[i].shear, sizeof state->recent[i].shear);
  }
  PetscCall(VmH5Write(file, "/recent", VM_F64, 2, dims, rows,
                      (VmMeta){.long_name = "position and shear of the events since the stress was refreshed"}));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoadRecent(VmSim sim, VmH5 file)
{
  VmKmcState *state = VmKmcGetState(VmKineticsKmc(sim));
  double *rows;
  PetscFunctionBegin;
  if (state->pending <= 0) PetscFunctionReturn(PETSC_SUCCESS);
  if (state->pending > sim->params->solver.refresh)
    VmThrow(sim->comm, VM_ERR_FILE, "%s was written with another solver.refresh; start the run anew",
            sim->checkpoint_path);
  PetscCall(PetscMalloc1((size_t)(state->pending * RECENT_ROW), &rows));
  PetscCall(VmH5Read(file, "/recent", VM_F64, rows));
  for (int64_t i = 0; i < state->pending; ++i) {
    for (int d = 0; d < 3; ++d) state->recent[i].at[d] = (int32_t)rows[i * RECENT_ROW + d];
    memcpy(state->recent[i].shear, rows + i * RECENT_ROW + 3, sizeof state->recent[i].shear);
  }
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A field of integers as reals, which keep them exactly below 2^53. */
static PetscErrorCode SaveIntegers(VmSim sim, VmH5 file, const char *path, const int64_t *values)
{
  double *real;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &real));
  for (int64_t i = 0; i < sim->grid->np; ++i) real[i] = (double)values[i];
  PetscCall(VmH5WriteField(file, path, sim->grid, 1, real, (VmMeta){.unit = "1"}));
  PetscCall(PetscFree(real));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoadIntegers(VmSim sim, VmH5 file, const char *path, int64_t *values)
{
  double *real;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &real));
  PetscCall(VmH5ReadField(file, path, sim->grid, 1, real));
  for (int64_t i = 0; i < sim->grid->np; ++i) values[i] = (int64_t)real[i];
  PetscCall(PetscFree(real));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKineticsSave(VmSim sim, VmH5 file)
{
  const VmKmcState *state = VmKmcGetState(VmKineticsKmc(sim));
  PetscFunctionBegin;
  PetscCall(VmH5WriteField(file, "/eigenstrain", sim->grid, 6, state->eigenstrain, (VmMeta){.unit = "1"}));
  PetscCall(VmH5WriteField(file, "/fluctuation", sim->grid, 6, state->fluctuation, (VmMeta){.unit = "GPa"}));
  PetscCall(VmH5WriteField(file, "/last_event", sim->grid, 1, state->last_event, (VmMeta){.unit = "s"}));
  PetscCall(SaveIntegers(sim, file, "/generation", state->generation));
  if (state->onset) PetscCall(SaveIntegers(sim, file, "/onset", state->onset));
  if (state->viscous) PetscCall(VmH5WriteField(file, "/viscous", sim->grid, 6, state->viscous, (VmMeta){.unit = "1"}));
  if (state->memory) PetscCall(VmH5WriteField(file, "/memory", sim->grid, 1, state->memory, (VmMeta){.unit = "1"}));
  PetscCall(SaveBounds(sim, file));
  PetscCall(VmIntervalsSave(VmKinetics(sim)->intervals, file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKineticsLoad(VmSim sim, VmH5 file)
{
  VmKmcState *state = VmKmcGetState(VmKineticsKmc(sim));
  PetscFunctionBegin;
  PetscCall(VmH5ReadField(file, "/eigenstrain", sim->grid, 6, state->eigenstrain));
  PetscCall(VmH5ReadField(file, "/fluctuation", sim->grid, 6, state->fluctuation));
  PetscCall(VmH5ReadField(file, "/last_event", sim->grid, 1, state->last_event));
  PetscCall(LoadIntegers(sim, file, "/generation", state->generation));
  if (state->onset) PetscCall(LoadIntegers(sim, file, "/onset", state->onset));
  if (state->viscous) PetscCall(VmH5ReadField(file, "/viscous", sim->grid, 6, state->viscous));
  if (state->memory) PetscCall(VmH5ReadField(file, "/memory", sim->grid, 1, state->memory));
  PetscCall(LoadRecent(sim, file));
  PetscCall(VmIntervalsLoad(VmKinetics(sim)->intervals, file));
  double *bounds = NULL;
  if (state->pending >= 0) {
    PetscCall(PetscMalloc1((size_t)(VM_KMC_BOUNDS * sim->grid->np), &bounds));
    PetscCall(VmH5ReadField(file, "/bounds", sim->grid, VM_KMC_BOUNDS, bounds));
  }
  PetscCall(VmKmcRestore(VmKineticsKmc(sim), bounds));
  PetscCall(PetscFree(bounds));
  VmKineticsTakeNow(sim);
  PetscFunctionReturn(PETSC_SUCCESS);
}
