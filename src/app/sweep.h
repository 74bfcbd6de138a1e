/* L5. Sweeps: a plan names a case and the values its parameters take; each point is a run in a directory of its own. */
#ifndef VM_APP_SWEEP_H
#define VM_APP_SWEEP_H

#include "case.h"

#include <stdio.h>

enum { VM_POINT_ID = 13 }; /* 12 hexadecimal digits and a NUL */

/* One parameter of a plan: its values, or the ends of a range. */
typedef struct {
  char *path; /* as in --set: "flow_units.fraction" */
  VmList values;
  char *from, *to;
  int64_t points;
  int scale; /* VM_SCALE_LINEAR, VM_SCALE_LOG */
} VmSweepParameter;

typedef enum { VM_SCALE_LINEAR, VM_SCALE_LOG } VmSweepScale;
typedef enum { VM_DESIGN_GRID, VM_DESIGN_LIST, VM_DESIGN_LATIN_HYPERCUBE } VmSweepDesign;

/* A column of the table that is made from a dataset of the runs. */
typedef struct {
  char *name, *dataset;
  int64_t component; /* of the last axis; -1: the dataset has one axis */
  int reduce;
} VmSweepColumn;

typedef struct {
  int64_t schema;
  char *title, *base_case, *directory;
  VmList set;        /* of char *, "path=value" */
  VmList parameters; /* of VmSweepParameter */
  int design;
  int64_t samples;
  struct {
    int64_t first, count;
    bool common;
  } seeds;
  VmList collect; /* of VmSweepColumn */
} VmSweepParams;

extern const VmTable vm_sweep_table;

typedef struct VmSweep_s {
  MPI_Comm comm;
  char *path, *text; /* of the plan, verbatim */
  char case_path[PETSC_MAX_PATH_LEN];
  VmSweepParams params;
  int columns;             /* parameters and the seed */
  int count;               /* points */
  const char **names;      /* [columns] paths of the parameters */
  char **texts;            /* [count][columns] their values */
  char (*id)[VM_POINT_ID]; /* [count] hash of the effective input */
} * VmSweep;

/** Reads a plan and expands it; every point is checked as a case, all problems shown at once (VM_ERR_INPUT).
 * Collective. */
PetscErrorCode VmSweepRead(MPI_Comm comm, const char *path, VmSweep *sweep);
PetscErrorCode VmSweepDestroy(VmSweep *sweep);

/** The case of one point, its output in the directory of the point. Collective. */
PetscErrorCode VmSweepCase(VmSweep sweep, int point, VmCaseFile *file);

/** Writes plan.yaml and manifest.csv (one row per point) into the directory of the sweep. Collective. */
PetscErrorCode VmSweepManifest(VmSweep sweep);

/** Writes a field of a CSV file, in quotes where it needs them. Not collective. */
void VmSweepField(FILE *csv, const char *text);

/** Path of a file of a point (name "": its directory). Not collective. */
void VmSweepPath(VmSweep sweep, int point, const char *name, size_t size, char *path);

/* What is known of a point from its directory. */
typedef enum {
  VM_POINT_MISSING,
  VM_POINT_RUNNING,     /* a live process holds it */
  VM_POINT_INTERRUPTED, /* its process died */
  VM_POINT_STOPPED,     /* stopped with a checkpoint */
  VM_POINT_FAILED,
  VM_POINT_COMPLETE,
  VM_POINT_STATES
} VmPointState;

extern const char *const vm_point_states[VM_POINT_STATES];

typedef struct {
  VmPointState state;
  int attempts, status; /* exit status of the last one */
  double seconds;       /* of all attempts */
} VmPointOutcome;

/** On this process. Not collective. */
PetscErrorCode VmPointRead(VmSweep sweep, int point, VmPointOutcome *outcome);
PetscErrorCode VmPointWrite(VmSweep sweep, int point, const VmPointOutcome *outcome);

/** Takes a point for this process until VmPointRelease or the end of the process: a lock that no kill leaves behind.
 * *lock = -1 if another process has it. Not collective. */
PetscErrorCode VmPointClaim(VmSweep sweep, int point, int *lock);
void VmPointRelease(int lock);

/** Whether another attempt is to be made: not after bad input or divergence, which would only repeat themselves. Not
 * collective. */
bool VmPointWanted(const VmPointOutcome *outcome);

/** Runs one given point unless it is complete or held by another process; VM_ERR_STOPPED if a stop was requested, and
 * the code of a failure. Collective. */
PetscErrorCode VmSweepOne(VmSweep sweep, int point, int argc, char **argv);

/** Takes and runs points until none is wanted, or a stop is requested (VM_ERR_STOPPED). Collective. */
PetscErrorCode VmSweepWork(VmSweep sweep, int argc, char **argv);

/** Runs the plan by `jobs` worker processes of `ranks` ranks each. Collective on one process. */
PetscErrorCode VmSweepLocal(VmSweep sweep, int jobs, int ranks);

/** Prints how many points are in which state, and the failed ones. Collective. */
PetscErrorCode VmSweepStatus(VmSweep sweep);

/** Gathers parameters, statistics and the columns of `collect` of all complete points in table.h5 and table.csv.
 * Collective. */
PetscErrorCode VmSweepCollect(VmSweep sweep);

#endif
