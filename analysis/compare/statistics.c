#include "statistics.h"

#include <vitromech/schema.h>
#include <math.h>
#include <string.h>

typedef struct {
  char name[64], kind[64], of[64];
} Entry;

struct VmStatistics_s {
  VmH5 file;
  int count;
  Entry *entries;
};

static PetscErrorCode ReadText(VmH5 file, const char *object, const char *name, const char *fallback, char value[64])
{
  char *text;
  PetscFunctionBegin;
  PetscCall(VmH5AttrReadText(file, object, name, &text));
  snprintf(value, 64, "%s", text ? text : fallback);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadEntries(VmStatistics s)
{
  H5G_info_t info;
  char path[256];
  PetscFunctionBegin;
  VmCallH5(H5Gget_info_by_name(VmH5Id(s->file), VM_PATH_STATISTICS, &info, H5P_DEFAULT));
  PetscCall(PetscCalloc1((size_t)info.nlinks, &s->entries));
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    Entry *e = &s->entries[s->count++];
    VmCallH5(H5Lget_name_by_idx(VmH5Id(s->file), VM_PATH_STATISTICS, H5_INDEX_NAME, H5_ITER_INC, i, e->name,
                                sizeof e->name, H5P_DEFAULT));
    snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", e->name);
    PetscCall(ReadText(s->file, path, "statistic", e->name, e->kind));
    PetscCall(ReadText(s->file, path, "of", "", e->of));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStatisticsCreate(VmH5 file, VmStatistics *out)
{
  VmStatistics s;
  bool exists;
  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->file = file;
  PetscCall(VmH5Exists(file, VM_PATH_STATISTICS, &exists));
  if (exists) PetscCall(ReadEntries(s));
  *out = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStatisticsDestroy(VmStatistics *s)
{
  PetscFunctionBegin;
  if (!*s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*s)->entries));
  PetscCall(PetscFree(*s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *VmStatisticsFind(VmStatistics s, const char *kind, const char *of)
{
  for (int i = 0; i < s->count; ++i) {
    if (strcmp(s->entries[i].kind, kind) != 0) continue;
    if (!of || strcmp(s->entries[i].of, of) == 0) return s->entries[i].name;
  }
  return NULL;
}

PetscErrorCode VmStatisticsRead(VmStatistics s, const char *group, const char *dataset, int64_t *count, double **values)
{
  char path[256];
  int rank;
  int64_t dims[8];
  bool exists = false;
  PetscFunctionBegin;
  *count = 0;
  *values = NULL;
  if (!group) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s/%s", group, dataset);
  PetscCall(VmH5Exists(s->file, path, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(s->file, path, &rank, dims));
  int64_t n = 1;
  for (int d = 0; d < rank; ++d) n *= dims[d];
  if (n == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)n, values));
  PetscCall(VmH5Read(s->file, path, VM_F64, *values));
  *count = n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStatisticsScalar(VmStatistics s, const char *group, const char *dataset, double *value)
{
  int64_t n;
  double *values;
  PetscFunctionBegin;
  PetscCall(VmStatisticsRead(s, group, dataset, &n, &values));
  *value = n > 0 ? values[0] : NAN;
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

VmH5 VmStatisticsFile(VmStatistics s) { return s->file; }
