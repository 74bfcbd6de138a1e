/* What must be known before the pass: centre, mask, rings, first ring, from the mean of a sample of the frames. */
#include "blocks.h"
#include "centre_map.h"
#include "pattern_ring.h"
#include "prepare.h"
#include "scan_map.h"
#include "survey.h"
#include <math.h>

#define SAMPLE_MAX 1024
#define PITCH_MIN 1e-6 /* 1/nm */
#define PITCH_MAX 1e6
#define ELLIPSE_RESOLUTION 1e-6

static void AddPatterns(void *context, double *into, const double *from)
{
  const VmSurvey survey = context;
  for (int64_t p = 0; p < survey->npix; ++p) into[p] += from[p];
}

static PetscErrorCode SumSample(VmSurvey survey, const VmFrameSource *source, int64_t stride, VmBlocks blocks)
{
  int rank, size;
  float *frame;
  double *sum;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(survey->comm, &rank));
  PetscCallMPI(MPI_Comm_size(survey->comm, &size));
  PetscCall(PetscMalloc1((size_t)survey->npix, &frame));
  const int64_t nblocks = (survey->sampled + VM_STAT_BLOCK - 1) / VM_STAT_BLOCK;
  for (int64_t b = nblocks * rank / size; b < nblocks * (rank + 1) / size && !code; ++b) {
    PetscCall(VmBlocksNext(blocks, &sum));
    for (int64_t s = b * VM_STAT_BLOCK; s < PetscMin((b + 1) * VM_STAT_BLOCK, survey->sampled) && !code; ++s) {
      code = VmCentreMapRead(survey, source, s * stride, 1, frame);
      if (!code)
        for (int64_t p = 0; p < survey->npix; ++p) sum[p] += (double)frame[p];
    }
    PetscCall(VmBlocksPush(blocks, b));
  }
  PetscCall(PetscFree(frame));
  PetscFunctionReturn(code);
}

/* Mean of every stride-th frame, on all ranks. */
static PetscErrorCode MeanPattern(VmSurvey survey, const VmFrameSource *source)
{
  const int64_t stride = (survey->frames + SAMPLE_MAX - 1) / SAMPLE_MAX;
  VmBlocks blocks;
  PetscMPIInt n;
  PetscFunctionBegin;
  survey->sampled = (survey->frames + stride - 1) / stride;
  PetscCall(VmBlocksCreate((size_t)survey->npix, AddPatterns, survey, &blocks));
  PetscErrorCode code = VmAgree(survey->comm, SumSample(survey, source, stride, blocks));
  if (!code) {
    PetscCall(VmBlocksCollect(survey->comm, blocks, survey->pattern));
    PetscCall(PetscMPIIntCast((PetscInt)survey->npix, &n));
    PetscCallMPI(MPI_Bcast(survey->pattern, n, MPI_DOUBLE, 0, survey->comm));
    for (int64_t p = 0; p < survey->npix; ++p) survey->pattern[p] /= (double)survey->sampled;
  }
  PetscCall(VmBlocksDestroy(&blocks));
  PetscFunctionReturn(code);
}

static void MaskRectangles(VmSurvey survey, const VmList *list)
{
  const VmMaskedRectangle *rectangles = list->items;
  const int64_t *det = survey->detector.det;
  for (int64_t p = 0; p < survey->npix; ++p) {
    survey->valid[p] = isfinite(survey->pattern[p]);
    for (int r = 0; r < list->count; ++r) {
      const int64_t i = p / det[1], j = p % det[1];
      if (i >= rectangles[r].from[0] && i <= rectangles[r].to[0] && j >= rectangles[r].from[1] &&
          j <= rectangles[r].to[1])
        survey->valid[p] = 0;
    }
  }
}

/* Mask of a file, hot pixels, shadow of a beam stop. */
static PetscErrorCode MaskByPattern(VmSurvey survey, const VmGeometryParams *params)
{
  const VmDetector *d = &survey->detector;
  double *mask, threshold;
  int64_t hot = 0;
  PetscFunctionBegin;
  if (params->mask) {
    PetscCall(VmPatternRead(survey->comm, "mask", params->mask, d->det, &mask));
    for (int64_t p = 0; p < survey->npix; ++p) survey->valid[p] = survey->valid[p] && mask[p] != 0.0;
    PetscCall(PetscFree(mask));
  }
  if (params->shadow) {
    PetscCall(VmMaskShadow(d, survey->pattern, params->shadow, params->grow, survey->valid, &threshold));
    PetscCall(VmLog(survey->comm, "geometry: the shadow has at most %.4g counts in the mean pattern", threshold));
  }
  if (!isnan(params->hot)) {
    PetscCall(VmMaskHot(d, survey->pattern, params->hot, survey->valid, &hot));
    PetscCall(VmLog(survey->comm, "geometry: %lld hot or dead pixels masked", (long long)hot));
  }
  int64_t valid = 0;
  for (int64_t p = 0; p < survey->npix; ++p) valid += survey->valid[p];
  if (valid == 0) VmThrow(survey->comm, VM_ERR_INPUT, "geometry: all pixels of the detector are masked");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void MaskBeamStop(VmSurvey survey, double radius)
{
  const VmDetector *d = &survey->detector;
  for (int64_t p = 0; p < survey->npix; ++p) {
    const double x = ((double)(p / d->det[1]) - d->centre[0]) * d->pitch[0];
    const double y = ((double)(p % d->det[1]) - d->centre[1]) * d->pitch[1];
    if (x * x + y * y < radius * radius) survey->valid[p] = 0;
  }
}

/* A beam stop does not move with the pattern: how far the frames are moved over it [1/nm]. */
static double Moved(VmSurvey survey)
{
  const double *pitch = survey->detector.pitch;
  return hypot((double)survey->centre_map.reach[0] * pitch[0], (double)survey->centre_map.reach[1] * pitch[1]);
}

bool VmSurveyByRings(const VmGeometryParams *params)
{
  return params->centring == VM_CENTRING_RINGS ||
         (params->centring == VM_CENTRING_AUTO && (params->beam_stop > 0.0 || params->shadow));
}

bool VmSurveyGivenCentre(VmSurvey survey, const VmGeometryParams *params, double centre[2])
{
  for (int a = 0; a < 2; ++a) centre[a] = isnan(params->centre[a]) ? survey->info.centre[a] : params->centre[a];
  return !isnan(centre[0]) && !isnan(centre[1]);
}

bool VmSurveyCentreOfEllipse(VmSurvey survey, const VmGeometryParams *params)
{
  double centre[2];
  return params->fit_ellipse && VmSurveyByRings(params) && !VmSurveyGivenCentre(survey, params, centre);
}

static PetscErrorCode FindCentre(VmSurvey survey, const VmFrameSource *source, const VmGeometryParams *params)
{
  VmDetector *d = &survey->detector;
  PetscFunctionBegin;
  const bool given = VmSurveyGivenCentre(survey, params, d->centre);
  if (!given) {
    if (!VmSurveyByRings(params)) VmCentreBeam(d, survey->pattern, d->centre);
    else {
      for (int a = 0; a < 2; ++a) d->centre[a] = 0.5 * (double)(d->det[a] - 1);
      PetscCall(VmCentreRings(d, survey->pattern, params->beam_stop, d->centre));
    }
  }
  for (int a = 0; a < 2; ++a)
    if (!(d->centre[a] > 0.0 && d->centre[a] < (double)(d->det[a] - 1)))
      VmThrow(survey->comm, VM_ERR_INPUT, "geometry: the centre [%g, %g] is not on the detector of %lld x %lld pixels",
              d->centre[0], d->centre[1], (long long)d->det[0], (long long)d->det[1]);
  if (params->centre_map != VM_SCAN_NONE) {
    if (VmSurveyByRings(params)) MaskBeamStop(survey, params->beam_stop);
    PetscCall(VmCentreMapFit(survey, source, params, VmSurveyByRings(params), given));
    PetscCall(MeanPattern(survey, source));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmRingsCreate(double k_min, double k_max, double step, int *rings, double **k)
{
  PetscFunctionBegin;
  *rings = (int)fmax(0.0, floor((k_max - k_min) / step + 1e-9));
  PetscCall(PetscMalloc1((size_t)*rings, k));
  for (int r = 0; r < *rings; ++r) (*k)[r] = k_min + (r + 0.5) * step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindFirstRing(VmSurvey survey)
{
  VmPolar rings;
  PetscFunctionBegin;
  PetscCall(VmFineRings(survey->comm, &survey->detector, &rings));
  PetscCall(VmPatternFirstRing(rings, survey->pattern, &survey->first_ring));
  PetscCall(VmPolarDestroy(&rings));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The ellipse of the first ring, and its centre where only the rings tell it. */
static PetscErrorCode FitEllipse(VmSurvey survey, bool centre)
{
  VmDetector *d = &survey->detector;
  double e[3], of_ring[2];
  PetscFunctionBegin;
  if (isnan(survey->first_ring))
    VmThrow(survey->comm, VM_ERR_INPUT, "geometry: fit_ellipse: the mean pattern has no ring to fit");
  PetscCall(VmPatternEllipse(d, survey->first_ring, survey->pattern, e, of_ring));
  if (isnan(e[0]))
    VmThrow(survey->comm, VM_ERR_INPUT,
            "geometry: fit_ellipse: the fit of the ring at %.4g 1/nm did not converge; give the ellipse",
            survey->first_ring);
  PetscCall(PetscArraycpy(d->e, e, 3));
  if (centre) PetscCall(PetscArraycpy(d->centre, of_ring, 2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EllipseOf(void *context, const double *pattern, double *e)
{
  const VmSurvey survey = context;
  double centre[2];
  PetscFunctionBegin;
  PetscCall(VmPatternEllipse(&survey->detector, survey->first_ring, pattern, e, centre));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FitEllipseMap(VmSurvey survey, const VmFrameSource *source, const VmGeometryParams *params)
{
  const int64_t most[2] = {params->ellipse_blocks, params->ellipse_blocks};
  const double metric[3] = {1.0, 1.0, 2.0}; /* of a symmetric tensor xx, yy, xy */
  VmScanMap *map = &survey->ellipse_map;
  VmScanBlocks blocks = {0};
  PetscFunctionBegin;
  PetscErrorCode code = VmScanBlocksMeasure(survey, source, most, 3, EllipseOf, survey, &blocks);
  const bool found = !code && VmScanMapFit(&blocks, params->ellipse_map, metric, ELLIPSE_RESOLUTION, map);
  PetscCall(VmScanBlocksDestroy(&blocks));
  if (code) PetscFunctionReturn(code);
  if (!found)
    VmThrow(survey->comm, VM_ERR_INPUT,
            "geometry: ellipse_map: the rings of %lld blocks of the scan do not determine a %s: give more "
            "ellipse_blocks, a lower order, or ellipse_map: none",
            (long long)map->blocks, vm_scan_maps[params->ellipse_map]);
  PetscCall(VmLog(survey->comm, "geometry: ellipse_map: %lld of %lld blocks used, %.3g rms from the %s",
                  (long long)map->used, (long long)map->blocks, map->rms, vm_scan_maps[params->ellipse_map]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Calibrate(VmSurvey survey, const VmGeometryParams *params)
{
  VmDetector *d = &survey->detector;
  PetscFunctionBegin;
  for (int a = 0; a < 2; ++a) {
    d->det[a] = survey->info.det[a];
    d->pitch[a] = isnan(params->pitch) ? survey->info.det_pitch[a] : params->pitch;
  }
  for (int a = 0; a < 2; ++a)
    if (d->pitch[a] > 0.0 && !(d->pitch[a] >= PITCH_MIN && d->pitch[a] <= PITCH_MAX))
      VmThrow(survey->comm, VM_ERR_INPUT,
              "the detector pitch of the file, %g 1/nm, cannot be: give it, e.g. --pitch \"0.16 1/nm\"", d->pitch[a]);
  if (!(d->pitch[0] > 0.0 && d->pitch[1] > 0.0))
    VmThrow(survey->comm, VM_ERR_INPUT,
            "the detector pitch is not in the file: give it, e.g. --pitch \"0.16 1/nm\" or an "
            "analysis entry {statistic: geometry, pitch: 0.16 1/nm}");
  survey->gain = isnan(params->gain) ? survey->info.gain : params->gain;
  survey->angles = (int)params->angles;
  survey->kernel = (VmPolarKernel)params->kernel;
  survey->k_step = isnan(params->k_step) ? fmax(d->pitch[0], d->pitch[1]) : params->k_step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Survey(VmSurvey survey, const VmFrameSource *source, const VmGeometryParams *params)
{
  PetscFunctionBegin;
  PetscCall(Calibrate(survey, params));
  PetscCall(PetscMalloc1((size_t)survey->npix, &survey->pattern));
  PetscCall(PetscMalloc1((size_t)survey->npix, &survey->valid));
  survey->detector.valid = survey->valid;
  PetscCall(MeanPattern(survey, source));
  MaskRectangles(survey, &params->masked);
  PetscCall(MaskByPattern(survey, params));
  PetscCall(FindCentre(survey, source, params));
  MaskBeamStop(survey, params->beam_stop > 0.0 ? params->beam_stop + Moved(survey) : 0.0);
  PetscCall(PetscArraycpy(survey->detector.e, params->ellipse, 3));
  PetscCall(FindFirstRing(survey));
  if (params->fit_ellipse) {
    PetscCall(FitEllipse(survey, VmSurveyCentreOfEllipse(survey, params)));
    PetscCall(FindFirstRing(survey));
  }
  if (params->ellipse_map != VM_SCAN_NONE) {
    const PetscErrorCode code = FitEllipseMap(survey, source, params);
    if (code) PetscFunctionReturn(code);
  }
  const double k_max = isnan(params->k_max) ? VmDetectorReach(&survey->detector) : params->k_max;
  PetscCall(VmRingsCreate(params->k_min, k_max, survey->k_step, &survey->rings, &survey->k));
  if (survey->rings < 1)
    VmThrow(survey->comm, VM_ERR_INPUT, "geometry: no ring of %g 1/nm fits between k_min = %g and k_max = %g 1/nm",
            survey->k_step, params->k_min, k_max);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSurveyCreate(MPI_Comm comm, const VmCubeInfo *info, const VmFrameSource *source,
                              const VmGeometryParams *params, VmSurvey *survey)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(survey));
  (*survey)->comm = comm;
  (*survey)->info = *info;
  (*survey)->frames = info->scan[0] * info->scan[1];
  (*survey)->npix = info->det[0] * info->det[1];
  (*survey)->first_ring_error = NAN;
  for (int a = 0; a < 2; ++a) (*survey)->centre_error[a] = NAN;
  for (int a = 0; a < 3; ++a) (*survey)->ellipse_error[a] = NAN;
  const PetscErrorCode code = Survey(*survey, source, params);
  if (code) PetscCall(VmSurveyDestroy(survey));
  PetscFunctionReturn(code);
}

PetscErrorCode VmSurveyPolar(VmSurvey survey, VmPolar *polar)
{
  PetscFunctionBegin;
  if (!survey->polar)
    PetscCall(VmPolarCreateShared(survey->comm, &survey->detector, survey->rings, survey->k, survey->k_step,
                                  survey->angles, survey->kernel, &survey->polar));
  *polar = survey->polar;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSurveyDestroy(VmSurvey *survey)
{
  PetscFunctionBegin;
  if (!*survey) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmPolarDestroy(&(*survey)->polar));
  PetscCall(PetscFree((*survey)->valid));
  PetscCall(PetscFree((*survey)->pattern));
  PetscCall(PetscFree((*survey)->k));
  PetscCall(PetscFree(*survey));
  PetscFunctionReturn(PETSC_SUCCESS);
}
