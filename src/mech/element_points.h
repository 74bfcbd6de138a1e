/* Strain and stress at the integration points of a row of elements. */
#ifndef VM_ELEMENT_POINTS_H
#define VM_ELEMENT_POINTS_H

#include "hexahedron.h"

/** 8 with full integration, 1 with reduced. Not collective. */
static inline int VmElementPoints(VmElement element) { return element == VM_ELEMENT_FULL ? 8 : 1; }

/**
 * Strain at the points of a row of n elements.
 *
 * \param[in]  uniform [6] tensor components, added
 * \param[in]  in      corner sums (hexahedron.h), stride s
 * \param[out] strain  [6][points*n] Mandel components; element z of point p at p*n + z
 * Not collective.
 */
void VmPointStrain(VmElement element, int64_t n, int64_t s, const double uniform[6], const double *in, double *strain);

/** Forces of the modes, out of hexahedron.h, of a stress [6][points*n] (Mandel) at the points. Not collective. */
void VmPointForces(VmElement element, int64_t n, int64_t s, const double *stress, double *out);

#endif
