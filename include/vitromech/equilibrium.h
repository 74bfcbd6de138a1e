/* L4. Equilibrium of a heterogeneous elastic body with eigenstrain in a periodic box (docs/theory/equilibrium.md). */
#ifndef VITROMECH_EQUILIBRIUM_H
#define VITROMECH_EQUILIBRIUM_H

#include <vitromech/fft.h>
#include <vitromech/tensor.h>

/* Trilinear hexahedra, one per voxel, with nodes at the corners of the voxels. */
typedef enum {
  VM_ELEMENT_FULL,   /* 8 integration points */
  VM_ELEMENT_REDUCED /* 1 integration point: cheaper, and blind to the hourglass modes */
} VmElement;

typedef enum {
  VM_KRYLOV_CG,   /* own conjugate gradients: same bits on any number of ranks, less memory */
  VM_KRYLOV_PETSC /* KSP, conjugate gradients unless the options database says otherwise (prefix "equilibrium_") */
} VmKrylov;

typedef struct {
  VmElement element;
  VmKrylov krylov;
  double tolerance; /* relative residual at which the solver stops */
  int max_iterations;
} VmEquilibriumOptions;

/** Reduced integration, own conjugate gradients, tolerance 1e-6, 1000 iterations. Not collective. */
void VmEquilibriumOptionsInit(VmEquilibriumOptions *options);

/* sig = 2G e + K tr(e) I + internal with e the deviator and trace of eps - eigenstrain, constant in each voxel. Set
 * what is not there to NULL. Arrays are borrowed until the next medium or the end of the solver. */
typedef struct {
  const double *shear, *bulk; /* [np] GPa, positive */
  const double *eigenstrain;  /* [6][np] tensor components, or NULL */
  const double *internal;     /* [6][np] GPa, stress at vanishing strain, or NULL */
} VmMedium;

/* What is prescribed to the mean, component by component. */
typedef struct {
  bool stress_controlled[6]; /* else the strain is */
  double level[6];           /* mean stress [GPa] or mean strain (tensor component) */
} VmMacroLoad;

typedef enum { VM_SOLVE_CONVERGED, VM_SOLVE_TOO_SLOW, VM_SOLVE_BROKE_DOWN } VmSolveStatus;

typedef struct {
  VmSolveStatus status;
  char message[200]; /* why it did not converge; "" if it did */
  int iterations;
  double residual;       /* the last of the history */
  const double *history; /* [iterations + 1] relative residuals, valid until the next solve */
  const double *times;   /* [iterations + 1] wall-clock time [s] at which each of them was known */
  double mean_strain[6], mean_stress[6];
} VmEquilibriumResult;

typedef struct VmEquilibrium_s *VmEquilibrium;

/** options: copied. The grid is borrowed. Collective. */
PetscErrorCode VmEquilibriumCreate(VmGrid grid, const VmEquilibriumOptions *options, VmEquilibrium *equilibrium);
PetscErrorCode VmEquilibriumDestroy(VmEquilibrium *equilibrium);

/** Moduli that are not positive and finite: VM_ERR_INPUT. The displacement of the last solve stays. Collective. */
PetscErrorCode VmEquilibriumSetMedium(VmEquilibrium equilibrium, const VmMedium *medium);

/**
 * Displacement and mean strain for which the nodal forces vanish and the mean stress is the prescribed one.
 *
 * The residual is the L2 norm of the nodal forces; an error of the mean stress counts as one such force per voxel. It
 * is measured relative to its value at uniform strain, where the stress-controlled components of the strain are those
 * of the Voigt average. A residual at the level of rounding (1e-14 of the norm of the stress) is also enough.
 *
 * \param[in]  warm    start from the displacement and strain of the last solve instead of from uniform strain
 * \param[out] result  non-convergence is a status, not an error
 * Same bits on any number of ranks with VM_KRYLOV_CG. Collective.
 */
PetscErrorCode VmEquilibriumSolve(VmEquilibrium equilibrium, const VmMacroLoad *load, bool warm,
                                  VmEquilibriumResult *result);

/** Voxel averages of the last solve: strain [6][np], stress [6][np] GPa; either may be NULL. Collective. */
PetscErrorCode VmEquilibriumFields(VmEquilibrium equilibrium, double *strain, double *stress);

/** Periodic displacement [3][np] nm at the lowest corner of each voxel (zero mean; without mean strain times x).
 * Not collective. */
PetscErrorCode VmEquilibriumDisplacement(VmEquilibrium equilibrium, double *displacement);

/** Bytes of the solver per rank, own arrays and those of the medium. Not collective. */
int64_t VmEquilibriumBytes(VmEquilibrium equilibrium);

#endif
