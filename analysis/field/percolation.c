/* Does what lies above a threshold hang together from end to end? */
#include <vitromech/map.h>
#include <math.h>

typedef struct {
  char *threshold;
  int connectivity;
} Params;

static const VmParam rows[] = {{.key = "threshold",
                                .type = VM_STRING,
                                .offset = offsetof(Params, threshold),
                                .default_text = "isodata",
                                .doc = "isodata, otsu, or a value in the unit of the map"},
                               {.key = "connectivity",
                                .type = VM_ENUM,
                                .offset = offsetof(Params, connectivity),
                                .default_text = "faces",
                                .choices = vm_connectivities,
                                .doc = "neighbours: faces (4 in maps, 6 in fields) or corners too (8, 26)"},
                               {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  PetscFunctionBegin;
  if (!VmThresholdValid(p->threshold))
    PetscCall(VmReportAdd(report, node, "threshold \"%s\" is neither isodata nor otsu nor a number", p->threshold));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable table = {"percolation", "connectedness of what lies above a threshold", sizeof(Params), rows,
                              Check};

static PetscErrorCode Report(const VmMap *map, const VmClusters *c, double points, double threshold,
                             VmStatResult result)
{
  const int64_t axes = map->dim;
  int64_t largest = 0;
  double above = 0.0;
  uint8_t spans[3] = {0, 0, 0};
  PetscFunctionBegin;
  for (int64_t l = 0; l < c->count; ++l) {
    largest = PetscMax(largest, c->size[l]);
    above += (double)c->size[l];
    for (int a = 0; a < 3; ++a) spans[a] |= c->spans[l][a];
  }
  PetscCall(VmStatResultScalar(result, "threshold", threshold, map->unit, "what lies above", NULL));
  PetscCall(VmStatResultScalar(result, "fraction", points > 0.0 ? above / points : NAN, "1",
                               "part of the points above the threshold", NULL));
  PetscCall(
      VmStatResultAdd(result, "count", VM_I64, 0, NULL, &c->count, (VmMeta){"1", "number of clusters", NULL}, NULL));
  PetscCall(VmStatResultScalar(result, "largest_fraction", above > 0.0 ? (double)largest / above : 0.0, "1",
                               "part of the points above the threshold that is in the largest cluster", NULL));
  PetscCall(VmStatResultAdd(
      result, "spans", VM_U8, 1, &axes, spans + 3 - map->dim,
      (VmMeta){"1", "1: some cluster spans the axis (periodic: meets itself around the box)", "axis"}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  const Params *p = params;
  const int64_t n = VmMapSize(map);
  double threshold, points = 0.0;
  uint8_t *mask;
  VmClusters clusters;
  PetscFunctionBegin;
  PetscCall(VmThreshold(map, p->threshold, &threshold));
  PetscCall(PetscMalloc1((size_t)n, &mask));
  for (int64_t i = 0; i < n; ++i) {
    mask[i] = map->values[i] > threshold;
    points += !isnan(map->values[i]);
  }
  PetscCall(VmClustersCreate(map->dim, map->n, map->periodic, (VmConnectivity)p->connectivity, mask, &clusters));
  PetscCall(Report(map, &clusters, points, threshold, result));
  PetscCall(VmClustersDestroy(&clusters));
  PetscCall(PetscFree(mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_percolation = {.head = {"percolation",
                                              "fraction above a threshold, largest cluster, spanning of each axis",
                                              "physics.md E7", &table},
                                     .apply = Apply};
