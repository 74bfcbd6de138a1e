/* L5. The files of an output directory: which stage of a case is done, and whether a directory belongs to a case. */
#ifndef VM_APP_OUTPUTS_H
#define VM_APP_OUTPUTS_H

#include "case.h"

#define VM_FILE_USED "used.yaml"
#define VM_FILE_RESULT "result.h5"
#define VM_FILE_ATOMS "glass.xyz"
#define VM_FILE_CUBE "cube.h5"
#define VM_FILE_ANALYSIS "analysis.h5"
#define VM_FILE_COMPARISON "comparison.csv"
#define VM_FILE_REPORT "report.html"

/** True on all ranks if rank 0 sees the file. Collective. */
PetscErrorCode VmFileExists(MPI_Comm comm, const char *path, bool *exists);

/** Copies a file; false if that fails (errno tells why). Not collective. */
bool VmFileCopy(const char *from, const char *to);

/** Removes a file that did not become whole; one that is not there is no error. Collective. */
PetscErrorCode VmFileDiscard(MPI_Comm comm, const char *path);

/** True if the file is whole HDF5 whose root has the text attribute `name` equal to `value`; a missing or damaged file
 * is false, never an error. Collective. */
PetscErrorCode VmFileHasAttribute(MPI_Comm comm, const char *path, const char *name, const char *value, bool *has);

/**
 * Takes possession of the output directory of a case: creates it and writes used.yaml, or finds it made from the same
 * input (*resume = true), whose referenced files, of the provenance, have the same content. One made from another input
 * is refused with the first key that differs: VM_ERR_INPUT. Collective.
 */
PetscErrorCode VmOutputsOpen(VmCaseFile file, VmProvenance provenance, bool *resume);

#endif
