#include <vitromech/tree.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Reads until the end, so that pipes work too; *error is errno of a failure. */
static PetscErrorCode ReadAll(FILE *file, char **text, size_t *size, int *error)
{
  size_t capacity = 65536;
  PetscFunctionBegin;
  PetscCall(PetscMalloc(capacity, text));
  for (*size = 0;;) {
    *size += fread(*text + *size, 1, capacity - *size, file);
    if (*size < capacity) break;
    capacity *= 2;
    PetscCall(PetscRealloc(capacity, text));
  }
  *error = ferror(file) ? errno : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadFile(const char *path, char **text, size_t *size, int *error)
{
  PetscFunctionBegin;
  errno = 0;
  FILE *file = fopen(path, "rb");
  if (!file) {
    *error = errno;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  const PetscErrorCode code = ReadAll(file, text, size, error);
  fclose(file);
  PetscFunctionReturn(code);
}

PetscErrorCode VmFileBroadcast(MPI_Comm comm, const char *path, char **text, size_t *size)
{
  enum { CHUNK = 1 << 30 };
  int rank, error = 0;
  PetscFunctionBegin;
  *text = NULL;
  *size = 0;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscErrorCode code = rank == 0 ? ReadFile(path, text, size, &error) : PETSC_SUCCESS;
  PetscCall(VmAgree(comm, code));
  uint64_t head[2] = {(uint64_t)error, *size};
  PetscCallMPI(MPI_Bcast(head, 2, MPI_UINT64_T, 0, comm));
  if (head[0]) {
    PetscCall(PetscFree(*text));
    VmThrow(comm, VM_ERR_INPUT, "cannot read %s: %s", path, strerror((int)head[0]));
  }
  *size = (size_t)head[1];
  code = rank == 0 ? PetscRealloc(*size + 1, text) : PetscMalloc(*size + 1, text);
  PetscCall(VmAgree(comm, code));
  (*text)[*size] = '\0';
  for (size_t done = 0; done < *size; done += CHUNK) {
    const size_t left = *size - done;
    PetscCallMPI(MPI_Bcast(*text + done, left < CHUNK ? (int)left : CHUNK, MPI_BYTE, 0, comm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
