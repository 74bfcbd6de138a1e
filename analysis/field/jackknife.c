#include "jackknife.h"
#include <math.h>
#include <stdio.h>

static int BlocksAlong(const VmMap *map, int axis)
{
  const int blocks = map->dim == 2 ? 4 : 2;
  return (int)PetscMin(map->n[axis], (axis < 3 - map->dim) ? 1 : blocks);
}

int VmJackknifeBlocks(const VmMap *map) { return BlocksAlong(map, 0) * BlocksAlong(map, 1) * BlocksAlong(map, 2); }

int VmJackknifeBlock(const VmMap *map, int64_t i)
{
  const int64_t x[3] = {i / (map->n[1] * map->n[2]), i / map->n[2] % map->n[1], i % map->n[2]};
  int block = 0;
  for (int a = 0; a < 3; ++a) block = block * BlocksAlong(map, a) + (int)(x[a] * BlocksAlong(map, a) / map->n[a]);
  return block;
}

int64_t VmMapValid(const VmMap *map)
{
  int64_t valid = 0;
  for (int64_t i = 0; i < VmMapSize(map); ++i) valid += !isnan(map->values[i]);
  return valid;
}

PetscErrorCode VmStatResultCount(VmStatResult result, const char *name, int64_t count, double error,
                                 const char *long_name)
{
  char error_name[80], error_long_name[160];
  PetscFunctionBegin;
  snprintf(error_name, sizeof error_name, "%s_error", name);
  snprintf(error_long_name, sizeof error_long_name, "standard error of %s", name);
  PetscCall(VmStatResultAdd(result, name, VM_I64, 0, NULL, &count, (VmMeta){"1", long_name, NULL},
                            "standard error by jackknife over blocks"));
  PetscCall(VmStatResultScalar(result, error_name, error, "1", error_long_name, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmJackknife(const VmMap *map, int nvalue, VmMapValues function, const void *context, double *errors)
{
  const int blocks = VmJackknifeBlocks(map);
  const int64_t n = VmMapSize(map);
  double *left, *values, *mean, *square;
  VmMap rest = *map;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)n, &left, (size_t)nvalue, &values));
  PetscCall(PetscCalloc2((size_t)nvalue, &mean, (size_t)nvalue, &square));
  rest.values = left;
  for (int b = 0; b < blocks; ++b) {
    for (int64_t i = 0; i < n; ++i) left[i] = VmJackknifeBlock(map, i) == b ? NAN : map->values[i];
    PetscCall(function(context, &rest, values));
    for (int v = 0; v < nvalue; ++v) {
      const double difference = values[v] - mean[v];
      mean[v] += difference / (b + 1);
      square[v] += difference * (values[v] - mean[v]);
    }
  }
  for (int v = 0; v < nvalue; ++v) errors[v] = blocks > 1 ? sqrt(square[v] * (blocks - 1.0) / blocks) : NAN;
  PetscCall(PetscFree2(left, values));
  PetscCall(PetscFree2(mean, square));
  PetscFunctionReturn(PETSC_SUCCESS);
}
