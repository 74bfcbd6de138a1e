/* exp(x) in scalars and vectors, to the same bits; relative error below 4e-16 for |x| <= 700, clamped beyond. */
#ifndef VM_EXPONENTIAL_H
#define VM_EXPONENTIAL_H

#include <stdint.h>

/* x = n ln 2 + r; `shifted` holds n in its lowest bits, as adding 3/2 2^52 rounds to an integer.
 * exp r = 1 + r + r^2 g(r), g by interpolation in Chebyshev's nodes of |r| <= ln 2/2; summed in pairs, a short chain.
 */
#define VM_EXP_REDUCE(type, x, shifted, r)                                                                             \
  const type shifted = (x)*1.4426950408889634 + 0x1.8p52, whole_##r = shifted - 0x1.8p52;                              \
  const type r = ((x)-whole_##r * 0x1.62e42fee00000p-1) - whole_##r * 0x1.a39ef35793c76p-33
#define VM_EXP_SUM(type, r, sum)                                                                                       \
  const type r2_##r = r * r, r4_##r = r2_##r * r2_##r;                                                                 \
  const type p0_##r = (1.0 + r) + (0x1.0000000000001p-1 + 0x1.5555555555556p-3 * r) * r2_##r;                          \
  const type p1_##r = (0x1.5555555553d63p-5 + 0x1.11111111109b3p-7 * r) +                                              \
                      (0x1.6c16c1788bd90p-10 + 0x1.a01a01a7c41d5p-13 * r) * r2_##r;                                    \
  const type p2_##r = (0x1.a019b90d2ae7ap-16 + 0x1.71de0dae63bb3p-19 * r) +                                            \
                      (0x1.289185613a3d6p-22 + 0x1.af38a9b0ec855p-26 * r) * r2_##r;                                    \
  const type sum = p0_##r + (p1_##r + p2_##r * r4_##r) * r4_##r

static inline double VmExp(double x)
{
  union {
    double value;
    uint64_t bits;
  } power;
  const double bounded = x < -700.0 ? -700.0 : (x > 700.0 ? 700.0 : x);
  VM_EXP_REDUCE(double, bounded, shifted, r);
  VM_EXP_SUM(double, r, sum);
  power.value = shifted;
  power.bits = (power.bits + 1023) << 52;
  return sum * power.value;
}

/* Vectors of 4; without AVX compilers make them of two halves. They are handed over by address, as what holds them in
 * registers differs between instruction sets. */
enum { VM_LANES = 4 };
typedef double VmLanes __attribute__((vector_size(32)));
typedef int64_t VmLaneMask __attribute__((vector_size(32)));

/* a where the mask is set, else b. */
#define VM_LANE_SELECT(mask, a, b) ((VmLanes)(((mask) & (VmLaneMask)(a)) | (~(mask) & (VmLaneMask)(b))))

static inline __attribute__((always_inline)) void VmExpLanes(const VmLanes *x, VmLanes *exponential)
{
  const VmLanes least = {-700.0, -700.0, -700.0, -700.0}, most = -least;
  const VmLanes above = VM_LANE_SELECT(*x < least, least, *x), bounded = VM_LANE_SELECT(above > most, most, above);
  VM_EXP_REDUCE(VmLanes, bounded, shifted, r);
  VM_EXP_SUM(VmLanes, r, sum);
  *exponential = sum * (VmLanes)(((VmLaneMask)shifted + 1023) << 52);
}

#endif
