/* L4. Principal components: curves of many runs as a few numbers each. */
#ifndef VM_COMPARE_COMPONENTS_H
#define VM_COMPARE_COMPONENTS_H

#include <vitromech/base.h>

enum { VM_MOST_COMPONENTS = 3 };

typedef struct {
  int count;
  double part[VM_MOST_COMPONENTS];                                /* of the variance over the runs */
  double *score[VM_MOST_COMPONENTS];                              /* [runs] NAN for a run without the curve */
  double measured[VM_MOST_COMPONENTS], error[VM_MOST_COMPONENTS]; /* of the sample's curve */
} VmComponents;

/**
 * Principal components of curves over the runs that have them, and those of a sample's curve along the same directions.
 *
 * Points are weighted by one over `scale`; those where a run, the sample or the scale is no positive finite number are
 * left out. At most three components, none below a fiftieth of the variance; the sign is such that the largest entry of
 * a direction is positive.
 *
 * \param[in] curves  [runs][n]; a run without any finite value is left out
 * \param[in] sample  [n]
 * \param[in] errors  [n] independent standard errors of the sample beyond those of a run, or NULL: none
 * \param[in] scale   [n] what a deviation is measured by
 * *components with count = 0 where fewer than three runs or one point are left. Not collective. Free with
 * VmComponentsFree. Source: Higdon et al., J. Am. Stat. Assoc. 103 (2008) 570 (emulating curves by their components).
 */
PetscErrorCode VmComponentsCreate(int runs, int64_t n, const double *curves, const double *sample, const double *errors,
                                  const double *scale, VmComponents *components);
PetscErrorCode VmComponentsFree(VmComponents *components);

#endif
