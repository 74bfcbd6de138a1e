/* First ring of a pattern: its radius, and its ellipse. */
#ifndef VM_STAT_PATTERN_RING_H
#define VM_STAT_PATTERN_RING_H

#include <vitromech/transform.h>

/** Rings of half a pixel out to the edge of the detector, of one bin each. Collective. */
PetscErrorCode VmFineRings(MPI_Comm comm, const VmDetector *detector, VmPolar *rings);

/** k [1/nm] of the first ring of a pattern, NAN if there is none. Not collective. */
PetscErrorCode VmPatternFirstRing(VmPolar rings, const double *pattern, double *first_ring);

/**
 * Ellipse e of the ring at k0 [1/nm], without change of its area, and its centre [pixels]; NAN if the fit does not
 * converge. Not collective.
 */
PetscErrorCode VmPatternEllipse(const VmDetector *detector, double k0, const double *pattern, double e[3],
                                double centre[2]);

#endif
