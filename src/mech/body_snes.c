/* PETSc's nonlinear solvers for the same system; options with the prefix "body_". */
#include "body_private.h"
#include "petsc_krylov.h"
#include <petscsnes.h>
#include <math.h>
#include <string.h>

/* The unknowns are the increments from the state in which the solver was called. */
typedef struct {
  VmBody b;
  const VmMacroLoad *load;
  double strain[6], unit, target;
} Context;

/* The trial state to e->solution.u and e->strain. */
static PetscErrorCode SetTrial(Context *context, Vec x)
{
  const VmBody b = context->b;
  const double *array;
  double mean[6];
  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(x, &array));
  for (int64_t i = 0; i < 3 * b->grid->np; ++i) b->e->solution.u[i] = b->base_u[i] + array[i];
  PetscCall(VmPetscGetMean(b->grid, array, mean));
  PetscCall(VecRestoreArrayRead(x, &array));
  memcpy(b->e->strain, context->strain, sizeof context->strain);
  VmMeanAdd(b->e, mean, b->e->strain);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Function(SNES snes, Vec x, Vec f, void *user)
{
  Context *context = user;
  const VmEquilibrium e = context->b->e;
  double *array, norm, stress[6], mean[6];
  VmStepStatus worst;
  PetscFunctionBegin;
  PetscCall(SetTrial(context, x));
  PetscCall(VmBodyResidual(context->b, context->load, &norm, stress, &worst));
  if (!isfinite(norm)) PetscCall(SNESSetFunctionDomainError(snes));
  PetscCall(VecGetArrayWrite(f, &array));
  for (int64_t i = 0; i < 3 * e->grid->np; ++i) array[i] = -e->residual.u[i];
  for (int c = 0; c < 6; ++c) mean[c] = -e->residual.mean[c];
  VmPetscSetMean(e->grid, mean, array);
  PetscCall(VecRestoreArrayWrite(f, &array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Jacobian(SNES snes, Vec x, Mat matrix, Mat preconditioner, void *user)
{
  Context *context = user;
  PetscFunctionBegin;
  (void)snes, (void)matrix, (void)preconditioner;
  PetscCall(SetTrial(context, x));
  PetscCall(VmBodyLinearise(context->b, context->b->e->solution.u, context->b->e->strain));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Converged(SNES snes, PetscInt iteration, PetscReal x, PetscReal step, PetscReal norm,
                                SNESConvergedReason *reason, void *user)
{
  const Context *context = user;
  PetscFunctionBegin;
  (void)snes, (void)x, (void)step;
  context->b->history[iteration] = norm / context->unit;
  *reason = SNES_CONVERGED_ITERATING;
  if (norm <= context->target) *reason = SNES_CONVERGED_FNORM_ABS;
  else if (!isfinite(norm)) *reason = SNES_DIVERGED_FNORM_NAN;
  else if (iteration >= context->b->options.max_newton) *reason = SNES_DIVERGED_MAX_IT;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Configure(Context *context, Mat matrix, Vec f, SNES *snes)
{
  const VmBody b = context->b;
  KSP ksp;
  PetscFunctionBegin;
  PetscCall(SNESCreate(b->grid->comm, snes));
  PetscCall(SNESSetOptionsPrefix(*snes, "body_"));
  PetscCall(SNESSetType(*snes, SNESNEWTONLS));
  PetscCall(SNESSetFunction(*snes, f, Function, context));
  PetscCall(SNESSetJacobian(*snes, matrix, matrix, Jacobian, context));
  PetscCall(SNESGetKSP(*snes, &ksp));
  PetscCall(VmPetscPreconditioner(b->e, ksp));
  PetscCall(
      KSPSetTolerances(ksp, PETSC_DEFAULT, 0.1 * context->target, PETSC_DEFAULT, b->options.linear.max_iterations));
  PetscCall(SNESKSPSetUseEW(*snes, PETSC_TRUE));
  PetscCall(SNESSetMaxLinearSolveFailures(*snes, b->options.max_newton));
  PetscCall(SNESSetFromOptions(*snes));
  PetscCall(SNESSetTolerances(*snes, 0.0, 0.0, 0.0, b->options.max_newton, 1000 * b->options.max_newton + 1000));
  PetscCall(SNESSetConvergenceTest(*snes, Converged, context, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBodySnes(VmBody b, const VmMacroLoad *load, double norm, double unit, double target, VmBodyStep *step)
{
  Context context = {.b = b, .load = load, .unit = unit, .target = target};
  SNESConvergedReason reason;
  PetscInt newton, krylov;
  SNES snes;
  Mat matrix;
  Vec x, f;
  PetscFunctionBegin;
  memcpy(context.strain, b->e->strain, sizeof context.strain);
  for (int64_t i = 0; i < 3 * b->grid->np; ++i) b->base_u[i] = b->e->solution.u[i];
  PetscCall(VmPetscOperator(b->e, &matrix));
  PetscCall(MatCreateVecs(matrix, &x, &f));
  PetscCall(VecZeroEntries(x));
  PetscCall(Configure(&context, matrix, f, &snes));
  PetscCall(SNESSolve(snes, NULL, x));
  PetscCall(SNESGetConvergedReason(snes, &reason));
  PetscCall(SNESGetIterationNumber(snes, &newton));
  PetscCall(SNESGetLinearSolveIterations(snes, &krylov));
  step->newton = (int)newton;
  step->krylov = (int)krylov;
  if (reason > 0) {
    PetscCall(SetTrial(&context, x));
  } else {
    PetscCall(SNESGetFunctionNorm(snes, &norm));
    step->status = VM_BODY_CUT;
    snprintf(step->message, sizeof step->message,
             "body: the residual is not small enough: %.3g > %.3g after %d Newton iterations (%s)", norm / unit,
             target / unit, step->newton, SNESConvergedReasons[reason]);
  }
  PetscCall(SNESDestroy(&snes));
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&f));
  PetscCall(MatDestroy(&matrix));
  PetscFunctionReturn(PETSC_SUCCESS);
}
