/* timeout: 300; links: vm_models
 * Laws: identities of the susceptibilities, exact data give the parameters back, intervals hold the truth as often as
 * they claim. */
#include "vm_test.h"
#include <vitromech/law.h>
#include <vitromech/probability.h>
#include <vitromech/rng.h>
#include <complex.h>

enum { MOST_POINTS = 200 };

static const VmLawOps *Law(const char *name) { return (const VmLawOps *)VmPluginFind(&vm_law_kind, name); }

/* Points at equal ratios, or equally spaced. */
static void Points(int64_t n, double from, double to, bool ratios, double *x)
{
  for (int64_t i = 0; i < n; ++i) {
    const double at = (double)i / (double)(n - 1);
    x[i] = ratios ? from * pow(to / from, at) : from + (to - from) * at;
  }
}

static const struct {
  const char *law;
  double from, to;
  bool ratios;
  double parameters[VM_LAW_MOST_PARAMETERS];
} examples[] = {
    {"three_parameter", 1e-3, 1e3, true, {20.0, 12.0, 4.0}},
    {"three_parameter", 1e-3, 1e3, true, {0.0, 30.0, 1.5}},
    {"kww", 1e-3, 1e4, true, {1.2, 30.0, 0.5, 0.3}},
    {"kww", 1.0, 1e7, true, {-0.8, 3e3, 0.22, 1.0}},
    {"kww", 1e-2, 50.0, true, {1.0, 5.0, 1.0, 0.0}},
    {"kww_flow_unit", 1e-2, 1e6, true, {1.0, 2e3, 0.55, 0.2, 0.4, 3.0}},
    {"havriliak_negami", 1e-4, 1e4, true, {32.0, 30.0, 2.0, 0.95, 0.41}},
    {"havriliak_negami", 1e-4, 1e4, true, {32.0, 10.0, 0.5, 0.6, 1.0}},
    {"havriliak_negami", 1e-4, 1e4, true, {32.0, 32.0, 7.0, 1.0, 1.0}},
    {"kww_susceptibility", 1e-4, 1e4, true, {32.0, 31.0, 4.0, 0.5}},
    {"kww_susceptibility", 1e-3, 1e5, true, {32.0, 12.0, 0.1, 0.8}},
    {"arrhenius", 300.0, 450.0, false, {1e-13, 1.1}},
    {"vft", 620.0, 900.0, false, {1e-13, 5500.0, 450.0}},
    {"cooperative_strength", 0.1, 0.95, false, {0.036, 0.016}},
    {"ageing", 10.0, 1e6, true, {32.0, 20.0, 300.0, 0.6}},
};

static void ExpectParameters(const VmLawOps *law, const VmLawFit *fit, const double *wanted)
{
  const VmParam *rows = law->head.params->rows;
  VmExpect(fit->converged, "%s: %s", law->head.name, fit->message);
  for (int p = 0; p < VmLawParameters(law); ++p) {
    const double size = fabs(wanted[p]) > 0.0 ? fabs(wanted[p]) : 1.0;
    VmExpect(fabs(fit->value[p] - wanted[p]) < 1e-6 * size, "%s.%s = %.12g, wanted %.12g (%d iterations, rms %g; %s)",
             law->head.name, rows[p].key, fit->value[p], wanted[p], fit->iterations, fit->rms, fit->message);
  }
}

static PetscErrorCode ExactData(void)
{
  PetscFunctionBegin;
  for (size_t e = 0; e < sizeof examples / sizeof examples[0]; ++e) {
    const VmLawOps *law = Law(examples[e].law);
    const int64_t n = 60;
    double x[MOST_POINTS], values[2 * MOST_POINTS];
    VmLawFitOptions options;
    VmLawFit fit;
    VmExpect(law != NULL, "no law %s", examples[e].law);
    if (!law) continue;
    VmLawFitOptionsInit(&options);
    Points(n, examples[e].from, examples[e].to, examples[e].ratios, x);
    PetscCall(law->evaluate(examples[e].parameters, n, x, values));
    PetscCall(VmLawFitRun(law, &(VmLawData){.n = n, .x = x, .values = values}, &options, &fit));
    ExpectParameters(law, &fit, examples[e].parameters);
    printf("%s: %d iterations, rms %.3g\n", law->head.name, fit.iterations, fit.rms);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ExpectClose(double complex actual, double complex wanted, double tolerance, const char *what, double at)
{
  VmExpect(cabs(actual - wanted) <= tolerance * cabs(wanted), "%s at %g: %.15g %+.15gi, wanted %.15g %+.15gi", what, at,
           creal(actual), cimag(actual), creal(wanted), cimag(wanted));
}

static double complex Kww(double omega_tau, double beta)
{
  double chi[2];
  VmKwwSusceptibility(omega_tau, beta, chi);
  return chi[0] + I * chi[1];
}

/* Sum of (-1)^n Gamma(n beta + 1)/n! (i x)^(-n beta), n >= 1, with the other sign: converges for beta < 1. */
static double complex HighSeries(double x, double beta)
{
  double complex sum = 0.0;
  for (int n = 1; n < 160; ++n)
    sum -= (n % 2 ? -1.0 : 1.0) * exp(lgamma(n * beta + 1.0) - lgamma(n + 1.0)) * cpow(I * x, -n * beta);
  return sum;
}

/* Sum of (-i x)^n Gamma(1 + n/beta)/n!: converges for beta > 1. */
static double complex LowSeries(double x, double beta)
{
  double complex sum = 0.0;
  for (int n = 0; n < 160; ++n) sum += exp(lgamma(1.0 + n / beta) - lgamma(n + 1.0)) * cpow(-I * x, n);
  return sum;
}

static double LossSlope(const VmLawOps *law, const double *parameters, double omega)
{
  const double x[2] = {omega, omega * 1.0001};
  double values[4];
  if (law->evaluate(parameters, 2, x, values)) return NAN;
  return log(values[3] / values[2]) / log(x[1] / x[0]);
}

static PetscErrorCode Susceptibilities(void)
{
  const VmLawOps *hn = Law("havriliak_negami"), *kww = Law("kww_susceptibility"), *solid = Law("three_parameter");
  PetscFunctionBegin;
  for (double x = 1e-4; x < 2e4; x *= 10.0) ExpectClose(Kww(x, 1.0), 1.0 / (1.0 + I * x), 1e-11, "Debye", x);
  for (double x = 2.0; x < 1e7; x *= 10.0)
    for (double beta = 0.2; beta < 0.75; beta += 0.1) ExpectClose(Kww(x, beta), HighSeries(x, beta), 1e-10, "KWW", x);
  for (double x = 1e-3; x < 1.5; x *= 3.0) ExpectClose(Kww(x, 1.7), LowSeries(x, 1.7), 1e-10, "KWW", x);
  for (double beta = 0.3; beta < 1.0; beta += 0.2) {
    const double parameters[] = {32.0, 30.0, 1.0, beta};
    const double high = LossSlope(kww, parameters, 1e12), low = LossSlope(kww, parameters, 1e-7);
    char name[64];
    snprintf(name, sizeof name, "KWW loss, beta %.1f: slope at high frequency", beta);
    VmFigure(name, high);
    VmExpectNear(high, -beta, 2e-3);
    VmExpectNear(low, 1.0, 1e-3);
  }
  const double general[] = {32.0, 30.0, 1.0, 0.95, 0.41}, debye[] = {32.0, 30.0, 1.0, 1.0, 1.0},
               same[] = {2.0, 30.0, 30.0};
  VmExpectNear(LossSlope(hn, general, 1e12), -0.95 * 0.41, 1e-4);
  VmExpectNear(LossSlope(hn, general, 1e-12), 0.95, 1e-4);
  for (double x = 1e-3; x < 2e3; x *= 10.0) {
    const double cole[] = {32.0, 30.0, 1.0, 0.6, 1.0}, both[2] = {x, 1.0 / x};
    double a[4], b[4];
    PetscCall(hn->evaluate(cole, 2, both, a));
    VmExpectNear(a[2], a[3], 1e-12 * a[2]); /* Cole-Cole is symmetric */
    PetscCall(hn->evaluate(debye, 2, both, a));
    PetscCall(solid->evaluate(same, 2, both, b));
    for (int i = 0; i < 4; ++i) VmExpectNear(a[i], b[i], 1e-12 * 32.0);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How often 95 % intervals hold the truth, over many seeds of Gaussian noise of `noise` times the first value (of the
 * logarithms where the law is relative). */
static PetscErrorCode Coverage(int example, double noise, bool errors_known, int seeds)
{
  const VmLawOps *law = Law(examples[example].law);
  const double *truth = examples[example].parameters;
  const int count = VmLawParameters(law), parts = VmLawValues(law);
  const int64_t n = 40, rows = n * parts;
  double x[MOST_POINTS], exact[2 * MOST_POINTS], values[2 * MOST_POINTS], errors[2 * MOST_POINTS];
  int holds[VM_LAW_MOST_PARAMETERS] = {0}, converged = 0, iterations = 0;
  VmLawFitOptions options;
  VmLawFit fit;

  PetscFunctionBegin;
  VmLawFitOptionsInit(&options);
  Points(n, examples[example].from, examples[example].to, examples[example].ratios, x);
  PetscCall(law->evaluate(truth, n, x, exact));
  for (int seed = 0; seed < seeds; ++seed) {
    const VmRngKey key = {(uint64_t)seed, VM_STREAM_TEST};
    for (int64_t i = 0; i < rows; ++i) {
      double normal[2];
      VmRngNormal2(key, (uint64_t)i, 0, normal);
      errors[i] = noise * fabs(law->relative ? exact[i] : exact[0]);
      values[i] = law->relative ? exact[i] * exp(noise * normal[0]) : exact[i] + errors[i] * normal[0];
    }
    PetscCall(VmLawFitRun(law, &(VmLawData){.n = n, .x = x, .values = values, .errors = errors_known ? errors : NULL},
                          &options, &fit));
    converged += fit.converged, iterations += fit.iterations;
    for (int p = 0; p < count; ++p) holds[p] += fit.low[p] <= truth[p] && truth[p] <= fit.high[p];
  }
  VmExpectInt(converged, seeds);
  printf("%s: %.1f iterations\n", law->head.name, (double)iterations / seeds);
  for (int p = 0; p < count; ++p) {
    char name[96];
    snprintf(name, sizeof name, "%s.%s: 95 %% intervals that hold the truth%s", law->head.name,
             law->head.params->rows[p].key, errors_known ? " (errors known)" : "");
    VmFigure(name, (double)holds[p] / seeds);
    VmExpectNear((double)holds[p] / seeds, 0.95, 3.2 * sqrt(0.05 * 0.95 / seeds));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Bootstrap and Jacobian agree on a well determined fit; held parameters stay; what cannot be determined is said. */
static PetscErrorCode Intervals(void)
{
  const VmLawOps *law = Law("kww");
  const double truth[] = {1.2, 30.0, 0.5, 0.3};
  const int64_t n = 80;
  double x[MOST_POINTS], values[2 * MOST_POINTS];
  VmLawFitOptions options;
  VmLawFit fit, again;

  PetscFunctionBegin;
  VmLawFitOptionsInit(&options);
  Points(n, 1e-3, 1e4, true, x);
  PetscCall(law->evaluate(truth, n, x, values));
  for (int64_t i = 0; i < n; ++i) {
    double normal[2];
    VmRngNormal2((VmRngKey){77, VM_STREAM_TEST}, (uint64_t)i, 0, normal);
    values[i] += 0.01 * normal[0];
  }
  const VmLawData data = {.n = n, .x = x, .values = values};
  options.bootstrap = 200;
  PetscCall(VmLawFitRun(law, &data, &options, &fit));
  for (int p = 0; p < 4; ++p) {
    const double ratio = (fit.boot_high[p] - fit.boot_low[p]) / (fit.high[p] - fit.low[p]);
    VmExpect(ratio > 0.75 && ratio < 1.33, "%s: bootstrap interval over that of the Jacobian %g",
             law->head.params->rows[p].key, ratio);
  }
  VmExpectNear(fit.rms, 0.01, 0.003);
  PetscCall(VmLawFitRun(law, &data, &options, &again));
  VmExpect(!memcmp(fit.boot_low, again.boot_low, sizeof fit.boot_low), "bootstrap is not reproducible");

  options.bootstrap = 0;
  options.held[2] = 0.5;
  PetscCall(VmLawFitRun(law, &data, &options, &again));
  VmExpect(again.held[2] && again.value[2] == 0.5 && again.error[1] < fit.error[1], "held parameter: %g, error %g",
           again.value[2], again.error[1]);
  VmExpectInt(again.degrees, fit.degrees + 1);

  for (int64_t i = 0; i < n; ++i) values[i] = 1.0; /* nothing relaxes */
  options.held[2] = NAN;
  PetscCall(VmLawFitRun(law, &data, &options, &fit));
  VmExpect(strstr(fit.message, "do not determine") && isnan(fit.error[1]), "message \"%s\", error %g", fit.message,
           fit.error[1]);
  PetscCall(VmLawFitRun(law, &(VmLawData){.n = 4, .x = x, .values = values}, &options, &fit));
  VmExpect(!fit.converged && strstr(fit.message, "4 values for 4"), "message \"%s\"", fit.message);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Tables of Student's t. */
static void Quantiles(void)
{
  VmExpectNear(VmStudentQuantile(0.975, 1), 12.7062047362, 1e-9);
  VmExpectNear(VmStudentQuantile(0.975, 4), 2.7764451052, 1e-9);
  VmExpectNear(VmStudentQuantile(0.95, 10), 1.8124611228, 1e-9);
  VmExpectNear(VmStudentQuantile(0.975, 1e6), 1.9599663560, 1e-8);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  Quantiles();
  PetscCall(Susceptibilities());
  PetscCall(ExactData());
  PetscCall(Intervals());
  PetscCall(Coverage(2, 0.01, false, 200));
  PetscCall(Coverage(6, 0.003, false, 200));
  PetscCall(Coverage(9, 0.005, true, 30));
  PetscCall(Coverage(12, 0.05, false, 200));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
