/* ranks: 1 2; timeout: 240; links: vm_solvers
 * Barrier laws for sites that do not interact: rates against the in-plane mode average, yield stress against
 * temperature, Poisson counts, waiting times of the cooperative law under load, and the Argon height. */
#include "ks.h"
#include "vm_test.h"
#include <vitromech/kmc.h>

#define ROOM 300.0 /* K */

extern const VmBarrierOps vm_barrier_linear, vm_barrier_cooperative;

typedef struct {
  VmBarrierCommon barrier;
  double critical_stress; /* as the law keeps it [GPa] */
  VmStz stz;
  VmFinder finder;
  double temperature;
} Law;

static void SetLaw(Law *law, const VmBarrierOps *ops, VmFinder finder, int modes, double mean)
{
  memset(law, 0, sizeof *law);
  law->finder = finder, law->temperature = ROOM, law->critical_stress = 2.5;
  law->barrier = (VmBarrierCommon){.mean = mean, .per = VM_PER_VOXEL};
  law->stz = (VmStz){.modes = modes, .attempt_frequency = 1e13, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &ops->head, .common = &law->barrier, .params = &law->critical_stress};
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
                            .temperature = law->temperature,
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

static void Load(VmKmc kmc, const double level[6], const double rate[6])
{
  VmSegment segment = {.duration = HUGE_VAL};
  for (int c = 0; c < 6; ++c)
    segment.stress_controlled[c] = true, segment.level[c] = level[c], segment.rate[c] = rate ? rate[c] : 0.0;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
}

/* Unit shear stress on the plane and along the direction of a mode, and the one turned by 45 degrees about the third
 * axis, which does no work on it. With (v, w, .) the eigenvectors of the mode, v for the positive one:
 * aligned = v v - w w, crossed = v w + w v. */
static void Stresses(const double eps[6], double gamma, double aligned[6], double crossed[6])
{
  static const int a[6] = {0, 1, 2, 1, 0, 0}, b[6] = {0, 1, 2, 2, 2, 1};
  double e[3][3], square[3][3], axis[2][3];
  for (int c = 0; c < 6; ++c) e[a[c]][b[c]] = e[b[c]][a[c]] = 2.0 * eps[c] / gamma;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) square[i][j] = e[i][0] * e[0][j] + e[i][1] * e[1][j] + e[i][2] * e[2][j];
  for (int s = 0; s < 2; ++s) { /* (e^2 + e)/2 = v v, (e^2 - e)/2 = w w: the longest column is along the vector */
    double best = 0.0;
    for (int j = 0; j < 3; ++j) {
      double column[3], norm = 0.0;
      for (int i = 0; i < 3; ++i) column[i] = square[i][j] + (s ? -e[i][j] : e[i][j]), norm += column[i] * column[i];
      if (norm <= best) continue;
      best = norm;
      for (int i = 0; i < 3; ++i) axis[s][i] = column[i] / sqrt(norm);
    }
  }
  for (int c = 0; c < 6; ++c) {
    aligned[c] = axis[0][a[c]] * axis[0][b[c]] - axis[1][a[c]] * axis[1][b[c]];
    crossed[c] = axis[0][a[c]] * axis[1][b[c]] + axis[1][a[c]] * axis[0][b[c]];
  }
}

/* Total rate of one voxel with one mode under a stress at an angle of its plane [1/s]. */
static PetscErrorCode RateAt(VmGrid one, const Law *law, double stress, double angle, double *rate)
{
  VmKmc kmc;
  VmKmcOutcome outcome;
  VmEvent event;
  double eps[6], aligned[6], crossed[6], level[6];
  PetscFunctionBegin;
  PetscCall(Create(one, law, 3, &kmc));
  VmStzMode(&law->stz, 3, 0, 0, 0, eps);
  Stresses(eps, law->stz.strain, aligned, crossed);
  for (int c = 0; c < 6; ++c) level[c] = stress * (cos(angle) * aligned[c] + sin(angle) * crossed[c]);
  Load(kmc, level, NULL);
  PetscCall(VmKmcNext(kmc, 0.0, &outcome, &event));
  VmExpectInt(outcome, VM_KMC_HORIZON);
  *rate = VmKmcRate(kmc);
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Modified Bessel function of the first kind, by its series. */
static double BesselI(int n, double x)
{
  double term = 1.0, sum = 0.0;
  for (int i = 1; i <= n; ++i) term *= 0.5 * x / i;
  for (int k = 1; k < 200; ++k) sum += term, term *= 0.25 * x * x / (k * (double)(k + n));
  return sum;
}

/* M in-plane modes at equal angles: (1/M) sum exp(x cos) = I_0 + 2 I_M + 2 I_2M..., and for the strain rate
 * (1/M) sum cos exp(x cos) = I_1 + I_(M-1) + I_(M+1) + ...; linear at low stress, exponential at high stress. */
static PetscErrorCode ModeAverage(VmGrid one)
{
  enum { M = 6 };
  Law law;
  PetscFunctionBegin;
  SetLaw(&law, &vm_barrier_linear, VM_FINDER_FULL, 1, 1.75);
  const double kt = VM_BOLTZMANN * ROOM, k0 = 1e13 * exp(-1.75 / kt), per_stress = VmStzWorkPerStress(&law.stz) / kt;
  double strain_rate[4], worst[2] = {0.0};
  static const double stresses[4] = {1e-3, 2e-3, 1.5, 1.6};
  for (int s = 0; s < 4; ++s) {
    const double x = per_stress * stresses[s];
    double total = 0.0, sum = 0.0;
    for (int j = 0; j < M; ++j) {
      double rate;
      PetscCall(RateAt(one, &law, stresses[s], 2.0 * M_PI * j / M, &rate));
      total += rate / M, sum += cos(2.0 * M_PI * j / M) * rate / M;
    }
    double events = BesselI(0, x), flow = BesselI(1, x);
    for (int k = 1; k < 12; ++k)
      events += 2.0 * BesselI(k * M, x), flow += BesselI(k * M - 1, x) + BesselI(k * M + 1, x);
    VmExpectNear(total / (k0 * events), 1.0, 1e-5); /* modes are rounded to floats */
    VmExpectNear(sum / (k0 * flow), 1.0, s < 2 ? 1e-3 : 1e-5);
    strain_rate[s] = law.stz.strain * sum;
    worst[0] = fmax(worst[0], fabs(total / (k0 * events) - 1.0)),
    worst[1] = fmax(worst[1], fabs(sum / (k0 * flow) - 1.0));
  }
  const double newtonian = log(strain_rate[1] / strain_rate[0]) / log(stresses[1] / stresses[0]);
  const double logarithmic = (stresses[3] - stresses[2]) / log(strain_rate[3] / strain_rate[2]);
  VmFigure("rate against I_0 + 2 I_M + ...: largest relative error", worst[0]);
  VmFigure("strain rate against I_1 + I_(M-1) + ...: largest relative error", worst[1]);
  VmFigure("d ln(strain rate)/d ln(stress) at 1 MPa", newtonian);
  VmFigure("d stress/d ln(strain rate) at 1.5 GPa [MPa]", 1e3 * logarithmic);
  VmFigure("kT/(saddle Omega gamma_0) [MPa]", 1e3 / per_stress);
  VmExpectNear(newtonian, 1.0, 2e-3);
  VmExpectNear(logarithmic * per_stress, 1.0, 1e-3);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stress at which one aligned mode with Omega = a^3 flows at a shear rate: gamma_0 times its rate. */
static PetscErrorCode YieldStress(VmGrid one, const Law *law, double shear_rate, double *stress)
{
  double low = 0.0, high = ((const VmBarrierOps *)law->stz.barrier.head)->linear ? 3.4 : 2.5; /* GPa */
  PetscFunctionBegin;
  for (int i = 0; i < 60; ++i) {
    double rate;
    *stress = 0.5 * (low + high);
    PetscCall(RateAt(one, law, *stress, 0.0, &rate));
    if (law->stz.strain * rate < shear_rate) low = *stress;
    else high = *stress;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* tau_y = (2/(gamma_0 Omega)) [Q - kT ln(nu_0 gamma_0/rate)], and 1 - tau_y/tau_c = [kT ln(nu_0 gamma_0/rate)/Q]^(2/3).
 */
static PetscErrorCode YieldAgainstTemperature(VmGrid one)
{
  enum { TEMPERATURES = 6 };
  const double shear_rate = 1e-4, log_rate = log(1e13 * 0.1 / shear_rate);
  double worst[2] = {0.0}, stress[2][TEMPERATURES];
  PetscFunctionBegin;
  for (int l = 0; l < 2; ++l)
    for (int i = 0; i < TEMPERATURES; ++i) {
      Law law;
      SetLaw(&law, l ? &vm_barrier_cooperative : &vm_barrier_linear, VM_FINDER_FULL, 1, 1.75);
      law.temperature = 50.0 + 80.0 * i;
      const double thermal = VM_BOLTZMANN * law.temperature * log_rate;
      const double theory =
          l ? 2.5 * (1.0 - pow(thermal / 1.75, 2.0 / 3.0)) : 2.0 / (0.1 * 1.6 * VM_GPA_NM3_IN_EV) * (1.75 - thermal);
      PetscCall(YieldStress(one, &law, shear_rate, &stress[l][i]));
      worst[l] = fmax(worst[l], fabs(stress[l][i] / theory - 1.0));
    }
  /* the exponent of the cooperative law, from its own yield stresses */
  const double exponent = log((1.0 - stress[1][5] / 2.5) / (1.0 - stress[1][0] / 2.5)) / log(450.0 / 50.0);
  VmFigure("yield stress, linear: largest relative error", worst[0]);
  VmFigure("yield stress, cooperative: largest relative error", worst[1]);
  VmFigure("exponent of the temperature", exponent);
  VmExpectNear(worst[0], 0.0, 5e-6); /* rates from floats, raised more the colder it is */
  VmExpectNear(worst[1], 0.0, 1e-6);
  VmExpectNear(exponent, 2.0 / 3.0, 1e-6);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Counts in a fixed time have the mean and the variance of a Poisson variate. */
static PetscErrorCode Counts(VmGrid grid)
{
  enum { SEEDS = 400 };
  Law law;
  double sum = 0.0, squares = 0.0;
  PetscFunctionBegin;
  SetLaw(&law, &vm_barrier_cooperative, VM_FINDER_FULL, 2, 0.7);
  const double rate = (double)grid->total * 2.0 * 1e13 * exp(-0.7 / (VM_BOLTZMANN * ROOM)), wanted = 30.0;
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    const double level[6] = {0.0};
    VmKmc kmc;
    VmKmcOutcome outcome = VM_KMC_EVENT;
    VmEvent event;
    PetscCall(Create(grid, &law, seed, &kmc));
    Load(kmc, level, NULL);
    while (outcome != VM_KMC_HORIZON) PetscCall(VmKmcNext(kmc, wanted / rate, &outcome, &event));
    const double count = (double)VmKmcGetState(kmc)->events;
    sum += count, squares += (count - wanted) * (count - wanted);
    PetscCall(VmKmcDestroy(&kmc));
  }
  const double mean = (sum / SEEDS - wanted) / sqrt(wanted / SEEDS);
  const double variance = (squares / SEEDS / wanted - 1.0) / sqrt((2.0 + 1.0 / wanted) / SEEDS);
  VmFigure("counts: standard deviations off, mean", mean);
  VmFigure("counts: standard deviations off, variance", variance);
  VmExpectNear(mean, 0.0, 3.5);
  VmExpectNear(variance, 0.0, 3.5);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The cooperative law under a stress that rises from -0.8 to 2 GPa: the hazard to the first event, by Simpson's rule
 * over the law itself, is exponential, for modes that load and that unload. */
static PetscErrorCode CooperativeHazard(VmFinder finder, VmGrid grid)
{
  enum { SEEDS = 400, MODES = 4, STEPS = 400 };
  Law law;
  double u[SEEDS], span = 0.0;
  PetscFunctionBegin;
  SetLaw(&law, &vm_barrier_cooperative, finder, MODES, 1.0);
  law.barrier.spread = 0.03;
  const double kt = VM_BOLTZMANN * ROOM, rate[6] = {[VM_XY] = 1e4}, level[6] = {[VM_XY] = -0.8};
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
    VmKmc kmc;
    VmKmcOutcome outcome;
    VmEvent event;
    double hazard = 0.0;
    PetscCall(Create(grid, &law, seed, &kmc));
    Load(kmc, level, rate);
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    span += rate[VM_XY] * event.time / SEEDS;
    for (int64_t i = 0; i < grid->total; ++i) {
      const double barrier = VmStzBarrier(&law.stz, seed, i, 0, 0, 1.0);
      for (int m = 0; m < MODES; ++m) {
        double eps[6];
        VmStzMode(&law.stz, seed, i, 0, m, eps);
        for (int s = 0; s <= STEPS; ++s) {
          const double weight = (s == 0 || s == STEPS ? 1.0 : (s % 2 ? 4.0 : 2.0)) / (3.0 * STEPS);
          const double resolved =
              2.0 * eps[VM_XY] / law.stz.strain * (level[VM_XY] + rate[VM_XY] * event.time * s / STEPS);
          hazard += weight * event.time * 1e13 * exp(-barrier * pow(1.0 - resolved / 2.5, 1.5) / kt);
        }
      }
    }
    u[seed - 1] = -expm1(-hazard);
    PetscCall(VmKmcDestroy(&kmc));
  }
  const double p = VmKsUniform(SEEDS, u);
  VmFigure(finder == VM_FINDER_FULL ? "full, cooperative: KS probability" : "thinned, cooperative: KS probability", p);
  VmFigure("mean change of the stress to the event [GPa]", span);
  VmExpect(p > 0.01, "finder %d: p = %g", finder, p);
  VmExpect(span > 0.3, "the stress moves by %g GPa only", span);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ArgonHeight(void)
{
  Law law;
  VmArgon argon = {.shear = 37.0, .poisson = 0.352, .dilatancy = 0.4, .resistance = 0.025};
  SetLaw(&law, &vm_barrier_linear, VM_FINDER_FULL, 1, NAN);
  law.barrier.argon = &argon;
  const double height = VmStzMeanBarrier(&law.stz), kt = VM_BOLTZMANN * ROOM;
  const double yield = (height - kt * log(1e13 * 0.1 / 1e-4)) / VmStzWorkPerStress(&law.stz);
  VmFigure("Argon height [eV]", height);
  VmFigure("its yield stress at 300 K and 1e-4 1/s [GPa]", yield);
  VmExpectNear(height, 1.73, 5e-3);
  VmExpectNear(yield, 1.56, 5e-3);
  law.stz.volume = 1.7 * 1.7 * 1.7;
  VmExpectNear(VmStzMeanBarrier(&law.stz), 5.3, 0.05);
}

static PetscErrorCode Run(void)
{
  const int64_t n[3] = {3, 2, 2}, unity[3] = {1, 1, 1};
  VmGrid grid, one;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.2, &grid));
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, unity, cbrt(1.6), &one)); /* Omega = a^3 */
  ArgonHeight();
  PetscCall(ModeAverage(one));
  PetscCall(YieldAgainstTemperature(one));
  PetscCall(Counts(grid));
  PetscCall(CooperativeHazard(VM_FINDER_FULL, grid));
  PetscCall(CooperativeHazard(VM_FINDER_THINNED, grid));
  PetscCall(VmGridDestroy(&one));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
