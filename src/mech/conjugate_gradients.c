/* Conjugate gradients with few passes over memory and sums in the order of the planes.
 *
 * The step of the solution along a direction waits until that direction is read again to be replaced by the next. */
#include "equilibrium_private.h"
#include <vitromech/simd.h>
#include <math.h>

static double Dot6(const double a[6], const double b[6])
{
  double sum = 0.0;
  for (int c = 0; c < 6; ++c) sum += a[c] * b[c];
  return sum;
}

static double AddLanes(const double lane[8])
{
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* r -= alpha q over one row, which is also copied to the transform; adds r.r to the lanes. */
VM_SIMD_CLONES static void StepRow(int64_t n, double alpha, const double *q, double *r, double *work, double lane[8])
{
  const int64_t whole = n - n % 8;
  double sum[8];
  for (int j = 0; j < 8; ++j) sum[j] = lane[j];
  VM_NO_OVERLAP
  for (int64_t z = 0; z < n; ++z) {
    r[z] -= alpha * q[z];
    work[z] = r[z];
  }
  for (int64_t z = 0; z < whole; z += 8)
    for (int j = 0; j < 8; ++j) sum[j] += r[z + j] * r[z + j];
  for (int64_t z = whole; z < n; ++z) sum[z - whole] += r[z] * r[z];
  for (int j = 0; j < 8; ++j) lane[j] = sum[j];
}

/* u += alpha p, p = z + beta p */
VM_SIMD_CLONES static void TurnRow(int64_t n, double alpha, double beta, const double *z, double *u, double *p)
{
  VM_NO_OVERLAP
  for (int64_t i = 0; i < n; ++i) {
    u[i] += alpha * p[i];
    p[i] = z[i] + beta * p[i];
  }
}

/* Rows of a component: the start of row `row` of plane x in a field and in the padded work array of the transform. */
static double *WorkRow(VmEquilibrium e, int i, int64_t row)
{
  return e->fft->work + i * e->fft->stride + row * 2 * e->grid->nzc;
}

static int64_t FieldRow(VmGrid grid, int i, int64_t row) { return i * grid->np + row * grid->n[2]; }

/* The residual after a step along the direction, its squared norm, and a copy in the transform. alpha = 0:
 * only these. */
static PetscErrorCode Step(VmEquilibrium e, double alpha, double *square)
{
  const VmGrid grid = e->grid;
  double *partial;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)grid->nx, &partial));
  for (int64_t x = 0; x < grid->nx; ++x) {
    double lane[8] = {0.0};
    for (int i = 0; i < 3; ++i)
      for (int64_t row = x * grid->n[1]; row < (x + 1) * grid->n[1]; ++row) {
        const int64_t at = FieldRow(grid, i, row);
        StepRow(grid->n[2], alpha, e->product.u + at, e->residual.u + at, WorkRow(e, i, row), lane);
      }
    partial[x] = AddLanes(lane);
  }
  PetscCall(VmSumPlanes(grid, 1, partial, square));
  PetscCall(PetscFree(partial));
  for (int c = 0; c < 6; ++c) e->residual.mean[c] -= alpha * e->product.mean[c];
  *square += Dot6(e->residual.mean, e->residual.mean);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Preconditions the residual that Step left in the transform: mean part to `mean`; residual . preconditioned. */
static PetscErrorCode Precondition(VmEquilibrium e, double mean[6], double *dot)
{
  PetscFunctionBegin;
  PetscCall(VmReferenceSolve(e, dot));
  VmReferenceMean(e, e->residual.mean, mean);
  *dot += Dot6(e->residual.mean, mean);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* solution += alpha direction; direction = preconditioned residual + beta direction */
static void Turn(VmEquilibrium e, double alpha, double beta, const double mean[6])
{
  const VmGrid grid = e->grid;
  for (int i = 0; i < 3; ++i)
    for (int64_t row = 0; row < grid->nx * grid->n[1]; ++row) {
      const int64_t at = FieldRow(grid, i, row);
      TurnRow(grid->n[2], alpha, beta, WorkRow(e, i, row), e->solution.u + at, e->direction.u + at);
    }
  for (int c = 0; c < 6; ++c) {
    e->solution.mean[c] += alpha * e->direction.mean[c];
    e->direction.mean[c] = mean[c] + beta * e->direction.mean[c];
  }
}

static void Finish(VmEquilibrium e, double alpha)
{
  for (int64_t i = 0; i < 3 * e->grid->np; ++i) e->solution.u[i] += alpha * e->direction.u[i];
  for (int c = 0; c < 6; ++c) e->solution.mean[c] += alpha * e->direction.mean[c];
}

PetscErrorCode VmConjugateGradients(VmEquilibrium e, double target, double unit, VmEquilibriumResult *result)
{
  double norm, square, work, old = 0.0, now, alpha = 0.0, mean[6];

  PetscFunctionBegin;
  for (int64_t i = 0; i < 3 * e->grid->np; ++i) e->direction.u[i] = e->product.u[i] = 0.0;
  for (int c = 0; c < 6; ++c) e->direction.mean[c] = e->product.mean[c] = 0.0;
  for (;;) {
    PetscCall(Step(e, alpha, &square));
    norm = sqrt(square);
    if (alpha > 0.0) VmRecord(e, ++result->iterations, norm / unit);
    if (norm <= target) break;
    if (result->iterations == e->options.max_iterations) {
      result->status = VM_SOLVE_TOO_SLOW;
      break;
    }
    PetscCall(Precondition(e, mean, &now));
    Turn(e, alpha, result->iterations > 0 ? now / old : 0.0, mean);
    old = now;
    PetscCall(VmOperatorApply(e, &e->direction, &e->product, &work));
    alpha = now / work;
    if (!(work > 0.0 && now > 0.0 && isfinite(alpha))) {
      alpha = 0.0;
      result->status = VM_SOLVE_BROKE_DOWN;
      break;
    }
  }
  Finish(e, alpha);
  PetscFunctionReturn(PETSC_SUCCESS);
}
