/* Transforms of LANES lines at a time: Stockham's, self-sorting, by radices 7, 5, 3, 4 and 2. The including file
 * defines REAL, LANES, the vector V of LANES numbers, and the Point of LANES complex ones. Every operation is written
 * out, so that the bits of a result depend neither on the processor nor on a plan chosen at run time. */
#include <vitromech/base.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { MAX_PASSES = 24, MAX_RADIX = 7, ALIGNMENT = 64 };

typedef struct {
  int length, passes;
  int radix[MAX_PASSES];
  REAL *twiddle[MAX_PASSES]; /* of pass p with radix r, n points left: exp(-2 pi i q k/n), [q < n/r][0 < k < r][2] */
} Plan;

static void *Aligned(size_t bytes)
{
  void *memory = aligned_alloc(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  PetscCheckAbort(memory, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for %zu bytes", bytes);
  return memory;
}

static void PlanCreate(int n, Plan *plan)
{
  static const int radices[] = {7, 5, 3, 4, 2};

  *plan = (Plan){.length = n};
  for (int i = 0, rest = n; i < 5; ++i) {
    const int r = radices[i];
    for (; rest % r == 0; rest /= r) plan->radix[plan->passes++] = r;
  }
  for (int p = 0, left = n; p < plan->passes; left /= plan->radix[p++]) {
    const int r = plan->radix[p], m = left / r;
    REAL *w = plan->twiddle[p] = Aligned(2 * sizeof(REAL) * (size_t)((r - 1) * m));
    for (int q = 0; q < m; ++q) {
      for (int k = 1; k < r; ++k, w += 2) {
        w[0] = (REAL)cos(2.0 * VM_PI * q * k / left);
        w[1] = (REAL)-sin(2.0 * VM_PI * q * k / left);
      }
    }
  }
}

static void PlanDestroy(Plan *plan)
{
  for (int p = 0; p < plan->passes; ++p) free(plan->twiddle[p]);
}

/* y = (re, im) w; `one`: w is 1 */
#define STORE(y, zr, zi, w, one)                                                                                       \
  do {                                                                                                                 \
    (y)->part[re] = (one) ? (zr) : (zr) * (w)[0] - (zi) * (w)[1];                                                      \
    (y)->part[im] = (one) ? (zi) : (zr) * (w)[1] + (zi) * (w)[0];                                                      \
  } while (0)

/* A pass over s interleaved sequences of r m points; re = 1 exchanges real and imaginary parts, which turns a forward
 * transform into a backward one. */
INLINE void Pass4(int m, int s, const REAL *w, bool last, int re, const Point *restrict x, Point *restrict y)
{
  const int im = 1 - re;
  for (int p = 0; p < m; ++p, w += 6) {
    for (int q = 0; q < s; ++q) {
      const Point *restrict a = x + q + s * p, *restrict b = a + s * m, *restrict c = b + s * m,
                            *restrict d = c + s * m;
      Point *restrict to = y + q + 4 * s * p;
      const V ar = a->part[re] + c->part[re], ai = a->part[im] + c->part[im];
      const V br = a->part[re] - c->part[re], bi = a->part[im] - c->part[im];
      const V cr = b->part[re] + d->part[re], ci = b->part[im] + d->part[im];
      const V dr = b->part[re] - d->part[re], di = b->part[im] - d->part[im];
      STORE(to, ar + cr, ai + ci, w, true);
      STORE(to + s, (br + di), (bi - dr), w, last);
      STORE(to + 2 * s, (ar - cr), (ai - ci), w + 2, last);
      STORE(to + 3 * s, (br - di), (bi + dr), w + 4, last);
    }
  }
}

INLINE void Pass2(int m, int s, const REAL *w, bool last, int re, const Point *restrict x, Point *restrict y)
{
  const int im = 1 - re;
  for (int p = 0; p < m; ++p, w += 2) {
    for (int q = 0; q < s; ++q) {
      const Point *restrict a = x + q + s * p, *restrict b = a + s * m;
      Point *restrict to = y + q + 2 * s * p;
      STORE(to, a->part[re] + b->part[re], a->part[im] + b->part[im], w, true);
      STORE(to + s, (a->part[re] - b->part[re]), (a->part[im] - b->part[im]), w, last);
    }
  }
}

static const REAL cosine[MAX_RADIX + 1][MAX_RADIX] = {
    [3] = {1.0, -0.5, -0.5},
    [5] = {1.0, 0.30901699437494742410, -0.80901699437494742410, -0.80901699437494742410, 0.30901699437494742410},
    [7] = {1.0, 0.62348980185873353053, -0.22252093395631440429, -0.90096886790241912624, -0.90096886790241912624,
           -0.22252093395631440429, 0.62348980185873353053}};
static const REAL sine[MAX_RADIX + 1][MAX_RADIX] = {
    [3] = {0.0, 0.86602540378443864676, -0.86602540378443864676},
    [5] = {0.0, 0.95105651629515357212, 0.58778525229247312917, -0.58778525229247312917, -0.95105651629515357212},
    [7] = {0.0, 0.78183148246802980871, 0.97492791218182360702, 0.43388373911755812048, -0.43388373911755812048,
           -0.97492791218182360702, -0.78183148246802980871}};

INLINE void PassOdd(int r, int m, int s, const REAL *w, bool last, int re, const Point *restrict x, Point *restrict y)
{
  const int im = 1 - re, half = (r - 1) / 2;
  for (int p = 0; p < m; ++p, w += 2 * (r - 1)) {
    for (int q = 0; q < s; ++q) {
      const Point *restrict a = x + q + s * p;
      Point *restrict to = y + q + r * s * p;
      V sum[2][MAX_RADIX / 2], difference[2][MAX_RADIX / 2], zr = a->part[re], zi = a->part[im];
      for (int k = 1; k <= half; ++k) {
        const Point *restrict b = a + k * s * m, *restrict c = a + (r - k) * s * m;
        sum[0][k - 1] = b->part[re] + c->part[re];
        sum[1][k - 1] = b->part[im] + c->part[im];
        difference[0][k - 1] = b->part[re] - c->part[re];
        difference[1][k - 1] = b->part[im] - c->part[im];
        zr += sum[0][k - 1];
        zi += sum[1][k - 1];
      }
      STORE(to, zr, zi, w, true);
      for (int j = 1; j <= half; ++j) {
        V tr = a->part[re], ti = a->part[im];
        V ur = sine[r][j] * difference[0][0], ui = sine[r][j] * difference[1][0];
        for (int k = 1; k <= half; ++k) {
          tr += cosine[r][j * k % r] * sum[0][k - 1];
          ti += cosine[r][j * k % r] * sum[1][k - 1];
          if (k == 1) continue;
          ur += sine[r][j * k % r] * difference[0][k - 1];
          ui += sine[r][j * k % r] * difference[1][k - 1];
        }
        STORE(to + j * s, (tr + ui), (ti - ur), w + 2 * (j - 1), last);
        STORE(to + (r - j) * s, (tr - ui), (ti + ur), w + 2 * (r - j - 1), last);
      }
    }
  }
}

/* Transforms a, with room in b; the result is in one of the two. */
INLINE Point *Transform(const Plan *plan, int re, Point *a, Point *b)
{
  int s = 1, m = plan->length;
  for (int p = 0; p < plan->passes; ++p) {
    const int r = plan->radix[p];
    const REAL *w = plan->twiddle[p];
    m /= r;
    if (r == 4 && m > 1) Pass4(m, s, w, false, re, a, b);
    else if (r == 4) Pass4(1, s, w, true, re, a, b);
    else if (r == 3) PassOdd(3, m, s, w, false, re, a, b);
    else if (r == 2) Pass2(m, s, w, false, re, a, b);
    else if (r == 5) PassOdd(5, m, s, w, false, re, a, b);
    else PassOdd(7, m, s, w, false, re, a, b);
    s *= r;
    Point *other = a;
    a = b;
    b = other;
  }
  return a;
}
