/* Sums over the aliases of a wave vector of the voxel-averaged projectors n_i n_j n_k n_l. */
#ifndef VM_ALIAS_SUM_H
#define VM_ALIAS_SUM_H

#include <vitromech/base.h>

#define VM_QUARTICS 15

/* Powers of n_x, n_y, n_z of each of the fifteen products of degree four. */
extern const int vm_quartic_power[VM_QUARTICS][3];

/* Number of the product n_i n_j n_k n_l. */
int VmQuarticIndex(int i, int j, int k, int l);

/**
 * sum over aliases q = k + 2 pi m (voxel edge 1) of prod_d [sin(k_d/2)/(q_d/2)]^2 (q/|q|)^power, m over all integers.
 *
 * The sum along z is closed (sums of 1/(q^2+kappa^2) over q + 2 pi m are hyperbolic functions of kappa^2 = qx^2+qy^2);
 * those along x and y run to a finite shell and are extrapolated in 1/(2m+1), the order of their tail. The trace of
 * the complete sum is 1 for every k.
 *
 * \param[in]  kx, ky  components of k, in [0, pi]
 * \param[in]  nz      number of kz values
 * \param[in]  kz      [nz], in [0, pi]; (0,0,0) gives zeros
 * \param[in]  room    [VM_ALIAS_ROOM(nz)] scratch
 * \param[out] sums    [VM_QUARTICS][nz]
 * Not collective. Source: Mura (1987) for the operator; physics.md B6 for the average.
 */
void VmAliasSum(double kx, double ky, int nz, const double *kz, double *room, double *sums);

#define VM_ALIAS_ROOM(nz) ((size_t)(nz) * (2 + VM_QUARTICS))

#endif
