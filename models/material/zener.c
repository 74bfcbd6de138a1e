#include "isotropic.h"
#include <math.h>

typedef struct {
  double relaxed_shear_modulus, flow_unit_shear_modulus, viscosity, bulk_modulus;
  double activation_energy, vft_temperature, reference_temperature;
} Params;

static const VmParam rows[] = {
    {.key = "relaxed_shear_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, relaxed_shear_modulus),
     .unit = "GPa",
     .max = 1e6,
     .doc = "shear modulus G_I of the elastic matrix, what is left after a long time; 0: a Maxwell liquid",
     .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 1"},
    {.key = "flow_unit_shear_modulus",
     .type = VM_REAL,
     .offset = offsetof(Params, flow_unit_shear_modulus),
     .unit = "GPa",
     .max = 1e6,
     .doc = "shear modulus G_II that relaxes by the flow units; G_I + G_II answers to an instantaneous step"},
    {.key = "viscosity",
     .type = VM_REAL,
     .offset = offsetof(Params, viscosity),
     .unit = "GPa s",
     .min = 1e-15,
     .max = 1e30,
     .doc = "shear viscosity of the flow units at reference_temperature; the relaxation time is viscosity/G_II",
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

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  PetscFunctionBegin;
  if (p->relaxed_shear_modulus + p->flow_unit_shear_modulus <= 0.0)
    PetscCall(VmReportAdd(report, node, "both shear moduli are 0; at least one must be positive"));
  if (p->reference_temperature <= p->vft_temperature)
    PetscCall(VmReportAdd(report, node,
                          "reference_temperature %g K is not above vft_temperature %g K, where nothing flows",
                          p->reference_temperature, p->vft_temperature));
  PetscCall(VmIsotropicCheck(p->relaxed_shear_modulus + p->flow_unit_shear_modulus, p->bulk_modulus, node, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable params_table = {.name = "zener",
                                     .doc = "standard linear solid in shear, elastic in volume",
                                     .size = sizeof(Params),
                                     .rows = rows,
                                     .check = Check};

/* 1/tau = G_II/viscosity [1/s]; 0 where nothing flows. */
static double RelaxationRate(const Params *p, double temperature)
{
  if (p->activation_energy > 0.0 && temperature <= p->vft_temperature) return 0.0;
  double exponent = 0.0;
  if (p->activation_energy > 0.0)
    exponent = p->activation_energy / VM_BOLTZMANN *
               (1.0 / (temperature - p->vft_temperature) - 1.0 / (p->reference_temperature - p->vft_temperature));
  return p->flow_unit_shear_modulus / fmax(p->viscosity * exp(exponent), 1e-300);
}

/* State: deviatoric stress of the flow units, and the strain deviator at the end of the last step. */
enum { FLOW_UNIT_STRESS = 0, STRAIN_DEVIATOR = 6, STATES = 12 };
static const char *const state_names[STATES] = {"flow_unit_stress_xx", "flow_unit_stress_yy", "flow_unit_stress_zz",
                                                "flow_unit_stress_yz", "flow_unit_stress_xz", "flow_unit_stress_xy",
                                                "strain_deviator_xx",  "strain_deviator_yy",  "strain_deviator_zz",
                                                "strain_deviator_yz",  "strain_deviator_xz",  "strain_deviator_xy"};

/* With the strain linear in time over the step, q' = 2 G_II e' - q/tau has the solution used here; no limit on dt. */
static VmStepStatus Update(const void *params, const VmPoints *points)
{
  const Params *p = params;
  const double x = points->dt * RelaxationRate(p, points->temperature);
  const double decay = exp(-x), gain = 2.0 * p->flow_unit_shear_modulus * VmMeanDecay(x);
  for (int c = 0; c < 6; ++c) {
    double *q = points->state[FLOW_UNIT_STRESS + c], *last = points->state[STRAIN_DEVIATOR + c];
    for (int64_t i = 0; i < points->np; ++i) {
      const double e = VmStrainDeviator(points, c, i);
      q[i] = decay * q[i] + gain * (e - last[i]);
      last[i] = e;
      points->stress[c][i] = 2.0 * p->relaxed_shear_modulus * e + q[i];
    }
  }
  for (int c = 0; c < 3; ++c)
    for (int64_t i = 0; i < points->np; ++i)
      points->stress[c][i] += p->bulk_modulus * (points->strain[0][i] + points->strain[1][i] + points->strain[2][i]);
  return VM_STEP_OK;
}

static PetscErrorCode Tangent(const void *params, const VmPoints *points, double *const *tangent)
{
  const Params *p = params;
  const double x = points->dt * RelaxationRate(p, points->temperature);
  const double shear = p->relaxed_shear_modulus + p->flow_unit_shear_modulus * VmMeanDecay(x);
  PetscFunctionBegin;
  for (int c = 0; c < 36; ++c)
    for (int64_t i = 0; i < points->np; ++i) tangent[c][i] = VmIsotropicStiffness(shear, p->bulk_modulus, c / 6, c % 6);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* G* = G_I + G_II i omega/(1/tau + i omega). */
static PetscErrorCode Harmonic(const void *params, double omega, double temperature, double complex *moduli)
{
  const Params *p = params;
  const double rate = RelaxationRate(p, temperature), sum = hypot(omega, rate);
  const double cosine = sum > 0.0 ? omega / sum : 1.0, sine = sum > 0.0 ? rate / sum : 0.0;
  const double storage = p->relaxed_shear_modulus + p->flow_unit_shear_modulus * cosine * cosine;
  const double loss = p->flow_unit_shear_modulus * cosine * sine;
  PetscFunctionBegin;
  for (int c = 0; c < 36; ++c)
    moduli[c] = VmIsotropicStiffness(storage, p->bulk_modulus, c / 6, c % 6) +
                I * VmIsotropicStiffness(loss, 0.0, c / 6, c % 6);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Moduli(const void *params, double *shear, double *bulk)
{
  const Params *p = params;
  *shear = p->relaxed_shear_modulus + p->flow_unit_shear_modulus, *bulk = p->bulk_modulus;
}

const VmMaterialOps vm_material_zener = {
    .head = {.name = "zener",
             .doc = "three-parameter viscoelastic solid: elastic matrix beside flow units that relax",
             .source = "Zener (1948); Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 1",
             .params = &params_table},
    .nstate = STATES,
    .state_names = state_names,
    .update = Update,
    .tangent = Tangent,
    .harmonic = Harmonic,
    .moduli = Moduli};
