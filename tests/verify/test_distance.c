/* ranks: 1; timeout: 120; links: vm_compare
 * Distances of maps and curves: exact values, the stated rate of false alarms for correlated maps of one law, a shift
 * that is found, and the chi^2 distribution. */
#include "vm_test.h"
#include "analysis/compare/distance.h"
#include <vitromech/rng.h>

enum { EDGE = 36 };

/* A map with the correlation of a running mean over `width` pixels both ways, of unit variance. */
static void Smooth(uint64_t seed, int width, double shift, double *map)
{
  static double noise[EDGE + 8][EDGE + 8];
  const VmRngKey key = {.seed = seed, .stream = VM_STREAM_TEST};
  for (int i = 0; i < EDGE + 8; ++i)
    for (int j = 0; j < EDGE + 8; ++j) {
      double g[2];
      VmRngNormal2(key, (uint64_t)(i * 100 + j), 0, g);
      noise[i][j] = g[0];
    }
  for (int i = 0; i < EDGE; ++i)
    for (int j = 0; j < EDGE; ++j) {
      double sum = 0.0;
      for (int k = 0; k < width * width; ++k) sum += noise[i + k / width][j + k % width];
      map[i * EDGE + j] = shift + sum / width;
    }
}

static PetscErrorCode TestExact(void)
{
  double a[EDGE * EDGE], b[EDGE * EDGE];
  const VmMapView x = {{EDGE, EDGE}, a}, y = {{EDGE, EDGE}, b};
  VmMapDistance d;
  PetscFunctionBegin;
  for (int i = 0; i < EDGE * EDGE; ++i) a[i] = (i * 1103) % (EDGE * EDGE), b[i] = a[i] + 0.25 * EDGE * EDGE;
  PetscCall(VmMapDistances(&x, &y, 1, &d));
  VmExpectNear(d.kolmogorov_smirnov.value, 0.25, 1e-12);
  /* variance of both together: (N^2 - 1)/12 + (N/8)^2 */
  const double n = EDGE * EDGE;
  VmExpectNear(d.wasserstein.value, 0.25 * n / sqrt((n * n - 1.0) / 12.0 + n * n / 64.0), 1e-12);
  VmExpect(d.kolmogorov_smirnov.probability < 0.002, "p = %g of a shift by a quarter",
           d.kolmogorov_smirnov.probability);
  PetscCall(VmMapDistances(&x, &x, 1, &d));
  VmExpectNear(d.kolmogorov_smirnov.value, 0.0, 0.0);
  VmExpectNear(d.wasserstein.value, 0.0, 0.0);
  VmExpectNear(d.wasserstein.probability, 1.0, 0.0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Part of PAIRS of maps that are told to differ at 5 %. */
static PetscErrorCode Alarms(int width, double shift, double rate[2])
{
  enum { PAIRS = 50 };
  double a[EDGE * EDGE], b[EDGE * EDGE];
  const VmMapView x = {{EDGE, EDGE}, a}, y = {{EDGE, EDGE}, b};
  PetscFunctionBegin;
  rate[0] = rate[1] = 0.0;
  for (uint64_t pair = 0; pair < PAIRS; ++pair) {
    VmMapDistance d;
    Smooth(2 * pair, width, 0.0, a);
    Smooth(2 * pair + 1, width, shift, b);
    PetscCall(VmMapDistances(&x, &y, pair, &d));
    rate[0] += (d.kolmogorov_smirnov.probability < 0.05) / (double)PAIRS;
    rate[1] += (d.wasserstein.probability < 0.05) / (double)PAIRS;
    VmExpect(d.wasserstein.low <= d.wasserstein.value && d.wasserstein.value <= d.wasserstein.high,
             "interval %g ... %g of %g", d.wasserstein.low, d.wasserstein.high, d.wasserstein.value);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestAlarms(void)
{
  double rate[2];
  PetscFunctionBegin;
  for (int width = 1; width <= 4; width += 3) {
    PetscCall(Alarms(width, 0.0, rate));
    printf("correlation over %d pixels: ", width);
    VmFigure("false alarms of KS at 5 %", rate[0]);
    VmFigure("false alarms of Wasserstein at 5 %", rate[1]);
    VmExpect(rate[0] < 0.15 && rate[1] < 0.15, "false alarms %g, %g", rate[0], rate[1]);
  }
  PetscCall(Alarms(3, 0.5, rate));
  VmFigure("shifts by half a standard deviation found", rate[1]);
  VmExpect(rate[1] > 0.8, "a shift is found in %g of all pairs", rate[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Independent points: p is the tail of chi^2. Quantiles of tables: 18.307 (10, 5 %), 124.342 (100, 5 %), 3.841 (1). */
static PetscErrorCode TestChiSquare(void)
{
  static const double table[][3] = {{10, 18.307, 0.05}, {100, 124.342, 0.05}, {1, 3.8415, 0.05}, {100, 77.9295, 0.95}};
  PetscFunctionBegin;
  for (size_t t = 0; t < sizeof table / sizeof table[0]; ++t) {
    const int n = (int)table[t][0];
    double a[100], b[100] = {0.0}, error[100];
    VmDistance chi;
    int64_t points;
    /* deviations of both signs in turn have no positive correlation of neighbours */
    for (int i = 0; i < n; ++i) a[i] = (i % 2 ? 1.0 : -1.0) * sqrt(table[t][1] / n), error[i] = sqrt(0.5);
    VmCurveChiSquare(n, a, error, b, error, &chi, &points);
    VmExpectInt(points, n);
    VmExpectNear(chi.value, table[t][1] / n, 1e-12);
    VmExpectNear(chi.probability, table[t][2], 2e-5);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestExact());
  PetscCall(TestAlarms());
  PetscCall(TestChiSquare());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
