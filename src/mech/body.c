#include "body_private.h"
#include <math.h>
#include <string.h>

/* Residual per norm of the stress at which rounding is all that is left. */
static const double rounding = 1e-14;

PetscErrorCode VmBodyResidual(VmBody b, const VmMacroLoad *load, double *norm, double stress[6], VmStepStatus *worst)
{
  VmEquilibrium e = b->e;
  const VmGrid grid = b->grid;
  double *r = e->residual.u, missing[6], square;
  PetscFunctionBegin;
  PetscCall(VmBodyForces(b, e->solution.u, e->strain, r, stress, worst));
  for (int64_t i = 0; i < 3 * grid->np; ++i) r[i] = -r[i];
  for (int c = 0; c < 6; ++c) missing[c] = load->level[c] - stress[c];
  VmMeanPack(e, missing, e->residual.mean);
  *norm = 0.0;
  for (int i = 0; i < 3; ++i) {
    PetscCall(VmSumProduct(grid, r + i * grid->np, r + i * grid->np, &square));
    *norm += square;
  }
  for (int c = 0; c < 6; ++c) *norm += e->residual.mean[c] * e->residual.mean[c];
  *norm = *worst == VM_STEP_OK && isfinite(*norm) ? sqrt(*norm) : INFINITY;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Residual of uniform strain, whose stress-controlled components are those of the Voigt average of the tangents, and
 * what of it is rounding. Leaves displacement and mean strain as they were. */
static PetscErrorCode UniformResidual(VmBody b, const VmMacroLoad *load, double *unit, double *least)
{
  VmEquilibrium e = b->e;
  const double shear = e->shear, bulk = e->bulk;
  double *u = e->solution.u, *zero = e->direction.u, strain[6], stress[6], increment[6], size;
  bool mixed = false;
  VmStepStatus worst;
  PetscFunctionBegin;
  memcpy(strain, e->strain, sizeof strain);
  for (int c = 0; c < 6; ++c) mixed = mixed || load->stress_controlled[c];
  for (int64_t i = 0; i < 3 * b->grid->np; ++i) zero[i] = 0.0;
  e->solution.u = zero;
  PetscCall(VmBodyResidual(b, load, unit, stress, &worst));
  if (mixed && worst == VM_STEP_OK) {
    e->shear = e->mean_shear;
    e->bulk = e->mean_bulk;
    VmReferenceMean(e, e->residual.mean, increment);
    VmMeanAdd(e, increment, e->strain);
    e->shear = shear;
    e->bulk = bulk;
    PetscCall(VmBodyResidual(b, load, unit, stress, &worst));
  }
  size = sqrt(VmDot6(stress, stress));
  for (int c = 0; c < 6; ++c) size = fmax(size, 2.0 * e->mean_shear * fabs(e->strain[c]));
  *least = rounding * size * sqrt((double)b->grid->total);
  e->solution.u = u;
  memcpy(e->strain, strain, sizeof strain);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Laws with a constant isotropic tangent need one linear solve. */
static PetscErrorCode SolveLinear(VmBody b, double norm, double unit, double target, VmBodyStep *step)
{
  VmEquilibrium e = b->e;
  VmEquilibriumResult result = {.status = VM_SOLVE_CONVERGED};
  PetscFunctionBegin;
  e->history[0] = norm / unit;
  memset(e->solution.mean, 0, sizeof e->solution.mean);
  PetscCall(
      (b->options.linear.krylov == VM_KRYLOV_CG ? VmConjugateGradients : VmPetscKrylov)(e, target, unit, &result));
  VmMeanAdd(e, e->solution.mean, e->strain);
  step->newton = 1;
  step->krylov = result.iterations;
  b->history[1] = e->history[result.iterations];
  if (result.status == VM_SOLVE_CONVERGED) PetscFunctionReturn(PETSC_SUCCESS);
  step->status = VM_BODY_DIVERGED;
  snprintf(step->message, sizeof step->message, "equilibrium: relative residual %.3g > %.3g after %d iterations%s",
           e->history[result.iterations], target / unit, result.iterations,
           result.status == VM_SOLVE_BROKE_DOWN ? ", where energy is not positive and finite" : "");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Tangents where the solver starts; those of linear laws hold while dt and temperature stay. */
static PetscErrorCode Prepare(VmBody b)
{
  const double medium[2] = {b->dt, 0.5 * (b->temperature + b->end_temperature)};
  PetscFunctionBegin;
  if (b->linear && !memcmp(medium, b->medium, sizeof medium)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmBodyLinearise(b, b->e->solution.u, b->e->strain));
  memcpy(b->medium, medium, sizeof medium);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Displacement and mean strain at the end of the step, or why there are none. */
static PetscErrorCode Solve(VmBody b, const VmMacroLoad *load, VmBodyStep *step)
{
  VmEquilibrium e = b->e;
  const double tolerance = b->linear ? b->options.linear.tolerance : b->options.tolerance;
  double unit, least, norm, stress[6];
  VmStepStatus worst;
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c)
    if (!load->stress_controlled[c]) e->strain[c] = load->level[c];
  PetscCall(Prepare(b));
  PetscCall(UniformResidual(b, load, &unit, &least));
  PetscCall(VmBodyResidual(b, load, &norm, stress, &worst));
  if (worst != VM_STEP_OK || !isfinite(norm)) {
    step->status = worst == VM_STEP_CUT ? VM_BODY_CUT : VM_BODY_DIVERGED;
    snprintf(step->message, sizeof step->message, "body: a law %s a step of %g s",
             worst == VM_STEP_CUT    ? "asks for less than"
             : worst == VM_STEP_FAIL ? "cannot answer to"
                                     : "gives no finite stress in",
             b->dt);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!isfinite(unit)) unit = norm;
  const double target = fmax(tolerance * unit, least);
  if (unit <= least) unit = fmax(least, PETSC_MACHINE_EPSILON);
  b->history[0] = norm / unit;
  if (norm <= target) PetscFunctionReturn(PETSC_SUCCESS);
  if (b->linear) PetscCall(SolveLinear(b, norm, unit, target, step));
  else
    PetscCall(
        (b->options.linear.krylov == VM_KRYLOV_CG ? VmBodyNewton : VmBodySnes)(b, load, norm, unit, target, step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Back to where the step began. */
static void Restore(VmBody b, const double strain[6])
{
  VmEquilibrium e = b->e;
  memcpy(e->strain, strain, sizeof e->strain);
  for (int64_t i = 0; i < 3 * b->grid->np; ++i) e->solution.u[i] = b->last_u[i];
}

PetscErrorCode VmBodyAdvance(VmBody b, const VmMacroLoad *load, double dt, double temperature, VmBodyStep *step)
{
  VmEquilibrium e = b->e;
  bool controlled[6];
  double last[6], energy[3], rise[6], mean[6];
  PetscFunctionBegin;
  PetscCheck(dt >= 0.0 && temperature > 0.0, b->grid->comm, PETSC_ERR_ARG_OUTOFRANGE, "a step of %g s to %g K", dt,
             temperature);
  memset(step, 0, sizeof *step);
  step->residual = b->history;
  b->history[0] = INFINITY;
  b->dt = dt;
  b->end_temperature = temperature;
  memcpy(controlled, load->stress_controlled, sizeof controlled);
  e->controlled = controlled;
  memcpy(last, e->strain, sizeof last);
  for (int64_t i = 0; i < 3 * b->grid->np; ++i) b->last_u[i] = e->solution.u[i];
  PetscCall(Solve(b, load, step));
  e->controlled = NULL;
  if (step->status != VM_BODY_OK) {
    Restore(b, last);
    memcpy(step->mean_strain, last, sizeof last);
    memcpy(step->mean_stress, b->stress, sizeof b->stress);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VmBodyCommit(b, e->solution.u, e->strain, energy, step->mean_stress));
  for (int c = 0; c < 6; ++c) {
    rise[c] = e->strain[c] - last[c];
    mean[c] = 0.5 * (b->stress[c] + step->mean_stress[c]);
  }
  step->macroscopic_work = VmDot6(mean, rise);
  step->work = energy[0], step->stored = energy[1], step->dissipated = energy[2];
  memcpy(step->mean_strain, e->strain, sizeof e->strain);
  memcpy(b->stress, step->mean_stress, sizeof b->stress);
  b->temperature = temperature;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBodyFields(VmBody b, double *strain, double *stress)
{
  PetscFunctionBegin;
  b->output.strain = strain;
  b->output.stress = stress;
  PetscCall(VmBodyOutput(b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBodyDisplacement(VmBody b, double *displacement)
{
  PetscFunctionBegin;
  PetscCall(VmEquilibriumDisplacement(b->e, displacement));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Number of a state of a law, or -1. */
static int StateOf(const VmPhase *phase, const char *name)
{
  for (int s = 0; s < phase->ops->nstate; ++s)
    if (!strcmp(phase->ops->state_names[s], name)) return s;
  return -1;
}

PetscErrorCode VmBodyState(VmBody b, const char *name, double *mean, double *field)
{
  const int64_t np = b->grid->np;
  double *values = field;
  PetscFunctionBegin;
  if (!field) PetscCall(PetscMalloc1((size_t)np, &values));
  for (int64_t i = 0; i < np; ++i) {
    const int s = StateOf(&b->phase[b->phase_of ? b->phase_of[i] : 0], name);
    values[i] = 0.0;
    for (int p = 0; s >= 0 && p < b->points; ++p) values[i] += b->state[(s * b->points + p) * np + i] / b->points;
  }
  PetscCall(VmSumField(b->grid, values, mean));
  *mean /= (double)b->grid->total;
  if (!field) PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBodyCheckpoint(VmBody b, VmH5 file, bool save)
{
  const int64_t count = 13;
  double scalars[13];
  PetscFunctionBegin;
  if (save) {
    memcpy(scalars, b->e->strain, sizeof b->e->strain);
    memcpy(scalars + 6, b->stress, sizeof b->stress);
    scalars[12] = b->temperature;
    PetscCall(VmH5Write(file, "/body/mean", VM_F64, 1, &count, scalars,
                        (VmMeta){.long_name = "mean strain [6], mean stress [6] in GPa, temperature in K"}));
    PetscCall(VmH5WriteField(file, "/body/displacement", b->grid, 3, b->e->solution.u,
                             (VmMeta){.unit = "1", .long_name = "displacement in voxel edges"}));
    if (b->nstate > 0)
      PetscCall(VmH5WriteField(file, "/body/state", b->grid, b->nstate * b->points, b->state,
                               (VmMeta){.long_name = "states of the laws at the integration points"}));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VmH5Read(file, "/body/mean", VM_F64, scalars));
  memcpy(b->e->strain, scalars, sizeof b->e->strain);
  memcpy(b->stress, scalars + 6, sizeof b->stress);
  b->temperature = scalars[12];
  PetscCall(VmH5ReadField(file, "/body/displacement", b->grid, 3, b->e->solution.u));
  if (b->nstate > 0) PetscCall(VmH5ReadField(file, "/body/state", b->grid, b->nstate * b->points, b->state));
  PetscCall(VmBodyFields(b, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}
