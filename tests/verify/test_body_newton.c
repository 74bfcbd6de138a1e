/* ranks: 1 2 3 4; timeout: 240; links: vm_solvers
 * Flow units in a body: closed form, quadratic convergence, SNES, same bits on any number of ranks, checkpoints,
 * refused steps. */
#include "body_case.h"
#include <vitromech/checkpoint.h>

static const char *const flowing =
    "{matrix_shear_modulus: 13 GPa, flow_unit_shear_modulus: 11 GPa, bulk_modulus: 44 GPa, saturation_stress: 0.5 GPa, "
    "initial_fraction: 0.1, lower_fraction: 0.02, final_fraction: 0.7, rate_constant: 3 1/s}";
static const char *const zener =
    "{relaxed_shear_modulus: 24 GPa, flow_unit_shear_modulus: 8 GPa, viscosity: 1.5 GPa s, bulk_modulus: 100 GPa}";

/* Simple shear at a constant rate (A3): tau = (1 - c) G_1 gamma + c tau_s (1 - exp(-G_2 gamma/tau_s)) with the closed
 * form of c(t), in steps of any length. */
static PetscErrorCode CheckShear(int element, int krylov)
{
  const VmBodyOptions options = CaseOptions(element, krylov, 1e-12);
  const double c0 = 0.02, initial = 0.1, final = 0.7, kappa = 3.0 * (final - c0), yield = 0.5 / sqrt(3.0);
  const double a = (initial - c0) / (final - initial), rate = 0.05;
  double worst = 0.0, time = 0.0, mean, *field;
  VmBodyStep step;
  Case c;
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 3, 2, 4, &c));
  PetscCall(CaseMaterial(&c, "flow_unit", flowing, 0.0));
  PetscCall(CaseStart(&c, &options));
  PetscCall(PetscMalloc1((size_t)c.grid->np, &field));
  for (uint32_t n = 0; n < 8; ++n) {
    const double dt = pow(10.0, -4.0 + 4.0 * VmRngUniform((VmRngKey){23, VM_STREAM_TEST}, 0, n));
    time += dt;
    const double gamma = rate * time, growth = a * exp(kappa * time), f = (c0 + final * growth) / (1.0 + growth);
    const VmMacroLoad load = {.level = {[VM_XZ] = 0.5 * gamma}};
    PetscCall(CaseStep(&c, &load, dt, 300.0, &step));
    const double wanted = (1.0 - f) * 13.0 * gamma - f * yield * expm1(-11.0 * gamma / yield);
    worst = fmax(worst, fabs(step.mean_stress[VM_XZ] / wanted - 1.0));
    PetscCall(VmBodyState(c.body, "grown_fraction", &mean, field));
    VmExpectNear(mean, f - initial, 1e-13);
    for (int64_t i = 0; i < c.grid->np; ++i) VmExpectNear(field[i], f - initial, 1e-13);
    VmExpectNear(step.work, step.dissipated + step.stored, step.work + step.stored);
  }
  VmFigure("shear of one law, relative error", worst);
  VmExpect(worst <= 1e-10, "off by %g", worst);
  PetscCall(PetscFree(field));
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Flow units and three-parameter solid voxel by voxel at random, with a saturation stress that varies. */
static PetscErrorCode MixtureCreate(MPI_Comm comm, const VmBodyOptions *options, Case *c)
{
  PetscFunctionBegin;
  PetscCall(CaseCreate(comm, 6, 5, 4, c));
  PetscCall(CaseMaterial(c, "flow_unit", flowing, 1e-5));
  PetscCall(CaseMaterial(c, "zener", zener, 2e-5));
  PetscCall(CaseVary(c, "saturation_stress"));
  for (int64_t i = 0; i < c->grid->np; ++i) {
    c->phase[i] = CaseRandom(c, i, 0) < 0.3;
    c->factor[0][i] = 0.5 + CaseRandom(c, i, 1);
  }
  PetscCall(CaseStart(c, options));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static VmMacroLoad Tension(double strain)
{
  return (VmMacroLoad){.stress_controlled = {false, true, true, true, false, true}, .level = {strain}};
}

/* One step to 3 % of tension: once the residual is small it falls with its square. */
static PetscErrorCode CheckConvergence(int element, int krylov)
{
  const VmBodyOptions options = CaseOptions(element, krylov, 1e-13);
  const VmMacroLoad load = Tension(0.03);
  VmBodyStep step;
  bool seen = false;
  Case c;
  PetscFunctionBegin;
  PetscCall(MixtureCreate(PETSC_COMM_WORLD, &options, &c));
  PetscCall(CaseStep(&c, &load, 0.5, 300.0, &step));
  for (int n = 0; n <= step.newton && c.grid->rank == 0; ++n)
    printf("%s, %s: Newton iteration %d, residual %.3g\n", element ? "reduced" : "full", krylov ? "SNES" : "own", n,
           step.residual[n]);
  for (int n = 0; n < step.newton && krylov == VM_KRYLOV_CG; ++n) {
    const double now = step.residual[n], next = step.residual[n + 1];
    if (now > 0.03 || now < 1e-6) continue;
    VmExpect(next < 10.0 * now * now, "residual %g after %g", next, now);
    seen = true;
  }
  VmExpect(seen || krylov == VM_KRYLOV_PETSC, "no residual between 1e-6 and 0.03");
  VmExpect(step.newton <= 9, "%d Newton iterations", step.newton);
  for (int k = 0; k < 6; ++k)
    if (load.stress_controlled[k]) VmExpectNear(step.mean_stress[k], 0.0, 1e-11);
  VmExpectNear(step.mean_strain[VM_XX], 0.03, 1e-15);
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Own solver and SNES come to the same stress. */
static PetscErrorCode CheckSnes(int element)
{
  VmBodyStep step[2];
  PetscFunctionBegin;
  for (int krylov = 0; krylov < 2; ++krylov) {
    const VmBodyOptions options = CaseOptions(element, krylov, 1e-11);
    Case c;
    PetscCall(MixtureCreate(PETSC_COMM_WORLD, &options, &c));
    for (int n = 1; n <= 3; ++n) {
      const VmMacroLoad load = Tension(0.012 * n);
      PetscCall(CaseStep(&c, &load, 0.2, 300.0 + 10.0 * n, &step[krylov]));
    }
    PetscCall(CaseDestroy(&c));
  }
  for (int k = 0; k < 6; ++k) {
    VmExpectNear(step[1].mean_stress[k], step[0].mean_stress[k], 1e-9);
    VmExpectNear(step[1].mean_strain[k], step[0].mean_strain[k], 1e-10);
  }
  VmExpectNear(step[1].dissipated, step[0].dissipated, 1e-9 * step[0].dissipated);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool SameStep(const VmBodyStep *a, const VmBodyStep *b)
{
  return a->newton == b->newton && a->krylov == b->krylov &&
         !memcmp(a->mean_strain, b->mean_strain, sizeof a->mean_strain) &&
         !memcmp(a->mean_stress, b->mean_stress, sizeof a->mean_stress) && a->work == b->work &&
         a->stored == b->stored && a->dissipated == b->dissipated && a->macroscopic_work == b->macroscopic_work;
}

/* Copies the state of a body to another by a checkpoint. */
static PetscErrorCode Copy(VmBody from, VmBody to, const char *name)
{
  char path[4096];
  VmH5 file;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/body_%s.h5", VmTestScratch(), name);
  PetscCall(VmCheckpointBegin(PETSC_COMM_WORLD, path, &file));
  PetscCall(VmBodyCheckpoint(from, file, true));
  PetscCall(VmCheckpointCommit(&file, path));
  PetscCall(VmCheckpointOpen(PETSC_COMM_WORLD, path, &file));
  PetscCall(VmBodyCheckpoint(to, file, false));
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same bits as on one rank, and as from a checkpoint half-way. */
static PetscErrorCode CheckBits(int element)
{
  const VmBodyOptions options = CaseOptions(element, VM_KRYLOV_CG, 1e-8);
  VmBodyStep here, alone, again;
  Case c, one, resumed;
  PetscFunctionBegin;
  PetscCall(MixtureCreate(PETSC_COMM_WORLD, &options, &c));
  PetscCall(MixtureCreate(PETSC_COMM_SELF, &options, &one));
  PetscCall(MixtureCreate(PETSC_COMM_WORLD, &options, &resumed));
  for (int n = 1; n <= 4; ++n) {
    const VmMacroLoad load = Tension(0.01 * n);
    PetscCall(CaseStep(&c, &load, 0.1, 300.0 + 5.0 * n, &here));
    PetscCall(CaseStep(&one, &load, 0.1, 300.0 + 5.0 * n, &alone));
    VmExpect(SameStep(&here, &alone), "step %d differs from one rank", n);
    if (n == 2) PetscCall(Copy(c.body, resumed.body, "half"));
    if (n > 2) {
      PetscCall(CaseStep(&resumed, &load, 0.1, 300.0 + 5.0 * n, &again));
      VmExpect(SameStep(&here, &again), "step %d differs after a checkpoint", n);
    }
  }
  PetscCall(VmBodyFields(c.body, c.strain, c.stress));
  PetscCall(VmBodyFields(one.body, one.strain, one.stress));
  for (int k = 0; k < 6 && c.grid->np > 0; ++k) {
    const size_t at = (size_t)(k * one.grid->np + c.grid->x0 * c.grid->plane), bytes = (size_t)c.grid->np * 8;
    VmExpect(!memcmp(c.strain + k * c.grid->np, one.strain + at, bytes), "strain %d differs", k);
    VmExpect(!memcmp(c.stress + k * c.grid->np, one.stress + at, bytes), "stress %d differs", k);
  }
  PetscCall(CaseDestroy(&resumed));
  PetscCall(CaseDestroy(&one));
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A step that is refused for want of Newton's iterations changes nothing: with enough of them the next one goes as if
 * there had been no other. */
static PetscErrorCode CheckRefusal(int krylov)
{
  VmBodyOptions options = CaseOptions(VM_ELEMENT_REDUCED, krylov, 1e-10);
  const VmMacroLoad first = Tension(0.01), second = Tension(0.04);
  VmBodyStep step, other;
  Case patient, hasty, resumed;
  PetscFunctionBegin;
  PetscCall(MixtureCreate(PETSC_COMM_WORLD, &options, &patient));
  PetscCall(MixtureCreate(PETSC_COMM_WORLD, &options, &resumed));
  options.max_newton = 3;
  PetscCall(MixtureCreate(PETSC_COMM_WORLD, &options, &hasty));
  PetscCall(VmBodyAdvance(hasty.body, &second, 0.0, 300.0, &step));
  VmExpectInt(step.status, VM_BODY_CUT);
  PetscCall(CaseStep(&patient, &first, 0.1, 300.0, &other));
  PetscCall(Copy(patient.body, hasty.body, "patient"));
  PetscCall(VmBodyAdvance(hasty.body, &second, 0.1, 320.0, &step));
  VmExpectInt(step.status, VM_BODY_CUT);
  VmExpectInt(step.newton, 3);
  VmExpect(strstr(step.message, "after 3 Newton iterations"), "message is \"%s\"", step.message);
  VmExpect(!memcmp(step.mean_strain, other.mean_strain, sizeof other.mean_strain), "the mean strain is another");
  VmExpect(!memcmp(step.mean_stress, other.mean_stress, sizeof other.mean_stress), "the mean stress is another");
  PetscCall(VmBodyFields(patient.body, patient.strain, patient.stress));
  PetscCall(VmBodyFields(hasty.body, hasty.strain, hasty.stress));
  const size_t bytes = 6 * (size_t)patient.grid->np * sizeof(double);
  if (bytes > 0) VmExpect(!memcmp(patient.strain, hasty.strain, bytes), "a refused step changed the strain");
  if (bytes > 0) VmExpect(!memcmp(patient.stress, hasty.stress, bytes), "a refused step changed the stress");
  PetscCall(Copy(hasty.body, resumed.body, "hasty"));
  PetscCall(CaseStep(&resumed, &second, 0.1, 320.0, &step));
  PetscCall(CaseStep(&patient, &second, 0.1, 320.0, &other));
  if (krylov == VM_KRYLOV_CG) VmExpect(SameStep(&step, &other), "the step after a refused one is another");
  PetscCall(CaseDestroy(&resumed));
  PetscCall(CaseDestroy(&hasty));
  PetscCall(CaseDestroy(&patient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A law that wants steps of at most 1 s, and cannot answer to any beyond 10 s. */
static VmStepStatus Impatient(const void *params, const VmPoints *points)
{
  const VmMaterialOps *elastic = (const VmMaterialOps *)VmPluginFind(&vm_material_kind, "elastic");
  if (points->dt > 10.0) return VM_STEP_FAIL;
  return points->dt > 1.0 ? VM_STEP_CUT : elastic->update(params, points);
}

static PetscErrorCode CheckLinearRefusal(int krylov)
{
  VmBodyOptions options = CaseOptions(VM_ELEMENT_REDUCED, krylov, 1e-10);
  const VmMacroLoad load = Tension(0.01);
  VmMaterialOps ops;
  VmBodyStep step;
  Case c;
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 4, 4, 4, &c));
  PetscCall(CaseMaterial(&c, "elastic", "{shear_modulus: 3 GPa, bulk_modulus: 5 GPa}", 0.0));
  ops = *(const VmMaterialOps *)c.material[0].head;
  ops.update = Impatient;
  c.material[0].head = &ops.head;
  PetscCall(CaseMaterial(&c, "zener", zener, 0.0));
  for (int64_t i = 0; i < c.grid->np; ++i) c.phase[i] = CaseRandom(&c, i, 0) < 0.5;
  PetscCall(CaseStart(&c, &options));
  PetscCall(VmBodyAdvance(c.body, &load, 2.0, 300.0, &step));
  VmExpectInt(step.status, VM_BODY_CUT);
  VmExpect(strstr(step.message, "asks for less than a step of 2 s"), "message is \"%s\"", step.message);
  PetscCall(VmBodyAdvance(c.body, &load, 20.0, 300.0, &step));
  VmExpectInt(step.status, VM_BODY_DIVERGED);
  PetscCall(CaseStep(&c, &load, 1.0, 300.0, &step));
  options.linear.max_iterations = 3;
  PetscCall(CaseStart(&c, &options));
  PetscCall(VmBodyAdvance(c.body, &load, 1.0, 300.0, &step));
  VmExpectInt(step.status, VM_BODY_DIVERGED);
  VmExpect(strstr(step.message, "after 3 iterations"), "message is \"%s\"", step.message);
  VmExpectNear(step.mean_strain[VM_XX], 0.0, 0.0);
  c.material[0].head = VmPluginFind(&vm_material_kind, "elastic");
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a body cannot be made of. */
static PetscErrorCode CheckComposition(void)
{
  const VmBodyOptions options = CaseOptions(VM_ELEMENT_REDUCED, VM_KRYLOV_CG, 1e-10);
  const char *const varied[2] = {"viscosity", "viscosity"}, *const unknown[1] = {"viscositty"};
  const double *factor[2];
  double *ones;
  VmBody body = NULL;
  Case c;
  PetscFunctionBegin;
  PetscCall(CaseCreate(PETSC_COMM_WORLD, 4, 4, 4, &c));
  PetscCall(CaseMaterial(&c, "zener", zener, 0.0));
  PetscCall(PetscMalloc1((size_t)c.grid->np, &ones));
  for (int64_t i = 0; i < c.grid->np; ++i) ones[i] = 1.0;
  factor[0] = factor[1] = ones;
  VmComposition composition = {
      .phases = 1, .material = c.material, .variations = 1, .varied = unknown, .factor = factor};
  VmExpectInt(VmBodyCreate(c.grid, &composition, &options, 300.0, &body), VM_ERR_INPUT);
  composition.varied = varied, composition.variations = 2;
  VmExpectInt(VmBodyCreate(c.grid, &composition, &options, 300.0, &body), VM_ERR_INPUT);
  composition.variations = 1;
  if (c.grid->x0 == 0 && c.grid->np > 0) ones[1] = 0.0;
  VmExpectInt(VmBodyCreate(c.grid, &composition, &options, 300.0, &body), VM_ERR_INPUT);
  composition.variations = 0, composition.phase = c.phase;
  if (c.grid->x0 == 0 && c.grid->np > 0) c.phase[2] = 1;
  VmExpectInt(VmBodyCreate(c.grid, &composition, &options, 300.0, &body), VM_ERR_INPUT);
  PetscCall(PetscFree(ones));
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  for (int element = VM_ELEMENT_FULL; element <= VM_ELEMENT_REDUCED; ++element) {
    PetscCall(CheckShear(element, VM_KRYLOV_CG));
    PetscCall(CheckBits(element));
    for (int krylov = VM_KRYLOV_CG; krylov <= VM_KRYLOV_PETSC; ++krylov) PetscCall(CheckConvergence(element, krylov));
  }
  PetscCall(CheckShear(VM_ELEMENT_REDUCED, VM_KRYLOV_PETSC));
  PetscCall(CheckSnes(VM_ELEMENT_FULL));
  for (int krylov = VM_KRYLOV_CG; krylov <= VM_KRYLOV_PETSC; ++krylov) {
    PetscCall(CheckRefusal(krylov));
    PetscCall(CheckLinearRefusal(krylov));
  }
  PetscCall(CheckComposition());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
