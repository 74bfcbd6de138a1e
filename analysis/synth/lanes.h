/* Waves between slices (propagate.h) in one precision, which the including file defines: REAL and its complex Point of
 * LANES lanes, Mask, and Transpose of a square of LANES x LANES points.
 *
 * Columns of the wave are vectors as they stand; rows become vectors by transposing squares while they are loaded and
 * stored. Only frequencies of axis 1 inside the band limit are kept between the two. */
#include "propagate.h"
#include "lanes_transform.h"
#include <vitromech/simd.h>

typedef struct {
  Plan plan[2];
  int grid[2];
  int blocks, row; /* kept blocks of LANES frequencies of axis 1; distance of the rows of the spectrum in points */
  int *block;
  REAL *height;    /* [grid0] modulus of the frequency of axis 0 */
  REAL *factor[2]; /* propagator: [grid0][2] and, as points, [blocks] with the 1/points of the transforms */
  Point *limit;    /* [blocks] frequencies of axis 0 up to part[0] are inside the band limit */
  Point *spectrum; /* [grid0][row] along axis 1 */
  Point *work[2];
} State;

/* LANES rows: back to real space along axis 1, through the slice t, forward again. */
VM_SIMD_CLONES static void Rows(State *c, Point *restrict spectrum, const Point *restrict t)
{
  Point *a = c->work[0], *b = c->work[1];
  const int n = c->grid[1];

  if (c->blocks * LANES < n) memset(a, 0, (size_t)n * sizeof(Point));
  for (int k = 0; k < c->blocks; ++k) Transpose(spectrum + k, c->row, a + c->block[k] * LANES, 1);
  Point *restrict wave = Transform(&c->plan[1], 1, a, b);
  for (int j = 0; j < n; ++j) {
    const V re = wave[j].part[0], im = wave[j].part[1];
    wave[j].part[0] = re * t[j].part[0] - im * t[j].part[1];
    wave[j].part[1] = re * t[j].part[1] + im * t[j].part[0];
  }
  const Point *result = Transform(&c->plan[1], 0, wave, wave == a ? b : a);
  for (int k = 0; k < c->blocks; ++k) Transpose(result + c->block[k] * LANES, 1, spectrum + k, c->row);
}

/* Block k of columns: forward along axis 0, on to the plane of the next slice, back. */
VM_SIMD_CLONES static void Columns(State *c, int k)
{
  Point *a = c->work[0], *b = c->work[1], *restrict spectrum = c->spectrum + k;
  const int n = c->grid[0];
  const V yr = ((const Point *)c->factor[1])[k].part[0], yi = ((const Point *)c->factor[1])[k].part[1];
  const V limit = c->limit[k].part[0], zero = {0};

  for (int i = 0; i < n; ++i) a[i] = spectrum[(ptrdiff_t)i * c->row];
  Point *restrict wave = Transform(&c->plan[0], 0, a, b);
  for (int i = 0; i < n; ++i) {
    const REAL xr = c->factor[0][2 * i], xi = c->factor[0][2 * i + 1];
    const V fr = yr * xr - yi * xi, fi = yr * xi + yi * xr;
    const V re = wave[i].part[0], im = wave[i].part[1], height = zero + c->height[i];
    wave[i].part[0] = (V)((Mask)(re * fr - im * fi) & (height <= limit));
    wave[i].part[1] = (V)((Mask)(re * fi + im * fr) & (height <= limit));
  }
  const Point *result = Transform(&c->plan[0], 1, wave, wave == a ? b : a);
  for (int i = 0; i < n; ++i) spectrum[(ptrdiff_t)i * c->row] = result[i];
}

/* Block k of columns of a spectrum, back along axis 0. */
VM_SIMD_CLONES static void Enter(State *c, int k, const double complex *wave)
{
  Point *a = c->work[0], *spectrum = c->spectrum + k;
  const double(*from)[2] = (const double(*)[2])(wave + c->block[k] * LANES);

  for (int i = 0; i < c->grid[0]; ++i, from += c->grid[1]) {
    for (int l = 0; l < LANES; ++l) {
      const bool inside = c->height[i] <= c->limit[k].part[0][l];
      a[i].part[0][l] = inside ? (REAL)from[l][0] : 0;
      a[i].part[1][l] = inside ? (REAL)from[l][1] : 0;
    }
  }
  const Point *result = Transform(&c->plan[0], 1, a, c->work[1]);
  for (int i = 0; i < c->grid[0]; ++i) spectrum[(ptrdiff_t)i * c->row] = result[i];
}

/* The way back. */
VM_SIMD_CLONES static void Leave(State *c, int k, double complex *wave)
{
  Point *a = c->work[0], *spectrum = c->spectrum + k;
  double(*to)[2] = (double(*)[2])(wave + c->block[k] * LANES);
  const double scale = 1.0 / ((double)c->grid[0] * c->grid[1]);

  for (int i = 0; i < c->grid[0]; ++i) a[i] = spectrum[(ptrdiff_t)i * c->row];
  const Point *result = Transform(&c->plan[0], 0, a, c->work[1]);
  for (int i = 0; i < c->grid[0]; ++i, to += c->grid[1]) {
    for (int l = 0; l < LANES; ++l) {
      const bool inside = c->height[i] <= c->limit[k].part[0][l];
      to[l][0] = inside ? scale * (double)result[i].part[0][l] : 0.0;
      to[l][1] = inside ? scale * (double)result[i].part[1][l] : 0.0;
    }
  }
}

static void Propagate(void *state, const VmTransmission *t, const int64_t first[2], int count, double complex *wave)
{
  State *c = state;
  const int64_t slice = VmTransmissionBlocks(t->grid, LANES) * t->grid[1];
  const Point *start = (const Point *)t->value + first[0] / LANES * t->grid[1] + first[1];

  for (int k = 0; k < c->blocks; ++k) Enter(c, k, wave);
  for (int q = 0; q < count; ++q) {
    for (int k = 0; k < c->blocks && q; ++k) Columns(c, k);
    for (int i = 0; i < c->grid[0]; i += LANES) {
      Rows(c, c->spectrum + (ptrdiff_t)i * c->row, start + q % t->count * slice + i / LANES * t->grid[1]);
    }
  }
  memset(wave, 0, (size_t)(c->grid[0] * c->grid[1]) * sizeof *wave);
  for (int k = 0; k < c->blocks; ++k) Leave(c, k, wave);
}

static void Fill(const int64_t grid[2], const fftw_complex *value, int slice, void *transmission)
{
  const int64_t blocks = VmTransmissionBlocks(grid, LANES);
  Point *to = (Point *)transmission + slice * blocks * grid[1];

  for (int64_t i = 0; i < blocks * LANES; ++i) {
    Point *row = to + i / LANES * grid[1];
    for (int64_t j = 0; j < grid[1]; ++j) {
      const double complex t = i < grid[0] ? value[i * grid[1] + j] : 0.0;
      row[j].part[0][i % LANES] = (REAL)creal(t);
      row[j].part[1][i % LANES] = (REAL)cimag(t);
    }
  }
}

/* Highest frequency of axis 0 inside the band limit beside frequency j of axis 1; -1: none. */
static int Highest(const VmPropagation *p, int64_t j)
{
  int highest = -1;
  while (highest < p->grid[0] / 2 && VmPropagationInside(p, highest + 1, j)) ++highest;
  return highest;
}

static void Bands(const VmPropagation *p, State *c)
{
  c->block = Aligned((size_t)(c->grid[1] / LANES) * sizeof *c->block);
  c->limit = Aligned((size_t)(c->grid[1] / LANES) * sizeof *c->limit);
  for (int b = 0; b < c->grid[1] / LANES; ++b) {
    int most = -1;
    for (int l = 0; l < LANES; ++l) {
      const int highest = Highest(p, b * LANES + l);
      c->limit[c->blocks].part[0][l] = (REAL)highest;
      most = highest > most ? highest : most;
    }
    if (most >= 0) c->block[c->blocks++] = b;
  }
  c->row = c->blocks | 1; /* odd: the points of a column then spread over all sets of the cache */
}

static void *Create(const VmPropagation *p, double distance)
{
  State *c = Aligned(sizeof *c);
  memset(c, 0, sizeof *c);
  for (int d = 0; d < 2; ++d) {
    c->grid[d] = (int)p->grid[d];
    PlanCreate(c->grid[d], &c->plan[d]);
    c->work[d] = Aligned((size_t)(p->grid[0] > p->grid[1] ? p->grid[0] : p->grid[1]) * sizeof(Point));
  }
  Bands(p, c);
  c->height = Aligned((size_t)c->grid[0] * sizeof(REAL));
  c->factor[0] = Aligned(2 * (size_t)c->grid[0] * sizeof(REAL));
  c->factor[1] = Aligned((size_t)c->blocks * sizeof(Point));
  c->spectrum = Aligned((size_t)c->row * (size_t)c->grid[0] * sizeof(Point));
  for (int i = 0; i < c->grid[0]; ++i) {
    const double complex factor = VmPropagationPhase(p, distance, 0, i);
    c->height[i] = (REAL)(i <= c->grid[0] / 2 ? i : c->grid[0] - i);
    c->factor[0][2 * i] = (REAL)creal(factor);
    c->factor[0][2 * i + 1] = (REAL)cimag(factor);
  }
  for (int j = 0; j < c->blocks * LANES; ++j) {
    const double complex factor =
        VmPropagationPhase(p, distance, 1, c->block[j / LANES] * LANES + j % LANES) / ((double)c->grid[0] * c->grid[1]);
    ((Point *)c->factor[1])[j / LANES].part[0][j % LANES] = (REAL)creal(factor);
    ((Point *)c->factor[1])[j / LANES].part[1][j % LANES] = (REAL)cimag(factor);
  }
  return c;
}

static void Destroy(void *state)
{
  State *c = state;
  for (int d = 0; d < 2; ++d) {
    PlanDestroy(&c->plan[d]);
    free(c->factor[d]);
    free(c->work[d]);
  }
  free(c->block);
  free(c->limit);
  free(c->height);
  free(c->spectrum);
  free(c);
}
