/* Inside of the engine of runs with `kinetics`. */
#ifndef VM_KINETICS_PRIVATE_H
#define VM_KINETICS_PRIVATE_H

#include "avalanche_log.h"
#include "connected.h"
#include "intervals.h"
#include "sim_private.h"

typedef struct {
  VmKmc kmc;
  int64_t pending;                   /* events not yet in the file */
  double *event_time, *event_strain; /* [room], [room][6] */
  int64_t *event_voxel;
  int32_t *event_mode, *event_stage;
  VmAvalancheLog avalanches; /* NULL: only the finder `extremal` has them */
  VmIntervals intervals;
  VmFft fft;              /* of one component, for what rows measure */
  VmConnected flow_units; /* that do not change */
} VmKineticsEngine;

static inline VmKineticsEngine *VmKinetics(VmSim sim) { return sim->engine; }
static inline VmKmc VmKineticsKmc(VmSim sim) { return VmKinetics(sim)->kmc; }

/* Columns of the history. */
extern const VmColumn vm_kinetics_columns[];
/** Sets up and frees what rows need, once the kinetics is there. Collective. */
PetscErrorCode VmKineticsRowCreate(VmSim sim);
PetscErrorCode VmKineticsRowDestroy(VmSim sim);
/** Values of the columns after the common ones. Collective. */
PetscErrorCode VmKineticsRow(VmSim sim, double *values);

/** Waiting times and power spectrum of the events of the present stage into the file. Collective. */
PetscErrorCode VmKineticsStageOver(VmSim sim);

/** Takes the mean over from the kinetics. Not collective. */
void VmKineticsTakeNow(VmSim sim);

/** See VmEngineOps. */
void VmKineticsScalars(VmSim sim, VmScalars *scalars);
PetscErrorCode VmKineticsSave(VmSim sim, VmH5 file);
PetscErrorCode VmKineticsLoad(VmSim sim, VmH5 file);

#endif
