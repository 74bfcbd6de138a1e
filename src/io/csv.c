#include <vitromech/csv.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

/* Cuts the spaces and quotes around a text, in place. */
static char *Trim(char *text)
{
  while (isspace((unsigned char)*text) || *text == '"') ++text;
  char *end = text + strlen(text);
  while (end > text && (isspace((unsigned char)end[-1]) || end[-1] == '"')) *--end = '\0';
  return text;
}

static const char *Separators(const char *heading)
{
  static const char *const known[] = {",", ";", "\t"};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; ++i)
    if (strpbrk(heading, known[i])) return known[i];
  return " ";
}

/* Next cell of a line; NULL at its end. Blanks separate as a run. */
static char *Cell(char **rest, const char *separators)
{
  if (*separators == ' ')
    while (*rest && isspace((unsigned char)**rest)) ++*rest;
  if (!*rest || (*separators == ' ' && !**rest)) return NULL;
  return Trim(strsep(rest, separators));
}

/* "name [unit]" or "name (unit)" to the last column. */
static PetscErrorCode AddColumn(VmCsv *csv, char *heading)
{
  char *unit = strpbrk(heading, "[(");
  PetscFunctionBegin;
  if (unit && unit > heading) {
    unit[strcspn(unit, "])")] = '\0';
    *unit++ = '\0';
  } else {
    unit = heading + strlen(heading);
  }
  PetscCall(PetscStrallocpy(Trim(heading), &csv->names[csv->columns]));
  PetscCall(PetscStrallocpy(Trim(unit), &csv->units[csv->columns++]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadHeading(char *line, const char *separators, VmCsv *csv)
{
  size_t most = 2;
  PetscFunctionBegin;
  for (const char *at = line; *at; ++at) most += strchr(separators, *at) != NULL;
  PetscCall(PetscCalloc2(most, &csv->names, most, &csv->units));
  for (char *rest = line, *cell; (cell = Cell(&rest, separators));) PetscCall(AddColumn(csv, cell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A row of numbers, column by column with the stride `most`. */
static PetscErrorCode ReadRow(char *line, const char *separators, int number, int64_t most, VmReport report, VmCsv *csv)
{
  int column = 0;
  PetscFunctionBegin;
  for (char *rest = line, *cell; (cell = Cell(&rest, separators)); ++column) {
    char *end;
    if (column >= csv->columns) continue;
    const double value = *cell ? strtod(cell, &end) : NAN;
    if (*cell && (*end || !isfinite(value)))
      PetscCall(
          VmReportAddAt(report, number, column + 1, "column %s: \"%s\" is not a number", csv->names[column], cell));
    csv->values[column * most + csv->rows] = value;
  }
  if (column != csv->columns)
    PetscCall(VmReportAddAt(report, number, 1, "%d cells where the heading has %d", column, csv->columns));
  csv->lines[csv->rows++] = number;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCsvRead(MPI_Comm comm, const char *path, VmReport report, VmCsv *csv)
{
  const char *separators = NULL;
  char *text;
  size_t size;
  int64_t most = 1;
  int number = 0;

  PetscFunctionBegin;
  memset(csv, 0, sizeof *csv);
  PetscCall(VmFileBroadcast(comm, path, &text, &size));
  for (size_t i = 0; i < size; ++i) most += text[i] == '\n';
  for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
    ++number;
    line[strcspn(line, "\r")] = '\0';
    if (line[strspn(line, " \t")] == '#' || !line[strspn(line, " \t")]) continue;
    if (!separators) {
      separators = Separators(line);
      PetscCall(ReadHeading(line, separators, csv));
      PetscCall(PetscMalloc2((size_t)(csv->columns * most), &csv->values, (size_t)most, &csv->lines));
    } else {
      PetscCall(ReadRow(line, separators, number, most, report, csv));
    }
  }
  PetscCall(PetscFree(text));
  if (!separators) PetscCall(VmReportAddAt(report, 1, 1, "the file is empty; a line that names the columns is needed"));
  for (int column = 1; column < csv->columns; ++column)
    memmove(csv->values + column * csv->rows, csv->values + column * most, (size_t)csv->rows * sizeof(double));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCsvFree(VmCsv *csv)
{
  PetscFunctionBegin;
  for (int column = 0; column < csv->columns; ++column) {
    PetscCall(PetscFree(csv->names[column]));
    PetscCall(PetscFree(csv->units[column]));
  }
  PetscCall(PetscFree2(csv->names, csv->units));
  PetscCall(PetscFree2(csv->values, csv->lines));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int VmCsvColumn(const VmCsv *csv, const char *name)
{
  for (int column = 0; column < csv->columns; ++column)
    if (strcmp(csv->names[column], name) == 0) return column;
  return -1;
}
