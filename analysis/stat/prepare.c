#include "prepare.h"
#include <vitromech/map.h>
#include <math.h>
#include <string.h>

static PetscErrorCode MeanOfFrames(VmCube cube, int64_t frames, int64_t npix, double *pattern)
{
  float *frame;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)npix, &frame));
  for (int64_t f = 0; f < frames && !code; ++f) {
    code = VmCubeRead(cube, f, 1, frame);
    for (int64_t p = 0; p < npix && !code; ++p) pattern[p] += (double)frame[p] / (double)frames;
  }
  PetscCall(PetscFree(frame));
  PetscFunctionReturn(code);
}

PetscErrorCode VmPatternRead(MPI_Comm comm, const char *key, const char *path, const int64_t det[2], double **pattern)
{
  VmCube cube;
  PetscFunctionBegin;
  *pattern = NULL;
  PetscCall(VmCubeOpen(comm, path, NULL, &cube));
  const VmCubeInfo info = *VmCubeGetInfo(cube);
  PetscErrorCode code = PETSC_SUCCESS;
  if (info.det[0] != det[0] || info.det[1] != det[1])
    code = VmRaise(comm, VM_ERR_INPUT, "geometry: %s: %s has %lld x %lld pixels, the cube has %lld x %lld", key, path,
                   (long long)info.det[0], (long long)info.det[1], (long long)det[0], (long long)det[1]);
  if (!code) {
    PetscCall(PetscCalloc1((size_t)(det[0] * det[1]), pattern));
    code = VmAgree(comm, MeanOfFrames(cube, info.scan[0] * info.scan[1], det[0] * det[1], *pattern));
  }
  PetscCall(VmCubeClose(&cube));
  if (code) PetscCall(PetscFree(*pattern));
  PetscFunctionReturn(code);
}

PetscErrorCode VmPreparedCreate(MPI_Comm comm, const VmCubeInfo *info, const VmFrameSource *raw,
                                const VmGeometryParams *params, VmPrepared *prepared)
{
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  *prepared = (VmPrepared){.raw = *raw, .npix = info->det[0] * info->det[1]};
  if (params->dark) code = VmPatternRead(comm, "dark", params->dark, info->det, &prepared->dark);
  if (!code && params->flat) code = VmPatternRead(comm, "flat", params->flat, info->det, &prepared->flat);
  if (code) PetscCall(VmPreparedDestroy(prepared));
  PetscFunctionReturn(code);
}

PetscErrorCode VmPreparedDestroy(VmPrepared *prepared)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(prepared->dark));
  PetscCall(PetscFree(prepared->flat));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadPrepared(void *handle, int64_t first, int64_t n, float *frames)
{
  const VmPrepared *c = handle;
  PetscFunctionBegin;
  const PetscErrorCode code = c->raw.read(c->raw.handle, first, n, frames);
  for (int64_t f = 0; f < n && !code; ++f) {
    float *frame = frames + f * c->npix;
    for (int64_t p = 0; p < c->npix && c->dark; ++p) frame[p] = (float)((double)frame[p] - c->dark[p]);
    for (int64_t p = 0; p < c->npix && c->flat; ++p) frame[p] = (float)((double)frame[p] / c->flat[p]);
  }
  PetscFunctionReturn(code);
}

VmFrameSource VmPreparedFrames(VmPrepared *prepared)
{
  return prepared->dark || prepared->flat ? (VmFrameSource){ReadPrepared, prepared} : prepared->raw;
}

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Difference of a pixel from the median of its valid neighbours; NAN without neighbours. */
static double Excess(const VmDetector *d, const double *pattern, int64_t i, int64_t j)
{
  enum { REACH = 2 };
  double near[(2 * REACH + 1) * (2 * REACH + 1)];
  int n = 0;
  for (int64_t a = PetscMax(i - REACH, 0); a <= PetscMin(i + REACH, d->det[0] - 1); ++a)
    for (int64_t b = PetscMax(j - REACH, 0); b <= PetscMin(j + REACH, d->det[1] - 1); ++b)
      if ((a != i || b != j) && d->valid[a * d->det[1] + b]) near[n++] = pattern[a * d->det[1] + b];
  if (n == 0) return NAN;
  qsort(near, (size_t)n, sizeof *near, CompareDouble);
  return pattern[i * d->det[1] + j] - 0.5 * (near[(n - 1) / 2] + near[n / 2]);
}

PetscErrorCode VmMaskHot(const VmDetector *d, const double *pattern, double sigmas, uint8_t *valid, int64_t *masked)
{
  const int64_t npix = d->det[0] * d->det[1];
  double *excess, *sizes;
  int64_t n = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)npix, &excess, (size_t)npix, &sizes));
  for (int64_t p = 0; p < npix; ++p) {
    excess[p] = valid[p] ? Excess(d, pattern, p / d->det[1], p % d->det[1]) : NAN;
    if (!isnan(excess[p])) sizes[n++] = fabs(excess[p]);
  }
  qsort(sizes, (size_t)n, sizeof *sizes, CompareDouble);
  *masked = 0;
  for (int64_t p = 0; p < npix && n > 0; ++p)
    if (fabs(excess[p]) > sigmas * 1.4826 * sizes[n / 2] && sizes[n / 2] > 0.0) {
      valid[p] = 0;
      ++*masked;
    }
  PetscCall(PetscFree2(excess, sizes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Three decades below the brightest per cent everything is equally dark, however the background was taken off. */
static PetscErrorCode OtsuOfLogarithms(int64_t npix, const double *pattern, const uint8_t *valid, double *threshold)
{
  double *values;
  int64_t n = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)npix, &values));
  for (int64_t p = 0; p < npix; ++p)
    if (valid[p]) values[n++] = pattern[p];
  qsort(values, (size_t)n, sizeof *values, CompareDouble);
  const double bright = n > 0 ? values[n * 99 / 100] : 0.0;
  for (int64_t i = 0; i < n; ++i) values[i] = log(fmax(values[i], 1e-3 * bright));
  *threshold = bright > 0.0 ? exp(VmThresholdOtsu(n, values)) : NAN;
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMaskShadow(const VmDetector *d, const double *pattern, const char *text, int64_t grow, uint8_t *valid,
                            double *threshold)
{
  const int64_t npix = d->det[0] * d->det[1];
  uint8_t *dark;
  PetscFunctionBegin;
  if (strcmp(text, "auto") == 0) PetscCall(OtsuOfLogarithms(npix, pattern, valid, threshold));
  else *threshold = strtod(text, NULL);
  PetscCall(PetscMalloc1((size_t)npix, &dark));
  for (int64_t p = 0; p < npix; ++p) dark[p] = valid[p] && !(pattern[p] > *threshold);
  for (int64_t p = 0; p < npix; ++p) {
    if (!dark[p]) continue;
    const int64_t i = p / d->det[1], j = p % d->det[1];
    for (int64_t a = PetscMax(i - grow, 0); a <= PetscMin(i + grow, d->det[0] - 1); ++a)
      for (int64_t b = PetscMax(j - grow, 0); b <= PetscMin(j + grow, d->det[1] - 1); ++b)
        if ((a - i) * (a - i) + (b - j) * (b - j) <= grow * grow) valid[a * d->det[1] + b] = 0;
  }
  PetscCall(PetscFree(dark));
  PetscFunctionReturn(PETSC_SUCCESS);
}
