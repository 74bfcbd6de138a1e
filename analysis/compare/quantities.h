/* L4. Single numbers drawn from the statistics of an analysis file. */
#ifndef VM_COMPARE_QUANTITIES_H
#define VM_COMPARE_QUANTITIES_H

#include "conditions.h"
#include "statistics.h"

typedef struct {
  double value, error; /* NAN: not measured, no error known */
  char note[128];
} VmMeasured;

/* n: symmetry; the result is as initialised (NAN, "not measured") if the file lacks a statistic. Collective. */
typedef PetscErrorCode (*VmMeasure)(VmStatistics statistics, const VmConditions *conditions, int n,
                                    VmMeasured *measured);

/** Position of the maximum of V(k) `omega` near the first ring [1/nm]. */
PetscErrorCode VmMeasureVariancePeak(VmStatistics, const VmConditions *, int n, VmMeasured *);
/** Summed mean power of n = 2, 4, ... 10 over that of n = 1, 3, ... 9. */
PetscErrorCode VmMeasureEvenOdd(VmStatistics, const VmConditions *, int n, VmMeasured *);
/** Mean diameter of the regions [nm], averaged over the maps n = 2, 4, ... 10. */
PetscErrorCode VmMeasureDiameter(VmStatistics, const VmConditions *, int n, VmMeasured *);
/** Volume fraction [%] from the map of n. */
PetscErrorCode VmMeasureVolumeFraction(VmStatistics, const VmConditions *, int n, VmMeasured *);
/** Sum of the volume fractions [%] of n = 2, 4, ... 10. */
PetscErrorCode VmMeasureVolumeFractionSum(VmStatistics, const VmConditions *, int n, VmMeasured *);
/** Regions of the summed map: number, number per area [1/nm^2], mean diameter [nm], volume fraction [%]. */
PetscErrorCode VmMeasureSummedCount(VmStatistics, const VmConditions *, int n, VmMeasured *);
PetscErrorCode VmMeasureSummedDensity(VmStatistics, const VmConditions *, int n, VmMeasured *);
PetscErrorCode VmMeasureSummedDiameter(VmStatistics, const VmConditions *, int n, VmMeasured *);
PetscErrorCode VmMeasureSummedVolumeFraction(VmStatistics, const VmConditions *, int n, VmMeasured *);
/** Distance [nm] of the highest maximum of the autocorrelation of the map of n beyond its first minimum. */
PetscErrorCode VmMeasureNeighbourDistance(VmStatistics, const VmConditions *, int n, VmMeasured *);

#endif
