#include "detector.h"
#include <math.h>
#include <string.h>

enum { DRAWS = 64 }; /* counters that a Poisson variate may use */

/* Without the division of %, of which there would be two in each pixel. */
static int64_t Wrapped(int64_t m, int64_t n) { return m < 0 ? m + n : m >= n ? m - n : m; }

/* A pixel covers the points within half a pixel of its centre; points on the border of an even window count half for
 * each of the two pixels. */
void VmDetectorCollect(const VmOptics *optics, const double *intensity, double weight, double *mean)
{
  const int64_t *n = optics->grid, *pixels = optics->params->detector.pixels;
  const int64_t window = optics->params->window, reach = window / 2;

  for (int64_t i = 0; i < pixels[0]; ++i) {
    for (int64_t j = 0; j < pixels[1]; ++j) {
      double sum = 0.0;
      for (int64_t a = -reach; a <= reach; ++a) {
        const int64_t row = Wrapped((i - pixels[0] / 2) * window + a, n[0]);
        for (int64_t b = -reach; b <= reach; ++b) {
          const int64_t column = Wrapped((j - pixels[1] / 2) * window + b, n[1]);
          const bool border = window % 2 == 0;
          const double share = (border && llabs(a) == reach ? 0.5 : 1.0) * (border && llabs(b) == reach ? 0.5 : 1.0);
          sum += share * intensity[row * n[1] + column];
        }
      }
      mean[i * pixels[1] + j] += weight * sum;
    }
  }
}

/* Convolution of `lines` lines of n values, `stride` apart, starting `next` apart; what leaves the detector is lost. */
static void SpreadLines(const double *kernel, int64_t reach, int64_t lines, int64_t next, int64_t n, int64_t stride,
                        const double *from, double *to)
{
  for (int64_t line = 0; line < lines; ++line) {
    for (int64_t i = 0; i < n; ++i) {
      double sum = 0.0;
      for (int64_t d = -PetscMin(reach, i); d <= PetscMin(reach, n - 1 - i); ++d) {
        sum += kernel[llabs(d)] * from[line * next + (i + d) * stride];
      }
      to[line * next + i * stride] = sum;
    }
  }
}

static void PointSpread(double sigma, const int64_t n[2], double *frame, double *work)
{
  double kernel[256], norm = 0.0;
  const int64_t reach = (int64_t)ceil(5.0 * sigma);

  for (int64_t d = 0; d <= reach; ++d) { /* Gaussian integrated over each pixel */
    const double root = 1.0 / (sigma * sqrt(2.0));
    kernel[d] = 0.5 * (erf(((double)d + 0.5) * root) - erf(((double)d - 0.5) * root));
    norm += (d ? 2.0 : 1.0) * kernel[d];
  }
  for (int64_t d = 0; d <= reach; ++d) kernel[d] /= norm;
  SpreadLines(kernel, reach, n[0], n[1], n[1], 1, frame, work);
  SpreadLines(kernel, reach, n[1], 1, n[0], n[1], work, frame);
}

static void BeamStop(const VmDetectorParams *detector, double *frame)
{
  const int64_t *n = detector->pixels;
  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < n[1]; ++j) {
      const double k = detector->pitch * hypot((double)(i - n[0] / 2), (double)(j - n[1] / 2));
      if (k < detector->beam_stop) frame[i * n[1] + j] = 0.0;
    }
  }
}

bool VmDetectorDead(const VmOptics *optics, VmRngKey key, int64_t pixel)
{
  return VmRngUniform(key, UINT64_MAX, (uint32_t)pixel) < optics->params->detector.dead;
}

void VmDetectorFrame(const VmOptics *optics, VmRngKey key, int64_t probe, double *mean, double *work, float *frame)
{
  const VmDetectorParams *detector = &optics->params->detector;
  const int64_t points = detector->pixels[0] * detector->pixels[1];

  if (detector->point_spread > 0.0) PointSpread(detector->point_spread, detector->pixels, mean, work);
  if (detector->beam_stop > 0.0) BeamStop(detector, mean);
  for (int64_t i = 0; i < points; ++i) {
    if (detector->dead > 0.0 && VmDetectorDead(optics, key, i)) frame[i] = 0.0F;
    else if (isnan(detector->dose)) frame[i] = (float)mean[i];
    else {
      const int64_t n = VmRngPoisson(key, (uint64_t)probe, (uint32_t)(i * DRAWS), detector->dose * mean[i]);
      frame[i] = (float)(detector->gain * (double)n);
    }
  }
}
