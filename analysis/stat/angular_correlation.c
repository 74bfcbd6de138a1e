/* Mean over probes of the angular correlation C_k(phi) of all rings, and its power spectrum. */
#include "groups.h"
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

/* sums: [VM_GROUPS][stride], of each: frames, [rings] frames with intensity, [rings] 1/<I>, [rings][half] power */
typedef struct {
  VmSurvey survey;
  VmAngular angular;
  int max, half;
  size_t stride;
  double *power, *mean; /* [rings][half], [rings] of one frame */
  double *floor;        /* [rings][max + 1] shot noise of S_n for unit gain/<I> */
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
  c->stride = 1 + rings * (2 + (size_t)c->half);
  if (2 * c->max > survey->angles)
    VmThrow(survey->comm, VM_ERR_INPUT, "angular_correlation: max %d needs at least %d angles (geometry has %d)",
            c->max, 2 * c->max, survey->angles);
  PetscCall(VmSurveyPolar(survey, &polar));
  PetscCall(VmAngularCreate(polar, &c->angular));
  const size_t orders = (size_t)c->max + 1;
  PetscCall(PetscMalloc3(rings * (size_t)c->half, &c->power, rings, &c->mean, rings * orders, &c->floor));
  for (size_t r = 0; r < rings; ++r) {
    VmAngularSpectrum(c->angular, VmAngularNoise(c->angular, (int)r), c->max, c->floor + r * orders);
    c->floor[r * orders] = 0.0; /* S_0 = 1 */
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  Context *c = *context;
  PetscFunctionBegin;
  PetscCall(VmAngularDestroy(&c->angular));
  PetscCall(PetscFree3(c->power, c->mean, c->floor));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  *nsum = VM_GROUPS * ((const Context *)context)->stride;
  *nmap = 0;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  Context *c = context;
  const int rings = c->survey->rings;
  const int64_t stride = (int64_t)rings * c->survey->angles;
  PetscFunctionBegin;
  (void)maps;
  for (int64_t f = 0; f < tile->n; ++f) {
    double *group = sums + (size_t)VmGroupOf(tile->first + f, c->survey->frames) * c->stride;
    double *restrict power = group + 1 + 2 * rings;
    PetscCall(VmAngularPower(c->angular, tile->polar + f * stride, c->power, c->mean));
    group[0] += 1.0;
    for (int r = 0; r < rings; ++r) {
      if (!(c->mean[r] > 0.0)) continue;
      group[1 + r] += 1.0;
      group[1 + rings + r] += 1.0 / c->mean[r];
    }
    for (int64_t i = 0; i < (int64_t)rings * c->half; ++i) power[i] += c->power[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A block has frames of few groups. */
static void Merge(const void *context, size_t nsum, double *into, const double *from)
{
  const size_t stride = ((const Context *)context)->stride;
  for (size_t at = 0; at < nsum; at += stride)
    if (from[at] > 0.0) VmStatMergeSum(context, stride, into + at, from + at);
}

/* Correlation and spectrum of one ring with and without shot noise, from the sums of frames. */
static PetscErrorCode Ring(Context *c, int r, const double *sums, double *raw, double *correlation, double *power_raw,
                           double *power)
{
  const int rings = c->survey->rings, angles = c->survey->angles;
  const double frames = sums[1 + r], shot = c->survey->gain * sums[1 + rings + r] / frames;
  const double *noise = VmAngularNoise(c->angular, r), *floor = c->floor + (size_t)r * ((size_t)c->max + 1);
  PetscFunctionBegin;
  for (int n = 0; n < c->half; ++n) c->power[n] = sums[1 + 2 * rings + (int64_t)r * c->half + n] / frames;
  PetscCall(VmAngularCorrelation(c->angular, r, c->power, raw));
  for (int j = 0; j < angles; ++j) {
    if (!(frames > 0.0)) raw[j] = NAN;
    correlation[j] = raw[j] - shot * noise[j];
  }
  VmAngularSpectrum(c->angular, raw, c->max, power_raw);
  for (int n = 0; n <= c->max; ++n) power[n] = power_raw[n] - shot * floor[n];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Curves of all rings: [rings][angles] and [rings][max + 1]. */
typedef struct {
  double *raw, *correlation, *power_raw, *power;
} Curves;

static PetscErrorCode CurvesCreate(const Context *c, Curves *curves)
{
  const size_t by_angle = (size_t)(c->survey->rings * c->survey->angles),
               by_order = (size_t)c->survey->rings * ((size_t)c->max + 1);
  PetscFunctionBegin;
  PetscCall(PetscCalloc4(by_angle, &curves->raw, by_angle, &curves->correlation, by_order, &curves->power_raw, by_order,
                         &curves->power));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CurvesDestroy(Curves *curves)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(curves->raw, curves->correlation, curves->power_raw, curves->power));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Evaluate(Context *c, const double *sums, Curves *curves)
{
  const int64_t angles = c->survey->angles, orders = c->max + 1;
  PetscFunctionBegin;
  for (int r = 0; r < c->survey->rings; ++r)
    PetscCall(Ring(c, r, sums, curves->raw + r * angles, curves->correlation + r * angles,
                   curves->power_raw + r * orders, curves->power + r * orders));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the square of w (x - mean), w the part of the frames with intensity that the group has. */
static void AddSquares(int rings, int64_t width, const double *frames, const double *total, const double *x,
                       const double *mean, double *square)
{
  for (int64_t i = 0; i < rings * width; ++i) {
    const double part = frames[i / width] / total[i / width], difference = part * (x[i] - mean[i]);
    if (part > 0.0) square[i] += difference * difference;
  }
}

/* All curves are means over frames: the standard error of infinitely many bootstrap samples of the groups, to first
 * order in the number of frames of a sample, is the root of the sum over groups of (part (x - mean))^2. */
static PetscErrorCode Errors(Context *c, const double *groups, const double *total, const Curves *mean, Curves *errors)
{
  const int rings = c->survey->rings;
  const int64_t angles = c->survey->angles, orders = c->max + 1;
  int filled = 0;
  Curves of_group;
  PetscFunctionBegin;
  PetscCall(CurvesCreate(c, &of_group));
  for (int g = 0; g < VM_GROUPS; ++g) {
    const double *sums = groups + (size_t)g * c->stride;
    if (!(sums[0] > 0.0)) continue;
    ++filled;
    PetscCall(Evaluate(c, sums, &of_group));
    AddSquares(rings, angles, sums + 1, total + 1, of_group.correlation, mean->correlation, errors->correlation);
    AddSquares(rings, orders, sums + 1, total + 1, of_group.power, mean->power, errors->power);
  }
  for (int64_t i = 0; i < rings * angles; ++i)
    errors->correlation[i] = filled > 1 && total[1 + i / angles] > 0.0 ? sqrt(errors->correlation[i]) : NAN;
  for (int64_t i = 0; i < rings * orders; ++i)
    errors->power[i] = filled > 1 && total[1 + i / orders] > 0.0 ? sqrt(errors->power[i]) : NAN;
  PetscCall(CurvesDestroy(&of_group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Write(const Context *c, const Curves *curves, const Curves *errors, VmStatResult result)
{
  static const char *const error = "bootstrap over 16 parts of the scan, to first order";
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
  PetscCall(PetscFree(phi));
  snprintf(
      definition, sizeof definition,
      "C_k(phi) = (<I(t) I(t+phi)>_t - <I>_t^2)/<I>_t^2, mean over probes; valid pairs only (exact for masked bins); "
      "shot noise %s",
      noise);
  PetscCall(VmStatResultAdd(result, "correlation", VM_F64, 2, by_angle, curves->correlation,
                            (VmMeta){"1", "angular correlation", "k,phi"}, definition));
  PetscCall(VmStatResultAdd(result, "correlation_error", VM_F64, 2, by_angle, errors->correlation,
                            (VmMeta){"1", "standard error of correlation", "k,phi"}, error));
  PetscCall(VmStatResultAdd(result, "correlation_raw", VM_F64, 2, by_angle, curves->raw,
                            (VmMeta){"1", "angular correlation with shot noise", "k,phi"}, NULL));
  snprintf(definition, sizeof definition,
           "S_n = abs(I_n)^2/abs(I_0)^2 = DFT(C)_n/N for n > 0, S_0 = 1, mean over probes; shot-noise floor %s", noise);
  PetscCall(VmStatResultAdd(result, "power", VM_F64, 2, by_order, curves->power, (VmMeta){"1", "angular power", "k,n"},
                            definition));
  PetscCall(VmStatResultAdd(result, "power_error", VM_F64, 2, by_order, errors->power,
                            (VmMeta){"1", "standard error of power", "k,n"}, error));
  PetscCall(VmStatResultAdd(result, "power_raw", VM_F64, 2, by_order, curves->power_raw,
                            (VmMeta){"1", "angular power with shot noise", "k,n"}, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  Context *c = context;
  double *total;
  Curves curves, errors;
  PetscFunctionBegin;
  (void)maps;
  PetscCall(PetscMalloc1(c->stride, &total));
  PetscCall(CurvesCreate(c, &curves));
  PetscCall(CurvesCreate(c, &errors));
  VmGroupTotal(c->stride, sums, total);
  PetscCall(Evaluate(c, total, &curves));
  PetscCall(Errors(c, sums, total, &curves, &errors));
  PetscCall(Write(c, &curves, &errors, result));
  PetscCall(CurvesDestroy(&curves));
  PetscCall(CurvesDestroy(&errors));
  PetscCall(PetscFree(total));
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
    .merge = Merge,
    .finalise = Finalise};
