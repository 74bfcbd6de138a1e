#include "sim_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const VmColumn columns[] = {{"time", 1, "s", "simulated time"},
                                   {"stage", 1, "1", "number of the loading stage, from 0"},
                                   {"strain", 6, "1", "mean strain, tensor components"},
                                   {"stress", 6, "GPa", "mean stress"},
                                   {"temperature", 1, "K", "temperature"},
                                   {"events", 1, "1", "shear transformations so far"},
                                   {"plastic_strain", 6, "1", "mean eigenstrain of all events, tensor components"},
                                   {"rate", 1, "1/s", "total rate of events at the last renewal (finder thinned: a bound of it)"},
                                   {"flow_unit_fraction", 1, "1", "volume fraction of flow units"},
                                   {NULL, 0, NULL, NULL}};

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
  PetscCall(PetscMalloc5(VM_EVENT_ROOM, &sim->event_time, VM_EVENT_ROOM * 6, &sim->event_strain, VM_EVENT_ROOM,
                         &sim->event_voxel, VM_EVENT_ROOM, &sim->event_mode, VM_EVENT_ROOM, &sim->event_stage));
  PetscCall(VmHistoryCreate(sim->comm, columns, &sim->history));
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
  PetscCall(PetscFree5(sim->event_time, sim->event_strain, sim->event_voxel, sim->event_mode, sim->event_stage));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const struct {
  const char *path;
  VmType type;
  int64_t width;
  VmMeta meta;
} event_columns[] = {{VM_PATH_EVENTS "/time", VM_F64, 0, {"s", "time of the event", "event"}},
                     {VM_PATH_EVENTS "/voxel", VM_I64, 0, {"1", "global voxel index, x slowest", "event"}},
                     {VM_PATH_EVENTS "/mode", VM_I32, 0, {"1", "mode of the voxel's catalogue", "event"}},
                     {VM_PATH_EVENTS "/stage", VM_I32, 0, {"1", "loading stage", "event"}},
                     {VM_PATH_EVENTS "/strain", VM_F64, 6, {"1", "eigenstrain added to the voxel", "event,component"}}};
enum { EVENT_COLUMNS = 5 };

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
  for (int c = 0; c < EVENT_COLUMNS; ++c)
    PetscCall(VmH5RowsCreate(sim->file, event_columns[c].path, event_columns[c].type, event_columns[c].width,
                             event_columns[c].meta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void StepPath(char path[64], int64_t row) { snprintf(path, 64, VM_PATH_FIELDS "/%06lld", (long long)row); }

/* Drops what was written after the checkpoint. */
static PetscErrorCode CutResult(VmSim sim)
{
  const int64_t rows = VmHistoryRows(sim->history);
  PetscFunctionBegin;
  PetscCall(VmH5Open(sim->comm, sim->result_path, VM_H5_UPDATE, &sim->file));
  for (int c = 0; c < EVENT_COLUMNS; ++c)
    PetscCall(VmH5RowsTruncate(sim->file, event_columns[c].path, VmKmcGetState(sim->kmc)->events));
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
  PetscCall(VmH5AttrText(sim->file, "/", "status", VM_STATUS_RUNNING));
  if (provenance) PetscCall(VmProvenanceWrite(provenance, sim->file));
  PetscCall(VmHistoryAttach(sim->history, sim->file, sim->csv_path));
  PetscCall(VmH5Flush(sim->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FlushEvents(VmSim sim)
{
  const void *data[EVENT_COLUMNS] = {sim->event_time, sim->event_voxel, sim->event_mode, sim->event_stage,
                                     sim->event_strain};
  PetscFunctionBegin;
  if (sim->pending)
    for (int c = 0; c < EVENT_COLUMNS; ++c)
      PetscCall(VmH5RowsAppend(sim->file, event_columns[c].path, event_columns[c].type, sim->pending, data[c]));
  sim->pending = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimFlush(VmSim sim)
{
  PetscFunctionBegin;
  PetscCall(FlushEvents(sim));
  PetscCall(VmH5Flush(sim->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimAddEvent(VmSim sim, const VmEvent *event)
{
  const int64_t i = sim->pending++;
  PetscFunctionBegin;
  sim->event_time[i] = event->time, sim->event_voxel[i] = event->voxel, sim->event_mode[i] = event->mode;
  sim->event_stage[i] = (int32_t)sim->at.stage;
  memcpy(sim->event_strain + 6 * i, event->strain, sizeof event->strain);
  if (sim->pending == VM_EVENT_ROOM) PetscCall(FlushEvents(sim));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fills room [6][np] with a field by name; returns its components and meta data. */
static PetscErrorCode FillField(VmSim sim, const char *name, double *room, int *ncomp, VmMeta *meta)
{
  const VmKmcState *state = VmKmcGetState(sim->kmc);
  const int64_t np = sim->grid->np;

  PetscFunctionBegin;
  *ncomp = 1;
  *meta = (VmMeta){.unit = "1", .axes = "x,y,z"};
  if (!strcmp(name, VM_FIELD_PLASTIC_STRAIN)) {
    *ncomp = 6, meta->long_name = "eigenstrain of the voxel's events (xx, yy, zz, yz, xz, xy)",
    meta->axes = "x,y,z,component";
    memcpy(room, state->eigenstrain, sizeof(double) * 6 * (size_t)np);
  } else if (!strcmp(name, VM_FIELD_STRESS)) {
    *ncomp = 6, meta->unit = "GPa", meta->long_name = "stress, average over the voxel (xx, yy, zz, yz, xz, xy)",
    meta->axes = "x,y,z,component";
    for (int c = 0; c < 6; ++c)
      for (int64_t i = 0; i < np; ++i) room[c * np + i] = state->mean.stress[c] + state->fluctuation[c * np + i];
  } else if (!strcmp(name, VM_FIELD_DISPLACEMENT)) {
    *ncomp = 3, meta->unit = "nm", meta->long_name = "periodic part of the displacement at the voxel's centre",
    meta->axes = "x,y,z,component";
    PetscCall(VmKmcDisplacement(sim->kmc, room));
  } else if (!strcmp(name, VM_FIELD_FLOW_UNIT)) {
    meta->long_name = "1 in flow units, 0 in the matrix";
    memcpy(room, sim->flow_unit, sizeof(double) * (size_t)np);
  } else if (!strcmp(name, VM_FIELD_BARRIER)) {
    meta->unit = "eV", meta->long_name = "lowest barrier of the voxel without stress";
    VmKmcBarrierField(sim->kmc, room);
  } else {
    meta->long_name = "events of the voxel";
    for (int64_t i = 0; i < np; ++i) room[i] = (double)state->generation[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteFields(VmSim sim, int64_t row)
{
  const VmMean *mean = &VmKmcGetState(sim->kmc)->mean;
  char group[64], path[160];
  double *room;

  PetscFunctionBegin;
  StepPath(group, row);
  PetscCall(VmH5Group(sim->file, group));
  PetscCall(VmH5AttrInt(sim->file, group, "step", 1, &row));
  PetscCall(VmH5AttrReal(sim->file, group, "time", 1, &mean->time));
  PetscCall(VmH5AttrReal(sim->file, group, "mean_strain", 6, mean->strain));
  PetscCall(PetscMalloc1(6 * (size_t)sim->grid->np, &room));
  for (int i = 0; i < sim->output->fields.count; ++i) {
    const char *name = ((char **)sim->output->fields.items)[i];
    int ncomp;
    VmMeta meta;
    PetscCall(FillField(sim, name, room, &ncomp, &meta));
    snprintf(path, sizeof path, "%s/%s", group, name);
    PetscCall(VmH5WriteField(sim->file, path, sim->grid, ncomp, room, meta));
  }
  PetscCall(PetscFree(room));
  PetscCall(VmXdmfWrite(sim->file, "result.h5", sim->xdmf_path, sim->grid->n, sim->grid->spacing));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimWriteRow(VmSim sim, bool with_fields)
{
  const VmKmcState *state = VmKmcGetState(sim->kmc);
  const VmMean *mean = &state->mean;
  double row[32], *into = row;
  const int64_t number = VmHistoryRows(sim->history);

  PetscFunctionBegin;
  *into++ = mean->time;
  *into++ = (double)sim->at.stage;
  for (int c = 0; c < 6; ++c) *into++ = mean->strain[c];
  for (int c = 0; c < 6; ++c) *into++ = mean->stress[c];
  *into++ = sim->temperature;
  *into++ = (double)state->events;
  for (int c = 0; c < 6; ++c) *into++ = mean->eigenstrain[c];
  *into++ = VmKmcRate(sim->kmc);
  *into++ = sim->flow_unit_fraction;
  VmAssert(into - row == VmHistoryWidth(sim->history));
  PetscCall(FlushEvents(sim));
  PetscCall(VmHistoryAppend(sim->history, row));
  const bool due = sim->output->fields_every > 0 && number % sim->output->fields_every == 0;
  if (with_fields || due) PetscCall(WriteFields(sim, number));
  PetscCall(VmH5Flush(sim->file));
  sim->at.row_time = mean->time, sim->at.row_events = state->events;
  memcpy(sim->at.row_strain, mean->strain, sizeof mean->strain);
  PetscFunctionReturn(PETSC_SUCCESS);
}
