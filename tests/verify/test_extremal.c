/* ranks: 1 2 3 4; timeout: 120; links: vm_solvers
 * The athermal finder against a reference that looks at every mode of every voxel after each event, with the stress by
 * Fourier transform: the same voxels, modes, times and generations. */
#include "memory_law.h"
#include <vitromech/kmc.h>

enum { N0 = 5, N1 = 6, N2 = 9, VOXELS = N0 * N1 * N2, MODES = 6, EVENTS = 1200 };
static const double shear = 30.0, bulk = 100.0, spacing = 1.4;

extern const VmBarrierOps vm_barrier_linear, vm_barrier_cooperative;

/* Memory law of flow units: barrier of a whole unit, and what an event makes of the rest. */
#define UNIT_RATIO 0.7
#define CREATION 0.4
enum { EVERY = 4 /* voxel is a flow unit from the start, if there are any */ };
static const char units_yaml[] = "{memory: {law: flow_units, barrier_ratio: 0.7, creation: 0.4, ageing_time: 1e-9 s, "
                                 "activation_energy: 0.1 eV}}";

typedef struct {
  VmBarrierCommon barrier;
  double critical_stress;
  VmStz stz;
} Law;

static void SetLaw(Law *law, const VmBarrierOps *ops)
{
  memset(law, 0, sizeof *law);
  law->critical_stress = 1.6;
  law->barrier = (VmBarrierCommon){.mean = 0.8, .spread = 0.1, .per = VM_PER_VOXEL};
  law->stz = (VmStz){.modes = MODES, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &ops->head, .common = &law->barrier, .params = &law->critical_stress};
  law->stz.softening = (VmSoftening){.permanent = 0.1, .time = 1.0};
}

static PetscErrorCode Create(VmGrid grid, const Law *law, uint64_t seed, bool interacting, VmKmc *kmc)
{
  double ratio[VOXELS], unit[VOXELS];
  PetscFunctionBegin;
  for (int64_t i = 0; i < VOXELS; ++i)
    ratio[i] = 1.0, unit[i] = i < grid->np && VmGridGlobal(grid, i) % EVERY == 0 ? 1.0 : 0.0;
  const VmKmcSetup setup = {.stz = &law->stz,
                            .seed = seed,
                            .temperature = 300.0,
                            .shear = shear,
                            .bulk = bulk,
                            .barrier_ratio = ratio,
                            .flow_unit = law->stz.memory.head ? unit : NULL,
                            .refresh = 150,
                            .finder = VM_FINDER_EXTREMAL,
                            .interacting = interacting};
  PetscCall(VmKmcCreate(grid, &setup, kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The reference, on every rank by itself. */
typedef struct {
  const Law *law;
  uint64_t seed;
  VmGreen green;
  VmMean mean;
  int64_t generation[VOXELS], onset[VOXELS], now; /* now: generation of the last event */
  double strain[VOXELS][MODES][6], barrier[VOXELS], unit[VOXELS];
  double eigenstrain[6 * VOXELS], stress[6 * VOXELS];
} Reference;

static void Draw(Reference *r, int64_t voxel)
{
  const VmStz *stz = &r->law->stz;
  for (int m = 0; m < MODES; ++m) {
    double *eps = r->strain[voxel][m];
    VmStzMode(stz, r->seed, voxel, r->generation[voxel], m, eps);
    for (int c = 0; c < 6; ++c) { /* the modes of a run are floats; gcc 12 leaves the rounding out if it may */
      const volatile float rounded = (float)(c < 3 ? eps[c] : 2.0 * eps[c]);
      eps[c] = c < 3 ? rounded : 0.5 * (double)rounded;
    }
    eps[2] = -(eps[0] + eps[1]);
  }
  r->barrier[voxel] = VmStzBarrier(stz, r->seed, voxel, r->generation[voxel], 0, 1.0) *
                      (r->generation[voxel] ? 1.0 - stz->softening.permanent : 1.0) *
                      (1.0 - (1.0 - UNIT_RATIO) * r->unit[voxel]);
}

static double WorkOf(const Reference *r, const double eps[6], const double stress[6])
{
  double work = 0.0;
  for (int c = 0; c < 6; ++c) work += (c < 3 ? 1.0 : 2.0) * eps[c] * stress[c];
  const double per_stress = 0.5 * 1.6 * 0.1 * VM_GPA_NM3_IN_EV;
  return r->law->stz.saddle * r->law->stz.volume * VM_GPA_NM3_IN_EV * work +
         r->law->barrier.friction * per_stress * (stress[0] + stress[1] + stress[2]) / 3.0;
}

/* Work at which a barrier is gone. */
static double Gone(const Reference *r, int64_t voxel)
{
  if (((const VmBarrierOps *)r->law->stz.barrier.head)->linear) return r->barrier[voxel];
  return 0.5 * 1.6 * 0.1 * VM_GPA_NM3_IN_EV * r->law->critical_stress;
}

/* The next event, and the largest distance by which the choice is decided. */
static PetscErrorCode ReferenceNext(Reference *r, VmEvent *event, double *gap)
{
  double best = HUGE_VAL, second = HUGE_VAL, best_time = HUGE_VAL, second_time = HUGE_VAL;
  int64_t voxel = -1, timed_voxel = -1;
  int mode = 0, timed_mode = 0;
  PetscFunctionBegin;
  for (int64_t i = 0; i < VOXELS; ++i) {
    double lowest = HUGE_VAL;
    for (int m = 0; m < MODES; ++m) {
      double sig[6];
      for (int c = 0; c < 6; ++c) sig[c] = r->mean.stress[c] + r->stress[c * VOXELS + i];
      const double reserve = Gone(r, i) - WorkOf(r, r->strain[i][m], sig),
                   rate = WorkOf(r, r->strain[i][m], r->mean.stress_rate),
                   time = rate > 0.0 ? r->mean.time + reserve / rate : HUGE_VAL;
      lowest = fmin(lowest, reserve);
      if (reserve < best) second = best, best = reserve, voxel = i, mode = m;
      else second = fmin(second, reserve);
      if (time < best_time) second_time = best_time, best_time = time, timed_voxel = i, timed_mode = m;
      else second_time = fmin(second_time, time);
    }
    if (lowest > 1e-12) r->onset[i] = -1;
    else if (r->onset[i] < 0) r->onset[i] = r->now;
  }
  if (best > 1e-12) {
    VmMeanUpdate(&r->mean, best_time);
    voxel = timed_voxel, mode = timed_mode, r->now = 1;
    *gap = (second_time - best_time) / best_time;
  } else {
    r->now = r->onset[voxel] + 1;
    *gap = second - best;
  }
  event->time = r->mean.time, event->voxel = voxel, event->mode = mode, event->generation = (int32_t)r->now;
  r->onset[voxel] = -1;
  ++r->generation[voxel];
  if (r->law->stz.memory.head) r->unit[voxel] += CREATION * (1.0 - r->unit[voxel]);
  for (int c = 0; c < 6; ++c) {
    const double added = r->law->stz.volume / pow(spacing, 3) * r->strain[voxel][mode][c];
    r->eigenstrain[c * VOXELS + voxel] += added, r->mean.eigenstrain[c] += added / VOXELS;
  }
  VmMeanUpdate(&r->mean, r->mean.time);
  Draw(r, voxel);
  PetscCall(VmGreenStress(r->green, r->eigenstrain, r->stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Uniaxial strain with free sides: strain control of one component, stress control of five. */
static void Begin(VmMean *mean)
{
  VmSegment segment = {.duration = HUGE_VAL};
  for (int c = 0; c < 6; ++c) segment.stress_controlled[c] = c != VM_ZZ;
  segment.rate[VM_ZZ] = 1e-3;
  VmMeanBegin(mean, &segment);
}

static PetscErrorCode SameEvents(VmGrid grid, VmGrid whole, const VmBarrierOps *ops, double friction, bool units)
{
  Law law;
  MemoryLaw holder = {{0}};
  VmKmc kmc;
  Reference *r;
  int64_t longest = 0, deepest = 0, size = 0;
  double before = -1.0, closest = HUGE_VAL;
  int same = 0;
  PetscFunctionBegin;
  SetLaw(&law, ops);
  law.barrier.friction = friction;
  if (units) {
    PetscCall(ReadMemoryLaw(units_yaml, &holder));
    law.stz.memory = holder.memory;
  }
  PetscCall(PetscNew(&r));
  r->law = &law, r->seed = 7, r->mean = (VmMean){.shear = shear, .bulk = bulk};
  PetscCall(VmGreenCreate(whole, shear, bulk, &r->green));
  for (int64_t i = 0; i < VOXELS; ++i) {
    r->unit[i] = units && i % EVERY == 0 ? 1.0 : 0.0, r->onset[i] = -1;
    Draw(r, i);
  }
  PetscCall(Create(grid, &law, r->seed, true, &kmc));
  Begin(&r->mean);
  Begin(&VmKmcGetState(kmc)->mean);
  for (; same < EVENTS; ++same) {
    VmEvent event, wanted;
    VmKmcOutcome outcome;
    double gap;
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    PetscCall(ReferenceNext(r, &wanted, &gap));
    closest = fmin(closest, gap);
    const bool equal = outcome == VM_KMC_EVENT && event.voxel == wanted.voxel && event.mode == wanted.mode &&
                       event.generation == wanted.generation && fabs(event.time / wanted.time - 1.0) < 1e-9;
    VmExpect(equal || gap < 1e-11,
             "event %d: voxel %lld mode %d generation %d at %.12g, wanted voxel %lld mode %d generation %d at %.12g",
             same, (long long)event.voxel, event.mode, event.generation, event.time, (long long)wanted.voxel,
             wanted.mode, wanted.generation, wanted.time);
    if (!equal) break; /* after a tie within rounding the two go different ways */
    size = event.time > before ? 1 : size + 1, before = event.time;
    longest = PetscMax(longest, size), deepest = PetscMax(deepest, event.generation);
  }
  VmExpect(same >= EVENTS / 2, "a tie after %d events only", same);
  VmExpect(longest > 20 && deepest > 3, "avalanches of %lld events and %lld generations test little",
           (long long)longest, (long long)deepest);
  VmFigure("equal events", same);
  VmFigure("largest avalanche, events", longest);
  VmFigure("largest avalanche, generations", deepest);
  VmFigure("closest decision", closest);

  double *stress;
  PetscCall(PetscMalloc1((size_t)(6 * grid->np) + 1, &stress));
  PetscCall(VmKmcStress(kmc, stress));
  for (int c = 0; same == EVENTS && c < 6; ++c)
    for (int64_t i = 0; i < grid->np; ++i)
      VmExpectNear(stress[c * grid->np + i], r->mean.stress[c] + r->stress[c * VOXELS + VmGridGlobal(grid, i)], 1e-9);
  PetscCall(PetscFree(stress));
  PetscCall(VmKmcDestroy(&kmc));
  if (units) PetscCall(VmParamsFree(&memory_law_table, &holder));
  PetscCall(VmGreenDestroy(&r->green));
  PetscCall(PetscFree(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sites on their own under a stress that rises: each event where the best aligned of all modes meets its barrier. */
static PetscErrorCode OwnSites(VmGrid grid)
{
  Law law;
  VmKmc kmc;
  VmKmcOutcome outcome;
  VmEvent event;
  double first = HUGE_VAL;
  VmSegment segment = {.duration = HUGE_VAL, .stress_controlled = {[VM_XY] = true}, .rate = {[VM_XY] = 0.5}};
  PetscFunctionBegin;
  SetLaw(&law, &vm_barrier_cooperative);
  PetscCall(Create(grid, &law, 3, false, &kmc));
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
  PetscCall(VmKmcNext(kmc, 1.0, &outcome, &event));
  VmExpectInt(outcome, VM_KMC_HORIZON); /* no mode is aligned better than 1 */
  PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
  for (int64_t i = 0; i < VOXELS; ++i)
    for (int m = 0; m < MODES; ++m) {
      double eps[6];
      VmStzMode(&law.stz, 3, i, 0, m, eps);
      const double alignment = 2.0 * eps[VM_XY] / law.stz.strain;
      if (alignment > 0.0) first = fmin(first, law.critical_stress / alignment / segment.rate[VM_XY]);
    }
  VmExpectNear(event.time / first, 1.0, 1e-6);
  VmExpectNear(event.stress_drop, 0.0, 0.0);

  /* no load, no event: waiting for ever is refused, waiting for a while is not */
  segment = (VmSegment){.duration = HUGE_VAL};
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
  do PetscCall(VmKmcNext(kmc, 1e9, &outcome, &event));
  while (outcome == VM_KMC_EVENT);
  VmExpectNear(VmKmcGetState(kmc)->mean.time, 1e9, 0.0);
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t n[3] = {N0, N1, N2};
  VmGrid grid, whole;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, spacing, &grid));
  PetscCall(VmGridCreate(PETSC_COMM_SELF, n, spacing, &whole));
  PetscCall(OwnSites(grid));
  PetscCall(SameEvents(grid, whole, &vm_barrier_linear, 0.0, false));
  PetscCall(SameEvents(grid, whole, &vm_barrier_cooperative, 0.0, false));
  PetscCall(SameEvents(grid, whole, &vm_barrier_linear, 0.3, false));
  PetscCall(SameEvents(grid, whole, &vm_barrier_cooperative, -0.2, false));
  PetscCall(SameEvents(grid, whole, &vm_barrier_linear, 0.0, true));
  PetscCall(VmGridDestroy(&whole));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
