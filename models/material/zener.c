#include "isotropic.h"
#include <math.h>

typedef struct {
  double relaxed_shear_modulus, flow_unit_shear_modulus, viscosity;
  double relaxed_young_modulus, flow_unit_young_modulus, uniaxial_viscosity;
  double bulk_modulus;
  double activation_energy, vft_temperature, reference_temperature;
} Params;

static const VmParam rows[] = {
    {.key = "relaxed_shear_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, relaxed_shear_modulus),
     .unit = "GPa",
     .default_text = "none",
     .max = 1e6,
     .doc = "shear modulus G_I of the elastic matrix, what is left after a long time; 0: a Maxwell liquid",
     .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 1"},
    {.key = "flow_unit_shear_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, flow_unit_shear_modulus),
     .unit = "GPa",
     .default_text = "none",
     .max = 1e6,
     .doc = "shear modulus G_II that relaxes by the flow units; G_I + G_II answers to an instantaneous step"},
    {.key = "viscosity",
     .type = VM_REAL,
     .offset = offsetof(Params, viscosity),
     .unit = "GPa s",
     .default_text = "none",
     .min = 1e-15,
     .max = 1e30,
     .doc = "shear viscosity of the flow units at reference_temperature; the relaxation time is viscosity/G_II"},
    {.key = "relaxed_young_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, relaxed_young_modulus),
     .unit = "GPa",
     .default_text = "none",
     .max = 1e6,
     .doc = "E_1, what is left of Young's modulus after a long time; instead of the three keys in shear, with the next "
            "two",
     .source = "Wang & Wang (2019), eq. 1"},
    {.key = "flow_unit_young_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, flow_unit_young_modulus),
     .unit = "GPa",
     .default_text = "none",
     .max = 1e6,
     .doc = "E_2, the part of Young's modulus that relaxes"},
    {.key = "uniaxial_viscosity",
     .type = VM_REAL,
     .offset = offsetof(Params, uniaxial_viscosity),
     .unit = "GPa s",
     .default_text = "none",
     .min = 1e-15,
     .max = 1e30,
     .doc = "eta at reference_temperature; uniaxial stress at held strain relaxes with the time eta/E_2",
     .source = "Wang & Wang (2019): about 1.5 GPa s in LaNiAl, 4 GPa s in CuZrAg"},
    {.key = "bulk_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, bulk_modulus),
     .unit = "GPa",
     .min = 1e-6,
     .max = 1e6,
     .doc = "bulk modulus K; volume changes are elastic"},
    {.key = "activation_energy",
     .type = VM_REAL,
     .offset = offsetof(Params, activation_energy),
     .unit = "eV",
     .default_text = "0 eV",
     .max = 100.0,
     .doc = "E in viscosity ~ exp(E/k_B (T - vft_temperature)); 0: the same viscosity at any temperature"},
    {.key = "vft_temperature",
     .type = VM_REAL,
     .offset = offsetof(Params, vft_temperature),
     .unit = "K",
     .default_text = "0 K",
     .max = 1e5,
     .doc = "T_0 of the Vogel-Fulcher-Tammann law, at and below which nothing flows; 0: Arrhenius"},
    {.key = "reference_temperature",
     .type = VM_REAL,
     .offset = offsetof(Params, reference_temperature),
     .unit = "K",
     .default_text = "300 K",
     .min = 1e-3,
     .max = 1e5,
     .doc = "temperature at which `viscosity` is given"},
    {0}};

/* Moduli [GPa] and relaxation rate [1/s] of a point. */
typedef struct {
  double relaxed, flow_unit, bulk, rate;
} Solid;

static bool InShear(const Params *p) { return !isnan(p->relaxed_shear_modulus); }

/* At the reference temperature. Uniaxial stress sees 9KG/(3K + G) of a shear modulus G, also of the complex one: its
 * relaxation is that of one three-parameter solid too, by (3K + G_I + G_II)/(3K + G_I) slower. */
static Solid Reference(const Params *p)
{
  Solid s = {p->relaxed_shear_modulus, p->flow_unit_shear_modulus, p->bulk_modulus, 0.0};
  if (InShear(p)) {
    s.rate = s.flow_unit / p->viscosity;
    return s;
  }
  const double k = p->bulk_modulus, e1 = p->relaxed_young_modulus, e2 = p->flow_unit_young_modulus;
  s.relaxed = 3.0 * k * e1 / (9.0 * k - e1);
  s.flow_unit = 27.0 * k * k * e2 / ((9.0 * k - e1) * (9.0 * k - e1 - e2));
  s.rate = e2 / p->uniaxial_viscosity * (3.0 * k + s.relaxed + s.flow_unit) / (3.0 * k + s.relaxed);
  return s;
}

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  const int shear = !isnan(p->relaxed_shear_modulus) + !isnan(p->flow_unit_shear_modulus) + !isnan(p->viscosity);
  const int young =
      !isnan(p->relaxed_young_modulus) + !isnan(p->flow_unit_young_modulus) + !isnan(p->uniaxial_viscosity);
  PetscFunctionBegin;
  if (p->reference_temperature <= p->vft_temperature)
    PetscCall(VmReportAdd(report, node,
                          "reference_temperature %g K is not above vft_temperature %g K, where nothing flows",
                          p->reference_temperature, p->vft_temperature));
  if (!((shear == 3 && young == 0) || (shear == 0 && young == 3))) {
    PetscCall(VmReportAdd(report, node,
                          "give relaxed_shear_modulus, flow_unit_shear_modulus and viscosity, or "
                          "relaxed_young_modulus, flow_unit_young_modulus and uniaxial_viscosity: one of the two "
                          "threes, complete"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (young == 3 && p->relaxed_young_modulus + p->flow_unit_young_modulus >= 9.0 * p->bulk_modulus)
    PetscCall(VmReportAdd(report, node, "a Young's modulus of %g GPa is not below nine times the bulk modulus, %g GPa",
                          p->relaxed_young_modulus + p->flow_unit_young_modulus, p->bulk_modulus));
  else if (Reference(p).relaxed + Reference(p).flow_unit <= 0.0)
    PetscCall(VmReportAdd(report, node, "both moduli are 0; at least one must be positive"));
  else PetscCall(VmIsotropicCheck(Reference(p).relaxed + Reference(p).flow_unit, p->bulk_modulus, node, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable params_table = {.name = "zener",
                                     .doc = "standard linear solid in shear, elastic in volume",
                                     .size = sizeof(Params),
                                     .rows = rows,
                                     .check = Check};

enum { VARY_RELAXED, VARY_FLOW_UNIT, VARY_VISCOSITY, VARY_BULK };
static const char *const vary[] = {"relaxed_shear_modulus", "flow_unit_shear_modulus", "viscosity", "bulk_modulus",
                                   NULL};

/* The glass at a temperature, before its parameters vary from point to point; rate 0: nothing flows. */
static Solid Glass(const Params *p, double temperature)
{
  Solid s = Reference(p);
  if (p->activation_energy == 0.0) return s;
  if (temperature <= p->vft_temperature) s.rate = 0.0;
  else
    s.rate /=
        fmax(exp(p->activation_energy / VM_BOLTZMANN *
                 (1.0 / (temperature - p->vft_temperature) - 1.0 / (p->reference_temperature - p->vft_temperature))),
             1e-300);
  return s;
}

static Solid At(const Solid *glass, const VmPoints *points, int64_t i)
{
  const double flow_unit = VmFactor(points, VARY_FLOW_UNIT, i);
  return (Solid){.relaxed = glass->relaxed * VmFactor(points, VARY_RELAXED, i),
                 .flow_unit = glass->flow_unit * flow_unit,
                 .bulk = glass->bulk * VmFactor(points, VARY_BULK, i),
                 .rate = glass->rate * flow_unit / VmFactor(points, VARY_VISCOSITY, i)};
}

/* A step of x relaxation times: decay of the old flow-unit stress, and share of G_II that answers to the strain. */
typedef struct {
  Solid solid;
  double x, decay, mean;
} Step;

static Step StepOf(const Solid *solid, double dt)
{
  const double x = solid->rate > 0.0 ? dt * solid->rate : 0.0;
  return (Step){*solid, x, exp(-x), VmMeanDecay(x)};
}

/* Of point i; recomputed only where something varies. */
static Step Next(const Solid *glass, const VmPoints *points, int64_t i, const Step *last)
{
  if (i > 0 && !points->factor) return *last;
  const Solid solid = At(glass, points, i);
  return StepOf(&solid, points->dt);
}

/* State: deviatoric stress of the flow units. */
static const char *const state_names[] = {"flow_unit_stress_xx", "flow_unit_stress_yy", "flow_unit_stress_zz",
                                          "flow_unit_stress_yz", "flow_unit_stress_xz", "flow_unit_stress_xy"};

/* With the strain linear in time over the step, q' = 2 G_II e' - q/tau has the solution used here; no limit on dt. */
static VmStepStatus Update(const void *params, const VmPoints *points)
{
  const Solid glass = Glass(params, points->temperature);
  Step step = {0};
  for (int64_t i = 0; i < points->np; ++i) {
    double e0[6], e1[6];
    step = Next(&glass, points, i, &step);
    VmSplitStrain(points->last_strain, i, e0);
    const double pressure = step.solid.bulk * VmSplitStrain(points->strain, i, e1);
    const double gain = 2.0 * step.solid.flow_unit * step.mean, relaxed = 2.0 * step.solid.relaxed;
    for (int c = 0; c < 6; ++c) {
      const double q = step.decay * points->state[c][i] + gain * (e1[c] - e0[c]);
      points->state[c][i] = q;
      points->stress[c][i] = relaxed * e1[c] + q + (c < 3 ? pressure : 0.0);
    }
  }
  return VM_STEP_OK;
}

static PetscErrorCode Tangent(const void *params, const VmPoints *points, double *const *tangent)
{
  const Solid glass = Glass(params, points->temperature);
  Step step = {0};
  PetscFunctionBegin;
  for (int64_t i = 0; i < points->np; ++i) {
    step = Next(&glass, points, i, &step);
    const double shear = step.solid.relaxed + step.solid.flow_unit * step.mean;
    for (int c = 0; c < 36; ++c) tangent[c][i] = VmIsotropicStiffness(shear, step.solid.bulk, c / 6, c % 6);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* (x - 1 + exp(-x))/x^2, by its series where the terms cancel. */
static double MeanRamp(double x)
{
  double sum = 0.0, term = 0.5;
  if (x > 0.5) return (1.0 - VmMeanDecay(x)) / x;
  for (int k = 0; k < 14; ++k, term *= -x / (k + 2)) sum += term;
  return sum;
}

/* MeanRamp - MeanDecay^2/2: what a ramp dissipates. */
static double RampLoss(double x)
{
  double sum = 0.0, term = 0.5, power = 1.0;
  if (x > 0.5) return (1.0 - VmMeanDecay(x)) / x - 0.5 * VmMeanDecay(x) * VmMeanDecay(x);
  for (int k = 0; k < 20; ++k, term *= -x / (k + 2), power *= 2.0) sum += term * 2.0 * (1.0 - power);
  return sum;
}

/* Integrals of q:de and of q:q/(2 eta) dt over q(t) = q_0 e^(-t/tau) + 2 G_II (e_1 - e_0) (1 - e^(-t/tau)) tau/dt. */
static PetscErrorCode Energy(const void *params, const VmPoints *points, double *work, double *stored,
                             double *dissipated)
{
  const Solid glass = Glass(params, points->temperature);
  Step step = {0};
  double ramp = 0.0, loss = 0.0;
  PetscFunctionBegin;
  for (int64_t i = 0; i < points->np; ++i) {
    double e0[6], e1[6], rise[6], sum[6], q0[6], q1[6];
    step = Next(&glass, points, i, &step);
    if (i == 0 || points->factor) ramp = MeanRamp(step.x), loss = RampLoss(step.x);
    const Solid *s = &step.solid;
    const double v0 = VmSplitStrain(points->last_strain, i, e0), v1 = VmSplitStrain(points->strain, i, e1);
    for (int c = 0; c < 6; ++c) {
      rise[c] = e1[c] - e0[c], sum[c] = e1[c] + e0[c];
      q0[c] = points->state[c][i];
      q1[c] = step.decay * q0[c] + 2.0 * s->flow_unit * step.mean * rise[c];
    }
    const double old = VmMandelDot(q0, rise), square = VmMandelDot(rise, rise);
    work[i] = 0.5 * s->bulk * (v1 + v0) * (v1 - v0) + s->relaxed * VmMandelDot(sum, rise) + step.mean * old +
              2.0 * s->flow_unit * ramp * square;
    stored[i] = 0.5 * s->bulk * v1 * v1 + s->relaxed * VmMandelDot(e1, e1);
    dissipated[i] = 0.0;
    if (s->flow_unit <= 0.0) continue;
    stored[i] += VmMandelDot(q1, q1) / (4.0 * s->flow_unit);
    dissipated[i] = -expm1(-2.0 * step.x) * VmMandelDot(q0, q0) / (4.0 * s->flow_unit) +
                    step.mean * -expm1(-step.x) * old + 2.0 * s->flow_unit * loss * square;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* G* = G_I + G_II i omega/(1/tau + i omega). */
static PetscErrorCode Harmonic(const void *params, double omega, const VmPoints *points, double complex *shear,
                               double complex *bulk)
{
  const Solid glass = Glass(params, points->temperature);
  PetscFunctionBegin;
  for (int64_t i = 0; i < points->np; ++i) {
    const Solid s = At(&glass, points, i);
    const double sum = hypot(omega, s.rate);
    const double cosine = sum > 0.0 ? omega / sum : 1.0, sine = sum > 0.0 ? s.rate / sum : 0.0;
    shear[i] = s.relaxed + s.flow_unit * cosine * (cosine + I * sine);
    bulk[i] = s.bulk;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Moduli(const void *params, const VmPoints *points, double *shear, double *bulk)
{
  const Solid glass = Reference(params);
  for (int64_t i = 0; i < points->np; ++i) {
    const Solid s = At(&glass, points, i);
    shear[i] = s.relaxed + s.flow_unit, bulk[i] = s.bulk;
  }
}

const VmMaterialOps vm_material_zener = {
    .head = {.name = "zener",
             .doc = "three-parameter viscoelastic solid: elastic matrix beside flow units that relax",
             .source = "Zener (1948); Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 1",
             .params = &params_table},
    .nstate = 6,
    .state_names = state_names,
    .vary = vary,
    .linear = true,
    .update = Update,
    .tangent = Tangent,
    .energy = Energy,
    .harmonic = Harmonic,
    .moduli = Moduli};
