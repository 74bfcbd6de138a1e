#include "outputs.h"

#include "case_files.h"

#include <string.h>
#include <unistd.h>

PetscErrorCode VmFileExists(MPI_Comm comm, const char *path, bool *exists)
{
  int rank, found = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) found = access(path, F_OK) == 0;
  PetscCallMPI(MPI_Bcast(&found, 1, MPI_INT, 0, comm));
  *exists = found;
  PetscFunctionReturn(PETSC_SUCCESS);
}

bool VmFileCopy(const char *from, const char *to)
{
  char buffer[65536];
  FILE *in = fopen(from, "rb");
  FILE *out = in ? fopen(to, "wb") : NULL;
  bool ok = out != NULL;
  for (size_t n; ok && (n = fread(buffer, 1, sizeof buffer, in)) > 0;) ok = fwrite(buffer, 1, n, out) == n;
  if (in) ok &= !ferror(in);
  if (in) fclose(in);
  if (out) ok &= fclose(out) == 0;
  return ok;
}

PetscErrorCode VmFileDiscard(MPI_Comm comm, const char *path)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) (void)unlink(path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Variable or fixed length, as either may have been written. */
static bool AttributeEquals(hid_t file, const char *name, const char *value)
{
  bool equal = false;
  if (H5Aexists(file, name) <= 0) return false;
  const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
  const hid_t type = H5Aget_type(attribute);
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0) {
    char *text = NULL;
    if (H5Aread(attribute, type, &text) >= 0 && text) equal = strcmp(text, value) == 0;
    H5free_memory(text);
  } else if (H5Tget_class(type) == H5T_STRING && H5Tget_size(type) < 256) {
    char text[256] = {0};
    if (H5Aread(attribute, type, text) >= 0) equal = strcmp(text, value) == 0;
  }
  H5Tclose(type);
  H5Aclose(attribute);
  return equal;
}

static bool HasAttribute(const char *path, const char *name, const char *value)
{
  bool has = false;
  H5E_BEGIN_TRY
  {
    const hid_t file = access(path, R_OK) == 0 && VmH5Trial(path) ? H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
    if (file >= 0) {
      has = AttributeEquals(file, name, value);
      H5Fclose(file);
    }
  }
  H5E_END_TRY;
  return has;
}

PetscErrorCode VmFileHasAttribute(MPI_Comm comm, const char *path, const char *name, const char *value, bool *has)
{
  int rank, found = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) found = HasAttribute(path, name, value);
  PetscCallMPI(MPI_Bcast(&found, 1, MPI_INT, 0, comm));
  *has = found;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where two inputs differ first. */
typedef struct {
  char path[512];
  const char *texts[2];
} Difference;

static bool FindDifference(const VmNode *a, const VmNode *b, Difference *at);

static bool DifferInside(const char *key, const VmNode *a, const VmNode *b, Difference *at)
{
  const size_t length = strlen(at->path);
  snprintf(at->path + length, sizeof at->path - length, "%s%s", length ? "." : "", key);
  if (FindDifference(a, b, at)) return true;
  at->path[length] = '\0';
  return false;
}

/* The output directory itself may be named differently. */
static bool FindDifference(const VmNode *a, const VmNode *b, Difference *at)
{
  at->texts[0] = !a ? "absent" : a->kind == VM_NODE_SCALAR ? a->text : "a block";
  at->texts[1] = !b ? "absent" : b->kind == VM_NODE_SCALAR ? b->text : "a block";
  if (!a || !b || a->kind != b->kind) return true;
  if (a->kind == VM_NODE_SCALAR) return strcmp(a->text, b->text) != 0 && strcmp(at->path, "output.directory") != 0;
  for (int i = 0; i < a->count; ++i) {
    char number[16];
    const bool mapping = a->kind == VM_NODE_MAPPING;
    const VmNode *other = mapping ? VmTreeGet(b, a->keys[i]) : i < b->count ? b->items[i] : NULL;
    snprintf(number, sizeof number, "%d", i);
    if (DifferInside(mapping ? a->keys[i] : number, a->items[i], other, at)) return true;
  }
  for (int i = 0; i < b->count; ++i) {
    char number[16];
    const bool mapping = b->kind == VM_NODE_MAPPING;
    snprintf(number, sizeof number, "%d", i);
    if (mapping ? VmTreeGet(a, b->keys[i]) != NULL : i < a->count) continue;
    return DifferInside(mapping ? b->keys[i] : number, NULL, b->items[i], at);
  }
  return false;
}

static PetscErrorCode CompareInputs(VmCaseFile file, const char *path, const char *checksums)
{
  char *text;
  size_t size;
  VmReport report;
  VmNode *theirs = NULL, *ours = NULL;
  Difference at = {.path = ""};
  PetscFunctionBegin;
  PetscCall(VmFileBroadcast(file->comm, path, &text, &size));
  PetscCall(VmReportCreate(file->comm, path, &report));
  PetscCall(VmTreeParse(text, size, report, &theirs));
  PetscCall(VmTreeParse(file->used_yaml, strlen(file->used_yaml), report, &ours));
  PetscErrorCode code = VmReportFinish(report);
  if (!code && FindDifference(theirs, ours, &at)) {
    code = VmRaise(file->comm, VM_ERR_INPUT,
                   "%s holds results of another input: %s is %s there and %s here; choose another output directory "
                   "(--set output.directory=...) or remove that one",
                   file->params.output.directory, at.path, at.texts[0], at.texts[1]);
  }
  if (!code) code = VmCaseCompareChecksums(file, text, checksums);
  PetscCall(VmReportDestroy(&report));
  PetscCall(VmTreeDestroy(&theirs));
  PetscCall(VmTreeDestroy(&ours));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

/* Nothing may lie there that no input explains. */
static PetscErrorCode CheckEmpty(VmCaseFile file)
{
  static const char *const results[] = {VM_FILE_RESULT, VM_FILE_CUBE, VM_FILE_ANALYSIS, VM_FILE_ATOMS};
  char path[PETSC_MAX_PATH_LEN];
  bool exists;
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof results / sizeof results[0]; ++i) {
    VmCaseOutput(file, results[i], sizeof path, path);
    PetscCall(VmFileExists(file->comm, path, &exists));
    if (exists)
      PetscCall(VmRaise(file->comm, VM_ERR_INPUT,
                        "%s exists, but no %s beside it tells its input; choose another output directory", path,
                        VM_FILE_USED));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The effective input, and the checksums of the files it names. */
static PetscErrorCode WriteUsed(VmCaseFile file, const char *path, const char *checksums)
{
  const size_t size = strlen(file->used_yaml) + strlen(checksums) + 1;
  char *text;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &text));
  snprintf(text, size, "%s%s", file->used_yaml, checksums);
  const PetscErrorCode code = VmFileReplace(file->comm, path, text);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

PetscErrorCode VmOutputsOpen(VmCaseFile file, VmProvenance provenance, bool *resume)
{
  char path[PETSC_MAX_PATH_LEN], *checksums;
  PetscErrorCode code;
  PetscFunctionBegin;
  VmCaseOutput(file, VM_FILE_USED, sizeof path, path);
  PetscCall(VmFileExists(file->comm, path, resume));
  PetscCall(VmCaseChecksums(file, provenance, &checksums));
  if (*resume) {
    code = CompareInputs(file, path, checksums);
  } else {
    code = CheckEmpty(file);
    if (!code) code = VmDirectoryCreate(file->comm, file->params.output.directory);
    if (!code) code = WriteUsed(file, path, checksums);
  }
  PetscCall(PetscFree(checksums));
  PetscFunctionReturn(code);
}
