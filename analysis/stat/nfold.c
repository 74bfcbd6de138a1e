/* Maps of the angular power S_n of a ring, n = 1 ... max. */
#include "band.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EVEN, ODD, ALL };
static const char *const totals[] = {"even", "odd", "all", NULL};

typedef struct {
  double k, width;
  int64_t max;
  int total;
} Params;

static const VmParam rows[] = {{.key = "k",
                                .type = VM_REAL,
                                .offset = offsetof(Params, k),
                                .unit = "1/nm",
                                .default_text = "none",
                                .min = 1e-6,
                                .max = 1e6,
                                .doc = "middle of the ring; none: the first ring of the mean of a sample of frames"},
                               {.key = "width",
                                .type = VM_REAL,
                                .offset = offsetof(Params, width),
                                .unit = "1/nm",
                                .default_text = "none",
                                .min = 1e-6,
                                .max = 1e6,
                                .doc = "width of the ring; none: two pixels"},
                               {.key = "max",
                                .type = VM_INT,
                                .offset = offsetof(Params, max),
                                .default_text = "12",
                                .min = 1,
                                .max = 90,
                                .doc = "highest order n"},
                               {.key = "total",
                                .type = VM_ENUM,
                                .offset = offsetof(Params, total),
                                .default_text = "even",
                                .choices = totals,
                                .doc = "orders added up in the map `total`"},
                               {0}};
static const VmTable table = {"nfold", "maps of the angular power of a ring", sizeof(Params), rows, NULL};

typedef struct {
  VmSurvey survey;
  VmBand band;
  int max, total;
  double *floor;    /* [max + 1] shot noise of S_n for unit gain/<I> */
  double *spectrum; /* [max + 1] of one frame */
} Context;

static bool HasMap(const void *params, const char *name)
{
  int n;
  char end;
  if (strcmp(name, "total") == 0) return true;
  return sscanf(name, "n_%d%c", &n, &end) == 1 && n >= 1 && n <= ((const Params *)params)->max;
}

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  const Params *p = params;
  Context *c;
  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->survey = survey;
  c->max = (int)p->max;
  c->total = p->total;
  if (2 * c->max > survey->angles)
    VmThrow(survey->comm, VM_ERR_INPUT, "nfold: max %d needs at least %d angles (geometry has %d)", c->max, 2 * c->max,
            survey->angles);
  PetscCall(VmBandCreate(survey, "nfold", p->k, p->width, survey->angles, &c->band));
  PetscCall(PetscMalloc2((size_t)c->max + 1, &c->floor, (size_t)c->max + 1, &c->spectrum));
  VmAngularSpectrum(c->band.angular, VmAngularNoise(c->band.angular, 0), c->max, c->floor);
  c->floor[0] = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  Context *c = *context;
  PetscFunctionBegin;
  PetscCall(VmBandDestroy(&c->band));
  PetscCall(PetscFree2(c->floor, c->spectrum));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  *nsum = 0;
  *nmap = (size_t)((const Context *)context)->max;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  Context *c = context;
  PetscFunctionBegin;
  (void)sums;
  for (int64_t f = 0; f < tile->n; ++f) {
    double mean;
    PetscCall(VmBandCorrelate(&c->band, tile->frames + f * c->survey->npix, &mean));
    VmAngularSpectrum(c->band.angular, c->band.correlation, c->max, c->spectrum);
    for (int n = 1; n <= c->max; ++n)
      maps[f * c->max + n - 1] = c->spectrum[n] - (mean > 0.0 ? c->survey->gain * c->floor[n] / mean : 0.0);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddTotal(const Context *c, const double *maps, double *values, VmStatResult result)
{
  char long_name[96];
  double mean, error;
  PetscFunctionBegin;
  for (int64_t f = 0; f < c->survey->frames; ++f) {
    values[f] = 0.0;
    for (int n = 1; n <= c->max; ++n)
      if (c->total == ALL || (n % 2 == 0) == (c->total == EVEN)) values[f] += maps[f * c->max + n - 1];
  }
  snprintf(long_name, sizeof long_name, "sum of S_n over %s n up to %d", totals[c->total], c->max);
  PetscCall(VmStatResultAdd(result, "total", VM_F64, 2, c->survey->info.scan, values,
                            (VmMeta){"1", long_name, "scan0,scan1"}, NULL));
  PetscCall(VmMapMean(c->survey->frames, values, &mean, &error));
  PetscCall(VmStatResultEstimate(result, "mean_total", mean, error, "1", "mean of total", NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const Context *c = context;
  const int64_t norder = c->max + 1;
  char definition[400], name[16], long_name[64];
  double *values, *mean, *error;
  PetscFunctionBegin;
  (void)sums;
  snprintf(
      definition, sizeof definition,
      "S_n = abs(I_n)^2/abs(I_0)^2 of %d angular bins of the ring k = %.4g +- %.3g 1/nm, exact for masked bins; a flat "
      "ring gives 0 (normalised polar weights, no lattice term); shot-noise floor %s",
      c->band.polar->angles, c->band.k, 0.5 * c->band.width,
      c->survey->gain > 0.0 ? "subtracted" : "NOT subtracted: gain unknown");
  PetscCall(PetscMalloc3((size_t)c->survey->frames, &values, (size_t)norder, &mean, (size_t)norder, &error));
  mean[0] = 1.0;
  error[0] = 0.0;
  for (int n = 1; n <= c->max; ++n) {
    for (int64_t f = 0; f < c->survey->frames; ++f) values[f] = maps[f * c->max + n - 1];
    snprintf(name, sizeof name, "n_%d", n);
    snprintf(long_name, sizeof long_name, "angular power of order %d", n);
    PetscCall(VmStatResultAdd(result, name, VM_F64, 2, c->survey->info.scan, values,
                              (VmMeta){"1", long_name, "scan0,scan1"}, definition));
    PetscCall(VmMapMean(c->survey->frames, values, &mean[n], &error[n]));
  }
  PetscCall(AddTotal(c, maps, values, result));
  PetscCall(VmStatResultAdd(result, "mean_power", VM_F64, 1, &norder, mean,
                            (VmMeta){"1", "mean of S_n over all probes", "n"}, definition));
  PetscCall(VmStatResultAdd(result, "mean_power_error", VM_F64, 1, &norder, error,
                            (VmMeta){"1", "standard error of mean_power (bootstrap over 16 parts of the scan)", "n"},
                            NULL));
  PetscCall(VmStatResultScalar(result, "k", c->band.k, "1/nm", "middle of the ring", NULL));
  PetscCall(VmStatResultScalar(result, "width", c->band.width, "1/nm", "width of the ring", NULL));
  PetscCall(PetscFree3(values, mean, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_nfold = {.head = {"nfold", "maps of the n-fold angular power S_n of a ring, and their sum",
                                          "physics.md E5; stem.md", &table},
                                 .has_map = HasMap,
                                 .setup = SetUp,
                                 .destroy = Destroy,
                                 .size = Size,
                                 .accumulate = Accumulate,
                                 .merge = VmStatMergeSum,
                                 .finalise = Finalise};
