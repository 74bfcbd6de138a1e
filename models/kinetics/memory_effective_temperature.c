#include <vitromech/kinetics.h>
#include <vitromech/units.h>
#include <math.h>

/* The state is chi = k_B T_eff/E_z, the effective temperature of the disorder over the energy of a zone. */
typedef struct {
  double matrix, flow_unit, steady, strain, formation_energy, ageing_rate, activation_energy;
} Params;

static const VmParam rows[] = {{.key = "matrix",
                                .type = VM_REAL,
                                .offset = offsetof(Params, matrix),
                                .unit = "1",
                                .default_text = "0.07",
                                .min = 2e-3,
                                .max = 10.0,
                                .doc = "chi of the matrix at the start; lower in a glass annealed for longer",
                                .source = "Langer, Phys. Rev. E 77 (2008) 021502"},
                               {.key = "flow_unit",
                                .type = VM_REAL,
                                .offset = offsetof(Params, flow_unit),
                                .unit = "1",
                                .default_text = "0.08",
                                .min = 2e-3,
                                .max = 10.0,
                                .doc = "that of flow units at the start"},
                               {.key = "steady",
                                .type = VM_REAL,
                                .offset = offsetof(Params, steady),
                                .unit = "1",
                                .default_text = "0.15",
                                .min = 2e-3,
                                .max = 10.0,
                                .doc = "chi_0 to which steady slow shear drives every glass",
                                .source = "Langer, Phys. Rev. E 70 (2004) 041502"},
                               {.key = "strain",
                                .type = VM_REAL,
                                .offset = offsetof(Params, strain),
                                .unit = "1",
                                .default_text = "0.3",
                                .min = 1e-6,
                                .max = 1e3,
                                .doc = "plastic shear strain over which it does so"},
                               {.key = "formation_energy",
                                .type = VM_REAL,
                                .offset = offsetof(Params, formation_energy),
                                .unit = "eV",
                                .default_text = "1 eV",
                                .min = 1e-3,
                                .max = 100.0,
                                .doc = "E_z of a zone; at rest chi ages to k_B T/E_z"},
                               {.key = "ageing_rate",
                                .type = VM_REAL,
                                .offset = offsetof(Params, ageing_rate),
                                .unit = "1/s",
                                .default_text = "0 1/s",
                                .min = 0.0,
                                .max = 1e18,
                                .doc = "prefactor of the rate of ageing; 0: nothing ages"},
                               {.key = "activation_energy",
                                .type = VM_REAL,
                                .offset = offsetof(Params, activation_energy),
                                .unit = "eV",
                                .default_text = "0 eV",
                                .max = 100.0,
                                .doc = "of that rate, Arrhenius"},
                               {0}};
static const VmTable table = {
    .name = "effective_temperature", .doc = "effective temperature", .size = sizeof(Params), .rows = rows};

static double Start(const void *params, bool flow_unit)
{
  const Params *p = params;
  return flow_unit ? p->flow_unit : p->matrix;
}

static double Transform(const void *params, double state, double shear, double temperature)
{
  const Params *p = params;
  (void)temperature;
  return p->steady + (state - p->steady) * exp(-fabs(shear) / p->strain);
}

static double Rest(const Params *p, double temperature) { return VM_BOLTZMANN * temperature / p->formation_energy; }

static double Age(const void *params, double state, double dt, double temperature)
{
  const Params *p = params;
  const double rest = Rest(p, temperature),
               rate = p->ageing_rate * exp(-p->activation_energy / (VM_BOLTZMANN * temperature));
  return rest + (state - rest) * exp(-rate * dt);
}

static double Highest(const void *params, double state, double temperature)
{
  const Params *p = params;
  return p->ageing_rate > 0.0 ? fmax(state, Rest(p, temperature)) : state;
}

static void Effect(const void *params, double state, double *factor, double *weight)
{
  (void)params;
  *factor = 1.0, *weight = exp(-1.0 / state);
}

const VmMemoryOps vm_memory_effective_temperature = {
    .head = {.name = "effective_temperature",
             .doc = "rates in proportion to the density of zones exp(-1/chi), chi driven by shear and aged by rest",
             .source = "Langer, Phys. Rev. E 70 (2004) 041502 and 77 (2008) 021502",
             .params = &table},
    .quantity = "effective temperature over the energy of a zone",
    .start = Start,
    .transform = Transform,
    .age = Age,
    .highest = Highest,
    .effect = Effect};
