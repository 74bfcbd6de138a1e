/* Engine of runs with `kinetics`: kinetic Monte Carlo in an elastic box. */
#include "kinetics_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EVENT_ROOM = 4096 };

/* Measured: time of an iteration of equilibrium per voxel [ms]. */
#define MS_PER_ITERATION 1.5e-4

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
  const VmFlowUnitCommon *flow_units = params->flow_units.common;
  const bool expands = kinetics->finder == VM_FINDER_THINNED && flow_units && !isnan(flow_units->thermal_expansion);
  int size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const int64_t np = (n[0] + size - 1) / size * n[1] * n[2];
  PetscCall(VmLog(comm, "memory         %.1f MB per rank",
                  (double)(VmKmcBytes(stz, (VmFinder)kinetics->finder, np, n) +
                           (many_moduli ? VmKmcHeterogeneousBytes(np) : 0) + (expands ? VmKmcExpansionBytes(np) : 0)) *
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
  VmKineticsEngine *k;
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
  PetscCall(VmKineticsRowCreate(sim));
  VmKineticsTakeNow(sim);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(VmSim sim)
{
  VmKineticsEngine *k = sim->engine;
  PetscFunctionBegin;
  PetscCall(VmKmcDestroy(&k->kmc));
  PetscCall(VmAvalancheLogDestroy(&k->avalanches));
  PetscCall(VmKineticsRowDestroy(sim));
  PetscCall(PetscFree5(k->event_time, k->event_strain, k->event_voxel, k->event_mode, k->event_stage));
  PetscCall(PetscFree(sim->engine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Begin(VmSim sim, const VmSegment *segment)
{
  PetscFunctionBegin;
  VmMeanBegin(&VmKmcGetState(VmKineticsKmc(sim))->mean, segment);
  PetscCall(VmKmcHeat(VmKineticsKmc(sim), sim->now.temperature, segment->temperature_rate));
  VmKineticsTakeNow(sim);
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
  VmKineticsEngine *k = sim->engine;
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
  VmKineticsEngine *k = sim->engine;
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
  VmKineticsEngine *k = sim->engine;
  PetscFunctionBegin;
  if (k->avalanches) PetscCall(VmAvalancheLogFinish(k->avalanches, sim->comm, sim->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddEvent(VmSim sim, const VmEvent *event)
{
  VmKineticsEngine *k = sim->engine;
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
  PetscCall(VmKmcNext(VmKineticsKmc(sim), horizon, &outcome, &event));
  VmKineticsTakeNow(sim);
  if (outcome == VM_KMC_EVENT) PetscCall(AddEvent(sim, &event));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Progress(VmSim sim, size_t size, char *text)
{
  snprintf(text, size, "events %lld  rate %.3g/s", (long long)sim->now.events, VmKmcRate(VmKineticsKmc(sim)));
}

static PetscErrorCode Field(VmSim sim, const char *name, double *room, int *ncomp, VmMeta *meta)
{
  const VmKmcState *state = VmKmcGetState(VmKineticsKmc(sim));
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
    PetscCall(VmKmcStress(VmKineticsKmc(sim), room));
  } else if (!strcmp(name, VM_FIELD_DISPLACEMENT)) {
    *ncomp = 3, meta->unit = "nm", meta->long_name = "periodic part of the displacement at the voxel's centre",
    meta->axes = "x,y,z,component";
    PetscCall(VmKmcDisplacement(VmKineticsKmc(sim), room));
  } else if (!strcmp(name, VM_FIELD_FLOW_UNIT)) {
    meta->long_name = "1 in flow units, 0 in the matrix";
    memcpy(room, sim->flow_unit, sizeof(double) * (size_t)np);
  } else if (!strcmp(name, VM_FIELD_BARRIER)) {
    meta->unit = "eV", meta->long_name = "lowest barrier of the voxel without stress";
    VmKmcBarrierField(VmKineticsKmc(sim), room);
  } else if (!strcmp(name, VM_FIELD_MEMORY_STATE)) {
    const char *quantity = VmKmcMemoryQuantity(VmKineticsKmc(sim));
    meta->long_name = quantity ? quantity : "state of the memory law: there is none";
    VmKmcMemoryField(VmKineticsKmc(sim), room);
  } else {
    meta->long_name = "events of the voxel";
    for (int64_t i = 0; i < np; ++i) room[i] = (double)state->generation[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmEngineOps vm_kinetics_engine = {.columns = vm_kinetics_columns,
                                        .steps_per_look = 16,
                                        .exact = true,
                                        .fields = fields,
                                        .estimate = Estimate,
                                        .create = Create,
                                        .destroy = Destroy,
                                        .begin = Begin,
                                        .advance = Advance,
                                        .row = VmKineticsRow,
                                        .field = Field,
                                        .progress = Progress,
                                        .open = Open,
                                        .flush = Flush,
                                        .stage_over = VmKineticsStageOver,
                                        .finish = Finish,
                                        .scalars = VmKineticsScalars,
                                        .save = VmKineticsSave,
                                        .load = VmKineticsLoad};
