/* L4. Homogeneous isotropic elasticity of voxels with eigenstrain, by Fourier transform (physics.md B6). */
#ifndef VITROMECH_MECH_H
#define VITROMECH_MECH_H

#include <vitromech/fft.h>
#include <vitromech/tensor.h>

/* Green operator in which one voxel is one cubic inclusion and its stress the average over the voxel: the continuous
 * operator times prod [sin(k a/2)/(k a/2)]^2, summed over all aliases k + 2 pi n/a. */
typedef struct VmGreen_s *VmGreen;

/** shear, bulk: moduli [GPa]. Collective. */
PetscErrorCode VmGreenCreate(VmGrid grid, double shear, double bulk, VmGreen *green);
PetscErrorCode VmGreenDestroy(VmGreen *green);

/**
 * Stress fluctuation of a field of eigenstrain, without the mean: sig_i = sig_mean + stress_i, where
 * sig_mean = C:(eps_mean - <eigenstrain>) is the caller's.
 *
 * \param[in]  eigenstrain [6][np] tensor components
 * \param[out] stress      [6][np] GPa, zero mean
 * Same bits on any number of ranks. Collective.
 */
PetscErrorCode VmGreenStress(VmGreen green, const double *eigenstrain, double *stress);

/**
 * The same for the deviator of the stress of a traceless eigenstrain.
 *
 * \param[in]  eigenstrain [6][np]; zz is not read
 * \param[out] deviator    [5][np] xx, yy, yz, xz, xy [GPa]
 * Same bits on any number of ranks. Collective.
 */
PetscErrorCode VmGreenDeviator(VmGreen green, const double *eigenstrain, double *deviator);

/**
 * Periodic displacement of a field of eigenstrain at voxel centres (zero mean; without eps_mean x).
 *
 * \param[in]  eigenstrain  [6][np]
 * \param[out] displacement [3][np] nm
 * Collective.
 */
PetscErrorCode VmGreenDisplacement(VmGreen green, const double *eigenstrain, double *displacement);

/* The same operator in real space: the stress everywhere of one transformed voxel. Only one octant is kept (components
 * are even or odd in each coordinate), on every rank. */
typedef struct VmKernel_s *VmKernel;

/** Collective. */
PetscErrorCode VmKernelCreate(VmGreen green, VmKernel *kernel);
PetscErrorCode VmKernelDestroy(VmKernel *kernel);

/** Adds the stress fluctuation of an eigenstrain in the voxel at `source` (global x, y, z) to the local planes of
 * stress [6][np] [GPa]. Not collective. */
void VmKernelAdd(VmKernel kernel, const int64_t source[3], const double eigenstrain[6], double *stress);

/** Stress [GPa] at the voxel offset (dx, dy, dz) from a voxel with this eigenstrain. Not collective. */
void VmKernelAt(VmKernel kernel, const int64_t offset[3], const double eigenstrain[6], double stress[6]);

/** Bytes of a kernel for a grid of n voxels. Not collective. */
int64_t VmKernelBytes(const int64_t n[3]);

#endif
