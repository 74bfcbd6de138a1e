/* Results of statistics in memory, and on disk. */
#include <vitromech/stat_result.h>
#include <vitromech/log.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

PetscErrorCode VmStatResultCreate(VmStatResult *result)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStatResultDestroy(VmStatResult *result)
{
  PetscFunctionBegin;
  if (!*result) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < (*result)->count; ++i) PetscCall(PetscFree((*result)->datasets[i].data));
  PetscCall(PetscFree((*result)->datasets));
  PetscCall(PetscFree(*result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmStatDatasetSize(const VmStatDataset *dataset)
{
  int64_t n = 1;
  for (int d = 0; d < dataset->rank; ++d) n *= dataset->dims[d];
  return n;
}

PetscErrorCode VmStatResultAdd(VmStatResult result, const char *name, VmType type, int rank, const int64_t *dims,
                               const void *data, VmMeta meta, const char *definition)
{
  PetscFunctionBegin;
  PetscCheck(rank >= 0 && rank <= 4, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "%s: rank %d", name, rank);
  if (result->count == result->capacity) {
    result->capacity = 2 * result->capacity + 8;
    PetscCall(PetscRealloc((size_t)result->capacity * sizeof *result->datasets, &result->datasets));
  }
  VmStatDataset *dataset = &result->datasets[result->count];
  PetscCall(PetscMemzero(dataset, sizeof *dataset));
  snprintf(dataset->name, sizeof dataset->name, "%s", name);
  snprintf(dataset->unit, sizeof dataset->unit, "%s", meta.unit ? meta.unit : "");
  snprintf(dataset->long_name, sizeof dataset->long_name, "%s", meta.long_name ? meta.long_name : "");
  snprintf(dataset->axes, sizeof dataset->axes, "%s", meta.axes ? meta.axes : "");
  snprintf(dataset->definition, sizeof dataset->definition, "%s", definition ? definition : "");
  dataset->type = type;
  dataset->rank = rank;
  for (int d = 0; d < rank; ++d) dataset->dims[d] = dims[d];
  const size_t bytes = (size_t)VmStatDatasetSize(dataset) * VmTypeSize(type);
  PetscCall(PetscMalloc(bytes, &dataset->data));
  PetscCall(PetscMemcpy(dataset->data, data, bytes));
  ++result->count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStatResultScalar(VmStatResult result, const char *name, double value, const char *unit,
                                  const char *long_name, const char *definition)
{
  PetscFunctionBegin;
  PetscCall(VmStatResultAdd(result, name, VM_F64, 0, NULL, &value, (VmMeta){unit, long_name, NULL}, definition));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStatResultEstimate(VmStatResult result, const char *name, double value, double error, const char *unit,
                                    const char *long_name, const char *definition)
{
  char error_name[80], error_long_name[192];
  PetscFunctionBegin;
  PetscCall(VmStatResultScalar(result, name, value, unit, long_name, definition));
  snprintf(error_name, sizeof error_name, "%s_error", name);
  snprintf(error_long_name, sizeof error_long_name, "standard error of %s", name);
  PetscCall(VmStatResultScalar(result, error_name, error, unit, error_long_name, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatDataset *VmStatResultFind(VmStatResult result, const char *name)
{
  for (int i = 0; i < result->count; ++i)
    if (strcmp(result->datasets[i].name, name) == 0) return &result->datasets[i];
  return NULL;
}

PetscErrorCode VmStatResultWrite(MPI_Comm comm, VmStatResult result, VmH5 file, const char *group)
{
  int rank, count;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  count = rank == 0 ? result->count : 0;
  PetscCallMPI(MPI_Bcast(&count, 1, MPI_INT, 0, comm));
  PetscCall(VmH5Group(file, group));
  for (int i = 0; i < count; ++i) {
    VmStatDataset d;
    char path[512];
    if (rank == 0) d = result->datasets[i];
    PetscCallMPI(MPI_Bcast(&d, (PetscMPIInt)sizeof d, MPI_BYTE, 0, comm));
    snprintf(path, sizeof path, "%s/%s", group, d.name);
    const VmMeta meta = {d.unit[0] ? d.unit : NULL, d.long_name[0] ? d.long_name : NULL, d.axes[0] ? d.axes : NULL};
    PetscCall(VmH5Write(file, path, d.type, d.rank, d.dims, rank == 0 ? d.data : NULL, meta));
    if (d.definition[0]) PetscCall(VmH5AttrText(file, path, "definition", d.definition));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool EndsWith(const char *text, const char *end)
{
  const size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

PetscErrorCode VmStatResultPrint(MPI_Comm comm, VmStatResult result, const char *title)
{
  PetscFunctionBegin;
  for (int i = 0; i < result->count; ++i) {
    const VmStatDataset *d = &result->datasets[i];
    char error_name[80], label[160], error_text[40] = "";
    if (d->rank != 0 || (d->type != VM_F64 && d->type != VM_I64) || EndsWith(d->name, "_error")) continue;
    const double value = d->type == VM_I64 ? (double)*(const int64_t *)d->data : *(const double *)d->data;
    snprintf(error_name, sizeof error_name, "%s_error", d->name);
    snprintf(label, sizeof label, "%s/%s", title, d->name);
    const VmStatDataset *error = VmStatResultFind(result, error_name);
    if (error && isfinite(*(const double *)error->data))
      snprintf(error_text, sizeof error_text, " +- %.2g", *(const double *)error->data);
    PetscCall(VmLog(comm, "  %-44s %.6g%s %s", label, value, error_text, strcmp(d->unit, "1") == 0 ? "" : d->unit));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
