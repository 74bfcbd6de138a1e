/* Segmentation of a map into classes by K-means: the exact optimum in one dimension. */
#include "jackknife.h"
#include <math.h>

enum { MOST_CLASSES = 16 };

typedef struct {
  int64_t classes;
} Params;

static const VmParam rows[] = {{.key = "classes",
                                .type = VM_INT,
                                .offset = offsetof(Params, classes),
                                .default_text = "3",
                                .min = 2,
                                .max = MOST_CLASSES,
                                .doc = "number of classes"},
                               {0}};
static const VmTable table = {"kmeans", "K-means classes of the values of a map", sizeof(Params), rows, NULL};

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sum of squared distances of sorted values [i, j] from their mean, from running sums. */
static double Spread(const double *sum, const double *square, int64_t i, int64_t j)
{
  const double s = sum[j + 1] - sum[i], q = square[j + 1] - square[i];
  return fmax(0.0, q - s * s / (double)(j - i + 1));
}

typedef struct {
  const double *sum, *square, *last; /* running sums; least cost of [0, j] with one class fewer */
  double *cost;
  int32_t *start;
} Level;

/* Best first value of the last class for all ends [low, high], which grows with the end: divide and conquer. */
static void FillLevel(const Level *level, int64_t low, int64_t high, int64_t from, int64_t to)
{
  if (low > high) return;
  const int64_t j = (low + high) / 2;
  level->cost[j] = INFINITY;
  for (int64_t i = from; i <= PetscMin(j, to); ++i) {
    const double cost = (i > 0 ? level->last[i - 1] : 0.0) + Spread(level->sum, level->square, i, j);
    if (cost < level->cost[j]) {
      level->cost[j] = cost;
      level->start[j] = (int32_t)i;
    }
  }
  FillLevel(level, low, j - 1, from, level->start[j]);
  FillLevel(level, j + 1, high, level->start[j], to);
}

/* Means [k] of the classes of sorted values, and the first value of each [k]. */
static PetscErrorCode Classes(int64_t n, const double *values, int k, double *means, int64_t *first)
{
  double *sum, *square, *cost, *last;
  int32_t *start;
  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)n + 1, &sum, (size_t)n + 1, &square));
  PetscCall(PetscMalloc1((size_t)n, &cost));
  PetscCall(PetscMalloc1((size_t)n, &last));
  PetscCall(PetscCalloc1((size_t)(n * k), &start));
  const double middle = values[n / 2];
  for (int64_t i = 0; i < n; ++i) {
    sum[i + 1] = sum[i] + (values[i] - middle);
    square[i + 1] = square[i] + (values[i] - middle) * (values[i] - middle);
  }
  for (int64_t j = 0; j < n; ++j) last[j] = Spread(sum, square, 0, j);
  for (int c = 1; c < k; ++c) {
    const Level level = {sum, square, last, cost, start + n * c};
    FillLevel(&level, 0, n - 1, 0, n - 1);
    double *swap = last;
    last = cost;
    cost = swap;
  }
  int64_t end = n - 1;
  for (int c = k - 1; c >= 0; --c) {
    first[c] = start[n * c + PetscMax(end, 0)];
    if (end < 0) first[c] = 0;
    means[c] = end >= first[c] ? middle + (sum[end + 1] - sum[first[c]]) / (double)(end - first[c] + 1) : NAN;
    end = first[c] - 1;
  }
  PetscCall(PetscFree(start));
  PetscCall(PetscFree2(sum, square));
  PetscCall(PetscFree(cost));
  PetscCall(PetscFree(last));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* values: means [k], then fractions [k] */
static PetscErrorCode Values(const void *context, const VmMap *map, double *values)
{
  const int k = *(const int *)context;
  int64_t n = 0, first[MOST_CLASSES + 1];
  double *sorted;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)VmMapSize(map), &sorted));
  for (int64_t i = 0; i < VmMapSize(map); ++i)
    if (!isnan(map->values[i])) sorted[n++] = map->values[i];
  qsort(sorted, (size_t)n, sizeof *sorted, CompareDouble);
  for (int c = 0; c < 2 * k; ++c) values[c] = NAN;
  if (n >= k) {
    PetscCall(Classes(n, sorted, k, values, first));
    first[k] = n;
    for (int c = 0; c < k; ++c) values[k + c] = (double)(first[c + 1] - first[c]) / (double)n;
  }
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  const int k = (int)((const Params *)params)->classes;
  const int64_t n = VmMapSize(map), count = k;
  const char *axes = map->dim == 2 ? "scan0,scan1" : "x,y,z";
  double values[2 * MOST_CLASSES], errors[2 * MOST_CLASSES];
  uint8_t *labels;
  PetscFunctionBegin;
  PetscCall(Values(&k, map, values));
  PetscCall(VmJackknife(map, 2 * k, Values, &k, errors));
  PetscCall(PetscMalloc1((size_t)n, &labels));
  for (int64_t i = 0; i < n; ++i) {
    labels[i] = 255;
    for (int c = 0; c < k && !isnan(map->values[i]); ++c)
      if (labels[i] == 255 || fabs(map->values[i] - values[c]) < fabs(map->values[i] - values[labels[i]]))
        labels[i] = (uint8_t)c;
  }
  PetscCall(VmStatResultAdd(result, "label", VM_U8, map->dim, map->n + 3 - map->dim, labels,
                            (VmMeta){"1", "class of each point, 0: lowest mean; 255: left out", axes}, NULL));
  PetscCall(VmStatResultAdd(result, "mean", VM_F64, 1, &count, values,
                            (VmMeta){map->unit, "mean of each class", "class"},
                            "least sum of squared distances from the class means: the exact optimum"));
  PetscCall(VmStatResultAdd(result, "mean_error", VM_F64, 1, &count, errors,
                            (VmMeta){map->unit, "standard error of mean (jackknife over blocks)", "class"}, NULL));
  PetscCall(VmStatResultAdd(result, "fraction", VM_F64, 1, &count, values + k,
                            (VmMeta){"1", "part of the points in each class", "class"}, NULL));
  PetscCall(VmStatResultAdd(result, "fraction_error", VM_F64, 1, &count, errors + k,
                            (VmMeta){"1", "standard error of fraction (jackknife over blocks)", "class"}, NULL));
  PetscCall(PetscFree(labels));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_kmeans = {.head = {"kmeans", "segmentation of a map into classes of similar value (K-means)",
                                         "physics.md E7; Wang & Song, R Journal 3 (2011) 29", &table},
                                .apply = Apply};
