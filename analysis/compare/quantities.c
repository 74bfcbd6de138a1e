#include "quantities.h"

#include "curve.h"

#include <math.h>

static const int even[] = {2, 4, 6, 8, 10};
enum { NEVEN = 5 };

static void MapName(int n, char name[32]) { snprintf(name, 32, "nfold/n_%d", n); }

/* Regions found in a map. */
typedef struct {
  double count, diameter, diameter_error; /* nm; NAN: not measured */
  double fraction, fraction_error;        /* volume fraction */
} Regions;

static PetscErrorCode ReadRegions(VmStatistics s, const char *map, Regions *regions)
{
  const char *group = VmStatisticsFind(s, "clusters", map);
  PetscFunctionBegin;
  PetscCall(VmStatisticsScalar(s, group, "count", &regions->count));
  PetscCall(VmStatisticsScalar(s, group, "mean_diameter", &regions->diameter));
  PetscCall(VmStatisticsScalar(s, group, "mean_diameter_error", &regions->diameter_error));
  PetscCall(VmStatisticsScalar(s, group, "volume_fraction", &regions->fraction));
  PetscCall(VmStatisticsScalar(s, group, "volume_fraction_error", &regions->fraction_error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadRegionsOf(VmStatistics s, int n, Regions *regions)
{
  char map[32];
  PetscFunctionBegin;
  MapName(n, map);
  PetscCall(ReadRegions(s, map, regions));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void SetVolumeFraction(const Regions *regions, VmMeasured *measured)
{
  measured->value = 100.0 * regions->fraction;
  measured->error = 100.0 * regions->fraction_error;
}

PetscErrorCode VmMeasureVariancePeak(VmStatistics s, const VmConditions *conditions, int n, VmMeasured *measured)
{
  VmCurve curve = {0};
  double k_min, k_max;
  PetscFunctionBegin;
  (void)n;
  PetscCall(VmCurveOurs(s, conditions, "omega", &curve));
  PetscCall(VmCurveWindow(s, &k_min, &k_max));
  const VmPeak peak = VmCurvePeak(&curve, k_min, k_max);
  measured->value = peak.position;
  measured->error = peak.position_error;
  PetscCall(VmCurveDestroy(&curve));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMeasureEvenOdd(VmStatistics s, const VmConditions *conditions, int n, VmMeasured *measured)
{
  const char *group = VmStatisticsFind(s, "nfold", NULL);
  double *mean, *error, power[2] = {0.0, 0.0}, variance[2] = {0.0, 0.0};
  int64_t count, errors;
  PetscFunctionBegin;
  (void)conditions;
  (void)n;
  PetscCall(VmStatisticsRead(s, group, "mean_power", &count, &mean));
  PetscCall(VmStatisticsRead(s, group, "mean_power_error", &errors, &error));
  if (count > 10) {
    for (int m = 1; m <= 10; ++m) {
      power[m % 2] += mean[m];
      variance[m % 2] += errors == count ? error[m] * error[m] : NAN;
    }
    measured->value = power[0] / power[1];
    measured->error =
        fabs(measured->value) * sqrt(variance[0] / (power[0] * power[0]) + variance[1] / (power[1] * power[1]));
  }
  PetscCall(PetscFree(mean));
  PetscCall(PetscFree(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMeasureDiameter(VmStatistics s, const VmConditions *conditions, int n, VmMeasured *measured)
{
  double sum = 0.0, variance = 0.0;
  int maps = 0;
  PetscFunctionBegin;
  (void)conditions;
  (void)n;
  for (int i = 0; i < NEVEN; ++i) {
    Regions regions;
    PetscCall(ReadRegionsOf(s, even[i], &regions));
    if (isnan(regions.diameter)) continue;
    sum += regions.diameter;
    variance += regions.diameter_error * regions.diameter_error;
    ++maps;
  }
  if (maps > 0) {
    measured->value = sum / maps;
    measured->error = sqrt(variance) / maps;
    snprintf(measured->note, sizeof measured->note, "mean over %d maps", maps);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMeasureVolumeFraction(VmStatistics s, const VmConditions *conditions, int n, VmMeasured *measured)
{
  Regions regions;
  PetscFunctionBegin;
  (void)conditions;
  PetscCall(ReadRegionsOf(s, n, &regions));
  SetVolumeFraction(&regions, measured);
  if (!isnan(regions.count)) snprintf(measured->note, sizeof measured->note, "%g regions", regions.count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMeasureVolumeFractionSum(VmStatistics s, const VmConditions *conditions, int n, VmMeasured *measured)
{
  double sum = 0.0, variance = 0.0;
  PetscFunctionBegin;
  (void)conditions;
  (void)n;
  for (int i = 0; i < NEVEN; ++i) {
    Regions regions;
    VmMeasured part;
    PetscCall(ReadRegionsOf(s, even[i], &regions));
    SetVolumeFraction(&regions, &part);
    sum += part.value;
    variance += part.error * part.error;
  }
  measured->value = sum;
  measured->error = sqrt(variance);
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define SUMMED_MAP "nfold/total"

PetscErrorCode VmMeasureSummedCount(VmStatistics s, const VmConditions *conditions, int n, VmMeasured *measured)
{
  Regions regions;
  PetscFunctionBegin;
  (void)n;
  PetscCall(ReadRegions(s, SUMMED_MAP, &regions));
  measured->value = regions.count;
  measured->error = sqrt(regions.count);
  if (!isnan(regions.count) && !isnan(conditions->area)) {
    snprintf(measured->note, sizeof measured->note, "in %.0f nm^2", conditions->area);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMeasureSummedDensity(VmStatistics s, const VmConditions *conditions, int n, VmMeasured *measured)
{
  Regions regions;
  PetscFunctionBegin;
  (void)n;
  PetscCall(ReadRegions(s, SUMMED_MAP, &regions));
  measured->value = regions.count / conditions->area;
  measured->error = sqrt(regions.count) / conditions->area;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMeasureSummedDiameter(VmStatistics s, const VmConditions *conditions, int n, VmMeasured *measured)
{
  Regions regions;
  PetscFunctionBegin;
  (void)conditions;
  (void)n;
  PetscCall(ReadRegions(s, SUMMED_MAP, &regions));
  measured->value = regions.diameter;
  measured->error = regions.diameter_error;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMeasureSummedVolumeFraction(VmStatistics s, const VmConditions *conditions, int n,
                                             VmMeasured *measured)
{
  Regions regions;
  PetscFunctionBegin;
  (void)conditions;
  (void)n;
  PetscCall(ReadRegions(s, SUMMED_MAP, &regions));
  SetVolumeFraction(&regions, measured);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Highest maximum beyond the first minimum; -1 if the curve only falls. */
static int SecondMaximum(int64_t n, const double *y)
{
  int64_t i = 1, highest = -1;
  while (i < n - 1 && !(y[i] <= y[i - 1] && y[i] < y[i + 1])) ++i;
  for (; i < n - 1; ++i) {
    if (y[i] >= y[i - 1] && y[i] > y[i + 1] && (highest < 0 || y[i] > y[highest])) highest = i;
  }
  return (int)highest;
}

/* True if a distance is one at which the simulated atoms repeat: the tiling's order, not the glass's. */
static bool IsRepeat(const VmConditions *conditions, double distance, double tolerance)
{
  return fabs(distance - conditions->repeat) <= tolerance ||
         fabs(distance - sqrt(2.0) * conditions->repeat) <= tolerance;
}

PetscErrorCode VmMeasureNeighbourDistance(VmStatistics s, const VmConditions *conditions, int n, VmMeasured *measured)
{
  char map[32];
  int64_t nr, nsigma, nerror;
  double *r, *sigma, *error;
  PetscFunctionBegin;
  MapName(n, map);
  const char *group = VmStatisticsFind(s, "autocorrelation", map);
  PetscCall(VmStatisticsRead(s, group, "r", &nr, &r));
  PetscCall(VmStatisticsRead(s, group, "sigma", &nsigma, &sigma));
  PetscCall(VmStatisticsRead(s, group, "sigma_error", &nerror, &error));
  if (nr > 0 && nr == nsigma) {
    const int i = SecondMaximum(nr, sigma);
    if (i < 0) {
      snprintf(measured->note, sizeof measured->note, "no second maximum up to %.3g nm", r[nr - 1]);
    } else if (IsRepeat(conditions, r[i], r[i + 1] - r[i])) {
      snprintf(measured->note, sizeof measured->note, "maximum at %.3g nm: there the atoms' tiles of %.3g nm repeat",
               r[i], conditions->repeat);
    } else {
      measured->value = r[i];
      measured->error = 0.5 * (r[i + 1] - r[i - 1]);
      const double deviation = nerror == nr ? error[i] : NAN;
      if (isfinite(deviation))
        snprintf(measured->note, sizeof measured->note, "sigma = %.2g +- %.2g there", sigma[i], deviation);
      else snprintf(measured->note, sizeof measured->note, "sigma = %.2g there", sigma[i]);
    }
  }
  PetscCall(PetscFree(r));
  PetscCall(PetscFree(sigma));
  PetscCall(PetscFree(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
