/* The calibration and mask of a pass, written beside what was measured with them. */
#include "centre_map.h"

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

/* Descan: the centre of each frame as it was read, and what it was fitted with. */
static PetscErrorCode AddCentreMap(VmSurvey survey, VmStatResult result)
{
  static const char *const names[2] = {"centre_0", "centre_1"};
  static const char *const long_names[2] = {"fitted centre along det0", "fitted centre along det1"};
  const VmCentreMap *map = &survey->centre_map;
  const int64_t dims[2] = {2, VM_CENTRE_TERMS};
  double *values, centre[2];
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)survey->frames, &values));
  for (int a = 0; a < 2; ++a) {
    for (int64_t f = 0; f < survey->frames; ++f) {
      VmCentreMapAt(survey, f, centre);
      values[f] = centre[a];
    }
    PetscCall(VmStatResultAdd(result, names[a], VM_F64, 2, survey->info.scan, values,
                              (VmMeta){"1", long_names[a], "scan0,scan1"},
                              "pixels, of the frame as it was read; frames were moved by whole pixels"));
  }
  PetscCall(PetscFree(values));
  PetscCall(VmStatResultAdd(result, "centre_coefficients", VM_F64, 2, dims, map->coefficient,
                            (VmMeta){"1", "centre as a polynomial of the probe position, pixels", "axis,term"},
                            "terms 1, x, y, x^2, xy, y^2; x and y from -1 to 1 along scan0 and scan1"));
  PetscCall(VmStatResultScalar(result, "centre_rms", map->rms, "1",
                               "rms distance of the centres of blocks from the fitted map, pixels", NULL));
  PetscCall(VmStatResultAdd(result, "centre_blocks", VM_I64, 0, NULL, &map->blocks,
                            (VmMeta){"1", "blocks of the scan whose centre was measured", NULL}, NULL));
  PetscCall(VmStatResultAdd(result, "centre_blocks_used", VM_I64, 0, NULL, &map->used,
                            (VmMeta){"1", "blocks that the robust fit did not leave out", NULL}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
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
  if (survey->centre_map.terms) PetscCall(AddCentreMap(survey, result));
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
