/* ranks: 1; timeout: 120; links: vm_solvers
 * The finder `thinned` where rates change in time by themselves: the integral of the true total rate between events,
 * from this test's own account of all voxels, is exponential; no bound is exceeded; runs are distributed as those of
 * `full`. */
#include "finders.h"
#include "memory_law.h"

#define SHEAR 30.0
#define BULK 100.0
#define START 300.0 /* K */
#define ALPHA 2e-5  /* mean thermal expansion where it is even [1/K] */

enum { CELLS = 6, VOXELS = CELLS * CELLS * CELLS, MODES = 10, EVERY = 5 /* voxel is a flow unit */ };
static const double spacing = 1.17;

extern const VmBarrierOps vm_barrier_linear;

/* One kind of change, and what it is tested with. */
typedef struct {
  const char *name, *memory;        /* YAML of the memory law */
  double barrier, friction;         /* eV */
  double permanent, decaying, time; /* softening */
  double stress, xx;                /* of the creep [GPa] */
  double heat, span;                /* K/s, and K by which the temperature goes up and down */
  double flow_unit_expansion;       /* 1/K; 0: even */
  double shear_rate;                /* of the runs that are compared [1/s]; 0: `full` would take too long */
} Case;

typedef struct {
  const Case *is;
  MemoryLaw holder;
  VmBarrierCommon barrier;
  VmStz stz;
  double expansion[2]; /* of matrix and flow units */
} Law;

static PetscErrorCode ReadLaw(const Case *is, Law *law)
{
  PetscFunctionBegin;
  memset(law, 0, sizeof *law);
  law->is = is;
  PetscCall(ReadMemoryLaw(is->memory, &law->holder));
  law->barrier = (VmBarrierCommon){.mean = is->barrier, .spread = 0.05, .per = VM_PER_VOXEL, .friction = is->friction};
  law->stz = (VmStz){.modes = MODES, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &vm_barrier_linear.head, .common = &law->barrier};
  law->stz.softening = (VmSoftening){.permanent = is->permanent, .decaying = is->decaying, .time = is->time};
  law->stz.memory = law->holder.memory;
  law->expansion[0] = law->expansion[1] = ALPHA;
  if (is->flow_unit_expansion != 0.0) law->expansion[1] = is->flow_unit_expansion;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(VmGrid grid, const Law *law, VmFinder finder, uint64_t seed, VmKmc *kmc)
{
  double *ratio, *unit;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)grid->np, &ratio, (size_t)grid->np, &unit));
  for (int64_t i = 0; i < grid->np; ++i) ratio[i] = 1.0, unit[i] = i % EVERY == 0;
  const VmKmcSetup setup = {.stz = &law->stz,
                            .seed = seed,
                            .temperature = START,
                            .shear = SHEAR,
                            .bulk = BULK,
                            .barrier_ratio = ratio,
                            .flow_unit = unit,
                            .expansion = law->expansion[0],
                            .flow_unit_expansion = law->expansion[1],
                            .refresh = 200,
                            .finder = finder,
                            .margin = 0.25, /* wider than the temperature allows: margins go with it */
                            .interacting = true};
  PetscCall(VmKmcCreate(grid, &setup, kmc));
  PetscCall(PetscFree2(ratio, unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* This test's own account of each voxel as of a time. */
typedef struct {
  double strain[VOXELS][MODES][6], barrier[VOXELS], state[VOXELS], last[VOXELS];
  double eigenstrain[6 * VOXELS], stress[6 * VOXELS], thermal[6 * VOXELS]; /* GPa, GPa/K */
  double mean[6];                                                          /* of the eigenstrain */
  int64_t generation[VOXELS];
  double time, temperature, heat; /* K, K/s since */
} Account;

static double Temperature(const Account *a, double time) { return a->temperature + a->heat * (time - a->time); }

static const VmMemoryOps *Memory(const Law *law) { return (const VmMemoryOps *)law->stz.memory.head; }

/* A step of time, so short that its middle stands for the temperatures at which memory ages in it. */
static void Step(const Law *law, double step, Account *a)
{
  const double middle = Temperature(a, a->time + 0.5 * step);
  for (int i = 0; Memory(law) && i < VOXELS; ++i)
    a->state[i] = Memory(law)->age(law->stz.memory.params, a->state[i], step, middle);
  a->temperature = Temperature(a, a->time + step), a->time += step;
}

static void Draw(const Law *law, uint64_t seed, int voxel, Account *a)
{
  for (int m = 0; m < MODES; ++m) VmStzMode(&law->stz, seed, voxel, a->generation[voxel], m, a->strain[voxel][m]);
  a->barrier[voxel] = VmStzBarrier(&law->stz, seed, voxel, a->generation[voxel], 0, 1.0);
}

static PetscErrorCode Begin(const Law *law, VmGreen green, uint64_t seed, Account *a)
{
  double *unit;
  PetscFunctionBegin;
  memset(a, 0, sizeof *a);
  a->temperature = START;
  PetscCall(PetscCalloc1(6 * VOXELS, &unit));
  for (int i = 0; i < VOXELS; ++i) {
    const bool flow_unit = i % EVERY == 0;
    Draw(law, seed, i, a);
    if (Memory(law)) a->state[i] = Memory(law)->start(law->stz.memory.params, flow_unit);
    for (int c = 0; c < 3; ++c) unit[c * VOXELS + i] = law->expansion[flow_unit];
  }
  PetscCall(VmGreenStress(green, unit, a->thermal));
  PetscCall(PetscFree(unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean stress where xx (unless held) and xy are given, and all else is held in. */
static void MeanStress(const Law *law, const Account *a, double sig[6])
{
  const double units = (double)((VOXELS + EVERY - 1) / EVERY) / VOXELS,
               alpha = units * law->expansion[1] + (1.0 - units) * law->expansion[0],
               thermal = alpha * (a->temperature - START), lame = BULK - 2.0 * SHEAR / 3.0;
  const double yy = -a->mean[VM_YY] - thermal, zz = -a->mean[VM_ZZ] - thermal;
  /* xx: its elastic strain follows from its stress */
  const double xx = (law->is->xx - lame * (yy + zz)) / (2.0 * SHEAR + lame), trace = xx + yy + zz;
  for (int c = 0; c < 6; ++c) sig[c] = 2.0 * SHEAR * -a->mean[c];
  sig[VM_XX] = law->is->xx, sig[VM_YY] = 2.0 * SHEAR * yy + lame * trace, sig[VM_ZZ] = 2.0 * SHEAR * zz + lame * trace;
  sig[VM_XY] = law->is->stress;
}

static double TotalRate(const Law *law, const Account *a)
{
  const double temperature = a->temperature, kt = VM_BOLTZMANN * temperature;
  double mean[6], total = 0.0;
  MeanStress(law, a, mean);
  for (int i = 0; i < VOXELS; ++i) {
    double factor = 1.0, weight = 1.0, sig[6];
    if (Memory(law)) Memory(law)->effect(law->stz.memory.params, a->state[i], &factor, &weight);
    if (a->generation[i])
      factor *= 1.0 - law->is->permanent - law->is->decaying * exp(-(a->time - a->last[i]) / law->is->time);
    for (int c = 0; c < 6; ++c)
      sig[c] = mean[c] + a->stress[c * VOXELS + i] + a->thermal[c * VOXELS + i] * (temperature - START);
    const double pressed = law->barrier.friction * 0.1 * (sig[0] + sig[1] + sig[2]) / 3.0;
    for (int m = 0; m < MODES; ++m) {
      double work = pressed;
      for (int c = 0; c < 6; ++c) work += (c < 3 ? 1.0 : 2.0) * a->strain[i][m][c] * sig[c];
      const double left = factor * a->barrier[i] - 0.5 * 1.6 * VM_GPA_NM3_IN_EV * work;
      total += 1e13 * weight * exp(-left / kt);
    }
  }
  return total;
}

/* Goes on to a time: the integral of the total rate by Simpson's rule. */
static double GoTo(const Law *law, Account *a, double time)
{
  const double all = time - a->time;
  const int steps = 6 + 2 * (int)fmin(20.0 * all / law->is->time, 200.0);
  double hazard = 0.0;
  for (int k = 0; k <= steps; ++k) {
    hazard += (k == 0 || k == steps ? 1.0 : (k % 2 ? 4.0 : 2.0)) * TotalRate(law, a);
    if (k < steps) Step(law, all / steps, a);
  }
  a->time = time;
  return hazard * all / (3.0 * steps);
}

static PetscErrorCode Transform(const Law *law, VmGreen green, uint64_t seed, const VmEvent *event, Account *a)
{
  const int voxel = (int)event->voxel;
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) {
    const double strain = 1.6 / pow(spacing, 3) * a->strain[voxel][event->mode][c];
    VmExpectNear(event->strain[c], strain, 1e-7);
    a->eigenstrain[c * VOXELS + voxel] += strain, a->mean[c] += strain / VOXELS;
  }
  if (Memory(law))
    a->state[voxel] =
        Memory(law)->transform(law->stz.memory.params, a->state[voxel], 0.1 * 1.6 / pow(spacing, 3), a->temperature);
  a->last[voxel] = a->time, ++a->generation[voxel];
  Draw(law, seed, voxel, a);
  PetscCall(VmGreenStress(green, a->eigenstrain, a->stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The temperature goes up by `span` and down again, on and on; horizon of the next turn. */
static PetscErrorCode Turn(const Law *law, VmKmc kmc, Account *a, double *horizon)
{
  const double heat = law->is->heat, next = a->heat > 0.0 ? -heat : heat;
  PetscFunctionBegin;
  *horizon = HUGE_VAL;
  if (heat == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  VmExpectNear(VmKmcTemperature(kmc, a->time), a->temperature, 1e-9);
  PetscCall(VmKmcHeat(kmc, VmKmcTemperature(kmc, a->time), next));
  a->heat = next, *horizon = a->time + law->is->span / heat;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Creep while rates change by themselves. */
static PetscErrorCode Hazard(VmGrid grid, const Law *law)
{
  enum { EVENTS = 1600, SEED = 2 };
  static double u[EVENTS], kept[VOXELS];
  static Account a;
  VmKmc kmc;
  VmGreen green;
  VmSegment segment = {.duration = HUGE_VAL};
  double horizon, hazard = 0.0, bare = 0.0, off = 0.0, last = 0.0;

  PetscFunctionBegin;
  PetscCall(Create(grid, law, VM_FINDER_THINNED, SEED, &kmc));
  PetscCall(VmGreenCreate(grid, SHEAR, BULK, &green));
  segment.stress_controlled[VM_XY] = segment.stress_controlled[VM_XX] = true;
  segment.level[VM_XY] = law->is->stress, segment.level[VM_XX] = law->is->xx;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
  PetscCall(Begin(law, green, SEED, &a));
  PetscCall(Turn(law, kmc, &a, &horizon));
  for (int i = 0; i < EVENTS;) {
    VmKmcOutcome outcome;
    VmEvent event;
    PetscCall(VmKmcNext(kmc, horizon, &outcome, &event));
    const double time = VmKmcGetState(kmc)->mean.time, before = TotalRate(law, &a), start = a.time,
                 part = GoTo(law, &a, time);
    hazard += part;
    if (part > 0.0) bare += fabs(log(before * (time - start) / part)) / EVENTS;
    if (outcome == VM_KMC_HORIZON) {
      PetscCall(ExpectBounds(kmc));
      PetscCall(Turn(law, kmc, &a, &horizon));
      continue;
    }
    if (time > last) u[i++] = -expm1(-hazard); /* not one whose barrier was taken away */
    hazard = 0.0, last = time;
    PetscCall(Transform(law, green, SEED, &event, &a));
    if (i % 50 == 0) PetscCall(ExpectBounds(kmc));
  }
  PetscCall(VmKmcHeat(kmc, VmKmcTemperature(kmc, a.time), 0.0)); /* memory up to now, of what was a window */
  VmKmcMemoryField(kmc, kept);
  for (int i = 0; i < VOXELS; ++i) off = fmax(off, fabs(kept[i] - a.state[i]));
  VmExpectNear(off, 0.0, 2e-3); /* bounds take the middle temperature of a window */
  double mean[6];
  MeanStress(law, &a, mean);
  for (int c = 0; c < 6; ++c) VmExpectNear(VmKmcGetState(kmc)->mean.stress[c], mean[c], 1e-6);
  const VmKmcProfile *profile = VmKmcGetProfile(kmc);
  const double p = VmKsUniform(EVENTS, u);
  printf("%s: hazard between events: KS probability %.3f; %.3g s, rates change by a factor of e^%.2g between events; "
         "%.2f candidates, %.1f new rates an event\n",
         law->is->name, p, a.time, bare, (double)profile->candidates / EVENTS, (double)profile->renewed / EVENTS);
  VmExpect(p > 0.01, "%s: the hazard between events is not exponential, p = %g", law->is->name, p);
  VmExpect(bare > 0.005, "%s: rates hardly change", law->is->name);
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { SEEDS = 40, QUANTITIES = 5, STEPS = 12 };
static const char *const quantity_name[QUANTITIES] = {"events half-way", "stress half-way [GPa]",
                                                      "largest stress [GPa]", "events", "stress at the end [GPa]"};

/* Shear to 1.2 %, in which the temperature goes up and down again. */
static PetscErrorCode ShearRun(VmGrid grid, const Law *law, VmFinder finder, uint64_t seed, double quantity[QUANTITIES])
{
  const double rate = law->is->shear_rate, end = 0.001 * STEPS / rate, heat = 2.0 * law->is->span / end;
  VmSegment segment = {.duration = HUGE_VAL};
  VmKmc kmc;
  PetscFunctionBegin;
  PetscCall(Create(grid, law, finder, seed, &kmc));
  const VmKmcState *state = VmKmcGetState(kmc);
  segment.rate[VM_XY] = rate;
  segment.stress_controlled[VM_XX] = true;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
  if (law->is->heat != 0.0) PetscCall(VmKmcHeat(kmc, START, heat));
  quantity[2] = 0.0;
  for (int step = 1; step <= STEPS; ++step) {
    VmKmcOutcome outcome = VM_KMC_EVENT;
    VmEvent event;
    while (outcome != VM_KMC_HORIZON) PetscCall(VmKmcNext(kmc, end * step / STEPS, &outcome, &event));
    quantity[2] = fmax(quantity[2], state->mean.stress[VM_XY]);
    if (step != STEPS / 2) continue;
    quantity[0] = (double)state->events, quantity[1] = state->mean.stress[VM_XY];
    if (law->is->heat != 0.0) PetscCall(VmKmcHeat(kmc, VmKmcTemperature(kmc, state->mean.time), -heat));
  }
  quantity[3] = (double)state->events, quantity[4] = state->mean.stress[VM_XY];
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
  for (int q = 0; q < QUANTITIES; ++q) ExpectOneLaw(quantity_name[q], SEEDS, values[0][q], values[1][q], true);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One site under a stress that takes away some barrier once hardening has decayed: it goes at the latest then. */
static PetscErrorCode Vanishing(void)
{
  enum { SEEDS_HERE = 1000, STEPS_HERE = 1000 };
  static const Case is = {.memory = "{}", .barrier = 1.0, .permanent = 0.2, .decaying = -0.4, .time = 1.0};
  const int64_t unity[3] = {1, 1, 1};
  const double kt = VM_BOLTZMANN * START, ratio = 1.0;
  VmSegment segment = {.duration = HUGE_VAL};
  VmGrid one;
  Law law;
  double u[SEEDS_HERE];
  int count = 0, vanished = 0;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, unity, spacing, &one));
  PetscCall(ReadLaw(&is, &law));
  law.barrier.spread = 0.0, law.stz.attempt_frequency = 8.0; /* so slow that barriers live to the end */
  for (int c = 0; c < 6; ++c) segment.stress_controlled[c] = true;
  segment.level[VM_XY] = 2.5;
  for (uint64_t seed = 1; seed <= SEEDS_HERE; ++seed) {
    const VmKmcSetup setup = {.stz = &law.stz,
                              .seed = seed,
                              .temperature = START,
                              .shear = SHEAR,
                              .bulk = BULK,
                              .barrier_ratio = &ratio,
                              .refresh = 200,
                              .finder = VM_FINDER_THINNED,
                              .margin = 0.06};
    VmKmc kmc;
    VmKmcOutcome outcome;
    VmEvent first, second;
    double work[MODES], most = 0.0, hazard = 0.0;
    PetscCall(VmKmcCreate(one, &setup, &kmc));
    VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
    PetscCall(VmKmcNext(kmc, 100.0, &outcome, &first));
    if (outcome == VM_KMC_EVENT) PetscCall(VmKmcNext(kmc, first.time + 8.0, &outcome, &second));
    else first.time = 1e300;
    PetscCall(VmKmcDestroy(&kmc));
    for (int m = 0; m < MODES; ++m) {
      double eps[6];
      VmStzMode(&law.stz, seed, 0, 1, m, eps);
      work[m] = 0.5 * 1.6 * VM_GPA_NM3_IN_EV * 2.0 * eps[VM_XY] * 2.5;
      most = fmax(most, work[m]);
    }
    if (first.time == 1e300 || most >= 1.2 || most <= 0.82) continue; /* there is none from the start, or it stays */
    const double vanish = -log((most - 0.8) / 0.4), wait = second.time - first.time;
    VmExpectInt(outcome, VM_KMC_EVENT);
    VmExpect(wait <= vanish + 2e-6, "the barrier is gone after %g s, the event comes after %g s", vanish, wait);
    for (int k = 0; k <= STEPS_HERE; ++k)
      for (int m = 0; m < MODES; ++m)
        hazard += (k == 0 || k == STEPS_HERE ? 1.0 : (k % 2 ? 4.0 : 2.0)) * wait / (3.0 * STEPS_HERE) * 8.0 *
                  exp(-(0.8 + 0.4 * exp(-wait * k / STEPS_HERE) - work[m]) / kt);
    const double any = VmRngUniform((VmRngKey){.seed = seed, .stream = VM_STREAM_TEST}, 0, 0);
    const bool at_last = wait > vanish - 2e-6;
    vanished += at_last;
    u[count++] = at_last ? 1.0 - any * exp(-hazard) : -expm1(-hazard);
  }
  const double p = VmKsUniform(count, u);
  printf("one site: %d events, %d when the barrier vanished, KS probability %.3f\n", count, vanished, p);
  VmExpect(p > 0.01, "the hazard is not exponential, p = %g", p);
  VmExpect(count > 200 && vanished > 40 && vanished < count - 40, "these test little");
  PetscCall(VmParamsFree(&memory_law_table, &law.holder));
  PetscCall(VmGridDestroy(&one));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Next to one voxel that expands with heat, one whose barriers can be overcome, by the stress that makes: the hazard of
 * the first event, and bounds between the ends of windows. The least margin is next to nothing. */
static PetscErrorCode Neighbour(void)
{
  enum { SEEDS_HERE = 2000, STEPS_HERE = 200, ROWS = 20, HERE = 1 };
  static const Case is = {.memory = "{}", .barrier = 0.95, .time = 1.0, .flow_unit_expansion = 4e-3};
  const int64_t n[3] = {4, 3, 5};
  const double end = 8.0, heat = 10.0;
  VmSegment segment = {.duration = HUGE_VAL};
  VmGrid grid;
  VmGreen green;
  Law law;
  double u[SEEDS_HERE], ratio[60], unit[60] = {1.0}, strain[360] = {0.0}, thermal[360], work = 0.0;
  int fired = 0;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, spacing, &grid));
  PetscCall(VmGreenCreate(grid, SHEAR, BULK, &green));
  PetscCall(ReadLaw(&is, &law));
  law.barrier.spread = 0.0;
  for (int i = 0; i < 60; ++i) ratio[i] = i == HERE ? 1.0 : 5.0;
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < 60; ++i) strain[c * 60 + i] = law.expansion[unit[i] > 0.0];
  PetscCall(VmGreenStress(green, strain, thermal));
  for (int c = 0; c < 6; ++c) segment.stress_controlled[c] = true;
  for (uint64_t seed = 1; seed <= SEEDS_HERE; ++seed) {
    const VmKmcSetup setup = {.stz = &law.stz,
                              .seed = seed,
                              .temperature = START,
                              .shear = SHEAR,
                              .bulk = BULK,
                              .barrier_ratio = ratio,
                              .flow_unit = unit,
                              .expansion = law.expansion[0],
                              .flow_unit_expansion = law.expansion[1],
                              .refresh = 200,
                              .finder = VM_FINDER_THINNED,
                              .margin = 1e-3,
                              .interacting = true};
    VmKmc kmc;
    VmKmcOutcome outcome = VM_KMC_HORIZON;
    VmEvent event = {.time = end};
    double hazard = 0.0;
    PetscCall(VmKmcCreate(grid, &setup, &kmc));
    VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
    PetscCall(VmKmcHeat(kmc, START, heat));
    for (int row = 1; row <= ROWS && outcome == VM_KMC_HORIZON; ++row) {
      PetscCall(VmKmcNext(kmc, end * row / ROWS, &outcome, &event));
      if (seed < 50 && outcome == VM_KMC_HORIZON) PetscCall(ExpectBounds(kmc));
    }
    PetscCall(VmKmcDestroy(&kmc));
    if (outcome == VM_KMC_EVENT) VmExpectInt(event.voxel, HERE);
    else event.time = end;
    for (int k = 0; k <= STEPS_HERE; ++k) {
      const double time = event.time * k / STEPS_HERE, kt = VM_BOLTZMANN * (START + heat * time);
      for (int m = 0; m < MODES; ++m) {
        double eps[6], w = 0.0;
        VmStzMode(&law.stz, seed, HERE, 0, m, eps);
        for (int c = 0; c < 6; ++c) w += (c < 3 ? 1.0 : 2.0) * eps[c] * thermal[c * 60 + HERE] * heat * time;
        w *= 0.5 * 1.6 * VM_GPA_NM3_IN_EV;
        hazard += (k == 0 || k == STEPS_HERE ? 1.0 : (k % 2 ? 4.0 : 2.0)) * event.time / (3.0 * STEPS_HERE) * 1e13 *
                  exp(-(is.barrier - w) / kt);
        if (k == STEPS_HERE) work = fmax(work, w / kt);
      }
    }
    /* where no event came: anywhere in what is left, by a number of its own */
    const double left = VmRngUniform((VmRngKey){.seed = seed, .stream = VM_STREAM_TEST}, 0, 0);
    u[seed - 1] = outcome == VM_KMC_EVENT ? -expm1(-hazard) : 1.0 - left * exp(-hazard);
    fired += outcome == VM_KMC_EVENT;
  }
  VmExpect(fired > SEEDS_HERE / 2, "%d events test little", fired);
  const double p = VmKsUniform(SEEDS_HERE, u);
  printf("beside a voxel that expands: KS probability %.3f, work up to %.2g kT\n", p, work);
  VmExpect(p > 0.01, "the hazard is not exponential, p = %g", p);
  VmExpect(work > 4.0, "work of %g kT tests little", work);
  PetscCall(VmParamsFree(&memory_law_table, &law.holder));
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The second hardens so much that a voxel waits for its barrier to come down. */
static const Case cases[] = {
    {.name = "hardening",
     .memory = "{}",
     .barrier = 1.0,
     .decaying = -0.06,
     .time = 1e-3,
     .stress = 0.4,
     .shear_rate = 5e-2},
    {.name = "strong hardening",
     .memory = "{}",
     .barrier = 1.0,
     .permanent = 0.1,
     .decaying = -0.3,
     .time = 0.01,
     .stress = 0.4},
    {.name = "temperature",
     .memory = "{}",
     .barrier = 1.1,
     .friction = 0.3,
     .stress = 0.4,
     .time = 1.0,
     .heat = 600.0,
     .span = 30.0,
     .shear_rate = 5e-3},
    {.name = "temperature and hardening",
     .memory = "{}",
     .barrier = 1.0,
     .decaying = -0.1,
     .time = 0.02,
     .stress = 0.4,
     .heat = 3000.0,
     .span = 20.0},
    {.name = "uneven expansion",
     .memory = "{}",
     .barrier = 1.1,
     .friction = 0.2,
     .stress = 0.4,
     .time = 1.0,
     .heat = 600.0,
     .span = 30.0,
     .flow_unit_expansion = 2e-4,
     .shear_rate = 1e-2},
    {.name = "temperature and flow units",
     .memory =
         "{memory: {law: flow_units, ageing_time: 1 s, activation_energy: 0.3 eV, creation: 0.6, barrier_ratio: 0.9}}",
     .barrier = 1.15,
     .time = 1.0,
     .stress = 0.4,
     .heat = 600.0,
     .span = 30.0},
    {.name = "temperature and its rest",
     .memory = "{memory: {law: effective_temperature, matrix: 0.2, flow_unit: 0.2, steady: 0.5, formation_energy: 0.08 "
               "eV, ageing_rate: 0.5 1/s}}",
     .barrier = 1.0,
     .time = 1.0,
     .stress = 0.4,
     .heat = 600.0,
     .span = 30.0,
     .shear_rate = 1e-2},
};

static PetscErrorCode Run(void)
{
  const int64_t n[3] = {CELLS, CELLS, CELLS};
  VmGrid grid;
  PetscFunctionBegin;
  PetscCall(Vanishing());
  PetscCall(Neighbour());
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, spacing, &grid));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    Law law;
    PetscCall(ReadLaw(&cases[i], &law));
    PetscCall(Hazard(grid, &law));
    if (law.is->shear_rate > 0.0) PetscCall(FindersAgree(grid, &law));
    PetscCall(VmParamsFree(&memory_law_table, &law.holder));
  }
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
