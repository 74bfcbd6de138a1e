#include <vitromech/rng.h>

#include <math.h>
#include <Random123/philox.h>

void VmRngWords(VmRngKey key, uint64_t cell, uint32_t draw, uint32_t words[4])
{
  const philox4x32_ctr_t counter = {{(uint32_t)cell, (uint32_t)(cell >> 32), draw, key.stream}};
  const philox4x32_key_t seed = {{(uint32_t)key.seed, (uint32_t)(key.seed >> 32)}};
  const philox4x32_ctr_t r = philox4x32(counter, seed);
  for (int i = 0; i < 4; ++i) words[i] = r.v[i];
}

/* Odd multiples of 2^-53: neither 0 nor 1 can occur. */
static double OpenUniform(uint32_t high, uint32_t low)
{
  const uint64_t bits = ((uint64_t)high << 32 | low) >> 12;
  return (double)(2 * bits + 1) * 0x1p-53;
}

void VmRngUniform2(VmRngKey key, uint64_t cell, uint32_t draw, double u[2])
{
  uint32_t w[4];
  VmRngWords(key, cell, draw, w);
  u[0] = OpenUniform(w[0], w[1]);
  u[1] = OpenUniform(w[2], w[3]);
}

double VmRngUniform(VmRngKey key, uint64_t cell, uint32_t draw)
{
  double u[2];
  VmRngUniform2(key, cell, draw, u);
  return u[0];
}

void VmRngNormal2(VmRngKey key, uint64_t cell, uint32_t draw, double g[2])
{
  double u[2];
  VmRngUniform2(key, cell, draw, u);
  const double r = sqrt(-2 * log(u[0])), angle = 2 * VM_PI * u[1];
  g[0] = r * cos(angle);
  g[1] = r * sin(angle);
}

/* Inversion by summing probabilities upwards. Stops where the sum no longer grows, beyond which no u can lie. */
static int64_t PoissonInversion(double u, double mean)
{
  int64_t k = 0;
  double p = exp(-mean), sum = p;
  while (u > sum) {
    p *= mean / (double)++k;
    if (sum + p == sum && (double)k > mean) break;
    sum += p;
  }
  return k;
}

/* log of mean^k exp(-mean)/k!, by Stirling's series where the terms would cancel. */
static double PoissonLogProbability(double k, double mean)
{
  if (k < 10) {
    double factorial = 1;
    for (int i = 2; i <= (int)k; ++i) factorial *= i;
    return k * log(mean) - mean - log(factorial);
  }
  const double series = (1. / 12 - (1. / 360 - 1. / (1260 * k * k)) / (k * k)) / k;
  return k * log1p((mean - k) / k) + (k - mean) - 0.5 * log(2 * VM_PI * k) - series;
}

/* Algorithm PTRS of W. Hoermann, Insurance: Mathematics and Economics 12 (1993) 39. */
static int64_t PoissonRejection(VmRngKey key, uint64_t cell, uint32_t draw, double mean)
{
  const double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
  for (;; ++draw) {
    double uv[2];
    VmRngUniform2(key, cell, draw, uv);
    const double u = uv[0] - 0.5, v = uv[1], us = 0.5 - fabs(u);
    const double k = floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return (int64_t)k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (log(v * inverse_alpha / (a / (us * us) + b)) <= PoissonLogProbability(k, mean)) return (int64_t)k;
  }
}

int64_t VmRngPoisson(VmRngKey key, uint64_t cell, uint32_t draw, double mean)
{
  if (!(mean > 0)) return 0;
  if (mean < 10) return PoissonInversion(VmRngUniform(key, cell, draw), mean);
  return PoissonRejection(key, cell, draw, mean);
}

/* Three uniform numbers to a unit quaternion: K. Shoemake, Graphics Gems III (1992) 124. */
void VmRngRotation(VmRngKey key, uint64_t cell, uint32_t draw, double rotation[3][3])
{
  uint32_t words[4];
  VmRngWords(key, cell, draw, words);
  double u[3];
  for (int i = 0; i < 3; ++i) u[i] = ((double)words[i] + 0.5) * 0x1p-32;
  const double r1 = sqrt(1 - u[0]), r2 = sqrt(u[0]), t1 = 2 * VM_PI * u[1], t2 = 2 * VM_PI * u[2];
  const double x = r1 * sin(t1), y = r1 * cos(t1), z = r2 * sin(t2), w = r2 * cos(t2);
  const double r[3][3] = {{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)},
                          {2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)},
                          {2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) rotation[i][j] = r[i][j];
}
