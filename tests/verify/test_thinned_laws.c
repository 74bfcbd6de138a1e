/* ranks: 1; timeout: 120; links: vm_solvers
 * The finder `thinned` with memory laws and with barriers that feel the pressure: the hazard between events with rates
 * of this test's own, bounds, and the same distribution of runs as of `full`. */
#include "finders.h"
#include "memory_law.h"

#define KT (VM_BOLTZMANN * 300.0)
#define SHEAR 30.0

enum { CELLS = 6, VOXELS = CELLS * CELLS * CELLS, MODES = 10 };
static const double spacing = 1.17;

extern const VmBarrierOps vm_barrier_linear;

typedef struct {
  const char *name;
  MemoryLaw holder;
  VmBarrierCommon barrier;
  VmStz stz;
} Law;

static PetscErrorCode ReadLaw(const char *yaml, double mean, double friction, Law *law)
{
  PetscFunctionBegin;
  memset(law, 0, sizeof *law);
  PetscCall(ReadMemoryLaw(yaml, &law->holder));
  law->barrier = (VmBarrierCommon){.mean = mean, .spread = 0.05, .per = VM_PER_VOXEL, .friction = friction};
  law->stz = (VmStz){.modes = MODES, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &vm_barrier_linear.head, .common = &law->barrier};
  law->stz.softening = (VmSoftening){.time = 1.0};
  law->stz.memory = law->holder.memory;
  law->name = law->stz.memory.head ? law->stz.memory.head->name : "pressure";
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every fifth voxel is a flow unit. */
static PetscErrorCode Create(VmGrid grid, const Law *law, VmFinder finder, uint64_t seed, VmKmc *kmc)
{
  double *ratio, *unit;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)grid->np, &ratio, (size_t)grid->np, &unit));
  for (int64_t i = 0; i < grid->np; ++i) ratio[i] = 1.0, unit[i] = i % 5 == 0;
  const VmKmcSetup setup = {.stz = &law->stz,
                            .seed = seed,
                            .temperature = 300.0,
                            .shear = SHEAR,
                            .bulk = 100.0,
                            .barrier_ratio = ratio,
                            .flow_unit = unit,
                            .refresh = 200,
                            .finder = finder,
                            .margin = 0.06,
                            .interacting = true};
  PetscCall(VmKmcCreate(grid, &setup, kmc));
  PetscCall(PetscFree2(ratio, unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* This test's own account of each voxel: sum over modes of exp(work/kT), barrier, state of the memory law as of a time.
 */
typedef struct {
  double strain[VOXELS][MODES][6], worked[VOXELS], barrier[VOXELS], state[VOXELS], since[VOXELS];
  int64_t generation[VOXELS];
} Account;

static void Draw(const Law *law, uint64_t seed, int64_t voxel, Account *a)
{
  for (int m = 0; m < MODES; ++m) VmStzMode(&law->stz, seed, voxel, a->generation[voxel], m, a->strain[voxel][m]);
  a->barrier[voxel] = VmStzBarrier(&law->stz, seed, voxel, a->generation[voxel], 0, 1.0);
}

static void Work(const Law *law, const double mean[6], const double *stress, Account *a)
{
  for (int i = 0; i < VOXELS; ++i) {
    double sig[6];
    for (int c = 0; c < 6; ++c) sig[c] = mean[c] + stress[c * VOXELS + i];
    const double pressed = law->barrier.friction * 0.1 * (sig[0] + sig[1] + sig[2]) / 3.0;
    a->worked[i] = 0.0;
    for (int m = 0; m < MODES; ++m) {
      double work = pressed;
      for (int c = 0; c < 6; ++c) work += (c < 3 ? 1.0 : 2.0) * a->strain[i][m][c] * sig[c];
      a->worked[i] += exp(0.5 * 1.6 * VM_GPA_NM3_IN_EV * work / KT);
    }
  }
}

static double StateAt(const Law *law, const Account *a, int64_t voxel, double time)
{
  const VmMemoryOps *ops = (const VmMemoryOps *)law->stz.memory.head;
  return ops ? ops->age(law->stz.memory.params, a->state[voxel], time - a->since[voxel], 300.0) : 0.0;
}

static double TotalRate(const Law *law, const Account *a, double time)
{
  const VmMemoryOps *ops = (const VmMemoryOps *)law->stz.memory.head;
  double total = 0.0;
  for (int i = 0; i < VOXELS; ++i) {
    double factor = 1.0, weight = 1.0;
    if (ops) ops->effect(law->stz.memory.params, StateAt(law, a, i, time), &factor, &weight);
    total += 1e13 * weight * a->worked[i] * exp(-factor * a->barrier[i] / KT);
  }
  return total;
}

/* Creep at one stress: the integral of the total rate between events by Simpson's rule. */
static PetscErrorCode CreepHazard(VmGrid grid, const Law *law)
{
  enum { EVENTS = 2000, SEED = 5, STEPS = 6 };
  static double u[EVENTS], kept[VOXELS];
  static Account a;
  const VmMemoryOps *ops = (const VmMemoryOps *)law->stz.memory.head;
  VmKmc kmc;
  VmGreen green;
  VmSegment segment = {.duration = HUGE_VAL};
  double *stress, before = 0.0, rest = 0.0;

  PetscFunctionBegin;
  memset(&a, 0, sizeof a);
  PetscCall(Create(grid, law, VM_FINDER_THINNED, SEED, &kmc));
  PetscCall(VmGreenCreate(grid, SHEAR, 100.0, &green));
  PetscCall(PetscCalloc1(6 * VOXELS, &stress));
  for (int c = 0; c < 6; ++c) segment.stress_controlled[c] = true;
  segment.level[VM_XY] = 0.5, segment.level[VM_XX] = law->barrier.friction;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
  for (int i = 0; i < VOXELS; ++i) {
    Draw(law, SEED, i, &a);
    if (ops) a.state[i] = ops->start(law->stz.memory.params, i % 5 == 0);
  }
  Work(law, segment.level, stress, &a);
  for (int i = 0; i < EVENTS; ++i) {
    VmKmcOutcome outcome;
    VmEvent event;
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    const double wait = event.time - before, now = event.time;
    const int64_t voxel = event.voxel;
    double hazard = 0.0;
    for (int k = 0; k <= STEPS; ++k)
      hazard += (k == 0 || k == STEPS ? 1.0 : (k % 2 ? 4.0 : 2.0)) * TotalRate(law, &a, before + wait * k / STEPS);
    u[i] = -expm1(-hazard * wait / (3.0 * STEPS));
    const double state = StateAt(law, &a, voxel, now);
    rest += fabs(state - a.state[voxel]) / EVENTS;
    if (ops) a.state[voxel] = ops->transform(law->stz.memory.params, state, 0.1 * 1.6 / pow(spacing, 3), 300.0);
    a.since[voxel] = before = now, ++a.generation[voxel];
    Draw(law, SEED, voxel, &a);
    PetscCall(VmGreenStress(green, VmKmcGetState(kmc)->eigenstrain, stress));
    Work(law, segment.level, stress, &a);
    if (i % 100 == 0) PetscCall(ExpectBounds(kmc));
  }
  VmKmcMemoryField(kmc, kept);
  for (int i = 0; i < VOXELS; ++i) VmExpectNear(kept[i], StateAt(law, &a, i, before), 1e-6);
  const double p = VmKsUniform(EVENTS, u);
  printf("%s: hazard between events: KS probability %.3f; mean change of the state by rest before an event %.3g; %.2f "
         "candidates an event\n",
         law->name, p, rest, (double)VmKmcGetProfile(kmc)->candidates / EVENTS);
  VmExpect(p > 0.01, "%s: the hazard between events is not exponential, p = %g", law->name, p);
  if (ops) VmExpect(rest > 1e-3, "%s: rest changes next to nothing", law->name);
  PetscCall(PetscFree(stress));
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { SEEDS = 40, QUANTITIES = 5 };
static const char *const quantity_name[QUANTITIES] = {"events to 1 %", "stress at 1.2 % [GPa]", "yield stress [GPa]",
                                                      "events to 1.6 %", "mean state of the memory"};

static PetscErrorCode ShearRun(VmGrid grid, const Law *law, VmFinder finder, uint64_t seed, double quantity[QUANTITIES])
{
  const double rate = 5e-3;
  double state_sum = 0.0, states[VOXELS];
  VmSegment segment = {.duration = HUGE_VAL};
  VmKmc kmc;
  PetscFunctionBegin;
  PetscCall(Create(grid, law, finder, seed, &kmc));
  const VmKmcState *state = VmKmcGetState(kmc);
  segment.rate[VM_XY] = rate;
  if (law->barrier.friction != 0.0) segment.rate[VM_XX] = -0.2 * rate; /* the mean stress goes on as well */
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
  quantity[2] = 0.0;
  for (int step = 1; step <= 16; ++step) {
    VmKmcOutcome outcome = VM_KMC_EVENT;
    VmEvent event;
    while (outcome != VM_KMC_HORIZON) PetscCall(VmKmcNext(kmc, 0.001 * step / rate, &outcome, &event));
    quantity[2] = fmax(quantity[2], state->mean.stress[VM_XY]);
    if (step == 10) quantity[0] = (double)state->events;
    if (step == 12) quantity[1] = state->mean.stress[VM_XY];
  }
  VmKmcMemoryField(kmc, states);
  for (int i = 0; i < VOXELS; ++i) state_sum += states[i] / VOXELS;
  quantity[3] = (double)state->events, quantity[4] = state_sum;
  if (finder == VM_FINDER_THINNED) PetscCall(ExpectBounds(kmc));
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One value per run, of runs whose seeds are never shared. */
static PetscErrorCode FindersAgree(VmGrid grid, const Law *law)
{
  static double values[2][QUANTITIES][SEEDS];
  PetscFunctionBegin;
  for (VmFinder finder = VM_FINDER_FULL; finder <= VM_FINDER_THINNED; ++finder)
    for (int i = 0; i < SEEDS; ++i) {
      double quantity[QUANTITIES];
      PetscCall(ShearRun(grid, law, finder, (uint64_t)(1000 * finder + i + 1), quantity));
      for (int q = 0; q < QUANTITIES; ++q) values[finder][q][i] = quantity[q];
    }
  for (int q = 0; q < QUANTITIES; ++q)
    ExpectOneLaw(quantity_name[q], SEEDS, values[0][q], values[1][q], q != 4 || law->stz.memory.head);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fourth rises at rest: chi starts below k_B T/E_z. */
static const struct {
  const char *yaml;
  double barrier, friction;
} laws[] = {
    {"{memory: {law: flow_units, ageing_time: 1 s, creation: 0.6, barrier_ratio: 0.9}}", 1.2, 0.0},
    {"{memory: {law: free_volume, stiffness: 1 GPa, matrix: 0.3, flow_unit: 0.35, migration_energy: 0.8 eV}}", 1.05,
     0.0},
    {"{memory: {law: effective_temperature, matrix: 0.2, flow_unit: 0.3, steady: 0.5, formation_energy: 0.2 eV, "
     "ageing_rate: 0.5 1/s}}",
     1.0, 0.0},
    {"{memory: {law: effective_temperature, matrix: 0.2, flow_unit: 0.2, steady: 0.5, formation_energy: 0.08 eV, "
     "ageing_rate: 0.5 1/s}}",
     1.0, 0.0},
    {"{}", 1.14, 0.3},
    {"{}", 1.2, -0.3}};

/* A box with tiles far from events and rows that no tile divides: bounds in shear that goes on from stage to stage. */
static PetscErrorCode FarBounds(void)
{
  const int64_t n[3] = {14, 18, 22};
  VmGrid grid;
  Law law;
  VmKmc kmc;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, spacing, &grid));
  PetscCall(ReadLaw(laws[0].yaml, 1.3, 0.3, &law));
  PetscCall(Create(grid, &law, VM_FINDER_THINNED, 3, &kmc));
  for (int stage = 0; stage < 8; ++stage) {
    VmSegment segment = {.duration = HUGE_VAL};
    VmKmcOutcome outcome;
    VmEvent event;
    segment.rate[VM_XY] = 5e-3, segment.rate[VM_ZZ] = stage % 2 ? 2e-3 : -2e-3;
    if (stage == 4) PetscCall(VmKmcHeat(kmc, 320.0, 0.0)); /* the memory so far is of the temperature before */
    VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
    const double end = VmKmcGetState(kmc)->mean.time + 0.5;
    for (;;) {
      PetscCall(VmKmcNext(kmc, end, &outcome, &event));
      if (outcome == VM_KMC_HORIZON) break;
      if (VmKmcGetState(kmc)->events % 250 == 0) PetscCall(ExpectBounds(kmc));
    }
    PetscCall(ExpectBounds(kmc));
  }
  const int64_t events = VmKmcGetState(kmc)->events;
  printf("box of 14 x 18 x 22: %lld events, %lld refreshes\n", (long long)events,
         (long long)VmKmcGetProfile(kmc)->refreshes);
  VmExpect(events > 1000, "%lld events test little", (long long)events);
  PetscCall(VmKmcDestroy(&kmc));
  PetscCall(VmParamsFree(&memory_law_table, &law.holder));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t n[3] = {CELLS, CELLS, CELLS};
  VmGrid grid;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, spacing, &grid));
  for (size_t i = 0; i < sizeof laws / sizeof laws[0]; ++i) {
    Law law;
    PetscCall(ReadLaw(laws[i].yaml, laws[i].barrier, laws[i].friction, &law));
    PetscCall(CreepHazard(grid, &law));
    PetscCall(FindersAgree(grid, &law));
    PetscCall(VmParamsFree(&memory_law_table, &law.holder));
  }
  PetscCall(VmGridDestroy(&grid));
  PetscCall(FarBounds());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
