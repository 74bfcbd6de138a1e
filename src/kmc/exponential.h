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
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  power.bits = (shifted.bits + 1023) << 52;
  return p * power.value;
}

#endif
