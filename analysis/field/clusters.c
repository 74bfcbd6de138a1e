/* Hot spots: connected clusters above a threshold, their sizes and shapes, the volume fraction they stand for. */
#include "jackknife.h"
#include "region.h"
#include "shape.h"
#include <vitromech/rng.h>
#include <math.h>

#define REPLICAS 1000

typedef struct {
  VmRegion region;
  int64_t smallest;
  double thickness, acceptance, probe;
  int overlap;
} Params;

enum { OVERLAP_NONE, OVERLAP_POISSON };
static const char *const overlaps[] = {"none", "poisson", NULL};

static const VmParam rows[] = {
    {.type = VM_INCLUDE, .offset = offsetof(Params, region), .subtable = &vm_region_table, .doc = "regions"},
    {.key = "smallest",
     .type = VM_INT,
     .offset = offsetof(Params, smallest),
     .default_text = "4",
     .min = 1,
     .max = 1e9,
     .doc = "clusters of fewer points are noise and left out"},
    {.key = "thickness",
     .type = VM_REAL,
     .offset = offsetof(Params, thickness),
     .unit = "nm",
     .default_text = "none",
     .min = 1e-3,
     .max = 1e6,
     .doc = "of the foil; gives the volume fraction of maps"},
    {.key = "acceptance",
     .type = VM_REAL,
     .offset = offsetof(Params, acceptance),
     .unit = "1",
     .default_text = "0.058823529411764705",
     .min = 1e-6,
     .max = 1,
     .doc = "part of all orientations in which a spot lights up: 10 of 170 degrees; calibrate it in the same chain "
            "before a "
            "volume fraction is believed",
     .source = "Im et al. 2018"},
    {.key = "overlap",
     .type = VM_ENUM,
     .offset = offsetof(Params, overlap),
     .default_text = "none",
     .choices = overlaps,
     .doc = "poisson: spots lie at random and merge into regions; number and size of single spots from the number and "
            "the covered area of the regions of a map",
     .source = "Euler number of the Boolean model: Chiu, Stoyan, Kendall & Mecke, Stochastic Geometry and its "
               "Applications (2013), ch. 3"},
    {.key = "probe",
     .type = VM_REAL,
     .offset = offsetof(Params, probe),
     .unit = "nm",
     .default_text = "none",
     .min = 1e-3,
     .max = 100,
     .doc = "width of the probe at half maximum; gives the diameter of spheres whose dark-field spots are broadened by "
            "it, and the volume fraction is that of these spheres"},
    {0}};

static const VmTable table = {"clusters", "connected clusters above a threshold", sizeof(Params), rows, NULL};

double VmHotSpotFraction(double count, double radius, double acceptance, double volume)
{
  return count * (4.0 / 3.0) * VM_PI * radius * radius * radius / (acceptance * volume);
}

/* Mean diameter, its standard error, and that of the volume fraction with a Poisson number of spots. */
typedef struct {
  double mean, error, fraction, fraction_error;
} Sizes;

static double MeanDiameter(int64_t n, const VmShape *shapes)
{
  double sum = 0.0;
  for (int64_t i = 0; i < n; ++i) sum += shapes[i].diameter;
  return sum / (double)n;
}

static double Deviation(const double sum, const double square, double count)
{
  return count > 1.0 ? sqrt(fmax(0.0, square - sum * sum / count) / (count - 1.0)) : NAN;
}

static Sizes Measure(const Params *p, int64_t n, const VmShape *shapes, double volume)
{
  const VmRngKey key = {0, VM_STREAM_BOOTSTRAP};
  const double mean = MeanDiameter(n, shapes);
  double sum[2] = {0, 0}, square[2] = {0, 0}, count[2] = {0, 0};
  for (uint64_t b = 0; b < REPLICAS && n > 1; ++b) {
    const int64_t drawn = VmRngPoisson(key, b, 0, (double)n);
    double diameter = 0.0;
    for (int64_t i = 0; i < n; ++i)
      diameter += shapes[(int64_t)(VmRngUniform(key, b, (uint32_t)(64 + i)) * (double)n)].diameter;
    diameter /= (double)n;
    const double value[2] = {diameter - mean, VmHotSpotFraction((double)drawn, 0.5 * diameter, p->acceptance, volume)};
    for (int v = 0; v < 2; ++v) {
      if (!isfinite(value[v])) continue;
      sum[v] += value[v];
      square[v] += value[v] * value[v];
      count[v] += 1.0;
    }
  }
  return (Sizes){mean, Deviation(sum[0], square[0], count[0]),
                 n ? VmHotSpotFraction((double)n, 0.5 * mean, p->acceptance, volume) : 0.0 * volume,
                 Deviation(sum[1], square[1], count[1])};
}

/* What the regions of a map are made of. */
typedef struct {
  double per_region, count, diameter; /* single spots */
  double sphere;                      /* diameter of the sphere behind a spot; NAN without the width of the probe */
} Spots;

/* Spots of area a at random with density l cover phi = 1 - exp(-eta), eta = l a, and the Euler number of what they
 * cover (regions less holes, which are rare) is l exp(-eta) (1 - eta) per area: hence l from the number of regions.
 * area: what they cover; diameter: mean of the regions. */
static Spots SingleSpots(const Params *p, double regions, double covered, double area, double diameter)
{
  const double eta = -log1p(-covered);
  Spots s = {1.0, regions, diameter, NAN};
  if (p->overlap == OVERLAP_POISSON && covered > 0.0) {
    s.per_region = eta < 1.0 ? 1.0 / ((1.0 - covered) * (1.0 - eta)) : NAN;
    s.count = regions * s.per_region;
    s.diameter = sqrt(4.0 / VM_PI * area * eta / covered / s.count);
  }
  /* intensity of a sphere ~ its thickness squared, d^2 - 4 r^2: at half maximum d/sqrt 2 wide */
  if (!isnan(p->probe)) s.sphere = sqrt(2.0 * fmax(s.diameter * s.diameter - p->probe * p->probe, 0.0));
  return s;
}

/* Removes clusters below the smallest size from the mask; true if there were any. */
static bool RemoveSmall(const VmClusters *c, int64_t n, int64_t smallest, uint8_t *mask)
{
  bool removed = false;
  for (int64_t i = 0; i < n; ++i)
    if (c->label[i] >= 0 && c->size[c->label[i]] < smallest) {
      mask[i] = 0;
      removed = true;
    }
  return removed;
}

/* The mask of what lies above the threshold in clusters that are not too small, and those clusters. */
static PetscErrorCode Find(const Params *p, const VmMap *map, double *threshold, uint8_t *mask, VmClusters *clusters)
{
  const int64_t n = VmMapSize(map);
  PetscFunctionBegin;
  PetscCall(VmRegionMask(&p->region, map, threshold, mask));
  PetscCall(VmRegionClusters(&p->region, map, mask, clusters));
  if (RemoveSmall(clusters, n, p->smallest, mask)) {
    PetscCall(VmClustersDestroy(clusters));
    PetscCall(VmRegionClusters(&p->region, map, mask, clusters));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { THRESHOLD, COUNT, COVERED, NVALUE };

/* What the jackknife is of: the threshold, the number of clusters, the part they cover. */
static PetscErrorCode Values(const void *context, const VmMap *map, double *values)
{
  const int64_t n = VmMapSize(map);
  const double valid = (double)VmMapValid(map);
  double covered = 0.0;
  uint8_t *mask;
  VmClusters clusters;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &mask));
  PetscCall(Find(context, map, &values[THRESHOLD], mask, &clusters));
  for (int64_t i = 0; i < n; ++i) covered += mask[i];
  values[COUNT] = valid > 0.0 ? (double)clusters.count * (double)n / valid : NAN;
  values[COVERED] = valid > 0.0 ? covered / valid : NAN;
  PetscCall(VmClustersDestroy(&clusters));
  PetscCall(PetscFree(mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddEach(const VmMap *map, int64_t count, const VmShape *shapes, VmStatResult result)
{
  const char *length = map->length_unit;
  char measure_unit[24];
  const int64_t vectors[2] = {count, map->dim};
  double *v;
  PetscFunctionBegin;
  snprintf(measure_unit, sizeof measure_unit, "%s^%d", length, map->dim);
  PetscCall(PetscMalloc1((size_t)(3 * count) + 1, &v));
  for (int64_t i = 0; i < count; ++i) v[i] = shapes[i].measure;
  PetscCall(VmStatResultAdd(result, map->dim == 2 ? "area" : "volume", VM_F64, 1, &count, v,
                            (VmMeta){measure_unit, "size of each cluster", "cluster"}, NULL));
  for (int64_t i = 0; i < count; ++i) v[i] = shapes[i].diameter;
  PetscCall(VmStatResultAdd(result, "diameter", VM_F64, 1, &count, v,
                            (VmMeta){length, "diameter of the circle or sphere of that size", "cluster"}, NULL));
  for (int64_t i = 0; i < count; ++i) v[i] = shapes[i].aspect_ratio;
  PetscCall(VmStatResultAdd(result, "aspect_ratio", VM_F64, 1, &count, v,
                            (VmMeta){"1", "root of the ratio of largest to smallest second moment", "cluster"}, NULL));
  for (int64_t i = 0; i < count; ++i)
    for (int a = 0; a < map->dim; ++a) v[i * map->dim + a] = shapes[i].centroid[a + 3 - map->dim];
  PetscCall(VmStatResultAdd(result, "centroid", VM_F64, 2, vectors, v,
                            (VmMeta){length, "centre of mass from the corner of the map", "cluster,axis"}, NULL));
  if (map->dim == 2) {
    for (int64_t i = 0; i < count; ++i) v[i] = atan2(shapes[i].axis[2], shapes[i].axis[1]);
    PetscCall(VmStatResultAdd(result, "orientation", VM_F64, 1, &count, v,
                              (VmMeta){"rad", "angle of the long axis from scan0 towards scan1", "cluster"}, NULL));
  } else {
    for (int64_t i = 0; i < count; ++i)
      for (int a = 0; a < 3; ++a) v[3 * i + a] = shapes[i].axis[a];
    PetscCall(VmStatResultAdd(result, "orientation", VM_F64, 2, vectors, v,
                              (VmMeta){"1", "unit vector of the long axis", "cluster,axis"}, NULL));
  }
  PetscCall(PetscFree(v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddSpots(const Params *p, const Sizes *sizes, const Spots *spots, const char *unit,
                               VmStatResult result)
{
  const double relative = sizes->error / sizes->mean, ratio = spots->diameter / spots->sphere;
  PetscFunctionBegin;
  if (p->overlap == OVERLAP_POISSON) {
    const char *of = "Euler number of the Boolean model, eta = -ln(1 - covered): regions/((1 - covered)(1 - eta))";
    PetscCall(VmStatResultEstimate(result, "spots", spots->count, sqrt(spots->count * spots->per_region), "1",
                                   "single spots in the regions, error of a Poisson number of regions", of));
    PetscCall(VmStatResultEstimate(result, "spots_per_region", spots->per_region, NAN, "1", "spots in a region", of));
    PetscCall(VmStatResultEstimate(result, "spot_diameter", spots->diameter, spots->diameter * relative, unit,
                                   "diameter of a circle of the mean area of a spot", "sqrt(4 eta A/(pi N))"));
  }
  if (!isnan(p->probe))
    PetscCall(VmStatResultEstimate(result, "sphere_diameter", spots->sphere, 2.0 * ratio * spots->diameter * relative,
                                   unit, "diameter of spheres with spots of this size", "sqrt(2 (spot^2 - probe^2))"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddVolumeFraction(const Params *p, const VmMap *map, double covered, double error,
                                        const Sizes *sizes, const Spots *spots, VmStatResult result)
{
  const char *of = "standard error by jackknife over blocks";
  char definition[200];
  PetscFunctionBegin;
  if (map->dim == 3) {
    PetscCall(
        VmStatResultEstimate(result, "volume_fraction", covered, error, "1", "part of the volume in clusters", of));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VmStatResultEstimate(result, "area_fraction", covered, error, "1", "part of the area in clusters", of));
  PetscCall(AddSpots(p, sizes, spots, map->length_unit, result));
  if (isnan(p->thickness) || strcmp(map->length_unit, "nm") != 0) PetscFunctionReturn(PETSC_SUCCESS);
  const double diameter = isnan(p->probe) ? spots->diameter : spots->sphere;
  const double factor = spots->per_region * pow(diameter / sizes->mean, 3);
  snprintf(definition, sizeof definition, "N (4/3) pi r^3/(f_B V), N %s, r half of %s, f_B = %.6g, thickness %.4g nm",
           p->overlap == OVERLAP_POISSON ? "spots" : "regions",
           !isnan(p->probe)                ? "sphere_diameter"
           : p->overlap == OVERLAP_POISSON ? "spot_diameter"
                                           : "mean_diameter",
           p->acceptance, p->thickness);
  PetscCall(VmStatResultEstimate(result, "volume_fraction", sizes->fraction * factor, sizes->fraction_error * factor,
                                 "1", "volume fraction the hot spots stand for", definition));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddAll(const Params *p, const VmMap *map, double threshold, const VmClusters *c,
                             const uint8_t *mask, VmStatResult result)
{
  const int64_t n = VmMapSize(map);
  const char *axes = map->dim == 2 ? "scan0,scan1" : "x,y,z";
  double volume = p->thickness, covered = 0.0, errors[NVALUE];
  VmShape *shapes;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->count, &shapes));
  PetscCall(VmShapes(map, c, shapes));
  PetscCall(VmJackknife(map, NVALUE, Values, p, errors));
  for (int64_t i = 0; i < n; ++i) covered += mask[i];
  covered /= (double)VmMapValid(map);
  for (int a = 1; a < 3; ++a) volume *= (double)map->n[a] * map->spacing[a];
  const Sizes sizes = Measure(p, c->count, shapes, volume);
  PetscCall(VmStatResultEstimate(result, "threshold", threshold, errors[THRESHOLD], map->unit, "clusters lie above",
                                 p->region.threshold));
  PetscCall(VmStatResultCount(result, "count", c->count, errors[COUNT], "number of clusters"));
  PetscCall(VmStatResultEstimate(result, "mean_diameter", sizes.mean, sizes.error, map->length_unit,
                                 "mean diameter of the clusters", "standard error by bootstrap over clusters"));
  double area = 0.0;
  for (int i = 0; i < c->count; ++i) area += shapes[i].measure;
  const Spots spots = SingleSpots(p, (double)c->count, covered, area, sizes.mean);
  PetscCall(AddVolumeFraction(p, map, covered, errors[COVERED], &sizes, &spots, result));
  PetscCall(AddEach(map, c->count, shapes, result));
  PetscCall(VmStatResultAdd(result, "mask", VM_U8, map->dim, map->n + 3 - map->dim, mask,
                            (VmMeta){"1", "1: in a cluster", axes}, NULL));
  PetscCall(PetscFree(shapes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  const Params *p = params;
  const int64_t n = VmMapSize(map);
  double threshold;
  uint8_t *mask;
  VmClusters clusters;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &mask));
  PetscCall(Find(p, map, &threshold, mask, &clusters));
  PetscCall(AddAll(p, map, threshold, &clusters, mask, result));
  PetscCall(VmClustersDestroy(&clusters));
  PetscCall(PetscFree(mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_clusters = {
    .head = {"clusters", "hot spots: clusters above a threshold, their number, size, shape and volume fraction",
             "physics.md E6", &table},
    .apply = Apply};
