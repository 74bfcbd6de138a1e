#include <vitromech/probability.h>

#include <math.h>

/* Continued fraction of the incomplete beta function I_x(a, b), by the modified Lentz method. */
static double BetaFraction(double a, double b, double x)
{
  double c = 1.0, d = 1.0 / (1.0 - (a + b) * x / (a + 1.0)), value = d;
  for (int m = 1; m < 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));
    d = 1.0 / (1.0 + even * d), c = 1.0 + even / c;
    value *= d * c;
    d = 1.0 / (1.0 + odd * d), c = 1.0 + odd / c;
    value *= d * c;
    if (fabs(d * c - 1.0) < 1e-15) break;
  }
  return value;
}

double VmIncompleteBeta(double a, double b, double x)
{
  if (x <= 0.0 || x >= 1.0) return x <= 0.0 ? 0.0 : 1.0;
  const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * BetaFraction(a, b, x) / a;
  return 1.0 - front * BetaFraction(b, a, 1.0 - x) / b;
}

double VmStudentTails(double t, double n) { return VmIncompleteBeta(0.5 * n, 0.5, n / (n + t * t)); }

double VmStudentQuantile(double p, double degrees)
{
  const double tails = 2.0 * (1.0 - p);
  double low = 0.0, high = 1.0;
  while (VmStudentTails(high, degrees) > tails) high *= 2.0;
  for (int i = 0; i < 200 && high - low > 1e-14 * high; ++i) {
    const double middle = 0.5 * (low + high);
    if (VmStudentTails(middle, degrees) > tails) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

/* By its series below the mean and its continued fraction above. */
double VmChiSquareTail(double x, double n)
{
  const double a = 0.5 * n, z = 0.5 * x, front = z > 0.0 ? exp(a * log(z) - z - lgamma(a)) : 0.0;
  if (z <= 0.0) return 1.0;
  if (z < a + 1.0) {
    double term = 1.0 / a, sum = term;
    for (int k = 1; k < 10000 && term > 1e-16 * sum; ++k) sum += term *= z / (a + k);
    return 1.0 - front * sum;
  }
  double b = z + 1.0 - a, c = 1e300, d = 1.0 / b, fraction = d;
  for (int k = 1; k < 10000; ++k) {
    const double term = -k * (k - a);
    b += 2.0;
    d = 1.0 / (b + term * d), c = b + term / c;
    fraction *= c * d;
    if (fabs(c * d - 1.0) < 1e-15) break;
  }
  return front * fraction;
}

double VmFisherTail(double x, double k, double n) { return VmIncompleteBeta(0.5 * n, 0.5 * k, n / (n + k * x)); }
