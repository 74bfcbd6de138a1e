/* An analysis list applied to maps from outside: columns of a table with places, or an image. */
#include "../stat/entries.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_COLUMNS = 64, NAME = 64 };

struct VmMaps_s {
  int64_t n[2];
  double spacing[2];
  const char *length_unit;
  int count;
  char name[MOST_COLUMNS][NAME], unit[MOST_COLUMNS][NAME];
  double *values[MOST_COLUMNS]; /* [n0*n1], rank 0 */
};

PetscErrorCode VmMapsDestroy(VmMaps *maps)
{
  PetscFunctionBegin;
  if (!*maps) PetscFunctionReturn(PETSC_SUCCESS);
  for (int c = 0; c < (*maps)->count; ++c) PetscCall(PetscFree((*maps)->values[c]));
  PetscCall(PetscFree(*maps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void SetSpacing(VmMaps maps, double pitch)
{
  const bool known = pitch > 0.0;
  maps->spacing[0] = maps->spacing[1] = known ? pitch : 1.0;
  maps->length_unit = known ? "nm" : "pixel";
}

PetscErrorCode VmMapsFromImage(MPI_Comm comm, VmCube cube, VmMaps *maps)
{
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  const int64_t points = info->det[0] * info->det[1];
  float *frame;
  VmMaps m;
  PetscFunctionBegin;
  if (info->scan[0] * info->scan[1] != 1)
    VmThrow(comm, VM_ERR_INPUT, "of: image: the file holds %lld images, and a statistic of maps looks at one",
            (long long)(info->scan[0] * info->scan[1]));
  PetscCall(PetscNew(&m));
  *maps = m;
  m->n[0] = info->det[0];
  m->n[1] = info->det[1];
  SetSpacing(m, info->scan_pitch[0]);
  m->count = 1;
  snprintf(m->name[0], NAME, "image");
  snprintf(m->unit[0], NAME, "1");
  PetscCall(PetscMalloc1((size_t)points, &frame));
  PetscCall(PetscMalloc1((size_t)points, &m->values[0]));
  const PetscErrorCode code = VmAgree(comm, VmCubeRead(cube, 0, 1, frame));
  for (int64_t p = 0; p < points && !code; ++p) m->values[0][p] = (double)frame[p];
  PetscCall(PetscFree(frame));
  if (code) PetscCall(VmMapsDestroy(maps));
  PetscFunctionReturn(code);
}

/* Cells of a line, which is cut up; spaces at their ends are left out. */
static int Cells(char *line, char *cells[MOST_COLUMNS])
{
  int count = 0;
  for (char *cell = line; cell && count < MOST_COLUMNS;) {
    char *comma = strchr(cell, ',');
    if (comma) *comma = '\0';
    while (isspace((unsigned char)*cell)) ++cell;
    for (char *end = cell + strlen(cell); end > cell && isspace((unsigned char)end[-1]);) *--end = '\0';
    cells[count++] = cell;
    cell = comma ? comma + 1 : NULL;
  }
  return count;
}

typedef struct {
  int columns, x, y; /* x, y: columns of the places */
  int64_t rows;
  double *values; /* [rows][columns] */
} Table;

/* One place: the index among the sorted places of an axis, which differ by more than a thousandth of their range. */
static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static PetscErrorCode Places(const Table *t, int column, int64_t *count, double **places)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)t->rows, places));
  for (int64_t r = 0; r < t->rows; ++r) (*places)[r] = t->values[r * t->columns + column];
  qsort(*places, (size_t)t->rows, sizeof **places, CompareDouble);
  const double apart = 1e-3 * ((*places)[t->rows - 1] - (*places)[0]);
  *count = 0;
  for (int64_t r = 0; r < t->rows; ++r)
    if (*count == 0 || (*places)[r] - (*places)[*count - 1] > apart) (*places)[(*count)++] = (*places)[r];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int64_t PlaceOf(int64_t count, const double *places, double value)
{
  int64_t best = 0;
  for (int64_t i = 1; i < count; ++i)
    if (fabs(places[i] - value) < fabs(places[best] - value)) best = i;
  return best;
}

/* The unit that a name ends with, as in E_GPa; "1" if it ends with none. */
static void UnitOf(const char *name, char unit[NAME])
{
  static const char *const known[] = {"GPa", "MPa", "Pa", "nm", "um", "eV", "K", "s", "deg", NULL};
  const char *end = strrchr(name, '_');
  snprintf(unit, NAME, "1");
  for (int i = 0; known[i] && end; ++i)
    if (strcmp(end + 1, known[i]) == 0) snprintf(unit, NAME, "%s", known[i]);
}

static PetscErrorCode Grid(const char *path, const Table *t, char names[][NAME], VmMaps m)
{
  double *x, *y;
  int64_t doubled = 0;
  PetscFunctionBegin;
  PetscCall(Places(t, t->y, &m->n[0], &y));
  PetscCall(Places(t, t->x, &m->n[1], &x));
  const int64_t points = m->n[0] * m->n[1];
  for (int c = 0; c < t->columns; ++c) {
    if (c == t->x || c == t->y) continue;
    double *values;
    snprintf(m->name[m->count], NAME, "%s", names[c]);
    UnitOf(names[c], m->unit[m->count]);
    PetscCall(PetscMalloc1((size_t)points, &values));
    m->values[m->count++] = values;
    for (int64_t p = 0; p < points; ++p) values[p] = NAN;
    for (int64_t r = 0; r < t->rows; ++r) {
      const double *row = t->values + r * t->columns;
      const int64_t p = PlaceOf(m->n[0], y, row[t->y]) * m->n[1] + PlaceOf(m->n[1], x, row[t->x]);
      doubled += m->count == 1 && !isnan(values[p]);
      values[p] = row[c];
    }
  }
  PetscCall(PetscFree(x));
  PetscCall(PetscFree(y));
  if (doubled || points > 4 * t->rows)
    PetscFunctionReturn(
        VmRaiseLocal(VM_ERR_INPUT, "%s: the places of its %lld rows are no grid (%lld x %lld, %lld taken twice)", path,
                     (long long)t->rows, (long long)m->n[0], (long long)m->n[1], (long long)doubled));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows of numbers after the header. */
static PetscErrorCode Rows(const char *path, char *text, Table *t)
{
  char *cells[MOST_COLUMNS], *rest = text;
  int64_t capacity = 0, number = 1;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    ++number;
    if (strspn(line, " \r\t") == strlen(line)) continue;
    if (t->rows == capacity) {
      capacity = 2 * capacity + 64;
      PetscCall(PetscRealloc((size_t)(capacity * t->columns) * sizeof(double), &t->values));
    }
    const int count = Cells(line, cells);
    if (count != t->columns)
      return VmRaiseLocal(VM_ERR_INPUT, "%s:%lld: %d cells, the header has %d", path, (long long)number, count,
                          t->columns);
    for (int c = 0; c < count; ++c) {
      char *end;
      double value = strtod(cells[c], &end);
      if (cells[c][0] == '\0') value = NAN;
      if (*end || (isnan(value) && (c == t->x || c == t->y)) || isinf(value))
        return VmRaiseLocal(VM_ERR_INPUT, "%s:%lld: \"%s\" is not a number", path, (long long)number, cells[c]);
      t->values[t->rows * t->columns + c] = value;
    }
    ++t->rows;
  }
  return t->rows ? PETSC_SUCCESS : VmRaiseLocal(VM_ERR_INPUT, "%s has no rows", path);
}

static PetscErrorCode ReadTable(const char *path, char *text, VmMaps maps)
{
  char *cells[MOST_COLUMNS], *body = text, names[MOST_COLUMNS][NAME];
  Table t = {.x = -1, .y = -1};
  PetscFunctionBegin;
  char *header = strsep(&body, "\n");
  t.columns = Cells(header, cells);
  for (int c = 0; c < t.columns; ++c) {
    snprintf(names[c], NAME, "%s", cells[c]);
    if (strcasecmp(cells[c], "x") == 0) t.x = c;
    if (strcasecmp(cells[c], "y") == 0) t.y = c;
  }
  if (t.x < 0 || t.y < 0 || t.columns < 3 || !body)
    PetscFunctionReturn(VmRaiseLocal(
        VM_ERR_INPUT, "%s: a table of a map has a header with the columns x and y, and at least one of values", path));
  PetscErrorCode code = Rows(path, body, &t);
  if (!code) code = Grid(path, &t, names, maps);
  PetscCall(PetscFree(t.values));
  PetscFunctionReturn(code);
}

PetscErrorCode VmMapsFromTable(MPI_Comm comm, const char *path, const char *text, double pitch, VmMaps *maps)
{
  int rank;
  char *copy;
  VmMaps m;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(PetscNew(&m));
  *maps = m;
  PetscCall(PetscStrallocpy(text, &copy));
  /* every rank reads the same text: alike in success and failure, and only one speaks */
  const PetscErrorCode code = VmAgree(comm, rank == 0 ? ReadTable(path, copy, m) : PETSC_SUCCESS);
  SetSpacing(m, pitch);
  PetscCall(PetscFree(copy));
  if (code) PetscCall(VmMapsDestroy(maps));
  PetscFunctionReturn(code);
}

static int Find(const struct VmMaps_s *maps, const char *name)
{
  for (int c = 0; c < maps->count; ++c)
    if (strcmp(maps->name[c], name) == 0) return c;
  return -1;
}

static VmMap MapOf(const struct VmMaps_s *maps, int column)
{
  return (VmMap){.dim = 2,
                 .n = {1, maps->n[0], maps->n[1]},
                 .spacing = {1.0, maps->spacing[0], maps->spacing[1]},
                 .values = maps->values[column],
                 .unit = maps->unit[column],
                 .length_unit = maps->length_unit};
}

/* Every map that is looked at is there; on rank 0. */
static PetscErrorCode Check(const struct VmMaps_s *maps, const VmList *list)
{
  const VmPlugin *entries = list->items;
  char names[512] = "";
  for (int c = 0; c < maps->count; ++c) {
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", c ? ", " : "", maps->name[c]);
  }
  for (int i = 0; i < list->count; ++i) {
    const char *looked[2] = {VmEntryOf(&entries[i]), VmEntryWith(&entries[i])};
    if (!VmStatisticReadsMap(entries[i].head))
      return VmRaiseLocal(VM_ERR_INPUT, "analysis: %s reads %s, and this is a map", entries[i].head->name,
                          VmStatisticReadsCube(entries[i].head) ? "a 4D-STEM cube" : "atoms");
    for (int k = 0; k < 2; ++k)
      if (looked[k] && Find(maps, looked[k]) < 0)
        return VmRaiseLocal(VM_ERR_INPUT, "analysis: of: %s: there is no such map (%s)", looked[k], names);
  }
  return PETSC_SUCCESS;
}

PetscErrorCode VmAnalyzeMaps(MPI_Comm comm, VmMaps maps, const VmList *list, VmH5 out)
{
  const VmPlugin *entries = list->items;
  VmEntryName *names;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmAgree(comm, rank == 0 ? Check(maps, list) : PETSC_SUCCESS));
  PetscCall(VmEntryNames(comm, list, &names));
  for (int i = 0; i < list->count; ++i) {
    VmMap map = {0}, other = {0};
    if (rank == 0) {
      map = MapOf(maps, Find(maps, VmEntryOf(&entries[i])));
      if (VmEntryWith(&entries[i])) {
        other = MapOf(maps, Find(maps, VmEntryWith(&entries[i])));
        map.other = &other;
      }
    }
    PetscCall(VmEntryApply(comm, &entries[i], names[i], &map, out));
  }
  PetscCall(PetscFree(names));
  PetscFunctionReturn(PETSC_SUCCESS);
}
