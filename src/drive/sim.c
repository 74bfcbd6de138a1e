#include "sim_private.h"
#include <vitromech/timer.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

PetscErrorCode VmSimEstimate(MPI_Comm comm, const VmSimParams *params, const VmOutputParams *output)
{
  const int64_t *n = params->grid.cells, total = n[0] * n[1] * n[2];
  const VmStz *stz = params->kinetics.params;
  const VmKineticsCommon *kinetics = params->kinetics.common;
  const double a = params->grid.spacing;
  int size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const int64_t planes = (n[0] + size - 1) / size, np = planes * n[1] * n[2];
  double per_step = 0.0;
  for (int i = 0; i < output->fields.count; ++i) {
    const char *name = ((char **)output->fields.items)[i];
    const bool tensor = !strcmp(name, VM_FIELD_PLASTIC_STRAIN) || !strcmp(name, VM_FIELD_STRESS);
    per_step += 8.0 * (double)total * (tensor ? 6 : (!strcmp(name, VM_FIELD_DISPLACEMENT) ? 3 : 1));
  }
  PetscCall(VmLog(comm, "grid           %lld x %lld x %lld voxels of %g nm: %.4g x %.4g x %.4g nm", (long long)n[0],
                  (long long)n[1], (long long)n[2], a, (double)n[0] * a, (double)n[1] * a, (double)n[2] * a));
  PetscCall(VmLog(comm, "ranks          %d, %lld planes at most on each%s", size, (long long)planes,
                  size > n[0] ? " (more ranks than planes: some stay idle)" : ""));
  PetscCall(VmLog(comm, "memory         %.1f MB per rank",
                  (double)VmKmcBytes(stz, (VmFinder)kinetics->finder, np, n) * 1e-6));
  PetscCall(VmLog(comm, "disk           %.1f MB per field output, twice that at a checkpoint", per_step * 1e-6));
  /* measured: about 5 ns per mode and voxel without wide vectors */
  PetscCall(VmLog(comm, "time           %s %.2g ms per event, %d stage%s",
                  kinetics->finder == VM_FINDER_FULL ? "about" : "well below", (double)np * (double)stz->modes * 5e-6,
                  params->loading.count, params->loading.count == 1 ? "" : "s"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimCreate(MPI_Comm comm, const VmSimParams *params, const VmOutputParams *output, uint64_t seed,
                           double temperature, VmSim *out)
{
  VmSim sim;
  PetscFunctionBegin;
  PetscCall(PetscNew(&sim));
  sim->comm = comm, sim->params = params, sim->output = output, sim->seed = seed, sim->temperature = temperature;
  PetscCall(VmSimOutputCreate(sim));
  *out = sim;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimDestroy(VmSim *sim)
{
  PetscFunctionBegin;
  if (!*sim) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmSimOutputDestroy(*sim));
  PetscCall(VmKmcDestroy(&(*sim)->kmc));
  PetscCall(PetscFree((*sim)->flow_unit));
  PetscCall(VmGridDestroy(&(*sim)->grid));
  PetscCall(PetscFree(*sim));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lays the flow units and says where the generator percolates. */
static PetscErrorCode LayFlowUnits(VmSim sim)
{
  const VmPlugin *plugin = &sim->params->flow_units;
  const VmDisorderOps *ops = (const VmDisorderOps *)plugin->head;
  const VmFlowUnitCommon *common = plugin->common;
  double sum;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)sim->grid->np, &sim->flow_unit));
  if (!ops) PetscFunctionReturn(PETSC_SUCCESS);
  const VmRngKey key = {.seed = sim->seed, .stream = VM_STREAM_DISORDER};
  PetscCall(
      ops->generate(sim->grid, plugin->params, common->fraction, common->correlation_length, key, sim->flow_unit));
  PetscCall(VmSumField(sim->grid, sim->flow_unit, &sum));
  sim->flow_unit_fraction = sum / (double)sim->grid->total;
  PetscCall(VmLog(sim->comm, "flow units     fraction %.4f, correlation length %g nm (%s percolates at %.3f)",
                  sim->flow_unit_fraction, common->correlation_length, ops->head.name,
                  ops->threshold(common->correlation_length, sim->grid->spacing)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateKinetics(VmSim sim)
{
  const VmMaterialOps *material = (const VmMaterialOps *)sim->params->material.head;
  const VmFlowUnitCommon *common = sim->params->flow_units.common;
  double *ratio;
  const VmKineticsCommon *kinetics = sim->params->kinetics.common;
  VmKmcSetup setup = {.stz = sim->params->kinetics.params,
                      .seed = sim->seed,
                      .temperature = sim->temperature,
                      .refresh = sim->params->solver.refresh,
                      .finder = (VmFinder)kinetics->finder,
                      .margin = sim->params->solver.margin,
                      .interacting = true};
  PetscFunctionBegin;
  material->moduli(sim->params->material.params, &(VmPoints){.np = 1}, &setup.shear, &setup.bulk);
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &ratio));
  for (int64_t i = 0; i < sim->grid->np; ++i) ratio[i] = sim->flow_unit[i] > 0.0 ? common->barrier_ratio : 1.0;
  setup.barrier_ratio = ratio;
  PetscCall(VmKmcCreate(sim->grid, &setup, &sim->kmc));
  PetscCall(PetscFree(ratio));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimSetUp(VmSim sim, VmProvenance provenance, bool resume)
{
  bool found = false;
  PetscFunctionBegin;
  PetscCall(VmDirectoryCreate(sim->comm, sim->output->directory));
  PetscCall(VmGridCreate(sim->comm, sim->params->grid.cells, sim->params->grid.spacing, &sim->grid));
  PetscCall(LayFlowUnits(sim));
  PetscCall(CreateKinetics(sim));
  if (resume) PetscCall(VmSimCheckpointLoad(sim, &found));
  PetscCall(VmSimOutputOpen(sim, provenance, found));
  sim->checkpoint_clock = VmTime();
  if (found)
    PetscCall(VmLog(sim->comm, "resumed        at time %g s, %lld events", VmKmcGetState(sim->kmc)->mean.time,
                    (long long)VmKmcGetState(sim->kmc)->events));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmPlugin *Stage(VmSim sim, int64_t stage) { return (const VmPlugin *)sim->params->loading.items + stage; }

static const VmStageParams *StageCommon(VmSim sim) { return Stage(sim, sim->at.stage)->common; }

/* Time at which strain component c of the stage reaches its limit at the present rate, HUGE_VAL if it does not approach
 * it. A limit that is already behind counts as reached. */
static double LimitTime(VmSim sim, int c)
{
  const VmMean *mean = &VmKmcGetState(sim->kmc)->mean;
  const double limit = StageCommon(sim)->until.strain[c], rate = mean->strain_rate[c];
  if (isnan(limit)) return HUGE_VAL;
  if ((limit - mean->strain[c]) * (limit - sim->at.stage_strain[c]) <= 0.0) return mean->time;
  if (!mean->segment.stress_controlled[c]) {
    if (rate * (limit - sim->at.stage_strain[c]) <= 0.0) return rate == 0.0 ? HUGE_VAL : mean->time;
    return mean->start + (limit - mean->start_strain[c]) / rate;
  }
  const double ahead = (limit - mean->strain[c]) / rate;
  return ahead > 0.0 ? mean->time + ahead : HUGE_VAL;
}

static double StageEnd(VmSim sim)
{
  const VmStageParams *common = StageCommon(sim);
  const VmKmcState *state = VmKmcGetState(sim->kmc);
  double end = sim->at.segment_end;
  if (!isnan(common->duration)) end = PetscMin(end, sim->at.stage_start + common->duration);
  if (common->until.events && state->events - sim->at.stage_events >= common->until.events) end = state->mean.time;
  for (int c = 0; c < 6; ++c) end = PetscMin(end, LimitTime(sim, c));
  return end;
}

/* Time at which the next history row is due if no event comes before. */
static double RowTime(VmSim sim)
{
  const VmMean *mean = &VmKmcGetState(sim->kmc)->mean;
  double due = HUGE_VAL;
  if (!isnan(sim->output->every.time)) due = sim->at.row_time + sim->output->every.time;
  if (!isnan(sim->output->every.strain))
    for (int c = 0; c < 6; ++c) {
      const double rate = mean->strain_rate[c], change = mean->strain[c] - sim->at.row_strain[c];
      if (rate != 0.0)
        due = PetscMin(due, mean->time + (sim->output->every.strain - (rate > 0.0 ? change : -change)) / fabs(rate));
    }
  return PetscMax(due, mean->time);
}

/* A row is due when its time has come or events have moved the strain far enough. */
static bool RowDue(VmSim sim, double row_time)
{
  const VmKmcState *state = VmKmcGetState(sim->kmc);
  if (state->mean.time >= row_time) return true;
  if (sim->output->every.events && state->events - sim->at.row_events >= sim->output->every.events) return true;
  if (!isnan(sim->output->every.strain))
    for (int c = 0; c < 6; ++c)
      if (fabs(state->mean.strain[c] - sim->at.row_strain[c]) >= sim->output->every.strain) return true;
  return false;
}

/* Begins the next segment of the stage; false if the stage has no more. */
static bool BeginSegment(VmSim sim)
{
  const VmPlugin *stage = Stage(sim, sim->at.stage);
  VmMean *mean = &VmKmcGetState(sim->kmc)->mean;
  VmSegment segment;
  if (!((const VmLoadingOps *)stage->head)
           ->segment(stage->params, stage->common, (int)sim->at.segment, mean->stress, &segment))
    return false;
  VmMeanBegin(mean, &segment);
  sim->at.segment_end = mean->time + segment.duration;
  sim->at.begun = true;
  return true;
}

/* Fraction of the stage that is done, as far as its limits tell. */
static double StageFraction(VmSim sim)
{
  const VmStageParams *common = StageCommon(sim);
  const VmKmcState *state = VmKmcGetState(sim->kmc);
  double done = 0.0;
  if (!isnan(common->duration)) done = (state->mean.time - sim->at.stage_start) / common->duration;
  if (common->until.events)
    done = PetscMax(done, (double)(state->events - sim->at.stage_events) / (double)common->until.events);
  for (int c = 0; c < 6; ++c)
    if (!isnan(common->until.strain[c]))
      done = PetscMax(done, (state->mean.strain[c] - sim->at.stage_strain[c]) /
                                (common->until.strain[c] - sim->at.stage_strain[c]));
  return PetscMin(PetscMax(done, 0.0), 1.0);
}

static PetscErrorCode ShowProgress(VmSim sim, VmProgress progress)
{
  const VmKmcState *state = VmKmcGetState(sim->kmc);
  const double done = ((double)sim->at.stage + StageFraction(sim)) / sim->params->loading.count;
  PetscFunctionBegin;
  PetscCall(VmProgressUpdate(progress, done,
                             "stage %lld  time %.4g s  strain %.4f  stress %.3f GPa  events %lld  rate %.3g/s",
                             (long long)sim->at.stage, state->mean.time, VmEquivalentStrain(state->mean.strain),
                             VmEquivalentStress(state->mean.stress), (long long)state->events, VmKmcRate(sim->kmc)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Steps between looks at the clock and at stop requests; both need a message between ranks. */
enum { STEPS_PER_LOOK = 16 };

/* Saves a checkpoint if one is due; *stop if a stop was requested. */
static PetscErrorCode Look(VmSim sim, VmProgress progress, bool *stop)
{
  PetscFunctionBegin;
  int due = VmTime() - sim->checkpoint_clock >= sim->output->checkpoint_every;
  PetscCallMPI(MPI_Bcast(&due, 1, MPI_INT, 0, sim->comm));
  PetscCall(VmStopRequested(sim->comm, stop));
  if (due || *stop) {
    PetscCall(VmSimCheckpointSave(sim));
    sim->checkpoint_clock = VmTime();
  }
  PetscCall(ShowProgress(sim, progress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Runs the present stage to its end, or to a stop. */
static PetscErrorCode RunStage(VmSim sim, VmProgress progress, bool *stop)
{
  VmKmcState *state = VmKmcGetState(sim->kmc);
  PetscFunctionBegin;
  for (int64_t step = 1;; ++step) {
    if (!sim->at.begun) {
      if (!BeginSegment(sim)) PetscFunctionReturn(PETSC_SUCCESS);
      PetscCall(VmSimWriteRow(sim, false));
    }
    const double end = StageEnd(sim), due = RowTime(sim);
    /* a row that falls on the end of the stage is the stage's own last row */
    const double row = fabs(due - end) <= 1e-9 * (end - sim->at.stage_start) ? end : due;
    VmKmcOutcome outcome;
    VmEvent event;
    if (end <= state->mean.time) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(VmKmcNext(sim->kmc, PetscMin(end, row), &outcome, &event));
    if (outcome == VM_KMC_EVENT) PetscCall(VmSimAddEvent(sim, &event));
    if (state->mean.time >= StageEnd(sim)) {
      if (state->mean.time < sim->at.segment_end) PetscFunctionReturn(PETSC_SUCCESS);
      ++sim->at.segment, sim->at.begun = false;
      continue;
    }
    if (RowDue(sim, row)) PetscCall(VmSimWriteRow(sim, false));
    if (step % STEPS_PER_LOOK == 0) {
      PetscCall(Look(sim, progress, stop));
      if (*stop) PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
}

PetscErrorCode VmSimAdvance(VmSim sim, VmProgress progress, VmSimOutcome *outcome)
{
  VmKmcState *state = VmKmcGetState(sim->kmc);
  bool stop = false;
  PetscFunctionBegin;
  for (; sim->at.stage < sim->params->loading.count; ++sim->at.stage, sim->at.segment = 0, sim->at.begun = false) {
    if (!sim->at.begun && sim->at.segment == 0) {
      sim->at.stage_start = state->mean.time, sim->at.stage_events = state->events;
      memcpy(sim->at.stage_strain, state->mean.strain, sizeof state->mean.strain);
    }
    PetscCall(RunStage(sim, progress, &stop));
    if (stop) break;
    PetscCall(VmSimWriteRow(sim, true));
  }
  *outcome = stop ? VM_SIM_STOPPED : VM_SIM_COMPLETE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimFinish(VmSim sim, VmSimOutcome outcome)
{
  PetscFunctionBegin;
  PetscCall(
      VmH5AttrText(sim->file, "/", "status", outcome == VM_SIM_COMPLETE ? VM_STATUS_COMPLETE : VM_STATUS_STOPPED));
  PetscCall(VmH5Close(&sim->file));
  if (outcome == VM_SIM_COMPLETE && sim->grid->rank == 0) {
    /* the result is whole: what a restart needed can go */
    (void)unlink(sim->checkpoint_path);
    (void)unlink(sim->safe_path);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
