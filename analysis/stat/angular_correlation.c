/* Mean over probes of the angular correlation C_k(phi) of all rings, and its power spectrum. */
#include <vitromech/stat.h>
#include <math.h>

typedef struct {
  int64_t max;
} Params;

static const VmParam rows[] = {{.key = "max",
                                .type = VM_INT,
                                .offset = offsetof(Params, max),
                                .default_text = "12",
                                .min = 1,
                                .max = 90,
                                .doc = "highest order n of the power spectrum"},
                               {0}};
static const VmTable table = {"angular_correlation", "angular correlation of all rings", sizeof(Params), rows, NULL};

/* sums: [rings] frames with intensity, [rings] 1/<I>, [rings][half] power */
typedef struct {
  VmSurvey survey;
  VmAngular angular;
  int max, half;
  double *power, *mean; /* [rings][half], [rings] of one frame */
} Context;

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  const size_t rings = (size_t)survey->rings;
  VmPolar polar;
  Context *c;
  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->survey = survey;
  c->max = (int)((const Params *)params)->max;
  c->half = survey->angles / 2 + 1;
  if (2 * c->max > survey->angles)
    VmThrow(survey->comm, VM_ERR_INPUT, "angular_correlation: max %d needs at least %d angles (geometry has %d)",
            c->max, 2 * c->max, survey->angles);
  PetscCall(VmSurveyPolar(survey, &polar));
  PetscCall(VmAngularCreate(polar, &c->angular));
  PetscCall(PetscMalloc2(rings * (size_t)c->half, &c->power, rings, &c->mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  Context *c = *context;
  PetscFunctionBegin;
  PetscCall(VmAngularDestroy(&c->angular));
  PetscCall(PetscFree2(c->power, c->mean));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  const Context *c = context;
  *nsum = (size_t)c->survey->rings * (2 + (size_t)c->half);
  *nmap = 0;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  Context *c = context;
  const int rings = c->survey->rings;
  const int64_t stride = (int64_t)rings * c->survey->angles;
  double *restrict power = sums + 2 * rings;
  PetscFunctionBegin;
  (void)maps;
  for (int64_t f = 0; f < tile->n; ++f) {
    PetscCall(VmAngularPower(c->angular, tile->polar + f * stride, c->power, c->mean));
    for (int r = 0; r < rings; ++r) {
      if (!(c->mean[r] > 0.0)) continue;
      sums[r] += 1.0;
      sums[rings + r] += 1.0 / c->mean[r];
    }
    for (int64_t i = 0; i < (int64_t)rings * c->half; ++i) power[i] += c->power[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Correlation and spectrum of one ring with and without shot noise. */
static PetscErrorCode Ring(Context *c, int r, const double *sums, double *raw, double *correlation, double *power_raw,
                           double *power)
{
  const int rings = c->survey->rings, angles = c->survey->angles;
  const double frames = sums[r], *noise = VmAngularNoise(c->angular, r);
  PetscFunctionBegin;
  for (int n = 0; n < c->half; ++n) c->power[n] = sums[2 * rings + (int64_t)r * c->half + n] / frames;
  PetscCall(VmAngularCorrelation(c->angular, r, c->power, raw));
  for (int j = 0; j < angles; ++j) {
    if (!(frames > 0.0)) raw[j] = NAN;
    correlation[j] = raw[j] - c->survey->gain * sums[rings + r] / frames * noise[j];
  }
  VmAngularSpectrum(c->angular, raw, c->max, power_raw);
  VmAngularSpectrum(c->angular, correlation, c->max, power);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Write(const Context *c, const double *raw, const double *correlation, const double *power_raw,
                            const double *power, VmStatResult result)
{
  const int64_t by_angle[2] = {c->survey->rings, c->survey->angles}, by_order[2] = {c->survey->rings, c->max + 1};
  const char *noise = c->survey->gain > 0.0 ? "subtracted" : "NOT subtracted: gain unknown";
  char definition[320];
  double *phi;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)by_angle[1], &phi));
  for (int64_t j = 0; j < by_angle[1]; ++j) phi[j] = 2.0 * VM_PI * (double)j / (double)by_angle[1];
  PetscCall(VmStatResultAdd(result, "k", VM_F64, 1, &by_angle[0], c->survey->k,
                            (VmMeta){"1/nm", "scattering vector 1/d, middle of the ring", "k"}, NULL));
  PetscCall(VmStatResultAdd(result, "phi", VM_F64, 1, &by_angle[1], phi,
                            (VmMeta){"rad", "angle between two bins", "phi"}, NULL));
  snprintf(
      definition, sizeof definition,
      "C_k(phi) = (<I(t) I(t+phi)>_t - <I>_t^2)/<I>_t^2, mean over probes; valid pairs only (exact for masked bins); "
      "shot noise %s",
      noise);
  PetscCall(VmStatResultAdd(result, "correlation", VM_F64, 2, by_angle, correlation,
                            (VmMeta){"1", "angular correlation", "k,phi"}, definition));
  PetscCall(VmStatResultAdd(result, "correlation_raw", VM_F64, 2, by_angle, raw,
                            (VmMeta){"1", "angular correlation with shot noise", "k,phi"}, NULL));
  snprintf(definition, sizeof definition,
           "S_n = abs(I_n)^2/abs(I_0)^2 = DFT(C)_n/N for n > 0, S_0 = 1, mean over probes; shot-noise floor %s", noise);
  PetscCall(
      VmStatResultAdd(result, "power", VM_F64, 2, by_order, power, (VmMeta){"1", "angular power", "k,n"}, definition));
  PetscCall(VmStatResultAdd(result, "power_raw", VM_F64, 2, by_order, power_raw,
                            (VmMeta){"1", "angular power with shot noise", "k,n"}, NULL));
  PetscCall(PetscFree(phi));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  Context *c = context;
  const size_t rings = (size_t)c->survey->rings, angles = (size_t)c->survey->angles, orders = (size_t)c->max + 1;
  double *raw, *correlation, *power_raw, *power;
  PetscFunctionBegin;
  (void)maps;
  PetscCall(PetscMalloc2(rings * angles, &raw, rings * angles, &correlation));
  PetscCall(PetscMalloc2(rings * orders, &power_raw, rings * orders, &power));
  for (size_t r = 0; r < rings; ++r)
    PetscCall(
        Ring(c, (int)r, sums, raw + r * angles, correlation + r * angles, power_raw + r * orders, power + r * orders));
  PetscCall(Write(c, raw, correlation, power_raw, power, result));
  PetscCall(PetscFree2(raw, correlation));
  PetscCall(PetscFree2(power_raw, power));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_angular_correlation = {
    .head = {"angular_correlation", "mean angular correlation C_k(phi) and its power spectrum for all k",
             "physics.md E5; stem.md", &table},
    .reads_polar = true,
    .setup = SetUp,
    .destroy = Destroy,
    .size = Size,
    .accumulate = Accumulate,
    .merge = VmStatMergeSum,
    .finalise = Finalise};
