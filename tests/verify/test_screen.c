/* ranks: 1; timeout: 60; links: vm_compare
 * Which statistics of a sweep depend on its parameters: probabilities of trends in noise are uniform, finds in noise
 * are as rare as asked for, a weak trend among noise is found; principal components of curves give planted scores back.
 */
#include "vm_test.h"
#include "ks.h"
#include "analysis/compare/components.h"
#include "analysis/compare/screen.h"
#include <vitromech/rng.h>

static double Normal(uint64_t cell, uint32_t draw)
{
  double g[2];
  VmRngNormal2((VmRngKey){.seed = 9, .stream = VM_STREAM_TEST}, cell, draw, g);
  return g[0];
}

static PetscErrorCode TestTrend(int d, int levels)
{
  enum { SETS = 2000, N = 16 };
  double x[N * 3], y[N], p[SETS];
  PetscFunctionBegin;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < d; ++j) x[i * d + j] = fmod((i * (j + 1)) % N * 0.37 + 0.1 * j, 1.0);
  for (int i = 0; i < N && levels; ++i) x[i * d] = i % levels / (levels - 1.0);
  for (int set = 0; set < SETS; ++set) {
    for (int i = 0; i < N; ++i) y[i] = 3.0 + Normal((uint64_t)(set * N + i), (uint32_t)(10 * d + levels));
    PetscCall(VmTrendProbability(N, d, x, y, &p[set]));
  }
  const double probability = VmKsUniform(SETS, p);
  VmFigure("KS of the probabilities of noise", probability);
  VmExpect(probability > 1e-3, "probabilities of %d parameters are not uniform: %g", d, probability);
  for (int i = 0; i < N; ++i) y[i] = 1.0 + 2.0 * x[i * d] - x[i * d] * x[i * d];
  PetscCall(VmTrendProbability(N, d, x, y, &p[0]));
  VmExpect(p[0] < 1e-12, "an exact parabola has probability %g", p[0]);
  for (int i = 0; i < N; ++i) y[i] = 5.0;
  PetscCall(VmTrendProbability(N, d, x, y, &p[0]));
  VmExpectNear(p[0], 1.0, 0.0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestFinds(void)
{
  enum { SETS = 1000, TESTS = 40 };
  const VmRngKey key = {.seed = 4, .stream = VM_STREAM_TEST};
  int finds = 0;
  double p[TESTS];
  PetscFunctionBegin;
  for (int set = 0; set < SETS; ++set) {
    for (int i = 0; i < TESTS; ++i) p[i] = VmRngUniform(key, (uint64_t)set, (uint32_t)i);
    finds += VmFalseDiscoveryLimit(TESTS, p, 0.05) >= 0.0;
  }
  VmFigure("noise in which something is found", (double)finds / SETS);
  VmExpectNear((double)finds / SETS, 0.05, 0.03); /* four standard errors */
  double few[4] = {0.9, 0.011, 0.02, 0.5};
  VmExpectNear(VmFalseDiscoveryLimit(4, few, 0.05), 0.02, 0.0); /* 0.02 <= 0.05 * 2/4 */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Curves 1 + 3 a f + b g with f, g orthonormal, a, b of the runs without correlation. */
static PetscErrorCode TestComponents(void)
{
  enum { RUNS = 9, POINTS = 24 };
  double curves[RUNS * POINTS], sample[POINTS], errors[POINTS], scale[POINTS], f[POINTS], g[POINTS];
  VmComponents c;
  PetscFunctionBegin;
  for (int k = 0; k < POINTS; ++k) {
    f[k] = sqrt(2.0 / POINTS) * cos(2.0 * VM_PI * (k + 0.5) / POINTS);
    g[k] = sqrt(2.0 / POINTS) * cos(4.0 * VM_PI * (k + 0.5) / POINTS);
    sample[k] = 1.0 + 3.0 * 0.7 * f[k] - 2.0 * g[k], scale[k] = 1.0, errors[k] = 0.1;
  }
  for (int r = 0; r < RUNS; ++r) {
    const double a = r - 4.0, b = (a * a - 20.0 / 3.0) / 4.0;
    for (int k = 0; k < POINTS; ++k) curves[r * POINTS + k] = 1.0 + 3.0 * a * f[k] + b * g[k];
  }
  PetscCall(VmComponentsCreate(RUNS, POINTS, curves, sample, errors, scale, &c));
  VmExpectInt(c.count, 2);
  const double sign = c.score[0][8] > 0.0 ? 1.0 : -1.0, other = c.score[1][8] > 0.0 ? 1.0 : -1.0;
  for (int r = 0; r < RUNS; ++r) VmExpectNear(sign * c.score[0][r], 3.0 * (r - 4.0), 1e-10);
  VmExpectNear(sign * c.measured[0], 2.1, 1e-10);
  VmExpectNear(other * c.measured[1], -2.0, 1e-10);
  VmExpectNear(c.error[0], 0.1, 1e-12); /* of a direction of length one */
  VmExpectNear(c.part[0] + c.part[1], 1.0, 1e-12);
  PetscCall(VmComponentsFree(&c));
  /* a run without the curve, and a point that the sample does not have, are left out */
  for (int k = 0; k < POINTS; ++k) curves[3 * POINTS + k] = NAN;
  sample[5] = NAN;
  PetscCall(VmComponentsCreate(RUNS, POINTS, curves, sample, NULL, scale, &c));
  VmExpect(c.count >= 1 && isnan(c.score[0][3]) && isfinite(c.score[0][4]) && isfinite(c.measured[0]), "%d", c.count);
  VmExpectNear(c.error[0], 0.0, 0.0);
  PetscCall(VmComponentsFree(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestTrend(1, 0));
  PetscCall(TestTrend(3, 0));
  PetscCall(TestTrend(1, 2)); /* two values of a parameter: no curvature to be told */
  PetscCall(TestFinds());
  PetscCall(TestComponents());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
