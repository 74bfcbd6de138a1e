/* A map itself, or a section of a field, on the scale of its mean if wanted: to be laid beside that of another sample.
 */
#include "jackknife.h"
#include <math.h>

enum { CUT_X, CUT_Y, CUT_Z };
static const char *const normals[] = {"x", "y", "z", NULL};

typedef struct {
  int normal;
  bool relative;
} Params;

static const VmParam rows[] = {{.key = "normal",
                                .type = VM_ENUM,
                                .offset = offsetof(Params, normal),
                                .default_text = "z",
                                .choices = normals,
                                .doc = "of the plane through the middle of a three-dimensional field"},
                               {.key = "relative",
                                .type = VM_BOOL,
                                .offset = offsetof(Params, relative),
                                .default_text = "false",
                                .doc = "values over their mean: hardness and strength can be compared then"},
                               {0}};
static const VmTable table = {"section", "a map, or the section of a field", sizeof(Params), rows, NULL};

/* The plane that is looked at: its points along both axes, the first, and the steps between them. */
typedef struct {
  int64_t n[2], first, step[2];
  double spacing[2];
} Plane;

static Plane PlaneOf(const VmMap *map, int normal)
{
  const int64_t steps[3] = {map->n[1] * map->n[2], map->n[2], 1};
  const int cut = map->dim == 2 ? CUT_X : normal, a = cut == CUT_X ? CUT_Y : CUT_X, b = cut == CUT_Z ? CUT_Y : CUT_Z;
  return (Plane){.n = {map->n[a], map->n[b]},
                 .first = map->n[cut] / 2 * steps[cut],
                 .step = {steps[a], steps[b]},
                 .spacing = {map->spacing[a], map->spacing[b]}};
}

static double Mean(int64_t n, const double *values)
{
  double sum = 0.0, count = 0.0;
  for (int64_t i = 0; i < n; ++i) {
    if (isnan(values[i])) continue;
    sum += values[i];
    count += 1.0;
  }
  return sum / count;
}

/* Mean, and standard deviation over the mean. */
static PetscErrorCode Moments(const void *context, const VmMap *map, double *moments)
{
  const int64_t n = VmMapSize(map);
  const double mean = Mean(n, map->values);
  double square = 0.0, count = 0.0;
  PetscFunctionBegin;
  (void)context;
  for (int64_t i = 0; i < n; ++i) {
    if (isnan(map->values[i])) continue;
    square += (map->values[i] - mean) * (map->values[i] - mean);
    count += 1.0;
  }
  moments[0] = mean;
  moments[1] = count > 1.0 ? sqrt(square / (count - 1.0)) / fabs(mean) : NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  const Params *p = params;
  const Plane plane = PlaneOf(map, p->normal);
  double *values, moments[2], errors[2];
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(plane.n[0] * plane.n[1]), &values));
  for (int64_t i = 0, k = 0; i < plane.n[0]; ++i)
    for (int64_t j = 0; j < plane.n[1]; ++j, ++k)
      values[k] = map->values[plane.first + i * plane.step[0] + j * plane.step[1]];
  const VmMap section = {.dim = 2,
                         .n = {1, plane.n[0], plane.n[1]},
                         .spacing = {1.0, plane.spacing[0], plane.spacing[1]},
                         .periodic = map->periodic,
                         .values = values,
                         .unit = map->unit,
                         .length_unit = map->length_unit};
  const double extent = fmin((double)plane.n[0] * plane.spacing[0], (double)plane.n[1] * plane.spacing[1]);
  PetscCall(Moments(NULL, &section, moments));
  PetscCall(VmJackknife(&section, 2, Moments, NULL, errors));
  for (int64_t i = 0; p->relative && i < VmMapSize(&section); ++i) values[i] /= moments[0];
  PetscCall(VmStatResultAdd(result, "map", VM_F64, 2, plane.n, values,
                            (VmMeta){p->relative ? "1" : map->unit, "the map", "scan0,scan1"},
                            p->relative ? "values over their mean" : NULL));
  static const char *const definition = "standard error by jackknife over blocks of the map";
  PetscCall(VmStatResultEstimate(result, "mean", moments[0], errors[0], map->unit, "mean of the map", definition));
  PetscCall(VmStatResultEstimate(result, "relative_deviation", moments[1], errors[1], "1",
                                 "standard deviation over the mean", definition));
  PetscCall(VmStatResultScalar(result, "pitch", fmin(plane.spacing[0], plane.spacing[1]), map->length_unit,
                               "distance of neighbouring points", NULL));
  PetscCall(VmStatResultScalar(result, "extent", extent, map->length_unit, "shorter edge of what was mapped", NULL));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_section = {
    .head = {"section", "a map, or the section of a field through its middle, to be laid beside that of another sample",
             "physics.md E12", &table},
    .apply = Apply};
