#include "sim_private.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Copies a file by way of <to>.part, fsync and rename. On failure says why and returns VM_ERR_FILE. */
static PetscErrorCode CopyFile(const char *from, const char *to)
{
  char part[4096], buffer[1 << 16];
  FILE *in = NULL, *out = NULL;
  bool good = snprintf(part, sizeof part, "%s.part", to) < (int)sizeof part && (in = fopen(from, "rb")) &&
              (out = fopen(part, "wb"));
  for (size_t n; good && (n = fread(buffer, 1, sizeof buffer, in)) > 0;) good = fwrite(buffer, 1, n, out) == n;
  good = good && !ferror(in) && !fflush(out) && !fsync(fileno(out));
  const int why = errno;
  if (in) fclose(in);
  if (out) good = !fclose(out) && good;
  if (good && !rename(part, to)) return PETSC_SUCCESS;
  return VmRaiseLocal(VM_ERR_FILE, "cannot copy %s to %s: %s", from, to, strerror(why ? why : errno));
}

static PetscErrorCode CopyOnFirst(MPI_Comm comm, const char *from, const char *to)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmAgree(comm, rank == 0 ? CopyFile(from, to) : PETSC_SUCCESS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void VisitScalars(VmSim sim, VmScalars *s)
{
  VmProgramme *at = &sim->at;
  VmScalarInteger(s, &at->stage), VmScalarInteger(s, &at->segment), VmScalarFlag(s, &at->begun);
  VmScalar(s, &at->stage_start), VmScalar(s, &at->segment_end);
  VmScalarSix(s, at->stage_strain), VmScalarInteger(s, &at->stage_events);
  for (int c = 0; c < 6; ++c) VmScalarFlag(s, &at->now.stress_controlled[c]);
  VmScalarSix(s, at->now.level), VmScalarSix(s, at->now.rate), VmScalar(s, &at->now.duration);
  VmScalar(s, &at->now.temperature_rate), VmScalar(s, &at->now.temperature_to);
  VmScalar(s, &at->segment_temperature), VmScalar(s, &at->stage_temperature);
  VmScalar(s, &at->segment_start), VmScalarSix(s, at->segment_strain);
  VmScalar(s, &at->row_time), VmScalarSix(s, at->row_strain), VmScalarInteger(s, &at->row_events);
  VmScalarInteger(s, &at->row_steps), VmScalar(s, &sim->now.temperature);
  VmScalarInteger(s, &at->drive.kind), VmScalarSix(s, at->drive.direction), VmScalar(s, &at->drive.temperature);
  VmLoopsScalars(sim, s);
  sim->ops->scalars(sim, s);
}

PetscErrorCode VmSimCheckpointSave(VmSim sim)
{
  const int64_t dims[2] = {VmHistoryRows(sim->history), VmHistoryWidth(sim->history)};
  VmScalars scalars = {.count = 0};
  VmH5 file;

  PetscFunctionBegin;
  PetscCall(VmSimFlush(sim));
  PetscCall(CopyOnFirst(sim->comm, sim->result_path, sim->safe_path));
  VisitScalars(sim, &scalars);
  VmAssert(scalars.count <= VM_MOST_SCALARS);
  const int64_t count = scalars.count;
  PetscCall(VmCheckpointBegin(sim->comm, sim->checkpoint_path, &file));
  PetscCall(VmH5Write(file, "/scalars", VM_F64, 1, &count, scalars.values,
                      (VmMeta){.long_name = "state, in the order of restart.c"}));
  PetscCall(
      VmH5Write(file, "/history", VM_F64, 2, dims, VmHistoryData(sim->history), (VmMeta){.long_name = "history rows"}));
  PetscCall(sim->ops->save(sim, file));
  PetscCall(VmCheckpointCommit(&file, sim->checkpoint_path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoadHistory(VmSim sim, VmH5 file)
{
  int rank;
  int64_t dims[8];
  double *rows;
  PetscFunctionBegin;
  PetscCall(VmH5Shape(file, "/history", &rank, dims));
  if (rank != 2 || dims[1] != VmHistoryWidth(sim->history))
    VmThrow(sim->comm, VM_ERR_FILE, "%s was written by another version; start the run anew", sim->checkpoint_path);
  PetscCall(PetscMalloc1((size_t)(dims[0] * dims[1]), &rows));
  PetscCall(VmH5Read(file, "/history", VM_F64, rows));
  PetscCall(VmHistorySet(sim->history, dims[0], rows));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimCheckpointLoad(VmSim sim, bool *found)
{
  VmScalars scalars = {.loading = true};
  int rank;
  int64_t dims[8];
  VmH5 file;

  PetscFunctionBegin;
  PetscCall(VmCheckpointOpen(sim->comm, sim->checkpoint_path, &file));
  *found = file != NULL;
  if (!file) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(file, "/scalars", &rank, dims));
  if (rank != 1 || dims[0] > VM_MOST_SCALARS)
    VmThrow(sim->comm, VM_ERR_FILE, "%s was written by another version; start the run anew", sim->checkpoint_path);
  PetscCall(VmH5Read(file, "/scalars", VM_F64, scalars.values));
  VisitScalars(sim, &scalars);
  if (scalars.count != dims[0])
    VmThrow(sim->comm, VM_ERR_FILE, "%s was written by another version; start the run anew", sim->checkpoint_path);
  PetscCall(LoadHistory(sim, file));
  PetscCall(sim->ops->load(sim, file));
  PetscCall(VmH5Close(&file));
  PetscCall(CopyOnFirst(sim->comm, sim->safe_path, sim->result_path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
