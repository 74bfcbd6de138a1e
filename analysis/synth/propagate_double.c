/* Waves in double precision, four lanes. */
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

#include "lanes.h"

const VmPrecision vm_precision_double = {.name = "double",
                                         .lanes = LANES,
                                         .bytes = 2 * sizeof(REAL),
                                         .create = Create,
                                         .propagate = Propagate,
                                         .fill = Fill,
                                         .destroy = Destroy};
