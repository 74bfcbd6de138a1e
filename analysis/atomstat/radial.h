/* Counts of pair distances, and the pair distribution functions they stand for. */
#ifndef VM_ATOMSTAT_RADIAL_H
#define VM_ATOMSTAT_RADIAL_H

#include <vitromech/atom_stat.h>

/* Sums over the centres of VM_GROUPS blocks of space (analysis/stat/groups.h). */
typedef struct {
  int species, pairs, bins;               /* pairs of species, 0-0, 0-1 ... 1-1, 1-2 ... */
  double bin;                             /* nm */
  double volume, density[VM_MAX_SPECIES]; /* nm^3 that the atoms fill; 1/nm^3 */
  size_t size;                            /* sums of a group */
  /* [VM_GROUPS][size]: centres; ordered pairs of centre and neighbour [pairs][bins]; for each species the centres, each
   * weighted by the part of the shell that is inside the structure [species][bins] */
  double *groups;
} VmRadialSums;

/** Index of a pair of species. Not collective. */
int VmRadialPair(const VmRadialSums *sums, int a, int b);

/**
 * Counts all pairs below bins * bin; the same bits on any number of ranks. Where the structure is not periodic along
 * all axes shells are compared with what of them lies inside (window.h). Collective.
 */
PetscErrorCode VmRadialSumsCreate(const VmStructure *structure, double bin, int bins, VmRadialSums *sums);
PetscErrorCode VmRadialSumsDestroy(VmRadialSums *sums);

/** Pair distribution function [bins] of a pair, or of all atoms (pair -1), from sums [size] of some groups.
 * Not collective. */
void VmRadialCurve(const VmRadialSums *sums, const double *values, int pair, double *g);

/** Convolves a curve on equal bins with a Gaussian of standard deviation sigma (in bins; 0: none), normalised where it
 * leaves the range. Not collective. */
void VmRadialSmooth(int bins, double sigma, const double *curve, double *smooth);

/** Position of the first strong maximum, and of the lowest value beyond it and below 1.7 times it (the middle of the
 * first stretch of equal values); NAN if there is none. r of bin i is (i + 1/2) bin. Not collective. */
double VmRadialPeak(int bins, double bin, const double *g);
double VmRadialMinimum(int bins, double bin, const double *g);

/** The radius of the first coordination shell: *cutoff as given, or if that is NAN the first minimum of g(r) of all
 * atoms with smoothing 0.01 nm. None: VM_ERR_INPUT. Collective. */
PetscErrorCode VmRadialCutoff(const VmStructure *structure, double *cutoff);

#endif
