/* What must be known before the pass: centre, mask, rings, first ring, from the mean of a sample of the frames. */
#include "blocks.h"
#include "centre_map.h"
#include "prepare.h"
#include <math.h>
#include <string.h>

#define SAMPLE_MAX 1024
#define PITCH_MIN 1e-6 /* 1/nm */
#define PITCH_MAX 1e6

enum { CENTRING_AUTO, CENTRING_BEAM, CENTRING_RINGS };
static const char *const centrings[] = {"auto", "beam", "rings", NULL};

static const VmParam rectangle_rows[] = {{.key = "from",
                                          .type = VM_INT,
                                          .offset = offsetof(VmMaskedRectangle, from),
                                          .min = 0,
                                          .max = 1e9,
                                          .count = 2,
                                          .doc = "first masked pixel [det0, det1]"},
                                         {.key = "to",
                                          .type = VM_INT,
                                          .offset = offsetof(VmMaskedRectangle, to),
                                          .min = 0,
                                          .max = 1e9,
                                          .count = 2,
                                          .doc = "last masked pixel [det0, det1], inclusive"},
                                         {0}};
static const VmTable rectangle_table = {"masked", "rectangles of pixels that are left out", sizeof(VmMaskedRectangle),
                                        rectangle_rows, NULL};

#define ROW(field) .key = #field, .offset = offsetof(VmGeometryParams, field)
static const VmParam geometry_rows[] = {
    {ROW(centre), .type = VM_REAL, .unit = "1", .default_text = "none", .count = 2,
     .doc = "direct beam [det0, det1] in pixels; none: that of the file, or found"},
    {ROW(centring), .type = VM_ENUM, .default_text = "auto", .choices = centrings,
     .doc =
         "how an unknown centre is found: centre of mass of the direct beam, or roundness of the rings beyond the beam "
         "stop; auto: rings if there is a beam stop, else beam"},
    {ROW(centre_map), .type = VM_ENUM, .default_text = "none", .choices = vm_centre_maps,
     .doc = "the centre moves with the probe (descan): as a plane or a quadratic function of the probe position, found "
            "in blocks of the scan; every frame is then moved by whole pixels to the common centre"},
    {ROW(centre_blocks), .type = VM_INT, .default_text = "8", .min = 2, .max = 64,
     .doc = "blocks along each axis of the scan, each the mean of up to 64 frames, in which centre_map finds the "
            "centre"},
    {ROW(ellipse), .type = VM_REAL, .unit = "1", .default_text = "[0, 0, 0]", .min = -0.5, .max = 0.5, .count = 3,
     .doc = "distortion e of the pattern [xx, yy, xy], xx along det0: rings are circles in (1 + e) k"},
    {ROW(fit_ellipse), .type = VM_BOOL, .default_text = "false",
     .doc = "finds the distortion from the first ring of the mean pattern; its area is kept"},
    {ROW(pitch), .type = VM_REAL, .unit = "1/nm", .default_text = "none", .min = 1e-6, .max = 1e6,
     .doc = "detector pixel, k = 1/d without 2 pi; none: that of the file"},
    {ROW(gain), .type = VM_REAL, .unit = "1", .default_text = "none", .min = 0, .max = 1e12,
     .doc = "counts per electron; none: that of the file; 0: unknown, shot noise is not subtracted"},
    {ROW(beam_stop), .type = VM_REAL, .unit = "1/nm", .default_text = "0 1/nm", .min = 0, .max = 1e6,
     .doc = "radius of a masked disc about the centre"},
    {ROW(masked), .type = VM_LIST, .default_text = "[]", .subtable = &rectangle_table,
     .doc = "masked rectangles: arm of a beam stop, dead rows, dead pixels"},
    {ROW(mask), .type = VM_STRING, .default_text = "none",
     .doc = "file of one pattern (any cube format, e.g. npy): pixels that are 0 are masked"},
    {ROW(shadow), .type = VM_STRING, .default_text = "none",
     .doc = "masks pixels of the mean pattern that are not above this: auto (Otsu on the logarithm: beam stop with its "
            "arm, edge of an aperture) or counts; the centre is then found from the rings"},
    {ROW(grow), .type = VM_INT, .default_text = "3", .min = 0, .max = 100,
     .doc = "pixels by which the shadow is grown"},
    {ROW(hot), .type = VM_REAL, .unit = "1", .default_text = "none", .min = 1, .max = 1e6,
     .doc = "masks hot and dead pixels that differ from the median of their 5 x 5 neighbours by this many times the "
            "usual difference, in the mean pattern"},
    {ROW(dark), .type = VM_STRING, .default_text = "none",
     .doc = "file of one pattern or many (their mean) that is subtracted from every frame"},
    {ROW(flat), .type = VM_STRING, .default_text = "none",
     .doc = "file of one pattern (or many) by which every frame is divided, after `dark`"},
    {ROW(k_min), .type = VM_REAL, .unit = "1/nm", .default_text = "0 1/nm", .min = 0, .max = 1e6,
     .doc = "inner edge of the first ring"},
    {ROW(k_max), .type = VM_REAL, .unit = "1/nm", .default_text = "none", .min = 0, .max = 1e6,
     .doc = "outer edge of the last ring; none: the largest circle on the detector"},
    {ROW(k_step), .type = VM_REAL, .unit = "1/nm", .default_text = "none", .min = 1e-6, .max = 1e6,
     .doc = "width of the rings of fem and angular_correlation; none: one pixel"},
    {ROW(angles), .type = VM_INT, .default_text = "180", .min = 8, .max = 4096,
     .doc = "angular samples of a ring (angular_correlation, nfold)"},
    {ROW(kernel), .type = VM_ENUM, .default_text = "area", .choices = vm_polar_kernels,
     .doc = "polar resampling: area-weighted mean of the pixels a bin overlaps, or bilinear"},
    {0}};

static PetscErrorCode GeometryCheck(const void *params, const VmNode *node, VmReport report)
{
  const VmGeometryParams *p = params;
  char *end;
  PetscFunctionBegin;
  if (p->shadow && strcmp(p->shadow, "auto") != 0 && (!isfinite(strtod(p->shadow, &end)) || end == p->shadow || *end))
    PetscCall(VmReportAdd(report, node, "shadow \"%s\" is neither auto nor a number of counts", p->shadow));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_geometry_table = {"geometry", "calibration, mask, rings and angles of a pass over a cube",
                                   sizeof(VmGeometryParams), geometry_rows, GeometryCheck};

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

static bool ByRings(const VmGeometryParams *params)
{
  return params->centring == CENTRING_RINGS ||
         (params->centring == CENTRING_AUTO && (params->beam_stop > 0.0 || params->shadow));
}

/* The centre of the user or of the file, if it has one. */
static bool GivenCentre(VmSurvey survey, const VmGeometryParams *params, double centre[2])
{
  for (int a = 0; a < 2; ++a) centre[a] = isnan(params->centre[a]) ? survey->info.centre[a] : params->centre[a];
  return !isnan(centre[0]) && !isnan(centre[1]);
}

static PetscErrorCode FindCentre(VmSurvey survey, const VmFrameSource *source, const VmGeometryParams *params)
{
  VmDetector *d = &survey->detector;
  PetscFunctionBegin;
  const bool given = GivenCentre(survey, params, d->centre);
  if (!given) {
    if (!ByRings(params)) VmCentreBeam(d, survey->pattern, d->centre);
    else {
      for (int a = 0; a < 2; ++a) d->centre[a] = 0.5 * (double)(d->det[a] - 1);
      PetscCall(VmCentreRings(d, survey->pattern, params->beam_stop, d->centre));
    }
  }
  for (int a = 0; a < 2; ++a)
    if (!(d->centre[a] > 0.0 && d->centre[a] < (double)(d->det[a] - 1)))
      VmThrow(survey->comm, VM_ERR_INPUT, "geometry: the centre [%g, %g] is not on the detector of %lld x %lld pixels",
              d->centre[0], d->centre[1], (long long)d->det[0], (long long)d->det[1]);
  if (params->centre_map != VM_CENTRE_NONE) {
    if (ByRings(params)) MaskBeamStop(survey, params->beam_stop);
    PetscCall(VmCentreMapFit(survey, source, params, ByRings(params), given));
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

/* Radial intensity of the sample in rings of half a pixel. */
static PetscErrorCode FindFirstRing(VmSurvey survey)
{
  const double step = 0.5 * fmin(survey->detector.pitch[0], survey->detector.pitch[1]);
  int n;
  double *k, *intensity;
  VmPolar rings;
  PetscFunctionBegin;
  PetscCall(VmRingsCreate(0.0, VmDetectorReach(&survey->detector), step, &n, &k));
  PetscCall(PetscMalloc1((size_t)n, &intensity));
  PetscCall(VmPolarCreate(&survey->detector, n, k, step, 1, VM_POLAR_AREA, &rings));
  VmPolarApplyDouble(rings, survey->pattern, intensity);
  for (int r = 0; r < n; ++r)
    if (!rings->valid[r]) intensity[r] = NAN;
  survey->first_ring = VmFirstRing(n, k, intensity, NAN);
  PetscCall(VmPolarDestroy(&rings));
  PetscCall(PetscFree(k));
  PetscCall(PetscFree(intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The ellipse of the first ring, without change of its area; its centre too, where the rings tell it. */
static PetscErrorCode FitEllipse(VmSurvey survey, bool centre)
{
  VmDetector *d = &survey->detector;
  VmRing ring = {.k0 = survey->first_ring, .half_width = 0.2 * survey->first_ring};
  PetscFunctionBegin;
  if (isnan(survey->first_ring))
    VmThrow(survey->comm, VM_ERR_INPUT, "geometry: fit_ellipse: the mean pattern has no ring to fit");
  PetscCall(VmRingFit(d, survey->pattern, true, &ring));
  if (!ring.found)
    VmThrow(survey->comm, VM_ERR_INPUT,
            "geometry: fit_ellipse: the fit of the ring at %.4g 1/nm did not converge; give the ellipse",
            survey->first_ring);
  const double scale = 1.0 / sqrt((1.0 + ring.e[0]) * (1.0 + ring.e[1]) - ring.e[2] * ring.e[2]);
  d->e[0] = (1.0 + ring.e[0]) * scale - 1.0;
  d->e[1] = (1.0 + ring.e[1]) * scale - 1.0;
  d->e[2] = ring.e[2] * scale;
  if (centre) PetscCall(PetscArraycpy(d->centre, ring.centre, 2));
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
    const bool free_centre = isnan(params->centre[0]) && isnan(survey->info.centre[0]) && ByRings(params);
    PetscCall(FitEllipse(survey, free_centre));
    PetscCall(FindFirstRing(survey));
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
  const PetscErrorCode code = Survey(*survey, source, params);
  if (code) PetscCall(VmSurveyDestroy(survey));
  PetscFunctionReturn(code);
}

PetscErrorCode VmSurveyPolar(VmSurvey survey, VmPolar *polar)
{
  PetscFunctionBegin;
  if (!survey->polar)
    PetscCall(VmPolarCreate(&survey->detector, survey->rings, survey->k, survey->k_step, survey->angles, survey->kernel,
                            &survey->polar));
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
