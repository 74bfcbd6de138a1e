/* The calibration and mask of a pass, written beside what was measured with them. */
#include <vitromech/stat.h>

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  (void)params;
  *context = survey;
  return PETSC_SUCCESS;
}

static PetscErrorCode Destroy(void **context)
{
  *context = NULL;
  return PETSC_SUCCESS;
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  (void)context;
  *nsum = *nmap = 0;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  (void)context;
  (void)tile;
  (void)sums;
  (void)maps;
  return PETSC_SUCCESS;
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const VmSurvey survey = context;
  const int64_t two = 2, three = 3;
  PetscFunctionBegin;
  (void)sums;
  (void)maps;
  PetscCall(VmStatResultAdd(result, "centre", VM_F64, 1, &two, survey->detector.centre,
                            (VmMeta){"1", "direct beam, pixels along det0 and det1", "axis"}, NULL));
  PetscCall(VmStatResultAdd(result, "ellipse", VM_F64, 1, &three, survey->detector.e,
                            (VmMeta){"1", "distortion xx, yy, xy: rings are circles in (1 + e) k", "component"}, NULL));
  PetscCall(VmStatResultAdd(result, "pitch", VM_F64, 1, &two, survey->detector.pitch,
                            (VmMeta){"1/nm", "detector pixel, k = 1/d without 2 pi", "axis"}, NULL));
  PetscCall(VmStatResultAdd(result, "valid", VM_U8, 2, survey->detector.det, survey->valid,
                            (VmMeta){"1", "1: pixel used, 0: masked", "det0,det1"}, NULL));
  PetscCall(VmStatResultScalar(result, "gain", survey->gain, "1", "counts per electron, 0: unknown", NULL));
  PetscCall(VmStatResultScalar(result, "first_ring", survey->first_ring, "1/nm",
                               "first ring of the mean of a sample of frames: default k of v2d and nfold", NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_geometry = {
    .head = {"geometry", "centre, detector pitch, gain, mask, rings and angles used by all statistics of a cube",
             "docs/theory/statistics.md", &vm_geometry_table},
    .setup = SetUp,
    .destroy = Destroy,
    .size = Size,
    .accumulate = Accumulate,
    .merge = VmStatMergeSum,
    .finalise = Finalise};
