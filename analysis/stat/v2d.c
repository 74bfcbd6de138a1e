/* Map of the variance over dark-field images around a ring (Im et al. 2018): C(0) of sectors of each probe. */
#include "band.h"
#include <math.h>
#include <string.h>

typedef struct {
  double k, width, angle_step;
} Params;

static const VmParam rows[] = {
    {.key = "k",
     .type = VM_REAL,
     .offset = offsetof(Params, k),
     .unit = "1/nm",
     .default_text = "none",
     .min = 1e-6,
     .max = 1e6,
     .doc = "radius of the ring of dark-field images; none: the first ring of the mean of a sample of frames"},
    {.key = "width",
     .type = VM_REAL,
     .offset = offsetof(Params, width),
     .unit = "1/nm",
     .default_text = "none",
     .min = 1e-6,
     .max = 1e6,
     .doc = "radial width of a dark-field aperture; none: two pixels"},
    {.key = "angle_step",
     .type = VM_REAL,
     .offset = offsetof(Params, angle_step),
     .unit = "degree",
     .default_text = "10 degree",
     .min = 0.5,
     .max = 90,
     .doc = "angular width and distance of the apertures; divides 360"},
    {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const double sectors = 360.0 / ((const Params *)params)->angle_step;
  PetscFunctionBegin;
  if (fabs(sectors - round(sectors)) > 1e-9)
    PetscCall(VmReportAdd(report, node, "angle_step %g degree does not divide 360 degree", 360.0 / sectors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable table = {"v2d", "variance over dark-field images around a ring, for each probe", sizeof(Params),
                              rows, Check};

typedef struct {
  VmSurvey survey;
  VmBand band;
} Context;

enum { MAP, MAP_RAW, BRIGHTEST, RING_MEAN, NMAP };

static bool HasMap(const void *params, const char *name)
{
  (void)params;
  return strcmp(name, "map") == 0 || strcmp(name, "map_raw") == 0 || strcmp(name, "brightest") == 0;
}

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  const Params *p = params;
  Context *c;
  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->survey = survey;
  PetscCall(VmBandCreate(survey, "v2d", p->k, p->width, (int)lround(360.0 / p->angle_step), &c->band));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  PetscFunctionBegin;
  PetscCall(VmBandDestroy(&((Context *)*context)->band));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  (void)context;
  *nsum = 0;
  *nmap = NMAP;
}

static double Brightest(const VmBand *band)
{
  double brightest = -HUGE_VAL;
  for (int j = 0; j < band->polar->angles; ++j) brightest = fmax(brightest, band->samples[j]); /* not NAN: masked */
  return brightest;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  Context *c = context;
  const double noise = c->survey->gain * VmAngularNoise(c->band.angular, 0)[0];
  PetscFunctionBegin;
  (void)sums;
  for (int64_t f = 0; f < tile->n; ++f) {
    double mean;
    PetscCall(VmBandCorrelate(&c->band, tile->frames + f * c->survey->npix, &mean));
    maps[f * NMAP + MAP_RAW] = c->band.correlation[0];
    maps[f * NMAP + BRIGHTEST] = Brightest(&c->band);
    maps[f * NMAP + RING_MEAN] = mean;
    maps[f * NMAP + MAP] = c->band.correlation[0] - (mean > 0.0 ? noise / mean : 0.0);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The brightest aperture of each probe over the mean of the ring in the whole scan: normalised by its own mean, a lit
 * cluster would be as bright as the speckle of a thin place. */
static PetscErrorCode AddBrightest(const Context *c, const double *maps, VmStatResult result)
{
  const int64_t frames = c->survey->frames;
  double *values, mean = 0.0;
  PetscFunctionBegin;
  for (int64_t f = 0; f < frames; ++f) mean += maps[f * NMAP + RING_MEAN] / (double)frames;
  PetscCall(PetscMalloc1((size_t)frames, &values));
  for (int64_t f = 0; f < frames; ++f) values[f] = maps[f * NMAP + BRIGHTEST] / mean;
  PetscCall(VmStatResultAdd(result, "brightest", VM_F64, 2, c->survey->info.scan, values,
                            (VmMeta){"1", "brightest dark-field aperture around the ring", "scan0,scan1"},
                            "largest mean intensity of an aperture, over that of the ring in the whole scan"));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const Context *c = context;
  const int64_t *scan = c->survey->info.scan;
  static const char *const names[] = {"map", "map_raw"};
  char definition[320];
  double *values, mean, error;
  PetscFunctionBegin;
  (void)sums;
  snprintf(
      definition, sizeof definition,
      "<I^2>/<I>^2 - 1 over %d sectors of the ring k = %.4g +- %.3g 1/nm (equals C_k(0) of the sectors); shot noise %s",
      c->band.polar->angles, c->band.k, 0.5 * c->band.width,
      c->survey->gain > 0.0 ? "subtracted" : "NOT subtracted: gain unknown");
  PetscCall(PetscMalloc1((size_t)c->survey->frames, &values));
  for (int m = MAP_RAW; m >= MAP; --m) {
    for (int64_t f = 0; f < c->survey->frames; ++f) values[f] = maps[f * NMAP + m];
    PetscCall(VmStatResultAdd(result, names[m], VM_F64, 2, scan, values,
                              (VmMeta){"1", "variance over dark-field images around the ring", "scan0,scan1"},
                              m == MAP ? definition : "as map, with shot noise"));
  }
  PetscCall(AddBrightest(c, maps, result));
  PetscCall(VmMapMean(c->survey->frames, values, &mean, &error));
  PetscCall(VmStatResultScalar(result, "k", c->band.k, "1/nm", "middle of the ring", NULL));
  PetscCall(VmStatResultScalar(result, "width", c->band.width, "1/nm", "width of the ring", NULL));
  PetscCall(VmStatResultEstimate(result, "mean", mean, error, "1", "mean of map", NULL));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_v2d = {.head = {"v2d", "map of the variance over dark-field images around a ring",
                                        "physics.md E4; Im et al. 2018", &table},
                               .has_map = HasMap,
                               .setup = SetUp,
                               .destroy = Destroy,
                               .size = Size,
                               .accumulate = Accumulate,
                               .merge = VmStatMergeSum,
                               .finalise = Finalise};
