/* Fluctuation electron microscopy: the five variances of Daulton, Bondi & Hart (2010), over the raw pixels of rings. */
#include "groups.h"
#include "ring_pixels.h"
#include <vitromech/simd.h>
#include <math.h>

enum { OMEGA, RING, RING_ENSEMBLE, IMAGE, RATIO, NVARIANCE };
static const char *const variances[] = {"omega", "ring", "ring_ensemble", "image", "ratio", NULL};
static const char *const definitions[] = {
    "variance of the annular mean: <m^2>_r/<m>_r^2 - 1, m = ring mean; shot noise g(R-1)/(R <ring sum>_r)",
    "mean of ring variances: < <I^2>_t/<I>_t^2 - 1 >_r; shot noise < g(N-1)/(N <I>_t) >_r",
    "variance of the ensemble of rings: <<I^2>_t>_r/<<I>_t>_r^2 - 1; shot noise g/<<I>_t>_r",
    "annular mean of the variance image: < <I^2>_r/<I>_r^2 - 1 >_pixels; shot noise g(R-1)/(R <I>_r) per pixel",
    "<var_r I>_t/<<I>_r>_t^2; shot noise g(R-1)/(R <<I>_r>_t)"};

typedef struct {
  int peak_of;
} Params;

static const VmParam rows[] = {{.key = "peak_of",
                                .type = VM_ENUM,
                                .offset = offsetof(Params, peak_of),
                                .default_text = "omega",
                                .choices = variances,
                                .doc = "the curve whose most prominent maximum near the first ring is given as peak_k"},
                               {0}};
static const VmTable table = {"fem", "fluctuation electron microscopy V(k)", sizeof(Params), rows, NULL};

/* sums of each group: frames, then the moments of each ring (the last three of I/m, its square, and I m over the ring,
 * m the mean pattern of the survey); after the groups: [npix] sum and [npix] sum of squares of
 * each pixel */
enum { MEAN, MEAN2, SQUARE, RELATIVE, RELATIVE_COUNT, INVERSE, RATIO_MEAN, RATIO_SQUARE, PRODUCT, NMOMENT };

typedef struct {
  VmSurvey survey;
  int peak_of;
  VmRingPixels pixels;
  double *lit, *square_of_pattern; /* [rings] pixels where the mean pattern is positive; mean of its square */
} Context;

static size_t GroupSize(const Context *c) { return 1 + NMOMENT * (size_t)c->survey->rings; }

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  Context *c;
  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  c->survey = survey;
  c->peak_of = ((const Params *)params)->peak_of;
  PetscCall(VmRingPixelsCreate(survey, &c->pixels));
  PetscCall(PetscCalloc2((size_t)survey->rings, &c->lit, (size_t)survey->rings, &c->square_of_pattern));
  for (int r = 0; r < survey->rings; ++r)
    for (int64_t i = c->pixels.start[r]; i < c->pixels.start[r + 1]; ++i) {
      const double mean = survey->pattern[c->pixels.pixel[i]];
      c->lit[r] += mean > 0.0;
      c->square_of_pattern[r] += mean * mean / (double)(c->pixels.start[r + 1] - c->pixels.start[r]);
    }
  *context = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  PetscFunctionBegin;
  PetscCall(VmRingPixelsDestroy(&((Context *)*context)->pixels));
  PetscCall(PetscFree2(((Context *)*context)->lit, ((Context *)*context)->square_of_pattern));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  const Context *c = context;
  *nsum = VM_GROUPS * GroupSize(c) + 2 * (size_t)c->survey->npix;
  *nmap = 0;
}

static void AddRing(double n, double sum, double square, double *moments)
{
  if (n == 0.0) return;
  const double mean = sum / n;
  square /= n;
  moments[MEAN] += mean;
  moments[MEAN2] += mean * mean;
  moments[SQUARE] += square;
  if (!(mean > 0.0)) return;
  moments[RELATIVE] += square / (mean * mean) - 1.0;
  moments[RELATIVE_COUNT] += 1.0;
  moments[INVERSE] += 1.0 / mean;
}

static void AddRelative(double ratio, double square, double product, double *moments)
{
  moments[RATIO_MEAN] += ratio;
  moments[RATIO_SQUARE] += square;
  moments[PRODUCT] += product;
}

/* Adds frames to the sums of each pixel, one after the other, while a part of the sums is at hand. */
VM_SIMD_CLONES static void SumPixels(int64_t frames, int64_t npix, const float *restrict values, double *restrict sum,
                                     double *restrict square)
{
  enum { PART = 512 };
  for (int64_t at = 0; at < npix; at += PART) {
    const int64_t end = at + PART < npix ? at + PART : npix;
    for (int64_t f = 0; f < frames; ++f)
      for (int64_t p = at; p < end; ++p) {
        const double value = (double)values[f * npix + p];
        sum[p] += value;
        square[p] += value * value;
      }
  }
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  const Context *c = context;
  const int rings = c->survey->rings;
  const int64_t npix = c->survey->npix;
  double *pixel_sum = sums + VM_GROUPS * GroupSize(c), sum[VM_LANES], square[VM_LANES], product[VM_LANES];
  (void)maps;
  SumPixels(tile->n, npix, tile->frames, pixel_sum, pixel_sum + npix);
  for (int64_t first = 0; first < tile->n; first += VM_LANES) {
    const int count = (int)PetscMin(VM_LANES, tile->n - first);
    double *group[VM_LANES];
    for (int l = 0; l < count; ++l) {
      group[l] = sums + (size_t)VmGroupOf(tile->first + first + l, c->survey->frames) * GroupSize(c);
      group[l][0] += 1.0;
    }
    for (int r = 0; r < rings; ++r) {
      const int64_t n = c->pixels.start[r + 1] - c->pixels.start[r];
      VmRingPixelsSum(&c->pixels, r, tile->lanes + first * npix, sum, square);
      for (int l = 0; l < count; ++l) AddRing((double)n, sum[l], square[l], group[l] + 1 + NMOMENT * (size_t)r);
      VmRingPixelsRelative(&c->pixels, r, c->survey->pattern, tile->lanes + first * npix, sum, square, product);
      for (int l = 0; l < count; ++l) AddRelative(sum[l], square[l], product[l], group[l] + 1 + NMOMENT * (size_t)r);
    }
  }
  return PETSC_SUCCESS;
}

typedef struct {
  double raw, noise;
} Variance;

/* The three variances that need no image. */
static void RingVariances(double frames, double pixels, double gain, const double *moments, Variance v[NVARIANCE])
{
  const double mean = moments[MEAN] / frames, valid = moments[RELATIVE_COUNT];
  v[OMEGA].raw = moments[MEAN2] / frames / (mean * mean) - 1.0;
  v[OMEGA].noise = gain * (frames - 1.0) / (frames * mean * pixels);
  v[RING].raw = moments[RELATIVE] / valid;
  v[RING].noise = gain * (pixels - 1.0) / pixels * moments[INVERSE] / valid;
  v[RING_ENSEMBLE].raw = moments[SQUARE] / frames / (mean * mean) - 1.0;
  v[RING_ENSEMBLE].noise = gain / mean;
}

static void ImageVariances(double frames, int64_t n, const int32_t *pixel, double gain, const double *sum,
                           const double *square, Variance v[NVARIANCE])
{
  double relative = 0.0, noise = 0.0, variance = 0.0, intensity = 0.0, lit = 0.0;
  for (int64_t i = 0; i < n; ++i) {
    const double mean = sum[pixel[i]] / frames, var = square[pixel[i]] / frames - mean * mean;
    variance += var;
    intensity += mean;
    if (!(mean > 0.0)) continue;
    lit += 1.0;
    relative += var / (mean * mean);
    noise += (frames - 1.0) / (frames * mean);
  }
  intensity /= (double)n;
  v[IMAGE].raw = relative / lit;
  v[IMAGE].noise = gain * noise / lit;
  v[RATIO].raw = variance / (double)n / (intensity * intensity);
  v[RATIO].noise = gain * (frames - 1.0) / (frames * intensity);
}

/* Most prominent maximum within a quarter of the first ring. */
static double PeakNear(int n, const double *k, const double *curve, double first_ring)
{
  int begin = 0, end = n;
  while (begin < n && k[begin] < 0.75 * first_ring) ++begin;
  while (end > begin && k[end - 1] > 1.25 * first_ring) --end;
  return isnan(first_ring) ? NAN : VmFirstRing(end - begin, k + begin, curve + begin, 0.0);
}

/* The two variances of the image to first order in its distance from the mean pattern m of the survey: moments over the
 * ring of I/m and I m stand for those of each pixel. Good for differences between resampled groups only. */
static void ImageVariancesNear(double frames, double pixels, double lit, double gain, const double *moments,
                               double square_of_pattern, Variance v[NVARIANCE])
{
  const double mean = moments[MEAN] / frames, scale = moments[RATIO_MEAN] / (frames * lit);
  const double of_image = pow(moments[PRODUCT] / (frames * pixels), 2.0) / square_of_pattern;
  v[IMAGE].raw = moments[RATIO_SQUARE] / (frames * lit * scale * scale) - 1.0;
  v[IMAGE].noise = v[RATIO].noise = gain / mean;
  v[RATIO].raw = (moments[SQUARE] / frames - of_image) / (mean * mean);
}

/* values: the five variances [rings] each, noise subtracted, then the peak of each; those of the image as differences.
 */
static void Curves(const void *context, const double *sums, double *values)
{
  const Context *c = context;
  const int rings = c->survey->rings;
  for (int r = 0; r < rings; ++r) {
    Variance v[NVARIANCE];
    RingVariances(sums[0], (double)(c->pixels.start[r + 1] - c->pixels.start[r]), c->survey->gain,
                  sums + 1 + NMOMENT * (size_t)r, v);
    ImageVariancesNear(sums[0], (double)(c->pixels.start[r + 1] - c->pixels.start[r]), c->lit[r], c->survey->gain,
                       sums + 1 + NMOMENT * (size_t)r, c->square_of_pattern[r], v);
    for (int i = 0; i < NVARIANCE; ++i) values[i * rings + r] = v[i].raw - v[i].noise;
  }
  for (int i = 0; i < NVARIANCE; ++i)
    values[NVARIANCE * rings + i] = PeakNear(rings, c->survey->k, values + i * rings, c->survey->first_ring);
}

static PetscErrorCode AddCurve(const Context *c, VmStatResult result, const char *name, const char *suffix,
                               const double *curve, const char *what, const char *definition)
{
  const int64_t rings = c->survey->rings;
  char full[64];
  PetscFunctionBegin;
  snprintf(full, sizeof full, "%s%s", name, suffix);
  PetscCall(VmStatResultAdd(result, full, VM_F64, 1, &rings, curve, (VmMeta){"1", what, "k"}, definition));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddVariance(const Context *c, VmStatResult result, int which, const double *raw,
                                  const double *corrected, const double *error)
{
  char definition[512];
  PetscFunctionBegin;
  snprintf(definition, sizeof definition, "%s%s (g counts per electron, R probes, N pixels of the ring)",
           definitions[which], c->survey->gain > 0.0 ? ", subtracted" : ", NOT subtracted: gain unknown");
  PetscCall(AddCurve(c, result, variances[which], "", corrected, "normalised variance V(k)", definition));
  PetscCall(AddCurve(c, result, variances[which], "_raw", raw, "normalised variance V(k) with shot noise", NULL));
  PetscCall(AddCurve(c, result, variances[which], "_error", error,
                     "standard error (bootstrap over 16 parts of the scan)", NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddPeak(const Context *c, VmStatResult result, const double *curve, double error)
{
  char definition[256];
  PetscFunctionBegin;
  snprintf(
      definition, sizeof definition,
      "most prominent maximum of `%s` within a quarter of the first ring of I(k), parabola through its three highest "
      "rings; NAN if there is none",
      variances[c->peak_of]);
  const double peak = PeakNear(c->survey->rings, c->survey->k, curve, c->survey->first_ring);
  PetscCall(VmStatResultEstimate(result, "peak_k", peak, isnan(peak) ? NAN : error, "1/nm",
                                 "position of the peak of V(k)", definition));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const Context *c = context;
  const int64_t rings = c->survey->rings;
  const size_t nsum = GroupSize(c), nvalue = NVARIANCE * (size_t)rings + NVARIANCE;
  const double *pixel_sum = sums + VM_GROUPS * nsum;
  double *total, *errors, *raw, *corrected;
  PetscFunctionBegin;
  (void)maps;
  PetscCall(PetscMalloc2(nsum, &total, nvalue, &errors));
  PetscCall(PetscMalloc2(NVARIANCE * (size_t)rings, &raw, NVARIANCE * (size_t)rings, &corrected));
  VmGroupTotal(nsum, sums, total);
  PetscCall(VmGroupErrors(nsum, sums, nvalue, Curves, c, errors));
  for (int64_t r = 0; r < rings; ++r) {
    const int64_t begin = c->pixels.start[r], n = c->pixels.start[r + 1] - begin;
    Variance v[NVARIANCE];
    RingVariances(total[0], (double)n, c->survey->gain, total + 1 + NMOMENT * r, v);
    ImageVariances(total[0], n, c->pixels.pixel + begin, c->survey->gain, pixel_sum, pixel_sum + c->survey->npix, v);
    for (int i = 0; i < NVARIANCE; ++i) {
      raw[i * rings + r] = v[i].raw;
      corrected[i * rings + r] = v[i].raw - v[i].noise;
    }
  }
  PetscCall(AddCurve(c, result, "k", "", c->survey->k, "scattering vector 1/d, middle of the ring", NULL));
  for (int i = 0; i < NVARIANCE; ++i)
    PetscCall(AddVariance(c, result, i, raw + i * rings, corrected + i * rings, errors + i * rings));
  PetscCall(AddPeak(c, result, corrected + c->peak_of * rings, errors[NVARIANCE * rings + c->peak_of]));
  PetscCall(PetscFree2(total, errors));
  PetscCall(PetscFree2(raw, corrected));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_fem = {
    .head = {"fem", "normalised variance V(k): omega, ring, ring_ensemble, image, ratio, shot noise subtracted",
             "Daulton, Bondi & Hart, Ultramicroscopy 110 (2010) 1279", &table},
    .reads_lanes = true,
    .setup = SetUp,
    .destroy = Destroy,
    .size = Size,
    .accumulate = Accumulate,
    .merge = VmStatMergeSum,
    .finalise = Finalise};
