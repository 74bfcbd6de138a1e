/* Does what lies above a threshold hang together from end to end? */
#include "jackknife.h"
#include "region.h"
#include <math.h>

static const VmParam rows[] = {{.type = VM_INCLUDE, .subtable = &vm_region_table, .doc = "regions"}, {0}};

static const VmTable table = {"percolation", "connectedness of what lies above a threshold", sizeof(VmRegion), rows,
                              NULL};

enum { FRACTION, LARGEST, COUNT, THRESHOLD, NVALUE };

static PetscErrorCode Label(const VmRegion *region, const VmMap *map, double values[NVALUE], VmClusters *clusters)
{
  const int64_t n = VmMapSize(map);
  double points = 0.0, above = 0.0;
  int64_t largest = 0;
  uint8_t *mask;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &mask));
  PetscCall(VmRegionMask(region, map, &values[THRESHOLD], mask));
  for (int64_t i = 0; i < n; ++i) points += !isnan(map->values[i]);
  PetscCall(VmRegionClusters(region, map, mask, clusters));
  for (int64_t l = 0; l < clusters->count; ++l) {
    largest = PetscMax(largest, clusters->size[l]);
    above += (double)clusters->size[l];
  }
  values[FRACTION] = points > 0.0 ? above / points : NAN;
  values[COUNT] = points > 0.0 ? (double)clusters->count * (double)n / points : NAN;
  values[LARGEST] = above > 0.0 ? (double)largest / above : 0.0;
  PetscCall(PetscFree(mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Values(const void *context, const VmMap *map, double *values)
{
  VmClusters clusters;
  PetscFunctionBegin;
  PetscCall(Label(context, map, values, &clusters));
  PetscCall(VmClustersDestroy(&clusters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(const VmMap *map, const VmClusters *c, const double values[NVALUE],
                             const double errors[NVALUE], VmStatResult result)
{
  const char *error = "standard error by jackknife over blocks";
  const int64_t axes = map->dim;
  uint8_t spans[3] = {0, 0, 0};
  PetscFunctionBegin;
  for (int64_t l = 0; l < c->count; ++l)
    for (int a = 0; a < 3; ++a) spans[a] |= c->spans[l][a];
  PetscCall(VmStatResultEstimate(result, "threshold", values[THRESHOLD], errors[THRESHOLD], map->unit,
                                 "what lies above", error));
  PetscCall(VmStatResultEstimate(result, "fraction", values[FRACTION], errors[FRACTION], "1",
                                 "part of the points above the threshold", error));
  PetscCall(VmStatResultCount(result, "count", c->count, errors[COUNT], "number of clusters"));
  PetscCall(VmStatResultEstimate(result, "largest_fraction", values[LARGEST], errors[LARGEST], "1",
                                 "part of the points above the threshold that is in the largest cluster", error));
  PetscCall(VmStatResultAdd(
      result, "spans", VM_U8, 1, &axes, spans + 3 - map->dim,
      (VmMeta){"1", "1: some cluster spans the axis (periodic: meets itself around the box)", "axis"}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  double values[NVALUE], errors[NVALUE];
  VmClusters clusters;
  PetscFunctionBegin;
  PetscCall(VmJackknife(map, NVALUE, Values, params, errors));
  PetscCall(Label(params, map, values, &clusters));
  PetscCall(Report(map, &clusters, values, errors, result));
  PetscCall(VmClustersDestroy(&clusters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_percolation = {.head = {"percolation",
                                              "fraction above a threshold, largest cluster, spanning of each axis",
                                              "physics.md E7", &table},
                                     .apply = Apply};
