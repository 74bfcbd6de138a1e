/* Avalanches of a run of the athermal finder, as rows of the result file, and the laws of their sizes
 * and durations. */
#ifndef VM_AVALANCHE_LOG_H
#define VM_AVALANCHE_LOG_H

#include "scalars.h"
#include <vitromech/avalanche.h>
#include <vitromech/h5.h>

typedef struct VmAvalancheLog_s *VmAvalancheLog;

PetscErrorCode VmAvalancheLogCreate(int64_t voxels, VmAvalancheLog *log);
PetscErrorCode VmAvalancheLogDestroy(VmAvalancheLog *log);

/** Datasets in a new result file, or in one cut back to the avalanches of the log. Collective. */
PetscErrorCode VmAvalancheLogOpen(VmAvalancheLog log, VmH5 file, bool resume);
/** Collective. */
PetscErrorCode VmAvalancheLogAdd(VmAvalancheLog log, VmH5 file, const VmEvent *event);
PetscErrorCode VmAvalancheLogFlush(VmAvalancheLog log, VmH5 file);
/** Ends the present avalanche and writes the distributions of sizes and durations with their fitted laws. Collective.
 */
PetscErrorCode VmAvalancheLogFinish(VmAvalancheLog log, MPI_Comm comm, VmH5 file);
/** For a checkpoint. Not collective. */
void VmAvalancheLogScalars(VmAvalancheLog log, VmScalars *scalars);

#endif
