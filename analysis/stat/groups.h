/* Standard errors of curves from groups of neighbouring frames, resampled with replacement. */
#ifndef VM_STAT_GROUPS_H
#define VM_STAT_GROUPS_H

#include <vitromech/base.h>

#define VM_GROUPS 16 /* contiguous parts of the scan */
#define VM_GROUP_REPLICAS 200

/** Group of a frame. Not collective. */
static inline int VmGroupOf(int64_t frame, int64_t frames) { return (int)(frame * VM_GROUPS / frames); }

/* Values [nvalue] from the sums [nsum] over the frames of a resampled scan. */
typedef void (*VmGroupFunction)(const void *context, const double *sums, double *values);

/**
 * Bootstrap over groups.
 *
 * \param[in]  groups  [VM_GROUPS][nsum] sums of each group
 * \param[out] errors  [nvalue] standard deviation of the values over the replicas; NAN if fewer than two groups have
 *                     frames (sums[0] is the number of frames) or fewer than half of the replicas give a number
 * Not collective.
 */
PetscErrorCode VmGroupErrors(size_t nsum, const double *groups, size_t nvalue, VmGroupFunction function,
                             const void *context, double *errors);

/** total [nsum] = sum over the groups. Not collective. */
void VmGroupTotal(size_t nsum, const double *groups, double *total);

#endif
