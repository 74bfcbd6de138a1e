/* Engine of runs without `kinetics`: the fields of strain and stress of a heterogeneous body of material laws, step by
 * step. */
#include "field_engine.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A step is given up when it has been cut to this part of what it should have been. */
#define LEAST_CUT 1e-6

/* Where stresses drive the strain, the first step of a stage is this part of what it may be. */
#define CAREFUL 1e-3

static const VmColumn columns[] = {
    VM_COMMON_COLUMNS,
    {"work", 1, "GPa", "work of the local stress so far, per volume"},
    {"stored", 1, "GPa", "elastic energy stored, per volume"},
    {"dissipated", 1, "GPa", "energy dissipated so far, per volume"},
    {"macroscopic_work", 1, "GPa", "work of the mean stress so far by the trapezoidal rule, per volume"},
    {"grown_fraction", 1, "1", "flow units grown since the start, mean over the box (law flow_unit)"},
    {"flow_unit_fraction", 1, "1", "volume fraction of the flow-unit phase"},
    {"steps", 1, "1", "time steps so far"},
    {"newton_iterations", 1, "1", "iterations of Newton's method so far"},
    {"krylov_iterations", 1, "1", "iterations of linear solves so far"},
    {NULL, 0, NULL, NULL}};

static const char *const fields[] = {VM_FIELD_STRAIN,
                                     VM_FIELD_STRESS,
                                     VM_FIELD_PLASTIC_STRAIN,
                                     VM_FIELD_FLOW_UNIT,
                                     VM_FIELD_DISPLACEMENT,
                                     VM_FIELD_SHEAR_MODULUS,
                                     VM_FIELD_BULK_MODULUS,
                                     VM_FIELD_VISCOSITY,
                                     VM_FIELD_EXPANSION,
                                     VM_FIELD_GROWN_FRACTION,
                                     NULL};

/* Doubles per voxel that the body, its solver and the description of the glass take, as body_create.c counts them. */
static int64_t DoublesPerVoxel(const VmSimParams *params)
{
  enum { SYMMETRIC = 21, SOLVER = 14 + 3, OUTPUT = 6 };
  const VmFlowUnitCommon *flow_units = params->flow_units.common;
  const VmPlugin *materials[2] = {&params->material,
                                  flow_units && flow_units->material.head ? &flow_units->material : NULL};
  const int64_t points = params->solver.element == VM_ELEMENT_FULL ? 8 : 1;
  int64_t states = 0, variations = 0;
  bool linear = true;
  for (int m = 0; m < 2 && materials[m]; ++m) {
    const VmMaterialOps *ops = (const VmMaterialOps *)materials[m]->head;
    states = PetscMax(states, ops->nstate);
    linear &= ops->linear;
    variations += ((const VmPhaseCommon *)materials[m]->common)->vary.count;
  }
  return (6 + states + (linear ? 0 : SYMMETRIC)) * points + (linear ? 3 : 6) + 2 * variations + SOLVER + OUTPUT + 1;
}

static PetscErrorCode Estimate(MPI_Comm comm, const VmSimParams *params)
{
  const int64_t *n = params->grid.cells;
  int size;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const double voxels = (double)((n[0] + size - 1) / size * n[1] * n[2]);
  PetscCall(VmLog(comm, "memory         about %.1f MB per rank", 8e-6 * voxels * (double)DoublesPerVoxel(params)));
  PetscCall(VmLog(comm, "time           %d stage%s, by equilibrium of the fields in every step", params->loading.count,
                  params->loading.count == 1 ? "" : "s"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(VmSim sim)
{
  const VmSolverParams *solver = &sim->params->solver;
  VmBodyOptions options;
  VmField *f;
  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  sim->engine = f;
  f->start_temperature = sim->now.temperature;
  PetscCall(VmMediaCreate(sim->grid, sim->params, sim->base, sim->seed, sim->flow_unit, &f->media));
  VmBodyOptionsInit(&options);
  VmSolverOptions(solver, &options.linear);
  options.tolerance = solver->tolerance;
  options.max_newton = (int)solver->max_newton;
  PetscCall(VmBodyCreate(sim->grid, &f->media.body, &options, sim->now.temperature, &f->body));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(VmSim sim)
{
  VmField *f = sim->engine;
  PetscFunctionBegin;
  PetscCall(VmBodyDestroy(&f->body));
  PetscCall(VmMediaDestroy(&f->media));
  PetscCall(PetscFree(sim->engine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Ends the run: the state before the step is saved. */
static PetscErrorCode GiveUp(VmSim sim, const char *why)
{
  PetscFunctionBegin;
  PetscCall(VmSimCheckpointSave(sim));
  VmThrow(sim->comm, VM_ERR_DIVERGED,
          "no equilibrium after t = %.6g s in stage %lld: %s; the state before is in %s. Try a shorter "
          "solver.time_step or solver.strain_step, more solver.max_iterations, or solver.element: full",
          sim->now.time, (long long)sim->at.stage, why, sim->checkpoint_path);
}

/* Tries a step to a load; *cut if it has to be shorter. Takes its outcome over into the state. */
static PetscErrorCode TryStep(VmSim sim, const VmMacroLoad *load, double time, double temperature, bool *cut,
                              char message[200])
{
  VmField *f = sim->engine;
  VmNow *now = &sim->now;
  const double dt = time - now->time;
  VmBodyStep step;

  PetscFunctionBegin;
  PetscCall(VmBodyAdvance(f->body, load, dt, temperature, &step));
  f->newton += step.newton, f->krylov += step.krylov;
  *cut = step.status == VM_BODY_CUT;
  snprintf(message, 200, "%s", step.message);
  if (step.status == VM_BODY_DIVERGED) PetscCall(GiveUp(sim, step.message));
  if (step.status != VM_BODY_OK) PetscFunctionReturn(PETSC_SUCCESS);
  for (int c = 0; c < 6; ++c) {
    const bool stress_controlled = load->stress_controlled[c];
    const double strain = stress_controlled ? step.mean_strain[c] : load->level[c];
    if (stress_controlled && dt > 0.0) now->strain_rate[c] = (strain - now->strain[c]) / dt;
    now->strain[c] = strain;
    now->stress[c] = stress_controlled ? load->level[c] : step.mean_stress[c];
  }
  now->time = time;
  now->temperature = temperature;
  f->work += step.work, f->dissipated += step.dissipated, f->macroscopic_work += step.macroscopic_work;
  f->stored = step.stored;
  ++now->steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sets the stresses with which a segment starts, at once, or in parts if that is too much. */
static PetscErrorCode SetStress(VmSim sim, const VmSegment *segment)
{
  double share = 1.0;
  char message[200];
  PetscFunctionBegin;
  for (;;) {
    VmMacroLoad load;
    bool cut, jump = false;
    for (int c = 0; c < 6; ++c) {
      const double missing = segment->level[c] - sim->now.stress[c];
      load.stress_controlled[c] = segment->stress_controlled[c];
      load.level[c] = !load.stress_controlled[c] ? sim->now.strain[c]
                      : share == 1.0             ? segment->level[c]
                                                 : sim->now.stress[c] + share * missing;
      jump |= load.stress_controlled[c] && missing != 0.0;
    }
    if (!jump) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(TryStep(sim, &load, sim->now.time, sim->now.temperature, &cut, message));
    share = cut ? 0.5 * share : PetscMin(2.0 * share, 1.0);
    if (share < LEAST_CUT) PetscCall(GiveUp(sim, message));
  }
}

static PetscErrorCode Begin(VmSim sim, const VmSegment *segment)
{
  VmField *f = sim->engine;
  PetscFunctionBegin;
  PetscCall(SetStress(sim, segment));
  for (int c = 0; c < 6; ++c) sim->now.strain_rate[c] = segment->stress_controlled[c] ? 0.0 : segment->rate[c];
  f->last_step = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Longest step that the settings allow now, of at most `rest` seconds. */
static double StepLength(VmSim sim, double rest)
{
  const VmField *f = sim->engine;
  const VmSolverParams *solver = &sim->params->solver;
  bool stress_driven = false;
  double length = rest;
  if (!isnan(solver->time_step)) length = PetscMin(length, solver->time_step);
  for (int c = 0; c < 6; ++c) {
    if (sim->now.strain_rate[c] != 0.0) length = PetscMin(length, solver->strain_step / fabs(sim->now.strain_rate[c]));
    stress_driven |= sim->at.now.stress_controlled[c];
  }
  if (f->last_step > 0.0) return PetscMin(length, solver->growth * f->last_step);
  if (!isnan(solver->first_step)) return PetscMin(length, solver->first_step);
  return stress_driven && sim->at.segment == 0 ? CAREFUL * length : length;
}

static PetscErrorCode Advance(VmSim sim, double horizon)
{
  VmField *f = sim->engine;
  const VmProgramme *at = &sim->at;
  const double rest = horizon - sim->now.time, length = StepLength(sim, rest);
  char message[200];
  PetscFunctionBegin;
  for (double part = 1.0;; part *= 0.5) {
    /* equal steps to the horizon, if there is one, of which this is the first */
    const double count = ceil(rest / (part * length) * (1.0 - 1e-9)),
                 step = isfinite(rest) ? rest / count : part * length;
    const double time = count > 1.0 ? sim->now.time + step : horizon, elapsed = time - at->segment_start;
    const double begin = sim->now.time;
    bool cut;
    VmMacroLoad load;
    for (int c = 0; c < 6; ++c) {
      load.stress_controlled[c] = at->now.stress_controlled[c];
      load.level[c] =
          (load.stress_controlled[c] ? at->now.level[c] : at->segment_strain[c]) + at->now.rate[c] * elapsed;
    }
    PetscCall(TryStep(sim, &load, time, at->segment_temperature + at->now.temperature_rate * elapsed, &cut, message));
    if (!cut) {
      f->last_step = time - begin;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    if (part < LEAST_CUT) PetscCall(GiveUp(sim, message));
  }
}

static PetscErrorCode Row(VmSim sim, double *values)
{
  VmField *f = sim->engine;
  double grown;
  PetscFunctionBegin;
  PetscCall(VmBodyState(f->body, VM_FIELD_GROWN_FRACTION, &grown, NULL));
  const double row[] = {f->work,
                        f->stored,
                        f->dissipated,
                        f->macroscopic_work,
                        grown,
                        sim->flow_unit_fraction,
                        (double)sim->now.steps,
                        (double)f->newton,
                        (double)f->krylov};
  memcpy(values, row, sizeof row);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Progress(VmSim sim, size_t size, char *text)
{
  const VmField *f = sim->engine;
  snprintf(text, size, "steps %lld  iterations %lld", (long long)sim->now.steps, (long long)f->krylov);
}

static PetscErrorCode Open(VmSim sim, bool resume)
{
  PetscFunctionBegin;
  (void)sim, (void)resume;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Flush(VmSim sim)
{
  PetscFunctionBegin;
  (void)sim;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Scalars(VmSim sim, VmScalars *s)
{
  VmField *f = sim->engine;
  VmNow *now = &sim->now;
  VmScalar(s, &now->time), VmScalarSix(s, now->strain), VmScalarSix(s, now->stress), VmScalarSix(s, now->strain_rate);
  VmScalarInteger(s, &now->steps), VmScalar(s, &f->last_step);
  VmScalar(s, &f->work), VmScalar(s, &f->stored), VmScalar(s, &f->dissipated), VmScalar(s, &f->macroscopic_work);
  VmScalarInteger(s, &f->newton), VmScalarInteger(s, &f->krylov);
}

static PetscErrorCode Save(VmSim sim, VmH5 file)
{
  PetscFunctionBegin;
  PetscCall(VmBodyCheckpoint(((VmField *)sim->engine)->body, file, true));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Load(VmSim sim, VmH5 file)
{
  PetscFunctionBegin;
  PetscCall(VmBodyCheckpoint(((VmField *)sim->engine)->body, file, false));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmEngineOps vm_field_engine = {.columns = columns,
                                     .steps_per_look = 1,
                                     .fields = fields,
                                     .estimate = Estimate,
                                     .create = Create,
                                     .destroy = Destroy,
                                     .begin = Begin,
                                     .advance = Advance,
                                     .row = Row,
                                     .field = VmFieldByName,
                                     .progress = Progress,
                                     .open = Open,
                                     .flush = Flush,
                                     .scalars = Scalars,
                                     .save = Save,
                                     .load = Load};
