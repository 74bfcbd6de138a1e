#include "band.h"
#include "groups.h"
#include <math.h>

PetscErrorCode VmBandCreate(VmSurvey survey, const char *who, double k, double width, int angles, VmBand *band)
{
  const VmDetector *d = &survey->detector;
  PetscFunctionBegin;
  band->k = isnan(k) ? survey->first_ring : k;
  band->width = isnan(width) ? 2.0 * fmax(d->pitch[0], d->pitch[1]) : width;
  if (isnan(band->k))
    VmThrow(survey->comm, VM_ERR_INPUT, "%s: the mean pattern has no ring to look at: give k, e.g. k: 4.2 1/nm", who);
  if (band->k - 0.5 * band->width < 0.0 || band->k + 0.5 * band->width > VmDetectorReach(d))
    VmThrow(survey->comm, VM_ERR_INPUT,
            "%s: the band %g +- %g 1/nm does not lie between 0 and the edge of the detector, %g 1/nm", who, band->k,
            0.5 * band->width, VmDetectorReach(d));
  PetscCall(VmPolarCreate(d, 1, &band->k, band->width, angles, survey->kernel, &band->polar));
  PetscCall(VmAngularCreate(band->polar, &band->angular));
  PetscCall(PetscMalloc3((size_t)angles, &band->samples, (size_t)angles / 2 + 1, &band->power, (size_t)angles,
                         &band->correlation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBandDestroy(VmBand *band)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(band->samples, band->power, band->correlation));
  PetscCall(VmAngularDestroy(&band->angular));
  PetscCall(VmPolarDestroy(&band->polar));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBandCorrelate(VmBand *band, const float *frame, double *mean)
{
  PetscFunctionBegin;
  VmPolarApply(band->polar, frame, band->samples);
  PetscCall(VmAngularPower(band->angular, band->samples, band->power, mean));
  PetscCall(VmAngularCorrelation(band->angular, 0, band->power, band->correlation));
  if (!(*mean > 0.0))
    for (int j = 0; j < band->polar->angles; ++j) band->correlation[j] = NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void MeanOfSums(const void *context, const double *sums, double *value)
{
  (void)context;
  *value = sums[1] / sums[0];
}

PetscErrorCode VmMapMean(int64_t n, const double *values, double *mean, double *error)
{
  double groups[VM_GROUPS][2] = {{0}}, total[2];
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    if (isnan(values[i])) continue;
    double *group = groups[VmGroupOf(i, n)];
    group[0] += 1.0;
    group[1] += values[i];
  }
  VmGroupTotal(2, groups[0], total);
  MeanOfSums(NULL, total, mean);
  PetscCall(VmGroupErrors(2, groups[0], 1, MeanOfSums, NULL, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
