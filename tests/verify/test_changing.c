/* ranks: 1 2 3; timeout: 240; links: vm_solvers
 * Rates that change in time by more than the load: flow units that relax (three-parameter solid), temperature
 * programmes, thermal expansion that differs between flow units and matrix. */
#include "ks.h"
#include "vm_test.h"
#include <vitromech/kmc.h>

#define SHEAR 30.0 /* GPa */
#define BULK 90.0
#define GII 9.0
#define GI (SHEAR - GII)
#define ETA 4.5 /* GPa s */
#define TAU (ETA / GII)

extern const VmBarrierOps vm_barrier_linear;

typedef struct {
  VmBarrierCommon barrier;
  VmStz stz;
  VmKmcRelaxation relaxation;
  bool relaxes, interacting;
  double expansion[2], temperature;
} Law;

static void SetLaw(Law *law, int modes, double mean)
{
  memset(law, 0, sizeof *law);
  law->barrier = (VmBarrierCommon){.mean = mean, .per = VM_PER_VOXEL};
  law->stz = (VmStz){.modes = modes, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &vm_barrier_linear.head, .common = &law->barrier};
  law->stz.softening.time = 1.0;
  law->relaxation = (VmKmcRelaxation){.shear = GII, .viscosity = ETA, .reference_temperature = 300.0};
  law->interacting = true, law->temperature = 300.0;
}

/* Every `every`-th voxel is a flow unit. */
static PetscErrorCode Create(VmGrid grid, const Law *law, uint64_t seed, int every, VmKmc *kmc)
{
  double *ratio, *unit;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)grid->np + 1, &ratio, (size_t)grid->np + 1, &unit));
  for (int64_t i = 0; i < grid->np; ++i) ratio[i] = 1.0, unit[i] = VmGridGlobal(grid, i) % every == 0;
  const VmKmcSetup setup = {.stz = &law->stz,
                            .seed = seed,
                            .temperature = law->temperature,
                            .shear = SHEAR,
                            .bulk = BULK,
                            .barrier_ratio = ratio,
                            .flow_unit = unit,
                            .relaxation = law->relaxes ? &law->relaxation : NULL,
                            .expansion = law->expansion[0],
                            .flow_unit_expansion = law->expansion[1],
                            .refresh = 1000,
                            .finder = VM_FINDER_FULL,
                            .interacting = law->interacting};
  PetscCall(VmKmcCreate(grid, &setup, kmc));
  PetscCall(PetscFree2(ratio, unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Component xy: a strain rate, or a stress that is set at once; the others hold their strain. */
static void Load(VmKmc kmc, bool stress_controlled, double value)
{
  VmSegment segment = {.duration = HUGE_VAL};
  segment.stress_controlled[VM_XY] = stress_controlled;
  if (stress_controlled) segment.level[VM_XY] = value;
  else segment.rate[VM_XY] = value;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
}

static PetscErrorCode GoTo(VmKmc kmc, double time)
{
  VmKmcOutcome outcome;
  VmEvent event;
  PetscFunctionBegin;
  PetscCall(VmKmcNext(kmc, time, &outcome, &event));
  VmExpectInt(outcome, VM_KMC_HORIZON);
  VmExpectNear(VmKmcGetState(kmc)->mean.time, time, 0.0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every voxel is a flow unit and no event can fire: the three-parameter solid, exact under strain control. */
static PetscErrorCode ThreeParameters(VmGrid grid)
{
  const double rate = 0.02, ramp = 0.4 * TAU;
  Law law;
  VmKmc kmc;
  double worst = 0.0, creep = 0.0;
  PetscFunctionBegin;
  SetLaw(&law, 2, 9.0);
  law.relaxes = true;
  PetscCall(Create(grid, &law, 1, 1, &kmc));
  const VmMean *mean = &VmKmcGetState(kmc)->mean;
  Load(kmc, false, rate);
  for (int i = 1; i <= 4; ++i) {
    const double t = 0.25 * i * ramp;
    PetscCall(GoTo(kmc, t));
    worst = fmax(worst, fabs(mean->stress[VM_XY] / (2.0 * GI * rate * t - 2.0 * ETA * rate * expm1(-t / TAU)) - 1.0));
  }
  Load(kmc, false, 0.0);
  for (int i = 1; i <= 20; ++i) {
    const double t = i * TAU;
    PetscCall(GoTo(kmc, ramp + t));
    const double arm = -2.0 * ETA * rate * expm1(-ramp / TAU) * exp(-t / TAU);
    worst = fmax(worst, fabs(mean->stress[VM_XY] / (2.0 * GI * rate * ramp + arm) - 1.0));
  }
  VmFigure("ramp and relaxation: relative error", worst);
  VmExpectNear(worst, 0.0, 1e-10);
  PetscCall(VmKmcDestroy(&kmc));

  /* creep: 1/G_I - G_II/(G_I (G_I + G_II)) exp(-t/tau_sigma), between steps to second order in the window */
  PetscCall(Create(grid, &law, 1, 1, &kmc));
  mean = &VmKmcGetState(kmc)->mean;
  Load(kmc, true, 0.6);
  VmExpectNear(mean->strain[VM_XY], 0.6 / (2.0 * SHEAR), 1e-15);
  const double slow = ETA * (GI + GII) / (GI * GII);
  for (int i = 1; i <= 20; ++i) {
    const double t = 0.3 * i * slow, wanted = 0.3 * (1.0 / GI - GII / (GI * (GI + GII)) * exp(-t / slow));
    PetscCall(GoTo(kmc, t));
    creep = fmax(creep, fabs(mean->strain[VM_XY] / wanted - 1.0));
  }
  VmFigure("creep: relative error", creep);
  VmExpectNear(creep, 0.0, 1e-3);
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One site without load while the temperature changes: the integral of M nu_0 exp(-Q/kT(t)) to the event. */
static PetscErrorCode Heating(VmGrid one, double rate)
{
  enum { SEEDS = 800, STEPS = 2000, MODES = 2 };
  const double height = 0.9;
  Law law;
  double u[SEEDS], span = 0.0;
  PetscFunctionBegin;
  SetLaw(&law, MODES, height);
  law.interacting = false, law.temperature = rate > 0.0 ? 250.0 : 345.0;
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    VmKmc kmc;
    VmKmcOutcome outcome;
    VmEvent event;
    double hazard = 0.0, all = 0.0;
    PetscCall(Create(one, &law, seed, 1, &kmc));
    Load(kmc, true, 0.0);
    PetscCall(VmKmcHeat(kmc, law.temperature, rate));
    const double horizon = 190.0 / fabs(rate);
    PetscCall(VmKmcNext(kmc, horizon, &outcome, &event));
    const double end = outcome == VM_KMC_EVENT ? event.time : horizon;
    for (int s = 0; s <= STEPS; ++s) {
      const double weight = (s == 0 || s == STEPS ? 1.0 : (s % 2 ? 4.0 : 2.0)) / (3.0 * STEPS);
      hazard +=
          weight * end * MODES * 1e13 * exp(-height / (VM_BOLTZMANN * (law.temperature + rate * end * s / STEPS)));
      all += weight * horizon * MODES * 1e13 *
             exp(-height / (VM_BOLTZMANN * (law.temperature + rate * horizon * s / STEPS)));
    }
    /* where no event came: anywhere in what is left, by a number of its own */
    const double left = VmRngUniform((VmRngKey){.seed = seed, .stream = VM_STREAM_TEST}, 0, 0);
    u[seed - 1] = outcome == VM_KMC_EVENT ? -expm1(-hazard) : 1.0 - left * exp(-all);
    span += fabs(rate) * end / SEEDS;
    VmExpectNear(VmKmcGetState(kmc)->temperature, law.temperature + rate * end, 1e-9);
    PetscCall(VmKmcDestroy(&kmc));
  }
  const double p = VmKsUniform(SEEDS, u);
  VmFigure(rate > 0 ? "heating: KS probability" : "cooling: KS probability", p);
  VmFigure("mean change of the temperature to the event [K]", span);
  VmExpect(p > 0.01, "rate %g K/s: p = %g", rate, p);
  VmExpect(span > 15.0, "the temperature changes by %g K only", span);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A third of the voxels relaxes under load while the temperature rises: the first event's hazard with the stresses of a
 * twin whose barriers are too high for any event, taken at many times. */
static PetscErrorCode RelaxingHazard(VmGrid grid)
{
  enum { SEEDS = 400, STEPS = 160, MODES = 3, MOST_VOXELS = 64 };
  static double path[STEPS + 1][6][MOST_VOXELS], integral[STEPS + 1];
  const double height = 1.13, end = 1.5, heat = 30.0;
  Law law;
  VmKmc kmc;
  double u[SEEDS], *stress, *whole, change = 0.0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)(6 * grid->np) + 1, &stress, (size_t)grid->total, &whole));
  SetLaw(&law, MODES, 50.0);
  law.relaxes = true, law.expansion[0] = 1e-5, law.expansion[1] = 6e-5;
  PetscCall(Create(grid, &law, 1, 3, &kmc));
  Load(kmc, true, 0.7);
  PetscCall(VmKmcHeat(kmc, 300.0, heat));
  for (int s = 0; s <= STEPS; ++s) {
    if (s) PetscCall(GoTo(kmc, end * s / STEPS));
    PetscCall(VmKmcStress(kmc, stress));
    for (int c = 0; c < 6; ++c) {
      PetscCall(VmFieldGather(grid, stress + c * grid->np, true, whole));
      memcpy(path[s][c], whole, sizeof(double) * (size_t)grid->total);
    }
  }
  for (int64_t i = 0; i < grid->total; ++i) change = fmax(change, fabs(path[STEPS][VM_XY][i] - path[0][VM_XY][i]));
  PetscCall(VmKmcDestroy(&kmc));
  law.barrier.mean = height;
  int fired = 0;
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    VmKmcOutcome outcome;
    VmEvent event;
    PetscCall(Create(grid, &law, seed, 3, &kmc));
    Load(kmc, true, 0.7);
    PetscCall(VmKmcHeat(kmc, 300.0, heat));
    PetscCall(VmKmcNext(kmc, end, &outcome, &event));
    PetscCall(VmKmcDestroy(&kmc));
    memset(integral, 0, sizeof integral);
    double before = 0.0;
    for (int s = 0; s <= STEPS; ++s) {
      const double kt = VM_BOLTZMANN * (300.0 + heat * end * s / STEPS);
      double rate = 0.0;
      for (int64_t i = 0; i < grid->total; ++i)
        for (int m = 0; m < MODES; ++m) {
          double eps[6], work = 0.0;
          VmStzMode(&law.stz, seed, i, 0, m, eps);
          for (int c = 0; c < 6; ++c) work += (c < 3 ? 1.0 : 2.0) * eps[c] * path[s][c][i];
          rate += 1e13 * exp(-(height - 0.5 * 1.6 * VM_GPA_NM3_IN_EV * work) / kt);
        }
      if (s) integral[s] = integral[s - 1] + 0.5 * (rate + before) * end / STEPS;
      before = rate;
    }
    const double at = (outcome == VM_KMC_EVENT ? event.time : end) / end * STEPS;
    const int low = PetscMin((int)at, STEPS - 1);
    const double hazard = integral[low] + (at - low) * (integral[low + 1] - integral[low]);
    const double left = VmRngUniform((VmRngKey){.seed = seed, .stream = VM_STREAM_TEST}, 0, 0);
    fired += outcome == VM_KMC_EVENT;
    u[seed - 1] = outcome == VM_KMC_EVENT ? -expm1(-hazard) : 1.0 - left * exp(-integral[STEPS]);
  }
  const double p = VmKsUniform(SEEDS, u);
  VmFigure("relaxing flow units: KS probability", p);
  VmFigure("part with an event", (double)fired / SEEDS);
  VmFigure("largest change of the shear stress of a voxel [GPa]", change);
  VmExpect(p > 0.01, "p = %g", p);
  VmExpect(fired > SEEDS / 3 && change > 0.05, "%d events, change %g GPa test little", fired, change);
  PetscCall(PetscFree2(stress, whole));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Free expansion is the mean expansion; held in, the mean stress is -3 K <alpha> dT; the fluctuation is that of the
 * eigenstrain (alpha - <alpha>) dT. */
static PetscErrorCode Expansion(VmGrid grid)
{
  const double alpha[2] = {1e-5, 4e-5}, rise = 80.0;
  Law law;
  VmKmc kmc;
  VmGreen green;
  double *eigenstrain, *wanted, *stress, units = 0.0;
  PetscFunctionBegin;
  const size_t n = (size_t)(6 * grid->np) + 1;
  PetscCall(PetscCalloc3(n, &eigenstrain, n, &wanted, n, &stress));
  PetscCall(VmGreenCreate(grid, SHEAR, BULK, &green));
  SetLaw(&law, 2, 9.0);
  law.expansion[0] = alpha[0], law.expansion[1] = alpha[1];
  for (int64_t i = 0; i < grid->total; ++i) units += i % 4 == 0;
  const double mean = alpha[0] + (alpha[1] - alpha[0]) * units / (double)grid->total;
  for (int free_faces = 0; free_faces < 2; ++free_faces) {
    VmSegment segment = {.duration = HUGE_VAL};
    PetscCall(Create(grid, &law, 1, 4, &kmc));
    for (int c = 0; c < 6; ++c) segment.stress_controlled[c] = free_faces;
    VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
    PetscCall(VmKmcHeat(kmc, 300.0, 10.0));
    PetscCall(GoTo(kmc, rise / 10.0));
    const VmKmcState *state = VmKmcGetState(kmc);
    for (int c = 0; c < 3; ++c) {
      VmExpectNear(state->mean.strain[c], free_faces ? mean * rise : 0.0, 1e-14);
      VmExpectNear(state->mean.stress[c], free_faces ? 0.0 : -3.0 * BULK * mean * rise, 1e-12);
    }
    for (int c = 0; c < 3; ++c)
      for (int64_t i = 0; i < grid->np; ++i)
        eigenstrain[c * grid->np + i] = alpha[VmGridGlobal(grid, i) % 4 == 0] * rise;
    PetscCall(VmGreenStress(green, eigenstrain, wanted));
    PetscCall(VmKmcStress(kmc, stress));
    double largest = 0.0;
    for (int c = 0; c < 6; ++c)
      for (int64_t i = 0; i < grid->np; ++i) {
        VmExpectNear(stress[c * grid->np + i], state->mean.stress[c] + wanted[c * grid->np + i], 1e-12);
        VmExpectNear(state->fluctuation[c * grid->np + i], wanted[c * grid->np + i], 1e-12);
        largest = fmax(largest, fabs(wanted[c * grid->np + i]));
      }
    if (grid->np) VmExpect(largest > 0.05, "a stress of %g GPa tests little", largest);
    PetscCall(VmKmcDestroy(&kmc));
  }
  PetscCall(VmGreenDestroy(&green));
  PetscCall(PetscFree3(eigenstrain, wanted, stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  VmPlugin memory;
} Holder;
static const VmParam memory_rows[] = {{.key = "memory",
                                       .type = VM_PLUGIN,
                                       .offset = offsetof(Holder, memory),
                                       .plugin = &vm_memory_kind,
                                       .doc = "one law"},
                                      {0}};
static const VmTable memory_table = {.name = "holder", .doc = "one law", .size = sizeof(Holder), .rows = memory_rows};

/* The second event of a site: its memory law has made it faster by the first and slows it down again while it waits. */
static PetscErrorCode Ageing(VmGrid one, const char *yaml)
{
  enum { SEEDS = 600, STEPS = 4000, MODES = 2 };
  const double height = 0.9, kt = VM_BOLTZMANN * 300.0;
  Holder holder = {0};
  VmReport report;
  VmNode *root;
  Law law;
  double u[SEEDS], change = 0.0;
  PetscFunctionBegin;
  PetscCall(VmReportCreate(PETSC_COMM_SELF, "law", &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  PetscCall(VmParamsRead(&memory_table, root, report, &holder));
  VmExpectInt(VmReportCount(report), 0);
  SetLaw(&law, MODES, height);
  law.interacting = false;
  law.stz.memory = holder.memory;
  const VmMemoryOps *ops = (const VmMemoryOps *)holder.memory.head;
  const void *params = holder.memory.params;
  const double share = 1.6 / pow(one->spacing, 3);
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    VmKmc kmc;
    VmKmcOutcome outcome;
    VmEvent first, second;
    double hazard = 0.0, factor, weight;
    PetscCall(Create(one, &law, seed, 1, &kmc));
    Load(kmc, true, 0.0);
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &first));
    double state = ops->age(params, ops->start(params, true), first.time, 300.0);
    state = ops->transform(params, state, share * 0.1, 300.0);
    if (one->np) VmExpectNear(VmKmcGetState(kmc)->memory[0] / state, 1.0, 1e-7);
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &second));
    const double wait = second.time - first.time;
    double now = ops->age(params, state, 0.5 * wait / STEPS, 300.0);
    for (int s = 0; s < STEPS; ++s, now = ops->age(params, now, wait / STEPS, 300.0)) { /* midpoint rule */
      ops->effect(params, now, &factor, &weight);
      hazard += wait / STEPS * MODES * 1e13 * weight * exp(-height * factor / kt);
    }
    ops->effect(params, state, &factor, &weight);
    change += log(wait * MODES * 1e13 * weight * exp(-height * factor / kt) / hazard) / SEEDS;
    u[seed - 1] = -expm1(-hazard);
    PetscCall(VmKmcDestroy(&kmc));
  }
  const double p = VmKsUniform(SEEDS, u);
  printf("%s: KS probability %.3f, mean logarithm of the slowing down %.3f\n", ops->head.name, p, change);
  VmExpect(p > 0.01, "%s: p = %g", ops->head.name, p);
  VmExpect(change > 0.05, "%s: the rate hardly changes while the site waits", ops->head.name);
  PetscCall(VmParamsFree(&memory_table, &holder));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t n[3] = {4, 3, 5}, unity[3] = {1, 1, 1};
  VmGrid grid, one;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.3, &grid));
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, unity, 1.3, &one));
  PetscCall(ThreeParameters(grid));
  PetscCall(Expansion(grid));
  PetscCall(Heating(one, 15.0));
  PetscCall(Heating(one, -15.0));
  PetscCall(Ageing(one, "{memory: {law: flow_units, ageing_time: 1 s, creation: 0.6, barrier_ratio: 0.9}}"));
  PetscCall(Ageing(one, "{memory: {law: free_volume, stiffness: 1 GPa, matrix: 0.3, flow_unit: 0.3, migration_energy: "
                        "0.94 eV}}"));
  PetscCall(Ageing(one, "{memory: {law: effective_temperature, flow_unit: 0.2, steady: 0.5, formation_energy: 0.2 eV, "
                        "ageing_rate: 0.003 1/s}}"));
  PetscCall(RelaxingHazard(grid));
  PetscCall(VmGridDestroy(&one));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
