/* The table of a sweep: parameters, statistics and chosen columns of every complete point. */
#include "outputs.h"
#include "sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longest curve that is gathered. */
enum { MOST_VALUES = 4096, MOST_NAME = VM_H5_NAME + 16 };

/* One dataset of the table: a number, or a curve of `width` values, for each point. */
typedef struct {
  char name[MOST_NAME]; /* "parameters/seed", "statistics/fem/peak", "columns/yield_stress" */
  char unit[32], axes[64], long_name[160];
  int64_t width;               /* 0: a number */
  int parameter;               /* of texts that are no numbers, else -1; their values are the first points of each */
  const VmSweepColumn *recipe; /* how a column of the plan was made, or NULL */
  double *values;              /* [count][max(width, 1)] */
} Column;

typedef struct {
  VmSweep sweep;
  int count, capacity;
  Column *columns;
  bool *complete; /* [points] */
} Table;

static PetscErrorCode AddColumn(Table *table, const char *name, int64_t width, Column **column)
{
  const size_t values = (size_t)table->sweep->count * (size_t)(width > 0 ? width : 1);
  PetscFunctionBegin;
  if (table->count == table->capacity) {
    table->capacity = 2 * table->capacity + 64;
    PetscCall(PetscRealloc((size_t)table->capacity * sizeof *table->columns, &table->columns));
  }
  *column = &table->columns[table->count++];
  **column = (Column){.width = width, .parameter = -1};
  snprintf((*column)->name, sizeof(*column)->name, "%s", name);
  PetscCall(PetscMalloc1(values, &(*column)->values));
  for (size_t i = 0; i < values; ++i) (*column)->values[i] = NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static Column *FindColumn(Table *table, const char *name)
{
  for (int i = 0; i < table->count; ++i)
    if (strcmp(table->columns[i].name, name) == 0) return &table->columns[i];
  return NULL;
}

/* Of a parameter that is no number table.csv has the text, table.h5 the first point with the same. */
static PetscErrorCode AddParameter(Table *table, int c)
{
  const VmSweep sweep = table->sweep;
  char name[MOST_NAME];
  Column *column;
  PetscFunctionBegin;
  snprintf(name, sizeof name, "parameters/%s", sweep->names[c]);
  PetscCall(AddColumn(table, name, 0, &column));
  for (int i = 0; i < sweep->count; ++i) {
    char *end;
    const char *text = sweep->texts[i * sweep->columns + c];
    column->values[i] = strtod(text, &end);
    while (*end == ' ') ++end;
    if (i == 0) snprintf(column->unit, sizeof column->unit, "%s", end);
    if (end != text && strcmp(end, column->unit) == 0) continue;
    int first = 0;
    while (strcmp(sweep->texts[first * sweep->columns + c], text) != 0) ++first;
    column->values[i] = first, column->parameter = c;
    snprintf(column->unit, sizeof column->unit, "first point of this text");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadText(VmH5 file, const char *path, const char *attribute, size_t size, char *text)
{
  char *read;
  PetscFunctionBegin;
  PetscCall(VmH5AttrReadText(file, path, attribute, &read));
  snprintf(text, size, "%s", read ? read : "");
  PetscCall(PetscFree(read));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Numbers and curves of /statistics; curves whose length changes from point to point are left out where they differ. */
static PetscErrorCode GatherStatistic(Table *table, VmH5 file, int point, const char *dataset)
{
  char path[VM_H5_NAME + 16], name[MOST_NAME];
  int rank;
  int64_t dims[8];
  PetscFunctionBegin;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", dataset);
  snprintf(name, sizeof name, "statistics/%s", dataset);
  PetscCall(VmH5Shape(file, path, &rank, dims));
  if (rank > 1 || (rank == 1 && (dims[0] < 1 || dims[0] > MOST_VALUES))) PetscFunctionReturn(PETSC_SUCCESS);
  const int64_t width = rank == 1 && dims[0] > 1 ? dims[0] : 0;
  Column *column = FindColumn(table, name);
  if (!column) {
    PetscCall(AddColumn(table, name, width, &column));
    PetscCall(ReadText(file, path, "unit", sizeof column->unit, column->unit));
    PetscCall(ReadText(file, path, "axes", sizeof column->axes, column->axes));
    PetscCall(ReadText(file, path, "long_name", sizeof column->long_name, column->long_name));
  }
  if (column->width == width) PetscCall(VmH5Read(file, path, VM_F64, column->values + point * (width > 0 ? width : 1)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GatherColumns(Table *table, VmH5 file, int point)
{
  const VmSweepColumn *wanted = table->sweep->params.collect.items;
  PetscFunctionBegin;
  for (int i = 0; i < table->sweep->params.collect.count; ++i) {
    char name[MOST_NAME];
    bool exists, fits;
    PetscCall(VmH5Exists(file, wanted[i].dataset, &exists));
    if (!exists) continue;
    snprintf(name, sizeof name, "columns/%s", wanted[i].name);
    Column *column = FindColumn(table, name);
    PetscCall(VmH5Reduce(file, wanted[i].dataset, wanted[i].component, (VmReduction)wanted[i].reduce,
                         &column->values[point], &fits));
    if (!fits)
      VmThrow(table->sweep->comm, VM_ERR_INPUT,
              "%s: column %s: %s has no component %lld; -1 is for one axis, 0, 1, ... for the last of two",
              table->sweep->path, wanted[i].name, wanted[i].dataset, (long long)wanted[i].component);
    PetscCall(ReadText(file, wanted[i].dataset, "unit", sizeof column->unit, column->unit));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GatherFile(Table *table, int point, const char *file_name)
{
  char path[PETSC_MAX_PATH_LEN];
  VmH5 file;
  VmH5Names names;
  PetscFunctionBegin;
  VmSweepPath(table->sweep, point, file_name, sizeof path, path);
  if (access(path, R_OK) != 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Open(PETSC_COMM_SELF, path, VM_H5_READ, &file));
  PetscCall(VmH5Datasets(file, VM_PATH_STATISTICS, &names));
  for (int i = 0; i < names.count; ++i) PetscCall(GatherStatistic(table, file, point, names.name[i]));
  PetscCall(VmH5NamesFree(&names));
  PetscCall(GatherColumns(table, file, point));
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Gather(Table *table)
{
  const VmSweep sweep = table->sweep;
  const VmSweepColumn *wanted = sweep->params.collect.items;
  VmPointOutcome outcome;
  Column *column;
  PetscFunctionBegin;
  for (int c = 0; c < sweep->columns; ++c) PetscCall(AddParameter(table, c));
  for (int i = 0; i < sweep->params.collect.count; ++i) {
    char name[MOST_NAME];
    snprintf(name, sizeof name, "columns/%s", wanted[i].name);
    PetscCall(AddColumn(table, name, 0, &column));
    snprintf(column->long_name, sizeof column->long_name, "%s of the runs", wanted[i].dataset);
    column->recipe = &wanted[i];
  }
  for (int i = 0; i < sweep->count; ++i) {
    PetscCall(VmPointRead(sweep, i, &outcome));
    table->complete[i] = outcome.state == VM_POINT_COMPLETE;
    if (!table->complete[i]) continue;
    PetscCall(GatherFile(table, i, VM_FILE_RESULT));
    PetscCall(GatherFile(table, i, VM_FILE_ANALYSIS));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Only what is one number per point; an empty field where there is none. */
static PetscErrorCode WriteCsv(const Table *table)
{
  const VmSweep sweep = table->sweep;
  char path[PETSC_MAX_PATH_LEN], part[PETSC_MAX_PATH_LEN];
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/table.csv", sweep->params.directory);
  snprintf(part, sizeof part, "%s/table.csv.part", sweep->params.directory);
  FILE *csv = fopen(part, "w");
  if (!csv) VmThrow(PETSC_COMM_SELF, VM_ERR_FILE, "cannot write %s", part);
  fprintf(csv, "point,id,state");
  for (int c = 0; c < table->count; ++c)
    if (table->columns[c].width == 0) fprintf(csv, ",%s", strchr(table->columns[c].name, '/') + 1);
  for (int i = 0; i < sweep->count; ++i) {
    VmPointOutcome outcome;
    PetscCall(VmPointRead(sweep, i, &outcome));
    fprintf(csv, "\n%d,%s,%s", i, sweep->id[i], vm_point_states[outcome.state]);
    for (int c = 0; c < table->count; ++c) {
      if (table->columns[c].width > 0) continue;
      const int parameter = table->columns[c].parameter;
      const double v = table->columns[c].values[i];
      fputc(',', csv);
      if (parameter >= 0) VmSweepField(csv, sweep->texts[i * sweep->columns + parameter]);
      else if (isfinite(v)) fprintf(csv, "%.12g", v);
    }
  }
  fputc('\n', csv);
  const bool good = !ferror(csv);
  if (fclose(csv) != 0 || !good) VmThrow(PETSC_COMM_SELF, VM_ERR_FILE, "cannot write %s", part);
  PetscCall(VmFileCommit(PETSC_COMM_SELF, part, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteIds(VmSweep sweep, VmH5 file)
{
  const hsize_t n = (hsize_t)sweep->count;
  PetscFunctionBegin;
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &n, NULL);
  VmCallH5(H5Tset_size(type, VM_POINT_ID));
  const hid_t set = H5Dcreate2(VmH5Id(file), "/points/id", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  VmCallH5(set);
  VmCallH5(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, sweep->id));
  VmCallH5(H5Dclose(set));
  VmCallH5(H5Sclose(space));
  VmCallH5(H5Tclose(type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteH5(const Table *table)
{
  const VmSweep sweep = table->sweep;
  const int64_t version = VM_FORMAT_VERSION;
  char path[PETSC_MAX_PATH_LEN], part[PETSC_MAX_PATH_LEN], name[MOST_NAME + 8], axes[80];
  uint8_t *complete;
  VmH5 file;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/table.h5", sweep->params.directory);
  snprintf(part, sizeof part, "%s/table.h5.part", sweep->params.directory);
  PetscCall(VmH5Open(PETSC_COMM_SELF, part, VM_H5_CREATE, &file));
  PetscCall(VmH5AttrText(file, "/", "format", VM_FORMAT));
  PetscCall(VmH5AttrInt(file, "/", "format_version", 1, &version));
  PetscCall(VmH5AttrText(file, "/", "sweep", sweep->params.title));
  PetscCall(VmH5WriteText(file, "/plan", sweep->text));
  PetscCall(VmH5Group(file, "/points"));
  PetscCall(WriteIds(sweep, file));
  PetscCall(PetscMalloc1((size_t)sweep->count, &complete));
  for (int i = 0; i < sweep->count; ++i) complete[i] = table->complete[i];
  int64_t dims[2] = {sweep->count, 0};
  PetscCall(VmH5Write(file, "/points/complete", VM_U8, 1, dims, complete, (VmMeta){.unit = "1", .axes = "point"}));
  PetscCall(PetscFree(complete));
  for (int c = 0; c < table->count; ++c) {
    const Column *column = &table->columns[c];
    snprintf(name, sizeof name, "/%s", column->name);
    snprintf(axes, sizeof axes, "point%s%s", column->width ? "," : "", column->width ? column->axes : "");
    dims[1] = column->width;
    PetscCall(VmH5Write(file, name, VM_F64, column->width ? 2 : 1, dims, column->values,
                        (VmMeta){.unit = column->unit, .long_name = column->long_name, .axes = axes}));
    if (!column->recipe) continue;
    PetscCall(VmH5AttrText(file, name, "dataset", column->recipe->dataset));
    PetscCall(VmH5AttrInt(file, name, "component", 1, &column->recipe->component));
    PetscCall(VmH5AttrText(file, name, "reduce", vm_reductions[column->recipe->reduce]));
  }
  PetscCall(VmH5AttrText(file, "/", "status", VM_STATUS_COMPLETE));
  PetscCall(VmH5Close(&file));
  PetscCall(VmFileCommit(PETSC_COMM_SELF, part, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Collect(Table *table)
{
  PetscFunctionBegin;
  PetscCall(Gather(table));
  PetscCall(WriteH5(table));
  PetscCall(WriteCsv(table));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSweepCollect(VmSweep sweep)
{
  Table table = {.sweep = sweep};
  PetscErrorCode code = PETSC_SUCCESS;
  int rank, complete = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(sweep->comm, &rank));
  PetscCall(VmSweepManifest(sweep));
  PetscCall(PetscCalloc1((size_t)sweep->count, &table.complete));
  if (rank == 0) code = Collect(&table);
  PetscCall(VmAgree(sweep->comm, code));
  for (int i = 0; i < sweep->count; ++i) complete += table.complete[i];
  PetscCall(
      VmLog(sweep->comm, "%s/table.h5, table.csv: %d of %d points", sweep->params.directory, complete, sweep->count));
  for (int c = 0; c < table.count; ++c) PetscCall(PetscFree(table.columns[c].values));
  PetscCall(PetscFree(table.columns));
  PetscCall(PetscFree(table.complete));
  PetscFunctionReturn(PETSC_SUCCESS);
}
