#include "infer_read.h"

#include <vitromech/log.h>
#include <vitromech/params.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether a dataset holds one number per point. */
static PetscErrorCode IsColumn(VmH5 table, const char *path, bool *is)
{
  int rank;
  int64_t dims[8];
  PetscFunctionBegin;
  PetscCall(VmH5Shape(table, path, &rank, dims));
  *is = rank == 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadColumn(VmH5 table, const char *path, int points, double **values)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)points, values));
  PetscCall(VmH5Read(table, path, VM_F64, *values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool Range(int n, const double *values, double *low, double *high, int *finite)
{
  *low = HUGE_VAL, *high = -HUGE_VAL, *finite = 0;
  for (int i = 0; i < n; ++i) {
    if (!isfinite(values[i])) continue;
    *low = fmin(*low, values[i]);
    *high = fmax(*high, values[i]);
    ++*finite;
  }
  return *high > *low;
}

static PetscErrorCode ReadParameters(MPI_Comm comm, VmH5 table, VmInferData *data)
{
  VmH5Names names;
  PetscFunctionBegin;
  PetscCall(VmH5Datasets(table, "/parameters", &names));
  for (int i = 0; i < names.count; ++i) {
    char path[VM_INFER_NAME + 16], *unit;
    double low, high, *values;
    int finite;
    if (strcmp(names.name[i], "seed") == 0) continue;
    snprintf(path, sizeof path, "/parameters/%s", names.name[i]);
    PetscCall(ReadColumn(table, path, data->points, &values));
    if (!Range(data->points, values, &low, &high, &finite)) {
      PetscCall(PetscFree(values));
      continue;
    }
    if (data->parameters == VM_MOST_PARAMETERS)
      VmThrow(comm, VM_ERR_INPUT, "the sweep varies more than %d parameters; infer from a sweep of fewer",
              VM_MOST_PARAMETERS);
    VmInferParameter *p = &data->parameter[data->parameters++];
    PetscCall(VmH5AttrReadText(table, path, "unit", &unit));
    snprintf(p->name, sizeof p->name, "%s", names.name[i]);
    snprintf(p->unit, sizeof p->unit, "%s", unit ? unit : "");
    PetscCall(PetscFree(unit));
    p->low = low, p->high = high, p->values = values;
    for (int k = 0; k < data->points; ++k) values[k] = (values[k] - low) / (high - low);
  }
  PetscCall(VmH5NamesFree(&names));
  if (data->parameters == 0) VmThrow(comm, VM_ERR_INPUT, "the table of the sweep has no parameter that varies");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A number in a file of the sample, NAN if it is not there or no number. */
static PetscErrorCode ReadScalar(int n, const VmH5 *files, const char *path, double *value)
{
  int rank;
  int64_t dims[8];
  PetscFunctionBegin;
  *value = NAN;
  for (int f = 0; f < n && isnan(*value); ++f) {
    bool exists;
    PetscCall(VmH5Exists(files[f], path, &exists));
    if (!exists) continue;
    PetscCall(VmH5Shape(files[f], path, &rank, dims));
    if (rank == 0 || (rank == 1 && dims[0] == 1)) PetscCall(VmH5Read(files[f], path, VM_F64, value));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A column of the sweep's plan, made from the sample's own files as it was made from the runs. */
static PetscErrorCode ReadReduced(int n, const VmH5 *files, VmH5 table, const char *column, double *value)
{
  char *dataset, *reduce;
  double component;
  int found, how = 0;
  PetscFunctionBegin;
  *value = NAN;
  PetscCall(VmH5AttrReadText(table, column, "dataset", &dataset));
  PetscCall(VmH5AttrReadText(table, column, "reduce", &reduce));
  PetscCall(VmH5AttrReadReal(table, column, "component", 1, &found, &component));
  while (reduce && vm_reductions[how] && strcmp(vm_reductions[how], reduce) != 0) ++how;
  for (int f = 0; f < n && isnan(*value) && dataset && reduce && vm_reductions[how] && found == 1; ++f) {
    bool exists, fits;
    PetscCall(VmH5Exists(files[f], dataset, &exists));
    if (exists) PetscCall(VmH5Reduce(files[f], dataset, (int64_t)component, (VmReduction)how, value, &fits));
  }
  PetscCall(PetscFree(dataset));
  PetscCall(PetscFree(reduce));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "name=1.52+-0.03"; *uses counts what was looked up. */
static PetscErrorCode GivenValue(MPI_Comm comm, const char *const *given, const char *name, double *value,
                                 double *error)
{
  PetscFunctionBegin;
  for (; given && *given; ++given) {
    const size_t length = strcspn(*given, "=");
    char *end;
    if (strncmp(*given, name, length) != 0 || name[length]) continue;
    const char *text = *given + length + ((*given)[length] == '=');
    *value = strtod(text, &end);
    *error = 0.0;
    const bool number = end != text;
    if (number && strncmp(end, "+-", 2) == 0) {
      text = end + 2;
      *error = strtod(text, &end);
    }
    if (!number || end == text || *end || !isfinite(*value) || !(*error >= 0.0) || !isfinite(*error))
      VmThrow(comm, VM_ERR_INPUT, "--value %s: write NAME=NUMBER or NAME=NUMBER+-ERROR, e.g. yield_stress=1.52+-0.03",
              *given);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int VmInferLeast(const VmInferData *data) { return data->parameters + 6; }

bool VmInferListed(const char *const *names, const char *name)
{
  if (!names || !*names) return true;
  for (; *names; ++names)
    if (strcmp(*names, name) == 0) return true;
  return false;
}

double VmInferExcess(double error, double usual)
{
  if (!isfinite(error)) return 0.0;
  return isfinite(usual) ? sqrt(fmax(error * error - usual * usual, 0.0)) : error;
}

/* Standard error of a number of the sample beyond that of the runs, where both say theirs. */
static PetscErrorCode ReadError(int n, const VmH5 *files, VmH5 table, int points, const char *path, double *error)
{
  char name[VM_INFER_NAME + 32];
  double own, sum = 0.0, *values, count = 0.0;
  bool exists;
  PetscFunctionBegin;
  *error = 0.0;
  snprintf(name, sizeof name, "%s_error", path);
  PetscCall(ReadScalar(n, files, name, &own));
  PetscCall(VmH5Exists(table, name, &exists));
  if (!exists || !isfinite(own)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(ReadColumn(table, name, points, &values));
  for (int i = 0; i < points; ++i)
    if (isfinite(values[i])) sum += values[i], count += 1.0;
  PetscCall(PetscFree(values));
  if (count > 0.0) *error = VmInferExcess(own, sum / count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool EndsWith(const char *text, const char *end)
{
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static PetscErrorCode ReadStatistics(MPI_Comm comm, int n, const VmH5 *files, VmH5 table, const char *group,
                                     const VmInferOptions *options, VmInferData *data)
{
  const int least = VmInferLeast(data);
  VmH5Names names;
  PetscFunctionBegin;
  PetscCall(VmH5Datasets(table, group, &names));
  PetscCall(PetscRealloc((size_t)(data->statistics + names.count + 1) * sizeof *data->statistic, &data->statistic));
  for (int i = 0; i < names.count; ++i) {
    char path[VM_INFER_NAME + 16];
    double low, high;
    int finite;
    bool column;
    VmInferStatistic s = {.error = 0.0};
    snprintf(s.name, sizeof s.name, "%s", names.name[i]);
    if (EndsWith(s.name, "_error") || !VmInferListed(options->names, s.name)) continue;
    snprintf(path, sizeof path, "%s/%s", group, s.name);
    PetscCall(IsColumn(table, path, &column));
    if (!column) continue;
    if (strcmp(group, "/columns") == 0) PetscCall(ReadReduced(n, files, table, path, &s.measured));
    else {
      PetscCall(ReadScalar(n, files, path, &s.measured));
      PetscCall(ReadError(n, files, table, data->points, path, &s.error));
    }
    PetscCall(GivenValue(comm, options->values, s.name, &s.measured, &s.error));
    if (!isfinite(s.measured)) continue;
    PetscCall(ReadColumn(table, path, data->points, &s.values));
    if (Range(data->points, s.values, &low, &high, &finite) && finite >= least) data->statistic[data->statistics++] = s;
    else PetscCall(PetscFree(s.values));
  }
  PetscCall(VmH5NamesFree(&names));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "fem/omega" stands for its components "fem/omega[1]" ... */
static void PlainName(const char *statistic, char name[VM_INFER_NAME])
{
  snprintf(name, VM_INFER_NAME, "%.*s", (int)strcspn(statistic, "["), statistic);
}

/* What --value, --curve and --using name must be there. */
static PetscErrorCode CheckWord(MPI_Comm comm, const char *word, const VmInferData *data, const char *const *names)
{
  char name[VM_INFER_NAME];
  bool known = false;
  PetscFunctionBegin;
  snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
  for (int i = 0; i < data->statistics; ++i) known = known || strcmp(names[i], name) == 0;
  if (known) PetscFunctionReturn(PETSC_SUCCESS);
  const char *closest = VmDidYouMean(name, names);
  VmThrow(comm, VM_ERR_INPUT, "%s is no statistic that the sweep varies and the sample has%s%s", name,
          closest ? "; did you mean " : "", closest ? closest : "");
}

static PetscErrorCode CheckGiven(MPI_Comm comm, const VmInferOptions *options, const VmInferData *data)
{
  const char *const *const lists[] = {options->values, options->curves, options->names};
  const char **names;
  char(*plain)[VM_INFER_NAME];
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)data->statistics + 1, &names, (size_t)data->statistics + 1, &plain));
  for (int i = 0; i < data->statistics; ++i) PlainName(data->statistic[i].name, plain[i]), names[i] = plain[i];
  names[data->statistics] = NULL;
  for (int list = 0; list < 3; ++list)
    for (const char *const *given = lists[list]; given && *given && !code; ++given)
      code = CheckWord(comm, *given, data, names);
  PetscCall(PetscFree2(names, plain));
  PetscFunctionReturn(code);
}

PetscErrorCode VmInferRead(MPI_Comm comm, int n, const VmH5 *files, VmH5 table, const VmInferOptions *options,
                           VmInferData *data)
{
  int rank;
  int64_t dims[8];
  bool exists;
  PetscFunctionBegin;
  *data = (VmInferData){0};
  PetscCall(VmH5Exists(table, "/points/complete", &exists));
  if (!exists) VmThrow(comm, VM_ERR_INPUT, "this is no table of a sweep; name the table.h5 of vitromech sweep");
  PetscCall(VmH5Shape(table, "/points/complete", &rank, dims));
  data->points = (int)dims[0];
  PetscCall(ReadParameters(comm, table, data));
  PetscCall(ReadStatistics(comm, n, files, table, "/columns", options, data));
  PetscCall(ReadStatistics(comm, n, files, table, "/statistics", options, data));
  PetscCall(VmInferCurves(comm, n, files, table, options, data));
  PetscCall(CheckGiven(comm, options, data));
  if (data->statistics == 0)
    VmThrow(comm, VM_ERR_INPUT,
            "the sample and the sweep share no number and no curve that varies in at least %d runs; analyse both with "
            "the same "
            "statistics, or give measured numbers with --value",
            VmInferLeast(data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmInferDataFree(VmInferData *data)
{
  PetscFunctionBegin;
  for (int i = 0; i < data->parameters; ++i) PetscCall(PetscFree(data->parameter[i].values));
  for (int i = 0; i < data->statistics; ++i) PetscCall(PetscFree(data->statistic[i].values));
  PetscCall(PetscFree(data->statistic));
  PetscFunctionReturn(PETSC_SUCCESS);
}
