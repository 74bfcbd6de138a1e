/* Curves that the sample and the runs of a sweep share, as a few numbers each. */
#include "components.h"
#include "curve.h"
#include "infer_read.h"

#include <vitromech/schema.h>
#include <math.h>
#include <string.h>

/* An error bar counts for at least this part of the usual one: no point rules all others. */
static const double least_scale = 0.1;

/* Relative scatter that is rounding. */
static const double same_in_all = 1e-10;

/* A curve of the table with the points it was measured at. */
typedef struct {
  const char *name; /* below /statistics */
  int64_t n;
  double *values, *errors; /* [points of the sweep][n]; errors NULL if the runs have none */
  double *x;               /* [n], or NULL */
} Curves;

/* /statistics/<name> of the table as [points][n]; NULL if it is not there or of another shape. */
static PetscErrorCode ReadRows(VmH5 table, const char *name, int points, int64_t *n, double **values)
{
  char path[VM_INFER_NAME + 32];
  int rank;
  int64_t dims[8];
  bool exists;
  PetscFunctionBegin;
  *values = NULL;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmH5Exists(table, path, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(table, path, &rank, dims));
  if (rank != 2 || dims[0] != points || (*n > 0 && dims[1] != *n)) PetscFunctionReturn(PETSC_SUCCESS);
  *n = dims[1];
  PetscCall(PetscMalloc1((size_t)(dims[0] * dims[1]), values));
  PetscCall(VmH5Read(table, path, VM_F64, *values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The points of the first run that has them, if those of all runs are the same; else NULL. */
static PetscErrorCode CommonPoints(int points, int64_t n, double *rows, double **x)
{
  int first = -1;
  bool same = true;
  PetscFunctionBegin;
  *x = NULL;
  for (int r = 0; r < points; ++r) {
    if (!isfinite(rows[r * n])) continue;
    if (first < 0) first = r;
    for (int64_t k = 0; k < n; ++k)
      same = same && fabs(rows[r * n + k] - rows[first * n + k]) <= 1e-9 * fabs(rows[first * n + k]);
  }
  if (first < 0 || !same) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)n, x));
  PetscCall(PetscArraycpy(*x, rows + first * n, (size_t)n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Name of the axis, "" for what is no curve: an axis itself, or a list of regions, whose length means nothing. */
static PetscErrorCode AxisOf(VmH5 table, const char *name, char axis[64])
{
  char path[VM_INFER_NAME + 32], *axes;
  const char *slash = strrchr(name, '/'), *comma;
  PetscFunctionBegin;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmH5AttrReadText(table, path, "axes", &axes));
  comma = axes ? strchr(axes, ',') : NULL;
  snprintf(axis, 64, "%s", comma ? comma + 1 : "");
  if (strcmp(axis, slash ? slash + 1 : name) == 0 || strcmp(axis, "cluster") == 0) axis[0] = '\0';
  PetscCall(PetscFree(axes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Beside(const char *name, const char *other, char path[VM_INFER_NAME + 64])
{
  const char *slash = strrchr(name, '/');
  snprintf(path, VM_INFER_NAME + 64, "%.*s%s", slash ? (int)(slash - name) + 1 : 0, name, other);
}

static PetscErrorCode CurvesFree(Curves *c)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(c->values));
  PetscCall(PetscFree(c->errors));
  PetscCall(PetscFree(c->x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* *values stays NULL where the table has no such curve on points common to the runs. */
static PetscErrorCode CurvesRead(VmH5 table, const char *name, int points, Curves *c)
{
  char axis[64], path[VM_INFER_NAME + 64];
  double *rows;
  PetscFunctionBegin;
  *c = (Curves){.name = name};
  PetscCall(AxisOf(table, name, axis));
  if (!axis[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(ReadRows(table, name, points, &c->n, &c->values));
  if (!c->values) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(path, sizeof path, "%s_error", name);
  PetscCall(ReadRows(table, path, points, &c->n, &c->errors));
  Beside(name, axis, path);
  PetscCall(ReadRows(table, path, points, &c->n, &rows));
  if (!rows) PetscFunctionReturn(PETSC_SUCCESS); /* e.g. n-fold power: the symmetry is the index */
  PetscCall(CommonPoints(points, c->n, rows, &c->x));
  PetscCall(PetscFree(rows));
  if (!c->x) PetscCall(CurvesFree(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One axis of numbers in a file of the sample; NULL if it is not there. */
static PetscErrorCode ReadLine(VmH5 file, const char *name, int64_t *n, double **values)
{
  char path[VM_INFER_NAME + 80];
  int rank;
  int64_t dims[8];
  bool exists;
  PetscFunctionBegin;
  *values = NULL;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmH5Exists(file, path, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(file, path, &rank, dims));
  if (rank != 1 || dims[0] < 1 || (*n > 0 && dims[0] != *n)) PetscFunctionReturn(PETSC_SUCCESS);
  *n = dims[0];
  PetscCall(PetscMalloc1((size_t)dims[0], values));
  PetscCall(VmH5Read(file, path, VM_F64, *values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Brings a curve to the points of the runs; NAN outside its range. */
static void OnPoints(const VmCurve *from, const Curves *c, double *value, double *error)
{
  for (int64_t k = 0; k < c->n; ++k)
    if (!VmCurveAt(from, c->x[k], &value[k], &error[k])) value[k] = error[k] = NAN;
}

/* The curve of the sample from one of its files, NAN where there is none. */
static PetscErrorCode ReadSample(VmH5 file, VmH5 table, const Curves *c, double *value, double *error)
{
  char axis[64], path[VM_INFER_NAME + 64];
  double *values, *errors, *x = NULL;
  int64_t n = 0;
  PetscFunctionBegin;
  for (int64_t k = 0; k < c->n; ++k) value[k] = error[k] = NAN;
  PetscCall(ReadLine(file, c->name, &n, &values));
  if (!values) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(path, sizeof path, "%s_error", c->name);
  PetscCall(ReadLine(file, path, &n, &errors));
  PetscCall(AxisOf(table, c->name, axis));
  Beside(c->name, axis, path);
  if (c->x) PetscCall(ReadLine(file, path, &n, &x));
  if (c->x && x && n < INT32_MAX) {
    double *none = errors ? errors : values;
    OnPoints(&(VmCurve){.n = (int)n, .k = x, .value = values, .error = none}, c, value, error);
    for (int64_t k = 0; !errors && k < c->n; ++k) error[k] = NAN;
  } else if (!c->x && n == c->n) {
    PetscCall(PetscArraycpy(value, values, (size_t)n));
    if (errors) PetscCall(PetscArraycpy(error, errors, (size_t)n));
  }
  PetscCall(PetscFree(values));
  PetscCall(PetscFree(errors));
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool AnyFinite(int64_t n, const double *values)
{
  for (int64_t k = 0; k < n; ++k)
    if (isfinite(values[k])) return true;
  return false;
}

/* What deviations are measured by: the usual standard error of the runs, or their scatter where they have none. */
static PetscErrorCode Scale(int points, const Curves *c, double *scale, double *usual)
{
  double sum = 0.0, count = 0.0;
  PetscFunctionBegin;
  for (int64_t k = 0; k < c->n; ++k) {
    double runs = 0.0, mean = 0.0, square = 0.0, error = 0.0;
    for (int r = 0; r < points; ++r) {
      const double y = c->values[r * c->n + k], e = c->errors ? c->errors[r * c->n + k] : 0.0;
      if (isfinite(y) && isfinite(e)) runs += 1.0, mean += y, error += e;
    }
    mean /= runs;
    for (int r = 0; r < points; ++r)
      if (isfinite(c->values[r * c->n + k])) square += pow(c->values[r * c->n + k] - mean, 2);
    const double scatter = sqrt(square / runs);
    usual[k] = c->errors ? error / runs : NAN;
    scale[k] = scatter > same_in_all * fabs(mean) ? (c->errors ? usual[k] : scatter) : NAN;
    if (isfinite(scale[k]) && scale[k] > 0.0) sum += log(scale[k]), count += 1.0;
  }
  const double least = least_scale * exp(sum / fmax(count, 1.0));
  for (int64_t k = 0; k < c->n; ++k)
    if (isfinite(scale[k])) scale[k] = fmax(scale[k], least);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "fem/omega=measured.csv" of --curve. */
static PetscErrorCode GivenCurve(MPI_Comm comm, const VmInferOptions *options, const Curves *c, double *value,
                                 double *error, bool *given)
{
  PetscFunctionBegin;
  *given = false;
  for (const char *const *word = options->curves; word && *word; ++word) {
    const size_t length = strcspn(*word, "=");
    VmCurve curve = {0};
    if (strlen(c->name) != length || strncmp(*word, c->name, length) != 0) continue;
    if (!(*word)[length])
      VmThrow(comm, VM_ERR_INPUT, "--curve %s: write NAME=FILE, e.g. fem/omega=measured.csv", *word);
    if (!c->x) VmThrow(comm, VM_ERR_INPUT, "--curve %s: the runs say nothing of the points of this curve", *word);
    PetscCall(VmCurveRead(comm, *word + length + 1, options->k_factor, options->scale, &curve));
    OnPoints(&curve, c, value, error);
    PetscCall(VmCurveDestroy(&curve));
    *given = true;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddComponents(const Curves *c, const VmComponents *components, VmInferData *data)
{
  PetscFunctionBegin;
  PetscCall(PetscRealloc((size_t)(data->statistics + VM_MOST_COMPONENTS) * sizeof *data->statistic, &data->statistic));
  for (int i = 0; i < components->count; ++i) {
    int finite = 0;
    for (int r = 0; r < data->points; ++r) finite += isfinite(components->score[i][r]);
    if (finite < VmInferLeast(data)) continue;
    VmInferStatistic *s = &data->statistic[data->statistics++];
    *s = (VmInferStatistic){.measured = components->measured[i], .error = components->error[i]};
    snprintf(s->name, sizeof s->name, "%.*s[%d]", VM_INFER_NAME - 16, c->name, i + 1);
    PetscCall(PetscMalloc1((size_t)data->points, &s->values));
    PetscCall(PetscArraycpy(s->values, components->score[i], (size_t)data->points));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddCurve(MPI_Comm comm, int n, const VmH5 *files, VmH5 table, const VmInferOptions *options,
                               const Curves *c, VmInferData *data)
{
  double *value, *error, *scale, *usual;
  bool given;
  VmComponents components = {0};
  PetscFunctionBegin;
  PetscCall(PetscMalloc4((size_t)c->n, &value, (size_t)c->n, &error, (size_t)c->n, &scale, (size_t)c->n, &usual));
  PetscCall(GivenCurve(comm, options, c, value, error, &given));
  for (int f = 0; !given && f < n; ++f) {
    PetscCall(ReadSample(files[f], table, c, value, error));
    if (AnyFinite(c->n, value)) break;
  }
  if ((given || n > 0) && AnyFinite(c->n, value)) {
    PetscCall(Scale(data->points, c, scale, usual));
    /* the scatter of the runs has their own errors in it */
    for (int64_t k = 0; k < c->n; ++k) error[k] = VmInferExcess(error[k], usual[k]);
    PetscCall(VmComponentsCreate(data->points, c->n, c->values, value, error, scale, &components));
    PetscCall(AddComponents(c, &components, data));
    PetscCall(VmComponentsFree(&components));
  }
  PetscCall(PetscFree4(value, error, scale, usual));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmInferCurves(MPI_Comm comm, int n, const VmH5 *files, VmH5 table, const VmInferOptions *options,
                             VmInferData *data)
{
  VmH5Names names;
  PetscFunctionBegin;
  PetscCall(VmH5Datasets(table, VM_PATH_STATISTICS, &names));
  for (int i = 0; i < names.count; ++i) {
    const size_t length = strlen(names.name[i]);
    Curves c;
    if (length > 6 && strcmp(names.name[i] + length - 6, "_error") == 0) continue;
    if (!VmInferListed(options->names, names.name[i])) continue;
    PetscCall(CurvesRead(table, names.name[i], data->points, &c));
    if (c.values) PetscCall(AddCurve(comm, n, files, table, options, &c, data));
    PetscCall(CurvesFree(&c));
  }
  PetscCall(VmH5NamesFree(&names));
  PetscFunctionReturn(PETSC_SUCCESS);
}
