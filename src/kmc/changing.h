/* Inside of the event finder for rates that change while no event comes: what moves the stress (changing_stress.c),
 * windows of time with bounds of all rates (changing_window.c), and the events in them (changing.c). */
#ifndef VM_CHANGING_H
#define VM_CHANGING_H

#include "work.h"

struct VmChanging_s {
  bool ready;                          /* the arrays from viscous_end on are there */
  VmKmcRelaxation relaxation;          /* shear 0: none */
  double *flow_unit;                   /* [np] 1 or 0 */
  double expansion[2], mean_expansion; /* of matrix and flow units [1/K] */
  double *viscous_end;                 /* [6][np] at the end of the window */
  double *end;                         /* [6][np] stress fluctuation at the end of the window */
  double *total;                       /* [6][np] eigenstrain of all kinds */
  double *bound;                       /* [np] of the rates in the window [1/s] */
  double *lowest;                      /* [np] lowest barrier at its start [eV] */
  int *lowest_mode;                    /* [np] */
  double start, length;                /* of the window [s] */
  bool last;                           /* it ends at the horizon */
  double bend;                         /* largest, over what a window allows */
  double mean_flow[6];                 /* change of the mean viscous eigenstrain over it */
};
typedef struct VmChanging_s *VmChanging;

/* Columns of the rows of planes. */
enum { VM_WINDOW_RATE, VM_WINDOW_LOWEST, VM_WINDOW_SPEED, VM_WINDOW_ROW };

static inline bool VmChangingFlows(VmKmc kmc) { return kmc->changing->relaxation.shear > 0.0; }

/** Stress fluctuation of the events, a field of viscous strain (NULL: none) and a temperature. Collective. */
PetscErrorCode VmChangingStress(VmKmc kmc, const double *viscous, double temperature, double *stress);

/** The mean at a time of the window, if its eigenstrain has changed by `flow`. Not collective. */
VmMean VmChangingMean(VmKmc kmc, double time, const double flow[6]);

/** Stress at the end of a window of some length, with the flow units relaxed on the way: `end`, `viscous_end`,
 * `mean_flow`, `bend`. VM_ERR_DIVERGED. Collective. */
PetscErrorCode VmChangingRelax(VmKmc kmc, double length);

static inline const VmMemoryOps *VmChangingMemory(VmKmc kmc) { return (const VmMemoryOps *)kmc->stz.memory.head; }

/** Factor of the barriers and weight of the rates of a voxel at a time of the window; softening included. Not
 * collective. */
void VmChangingEffect(VmKmc kmc, int64_t voxel, double time, double *factor, double *weight);

/** Change of the stress of a voxel from the start of the window to its end. Not collective. */
void VmChangingStressChange(VmKmc kmc, const VmMean *start, const VmMean *end, int64_t voxel, double change[6]);

/** Begins a window in which bounds are near the rates and no barrier can vanish; length 0 if one has vanished already.
 * VM_ERR_DIVERGED. Collective. */
PetscErrorCode VmChangingOpen(VmKmc kmc, double horizon);

/** Goes to a time of the window and closes it. Not collective. */
void VmChangingMoveTo(VmKmc kmc, double time);

#endif
