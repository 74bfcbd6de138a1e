/* Inside of the kinetic Monte Carlo: catalogues and barriers of this rank's voxels, and the finder's sums over them. */
#ifndef VM_KMC_PRIVATE_H
#define VM_KMC_PRIVATE_H

#include <vitromech/kmc.h>

/* Moments sum k b^n, n = 0 ... VM_MOMENTS-1, of the rates k and their logarithmic drift b: the hazard of a time t is
 * sum_n moment_n t^(n+1)/(n+1)!. For |b| t <= VM_DRIFT_LIMIT the first term left out is below 2e-13 of the first. */
enum { VM_MOMENTS = 6 };

/* Row of a plane: the moments, the lowest barrier left and the fastest drift. */
enum { VM_LOWEST = VM_MOMENTS, VM_FASTEST, VM_PLANE_ROW };
#define VM_DRIFT_LIMIT 0.03

struct VmKmc_s {
  VmGrid grid;
  VmStz stz;
  uint64_t seed;
  double temperature;
  int64_t refresh;
  bool interacting;
  VmGreen green;
  VmKernel kernel;
  VmKmcState state;

  const VmBarrierOps *barrier_law;
  const void *barrier_params;

  /* Catalogue: the five independent components of each mode as floats, eps_xx, eps_yy, 2 eps_yz, 2 eps_xz, 2 eps_xy. A
   * mode's strain is by definition what stands here. */
  float *catalogue; /* [modes][5][np] */
  int barriers;     /* 1 or modes */
  double *barrier;  /* [barriers][np] eV, without memory and stress */
  double *ratio;    /* [np] r_i */

  double *rate;      /* [np] bound of the rate of each voxel at the time of the last pass [1/s] */
  double *plane_row; /* [nx][VM_PLANE_ROW] of each local plane */
  double *planes;    /* [n0][VM_PLANE_ROW] of all planes */
  double *lowest;    /* [np] lowest barrier left of each voxel [eV] */
  double *room;      /* scratch of the pass */

  double total[VM_MOMENTS], lowest_barrier; /* of the last pass */
  double drift;                             /* largest abs(b) of all modes [1/s] */
  double until;                             /* time the bounds hold for [s] */
  int64_t cascade;                          /* zero-barrier events at one instant */
};

/** Strain of a mode as the catalogue holds it. Not collective. */
void VmKmcModeStrain(VmKmc kmc, int64_t voxel, int mode, double eps[6]);

/** Draws the catalogue and barriers of a local voxel for its present generation. Not collective. */
void VmKmcDrawVoxel(VmKmc kmc, int64_t voxel);

/** Renews the rates of all voxels at the present time and stress, with barriers bounded from below until `until`
 * (memory may lower them), and the totals. Collective. */
PetscErrorCode VmKmcPass(VmKmc kmc, double until);

/** Barrier left [eV] of one local mode at a mean stress and memory factor; its rate grows as exp(b t) under the present
 * loading. Not collective. */
double VmKmcBarrierLeft(VmKmc kmc, int64_t voxel, int mode, const double mean_stress[6], double memory, double *b);

/** Memory factor of a local voxel at a time. Not collective. */
double VmKmcMemory(VmKmc kmc, int64_t voxel, double time);
/** Its lower bound on [time, until]. Not collective. */
double VmKmcMemoryBound(VmKmc kmc, int64_t voxel, double time, double until);

#endif
