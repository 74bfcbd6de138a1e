#include "pair.h"

#include "curve.h"

#include <vitromech/schema.h>
#include <math.h>
#include <string.h>

static PetscErrorCode ReadAll(VmH5 file, const char *name, int *rank, int64_t dims[8], int64_t *count, double **values)
{
  char path[VM_H5_NAME + 32];
  PetscFunctionBegin;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmH5Shape(file, path, rank, dims));
  *count = 1;
  for (int d = 0; d < *rank; ++d) *count *= dims[d];
  PetscCall(PetscMalloc1((size_t)*count, values));
  if (*count > 0) PetscCall(VmH5Read(file, path, VM_F64, *values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All values of another dataset, NULL if the file has none of this size. */
static PetscErrorCode ReadBeside(VmH5 file, const char *name, int64_t count, double **values)
{
  char path[VM_H5_NAME + 64];
  int rank;
  int64_t dims[8], n;
  bool exists;
  PetscFunctionBegin;
  *values = NULL;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmH5Exists(file, path, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(ReadAll(file, name, &rank, dims, &n, values));
  if (n != count) PetscCall(PetscFree(*values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadAxes(VmH5 file, const char *name, char axes[64])
{
  char path[VM_H5_NAME + 32], *text;
  PetscFunctionBegin;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmH5AttrReadText(file, path, "axes", &text));
  snprintf(axes, 64, "%s", text ? text : "");
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool IsDistribution(const char *axes)
{
  return strcmp(axes, "scan0,scan1") == 0 || strcmp(axes, "cluster") == 0;
}

/* "fem/k" is the axis "k". */
static bool IsAxis(const char *name, const char *axes)
{
  const char *slash = strrchr(name, '/');
  return *axes && strcmp(slash ? slash + 1 : name, axes) == 0;
}

/* The points of a curve: the dataset beside it that has the name of its axis. */
static PetscErrorCode ReadPoints(VmH5 file, const char *name, const char *axis, int64_t count, double **x)
{
  const char *slash = strrchr(name, '/');
  char beside[VM_H5_NAME + 64];
  PetscFunctionBegin;
  snprintf(beside, sizeof beside, "%.*s%s", slash ? (int)(slash - name) + 1 : 0, name, axis);
  PetscCall(ReadBeside(file, beside, count, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool SamePoints(const VmPair *p)
{
  if (p->count[0] != p->count[1]) return false;
  if (!p->x[0] || !p->x[1]) return true;
  for (int64_t i = 0; i < p->count[0]; ++i)
    if (!(fabs(p->x[0][i] - p->x[1][i]) <= 1e-9 * fabs(p->x[0][i] + p->x[1][i]))) return false;
  return true;
}

static bool Rises(int64_t n, const double *x)
{
  for (int64_t i = 1; i < n; ++i)
    if (!(x[i] > x[i - 1])) return false;
  return n > 1;
}

/* Puts the second curve on the points of the first. */
static PetscErrorCode Interpolate(VmPair *p)
{
  const int64_t n = p->count[0];
  double *value, *error, *x;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &value));
  PetscCall(PetscMalloc1((size_t)n, &error));
  PetscCall(PetscMalloc1((size_t)n, &x));
  const VmCurve from = {
      .n = (int)p->count[1], .k = p->x[1], .value = p->values[1], .error = p->errors[1] ? p->errors[1] : p->values[1]};
  for (int64_t i = 0; i < n; ++i) {
    x[i] = p->x[0][i];
    if (!VmCurveAt(&from, x[i], &value[i], &error[i])) value[i] = error[i] = NAN;
  }
  PetscCall(PetscFree(p->values[1]));
  PetscCall(PetscFree(p->x[1]));
  p->values[1] = value, p->x[1] = x;
  p->count[1] = p->dims[1][0] = n;
  if (!p->errors[1]) PetscCall(PetscFree(error));
  PetscCall(PetscFree(p->errors[1]));
  p->errors[1] = error;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static VmPairKind KindOf(const VmPair *p, char axes[2][64])
{
  if (p->count[0] == 0 || p->count[1] == 0 || p->rank[0] != p->rank[1]) return VM_PAIR_APART;
  if (strcmp(axes[0], axes[1]) == 0 && IsDistribution(axes[0])) return VM_PAIR_DISTRIBUTION;
  if (IsAxis(p->name, axes[0]) && p->rank[0] == 1) return VM_PAIR_AXIS;
  for (int d = 0; p->rank[0] > 1 && d < p->rank[0]; ++d)
    if (p->dims[0][d] != p->dims[1][d]) return VM_PAIR_APART;
  return p->count[0] == 1 && p->count[1] == 1 ? VM_PAIR_NUMBER : VM_PAIR_CURVE;
}

PetscErrorCode VmPairRead(const VmH5 file[2], const char *name, VmPair *p)
{
  char axes[2][64], error[VM_H5_NAME + 8];
  PetscFunctionBegin;
  *p = (VmPair){.name = name};
  snprintf(error, sizeof error, "%s_error", name);
  for (int s = 0; s < 2; ++s) {
    PetscCall(ReadAll(file[s], name, &p->rank[s], p->dims[s], &p->count[s], &p->values[s]));
    PetscCall(ReadBeside(file[s], error, p->count[s], &p->errors[s]));
    PetscCall(ReadAxes(file[s], name, axes[s]));
  }
  p->kind = KindOf(p, axes);
  if (p->kind != VM_PAIR_CURVE || p->rank[0] != 1) PetscFunctionReturn(PETSC_SUCCESS);
  for (int s = 0; s < 2; ++s) PetscCall(ReadPoints(file[s], name, axes[s], p->count[s], &p->x[s]));
  if (SamePoints(p)) PetscFunctionReturn(PETSC_SUCCESS);
  if (p->x[0] && p->x[1] && Rises(p->count[0], p->x[0]) && Rises(p->count[1], p->x[1])) PetscCall(Interpolate(p));
  else p->kind = VM_PAIR_APART;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPairFree(VmPair *p)
{
  PetscFunctionBegin;
  for (int s = 0; s < 2; ++s) {
    PetscCall(PetscFree(p->values[s]));
    PetscCall(PetscFree(p->errors[s]));
    PetscCall(PetscFree(p->x[s]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
