/* ranks: 1; timeout: 120; links: vm_compare
 * Emulator of a statistic: exact for linear functions, intervals that hold the truth as often as they say, errors of
 * the runs as found by leaving each one out and solving anew. */
#include "vm_test.h"
#include "analysis/compare/emulator.h"
#include <vitromech/rng.h>

static double Truth(const double *x, int d) { return sin(3.0 * x[0]) + (d > 1 ? x[1] * x[1] : 0.0); }

static double Normal(uint64_t cell, uint32_t draw)
{
  double g[2];
  VmRngNormal2((VmRngKey){.seed = 5, .stream = VM_STREAM_TEST}, cell, draw, g);
  return g[0];
}

static double Uniform(uint64_t cell, uint32_t draw)
{
  return VmRngUniform((VmRngKey){.seed = 6, .stream = VM_STREAM_TEST}, cell, draw);
}

static PetscErrorCode TestLinear(void)
{
  double x[20][2], y[20], mean, uncertainty, noise;
  VmEmulator e;
  PetscFunctionBegin;
  for (int i = 0; i < 20; ++i) {
    x[i][0] = Uniform(i, 0), x[i][1] = Uniform(i, 1);
    y[i] = 2.0 - 3.0 * x[i][0] + 5.0 * x[i][1];
  }
  PetscCall(VmEmulatorCreate(20, 2, &x[0][0], y, &e));
  const double at[2] = {0.3, 0.9};
  VmEmulatorPredict(e, at, &mean, &uncertainty, &noise);
  VmExpectNear(mean, 2.0 - 0.9 + 4.5, 1e-6);
  VmExpect(uncertainty + noise < 1e-10, "variance %g of a function without noise", uncertainty + noise);
  PetscCall(VmEmulatorDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Over many noisy sets: how often 68 and 95 % intervals of a new run hold it, and the noise that is found. */
static PetscErrorCode TestCoverage(int d, int n)
{
  enum { SETS = 100, NEW = 20 };
  const double sigma = 0.1;
  double sum_noise = 0.0;
  int inside[2] = {0, 0};
  double(*x)[VM_MOST_PARAMETERS] = NULL, *flat, *y;
  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &x, n * d, &flat, n, &y));
  for (int set = 0; set < SETS; ++set) {
    VmEmulator e;
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < d; ++j) flat[i * d + j] = x[i][j] = Uniform(1000 * set + i, j + 10 * d);
      y[i] = Truth(x[i], d) + sigma * Normal(1000 * set + i, d);
    }
    PetscCall(VmEmulatorCreate(n, d, flat, y, &e));
    for (int i = 0; i < NEW; ++i) {
      double at[VM_MOST_PARAMETERS], mean, uncertainty, noise;
      for (int j = 0; j < d; ++j) at[j] = Uniform(1000 * set + 500 + i, j + 10 * d);
      VmEmulatorPredict(e, at, &mean, &uncertainty, &noise);
      const double z = fabs(Truth(at, d) + sigma * Normal(1000 * set + 500 + i, d) - mean) / sqrt(uncertainty + noise);
      inside[0] += z < 1.0, inside[1] += z < 1.96;
      if (i == 0) sum_noise += noise;
    }
    PetscCall(VmEmulatorDestroy(&e));
  }
  const double one = inside[0] / (double)(SETS * NEW), two = inside[1] / (double)(SETS * NEW);
  VmFigure("held by 68 %", one);
  VmFigure("held by 95 %", two);
  VmFigure("noise found over true", sqrt(sum_noise / SETS) / sigma);
  VmExpect(one > 0.62 && one < 0.74, "68 %% intervals of %d parameters hold %g", d, one);
  VmExpect(two > 0.92 && two < 0.98, "95 %% intervals of %d parameters hold %g", d, two);
  VmExpectNear(sqrt(sum_noise / SETS) / sigma, 1.0, 0.1);
  PetscCall(PetscFree3(x, flat, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The closed form against brute force: with run i left out, an emulator of the others predicts it. Lengths and noise
 * are found anew there, hence the tolerance. */
static PetscErrorCode TestLeaveOneOut(void)
{
  enum { N = 40 };
  double x[N], y[N], error[N], worst = 0.0;
  VmEmulator e;
  PetscFunctionBegin;
  for (int i = 0; i < N; ++i) x[i] = i / (N - 1.0), y[i] = Truth(&x[i], 1) + 0.1 * Normal(i, 77);
  PetscCall(VmEmulatorCreate(N, 1, x, y, &e));
  VmEmulatorLeaveOneOut(e, error);
  for (int i = 2; i < N - 2; i += 5) {
    double others[N - 1], values[N - 1], mean, uncertainty, noise;
    int n = 0;
    VmEmulator without;
    for (int j = 0; j < N; ++j)
      if (j != i) others[n] = x[j], values[n++] = y[j];
    PetscCall(VmEmulatorCreate(n, 1, others, values, &without));
    VmEmulatorPredict(without, &x[i], &mean, &uncertainty, &noise);
    worst = fmax(worst, fabs((y[i] - mean) / sqrt(uncertainty + noise) - error[i]));
    PetscCall(VmEmulatorDestroy(&without));
  }
  VmFigure("leave-one-out against brute force, standard deviations", worst);
  VmExpect(worst < 0.15, "leave-one-out errors differ by %g standard deviations", worst);
  PetscCall(VmEmulatorDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestLinear());
  PetscCall(TestCoverage(1, 30));
  PetscCall(TestCoverage(2, 60));
  PetscCall(TestLeaveOneOut());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
