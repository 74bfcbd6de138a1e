#include "case_files.h"

#include <string.h>
#include <unistd.h>

static PetscErrorCode Readable(MPI_Comm comm, const char *path, bool *readable)
{
  int rank, found = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) found = access(path, R_OK) == 0;
  PetscCallMPI(MPI_Bcast(&found, 1, MPI_INT, 0, comm));
  *readable = found;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The scalar a path was resolved from: relative names are a suffix of the path. */
static const VmNode *FindName(const VmNode *node, const char *path)
{
  if (!node) return NULL;
  if (node->kind == VM_NODE_SCALAR) {
    const size_t n = strlen(path), m = strlen(node->text);
    return m > 0 && m <= n && strcmp(path + n - m, node->text) == 0 ? node : NULL;
  }
  for (int i = 0; i < node->count; ++i) {
    const VmNode *found = FindName(node->items[i], path);
    if (found) return found;
  }
  return NULL;
}

PetscErrorCode VmCaseCheckFiles(VmCaseFile file, const VmNode *root, VmReport report)
{
  char **paths;
  PetscFunctionBegin;
  if (!file->params.glass) PetscFunctionReturn(PETSC_SUCCESS);
  const VmNode *glass = VmTreeGet(root, "glass");
  PetscCall(VmGlassFiles(file->params.glass, file->base, &paths));
  for (char **p = paths; p && *p; ++p) {
    bool readable;
    PetscCall(Readable(file->comm, *p, &readable));
    if (readable) continue;
    const VmNode *where = FindName(glass, *p);
    PetscCall(VmReportAdd(report, where ? where : glass,
                          "cannot read the file %s; relative names start from the directory of the case", *p));
  }
  VmGlassFilesFree(&paths);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCaseReadFiles(VmCaseFile file)
{
  const VmCase *c = &file->params;
  double length[3];
  PetscFunctionBegin;
  if (!c->glass) PetscFunctionReturn(PETSC_SUCCESS);
  if (c->sim) VmSimBox(c->sim, length);
  PetscCall(VmGlassCheck(file->comm, c->glass, file->base, c->sim ? length : NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}
