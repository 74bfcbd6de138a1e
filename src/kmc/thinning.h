/* Inside of the finder `thinned`. The works of a voxel's modes are at most work * margin above those at the stress its
 * rate was computed for (`seen`) as long as its stress is within the margin of that, in the norm |dev sig| / sqrt 2
 * (the largest shear stress is at most that). With these works the rates are evaluated. Every voxel has a margin of its
 * own: the slower it is, the wider.
 *
 * What is known of the stress of a voxel are the stress at the last refresh, that of near events, and all of it when it
 * was last summed. Events that are not in it are charged to its tile, with a bound of what they can have done; when the
 * charges come to what is left of the margin of a voxel, the voxel is looked at: its stress is summed, and if it has
 * moved far, its rate is computed anew. */
#ifndef VM_THINNING_H
#define VM_THINNING_H

#include "kmc_private.h"
#include "shear_kernel.h"

/* Shears of the stress of a slot, and what is felt of its mean stress: friction times it. */
enum { VM_FELT = VM_SHEARS, VM_STRESSES };

typedef struct VmPressure_s *VmPressure;
typedef struct VmExpansion_s *VmExpansion;

/* Row of a plane. */
enum { VM_PLANE_RATE, VM_PLANE_LOWEST, VM_PLANE_SUMS, VM_PLANE_WORK, VM_BOUND_ROW };

struct VmThinning_s {
  VmShearKernel kernel;
  VmPressure pressure;    /* NULL: barriers do not feel the mean stress */
  VmExpansion expansion;  /* NULL: it is even */
  double work;            /* largest work of a mode per stress [eV/GPa] */
  double norm;            /* of the shear of an event */
  double given_margin;    /* least margin as it was given [GPa] */
  double margin_scale;    /* the same, if need be less for the temperature [GPa] */
  double drift_margin;    /* part of each margin that is for the mean stress, never changed [GPa] */
  double least_margin;    /* the other part, for events, of the fastest voxels [GPa] */
  int64_t most;           /* pending events at most */
  VmShearSources sources; /* the pending events */
  double *parts;          /* [VmShearParts(most)][VM_SHEARS] of a sum */

  double *known;                   /* [tiles][5][VM_TILE] shear stress without the mean */
  float *seen;                     /* [tiles][5][VM_TILE] shear stress that the rate is for, with the mean */
  int32_t *summed;                 /* [slots] pending events that are in `known` altogether */
  float *margin;                   /* [slots] for events [GPa] */
  float *paid;                     /* [slots] charge of the tile that is in `known` [GPa] */
  float *limit;                    /* [slots] charge of the tile from which on the voxel must be looked at */
  float *charge;                   /* [tiles] of all events since the refresh, without near ones [GPa] */
  float *trigger;                  /* [tiles] lowest limit */
  double *least;                   /* [tiles] lowest of reserve beyond the margin and work of the limit [eV] */
  double *tile_rate, *tile_lowest; /* [tiles] sum of the bounds of rates [1/s], lowest reserve beyond the margin [eV] */

  double *row, *rows; /* [planes of this rank][VM_BOUND_ROW], [n0][VM_BOUND_ROW] of all planes */
  bool *stale;        /* [planes of this rank] row is out of date */
  bool *due;          /* [planes of this rank] the charge of a tile may have come to its trigger */
  double *gathered;
  int *counts, *starts;              /* of `gathered`, by rank */
  bool current;                      /* rows are those of all ranks */
  double young;                      /* time for which a voxel's hardening decays, 0 if none does [s] */
  double event_time;                 /* of the last event [s] */
  double hottest;                    /* temperature of the window, that of all bounds [K] */
  double heat;                       /* change of the temperature in it [K] */
  int64_t *row_offset;               /* of the tiles of a plane from the last event, along y */
  int64_t *row_entry, *column_entry; /* parts of where their influence stands */
  bool *near_row;                    /* rows of a plane that hold near tiles */
};

/* Work of a candidate, a new rate, and a refresh per voxel, in that of a pair of voxel and event that are summed. */
enum { VM_CANDIDATE_WORK = 60, VM_RENEWAL_WORK = 100, VM_REFRESH_WORK = 10 };

/* The floor of bounds is never near the rate without barrier: it is at most this part of that. */
#define VM_FLOOR_MOST 1e-6

/* Rounding of charges and distances in floats, over what they are. */
#define VM_ROUNDING 1e-3

/** What events that are not in what is known of a voxel may have done to its stress [GPa]. Not collective. */
double VmThinningUnknown(VmKmc kmc, int64_t slot);

/** What of its margin for events a voxel has used at most [GPa]. Not collective. */
double VmThinningUsed(VmKmc kmc, int64_t slot);

/** Drives of the stress of shears. Not collective. */
void VmShearDrives(const double shears[VM_SHEARS], double drive[5]);

/** Part of the margin that the mean stress has used [GPa]. Not collective. */
double VmThinningDrift(VmKmc kmc);

/** Voxel of an index. Not collective. */
void VmVoxelAt(VmGrid grid, int64_t voxel, int64_t at[3]);

/** First voxel of a tile. Not collective. */
void VmTileAt(const VmTiles *tiles, int64_t tile, int64_t at[3]);

/** Makes all bounds hold and known on all ranks: refreshes the stress if it is time, takes a new reference if the mean
 * stress has used up its part of the margin. Collective. */
PetscErrorCode VmThinningPrepare(VmKmc kmc);

/** Rows of all planes to all ranks, and the totals. Collective. */
PetscErrorCode VmThinningGather(VmKmc kmc);

/** Lets all tiles of this rank feel an event that has just happened. Not collective. */
void VmThinningFeel(VmKmc kmc, const VmEvent *event);

/** New limits of the voxels of a tile, after `known`, `seen` or the reference have changed. Not collective. */
void VmThinningLimits(VmKmc kmc, int64_t tile);

/** Sums over a tile whose voxels have got new rates, and limits. Not collective. */
void VmThinningConclude(VmKmc kmc, int64_t tile);

/** Looks at the voxels of a tile whose limit is reached. Not collective. */
void VmThinningLook(VmKmc kmc, int64_t tile);

/** New rate for a voxel, from what is known of its stress. Not collective. */
void VmThinningRenew(VmKmc kmc, int64_t slot);

/** The same for all voxels whose bound is at least `slowest` [1/s] and whose last event was not before `since` [s]. Not
 * collective. */
void VmThinningRenewAll(VmKmc kmc, double slowest, double since);

/** Begins a window of time at the present one, which state.bounds_until ends. Bounds of voxels without event since the
 * time returned hold in it as they are. Not collective. */
double VmWindowOpen(VmKmc kmc);

/** What follows from the state for the window. Collective. */
PetscErrorCode VmWindowRestore(VmKmc kmc);

/** Ends the window sooner after an event, if need be. Not collective. */
void VmWindowFeel(VmKmc kmc);

/** What a bound of a voxel's rate is about at a lower temperature [1/s]. Not collective. */
double VmWindowCooled(VmKmc kmc, double bound, double temperature);

/** Time until which a new bound of a slot has to hold [s]. Not collective. */
double VmWindowOf(VmKmc kmc, int64_t slot);

/** Moves a time of the window to a tenth of its distance; false if barriers do not fall with time, or it is at hand.
 * Not collective. */
bool VmWindowSooner(VmKmc kmc, double *until);

/** Events that are not in what is known of a slot, of which it would have to be summed. Not collective. */
int64_t VmThinningPairs(VmKmc kmc, int64_t slot);

/** The same stress as VmThinningSum gives, for a voxel of the rank `owner` which has so many pairs to be summed: every
 * rank sums a part of many, and the owner gets the stress, others nothing. Collective. */
PetscErrorCode VmThinningSumTogether(VmKmc kmc, int owner, int64_t voxel, int64_t pairs, double stress[VM_STRESSES]);

/** The stress of a slot with all pending events; returns how many were looked at. Not collective. */
int64_t VmThinningSum(VmKmc kmc, int64_t slot, double stress[VM_STRESSES]);

/** Drives of the stress of a slot, with its shears and a mean stress. Not collective. */
void VmThinningDrives(const double mean[6], const double shears[VM_STRESSES], double drive[5]);

/** Looks for the lowest true barrier until a time (watch.c). *lowest: the lowest reserve of all, at most `watched`
 * [eV]; if it is none, the choice is its mode, ties by global index. Collective. */
PetscErrorCode VmThinningWatch(VmKmc kmc, double watched, double until, double *lowest, VmChoice *choice);

/** Keeps the stress of all voxels whose reserve may be as low as the lowest found: of those that had to be looked at on
 * any number of ranks. If that is none, they also get new bounds, so that they need not be looked at for every event of
 * a cascade. Not collective. */
void VmThinningWatched(VmKmc kmc, double lowest);

/** Keeps it. Not collective. */
void VmThinningKeep(VmKmc kmc, int64_t slot, const double stress[VM_STRESSES]);

/** Most work of a stress on a mode over the largest work per shear stress [GPa]. Not collective. */
double VmThinningNorm(VmKmc kmc, const double sig[6]);

/** Mean stress, where barriers feel it; else all these are nothing. Work of a voxel's mean stress, the mean of the box
 * and what is felt beside that [eV]. Not collective. */
double VmPressureWork(VmKmc kmc, const double mean[6], double felt);
/** What is known of a slot is what its rate is for from now on; its work [eV]. Not collective. */
double VmPressureSee(VmKmc kmc, int64_t slot);
/** Distance of what is known from what was seen [GPa]. Not collective. */
double VmPressureMoved(VmKmc kmc, int64_t slot);
/** Takes it off the limits of a tile; their least is returned. Not collective. */
float VmPressureLimits(VmKmc kmc, int64_t tile);
/** What a slot feels with all pending events [GPa], and keeps it. Not collective. */
double VmPressureSum(VmKmc kmc, int64_t slot);
void VmPressureKeep(VmKmc kmc, int64_t slot, double felt);
/** Adds that of an event to a near tile. Not collective. */
void VmPressureAddTile(VmKmc kmc, int64_t tile, const VmKmcSource *source);
/** Takes it from the mean stress of the voxels [np], which is overwritten. Collective. */
PetscErrorCode VmPressureRefresh(VmKmc kmc, double *mean_stress);
/** [slots] known and seen; NULL. Not collective. */
double *VmPressureKnown(VmKmc kmc);
float *VmPressureSeen(VmKmc kmc);
PetscErrorCode VmPressureCreate(VmKmc kmc);
PetscErrorCode VmPressureDestroy(VmKmc kmc);
int64_t VmPressureBytes(const VmStz *stz, int64_t np, const int64_t n[3]);

/** Begins anew, at a temperature: all bounds are to be found. Not collective. */
void VmThinningBegin(VmKmc kmc);

/** Stress by uneven thermal expansion, where there is any; else all these are nothing. How fast that of any voxel
 * changes at most [GPa/s], and its change in a voxel in the window [GPa], in the norm of margins. Not collective. */
double VmExpansionSpeed(VmKmc kmc);
double VmExpansionMost(VmKmc kmc, int64_t slot);
/** Adds to the stress of a slot what comes of the temperature at a time of the window. Not collective. */
void VmExpansionAdd(VmKmc kmc, int64_t slot, double time, double stress[VM_STRESSES]);
/** Adds to what is known of all slots that of a change of the temperature [K]. Not collective. */
void VmExpansionAddAll(VmKmc kmc, double change);
PetscErrorCode VmExpansionDestroy(VmKmc kmc);

/** What follows from the margin of the state. Not collective. */
void VmThinningSetMargins(VmKmc kmc);

/** Counts the work since the last refresh, to be called before the next; true if it gives a new least margin. Not
 * collective. */
bool VmThinningTune(VmKmc kmc);

#endif
