/* Azimuthal average I(k) in rings of exact area, and its first peak. */
#include "groups.h"
#include <vitromech/stat.h>
#include <math.h>

typedef struct {
  double k_step, k_max, peak_min;
} Params;

static const VmParam rows[] = {
    {.key = "k_step",
     .type = VM_REAL,
     .offset = offsetof(Params, k_step),
     .unit = "1/nm",
     .default_text = "none",
     .min = 1e-6,
     .max = 1e6,
     .doc = "width of the rings; none: half a pixel"},
    {.key = "k_max",
     .type = VM_REAL,
     .offset = offsetof(Params, k_max),
     .unit = "1/nm",
     .default_text = "none",
     .min = 0,
     .max = 1e6,
     .doc = "outer edge of the last ring; none: the largest circle on the detector"},
    {.key = "peak_min",
     .type = VM_REAL,
     .offset = offsetof(Params, peak_min),
     .unit = "1/nm",
     .default_text = "none",
     .min = 0,
     .max = 1e6,
     .doc = "the first ring is looked for beyond; none: where the direct beam has fallen to a tenth"},
    {0}};
static const VmTable table = {"radial_intensity", "azimuthal average I(k)", sizeof(Params), rows, NULL};

/* sums: [VM_GROUPS][1 + n] frames and sum of I(k) */
typedef struct {
  VmSurvey survey;
  VmPolar rings;
  double peak_min, *intensity; /* [VM_STAT_BLOCK][n] */
} Context;

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  const Params *p = params;
  int n;
  double *k;
  Context *c;
  PetscFunctionBegin;
  const double step = isnan(p->k_step) ? 0.5 * fmin(survey->detector.pitch[0], survey->detector.pitch[1]) : p->k_step;
  const double k_max = isnan(p->k_max) ? VmDetectorReach(&survey->detector) : p->k_max;
  if (!(k_max >= step))
    VmThrow(survey->comm, VM_ERR_INPUT, "radial_intensity: no ring of %g 1/nm fits below k_max = %g 1/nm", step, k_max);
  PetscCall(PetscNew(&c));
  c->survey = survey;
  c->peak_min = p->peak_min;
  PetscCall(VmRingsCreate(0.0, k_max, step, &n, &k));
  PetscCall(VmPolarCreateShared(survey->comm, &survey->detector, n, k, step, 1, VM_POLAR_AREA, &c->rings));
  PetscCall(PetscMalloc1(VM_STAT_BLOCK * (size_t)n, &c->intensity));
  PetscCall(PetscFree(k));
  *context = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  Context *c = *context;
  PetscFunctionBegin;
  PetscCall(VmPolarDestroy(&c->rings));
  PetscCall(PetscFree(c->intensity));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  *nsum = VM_GROUPS * (1 + (size_t)((const Context *)context)->rings->rings);
  *nmap = 0;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  Context *c = context;
  const int n = c->rings->rings;
  (void)maps;
  VmPolarApplyLanes(c->rings, tile->n, c->survey->npix, tile->lanes, c->intensity);
  for (int64_t f = 0; f < tile->n; ++f) {
    double *group = sums + VmGroupOf(tile->first + f, c->survey->frames) * (1 + n);
    group[0] += 1.0;
    for (int r = 0; r < n; ++r) group[1 + r] += c->intensity[f * n + r];
  }
  return PETSC_SUCCESS;
}

/* values: [n] intensity, [1] first peak */
static void Curve(const void *context, const double *sums, double *values)
{
  const Context *c = context;
  const int n = c->rings->rings;
  for (int r = 0; r < n; ++r) values[r] = c->rings->valid[r] ? sums[1 + r] / sums[0] : NAN;
  values[n] = VmFirstRing(n, c->rings->k, values, c->peak_min);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const Context *c = context;
  const int64_t n = c->rings->rings;
  double *total, *values, *errors;
  PetscFunctionBegin;
  (void)maps;
  PetscCall(PetscMalloc3((size_t)n + 1, &total, (size_t)n + 1, &values, (size_t)n + 1, &errors));
  VmGroupTotal((size_t)n + 1, sums, total);
  Curve(c, total, values);
  PetscCall(VmGroupErrors((size_t)n + 1, sums, (size_t)n + 1, Curve, c, errors));
  PetscCall(VmStatResultAdd(result, "k", VM_F64, 1, &n, c->rings->k,
                            (VmMeta){"1/nm", "scattering vector 1/d, middle of the ring", "k"}, NULL));
  PetscCall(VmStatResultAdd(result, "intensity", VM_F64, 1, &n, values,
                            (VmMeta){"count", "mean intensity per pixel of the ring, over all probes", "k"},
                            "I(k): area-weighted mean over the valid pixels of the ring, then mean over probes"));
  PetscCall(VmStatResultAdd(result, "intensity_error", VM_F64, 1, &n, errors,
                            (VmMeta){"count", "standard error of intensity (bootstrap over 16 parts of the scan)", "k"},
                            NULL));
  PetscCall(
      VmStatResultEstimate(result, "first_peak", values[n], errors[n], "1/nm", "position of the first ring",
                           "parabola through the three highest bins of the most prominent maximum beyond the direct "
                           "beam"));
  PetscCall(PetscFree3(total, values, errors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_radial_intensity = {
    .head = {"radial_intensity", "azimuthal average I(k) and the position of the first ring", "physics.md E2", &table},
    .reads_lanes = true,
    .setup = SetUp,
    .destroy = Destroy,
    .size = Size,
    .accumulate = Accumulate,
    .merge = VmStatMergeSum,
    .finalise = Finalise};
