/* Numbers of double precision, four lanes: what lanes_transform.h, lanes.h and lanes_moments.h ask for. */
#include <stdint.h>

#define REAL double
#define LANES 4

typedef REAL V __attribute__((vector_size(LANES * sizeof(REAL))));
typedef int64_t Mask __attribute__((vector_size(LANES * sizeof(REAL))));
typedef struct {
  V part[2]; /* real, imaginary */
} Point;

/* y[j] of lane i = x[i] of lane j; x and y: distances of their points. */
static inline __attribute__((always_inline)) void Transpose(const Point *restrict from, int x, Point *restrict to,
                                                            int y)
{
  for (int c = 0; c < 2; ++c) {
    V u[4];
    for (int i = 0; i < 4; i += 2) {
      const V a = from[i * x].part[c], b = from[(i + 1) * x].part[c];
      u[i] = __builtin_shufflevector(a, b, 0, 4, 2, 6);
      u[i + 1] = __builtin_shufflevector(a, b, 1, 5, 3, 7);
    }
    for (int j = 0; j < 2; ++j) {
      to[j * y].part[c] = __builtin_shufflevector(u[j], u[j + 2], 0, 1, 4, 5);
      to[(j + 2) * y].part[c] = __builtin_shufflevector(u[j], u[j + 2], 2, 3, 6, 7);
    }
  }
}

/* Sums of the lanes of four vectors. */
static inline __attribute__((always_inline)) void Total(const V v[4], REAL sum[4])
{
  const V ab = __builtin_shufflevector(v[0], v[1], 0, 4, 2, 6) + __builtin_shufflevector(v[0], v[1], 1, 5, 3, 7);
  const V cd = __builtin_shufflevector(v[2], v[3], 0, 4, 2, 6) + __builtin_shufflevector(v[2], v[3], 1, 5, 3, 7);
  const V all = __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  for (int i = 0; i < 4; ++i) sum[i] = all[i];
}
