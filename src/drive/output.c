#include "sim_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static PetscErrorCode Path(const char *directory, const char *name, char **path)
{
  const size_t room = strlen(directory) + strlen(name) + 2;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(room, path));
  snprintf(*path, room, "%s/%s", directory, name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimOutputCreate(VmSim sim)
{
  const char *directory = sim->output->directory;
  PetscFunctionBegin;
  PetscCall(Path(directory, "result.h5", &sim->result_path));
  PetscCall(Path(directory, "result.h5.safe", &sim->safe_path));
  PetscCall(Path(directory, "checkpoint.h5", &sim->checkpoint_path));
  PetscCall(Path(directory, "history.csv", &sim->csv_path));
  PetscCall(Path(directory, "result.xdmf", &sim->xdmf_path));
  PetscCall(VmHistoryCreate(sim->comm, sim->ops->columns, &sim->history));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimOutputDestroy(VmSim sim)
{
  PetscFunctionBegin;
  PetscCall(VmHistoryDestroy(&sim->history));
  if (sim->file) PetscCall(VmH5Close(&sim->file));
  PetscCall(PetscFree(sim->result_path));
  PetscCall(PetscFree(sim->safe_path));
  PetscCall(PetscFree(sim->checkpoint_path));
  PetscCall(PetscFree(sim->csv_path));
  PetscCall(PetscFree(sim->xdmf_path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateResult(VmSim sim)
{
  VmGrid grid = sim->grid;
  const int64_t version = VM_FORMAT_VERSION;

  PetscFunctionBegin;
  PetscCall(VmH5Open(sim->comm, sim->result_path, VM_H5_CREATE, &sim->file));
  PetscCall(VmH5AttrText(sim->file, "/", "format", VM_FORMAT));
  PetscCall(VmH5AttrInt(sim->file, "/", "format_version", 1, &version));
  PetscCall(VmH5Group(sim->file, VM_PATH_GRID));
  PetscCall(VmH5AttrInt(sim->file, VM_PATH_GRID, "cells", 3, grid->n));
  PetscCall(VmH5AttrReal(sim->file, VM_PATH_GRID, "spacing", 1, &grid->spacing));
  PetscCall(VmH5AttrReal(sim->file, VM_PATH_GRID, "length", 3, grid->length));
  PetscCall(VmH5Group(sim->file, VM_PATH_FIELDS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void StepPath(char path[64], int64_t row) { snprintf(path, 64, VM_PATH_FIELDS "/%06lld", (long long)row); }

/* Drops what was written after the checkpoint. */
static PetscErrorCode CutResult(VmSim sim)
{
  const int64_t rows = VmHistoryRows(sim->history);
  PetscFunctionBegin;
  PetscCall(VmH5Open(sim->comm, sim->result_path, VM_H5_UPDATE, &sim->file));
  /* steps are named by their row, so later ones stand at the end of the group */
  hid_t group = H5Gopen2(VmH5Id(sim->file), VM_PATH_FIELDS, H5P_DEFAULT);
  H5G_info_t info;
  VmCallH5(group);
  VmCallH5(H5Gget_info(group, &info));
  for (hsize_t i = info.nlinks; i-- > 0;) {
    char name[64];
    VmCallH5(H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT));
    if (strtoll(name, NULL, 10) < rows) break;
    VmCallH5(H5Ldelete(group, name, H5P_DEFAULT));
  }
  VmCallH5(H5Gclose(group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimOutputOpen(VmSim sim, VmProvenance provenance, bool resume)
{
  PetscFunctionBegin;
  if (resume) PetscCall(CutResult(sim));
  else PetscCall(CreateResult(sim));
  PetscCall(sim->ops->open(sim, resume));
  PetscCall(VmLoopsOpen(sim, resume));
  PetscCall(VmH5AttrText(sim->file, "/", "status", VM_STATUS_RUNNING));
  if (provenance) PetscCall(VmProvenanceWrite(provenance, sim->file));
  PetscCall(VmHistoryAttach(sim->history, sim->file, sim->csv_path));
  PetscCall(VmH5Flush(sim->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimFlush(VmSim sim)
{
  PetscFunctionBegin;
  PetscCall(sim->ops->flush(sim));
  PetscCall(VmH5Flush(sim->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteFields(VmSim sim, int64_t row)
{
  const VmNow *now = &sim->now;
  char group[64], path[160];
  double *room;

  PetscFunctionBegin;
  StepPath(group, row);
  PetscCall(VmH5Group(sim->file, group));
  PetscCall(VmH5AttrInt(sim->file, group, "step", 1, &row));
  PetscCall(VmH5AttrReal(sim->file, group, "time", 1, &now->time));
  PetscCall(VmH5AttrReal(sim->file, group, "mean_strain", 6, now->strain));
  PetscCall(PetscMalloc1(6 * (size_t)sim->grid->np, &room));
  for (int i = 0; i < sim->output->fields.count; ++i) {
    const char *name = ((char **)sim->output->fields.items)[i];
    int ncomp;
    VmMeta meta;
    PetscCall(sim->ops->field(sim, name, room, &ncomp, &meta));
    snprintf(path, sizeof path, "%s/%s", group, name);
    PetscCall(VmH5WriteField(sim->file, path, sim->grid, ncomp, room, meta));
  }
  PetscCall(PetscFree(room));
  PetscCall(VmXdmfWrite(sim->file, "result.h5", sim->xdmf_path, sim->grid->n, sim->grid->spacing));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimWriteRow(VmSim sim, bool with_fields)
{
  enum { MOST_VALUES = 64 };
  const VmNow *now = &sim->now;
  double row[MOST_VALUES], *into = row;
  const int64_t number = VmHistoryRows(sim->history);

  PetscFunctionBegin;
  VmAssert(VmHistoryWidth(sim->history) <= MOST_VALUES);
  *into++ = now->time;
  *into++ = (double)sim->at.stage;
  for (int c = 0; c < 6; ++c) *into++ = now->strain[c];
  for (int c = 0; c < 6; ++c) *into++ = now->stress[c];
  *into++ = now->temperature;
  VmAssert(into - row == VM_COMMON_WIDTH);
  PetscCall(sim->ops->row(sim, into));
  PetscCall(sim->ops->flush(sim));
  PetscCall(VmHistoryAppend(sim->history, row));
  const bool due = sim->output->fields_every > 0 && number % sim->output->fields_every == 0;
  if (with_fields || due) PetscCall(WriteFields(sim, number));
  PetscCall(VmH5Flush(sim->file));
  sim->at.row_time = now->time, sim->at.row_events = now->events, sim->at.row_steps = now->steps;
  memcpy(sim->at.row_strain, now->strain, sizeof now->strain);
  PetscFunctionReturn(PETSC_SUCCESS);
}
