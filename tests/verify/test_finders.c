/* ranks: 1; timeout: 300; links: vm_solvers
 * The event finders follow one law where the sites interact: hazard between events, and the distribution of runs. */
#include "finders.h"

#define KT (VM_BOLTZMANN * 300.0)
#define SHEAR 30.0

enum { CELLS = 8, VOXELS = CELLS * CELLS * CELLS, MODES = 20 };
static const double spacing = 1.17;

typedef struct {
  VmBarrierCommon barrier;
  VmStz stz;
  VmFinder finder;
  int64_t refresh;
  double margin;
} Law;

extern const VmBarrierOps vm_barrier_linear;

static void SetLaw(Law *law, VmFinder finder, double mean, double permanent, double decaying)
{
  memset(law, 0, sizeof *law);
  law->finder = finder, law->refresh = 200, law->margin = 0.06;
  law->barrier = (VmBarrierCommon){.mean = mean, .spread = 0.05, .per = VM_PER_VOXEL};
  law->stz = (VmStz){.modes = MODES, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &vm_barrier_linear.head, .common = &law->barrier};
  law->stz.softening = (VmSoftening){.permanent = permanent, .decaying = decaying, .time = 0.1};
}

static PetscErrorCode Create(VmGrid grid, const Law *law, uint64_t seed, VmKmc *kmc)
{
  double ratio[VOXELS];
  PetscFunctionBegin;
  for (int i = 0; i < VOXELS; ++i) ratio[i] = 1.0;
  const VmKmcSetup setup = {.stz = &law->stz,
                            .seed = seed,
                            .temperature = 300.0,
                            .shear = SHEAR,
                            .bulk = 100.0,
                            .barrier_ratio = ratio,
                            .refresh = law->refresh,
                            .finder = law->finder,
                            .margin = law->margin,
                            .interacting = true};
  PetscCall(VmKmcCreate(grid, &setup, kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Catalogue of this test's own, drawn from the law and not from the program's state. */
typedef struct {
  double strain[VOXELS][MODES][6], barrier[VOXELS];
} Catalogue;

static void Draw(const Law *law, uint64_t seed, int64_t voxel, int64_t generation, Catalogue *catalogue)
{
  for (int m = 0; m < MODES; ++m) VmStzMode(&law->stz, seed, voxel, generation, m, catalogue->strain[voxel][m]);
  const double memory = generation ? 1.0 - law->stz.softening.permanent : 1.0;
  catalogue->barrier[voxel] = memory * VmStzBarrier(&law->stz, seed, voxel, generation, 0, 1.0);
}

/* Total rate of a state, the stress from its eigenstrain by Fourier transform. */
static double TotalRate(const Catalogue *catalogue, const double mean[6], const double *stress)
{
  double total = 0.0;
  for (int i = 0; i < VOXELS; ++i)
    for (int m = 0; m < MODES; ++m) {
      double work = 0.0;
      for (int c = 0; c < 6; ++c)
        work += (c < 3 ? 1.0 : 2.0) * catalogue->strain[i][m][c] * (mean[c] + stress[c * VOXELS + i]);
      total += 1e13 * exp(-(catalogue->barrier[i] - 0.5 * 1.6 * VM_GPA_NM3_IN_EV * work) / KT);
    }
  return total;
}

/* Creep at one stress without memory that decays: between events the total rate is constant, and its integral
 * exponential. */
static PetscErrorCode CreepHazard(VmGrid grid, VmFinder finder)
{
  enum { EVENTS = 10000 };
  static double u[EVENTS];
  static Catalogue catalogue;
  Law law;
  VmKmc kmc;
  VmGreen green;
  VmSegment segment = {.duration = HUGE_VAL};
  double *stress, before = 0.0;
  int64_t generation[VOXELS] = {0};

  PetscFunctionBegin;
  SetLaw(&law, finder, 1.0, 0.05, 0.0);
  PetscCall(Create(grid, &law, 5, &kmc));
  PetscCall(VmGreenCreate(grid, SHEAR, 100.0, &green));
  PetscCall(PetscCalloc1(6 * VOXELS, &stress));
  for (int c = 0; c < 6; ++c) segment.stress_controlled[c] = true;
  segment.level[VM_XY] = 0.5;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
  for (int i = 0; i < VOXELS; ++i) Draw(&law, 5, i, 0, &catalogue);
  for (int i = 0; i < EVENTS; ++i) {
    VmKmcOutcome outcome;
    VmEvent event;
    const double rate = TotalRate(&catalogue, segment.level, stress);
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    u[i] = -expm1(-rate * (event.time - before));
    before = event.time;
    Draw(&law, 5, event.voxel, ++generation[event.voxel], &catalogue);
    PetscCall(VmGreenStress(green, VmKmcGetState(kmc)->eigenstrain, stress));
  }
  if (finder == VM_FINDER_THINNED) PetscCall(ExpectBounds(kmc));
  const double p = VmKsUniform(EVENTS, u);
  VmFigure(finder == VM_FINDER_FULL ? "full, hazard: KS probability" : "thinned, hazard: KS probability", p);
  VmExpect(p > 0.01, "finder %d: the hazard between events is not exponential, p = %g", finder, p);
  PetscCall(PetscFree(stress));
  PetscCall(VmGreenDestroy(&green));
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { SEEDS = 50, QUANTITIES = 5 };
static const char *const quantity_name[QUANTITIES] = {"events to 1 %", "stress at 1 % [GPa]", "yield stress [GPa]",
                                                      "events to 2 %", "stress at a shear strain of 3 % [GPa]"};

/* Shear of constant rate to 2 %, with softening that decays on the scale of the run. */
static PetscErrorCode ShearRun(VmGrid grid, const Law *law, uint64_t seed, double quantity[QUANTITIES])
{
  const double rate = 5e-3;
  VmSegment segment = {.duration = HUGE_VAL};
  VmKmc kmc;
  PetscFunctionBegin;
  PetscCall(Create(grid, law, seed, &kmc));
  const VmKmcState *state = VmKmcGetState(kmc);
  segment.rate[VM_XY] = rate;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
  quantity[2] = 0.0;
  for (int step = 1; step <= 20; ++step) {
    const double horizon = 0.001 * step / rate;
    VmKmcOutcome outcome = VM_KMC_EVENT;
    VmEvent event;
    while (outcome != VM_KMC_HORIZON) PetscCall(VmKmcNext(kmc, horizon, &outcome, &event));
    quantity[2] = fmax(quantity[2], state->mean.stress[VM_XY]);
    if (step == 15) quantity[4] = state->mean.stress[VM_XY];
    if (step == 10) quantity[0] = (double)state->events, quantity[1] = state->mean.stress[VM_XY];
  }
  quantity[3] = (double)state->events;
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One value per run, of runs whose seeds are never shared. */
static PetscErrorCode FindersAgree(VmGrid grid)
{
  static double values[2][QUANTITIES][SEEDS];
  PetscFunctionBegin;
  for (VmFinder finder = VM_FINDER_FULL; finder <= VM_FINDER_THINNED; ++finder) {
    Law law;
    SetLaw(&law, finder, 1.1, 0.05, 0.1);
    for (int i = 0; i < SEEDS; ++i) {
      double quantity[QUANTITIES];
      PetscCall(ShearRun(grid, &law, (uint64_t)(1000 * finder + i + 1), quantity));
      for (int q = 0; q < QUANTITIES; ++q) values[finder][q][i] = quantity[q];
    }
  }
  for (int q = 0; q < QUANTITIES; ++q) ExpectOneLaw(quantity_name[q], SEEDS, values[0][q], values[1][q], true);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t n[3] = {CELLS, CELLS, CELLS};
  VmGrid grid;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, spacing, &grid));
  PetscCall(CreepHazard(grid, VM_FINDER_FULL));
  PetscCall(CreepHazard(grid, VM_FINDER_THINNED));
  PetscCall(FindersAgree(grid));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
