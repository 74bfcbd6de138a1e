/* links: vm_analysis */
#include "map_statistic.h"

enum { N = 64 };

/* Two normal maps with correlation rho: the coefficient, its interval and the mutual information -ln(1 - rho^2)/2. */
static PetscErrorCode TestNormal(double rho)
{
  static double a[N * N], b[N * N];
  VmStatResult result;
  PetscFunctionBegin;
  for (int p = 0; p < N * N; ++p) {
    double g[2];
    VmRngNormal2((VmRngKey){9, VM_STREAM_TEST}, (uint64_t)p, 0, g);
    a[p] = 100.0 + g[0];
    b[p] = p % 97 ? -3.0 + rho * g[0] + sqrt(1.0 - rho * rho) * g[1] : NAN;
  }
  const VmMap other = {.dim = 2, .n = {1, N, N}, .spacing = {1, 1, 1}, .values = b, .unit = "1", .length_unit = "nm"};
  VmMap map = other;
  map.values = a;
  map.other = &other;
  PetscCall(MapMeasure("cross_correlation", "{}", &map, &result));
  const double found = ScalarOf(result, "pearson"), error = ScalarOf(result, "pearson_error");
  const double *interval = VmStatResultFind(result, "pearson_interval")->data;
  VmExpectNear(found, rho, 4.0 * (1.0 - rho * rho) / N);
  VmExpectNear(error / ((1.0 - rho * rho) / N), 1.0, 0.5);
  VmExpect(interval[0] < found && found < interval[1], "interval %g to %g", interval[0], interval[1]);
  VmExpectNear((interval[1] - interval[0]) / (2.0 * 1.96 * error), 1.0, 0.2);
  VmExpectNear(ScalarOf(result, "mutual_information"), -0.5 * log(1.0 - rho * rho), 0.03);
  VmExpect(ScalarOf(result, "mutual_information_error") < 0.05, "error of mutual information");
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A constant map has no correlation; a map with itself has 1. */
static PetscErrorCode TestEnds(void)
{
  double a[16], b[16];
  VmStatResult result;
  PetscFunctionBegin;
  for (int p = 0; p < 16; ++p) {
    a[p] = p * p;
    b[p] = 0.3;
  }
  VmMap other = {.dim = 2, .n = {1, 4, 4}, .spacing = {1, 1, 1}, .values = b, .unit = "1", .length_unit = "nm"};
  VmMap map = other;
  map.values = a;
  map.other = &other;
  PetscCall(MapMeasure("cross_correlation", "{}", &map, &result));
  VmExpect(isnan(ScalarOf(result, "pearson")), "a constant map correlates");
  PetscCall(VmStatResultDestroy(&result));
  other.values = a;
  PetscCall(MapMeasure("cross_correlation", "{}", &map, &result));
  VmExpectNear(ScalarOf(result, "pearson"), 1.0, 1e-14);
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At a distance, against a double loop over pairs of points that both maps have. */
static PetscErrorCode TestDistances(void)
{
  enum { ROWS = 12, COLUMNS = 9, SIZE = ROWS * COLUMNS, SHELLS = 5 };
  double a[SIZE], b[SIZE], sum[SHELLS] = {0}, count[SHELLS] = {0}, mean[2] = {0}, square[2] = {0}, n = 0.0;
  VmStatResult result;
  PetscFunctionBegin;
  for (int p = 0; p < SIZE; ++p) {
    a[p] = p % 23 ? VmRngUniform((VmRngKey){4, VM_STREAM_TEST}, (uint64_t)p, 0) : NAN;
    b[p] = p % 17
               ? VmRngUniform((VmRngKey){5, VM_STREAM_TEST}, (uint64_t)p, 0) + (p > 1 && p % 23 != 2 ? a[p - 2] : 0.5)
               : NAN;
    if (isnan(a[p]) || isnan(b[p])) continue;
    n += 1.0;
    mean[0] += a[p];
    mean[1] += b[p];
  }
  for (int p = 0; p < SIZE; ++p)
    for (int q = 0; q < SIZE; ++q) {
      if (isnan(a[p]) || isnan(b[p]) || isnan(a[q]) || isnan(b[q])) continue;
      const double x = a[p] - mean[0] / n, y = b[q] - mean[1] / n;
      const int shell = (int)floor(hypot(p / COLUMNS - q / COLUMNS, p % COLUMNS - q % COLUMNS) + 0.5);
      if (p == q) {
        square[0] += x * x;
        square[1] += y * y;
      }
      if (shell >= SHELLS) continue;
      sum[shell] += x * y;
      count[shell] += 1.0;
    }
  const VmMap other = {
      .dim = 2, .n = {1, ROWS, COLUMNS}, .spacing = {1, 1, 1}, .values = b, .unit = "1", .length_unit = "nm"};
  VmMap map = other;
  map.values = a;
  map.other = &other;
  PetscCall(MapMeasure("cross_correlation", "{}", &map, &result));
  const VmStatDataset *found = VmStatResultFind(result, "correlation"),
                      *error = VmStatResultFind(result, "correlation_error");
  VmExpectInt(found->dims[0], SHELLS);
  for (int s = 0; s < SHELLS; ++s) {
    VmExpectNear(((const double *)found->data)[s], sum[s] / count[s] * n / sqrt(square[0] * square[1]), 1e-12);
    VmExpect(((const double *)error->data)[s] > 0.0, "error of shell %d", s);
  }
  VmExpectNear(((const double *)found->data)[0], ScalarOf(result, "pearson"), 1e-12);
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestNormal(0.6));
  PetscCall(TestNormal(0.0));
  PetscCall(TestEnds());
  PetscCall(TestDistances());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
