/* timeout: 180; links: vm_solvers
 * Sites that do not interact, followed through many events: steady flow against renewal theory, and the stress at which
 * half the sites of a ramp have given way against its closed forms. */
#include "vm_test.h"
#include <vitromech/kmc.h>

extern const VmBarrierOps vm_barrier_linear, vm_barrier_cooperative;

typedef struct {
  VmBarrierCommon barrier;
  double critical_stress; /* as the law keeps it [GPa] */
  VmStz stz;
} Law;

static const double attempts = 1e13;

static void SetLaw(Law *law, const VmBarrierOps *ops, int modes, double mean)
{
  memset(law, 0, sizeof *law);
  law->critical_stress = 2.5;
  law->barrier = (VmBarrierCommon){.mean = mean, .per = VM_PER_VOXEL};
  law->stz = (VmStz){.modes = modes, .attempt_frequency = attempts, .volume = 1.6, .strain = 0.1, .saddle = 0.5};
  law->stz.barrier = (VmPlugin){.head = &ops->head, .common = &law->barrier, .params = &law->critical_stress};
  law->stz.softening.time = 1.0;
}

static PetscErrorCode Create(VmGrid one, const Law *law, VmFinder finder, double temperature, uint64_t seed, VmKmc *kmc)
{
  const double ratio = 1.0;
  const VmKmcSetup setup = {.stz = &law->stz,
                            .seed = seed,
                            .temperature = temperature,
                            .shear = 30.0,
                            .bulk = 100.0,
                            .barrier_ratio = &ratio,
                            .refresh = 1000,
                            .finder = finder,
                            .margin = 0.06,
                            .interacting = false};
  PetscFunctionBegin;
  PetscCall(VmKmcCreate(one, &setup, kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Load(VmKmc kmc, const double level[6], const double rate[6])
{
  VmSegment segment = {.duration = HUGE_VAL};
  for (int c = 0; c < 6; ++c)
    segment.stress_controlled[c] = true, segment.level[c] = level ? level[c] : 0.0,
    segment.rate[c] = rate ? rate[c] : 0.0;
  VmMeanBegin(&VmKmcGetState(kmc)->mean, &segment);
}

/* Modified Bessel function of the first kind, by its series. */
static double BesselI(int n, double x)
{
  double term = 1.0, sum = 0.0;
  for (int i = 1; i <= n; ++i) term *= 0.5 * x / i;
  for (int k = 1; k < 200; ++k) sum += term, term *= 0.25 * x * x / (k * (double)(k + n));
  return sum;
}

/* Means over all orientations of a mode of exp(x c) and c exp(x c), c its work under shear over that of an aligned one.
 * At a normal n it is c = A cos(phi), A^2 = nx^2 + ny^2 - 4 nx^2 ny^2, so the means are those of I_0(xA) and A I_1(xA)
 * over the sphere. */
static void AllOrientations(double x, double *events, double *flow)
{
  enum { HEIGHTS = 200, ANGLES = 64 };
  *events = *flow = 0.0;
  for (int i = 0; i < HEIGHTS; ++i)
    for (int j = 0; j < ANGLES; ++j) { /* midpoints in height and azimuth; the symmetry leaves an eighth */
      const double z = (i + 0.5) / HEIGHTS, phi = 0.5 * M_PI * (j + 0.5) / ANGLES, s = 1.0 - z * z;
      const double a = sqrt(s - s * s * pow(sin(2.0 * phi), 2));
      *events += BesselI(0, x * a) / (HEIGHTS * ANGLES), *flow += a * BesselI(1, x * a) / (HEIGHTS * ANGLES);
    }
}

/* Renewal theory: a site keeps its catalogue of M modes until its event, so it has 1/E[1/R] events per time and each
 * brings E[sum k c/R] of strain, R = sum k. The means over catalogues, in units of one rate without stress, by drawing
 * them here. */
static void Renewal(int modes, double x, double *events, double *flow)
{
  enum { DRAWS = 50000 };
  double wait = 0.0, strain = 0.0;
  for (int i = 0; i < DRAWS; ++i) {
    double rate = 0.0, part = 0.0;
    for (int m = 0; m < modes; ++m) {
      double r[3][3];
      VmRngRotation((VmRngKey){77, VM_STREAM_TEST}, (uint64_t)i, (uint32_t)(32 * m), r);
      const double c = r[0][0] * r[1][1] + r[0][1] * r[1][0], k = exp(x * c);
      rate += k, part += k * c;
    }
    wait += 1.0 / rate / DRAWS, strain += part / rate / DRAWS;
  }
  *events = 1.0 / wait, *flow = strain / wait;
}

/* Rates of events and of strain (in units of one mode without stress, and of gamma_0) of one site at x = work/kT. */
static PetscErrorCode Measure(VmGrid one, VmFinder finder, int modes, double x, int64_t wanted, double rate[2])
{
  enum { WARM = 200 };
  const double kt = VM_BOLTZMANN * 700.0, k0 = attempts * exp(-1.2 / kt);
  Law law;
  VmKmc kmc;
  VmKmcOutcome outcome;
  VmEvent event;
  PetscFunctionBegin;
  SetLaw(&law, &vm_barrier_linear, modes, 1.2);
  PetscCall(Create(one, &law, finder, 700.0, (uint64_t)(1000.0 * x) + (uint64_t)finder, &kmc));
  const double level[6] = {[VM_XY] = x * kt / VmStzWorkPerStress(&law.stz)};
  const VmMean *mean = &VmKmcGetState(kmc)->mean;
  Load(kmc, level, NULL);
  for (int i = 0; i < WARM; ++i) PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
  const double start = mean->time, share = law.stz.volume / (one->spacing * one->spacing * one->spacing);
  double strain = 0.0;
  for (int64_t i = 0; i < wanted; ++i) {
    PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
    strain += event.strain[VM_XY];
  }
  rate[0] = (double)wanted / (mean->time - start) / k0;
  rate[1] = 2.0 * strain / (law.stz.strain * share) / (mean->time - start) / k0;
  PetscCall(VmKmcDestroy(&kmc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Steady creep from slow to fast. Few modes flow more slowly than all orientations at once would: to first order by
 * 1 - 1/M, since a site with a poor catalogue has to wait for it. */
static PetscErrorCode SteadyFlow(VmGrid one, VmFinder finder)
{
  enum { MODES = 20, EVENTS = 100000 };
  static const double xs[4] = {0.5, 2.0, 4.0, 8.0};
  PetscFunctionBegin;
  for (int i = 0; i < 4; ++i) {
    double all[2], exact[2], rate[2];
    AllOrientations(xs[i], &all[0], &all[1]);
    Renewal(MODES, xs[i], &exact[0], &exact[1]);
    PetscCall(Measure(one, finder, MODES, xs[i], EVENTS, rate));
    printf("x = %g: events %.5g (renewal %.5g, all orientations %.5g), strain rate %.5g (%.5g, %.5g)\n", xs[i], rate[0],
           exact[0], MODES * all[0], rate[1], exact[1], MODES * all[1]);
    /* waiting times are near exponential, the strain of an event has a deviation of at most 1/2: four deviations */
    VmExpectNear(rate[0] / exact[0], 1.0, 4.0 * (1.2 + 0.1 * xs[i]) / sqrt(EVENTS));
    VmExpectNear(rate[1] / exact[1], 1.0, 4.0 * (1.2 + 0.1 * xs[i] + 0.5 * exact[0] / exact[1]) / sqrt(EVENTS));
    if (i == 0) VmExpectNear(exact[1] / ((MODES - 1) * xs[i] / 5.0), 1.0, 0.03); /* Newton: (M - 1) x/5 */
    VmExpect(exact[1] < MODES * all[1], "few modes flow faster than all, at x = %g", xs[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Gamma(2/3, g), the upper incomplete function, by Simpson's rule in t = g + u^2. */
static double UpperGamma(double g)
{
  enum { STEPS = 400 };
  const double end = 6.5;
  double sum = 0.0;
  for (int i = 0; i <= STEPS; ++i) {
    const double u = end * i / STEPS, t = g + u * u;
    sum += (i == 0 || i == STEPS ? 1.0 : (i % 2 ? 4.0 : 2.0)) * 2.0 * u * pow(t, -1.0 / 3.0) * exp(-t);
  }
  return sum * end / (3.0 * STEPS);
}

/* One mode on whose plane the stress rises. With the stress rate in proportion to T (linear law) or T^(2/3)
 * (cooperative law) the stress that half the sites do not survive is exactly (Q - kT L)/w, and
 * tau_c [1 - (kT g/Q)^(2/3)] with L and g the same at all T: the hazard of linear barriers is nu_0/b exp[-(Q - w
 * tau)/kT] with b = w/kT dtau/dt, that of cooperative ones nu_0 tau_c/(dtau/dt) 2/3 (kT/Q)^(2/3) Gamma(2/3, Q
 * z^(3/2)/kT) with z = 1 - tau/tau_c. */
static PetscErrorCode MedianYield(VmGrid one, VmFinder finder, bool cooperative)
{
  enum { SITES = 201, TEMPERATURES = 5 };
  const double barrier = 1.75, first = 100.0;
  double stress[SITES], sum[5] = {0.0}, chi2 = 0.0;
  PetscFunctionBegin;
  for (int k = 0; k < TEMPERATURES; ++k) {
    const double temperature = first * (k + 1), kt = VM_BOLTZMANN * temperature;
    double closed, error, rate;
    Law law;
    SetLaw(&law, cooperative ? &vm_barrier_cooperative : &vm_barrier_linear, 1, barrier);
    const double w = VmStzWorkPerStress(&law.stz);
    if (cooperative) {
      rate = 1e-3 * pow(temperature / first, 2.0 / 3.0);
      const double scale = attempts * 2.5 / rate * 2.0 / 3.0 * pow(kt / barrier, 2.0 / 3.0);
      double low = 1.0, high = 100.0;
      for (int i = 0; i < 60; ++i) {
        const double middle = 0.5 * (low + high);
        if (scale * UpperGamma(middle) > log(2.0)) low = middle;
        else high = middle;
      }
      const double z = pow(kt * low / barrier, 2.0 / 3.0);
      closed = 2.5 * (1.0 - z);
      error = 1.0 / (log(2.0) * sqrt(SITES) * (1.5 * barrier / kt * sqrt(z) / 2.5));
    } else {
      rate = 1e-3 * temperature / first;
      closed = (barrier - kt * log(attempts * kt / (w * rate * log(2.0)))) / w;
      error = kt / (w * log(2.0) * sqrt(SITES));
    }
    for (int i = 0; i < SITES; ++i) {
      VmKmc kmc;
      VmKmcOutcome outcome;
      VmEvent event;
      double eps[6], along[6];
      const uint64_t seed = (uint64_t)(SITES * (k + TEMPERATURES * (finder + 2 * cooperative)) + i);
      PetscCall(Create(one, &law, finder, temperature, seed, &kmc));
      VmStzMode(&law.stz, seed, 0, 0, 0, eps);
      for (int c = 0; c < 6; ++c) along[c] = 2.0 * eps[c] / law.stz.strain * rate;
      Load(kmc, NULL, along);
      PetscCall(VmKmcNext(kmc, HUGE_VAL, &outcome, &event));
      stress[i] = rate * event.time;
      PetscCall(VmKmcDestroy(&kmc));
    }
    qsort(stress, SITES, sizeof *stress, Compare);
    const double median = stress[SITES / 2];
    printf("%s, %g K: half the sites gone at %.4f GPa, closed form %.4f +- %.4f\n",
           cooperative ? "cooperative" : "linear", temperature, median, closed, error);
    VmExpectNear((median - closed) / error, 0.0, 4.0);
    chi2 += pow((median - closed) / error, 2);
    const double x = pow(temperature, cooperative ? 2.0 / 3.0 : 1.0);
    sum[0] += x, sum[1] += median, sum[2] += x * x, sum[3] += x * median, sum[4] += median * median;
  }
  const double n = TEMPERATURES, xy = sum[3] - sum[0] * sum[1] / n;
  const double r2 = xy * xy / ((sum[2] - sum[0] * sum[0] / n) * (sum[4] - sum[1] * sum[1] / n));
  VmFigure(cooperative ? "cooperative: 1 - R^2 against T^(2/3)" : "linear: 1 - R^2 against T", 1.0 - r2);
  VmExpect(r2 > 0.9995, "the law of temperature is off: R^2 = %g", r2);
  VmExpect(chi2 < 20.5, "medians are off by chi^2 = %g of 5", chi2); /* 0.1 % */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t unity[3] = {1, 1, 1};
  VmGrid one;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, unity, 1.2, &one));
  for (VmFinder finder = VM_FINDER_FULL; finder <= VM_FINDER_THINNED; ++finder) {
    VmFigure("finder", finder);
    PetscCall(SteadyFlow(one, finder));
    PetscCall(MedianYield(one, finder, false));
    PetscCall(MedianYield(one, finder, true));
  }
  PetscCall(VmGridDestroy(&one));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
