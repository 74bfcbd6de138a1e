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

/* Scalars of the state in one row, the same list for saving and loading. Integers stay exact below 2^53. */
enum { MOST_SCALARS = 112 };
typedef struct {
  double values[MOST_SCALARS];
  int count;
  bool loading;
} Scalars;

static void Real(Scalars *s, double *value)
{
  if (s->loading) *value = s->values[s->count];
  else s->values[s->count] = *value;
  ++s->count;
}
static void Six(Scalars *s, double *values)
{
  for (int c = 0; c < 6; ++c) Real(s, &values[c]);
}
static void Integer(Scalars *s, int64_t *value)
{
  double real = (double)*value;
  Real(s, &real);
  *value = (int64_t)real;
}
static void Flag(Scalars *s, bool *value)
{
  double real = *value;
  Real(s, &real);
  *value = real != 0.0;
}

static void VisitScalars(VmSim sim, Scalars *s)
{
  VmKmcState *state = VmKmcGetState(sim->kmc);
  VmMean *mean = &state->mean;
  VmProgramme *at = &sim->at;
  Real(s, &state->hazard), Integer(s, &state->draws), Integer(s, &state->events);
  Real(s, &mean->start), Six(s, mean->start_strain), Six(s, mean->eigenstrain), Real(s, &mean->time),
      Six(s, mean->strain);
  Six(s, mean->stress), Six(s, mean->strain_rate), Six(s, mean->stress_rate);
  for (int c = 0; c < 6; ++c) Flag(s, &mean->segment.stress_controlled[c]);
  Six(s, mean->segment.level), Six(s, mean->segment.rate), Real(s, &mean->segment.duration);
  Integer(s, &at->stage), Integer(s, &at->segment), Flag(s, &at->begun), Real(s, &at->stage_start),
      Real(s, &at->segment_end);
  Six(s, at->stage_strain), Integer(s, &at->stage_events), Real(s, &at->row_time), Six(s, at->row_strain);
  Integer(s, &at->row_events);
  Six(s, state->reference), Integer(s, &state->pending);
}

/* Recent events of the finder `thinned` in rows of voxel and strain. */
enum { RECENT_ROW = 7 };

static PetscErrorCode SaveRecent(VmSim sim, VmH5 file)
{
  const VmKmcState *state = VmKmcGetState(sim->kmc);
  const int64_t dims[2] = {state->pending, RECENT_ROW};
  double *rows;
  PetscFunctionBegin;
  if (state->pending < 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5WriteField(file, "/bound", sim->grid, 2, state->bound, (VmMeta){.unit = "1"}));
  if (state->pending == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)(state->pending * RECENT_ROW), &rows));
  for (int64_t i = 0; i < state->pending; ++i) {
    rows[i * RECENT_ROW] = (double)state->recent[i].voxel;
    memcpy(rows + i * RECENT_ROW + 1, state->recent[i].strain, sizeof state->recent[i].strain);
  }
  PetscCall(VmH5Write(file, "/recent", VM_F64, 2, dims, rows,
                      (VmMeta){.long_name = "voxel and strain of the events since the stress was renewed everywhere"}));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoadRecent(VmSim sim, VmH5 file)
{
  VmKmcState *state = VmKmcGetState(sim->kmc);
  double *rows;
  PetscFunctionBegin;
  if (state->pending < 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5ReadField(file, "/bound", sim->grid, 2, state->bound));
  if (state->pending == 0) PetscFunctionReturn(PETSC_SUCCESS);
  if (state->pending > sim->params->solver.refresh)
    VmThrow(sim->comm, VM_ERR_FILE, "%s was written with another solver.refresh; start the run anew",
            sim->checkpoint_path);
  PetscCall(PetscMalloc1((size_t)(state->pending * RECENT_ROW), &rows));
  PetscCall(VmH5Read(file, "/recent", VM_F64, rows));
  for (int64_t i = 0; i < state->pending; ++i) {
    state->recent[i].voxel = (int64_t)rows[i * RECENT_ROW];
    memcpy(state->recent[i].strain, rows + i * RECENT_ROW + 1, sizeof state->recent[i].strain);
  }
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimCheckpointSave(VmSim sim)
{
  const VmKmcState *state = VmKmcGetState(sim->kmc);
  const int64_t dims[2] = {VmHistoryRows(sim->history), VmHistoryWidth(sim->history)};
  Scalars scalars = {.count = 0};
  double *generation;
  VmH5 file;

  PetscFunctionBegin;
  PetscCall(VmSimFlush(sim));
  PetscCall(CopyOnFirst(sim->comm, sim->result_path, sim->safe_path));
  VisitScalars(sim, &scalars);
  VmAssert(scalars.count <= MOST_SCALARS);
  const int64_t count = scalars.count;
  PetscCall(VmCheckpointBegin(sim->comm, sim->checkpoint_path, &file));
  PetscCall(VmH5Write(file, "/scalars", VM_F64, 1, &count, scalars.values,
                      (VmMeta){.long_name = "state, in the order of restart.c"}));
  PetscCall(
      VmH5Write(file, "/history", VM_F64, 2, dims, VmHistoryData(sim->history), (VmMeta){.long_name = "history rows"}));
  PetscCall(VmH5WriteField(file, "/eigenstrain", sim->grid, 6, state->eigenstrain, (VmMeta){.unit = "1"}));
  PetscCall(VmH5WriteField(file, "/fluctuation", sim->grid, 6, state->fluctuation, (VmMeta){.unit = "GPa"}));
  PetscCall(VmH5WriteField(file, "/last_event", sim->grid, 1, state->last_event, (VmMeta){.unit = "s"}));
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &generation));
  for (int64_t i = 0; i < sim->grid->np; ++i) generation[i] = (double)state->generation[i];
  PetscCall(VmH5WriteField(file, "/generation", sim->grid, 1, generation, (VmMeta){.unit = "1"}));
  PetscCall(PetscFree(generation));
  PetscCall(SaveRecent(sim, file));
  PetscCall(VmCheckpointCommit(&file, sim->checkpoint_path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimCheckpointLoad(VmSim sim, bool *found)
{
  VmKmcState *state = VmKmcGetState(sim->kmc);
  Scalars scalars = {.loading = true};
  int rank;
  int64_t dims[8];
  double *room;
  VmH5 file;

  PetscFunctionBegin;
  PetscCall(VmCheckpointOpen(sim->comm, sim->checkpoint_path, &file));
  *found = file != NULL;
  if (!file) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(file, "/scalars", &rank, dims));
  if (rank != 1 || dims[0] > MOST_SCALARS)
    VmThrow(sim->comm, VM_ERR_FILE, "%s was written by another version; start the run anew", sim->checkpoint_path);
  PetscCall(VmH5Read(file, "/scalars", VM_F64, scalars.values));
  VisitScalars(sim, &scalars);
  if (scalars.count != dims[0])
    VmThrow(sim->comm, VM_ERR_FILE, "%s was written by another version; start the run anew", sim->checkpoint_path);
  PetscCall(VmH5Shape(file, "/history", &rank, dims));
  if (rank != 2 || dims[1] != VmHistoryWidth(sim->history))
    VmThrow(sim->comm, VM_ERR_FILE, "%s was written by another version; start the run anew", sim->checkpoint_path);
  PetscCall(PetscMalloc1((size_t)PetscMax(dims[0] * dims[1], sim->grid->np), &room));
  PetscCall(VmH5Read(file, "/history", VM_F64, room));
  PetscCall(VmHistorySet(sim->history, dims[0], room));
  PetscCall(VmH5ReadField(file, "/eigenstrain", sim->grid, 6, state->eigenstrain));
  PetscCall(VmH5ReadField(file, "/fluctuation", sim->grid, 6, state->fluctuation));
  PetscCall(VmH5ReadField(file, "/last_event", sim->grid, 1, state->last_event));
  PetscCall(VmH5ReadField(file, "/generation", sim->grid, 1, room));
  for (int64_t i = 0; i < sim->grid->np; ++i) state->generation[i] = (int64_t)room[i];
  PetscCall(PetscFree(room));
  PetscCall(LoadRecent(sim, file));
  PetscCall(VmH5Close(&file));
  PetscCall(VmKmcRestore(sim->kmc));
  PetscCall(CopyOnFirst(sim->comm, sim->safe_path, sim->result_path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
