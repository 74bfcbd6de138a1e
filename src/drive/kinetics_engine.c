/* Engine of runs with `kinetics`: kinetic Monte Carlo in an elastic box. */
#include "avalanche_log.h"
#include "sim_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EVENT_ROOM = 4096 };

/* Measured: time of an iteration of equilibrium per voxel [ms]. */
#define MS_PER_ITERATION 1.5e-4

typedef struct {
  VmKmc kmc;
  int64_t pending;                   /* events not yet in the file */
  double *event_time, *event_strain; /* [EVENT_ROOM], [EVENT_ROOM][6] */
  int64_t *event_voxel;
  int32_t *event_mode, *event_stage;
  VmAvalancheLog avalanches; /* NULL: only the finder `extremal` has them */
} Kinetics;

static VmKmc Kmc(VmSim sim) { return ((Kinetics *)sim->engine)->kmc; }

static const VmColumn columns[] = {
    VM_COMMON_COLUMNS,
    {"events", 1, "1", "shear transformations so far"},
    {"plastic_strain", 6, "1", "mean strain that the events leave without load, tensor components"},
    {"rate", 1, "1/s", "total rate of events at the last renewal (finder thinned: a bound of it)"},
    {"flow_unit_fraction", 1, "1", "volume fraction of flow units"},
    {"participation_ratio", 1, "1",
     "(sum p)^2/(N sum p^2) of the equivalent plastic strain p: 1 if it is uniform, 1/N if one voxel bears it all"},
    {"memory_state", 1, "1", "mean state of the memory law: see the field memory_state; 0: no such law"},
    {NULL, 0, NULL, NULL}};

static const char *const fields[] = {
    VM_FIELD_PLASTIC_STRAIN, VM_FIELD_STRESS, VM_FIELD_FLOW_UNIT,    VM_FIELD_DISPLACEMENT,
    VM_FIELD_BARRIER,        VM_FIELD_EVENTS, VM_FIELD_MEMORY_STATE, NULL};

/* Iterations of an equilibrium of the moduli of the phases: the error of conjugate gradients falls by a factor
 * (s - 1)/(s + 1) in each, s^2 the contrast, as the spectrum with the reference medium lies within the moduli. */
static int Iterations(const VmSimParams *params)
{
  const VmFlowUnitCommon *flow_units = params->flow_units.common;
  const VmPlugin *phase[2] = {&params->material,
                              flow_units && flow_units->material.head ? &flow_units->material : NULL};
  double moduli[2][2];
  for (int m = 0; m < 2; ++m) {
    const VmPlugin *material = phase[m] ? phase[m] : phase[0];
    ((const VmMaterialOps *)material->head)
        ->moduli(material->params, &(VmPoints){.np = 1}, &moduli[m][0], &moduli[m][1]);
  }
  double contrast = 1.0;
  for (int j = 0; j < 2; ++j) contrast = fmax(contrast, exp(fabs(log(moduli[0][j] / moduli[1][j]))));
  const double s = sqrt(contrast);
  return s > 1.0 ? (int)ceil(log(2.0 / params->solver.tolerance) / log((s + 1.0) / (s - 1.0))) : 1;
}

static PetscErrorCode Estimate(MPI_Comm comm, const VmSimParams *params)
{
  const int64_t *n = params->grid.cells;
  const VmStz *stz = params->kinetics.params;
  const VmKineticsCommon *kinetics = params->kinetics.common;
  const bool many_moduli = VmHasManyModuli(params);
  int size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const int64_t np = (n[0] + size - 1) / size * n[1] * n[2];
  PetscCall(VmLog(
      comm, "memory         %.1f MB per rank",
      (double)(VmKmcBytes(stz, (VmFinder)kinetics->finder, np, n) + (many_moduli ? VmKmcHeterogeneousBytes(np) : 0)) *
          1e-6));
  /* measured: about 5 ns per mode and voxel without wide vectors */
  double ms = (double)np * (double)stz->modes * 5e-6;
  if (many_moduli) {
    /* and one more of the homogeneous body; each starts and ends with residuals that cost about as much as two more */
    const int iterations = Iterations(params);
    ms += (double)np * (iterations + 1 + 2 * 2) * MS_PER_ITERATION;
    PetscCall(VmLog(comm, "moduli         of each voxel its own: %s%d + 1 iterations of equilibrium per event",
                    ((const VmPhaseCommon *)params->material.common)->vary.count > 0 ? "more than " : "about ",
                    iterations));
  }
  PetscCall(VmLog(comm, "time           %s %.2g ms per event, %d stage%s",
                  kinetics->finder == VM_FINDER_FULL ? "about" : "well below", ms, params->loading.count,
                  params->loading.count == 1 ? "" : "s"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Takes the mean over from the kinetics. */
static void TakeNow(VmSim sim)
{
  const VmKmcState *state = VmKmcGetState(Kmc(sim));
  VmNow *now = &sim->now;
  now->time = state->mean.time;
  memcpy(now->strain, state->mean.strain, sizeof now->strain);
  memcpy(now->stress, state->mean.stress, sizeof now->stress);
  memcpy(now->strain_rate, state->mean.strain_rate, sizeof now->strain_rate);
  now->events = state->events, now->temperature = state->temperature;
}

/* Moduli of every voxel, and their means as those of the medium of comparison; moduli: [2][np], to be freed. */
static PetscErrorCode SetModuli(VmSim sim, VmKmcSetup *setup, double **moduli)
{
  const size_t np = (size_t)sim->grid->np;
  VmMedia media;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * np, moduli));
  PetscCall(VmMediaCreate(sim->grid, sim->params, sim->base, sim->seed, sim->flow_unit, &media));
  PetscCall(VmMediaModuli(sim->grid, &media, *moduli, *moduli + np));
  PetscCall(VmMediaDestroy(&media));
  setup->shear_field = *moduli, setup->bulk_field = *moduli + np;
  PetscCall(VmSumField(sim->grid, setup->shear_field, &setup->shear));
  PetscCall(VmSumField(sim->grid, setup->bulk_field, &setup->bulk));
  setup->shear /= (double)sim->grid->total, setup->bulk /= (double)sim->grid->total;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(VmSim sim)
{
  const VmMaterialOps *material = (const VmMaterialOps *)sim->params->material.head;
  const VmFlowUnitCommon *common = sim->params->flow_units.common;
  double *ratio, *moduli = NULL;
  VmEquilibriumOptions options;
  const VmKineticsCommon *kinetics = sim->params->kinetics.common;
  VmKmcSetup setup = {.stz = sim->params->kinetics.params,
                      .seed = sim->seed,
                      .temperature = sim->now.temperature,
                      .refresh = sim->params->solver.refresh,
                      .finder = (VmFinder)kinetics->finder,
                      .margin = sim->params->solver.margin,
                      .flow_unit = sim->flow_unit,
                      .interacting = true};
  const VmMemoryOps *memory = (const VmMemoryOps *)setup.stz->memory.head;
  Kinetics *k;
  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  sim->engine = k;
  PetscCall(PetscMalloc5(EVENT_ROOM, &k->event_time, EVENT_ROOM * 6, &k->event_strain, EVENT_ROOM, &k->event_voxel,
                         EVENT_ROOM, &k->event_mode, EVENT_ROOM, &k->event_stage));
  material->moduli(sim->params->material.params, &(VmPoints){.np = 1}, &setup.shear, &setup.bulk);
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &ratio));
  for (int64_t i = 0; i < sim->grid->np; ++i)
    ratio[i] = sim->flow_unit[i] > 0.0 && !(memory && memory->of_flow_units) ? common->barrier_ratio : 1.0;
  setup.barrier_ratio = ratio;
  setup.expansion = setup.flow_unit_expansion = ((VmMaterialCommon *)sim->params->material.common)->thermal_expansion;
  if (common && !isnan(common->thermal_expansion)) setup.flow_unit_expansion = common->thermal_expansion;
  if (common) setup.relaxation = common->relaxation;
  VmSolverOptions(&sim->params->solver, &options);
  setup.equilibrium = &options;
  if (VmHasManyModuli(sim->params)) PetscCall(SetModuli(sim, &setup, &moduli));
  PetscCall(VmKmcCreate(sim->grid, &setup, &k->kmc));
  PetscCall(PetscFree(moduli));
  PetscCall(PetscFree(ratio));
  if (setup.finder == VM_FINDER_EXTREMAL) PetscCall(VmAvalancheLogCreate(sim->grid->total, &k->avalanches));
  TakeNow(sim);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(VmSim sim)
{
  Kinetics *k = sim->engine;
  PetscFunctionBegin;
  PetscCall(VmKmcDestroy(&k->kmc));
  PetscCall(VmAvalancheLogDestroy(&k->avalanches));
  PetscCall(PetscFree5(k->event_time, k->event_strain, k->event_voxel, k->event_mode, k->event_stage));
  PetscCall(PetscFree(sim->engine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Begin(VmSim sim, const VmSegment *segment)
{
  PetscFunctionBegin;
  VmMeanBegin(&VmKmcGetState(Kmc(sim))->mean, segment);
  PetscCall(VmKmcHeat(Kmc(sim), sim->now.temperature, segment->temperature_rate));
  TakeNow(sim);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const struct {
  const char *path;
  VmType type;
  int64_t width;
  VmMeta meta;
} event_columns[] = {{VM_PATH_EVENTS "/time", VM_F64, 0, {"s", "time of the event", "event"}},
                     {VM_PATH_EVENTS "/voxel", VM_I64, 0, {"1", "global voxel index, x slowest", "event"}},
                     {VM_PATH_EVENTS "/mode", VM_I32, 0, {"1", "mode of the voxel's catalogue", "event"}},
                     {VM_PATH_EVENTS "/stage", VM_I32, 0, {"1", "loading stage", "event"}},
                     {VM_PATH_EVENTS "/strain", VM_F64, 6, {"1", "eigenstrain added to the voxel", "event,component"}}};
enum { EVENT_COLUMNS = 5 };

static PetscErrorCode Open(VmSim sim, bool resume)
{
  Kinetics *k = sim->engine;
  PetscFunctionBegin;
  if (k->avalanches) PetscCall(VmAvalancheLogOpen(k->avalanches, sim->file, resume));
  for (int c = 0; c < EVENT_COLUMNS; ++c) {
    if (resume) PetscCall(VmH5RowsTruncate(sim->file, event_columns[c].path, sim->now.events));
    else
      PetscCall(VmH5RowsCreate(sim->file, event_columns[c].path, event_columns[c].type, event_columns[c].width,
                               event_columns[c].meta));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Flush(VmSim sim)
{
  Kinetics *k = sim->engine;
  const void *data[EVENT_COLUMNS] = {k->event_time, k->event_voxel, k->event_mode, k->event_stage, k->event_strain};
  PetscFunctionBegin;
  if (k->pending)
    for (int c = 0; c < EVENT_COLUMNS; ++c)
      PetscCall(VmH5RowsAppend(sim->file, event_columns[c].path, event_columns[c].type, k->pending, data[c]));
  k->pending = 0;
  if (k->avalanches) PetscCall(VmAvalancheLogFlush(k->avalanches, sim->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finish(VmSim sim)
{
  Kinetics *k = sim->engine;
  PetscFunctionBegin;
  if (k->avalanches) PetscCall(VmAvalancheLogFinish(k->avalanches, sim->comm, sim->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddEvent(VmSim sim, const VmEvent *event)
{
  Kinetics *k = sim->engine;
  const int64_t i = k->pending++;
  PetscFunctionBegin;
  k->event_time[i] = event->time, k->event_voxel[i] = event->voxel, k->event_mode[i] = event->mode;
  k->event_stage[i] = (int32_t)sim->at.stage;
  memcpy(k->event_strain + 6 * i, event->strain, sizeof event->strain);
  if (k->avalanches) PetscCall(VmAvalancheLogAdd(k->avalanches, sim->file, event));
  if (k->pending == EVENT_ROOM) PetscCall(Flush(sim));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Advance(VmSim sim, double horizon)
{
  VmKmcOutcome outcome;
  VmEvent event;
  PetscFunctionBegin;
  PetscCall(VmKmcNext(Kmc(sim), horizon, &outcome, &event));
  TakeNow(sim);
  if (outcome == VM_KMC_EVENT) PetscCall(AddEvent(sim, &event));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Participation(VmSim sim, double *ratio)
{
  const VmKmcState *state = VmKmcGetState(Kmc(sim));
  const int64_t np = sim->grid->np;
  double *p, sum, squares;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)np, &p));
  for (int64_t i = 0; i < np; ++i) {
    double strain[6];
    for (int c = 0; c < 6; ++c) strain[c] = state->eigenstrain[c * np + i];
    p[i] = VmEquivalentStrain(strain);
  }
  PetscCall(VmSumField(sim->grid, p, &sum));
  PetscCall(VmSumProduct(sim->grid, p, p, &squares));
  *ratio = squares > 0.0 ? sum * sum / ((double)sim->grid->total * squares) : 0.0;
  PetscCall(PetscFree(p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Row(VmSim sim, double *values)
{
  const VmKmcState *state = VmKmcGetState(Kmc(sim));
  PetscFunctionBegin;
  *values++ = (double)state->events;
  for (int c = 0; c < 6; ++c) *values++ = state->mean.eigenstrain[c];
  *values++ = VmKmcRate(Kmc(sim));
  *values++ = sim->flow_unit_fraction;
  PetscCall(Participation(sim, values++));
  *values = 0.0;
  if (!state->memory) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmSumField(sim->grid, state->memory, values));
  *values /= (double)sim->grid->total;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Progress(VmSim sim, size_t size, char *text)
{
  snprintf(text, size, "events %lld  rate %.3g/s", (long long)sim->now.events, VmKmcRate(Kmc(sim)));
}

static PetscErrorCode Field(VmSim sim, const char *name, double *room, int *ncomp, VmMeta *meta)
{
  const VmKmcState *state = VmKmcGetState(Kmc(sim));
  const int64_t np = sim->grid->np;

  PetscFunctionBegin;
  *ncomp = 1;
  *meta = (VmMeta){.unit = "1", .axes = "x,y,z"};
  if (!strcmp(name, VM_FIELD_PLASTIC_STRAIN)) {
    *ncomp = 6, meta->long_name = "eigenstrain of the voxel's events (xx, yy, zz, yz, xz, xy)",
    meta->axes = "x,y,z,component";
    memcpy(room, state->eigenstrain, sizeof(double) * 6 * (size_t)np);
  } else if (!strcmp(name, VM_FIELD_STRESS)) {
    *ncomp = 6, meta->unit = "GPa", meta->long_name = "stress, average over the voxel (xx, yy, zz, yz, xz, xy)",
    meta->axes = "x,y,z,component";
    PetscCall(VmKmcStress(Kmc(sim), room));
  } else if (!strcmp(name, VM_FIELD_DISPLACEMENT)) {
    *ncomp = 3, meta->unit = "nm", meta->long_name = "periodic part of the displacement at the voxel's centre",
    meta->axes = "x,y,z,component";
    PetscCall(VmKmcDisplacement(Kmc(sim), room));
  } else if (!strcmp(name, VM_FIELD_FLOW_UNIT)) {
    meta->long_name = "1 in flow units, 0 in the matrix";
    memcpy(room, sim->flow_unit, sizeof(double) * (size_t)np);
  } else if (!strcmp(name, VM_FIELD_BARRIER)) {
    meta->unit = "eV", meta->long_name = "lowest barrier of the voxel without stress";
    VmKmcBarrierField(Kmc(sim), room);
  } else if (!strcmp(name, VM_FIELD_MEMORY_STATE)) {
    const char *quantity = VmKmcMemoryQuantity(Kmc(sim));
    meta->long_name = quantity ? quantity : "state of the memory law: there is none";
    for (int64_t i = 0; i < np; ++i) room[i] = state->memory ? state->memory[i] : 0.0;
  } else {
    meta->long_name = "events of the voxel";
    for (int64_t i = 0; i < np; ++i) room[i] = (double)state->generation[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Scalars(VmSim sim, VmScalars *s)
{
  VmKmcState *state = VmKmcGetState(Kmc(sim));
  VmMean *mean = &state->mean;
  VmScalar(s, &state->hazard), VmScalarInteger(s, &state->draws), VmScalarInteger(s, &state->events);
  VmScalar(s, &mean->start), VmScalarSix(s, mean->start_strain), VmScalarSix(s, mean->eigenstrain);
  VmScalar(s, &mean->time), VmScalarSix(s, mean->strain), VmScalarSix(s, mean->stress);
  VmScalarSix(s, mean->strain_rate), VmScalarSix(s, mean->stress_rate);
  for (int c = 0; c < 6; ++c) VmScalarFlag(s, &mean->segment.stress_controlled[c]);
  VmScalarSix(s, mean->segment.level), VmScalarSix(s, mean->segment.rate), VmScalar(s, &mean->segment.duration);
  VmScalar(s, &state->rate), VmScalarSix(s, state->reference), VmScalar(s, &state->margin);
  VmScalarInteger(s, &state->pending), VmScalarInteger(s, &state->sums);
  VmScalarInteger(s, &state->generation_now);
  VmScalar(s, &mean->thermal), VmScalar(s, &state->temperature), VmScalar(s, &state->temperature_time);
  VmScalar(s, &state->temperature_rate), VmScalar(s, &state->window), VmScalar(s, &state->window_rate);
  if (((Kinetics *)sim->engine)->avalanches) VmAvalancheLogScalars(((Kinetics *)sim->engine)->avalanches, s);
}

/* Recent events of the finder `thinned` in rows of position and shear. */
enum { RECENT_ROW = 8 };

static PetscErrorCode SaveBounds(VmSim sim, VmH5 file)
{
  const VmKmcState *state = VmKmcGetState(Kmc(sim));
  const int64_t dims[2] = {state->pending, RECENT_ROW};
  double *rows, *bounds;
  PetscFunctionBegin;
  if (state->pending < 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)(VM_KMC_BOUNDS * sim->grid->np), &bounds));
  PetscCall(VmKmcSaveBounds(Kmc(sim), bounds));
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
  VmKmcState *state = VmKmcGetState(Kmc(sim));
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

static PetscErrorCode Save(VmSim sim, VmH5 file)
{
  const VmKmcState *state = VmKmcGetState(Kmc(sim));
  PetscFunctionBegin;
  VmKmcSettle(Kmc(sim));
  PetscCall(VmH5WriteField(file, "/eigenstrain", sim->grid, 6, state->eigenstrain, (VmMeta){.unit = "1"}));
  PetscCall(VmH5WriteField(file, "/fluctuation", sim->grid, 6, state->fluctuation, (VmMeta){.unit = "GPa"}));
  PetscCall(VmH5WriteField(file, "/last_event", sim->grid, 1, state->last_event, (VmMeta){.unit = "s"}));
  PetscCall(SaveIntegers(sim, file, "/generation", state->generation));
  if (state->onset) PetscCall(SaveIntegers(sim, file, "/onset", state->onset));
  if (state->viscous) PetscCall(VmH5WriteField(file, "/viscous", sim->grid, 6, state->viscous, (VmMeta){.unit = "1"}));
  if (state->memory) PetscCall(VmH5WriteField(file, "/memory", sim->grid, 1, state->memory, (VmMeta){.unit = "1"}));
  PetscCall(SaveBounds(sim, file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Load(VmSim sim, VmH5 file)
{
  VmKmcState *state = VmKmcGetState(Kmc(sim));
  PetscFunctionBegin;
  PetscCall(VmH5ReadField(file, "/eigenstrain", sim->grid, 6, state->eigenstrain));
  PetscCall(VmH5ReadField(file, "/fluctuation", sim->grid, 6, state->fluctuation));
  PetscCall(VmH5ReadField(file, "/last_event", sim->grid, 1, state->last_event));
  PetscCall(LoadIntegers(sim, file, "/generation", state->generation));
  if (state->onset) PetscCall(LoadIntegers(sim, file, "/onset", state->onset));
  if (state->viscous) PetscCall(VmH5ReadField(file, "/viscous", sim->grid, 6, state->viscous));
  if (state->memory) PetscCall(VmH5ReadField(file, "/memory", sim->grid, 1, state->memory));
  PetscCall(LoadRecent(sim, file));
  double *bounds = NULL;
  if (state->pending >= 0) {
    PetscCall(PetscMalloc1((size_t)(VM_KMC_BOUNDS * sim->grid->np), &bounds));
    PetscCall(VmH5ReadField(file, "/bounds", sim->grid, VM_KMC_BOUNDS, bounds));
  }
  PetscCall(VmKmcRestore(Kmc(sim), bounds));
  PetscCall(PetscFree(bounds));
  TakeNow(sim);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmEngineOps vm_kinetics_engine = {.columns = columns,
                                        .steps_per_look = 16,
                                        .exact = true,
                                        .fields = fields,
                                        .estimate = Estimate,
                                        .create = Create,
                                        .destroy = Destroy,
                                        .begin = Begin,
                                        .advance = Advance,
                                        .row = Row,
                                        .field = Field,
                                        .progress = Progress,
                                        .open = Open,
                                        .flush = Flush,
                                        .finish = Finish,
                                        .scalars = Scalars,
                                        .save = Save,
                                        .load = Load};
