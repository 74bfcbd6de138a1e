/* Kinematic sums over moments (moments.h) in one precision, which the including file defines: REAL and its complex
 * Point of LANES lanes, and Total of four vectors. */
#include "moments.h"
#include "lanes_transform.h"
#include <vitromech/simd.h>

typedef struct {
  Plan plan[2];
  int grid[2], blocks, row; /* row: distance of the rows of the spectrum in points */
  Point *share;             /* [grid0/2 + 1][grid1/2 + 1][blocks] of Z(k) and of conj Z(-k) */
  Point *spectrum;          /* [grid0][row] along axis 1 */
  Point *work[2];
  REAL (*sum)[4]; /* [grid0][grid1] sum of shares of Z(k), for k and for -k */
} State;

/* psi times the moments of a window, transformed along axis 1. */
VM_SIMD_CLONES static void Rows(State *c, const Point *restrict window, int64_t stride, const double *restrict wave)
{
  const int n = c->grid[1];
  const V zero = {0};

  for (int i = 0; i < c->grid[0]; ++i, window += stride, wave += n) {
    Point *restrict a = c->work[0], *restrict spectrum = c->spectrum + (ptrdiff_t)i * c->row;
    for (int j = 0; j < n; ++j) {
      const V psi = zero + (REAL)wave[j];
      a[j].part[0] = psi * window[j].part[0];
      a[j].part[1] = psi * window[j].part[1];
    }
    memcpy(spectrum, Transform(&c->plan[1], 0, a, c->work[1]), (size_t)n * sizeof *spectrum);
  }
}

/* Transformed along axis 0, and summed over the pairs of block b. */
VM_SIMD_CLONES static void Columns(State *c, int b)
{
  const int n[2] = {c->grid[0], c->grid[1]}, half = n[1] / 2 + 1;

  for (int j = 0; j < n[1]; ++j) {
    Point *restrict a = c->work[0];
    for (int i = 0; i < n[0]; ++i) a[i] = c->spectrum[(ptrdiff_t)i * c->row + j];
    const Point *restrict z = Transform(&c->plan[0], 0, a, c->work[1]);
    const Point *restrict share = c->share + (j < half ? j : n[1] - j) * c->blocks + b;
    for (int i = 0; i < n[0]; ++i) {
      const Point *restrict s = share + (ptrdiff_t)(i <= n[0] / 2 ? i : n[0] - i) * half * c->blocks;
      REAL total[4], *restrict sum = c->sum[(ptrdiff_t)i * n[1] + j];
      const V term[4] = {s->part[0] * z[i].part[0], s->part[0] * z[i].part[1], s->part[1] * z[i].part[0],
                         s->part[1] * z[i].part[1]};
      Total(term, total);
      for (int q = 0; q < 4; ++q) sum[q] = b ? sum[q] + total[q] : total[q];
    }
  }
}

static void Sum(void *state, const void *value, const int64_t grid[2], const int64_t first[2], const double *wave,
                bool imaginary, double complex *amplitude)
{
  State *c = state;
  const int n[2] = {c->grid[0], c->grid[1]};
  const Point *window = (const Point *)value + first[0] * grid[1] + first[1];

  for (int b = 0; b < c->blocks; ++b) {
    Rows(c, window + b * grid[0] * grid[1], grid[1], wave);
    Columns(c, b);
  }
  for (int i = 0; i < n[0]; ++i) {
    const REAL(*here)[4] = (const REAL(*)[4])c->sum + (ptrdiff_t)i * n[1];
    const REAL(*opposite)[4] = (const REAL(*)[4])c->sum + (ptrdiff_t)((n[0] - i) % n[0]) * n[1];
    for (int j = 0; j < n[1]; ++j) {
      const REAL *mirrored = opposite[j ? n[1] - j : 0];
      const double re = here[j][0] + mirrored[2], im = here[j][1] - mirrored[3];
      double *to = (double *)&amplitude[i * n[1] + j];
      to[0] = imaginary ? to[0] - im : re;
      to[1] = imaginary ? to[1] + re : im;
    }
  }
}

static void Fill(const int64_t grid[2], int moment, const double *from, void *value)
{
  const int64_t points = grid[0] * grid[1];
  const int pair = moment / 2, lane = pair % LANES;
  Point *to = (Point *)value + pair / LANES * points;
  for (int64_t i = 0; i < points; ++i) to[i].part[moment % 2][lane] = (REAL)from[i];
}

static void *Create(const int64_t grid[2], int pairs, double scale, const double *coefficient)
{
  State *c = Aligned(sizeof *c);
  memset(c, 0, sizeof *c);
  for (int d = 0; d < 2; ++d) {
    c->grid[d] = (int)grid[d];
    PlanCreate(c->grid[d], &c->plan[d]);
    c->work[d] = Aligned((size_t)PetscMax(grid[0], grid[1]) * sizeof(Point));
  }
  c->blocks = (pairs + LANES - 1) / LANES;
  c->row = c->grid[1] | 1; /* odd: the points of a column then spread over all sets of the cache */
  const int64_t points = (grid[0] / 2 + 1) * (grid[1] / 2 + 1);
  const size_t bytes = (size_t)(points * c->blocks) * sizeof(Point);
  c->share = Aligned(bytes);
  memset(c->share, 0, bytes);
  for (int64_t i = 0; i < points; ++i) {
    for (int q = 0; q < pairs; ++q) {
      const double even = coefficient[2 * (i * pairs + q)], odd = coefficient[2 * (i * pairs + q) + 1];
      Point *share = &c->share[i * c->blocks + q / LANES];
      share->part[0][q % LANES] = (REAL)(0.5 * scale * (even + odd));
      share->part[1][q % LANES] = (REAL)(0.5 * scale * (even - odd));
    }
  }
  c->spectrum = Aligned((size_t)c->row * (size_t)c->grid[0] * sizeof(Point));
  c->sum = Aligned((size_t)(grid[0] * grid[1]) * sizeof *c->sum);
  return c;
}

static void Destroy(void *state)
{
  State *c = state;
  for (int d = 0; d < 2; ++d) {
    PlanDestroy(&c->plan[d]);
    free(c->work[d]);
  }
  free(c->share);
  free(c->spectrum);
  free(c->sum);
  free(c);
}
