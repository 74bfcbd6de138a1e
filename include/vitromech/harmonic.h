/* L4. Steady oscillation of a heterogeneous viscoelastic body in a periodic box (docs/theory/harmonic.md). */
#ifndef VITROMECH_HARMONIC_H
#define VITROMECH_HARMONIC_H

#include <vitromech/body.h>
#include <complex.h>

/* All quantities are amplitudes of exp(i omega t): eps(t) = Re[eps exp(i omega t)], so that the imaginary part of a
 * modulus is its loss. sig = 2 G* e + K* tr(eps) I in each voxel, without inertia: div sig = 0. */

/* What is prescribed to the mean, component by component. */
typedef struct {
  bool stress_controlled[6]; /* else the strain is */
  double complex level[6];   /* amplitude of mean stress [GPa] or mean strain (tensor component) */
} VmHarmonicLoad;

typedef struct {
  VmSolveStatus status;
  char message[200]; /* why it did not converge; "" if it did */
  int iterations;
  double residual;       /* the last of the history */
  const double *history; /* [iterations + 1] relative residuals, valid until the next solve */
  double complex mean_strain[6], mean_stress[6];
  double work; /* of the mean stress in one cycle, pi Im(sig : conj eps) [GPa] */
  double
      dissipated; /* in one cycle, volume mean of what is lost inside the voxels [GPa]; equals `work` at equilibrium */
} VmHarmonicResult;

typedef struct VmHarmonic_s *VmHarmonic;

/** options: copied; krylov is ignored (conjugate orthogonal conjugate gradients). The grid is borrowed. Collective. */
PetscErrorCode VmHarmonicCreate(VmGrid grid, const VmEquilibriumOptions *options, VmHarmonic *harmonic);
PetscErrorCode VmHarmonicDestroy(VmHarmonic *harmonic);

/**
 * Complex moduli of the voxels; copied.
 *
 * \param[in] shear, bulk  [np] GPa; VM_ERR_INPUT unless each is finite, not zero, and has real and imaginary part >= 0
 * The displacement of the last solve stays, so that a sweep goes on from the neighbouring frequency. Collective.
 */
PetscErrorCode VmHarmonicSetMedium(VmHarmonic harmonic, const double complex *shear, const double complex *bulk);

/** As VmHarmonicSetMedium, by the laws of a composition at angular frequency omega [1/s] and temperature [K].
 * Collective. */
PetscErrorCode VmHarmonicSetComposition(VmHarmonic harmonic, const VmComposition *composition, double omega,
                                        double temperature);

/**
 * Displacement and mean strain for which the nodal forces vanish and the mean stress is the prescribed one.
 *
 * Residual and stopping test are those of VmEquilibriumSolve with complex forces.
 *
 * \param[in]  warm    start from the displacement and strain of the last solve instead of from uniform strain
 * \param[out] result  non-convergence is a status, not an error
 * Same bits on any number of ranks. Collective.
 */
PetscErrorCode VmHarmonicSolve(VmHarmonic harmonic, const VmHarmonicLoad *load, bool warm, VmHarmonicResult *result);

/** Voxel averages of the last solve: strain [6][np], stress [6][np] GPa, and the energy [np] dissipated in one cycle
 * [GPa] by the average strain of the voxel (all of it with reduced integration); each may be NULL. Collective. */
PetscErrorCode VmHarmonicFields(VmHarmonic harmonic, double complex *strain, double complex *stress,
                                double *dissipation);

/**
 * Effective stiffness of the box from six load cases.
 *
 * \param[out] stiffness  [36] row by row, Mandel components [GPa]
 * \param[out] result     of the last case, or of the first that did not converge
 * Collective.
 */
PetscErrorCode VmHarmonicStiffness(VmHarmonic harmonic, double complex stiffness[36], VmHarmonicResult *result);

/** Isotropic moduli nearest to a stiffness (Mandel): K = C_iijj/9, G = (C_ijij - C_iijj/3)/10. Not collective. */
void VmHarmonicIsotropic(const double complex stiffness[36], double complex *shear, double complex *bulk);

/** Bytes of the solver per rank. Not collective. */
int64_t VmHarmonicBytes(VmHarmonic harmonic);

#endif
