/* Rates of the modes of voxels, summed. */
#ifndef VM_RATES_H
#define VM_RATES_H

#include "exponential.h"
#include "kmc_private.h"

/** Drives of work, sig_xx - sig_zz, sig_yy - sig_zz, sig_yz, sig_xz, sig_xy, of a stress: the work of a mode is its
 * catalogue times the drives times VmKmcWorkFactor. Not collective. */
static inline void VmKmcDrives(const double sig[6], double drive[5])
{
  drive[0] = sig[0] - sig[2], drive[1] = sig[1] - sig[2];
  for (int c = 3; c < 6; ++c) drive[c - 1] = sig[c];
}

/** Energy per unit stress and strain of a zone at its saddle point [eV/GPa]. Not collective. */
static inline double VmKmcWorkFactor(const VmStz *stz) { return stz->saddle * stz->volume * VM_GPA_NM3_IN_EV; }

/* Logarithm by which rates from floats are raised, to be bounds. */
#define VM_RATE_SLACK 1e-4

/** Bounds of the rates, and of the lowest barriers from below, of the voxels of a tile at the present time, with memory
 * bounded until kmc->until; slots of no voxel: 0 and HUGE_VAL. For the law `linear` from floats and raised by
 * VM_RATE_SLACK or more; else in doubles. Drives in GPa. The largest fall of a barrier per work is returned. Not
 * collective. */
double VmKmcTileRates(VmKmc kmc, int64_t tile, const double drive[5][VM_TILE]);

/** Rate [1/s] of each mode of a slot at a temperature [K] and a memory factor, and the further work without which its
 * barrier cannot vanish [eV], with the works of all modes raised by `ahead` [eV]; drive in GPa. Not collective. */
void VmKmcModes(VmKmc kmc, int64_t slot, double temperature, double memory, double ahead, const double drive[5],
                double *rate, double *reserve);

/** The lowest of these reserves, and its mode. Not collective. */
double VmKmcLowestReserve(VmKmc kmc, int64_t slot, double memory, double ahead, const double drive[5], int64_t *mode);

/** What bounds the rate of a voxel. */
typedef struct {
  double rate;    /* with all works raised [1/s] */
  double reserve; /* work beyond that without which no barrier can vanish [eV] */
  double slope;   /* largest fall of a barrier per further work */
} VmRateBound;

/** Bound at a temperature [K] with the works of all modes raised by `ahead` [eV]. Not collective. */
VmRateBound VmKmcRateBound(VmKmc kmc, int64_t slot, double temperature, VmEffect effect, double ahead,
                           const double drive[5]);

#endif
