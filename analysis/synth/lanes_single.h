/* Numbers of single precision, eight lanes: what lanes_transform.h, lanes.h and lanes_moments.h ask for. */
#include <stdint.h>

#define REAL float
#define LANES 8

typedef REAL V __attribute__((vector_size(LANES * sizeof(REAL))));
typedef int32_t Mask __attribute__((vector_size(LANES * sizeof(REAL))));
typedef struct {
  V part[2]; /* real, imaginary */
} Point;

/* y[j] of lane i = x[i] of lane j; x and y: distances of their points. */
static inline __attribute__((always_inline)) void Transpose(const Point *restrict from, int x, Point *restrict to,
                                                            int y)
{
  for (int c = 0; c < 2; ++c) {
    V u[8], v[8];
    for (int i = 0; i < 8; i += 2) {
      const V a = from[i * x].part[c], b = from[(i + 1) * x].part[c];
      u[i] = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
      u[i + 1] = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 8; i += 4) {
      for (int j = i; j < i + 2; ++j) {
        v[j] = __builtin_shufflevector(u[j], u[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        v[j + 2] = __builtin_shufflevector(u[j], u[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
      }
    }
    for (int j = 0; j < 4; ++j) {
      to[j * y].part[c] = __builtin_shufflevector(v[j], v[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
      to[(j + 4) * y].part[c] = __builtin_shufflevector(v[j], v[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
  }
}

/* Sums of the lanes of four vectors. */
static inline __attribute__((always_inline)) void Total(const V v[4], REAL sum[4])
{
  const V ab = __builtin_shufflevector(v[0], v[1], 0, 8, 2, 10, 4, 12, 6, 14) +
               __builtin_shufflevector(v[0], v[1], 1, 9, 3, 11, 5, 13, 7, 15);
  const V cd = __builtin_shufflevector(v[2], v[3], 0, 8, 2, 10, 4, 12, 6, 14) +
               __builtin_shufflevector(v[2], v[3], 1, 9, 3, 11, 5, 13, 7, 15);
  const V all = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +
                __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
  for (int i = 0; i < 4; ++i) sum[i] = all[i] + all[i + 4];
}
