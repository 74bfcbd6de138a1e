/* L4. Putting the conditions of two measurements side by side. */
#ifndef VM_COMPARE_CONDITIONS_H
#define VM_COMPARE_CONDITIONS_H

#include <vitromech/conditions.h>

/** Probe positions that do not see the same volume: no more than fit into the scanned area, one per probe size squared;
 * NAN if unknown. Not collective. */
double VmConditionsIndependentProbes(const VmConditions *conditions);

/** One line for each condition, ours beside theirs, saying what differs; prints on rank 0. Not collective. */
PetscErrorCode VmConditionsPrint(MPI_Comm comm, const VmConditions *ours, const VmConditions *theirs, const char *name);

#endif
