/* ranks: 1; timeout: 30; links: vm_solvers
 * Mixed control of the mean: prescribed components are met exactly, the others obey sig = C:(eps - eps*). */
#include "vm_test.h"
#include <vitromech/kmc.h>

/* All masks of control, of an isotropic body by its moduli or by its compliance. */
static PetscErrorCode Masks(bool by_compliance)
{
  const double shear = 31.0, bulk = 100.0;
  double compliance[6][6] = {{0.0}};
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) {
    compliance[c][c] = 0.5 / shear;
    for (int d = 0; c < 3 && d < 3; ++d) compliance[c][d] += (1.0 / (3.0 * bulk) - 0.5 / shear) / 3.0;
  }
  for (int mask = 0; mask < 64; ++mask) {
    VmMean mean = {.shear = shear, .bulk = bulk, .time = 2.0};
    if (by_compliance) mean = (VmMean){.compliance = (const double(*)[6])compliance, .time = 2.0};
    VmSegment segment = {.duration = HUGE_VAL};
    for (int c = 0; c < 6; ++c) {
      mean.strain[c] = 0.001 * (c + 1), mean.eigenstrain[c] = 0.0005 * (3 - c);
      segment.stress_controlled[c] = mask >> c & 1;
      segment.level[c] = 0.1 * (c - 2),
      segment.rate[c] = segment.stress_controlled[c] ? 0.01 * (c + 1) : 1e-4 * (c + 1);
    }
    VmMeanBegin(&mean, &segment);
    for (int step = 0; step < 3; ++step) {
      const double time = 2.0 + 5.0 * step;
      double elastic[6], sig[6];
      VmMeanUpdate(&mean, time);
      for (int c = 0; c < 6; ++c) elastic[c] = mean.strain[c] - mean.eigenstrain[c];
      VmHooke(shear, bulk, elastic, sig);
      for (int c = 0; c < 6; ++c) {
        VmExpectNear(mean.stress[c], sig[c], 1e-13);
        if (segment.stress_controlled[c])
          VmExpectNear(mean.stress[c], segment.level[c] + segment.rate[c] * (time - 2.0), 0.0);
        else VmExpectNear(mean.strain[c], 0.001 * (c + 1) + segment.rate[c] * (time - 2.0), 0.0);
      }
    }
    /* an event changes the eigenstrain; what is prescribed stays */
    const VmMean before = mean;
    mean.eigenstrain[VM_XY] += 1e-3, mean.eigenstrain[VM_XX] += 2e-3;
    VmMeanUpdate(&mean, before.time);
    for (int c = 0; c < 6; ++c) {
      if (segment.stress_controlled[c]) VmExpectNear(mean.stress[c], before.stress[c], 0.0);
      else VmExpectNear(mean.strain[c], before.strain[c], 0.0);
    }
    /* rates are those of the elastic response */
    VmMean later = mean;
    VmMeanUpdate(&later, mean.time + 1.0);
    for (int c = 0; c < 6; ++c) {
      VmExpectNear(later.strain[c] - mean.strain[c], mean.strain_rate[c], 1e-12);
      VmExpectNear(later.stress[c] - mean.stress[c], mean.stress_rate[c], 1e-12);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(Masks(false));
  PetscCall(Masks(true));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
