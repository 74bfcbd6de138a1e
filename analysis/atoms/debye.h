/* Diffracted intensity of an isotropic structure from its pair distances (Debye's sum), and its first strong peak. */
#ifndef VM_ATOMS_DEBYE_H
#define VM_ATOMS_DEBYE_H

#include <vitromech/atoms.h>

/* What the sites of a cluster are made of: species are drawn independently with these fractions. */
typedef struct {
  int n, number[VM_MAX_SPECIES];   /* species; atomic number of each */
  double fraction[VM_MAX_SPECIES]; /* sums to 1 */
} VmComposition;

/** Composition of a structure that this rank holds whole. Not collective. */
VmComposition VmCompositionOf(const VmAtoms *whole);

/**
 * Intensity per atom of a periodic glass, averaged over orientations, without the forward beam.
 *
 * \param[in]  whole      structure in a rectangular periodic cell, the same on every rank
 * \param[in]  k          [nk] 1/nm
 * \param[out] intensity  [nk] nm^2
 * Pair distances up to half the shortest edge, with Lorch's window against the cut-off. The same bits on any number of
 * ranks. Collective. Source: P. Debye, Ann. Phys. 351 (1915) 809; E. Lorch, J. Phys. C 2 (1969) 229.
 */
PetscErrorCode VmDebyeGlass(MPI_Comm comm, const VmAtoms *whole, int nk, const double *k, double *intensity);

/** Expected intensity per atom of n sites r [n][3] occupied at random by a composition, averaged over orientations:
 * <f^2> + <f>^2/n sum_{i != j} sin(2 pi k r_ij)/(2 pi k r_ij) [nm^2]. Not collective. */
PetscErrorCode VmDebyeCluster(int64_t n, const double (*r)[3], const VmComposition *composition, int nk,
                              const double *k, double *intensity);

/** Position of the first strong peak of samples at equal steps of k: of the local maxima not below half the largest,
 * the first; by the parabola through its three samples. NAN if there is none. Not collective. */
double VmFirstPeak(int nk, const double *k, const double *intensity);

/** First strong peak of a periodic glass [1/nm]; NAN if there is none. Collective. */
PetscErrorCode VmGlassPeak(MPI_Comm comm, const VmAtoms *whole, double *peak);

#endif
