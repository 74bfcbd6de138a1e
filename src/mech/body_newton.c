/* Newton's method with conjugate gradients: same bits on any number of ranks. */
#include "body_private.h"
#include <math.h>
#include <string.h>

/* Shortest part of a Newton step that is tried. */
static const double shortest = 1.0 / 256.0;

/* Solves the linearised system to a residual that falls with the square of the present one; the increment goes to
 * e->solution, from base_u. The body is already linearised where the iterations start. */
static PetscErrorCode Direction(VmBody b, double norm, double unit, double target, VmBodyStep *step, bool *useful)
{
  VmEquilibrium e = b->e;
  VmEquilibriumResult result = {.status = VM_SOLVE_CONVERGED};
  const double forcing = fmin(0.1, norm / unit);
  PetscFunctionBegin;
  if (step->newton > 0) PetscCall(VmBodyLinearise(b, e->solution.u, e->strain));
  for (int64_t i = 0; i < 3 * b->grid->np; ++i) b->base_u[i] = e->solution.u[i];
  memset(e->solution.mean, 0, sizeof e->solution.mean);
  e->history[0] = norm / unit;
  PetscCall(VmConjugateGradients(e, fmax(forcing * norm, 0.1 * target), unit, &result));
  step->krylov += result.iterations;
  *useful = result.iterations > 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The longest of 1, 1/2, 1/4 ... of the step after which the residual is smaller; its norm, or INFINITY. */
static PetscErrorCode LineSearch(VmBody b, const VmMacroLoad *load, double *norm)
{
  VmEquilibrium e = b->e;
  const double before = *norm;
  double start[6], full[6], mean[6], stress[6], length = 1.0;
  VmStepStatus worst;
  PetscFunctionBegin;
  memcpy(start, e->strain, sizeof start);
  memcpy(full, e->solution.mean, sizeof full);
  for (;;) {
    for (int c = 0; c < 6; ++c) mean[c] = length * full[c];
    memcpy(e->strain, start, sizeof start);
    VmMeanAdd(e, mean, e->strain);
    PetscCall(VmBodyResidual(b, load, norm, stress, &worst));
    if (*norm <= (1.0 - 1e-4 * length) * before || length <= shortest) break;
    for (int64_t i = 0; i < 3 * b->grid->np; ++i)
      e->solution.u[i] = b->base_u[i] + 0.5 * (e->solution.u[i] - b->base_u[i]);
    length *= 0.5;
  }
  if (*norm > before) *norm = INFINITY;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBodyNewton(VmBody b, const VmMacroLoad *load, double norm, double unit, double target,
                            VmBodyStep *step)
{
  const char *why = NULL;
  bool useful;
  PetscFunctionBegin;
  while (norm > target && !why) {
    if (step->newton == b->options.max_newton) {
      why = "is not small enough";
      break;
    }
    const double before = norm;
    PetscCall(Direction(b, norm, unit, target, step, &useful));
    if (useful) PetscCall(LineSearch(b, load, &norm));
    if (!useful || !isfinite(norm)) {
      norm = before;
      why = useful ? "does not fall" : "cannot be reduced by the linear solver";
    }
    b->history[++step->newton] = norm / unit;
  }
  if (!why) PetscFunctionReturn(PETSC_SUCCESS);
  step->status = VM_BODY_CUT;
  snprintf(step->message, sizeof step->message, "body: the residual %s: %.3g > %.3g after %d Newton iterations", why,
           norm / unit, target / unit, step->newton);
  PetscFunctionReturn(PETSC_SUCCESS);
}
