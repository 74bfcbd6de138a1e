/* timeout: 120; links: vm_analysis */
#include "map_statistic.h"

static VmMap MapOf(int64_t n, const double *values)
{
  return (VmMap){.dim = 2, .n = {1, n, n}, .spacing = {1, 1, 1}, .values = values, .unit = "1", .length_unit = "nm"};
}

/* Dust of the product of two Cantor sets: ln 4/ln 3. */
static PetscErrorCode TestCantorDust(void)
{
  enum { N = 729 };
  const double wanted = log(4.0) / log(3.0);
  double *values;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(N * N, &values));
  for (int p = 0; p < N * N; ++p) {
    bool in = true;
    for (int i = p / N, j = p % N, d = 0; d < 6; ++d, i /= 3, j /= 3) in = in && i % 3 != 1 && j % 3 != 1;
    values[p] = in;
  }
  const VmMap map = MapOf(N, values);
  PetscCall(MapMeasure("box_counting", "{threshold: 0.5, ratio: 3}", &map, &result));
  VmExpectNear(ScalarOf(result, "dimension"), wanted, 1e-10);
  VmExpectNear(ScalarOf(result, "correlation_dimension"), wanted, 1e-10);
  PetscCall(VmStatResultDestroy(&result));
  /* a filled square and a line */
  for (int p = 0; p < N * N; ++p) values[p] = 1.0;
  PetscCall(MapMeasure("box_counting", "{threshold: 0.5, ratio: 3}", &map, &result));
  VmExpectNear(ScalarOf(result, "dimension"), 2.0, 1e-10);
  PetscCall(VmStatResultDestroy(&result));
  for (int p = 0; p < N * N; ++p) values[p] = p / N == 300;
  PetscCall(MapMeasure("box_counting", "{threshold: 0.5, ratio: 3}", &map, &result));
  VmExpectNear(ScalarOf(result, "dimension"), 1.0, 1e-10);
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest clusters of site percolation on the square lattice at its threshold 0.592746: D_f = 91/48. */
static PetscErrorCode TestPercolationCluster(void)
{
  enum { N = 1024, MAPS = 4 };
  const double wanted = 91.0 / 48.0;
  double *values, sum = 0.0, pairs = 0.0;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(N * N, &values));
  for (int m = 0; m < MAPS; ++m) {
    for (int p = 0; p < N * N; ++p)
      values[p] = VmRngUniform((VmRngKey){20 + (uint64_t)m, VM_STREAM_TEST}, (uint64_t)p, 0) < 0.592746;
    const VmMap map = MapOf(N, values);
    PetscCall(
        MapMeasure("box_counting", "{threshold: 0.5, largest_cluster: true, smallest: 8, largest: 64}", &map, &result));
    sum += ScalarOf(result, "dimension") / MAPS;
    pairs += ScalarOf(result, "correlation_dimension") / MAPS;
    PetscCall(VmStatResultDestroy(&result));
  }
  VmExpectNear(sum, wanted, 0.03 * wanted);
  VmExpectNear(pairs, wanted, 0.02 * wanted);
  VmFigure("the same by pairs of points", pairs);
  VmFigure("dimension of percolation clusters of 91/48 = 1.8958, mean of 4", sum);
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean mass of the largest cluster in boxes of L^2 at the threshold, over L: s ~ L^D_f, free of the boxes' own edge. */
static PetscErrorCode TestLargestCluster(void)
{
  static const int sides[] = {32, 64, 128, 256, 512}, samples[] = {1200, 600, 300, 100, 40};
  const double wanted = 91.0 / 48.0;
  double sw = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
  uint8_t *mask;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(512 * 512, &mask));
  for (int l = 0; l < 5; ++l) {
    const int64_t n[3] = {1, sides[l], sides[l]}, points = n[1] * n[2];
    double mass = 0.0;
    for (int m = 0; m < samples[l]; ++m) {
      VmClusters clusters;
      int64_t largest = 0;
      for (int64_t p = 0; p < points; ++p)
        mask[p] = VmRngUniform((VmRngKey){50 + (uint64_t)l, VM_STREAM_TEST}, (uint64_t)(m * points + p), 0) < 0.592746;
      PetscCall(VmClustersCreate(2, n, false, VM_CONNECT_FACES, mask, &clusters));
      for (int64_t c = 0; c < clusters.count; ++c) largest = PetscMax(largest, clusters.size[c]);
      mass += (double)largest / samples[l];
      PetscCall(VmClustersDestroy(&clusters));
    }
    const double x = log(sides[l]), y = log(mass), weight = samples[l];
    sw += weight;
    sx += weight * x;
    sy += weight * y;
    sxx += weight * x * x;
    sxy += weight * x * y;
  }
  const double dimension = (sw * sxy - sx * sy) / (sw * sxx - sx * sx);
  VmFigure("dimension of percolation clusters by the mass of the largest", dimension);
  VmExpectNear(dimension, wanted, 0.02 * wanted);
  PetscCall(PetscFree(mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Values drawn from x^-2.5 above 1, with others below that follow no such law: exponent and lower end come back. */
static PetscErrorCode TestPowerLaw(void)
{
  enum { N = 4000, TAIL = 3000 };
  static double x[N];
  PetscFunctionBegin;
  for (int i = 0; i < N; ++i) {
    const double u = VmRngUniform((VmRngKey){31, VM_STREAM_TEST}, (uint64_t)i, 0);
    x[i] = i < TAIL ? pow(u, -1.0 / 1.5) : 0.2 + 0.8 * u;
  }
  qsort(x, N, sizeof *x, CompareDouble);
  const VmPowerLaw fixed = VmPowerLawFit(N, x, 1.0), found = VmPowerLawSearch(N, x);
  VmExpectInt(fixed.count, TAIL);
  VmExpectNear(fixed.alpha, 2.5, 4.0 * 1.5 / sqrt(TAIL)); /* standard error (alpha - 1)/sqrt(n) */
  VmExpectNear(found.alpha, 2.5, 0.15);
  VmExpect(found.from > 0.9 && found.from < 2.0, "lower end %g", found.from);
  VmFigure("exponent of 2.5", fixed.alpha);
  VmFigure("exponent of 2.5, lower end searched", found.alpha);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sum of squares of the classes is the smallest of all divisions, by trying them all; planted classes come back. */
static PetscErrorCode TestKmeans(void)
{
  enum { N = 8 };
  double values[N * N], sorted[N * N], best = INFINITY, found = 0.0;
  VmStatResult result;
  PetscFunctionBegin;
  for (int p = 0; p < N * N; ++p) {
    double g[2];
    VmRngNormal2((VmRngKey){41, VM_STREAM_TEST}, (uint64_t)p, 0, g);
    sorted[p] = values[p] = (p % 3) * 2.0 + 0.6 * g[0];
  }
  qsort(sorted, N * N, sizeof *sorted, CompareDouble);
  for (int a = 1; a < N * N - 1; ++a)
    for (int b = a + 1; b < N * N; ++b) {
      const int edge[4] = {0, a, b, N * N};
      double cost = 0.0;
      for (int c = 0; c < 3; ++c) {
        double mean = 0.0;
        for (int i = edge[c]; i < edge[c + 1]; ++i) mean += sorted[i] / (edge[c + 1] - edge[c]);
        for (int i = edge[c]; i < edge[c + 1]; ++i) cost += pow(sorted[i] - mean, 2);
      }
      best = fmin(best, cost);
    }
  const VmMap map = MapOf(N, values);
  PetscCall(MapMeasure("kmeans", "{classes: 3}", &map, &result));
  const uint8_t *label = VmStatResultFind(result, "label")->data;
  const double *mean = VmStatResultFind(result, "mean")->data, *fraction = VmStatResultFind(result, "fraction")->data;
  double in_class[3] = {0};
  for (int p = 0; p < N * N; ++p) {
    found += pow(values[p] - mean[label[p]], 2);
    in_class[label[p]] += 1.0 / (N * N);
  }
  VmExpectNear(found, best, 1e-10);
  for (int c = 0; c < 3; ++c) VmExpectNear(fraction[c], in_class[c], 1e-12);
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestCantorDust());
  PetscCall(TestPercolationCluster());
  PetscCall(TestLargestCluster());
  PetscCall(TestPowerLaw());
  PetscCall(TestKmeans());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
