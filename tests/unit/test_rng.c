/* timeout: 60; links: vm_base */
#include "vm_test.h"
#include <vitromech/rng.h>

enum { SAMPLES = 100000 };

/* Kolmogorov: D sqrt(n) exceeds 1.95 with probability 1e-3; the numbers are fixed, so the outcome is too. */
#define KS_LIMIT 1.95

static int Ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Largest distance between the empirical distribution of x (sorted here) and cdf, times sqrt(n). */
static double Kolmogorov(double *x, size_t n, double (*cdf)(double))
{
  double distance = 0;
  qsort(x, n, sizeof *x, Ascending);
  for (size_t i = 0; i < n; ++i) {
    const double f = cdf(x[i]);
    distance = fmax(distance, fmax(f - (double)i / (double)n, (double)(i + 1) / (double)n - f));
  }
  return distance * sqrt((double)n);
}

static double UniformCdf(double x) { return x; }
static double NormalCdf(double x) { return 0.5 * erfc(-x / sqrt(2)); }
static double AngleCdf(double x) { return (x - sin(x)) / VM_PI; }

/* Philox4x32-10 known answers published with Random123 (kat_vectors). */
static void TestKnownAnswers(void)
{
  static const struct {
    VmRngKey key;
    uint64_t cell;
    uint32_t draw, words[4];
  } cases[] = {
      {{0, 0}, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{UINT64_MAX, UINT32_MAX}, UINT64_MAX, UINT32_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x299f31d0a4093822, 0x03707344},
       0x85a308d3243f6a88,
       0x13198a2e,
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    uint32_t words[4];
    VmRngWords(cases[i].key, cases[i].cell, cases[i].draw, words);
    for (int w = 0; w < 4; ++w)
      VmExpect(words[w] == cases[i].words[w], "vector %zu word %d is %08x, wanted %08x", i, w, words[w],
               cases[i].words[w]);
  }
}

/* First and second moments, correlations of neighbours in every direction of the counter, and the whole distribution.
 */
static PetscErrorCode TestUniform(void)
{
  const VmRngKey key = {2026, VM_STREAM_TEST}, other_seed = {2027, VM_STREAM_TEST}, other_stream = {2026, 1};
  double *x, correlation[5] = {0};
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * SAMPLES, &x));
  for (int i = 0; i < SAMPLES; ++i) {
    double u[2];
    VmRngUniform2(key, (uint64_t)i, 0, u);
    VmExpect(u[0] > 0 && u[0] < 1 && u[1] > 0 && u[1] < 1, "%.17g %.17g", u[0], u[1]);
    x[2 * i] = u[0];
    x[2 * i + 1] = u[1];
    const double partners[5] = {u[1], VmRngUniform(key, (uint64_t)i + 1, 0), VmRngUniform(key, (uint64_t)i, 1),
                                VmRngUniform(other_seed, (uint64_t)i, 0), VmRngUniform(other_stream, (uint64_t)i, 0)};
    for (int p = 0; p < 5; ++p) correlation[p] += 12 * (u[0] - 0.5) * (partners[p] - 0.5) / SAMPLES;
    VmExpect(VmRngUniform(key, (uint64_t)i, 0) == u[0], "not the first of the pair");
  }
  for (int p = 0; p < 5; ++p) VmExpectNear(correlation[p], 0, 4 / sqrt(SAMPLES));
  const double ks = Kolmogorov(x, 2 * SAMPLES, UniformCdf);
  VmFigure("uniform D sqrt(n)", ks);
  VmExpect(ks < KS_LIMIT, "D sqrt(n) = %g", ks);
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestNormal(void)
{
  const VmRngKey key = {7, VM_STREAM_TEST};
  const size_t n = 2 * SAMPLES;
  double *x, moment[5] = {0}, product = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &x));
  for (int i = 0; i < SAMPLES; ++i) {
    VmRngNormal2(key, (uint64_t)i, 3, x + 2 * i);
    product += x[2 * i] * x[2 * i + 1] / SAMPLES;
  }
  for (size_t i = 0; i < n; ++i)
    for (int m = 1; m <= 4; ++m) moment[m] += pow(x[i], m) / (double)n;
  VmExpectNear(product, 0, 4 / sqrt(SAMPLES));
  VmExpectNear(moment[1], 0, 4 / sqrt((double)n));
  VmExpectNear(moment[2], 1, 4 * sqrt(2 / (double)n));
  VmExpectNear(moment[3], 0, 4 * sqrt(15 / (double)n));
  VmExpectNear(moment[4], 3, 4 * sqrt(96 / (double)n));
  const double ks = Kolmogorov(x, n, NormalCdf);
  VmFigure("normal D sqrt(n)", ks);
  VmExpect(ks < KS_LIMIT, "D sqrt(n) = %g", ks);
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pearson's chi-squared of n variates against the Poisson law in classes of at least 20 expected counts, as
 * (chi2 - dof)/sqrt(2 dof). */
static PetscErrorCode PoissonExcess(double mean, int n, double *excess)
{
  const VmRngKey key = {11, VM_STREAM_TEST};
  const int top = (int)(mean + 10 * sqrt(mean) + 20);
  double *count, expected = 0, observed = 0, chi2 = 0, left = n, seen = 0;
  int classes = 0;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)top + 1, &count));
  for (int i = 0; i < n; ++i) {
    const int64_t k = VmRngPoisson(key, (uint64_t)i, 64, mean);
    VmExpect(k >= 0 && k <= top, "%lld of mean %g", (long long)k, mean);
    if (k >= 0 && k <= top) ++count[k];
  }
  for (int k = 0; k <= top && left > 20; ++k) {
    expected += n * exp(k * log(mean) - mean - lgamma(k + 1.0));
    observed += count[k];
    if (expected < 20) continue;
    chi2 += (observed - expected) * (observed - expected) / expected;
    left -= expected;
    seen += observed;
    ++classes;
    expected = observed = 0;
  }
  if (left > 1) chi2 += (n - seen - left) * (n - seen - left) / left;
  *excess = (chi2 - classes) / sqrt(2.0 * classes);
  PetscCall(PetscFree(count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestPoisson(void)
{
  static const double counted[] = {0.05, 0.7, 4, 9.999, 10, 17.5, 120, 4000}, large[] = {1e3, 1e6, 1e10, 1e14};
  const VmRngKey key = {12, VM_STREAM_TEST};
  PetscFunctionBegin;
  VmExpectInt(VmRngPoisson(key, 1, 0, 0), 0);
  for (size_t m = 0; m < sizeof counted / sizeof counted[0]; ++m) {
    double excess;
    PetscCall(PoissonExcess(counted[m], SAMPLES, &excess));
    VmExpect(fabs(excess) < 4, "mean %g: (chi2 - dof)/sqrt(2 dof) = %g", counted[m], excess);
  }
  for (size_t m = 0; m < sizeof large / sizeof large[0]; ++m) {
    double sum = 0, squares = 0;
    for (int i = 0; i < SAMPLES; ++i) {
      const double z = ((double)VmRngPoisson(key, (uint64_t)i, 0, large[m]) - large[m]) / sqrt(large[m]);
      sum += z / SAMPLES;
      squares += z * z / SAMPLES;
    }
    VmExpectNear(sum, 0, 4 / sqrt(SAMPLES));
    VmExpectNear(squares, 1, 4 * sqrt((2 + 1 / large[m]) / SAMPLES));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Orthogonal, right-handed; and uniform over rotations: the angle has the density (1 - cos)/pi, each entry mean 0 and
 * mean square 1/3. */
static PetscErrorCode TestRotation(void)
{
  const VmRngKey key = {13, VM_STREAM_TEST};
  double *angle, mean[3][3] = {{0}}, square[3][3] = {{0}};
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(SAMPLES, &angle));
  for (int n = 0; n < SAMPLES; ++n) {
    double r[3][3];
    VmRngRotation(key, (uint64_t)n, 0, r);
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) {
        VmExpectNear(r[i][0] * r[j][0] + r[i][1] * r[j][1] + r[i][2] * r[j][2], i == j, 1e-14);
        mean[i][j] += r[i][j] / SAMPLES;
        square[i][j] += r[i][j] * r[i][j] / SAMPLES;
      }
      const int a = (i + 1) % 3, b = (i + 2) % 3;
      VmExpectNear(r[0][a] * r[1][b] - r[0][b] * r[1][a], r[2][i], 1e-14);
    }
    angle[n] = acos(fmax(-1, fmin(1, 0.5 * (r[0][0] + r[1][1] + r[2][2] - 1))));
  }
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      VmExpectNear(mean[i][j], 0, 4 / sqrt(3.0 * SAMPLES));
      VmExpectNear(square[i][j], 1. / 3, 4 * sqrt(4. / 45 / SAMPLES));
    }
  }
  const double ks = Kolmogorov(angle, SAMPLES, AngleCdf);
  VmFigure("rotation angle D sqrt(n)", ks);
  VmExpect(ks < KS_LIMIT, "D sqrt(n) = %g", ks);
  PetscCall(PetscFree(angle));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  TestKnownAnswers();
  PetscCall(TestUniform());
  PetscCall(TestNormal());
  PetscCall(TestPoisson());
  PetscCall(TestRotation());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
