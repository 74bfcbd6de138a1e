#include "table.h"

#include <vitromech/log.h>
#include <math.h>
#include <string.h>

#define GROUP "/comparison"

VmRow *VmComparisonAdd(VmComparison *comparison, const char *quantity, const char *unit)
{
  VmRow *row = &comparison->rows[comparison->count++];
  *row = (VmRow){.ours = NAN, .ours_error = NAN, .reference = NAN, .reference_error = NAN};
  snprintf(row->quantity, sizeof row->quantity, "%s", quantity);
  snprintf(row->unit, sizeof row->unit, "%s", unit);
  return row;
}

static void PrintEstimate(double value, double error, char text[32])
{
  if (isnan(value)) snprintf(text, 32, "-");
  else if (isnan(error)) snprintf(text, 32, "%.4g", value);
  else snprintf(text, 32, "%.4g +- %.2g", value, error);
}

static void PrintReference(const VmRow *row, char text[32])
{
  if (row->relation == VM_RELATION_ABOVE) snprintf(text, 32, "> %.4g", row->reference);
  else if (row->relation == VM_RELATION_RANGE) {
    snprintf(text, 32, "%.4g ... %.4g", row->reference - row->reference_error, row->reference + row->reference_error);
  } else PrintEstimate(row->reference, row->reference_error, text);
}

static void PrintDifference(const VmRow *row, char text[32])
{
  const double difference = row->ours - row->reference;
  if (isnan(row->ours)) snprintf(text, 32, "not measured");
  else if (isnan(row->reference)) text[0] = '\0';
  else if (row->relation == VM_RELATION_ABOVE) snprintf(text, 32, difference > 0.0 ? "above" : "not above");
  else if (row->relation == VM_RELATION_RANGE) {
    snprintf(text, 32, fabs(difference) <= row->reference_error ? "inside" : "outside");
  } else {
    const double error = hypot(row->ours_error, row->reference_error);
    if (error > 0.0) snprintf(text, 32, "%+.3g (%.1f sigma)", difference, fabs(difference) / error);
    else snprintf(text, 32, "%+.3g", difference);
  }
}

PetscErrorCode VmComparisonPrint(MPI_Comm comm, const VmComparison *c)
{
  size_t width = 8;
  PetscFunctionBegin;
  for (int i = 0; i < c->count; ++i) width = PetscMax(width, strlen(c->rows[i].quantity));
  PetscCall(
      VmLog(comm, "  %-*s  %-20s %-18.18s %-7s %s", (int)width, "quantity", "ours", c->name, "unit", "difference"));
  for (int i = 0; i < c->count; ++i) {
    const VmRow *row = &c->rows[i];
    char ours[32], reference[32], difference[32];
    PrintEstimate(row->ours, row->ours_error, ours);
    PrintReference(row, reference);
    PrintDifference(row, difference);
    PetscCall(VmLog(comm, "  %-*s  %-20s %-18s %-7s %s", (int)width, row->quantity, ours, reference,
                    strcmp(row->unit, "1") == 0 ? "" : row->unit, difference));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows of fixed-length text; parallel HDF5 writes no text of variable length. */
static PetscErrorCode WriteTexts(VmH5 file, const char *path, int count, size_t width, const char *texts)
{
  const hsize_t dims = (hsize_t)count;
  hid_t type, space, dataset;
  PetscFunctionBegin;
  VmCallH5(type = H5Tcopy(H5T_C_S1));
  VmCallH5(H5Tset_size(type, width));
  VmCallH5(H5Tset_strpad(type, H5T_STR_NULLPAD));
  VmCallH5(space = H5Screate_simple(1, &dims, NULL));
  VmCallH5(dataset = H5Dcreate2(VmH5Id(file), path, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  VmCallH5(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts));
  VmCallH5(H5Dclose(dataset));
  VmCallH5(H5Sclose(space));
  VmCallH5(H5Tclose(type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteTextColumn(VmH5 file, const char *group, const char *name, const VmComparison *c,
                                      size_t offset, size_t width)
{
  char path[256], *texts;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/%s", group, name);
  PetscCall(PetscCalloc1((size_t)c->count * width, &texts));
  for (int i = 0; i < c->count; ++i) strncpy(texts + (size_t)i * width, (const char *)&c->rows[i] + offset, width - 1);
  PetscCall(WriteTexts(file, path, c->count, width, texts));
  PetscCall(PetscFree(texts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteNumberColumn(VmH5 file, const char *group, const char *name, const char *long_name,
                                        const VmComparison *c, size_t offset)
{
  const int64_t dims[1] = {c->count};
  char path[256];
  double values[VM_MAX_ROWS];
  PetscFunctionBegin;
  for (int i = 0; i < c->count; ++i) memcpy(&values[i], (const char *)&c->rows[i] + offset, sizeof values[i]);
  snprintf(path, sizeof path, "%s/%s", group, name);
  PetscCall(VmH5Write(file, path, VM_F64, 1, dims, values, (VmMeta){"see unit", long_name, "quantity"}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmComparisonWrite(VmH5 file, const VmComparison *c, const VmConditions *conditions)
{
  static const char *const relations[] = {"value", "above", "range"};
  char group[128], relation[VM_MAX_ROWS * 8] = {0}, path[160];
  bool exists;
  PetscFunctionBegin;
  snprintf(group, sizeof group, GROUP "/%s", c->name);
  PetscCall(VmH5Exists(file, group, &exists));
  if (exists) VmCallH5(H5Ldelete(VmH5Id(file), group, H5P_DEFAULT));
  PetscCall(VmH5Group(file, group));
  PetscCall(VmH5AttrText(file, group, "title", c->title));
  snprintf(path, sizeof path, "%s/conditions", group);
  PetscCall(VmConditionsWrite(file, path, conditions));
  PetscCall(WriteTextColumn(file, group, "quantity", c, offsetof(VmRow, quantity), sizeof c->rows->quantity));
  PetscCall(WriteTextColumn(file, group, "unit", c, offsetof(VmRow, unit), sizeof c->rows->unit));
  PetscCall(WriteTextColumn(file, group, "note", c, offsetof(VmRow, note), sizeof c->rows->note));
  for (int i = 0; i < c->count; ++i) strcpy(relation + (size_t)i * 8, relations[c->rows[i].relation]);
  snprintf(path, sizeof path, "%s/relation", group);
  PetscCall(WriteTexts(file, path, c->count, 8, relation));
  PetscCall(WriteNumberColumn(file, group, "ours", "measured here", c, offsetof(VmRow, ours)));
  PetscCall(WriteNumberColumn(file, group, "ours_error", "standard error", c, offsetof(VmRow, ours_error)));
  PetscCall(WriteNumberColumn(file, group, "reference", "value of the reference", c, offsetof(VmRow, reference)));
  PetscCall(WriteNumberColumn(file, group, "reference_error", "error, or half the width of a range", c,
                              offsetof(VmRow, reference_error)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void CsvNumber(FILE *out, double value)
{
  if (!isnan(value)) fprintf(out, "%.10g", value);
  fputc(',', out);
}

static PetscErrorCode CsvLocal(int count, const VmComparison *comparisons, const char *path)
{
  FILE *out = fopen(path, "w");
  if (!out) return VmRaiseLocal(VM_ERR_FILE, "cannot write %s", path);
  fputs("with,quantity,ours,ours_error,reference,reference_error,unit,note\n", out);
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < comparisons[i].count; ++j) {
      const VmRow *row = &comparisons[i].rows[j];
      fprintf(out, "%s,\"%s\",", comparisons[i].name, row->quantity);
      CsvNumber(out, row->ours);
      CsvNumber(out, row->ours_error);
      CsvNumber(out, row->reference);
      CsvNumber(out, row->reference_error);
      fprintf(out, "%s,\"%s\"\n", row->unit, row->note);
    }
  }
  const bool failed = ferror(out) != 0;
  if (fclose(out) != 0 || failed) return VmRaiseLocal(VM_ERR_FILE, "cannot write %s", path);
  return PETSC_SUCCESS;
}

PetscErrorCode VmComparisonCsv(MPI_Comm comm, int count, const VmComparison *comparisons, const char *path)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmAgree(comm, rank == 0 ? CsvLocal(count, comparisons, path) : PETSC_SUCCESS));
  PetscFunctionReturn(PETSC_SUCCESS);
}
