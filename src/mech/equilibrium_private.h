/* What the parts of the equilibrium solver share. */
#ifndef VM_EQUILIBRIUM_PRIVATE_H
#define VM_EQUILIBRIUM_PRIVATE_H

#include <vitromech/equilibrium.h>

/* A vector of unknowns or of residuals: displacements of the nodes in voxel edges (or forces on them over a^2 [GPa]),
 * and the stress-controlled components of the mean strain times sqrt(N) (or of the stress times sqrt(N)) in Mandel
 * form, the same on every rank and zero for the strain-controlled ones. */
typedef struct {
  double *u; /* [3][np] */
  double mean[6];
} VmUnknown;

/* How the elements of a row answer to strain: from the corner sums of the nodes to the forces of the modes
 * (hexahedron.h); first: index of the row's first voxel, strain: uniform part. */
typedef struct {
  void (*row)(void *context, int64_t first, const double strain[6], const double *in, double *out);
  void *context;
} VmRowLaw;

struct VmEquilibrium_s {
  VmGrid grid;
  VmEquilibriumOptions options;
  VmMedium medium;
  VmRowLaw tangent;             /* the linear part in place of the medium's; row NULL: the medium's */
  VmFft fft;                    /* three components */
  double mean_shear, mean_bulk; /* Voigt averages */
  double shear, bulk;           /* of the reference medium */
  bool *controlled;             /* stress-controlled components of the solve under way */
  double strain[6];             /* mean strain */
  VmUnknown solution;           /* its mean part is kept in `strain` */
  VmUnknown residual, direction, product;
  double *rows;            /* room of VmHexRow */
  double *upper[2], *halo; /* [3][plane] each */
  double *wave[3];         /* per axis: sines and cosines of half the phases, [2][n] (reference.c) */
  double *history, *times; /* [max_iterations + 1] */
};

/* Which forces VmHexForces takes into account. */
typedef enum { VM_LINEAR_PART, VM_WHOLE_STRESS } VmStressPart;

/** Allocates the rooms of the element routines. Collective. */
PetscErrorCode VmHexCreate(VmEquilibrium e);
PetscErrorCode VmHexDestroy(VmEquilibrium e);

/**
 * Nodal forces B^T sig(strain + B u) of a displacement u.
 *
 * \param[in]  u      [3][np] voxel edges
 * \param[in]  strain [6] uniform strain
 * \param[in]  part   VM_LINEAR_PART: sig = C:eps; VM_WHOLE_STRESS: with eigenstrain and internal stress
 * \param[out] f      [3][np] GPa
 * \param[out] work   u.f over all nodes, or NULL
 * \param[out] stress [6] sum of the voxel stresses [GPa], or NULL
 * Collective.
 */
PetscErrorCode VmHexForces(VmEquilibrium e, const double *u, const double strain[6], VmStressPart part, double *f,
                           double *work, double *stress);

/** The same of any law. Collective. */
PetscErrorCode VmHexLawForces(VmEquilibrium e, const double *u, const double strain[6], const VmRowLaw *law, double *f,
                              double *work, double *stress);

/** Voxel averages of strain and stress [6][np], either may be NULL. Collective. */
PetscErrorCode VmHexFields(VmEquilibrium e, const double *u, const double strain[6], double *strains, double *stresses);

/** Transform and wave numbers of the reference medium for the discretisation in use. Collective. */
PetscErrorCode VmReferenceCreate(VmEquilibrium e);
PetscErrorCode VmReferenceDestroy(VmEquilibrium e);

/** Replaces the three components in the work array of e->fft by the displacement they cause as forces in the reference
 * medium; dot: forces . displacement, positive and the same bits on any number of ranks, or NULL. Collective. */
PetscErrorCode VmReferenceSolve(VmEquilibrium e, double *dot);

/** The same for forces and displacements [3][np], which may be the same array. Collective. */
PetscErrorCode VmReferenceApply(VmEquilibrium e, const double *force, double *displacement);

/** Bytes of transform and wave numbers per rank. Not collective. */
int64_t VmReferenceBytes(VmEquilibrium e);

/** Mean strain (scaled as VmUnknown) that a mean stress causes in the reference medium; zero for strain-controlled
 * components. Not collective. */
void VmReferenceMean(VmEquilibrium e, const double stress[6], double strain[6]);

/** product = operator applied to x, and x.product. Collective. */
PetscErrorCode VmOperatorApply(VmEquilibrium e, const VmUnknown *x, VmUnknown *product, double *work);

/** Mandel components times sqrt(N) of the stress-controlled components of a strain or stress, and back. */
void VmMeanPack(VmEquilibrium e, const double tensor[6], double mean[6]);
void VmMeanAdd(VmEquilibrium e, const double mean[6], double tensor[6]);

/** Notes the relative residual after so many iterations, and the time. Not collective. */
void VmRecord(VmEquilibrium e, int iteration, double residual);

/* Solvers of operator x = e->residual: they add x to e->solution and e->strain. `target` is the norm to be reached,
 * `unit` that of the history; the residual's norm is already in history[0]. Collective. */
PetscErrorCode VmConjugateGradients(VmEquilibrium e, double target, double unit, VmEquilibriumResult *result);
PetscErrorCode VmPetscKrylov(VmEquilibrium e, double target, double unit, VmEquilibriumResult *result);

#endif
