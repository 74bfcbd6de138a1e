/* Virtual images: bright field, annular dark field, a displaced aperture; and the centre of mass of each pattern. */
#include "band.h"
#include <vitromech/simd.h>
#include <math.h>
#include <string.h>

typedef struct {
  double inner, outer, at[2];
} Params;

static const VmParam rows[] = {
    {.key = "inner",
     .type = VM_REAL,
     .offset = offsetof(Params, inner),
     .unit = "1/nm",
     .default_text = "0 1/nm",
     .min = 0,
     .max = 1e6,
     .doc = "inner radius of the aperture; 0: a disc"},
    {.key = "outer",
     .type = VM_REAL,
     .offset = offsetof(Params, outer),
     .unit = "1/nm",
     .default_text = "none",
     .min = 1e-6,
     .max = 1e6,
     .doc = "outer radius; none: the edge of the detector"},
    {.key = "at",
     .type = VM_REAL,
     .offset = offsetof(Params, at),
     .unit = "1/nm",
     .default_text = "[0 1/nm, 0 1/nm]",
     .count = 2,
     .doc = "middle of the aperture [along det0, along det1] from the direct beam: dark field at a spot"},
    {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  PetscFunctionBegin;
  if (!isnan(p->outer) && p->outer <= p->inner)
    PetscCall(VmReportAdd(report, node, "outer %g 1/nm must be larger than inner %g 1/nm", p->outer, p->inner));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable table = {"virtual_image", "image of the intensity in an aperture", sizeof(Params), rows, Check};

enum { IMAGE, CENTRE0, CENTRE1, NMAP };
static const char *const names[] = {"image", "centre_0", "centre_1"};

/* Consecutive pixels of one row of the detector in the aperture. */
typedef struct {
  int64_t first, n, row, column;
} Run;

typedef struct {
  VmSurvey survey;
  Run *runs;
  int nruns;
  int64_t pixels;
} Context;

static bool HasMap(const void *params, const char *name)
{
  (void)params;
  for (int m = 0; m < NMAP; ++m)
    if (strcmp(name, names[m]) == 0) return true;
  return false;
}

static bool Inside(const VmDetector *d, const Params *p, double outer, int64_t i, int64_t j)
{
  const double x = ((double)i - d->centre[0]) * d->pitch[0] - p->at[0];
  const double y = ((double)j - d->centre[1]) * d->pitch[1] - p->at[1], k = sqrt(x * x + y * y);
  return d->valid[i * d->det[1] + j] && k >= p->inner && k < outer;
}

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  const VmDetector *d = &survey->detector;
  const Params *p = params;
  const double outer = isnan(p->outer) ? VmDetectorReach(d) : p->outer;
  Context *c;
  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->survey = survey;
  PetscCall(PetscMalloc1((size_t)survey->npix, &c->runs));
  for (int64_t q = 0; q < survey->npix; ++q) {
    if (!Inside(d, p, outer, q / d->det[1], q % d->det[1])) continue;
    Run *last = c->nruns ? &c->runs[c->nruns - 1] : NULL;
    if (last && last->first + last->n == q && q % d->det[1]) ++last->n;
    else c->runs[c->nruns++] = (Run){q, 1, q / d->det[1], q % d->det[1]};
    ++c->pixels;
  }
  if (c->pixels == 0)
    VmThrow(survey->comm, VM_ERR_INPUT, "virtual_image: no valid pixel of the detector lies in the aperture");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(((Context *)*context)->runs));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  (void)context;
  *nsum = 0;
  *nmap = NMAP;
}

enum { LANES = 4, QUADS = 4, PARTS = LANES * QUADS }; /* partial sums, always added in the same order */
typedef int32_t Bits __attribute__((vector_size(2 * LANES * sizeof(int32_t)), aligned(4), may_alias));
typedef float Floats __attribute__((vector_size(2 * LANES * sizeof(float)), aligned(4)));
typedef double Pair __attribute__((vector_size(2 * LANES * sizeof(double))));
typedef double Doubles __attribute__((vector_size(LANES * sizeof(double))));

/* PARTS consecutive pixels whose bits are set in keep. Twice LANES are converted at a time: gcc makes vectors of half
 * the length of LANES. */
static inline void Pixels(const float *values, const int32_t *keep, Doubles pixels[QUADS])
{
  for (int q = 0; q < QUADS; q += 2) {
    const Floats kept = keep ? (Floats)(*(const Bits *)(values + q * LANES) & *(const Bits *)(keep + q * LANES))
                             : *(const Floats *)(values + q * LANES);
    const Pair pair = __builtin_convertvector(kept, Pair);
    pixels[q] = __builtin_shufflevector(pair, pair, 0, 1, 2, 3);
    pixels[q + 1] = __builtin_shufflevector(pair, pair, 4, 5, 6, 7);
  }
}

/* The n < PARTS pixels of a run beyond its last whole step, zeros after them. `inside`: PARTS can be read. */
static inline void Rest(const float *values, int64_t n, bool inside, Doubles rest[QUADS])
{
  static const int32_t keep[2 * PARTS] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  float copy[PARTS];
  if (!inside) values = memcpy(copy, values, (size_t)n * sizeof *values);
  Pixels(values, keep + PARTS - n, rest);
}

/* Intensity of the aperture in one frame, and its first moments in pixels from the corner. Each row goes in steps of
 * PARTS pixels; what has been added up before a step, summed over the steps, is the first moment about the last step
 * with its sign turned. Exact for counts. */
VM_SIMD_CLONES static void SumAperture(int nruns, const Run *runs, int64_t npix, const float *restrict frame,
                                       double *restrict total, double moment[2])
{
  Doubles sum[QUADS] = {{0}}, before[QUADS] = {{0}}, by_row = {0}, by_last = {0};
  for (int r = 0; r < nruns; ++r) {
    const int64_t steps = runs[r].n / PARTS, last = runs[r].first + steps * PARTS;
    Doubles s[QUADS] = {{0}}, pixels[QUADS];
    for (int64_t p = runs[r].first; p < last; p += PARTS) {
      Pixels(frame + p, NULL, pixels);
      for (int q = 0; q < QUADS; ++q) {
        before[q] += s[q];
        s[q] += pixels[q];
      }
    }
    Rest(frame + last, runs[r].n % PARTS, last + PARTS <= npix, pixels);
    for (int q = 0; q < QUADS; ++q) {
      before[q] += s[q];
      s[q] += pixels[q];
      sum[q] += s[q];
    }
    const Doubles all = (s[0] + s[1]) + (s[2] + s[3]);
    by_row += (double)runs[r].row * all;
    by_last += (double)(runs[r].column + steps * PARTS) * all;
  }
  *total = moment[0] = moment[1] = 0.0;
  for (int l = 0; l < LANES; ++l) {
    moment[0] += by_row[l];
    moment[1] += by_last[l];
  }
  for (int l = 0; l < PARTS; ++l) {
    *total += sum[l / LANES][l % LANES];
    moment[1] += l * sum[l / LANES][l % LANES] - PARTS * before[l / LANES][l % LANES];
  }
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  const Context *c = context;
  const VmDetector *d = &c->survey->detector;
  const int64_t npix = c->survey->npix;
  (void)sums;
  for (int64_t f = 0; f < tile->n; ++f) {
    double total, moment[2];
    SumAperture(c->nruns, c->runs, npix, tile->frames + f * npix, &total, moment);
    maps[f * NMAP + IMAGE] = total;
    for (int a = 0; a < 2; ++a)
      maps[f * NMAP + CENTRE0 + a] = total > 0.0 ? (moment[a] / total - d->centre[a]) * d->pitch[a] : NAN;
  }
  return PETSC_SUCCESS;
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  static const VmMeta meta[NMAP] = {
      {"count", "intensity in the aperture", "scan0,scan1"},
      {"1/nm", "centre of mass of the intensity in the aperture, along det0, from the direct beam", "scan0,scan1"},
      {"1/nm", "centre of mass of the intensity in the aperture, along det1, from the direct beam", "scan0,scan1"}};
  const Context *c = context;
  double *values, mean, error;
  PetscFunctionBegin;
  (void)sums;
  PetscCall(PetscMalloc1((size_t)c->survey->frames, &values));
  for (int m = NMAP - 1; m >= 0; --m) {
    for (int64_t f = 0; f < c->survey->frames; ++f) values[f] = maps[f * NMAP + m];
    PetscCall(VmStatResultAdd(result, names[m], VM_F64, 2, c->survey->info.scan, values, meta[m], NULL));
  }
  PetscCall(VmMapMean(c->survey->frames, values, &mean, &error));
  PetscCall(VmStatResultEstimate(result, "mean", mean / (double)c->pixels, error / (double)c->pixels, "count",
                                 "mean intensity per pixel of the aperture", NULL));
  PetscCall(VmStatResultAdd(result, "pixels", VM_I64, 0, NULL, &c->pixels,
                            (VmMeta){"1", "valid pixels in the aperture", NULL}, NULL));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_virtual_image = {
    .head = {"virtual_image", "image of the intensity in an aperture (bright field, annular or spot dark field)",
             "physics.md E1", &table},
    .has_map = HasMap,
    .setup = SetUp,
    .destroy = Destroy,
    .size = Size,
    .accumulate = Accumulate,
    .merge = VmStatMergeSum,
    .finalise = Finalise};
