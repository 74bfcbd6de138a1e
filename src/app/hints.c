#include "hints.h"

#include <vitromech/units.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* "64x64" */
static PetscErrorCode ParseShape(MPI_Comm comm, const char *option, const char *text, int64_t shape[2])
{
  char end;
  long long a, b;
  PetscFunctionBegin;
  if (!text) PetscFunctionReturn(PETSC_SUCCESS);
  if (sscanf(text, "%lldx%lld%c", &a, &b, &end) != 2 || a < 1 || b < 1)
    VmThrow(comm, VM_ERR_INPUT, "%s \"%s\": two numbers are needed, e.g. 64x128", option, text);
  shape[0] = a;
  shape[1] = b;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseQuantity(MPI_Comm comm, const char *option, const char *text, const char *unit,
                                    double *value)
{
  char why[256];
  PetscFunctionBegin;
  if (!text) PetscFunctionReturn(PETSC_SUCCESS);
  if (!VmUnitParse(text, unit, value, why)) VmThrow(comm, VM_ERR_INPUT, "%s \"%s\": %s", option, text, why);
  if (!(*value > 0.0)) VmThrow(comm, VM_ERR_INPUT, "%s \"%s\": a positive value is needed", option, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseCentre(MPI_Comm comm, const char *text, double centre[2])
{
  char end;
  PetscFunctionBegin;
  centre[0] = centre[1] = NAN;
  if (!text) PetscFunctionReturn(PETSC_SUCCESS);
  if (sscanf(text, "%lf,%lf%c", &centre[0], &centre[1], &end) != 2 || !isfinite(centre[0]) || !isfinite(centre[1]))
    VmThrow(comm, VM_ERR_INPUT, "--centre \"%s\": two pixel coordinates are needed, e.g. 63.5,64.2", text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseExtraFrames(MPI_Comm comm, const char *text, VmExtraFrames *policy)
{
  static const char *const names[] = {"error", "drop-tail", "skip-per-line"};
  PetscFunctionBegin;
  for (int i = 0; text && i < 3; ++i) {
    if (strcmp(text, names[i]) != 0) continue;
    *policy = (VmExtraFrames)i;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (text) VmThrow(comm, VM_ERR_INPUT, "--extra-frames \"%s\": error, drop-tail or skip-per-line is needed", text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHintsParse(MPI_Comm comm, const VmHintWords *words, VmCubeHints *hints)
{
  PetscFunctionBegin;
  PetscCall(ParseShape(comm, "--scan", words->scan, hints->scan));
  PetscCall(ParseShape(comm, "--detector", words->detector, hints->det));
  PetscCall(ParseQuantity(comm, "--scan-pitch", words->scan_pitch, "nm", &hints->scan_pitch));
  PetscCall(ParseQuantity(comm, "--pitch", words->pitch, "1/nm", &hints->det_pitch));
  PetscCall(ParseQuantity(comm, "--gain", words->gain, "1", &hints->gain));
  PetscCall(ParseCentre(comm, words->centre, hints->centre));
  PetscCall(ParseExtraFrames(comm, words->extra_frames, &hints->extra_frames));
  hints->format = words->format;
  hints->sample = words->type;
  PetscFunctionReturn(PETSC_SUCCESS);
}
