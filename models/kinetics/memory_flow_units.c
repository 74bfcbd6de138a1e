#include <vitromech/kinetics.h>
#include <vitromech/units.h>
#include <math.h>

/* The state is how much of a flow unit a voxel is, 0 to 1; its mean is the fraction c of flow units. */
typedef struct {
  double barrier_ratio, creation, ageing_time, ageing_exponent, activation_energy, reference_temperature;
} Params;

static const VmParam rows[] = {
    {.key = "barrier_ratio",
     .type = VM_REAL,
     .offset = offsetof(Params, barrier_ratio),
     .unit = "1",
     .default_text = "0.85",
     .min = 1e-3,
     .max = 1.0,
     .doc = "barrier of a whole flow unit over that of the matrix; takes the place of flow_units.barrier_ratio"},
    {.key = "creation",
     .type = VM_REAL,
     .offset = offsetof(Params, creation),
     .unit = "1",
     .default_text = "0.5",
     .min = 0.0,
     .max = 1.0,
     .doc = "part of what a voxel lacks to a whole flow unit that an event gives it"},
    {.key = "ageing_time",
     .type = VM_REAL,
     .offset = offsetof(Params, ageing_time),
     .unit = "s",
     .min = 1e-15,
     .max = 1e30,
     .doc = "a of c = [a/(b + t)]^exponent, at the reference temperature",
     .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 13"},
    {.key = "ageing_exponent",
     .type = VM_REAL,
     .offset = offsetof(Params, ageing_exponent),
     .unit = "1",
     .default_text = "1",
     .min = 1e-2,
     .max = 100.0,
     .doc = "the exponent of that law"},
    {.key = "activation_energy",
     .type = VM_REAL,
     .offset = offsetof(Params, activation_energy),
     .unit = "eV",
     .default_text = "0 eV",
     .max = 100.0,
     .doc = "of the ageing time, Arrhenius; 0: the same at any temperature"},
    {.key = "reference_temperature",
     .type = VM_REAL,
     .offset = offsetof(Params, reference_temperature),
     .unit = "K",
     .default_text = "300 K",
     .min = 1.0,
     .max = 1e5,
     .doc = "temperature at which ageing_time is given"},
    {0}};
static const VmTable table = {
    .name = "flow_units", .doc = "population of flow units", .size = sizeof(Params), .rows = rows};

static double Start(const void *params, bool flow_unit)
{
  (void)params;
  return flow_unit ? 1.0 : 0.0;
}

static double Transform(const void *params, double state, double shear, double temperature)
{
  const Params *p = params;
  (void)shear, (void)temperature;
  return state + p->creation * (1.0 - state);
}

/* dc/dt = -(beta/a) c^(1 + 1/beta), of which c = [a/(b + t)]^beta is the solution. */
static double Age(const void *params, double state, double dt, double temperature)
{
  const Params *p = params;
  if (state <= 0.0) return 0.0;
  const double time =
      p->ageing_time * exp(p->activation_energy / VM_BOLTZMANN * (1.0 / temperature - 1.0 / p->reference_temperature));
  return pow(pow(state, -1.0 / p->ageing_exponent) + dt / time, -p->ageing_exponent);
}

/* Rest only lowers it. */
static double Highest(const void *params, double state, double temperature)
{
  (void)params, (void)temperature;
  return state;
}

static void Effect(const void *params, double state, double *factor, double *weight)
{
  const Params *p = params;
  *factor = 1.0 - (1.0 - p->barrier_ratio) * state, *weight = 1.0;
}

static bool Athermal(const void *params) { return ((const Params *)params)->activation_energy > 0.0; }

const VmMemoryOps vm_memory_flow_units = {
    .head = {.name = "flow_units",
             .doc = "flow units made by deformation and lost by ageing",
             .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 13; Qiao et al., Prog. Mater. Sci. 104 (2019) "
                       "250, eq. 4.1",
             .params = &table},
    .quantity = "part of a voxel that is a flow unit; its mean is the fraction of flow units",
    .of_flow_units = true,
    .start = Start,
    .transform = Transform,
    .age = Age,
    .highest = Highest,
    .effect = Effect,
    .athermal = Athermal};
