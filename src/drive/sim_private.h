/* Inside of a mesoscale run. */
#ifndef VM_SIM_PRIVATE_H
#define VM_SIM_PRIVATE_H

#include "engine.h"
#include <vitromech/checkpoint.h>
#include <vitromech/disorder.h>
#include <vitromech/kmc.h>
#include <vitromech/material.h>
#include <vitromech/schema.h>
#include <vitromech/xdmf.h>

/* Common keys of the flow_units block. */
typedef struct {
  double fraction, correlation_length, barrier_ratio;
} VmFlowUnitCommon;

/* Common keys of the kinetics block. */
typedef struct {
  int finder;
} VmKineticsCommon;

struct VmSimParams_s {
  struct {
    int64_t cells[3];
    double spacing;
  } grid;
  VmPlugin material, flow_units, kinetics; /* flow_units.head NULL: none */
  VmList loading;                          /* of VmPlugin, common VmStageParams */
  struct {
    int64_t refresh;
    double margin;
  } solver;
};

/* Where the run is in its programme and in its outputs; saved in checkpoints. */
typedef struct {
  int64_t stage, segment;
  bool begun;                      /* the segment has been given to the engine */
  double stage_start, segment_end; /* s */
  double stage_strain[6];          /* mean strain at the start of the stage */
  int64_t stage_events;            /* events before the stage */
  VmSegment now;                   /* the segment */
  double segment_start, segment_strain[6];
  double row_time, row_strain[6]; /* at the last history row */
  int64_t row_events;
} VmProgramme;

struct VmSim_s {
  MPI_Comm comm;
  const VmSimParams *params;
  const VmOutputParams *output;
  uint64_t seed;
  VmGrid grid;
  double *flow_unit; /* [np] */
  double flow_unit_fraction;

  const VmEngineOps *ops;
  void *engine; /* of the ops */
  VmNow now;

  VmProgramme at;
  VmHistory history;
  VmH5 file;
  char *result_path, *safe_path, *checkpoint_path, *csv_path, *xdmf_path;
  double checkpoint_clock;
};

/** The engine of a case. Not collective. */
const VmEngineOps *VmSimEngine(const VmSimParams *params);

/** Runs the stages to the end of the programme, or to a stop; rows, fields and checkpoints on the way. Collective. */
PetscErrorCode VmProgrammeRun(VmSim sim, VmProgress progress, bool *stop);

/** Paths, history, result file. Collective. */
PetscErrorCode VmSimOutputCreate(VmSim sim);
PetscErrorCode VmSimOutputOpen(VmSim sim, VmProvenance provenance, bool resume);
PetscErrorCode VmSimOutputDestroy(VmSim sim);
/** One history row of the present state, and fields if due or forced. Collective. */
PetscErrorCode VmSimWriteRow(VmSim sim, bool with_fields);
/** Brings all that is buffered to the disk. Collective. */
PetscErrorCode VmSimFlush(VmSim sim);

/** Saves everything a restart needs, and a copy of the result file that no kill can spoil. Collective. */
PetscErrorCode VmSimCheckpointSave(VmSim sim);
/** Takes up the checkpoint of the output directory; *found = false if there is none. Collective. */
PetscErrorCode VmSimCheckpointLoad(VmSim sim, bool *found);

#endif
