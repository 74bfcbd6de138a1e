/* ranks: 1 3; timeout: 120; links: vm_solvers
 * Barriers that feel the pressure: sites on their own are weaker in tension than in compression as (3 - 2f) to (3 + 2f)
 * at zero temperature, their waiting times follow the integral of their rates at 300 K; sites that interact have the
 * rates of their true stress, mean stress included. */
#include "ks.h"
#include "vm_test.h"
#include <vitromech/kmc.h>

extern const VmBarrierOps vm_barrier_linear, vm_barrier_cooperative;

static const double shear = 30.0, bulk = 100.0, temperature = 300.0;

typedef struct {
  VmBarrierCommon barrier;
  double critical_stress;
  VmStz stz;
} Law;

static void SetLaw(Law *law, const VmBarrierOps *ops, int modes, double friction)
{
  memset(law, 0, sizeof *law);
  law->critical_stress = 2.4;
  law->barrier = (VmBarrierCommon){.mean = 1.2, .per = VM_PER_VOXEL, .friction = friction};
  law->stz = (VmStz){.modes = modes, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &ops->head, .common = &law->barrier, .params = &law->critical_stress};
  law->stz.softening.time = 1.0;
}

static PetscErrorCode Create(VmGrid grid, const Law *law, uint64_t seed, VmFinder finder, bool interacting, VmKmc *kmc)
{
  double *ratio;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)grid->np + 1, &ratio));
  for (int64_t i = 0; i < grid->np; ++i) ratio[i] = 1.0;
  const VmKmcSetup setup = {.stz = &law->stz,
                            .seed = seed,
                            .temperature = temperature,
                            .shear = shear,
                            .bulk = bulk,
                            .barrier_ratio = ratio,
                            .refresh = 100,
                            .finder = finder,
                            .interacting = interacting};
  PetscCall(VmKmcCreate(grid, &setup, kmc));
  PetscCall(PetscFree(ratio));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Uniaxial stress that rises or falls. */
static void Load(VmKmc kmc, double level, double rate)
{
  VmSegment segment = {.duration = HUGE_VAL};
  for (int c = 0; c < 6; ++c) segment.stress_controlled[c] = true;
  segment.level[VM_ZZ] = level, segment.rate[VM_ZZ] = rate;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
}

/* Work of a stress on a mode of a voxel [eV]. */
static double Work(const Law *law, uint64_t seed, int64_t voxel, int64_t generation, int mode, const double sig[6])
{
  double eps[6];
  VmStzMode(&law->stz, seed, voxel, generation, mode, eps);
  return 0.5 * 1.6 * VM_GPA_NM3_IN_EV *
         (VmDot6(eps, sig) + law->barrier.friction * 0.1 * (sig[0] + sig[1] + sig[2]) / 3.0);
}

/* Stress at which the first of many sites goes, without temperature. */
static PetscErrorCode Strength(VmGrid grid, const VmBarrierOps *ops, double friction, double sign, double *strength)
{
  const double per_stress = 0.5 * 1.6 * 0.1 * VM_GPA_NM3_IN_EV;
  const double gone = ops == &vm_barrier_linear ? 1.2 : 2.4 * per_stress;
  Law law;
  VmKmc kmc;
  VmKmcOutcome outcome;
  VmEvent event;
  double first = HUGE_VAL;
  PetscFunctionBegin;
  SetLaw(&law, ops, 200, friction);
  PetscCall(Create(grid, &law, 5, VM_FINDER_EXTREMAL, false, &kmc));
  Load(kmc, 0.0, sign);
  PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
  for (int64_t i = 0; i < grid->total; ++i)
    for (int m = 0; m < 200; ++m) {
      const double work = Work(&law, 5, i, 0, m, (const double[6]){0, 0, sign});
      if (work > 0.0) first = fmin(first, gone / work);
    }
  VmExpectNear(event.time / first, 1.0, 1e-6);
  /* the best of all orientations bears half of the axial stress as shear */
  const double ideal = gone / per_stress / (0.5 + sign * friction / 3.0);
  VmExpect(event.time >= ideal * (1.0 - 1e-6) && event.time < 1.002 * ideal, "strength %g, ideal %g", event.time,
           ideal);
  *strength = event.time;
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Asymmetry(VmGrid grid, const VmBarrierOps *ops, double friction)
{
  double tension, compression;
  PetscFunctionBegin;
  PetscCall(Strength(grid, ops, friction, 1.0, &tension));
  PetscCall(Strength(grid, ops, friction, -1.0, &compression));
  VmFigure("strength in compression over that in tension", compression / tension);
  VmFigure("(3 + 2f)/(3 - 2f)", (3.0 + 2.0 * friction) / (3.0 - 2.0 * friction));
  VmExpectNear(compression / tension, (3.0 + 2.0 * friction) / (3.0 - 2.0 * friction), 3e-3);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Left(const Law *law, double work)
{
  double left, slope;
  const VmBarrierOps *ops = (const VmBarrierOps *)law->stz.barrier.head;
  ops->evaluate(law->stz.barrier.params, VmStzWorkPerStress(&law->stz), 1, &law->barrier.mean, &work, &left, &slope);
  return fmax(left, 0.0);
}

/* First events of many small boxes under a rising load: the integral of the rates to them is exponential. */
static PetscErrorCode WaitingTimes(VmGrid grid, const VmBarrierOps *ops, double sign)
{
  enum { SEEDS = 300, MODES = 3, STEPS = 4000 };
  static double u[SEEDS];
  const double rate = sign * 0.02, kt = VM_BOLTZMANN * temperature;
  int used = 0;
  PetscFunctionBegin;
  for (int s = 0; s < SEEDS; ++s) {
    Law law;
    VmKmc kmc;
    VmKmcOutcome outcome;
    VmEvent event;
    double hazard = 0.0, most = 0.0;
    SetLaw(&law, ops, MODES, 0.4);
    for (int64_t i = 0; i < grid->total * MODES; ++i)
      most = fmax(most, Work(&law, (uint64_t)s, i / MODES, 0, (int)(i % MODES), (const double[6]){0, 0, sign}));
    if (most < 0.2 * VmStzWorkPerStress(&law.stz)) continue; /* some boxes get no event under any load */
    PetscCall(Create(grid, &law, (uint64_t)s, VM_FINDER_FULL, false, &kmc));
    Load(kmc, 0.0, rate);
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    for (int64_t i = 0; i < grid->total; ++i)
      for (int m = 0; m < MODES; ++m) {
        const double work = Work(&law, (uint64_t)s, i, 0, m, (const double[6]){0, 0, rate});
        for (int j = 0; j < STEPS; ++j)
          hazard += 1e13 * exp(-Left(&law, work * event.time * (j + 0.5) / STEPS) / kt) * event.time / STEPS;
      }
    u[used++] = -expm1(-hazard);
    PetscCall(VmKmcDestroy(&kmc));
  }
  const double p = VmKsUniform(used, u);
  VmFigure("waiting times of sites on their own: probability", p);
  VmExpect(used > SEEDS / 2 && p > 0.001, "%d boxes, probability %g", used, p);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sites that interact, under a held stress: the rate by the true stress of every voxel times the waiting time. */
static PetscErrorCode Interacting(VmGrid grid, const VmBarrierOps *ops)
{
  enum { EVENTS = 600, MODES = 4 };
  static double u[EVENTS];
  const double kt = VM_BOLTZMANN * temperature;
  double *stress, before = 0.0, pressures = 0.0;
  int used = 0;
  Law law;
  VmKmc kmc;
  PetscFunctionBegin;
  SetLaw(&law, ops, MODES, 0.6);
  law.stz.softening.permanent = -0.3;
  PetscCall(Create(grid, &law, 9, VM_FINDER_FULL, true, &kmc));
  PetscCall(PetscMalloc1((size_t)(6 * grid->np) + 1, &stress));
  Load(kmc, ops == &vm_barrier_linear ? 2.2 : 2.6, 0.0);
  const VmKmcState *state = VmKmcGetState(kmc);
  for (int e = 0; e < EVENTS; ++e) {
    double rate = 0.0;
    VmKmcOutcome outcome;
    VmEvent event;
    PetscCall(VmKmcStress(kmc, stress));
    for (int64_t i = 0; i < grid->np; ++i) {
      double sig[6], mean = 0.0;
      const double memory = state->generation[i] ? 1.3 : 1.0;
      for (int c = 0; c < 6; ++c) sig[c] = stress[c * grid->np + i];
      for (int c = 0; c < 3; ++c) mean += (sig[c] - state->mean.stress[c]) / 3.0;
      pressures = fmax(pressures, fabs(mean));
      const double bare = law.barrier.mean;
      law.barrier.mean = bare * memory;
      for (int m = 0; m < MODES; ++m)
        rate += 1e13 * exp(-Left(&law, Work(&law, 9, VmGridGlobal(grid, i), state->generation[i], m, sig)) / kt);
      law.barrier.mean = bare;
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &rate, 1, MPI_DOUBLE, MPI_SUM, grid->comm));
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    if (event.time > before) u[used++] = -expm1(-rate * (event.time - before));
    before = event.time;
  }
  const double p = VmKsUniform(used, u);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &pressures, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
  VmFigure("largest mean stress of a voxel less that of the box", pressures);
  VmFigure("waiting times of sites that interact", used);
  VmFigure("their probability", p);
  VmExpect(used > EVENTS / 2 && pressures > 0.1 && p > 0.001, "%d waits, probability %g", used, p);
  PetscCall(PetscFree(stress));
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  VmGrid many, few, box;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, (const int64_t[3]){10, 10, 10}, 1.4, &many));
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, (const int64_t[3]){2, 1, 1}, 1.4, &few));
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, (const int64_t[3]){4, 5, 6}, 1.4, &box));
  PetscCall(Asymmetry(many, &vm_barrier_linear, 0.12));
  PetscCall(Asymmetry(many, &vm_barrier_cooperative, 0.3));
  PetscCall(WaitingTimes(few, &vm_barrier_linear, 1.0));
  PetscCall(WaitingTimes(few, &vm_barrier_linear, -1.0));
  PetscCall(WaitingTimes(few, &vm_barrier_cooperative, -1.0));
  PetscCall(Interacting(box, &vm_barrier_linear));
  PetscCall(Interacting(box, &vm_barrier_cooperative));
  PetscCall(VmGridDestroy(&many));
  PetscCall(VmGridDestroy(&few));
  PetscCall(VmGridDestroy(&box));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
