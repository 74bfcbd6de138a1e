/* What computes the deformation: a table of functions for each engine of a mesoscale run. The programme of stages, the
 * history, fields and checkpoints know no more of an engine than this. */
#ifndef VM_ENGINE_H
#define VM_ENGINE_H

#include "scalars.h"
#include <vitromech/history.h>
#include <vitromech/loading.h>
#include <vitromech/sim.h>

/* The box as a whole; an engine keeps it up to date in sim->now. */
typedef struct {
  double time, temperature;
  double strain[6], stress[6]; /* means; GPa */
  double strain_rate[6];       /* prescribed, or expected of stress-controlled components */
  int64_t events, steps;
} VmNow;

typedef struct {
  const VmColumn *columns; /* of the history, beginning with VM_COMMON_COLUMNS */
  int steps_per_look;      /* between looks at the clock and at stop requests, which cost a message between ranks */
  bool exact;              /* now.strain_rate of stress-controlled components lasts until the next event; else it is an
                              expectation, and strains are known to solver.tolerance */
  const char *const *fields; /* it can write; NULL-terminated */

  /** Text lines for `check`: memory and time. Collective. */
  PetscErrorCode (*estimate)(MPI_Comm comm, const VmSimParams *params);
  /** Builds sim->engine from the parameters, the grid and the flow units. Collective. */
  PetscErrorCode (*create)(VmSim sim);
  PetscErrorCode (*destroy)(VmSim sim);

  /** Begins a segment at the present time: the prescribed stresses are set at once. Collective. */
  PetscErrorCode (*begin)(VmSim sim, const VmSegment *segment);
  /** Goes on in the segment by one event or step, at most to the time `horizon`, which is reached exactly. Collective.
   */
  PetscErrorCode (*advance)(VmSim sim, double horizon);

  /** Values of the columns after the common ones. Collective. */
  PetscErrorCode (*row)(VmSim sim, double *values);
  /** Field by name into room [6][np], its components and meta data. Collective. */
  PetscErrorCode (*field)(VmSim sim, const char *name, double *room, int *ncomp, VmMeta *meta);
  /** Text for the line of progress. Not collective. */
  void (*progress)(VmSim sim, size_t size, char *text);

  /** Datasets of its own in a new result file, or in one cut back to the present state. Collective. */
  PetscErrorCode (*open)(VmSim sim, bool resume);
  /** Brings what they still lack into the file. Collective. */
  PetscErrorCode (*flush)(VmSim sim);

  /** Statistics of a stage that is over, and of a complete run, into the file; NULL: none. Collective. */
  PetscErrorCode (*stage_over)(VmSim sim);
  PetscErrorCode (*finish)(VmSim sim);

  /** Names its scalars for a checkpoint, the same list for saving and loading. Not collective. */
  void (*scalars)(VmSim sim, VmScalars *scalars);
  /** Everything else it needs to go on with the same bits; after loading sim->now is up to date. Collective. */
  PetscErrorCode (*save)(VmSim sim, VmH5 file);
  PetscErrorCode (*load)(VmSim sim, VmH5 file);
} VmEngineOps;

extern const VmEngineOps vm_kinetics_engine, vm_field_engine;

/* The history of every engine begins with these. */
#define VM_COMMON_COLUMNS                                                                                              \
  {"time", 1, "s", "simulated time"}, {"stage", 1, "1", "number of the loading stage, from 0"},                        \
      {"strain", 6, "1", "mean strain, tensor components"}, {"stress", 6, "GPa", "mean stress"},                       \
  {                                                                                                                    \
    "temperature", 1, "K", "temperature"                                                                               \
  }
enum { VM_COMMON_WIDTH = 15 };

#endif
