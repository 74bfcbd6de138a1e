/* Power law of the sizes of clusters by maximum likelihood, with a goodness of fit and a chosen lower end. */
#include "jackknife.h"
#include "region.h"
#include "shape.h"
#include <vitromech/rng.h>
#include <math.h>

enum { REPLICAS = 200, FEWEST = 10 };

typedef struct {
  VmRegion region;
  double from;
} Params;

static const VmParam rows[] = {
    {.type = VM_INCLUDE, .offset = offsetof(Params, region), .subtable = &vm_region_table, .doc = "regions"},
    {.key = "from",
     .type = VM_REAL,
     .offset = offsetof(Params, from),
     .unit = "nm",
     .default_text = "none",
     .min = 1e-6,
     .max = 1e9,
     .doc = "smallest diameter that follows the law; none: the one with the least "
            "Kolmogorov-Smirnov distance that leaves ten clusters"},
    {0}};

static const VmTable table = {"power_law", "power law of cluster sizes", sizeof(Params), rows, NULL};

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

VmPowerLaw VmPowerLawFit(int64_t n, const double *sorted, double from)
{
  VmPowerLaw law = {.from = from, .alpha = NAN, .distance = NAN};
  int64_t first = 0;
  double sum = 0.0;
  while (first < n && sorted[first] < from) ++first;
  law.count = n - first;
  for (int64_t i = first; i < n; ++i) sum += log(sorted[i] / from);
  if (law.count < 2 || !(sum > 0.0)) return law;
  law.alpha = 1.0 + (double)law.count / sum;
  law.distance = 0.0;
  for (int64_t i = first; i < n; ++i) {
    const double model = 1.0 - pow(sorted[i] / from, 1.0 - law.alpha), m = (double)law.count;
    law.distance = fmax(law.distance, fabs(model - (double)(i - first) / m));
    law.distance = fmax(law.distance, fabs(model - (double)(i - first + 1) / m));
  }
  return law;
}

VmPowerLaw VmPowerLawSearch(int64_t n, const double *sorted)
{
  VmPowerLaw best = {.from = NAN, .alpha = NAN, .distance = NAN};
  for (int64_t i = 0; i + FEWEST <= n; ++i) {
    if (i > 0 && sorted[i] == sorted[i - 1]) continue;
    const VmPowerLaw law = VmPowerLawFit(n, sorted, sorted[i]);
    if (isnan(best.distance) || law.distance < best.distance) best = law;
  }
  return best;
}

/* Standard deviation of alpha over resampled clusters, the lower end kept. */
static PetscErrorCode Bootstrap(int64_t n, const double *sorted, double from, double *error)
{
  const VmRngKey key = {0, VM_STREAM_BOOTSTRAP};
  double *drawn, sum = 0.0, square = 0.0, count = 0.0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &drawn));
  for (uint64_t b = 0; b < REPLICAS && n > 1; ++b) {
    for (int64_t i = 0; i < n; ++i) drawn[i] = sorted[(int64_t)(VmRngUniform(key, b, (uint32_t)i) * (double)n)];
    qsort(drawn, (size_t)n, sizeof *drawn, CompareDouble);
    const VmPowerLaw law = VmPowerLawFit(n, drawn, from);
    if (isnan(law.alpha)) continue;
    count += 1.0;
    const double difference = law.alpha - sum;
    sum += difference / count;
    square += difference * (law.alpha - sum);
  }
  *error = count > 1.0 ? sqrt(square / (count - 1.0)) : NAN;
  PetscCall(PetscFree(drawn));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Diameters(const Params *p, const VmMap *map, double *threshold, int64_t *count, double **sorted)
{
  const int64_t n = VmMapSize(map);
  uint8_t *mask;
  VmClusters clusters;
  VmShape *shapes;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &mask));
  PetscCall(VmRegionMask(&p->region, map, threshold, mask));
  PetscCall(VmRegionClusters(&p->region, map, mask, &clusters));
  PetscCall(PetscMalloc1((size_t)clusters.count, &shapes));
  PetscCall(VmShapes(map, &clusters, shapes));
  *count = clusters.count;
  PetscCall(PetscMalloc1((size_t)*count, sorted));
  for (int64_t i = 0; i < *count; ++i) (*sorted)[i] = shapes[i].diameter;
  qsort(*sorted, (size_t)*count, sizeof **sorted, CompareDouble);
  PetscCall(VmClustersDestroy(&clusters));
  PetscCall(PetscFree(shapes));
  PetscCall(PetscFree(mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { THRESHOLD, FROM, DISTANCE, COUNT, NVALUE };

static PetscErrorCode Values(const void *context, const VmMap *map, double *values)
{
  const Params *p = context;
  double *sorted;
  int64_t n;
  PetscFunctionBegin;
  PetscCall(Diameters(p, map, &values[THRESHOLD], &n, &sorted));
  const VmPowerLaw law = isnan(p->from) ? VmPowerLawSearch(n, sorted) : VmPowerLawFit(n, sorted, p->from);
  values[FROM] = law.from;
  values[DISTANCE] = law.distance;
  values[COUNT] = (double)law.count * (double)VmMapSize(map) / (double)VmMapValid(map);
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  const Params *p = params;
  const char *jackknife = "standard error by jackknife over blocks";
  double threshold, *sorted, error = NAN, errors[NVALUE];
  int64_t n;
  PetscFunctionBegin;
  PetscCall(Diameters(p, map, &threshold, &n, &sorted));
  const VmPowerLaw law = isnan(p->from) ? VmPowerLawSearch(n, sorted) : VmPowerLawFit(n, sorted, p->from);
  if (!isnan(law.alpha)) PetscCall(Bootstrap(n, sorted, law.from, &error));
  PetscCall(VmJackknife(map, NVALUE, Values, p, errors));
  PetscCall(VmStatResultEstimate(result, "threshold", threshold, errors[THRESHOLD], map->unit, "clusters lie above",
                                 jackknife));
  PetscCall(
      VmStatResultEstimate(result, "alpha", law.alpha, error, "1", "exponent of the diameters",
                           "density ~ R^-alpha, number larger than R ~ R^-(alpha-1), R >= from; maximum likelihood "
                           "1 + n/sum ln(R/from); standard error by bootstrap over clusters"));
  PetscCall(VmStatResultEstimate(result, "from", law.from, errors[FROM], map->length_unit,
                                 "smallest diameter of the law", jackknife));
  PetscCall(VmStatResultEstimate(result, "distance", law.distance, errors[DISTANCE], "1",
                                 "Kolmogorov-Smirnov distance of data and law", jackknife));
  PetscCall(VmStatResultCount(result, "count", law.count, errors[COUNT], "clusters of the law"));
  PetscCall(VmStatResultAdd(result, "diameter", VM_F64, 1, &n, sorted,
                            (VmMeta){map->length_unit, "diameters of all clusters, sorted", "cluster"}, NULL));
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_power_law = {
    .head = {"power_law", "exponent of the power law of cluster sizes (maximum likelihood)",
             "physics.md E7; Clauset, Shalizi & Newman, SIAM Rev. 51 (2009) 661", &table},
    .apply = Apply};
