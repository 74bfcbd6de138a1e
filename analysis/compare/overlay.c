#include "overlay.h"

#include <vitromech/schema.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CURVES "/overlay/curves"
#define DISTRIBUTIONS "/overlay/distributions"

enum { LEVELS = 501 }; /* of a distribution function */

static double Square(const double *error, int64_t i) { return error && isfinite(error[i]) ? error[i] * error[i] : 0.0; }

void VmResidual(int64_t n, const double *a, const double *ea, const double *b, const double *eb, double *residual)
{
  for (int64_t i = 0; i < n; ++i) {
    const double both = sqrt(Square(ea, i) + Square(eb, i));
    residual[i] = both > 0.0 ? (a[i] - b[i]) / both : NAN;
  }
}

static PetscErrorCode UnitOf(VmH5 file, const char *name, char unit[64])
{
  char path[VM_H5_NAME + 32], *text;
  PetscFunctionBegin;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmH5AttrReadText(file, path, "unit", &text));
  snprintf(unit, 64, "%s", text ? text : "1");
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteColumn(VmH5 out, const char *group, const char *column, const char *unit,
                                  const char *long_name, const char *axis, int64_t n, const double *values)
{
  char path[VM_H5_NAME + 64];
  PetscFunctionBegin;
  if (!values) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(path, sizeof path, "%s/%s", group, column);
  PetscCall(VmH5Write(out, path, VM_F64, 1, &n, values, (VmMeta){unit, long_name, axis}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Name and unit of the axis of a curve. */
static PetscErrorCode AxisOf(VmH5 file, const char *name, char axis[64], char unit[64])
{
  const char *slash = strrchr(name, '/');
  char path[VM_H5_NAME + 32], beside[VM_H5_NAME + 64], *text;
  bool exists;
  PetscFunctionBegin;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmH5AttrReadText(file, path, "axes", &text));
  snprintf(axis, 64, "%s", text ? text : "point");
  PetscCall(PetscFree(text));
  snprintf(beside, sizeof beside, "%.*s%s", slash ? (int)(slash - name) + 1 : 0, name, axis);
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%.150s", beside);
  PetscCall(VmH5Exists(file, path, &exists));
  snprintf(unit, 64, "1");
  if (exists) PetscCall(UnitOf(file, beside, unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteCurve(VmH5 out, const VmPair *p, const char *group, const char *axis, const char *axis_unit,
                                 const char *unit)
{
  const int64_t n = p->count[0];
  double *residual, *number = NULL;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &residual));
  if (!p->x[0]) PetscCall(PetscMalloc1((size_t)n, &number));
  for (int64_t i = 0; number && i < n; ++i) number[i] = (double)i;
  VmResidual(n, p->values[0], p->errors[0], p->values[1], p->errors[1], residual);
  PetscCall(WriteColumn(out, group, "x", axis_unit, axis, "point", n, number ? number : p->x[0]));
  PetscCall(WriteColumn(out, group, "a", unit, "first file", "point", n, p->values[0]));
  PetscCall(WriteColumn(out, group, "b", unit, "second file", "point", n, p->values[1]));
  PetscCall(WriteColumn(out, group, "a_error", unit, "standard error", "point", n, p->errors[0]));
  PetscCall(WriteColumn(out, group, "b_error", unit, "standard error", "point", n, p->errors[1]));
  PetscCall(WriteColumn(out, group, "residual", "1", "(a - b) over the combined standard error", "point", n, residual));
  PetscCall(PetscFree(residual));
  PetscCall(PetscFree(number));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmOverlayCurve(VmH5 out, VmH5 file, const VmPair *p, const VmDistance *chi)
{
  char group[VM_H5_NAME + 32], axis[64], axis_unit[64], unit[64];
  PetscFunctionBegin;
  if (p->rank[0] != 1) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(group, sizeof group, CURVES "/%s", p->name);
  PetscCall(AxisOf(file, p->name, axis, axis_unit));
  PetscCall(UnitOf(file, p->name, unit));
  PetscCall(WriteCurve(out, p, group, axis, axis_unit, unit));
  PetscCall(VmH5AttrText(out, group, "x_name", axis));
  PetscCall(VmH5AttrReal(out, group, "chi_square", 1, &chi->value));
  PetscCall(VmH5AttrReal(out, group, "probability", 1, &chi->probability));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *a, const void *b)
{
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* The finite values in order. */
static PetscErrorCode Sorted(int64_t n, const double *values, int64_t *count, double **sorted)
{
  PetscFunctionBegin;
  *count = 0;
  PetscCall(PetscMalloc1((size_t)n, sorted));
  for (int64_t i = 0; i < n; ++i)
    if (isfinite(values[i])) (*sorted)[(*count)++] = values[i];
  qsort(*sorted, (size_t)*count, sizeof **sorted, Ascending);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where two distribution functions are furthest apart, and both of them there. */
static void FurthestApart(const int64_t n[2], double *const sorted[2], double *place, double at[2])
{
  int64_t i[2] = {0, 0};
  double largest = -1.0;
  while (i[0] < n[0] && i[1] < n[1]) {
    const double value = fmin(sorted[0][i[0]], sorted[1][i[1]]);
    for (int s = 0; s < 2; ++s)
      while (i[s] < n[s] && sorted[s][i[s]] <= value) ++i[s];
    const double f[2] = {(double)i[0] / (double)n[0], (double)i[1] / (double)n[1]};
    if (fabs(f[0] - f[1]) <= largest + 1e-12) continue; /* the first of equal ones */
    largest = fabs(f[0] - f[1]);
    *place = value, at[0] = f[0], at[1] = f[1];
  }
}

static PetscErrorCode WriteDistance(VmH5 out, const char *group, const char *name, const VmDistance *d)
{
  PetscFunctionBegin;
  PetscCall(VmH5AttrReal(out, group, name, 4, (double[]){d->value, d->low, d->high, d->probability}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteQuantiles(VmH5 out, const char *group, const char *unit, const int64_t n[2],
                                     double *const sorted[2])
{
  double level[LEVELS], quantile[LEVELS];
  PetscFunctionBegin;
  for (int64_t l = 0; l < LEVELS; ++l) level[l] = (double)l / (LEVELS - 1.0);
  PetscCall(WriteColumn(out, group, "probability", "1", "part of the values up to a, up to b", "level", LEVELS, level));
  for (int s = 0; s < 2; ++s) {
    for (int64_t l = 0; l < LEVELS; ++l)
      quantile[l] = sorted[s][PetscMax((int64_t)ceil(level[l] * (double)n[s] - 1e-9) - 1, 0)];
    PetscCall(
        WriteColumn(out, group, s ? "b" : "a", unit, s ? "second file" : "first file", "level", LEVELS, quantile));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmOverlayDistribution(VmH5 out, VmH5 file, const VmPair *p, const VmMapDistance *distance)
{
  char group[VM_H5_NAME + 32], unit[64];
  double *sorted[2], place = NAN, at[2] = {NAN, NAN};
  int64_t n[2];
  PetscFunctionBegin;
  snprintf(group, sizeof group, DISTRIBUTIONS "/%s", p->name);
  PetscCall(UnitOf(file, p->name, unit));
  for (int s = 0; s < 2; ++s) PetscCall(Sorted(p->count[s], p->values[s], &n[s], &sorted[s]));
  if (n[0] > 0 && n[1] > 0) {
    FurthestApart(n, sorted, &place, at);
    PetscCall(WriteQuantiles(out, group, unit, n, sorted));
    PetscCall(VmH5AttrReal(out, group, "place", 1, &place));
    PetscCall(VmH5AttrReal(out, group, "at_place", 2, at));
    PetscCall(WriteDistance(out, group, "kolmogorov_smirnov", &distance->kolmogorov_smirnov));
    PetscCall(WriteDistance(out, group, "wasserstein", &distance->wasserstein));
  }
  for (int s = 0; s < 2; ++s) PetscCall(PetscFree(sorted[s]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
