/* Solves a stage of steady oscillation temperature by temperature. */
#include "spectrum.h"
#include <vitromech/timer.h>
#include <math.h>
#include <string.h>

int VmSpectrumColumns(const VmSpectrum *s) { return s->params->stiffness ? VM_SPECTRUM_COLUMNS : VM_SHEAR_STORAGE; }

int64_t VmSpectrumWidth(int column) { return column >= VM_STIFFNESS_STORAGE ? 36 : 1; }

static double Point(const VmPointsParams *range, int64_t i, bool ratios)
{
  const double at = range->points > 1 ? (double)i / (double)(range->points - 1) : 0.0;
  if (at == 1.0) return range->to;
  return ratios ? range->from * pow(range->to / range->from, at) : range->from + at * (range->to - range->from);
}

/* Name of the group: the first stage of its kind is harmonic, others carry their number. */
static const char *Name(VmSim sim, char name[32])
{
  int before = 0;
  for (int64_t i = 0; i < sim->at.stage; ++i) {
    const VmPlugin *stage = (const VmPlugin *)sim->params->loading.items + i;
    before += ((const VmLoadingOps *)stage->head)->harmonic != NULL;
  }
  if (before) snprintf(name, 32, "harmonic_%d", before + 1);
  else snprintf(name, 32, "harmonic");
  return name;
}

static PetscErrorCode Create(VmSim sim, const VmPlugin *stage, VmSpectrum *s)
{
  const VmHarmonicParams *p = ((const VmLoadingOps *)stage->head)->harmonic(stage->params);
  const VmStageParams *common = stage->common;
  PetscFunctionBegin;
  *s = (VmSpectrum){.sim = sim, .params = p, .frequencies = p->frequencies.points};
  s->temperatures = p->temperatures ? p->temperatures->points : 1;
  for (int c = 0; c < 6; ++c) {
    const VmTarget *target = p->amplitude[c];
    s->load.stress_controlled[c] = target ? isnan(target->strain) : common->control[c] != NULL;
    if (!target) continue;
    s->component = c;
    s->load.level[c] = s->load.stress_controlled[c] ? target->stress : target->strain;
  }
  PetscCall(PetscMalloc2((size_t)s->temperatures, &s->temperature, (size_t)s->frequencies, &s->omega));
  for (int64_t t = 0; t < s->temperatures; ++t)
    s->temperature[t] = p->temperatures ? Point(p->temperatures, t, false) : sim->now.temperature;
  for (int64_t f = 0; f < s->frequencies; ++f) s->omega[f] = 2.0 * VM_PI * Point(&p->frequencies, f, true);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GiveUp(const VmSpectrum *s, double temperature, double omega, const char *why)
{
  PetscFunctionBegin;
  PetscCall(VmSimCheckpointSave(s->sim));
  VmThrow(s->sim->comm, VM_ERR_DIVERGED,
          "no equilibrium at %g Hz and %g K in stage %lld: %s. Try more solver.max_iterations, a larger "
          "solver.tolerance, or solver.element: full",
          omega / (2.0 * VM_PI), temperature, (long long)s->sim->at.stage, why);
}

/* Effective stiffness of a point and the isotropic moduli nearest to it; its solves disturb the warm start. */
static PetscErrorCode Stiffness(VmHarmonic solver, int64_t f, double *const *values, VmHarmonicResult *result)
{
  double complex stiffness[36], shear, bulk;
  PetscFunctionBegin;
  PetscCall(VmHarmonicStiffness(solver, stiffness, result));
  if (result->status != VM_SOLVE_CONVERGED) PetscFunctionReturn(PETSC_SUCCESS);
  VmHarmonicIsotropic(stiffness, &shear, &bulk);
  values[VM_SHEAR_STORAGE][f] = creal(shear), values[VM_SHEAR_LOSS][f] = cimag(shear);
  values[VM_BULK_STORAGE][f] = creal(bulk), values[VM_BULK_LOSS][f] = cimag(bulk);
  for (int i = 0; i < 36; ++i) {
    values[VM_STIFFNESS_STORAGE][36 * f + i] = creal(stiffness[i]);
    values[VM_STIFFNESS_LOSS][36 * f + i] = cimag(stiffness[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One point of the sweep into row f of the values. */
static PetscErrorCode Solve(const VmSpectrum *s, VmHarmonic solver, const VmComposition *body, double temperature,
                            int64_t f, bool warm, double *const *values)
{
  const int c = s->component;
  VmHarmonicResult result;
  PetscFunctionBegin;
  PetscCall(VmHarmonicSetComposition(solver, body, s->omega[f], temperature));
  PetscCall(VmHarmonicSolve(solver, &s->load, warm, &result));
  const double complex modulus = result.mean_stress[c] / (result.mean_strain[c] * (c < 3 ? 1.0 : 2.0));
  values[VM_STORAGE][f] = creal(modulus);
  values[VM_LOSS][f] = cimag(modulus);
  values[VM_TAN_DELTA][f] = cimag(modulus) / creal(modulus);
  values[VM_DISSIPATION][f] = result.dissipated;
  values[VM_ITERATIONS][f] = (double)result.iterations;
  if (result.status == VM_SOLVE_CONVERGED && s->params->stiffness) PetscCall(Stiffness(solver, f, values, &result));
  if (result.status != VM_SOLVE_CONVERGED) PetscCall(GiveUp(s, temperature, s->omega[f], result.message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Show(const VmSpectrum *s, VmProgress progress, int64_t f, double *const *values)
{
  const VmProgramme *at = &s->sim->at;
  const double done = ((double)at->segment + (double)(f + 1) / (double)s->frequencies) / (double)s->temperatures;
  PetscFunctionBegin;
  PetscCall(VmProgressUpdate(progress, ((double)at->stage + done) / s->sim->params->loading.count,
                             "stage %lld  %.4g K  %.4g Hz  storage %.4g GPa  loss %.4g GPa  iterations %.0f",
                             (long long)at->stage, s->temperature[at->segment], s->omega[f] / (2.0 * VM_PI),
                             values[VM_STORAGE][f], values[VM_LOSS][f], values[VM_ITERATIONS][f]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All temperatures that are not done, each from uniform strain at its first frequency, so that a run that was stopped
 * between two of them goes on with the same bits. at.segment counts them. */
static PetscErrorCode Sweep(const VmSpectrum *s, VmHarmonic solver, const VmComposition *body, VmProgress progress,
                            bool *stop, double *const *values)
{
  VmProgramme *at = &s->sim->at;
  PetscFunctionBegin;
  while (at->segment < s->temperatures && !*stop) {
    for (int64_t f = 0; f < s->frequencies && !*stop; ++f) {
      const bool warm = f > 0 && !s->params->stiffness;
      PetscCall(Solve(s, solver, body, s->temperature[at->segment], f, warm, values));
      PetscCall(Show(s, progress, f, values));
      PetscCall(VmStopRequested(s->sim->comm, stop));
    }
    if (*stop) break;
    PetscCall(VmSpectrumAppend(s, values));
    ++at->segment;
    int due = VmTime() - s->sim->checkpoint_clock >= s->sim->output->checkpoint_every;
    PetscCallMPI(MPI_Bcast(&due, 1, MPI_INT, 0, s->sim->comm));
    if (!due) continue;
    PetscCall(VmSimCheckpointSave(s->sim));
    s->sim->checkpoint_clock = VmTime();
  }
  if (*stop) PetscCall(VmSimCheckpointSave(s->sim));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteTensor(const VmSpectrum *s, const char *name, const double complex *tensor, VmMeta meta)
{
  const int64_t count = 6 * s->sim->grid->np;
  char path[160];
  double *room;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)count, &room));
  for (int part = 0; part < 2; ++part) {
    for (int64_t i = 0; i < count; ++i) room[i] = part ? cimag(tensor[i]) : creal(tensor[i]);
    snprintf(path, sizeof path, "%s/%s_%s", s->group, name, part ? "imaginary" : "real");
    PetscCall(VmH5WriteField(s->sim->file, path, s->sim->grid, 6, room, meta));
  }
  PetscCall(PetscFree(room));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Amplitudes and dissipation of the voxels at the point of the largest tan delta. */
static PetscErrorCode WriteFields(const VmSpectrum *s, VmHarmonic solver, const VmComposition *body,
                                  const double *tan_delta)
{
  const size_t np = (size_t)s->sim->grid->np;
  int64_t best = 0;
  double complex *strain, *stress;
  double *dissipation;
  char path[160];
  VmHarmonicResult result;

  PetscFunctionBegin;
  for (int64_t i = 1; i < s->temperatures * s->frequencies; ++i)
    if (tan_delta[i] > tan_delta[best]) best = i;
  const double temperature = s->temperature[best / s->frequencies], omega = s->omega[best % s->frequencies];
  PetscCall(VmHarmonicSetComposition(solver, body, omega, temperature));
  PetscCall(VmHarmonicSolve(solver, &s->load, false, &result));
  PetscCall(PetscMalloc3(6 * np, &strain, 6 * np, &stress, np, &dissipation));
  PetscCall(VmHarmonicFields(solver, strain, stress, dissipation));
  PetscCall(WriteTensor(s, "strain", strain,
                        (VmMeta){"1", "amplitude of strain (xx, yy, zz, yz, xz, xy)", "x,y,z,component"}));
  PetscCall(WriteTensor(s, "stress", stress,
                        (VmMeta){"GPa", "amplitude of stress (xx, yy, zz, yz, xz, xy)", "x,y,z,component"}));
  snprintf(path, sizeof path, "%s/dissipation_field", s->group);
  PetscCall(VmH5WriteField(s->sim->file, path, s->sim->grid, 1, dissipation,
                           (VmMeta){"GPa", "energy dissipated in one cycle, per volume", "x,y,z"}));
  PetscCall(VmH5AttrReal(s->sim->file, s->group, "fields_temperature", 1, &temperature));
  PetscCall(VmH5AttrReal(s->sim->file, s->group, "fields_omega", 1, &omega));
  PetscCall(PetscFree3(strain, stress, dissipation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(VmSpectrum *s, VmHarmonic solver, const VmComposition *body, VmProgress progress, bool *stop)
{
  double *values[VM_SPECTRUM_COLUMNS], *storage, *loss, *tan_delta;
  PetscFunctionBegin;
  PetscCall(VmSpectrumOpen(s, s->sim->at.segment));
  for (int c = 0; c < VM_SPECTRUM_COLUMNS; ++c)
    PetscCall(PetscCalloc1((size_t)(s->frequencies * VmSpectrumWidth(c)), &values[c]));
  const PetscErrorCode code = Sweep(s, solver, body, progress, stop, values);
  for (int c = 0; c < VM_SPECTRUM_COLUMNS; ++c) PetscCall(PetscFree(values[c]));
  PetscCall(code);
  if (*stop) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmSpectrumFinish(s, &storage, &loss, &tan_delta));
  if (s->params->fields) PetscCall(WriteFields(s, solver, body, tan_delta));
  PetscCall(PetscFree3(storage, loss, tan_delta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSpectrumRun(VmSim sim, const VmPlugin *stage, VmProgress progress, bool *stop)
{
  const VmSolverParams *settings = &sim->params->solver;
  VmEquilibriumOptions options;
  VmMedia media;
  VmHarmonic solver;
  VmSpectrum s;
  char name[32];

  PetscFunctionBegin;
  PetscCall(Create(sim, stage, &s));
  s.name = Name(sim, name);
  snprintf(s.group, sizeof s.group, VM_PATH_STATISTICS "/%s", s.name);
  VmEquilibriumOptionsInit(&options);
  options.element = (VmElement)settings->element;
  options.tolerance = settings->tolerance;
  options.max_iterations = (int)settings->max_iterations;
  PetscCall(VmMediaCreate(sim->grid, sim->params, sim->base, sim->seed, sim->flow_unit, &media));
  PetscCall(VmHarmonicCreate(sim->grid, &options, &solver));
  const PetscErrorCode code = Run(&s, solver, &media.body, progress, stop);
  PetscCall(VmHarmonicDestroy(&solver));
  PetscCall(VmMediaDestroy(&media));
  PetscCall(PetscFree2(s.temperature, s.omega));
  PetscFunctionReturn(code);
}
