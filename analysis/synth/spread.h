/* The window with which atoms are spread over a grid, "exponential of semicircle": A. H. Barnett, J. Magland,
 * L. af Klinteberg, SIAM J. Sci. Comput. 41 (2019) C479. */
#ifndef VM_SYNTH_SPREAD_H
#define VM_SYNTH_SPREAD_H

#include <vitromech/base.h>

enum { VM_SPREAD_WIDTH = 8 }; /* points along an axis */

/** Weight at s half widths from the middle. Not collective. */
double VmSpreadWindow(double s);

/** 1 over the transform of the window at the frequencies |m| < n/2, in the order of a transform, on an axis of `fine`
 * points, [n] by PetscMalloc. Not collective. */
PetscErrorCode VmSpreadCorrection(int64_t n, int64_t fine, double **correction);

#endif
