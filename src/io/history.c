#include <vitromech/history.h>
#include <vitromech/schema.h>
#include <vitromech/tensor.h>
#include "h5_private.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct VmHistory_s {
  MPI_Comm comm;
  int rank, ncolumns, width;
  const VmColumn *columns;
  int64_t rows, room;
  double *data; /* [room][width] */
  VmH5 file;    /* not owned */
  FILE *csv;    /* rank 0 */
};

PetscErrorCode VmHistoryCreate(MPI_Comm comm, const VmColumn *columns, VmHistory *history)
{
  VmHistory h;

  PetscFunctionBegin;
  *history = NULL;
  PetscCall(PetscNew(&h));
  h->comm = comm;
  h->columns = columns;
  PetscCallMPI(MPI_Comm_rank(comm, &h->rank));
  for (const VmColumn *column = columns; column->name; ++column) {
    VmAssert(column->width == 1 || column->width == 6);
    h->width += column->width;
    ++h->ncolumns;
  }
  *history = h;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHistoryDestroy(VmHistory *history)
{
  PetscFunctionBegin;
  if (*history) {
    if ((*history)->csv) fclose((*history)->csv);
    PetscCall(PetscFree((*history)->data));
    PetscCall(PetscFree(*history));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int VmHistoryWidth(VmHistory history) { return history->width; }
int64_t VmHistoryRows(VmHistory history) { return history->rows; }
const double *VmHistoryData(VmHistory history) { return history->data; }

static PetscErrorCode Reserve(VmHistory history, int64_t rows)
{
  PetscFunctionBegin;
  if (rows > history->room) {
    const int64_t room = PetscMax(PetscMax(rows, 2 * history->room), 64);
    double *data;
    PetscCall(PetscMalloc1((size_t)(room * history->width), &data));
    if (history->rows) memcpy(data, history->data, (size_t)(history->rows * history->width) * sizeof *data);
    PetscCall(PetscFree(history->data));
    history->data = data;
    history->room = room;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHistorySet(VmHistory history, int64_t rows, const double *data)
{
  PetscFunctionBegin;
  VmAssert(!history->file && !history->csv);
  PetscCall(Reserve(history, rows));
  if (rows) memcpy(history->data, data, (size_t)(rows * history->width) * sizeof *data);
  history->rows = rows;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool WriteHeader(VmHistory history, FILE *csv)
{
  const char *comma = "";
  for (int c = 0; c < history->ncolumns; ++c) {
    const VmColumn *column = &history->columns[c];
    const bool plain = !column->unit || strcmp(column->unit, "1") == 0;
    for (int k = 0; k < column->width; ++k, comma = ",") {
      fprintf(csv, "%s%s", comma, column->name);
      if (column->width == 6) fprintf(csv, "_%s", vm_component_names[k]);
      if (!plain) fprintf(csv, " [%s]", column->unit);
    }
  }
  return fputc('\n', csv) != EOF;
}

static bool WriteRow(VmHistory history, FILE *csv, const double *row)
{
  for (int i = 0; i < history->width; ++i) fprintf(csv, "%s%.17g", i ? "," : "", row[i]);
  return fputc('\n', csv) != EOF;
}

/* Rank 0 only: a new file beside the old one takes its place when it is complete, and stays open for appending. */
static PetscErrorCode RewriteCsv(VmHistory history, const char *path)
{
  const size_t room = strlen(path) + sizeof ".part";
  char *part;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(room, &part));
  snprintf(part, room, "%s.part", path);
  history->csv = fopen(part, "w");
  bool good = history->csv && WriteHeader(history, history->csv);
  for (int64_t i = 0; good && i < history->rows; ++i) {
    good = WriteRow(history, history->csv, history->data + i * history->width);
  }
  good = good && fflush(history->csv) == 0 && rename(part, path) == 0;
  PetscCall(PetscFree(part));
  if (!good) PetscCall(VmRaiseLocal(VM_ERR_FILE, "cannot write %s: %s", path, strerror(errno)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Values of one column of rows [first, first+count), [count][width of the column]. */
static PetscErrorCode ColumnValues(VmHistory history, int column, int64_t first, int64_t count, double **values)
{
  const int width = history->columns[column].width;
  int offset = 0;

  PetscFunctionBegin;
  for (int c = 0; c < column; ++c) offset += history->columns[c].width;
  PetscCall(PetscMalloc1((size_t)(count * width), values));
  for (int64_t i = 0; i < count; ++i) {
    const double *row = history->data + (first + i) * history->width + offset;
    for (int k = 0; k < width; ++k) (*values)[i * width + k] = row[k];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ColumnPath(VmHistory history, int column, size_t size, char *path)
{
  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, size, VM_PATH_HISTORY "/%s", history->columns[column].name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Cuts an existing dataset to the rows held; says whether it then holds the same values. */
static PetscErrorCode CutColumn(VmHistory history, const char *path, int width, const double *values, bool *same)
{
  int64_t dims[VM_H5_MAX_RANK];
  int rank;
  bool exists;

  PetscFunctionBegin;
  *same = false;
  PetscCall(VmH5Exists(history->file, path, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(history->file, path, &rank, dims));
  const bool fits = width == 1 ? rank == 1 : rank == 2 && dims[1] == width;
  if (!fits || dims[0] < history->rows) PetscFunctionReturn(PETSC_SUCCESS);

  double *stored;
  const size_t count = (size_t)(history->rows * width);
  PetscCall(VmH5RowsTruncate(history->file, path, history->rows));
  PetscCall(PetscMalloc1(count, &stored));
  PetscCall(VmH5Read(history->file, path, VM_F64, stored));
  *same = count == 0 || memcmp(stored, values, count * sizeof *values) == 0;
  PetscCall(PetscFree(stored));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AttachColumn(VmHistory history, int column)
{
  const VmColumn *spec = &history->columns[column];
  const VmMeta meta = {spec->unit, spec->long_name, spec->width == 6 ? "row,component" : "row"};
  char path[256];
  double *values;
  bool same;

  PetscFunctionBegin;
  PetscCall(ColumnPath(history, column, sizeof path, path));
  PetscCall(ColumnValues(history, column, 0, history->rows, &values));
  PetscCall(CutColumn(history, path, spec->width, values, &same));
  if (!same) {
    PetscCall(VmH5RowsCreate(history->file, path, VM_F64, spec->width == 6 ? 6 : 0, meta));
    PetscCall(VmH5RowsAppend(history->file, path, VM_F64, history->rows, values));
  }
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHistoryAttach(VmHistory history, VmH5 file, const char *csv_path)
{
  PetscFunctionBegin;
  if (csv_path) {
    PetscCall(VmAgree(history->comm, history->rank == 0 ? RewriteCsv(history, csv_path) : PETSC_SUCCESS));
  }
  if (file) {
    history->file = file;
    for (int c = 0; c < history->ncolumns; ++c) PetscCall(AttachColumn(history, c));
    PetscCall(VmH5Flush(file));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The CSV on rank 0. */
static PetscErrorCode AppendCsv(VmHistory history, const double *row)
{
  PetscFunctionBegin;
  if (history->csv && !(WriteRow(history, history->csv, row) && fflush(history->csv) == 0)) {
    PetscCall(VmRaiseLocal(VM_ERR_FILE, "cannot append to the history: %s", strerror(errno)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHistoryAppend(VmHistory history, const double *row)
{
  PetscFunctionBegin;
  PetscCall(Reserve(history, history->rows + 1));
  memcpy(history->data + history->rows * history->width, row, (size_t)history->width * sizeof *row);
  ++history->rows;
  PetscCall(VmAgree(history->comm, AppendCsv(history, row)));
  if (history->file) {
    for (int c = 0; c < history->ncolumns; ++c) {
      char path[256];
      double *values;
      PetscCall(ColumnPath(history, c, sizeof path, path));
      PetscCall(ColumnValues(history, c, history->rows - 1, 1, &values));
      PetscCall(VmH5RowsAppend(history->file, path, VM_F64, 1, values));
      PetscCall(PetscFree(values));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
