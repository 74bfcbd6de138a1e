/* ranks: 1 2 3 4; timeout: 60; links: vm_solvers
 * A jump of the stress leaves many voxels without barriers: the cascade that follows takes no time and is the same,
 * event by event, for every finder, as the lowest barrier of all is always the next. */
#include "vm_test.h"
#include <vitromech/kmc.h>

enum { N0 = 7, N1 = 9, N2 = 12, LEAST = 300, MOST = 5000, MODES = 6 };
static const double spacing = 1.4;

extern const VmBarrierOps vm_barrier_linear, vm_barrier_cooperative;

typedef struct {
  VmBarrierCommon barrier;
  double critical_stress;
  VmStz stz;
} Law;

static void SetLaw(Law *law, const VmBarrierOps *ops, double friction)
{
  memset(law, 0, sizeof *law);
  law->critical_stress = 2.0;
  law->barrier = (VmBarrierCommon){.mean = 1.0, .spread = 0.1, .per = VM_PER_MODE, .friction = friction};
  law->stz = (VmStz){.modes = MODES, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &ops->head, .common = &law->barrier, .params = &law->critical_stress};
  law->stz.softening = (VmSoftening){.permanent = 0.1, .time = 1.0};
}

/* A glass under a shear stress held from now on, and pressed. */
static PetscErrorCode Create(VmGrid grid, const Law *law, VmFinder finder, double temperature, VmKmc *kmc)
{
  VmSegment held = {.duration = HUGE_VAL};
  double *ratio;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)grid->np + 1, &ratio));
  for (int64_t i = 0; i < grid->np; ++i) ratio[i] = 1.0;
  const VmKmcSetup setup = {.stz = &law->stz,
                            .seed = 5,
                            .temperature = temperature,
                            .shear = 30.0,
                            .bulk = 100.0,
                            .barrier_ratio = ratio,
                            .refresh = 400,
                            .finder = finder,
                            .margin = 0.1,
                            .interacting = true};
  PetscCall(VmKmcCreate(grid, &setup, kmc));
  PetscCall(PetscFree(ratio));
  for (int c = 0; c < 6; ++c) held.stress_controlled[c] = true;
  held.level[VM_XY] = 2.8, held.level[VM_ZZ] = -0.4;
  VmMeanBegin(&VmKmcGetState(*kmc)->mean, &held);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Cascade(VmGrid grid, const VmBarrierOps *ops, double friction)
{
  const double temperature[3] = {30.0, 300.0, 30.0};
  Law law;
  VmKmc kmc[3];
  VmEvent event[3];
  VmKmcOutcome outcome;
  int64_t same = 0;
  int generations = 0;
  PetscFunctionBegin;
  SetLaw(&law, ops, friction);
  for (int f = 0; f < 3; ++f) PetscCall(Create(grid, &law, (VmFinder)f, temperature[f], &kmc[f]));
  for (; same < MOST; ++same) {
    int ended = 0;
    bool all = true;
    for (int f = 0; f < 3; ++f) {
      PetscCall(VmKmcNext(kmc[f], 1e-30, &outcome, &event[f]));
      if (outcome == VM_KMC_HORIZON) ++ended;
      else all = all && event[f].voxel == event[0].voxel && event[f].mode == event[0].mode && event[f].time == 0.0;
    }
    VmExpect(ended == 0 || ended == 3, "%d of 3 cascades end after %d events", ended, (int)same);
    VmExpect(all, "event %d is not the same", (int)same);
    if (ended > 0 || !all) break;
    generations = PetscMax(generations, event[VM_FINDER_EXTREMAL].generation);
  }
  VmExpect(same > LEAST && same < MOST, "%d events", (int)same);
  VmExpect(generations > 3, "chains of %d events", generations);
  int64_t exceeded;
  double largest;
  PetscCall(VmKmcCheckBounds(kmc[VM_FINDER_THINNED], &exceeded, &largest));
  VmExpectInt(exceeded, 0);
  VmExpectInt(VmKmcGetProfile(kmc[VM_FINDER_THINNED])->candidates, 0);
  for (int f = 0; f < 3; ++f) PetscCall(VmKmcDestroy(&kmc[f]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t n[3] = {N0, N1, N2};
  VmGrid grid;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, spacing, &grid));
  PetscCall(Cascade(grid, &vm_barrier_linear, 0.0));
  PetscCall(Cascade(grid, &vm_barrier_linear, 0.1));
  PetscCall(Cascade(grid, &vm_barrier_cooperative, 0.0));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
