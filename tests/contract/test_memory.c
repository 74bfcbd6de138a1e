/* ranks: 1; timeout: 30; links: vm_models
 * What every memory law must obey: rest in two parts is rest in one, rest is monotone, events do not slow a voxel down,
 * a higher state means higher rates; and the closed forms behind the laws. */
#include "memory_law.h"

/* Keys that make each law age and change; every law has a line. */
static const struct {
  const char *name, *keys;
  double low, high; /* range of its state */
} laws[] = {{"flow_units",
             ", ageing_time: 20 s, ageing_exponent: 0.6, activation_energy: 0.3 eV, creation: 0.4, barrier_ratio: 0.7",
             0.02, 1.0},
            {"free_volume", ", stiffness: 45 GPa, migration_energy: 0.5 eV", 0.04, 0.2},
            {"effective_temperature", ", ageing_rate: 1e4 1/s, activation_energy: 0.3 eV", 0.04, 0.2}};

static PetscErrorCode Read(const char *name, MemoryLaw *holder, double range[2])
{
  char text[256];
  int at = -1;
  PetscFunctionBegin;
  for (int i = 0; i < (int)(sizeof laws / sizeof laws[0]); ++i)
    if (!strcmp(laws[i].name, name)) at = i;
  VmExpect(at >= 0, "memory law %s has no line in this test", name);
  at = PetscMax(at, 0);
  range[0] = laws[at].low, range[1] = laws[at].high;
  snprintf(text, sizeof text, "{memory: {law: %s%s}}", name, laws[at].keys);
  PetscCall(ReadMemoryLaw(text, holder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void CheckLaw(const VmMemoryOps *law, const void *params, const double range[2])
{
  const char *name = law->head.name;
  bool ages = false, learns = false;
  VmExpect(law->quantity && *law->quantity, "%s does not say what its state is", name);
  for (double temperature = 200.0; temperature < 700.0; temperature += 150.0)
    for (int i = 0; i <= 10; ++i) {
      const double state = range[0] + (range[1] - range[0]) * i / 10;
      VmExpectNear(law->age(params, state, 0.0, temperature) / state, 1.0, 1e-14);
      const double highest = law->highest(params, state, temperature);
      VmExpect(highest >= state, "%s: the highest state, %g, is below %g", name, highest, state);
      double last = state, direction = 0.0;
      for (double dt = 1e-6; dt < 1e9; dt *= 10.0) {
        const double once = law->age(params, state, dt, temperature),
                     twice = law->age(params, law->age(params, state, 0.3 * dt, temperature), 0.7 * dt, temperature);
        VmExpect(fabs(once / twice - 1.0) <= 1e-6, "%s: rest of %g s at %g K depends on pauses: %.12g, %.12g", name, dt,
                 temperature, once, twice);
        VmExpect(once <= highest * (1.0 + 1e-9), "%s: rest raises the state to %g, above %g", name, once, highest);
        const double step = once - last;
        VmExpect(step * direction >= -1e-9 * state, "%s: rest is not monotone", name);
        if (fabs(step) > 1e-9 * state) direction = step, ages = true;
        last = once;
      }
      if (law->athermal && law->athermal(params)) VmExpectNear(law->age(params, state, 1e9, 1.0), state, 1e-14);
      const double after = law->transform(params, state, 0.1, temperature);
      double factor[2], weight[2];
      law->effect(params, state, &factor[0], &weight[0]);
      law->effect(params, highest, &factor[1], &weight[1]);
      if (highest > state) VmExpect(factor[0] == factor[1], "%s: rest lowers barriers", name);
      law->effect(params, after, &factor[1], &weight[1]);
      VmExpect(factor[0] > 0.0 && weight[0] > 0.0, "%s: rates vanish", name);
      if (after > state) VmExpect(factor[1] <= factor[0] && weight[1] >= weight[0], "%s is not monotone", name);
      if (law->athermal) VmExpect(weight[0] == weight[1], "%s weighs rates, which vanish without temperature", name);
      learns = learns || after != state;
    }
  VmExpect(ages && learns, "%s never changes", name);
}

static double AgeOf(const char *name, double state, double dt, double temperature)
{
  MemoryLaw holder;
  double range[2], aged = 0.0;
  PetscCallAbort(PETSC_COMM_SELF, Read(name, &holder, range));
  aged = ((const VmMemoryOps *)holder.memory.head)->age(holder.memory.params, state, dt, temperature);
  PetscCallAbort(PETSC_COMM_SELF, VmParamsFree(&memory_law_table, &holder));
  return aged;
}

/* What an event of shear 0.1 makes of a state, and the factors on barriers and rates at the state before. */
static double EventOf(const char *name, double state, double temperature, double *factor, double *weight)
{
  MemoryLaw holder;
  double range[2], after = 0.0;
  PetscCallAbort(PETSC_COMM_SELF, Read(name, &holder, range));
  const VmMemoryOps *law = (const VmMemoryOps *)holder.memory.head;
  after = law->transform(holder.memory.params, state, 0.1, temperature);
  law->effect(holder.memory.params, state, factor, weight);
  PetscCallAbort(PETSC_COMM_SELF, VmParamsFree(&memory_law_table, &holder));
  return after;
}

/* Events: x + kappa(1 - x); x dx = kT/(v* S) dgamma; towards chi_0 as exp(-gamma/gamma_chi). Rates: a flow unit has the
 * part r of the barrier; exp(-1/x) of Spaepen, exp(-1/chi) of Langer. */
static void Events(void)
{
  double factor, weight;
  VmExpectNear(EventOf("flow_units", 0.3, 300.0, &factor, &weight), 0.3 + 0.4 * 0.7, 1e-15);
  VmExpectNear(factor, 1.0 - (1.0 - 0.7) * 0.3, 1e-15);
  VmExpectNear(weight, 1.0, 0.0);
  const double made = VM_BOLTZMANN * 400.0 / (VM_GPA_NM3_IN_EV * 0.0125 * 45.0) * 0.1;
  VmExpectNear(EventOf("free_volume", 0.05, 400.0, &factor, &weight), sqrt(0.05 * 0.05 + 2.0 * made), 1e-15);
  VmExpectNear(factor, 1.0, 0.0);
  VmExpectNear(weight, exp(-1.0 / 0.05), 1e-20);
  VmExpectNear(EventOf("effective_temperature", 0.07, 300.0, &factor, &weight), 0.15 - 0.08 * exp(-0.1 / 0.3), 1e-15);
  VmExpectNear(factor, 1.0, 0.0);
  VmExpectNear(weight, exp(-1.0 / 0.07), 1e-17);
}

/* c(t) = [a/(b + t)]^beta of physics.md A12; dx/dt = -K exp(-1/x) by a fine mesh; an exponential to kT/E_z. */
static void ClosedForms(void)
{
  const double a = 20.0, b = 90.0, beta = 0.6;
  for (double t = 0.0; t < 1e5; t = 3.0 * t + 1.0)
    VmExpectNear(AgeOf("flow_units", pow(a / b, beta), t, 300.0) / pow(a / (b + t), beta), 1.0, 1e-12);

  const double rate = 1e13 / 3.0 * exp(-0.5 / (VM_BOLTZMANN * 400.0)), dt = 2e-2;
  double x = 0.07;
  enum { STEPS = 200000 };
  for (int i = 0; i < STEPS; ++i) { /* midpoint rule */
    const double middle = x - 0.5 * dt / STEPS * rate * exp(-1.0 / x);
    x -= dt / STEPS * rate * exp(-1.0 / middle);
  }
  VmExpect(x < 0.065, "%g changes too little to test anything", x);
  VmExpectNear(AgeOf("free_volume", 0.07, dt, 400.0) / x, 1.0, 1e-7);

  const double rest = VM_BOLTZMANN * 400.0, speed = 1e4 * exp(-0.3 / (VM_BOLTZMANN * 400.0));
  VmExpectNear(AgeOf("effective_temperature", 0.1, 0.5 / speed, 400.0), rest + (0.1 - rest) * exp(-0.5), 1e-14);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  for (const VmPluginHead *const *head = vm_memory_kind.table; *head; ++head) {
    MemoryLaw holder;
    double range[2];
    PetscCall(Read((*head)->name, &holder, range));
    CheckLaw((const VmMemoryOps *)holder.memory.head, holder.memory.params, range);
    PetscCall(VmParamsFree(&memory_law_table, &holder));
  }
  ClosedForms();
  Events();
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
