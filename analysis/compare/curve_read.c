/* A measured curve from a text file. */
#include "curve.h"

#include <vitromech/tree.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of a line, at most 4; -1 if anything but numbers and separators stands in it. */
static int ReadNumbers(const char *line, double number[4])
{
  int count = 0;
  for (;;) {
    while (isspace((unsigned char)*line) || *line == ',' || *line == ';') ++line;
    if (!*line) return count;
    char *end;
    errno = 0;
    const double value = strtod(line, &end);
    if (end == line || count == 4 || !isfinite(value)) return -1;
    if (*end && !isspace((unsigned char)*end) && *end != ',' && *end != ';') return -1;
    number[count++] = value;
    line = end;
  }
}

/* Appends the lines of text; *bad is the first line that does not fit, 0 if all do. */
static int ReadLines(char *text, VmCurve *curve, double k_factor, double scale, int *bad)
{
  int n = 0, line = 0;
  char *rest = text;
  *bad = 0;
  for (char *at = strsep(&rest, "\n"); at; at = strsep(&rest, "\n")) {
    double number[4];
    ++line;
    const int count = at[strspn(at, " \t\r")] == '#' ? 0 : ReadNumbers(at, number);
    if (count == 0 || (count < 0 && n == 0)) continue;
    const bool fits = (count == 2 || count == 3) && (count < 3 || number[2] >= 0.0) &&
                      (n == 0 || number[0] * k_factor > curve->k[n - 1]);
    if (!fits) {
      *bad = line;
      return n;
    }
    curve->k[n] = number[0] * k_factor;
    curve->value[n] = number[1] * scale;
    curve->error[n++] = count == 3 ? number[2] * scale : NAN;
  }
  return n;
}

PetscErrorCode VmCurveRead(MPI_Comm comm, const char *path, double k_factor, double scale, VmCurve *curve)
{
  char *text;
  size_t size;
  int lines = 1, bad;
  PetscFunctionBegin;
  PetscCall(VmFileBroadcast(comm, path, &text, &size));
  for (size_t i = 0; i < size; ++i) lines += text[i] == '\n';
  PetscCall(VmCurveCreate(lines, curve));
  const int n = ReadLines(text, curve, k_factor, scale, &bad);
  PetscCall(PetscFree(text));
  curve->n = n;
  if (bad == 0 && n >= 3) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmCurveDestroy(curve));
  if (bad > 0)
    VmThrow(comm, VM_ERR_INPUT, "%s:%d: needs k (rising), V and, if known, its standard deviation", path, bad);
  VmThrow(comm, VM_ERR_INPUT, "%s: %d points of a curve found; at least 3 are needed", path, n);
}
