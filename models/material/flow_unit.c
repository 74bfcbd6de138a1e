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

/* State: c - c_i, so that a glass that was never touched is all zeros. */
static const char *const state_names[] = {"grown_fraction"};

/* c - c_i after a step; the closed form of dc/dt = -k (c - c_0)(c - c_inf), without the pole at c = c_inf. */
static double Grown(const Params *p, double grown, double decay)
{
  const double above = p->initial_fraction + grown - p->lower_fraction;
  const double below = p->final_fraction - p->initial_fraction - grown;
  if (above <= 0.0 || below <= 0.0) return grown;
  return grown + above * below * (1.0 - decay) / (below * decay + above);
}

static double Decay(const Params *p, double dt)
{
  return exp(-p->rate_constant * (p->final_fraction - p->lower_fraction) * dt);
}

/* x = 3 G_2 e_eq/sigma_s with the equivalent strain sqrt(2/3 e:e) of point i. */
static double Saturation(const Params *p, const VmPoints *points, int64_t i)
{
  double square = 0.0;
  for (int c = 0; c < 6; ++c) square += VmStrainDeviator(points, c, i) * VmStrainDeviator(points, c, i);
  return 3.0 * p->flow_unit_shear_modulus * sqrt(2.0 / 3.0 * square) / p->saturation_stress;
}

static VmStepStatus Update(const void *params, const VmPoints *points)
{
  const Params *p = params;
  const double decay = Decay(p, points->dt);
  for (int64_t i = 0; i < points->np; ++i) {
    const double grown = Grown(p, points->state[0][i], decay), fraction = p->initial_fraction + grown;
    const double shear = (1.0 - fraction) * p->matrix_shear_modulus +
                         fraction * p->flow_unit_shear_modulus * VmMeanDecay(Saturation(p, points, i));
    const double pressure = p->bulk_modulus * (points->strain[0][i] + points->strain[1][i] + points->strain[2][i]);
    for (int c = 0; c < 6; ++c)
      points->stress[c][i] = 2.0 * shear * VmStrainDeviator(points, c, i) + (c < 3 ? pressure : 0.0);
    points->state[0][i] = grown;
  }
  return VM_STEP_OK;
}

/* Along the strain the flow units answer with exp(-x), across it with (1 - exp(-x))/x of their modulus. */
static PetscErrorCode Tangent(const void *params, const VmPoints *points, double *const *tangent)
{
  const Params *p = params;
  const double decay = Decay(p, points->dt);
  PetscFunctionBegin;
  for (int64_t i = 0; i < points->np; ++i) {
    const double fraction = p->initial_fraction + Grown(p, points->state[0][i], decay);
    const double x = Saturation(p, points, i), across = VmMeanDecay(x);
    const double shear = (1.0 - fraction) * p->matrix_shear_modulus + fraction * p->flow_unit_shear_modulus * across;
    double e[6], square = 0.0;
    for (int c = 0; c < 6; ++c) e[c] = VmStrainDeviator(points, c, i), square += e[c] * e[c];
    const double along = square > 0.0 ? 2.0 * fraction * p->flow_unit_shear_modulus * (exp(-x) - across) / square : 0.0;
    for (int c = 0; c < 36; ++c)
      tangent[c][i] = VmIsotropicStiffness(shear, p->bulk_modulus, c / 6, c % 6) + along * e[c / 6] * e[c % 6];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shear modulus of the glass at the start and at small strain. */
static double InitialShear(const Params *p)
{
  return (1.0 - p->initial_fraction) * p->matrix_shear_modulus + p->initial_fraction * p->flow_unit_shear_modulus;
}

/* Linearised about zero strain at the initial fraction: no loss, valid for periods in which the fraction hardly grows.
 */
static PetscErrorCode Harmonic(const void *params, double omega, double temperature, double complex *moduli)
{
  const Params *p = params;
  PetscFunctionBegin;
  (void)omega, (void)temperature;
  for (int c = 0; c < 36; ++c) moduli[c] = VmIsotropicStiffness(InitialShear(p), p->bulk_modulus, c / 6, c % 6);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Moduli(const void *params, double *shear, double *bulk)
{
  const Params *p = params;
  *shear = InitialShear(p), *bulk = p->bulk_modulus;
}

const VmMaterialOps vm_material_flow_unit = {
    .head = {.name = "flow_unit",
             .doc = "elastic matrix and flow units of limited stress whose fraction grows in time",
             .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 2 and 3; to three dimensions by a strain energy "
                       "in the equivalent strain",
             .params = &params_table},
    .nstate = 1,
    .state_names = state_names,
    .update = Update,
    .tangent = Tangent,
    .harmonic = Harmonic,
    .moduli = Moduli};
