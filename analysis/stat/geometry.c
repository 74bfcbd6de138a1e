/* The calibration and mask of a pass, written beside what was measured with them. */
#include "scan_map.h"
#include <stdio.h>
#include <string.h>

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

/* The values of a map at every frame, and what it was fitted with. */
typedef struct {
  const char *prefix, *unit_note, *note;
  int nvalue;
  const char *names[VM_SCAN_VALUES], *long_names[VM_SCAN_VALUES];
} MapText;

static const MapText centre_text = {"centre",
                                    "pixels",
                                    "pixels, of the frame as it was read; frames were moved by whole pixels",
                                    2,
                                    {"centre_0", "centre_1"},
                                    {"fitted centre along det0", "fitted centre along det1"}};
static const MapText ellipse_text = {
    "ellipse",
    "distortion",
    "the ring of each frame is a circle in (1 + e) k, e without change of area; polynomial of the probe position",
    3,
    {"ellipse_xx", "ellipse_yy", "ellipse_xy"},
    {"fitted distortion along det0", "fitted distortion along det1", "fitted distortion, tensor component xy"}};

static PetscErrorCode AddMap(VmSurvey survey, const VmScanMap *map, const MapText *text, VmStatResult result)
{
  const int64_t dims[2] = {text->nvalue, VM_SCAN_TERMS};
  double *values, at[VM_SCAN_VALUES];
  char name[64], long_name[128];
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)survey->frames, &values));
  for (int v = 0; v < text->nvalue; ++v) {
    for (int64_t f = 0; f < survey->frames; ++f) {
      VmScanMapAt(map, survey->info.scan, f, text->nvalue, at);
      values[f] = at[v];
    }
    PetscCall(VmStatResultAdd(result, text->names[v], VM_F64, 2, survey->info.scan, values,
                              (VmMeta){"1", text->long_names[v], "scan0,scan1"}, text->note));
  }
  PetscCall(PetscFree(values));
  snprintf(name, sizeof name, "%s_coefficients", text->prefix);
  snprintf(long_name, sizeof long_name, "%s as a polynomial of the probe position, %s", text->prefix, text->unit_note);
  PetscCall(VmStatResultAdd(result, name, VM_F64, 2, dims, map->coefficient, (VmMeta){"1", long_name, "component,term"},
                            "terms 1, x, y, x^2, xy, y^2; x and y from -1 to 1 along scan0 and scan1"));
  snprintf(name, sizeof name, "%s_coefficients_error", text->prefix);
  PetscCall(VmStatResultAdd(result, name, VM_F64, 2, dims, map->error,
                            (VmMeta){"1", "standard errors (bootstrap over the blocks)", "component,term"}, NULL));
  snprintf(name, sizeof name, "%s_rms", text->prefix);
  snprintf(long_name, sizeof long_name, "rms distance of the blocks from the fitted map, %s", text->unit_note);
  PetscCall(VmStatResultScalar(result, name, map->rms, "1", long_name, NULL));
  snprintf(name, sizeof name, "%s_blocks", text->prefix);
  PetscCall(VmStatResultAdd(result, name, VM_I64, 0, NULL, &map->blocks,
                            (VmMeta){"1", "blocks of the scan that were looked at", NULL}, NULL));
  snprintf(name, sizeof name, "%s_blocks_used", text->prefix);
  PetscCall(VmStatResultAdd(result, name, VM_I64, 0, NULL, &map->used,
                            (VmMeta){"1", "blocks that the robust fit did not leave out", NULL}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool HasMap(const void *params, const char *name)
{
  const VmGeometryParams *p = params;
  for (int v = 0; v < VM_SCAN_VALUES; ++v) {
    if (v < 2 && p->centre_map != VM_SCAN_NONE && strcmp(name, centre_text.names[v]) == 0) return true;
    if (p->ellipse_map != VM_SCAN_NONE && strcmp(name, ellipse_text.names[v]) == 0) return true;
  }
  return false;
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const VmSurvey survey = context;
  static const char *const error =
      "standard error by bootstrap over 16 blocks of the scan, found anew in each; 0: given";
  const int64_t two = 2, three = 3;
  PetscFunctionBegin;
  (void)sums;
  (void)maps;
  PetscCall(VmStatResultAdd(result, "centre", VM_F64, 1, &two, survey->detector.centre,
                            (VmMeta){"1", "direct beam, pixels along det0 and det1", "axis"}, NULL));
  PetscCall(VmStatResultAdd(result, "ellipse", VM_F64, 1, &three, survey->detector.e,
                            (VmMeta){"1", "distortion xx, yy, xy: rings are circles in (1 + e) k", "component"}, NULL));
  PetscCall(VmStatResultAdd(result, "centre_error", VM_F64, 1, &two, survey->centre_error,
                            (VmMeta){"1", "standard error of centre", "axis"}, error));
  PetscCall(VmStatResultAdd(result, "ellipse_error", VM_F64, 1, &three, survey->ellipse_error,
                            (VmMeta){"1", "standard error of ellipse", "component"}, error));
  PetscCall(VmStatResultAdd(result, "pitch", VM_F64, 1, &two, survey->detector.pitch,
                            (VmMeta){"1/nm", "detector pixel, k = 1/d without 2 pi", "axis"}, NULL));
  PetscCall(VmStatResultAdd(result, "valid", VM_U8, 2, survey->detector.det, survey->valid,
                            (VmMeta){"1", "1: pixel used, 0: masked", "det0,det1"}, NULL));
  PetscCall(VmStatResultScalar(result, "gain", survey->gain, "1", "counts per electron, 0: unknown", NULL));
  PetscCall(VmStatResultEstimate(result, "first_ring", survey->first_ring, survey->first_ring_error, "1/nm",
                                 "first ring of the mean of a sample of frames: default k of v2d and nfold", error));
  if (survey->centre_map.map.terms) PetscCall(AddMap(survey, &survey->centre_map.map, &centre_text, result));
  if (survey->ellipse_map.terms) PetscCall(AddMap(survey, &survey->ellipse_map, &ellipse_text, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_geometry = {
    .head = {"geometry", "centre, detector pitch, gain, mask, rings and angles used by all statistics of a cube",
             "docs/theory/statistics.md", &vm_geometry_table},
    .has_map = HasMap,
    .setup = SetUp,
    .destroy = Destroy,
    .size = Size,
    .accumulate = Accumulate,
    .merge = VmStatMergeSum,
    .finalise = Finalise};
