/* Ellipse and centre of an amorphous ring: least squares of a two-sided Gaussian on a linear background, both times a
 * factor that varies slowly with the angle, so that a ring of uneven brightness is not taken for an ellipse. */
#include <vitromech/least_squares.h>
#include <vitromech/transform.h>
#include <math.h>

enum { CENTRE0, CENTRE1, XX, YY, XY, INSIDE, OUTSIDE, HEIGHT, LEVEL, SLOPE, COS1, SIN1, COS2, SIN2, NPARAM };

typedef struct {
  const VmDetector *detector;
  const double *pattern;
  const int64_t *pixel;
  double k0;
} Fit;

/* The ring I = B(angle) [h exp(-(q - k0)^2/2w^2) + level + slope (q - k0)], q = abs((1 + e) d), d from the centre, B =
 * 1 with terms of the first and second order. That B moves with the centre is left out of the gradient. */
static double Residual(const void *context, const double *x, int64_t i, double *gradient)
{
  const Fit *fit = context;
  const VmDetector *d = fit->detector;
  const int64_t p = fit->pixel[i];
  const double u = ((double)(p / d->det[1]) - x[CENTRE0]) * d->pitch[0];
  const double v = ((double)(p % d->det[1]) - x[CENTRE1]) * d->pitch[1];
  const double a = (1.0 + x[XX]) * u + x[XY] * v, b = x[XY] * u + (1.0 + x[YY]) * v, q = sqrt(a * a + b * b);
  const double t = q - fit->k0, w = t < 0.0 ? x[INSIDE] : x[OUTSIDE], bell = exp(-0.5 * t * t / (w * w));
  const double r = sqrt(u * u + v * v), c1 = u / r, s1 = v / r, c2 = c1 * c1 - s1 * s1, s2 = 2.0 * c1 * s1;
  const double bright = 1.0 + x[COS1] * c1 + x[SIN1] * s1 + x[COS2] * c2 + x[SIN2] * s2;
  const double ring = x[HEIGHT] * bell + x[LEVEL] + x[SLOPE] * t, ca = a / q, cb = b / q; /* dq/da, dq/db */
  const double along = bright * (x[SLOPE] - x[HEIGHT] * bell * t / (w * w)),
               wider = x[HEIGHT] * bell * t * t / (w * w * w);
  gradient[CENTRE0] = -along * d->pitch[0] * (ca * (1.0 + x[XX]) + cb * x[XY]);
  gradient[CENTRE1] = -along * d->pitch[1] * (ca * x[XY] + cb * (1.0 + x[YY]));
  gradient[XX] = along * ca * u;
  gradient[YY] = along * cb * v;
  gradient[XY] = along * (ca * v + cb * u);
  gradient[INSIDE] = t < 0.0 ? bright * wider : 0.0;
  gradient[OUTSIDE] = t < 0.0 ? 0.0 : bright * wider;
  gradient[HEIGHT] = bright * bell;
  gradient[LEVEL] = bright;
  gradient[SLOPE] = bright * t;
  gradient[COS1] = ring * c1;
  gradient[SIN1] = ring * s1;
  gradient[COS2] = ring * c2;
  gradient[SIN2] = ring * s2;
  return bright * ring - fit->pattern[p];
}

static int64_t PixelsOfRing(const VmDetector *d, const double *pattern, double inner, double outer, int64_t *pixel)
{
  int64_t n = 0;
  for (int64_t p = 0; p < d->det[0] * d->det[1]; ++p) {
    const double x = ((double)(p / d->det[1]) - d->centre[0]) * d->pitch[0];
    const double y = ((double)(p % d->det[1]) - d->centre[1]) * d->pitch[1], k = sqrt(x * x + y * y);
    if (d->valid[p] && isfinite(pattern[p]) && k >= inner && k <= outer) pixel[n++] = p;
  }
  return n;
}

static void Start(const Fit *fit, int64_t n, VmRing *ring, double x[NPARAM])
{
  double low = INFINITY, high = -INFINITY;
  for (int64_t i = 0; i < n; ++i) {
    low = fmin(low, fit->pattern[fit->pixel[i]]);
    high = fmax(high, fit->pattern[fit->pixel[i]]);
  }
  x[CENTRE0] = fit->detector->centre[0];
  x[CENTRE1] = fit->detector->centre[1];
  x[XX] = x[YY] = x[XY] = 0.0;
  x[INSIDE] = x[OUTSIDE] = 0.3 * ring->half_width;
  x[HEIGHT] = 0.8 * (high - low);
  x[LEVEL] = low;
  x[SLOPE] = x[COS1] = x[SIN1] = x[COS2] = x[SIN2] = 0.0;
}

PetscErrorCode VmRingFit(const VmDetector *detector, const double *pattern, bool from_start, VmRing *ring)
{
  const int64_t npix = detector->det[0] * detector->det[1];
  Fit fit = {detector, pattern, NULL, ring->k0};
  double x[NPARAM], error[NPARAM];
  int64_t *pixel;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)npix, &pixel));
  fit.pixel = pixel;
  const int64_t n = PixelsOfRing(detector, pattern, ring->k0 - ring->half_width, ring->k0 + ring->half_width, pixel);
  if (from_start) Start(&fit, n, ring, x);
  else {
    const double last[NPARAM] = {ring->centre[0], ring->centre[1], ring->e[0],      ring->e[1],     ring->e[2],
                                 ring->width[0],  ring->width[1],  ring->height,    ring->level,    ring->slope,
                                 ring->bright[0], ring->bright[1], ring->bright[2], ring->bright[3]};
    PetscCall(PetscArraycpy(x, last, NPARAM));
  }
  ring->found = n > 2 * NPARAM && VmLeastSquares(NPARAM, x, n, Residual, &fit, error) && x[HEIGHT] > 0.0 &&
                fabs(x[XX]) < 0.5 && fabs(x[YY]) < 0.5 && fabs(x[XY]) < 0.5;
  for (int a = 0; a < 2; ++a) {
    ring->centre[a] = ring->found ? x[CENTRE0 + a] : NAN;
    ring->width[a] = fabs(x[INSIDE + a]);
  }
  for (int c = 0; c < 3; ++c) {
    ring->e[c] = ring->found ? x[XX + c] : NAN;
    ring->e_error[c] = ring->found ? error[XX + c] : NAN;
  }
  ring->height = x[HEIGHT];
  ring->level = x[LEVEL];
  ring->slope = x[SLOPE];
  for (int b = 0; b < 4; ++b) ring->bright[b] = x[COS1 + b];
  PetscCall(PetscFree(pixel));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmRingAxes(const VmRing *ring, double axes[2], double *angle)
{
  const double mean = 0.5 * (ring->e[0] + ring->e[1]), half = 0.5 * (ring->e[0] - ring->e[1]);
  const double radius = sqrt(half * half + ring->e[2] * ring->e[2]);
  axes[0] = ring->k0 / (1.0 + mean - radius);
  axes[1] = ring->k0 / (1.0 + mean + radius);
  *angle = 0.5 * atan2(-ring->e[2], -half); /* the ring is longest where the strain is least */
}
