/* L4. Kinetic Monte Carlo of shear transformations in a homogeneous elastic box (physics.md B). */
#ifndef VITROMECH_KMC_H
#define VITROMECH_KMC_H

#include <vitromech/equilibrium.h>
#include <vitromech/kinetics.h>
#include <vitromech/loading.h>
#include <vitromech/mech.h>

/* Mean strain and stress under mixed control: sig = C:(eps - eigenstrain), with the prescribed components met
 * exactly. */
typedef struct {
  double shear, bulk;            /* GPa */
  const double (*compliance)[6]; /* eps_c = sum_d compliance[c][d] sig_d of tensor components [1/GPa], borrowed; NULL:
                                    that of shear and bulk */
  VmSegment segment;             /* what is prescribed */
  double start, start_strain[6]; /* time [s] and strain at the start of the segment */
  double eigenstrain[6];         /* what is left without load: <eps*>, in a body of many moduli <B':eps*> */
  double thermal;                /* linear thermal strain, the same in all directions */
  double thermal_start, thermal_rate; /* at the start of the segment, 1/s */
  double time, strain[6], stress[6];
  double strain_rate[6], stress_rate[6];
} VmMean;

/** Begins a segment at mean->time: jumps to the prescribed stresses and sets the rates. Not collective. */
void VmMeanBegin(VmMean *mean, const VmSegment *segment);
/** Linear thermal strain at mean->time, and its rate from then on [1/s]. Not collective. */
void VmMeanHeat(VmMean *mean, double thermal, double rate);
/** Strain and stress at a time of the segment, with the present eigenstrain. Not collective. */
void VmMeanUpdate(VmMean *mean, double time);

typedef struct {
  double time;   /* s */
  int64_t voxel; /* global index */
  int32_t mode;
  int32_t generation; /* finder `extremal`: in its avalanche, from 1; else 0 */
  double strain[6];   /* eigenstrain added to the voxel */
  double stress_drop; /* fall of the equivalent mean stress [GPa] */
} VmEvent;

/* An event as its surroundings feel it. */
typedef struct {
  int32_t at[3];
  double shear[5]; /* eigenstrain in an orthonormal basis of the shears */
} VmKmcSource;

/* Voxels that are flow units relax as three-parameter solids: of the shear modulus G the part `shear` (G_II) relaxes
 * with the time viscosity/G_II. */
typedef struct {
  double shear, viscosity;                  /* GPa, GPa s at the reference temperature */
  double activation, reference_temperature; /* of the viscosity, Arrhenius [eV, K]; 0 eV: the same at any temperature */
} VmKmcRelaxation;

/* State of a run; arrays are this rank's. What is not listed here is derived from it. */
typedef struct {
  VmMean mean;
  double hazard; /* integral of the total rate still to go until the next event */
  int64_t draws; /* counter of the random numbers used */
  int64_t events;
  double rate;         /* total rate at the last look [1/s] */
  double *eigenstrain; /* [6][np] */
  double
      *fluctuation; /* [6][np] stress minus its mean, in a body of many moduli minus B:mean [GPa]; `thinned`: scratch */
  double *last_event;  /* [np] time of the voxel's last event [s], -1e300 if none */
  int64_t *generation; /* [np] events of the voxel */

  double temperature, temperature_time, temperature_rate; /* K at a time [s], K/s since */
  double *viscous;            /* [6][np] viscous strain of flow units that relax, NULL if none do */
  double *memory;             /* [np] state of the memory law at temperature_time, or at the voxel's last event if that
                                 was later; NULL if there is none */
  double window, window_rate; /* length [s] of the last time window and bound of the rate in it; 0: no window yet */

  /* Finder `thinned` only. */
  double reference[6];               /* mean stress the rates are for [GPa] */
  double margin;                     /* least margin of the stress, as tuned [GPa] */
  double step;                       /* factor of its next change, 0 before the first */
  double event_work;                 /* work of an event at the margin before, in pairs of voxel and event summed */
  int64_t work;                      /* the same of all `worked` events, but for the pairs since the last refresh */
  int64_t worked;                    /* events up to the last refresh since the margin was changed */
  double bounds_since, bounds_until; /* window of time that bounds are made for [s] */
  double floor;                      /* bound of a voxel's rate below which its margin is widened instead [1/s] */
  int64_t pending;     /* events since the stress was last refreshed everywhere, -1 before the first time */
  int64_t sums;        /* pairs of voxel and event summed since then */
  VmKmcSource *recent; /* [at most refresh] the pending events, on every rank */

  /* Finder `extremal` only. */
  int64_t generation_now; /* of the last event in its avalanche, 0 between avalanches */
  int64_t *onset;         /* [np] generation after which the voxel lost its barriers, -1 while it has them */
} VmKmcState;

typedef enum { VM_FINDER_FULL, VM_FINDER_THINNED, VM_FINDER_EXTREMAL } VmFinder;

typedef struct {
  const VmStz *stz;
  uint64_t seed;
  double temperature;                      /* K */
  double shear, bulk;                      /* GPa; if voxels have their own: of the homogeneous medium of comparison */
  const double *shear_field, *bulk_field;  /* [np] GPa of each voxel; copied; NULL: uniform; finder `full` only */
  const VmEquilibriumOptions *equilibrium; /* with these fields; NULL: those of VmEquilibriumOptionsInit */
  const double *barrier_ratio;             /* [np] r_i, 1 in the matrix; copied */
  const double *flow_unit;                 /* [np] 1 or 0; copied; NULL: none */
  const VmKmcRelaxation *relaxation;       /* NULL: flow units are elastic; finder `full` only */
  double expansion, flow_unit_expansion;   /* linear thermal expansion of matrix and flow units [1/K] */
  int64_t refresh;                         /* events between renewals of the stress by FFT */
  VmFinder finder;
  double margin;    /* of the stress to begin with [GPa], finder `thinned` */
  bool interacting; /* false: voxels feel the mean stress only and do not change it (for checks of the rates) */
} VmKmcSetup;

/* What the finder `thinned` has done on this rank, and the wall-clock time [s] it took. */
typedef struct {
  int64_t candidates, looked_at; /* candidates, and those whose true rate was computed (by this rank) */
  int64_t exceeded;              /* rates found above their bound */
  int64_t renewed, exact;        /* voxels with new rates, and with the stress of all events summed */
  int64_t near;                  /* tiles that an event gave its stress */
  int64_t refreshes, shifts;     /* of everything by Fourier transform, and of all rates by the mean stress */
  double far_time, near_time, renew_time, accept_time, refresh_time, message_time;
} VmKmcProfile;

typedef enum { VM_KMC_EVENT, VM_KMC_HORIZON } VmKmcOutcome;

typedef struct VmKmc_s *VmKmc;

/** Collective. */
PetscErrorCode VmKmcCreate(VmGrid grid, const VmKmcSetup *setup, VmKmc *kmc);
PetscErrorCode VmKmcDestroy(VmKmc *kmc);

/** The state, to be read, saved, or (after writing into it, by a restart) taken up with VmKmcRestore. Not collective.
 */
VmKmcState *VmKmcGetState(VmKmc kmc);

/** The temperature [K] at the present time, and its rate from now on [K/s], 0 for the finder `extremal`. The zero of
 * thermal strain is that of the temperature the object was created with. Collective. */
PetscErrorCode VmKmcHeat(VmKmc kmc, double temperature, double rate);

/** Temperature at a time of the present programme [K]. Not collective. */
double VmKmcTemperature(VmKmc kmc, double time);

/** Present state of the memory law of each voxel [np]; 0 if there is none. Not collective. */
void VmKmcMemoryField(VmKmc kmc, double *memory);

/** Long name of the state of the memory law, NULL if there is none. Not collective. */
const char *VmKmcMemoryQuantity(VmKmc kmc);

/** Bounds of the finder `thinned`: part of the state, kept in an order of its own. bounds [VM_KMC_BOUNDS][np].
 * Collective. */
enum { VM_KMC_BOUNDS = 18 };
PetscErrorCode VmKmcSaveBounds(VmKmc kmc, double *bounds);

/** Rebuilds catalogues and barriers from the state and the bounds (NULL: there are none). Collective. */
PetscErrorCode VmKmcRestore(VmKmc kmc, const double *bounds);

/**
 * Goes on to the next event, or to the time `horizon` if none comes before it. Modes without barrier fire at once, the
 * lowest first. `full` and `thinned` follow the same law: `full` renews the stress and all rates after each event;
 * `thinned` draws candidates from rates bounded for a margin of the stress and accepts them with true rate over bound.
 * `extremal` is the athermal limit: only modes without barrier fire, and the load stands still while there are any.
 *
 * \param[out] event  what happened (outcome VM_KMC_EVENT)
 * Errors: VM_ERR_DIVERGED after more than 100 events per voxel at one instant, if a rate exceeds its bound, or if
 * `extremal` waits without horizon for what never comes. Collective. Source: physics.md B8.
 */
PetscErrorCode VmKmcNext(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event);

/** Total rate [1/s] as of the last VmKmcNext; for `thinned` a bound of it. Not collective. */
double VmKmcRate(VmKmc kmc);

/** Not collective. */
const VmKmcProfile *VmKmcGetProfile(VmKmc kmc);

/** Present stress of each voxel [6][np] [GPa]. Collective. */
PetscErrorCode VmKmcStress(VmKmc kmc, double *stress);

/** Voxels whose true rate, from the stress by Fourier transform, is above the bound of the finder `thinned` by more
 * than 1e-7 of it, and the largest rate over its bound. Collective. */
PetscErrorCode VmKmcCheckBounds(VmKmc kmc, int64_t *exceeded, double *largest);

/** Iterations of the equilibrium solver so far, beyond those at creation; 0 in a uniform body. Not collective. */
int64_t VmKmcIterations(VmKmc kmc);

/** Lowest barrier of each voxel without stress [eV], [np]. Not collective. */
void VmKmcBarrierField(VmKmc kmc, double *barrier);

/** Displacement of the present eigenstrain, [3][np] nm. Collective. */
PetscErrorCode VmKmcDisplacement(VmKmc kmc, double *displacement);

/** Bytes this rank holds for np voxels and n voxels of the box. Not collective. */
int64_t VmKmcBytes(const VmStz *stz, VmFinder finder, int64_t np, const int64_t n[3]);
/** What moduli of voxels take beside that, and uneven thermal expansion with the finder `thinned`. Not collective. */
int64_t VmKmcHeterogeneousBytes(int64_t np);
int64_t VmKmcExpansionBytes(int64_t np);

#endif
