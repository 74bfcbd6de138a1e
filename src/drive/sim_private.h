/* Inside of a mesoscale run. */
#ifndef VM_SIM_PRIVATE_H
#define VM_SIM_PRIVATE_H

#include "engine.h"
#include <vitromech/body.h>
#include <vitromech/checkpoint.h>
#include <vitromech/disorder.h>
#include <vitromech/kmc.h>
#include <vitromech/material.h>
#include <vitromech/schema.h>
#include <vitromech/xdmf.h>

/* Common keys of the material of a phase. */
typedef struct {
  VmMaterialCommon material; /* first: the body knows this part only */
  VmList vary;               /* of VmPlugin, VmDistributionOps */
} VmPhaseCommon;

/** Name of the parameter of variation i. Not collective. */
const char *VmVaryParameter(const VmPhaseCommon *phase, int i);

/* Common keys of the flow_units block. */
typedef struct {
  double fraction, correlation_length, barrier_ratio; /* fraction NAN: by a file */
  VmPlugin material;                                  /* head NULL: that of the matrix */
  /* with kinetics */
  VmKmcRelaxation *relaxation; /* NULL: elastic */
  double thermal_expansion;    /* 1/K; NAN: that of the matrix */
} VmFlowUnitCommon;

/* Common keys of the kinetics block. */
typedef struct {
  int finder;
} VmKineticsCommon;

typedef struct {
  int64_t refresh;
  double margin;
  double time_step, strain_step, first_step, growth; /* NAN: not given */
  int element, krylov;                               /* VmElement, VmKrylov */
  double tolerance;
  int64_t max_iterations, max_newton;
} VmSolverParams;
extern const VmTable vm_solver_table;

/** What the block says to the equilibrium solver. Not collective. */
void VmSolverOptions(const VmSolverParams *params, VmEquilibriumOptions *options);

struct VmSimParams_s {
  struct {
    int64_t cells[3];
    double spacing;
  } grid;
  VmPlugin material, flow_units, kinetics; /* flow_units.head NULL: none */
  VmList loading;                          /* of VmPlugin, common VmStageParams */
  VmSolverParams solver;
};

/** Whether voxels have moduli of their own. Not collective. */
bool VmHasManyModuli(const VmSimParams *params);

/* What drives a stage from its start to its end, at one temperature. */
enum { VM_DRIVE_OTHER, VM_DRIVE_STRAIN, VM_DRIVE_STRESS };
typedef struct {
  int64_t kind;        /* strain rates, or constant stresses and no strain rates, or neither */
  double direction[6]; /* deviator of these, of norm 1 */
  double temperature;  /* K */
} VmDrive;

/* Where the run is in its programme and in its outputs; saved in checkpoints, but for stage_length. */
typedef struct {
  int64_t stage, segment;
  bool begun;                      /* the segment has been given to the engine */
  double stage_start, segment_end; /* s */
  double stage_length;             /* of all segments of the stage [s]; NAN or HUGE_VAL: they do not tell */
  double stage_strain[6];          /* mean strain at the start of the stage */
  int64_t stage_events;            /* events before the stage */
  VmSegment now;                   /* the segment */
  double segment_start, segment_strain[6], segment_temperature, stage_temperature;
  double row_time, row_strain[6]; /* at the last history row */
  int64_t row_events, row_steps;
  VmDrive drive; /* of the stage before */
} VmProgramme;

/* The present cycle of a cyclic stage: integrals over it so far, by the mean strain and stress. */
typedef struct {
  double period;                               /* s; 0: the stage is not cyclic */
  double stage_start, start;                   /* s */
  int64_t cycle, rows;                         /* of the stage, from 0; written so far */
  double time, strain[6], stress[6];           /* when last looked at */
  double area;                                 /* GPa */
  double strain_wave[2][6], stress_wave[2][6]; /* integrals with cosine and sine */
} VmLoops;

/* The phases of a case and how their parameters vary, laid out on the grid. */
typedef struct {
  VmComposition body;
  VmPlugin material[2]; /* matrix, flow units */
  const char **varied;  /* [body.variations] */
  double *factor;       /* [body.variations][np] */
  const double **rows;  /* of factor */
  uint8_t *phase;       /* [np] */
} VmMedia;

/** Draws the factors; flow_unit [np] is 1 in flow units. Names of files are relative to `base`. Collective. */
PetscErrorCode VmMediaCreate(VmGrid grid, const VmSimParams *params, const char *base, uint64_t seed,
                             const double *flow_unit, VmMedia *media);
PetscErrorCode VmMediaDestroy(VmMedia *media);

/** Shear and bulk modulus of every voxel for an instantaneous step, [np] each. Not collective. */
PetscErrorCode VmMediaModuli(VmGrid grid, const VmMedia *media, double *shear, double *bulk);

/** A parameter of the law by name in every voxel, 0 where the law has none of that name. Not collective. */
PetscErrorCode VmMediaParameter(VmGrid grid, const VmMedia *media, const char *name, double *values);

struct VmSim_s {
  MPI_Comm comm;
  const VmSimParams *params;
  const VmOutputParams *output;
  char *base; /* directory of the case */
  uint64_t seed;
  VmGrid grid;
  double *flow_unit; /* [np] */
  double flow_unit_fraction;

  const VmEngineOps *ops;
  void *engine; /* of the ops */
  VmNow now;

  VmProgramme at;
  VmLoops loops;
  VmHistory history;
  VmH5 file;
  char *result_path, *safe_path, *checkpoint_path, *csv_path, *xdmf_path;
  double checkpoint_clock;
};

/** The engine of a case. Not collective. */
const VmEngineOps *VmSimEngine(const VmSimParams *params);

/** Runs the stages to the end of the programme, or to a stop; rows, fields and checkpoints on the way. Collective. */
PetscErrorCode VmProgrammeRun(VmSim sim, VmProgress progress, bool *stop);

/** Hysteresis loops of cyclic stages: a row of /statistics/cycles for each whole cycle. Begin with the stage, follow
 * each step, open with the result file. Collective. */
PetscErrorCode VmLoopsBegin(VmSim sim);
PetscErrorCode VmLoopsFollow(VmSim sim);
PetscErrorCode VmLoopsOpen(VmSim sim, bool resume);
void VmLoopsScalars(VmSim sim, VmScalars *scalars);

/** A stage of steady oscillation: /statistics/harmonic and harmonic.csv; goes on with the temperature at.segment.
 * Collective. */
PetscErrorCode VmSpectrumRun(VmSim sim, const VmPlugin *stage, VmProgress progress, bool *stop);

/** Fits the law a stage that is over asks for: /statistics/relaxation_<stage>. Collective. */
PetscErrorCode VmStageFit(VmSim sim, const VmPlugin *stage);

/** If a stage that is over was driven by constant strain rates or stresses: stress, strain rate and viscosity of its
 * second half, /statistics/flow_<stage>; if the stage before was driven in the same direction at another level,
 * /statistics/strain_rate_sensitivity_<stage>. Collective. */
PetscErrorCode VmStageFlow(VmSim sim, const VmPlugin *stage);

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
