/* Box-counting dimension of what lies above a threshold. */
#include "jackknife.h"
#include "region.h"
#include <math.h>

typedef struct {
  VmRegion region;
  bool largest_cluster;
  double ratio;
  int64_t smallest, largest;
} Params;

static const VmParam rows[] = {
    {.type = VM_INCLUDE, .offset = offsetof(Params, region), .subtable = &vm_region_table, .doc = "regions"},
    {.key = "largest_cluster",
     .type = VM_BOOL,
     .offset = offsetof(Params, largest_cluster),
     .default_text = "false",
     .doc = "only the largest connected cluster"},
    {.key = "ratio",
     .type = VM_REAL,
     .offset = offsetof(Params, ratio),
     .unit = "1",
     .default_text = "2",
     .min = 1.1,
     .max = 16,
     .doc = "of successive box sizes"},
    {.key = "smallest",
     .type = VM_INT,
     .offset = offsetof(Params, smallest),
     .default_text = "1",
     .min = 1,
     .max = 1e6,
     .doc = "smallest box, in points"},
    {.key = "largest",
     .type = VM_INT,
     .offset = offsetof(Params, largest),
     .default_text = "0",
     .min = 0,
     .max = 1e6,
     .doc = "largest box, in points; 0: a quarter of the shortest side"},
    {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  PetscFunctionBegin;
  if (p->largest && p->largest <= p->smallest)
    PetscCall(VmReportAdd(report, node, "largest %lld must be more than smallest %lld", (long long)p->largest,
                          (long long)p->smallest));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable table = {"box_counting", "box-counting dimension", sizeof(Params), rows, Check};

enum { MOST_SIZES = 64 };

typedef struct {
  const Params *params;
  int nsizes;
  int64_t size[MOST_SIZES];
} Boxes;

static PetscErrorCode Mask(const Boxes *b, const VmMap *map, double *threshold, uint8_t *mask)
{
  const int64_t n = VmMapSize(map);
  VmClusters clusters;
  PetscFunctionBegin;
  PetscCall(VmRegionMask(&b->params->region, map, threshold, mask));
  if (!b->params->largest_cluster) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmRegionClusters(&b->params->region, map, mask, &clusters));
  int64_t largest = -1;
  for (int64_t l = 0; l < clusters.count; ++l)
    if (largest < 0 || clusters.size[l] > clusters.size[largest]) largest = l;
  for (int64_t i = 0; i < n; ++i) mask[i] = clusters.label[i] >= 0 && clusters.label[i] == largest;
  PetscCall(VmClustersDestroy(&clusters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Boxes of a size that hold a point of the mask, and the chance that two points share one. */
static void Count(const VmMap *map, const uint8_t *mask, int64_t size, int32_t *inside, double *boxes, double *pairs)
{
  const int64_t along[3] = {(map->n[0] + size - 1) / size, (map->n[1] + size - 1) / size,
                            (map->n[2] + size - 1) / size};
  const int64_t all = along[0] * along[1] * along[2];
  int64_t i = 0;
  double points = 0.0, squares = 0.0;
  for (int64_t b = 0; b < all; ++b) inside[b] = 0;
  for (int64_t x = 0; x < map->n[0]; ++x)
    for (int64_t y = 0; y < map->n[1]; ++y)
      for (int64_t z = 0; z < map->n[2]; ++z, ++i)
        inside[((x / size) * along[1] + y / size) * along[2] + z / size] += mask[i];
  *boxes = 0.0;
  for (int64_t b = 0; b < all; ++b) {
    *boxes += inside[b] > 0;
    points += inside[b];
    squares += (double)inside[b] * inside[b];
  }
  *pairs = squares / (points * points);
}

/* Slope of y against x; NAN where it is none. */
static double Slope(int n, const double *x, const double *y)
{
  double sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
  for (int i = 0; i < n; ++i) {
    sx += x[i];
    sy += y[i];
    sxx += x[i] * x[i];
    sxy += x[i] * y[i];
  }
  const double slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  return n > 1 && isfinite(slope) ? slope : NAN;
}

/* values: both dimensions, the threshold, then the counts */
enum { DIMENSION, CORRELATION, THRESHOLD, BOXES };

static PetscErrorCode Values(const void *context, const VmMap *map, double *values)
{
  const Boxes *b = context;
  const int64_t n = VmMapSize(map);
  double x[MOST_SIZES], boxes[MOST_SIZES], pairs[MOST_SIZES];
  uint8_t *mask;
  int32_t *inside;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)n, &mask, (size_t)n, &inside));
  PetscCall(Mask(b, map, &values[THRESHOLD], mask));
  for (int s = 0; s < b->nsizes; ++s) {
    Count(map, mask, b->size[s], inside, &values[BOXES + s], &pairs[s]);
    x[s] = log((double)b->size[s]);
    boxes[s] = -log(values[BOXES + s]);
    pairs[s] = log(pairs[s]);
  }
  values[DIMENSION] = Slope(b->nsizes, x, boxes);
  values[CORRELATION] = Slope(b->nsizes, x, pairs);
  PetscCall(PetscFree2(mask, inside));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Sizes(const Params *p, const VmMap *map, Boxes *b)
{
  int64_t side = INT64_MAX;
  for (int a = 3 - map->dim; a < 3; ++a) side = PetscMin(side, map->n[a]);
  const int64_t largest = p->largest ? p->largest : PetscMax(side / 4, 2);
  for (double size = (double)p->smallest; lround(size) <= largest && b->nsizes < MOST_SIZES; size *= p->ratio)
    if (b->nsizes == 0 || lround(size) > b->size[b->nsizes - 1]) b->size[b->nsizes++] = lround(size);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  Boxes b = {.params = params};
  const char *jackknife = "least squares of the logarithms; standard error by jackknife over blocks";
  double values[BOXES + MOST_SIZES], errors[BOXES + MOST_SIZES], size[MOST_SIZES];
  PetscFunctionBegin;
  Sizes(params, map, &b);
  const int64_t n = b.nsizes;
  PetscCall(Values(&b, map, values));
  PetscCall(VmJackknife(map, BOXES + b.nsizes, Values, &b, errors));
  for (int s = 0; s < b.nsizes; ++s) size[s] = (double)b.size[s] * map->spacing[2];
  PetscCall(VmStatResultEstimate(result, "threshold", values[THRESHOLD], errors[THRESHOLD], map->unit,
                                 "what lies above", "standard error by jackknife over blocks"));
  PetscCall(VmStatResultEstimate(result, "dimension", values[DIMENSION], errors[DIMENSION], "1",
                                 "box-counting dimension", jackknife));
  PetscCall(VmStatResultEstimate(result, "correlation_dimension", values[CORRELATION], errors[CORRELATION], "1",
                                 "dimension of the number of pairs of points in a box", jackknife));
  PetscCall(VmStatResultAdd(result, "size", VM_F64, 1, &n, size,
                            (VmMeta){map->length_unit, "edge of the boxes", "size"}, "along the last axis"));
  PetscCall(VmStatResultAdd(result, "boxes", VM_F64, 1, &n, values + BOXES,
                            (VmMeta){"1", "boxes that hold a point above the threshold", "size"}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_box_counting = {
    .head = {"box_counting", "box-counting dimension of what lies above a threshold", "physics.md E7", &table},
    .apply = Apply};
