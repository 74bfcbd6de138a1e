/* ranks: 1 2; timeout: 120; links: vm_solvers
 * Laws of the event finder for sites that do not interact: waiting times, drift, memory, choice of mode. */
#include "ks.h"
#include "vm_test.h"
#include <vitromech/kmc.h>

#define KT (VM_BOLTZMANN * 300.0)

typedef struct {
  VmBarrierCommon barrier;
  VmStz stz;
  VmFinder finder;
} Law;

extern const VmBarrierOps vm_barrier_linear;

static void SetLaw(Law *law, VmFinder finder, int modes, double mean)
{
  memset(law, 0, sizeof *law);
  law->finder = finder;
  law->barrier = (VmBarrierCommon){.mean = mean, .spread = 0.0, .per = VM_PER_VOXEL};
  law->stz = (VmStz){.modes = modes, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &vm_barrier_linear.head, .common = &law->barrier};
  law->stz.softening.time = 1.0;
}

static PetscErrorCode Create(VmGrid grid, const Law *law, uint64_t seed, VmKmc *kmc)
{
  double *ratio;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)grid->np + 1, &ratio));
  for (int64_t i = 0; i < grid->np; ++i) ratio[i] = 1.0;
  const VmKmcSetup setup = {.stz = &law->stz,
                            .seed = seed,
                            .temperature = 300.0,
                            .shear = 30.0,
                            .bulk = 100.0,
                            .barrier_ratio = ratio,
                            .refresh = 1000,
                            .finder = law->finder,
                            .margin = 0.06,
                            .interacting = false};
  PetscCall(VmKmcCreate(grid, &setup, kmc));
  PetscCall(PetscFree(ratio));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shear loading of component xy at a stress and a stress rate. */
static void Load(VmKmc kmc, double stress, double stress_rate)
{
  VmSegment segment = {.duration = HUGE_VAL};
  segment.stress_controlled[VM_XY] = true;
  segment.level[VM_XY] = stress, segment.rate[VM_XY] = stress_rate;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
}

/* Without load all modes have one rate: intervals times N M nu0 exp(-Q/kT) are exponential. */
static PetscErrorCode ConstantRate(VmFinder finder, VmGrid grid)
{
  enum { EVENTS = 4000 };
  Law law;
  VmKmc kmc;
  double u[EVENTS], before = 0.0;
  PetscFunctionBegin;
  SetLaw(&law, finder, 3, 0.7);
  PetscCall(Create(grid, &law, 11, &kmc));
  Load(kmc, 0.0, 0.0);
  const double rate = (double)grid->total * 3.0 * 1e13 * exp(-0.7 / KT);
  for (int i = 0; i < EVENTS; ++i) {
    VmKmcOutcome outcome;
    VmEvent event;
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    u[i] = 1.0 - exp(-rate * (event.time - before));
    before = event.time;
  }
  if (finder == VM_FINDER_FULL) VmExpectNear(VmKmcRate(kmc) / rate, 1.0, 1e-5); /* from floats */
  else VmExpect(VmKmcRate(kmc) >= rate, "a bound of %g is below the rate %g", VmKmcRate(kmc), rate);
  const double p = VmKsUniform(EVENTS, u);
  VmFigure("constant rate: KS probability", p);
  VmExpect(p > 0.01, "waiting times are not exponential, p = %g", p);
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One mode under a constant stress rate: k e^{bt}, first event at ln(1 + b E/k)/b with E exponential; for b < 0 none
 * with probability exp(-k/|b|). */
static PetscErrorCode Drift(VmFinder finder, VmGrid one, double sign)
{
  enum { SEEDS = 1500 };
  Law law;
  double u[SEEDS], expected_none = 0.0, variance = 0.0;
  int fired = 0, none = 0;
  PetscFunctionBegin;
  SetLaw(&law, finder, 1, 0.8);
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    VmKmc kmc;
    VmKmcOutcome outcome;
    VmEvent event;
    double eps[6];
    PetscCall(Create(one, &law, seed, &kmc));
    VmStzMode(&law.stz, seed, 0, 0, 0, eps);
    const double k = 1e13 * exp(-0.8 / KT), per_stress = 0.5 * 1.6 * VM_GPA_NM3_IN_EV * 2.0 * eps[VM_XY] / KT;
    const double b = sign * k * (0.3 + 2.0 * (double)seed / SEEDS); /* the rate changes on the scale of the waiting */
    Load(kmc, 0.0, b / per_stress);
    const double horizon = b > 0.0 ? 60.0 / b : 80.0 / -b;
    PetscCall(VmKmcNext(kmc, horizon, &outcome, &event));
    if (outcome == VM_KMC_EVENT) {
      const double hazard = k * expm1(b * event.time) / b, all = b > 0.0 ? 1.0 : -expm1(k / b);
      u[fired++] = -expm1(-hazard) / all;
    } else ++none;
    if (b < 0.0) expected_none += exp(k / b), variance += exp(k / b) * (1.0 - exp(k / b));
    PetscCall(VmKmcDestroy(&kmc));
  }
  const double p = VmKsUniform(fired, u);
  VmFigure(sign > 0 ? "rising rate: KS probability" : "falling rate: KS probability", p);
  VmExpect(p > 0.01, "drift %g: p = %g", sign, p);
  if (sign > 0.0) VmExpectInt(none, 0);
  else VmExpectNear((none - expected_none) / sqrt(variance), 0.0, 3.0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Many modes with drifts of their own: the hazard sum k (e^{bt} - 1)/b up to the first event is exponential. */
static PetscErrorCode ManyDrifts(VmFinder finder, VmGrid grid)
{
  enum { SEEDS = 600, MODES = 4 };
  Law law;
  double u[SEEDS];
  PetscFunctionBegin;
  SetLaw(&law, finder, MODES, 0.8);
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    VmKmc kmc;
    VmKmcOutcome outcome;
    VmEvent event;
    double hazard = 0.0;
    const double k = 1e13 * exp(-0.8 / KT), stress_rate = 3.0 * k * (double)grid->total;
    PetscCall(Create(grid, &law, seed, &kmc));
    Load(kmc, 0.0, stress_rate);
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    for (int64_t i = 0; i < grid->total; ++i)
      for (int m = 0; m < MODES; ++m) {
        double eps[6];
        VmStzMode(&law.stz, seed, i, 0, m, eps);
        const double b = 0.5 * 1.6 * VM_GPA_NM3_IN_EV * 2.0 * eps[VM_XY] * stress_rate / KT;
        hazard += k * expm1(b * event.time) / b;
      }
    u[seed - 1] = -expm1(-hazard);
    PetscCall(VmKmcDestroy(&kmc));
  }
  const double p = VmKsUniform(SEEDS, u);
  VmFigure("many drifts: KS probability", p);
  VmExpect(p > 0.01, "p = %g", p);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Waiting for the second event of a voxel whose barrier recovers (d > 0) or falls back (d < 0) after the first. */
static PetscErrorCode Memory(VmFinder finder, VmGrid one, double decaying)
{
  enum { SEEDS = 1000, STEPS = 4000 };
  Law law;
  double u[SEEDS];
  PetscFunctionBegin;
  SetLaw(&law, finder, 2, 0.8);
  const double k = 2.0 * 1e13 * exp(-0.8 * 0.9 / KT);
  law.stz.softening = (VmSoftening){.permanent = 0.1, .decaying = decaying, .time = 0.7 / k};
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    VmKmc kmc;
    VmKmcOutcome outcome;
    VmEvent first, second;
    double hazard = 0.0;
    PetscCall(Create(one, &law, seed, &kmc));
    Load(kmc, 0.0, 0.0);
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &first));
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &second));
    const double wait = second.time - first.time, step = wait / STEPS;
    for (int i = 0; i < STEPS; ++i) /* midpoint rule */
      hazard += step * 2.0 * 1e13 * exp(-0.8 * (0.9 - decaying * exp(-(i + 0.5) * step / law.stz.softening.time)) / KT);
    u[seed - 1] = -expm1(-hazard);
    PetscCall(VmKmcDestroy(&kmc));
  }
  const double p = VmKsUniform(SEEDS, u);
  VmFigure(decaying > 0 ? "softening: KS probability" : "hardening: KS probability", p);
  VmExpect(p > 0.01, "decaying %g: p = %g", decaying, p);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Modes are chosen in proportion to their rates, also after a drift of the stress. */
static PetscErrorCode Choice(VmFinder finder, VmGrid one, double stress_rate_factor)
{
  enum { SEEDS = 2500, MODES = 5 };
  Law law;
  double sum = 0.0, variance = 0.0;
  PetscFunctionBegin;
  SetLaw(&law, finder, MODES, 0.9);
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    VmKmc kmc;
    VmKmcOutcome outcome;
    VmEvent event;
    double rate[MODES], total = 0.0, k = 1e13 * exp(-0.9 / KT);
    int best = 0;
    PetscCall(Create(one, &law, seed, &kmc));
    Load(kmc, 0.1, stress_rate_factor * k);
    /* a stress that slows all modes down may never bring an event */
    PetscCall(VmKmcNext(kmc, 20.0 / k, &outcome, &event));
    if (outcome == VM_KMC_HORIZON) {
      PetscCall(VmKmcDestroy(&kmc));
      continue;
    }
    const double stress = 0.1 + stress_rate_factor * k * event.time;
    for (int m = 0; m < MODES; ++m) {
      double eps[6];
      VmStzMode(&law.stz, seed, 0, 0, m, eps);
      rate[m] = exp(0.5 * 1.6 * VM_GPA_NM3_IN_EV * 2.0 * eps[VM_XY] * stress / KT);
      total += rate[m];
      if (rate[m] > rate[best]) best = m;
    }
    const double p = rate[best] / total;
    sum += (event.mode == best) - p, variance += p * (1.0 - p);
    PetscCall(VmKmcDestroy(&kmc));
  }
  VmFigure("choice of the fastest mode, standard deviations off", sum / sqrt(variance));
  VmExpectNear(sum / sqrt(variance), 0.0, 3.5);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t n[3] = {3, 2, 2}, unity[3] = {1, 1, 1};
  VmGrid grid, one;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.2, &grid));
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, unity, 1.2, &one));
  for (VmFinder finder = VM_FINDER_FULL; finder <= VM_FINDER_THINNED; ++finder) {
    VmFigure("finder", finder);
    PetscCall(ConstantRate(finder, grid));
    PetscCall(Drift(finder, one, 1.0));
    PetscCall(Drift(finder, one, -1.0));
    PetscCall(ManyDrifts(finder, grid));
    PetscCall(Memory(finder, one, 0.05));
    if (finder == VM_FINDER_FULL) PetscCall(Memory(finder, one, -0.05)); /* not for bounds: barriers fall with time */
    PetscCall(Choice(finder, one, 0.0));
    PetscCall(Choice(finder, one, 2.0));
  }
  PetscCall(VmGridDestroy(&one));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
