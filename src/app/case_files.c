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

PetscErrorCode VmCaseFiles(VmCaseFile file, char ***paths)
{
  const VmCase *c = &file->params;
  char **parts[2] = {NULL, NULL};
  size_t count = 0;
  PetscFunctionBegin;
  if (c->glass) PetscCall(VmGlassFiles(c->glass, file->base, &parts[0]));
  if (c->sim) PetscCall(VmSimFiles(c->sim, file->base, &parts[1]));
  for (int i = 0; i < 2; ++i)
    for (char **p = parts[i]; p && *p; ++p) ++count;
  PetscCall(PetscCalloc1(count + 1, paths));
  count = 0;
  for (int i = 0; i < 2; ++i) {
    for (char **p = parts[i]; p && *p; ++p) (*paths)[count++] = *p;
    PetscCall(PetscFree(parts[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define MARK "# sha256 "

PetscErrorCode VmCaseChecksums(VmCaseFile file, VmProvenance provenance, char **text)
{
  char **paths;
  size_t length = 1, used = 0;
  PetscFunctionBegin;
  PetscCall(VmCaseFiles(file, &paths));
  for (char **p = paths; *p; ++p)
    length += strlen(MARK) + strlen(VmProvenanceChecksum(provenance, *p)) + strlen(*p) + 2;
  PetscCall(PetscCalloc1(length, text));
  for (char **p = paths; *p; ++p)
    used += (size_t)snprintf(*text + used, length - used, MARK "%s %s\n", VmProvenanceChecksum(provenance, *p), *p);
  VmGlassFilesFree(&paths);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The name of the file a line of checksums is about, and its length. */
static const char *NameIn(const char *line, size_t *length)
{
  const char *name = line + strlen(MARK) + 65;
  *length = strcspn(name, "\n");
  return name;
}

PetscErrorCode VmCaseCompareChecksums(VmCaseFile file, const char *theirs, const char *ours)
{
  const char *a = strstr(theirs, MARK), *b = strstr(ours, MARK);
  PetscFunctionBegin;
  for (; a && b; a = strstr(a + 1, MARK), b = strstr(b + 1, MARK)) {
    size_t length;
    const char *name = NameIn(b, &length);
    if (strncmp(a, b, strlen(MARK) + 64) != 0)
      VmThrow(file->comm, VM_ERR_INPUT,
              "%s holds results of another %.*s (its content has changed since); choose another output directory "
              "(--set output.directory=...) or remove that one",
              file->params.output.directory, (int)length, name);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCaseCheckFiles(VmCaseFile file, const VmNode *root, VmReport report)
{
  static const char *const blocks[] = {"glass", "material", "flow_units"};
  char **paths;
  PetscFunctionBegin;
  PetscCall(VmCaseFiles(file, &paths));
  for (char **p = paths; *p; ++p) {
    const VmNode *where = NULL;
    bool readable;
    PetscCall(Readable(file->comm, *p, &readable));
    if (readable) continue;
    for (int b = 0; !where && b < 3; ++b) where = FindName(VmTreeGet(root, blocks[b]), *p);
    PetscCall(VmReportAdd(report, where ? where : root,
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
