/* An analysis list applied to the fields of a mesoscale result. */
#include "../stat/entries.h"
#include <vitromech/schema.h>
#include <vitromech/tensor.h>
#include <math.h>
#include <string.h>

enum { PATH_SIZE = VM_H5_NAME + 320 }; /* of a field: its step and its name */

/* One number of each voxel from ncomp: von Mises equivalent of six, magnitude of others; in place. */
static void Scalars(const char *name, int64_t total, int64_t ncomp, double *values)
{
  if (ncomp == 1) return;
  for (int64_t i = 0; i < total; ++i) {
    const double *v = values + i * ncomp;
    double scalar = 0.0;
    if (ncomp == 6) scalar = strcmp(name, VM_FIELD_STRESS) == 0 ? VmEquivalentStress(v) : VmEquivalentStrain(v);
    else {
      for (int64_t c = 0; c < ncomp; ++c) scalar += v[c] * v[c];
      scalar = sqrt(scalar);
    }
    values[i] = scalar;
  }
}

/* A field of the last step, its values on rank 0 only (by PetscMalloc). */
static PetscErrorCode ReadField(MPI_Comm comm, VmH5 result, const char *path, const char *name, VmMap *map,
                                double **values)
{
  int axes, count, rank;
  int64_t dims[8] = {0};
  double spacing;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmH5Shape(result, path, &axes, dims));
  if (axes != 3 && axes != 4)
    VmThrow(comm, VM_ERR_INPUT, "%s has %d axes: a field has three, and one for components", path, axes);
  PetscCall(VmH5AttrReadReal(result, VM_PATH_GRID, "spacing", 1, &count, &spacing));
  if (count == 0)
    VmThrow(comm, VM_ERR_INPUT, "the result does not say the spacing of its grid (attribute spacing of %s)",
            VM_PATH_GRID);
  *map = (VmMap){.dim = 3,
                 .n = {dims[0], dims[1], dims[2]},
                 .spacing = {spacing, spacing, spacing},
                 .periodic = true,
                 .length_unit = "nm"};
  const int64_t ncomp = axes == 4 ? dims[3] : 1, total = VmMapSize(map);
  PetscCall(PetscMalloc1(rank == 0 ? (size_t)(total * ncomp) : 0, values));
  PetscCall(VmH5ReadRows(result, path, VM_F64, 0, rank == 0 ? dims[0] : 0, *values));
  if (rank == 0) Scalars(name, total, ncomp, *values);
  map->values = *values;
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  VmMap map;
  double *values;
  char *unit;
} Field;

static PetscErrorCode FieldRead(MPI_Comm comm, VmH5 result, const char *step, const char *name, Field *field)
{
  char path[PATH_SIZE];
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/%s", step, name);
  PetscCall(ReadField(comm, result, path, name, &field->map, &field->values));
  PetscCall(VmH5AttrReadText(result, path, "unit", &field->unit));
  field->map.unit = field->unit ? field->unit : "1";
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FieldFree(Field *field)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(field->unit));
  PetscCall(PetscFree(field->values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AnalyzeField(MPI_Comm comm, VmH5 result, const char *step, const VmPlugin *entry,
                                   const char *group, VmH5 out)
{
  Field field = {0}, other = {0};
  PetscFunctionBegin;
  PetscCall(FieldRead(comm, result, step, VmEntryOf(entry), &field));
  if (VmEntryWith(entry)) {
    PetscCall(FieldRead(comm, result, step, VmEntryWith(entry), &other));
    field.map.other = &other.map;
  }
  PetscCall(VmEntryApply(comm, entry, group, &field.map, out));
  PetscCall(FieldFree(&field));
  PetscCall(FieldFree(&other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* *missing: a field that an entry names and the result does not have, or NULL. */
static PetscErrorCode Missing(VmH5 result, const char *step, const VmPlugin *entry, const char **missing)
{
  const char *names[2] = {VmEntryOf(entry), VmEntryWith(entry)};
  char path[PATH_SIZE];
  bool exists;
  PetscFunctionBegin;
  *missing = NULL;
  for (int i = 0; i < 2 && !*missing; ++i) {
    if (!names[i]) continue;
    snprintf(path, sizeof path, "%s/%s", step, names[i]);
    PetscCall(VmH5Exists(result, path, &exists));
    if (!exists) *missing = names[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAnalyzeResult(MPI_Comm comm, VmH5 result, const VmList *list, VmH5 out)
{
  const VmPlugin *entries = list->items;
  VmEntryName *names;
  char step[VM_H5_NAME];
  PetscFunctionBegin;
  PetscCall(VmEntryNames(comm, list, &names));
  PetscCall(VmH5LastStep(result, step));
  if (!step[0]) PetscCall(VmWarn(comm, "the result has no fields to analyse"));
  for (int i = 0; i < list->count && step[0]; ++i) {
    const char *of = VmEntryOf(&entries[i]);
    const char *missing;
    if (!VmStatisticReadsMap(entries[i].head) || !of || strchr(of, '/')) continue;
    PetscCall(Missing(result, step, &entries[i], &missing));
    if (!missing) PetscCall(AnalyzeField(comm, result, step, &entries[i], names[i], out));
    else PetscCall(VmWarn(comm, "%s of %s is skipped: the result has no field %s", entries[i].head->name, of, missing));
  }
  PetscCall(PetscFree(names));
  PetscFunctionReturn(PETSC_SUCCESS);
}
