/* exp(x) that compilers turn into vector code; relative error below 4e-16 for |x| <= 700, clamped beyond. */
#ifndef VM_EXPONENTIAL_H
#define VM_EXPONENTIAL_H

#include <stdint.h>

static inline double VmExp(double x)
{
  union {
    double value;
    uint64_t bits;
  } shifted, power;
  const double bounded = x < -700.0 ? -700.0 : (x > 700.0 ? 700.0 : x);
  const double magic = 0x1.8p52; /* adding it rounds to an integer that stands in the lowest bits */
  shifted.value = bounded * 1.4426950408889634 + magic;
  const double n = shifted.value - magic;
  const double r = (bounded - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33;
  /* 1 + r + r^2 g(r), g by interpolation in Chebyshev's nodes of |r| <= ln 2/2; summed in pairs, a short chain */
  const double r2 = r * r, r4 = r2 * r2;
  const double p0 = (1.0 + r) + (0x1.0000000000001p-1 + 0x1.5555555555556p-3 * r) * r2;
  const double p1 =
      (0x1.5555555553d63p-5 + 0x1.11111111109b3p-7 * r) + (0x1.6c16c1788bd90p-10 + 0x1.a01a01a7c41d5p-13 * r) * r2;
  const double p2 =
      (0x1.a019b90d2ae7ap-16 + 0x1.71de0dae63bb3p-19 * r) + (0x1.289185613a3d6p-22 + 0x1.af38a9b0ec855p-26 * r) * r2;
  const double p = p0 + (p1 + p2 * r4) * r4;
  power.bits = (shifted.bits + 1023) << 52;
  return p * power.value;
}

#endif
