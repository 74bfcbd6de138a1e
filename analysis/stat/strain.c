/* Maps of strain and centre from the ellipse of an amorphous ring in each pattern. */
#include "band.h"
#include "groups.h"
#include "scan_map.h"
#include <math.h>
#include <string.h>

enum { REFERENCE_MEAN, REFERENCE_CIRCLE, REFERENCE_MAP };
static const char *const references[] = {"mean", "circle", "map", NULL};
static const char *const relative[] = {"the mean of all probes", "the circle", "the map of the ellipse (geometry)"};

typedef struct {
  double k, half_width;
  int reference;
} Params;

static const VmParam rows[] = {
    {.key = "k",
     .type = VM_REAL,
     .offset = offsetof(Params, k),
     .unit = "1/nm",
     .default_text = "none",
     .min = 1e-6,
     .max = 1e6,
     .doc = "radius of the ring without strain; none: the first ring of the mean of a sample of frames"},
    {.key = "half_width",
     .type = VM_REAL,
     .offset = offsetof(Params, half_width),
     .unit = "1/nm",
     .default_text = "none",
     .min = 1e-6,
     .max = 1e6,
     .doc = "of the band about the ring that is fitted; none: a fifth of its radius"},
    {.key = "reference",
     .type = VM_ENUM,
     .offset = offsetof(Params, reference),
     .default_text = "mean",
     .choices = references,
     .doc = "no strain is: the mean of all probes, a circle of radius k, or the ellipse_map of geometry"},
    {0}};
static const VmTable table = {"strain", "strain from the ellipse of a ring", sizeof(Params), rows, NULL};

enum { XX, YY, XY, CENTRE0, CENTRE1, NFITTED, VON_MISES = NFITTED, NMAP };
static const char *const names[NMAP] = {"e_xx", "e_yy", "e_xy", "centre_0", "centre_1", "von_mises"};
static const char *const long_names[NMAP] = {"strain along det0",
                                             "strain along det1",
                                             "shear strain (tensor component)",
                                             "centre of the ring along det0",
                                             "centre of the ring along det1",
                                             "von Mises equivalent of the in-plane strain"};

typedef struct {
  VmSurvey survey;
  VmRing mean; /* fit of the mean pattern: where the fits of the frames start */
  int reference;
  double *frame; /* [npix] */
} Context;

static bool HasMap(const void *params, const char *name)
{
  (void)params;
  for (int m = 0; m < NMAP; ++m)
    if (strcmp(name, names[m]) == 0) return true;
  return false;
}

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  const Params *p = params;
  Context *c;
  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->survey = survey;
  c->reference = p->reference;
  c->mean.k0 = isnan(p->k) ? survey->first_ring : p->k;
  c->mean.half_width = isnan(p->half_width) ? 0.2 * c->mean.k0 : p->half_width;
  PetscCall(PetscMalloc1((size_t)survey->npix, &c->frame));
  if (p->reference == REFERENCE_MAP && !survey->ellipse_map.terms)
    VmThrow(survey->comm, VM_ERR_INPUT,
            "strain: reference: map needs the map of the ellipse: give geometry ellipse_map: plane or quadratic");
  if (isnan(c->mean.k0))
    VmThrow(survey->comm, VM_ERR_INPUT, "strain: the mean pattern has no ring to fit: give k, e.g. k: 4.2 1/nm");
  PetscCall(VmRingFit(&survey->detector, survey->pattern, true, &c->mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(((Context *)*context)->frame));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  (void)context;
  *nsum = 0;
  *nmap = NFITTED;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  Context *c = context;
  const int64_t npix = c->survey->npix;
  PetscFunctionBegin;
  (void)sums;
  for (int64_t f = 0; f < tile->n; ++f) {
    double *map = maps + f * NFITTED;
    VmRing ring = c->mean;
    for (int64_t p = 0; p < npix; ++p) c->frame[p] = (double)tile->frames[f * npix + p];
    if (c->mean.found) PetscCall(VmRingFit(&c->survey->detector, c->frame, false, &ring));
    for (int m = 0; m < 3; ++m) map[XX + m] = ring.found ? ring.e[m] : NAN;
    for (int a = 0; a < 2; ++a) map[CENTRE0 + a] = ring.found ? ring.centre[a] : NAN;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Strain that, after the reference, gives the fitted one: symmetric part of (1 + e)(1 + reference)^-1 - 1. */
static void Relative(const double reference[3], double e[3])
{
  const double rx = 1.0 + reference[0], ry = 1.0 + reference[1], rxy = reference[2], volume = rx * ry - rxy * rxy;
  const double inverse[3] = {ry / volume, rx / volume, -rxy / volume}, x = 1.0 + e[0], y = 1.0 + e[1], xy = e[2];
  e[0] = x * inverse[0] + xy * inverse[2] - 1.0;
  e[1] = xy * inverse[2] + y * inverse[1] - 1.0;
  e[2] = 0.5 * (x * inverse[2] + xy * inverse[1] + xy * inverse[0] + y * inverse[2]);
}

static double VonMises(const double e[3])
{
  const double trace = e[0] + e[1];
  return sqrt(2.0 / 3.0 * (e[0] * e[0] + e[1] * e[1] + 2.0 * e[2] * e[2] - trace * trace / 3.0));
}

static PetscErrorCode AddMaps(const Context *c, double *const values[NMAP], VmStatResult result)
{
  char definition[320], scalar[32];
  double mean, error;
  PetscFunctionBegin;
  snprintf(definition, sizeof definition,
           "rings are circles of radius k0 in (1 + e) k, fitted as a two-sided Gaussian on a linear background within "
           "%.4g +- %.3g 1/nm; x along det0; relative to %s; NAN where the fit failed",
           c->mean.k0, c->mean.half_width, relative[c->reference]);
  for (int m = 0; m < NMAP; ++m) {
    const bool is_centre = m == CENTRE0 || m == CENTRE1;
    PetscCall(VmStatResultAdd(result, names[m], VM_F64, 2, c->survey->info.scan, values[m],
                              (VmMeta){"1", long_names[m], "scan0,scan1"},
                              is_centre ? "pixels, fitted with the ellipse" : definition));
    PetscCall(VmMapMean(c->survey->frames, values[m], &mean, &error));
    snprintf(scalar, sizeof scalar, "mean_%s", names[m]);
    PetscCall(VmStatResultEstimate(result, scalar, mean, error, "1", long_names[m], "mean over all probes"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean of the found ellipses, or of the map at them; zero if the circle is the reference, or if there is none. */
static void Reference(const Context *c, const double *maps, double reference[3])
{
  double found = 0.0, e[3];
  for (int m = 0; m < 3; ++m) reference[m] = 0.0;
  if (c->reference == REFERENCE_CIRCLE) return;
  for (int64_t f = 0; f < c->survey->frames; ++f) {
    if (isnan(maps[f * NFITTED])) continue;
    found += 1.0;
    VmScanMapAt(&c->survey->ellipse_map, c->survey->info.scan, f, 3, e);
    for (int m = 0; m < 3; ++m) reference[m] += c->reference == REFERENCE_MAP ? e[m] : maps[f * NFITTED + m];
  }
  for (int m = 0; m < 3 && found > 0.0; ++m) reference[m] /= found;
}

/* Half axes and direction of a ring, and its ellipse. */
enum { LONG_AXIS, SHORT_AXIS, ANGLE, PATTERN, NPATTERN = PATTERN + 3 };

/* The ring of the mean pattern moves with the mean of the ellipses of the frames. sums: frames, ellipses. The angle is
 * that next to the ring's own, so that replicas on either side of pi/2 stay together. */
static void PatternOf(const void *context, const double *sums, double *values)
{
  const VmRing *mean = context;
  VmRing ring = *mean;
  double axes[2], angle;
  for (int m = 0; m < 3; ++m) ring.e[m] = values[PATTERN + m] = sums[1 + m] / sums[0];
  VmRingAxes(mean, axes, &angle);
  VmRingAxes(&ring, values, &values[ANGLE]);
  values[ANGLE] -= VM_PI * round((values[ANGLE] - angle) / VM_PI);
}

static PetscErrorCode AddPattern(const Context *c, const double *maps, VmStatResult result)
{
  static const struct {
    const char *name, *unit, *long_name;
  } what[NPATTERN] = {{"long_axis", "1/nm", "half axis of the ring of the mean pattern"},
                      {"short_axis", "1/nm", "half axis of the ring of the mean pattern"},
                      {"angle", "rad", "of the long axis from det0 towards det1"},
                      {"pattern_e_xx", "1", "strain along det0"},
                      {"pattern_e_yy", "1", "strain along det1"},
                      {"pattern_e_xy", "1", "shear strain (tensor component)"}};
  const int64_t frames = c->survey->frames;
  double groups[VM_GROUPS][4] = {{0}}, values[NPATTERN], errors[NPATTERN];
  PetscFunctionBegin;
  for (int v = 0; v < NPATTERN; ++v) values[v] = NAN;
  if (c->mean.found) VmRingAxes(&c->mean, values, &values[ANGLE]);
  for (int m = 0; m < 3; ++m) values[PATTERN + m] = c->mean.found ? c->mean.e[m] : NAN;
  for (int64_t f = 0; f < frames; ++f) {
    double *group = groups[VmGroupOf(f, frames)];
    if (isnan(maps[f * NFITTED])) continue;
    group[0] += 1.0;
    for (int m = 0; m < 3; ++m) group[1 + m] += maps[f * NFITTED + XX + m];
  }
  PetscCall(VmGroupErrors(4, groups[0], NPATTERN, PatternOf, &c->mean, errors));
  for (int v = 0; v < NPATTERN; ++v)
    PetscCall(VmStatResultEstimate(result, what[v].name, values[v], errors[v], what[v].unit, what[v].long_name,
                                   "of the mean pattern, against the circle of radius k0; standard error by bootstrap "
                                   "of the ellipses of the probes over 16 parts of the scan"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const Context *c = context;
  const int64_t frames = c->survey->frames, three = 3;
  double reference[3], *values[NMAP];
  PetscFunctionBegin;
  (void)sums;
  Reference(c, maps, reference);
  for (int m = 0; m < NMAP; ++m) PetscCall(PetscMalloc1((size_t)frames, &values[m]));
  for (int64_t f = 0; f < frames; ++f) {
    double e[3] = {maps[f * NFITTED + XX], maps[f * NFITTED + YY], maps[f * NFITTED + XY]}, map[3];
    VmScanMapAt(&c->survey->ellipse_map, c->survey->info.scan, f, 3, map);
    Relative(c->reference == REFERENCE_MAP ? map : reference, e);
    for (int m = 0; m < 3; ++m) values[XX + m][f] = e[m];
    for (int a = 0; a < 2; ++a) values[CENTRE0 + a][f] = maps[f * NFITTED + CENTRE0 + a];
    values[VON_MISES][f] = VonMises(e);
  }
  PetscCall(AddMaps(c, values, result));
  for (int m = 0; m < NMAP; ++m) PetscCall(PetscFree(values[m]));
  PetscCall(AddPattern(c, maps, result));
  PetscCall(VmStatResultAdd(result, "reference", VM_F64, 1, &three, reference,
                            (VmMeta){"1", "ellipse that counts as no strain: xx, yy, xy", "component"}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_strain = {.head = {"strain", "maps of strain and centre from the ellipse of a ring",
                                           "physics.md E9; Gammer et al., Appl. Phys. Lett. 112 (2018) 171905", &table},
                                  .has_map = HasMap,
                                  .setup = SetUp,
                                  .destroy = Destroy,
                                  .size = Size,
                                  .accumulate = Accumulate,
                                  .merge = VmStatMergeSum,
                                  .finalise = Finalise};
