/* L4. A mesoscale run: grid, flow units, kinetics, loading stages; history, fields, checkpoints. */
#ifndef VITROMECH_SIM_H
#define VITROMECH_SIM_H

#include <vitromech/history.h>
#include <vitromech/log.h>
#include <vitromech/params.h>
#include <vitromech/provenance.h>

typedef struct VmSimParams_s VmSimParams;
extern const VmTable vm_sim_table; /* grid, material, flow_units, kinetics, loading, solver: top-level keys of a case */

/* The `output` block, shared by all parts of a case. */
typedef struct {
  char *directory;
  struct {
    double strain, time;   /* NAN: not given */
    int64_t events, steps; /* 0: not given */
  } every;                 /* a history row is due when any of these has passed since the last one */
  VmList fields;           /* of char * */
  int64_t fields_every;    /* history rows between field outputs; 0: only at the end of each stage */
  double checkpoint_every; /* s of wall time */
} VmOutputParams;
extern const VmTable vm_output_table;

/** Adds a problem for each output that the run of these parameters cannot give. Not collective. */
PetscErrorCode VmSimCheckOutput(const VmSimParams *params, const VmOutputParams *output, const VmNode *node,
                                VmReport report);

/** The files the parameters refer to, NULL-terminated, relative names taken from the directory `base`; each and the
 * array by PetscMalloc. Not collective. */
PetscErrorCode VmSimFiles(const VmSimParams *params, const char *base, char ***paths);

/** Edges of the box [nm]. Not collective. */
void VmSimBox(const VmSimParams *params, double length[3]);

/** True if a stage ends in a spectrum or a fitted law, which a report draws. Not collective. */
bool VmSimHasLaws(const VmSimParams *params);

typedef struct VmSim_s *VmSim;

typedef enum { VM_SIM_COMPLETE, VM_SIM_STOPPED } VmSimOutcome;

/** What a run will need: text lines of grid, memory per rank, disk, estimated time. Collective. */
PetscErrorCode VmSimEstimate(MPI_Comm comm, const VmSimParams *params, const VmOutputParams *output);

/** Names of files in params are relative to the directory `base` ("" or with a slash at the end). params and output
 * must outlive the object. Collective. */
PetscErrorCode VmSimCreate(MPI_Comm comm, const VmSimParams *params, const VmOutputParams *output, const char *base,
                           uint64_t seed, double temperature, VmSim *sim);
/** Builds fields and kernel, or reads the checkpoint in the output directory if resume is true; opens the outputs.
 * Collective. */
PetscErrorCode VmSimSetUp(VmSim sim, VmProvenance provenance, bool resume);
/** Advances to the end, or until a stop is requested (then writes a checkpoint). Collective. */
PetscErrorCode VmSimAdvance(VmSim sim, VmProgress progress, VmSimOutcome *outcome);
/** Writes the last fields, statistics of the run and the status into result.h5. Collective. */
PetscErrorCode VmSimFinish(VmSim sim, VmSimOutcome outcome);
PetscErrorCode VmSimDestroy(VmSim *sim);

#endif
