/* L5. The stages of a case, in the order of a run; each leaves one whole file and is skipped when that file is there.
 */
#ifndef VM_APP_STAGES_H
#define VM_APP_STAGES_H

#include "outputs.h"

typedef struct {
  VmCaseFile file;
  VmProvenance provenance;
  bool resume; /* the output directory was there before */
} VmRun;

typedef struct {
  const char *name;
  /** Does the case have this stage? Not collective. */
  bool (*wanted)(const VmCase *);
  /** Is its file whole? Collective. */
  PetscErrorCode (*done)(const VmRun *, bool *done);
  /** VM_ERR_STOPPED if a stop was requested. Collective. */
  PetscErrorCode (*run)(const VmRun *);
} VmStage;

extern const VmStage vm_stages[]; /* ends with {NULL} */

/** Runs the stages of a case that are not done yet; *ran tells whether there were any. Collective. */
PetscErrorCode VmRunCase(VmCaseFile file, int argc, char **argv, bool *ran);

/** Prints where the results are and the numbers that matter. Collective. */
PetscErrorCode VmRunSummary(const VmRun *run);

#endif
