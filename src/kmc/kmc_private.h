/* Inside of the kinetic Monte Carlo: catalogues and barriers of this rank's voxels, and the finder's sums over them. */
#ifndef VM_KMC_PRIVATE_H
#define VM_KMC_PRIVATE_H

#include "tiles.h"
#include <vitromech/kmc.h>

/* More than any barrier [kT]. */
#define VM_NEVER 1e9

/* Voxels whose catalogues stand together for the finder `full`: lanes of a vector. */
enum { VM_GROUP = 8 };

/* Row of a plane: bound of the rate, lowest bound of a barrier, largest fall of a barrier per work. */
enum { VM_PLANE_TOTAL, VM_LOWEST, VM_SLOPE, VM_PLANE_ROW };

/* A barrier below this [eV] is no barrier. */
#define VM_NO_BARRIER 1e-12

/* Events per voxel at one instant that end a run: the glass flows without limit. */
#define VM_CASCADE_PER_VOXEL 100

typedef struct VmThinning_s *VmThinning;

/* Barrier of a mode at some stress. */
typedef struct {
  double left;    /* eV */
  double reserve; /* further work without which it cannot vanish [eV] */
} VmBarrierLeft;

typedef struct {
  int64_t voxel; /* global */
  int64_t mode;
  double accepted; /* 1 or 0 */
  int64_t generation;
  double eps[6];         /* strain of the zone */
  double macroscopic[6]; /* the same as the mean strain feels it, times N; in a body of many moduli only */
} VmChoice;

/* Arrays of tiles and slots are in the order of tiles.h. */
struct VmKmc_s {
  VmGrid grid;
  VmTiles tiles;
  VmStz stz;
  uint64_t seed;
  double temperature; /* K, the present one; finder `thinned`: that of the middle of the window, at which memory ages */
  int64_t refresh;
  bool interacting;
  VmGreen green;
  VmKernel kernel; /* not for `thinned` */
  VmKmcState state;

  const VmBarrierOps *barrier_law;
  const void *barrier_params;

  /* Catalogue: the five independent components of each mode as floats, eps_xx, eps_yy, 2 eps_yz, 2 eps_xz, 2 eps_xy. A
   * mode's strain is by definition what stands here. The modes of a voxel stand together, [slots][5][padded], filled up
   * with modes that never fire; for `full`, which always needs all voxels, VM_GROUP voxels do: [slots /
   * VM_GROUP][modes] [5][VM_GROUP]. */
  int64_t padded;
  float *catalogue;
  int64_t in_mode, in_component; /* from a mode or component to the next */
  int barriers;                  /* 1 or modes */
  int64_t in_barriers;           /* 1 or padded */
  double *barrier;               /* [slots][in_barriers] eV, without memory and stress */
  float *padding;                /* [padded] 0, or what a padding mode has more than any barrier [kT] */
  double *ratio;                 /* [np] r_i */
  double *slot_ratio;            /* [slots] the same, as are last_event and generation of the state */
  double *last_event;            /* [slots] */
  int64_t *generation;           /* [slots] */

  double *rate;      /* [slots] bound of the rate of each voxel at the time of the last pass [1/s] */
  double *lowest;    /* [slots] lowest barrier left of each voxel; `thinned`: lowest reserve beyond its margin [eV] */
  double *plane_row; /* [planes of this rank][VM_PLANE_ROW] */
  double *planes;    /* [n0][VM_PLANE_ROW] of all planes */
  double *room;      /* [5][padded] scratch, as are the next two */
  float *level;      /* [in_barriers][VM_TILE], or of one voxel */
  float *excess;     /* [padded][VM_GROUP] */
  double *mode_rate, *mode_reserve; /* [padded] of one voxel [1/s], [eV] */

  double total, lowest_barrier; /* of the last pass: bounds of the total rate [1/s] and of all barriers left [eV] */
  double drift;                 /* no rate grows faster than with exp(drift t) [1/s] */
  double until;                 /* time the bounds hold for [s] */
  int64_t cascade;              /* zero-barrier events at one instant */
  VmFinder finder;
  VmThinning thinning;           /* NULL for other finders */
  struct VmExtremal_s *extremal; /* NULL for other finders */
  VmKmcProfile profile;
  struct VmChanging_s *changing;
  double *memory;                          /* [slots] of the memory law; NULL: none, or `full` */
  struct VmHeterogeneous_s *heterogeneous; /* NULL: uniform moduli */
  double *concentration;                   /* [np][6][6] B: stress of a voxel by tensor components of the mean stress */
  double compliance[6][6];                 /* of the whole body: state.mean.compliance */
  int64_t iterations;                      /* of the equilibrium solver since creation */
  double start_temperature;                /* K, of no thermal strain */
};

/* Stress [GPa] of a local voxel by the mean stress alone. */
static inline void VmKmcLoadStress(VmKmc kmc, int64_t voxel, const double mean[6], double sig[6])
{
  const double *b = kmc->concentration ? kmc->concentration + 36 * voxel : NULL;
  for (int c = 0; c < 6; ++c) {
    sig[c] = b ? 0.0 : mean[c];
    for (int d = 0; b && d < 6; ++d) sig[c] += b[6 * c + d] * mean[d];
  }
}

/** Norm |dev sig| / sqrt 2: no shear stress is larger. Not collective. */
double VmShearNorm(const double sig[6]);

/** Strain of a mode as the catalogue holds it. Not collective. */
void VmKmcModeStrain(VmKmc kmc, int64_t slot, int mode, double eps[6]);

/** Draws the catalogue and barriers of a slot for its present generation. Not collective. */
void VmKmcDrawVoxel(VmKmc kmc, int64_t slot);

/** Barrier of a mode [eV] without memory and stress. Not collective. */
double VmKmcBareBarrier(VmKmc kmc, int64_t slot, int mode);

/** Renews the bounds of the rates of all voxels at the present time and stress, with barriers bounded from below until
 * `until` (memory may lower them), and the totals. Where a barrier is bounded by none, the bounds of barriers are
 * exact. Finder `full`. Collective. */
PetscErrorCode VmKmcPass(VmKmc kmc, double until);

/** First component of the first mode of a slot. Not collective. */
static inline float *VmKmcRow(VmKmc kmc, int64_t slot)
{
  const int64_t together = kmc->finder == VM_FINDER_FULL ? VM_GROUP : 1;
  return kmc->catalogue + slot / together * together * 5 * kmc->padded + slot % together;
}

/** Slot of a local voxel of the slab; finders other than `thinned`. Not collective. */
static inline int64_t VmKmcSlot(VmKmc kmc, int64_t voxel)
{
  return VmTilesSlot(&kmc->tiles, VmGridGlobal(kmc->grid, voxel));
}

/** Barrier of one mode of a local voxel of the slab at a mean stress and memory factor; finders other than `thinned`.
 * Not collective. */
VmBarrierLeft VmKmcBarrierLeft(VmKmc kmc, int64_t voxel, int mode, const double mean_stress[6], double memory);

/** Barrier of one mode at a stress [GPa] and memory factor. Not collective. */
VmBarrierLeft VmKmcBarrierAt(VmKmc kmc, int64_t slot, int mode, const double stress[6], double memory);

/** Memory factor of a slot at a time. Not collective. */
double VmKmcMemory(VmKmc kmc, int64_t slot, double time);
/** Its lower bound on [time, until]. Not collective. */
double VmKmcMemoryBound(VmKmc kmc, int64_t slot, double time, double until);

/** What softening and the memory law do to the rates of a slot at a time, and bounds of that from then on, where
 * hardening decays until `until`; for finders of slots, at constant temperature. Not collective. */
typedef struct {
  double factor, weight; /* see VmMemoryOps */
} VmEffect;
VmEffect VmKmcEffect(VmKmc kmc, int64_t slot, double time);
VmEffect VmKmcEffectFrom(VmKmc kmc, int64_t slot, double time, double until);
/** What the memory law now makes of the barriers of a local voxel of the slab. Not collective. */
double VmKmcMemoryFactor(VmKmc kmc, int64_t local);
/** Whether rest makes a slot ever slower from a time on. Not collective. */
bool VmKmcSlowsDown(VmKmc kmc, int64_t slot, double time);
/** Brings the states of the memory law to the present time, before the temperature changes or a window ends. Not
 * collective. */
void VmKmcAge(VmKmc kmc);
/** What an event now does to the memory of a local voxel of the slab and of a slot, of those that are this rank's. Not
 * collective. */
void VmKmcTransformMemory(VmKmc kmc, int64_t local, int64_t slot);

/** One uniform number in (0,1) of the run's own sequence, and the one that comes `ahead` numbers later without taking
 * any. Not collective. */
double VmKmcUniform(VmKmc kmc);
double VmKmcUniformAhead(VmKmc kmc, int64_t ahead);
/** Index of the entry in which the running sum of values passes the target; the last of positive value if rounding
 * leaves none. The sum so far is taken off the target. Not collective. */
int64_t VmKmcPick(int64_t n, int64_t stride, const double *values, double *target);
/** Fills in of a choice what all ranks need to know of a mode of a local voxel of the slab. Not collective. */
void VmKmcDescribe(VmKmc kmc, int64_t voxel, int mode, VmChoice *choice);
/** Transforms a voxel: eigenstrain, mean, memory and a new catalogue, but not the stress around it. Not collective. */
void VmKmcTransform(VmKmc kmc, const VmChoice *choice, VmEvent *event);
/** Counts an event without barrier; throws VM_ERR_DIVERGED after too many at one instant. Collective. */
PetscErrorCode VmKmcCountCascade(VmKmc kmc);

/** Largest norm of the stress deviator [GPa] that a traceless eigenstrain of norm 1 at the origin makes in the tile
 * that starts at each offset, and sqrt 2 friction times that of the mean stress: influence [n0][n1][n2]. Not
 * collective.
 */
PetscErrorCode VmKmcInfluence(VmGrid grid, VmKernel kernel, double friction, float *influence);

/** Ends the present window of time in which bounds hold, the temperature being set to a new one [K]. Not collective.
 */
void VmWindowClose(VmKmc kmc, double temperature);
/** Stress of uneven thermal expansion, for the finder `thinned`. Collective. */
PetscErrorCode VmExpansionCreate(VmKmc kmc);

PetscErrorCode VmKmcThinningCreate(VmKmc kmc, double margin);
PetscErrorCode VmKmcThinningDestroy(VmKmc kmc);
int64_t VmKmcThinningBytes(const VmStz *stz, int64_t np, const int64_t n[3]);
/** Bounds of the rates to fields and back (see VmKmcSaveBounds; NULL: there are none). Collective. */
PetscErrorCode VmKmcThinningSave(VmKmc kmc, double *fields);
PetscErrorCode VmKmcThinningLoad(VmKmc kmc, const double *fields);

PetscErrorCode VmKmcExtremalCreate(VmKmc kmc);
PetscErrorCode VmKmcExtremalDestroy(VmKmc kmc);
void VmKmcExtremalRestore(VmKmc kmc);
PetscErrorCode VmKmcNextExtremal(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event);

PetscErrorCode VmKmcChangingCreate(VmKmc kmc, const VmKmcSetup *setup);
PetscErrorCode VmKmcChangingDestroy(VmKmc kmc);
/** Moduli of the voxels: stress concentrations and compliance of the body. VM_ERR_INPUT, VM_ERR_DIVERGED. Collective.
 */
PetscErrorCode VmKmcHeterogeneousCreate(VmKmc kmc, const VmKmcSetup *setup);
PetscErrorCode VmKmcHeterogeneousDestroy(VmKmc kmc);
/** Stress of an eigenstrain [6][np] at vanishing mean stress [6][np]. VM_ERR_DIVERGED. Collective. */
PetscErrorCode VmKmcFluctuation(VmKmc kmc, const double *eigenstrain, double *stress);
/** Adds to the stress [6][np] what an event makes in the body of many moduli less what it makes in the homogeneous
 * one. VM_ERR_DIVERGED. Collective. */
PetscErrorCode VmKmcAddDifference(VmKmc kmc, const VmEvent *event, double *stress);
/** B':eps, N times the mean strain that an eigenstrain of a local voxel leaves without load. Not collective. */
void VmKmcMacroscopicStrain(VmKmc kmc, int64_t voxel, const double eps[6], double macroscopic[6]);
/** Adds to the eigenstrain [6][np] what in a homogeneous body gives the same stress [6][np] and displacement as the
 * moduli of the voxels do (Eshelby's equivalent inclusions). Not collective. */
void VmKmcEquivalentEigenstrain(VmKmc kmc, const double *stress, double *eigenstrain);

/** Whether `full` has to work in windows: rates change in time otherwise than by load and memory, or by pressure. Not
 * collective. */
bool VmKmcChanges(VmKmc kmc);
/** Eigenstrain of events, relaxed flow units and uneven thermal expansion, total [6][np]. Not collective. */
void VmKmcEigenstrain(VmKmc kmc, double *total);
PetscErrorCode VmKmcNextChanging(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event);

PetscErrorCode VmKmcNextFull(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event);
PetscErrorCode VmKmcNextThinned(VmKmc kmc, double horizon, VmKmcOutcome *outcome, VmEvent *event);

#endif
