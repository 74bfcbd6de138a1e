/* L4. What two analysis files share, written so that it can be drawn: curves with residuals, distribution functions. */
#ifndef VM_COMPARE_OVERLAY_H
#define VM_COMPARE_OVERLAY_H

#include "distance.h"
#include "pair.h"

/**
 * Difference of two curves in units of their combined standard error, (a - b)/sqrt(ea^2 + eb^2); one error that is not
 * known counts as none, both: NAN. Not collective.
 *
 * \param[in]  ea, eb    [n] or NULL
 * \param[out] residual  [n]
 */
void VmResidual(int64_t n, const double *a, const double *ea, const double *b, const double *eb, double *residual);

/**
 * Writes /overlay/curves/<name>: x, a, b [n] with their errors where known, residual; attributes chi_square (per
 * point), probability, x_name, x_unit. Only curves of one axis; others are left out. Collective.
 */
PetscErrorCode VmOverlayCurve(VmH5 out, VmH5 file, const VmPair *pair, const VmDistance *chi);

/**
 * Writes /overlay/distributions/<name>: a and b, values below which a part `probability` of each side lies; attributes
 * place (where the distribution functions are furthest apart), at_place (both there), kolmogorov_smirnov and
 * wasserstein (value, low, high, probability). Collective.
 */
PetscErrorCode VmOverlayDistribution(VmH5 out, VmH5 file, const VmPair *pair, const VmMapDistance *distance);

#endif
