/* L2. Checkpoints that are either whole or absent: written to a temporary file, fsynced, renamed, directory fsynced. */
#ifndef VITROMECH_CHECKPOINT_H
#define VITROMECH_CHECKPOINT_H

#include <vitromech/h5.h>

/** Opens <path>.part for writing (an older one is replaced). Collective. */
PetscErrorCode VmCheckpointBegin(MPI_Comm comm, const char *path, VmH5 *file);
/** Marks it whole, closes, fsyncs, renames to path, fsyncs the directory. Collective. */
PetscErrorCode VmCheckpointCommit(VmH5 *file, const char *path);
/** Opens a checkpoint for reading; *file = NULL if there is none. One that is not whole raises VM_ERR_FILE. Collective.
 */
PetscErrorCode VmCheckpointOpen(MPI_Comm comm, const char *path, VmH5 *file);

/** Gives a whole file its name: fsync, rename, fsync of the directory. Collective. */
PetscErrorCode VmFileCommit(MPI_Comm comm, const char *part, const char *path);

/** Writes a whole small text file by temporary file, fsync and rename, on rank 0. Collective. */
PetscErrorCode VmFileReplace(MPI_Comm comm, const char *path, const char *text);
/** The same without fsync, for what can be made again: after a crash of the machine it may be old, or empty. A crash of
 * the program leaves it whole. Collective. */
PetscErrorCode VmFileRenew(MPI_Comm comm, const char *path, const char *text);
/** Waits until what was written to a file is on the disk. Collective. */
PetscErrorCode VmFileSync(MPI_Comm comm, const char *path);
/** Creates a directory and its parents. Failure: VM_ERR_FILE. Collective. */
PetscErrorCode VmDirectoryCreate(MPI_Comm comm, const char *path);

#endif
