#include "region.h"

static const VmParam rows[] = {
    {.key = "threshold",
     .type = VM_STRING,
     .offset = offsetof(VmRegion, threshold),
     .default_text = "isodata",
     .doc = "isodata (iterative, Ridler & Calvard), otsu, persistence (the level at which most outstanding peaks are "
            "apart) or a value in the unit of the map"},
    {.key = "connectivity",
     .type = VM_ENUM,
     .offset = offsetof(VmRegion, connectivity),
     .default_text = "faces",
     .choices = vm_connectivities,
     .doc = "neighbours: faces (4 in maps, 6 in fields) or corners too (8, 26)"},
    {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const VmRegion *region = params;
  PetscFunctionBegin;
  if (!VmThresholdValid(region->threshold))
    PetscCall(VmReportAdd(report, node, "threshold \"%s\" is neither isodata, otsu, persistence nor a number",
                          region->threshold));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_region_table = {"region", "what lies above a threshold", sizeof(VmRegion), rows, Check};

PetscErrorCode VmRegionMask(const VmRegion *region, const VmMap *map, double *threshold, uint8_t *mask)
{
  const int64_t n = VmMapSize(map);
  PetscFunctionBegin;
  PetscCall(VmThreshold(map, region->threshold, threshold));
  for (int64_t i = 0; i < n; ++i) mask[i] = map->values[i] > *threshold;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmRegionClusters(const VmRegion *region, const VmMap *map, const uint8_t *mask, VmClusters *clusters)
{
  PetscFunctionBegin;
  PetscCall(VmClustersCreate(map->dim, map->n, map->periodic, (VmConnectivity)region->connectivity, mask, clusters));
  PetscFunctionReturn(PETSC_SUCCESS);
}
