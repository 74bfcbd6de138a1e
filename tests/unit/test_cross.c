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

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestNormal(0.6));
  PetscCall(TestNormal(0.0));
  PetscCall(TestEnds());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
