/* Engine of runs without `kinetics`: the fields of strain and stress of a heterogeneous body of material laws, step by
 * step. */
#include "sim_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A step is given up when it has been cut to this part of what it should have been. */
#define LEAST_CUT 1e-6

/* Where stresses drive the strain, the first step of a stage is this part of what it may be. */
#define CAREFUL 1e-3

typedef struct {
  VmMedia media;
  VmBody body;
  double start_temperature;
  double last_step;                                  /* s, 0 after a corner of the loading */
  double work, dissipated, stored, macroscopic_work; /* GPa, sums since the start; stored: at present */
  int64_t newton, krylov;
} Field;

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

static PetscErrorCode Estimate(MPI_Comm comm, const VmSimParams *params)
{
  PetscFunctionBegin;
  (void)params;
  PetscCall(VmLog(comm, "time           %d stage%s, by equilibrium of the fields in every step", params->loading.count,
                  params->loading.count == 1 ? "" : "s"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(VmSim sim)
{
  const VmSolverParams *solver = &sim->params->solver;
  VmBodyOptions options;
  Field *f;
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
  Field *f = sim->engine;
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
  Field *f = sim->engine;
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
  Field *f = sim->engine;
  PetscFunctionBegin;
  PetscCall(SetStress(sim, segment));
  for (int c = 0; c < 6; ++c) sim->now.strain_rate[c] = segment->stress_controlled[c] ? 0.0 : segment->rate[c];
  f->last_step = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Longest step that the settings allow now, of at most `rest` seconds. */
static double StepLength(VmSim sim, double rest)
{
  const Field *f = sim->engine;
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
  Field *f = sim->engine;
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
  Field *f = sim->engine;
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
  const Field *f = sim->engine;
  snprintf(text, size, "steps %lld  iterations %lld", (long long)sim->now.steps, (long long)f->krylov);
}

/* The displacement of a voxel's centre is the mean of those of its eight corners. */
static PetscErrorCode CentreDisplacement(VmSim sim, double *room)
{
  VmGrid grid = sim->grid;
  VmFft fft;
  double complex *half[3];
  PetscFunctionBegin;
  PetscCall(VmBodyDisplacement(((Field *)sim->engine)->body, room));
  PetscCall(VmFftCreate(grid, 3, &fft));
  for (int c = 0; c < 3; ++c) VmFftPack(fft, c, room + c * grid->np);
  PetscCall(VmFftForward(fft, 3));
  for (int d = 0; d < 3; ++d) {
    PetscCall(PetscMalloc1((size_t)grid->n[d], &half[d]));
    for (int64_t k = 0; k < grid->n[d]; ++k)
      half[d][k] = 0.5 * (1.0 + cexp(2.0 * VM_PI * I * (double)VmFftFrequency(k, grid->n[d]) / (double)grid->n[d]));
    if (grid->n[d] % 2 == 0) half[d][grid->n[d] / 2] = 0.0;
  }
  for (int c = 0; c < 3; ++c) {
    double complex *mode = (double complex *)(fft->work + c * fft->stride);
    for (int64_t y = 0; y < grid->ny; ++y)
      for (int64_t x = 0; x < grid->n[0]; ++x)
        for (int64_t z = 0; z < grid->nzc; ++z)
          mode[(y * grid->n[0] + x) * grid->nzc + z] *= half[0][x] * half[1][grid->y0 + y] * half[2][z];
  }
  PetscCall(VmFftBackward(fft, 3));
  for (int c = 0; c < 3; ++c) VmFftUnpack(fft, c, 1.0 / (double)grid->total, room + c * grid->np);
  for (int d = 0; d < 3; ++d) PetscCall(PetscFree(half[d]));
  PetscCall(VmFftDestroy(&fft));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Total strain less thermal strain and what the moduli of an instantaneous step make of the stress. */
static PetscErrorCode InelasticStrain(VmSim sim, double *room)
{
  Field *f = sim->engine;
  const int64_t np = sim->grid->np;
  const double warming = sim->now.temperature - f->start_temperature;
  double *stress, *shear, *bulk, *expansion;
  PetscFunctionBegin;
  PetscCall(PetscMalloc4(6 * (size_t)np, &stress, (size_t)np, &shear, (size_t)np, &bulk, (size_t)np, &expansion));
  PetscCall(VmBodyFields(f->body, room, stress));
  PetscCall(VmMediaModuli(sim->grid, &f->media, shear, bulk));
  PetscCall(VmMediaParameter(sim->grid, &f->media, VM_FIELD_EXPANSION, expansion));
  for (int64_t i = 0; i < np; ++i) {
    const double third = (stress[i] + stress[np + i] + stress[2 * np + i]) / 3.0;
    for (int c = 0; c < 6; ++c) {
      const double volume = c < 3 ? third / (3.0 * bulk[i]) + expansion[i] * warming : 0.0;
      room[c * np + i] -= (stress[c * np + i] - (c < 3 ? third : 0.0)) / (2.0 * shear[i]) + volume;
    }
  }
  PetscCall(PetscFree4(stress, shear, bulk, expansion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool IsHooke(const VmMedia *media)
{
  bool hooke = true;
  for (int m = 0; m < media->body.phases; ++m) {
    const VmMaterialOps *ops = (const VmMaterialOps *)media->material[m].head;
    hooke &= ops->linear && ops->nstate == 0;
  }
  return hooke;
}

static PetscErrorCode Moduli(VmSim sim, bool shear, double *room)
{
  double *other;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &other));
  PetscCall(VmMediaModuli(sim->grid, &((Field *)sim->engine)->media, shear ? room : other, shear ? other : room));
  PetscCall(PetscFree(other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The six components of a tensor, or the three of a vector. */
static void HasComponents(int count, int *ncomp, VmMeta *meta) { *ncomp = count, meta->axes = "x,y,z,component"; }

static PetscErrorCode FieldByName(VmSim sim, const char *name, double *room, int *ncomp, VmMeta *meta)
{
  Field *f = sim->engine;
  const size_t bytes = sizeof(double) * (size_t)sim->grid->np;
  double mean;

  PetscFunctionBegin;
  *ncomp = 1;
  *meta = (VmMeta){.unit = "1", .axes = "x,y,z"};
  if (!strcmp(name, VM_FIELD_STRAIN)) {
    HasComponents(6, ncomp, meta);
    meta->long_name = "strain, average over the voxel (xx, yy, zz, yz, xz, xy)";
    PetscCall(VmBodyFields(f->body, room, NULL));
  } else if (!strcmp(name, VM_FIELD_STRESS)) {
    HasComponents(6, ncomp, meta);
    meta->unit = "GPa", meta->long_name = "stress, average over the voxel (xx, yy, zz, yz, xz, xy)";
    PetscCall(VmBodyFields(f->body, NULL, room));
  } else if (!strcmp(name, VM_FIELD_PLASTIC_STRAIN)) {
    HasComponents(6, ncomp, meta);
    meta->long_name = "strain less its elastic and thermal parts (xx, yy, zz, yz, xz, xy)";
    if (IsHooke(&f->media)) memset(room, 0, 6 * bytes);
    else PetscCall(InelasticStrain(sim, room));
  } else if (!strcmp(name, VM_FIELD_DISPLACEMENT)) {
    HasComponents(3, ncomp, meta);
    meta->unit = "nm", meta->long_name = "periodic part of the displacement at the voxel's centre";
    PetscCall(CentreDisplacement(sim, room));
  } else if (!strcmp(name, VM_FIELD_FLOW_UNIT)) {
    meta->long_name = "1 in flow units, 0 in the matrix";
    memcpy(room, sim->flow_unit, bytes);
  } else if (!strcmp(name, VM_FIELD_GROWN_FRACTION)) {
    meta->long_name = "flow units grown since the start, average over the voxel";
    PetscCall(VmBodyState(f->body, name, &mean, room));
  } else if (!strcmp(name, VM_FIELD_SHEAR_MODULUS) || !strcmp(name, VM_FIELD_BULK_MODULUS)) {
    meta->unit = "GPa", meta->long_name = "modulus of an instantaneous step before any strain";
    PetscCall(Moduli(sim, !strcmp(name, VM_FIELD_SHEAR_MODULUS), room));
  } else {
    const bool viscosity = !strcmp(name, VM_FIELD_VISCOSITY);
    meta->unit = viscosity ? "GPa s" : "1/K", meta->long_name = "parameter of the law; 0 where it has none";
    PetscCall(VmMediaParameter(sim->grid, &f->media, name, room));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
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
  Field *f = sim->engine;
  VmNow *now = &sim->now;
  VmScalar(s, &now->time), VmScalarSix(s, now->strain), VmScalarSix(s, now->stress), VmScalarSix(s, now->strain_rate);
  VmScalarInteger(s, &now->steps), VmScalar(s, &f->last_step);
  VmScalar(s, &f->work), VmScalar(s, &f->stored), VmScalar(s, &f->dissipated), VmScalar(s, &f->macroscopic_work);
  VmScalarInteger(s, &f->newton), VmScalarInteger(s, &f->krylov);
}

static PetscErrorCode Save(VmSim sim, VmH5 file)
{
  PetscFunctionBegin;
  PetscCall(VmBodyCheckpoint(((Field *)sim->engine)->body, file, true));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Load(VmSim sim, VmH5 file)
{
  PetscFunctionBegin;
  PetscCall(VmBodyCheckpoint(((Field *)sim->engine)->body, file, false));
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
                                     .field = FieldByName,
                                     .progress = Progress,
                                     .open = Open,
                                     .flush = Flush,
                                     .scalars = Scalars,
                                     .save = Save,
                                     .load = Load};
