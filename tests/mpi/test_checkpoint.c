/* ranks: 1 2 3 4; timeout: 60; links: vm_io */
#include "vm_test.h"
#include <vitromech/checkpoint.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *Scratch(const char *name)
{
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", VmTestScratch(), name);
  return path;
}

static int Rank(void)
{
  int rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

static bool IsThere(const char *path)
{
  MPI_Barrier(PETSC_COMM_WORLD);
  const bool there = access(path, F_OK) == 0;
  MPI_Barrier(PETSC_COMM_WORLD);
  return there;
}

static void Remove(const char *path)
{
  if (Rank() == 0) unlink(path);
  MPI_Barrier(PETSC_COMM_WORLD);
}

static PetscErrorCode Begin(const char *path, double value, VmH5 *file)
{
  const VmMeta meta = {"1", "a value", NULL};

  PetscFunctionBegin;
  PetscCall(VmCheckpointBegin(PETSC_COMM_WORLD, path, file));
  PetscCall(VmH5Write(*file, "/value", VM_F64, 0, NULL, &value, meta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExpectValue(const char *path, double wanted)
{
  VmH5 file;
  double value = -1.0;

  PetscFunctionBegin;
  PetscCall(VmCheckpointOpen(PETSC_COMM_WORLD, path, &file));
  VmExpect(file != NULL, "no checkpoint, wanted the one of %g", wanted);
  if (file) {
    PetscCall(VmH5Read(file, "/value", VM_F64, &value));
    VmExpect(value == wanted, "value %g, wanted %g", value, wanted);
    PetscCall(VmH5Close(&file));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestReplacement(void)
{
  char path[4096], part[4096 + 8];
  VmH5 file;

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s", Scratch("checkpoint.h5"));
  snprintf(part, sizeof part, "%s.part", path);
  Remove(path);
  PetscCall(VmCheckpointOpen(PETSC_COMM_WORLD, path, &file));
  VmExpect(!file, "a checkpoint out of nothing");

  PetscCall(Begin(path, 1.0, &file));
  VmExpect(!IsThere(path) && IsThere(part), "an unfinished checkpoint under its final name");
  PetscCall(VmCheckpointCommit(&file, path));
  VmExpect(!file && IsThere(path) && !IsThere(part), "the checkpoint was not renamed");
  PetscCall(ExpectValue(path, 1.0));

  PetscCall(Begin(path, 2.0, &file));
  PetscCall(ExpectValue(path, 1.0));
  PetscCall(VmH5Close(&file)); /* as if killed: the unfinished one stays aside */
  PetscCall(ExpectValue(path, 1.0));
  if (Rank() == 0) VmExpect(rename(part, Scratch("torn.h5")) == 0, "rename");
  MPI_Barrier(PETSC_COMM_WORLD);
  VmExpectInt(VmCheckpointOpen(PETSC_COMM_WORLD, Scratch("torn.h5"), &file), VM_ERR_FILE);
  VmExpect(!file, "a torn checkpoint was opened");

  PetscCall(Begin(path, 3.0, &file));
  PetscCall(VmCheckpointCommit(&file, path));
  PetscCall(ExpectValue(path, 3.0));
  VmExpectInt(VmCheckpointBegin(PETSC_COMM_WORLD, Scratch("no/such/checkpoint.h5"), &file), VM_ERR_FILE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestText(void)
{
  char path[4096], text[64] = "";

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s", Scratch("status.json"));
  PetscCall(VmFileReplace(PETSC_COMM_WORLD, path, "a much longer text than the next one\n"));
  PetscCall(VmFileReplace(PETSC_COMM_WORLD, path, "short\n"));
  if (Rank() == 0) {
    FILE *stream = fopen(path, "r");
    const size_t length = stream ? fread(text, 1, sizeof text - 1, stream) : 0;
    VmExpect(length == 6 && strcmp(text, "short\n") == 0, "the file holds %s", text);
    if (stream) fclose(stream);
  }
  VmExpectInt(VmFileReplace(PETSC_COMM_WORLD, Scratch("no/such/status.json"), "x"), VM_ERR_FILE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestDirectory(void)
{
  struct stat status;

  PetscFunctionBegin;
  PetscCall(VmDirectoryCreate(PETSC_COMM_WORLD, Scratch("a/b//c/")));
  PetscCall(VmDirectoryCreate(PETSC_COMM_WORLD, Scratch("a/b/c")));
  VmExpect(stat(Scratch("a/b/c"), &status) == 0 && S_ISDIR(status.st_mode), "the directory is not there");
  PetscCall(VmDirectoryCreate(PETSC_COMM_WORLD, "."));
  PetscCall(VmDirectoryCreate(PETSC_COMM_WORLD, "/"));
  PetscCall(VmFileReplace(PETSC_COMM_WORLD, Scratch("a/file"), "in the way"));
  VmExpectInt(VmDirectoryCreate(PETSC_COMM_WORLD, Scratch("a/file")), VM_ERR_FILE);
  VmExpectInt(VmDirectoryCreate(PETSC_COMM_WORLD, Scratch("a/file/below")), VM_ERR_FILE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestReplacement());
  PetscCall(TestText());
  PetscCall(TestDirectory());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
