/* L4. How far two maps or two curves are from each other, and how sure that is. */
#ifndef VM_COMPARE_DISTANCE_H
#define VM_COMPARE_DISTANCE_H

#include <vitromech/base.h>

/* A distance with its 95 % interval and the probability to find a larger one if both sides were alike. */
typedef struct {
  double value, low, high, probability;
} VmDistance;

/* A map of numbers; those that are not finite are left out. */
typedef struct {
  int64_t n[2];
  const double *values; /* [n0][n1] */
} VmMapView;

typedef struct {
  VmDistance kolmogorov_smirnov; /* largest difference of the distribution functions */
  VmDistance wasserstein;        /* area between them, over the standard deviation of both together */
  int64_t blocks[2];             /* independent pieces of each map */
} VmMapDistance;

/**
 * Distances of the distributions of two maps, which may have different shapes.
 *
 * Neighbouring pixels are not independent: maps are cut into square blocks of four times the lag at which their
 * autocorrelation falls below 1/e (at most a quarter of an edge). Intervals come from drawing blocks with replacement,
 * probabilities from dealing the blocks of both maps out anew; fewer than 6 blocks in a map: NAN for both.
 * Not collective. Source: Kuensch, Ann. Stat. 17 (1989) 1217 (block bootstrap).
 */
PetscErrorCode VmMapDistances(const VmMapView *a, const VmMapView *b, uint64_t seed, VmMapDistance *distance);

/**
 * Mean of (a - b)^2/(ea^2 + eb^2) over the points where all are finite and the errors positive, with the probability of
 * a larger one. Points count for less where their deviations go together: N (1 - r)/(1 + r) with r the correlation of
 * neighbours about the mean deviation. *points counts them; 0 leaves NAN. Not collective.
 */
void VmCurveChiSquare(int64_t n, const double *a, const double *ea, const double *b, const double *eb, VmDistance *chi,
                      int64_t *points);

#endif
