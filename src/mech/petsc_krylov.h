/* The equilibrium of a linearised body for PETSc's solvers. A vector holds displacements [3][np] and, on rank 0, the
 * six mean components behind them (VmUnknown). */
#ifndef VM_PETSC_KRYLOV_H
#define VM_PETSC_KRYLOV_H

#include "equilibrium_private.h"
#include <petscksp.h>

/** Mean components of the array of a vector, on every rank. Collective. */
PetscErrorCode VmPetscGetMean(VmGrid grid, const double *array, double mean[6]);
void VmPetscSetMean(VmGrid grid, const double mean[6], double *array);

/** VmOperatorApply as a shell matrix. Collective. */
PetscErrorCode VmPetscOperator(VmEquilibrium e, Mat *matrix);

/** Conjugate gradients on the norm of the forces, preconditioned by the reference medium. Collective. */
PetscErrorCode VmPetscPreconditioner(VmEquilibrium e, KSP ksp);

#endif
