/* L4. Curves with errors: a measured V(k) and ours. */
#ifndef VM_COMPARE_CURVE_H
#define VM_COMPARE_CURVE_H

#include "conditions.h"
#include "statistics.h"

typedef struct {
  int n;
  double *k, *value, *error; /* k rising [1/nm]; error NAN where unknown */
} VmCurve;

PetscErrorCode VmCurveCreate(int n, VmCurve *curve);
PetscErrorCode VmCurveDestroy(VmCurve *curve);

/**
 * Reads columns k, V and (if there is a third) sigma, separated by commas, semicolons or blanks; lines before the first
 * number and lines starting with # are comments.
 *
 * \param[in] k_factor  what k is multiplied by to be in 1/nm
 * \param[in] scale     what V and sigma are multiplied by
 * VM_ERR_INPUT with file and line for anything else. Collective.
 */
PetscErrorCode VmCurveRead(MPI_Comm comm, const char *path, double k_factor, double scale, VmCurve *curve);

/**
 * V(k) by one definition from statistic `fem`; n = 0 if the file has none. Where it has no standard error, that of a
 * normalised variance from N independent probes is taken, V sqrt(2/(N - 1)).
 *
 * \param[in] definition  "omega", "ring", ...
 * Collective.
 */
PetscErrorCode VmCurveOurs(VmStatistics statistics, const VmConditions *conditions, const char *definition,
                           VmCurve *curve);

typedef struct {
  double position, position_error, height, height_error;
} VmPeak;

/** The highest maximum of a curve between two k, by a weighted parabola through the points about it that reach 0.85 of
 * it (three at least); NAN if there is no maximum inside. Not collective. */
VmPeak VmCurvePeak(const VmCurve *curve, double k_min, double k_max);

/** Where the peak of V(k) is looked for: within a quarter of the first ring of I(k); from 2 1/nm on if the file has
 * none. Collective. */
PetscErrorCode VmCurveWindow(VmStatistics statistics, double *k_min, double *k_max);

/** The curve at k by linear interpolation, with its error; false outside its range. Not collective. */
bool VmCurveAt(const VmCurve *curve, double k, double *value, double *error);

typedef struct {
  int points;                /* of theirs that lie within ours */
  double chi2;               /* per point, errors of both added in squares; NAN without points */
  double scale, scaled_chi2; /* factor on ours that makes chi2 least with the weights at that factor */
} VmCurveDistance;

/** Not collective. */
VmCurveDistance VmCurveCompare(const VmCurve *ours, const VmCurve *theirs);

#endif
