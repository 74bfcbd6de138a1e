/* Projected potential of a tile, v_j that of an atom, in one of two forms:
 * moments V_p(r) = sum_j F_p(2 (z_j - middle)/thickness) v_j(r - r_j), F_p the functions of ewald.h;
 * slices V_q(r) = sum_j v_j(r - r_j) over the atoms with z_j in slice q. */
#ifndef VM_SYNTH_POTENTIAL_H
#define VM_SYNTH_POTENTIAL_H

#include "ewald.h"
#include "optics.h"

/** Receives the potential of a slice, V nm, or a moment, which is gone after the call. */
typedef void (*VmPotentialTake)(void *context, int slice, const double *value);

/**
 * \param[in] atoms    all atoms of the box, periodic images included; others are ignored
 * \param[in] take     receives moments 0 ... functions - 1, in this order, [grid0][grid1] of the box: they continue
 *                     periodically beyond it, and hold all frequencies below half the sampling frequency (atoms spread
 *                     by a window of 8 points on a grid 1.5 times as fine and corrected: relative error about 1e-6)
 * Not collective. Source of the spreading window: A. H. Barnett, J. Magland, L. af Klinteberg, SIAM J. Sci. Comput. 41
 * (2019) C479.
 */
PetscErrorCode VmPotentialMoments(const VmOptics *optics, const VmAtoms *atoms, const VmTileBox *box,
                                  const VmEwald *ewald, VmPotentialTake take, void *context);

/* Slices of equal thickness; atoms beyond the ends belong to the first and last. */
typedef struct {
  int count;
  double bottom, distance; /* nm */
} VmSlices;

/* Heights, `per_slice` in a slice, between which atoms with potentials of finite extent are interpolated; layer j of
 * the spreading holds what lies at bottom + j step. */
typedef struct {
  int count, per_slice,
      reach;   /* an atom is cut off `reach` heights from its own; the rest belongs to the outermost slices */
  double step; /* nm */
} VmHeights;

/** Not collective. */
VmHeights VmHeightsChoose(const VmOptics *optics, const VmSlices *slices);

/** The fewest slices of the foil that are no thicker than asked for. Not collective. */
VmSlices VmSlicesChoose(const VmOptics *optics);

/** Not collective. */
int VmSliceOf(const VmSlices *slices, double z);

/** Makes the potentials of slices 0 ... count - 1, in this order, infinite or finite as the parameters say, with the
 * frequencies and the accuracy of VmPotentialMoments, on samples[0] x samples[1] points of the box, each at least the
 * box's grid and at most VmPotentialFine of it. Not collective.
 */
PetscErrorCode VmPotentialSlices(const VmOptics *optics, const VmAtoms *atoms, const VmTileBox *box,
                                 const VmSlices *slices, const int64_t samples[2], VmPotentialTake take, void *context);

/** Points of a grid at least 1.5 times as fine as n. Not collective. */
int64_t VmPotentialFine(int64_t n);

/** Bytes that VmPotentialMoments needs. Not collective. */
double VmPotentialMomentsBytes(const VmOptics *optics, const int64_t grid[2]);

/** Bytes that VmPotentialSlices needs. Not collective. */
double VmPotentialSlicesBytes(const VmOptics *optics, const int64_t grid[2], const VmSlices *slices);

#endif
