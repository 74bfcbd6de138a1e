/* Conjugate gradients with few passes over memory and sums in the order of the planes. */
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

/* u += alpha p, r -= alpha q over one row, which is also copied to the transform; adds r.r to the lanes. */
VM_SIMD_CLONES static void StepRow(int64_t n, double alpha, const double *p, const double *q, double *u, double *r,
                                   double *work, double lane[8])
{
  const int64_t whole = n - n % 8;
  double sum[8];
  for (int j = 0; j < 8; ++j) sum[j] = lane[j];
  VM_NO_OVERLAP
  for (int64_t z = 0; z < n; ++z) {
    u[z] += alpha * p[z];
    r[z] -= alpha * q[z];
    work[z] = r[z];
  }
  for (int64_t z = 0; z < whole; z += 8)
    for (int j = 0; j < 8; ++j) sum[j] += r[z + j] * r[z + j];
  for (int64_t z = whole; z < n; ++z) sum[z - whole] += r[z] * r[z];
  for (int j = 0; j < 8; ++j) lane[j] = sum[j];
}

VM_SIMD_CLONES static void DotRow(int64_t n, const double *a, const double *b, double lane[8])
{
  const int64_t whole = n - n % 8;
  double sum[8];
  for (int j = 0; j < 8; ++j) sum[j] = lane[j];
  for (int64_t z = 0; z < whole; z += 8)
    for (int j = 0; j < 8; ++j) sum[j] += a[z + j] * b[z + j];
  for (int64_t z = whole; z < n; ++z) sum[z - whole] += a[z] * b[z];
  for (int j = 0; j < 8; ++j) lane[j] = sum[j];
}

VM_SIMD_CLONES static void TurnRow(int64_t n, double beta, const double *z, double *p)
{
  VM_NO_OVERLAP
  for (int64_t i = 0; i < n; ++i) p[i] = z[i] + beta * p[i];
}

/* Rows of a component: the start of row `row` of plane x in a field and in the padded work array of the transform. */
static double *WorkRow(VmEquilibrium e, int i, int64_t row)
{
  return e->fft->work + i * e->fft->stride + row * 2 * e->grid->nzc;
}

static int64_t FieldRow(VmGrid grid, int i, int64_t row) { return i * grid->np + row * grid->n[2]; }

/* The step along the direction; leaves the residual in the transform too, and its squared norm. alpha = 0: only these.
 */
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
        StepRow(grid->n[2], alpha, e->direction.u + at, e->product.u + at, e->solution.u + at, e->residual.u + at,
                WorkRow(e, i, row), lane);
      }
    partial[x] = AddLanes(lane);
  }
  PetscCall(VmSumPlanes(grid, 1, partial, square));
  PetscCall(PetscFree(partial));
  for (int c = 0; c < 6; ++c) {
    e->solution.mean[c] += alpha * e->direction.mean[c];
    e->residual.mean[c] -= alpha * e->product.mean[c];
  }
  *square += Dot6(e->residual.mean, e->residual.mean);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Preconditions the residual that Step left in the transform: mean part to `mean`; r.z. */
static PetscErrorCode Precondition(VmEquilibrium e, double mean[6], double *dot)
{
  const VmGrid grid = e->grid;
  double *partial;
  PetscFunctionBegin;
  PetscCall(VmReferenceSolve(e));
  VmReferenceMean(e, e->residual.mean, mean);
  PetscCall(PetscMalloc1((size_t)grid->nx, &partial));
  for (int64_t x = 0; x < grid->nx; ++x) {
    double lane[8] = {0.0};
    for (int i = 0; i < 3; ++i)
      for (int64_t row = x * grid->n[1]; row < (x + 1) * grid->n[1]; ++row)
        DotRow(grid->n[2], e->residual.u + FieldRow(grid, i, row), WorkRow(e, i, row), lane);
    partial[x] = AddLanes(lane);
  }
  PetscCall(VmSumPlanes(grid, 1, partial, dot));
  PetscCall(PetscFree(partial));
  *dot += Dot6(e->residual.mean, mean);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* direction = preconditioned residual + beta direction */
static void Turn(VmEquilibrium e, double beta, const double mean[6])
{
  const VmGrid grid = e->grid;
  for (int i = 0; i < 3; ++i)
    for (int64_t row = 0; row < grid->nx * grid->n[1]; ++row)
      TurnRow(grid->n[2], beta, WorkRow(e, i, row), e->direction.u + FieldRow(grid, i, row));
  for (int c = 0; c < 6; ++c) e->direction.mean[c] = mean[c] + beta * e->direction.mean[c];
}

PetscErrorCode VmConjugateGradients(VmEquilibrium e, double target, double unit, VmEquilibriumResult *result)
{
  double square, work, old = 0.0, now, mean[6];

  PetscFunctionBegin;
  for (int64_t i = 0; i < 3 * e->grid->np; ++i) e->direction.u[i] = e->product.u[i] = 0.0;
  for (int c = 0; c < 6; ++c) e->direction.mean[c] = e->product.mean[c] = 0.0;
  PetscCall(Step(e, 0.0, &square));
  while (sqrt(square) > target) {
    if (result->iterations == e->options.max_iterations) {
      result->status = VM_SOLVE_TOO_SLOW;
      break;
    }
    PetscCall(Precondition(e, mean, &now));
    Turn(e, result->iterations > 0 ? now / old : 0.0, mean);
    old = now;
    PetscCall(VmOperatorApply(e, &e->direction, &e->product, &work));
    if (!(work > 0.0 && now > 0.0 && isfinite(now / work))) {
      result->status = VM_SOLVE_BROKE_DOWN;
      break;
    }
    PetscCall(Step(e, now / work, &square));
    e->history[++result->iterations] = sqrt(square) / unit;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
