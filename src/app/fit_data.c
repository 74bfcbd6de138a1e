/* The data of a fit from the columns of a table. */
#include "fit_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Column by its name, or number `fallback` if none is asked for and the law's own name is not there. */
static PetscErrorCode FindColumn(const VmCsv *csv, const char *asked, const char *own, int fallback, VmReport report,
                                 int *column)
{
  PetscFunctionBegin;
  *column = VmCsvColumn(csv, asked ? asked : own);
  if (*column >= 0) PetscFunctionReturn(PETSC_SUCCESS);
  if (!asked && fallback < csv->columns) *column = fallback;
  else if (!asked) PetscCall(VmReportAddAt(report, 1, 1, "no column %s, and no column number %d", own, fallback + 1));
  else {
    const char *closest = csv->columns < 64 ? VmDidYouMean(asked, (const char *const *)csv->names) : NULL;
    PetscCall(VmReportAddAt(report, 1, 1, "no column \"%s\"%s%s%s", asked, closest ? "; did you mean " : "",
                            closest ? closest : "", closest ? "?" : ""));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Factor from the unit of a column to that of the law (NULL: any). */
static PetscErrorCode UnitFactor(const VmCsv *csv, int column, const char *wanted, VmReport report, double *factor)
{
  char text[128], why[256];
  PetscFunctionBegin;
  *factor = 1.0;
  if (!wanted || !*csv->units[column] || strcmp(wanted, csv->units[column]) == 0) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(text, sizeof text, "1 %s", csv->units[column]);
  if (!VmUnitParse(text, wanted, factor, why))
    PetscCall(
        VmReportAddAt(report, 1, column + 1, "column %s in \"%s\": %s", csv->names[column], csv->units[column], why));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One column to `values`; every cell must hold a number, above 0 if asked for. */
static PetscErrorCode Fill(const VmCsv *csv, int column, double factor, bool positive, VmReport report, double *values)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < csv->rows; ++i) {
    values[i] = factor * csv->values[column * csv->rows + i];
    if (isnan(values[i])) {
      PetscCall(VmReportAddAt(report, csv->lines[i], column + 1, "column %s is empty", csv->names[column]));
    } else if (positive && values[i] <= 0.0) {
      PetscCall(VmReportAddAt(report, csv->lines[i], column + 1, "column %s = %g; it must be positive",
                              csv->names[column], csv->values[column * csv->rows + i]));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Take(const VmCsv *csv, const char *asked, const VmLawColumn *own, int fallback, bool positive,
                           VmReport report, double *values, const char **unit)
{
  int column;
  double factor;
  PetscFunctionBegin;
  PetscCall(FindColumn(csv, asked, own->name, fallback, report, &column));
  if (column < 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(UnitFactor(csv, column, own->unit, report, &factor));
  PetscCall(Fill(csv, column, factor, positive, report, values));
  if (unit) *unit = own->unit ? own->unit : csv->units[column];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int RisingX(const void *a, const void *b)
{
  const double x = **(double *const *)a, y = **(double *const *)b;
  return (x > y) - (x < y);
}

/* Puts the rows into the order of rising x. */
static PetscErrorCode Sort(VmFitData *d)
{
  const int64_t n = d->data.n;
  double **order, *room;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)n, &order, (size_t)n, &room));
  for (int64_t i = 0; i < n; ++i) order[i] = d->x + i;
  qsort(order, (size_t)n, sizeof *order, RisingX);
  for (int k = 0; k < 2 * d->parts; ++k) {
    double *column = k < d->parts ? d->values + k * n : d->errors + (k - d->parts) * n;
    memcpy(room, column, (size_t)n * sizeof(double));
    for (int64_t i = 0; i < n; ++i) column[i] = room[order[i] - d->x];
  }
  memcpy(room, d->x, (size_t)n * sizeof(double));
  for (int64_t i = 0; i < n; ++i) order[i] = room + (order[i] - d->x);
  for (int64_t i = 0; i < n; ++i) d->x[i] = *order[i];
  PetscCall(PetscFree2(order, room));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Pick(const VmCsv *csv, const VmLawOps *law, const VmFitColumns *columns, VmReport report,
                           VmFitData *d)
{
  PetscFunctionBegin;
  PetscCall(Take(csv, columns->x, &law->argument, 0, true, report, d->x, NULL));
  for (int k = 0; k < d->parts; ++k) {
    const char *asked = k < columns->y.count ? columns->y.words[k] : NULL;
    PetscCall(Take(csv, asked, law->values + k, 1 + k, law->relative, report, d->values + k * csv->rows, &d->unit));
    if (columns->error.count)
      PetscCall(Take(csv, columns->error.words[k], law->values + k, 0, true, report, d->errors + k * csv->rows, NULL));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFitDataRead(MPI_Comm comm, const char *path, const VmLawOps *law, const VmFitColumns *columns,
                             VmFitData *d)
{
  VmReport report;
  VmCsv csv;
  const int parts = VmLawValues(law);

  PetscFunctionBegin;
  memset(d, 0, sizeof *d);
  if (columns->y.count > parts || (columns->error.count && columns->error.count != parts))
    VmThrow(comm, VM_ERR_INPUT, "law %s has %d value%s; give at most as many --y, and as many --error or none",
            law->head.name, parts, parts > 1 ? "s" : "");
  PetscCall(VmReportCreate(comm, path, &report));
  PetscErrorCode code = VmCsvRead(comm, path, report, &csv);
  if (!code && VmReportCount(report) == 0) {
    const size_t n = (size_t)csv.rows;
    d->parts = parts;
    PetscCall(PetscCalloc3(n, &d->x, (size_t)parts * n, &d->values, (size_t)parts * n, &d->errors));
    PetscCall(Pick(&csv, law, columns, report, d));
    if (csv.rows == 0) PetscCall(VmReportAddAt(report, 1, 1, "no row of numbers below the heading"));
    if (VmReportCount(report) == 0) PetscCall(PetscStrallocpy(d->unit, &d->unit_text));
    d->data =
        (VmLawData){.n = csv.rows, .x = d->x, .values = d->values, .errors = columns->error.count ? d->errors : NULL};
  }
  if (!code) PetscCall(VmCsvFree(&csv));
  if (!code) code = VmReportFinish(report);
  PetscCall(VmReportDestroy(&report));
  if (!code) PetscCall(Sort(d));
  else PetscCall(VmFitDataFree(d));
  PetscFunctionReturn(code);
}

PetscErrorCode VmFitDataFree(VmFitData *d)
{
  PetscFunctionBegin;
  if (d->parts) PetscCall(PetscFree3(d->x, d->values, d->errors));
  PetscCall(PetscFree(d->unit_text));
  d->parts = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
