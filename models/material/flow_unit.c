#include "isotropic.h"
#include <math.h>

typedef struct {
  double matrix_shear_modulus, flow_unit_shear_modulus, bulk_modulus, saturation_stress;
  double initial_fraction, lower_fraction, final_fraction, rate_constant;
} Params;

static const VmParam rows[] = {
    {.key = "matrix_shear_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, matrix_shear_modulus),
     .unit = "GPa",
     .min = 1e-6,
     .max = 1e6,
     .doc = "shear modulus G_1 of the elastic matrix",
     .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 2"},
    {.key = "flow_unit_shear_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, flow_unit_shear_modulus),
     .unit = "GPa",
     .min = 1e-6,
     .max = 1e6,
     .doc = "shear modulus G_2 of the flow units at small strain; at most that of the matrix"},
    {.key = "bulk_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, bulk_modulus),
     .unit = "GPa",
     .min = 1e-6,
     .max = 1e6,
     .doc = "bulk modulus K; volume changes are elastic"},
    {.key = "saturation_stress",
     .type = VM_REAL,
     .offset = offsetof(Params, saturation_stress),
     .unit = "GPa",
     .min = 1e-9,
     .max = 1e6,
     .doc = "von Mises stress sigma_s that flow units bear at large strain"},
    {.key = "initial_fraction",
     .type = VM_REAL,
     .offset = offsetof(Params, initial_fraction),
     .unit = "1",
     .max = 1.0,
     .doc = "fraction c_i of flow units at the start"},
    {.key = "lower_fraction",
     .type = VM_REAL,
     .offset = offsetof(Params, lower_fraction),
     .unit = "1",
     .default_text = "0",
     .max = 1.0,
     .doc = "unstable fraction c_0, above which flow units multiply; not above the initial one"},
    {.key = "final_fraction",
     .type = VM_REAL,
     .offset = offsetof(Params, final_fraction),
     .unit = "1",
     .default_text = "1",
     .max = 1.0,
     .doc = "fraction c_inf after a long time; not below the initial one"},
    {.key = "rate_constant",
     .type = VM_REAL,
     .offset = offsetof(Params, rate_constant),
     .unit = "1/s",
     .max = 1e20,
     .doc = "k in dc/dt = -k (c - c_0)(c - c_inf)",
     .source = "Wang & Wang (2019), eq. 3"},
    {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  PetscFunctionBegin;
  if (p->flow_unit_shear_modulus > p->matrix_shear_modulus)
    PetscCall(
        VmReportAdd(report, node,
                    "flow_unit_shear_modulus %g GPa is above that of the matrix, %g GPa: growing flow units would "
                    "create energy",
                    p->flow_unit_shear_modulus, p->matrix_shear_modulus));
  if (p->lower_fraction > p->initial_fraction || p->initial_fraction > p->final_fraction)
    PetscCall(VmReportAdd(report, node, "fractions are %g (lower), %g (initial), %g (final); they must not fall",
                          p->lower_fraction, p->initial_fraction, p->final_fraction));
  PetscCall(VmIsotropicCheck(p->matrix_shear_modulus, p->bulk_modulus, node, report));
  PetscCall(VmIsotropicCheck(p->flow_unit_shear_modulus, p->bulk_modulus, node, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable params_table = {.name = "flow_unit",
                                     .doc = "elastic matrix that turns into flow units of limited stress",
                                     .size = sizeof(Params),
                                     .rows = rows,
                                     .check = Check};

enum { VARY_MATRIX, VARY_FLOW_UNIT, VARY_BULK, VARY_SATURATION, VARY_INITIAL, VARY_RATE };
static const char *const vary[] = {"matrix_shear_modulus",
                                   "flow_unit_shear_modulus",
                                   "bulk_modulus",
                                   "saturation_stress",
                                   "initial_fraction",
                                   "rate_constant",
                                   NULL};

static Params At(const Params *glass, const VmPoints *points, int64_t i)
{
  Params p = *glass;
  if (!points->factor) return p;
  p.matrix_shear_modulus *= VmFactor(points, VARY_MATRIX, i);
  p.flow_unit_shear_modulus *= VmFactor(points, VARY_FLOW_UNIT, i);
  p.bulk_modulus *= VmFactor(points, VARY_BULK, i);
  p.saturation_stress *= VmFactor(points, VARY_SATURATION, i);
  p.initial_fraction *= VmFactor(points, VARY_INITIAL, i);
  p.rate_constant *= VmFactor(points, VARY_RATE, i);
  return p;
}

/* What Check sees to in the input may be lost by the factors: then energy would be created. */
static bool Sound(const Params *p)
{
  return p->flow_unit_shear_modulus <= p->matrix_shear_modulus && p->lower_fraction <= p->initial_fraction &&
         p->initial_fraction <= p->final_fraction;
}

/* State: c - c_i, so that a glass that was never touched is all zeros. */
static const char *const state_names[] = {"grown_fraction"};

/* kappa = k (c_inf - c_0) */
static double GrowthRate(const Params *p) { return p->rate_constant * (p->final_fraction - p->lower_fraction); }

/* c - c_i after a step; the closed form of dc/dt = -k (c - c_0)(c - c_inf), without the pole at c = c_inf. */
static double Grown(const Params *p, double grown, double dt)
{
  const double above = p->initial_fraction + grown - p->lower_fraction;
  const double below = p->final_fraction - p->initial_fraction - grown, decay = exp(-GrowthRate(p) * dt);
  if (above <= 0.0 || below <= 0.0) return grown;
  return grown + above * below * (1.0 - decay) / (below * decay + above);
}

/* x = 3 G_2 e_eq/sigma_s of a deviator with the equivalent strain e_eq = sqrt(2/3 e:e). */
static double Saturation(const Params *p, const double e[6])
{
  return 3.0 * p->flow_unit_shear_modulus * sqrt(2.0 / 3.0 * VmMandelDot(e, e)) / p->saturation_stress;
}

/* Secant shear modulus at a fraction of flow units. */
static double Shear(const Params *p, double fraction, double x)
{
  return (1.0 - fraction) * p->matrix_shear_modulus + fraction * p->flow_unit_shear_modulus * VmMeanDecay(x);
}

static VmStepStatus Update(const void *params, const VmPoints *points)
{
  for (int64_t i = 0; points->factor && i < points->np; ++i) {
    const Params p = At(params, points, i);
    if (!Sound(&p)) return VM_STEP_FAIL;
  }
  for (int64_t i = 0; i < points->np; ++i) {
    const Params p = At(params, points, i);
    const double grown = Grown(&p, points->state[0][i], points->dt);
    double e[6];
    const double pressure = p.bulk_modulus * VmSplitStrain(points->strain, i, e);
    const double shear = Shear(&p, p.initial_fraction + grown, Saturation(&p, e));
    for (int c = 0; c < 6; ++c) points->stress[c][i] = 2.0 * shear * e[c] + (c < 3 ? pressure : 0.0);
    points->state[0][i] = grown;
  }
  return VM_STEP_OK;
}

/* Along the strain the flow units answer with exp(-x), across it with (1 - exp(-x))/x of their modulus. */
static PetscErrorCode Tangent(const void *params, const VmPoints *points, double *const *tangent)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < points->np; ++i) {
    const Params p = At(params, points, i);
    const double fraction = p.initial_fraction + Grown(&p, points->state[0][i], points->dt);
    double e[6];
    VmSplitStrain(points->strain, i, e);
    const double x = Saturation(&p, e), shear = Shear(&p, fraction, x), square = VmMandelDot(e, e);
    const double along =
        square > 0.0 ? 2.0 * fraction * p.flow_unit_shear_modulus * (exp(-x) - VmMeanDecay(x)) / square : 0.0;
    for (int c = 0; c < 36; ++c)
      tangent[c][i] = VmIsotropicStiffness(shear, p.bulk_modulus, c / 6, c % 6) + along * e[c / 6] * e[c % 6];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Strain energies of the deviator in matrix and flow units. */
static double MatrixEnergy(const Params *p, const double e[6]) { return p->matrix_shear_modulus * VmMandelDot(e, e); }

static double FlowUnitEnergy(const Params *p, const double e[6])
{
  const double x = Saturation(p, e), modulus = 3.0 * p->flow_unit_shear_modulus;
  const double area = x > 1e-3 ? x + expm1(-x) : x * x * (0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0 - x / 120.0)));
  return p->saturation_stress * p->saturation_stress / modulus * area;
}

/* The step of one point as a path: e = e_0 + t (e_1 - e_0), 0 <= t <= 1. */
typedef struct {
  Params p;
  double e0[6], rise[6], grown, dt;
} Path;

/* Adds the integrals of s:de and of (W_E - W_FU) dc from t = a to b, with panels on which eight points of Gauss see a
 * smooth function: at most one relaxation of c, and few multiples of the saturation strain. */
static void Integrate(const Path *path, double a, double b, double width, double *work, double *dissipated)
{
  static const double node[4] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
  static const double weight[4] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763};
  const Params *p = &path->p;
  const int panels = b > a ? (int)ceil(fmin((b - a) / width, 128.0)) : 0;
  for (int n = 0; n < 8 * panels; ++n) {
    const int k = n % 4;
    const double at = (n / 8 + 0.5 + (n % 8 < 4 ? -0.5 : 0.5) * node[k]) / panels, t = a + (b - a) * at;
    const double share = 0.5 * weight[k] * (b - a) / panels, grown = Grown(p, path->grown, t * path->dt);
    const double fraction = p->initial_fraction + grown;
    const double growth = path->dt * p->rate_constant * (fraction - p->lower_fraction) * (p->final_fraction - fraction);
    double e[6];
    for (int c = 0; c < 6; ++c) e[c] = path->e0[c] + t * path->rise[c];
    *work += share * 2.0 * Shear(p, fraction, Saturation(p, e)) * VmMandelDot(e, path->rise);
    *dissipated += share * (MatrixEnergy(p, e) - FlowUnitEnergy(p, e)) * growth;
  }
}

/* When c changes at all: the times within 40/kappa of that of half of the growth. Outside c is constant. */
static void Growing(const Path *path, double *from, double *to)
{
  const Params *p = &path->p;
  const double above = p->initial_fraction + path->grown - p->lower_fraction, rate = GrowthRate(p) * path->dt;
  const double below = p->final_fraction - p->initial_fraction - path->grown;
  *from = *to = 0.0;
  if (above <= 0.0 || below <= 0.0 || rate <= 0.0) return;
  const double half = log(below / above) / rate;
  *from = fmin(1.0, fmax(0.0, half - 40.0 / rate));
  *to = fmin(1.0, fmax(0.0, half + 40.0 / rate));
}

/* Breaks the path where c begins and ceases to change and where the strain is least, which may be nearly a kink. */
static void Follow(const Path *path, double *work, double *dissipated)
{
  const double square = VmMandelDot(path->rise, path->rise), strain = Saturation(&path->p, path->rise);
  const double least = square > 0.0 ? fmin(1.0, fmax(0.0, -VmMandelDot(path->e0, path->rise) / square)) : 0.0;
  double nearest[6], from, to;
  for (int c = 0; c < 6; ++c) nearest[c] = path->e0[c] + least * path->rise[c];
  Growing(path, &from, &to);
  const double parts = (VmMandelDot(nearest, nearest) < square ? 8.0 : 1.0) + fmin(strain, 32.0);
  const double slow = 1.0 / parts, fast = 1.0 / (parts + GrowthRate(&path->p) * path->dt);
  const double breaks[5] = {0.0, fmin(from, least), fmin(fmax(from, least), to), fmax(to, least), 1.0};
  for (int k = 0; k < 4; ++k) {
    const bool growing = breaks[k] >= from && breaks[k + 1] <= to;
    Integrate(path, breaks[k], breaks[k + 1], growing ? fast : slow, work, dissipated);
  }
}

static PetscErrorCode Energy(const void *params, const VmPoints *points, double *work, double *stored,
                             double *dissipated)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < points->np; ++i) {
    Path path = {.p = At(params, points, i), .grown = points->state[0][i], .dt = points->dt};
    const Params *p = &path.p;
    double e1[6];
    const double v0 = VmSplitStrain(points->last_strain, i, path.e0), v1 = VmSplitStrain(points->strain, i, e1);
    for (int c = 0; c < 6; ++c) path.rise[c] = e1[c] - path.e0[c];
    work[i] = 0.5 * p->bulk_modulus * (v1 + v0) * (v1 - v0);
    dissipated[i] = 0.0;
    Follow(&path, &work[i], &dissipated[i]);
    const double fraction = p->initial_fraction + Grown(p, path.grown, path.dt);
    stored[i] =
        0.5 * p->bulk_modulus * v1 * v1 + (1.0 - fraction) * MatrixEnergy(p, e1) + fraction * FlowUnitEnergy(p, e1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Moduli(const void *params, const VmPoints *points, double *shear, double *bulk)
{
  for (int64_t i = 0; i < points->np; ++i) {
    const Params p = At(params, points, i);
    shear[i] = Shear(&p, p.initial_fraction + (points->state ? points->state[0][i] : 0.0), 0.0);
    bulk[i] = p.bulk_modulus;
  }
}

/* Linearised about zero strain at the initial fraction: no loss, valid for periods in which the fraction hardly grows.
 */
static PetscErrorCode Harmonic(const void *params, double omega, const VmPoints *points, double complex *shear,
                               double complex *bulk)
{
  PetscFunctionBegin;
  (void)omega;
  for (int64_t i = 0; i < points->np; ++i) {
    const Params p = At(params, points, i);
    shear[i] = Shear(&p, p.initial_fraction, 0.0), bulk[i] = p.bulk_modulus;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMaterialOps vm_material_flow_unit = {
    .head = {.name = "flow_unit",
             .doc = "elastic matrix and flow units of limited stress whose fraction grows in time",
             .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 2 and 3; to three dimensions by a strain energy "
                       "in the equivalent strain",
             .params = &params_table},
    .nstate = 1,
    .state_names = state_names,
    .vary = vary,
    .update = Update,
    .tangent = Tangent,
    .energy = Energy,
    .harmonic = Harmonic,
    .moduli = Moduli};
