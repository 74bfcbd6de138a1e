/* One ring of angular bins at a chosen k, for statistics that give a value of each probe. */
#ifndef VM_STAT_BAND_H
#define VM_STAT_BAND_H

#include <vitromech/stat.h>

typedef struct {
  double k, width; /* [1/nm] */
  VmPolar polar;   /* one ring */
  VmAngular angular;
  double *samples;     /* [angles] of one frame */
  double *power;       /* [angles/2 + 1] */
  double *correlation; /* [angles] */
} VmBand;

/**
 * \param[in] who    name of the statistic for messages
 * \param[in] k      [1/nm]; NAN: the first ring
 * \param[in] width  [1/nm]; NAN: two pixels
 * Errors: VM_ERR_INPUT if there is no first ring or the band leaves the detector. Collective.
 */
PetscErrorCode VmBandCreate(VmSurvey survey, const char *who, double k, double width, int angles, VmBand *band);
PetscErrorCode VmBandDestroy(VmBand *band);

/** correlation C(phi) of one frame, shot noise included, and the ring mean; correlation NAN if the mean is not
 * positive. Not collective. */
PetscErrorCode VmBandCorrelate(VmBand *band, const float *frame, double *mean);

/** Mean of n values that are not NAN, and its standard error by bootstrap over 16 contiguous parts. Not collective. */
PetscErrorCode VmMapMean(int64_t n, const double *values, double *mean, double *error);

#endif
