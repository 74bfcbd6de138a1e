/* What the parts of the harmonic solver share. */
#ifndef VM_HARMONIC_PRIVATE_H
#define VM_HARMONIC_PRIVATE_H

#include "equilibrium_private.h"
#include <vitromech/harmonic.h>

/* Real and imaginary part, or storage and loss. */
enum { RE, IM, PARTS };

/* As VmUnknown, complex. */
typedef struct {
  double *u[PARTS]; /* [3][np] each */
  double complex mean[6];
} VmComplexUnknown;

struct VmHarmonic_s {
  VmGrid grid;
  VmEquilibrium e; /* its elements, transform and reference medium, without vectors of its own */
  double *shear[PARTS], *bulk[PARTS];
  double complex mean_shear, mean_bulk; /* Voigt averages */
  bool controlled[6];                   /* stress-controlled components of the solve under way */
  double complex strain[6];             /* mean strain */
  VmComplexUnknown solution, residual, direction, product;
  double *room; /* [3][np] */
  double *history;
};

/**
 * Nodal forces of a complex displacement: f = B^T C* (strain + B u), with the real elements for each part.
 *
 * \param[in]  u      [PARTS] of [3][np] voxel edges
 * \param[in]  strain uniform strain
 * \param[out] f      [PARTS] of [3][np] GPa
 * \param[out] stress sum of the voxel stresses [GPa], or NULL
 * Collective.
 */
PetscErrorCode VmComplexForces(VmHarmonic h, double *const u[PARTS], const double complex strain[6],
                               double *const f[PARTS], double complex *stress);

/** Mean strain (scaled as VmUnknown) that a mean stress causes in the Voigt average; zero where strain is controlled.
 * Not collective. */
void VmComplexMean(VmHarmonic h, const double complex stress[6], double complex strain[6]);

/** Mandel components times sqrt(N) of the stress-controlled components of a strain or stress, and back. */
void VmComplexPack(VmHarmonic h, const double complex tensor[6], double complex mean[6]);
void VmComplexAdd(VmHarmonic h, const double complex mean[6], double complex tensor[6]);

/** Norm of a vector. Collective. */
PetscErrorCode VmComplexNorm(VmHarmonic h, const VmComplexUnknown *a, double *norm);

/** Solves operator x = h->residual and adds x to h->solution; `target` is the norm to be reached, `unit` that of the
 * history; the residual's norm is already in history[0]. Collective. */
PetscErrorCode VmConjugateOrthogonal(VmHarmonic h, double target, double unit, VmHarmonicResult *result);

#endif
