/* Thresholds from all values, sorted once, with running sums. */
#include <vitromech/map.h>
#include <math.h>
#include <string.h>

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Number of sorted values not above a threshold. */
static int64_t CountBelow(int64_t n, const double *values, double threshold)
{
  int64_t low = 0, high = n;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (values[middle] <= threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

static double SumOf(int64_t n, const double *values)
{
  double sum = 0.0;
  for (int64_t i = 0; i < n; ++i) sum += values[i];
  return sum;
}

double VmThresholdIsodata(int64_t n, double *values)
{
  if (n == 0) return NAN;
  qsort(values, (size_t)n, sizeof *values, CompareDouble);
  const double all = SumOf(n, values);
  double threshold = all / (double)n;
  for (int64_t below = -1;;) {
    const int64_t now = CountBelow(n, values, threshold);
    if (now == below || now == 0 || now == n) return threshold;
    below = now;
    const double sum = SumOf(below, values);
    threshold = 0.5 * (sum / (double)below + (all - sum) / (double)(n - below));
  }
}

double VmThresholdOtsu(int64_t n, double *values)
{
  if (n == 0) return NAN;
  qsort(values, (size_t)n, sizeof *values, CompareDouble);
  const double all = SumOf(n, values);
  double threshold = values[n - 1], best = 0.0, sum = 0.0;
  for (int64_t i = 0; i < n - 1; ++i) {
    sum += values[i];
    if (!(values[i + 1] > values[i])) continue;
    const double below = (double)(i + 1), above = (double)(n - i - 1);
    const double difference = sum / below - (all - sum) / above;
    if (below * above * difference * difference > best) {
      best = below * above * difference * difference;
      threshold = 0.5 * (values[i] + values[i + 1]);
    }
  }
  return threshold;
}

bool VmThresholdValid(const char *text)
{
  char *end;
  if (strcmp(text, "isodata") == 0 || strcmp(text, "otsu") == 0 || strcmp(text, "persistence") == 0) return true;
  return isfinite(strtod(text, &end)) && end != text && *end == '\0';
}

PetscErrorCode VmThreshold(const VmMap *map, const char *text, double *threshold)
{
  const int64_t n = VmMapSize(map);
  int64_t count = 0;
  double *values;
  PetscFunctionBegin;
  if (strcmp(text, "persistence") == 0) {
    PetscCall(VmThresholdPersistence(map, threshold));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc1((size_t)n, &values));
  for (int64_t i = 0; i < n; ++i)
    if (!isnan(map->values[i])) values[count++] = map->values[i];
  if (count == 0) *threshold = NAN;
  else if (strcmp(text, "isodata") == 0) *threshold = VmThresholdIsodata(count, values);
  else if (strcmp(text, "otsu") == 0) *threshold = VmThresholdOtsu(count, values);
  else *threshold = strtod(text, NULL);
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}
