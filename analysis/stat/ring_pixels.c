#include "ring_pixels.h"
#include <vitromech/simd.h>
#include <math.h>

#define AHEAD 24 /* pixels of a ring that are asked for in time */

static int RingOfPixel(VmSurvey survey, int64_t p)
{
  const VmDetector *d = &survey->detector;
  double k[2];
  VmDetectorK(d, p / d->det[1], p % d->det[1], k);
  const double r = (sqrt(k[0] * k[0] + k[1] * k[1]) - survey->k[0]) / survey->k_step + 0.5;
  return d->valid[p] && r >= 0.0 && r < survey->rings ? (int)r : -1;
}

PetscErrorCode VmRingPixelsCreate(VmSurvey survey, VmRingPixels *c)
{
  int64_t *filled;
  PetscFunctionBegin;
  c->rings = survey->rings;
  PetscCall(PetscCalloc1((size_t)c->rings + 1, &c->start));
  PetscCall(PetscMalloc1((size_t)survey->npix, &c->pixel));
  for (int64_t p = 0; p < survey->npix; ++p) {
    const int ring = RingOfPixel(survey, p);
    if (ring >= 0) ++c->start[ring + 1];
  }
  for (int r = 0; r < c->rings; ++r) c->start[r + 1] += c->start[r];
  PetscCall(PetscCalloc1((size_t)c->rings, &filled));
  for (int64_t p = 0; p < survey->npix; ++p) {
    const int ring = RingOfPixel(survey, p);
    if (ring >= 0) c->pixel[c->start[ring] + filled[ring]++] = (int32_t)p;
  }
  PetscCall(PetscFree(filled));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmRingPixelsDestroy(VmRingPixels *c)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(c->start));
  PetscCall(PetscFree(c->pixel));
  PetscFunctionReturn(PETSC_SUCCESS);
}

VM_SIMD_CLONES static void SumRing(int64_t n, const int32_t *pixel, const float *lanes, double sum[VM_LANES],
                                   double square[VM_LANES])
{
  double s[VM_LANES] = {0}, q[VM_LANES] = {0};
  for (int64_t i = 0; i < n; ++i) {
    const float *values = lanes + (int64_t)pixel[i] * VM_LANES;
    __builtin_prefetch(lanes + (int64_t)pixel[i + AHEAD < n ? i + AHEAD : i] * VM_LANES);
    for (int l = 0; l < VM_LANES; ++l) {
      const double value = (double)values[l];
      s[l] += value;
      q[l] += value * value;
    }
  }
  for (int l = 0; l < VM_LANES; ++l) {
    sum[l] = s[l];
    square[l] = q[l];
  }
}

VM_SIMD_CLONES static void SumRelative(int64_t n, const int32_t *pixel, const double *pattern, const float *lanes,
                                       double ratio[VM_LANES], double square[VM_LANES], double product[VM_LANES])
{
  double s[VM_LANES] = {0}, q[VM_LANES] = {0}, m[VM_LANES] = {0};
  for (int64_t i = 0; i < n; ++i) {
    const double mean = pattern[pixel[i]], inverse = mean > 0.0 ? 1.0 / mean : 0.0;
    const float *values = lanes + (int64_t)pixel[i] * VM_LANES;
    for (int l = 0; l < VM_LANES; ++l) {
      const double value = (double)values[l], relative = value * inverse;
      s[l] += relative;
      q[l] += relative * relative;
      m[l] += value * mean;
    }
  }
  for (int l = 0; l < VM_LANES; ++l) {
    ratio[l] = s[l];
    square[l] = q[l];
    product[l] = m[l];
  }
}

void VmRingPixelsRelative(const VmRingPixels *c, int ring, const double *pattern, const float *lanes,
                          double ratio[VM_LANES], double square[VM_LANES], double product[VM_LANES])
{
  SumRelative(c->start[ring + 1] - c->start[ring], c->pixel + c->start[ring], pattern, lanes, ratio, square, product);
}

void VmRingPixelsSum(const VmRingPixels *c, int ring, const float *lanes, double sum[VM_LANES], double square[VM_LANES])
{
  SumRing(c->start[ring + 1] - c->start[ring], c->pixel + c->start[ring], lanes, sum, square);
}
