/* Electron correlation microscopy: relaxation time and stretching exponent of the speckle of each pixel of a series. */
#include "band.h"
#include <vitromech/least_squares.h>
#include <math.h>

#define LAG_RATIO 1.2
#define BEYOND 5          /* lags beyond this many times the first fall to exp(-2) hold noise only */
#define TIMES_NEEDED 40.0 /* relaxation times in the series */
#define FRAME_NEEDED 0.1  /* relaxation times in a frame, at most */

enum { MOST_LAGS = 128, FINITE_TURNS = 5 };

typedef struct {
  double frame_time;
  int64_t bin, max_lag, places;
} Params;

static const VmParam rows[] = {
    {.key = "frame_time",
     .type = VM_REAL,
     .offset = offsetof(Params, frame_time),
     .unit = "s",
     .default_text = "1 s",
     .min = 1e-12,
     .max = 1e12,
     .doc = "from frame to frame; the frames of the cube, in their order, are the series"},
    {.key = "bin",
     .type = VM_INT,
     .offset = offsetof(Params, bin),
     .default_text = "1",
     .min = 1,
     .max = 4096,
     .doc = "pixels that are added up along each axis, at most the size of a speckle"},
    {.key = "max_lag",
     .type = VM_INT,
     .offset = offsetof(Params, max_lag),
     .default_text = "0",
     .min = 0,
     .max = 1e9,
     .doc = "longest lag of the fit in frames; 0: a fifth of the series"},
    {.key = "places",
     .type = VM_INT,
     .offset = offsetof(Params, places),
     .default_text = "1",
     .min = 1,
     .max = 1e9,
     .doc = "probes of each frame, one after the other in the cube: every probe has a series of "
            "its own"},
    {0}};
static const VmTable table = {"relaxation", "relaxation of speckle in a time series", sizeof(Params), rows, NULL};

typedef struct {
  VmSurvey survey;
  double frame_time;
  int64_t bin, size[2];   /* of the binned pattern */
  int64_t places, length; /* series side by side, and their frames */
  int nlags;
  int64_t lag[MOST_LAGS];
} Context;

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  const Params *p = params;
  Context *c;
  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->survey = survey;
  c->frame_time = p->frame_time;
  c->bin = p->bin;
  for (int a = 0; a < 2; ++a) c->size[a] = survey->detector.det[a] / p->bin;
  c->places = p->places;
  c->length = survey->frames / p->places;
  if (c->length * p->places != survey->frames)
    VmThrow(survey->comm, VM_ERR_INPUT,
            "relaxation: places is %lld, but the cube's %lld patterns are no multiple of it", (long long)p->places,
            (long long)survey->frames);
  const int64_t longest = p->max_lag ? PetscMin(p->max_lag, c->length - 1) : c->length / 5;
  for (double lag = 1.0; lround(lag) <= longest && c->nlags < MOST_LAGS; lag *= LAG_RATIO)
    if (c->nlags == 0 || lround(lag) > c->lag[c->nlags - 1]) c->lag[c->nlags++] = lround(lag);
  if (c->size[0] < 1 || c->size[1] < 1)
    VmThrow(survey->comm, VM_ERR_INPUT, "relaxation: bin %lld is larger than the detector", (long long)p->bin);
  if (survey->frames > ((int64_t)1 << 28) / (c->size[0] * c->size[1]))
    VmThrow(survey->comm, VM_ERR_INPUT,
            "relaxation: %lld frames of %lld x %lld values do not fit in 2 GB: choose a larger `bin`",
            (long long)survey->frames, (long long)c->size[0], (long long)c->size[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  const Context *c = context;
  *nsum = 0;
  *nmap = (size_t)(c->size[0] * c->size[1]);
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  const Context *c = context;
  const int64_t width = c->survey->detector.det[1], nmap = c->size[0] * c->size[1];
  (void)sums;
  for (int64_t f = 0; f < tile->n; ++f) {
    const float *frame = tile->frames + f * c->survey->npix;
    for (int64_t i = 0; i < c->size[0]; ++i)
      for (int64_t j = 0; j < c->size[1]; ++j) {
        double sum = 0.0;
        for (int64_t a = 0; a < c->bin; ++a)
          for (int64_t b = 0; b < c->bin; ++b) sum += (double)frame[(i * c->bin + a) * width + j * c->bin + b];
        maps[f * nmap + i * c->size[1] + j] = sum;
      }
  }
  return PETSC_SUCCESS;
}

/* g2 - 1 of a series, both means over the frames that are in the products. */
static double Correlation(int64_t n, const double *series, int64_t lag)
{
  double product = 0.0, early = 0.0, late = 0.0;
  for (int64_t t = 0; t + lag < n; ++t) {
    product += series[t] * series[t + lag];
    early += series[t];
    late += series[t + lag];
  }
  return product * (double)(n - lag) / (early * late) - 1.0;
}

typedef struct {
  int n;
  const int64_t *lag;
  const double *g;
} Curve;

/* Logarithms of contrast, time in frames, exponent. */
static double Residual(const void *context, const double *x, int64_t i, double *gradient)
{
  const Curve *curve = context;
  const double beta = exp(x[2]), t = (double)curve->lag[i] / exp(x[1]), u = 2.0 * pow(t, beta);
  const double model = exp(x[0] - u);
  gradient[0] = model;
  gradient[1] = model * u * beta;
  gradient[2] = -model * u * beta * log(t);
  return model - curve->g[i];
}

/* Variance of the mean of a series of n frames: what g2 of a finite series is too low by. */
static double FiniteLength(int64_t n, const double x[3])
{
  const double beta = exp(x[2]);
  return 2.0 * exp(x[0] + x[1]) / (double)n * tgamma(1.0 / beta) / (beta * pow(2.0, 1.0 / beta));
}

/* Logarithms of contrast, time [frames], exponent of a series; false if the fit fails. */
static bool FitPart(const Context *c, int64_t n, const double *series, double x[3])
{
  double g[MOST_LAGS], added = 0.0;
  Curve curve = {0, c->lag, g};
  int fallen = 0;
  for (; curve.n < c->nlags && c->lag[curve.n] <= n / 2; ++curve.n)
    g[curve.n] = Correlation(n, series, c->lag[curve.n]);
  if (curve.n < 4 || !(g[0] > 0.0)) return false;
  while (fallen < curve.n - 1 && g[fallen] > exp(-2.0) * g[0]) ++fallen;
  while (curve.n > 4 && c->lag[curve.n - 1] > BEYOND * c->lag[fallen]) --curve.n;
  x[0] = log(g[0]);
  x[1] = log((double)c->lag[fallen]);
  x[2] = log(0.7);
  for (int turn = 0; turn < FINITE_TURNS; ++turn) {
    if (!VmLeastSquares(3, x, curve.n, Residual, &curve, NULL) || x[1] > log((double)n) || fabs(x[2]) > log(20.0))
      return false;
    const double low = fmin(FiniteLength(n, x), exp(x[0]));
    for (int l = 0; l < curve.n; ++l) g[l] += low - added;
    added = low;
  }
  return true;
}

/* contrast, time [frames], exponent of a series; false if the fit fails. The fits of the halves tell what is left of
 * the bias by the length of the series, which goes as its inverse. */
static bool FitSeries(const Context *c, const double *series, double fit[3])
{
  const int64_t n = c->length, half = n / 2;
  double whole[3], first[3], second[3];
  if (!FitPart(c, n, series, whole)) return false;
  bool halves = FitPart(c, half, series, first) && FitPart(c, half, series + half, second);
  for (int v = 0; v < 3 && halves; ++v)
    halves = fabs(first[v] - whole[v]) < log(2.0) && fabs(second[v] - whole[v]) < log(2.0);
  for (int v = 0; v < 3; ++v)
    fit[v] = halves ? 2.0 * exp(whole[v]) - 0.5 * (exp(first[v]) + exp(second[v])) : exp(whole[v]);
  return true;
}

static PetscErrorCode Write(const Context *c, double *const maps[3], const uint8_t *trusted, VmStatResult result)
{
  static const char *const names[] = {"contrast", "tau", "beta"};
  const bool several = c->places > 1;
  const char *axes = several ? "place,det0,det1" : "det0,det1";
  const VmMeta meta[] = {
      {"1", "contrast of the speckle", axes}, {"s", "relaxation time", axes}, {"1", "stretching exponent", axes}};
  const int64_t n = c->places * c->size[0] * c->size[1], dims[3] = {c->places, c->size[0], c->size[1]};
  const int rank = several ? 3 : 2;
  double *kept, mean, error;
  char name[32];
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &kept));
  for (int v = 0; v < 3; ++v) {
    PetscCall(
        VmStatResultAdd(result, names[v], VM_F64, rank, dims + 3 - rank, maps[v], meta[v],
                        "g2(t) = <I(s) I(s+t)>/(<I(s)> <I(s+t)>), means over the frames of the products, fitted with "
                        "1 + contrast exp[-2 (t/tau)^beta] for lags t > 0; NAN where the fit failed"));
    for (int64_t p = 0; p < n; ++p) kept[p] = trusted[p] ? maps[v][p] : NAN;
    PetscCall(VmMapMean(n, kept, &mean, &error));
    snprintf(name, sizeof name, "mean_%s", names[v]);
    PetscCall(
        VmStatResultEstimate(result, name, mean, error, meta[v].unit, meta[v].long_name, "mean over trusted pixels"));
  }
  PetscCall(VmStatResultAdd(result, "trusted", VM_U8, rank, dims + 3 - rank, trusted,
                            (VmMeta){"1", "1: the series suffices for the fit", axes},
                            "series of at least 40 tau, frames of at most 0.1 tau"));
  for (int64_t p = 0; p < n; ++p) kept[p] = (double)trusted[p];
  PetscCall(VmMapMean(n, kept, &mean, &error));
  PetscCall(
      VmStatResultEstimate(result, "trusted_fraction", mean, error, "1", "part of the pixels that are trusted", NULL));
  PetscCall(PetscFree(kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const Context *c = context;
  const int64_t pixels = c->size[0] * c->size[1], n = c->places * pixels, frames = c->length;
  double *series, *values[3], fit[3];
  uint8_t *trusted;
  PetscFunctionBegin;
  (void)sums;
  PetscCall(PetscMalloc2((size_t)frames, &series, (size_t)n, &trusted));
  for (int v = 0; v < 3; ++v) PetscCall(PetscMalloc1((size_t)n, &values[v]));
  for (int64_t p = 0; p < n; ++p) {
    for (int64_t t = 0; t < frames; ++t) series[t] = maps[t * n + p]; /* [frame][place][pixel] */
    const bool found = FitSeries(c, series, fit);
    trusted[p] = found && (double)frames >= TIMES_NEEDED * fit[1] && 1.0 <= FRAME_NEEDED * fit[1];
    for (int v = 0; v < 3; ++v) values[v][p] = found ? fit[v] * (v == 1 ? c->frame_time : 1.0) : NAN;
  }
  PetscCall(Write(c, values, trusted, result));
  for (int v = 0; v < 3; ++v) PetscCall(PetscFree(values[v]));
  PetscCall(PetscFree2(series, trusted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_relaxation = {.head = {"relaxation",
                                               "electron correlation microscopy: maps of tau and beta of a time series",
                                               "physics.md E8; He et al., Microsc. Microanal. 21 (2015) 1026", &table},
                                      .setup = SetUp,
                                      .destroy = Destroy,
                                      .size = Size,
                                      .accumulate = Accumulate,
                                      .merge = VmStatMergeSum,
                                      .finalise = Finalise};
