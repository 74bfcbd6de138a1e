/* Files that are either whole or absent. */
#include <vitromech/checkpoint.h>
#include "h5_private.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static PetscErrorCode PartName(const char *path, char **part)
{
  const size_t room = strlen(path) + sizeof ".part";

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(room, part));
  snprintf(*part, room, "%s.part", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Brings a file or directory to the disk. */
static PetscErrorCode Sync(const char *path)
{
  const int descriptor = open(path, O_RDONLY);
  const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
  const int reason = errno;
  if (descriptor >= 0) close(descriptor);
  /* EINVAL: a file system that cannot fsync a directory */
  return synced || reason == EINVAL ? PETSC_SUCCESS
                                    : VmRaiseLocal(VM_ERR_FILE, "cannot sync %s: %s", path, strerror(reason));
}

static PetscErrorCode Rename(const char *part, const char *path)
{
  if (rename(part, path) == 0) return PETSC_SUCCESS;
  return VmRaiseLocal(VM_ERR_FILE, "cannot rename %s to %s: %s", part, path, strerror(errno));
}

/* fsync, rename, fsync of the directory. Not collective. */
static PetscErrorCode Publish(const char *part, const char *path)
{
  char *copy;

  PetscFunctionBegin;
  PetscCall(Sync(part));
  PetscCall(Rename(part, path));
  PetscCall(PetscStrallocpy(path, &copy));
  const PetscErrorCode code = Sync(dirname(copy));
  PetscCall(PetscFree(copy));
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFileCommit(MPI_Comm comm, const char *part, const char *path)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmAgree(comm, rank == 0 ? Publish(part, path) : PETSC_SUCCESS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCheckpointBegin(MPI_Comm comm, const char *path, VmH5 *file)
{
  char *part;

  PetscFunctionBegin;
  PetscCall(PartName(path, &part));
  const PetscErrorCode code = VmH5Open(comm, part, VM_H5_CREATE, file);
  PetscCall(PetscFree(part));
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCheckpointCommit(VmH5 *file, const char *path)
{
  const int64_t whole = 1;
  MPI_Comm comm;
  char *part;
  int rank;

  PetscFunctionBegin;
  comm = (*file)->comm;
  PetscCall(VmH5Flush(*file));
  PetscCall(VmH5AttrInt(*file, "/", "whole", 1, &whole));
  PetscCall(VmH5Close(file));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(PartName(path, &part));
  const PetscErrorCode code = VmFileCommit(comm, part, path);
  PetscCall(PetscFree(part));
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCheckpointOpen(MPI_Comm comm, const char *path, VmH5 *file)
{
  double whole = 0.0;
  int rank, present = 0, count;

  PetscFunctionBegin;
  *file = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) present = access(path, F_OK) == 0;
  PetscCallMPI(MPI_Bcast(&present, 1, MPI_INT, 0, comm));
  if (!present) PetscFunctionReturn(PETSC_SUCCESS);

  PetscCall(VmH5Open(comm, path, VM_H5_READ, file));
  PetscCall(VmH5AttrReadReal(*file, "/", "whole", 1, &count, &whole));
  if (whole != 1.0) {
    PetscCall(VmH5Close(file));
    VmThrow(comm, VM_ERR_FILE, "%s is not a whole checkpoint; remove it to start from the beginning", path);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Not collective. */
static PetscErrorCode WriteText(const char *path, const char *text)
{
  FILE *stream = fopen(path, "wb");
  bool good = stream != NULL && fwrite(text, 1, strlen(text), stream) == strlen(text);
  if (stream) good = (fclose(stream) == 0) && good;
  return good ? PETSC_SUCCESS : VmRaiseLocal(VM_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
}

/* publish: what makes the text of <path>.part that of path. */
static PetscErrorCode Replace(MPI_Comm comm, const char *path, const char *text,
                              PetscErrorCode (*publish)(const char *part, const char *path))
{
  PetscErrorCode code = PETSC_SUCCESS;
  char *part;
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    PetscCall(PartName(path, &part));
    code = WriteText(part, text);
    if (!code) code = publish(part, path);
    PetscCall(PetscFree(part));
  }
  PetscCall(VmAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFileReplace(MPI_Comm comm, const char *path, const char *text)
{
  PetscFunctionBegin;
  PetscCall(Replace(comm, path, text, Publish));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFileRenew(MPI_Comm comm, const char *path, const char *text)
{
  PetscFunctionBegin;
  PetscCall(Replace(comm, path, text, Rename));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFileSync(MPI_Comm comm, const char *path)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmAgree(comm, rank == 0 ? Sync(path) : PETSC_SUCCESS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Not collective. */
static PetscErrorCode MakeDirectories(const char *path)
{
  struct stat status;
  char *prefix;
  int reason = 0;

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(path, &prefix));
  for (size_t i = 1; i <= strlen(path); ++i) {
    if (path[i] != '/' && path[i] != '\0') continue;
    prefix[i] = '\0';
    reason = mkdir(prefix, 0777) ? errno : 0;
    prefix[i] = path[i];
  }
  PetscCall(PetscFree(prefix));
  if (stat(path, &status) != 0) {
    PetscCall(VmRaiseLocal(VM_ERR_FILE, "cannot create the directory %s: %s", path, strerror(reason ? reason : errno)));
  } else if (!S_ISDIR(status.st_mode)) {
    PetscCall(VmRaiseLocal(VM_ERR_FILE, "cannot create the directory %s: a file of that name is in the way", path));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmDirectoryCreate(MPI_Comm comm, const char *path)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmAgree(comm, rank == 0 ? MakeDirectories(path) : PETSC_SUCCESS));
  PetscFunctionReturn(PETSC_SUCCESS);
}
