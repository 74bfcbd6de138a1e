#include "outputs.h"

#include <string.h>
#include <unistd.h>

static PetscErrorCode PrintCube(MPI_Comm comm, const VmMicroscopeParams *microscope)
{
  VmCubeInfo info = {0};
  PetscFunctionBegin;
  PetscCall(VmMicroscopeInfo(microscope, &info));
  const double bytes = (double)info.scan[0] * (double)info.scan[1] * (double)info.det[0] * (double)info.det[1] *
                       (double)VmTypeSize(info.type);
  PetscCall(VmLog(comm, "cube: %lld x %lld probes of %lld x %lld pixels, %.3g MB on disk", (long long)info.scan[0],
                  (long long)info.scan[1], (long long)info.det[0], (long long)info.det[1], bytes * 1e-6));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintGlass(VmCaseFile file)
{
  char **paths;
  PetscFunctionBegin;
  PetscCall(VmGlassFiles(file->params.glass, file->base, &paths));
  for (char **p = paths; p && *p; ++p) PetscCall(VmLog(file->comm, "glass: reads %s", *p));
  VmGlassFilesFree(&paths);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The nearest parent of the output directory that exists must be writable. */
static bool CanWrite(const char *directory)
{
  char path[PETSC_MAX_PATH_LEN];
  snprintf(path, sizeof path, "%s", directory);
  while (access(path, F_OK) != 0) {
    char *slash = strrchr(path, '/');
    if (!slash) return access(".", W_OK) == 0;
    if (slash == path) return access("/", W_OK) == 0;
    *slash = '\0';
  }
  return access(path, W_OK) == 0;
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  int rank;
  VmWords words = {0}, overrides = {0};
  VmCaseFile file;
  const VmOption options[] = {{.name = "--set", .values = &overrides}, {.name = NULL}};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_check, argc, argv, options, 1, 1, &words));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmCaseRead(comm, words.words[0], overrides.words, &file));
  const VmCase *c = &file->params;
  PetscCall(VmLog(comm, "%s: %s", words.words[0], c->name));
  if (c->sim) PetscCall(VmSimEstimate(comm, c->sim, &c->output));
  if (c->glass) PetscCall(PrintGlass(file));
  if (c->microscope) PetscCall(PrintCube(comm, c->microscope));
  if (c->analysis.count) PetscCall(VmLog(comm, "analysis: %d statistics", c->analysis.count));
  if (rank == 0 && !CanWrite(c->output.directory))
    PetscCall(VmWarn(comm, "no permission to write to %s", c->output.directory));
  PetscCall(VmLog(comm, "output: %s", c->output.directory));
  PetscCall(VmLog(comm, "the case is valid"));
  PetscCall(VmCaseDestroy(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_check = {
    .name = "check",
    .usage = "check CASE [--set path=value ...]",
    .summary = "validates a case and prints what it will need: memory, disk, time",
    .help = "Checks every value of a case, its blocks against each other and the files it refers to, and prints grid, "
            "memory\n"
            "per rank, disk and estimated time. All problems are shown at once, with line and column; exit 2 if there "
            "are any.\n\n"
            "example:\n  vitromech check inputs/demo/case.yaml",
    .run = Run,
};
