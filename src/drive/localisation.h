/* How a field of plastic strain is spread over the box: participation, shear band, correlation length. */
#ifndef VM_LOCALISATION_H
#define VM_LOCALISATION_H

#include <vitromech/fft.h>

typedef struct {
  double participation; /* (sum p)^2/(N sum p^2): 1 if p is uniform, 1/N if one voxel bears it all */

  /* The band: normal to the planes over which averages of p vary most, among the planes that close on themselves in the
   * periodic box with wave vectors (h/L_x, k/L_y, l/L_z), |h|, |k|, |l| <= 2. */
  double normal[3]; /* unit vector; the last component that is not 0 is positive */
  double share; /* of the variance of p that the averages over these planes keep: 1 for layers, near 0 without band */
  double width; /* nm, (sum q)^2/(sum q^2) of the profile q of these averages less its minimum times the distance of
                   its points: that of a top hat is its width, of a Gaussian 1.5 times its full width at half maximum */

  double correlation_length; /* nm, at which the autocorrelation of p, averaged over shells of one voxel, falls to 1/e;
                                0: it does not within half of the box */
} VmLocalisation;

/** Measures p [np], of which none is negative; all 0 if p is. The same bits on any number of ranks. fft: of one
 * component, its work is spent. Collective. Source: participation ratio of Bell & Dean; plane averages as of
 * permanent bands by Martens, Bocquet & Barrat, Soft Matter 8 (2012) 4197. */
PetscErrorCode VmLocalise(VmFft fft, const double *p, VmLocalisation *result);

#endif
