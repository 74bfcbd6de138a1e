/* Descan: the centre moves with the probe, to first order linearly. Frames are moved by whole pixels, so that counts
 * stay counts and neighbouring pixels independent. */
#include "centre_map.h"
#include "scan_map.h"
#include <vitromech/log.h>
#include <math.h>
#include <string.h>

#define RESOLUTION (1.0 / 256.0) /* pixels, of the search for the centre */

void VmCentreMapAt(VmSurvey survey, int64_t frame, double centre[2])
{
  VmScanMapAt(&survey->centre_map.map, survey->info.scan, frame, 2, centre);
}

void VmCentreMapShift(VmSurvey survey, int64_t frame, int64_t shift[2])
{
  double centre[2];
  VmCentreMapAt(survey, frame, centre);
  for (int a = 0; a < 2; ++a) shift[a] = (int64_t)floor(centre[a] - survey->centre_map.about[a] + 0.5);
}

/* Pixel p takes the value of pixel p + shift. Rows go in the order in which none is overwritten before it is read. */
static void Move(const int64_t det[2], const int64_t shift[2], float *frame)
{
  const int64_t n = PetscMax(det[1] - PetscAbs(shift[1]), 0), from = PetscMin(PetscMax(-shift[1], 0), det[1]);
  for (int64_t r = 0; r < det[0]; ++r) {
    const int64_t i = shift[0] >= 0 ? r : det[0] - 1 - r, source = i + shift[0];
    const bool inside = source >= 0 && source < det[0] && n > 0;
    float *row = frame + i * det[1];
    if (inside) memmove(row + from, frame + source * det[1] + from + shift[1], (size_t)n * sizeof *row);
    for (int64_t j = 0; j < det[1]; ++j)
      if (!inside || j < from || j >= from + n) row[j] = 0.0F;
  }
}

PetscErrorCode VmCentreMapRead(VmSurvey survey, const VmFrameSource *source, int64_t first, int64_t n, float *frames)
{
  int64_t shift[2];
  PetscFunctionBegin;
  const PetscErrorCode code = source->read(source->handle, first, n, frames);
  for (int64_t f = 0; f < n && !code && survey->centre_map.map.terms; ++f) {
    VmCentreMapShift(survey, first + f, shift);
    if (shift[0] || shift[1]) Move(survey->detector.det, shift, frames + f * survey->npix);
  }
  PetscFunctionReturn(code);
}

typedef struct {
  VmSurvey survey;
  bool by_rings;
  double beam_stop;
} Centring;

static PetscErrorCode CentreOf(void *context, const double *pattern, double *centre)
{
  const Centring *c = context;
  PetscFunctionBegin;
  if (c->by_rings) PetscCall(VmCentreRings(&c->survey->detector, pattern, c->beam_stop, centre));
  else VmCentreBeam(&c->survey->detector, pattern, centre);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pixels that every frame has, unmasked: the mask stays with the detector while frames move. */
static PetscErrorCode MaskMoved(VmSurvey survey)
{
  const int64_t *det = survey->detector.det;
  const int64_t side[2] = {2 * survey->centre_map.reach[0] + 1, 2 * survey->centre_map.reach[1] + 1};
  uint8_t *seen, *valid;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)(side[0] * side[1]), &seen));
  PetscCall(PetscMalloc1((size_t)survey->npix, &valid));
  PetscCall(PetscArraycpy(valid, survey->valid, (size_t)survey->npix));
  for (int64_t f = 0; f < survey->frames; ++f) {
    int64_t shift[2];
    VmCentreMapShift(survey, f, shift);
    seen[(shift[0] + survey->centre_map.reach[0]) * side[1] + shift[1] + survey->centre_map.reach[1]] = 1;
  }
  for (int64_t p = 0; p < survey->npix; ++p) survey->valid[p] = 1;
  for (int64_t s = 0; s < side[0] * side[1]; ++s) {
    if (!seen[s]) continue;
    for (int64_t p = 0; p < survey->npix; ++p) {
      const int64_t i = p / det[1] + s / side[1] - survey->centre_map.reach[0];
      const int64_t j = p % det[1] + s % side[1] - survey->centre_map.reach[1];
      if (i < 0 || j < 0 || i >= det[0] || j >= det[1] || !valid[i * det[1] + j]) survey->valid[p] = 0;
    }
  }
  PetscCall(PetscFree(seen));
  PetscCall(PetscFree(valid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The common centre, and how far frames lie from it. */
static PetscErrorCode Align(VmSurvey survey, bool given)
{
  VmCentreMap *map = &survey->centre_map;
  VmDetector *d = &survey->detector;
  double sum[2] = {0, 0};
  PetscFunctionBegin;
  if (given) PetscCall(PetscArraycpy(map->about, d->centre, 2));
  else
    for (int a = 0; a < 2; ++a) map->about[a] = map->map.coefficient[a][0];
  for (int64_t f = 0; f < survey->frames; ++f) {
    int64_t shift[2];
    double centre[2];
    VmCentreMapAt(survey, f, centre);
    for (int a = 0; a < 2; ++a)
      if (!(centre[a] > 0.0 && centre[a] < (double)(d->det[a] - 1)))
        VmThrow(survey->comm, VM_ERR_INPUT,
                "geometry: centre_map: the fitted centre of frame %lld, [%g, %g], is not on the detector: is the "
                "direct beam (or, beyond a beam_stop, the ring) to be seen in most of the scan?",
                (long long)f, centre[0], centre[1]);
    VmCentreMapShift(survey, f, shift);
    for (int a = 0; a < 2; ++a) {
      map->reach[a] = PetscMax(map->reach[a], PetscAbs(shift[a]));
      sum[a] += centre[a] - (double)shift[a];
    }
  }
  for (int a = 0; a < 2 && !given; ++a) d->centre[a] = sum[a] / (double)survey->frames;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCentreMapFit(VmSurvey survey, const VmFrameSource *source, const VmGeometryParams *params,
                              bool by_rings, bool given)
{
  const int64_t most[2] = {params->centre_blocks, params->centre_blocks};
  const double metric[2] = {1.0, 1.0};
  Centring centring = {survey, by_rings, params->beam_stop};
  VmScanMap *map = &survey->centre_map.map;
  VmScanBlocks blocks = {0};
  PetscFunctionBegin;
  PetscErrorCode code = VmScanBlocksMeasure(survey, source, most, 2, CentreOf, &centring, &blocks);
  const bool found = !code && VmScanMapFit(&blocks, params->centre_map, metric, RESOLUTION, map);
  PetscCall(VmScanBlocksDestroy(&blocks));
  if (code) PetscFunctionReturn(code);
  if (!found)
    VmThrow(survey->comm, VM_ERR_INPUT,
            "geometry: centre_map: the centres of %lld blocks of the scan do not determine a %s: give more "
            "centre_blocks, a lower order, or centre_map: none",
            (long long)map->blocks, vm_scan_maps[params->centre_map]);
  code = Align(survey, given);
  if (code) PetscFunctionReturn(code);
  PetscCall(MaskMoved(survey));
  PetscCall(VmLog(survey->comm, "geometry: centre_map: %lld of %lld blocks used, %.3g pixels rms from the %s",
                  (long long)map->used, (long long)map->blocks, map->rms, vm_scan_maps[params->centre_map]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
