/* Map of the thickness from scattered intensity, and V(k) of probes of like thickness. */
#include "band.h"
#include "groups.h"
#include "ring_pixels.h"
#include <math.h>
#include <string.h>

enum { MOST_BINS = 16 };

typedef struct {
  double inner, outer, mean;
  int64_t bins;
} Params;

static const VmParam rows[] = {
    {.key = "inner",
     .type = VM_REAL,
     .offset = offsetof(Params, inner),
     .unit = "1/nm",
     .default_text = "none",
     .min = 0,
     .max = 1e6,
     .doc =
         "the intensity between inner and outer is taken as proportional to the thickness; none: seven tenths of the "
         "largest k of the rings (high angles); 0: all intensity"},
    {.key = "outer",
     .type = VM_REAL,
     .offset = offsetof(Params, outer),
     .unit = "1/nm",
     .default_text = "none",
     .min = 1e-6,
     .max = 1e6,
     .doc = "none: the largest k of the rings"},
    {.key = "mean",
     .type = VM_REAL,
     .offset = offsetof(Params, mean),
     .unit = "nm",
     .default_text = "none",
     .min = 1e-3,
     .max = 1e6,
     .doc = "mean thickness of the scan; none: thickness in units of its mean"},
    {.key = "bins",
     .type = VM_INT,
     .offset = offsetof(Params, bins),
     .default_text = "4",
     .min = 1,
     .max = MOST_BINS,
     .doc = "bins of thickness for V(k), with equal numbers of probes"},
    {0}};
static const VmTable table = {"thickness", "thickness and V(k) in bins of thickness", sizeof(Params), rows, NULL};

/* maps: [rings] sum, [rings] sum of squares over the pixels of each ring */
typedef struct {
  VmSurvey survey;
  VmRingPixels pixels;
  int low, high; /* rings of the intensity: [low, high) */
  int bins;
  double mean;
} Context;

static bool HasMap(const void *params, const char *name)
{
  (void)params;
  return strcmp(name, "map") == 0;
}

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  const Params *p = params;
  const double edge = survey->k[survey->rings - 1] + 0.5 * survey->k_step;
  const double inner = isnan(p->inner) ? 0.7 * edge : p->inner, outer = isnan(p->outer) ? edge : p->outer;
  Context *c;
  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->survey = survey;
  c->bins = (int)p->bins;
  c->mean = p->mean;
  PetscCall(VmRingPixelsCreate(survey, &c->pixels));
  while (c->low < survey->rings && survey->k[c->low] < inner) ++c->low;
  for (c->high = c->low; c->high < survey->rings && survey->k[c->high] <= outer;) ++c->high;
  if (c->pixels.start[c->low] == c->pixels.start[c->high])
    VmThrow(survey->comm, VM_ERR_INPUT, "thickness: no valid pixel of the rings lies between %g and %g 1/nm", inner,
            outer);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  PetscFunctionBegin;
  PetscCall(VmRingPixelsDestroy(&((Context *)*context)->pixels));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  *nsum = 0;
  *nmap = 2 * (size_t)((const Context *)context)->survey->rings;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  const Context *c = context;
  const int64_t rings = c->survey->rings;
  double sum[VM_LANES], square[VM_LANES];
  (void)sums;
  for (int64_t first = 0; first < tile->n; first += VM_LANES)
    for (int r = 0; r < rings; ++r) {
      VmRingPixelsSum(&c->pixels, r, tile->lanes + first * c->survey->npix, sum, square);
      for (int64_t l = 0; l < PetscMin(VM_LANES, tile->n - first); ++l) {
        maps[(first + l) * 2 * rings + r] = sum[l];
        maps[(first + l) * 2 * rings + rings + r] = square[l];
      }
    }
  return PETSC_SUCCESS;
}

typedef struct {
  double thickness;
  int64_t frame;
} Probe;

static int CompareProbe(const void *a, const void *b)
{
  const Probe *x = a, *y = b;
  if (x->thickness != y->thickness) return x->thickness < y->thickness ? -1 : 1;
  return (x->frame > y->frame) - (x->frame < y->frame);
}

enum { PROBES, FIRST, SECOND, RELATIVE, LIT, NOISE, NSUM };

typedef struct {
  double pixels, gain;
} RingOfBin;

/* values: `omega` and `ring`, shot noise subtracted */
static void Variances(const void *context, const double *sums, double *values)
{
  const RingOfBin *ring = context;
  const double probes = sums[PROBES], mean = sums[FIRST] / probes;
  values[0] =
      sums[SECOND] / probes / (mean * mean) - 1.0 - ring->gain * (probes - 1.0) / (probes * mean * ring->pixels);
  values[1] = (sums[RELATIVE] - sums[NOISE]) / sums[LIT];
}

/* `omega` and `ring` of one ring over some probes, and their standard errors. */
static PetscErrorCode Measure(const Context *c, int r, int64_t n, const Probe *probes, const double *maps,
                              double values[2], double errors[2])
{
  const int rings = c->survey->rings;
  const RingOfBin ring = {(double)(c->pixels.start[r + 1] - c->pixels.start[r]), c->survey->gain};
  double groups[VM_GROUPS][NSUM] = {{0}}, total[NSUM];
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    const double *of_frame = maps + probes[i].frame * 2 * rings;
    const double mean = of_frame[r] / ring.pixels;
    double *sums = groups[VmGroupOf(probes[i].frame, c->survey->frames)];
    sums[PROBES] += 1.0;
    sums[FIRST] += mean;
    sums[SECOND] += mean * mean;
    if (!(mean > 0.0)) continue;
    sums[LIT] += 1.0;
    sums[RELATIVE] += of_frame[rings + r] / ring.pixels / (mean * mean) - 1.0;
    sums[NOISE] += ring.gain * (ring.pixels - 1.0) / (ring.pixels * mean);
  }
  VmGroupTotal(NSUM, groups[0], total);
  Variances(&ring, total, values);
  PetscCall(VmGroupErrors(NSUM, groups[0], 2, Variances, &ring, errors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Curves(const Context *c, const Probe *probes, const double *maps, VmStatResult result)
{
  const int64_t rings = c->survey->rings, frames = c->survey->frames, bins = c->bins;
  const int64_t shape[2] = {bins, rings};
  static const char *const names[4] = {"omega", "ring", "omega_error", "ring_error"};
  static const char *const long_names[4] = {"variance of the annular mean", "mean of ring variances",
                                            "standard error of omega", "standard error of ring"};
  double *curves, thickness[MOST_BINS] = {0};
  char definition[240];
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(4 * bins * rings), &curves));
  for (int64_t b = 0; b < bins; ++b) {
    const int64_t low = b * frames / bins, n = (b + 1) * frames / bins - low;
    for (int64_t i = low; i < low + n; ++i) thickness[b] += probes[i].thickness / (double)n;
    for (int r = 0; r < rings; ++r) {
      double values[4];
      PetscCall(Measure(c, r, n, probes + low, maps, values, values + 2));
      for (int v = 0; v < 4; ++v) curves[(v * bins + b) * rings + r] = values[v];
    }
  }
  snprintf(definition, sizeof definition, "as of fem, over the probes of each bin; shot noise %s",
           c->survey->gain > 0.0 ? "subtracted" : "NOT subtracted: gain unknown");
  PetscCall(VmStatResultAdd(result, "k", VM_F64, 1, &rings, c->survey->k,
                            (VmMeta){"1/nm", "scattering vector 1/d, middle of the ring", "k"}, NULL));
  PetscCall(VmStatResultAdd(result, "thickness", VM_F64, 1, &bins, thickness,
                            (VmMeta){isnan(c->mean) ? "1" : "nm", "mean thickness of each bin", "bin"}, NULL));
  for (int v = 0; v < 4; ++v)
    PetscCall(VmStatResultAdd(result, names[v], VM_F64, 2, shape, curves + v * bins * rings,
                              (VmMeta){"1", long_names[v], "bin,k"},
                              v < 2 ? definition : "bootstrap over 16 parts of the scan"));
  PetscCall(PetscFree(curves));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const Context *c = context;
  const int64_t frames = c->survey->frames;
  const int rings = c->survey->rings;
  double *values, mean = 0.0, scatter = 0.0;
  char definition[200];
  Probe *probes;
  PetscFunctionBegin;
  (void)sums;
  PetscCall(PetscCalloc1((size_t)frames, &values));
  PetscCall(PetscMalloc1((size_t)frames, &probes));
  for (int64_t f = 0; f < frames; ++f) {
    for (int r = c->low; r < c->high; ++r) values[f] += maps[f * 2 * rings + r];
    mean += values[f] / (double)frames;
  }
  for (int64_t f = 0; f < frames; ++f) {
    values[f] *= (isnan(c->mean) ? 1.0 : c->mean) / mean;
    probes[f] = (Probe){values[f], f};
  }
  qsort(probes, (size_t)frames, sizeof *probes, CompareProbe);
  snprintf(definition, sizeof definition,
           "intensity of %.4g to %.4g 1/nm over its mean, times the mean thickness if given",
           c->survey->k[c->low] - 0.5 * c->survey->k_step, c->survey->k[c->high - 1] + 0.5 * c->survey->k_step);
  PetscCall(VmStatResultAdd(result, "map", VM_F64, 2, c->survey->info.scan, values,
                            (VmMeta){isnan(c->mean) ? "1" : "nm", "thickness", "scan0,scan1"}, definition));
  PetscCall(Curves(c, probes, maps, result));
  for (int64_t f = 0; f < frames; ++f) values[f] = pow(values[f] / (isnan(c->mean) ? 1.0 : c->mean) - 1.0, 2);
  double error;
  PetscCall(VmMapMean(frames, values, &scatter, &error));
  PetscCall(VmStatResultEstimate(result, "relative_variance", scatter, error, "1",
                                 "variance of the thickness over its mean squared", NULL));
  PetscCall(PetscFree(values));
  PetscCall(PetscFree(probes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_thickness = {
    .head = {"thickness", "thickness map from the high-angle or total intensity, and V(k) in bins of thickness",
             "stem.md; Daulton, Bondi & Hart, Ultramicroscopy 110 (2010) 1279", &table},
    .reads_lanes = true,
    .has_map = HasMap,
    .setup = SetUp,
    .destroy = Destroy,
    .size = Size,
    .accumulate = Accumulate,
    .merge = VmStatMergeSum,
    .finalise = Finalise};
