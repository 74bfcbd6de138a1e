#include <vitromech/law.h>
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

/* Probability that |t| exceeds a value, I_x(n/2, 1/2) with x = n/(n + t^2). */
static double TwoTails(double t, double n)
{
  const double x = n / (n + t * t), a = 0.5 * n, b = 0.5;
  const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * BetaFraction(a, b, x) / a;
  return 1.0 - front * BetaFraction(b, a, 1.0 - x) / b;
}

double VmStudentQuantile(double p, double degrees)
{
  const double tails = 2.0 * (1.0 - p);
  double low = 0.0, high = 1.0;
  while (TwoTails(high, degrees) > tails) high *= 2.0;
  for (int i = 0; i < 200 && high - low > 1e-14 * high; ++i) {
    const double middle = 0.5 * (low + high);
    if (TwoTails(middle, degrees) > tails) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}
