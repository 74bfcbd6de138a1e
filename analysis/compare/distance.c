#include "distance.h"

#include <vitromech/probability.h>
#include <vitromech/rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REPLICATES = 999, LEAST_BLOCKS = 6 };

/* Lag along one axis at which the autocorrelation of a map falls below 1/e. */
static double Lag(const VmMapView *m, int axis)
{
  const int64_t stride = axis == 0 ? m->n[1] : 1;
  double mean = 0.0, zero = 0.0, count = 0.0, last = 1.0;
  for (int64_t i = 0; i < m->n[0] * m->n[1]; ++i)
    if (isfinite(m->values[i])) mean += m->values[i], count += 1.0;
  mean /= fmax(count, 1.0);
  for (int64_t lag = 0; lag < m->n[axis] / 2; ++lag) {
    double sum = 0.0, pairs = 0.0;
    for (int64_t i = 0; i < m->n[0]; ++i) {
      for (int64_t j = 0; j < m->n[1]; ++j) {
        const int64_t at = i * m->n[1] + j;
        if ((axis == 0 ? i : j) + lag >= m->n[axis]) continue;
        const double x = m->values[at] - mean, y = m->values[at + lag * stride] - mean;
        if (isfinite(x) && isfinite(y)) sum += x * y, pairs += 1.0;
      }
    }
    sum /= fmax(pairs, 1.0);
    if (lag == 0) zero = sum;
    if (!(zero > 0.0)) return 1.0;
    const double r = sum / zero;
    if (r < exp(-1.0)) return (double)lag - 1.0 + (last - exp(-1.0)) / (last - r);
    last = r;
  }
  return 0.5 * (double)m->n[axis];
}

static int64_t BlockEdge(const VmMapView *m)
{
  const int64_t shortest = m->n[0] < m->n[1] ? m->n[0] : m->n[1];
  const double lag = fmax(Lag(m, 0), Lag(m, 1));
  const int64_t edge = (int64_t)ceil(4.0 * lag), most = shortest / 4 > 1 ? shortest / 4 : 1;
  return edge < 1 ? 1 : edge < most ? edge : most;
}

/* The values of both maps in order, each with its block: those of a first, then those of b. */
typedef struct {
  double value;
  int64_t block;
} Entry;

typedef struct {
  int64_t count, blocks[2];
  Entry *entries;
  double scale;    /* standard deviation of all values */
  double *weights; /* [2][blocks of both] how often a block stands for map a, for map b */
} Pool;

static int ByValue(const void *a, const void *b)
{
  const double x = ((const Entry *)a)->value, y = ((const Entry *)b)->value;
  return (x > y) - (x < y);
}

static void AddMap(Pool *pool, const VmMapView *m, int64_t edge, int side)
{
  const int64_t across = (m->n[1] + edge - 1) / edge, first = side ? pool->blocks[0] : 0;
  pool->blocks[side] = (m->n[0] + edge - 1) / edge * across;
  for (int64_t i = 0; i < m->n[0] * m->n[1]; ++i) {
    if (!isfinite(m->values[i])) continue;
    const int64_t block = i / m->n[1] / edge * across + i % m->n[1] / edge;
    pool->entries[pool->count++] = (Entry){m->values[i], first + block};
  }
}

/* Both distances for the present weights of the blocks. */
static void Measure(const Pool *pool, double *largest, double *area)
{
  const int64_t all = pool->blocks[0] + pool->blocks[1];
  double total[2] = {0.0, 0.0}, sum[2] = {0.0, 0.0};
  *largest = *area = 0.0;
  for (int64_t i = 0; i < pool->count; ++i)
    for (int s = 0; s < 2; ++s) total[s] += pool->weights[s * all + pool->entries[i].block];
  if (!(total[0] > 0.0 && total[1] > 0.0)) return;
  for (int64_t i = 0; i + 1 < pool->count; ++i) {
    const double step = pool->entries[i + 1].value - pool->entries[i].value;
    for (int s = 0; s < 2; ++s) sum[s] += pool->weights[s * all + pool->entries[i].block];
    const double gap = fabs(sum[0] / total[0] - sum[1] / total[1]);
    if (step > 0.0) *largest = fmax(*largest, gap);
    *area += gap * step;
  }
  if (pool->scale > 0.0) *area /= pool->scale;
}

static void EachInItsMap(Pool *pool)
{
  const int64_t all = pool->blocks[0] + pool->blocks[1];
  for (int64_t k = 0; k < all; ++k) {
    pool->weights[k] = k < pool->blocks[0];
    pool->weights[all + k] = k >= pool->blocks[0];
  }
}

/* Draws the blocks of each map with replacement. */
static void Resample(Pool *pool, VmRngKey key, int64_t replicate)
{
  const int64_t all = pool->blocks[0] + pool->blocks[1];
  memset(pool->weights, 0, 2 * (size_t)all * sizeof *pool->weights);
  for (int64_t k = 0; k < all; ++k) {
    const int side = k >= pool->blocks[0];
    const double u = VmRngUniform(key, (uint64_t)(2 * replicate), (uint32_t)k);
    pool->weights[side * all + (side ? pool->blocks[0] : 0) + (int64_t)(u * (double)pool->blocks[side])] += 1.0;
  }
}

/* Deals the blocks of both maps out anew (Fisher-Yates on `order`). */
static void Deal(Pool *pool, VmRngKey key, int64_t replicate, int64_t *order)
{
  const int64_t all = pool->blocks[0] + pool->blocks[1];
  for (int64_t k = 0; k < all; ++k) order[k] = k;
  for (int64_t k = all - 1; k > 0; --k) {
    const double u = VmRngUniform(key, (uint64_t)(2 * replicate + 1), (uint32_t)k);
    const int64_t other = (int64_t)(u * (double)(k + 1)), swap = order[k];
    order[k] = order[other], order[other] = swap;
  }
  for (int64_t k = 0; k < all; ++k) {
    pool->weights[order[k]] = k < pool->blocks[0];
    pool->weights[all + order[k]] = k >= pool->blocks[0];
  }
}

static int Ascending(const void *a, const void *b)
{
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* The reflected bootstrap interval: a resampled distance is larger than that of the maps by about as much as that of
 * the maps is larger than the one between what they are samples of. */
static void Interval(double *replicates, VmDistance *distance)
{
  qsort(replicates, REPLICATES, sizeof *replicates, Ascending);
  const double low = replicates[(int)(0.025 * (REPLICATES + 1)) - 1];
  const double high = replicates[(int)(0.975 * (REPLICATES + 1)) - 1];
  distance->low = fmax(2.0 * distance->value - high, 0.0);
  distance->high = fmax(2.0 * distance->value - low, distance->value);
}

static PetscErrorCode Replicate(Pool *pool, uint64_t seed, VmMapDistance *d)
{
  const VmRngKey key = {.seed = seed, .stream = VM_STREAM_BOOTSTRAP};
  double *ks, *area, largest[2];
  int64_t *order, above[2] = {0, 0};
  PetscFunctionBegin;
  PetscCall(PetscMalloc3(REPLICATES, &ks, REPLICATES, &area, (size_t)(pool->blocks[0] + pool->blocks[1]), &order));
  for (int64_t r = 0; r < REPLICATES; ++r) {
    Resample(pool, key, r);
    Measure(pool, &ks[r], &area[r]);
    Deal(pool, key, r, order);
    Measure(pool, &largest[0], &largest[1]);
    above[0] += largest[0] >= d->kolmogorov_smirnov.value * (1.0 - 1e-12);
    above[1] += largest[1] >= d->wasserstein.value * (1.0 - 1e-12);
  }
  Interval(ks, &d->kolmogorov_smirnov);
  Interval(area, &d->wasserstein);
  d->kolmogorov_smirnov.probability = (1.0 + (double)above[0]) / (REPLICATES + 1.0);
  d->wasserstein.probability = (1.0 + (double)above[1]) / (REPLICATES + 1.0);
  PetscCall(PetscFree3(ks, area, order));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Deviation(const Pool *pool)
{
  double sum = 0.0, square = 0.0;
  for (int64_t i = 0; i < pool->count; ++i) sum += pool->entries[i].value;
  const double mean = sum / (double)pool->count;
  for (int64_t i = 0; i < pool->count; ++i) square += pow(pool->entries[i].value - mean, 2);
  return sqrt(square / (double)pool->count);
}

PetscErrorCode VmMapDistances(const VmMapView *a, const VmMapView *b, uint64_t seed, VmMapDistance *distance)
{
  const VmDistance unknown = {NAN, NAN, NAN, NAN};
  const size_t room = (size_t)(a->n[0] * a->n[1] + b->n[0] * b->n[1]);
  Pool pool = {0};
  PetscFunctionBegin;
  *distance = (VmMapDistance){.kolmogorov_smirnov = unknown, .wasserstein = unknown};
  PetscCall(PetscMalloc2(room, &pool.entries, 2 * room, &pool.weights));
  AddMap(&pool, a, BlockEdge(a), 0);
  const int64_t from_a = pool.count;
  AddMap(&pool, b, BlockEdge(b), 1);
  distance->blocks[0] = pool.blocks[0], distance->blocks[1] = pool.blocks[1];
  if (from_a > 0 && pool.count > from_a) {
    qsort(pool.entries, (size_t)pool.count, sizeof *pool.entries, ByValue);
    pool.scale = Deviation(&pool);
    EachInItsMap(&pool);
    Measure(&pool, &distance->kolmogorov_smirnov.value, &distance->wasserstein.value);
    if (pool.blocks[0] >= LEAST_BLOCKS && pool.blocks[1] >= LEAST_BLOCKS) PetscCall(Replicate(&pool, seed, distance));
  }
  PetscCall(PetscFree2(pool.entries, pool.weights));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmCurveChiSquare(int64_t n, const double *a, const double *ea, const double *b, const double *eb, VmDistance *chi,
                      int64_t *points)
{
  double sum = 0.0, square = 0.0, spread = 0.0, product = 0.0, last = NAN;
  *chi = (VmDistance){NAN, NAN, NAN, NAN};
  *points = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double z = (a[i] - b[i]) / hypot(ea[i], eb[i]);
    if (!isfinite(z)) continue;
    sum += z, square += z * z;
    ++*points;
  }
  if (*points == 0) return;
  const double count = (double)*points, mean = sum / count;
  for (int64_t i = 0; i < n; ++i) {
    const double z = (a[i] - b[i]) / hypot(ea[i], eb[i]) - mean;
    if (!isfinite(z)) continue;
    spread += z * z;
    if (isfinite(last)) product += z * last;
    last = z;
  }
  const double r = spread > 0.0 ? fmin(fmax(product / spread, 0.0), 0.95) : 0.0;
  const double independent = fmax(count * (1.0 - r) / (1.0 + r), 1.0);
  chi->value = square / count;
  chi->probability = VmChiSquareTail(chi->value * independent, independent);
}
