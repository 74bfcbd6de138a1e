/* ranks: 1; timeout: 60; links: vm_solvers
 * The fit of avalanche sizes on sizes drawn from the law itself and on those of a branching process, the mean-field
 * avalanche; and the bookkeeping of avalanches. */
#include "vm_test.h"
#include <vitromech/avalanche.h>

enum { MOST = 400000 };
static double below[MOST + 1]; /* probability of a size up to s */

static void SetLaw(double tau, double lambda, int smallest)
{
  below[smallest - 1] = 0.0;
  for (int s = smallest; s <= MOST; ++s) below[s] = below[s - 1] + pow(s, -tau) * exp(-lambda * s);
  for (int s = smallest; s <= MOST; ++s) below[s] /= below[MOST];
}

static int64_t Draw(double u, int smallest)
{
  int64_t low = smallest - 1, high = MOST;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    if (below[middle] < u) low = middle;
    else high = middle;
  }
  return high;
}

/* Estimates over many sets of data: their mean is the truth, their spread the error they state. */
static void Recover(double tau, double lambda, int smallest)
{
  enum { SETS = 120, SIZES = 4000 };
  static int64_t sizes[SIZES];
  double pull[2] = {0.0}, square[2] = {0.0}, within[2] = {0.0};
  SetLaw(tau, lambda, smallest);
  for (int set = 0; set < SETS; ++set) {
    const VmRngKey key = {.seed = (uint64_t)set, .stream = VM_STREAM_TEST};
    for (int i = 0; i < SIZES; ++i) sizes[i] = Draw(VmRngUniform(key, (uint64_t)i, 0), smallest);
    const VmSizeLaw law = VmSizeLawFit(SIZES, sizes, smallest);
    VmExpect(law.found && law.count == SIZES, "no fit of tau %g, lambda %g", tau, lambda);
    const double off[2] = {(law.exponent - tau) / law.exponent_error,
                           lambda > 0.0 ? (law.inverse_cutoff - lambda) / law.inverse_cutoff_error : 0.0};
    for (int q = 0; q < 2; ++q)
      pull[q] += off[q] / SETS, square[q] += off[q] * off[q] / SETS, within[q] += (fabs(off[q]) < 1.96) / (double)SETS;
  }
  VmFigure("exponent", tau);
  VmFigure("part within 1.96 errors", within[0]);
  VmFigure("mean of its pulls", pull[0]);
  VmFigure("mean square of its pulls", square[0]);
  for (int q = 0; q < (lambda > 0.0 ? 2 : 1); ++q) {
    VmExpectNear(pull[q], 0.0, 4.0 / sqrt(SETS));
    VmExpectNear(square[q], 1.0, 4.0 * sqrt(2.0 / SETS));
    VmExpectNear(within[q], 0.95, 3.0 * sqrt(0.95 * 0.05 / SETS));
  }
}

/* Every event sets off a Poisson number of others, n < 1 on the average. The number of all is distributed as Borel's
 * e^(-ns) (ns)^(s-1)/s!, which for large s is s^(-3/2) exp(-s (n - 1 - ln n)), the law of mean field; more than t
 * generations come with the probability q(t) = 1 - exp(-n q(t - 1)), q(0) = 1 (Harris, The Theory of Branching
 * Processes, 1963). */
static void MeanField(void)
{
  enum { TREES = 200000, SMALLEST = 10, LONGEST = 40 };
  static int64_t sizes[TREES], longer[LONGEST + 1];
  const double n = 0.97, lambda = n - 1.0 - log(n);
  const VmRngKey key = {.seed = 3, .stream = VM_STREAM_TEST};
  uint64_t draw = 0;
  VmAvalanche now = {.size = 0}, before;
  for (int i = 0; i < TREES; ++i) {
    int64_t generation = 1;
    for (int64_t alive = 1; alive > 0; ++generation) {
      int64_t next = 0;
      bool ended;
      for (int64_t k = 0; k < alive; ++k) {
        VmAvalancheAdd(&now, &(VmEvent){.time = i + 1.0, .generation = (int32_t)generation}, 1, &before, &ended);
        for (double left = exp(-n), product = VmRngUniform(key, draw++, 0); product > left; ++next)
          product *= VmRngUniform(key, draw++, 0);
      }
      alive = next;
    }
    sizes[i] = now.size;
    for (int t = 0; t <= LONGEST; ++t) longer[t] += now.generations > t;
  }
  const VmSizeLaw size = VmSizeLawFit(TREES, sizes, SMALLEST);
  VmFigure("mean field: exponent of sizes, 3/2", size.exponent);
  VmFigure("its error", size.exponent_error);
  VmFigure("its cutoff over that of Borel's law", lambda / size.inverse_cutoff);
  VmExpectNear((size.exponent - 1.5) / size.exponent_error, 0.0, 3.0);
  VmExpectNear((size.inverse_cutoff - lambda) / size.inverse_cutoff_error, 0.0, 3.0);
  VmExpect(size.exponent_error < 0.03, "error %g", size.exponent_error);
  double q = 1.0;
  for (int t = 0; t <= LONGEST; q = -expm1(-n * q), ++t)
    VmExpectNear((double)longer[t] / TREES, q, 4.0 * sqrt(q * (1.0 - q) / TREES));
}

static void Books(void)
{
  const VmEvent events[4] = {{.time = 1.0, .generation = 1, .strain = {[VM_XY] = 0.1}, .stress_drop = 0.2},
                             {.time = 1.0, .generation = 2, .strain = {[VM_XY] = 0.1}, .stress_drop = -0.1},
                             {.time = 1.0, .generation = 2, .strain = {[VM_XY] = -0.1}, .stress_drop = 0.3},
                             {.time = 2.0, .generation = 1, .strain = {[VM_XX] = 0.1, [VM_YY] = -0.1}}};
  VmAvalanche now = {.size = 0}, before;
  bool ended[4];
  for (int i = 0; i < 4; ++i) VmAvalancheAdd(&now, &events[i], 10, &before, &ended[i]);
  VmExpect(ended[0] && !ended[1] && !ended[2] && ended[3], "one avalanche of three events, then another");
  VmExpectInt(before.size, 3);
  VmExpectInt(before.generations, 2);
  VmExpectNear(before.stress_drop, 0.4, 1e-15);
  VmExpectNear(before.plastic_strain, 2.0 / sqrt(3.0) * 0.01, 1e-15); /* sqrt(2/3 e:e) of e_xy = 0.1/10 */
  VmExpectInt(now.size, 1);
  VmExpectNear(now.time, 2.0, 0.0);
}

static PetscErrorCode Run(void)
{
  const int64_t equal[5] = {2, 2, 2, 2, 2};
  PetscFunctionBegin;
  Books();
  MeanField();
  Recover(1.3, 0.005, 1);
  Recover(1.5, 0.0005, 3);
  Recover(0.8, 0.02, 1);
  VmExpect(!VmSizeLawFit(5, equal, 1).found, "equal sizes have no law");
  VmExpect(!VmSizeLawFit(0, equal, 1).found, "no sizes have no law");

  /* a pure power law; half of all sets of data then have no cutoff, and the others one far out */
  enum { SIZES = 20000 };
  static int64_t sizes[SIZES];
  SetLaw(2.5, 0.0, 1);
  for (int i = 0; i < SIZES; ++i)
    sizes[i] = Draw(VmRngUniform((VmRngKey){.seed = 5, .stream = VM_STREAM_TEST}, (uint64_t)i, 0), 1);
  const VmSizeLaw law = VmSizeLawFit(SIZES, sizes, 1);
  VmFigure("pure power law 2.5: exponent", law.exponent);
  VmFigure("its error", law.exponent_error);
  VmExpectNear((law.exponent - 2.5) / law.exponent_error, 0.0, 4.0);
  VmExpect(law.exponent_error < 0.03 && law.exponent_error > 0.008, "error %g", law.exponent_error);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
