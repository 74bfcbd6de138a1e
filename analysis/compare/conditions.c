#include "conditions.h"

#include <vitromech/log.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

double VmConditionsIndependentProbes(const VmConditions *c)
{
  const double probes = c->scan[0] * c->scan[1], fitting = c->area / (c->probe * c->probe);
  return isnan(probes) || isnan(fitting) ? NAN : fmin(probes, fitting);
}

static void PrintNumber(double value, char text[64])
{
  if (isnan(value)) snprintf(text, 64, "unknown");
  else snprintf(text, 64, "%.4g", value);
}

static PetscErrorCode PrintLine(MPI_Comm comm, const char *label, const char *ours, const char *theirs, bool differs)
{
  PetscFunctionBegin;
  PetscCall(VmLog(comm, "  %-26s %-20s %-18.18s %s", label, ours, theirs, differs ? "differs" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintReal(MPI_Comm comm, const char *label, double ours, double theirs)
{
  char a[64], b[64];
  PetscFunctionBegin;
  if (isnan(ours) && isnan(theirs)) PetscFunctionReturn(PETSC_SUCCESS);
  PrintNumber(ours, a);
  PrintNumber(theirs, b);
  PetscCall(PrintLine(comm, label, a, b, fabs(ours - theirs) > 0.02 * fabs(theirs)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atomic per cent of an element in "Zr50Cu35Al15"; 0 if it is absent. */
static double Percent(const char *composition, const char *symbol, size_t length)
{
  for (const char *c = composition; *c;) {
    const char *end = c;
    while (isalpha((unsigned char)*end)) ++end;
    char *next;
    const double percent = strtod(end, &next);
    if ((size_t)(end - c) == length && strncmp(c, symbol, length) == 0) return percent;
    if (next == c) return 0.0;
    c = next;
  }
  return 0.0;
}

/* True if an element of a is more than half a per cent off in b. */
static bool Lacks(const char *a, const char *b)
{
  for (const char *c = a; *c;) {
    const char *end = c;
    while (isalpha((unsigned char)*end)) ++end;
    char *next;
    const double percent = strtod(end, &next);
    if (next == c || fabs(percent - Percent(b, c, (size_t)(end - c))) > 0.5) return true;
    c = next;
  }
  return false;
}

PetscErrorCode VmConditionsPrint(MPI_Comm comm, const VmConditions *ours, const VmConditions *theirs, const char *name)
{
  const char *a = ours->composition, *b = theirs->composition;
  char scan[2][64];
  const VmConditions *both[2] = {ours, theirs};
  PetscFunctionBegin;
  PetscCall(PrintLine(comm, "conditions", "ours", name, false));
  PetscCall(PrintLine(comm, "composition", a[0] ? a : "unknown", b[0] ? b : "unknown",
                      a[0] && b[0] && (Lacks(a, b) || Lacks(b, a))));
  PetscCall(PrintReal(comm, "thickness [nm]", ours->thickness, theirs->thickness));
  PetscCall(PrintReal(comm, "probe [nm]", ours->probe, theirs->probe));
  PetscCall(PrintReal(comm, "convergence [mrad]", ours->semi_angle, theirs->semi_angle));
  PetscCall(PrintReal(comm, "energy [keV]", ours->energy, theirs->energy));
  for (int i = 0; i < 2; ++i) {
    if (isnan(both[i]->scan[0])) snprintf(scan[i], sizeof scan[i], "unknown");
    else snprintf(scan[i], sizeof scan[i], "%g x %g", both[i]->scan[0], both[i]->scan[1]);
  }
  if (!isnan(theirs->scan[0])) {
    PetscCall(PrintLine(comm, "probe positions", scan[0], scan[1], strcmp(scan[0], scan[1]) != 0));
  }
  PetscCall(PrintReal(comm, "distance of probes [nm]", ours->pitch, theirs->pitch));
  PetscCall(PrintReal(comm, "scanned area [nm^2]", ours->area, theirs->area));
  PetscFunctionReturn(PETSC_SUCCESS);
}
