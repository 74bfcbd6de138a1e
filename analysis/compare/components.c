#include "components.h"

#include <math.h>
#include <petscblaslapack.h>
#include <string.h>

static const double least_part = 0.02;

/* Weighted deviations from the mean, without the runs and points that are not there. */
typedef struct {
  int runs, *run; /* [runs] their indices */
  int64_t points, *point;
  double *deviation, *mean; /* [runs][points], [points] */
} Matrix;

static PetscErrorCode MatrixFree(Matrix *m)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(m->run, m->point));
  PetscCall(PetscFree2(m->deviation, m->mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ChooseRuns(int runs, int64_t n, const double *curves, Matrix *m)
{
  for (int r = 0; r < runs; ++r) {
    bool any = false;
    for (int64_t k = 0; k < n && !any; ++k) any = isfinite(curves[r * n + k]);
    if (any) m->run[m->runs++] = r;
  }
}

static void ChoosePoints(int64_t n, const double *curves, const double *sample, const double *scale, Matrix *m)
{
  for (int64_t k = 0; k < n; ++k) {
    bool all = isfinite(sample[k]) && isfinite(scale[k]) && scale[k] > 0.0;
    for (int r = 0; r < m->runs && all; ++r) all = isfinite(curves[m->run[r] * n + k]);
    if (all) m->point[m->points++] = k;
  }
}

static PetscErrorCode MatrixCreate(int runs, int64_t n, const double *curves, const double *sample, const double *scale,
                                   Matrix *m)
{
  PetscFunctionBegin;
  *m = (Matrix){0};
  PetscCall(PetscMalloc2((size_t)runs, &m->run, (size_t)n, &m->point));
  ChooseRuns(runs, n, curves, m);
  ChoosePoints(n, curves, sample, scale, m);
  PetscCall(PetscMalloc2((size_t)(m->runs * m->points), &m->deviation, (size_t)m->points, &m->mean));
  for (int64_t k = 0; k < m->points; ++k) {
    const int64_t at = m->point[k];
    double sum = 0.0;
    for (int r = 0; r < m->runs; ++r) sum += curves[m->run[r] * n + at];
    m->mean[k] = sum / m->runs;
    for (int r = 0; r < m->runs; ++r)
      m->deviation[r * m->points + k] = (curves[m->run[r] * n + at] - m->mean[k]) / scale[at];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Eigenvalues, rising, and eigenvectors, [runs][runs], of the products of the runs with each other. */
static PetscErrorCode Decompose(const Matrix *m, double *values, double *vectors)
{
  const PetscBLASInt n = m->runs, room = 3 * n;
  PetscBLASInt info;
  double *work;
  PetscFunctionBegin;
  for (int r = 0; r < n; ++r) {
    for (int s = r; s < n; ++s) {
      double sum = 0.0;
      for (int64_t k = 0; k < m->points; ++k) sum += m->deviation[r * m->points + k] * m->deviation[s * m->points + k];
      vectors[r * n + s] = vectors[s * n + r] = sum;
    }
  }
  PetscCall(PetscMalloc1((size_t)room, &work));
  LAPACKsyev_("V", "U", &n, vectors, &n, values, work, &room, &info);
  PetscCall(PetscFree(work));
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "principal components do not converge");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The component of one eigenvector: direction = its combination of the runs. */
static PetscErrorCode AddComponent(const Matrix *m, int runs, double value, const double *vector, const double *sample,
                                   const double *errors, const double *scale, VmComponents *c)
{
  const int index = c->count++;
  double *direction, largest = 0.0, measured = 0.0, variance = 0.0;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)m->points, &direction));
  PetscCall(PetscMalloc1((size_t)runs, &c->score[index]));
  for (int r = 0; r < runs; ++r) c->score[index][r] = NAN;
  for (int64_t k = 0; k < m->points; ++k) {
    for (int r = 0; r < m->runs; ++r) direction[k] += vector[r] * m->deviation[r * m->points + k] / sqrt(value);
    if (fabs(direction[k]) > fabs(largest)) largest = direction[k];
  }
  const double sign = largest < 0.0 ? -1.0 : 1.0;
  for (int r = 0; r < m->runs; ++r) c->score[index][m->run[r]] = sign * vector[r] * sqrt(value);
  for (int64_t k = 0; k < m->points; ++k) {
    const int64_t at = m->point[k];
    measured += sign * direction[k] * (sample[at] - m->mean[k]) / scale[at];
    if (errors && isfinite(errors[at])) variance += pow(direction[k] * errors[at] / scale[at], 2);
  }
  c->measured[index] = measured;
  c->error[index] = sqrt(variance);
  PetscCall(PetscFree(direction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmComponentsCreate(int runs, int64_t n, const double *curves, const double *sample, const double *errors,
                                  const double *scale, VmComponents *c)
{
  Matrix m;
  double *values, *vectors, sum = 0.0;
  PetscFunctionBegin;
  *c = (VmComponents){0};
  PetscCall(MatrixCreate(runs, n, curves, sample, scale, &m));
  PetscCall(PetscMalloc2((size_t)m.runs, &values, (size_t)(m.runs * m.runs), &vectors));
  if (m.runs >= 3 && m.points >= 1) {
    PetscCall(Decompose(&m, values, vectors));
    for (int r = 0; r < m.runs; ++r) sum += fmax(values[r], 0.0);
    for (int r = m.runs - 1; r >= 0 && c->count < VM_MOST_COMPONENTS && values[r] > least_part * sum; --r) {
      c->part[c->count] = values[r] / sum;
      PetscCall(AddComponent(&m, runs, values[r], vectors + (size_t)r * (size_t)m.runs, sample, errors, scale, c));
    }
  }
  PetscCall(PetscFree2(values, vectors));
  PetscCall(MatrixFree(&m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmComponentsFree(VmComponents *c)
{
  PetscFunctionBegin;
  for (int i = 0; i < c->count; ++i) PetscCall(PetscFree(c->score[i]));
  c->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
