/* Frames of atom files as a series in time. */
#ifndef VM_APP_SERIES_H
#define VM_APP_SERIES_H

#include "command.h"

#include <vitromech/atoms.h>

typedef struct {
  const VmWords *files;
  int64_t first, step, each; /* frames first, first + step ... of each file, `each` of them; first 0: its only one */
  VmAtomsHints hints;
  char *input; /* names, frames and checksums of the files */
} VmSeries;

/** `frames`: "FIRST:LAST" or "FIRST:LAST:STEP", counted from 1, or "all"; NULL: one frame of each file. Collective. */
PetscErrorCode VmSeriesOpen(MPI_Comm comm, const VmWords *files, const char *frames, const VmAtomsHints *hints,
                            VmSeries *series);
PetscErrorCode VmSeriesClose(VmSeries *series);
int64_t VmSeriesCount(const VmSeries *series);

/** A VmFrameRead of a VmSeries. Collective. */
PetscErrorCode VmSeriesRead(void *series, MPI_Comm comm, int64_t frame, VmAtoms *atoms);

#endif
