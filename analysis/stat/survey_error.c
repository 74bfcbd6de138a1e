/* Standard errors of what the survey finds: from blocks of the scan, in which it is found anew. */
#include "groups.h"
#include "pattern_ring.h"
#include "scan_map.h"
#include "survey.h"
#include <math.h>

/* What is found anew in the mean pattern of a block. */
typedef struct {
  VmSurvey survey;
  const VmGeometryParams *params;
  VmPolar rings;
} Anew;

enum { CENTRE = 0, ELLIPSE = 2, RING = 5, NFOUND };

static PetscErrorCode FindAnew(void *context, const double *pattern, double *found)
{
  const Anew *anew = context;
  const VmSurvey survey = anew->survey;
  const VmGeometryParams *params = anew->params;
  double of_ring[2], given[2];
  PetscFunctionBegin;
  for (int v = 0; v < NFOUND; ++v) found[v] = 0.0; /* given */
  if (params->fit_ellipse)
    PetscCall(VmPatternEllipse(&survey->detector, survey->first_ring, pattern, found + ELLIPSE, of_ring));
  if (VmSurveyCentreOfEllipse(survey, params)) PetscCall(PetscArraycpy(found + CENTRE, of_ring, 2));
  else if (!VmSurveyGivenCentre(survey, params, given)) {
    if (VmSurveyByRings(params))
      PetscCall(VmCentreRings(&survey->detector, pattern, params->beam_stop, found + CENTRE));
    else VmCentreBeam(&survey->detector, pattern, found + CENTRE);
  }
  PetscCall(VmPatternFirstRing(anew->rings, pattern, found + RING));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sums: blocks, and of each value the number and the sum of those found */
static void Means(const void *context, const double *sums, double *values)
{
  (void)context;
  for (int v = 0; v < NFOUND; ++v) values[v] = sums[2 + 2 * v] / sums[1 + 2 * v];
}

PetscErrorCode VmSurveyErrors(VmSurvey survey, const VmFrameSource *source, const VmGeometryParams *params)
{
  const int64_t *scan = survey->info.scan;
  const int64_t along = scan[0] < 4 ? 1 : scan[1] < 4 ? VM_GROUPS : 4, most[2] = {along, VM_GROUPS / along};
  double groups[VM_GROUPS][1 + 2 * NFOUND] = {{0}}, errors[NFOUND];
  Anew anew = {survey, params, NULL};
  VmScanBlocks blocks = {0};
  PetscFunctionBegin;
  PetscCall(VmFineRings(survey->comm, &survey->detector, &anew.rings));
  const PetscErrorCode code = VmScanBlocksMeasure(survey, source, most, NFOUND, FindAnew, &anew, &blocks);
  for (int64_t b = 0; b < blocks.count && !code; ++b) {
    groups[b][0] = 1.0;
    for (int v = 0; v < NFOUND; ++v) {
      if (!isfinite(blocks.value[b * NFOUND + v])) continue;
      groups[b][1 + 2 * v] = 1.0;
      groups[b][2 + 2 * v] = blocks.value[b * NFOUND + v];
    }
  }
  PetscCall(VmScanBlocksDestroy(&blocks));
  PetscCall(VmPolarDestroy(&anew.rings));
  if (code) PetscFunctionReturn(code);
  PetscCall(VmGroupErrors(1 + 2 * NFOUND, groups[0], NFOUND, Means, NULL, errors));
  PetscCall(PetscArraycpy(survey->centre_error, errors + CENTRE, 2));
  PetscCall(PetscArraycpy(survey->ellipse_error, errors + ELLIPSE, 3));
  survey->first_ring_error = errors[RING];
  PetscFunctionReturn(PETSC_SUCCESS);
}
