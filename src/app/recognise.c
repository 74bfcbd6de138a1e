#include "recognise.h"

#include <string.h>

static bool IsText(const uint8_t *head, size_t n)
{
  if (n >= 2 && head[0] == 0x1f && head[1] == 0x8b) return true;
  for (size_t i = 0; i < n; ++i)
    if (head[i] < 32 && !strchr("\t\n\v\f\r", head[i])) return false;
  return n > 0 && !memchr(head, '\0', n);
}

static VmContent Recognise(const char *path, const char *format, bool *is_cube)
{
  uint8_t head[4096];
  FILE *f = fopen(path, "rb");
  *is_cube = format != NULL;
  if (!f) return VM_CONTENT_ABSENT;
  const size_t n = fread(head, 1, sizeof head, f);
  fclose(f);
  for (const VmCubeFormat *const *reader = vm_cube_formats; *reader; ++reader)
    *is_cube |= (*reader)->probe(head, n, path) > 0;
  if (n >= 8 && memcmp(head, "\211HDF\r\n\032\n", 8) == 0) return VM_CONTENT_HDF5;
  return *is_cube ? VM_CONTENT_CUBE : IsText(head, n) ? VM_CONTENT_TEXT : VM_CONTENT_OTHER;
}

PetscErrorCode VmContentRecognise(MPI_Comm comm, const char *path, const char *format, VmContent *content,
                                  bool *is_cube)
{
  int rank, found[2] = {VM_CONTENT_ABSENT, 0};
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    bool cube;
    found[0] = (int)Recognise(path, format, &cube);
    found[1] = cube;
  }
  PetscCallMPI(MPI_Bcast(found, 2, MPI_INT, 0, comm));
  *content = (VmContent)found[0];
  if (is_cube) *is_cube = found[1];
  PetscFunctionReturn(PETSC_SUCCESS);
}
