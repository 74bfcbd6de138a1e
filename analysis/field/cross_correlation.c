/* Correlation of two maps of one sample, at a point and at a distance, with intervals from whole blocks of the maps. */
#include "jackknife.h"
#include <vitromech/rng.h>
#include <math.h>

enum { REPLICAS = 2000, MOST_BLOCKS = 16 };

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Moments of the points of a block that both maps have. */
typedef struct {
  double n, x, y, xx, yy, xy;
} Moments;

static void AddMoments(const Moments *from, Moments *to)
{
  to->n += from->n;
  to->x += from->x;
  to->y += from->y;
  to->xx += from->xx;
  to->yy += from->yy;
  to->xy += from->xy;
}

static double Pearson(const Moments *m)
{
  const double xx = m->xx - m->x * m->x / m->n, yy = m->yy - m->y * m->y / m->n, xy = m->xy - m->x * m->y / m->n;
  return xx > 1e-24 * m->xx && yy > 1e-24 * m->yy ? xy / sqrt(xx * yy) : NAN;
}

static bool Both(const VmMap *a, const VmMap *b, int64_t i) { return !isnan(a->values[i]) && !isnan(b->values[i]); }

static double MeanOf(const VmMap *map)
{
  double sum = 0.0, n = 0.0;
  for (int64_t i = 0; i < VmMapSize(map); ++i)
    if (!isnan(map->values[i])) {
      sum += map->values[i];
      n += 1.0;
    }
  return n > 0.0 ? sum / n : 0.0;
}

typedef struct {
  double value, error, low, high;
} Estimate;

/* Percentile bootstrap over blocks. */
static PetscErrorCode PearsonEstimate(const VmMap *a, const VmMap *b, Estimate *estimate)
{
  const VmRngKey key = {0, VM_STREAM_BOOTSTRAP};
  const double mean[2] = {MeanOf(a), MeanOf(b)};
  const int nblocks = VmJackknifeBlocks(a);
  Moments blocks[MOST_BLOCKS] = {{0}}, all = {0};
  double *values, sum = 0.0, square = 0.0;
  int filled = 0, count = 0;
  PetscFunctionBegin;
  for (int64_t i = 0; i < VmMapSize(a); ++i) {
    if (!Both(a, b, i)) continue;
    const double x = a->values[i] - mean[0], y = b->values[i] - mean[1];
    const Moments one = {1.0, x, y, x * x, y * y, x * y};
    AddMoments(&one, &blocks[VmJackknifeBlock(a, i)]);
  }
  for (int k = 0; k < nblocks; ++k) {
    AddMoments(&blocks[k], &all);
    if (blocks[k].n > 0.0) blocks[filled++] = blocks[k];
  }
  PetscCall(PetscMalloc1(REPLICAS, &values));
  for (uint64_t r = 0; r < REPLICAS && filled > 1; ++r) {
    Moments drawn = {0};
    for (int k = 0; k < filled; ++k) AddMoments(&blocks[(int)(VmRngUniform(key, r, (uint32_t)k) * filled)], &drawn);
    const double value = Pearson(&drawn);
    if (isnan(value)) continue;
    values[count++] = value;
    const double difference = value - sum;
    sum += difference / count;
    square += difference * (value - sum);
  }
  qsort(values, (size_t)count, sizeof *values, CompareDouble);
  *estimate = (Estimate){all.n > 1.0 ? Pearson(&all) : NAN, NAN, NAN, NAN};
  if (count > REPLICAS / 2) {
    estimate->error = sqrt(square / (count - 1.0));
    estimate->low = values[(int)(0.025 * count)];
    estimate->high = values[(int)(0.975 * count)];
  }
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Class of equal frequency of each value, ties together. */
static PetscErrorCode Ranks(int64_t n, const double *values, int classes, int *class)
{
  double *sorted;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &sorted));
  PetscCall(PetscArraycpy(sorted, values, (size_t)n));
  qsort(sorted, (size_t)n, sizeof *sorted, CompareDouble);
  for (int64_t i = 0; i < n; ++i) {
    int64_t low = 0, high = n;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (sorted[middle] < values[i]) low = middle + 1;
      else high = middle;
    }
    class[i] = (int)(low * classes / n);
  }
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mutual information [nat] from a table of classes of equal frequency, less its mean for independent maps. */
static PetscErrorCode MutualInformation(int64_t n, const double *x, const double *y, double *information)
{
  const int k = (int)PetscMax(2, PetscMin(64, lround(cbrt((double)n))));
  double *table, *row, *column;
  int *class, used[3] = {0, 0, 0};
  PetscFunctionBegin;
  PetscCall(PetscCalloc3((size_t)(k * k), &table, (size_t)k, &row, (size_t)k, &column));
  PetscCall(PetscMalloc1((size_t)(2 * n), &class));
  PetscCall(Ranks(n, x, k, class));
  PetscCall(Ranks(n, y, k, class + n));
  for (int64_t i = 0; i < n; ++i) {
    table[class[i] * k + class[n + i]] += 1.0 / (double)n;
    row[class[i]] += 1.0 / (double)n;
    column[class[n + i]] += 1.0 / (double)n;
  }
  *information = 0.0;
  for (int a = 0; a < k; ++a)
    for (int b = 0; b < k; ++b) {
      const double p = table[a * k + b];
      if (p > 0.0) *information += p * log(p / (row[a] * column[b]));
    }
  for (int a = 0; a < k; ++a) {
    used[0] += row[a] > 0.0;
    used[1] += column[a] > 0.0;
  }
  *information -= 0.5 * (used[0] - 1.0) * (used[1] - 1.0) / (double)n;
  PetscCall(PetscFree(class));
  PetscCall(PetscFree3(table, row, column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* context: the other map; the points that both have */
static PetscErrorCode InformationOfMap(const void *context, const VmMap *map, double *information)
{
  const VmMap *other = context;
  int64_t n = 0;
  double *x, *y;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)VmMapSize(map), &x, (size_t)VmMapSize(map), &y));
  for (int64_t i = 0; i < VmMapSize(map); ++i) {
    if (!Both(map, other, i)) continue;
    x[n] = map->values[i];
    y[n++] = other->values[i];
  }
  *information = NAN;
  if (n > 1) PetscCall(MutualInformation(n, x, y, information));
  PetscCall(PetscFree2(x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The points that both maps have, as a/s + sign b/t, s and t the deviations; NAN elsewhere. */
static void Combine(const VmMap *a, const VmMap *b, const double scale[2], double sign, double *values)
{
  for (int64_t i = 0; i < VmMapSize(a); ++i)
    values[i] = Both(a, b, i) ? a->values[i] / scale[0] + sign * b->values[i] / scale[1] : NAN;
}

typedef struct {
  const VmMap *other;
  int nr;
} Distances;

/* [nr] correlation of one map with the other at a distance, over all pairs of points that both have, either of them in
 * either map. With normalised maps u, v of correlation rho it is ((1 + rho) sigma - (1 - rho) sigma')/2, sigma and
 * sigma' the normalised autocorrelations of u + v and u - v, whose variances are 2 (1 + rho) and 2 (1 - rho). */
static PetscErrorCode CorrelationAt(const Distances *d, const VmMap *map, double *r, double *correlation)
{
  const double mean[2] = {MeanOf(map), MeanOf(d->other)};
  Moments all = {0};
  double *values, *sigma;
  VmMap combined = *map;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)VmMapSize(map), &values, (size_t)d->nr, &sigma));
  for (int64_t i = 0; i < VmMapSize(map); ++i) {
    if (!Both(map, d->other, i)) continue;
    const double x = map->values[i] - mean[0], y = d->other->values[i] - mean[1];
    const Moments one = {1.0, x, y, x * x, y * y, x * y};
    AddMoments(&one, &all);
  }
  const double rho = all.n > 1.0 ? Pearson(&all) : NAN;
  const double scale[2] = {sqrt(all.xx - all.x * all.x / all.n), sqrt(all.yy - all.y * all.y / all.n)};
  combined.values = values;
  for (int s = 0; s < d->nr; ++s) correlation[s] = isnan(rho) ? NAN : 0.0;
  for (double sign = 1.0; sign >= -1.0; sign -= 2.0) {
    const double weight = 0.5 * (1.0 + sign * rho);
    Combine(map, d->other, scale, sign, values);
    PetscCall(VmAutocorrelation(&combined, d->nr, r, sigma));
    for (int s = 0; s < d->nr; ++s)
      if (weight > 1e-12) correlation[s] += sign * weight * sigma[s];
  }
  PetscCall(PetscFree2(values, sigma));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CorrelationOfMap(const void *context, const VmMap *map, double *correlation)
{
  const Distances *d = context;
  double *r;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)d->nr, &r));
  PetscCall(CorrelationAt(d, map, r, correlation));
  PetscCall(PetscFree(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddCorrelation(const VmMap *map, VmStatResult result)
{
  const Distances d = {map->other, VmAutocorrelationShells(map)};
  const int64_t n = d.nr;
  double *r, *correlation, *errors;
  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)n, &r, (size_t)n, &correlation, (size_t)n, &errors));
  PetscCall(CorrelationAt(&d, map, r, correlation));
  PetscCall(VmJackknife(map, d.nr, CorrelationOfMap, &d, errors));
  PetscCall(VmStatResultAdd(result, "r", VM_F64, 1, &n, r,
                            (VmMeta){map->length_unit, "mean distance of the pairs of a shell", "r"}, NULL));
  PetscCall(VmStatResultAdd(result, "correlation", VM_F64, 1, &n, correlation,
                            (VmMeta){"1", "two-point cross-correlation", "r"},
                            "<(a(x) - m_a)(b(x+d) - m_b)>/(s_a s_b) over all pairs in shells of one spacing; r = 0: "
                            "pearson"));
  PetscCall(VmStatResultAdd(result, "correlation_error", VM_F64, 1, &n, errors,
                            (VmMeta){"1", "standard error of correlation (jackknife over blocks of the map)", "r"},
                            NULL));
  PetscCall(PetscFree3(r, correlation, errors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  const int64_t two = 2;
  double information, error;
  Estimate pearson;
  PetscFunctionBegin;
  (void)params;
  PetscCall(PearsonEstimate(map, map->other, &pearson));
  PetscCall(InformationOfMap(map->other, map, &information));
  PetscCall(VmJackknife(map, 1, InformationOfMap, map->other, &error));
  const double interval[2] = {pearson.low, pearson.high};
  PetscCall(VmStatResultEstimate(result, "pearson", pearson.value, pearson.error, "1",
                                 "correlation coefficient of two maps",
                                 "Pearson; standard error by bootstrap over blocks of the maps"));
  PetscCall(VmStatResultAdd(
      result, "pearson_interval", VM_F64, 1, &two, interval, (VmMeta){"1", "95 % interval of pearson", "end"},
      "percentiles of 2000 bootstrap samples of whole blocks (4 x 4 of a map, 2 x 2 x 2 of a field)"));
  PetscCall(
      VmStatResultEstimate(result, "mutual_information", information, error, "1", "mutual information [nat]",
                           "classes of equal frequency, n^(1/3) for each map, less (k-1)(l-1)/2n of independent maps; "
                           "standard error by jackknife over blocks"));
  PetscCall(AddCorrelation(map, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_cross_correlation = {
    .head = {"cross_correlation",
             "correlation of two maps of one sample, at a point and at a distance, and mutual information, with errors",
             "physics.md E11; Künsch, Ann. Statist. 17 (1989) 1217", NULL},
    .two_maps = true,
    .apply = Apply};
