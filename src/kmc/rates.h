/* Rates of the modes of voxels, summed. */
#ifndef VM_RATES_H
#define VM_RATES_H

#include "exponential.h"
#include "kmc_private.h"

/* Sums over voxels, in lanes to be added; rates in units of the attempt frequency. */
typedef struct {
  double moment[VM_MOMENTS][VM_LANES];
  double fastest[VM_LANES]; /* largest abs(b) */
} VmRateSums;

/** Drives of work, sig_xx - sig_zz, sig_yy - sig_zz, sig_yz, sig_xz, sig_xy, of a stress: the work of a mode is its
 * catalogue times the drives times VmKmcWorkFactor. Not collective. */
static inline void VmKmcDrives(const double sig[6], double drive[5])
{
  drive[0] = sig[0] - sig[2], drive[1] = sig[1] - sig[2];
  for (int c = 3; c < 6; ++c) drive[c - 1] = sig[c];
}

/** Energy per unit stress and strain of a zone at its saddle point [eV/GPa]. Not collective. */
static inline double VmKmcWorkFactor(const VmStz *stz) { return stz->saddle * stz->volume * VM_GPA_NM3_IN_EV; }

/**
 * Rates and lowest barriers of the voxels of a tile at the present time, with memory bounded until kmc->until; slots of
 * no voxel: 0 and HUGE_VAL.
 *
 * \param[in]     moments 1, VM_FEW_MOMENTS or VM_MOMENTS
 * \param[in,out] drive   [GPa]; spent
 * \param[in]     rate    drives of the stress rate, in kT per time; in a body of many moduli each voxel's own are taken
 * \param[in,out] sums    what is added to
 * Not collective.
 */
void VmKmcTileRates(VmKmc kmc, int64_t tile, int moments, double drive[VM_TILE][5], const double rate[5],
                    VmRateSums *sums);

/** Rate [1/s] of each mode of a slot at a memory factor, and the further work without which its barrier cannot vanish
 * [eV]; drive in GPa. Not collective. */
void VmKmcModes(VmKmc kmc, int64_t slot, double memory, const double drive[5], double *rate, double *reserve);

/** What bounds the rate of a voxel. */
typedef struct {
  double rate;    /* with all works raised [1/s] */
  double reserve; /* work beyond that without which no barrier can vanish [eV] */
  double slope;   /* largest fall of a barrier per further work */
} VmRateBound;

/** Bound with the works of all modes raised by `ahead` [eV], at the present memory. Not collective. */
VmRateBound VmKmcRateBound(VmKmc kmc, int64_t slot, double ahead, const double drive[5]);

#endif
