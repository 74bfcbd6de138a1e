#include <vitromech/kinetics.h>
#include <vitromech/units.h>
#include <math.h>

/* The state is the reduced free volume x = v_f/(alpha v*). */
typedef struct {
  double matrix, flow_unit, critical_volume, stiffness, attempt_frequency, jumps, migration_energy;
} Params;

static const VmParam rows[] = {{.key = "matrix",
                                .type = VM_REAL,
                                .offset = offsetof(Params, matrix),
                                .unit = "1",
                                .default_text = "0.05",
                                .min = 2e-3,
                                .max = 10.0,
                                .doc = "reduced free volume v_f/(alpha v*) of the matrix at the start",
                                .source = "Steif, Spaepen & Hutchinson, Acta Metall. 30 (1982) 447"},
                               {.key = "flow_unit",
                                .type = VM_REAL,
                                .offset = offsetof(Params, flow_unit),
                                .unit = "1",
                                .default_text = "0.055",
                                .min = 2e-3,
                                .max = 10.0,
                                .doc = "that of flow units at the start"},
                               {.key = "critical_volume",
                                .type = VM_REAL,
                                .offset = offsetof(Params, critical_volume),
                                .unit = "nm^3",
                                .default_text = "0.0125 nm^3",
                                .min = 1e-6,
                                .max = 10.0,
                                .doc = "critical volume v* of a jump"},
                               {.key = "stiffness",
                                .type = VM_REAL,
                                .offset = offsetof(Params, stiffness),
                                .unit = "GPa",
                                .min = 1e-3,
                                .max = 1e5,
                                .doc = "S = 2/3 mu (1 + nu)/(1 - nu), against which a hole is opened",
                                .source = "Steif, Spaepen & Hutchinson (1982), eq. 6"},
                               {.key = "attempt_frequency",
                                .type = VM_REAL,
                                .offset = offsetof(Params, attempt_frequency),
                                .unit = "1/s",
                                .default_text = "1e13 1/s",
                                .min = 0.0,
                                .max = 1e18,
                                .doc = "of diffusive jumps, which annihilate free volume; 0: nothing ages"},
                               {.key = "jumps",
                                .type = VM_REAL,
                                .offset = offsetof(Params, jumps),
                                .unit = "1",
                                .default_text = "3",
                                .min = 1e-3,
                                .max = 1e6,
                                .doc = "jumps n_D that annihilate a free volume of v*"},
                               {.key = "migration_energy",
                                .type = VM_REAL,
                                .offset = offsetof(Params, migration_energy),
                                .unit = "eV",
                                .default_text = "1 eV",
                                .min = 0.0,
                                .max = 100.0,
                                .doc = "barrier of these jumps"},
                               {0}};
static const VmTable table = {.name = "free_volume", .doc = "free volume", .size = sizeof(Params), .rows = rows};

static double Start(const void *params, bool flow_unit)
{
  const Params *p = params;
  return flow_unit ? p->flow_unit : p->matrix;
}

/* dx/dgamma = kT/(x v* S), the ratio of production and strain rate at stresses well above kT/Omega. */
static double Transform(const void *params, double state, double shear, double temperature)
{
  const Params *p = params;
  const double production = VM_BOLTZMANN * temperature / (p->critical_volume * p->stiffness * VM_GPA_NM3_IN_EV);
  return sqrt(state * state + 2.0 * production * fabs(shear));
}

/* dx/dt = -K exp(-1/x), K = nu/n_D exp(-E/kT). In s = exp(1/x) it is ds/dt = K ln(s)^2, which bends so little that
 * steps of a tenth of s are enough for Runge and Kutta's rule. */
static double Age(const void *params, double state, double dt, double temperature)
{
  const Params *p = params;
  const double rate = p->attempt_frequency / p->jumps * exp(-p->migration_energy / (VM_BOLTZMANN * temperature));
  double s = exp(1.0 / state), left = rate * dt;
  if (left <= 1e-17 * s) return state;
  while (left > 0.0 && s < 1e300) {
    const double l1 = log(s), h = fmin(left, 0.1 * s / (l1 * l1));
    const double l2 = log(s + 0.5 * h * l1 * l1), l3 = log(s + 0.5 * h * l2 * l2), l4 = log(s + h * l3 * l3);
    s += h / 6.0 * (l1 * l1 + 2.0 * (l2 * l2 + l3 * l3) + l4 * l4);
    left -= h;
  }
  return 1.0 / log(s);
}

/* Rest only lowers it. */
static double Highest(const void *params, double state, double temperature)
{
  (void)params, (void)temperature;
  return state;
}

static void Effect(const void *params, double state, double *factor, double *weight)
{
  (void)params;
  *factor = 1.0, *weight = exp(-1.0 / state);
}

const VmMemoryOps vm_memory_free_volume = {
    .head = {.name = "free_volume",
             .doc = "rates in proportion to exp(-1/x) of the free volume x that strain makes and jumps annihilate",
             .source = "Spaepen, Acta Metall. 25 (1977) 407; Steif, Spaepen & Hutchinson, Acta Metall. 30 (1982) 447",
             .params = &table},
    .quantity = "reduced free volume v_f/(alpha v*)",
    .start = Start,
    .transform = Transform,
    .age = Age,
    .highest = Highest,
    .effect = Effect};
