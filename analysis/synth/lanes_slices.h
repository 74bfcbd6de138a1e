/* Transmission functions of slices (slices.h) in one precision, which the including file defines: REAL and its complex
 * Point of LANES lanes, Mask, Transpose, and HALF_PI in parts.
 *
 * Fields lie in blocks of LANES rows, so that a line of a block is transformed as it stands; columns become vectors by
 * transposing squares while they are loaded and stored. Of axis 1 only the frequencies are stored that matter. */
#include "slices.h"
#include "lanes_transform.h"
#include "spread.h"
#include <vitromech/simd.h>

/* Kept frequencies of axis 1: 0 ... plus - 1, then the last `minus` ones; filled up to whole vectors. */
typedef struct {
  int plus, minus, count;
} Band;

typedef struct {
  const VmSliceJob *job;
  int grid[2], fine[2], blocks; /* blocks of rows of the fine grid */
  Plan plan[2], fine_plan[2];
  Band potential, wave;
  Point *spread;        /* [blocks][fine1] */
  Point **spectrum;     /* [species] of [blocks][potential.count] */
  Point *slice[2];      /* [blocks][wave.count] */
  V **factor, *edge;    /* [species] of [potential.count/LANES][grid0]; [wave.count/LANES][grid0] */
  Point *work[2], *sum; /* a line */
} State;

static int RoundUp(int n) { return (n + LANES - 1) / LANES * LANES; }

static Band BandOf(int highest)
{
  return (Band){.plus = highest + 1, .minus = highest, .count = RoundUp(2 * highest + 1)};
}

/* Index of kept frequency k on an axis of n points; -1: none. */
static int Place(const Band *band, int k, int n)
{
  return k < band->plus ? k : k < band->plus + band->minus ? n - band->minus + k - band->plus : -1;
}

INLINE void Keep(const Band *band, const Point *restrict line, int n, Point *restrict kept)
{
  memcpy(kept, line, (size_t)band->plus * sizeof *kept);
  memcpy(kept + band->plus, line + n - band->minus, (size_t)band->minus * sizeof *kept);
  memset(kept + band->plus + band->minus, 0, (size_t)(band->count - band->plus - band->minus) * sizeof *kept);
}

INLINE void Unfold(const Band *band, const Point *restrict kept, int n, Point *restrict line)
{
  memcpy(line, kept, (size_t)band->plus * sizeof *line);
  memset(line + band->plus, 0, (size_t)(n - band->plus - band->minus) * sizeof *line);
  memcpy(line + n - band->minus, kept + band->plus, (size_t)band->minus * sizeof *line);
}

/* One atom into part c of the field: whole vectors of rows, unless the window wraps around. */
VM_SIMD_CLONES static void SpreadAtom(State *w, int c, const double place[2])
{
  enum { WIDTH = VM_SPREAD_WIDTH, VECTORS = WIDTH / LANES + 1 };
  REAL weight[2][WIDTH];
  int first[2];

  for (int d = 0; d < 2; ++d) {
    first[d] = (int)ceil(place[d] - 0.5 * WIDTH);
    for (int i = 0; i < WIDTH; ++i) weight[d][i] = (REAL)VmSpreadWindow((first[d] + i - place[d]) * (2.0 / WIDTH));
  }
  if (first[0] >= 0 && first[0] + WIDTH <= w->fine[0]) {
    union {
      V vector[VECTORS];
      REAL lane[VECTORS * LANES];
    } rows = {.lane = {0}};
    for (int i = 0; i < WIDTH; ++i) rows.lane[first[0] % LANES + i] = weight[0][i];
    const int last = PetscMin(VECTORS, w->blocks - first[0] / LANES);
    for (int b = 0; b < last; ++b) {
      Point *line = w->spread + (ptrdiff_t)(first[0] / LANES + b) * w->fine[1];
      for (int j = 0; j < WIDTH; ++j) {
        const int at = first[1] + j;
        line[at < 0             ? at + w->fine[1]
             : at >= w->fine[1] ? at - w->fine[1]
                                : at]
            .part[c] += rows.vector[b] * weight[1][j];
      }
    }
    return;
  }
  for (int i = 0; i < WIDTH; ++i) {
    const int row = (first[0] + i + w->fine[0]) % w->fine[0];
    for (int j = 0; j < WIDTH; ++j) {
      const int at = (first[1] + j + w->fine[1]) % w->fine[1];
      w->spread[(ptrdiff_t)(row / LANES) * w->fine[1] + at].part[c][row % LANES] += weight[0][i] * weight[1][j];
    }
  }
}

/* Atoms of a species in slices q and q + 1, transformed along axis 1. */
VM_SIMD_CLONES static void SpreadSpecies(State *w, int q, int species)
{
  const VmSliceJob *job = w->job;
  const int n = w->fine[1], pair = PetscMin(2, job->count - q);

  memset(w->spread, 0, (size_t)w->blocks * (size_t)n * sizeof *w->spread);
  for (int c = 0; c < pair; ++c) {
    const int64_t list = (int64_t)(q + c) * job->species + species;
    for (int64_t a = job->first[list]; a < job->first[list + 1]; ++a) SpreadAtom(w, c, job->place[a]);
  }
  for (int b = 0; b < w->blocks; ++b) {
    const Point *line = Transform(&w->fine_plan[1], 0, w->spread + (ptrdiff_t)b * n, w->work[0]);
    Keep(&w->potential, line, n, w->spectrum[species] + (ptrdiff_t)b * w->potential.count);
  }
}

INLINE void Load(const Point *field, int blocks, int count, Point *column)
{
  for (int b = 0; b < blocks; ++b) Transpose(field + (ptrdiff_t)b * count, 1, column + b * LANES, 1);
}

INLINE void Store(const Point *column, int blocks, int count, Point *field)
{
  for (int b = 0; b < blocks; ++b) Transpose(column + b * LANES, 1, field + (ptrdiff_t)b * count, 1);
}

/* Index on the fine axis of frequency i of the grid. */
INLINE int Fine(const State *w, int i) { return i <= w->grid[0] / 2 ? i : i - w->grid[0] + w->fine[0]; }

/* LANES columns: forward along axis 0, times the atoms' factors, summed over species, and back; into species 0. */
VM_SIMD_CLONES static void PotentialColumns(State *w, int k)
{
  Point *sum = w->sum;

  memset(sum, 0, (size_t)w->fine[0] * sizeof *sum);
  for (int s = 0; s < w->job->species; ++s) {
    const V *factor = w->factor[s] + (ptrdiff_t)(k / LANES) * w->grid[0];
    Load(w->spectrum[s] + k, w->blocks, w->potential.count, w->work[0]);
    const Point *column = Transform(&w->fine_plan[0], 0, w->work[0], w->work[1]);
    for (int i = 0; i < w->grid[0]; ++i) {
      const int m = Fine(w, i);
      for (int c = 0; c < 2; ++c) sum[m].part[c] += factor[i] * column[m].part[c];
    }
  }
  memcpy(w->work[0], sum, (size_t)w->fine[0] * sizeof *sum);
  Store(Transform(&w->fine_plan[0], 1, w->work[0], w->work[1]), w->blocks, w->potential.count, w->spectrum[0] + k);
}

/* (cos x, sin x): the rest beyond a multiple of pi/2 by Taylor's series, to the precision of REAL. */
INLINE void Turn(const V *x, Point *turn)
{
  static const double sin_series[] = {-1.0 / 6,          1.0 / 120,          -1.0 / 5040,        1.0 / 362880,
                                      -1.0 / 39916800.0, 1.0 / 6227020800.0, -1.0 / 1307674368e3};
  static const double cos_series[] = {-0.5,           1.0 / 24,          -1.0 / 720,           1.0 / 40320,
                                      -1.0 / 3628800, 1.0 / 479001600.0, -1.0 / 87178291200.0, 1.0 / 20922789888e3};
  const REAL magic = (REAL)MAGIC; /* rounds to whole numbers, which then are the lowest bits */
  const V zero = {0}, y = *x * (REAL)(2.0 / VM_PI) + magic, n = y - magic;
  V r = *x, s = zero, c = zero;

  for (int p = 0; p < HALF_PI_PARTS; ++p) r -= n * half_pi[p];
  const V r2 = r * r;
  for (int p = SINE_TERMS - 1; p >= 0; --p) s = (s + (REAL)sin_series[p]) * r2;
  for (int p = COSINE_TERMS - 1; p >= 0; --p) c = (c + (REAL)cos_series[p]) * r2;
  s = r + r * s;
  c = c + (REAL)1.0;
  const Mask quarter = (Mask)y, none = {0}, odd = (quarter & 1) != none;
  const Mask cos_bits = (odd & (Mask)s) | (~odd & (Mask)c), sin_bits = (odd & (Mask)c) | (~odd & (Mask)s);
  const Mask sign = (Mask)-zero;
  turn->part[0] = (V)(cos_bits ^ ((((quarter + 1) & 2) != none) & sign));
  turn->part[1] = (V)(sin_bits ^ (((quarter & 2) != none) & sign));
}

/* A block of rows: phase shifts of both slices back in real space, their waves forward along axis 1. */
VM_SIMD_CLONES static void Exponentiate(State *w, int b)
{
  const int n = w->fine[1];
  Point *phases = w->sum;

  Unfold(&w->potential, w->spectrum[0] + (ptrdiff_t)b * w->potential.count, n, w->work[0]);
  memcpy(phases, Transform(&w->fine_plan[1], 1, w->work[0], w->work[1]), (size_t)n * sizeof *phases);
  for (int c = 0; c < 2; ++c) {
    for (int j = 0; j < n; ++j) Turn(&phases[j].part[c], &w->work[0][j]);
    Keep(&w->wave, Transform(&w->fine_plan[1], 0, w->work[0], w->work[1]), n,
         w->slice[c] + (ptrdiff_t)b * w->wave.count);
  }
}

/* LANES columns of a slice: what lies inside the band limit, back along axis 0 of the tile's grid. */
VM_SIMD_CLONES static void LimitColumns(State *w, Point *slice, int k)
{
  const V *edge = w->edge + (ptrdiff_t)(k / LANES) * w->grid[0];
  Point *limited = w->sum;

  Load(slice + k, w->blocks, w->wave.count, w->work[0]);
  const Point *column = Transform(&w->fine_plan[0], 0, w->work[0], w->work[1]);
  for (int i = 0; i < w->grid[0]; ++i) {
    for (int c = 0; c < 2; ++c) limited[i].part[c] = edge[i] * column[Fine(w, i)].part[c];
  }
  Store(Transform(&w->plan[0], 1, limited, w->work[0]), (w->grid[0] + LANES - 1) / LANES, w->wave.count, slice + k);
}

VM_SIMD_CLONES static void Finish(State *w, const Point *slice, Point *transmission)
{
  const int n = w->grid[1];
  for (int b = 0; b < (w->grid[0] + LANES - 1) / LANES; ++b, transmission += n) {
    Unfold(&w->wave, slice + (ptrdiff_t)b * w->wave.count, n, w->work[0]);
    memcpy(transmission, Transform(&w->plan[1], 1, w->work[0], w->work[1]), (size_t)n * sizeof *transmission);
  }
}

/* Table of a function [grid0][row] of the frequencies in the order in which columns are worked on; symmetric in axis 1
 * if it ends at grid1/2. */
static V *Table(const State *w, const Band *band, const double *function, int row)
{
  const int n = w->grid[1];
  V *table = Aligned((size_t)band->count / LANES * (size_t)w->grid[0] * sizeof *table);
  for (int k = 0; k < band->count; ++k) {
    const int j = Place(band, k, n), at = j > n / 2 && row == n / 2 + 1 ? n - j : j;
    for (int i = 0; i < w->grid[0]; ++i) {
      table[(ptrdiff_t)(k / LANES) * w->grid[0] + i][k % LANES] = j < 0 ? 0 : (REAL)function[(ptrdiff_t)i * row + at];
    }
  }
  return table;
}

static int HighestKept(const VmSliceJob *job)
{
  int highest = 0;
  for (int64_t i = 0; i < job->grid[0]; ++i) {
    for (int j = 0; j < job->grid[1] / 2; ++j) {
      if (job->edge[i * job->grid[1] + j] != 0.0) highest = PetscMax(highest, j);
    }
  }
  return highest;
}

static void Create(const VmSliceJob *job, State *w)
{
  *w = (State){.job = job, .blocks = (int)((job->fine[0] + LANES - 1) / LANES)};
  int longest = 0;
  for (int d = 0; d < 2; ++d) {
    w->grid[d] = (int)job->grid[d];
    w->fine[d] = (int)job->fine[d];
    longest = PetscMax(longest, w->fine[d]);
    PlanCreate(w->grid[d], &w->plan[d]);
    PlanCreate(w->fine[d], &w->fine_plan[d]);
  }
  w->potential = BandOf((w->grid[1] - 1) / 2);
  w->wave = BandOf(HighestKept(job));
  const size_t line = (size_t)RoundUp(longest) * sizeof(Point), blocks = (size_t)w->blocks;
  for (int i = 0; i < 2; ++i) w->work[i] = memset(Aligned(line), 0, line);
  w->sum = memset(Aligned(line), 0, line);
  w->spread = Aligned(blocks * (size_t)w->fine[1] * sizeof(Point));
  w->spectrum = Aligned((size_t)job->species * sizeof *w->spectrum);
  w->factor = Aligned((size_t)job->species * sizeof *w->factor);
  for (int s = 0; s < job->species; ++s) {
    w->spectrum[s] = Aligned(blocks * (size_t)w->potential.count * sizeof(Point));
    w->factor[s] = Table(w, &w->potential, job->factor[s], w->grid[1] / 2 + 1);
  }
  for (int c = 0; c < 2; ++c) w->slice[c] = Aligned(blocks * (size_t)w->wave.count * sizeof(Point));
  w->edge = Table(w, &w->wave, job->edge, w->grid[1]);
}

static void Destroy(State *w)
{
  for (int d = 0; d < 2; ++d) {
    PlanDestroy(&w->plan[d]);
    PlanDestroy(&w->fine_plan[d]);
    free(w->work[d]);
    free(w->slice[d]);
  }
  for (int s = 0; s < w->job->species; ++s) {
    free(w->spectrum[s]);
    free(w->factor[s]);
  }
  free(w->spectrum);
  free(w->factor);
  free(w->edge);
  free(w->spread);
  free(w->sum);
}

static void FillSlices(const VmSliceJob *job, void *transmission)
{
  State w;

  Create(job, &w);
  const ptrdiff_t size = (ptrdiff_t)((w.grid[0] + LANES - 1) / LANES) * w.grid[1];
  for (int q = 0; q < job->count; q += 2) {
    for (int s = 0; s < job->species; ++s) SpreadSpecies(&w, q, s);
    for (int k = 0; k < w.potential.count; k += LANES) PotentialColumns(&w, k);
    for (int b = 0; b < w.blocks; ++b) Exponentiate(&w, b);
    for (int c = 0; c < 2 && q + c < job->count; ++c) {
      for (int k = 0; k < w.wave.count; k += LANES) LimitColumns(&w, w.slice[c], k);
      Finish(&w, w.slice[c], (Point *)transmission + (q + c) * size);
    }
  }
  Destroy(&w);
}
