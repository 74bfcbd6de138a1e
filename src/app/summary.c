#include "stages.h"

#include <math.h>

/* Largest equivalent stress of the history and where it stands. */
static PetscErrorCode PrintHistory(MPI_Comm comm, const char *path)
{
  VmH5 file;
  int rank;
  int64_t dims[8];
  double *time, *strain, *stress;
  char events[64] = "";
  bool has_events;
  PetscFunctionBegin;
  PetscCall(VmH5Open(comm, path, VM_H5_READ, &file));
  PetscCall(VmH5Shape(file, VM_PATH_HISTORY "/time", &rank, dims));
  const int64_t rows = dims[0];
  PetscCall(PetscMalloc3((size_t)rows, &time, 6 * (size_t)rows, &strain, 6 * (size_t)rows, &stress));
  PetscCall(VmH5Read(file, VM_PATH_HISTORY "/time", VM_F64, time));
  PetscCall(VmH5Read(file, VM_PATH_HISTORY "/strain", VM_F64, strain));
  PetscCall(VmH5Read(file, VM_PATH_HISTORY "/stress", VM_F64, stress));
  PetscCall(VmH5Exists(file, VM_PATH_EVENTS "/time", &has_events));
  if (has_events) {
    PetscCall(VmH5Shape(file, VM_PATH_EVENTS "/time", &rank, dims));
    snprintf(events, sizeof events, " in %lld events", (long long)dims[0]);
  }
  int64_t peak = 0;
  for (int64_t i = 1; i < rows; ++i) {
    if (VmEquivalentStress(stress + 6 * i) > VmEquivalentStress(stress + 6 * peak)) peak = i;
  }
  if (rows && time[rows - 1] > 0.0) {
    PetscCall(VmLog(comm, "  deformed to t = %.4g s%s; highest von Mises stress %.4g GPa at equivalent strain %.4g",
                    time[rows - 1], events, VmEquivalentStress(stress + 6 * peak),
                    VmEquivalentStrain(strain + 6 * peak)));
  }
  PetscCall(PetscFree3(time, strain, stress));
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmRunSummary(const VmRun *run)
{
  static const char *const names[] = {VM_FILE_RESULT, VM_FILE_ATOMS, VM_FILE_CUBE, VM_FILE_ANALYSIS,
                                      VM_FILE_COMPARISON};
  MPI_Comm comm = run->file->comm;
  char path[PETSC_MAX_PATH_LEN];
  PetscFunctionBegin;
  PetscCall(VmLog(comm, "results in %s:", run->file->params.output.directory));
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    bool exists;
    VmCaseOutput(run->file, names[i], sizeof path, path);
    PetscCall(VmFileExists(comm, path, &exists));
    if (exists) PetscCall(VmLog(comm, "  %s", path));
  }
  VmCaseOutput(run->file, VM_FILE_RESULT, sizeof path, path);
  if (run->file->params.sim) PetscCall(PrintHistory(comm, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
