/* exp(x), relative error below 4e-16 for |x| <= 700, clamped beyond; and a fast one in vectors of floats for bounds. */
#ifndef VM_EXPONENTIAL_H
#define VM_EXPONENTIAL_H

#include <stdint.h>

/* x = n ln 2 + r; `shifted` holds n in its lowest bits, as adding 3/2 2^52 rounds to an integer.
 * exp r = 1 + r + r^2 g(r), g by interpolation in Chebyshev's nodes of |r| <= ln 2/2; summed in pairs, a short chain.
 */
static inline double VmExp(double x)
{
  union {
    double value;
    uint64_t bits;
  } power;
  const double bounded = x < -700.0 ? -700.0 : (x > 700.0 ? 700.0 : x);
  const double shifted = bounded * 1.4426950408889634 + 0x1.8p52, whole = shifted - 0x1.8p52;
  const double r = (bounded - whole * 0x1.62e42fee00000p-1) - whole * 0x1.a39ef35793c76p-33;
  const double r2 = r * r, r4 = r2 * r2;
  const double p0 = (1.0 + r) + (0x1.0000000000001p-1 + 0x1.5555555555556p-3 * r) * r2;
  const double p1 =
      (0x1.5555555553d63p-5 + 0x1.11111111109b3p-7 * r) + (0x1.6c16c1788bd90p-10 + 0x1.a01a01a7c41d5p-13 * r) * r2;
  const double p2 =
      (0x1.a019b90d2ae7ap-16 + 0x1.71de0dae63bb3p-19 * r) + (0x1.289185613a3d6p-22 + 0x1.af38a9b0ec855p-26 * r) * r2;
  power.value = shifted;
  power.bits = (power.bits + 1023) << 52;
  return (p0 + (p1 + p2 * r4) * r4) * power.value;
}

/* Vectors of 4 and 8 floats; without AVX compilers make those of 8 of two halves. */
enum { VM_LANES = 4 };
typedef float VmFour __attribute__((vector_size(16)));
typedef int32_t VmFourMask __attribute__((vector_size(16)));
typedef float VmEight __attribute__((vector_size(32)));
typedef int32_t VmEightMask __attribute__((vector_size(32)));

/* The same in memory, at any place of an array. */
typedef float VmFourStored __attribute__((vector_size(16), aligned(4), may_alias));
typedef float VmEightStored __attribute__((vector_size(32), aligned(4), may_alias));
#define VM_LANE_LOAD(type, place) ((type) * (const type##Stored *)(place))
#define VM_LANE_STORE(type, place, lanes) (*(type##Stored *)(place) = (lanes))

/* a where the mask is set, else b. */
#define VM_LANE_SELECT(type, mask, a, b) ((type)(((mask) & (type##Mask)(a)) | (~(mask) & (type##Mask)(b))))

/* exp(x) for x in [-80, 0], clamped below; Taylor's sum to r^6: relative error below 4e-7 with the rounding. */
#define VM_EXP_LANES(type, x, exponential)                                                                             \
  do {                                                                                                                 \
    const type least = (type){0.0f} - 80.0f, bounded = VM_LANE_SELECT(type, (x) < least, least, x);                    \
    const type shifted = bounded * 0x1.715476p+0f + 0x1.8p23f, whole = shifted - 0x1.8p23f;                            \
    const type r = (bounded - whole * 0x1.62e4p-1f) - whole * 0x1.7f7d1cp-20f, r2 = r * r;                             \
    const type upper = (0x1.555556p-5f + 0x1.111112p-7f * r) + 0x1.6c16c2p-10f * r2;                                   \
    const type series = (1.0f + r) + ((0.5f + 0x1.555556p-3f * r) + upper * r2) * r2;                                  \
    exponential = series * (type)(((type##Mask)shifted + 127) << 23);                                                  \
  } while (0)

#endif
