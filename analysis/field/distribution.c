/* Distribution of the values of a map: moments, quantiles, distance from a normal one. */
#include "jackknife.h"
#include <math.h>

enum { MEAN, DEVIATION, SKEWNESS, KURTOSIS, MEDIAN, LOW, HIGH, NORMAL, NVALUE };

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double Quantile(int64_t n, const double *sorted, double part)
{
  const double at = part * (double)(n - 1);
  const int64_t i = (int64_t)at;
  return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* Kolmogorov-Smirnov distance from the normal distribution of that mean and deviation. */
static double NormalDistance(int64_t n, const double *sorted, double mean, double deviation)
{
  double distance = 0.0;
  for (int64_t i = 0; i < n; ++i) {
    const double model = 0.5 * erfc((mean - sorted[i]) / (deviation * sqrt(2.0)));
    distance = fmax(distance, fmax(fabs(model - (double)i / (double)n), fabs(model - (double)(i + 1) / (double)n)));
  }
  return distance;
}

static PetscErrorCode Values(const void *context, const VmMap *map, double *values)
{
  double *sorted, moment[5] = {0};
  int64_t n = 0;
  PetscFunctionBegin;
  (void)context;
  PetscCall(PetscMalloc1((size_t)VmMapSize(map), &sorted));
  for (int64_t i = 0; i < VmMapSize(map); ++i)
    if (!isnan(map->values[i])) sorted[n++] = map->values[i];
  for (int v = 0; v < NVALUE; ++v) values[v] = NAN;
  if (n > 1) {
    qsort(sorted, (size_t)n, sizeof *sorted, CompareDouble);
    for (int64_t i = 0; i < n; ++i) moment[1] += sorted[i] / (double)n;
    for (int64_t i = 0; i < n; ++i)
      for (int m = 2; m < 5; ++m) moment[m] += pow(sorted[i] - moment[1], m) / (double)n;
    const bool constant = !(moment[2] > 1e-24 * moment[1] * moment[1]);
    values[MEAN] = moment[1];
    values[DEVIATION] = sqrt(moment[2] * (double)n / (double)(n - 1));
    values[SKEWNESS] = constant ? NAN : moment[3] / pow(moment[2], 1.5);
    values[KURTOSIS] = constant ? NAN : moment[4] / (moment[2] * moment[2]) - 3.0;
    values[MEDIAN] = Quantile(n, sorted, 0.5);
    values[LOW] = Quantile(n, sorted, 0.05);
    values[HIGH] = Quantile(n, sorted, 0.95);
    values[NORMAL] = constant ? NAN : NormalDistance(n, sorted, values[MEAN], values[DEVIATION]);
  }
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  static const struct {
    const char *name, *long_name;
    bool of_unit;
  } what[NVALUE] = {{"mean", "mean of the map", true},
                    {"standard_deviation", "standard deviation (n - 1)", true},
                    {"skewness", "third standardised moment", false},
                    {"kurtosis", "fourth standardised moment less 3", false},
                    {"median", "median", true},
                    {"quantile_05", "5 % lie below", true},
                    {"quantile_95", "5 % lie above", true},
                    {"normal_distance", "Kolmogorov-Smirnov distance from a normal distribution", false}};
  double values[NVALUE], errors[NVALUE];
  int64_t n = 0;
  PetscFunctionBegin;
  (void)params;
  PetscCall(Values(NULL, map, values));
  PetscCall(VmJackknife(map, NVALUE, Values, NULL, errors));
  for (int v = 0; v < NVALUE; ++v)
    PetscCall(VmStatResultEstimate(result, what[v].name, values[v], errors[v], what[v].of_unit ? map->unit : "1",
                                   what[v].long_name, "standard error by jackknife over blocks of the map"));
  for (int64_t i = 0; i < VmMapSize(map); ++i) n += !isnan(map->values[i]);
  PetscCall(VmStatResultAdd(result, "count", VM_I64, 0, NULL, &n, (VmMeta){"1", "points with a value", NULL}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_distribution = {
    .head = {"distribution", "mean, deviation, skewness, quantiles of a map, with errors that know of correlation",
             "Künsch, Ann. Statist. 17 (1989) 1217", NULL},
    .apply = Apply};
