/* Moments of the projected potential of a tile: W_p(r) = sum_j T_p(2 (z_j - middle)/thickness) v_j(r - r_j), T_p the
 * Chebyshev polynomials, v_j the projected potential of the atom. */
#ifndef VM_SYNTH_POTENTIAL_H
#define VM_SYNTH_POTENTIAL_H

#include "optics.h"

typedef struct {
  VmTileBox box;
  int moments;
  double *value; /* [moments][grid0][grid1], V nm */
} VmPotential;

/**
 * \param[in] atoms    all atoms of the box, periodic images included; others are ignored
 * \param[in] moments  p = 0 ... moments - 1
 * \param[out] potential  continues periodically beyond the box, and holds
 *                     all frequencies below half the sampling frequency (atoms spread by a window of 8 points on a grid
 *                     1.5 times as fine and corrected: relative error about 1e-6)
 * Not collective. Source of the spreading window: A. H. Barnett, J. Magland, L. af Klinteberg, SIAM J. Sci. Comput. 41
 * (2019) C479.
 */
PetscErrorCode VmPotentialCreate(const VmOptics *optics, const VmAtoms *atoms, const VmTileBox *box, int moments,
                                 VmPotential *potential);
void VmPotentialDestroy(VmPotential *potential);

/** Bytes that VmPotentialCreate needs at its peak, without the atoms. Not collective. */
double VmPotentialBytes(const int64_t grid[2], int moments);

#endif
