#include "parameter.h"
#include <complex.h>
#include <math.h>

enum { UNRELAXED, STRENGTH, TIME, EXPONENT };

static const VmParam rows[] = {
    VM_LAW_PARAMETER(UNRELAXED, "unrelaxed_modulus", "GPa", 0.0, 1e6, "M_u, at high frequency"),
    VM_LAW_PARAMETER(STRENGTH, "strength", "GPa", 1e-9, 1e6, "Delta M, unrelaxed less relaxed modulus"),
    VM_LAW_PARAMETER(TIME, "time", "s", 1e-30, 1e40, "tau of exp(-(t/tau)^beta)"),
    VM_LAW_PARAMETER(EXPONENT, "beta", "1", 0.1, 2.0, "stretching exponent beta_KWW"),
    {0}};
static const VmTable params_table = VM_LAW_TABLE("kww_susceptibility", "complex modulus of stretched relaxation", rows);
static const VmLawColumn values[] = {
    {"storage", "GPa", "storage modulus"}, {"loss", "GPa", "loss modulus"}, {NULL, NULL, NULL}};

/* The path of integration is turned to t = tau r exp(-i theta), on which phi and exp(-i omega t) decay at the same
 * ratio of phase to decay; r = s exp(u - exp(-u)) makes the trapezoidal rule converge exponentially, s being where the
 * integrand is cut off. */
void VmKwwSusceptibility(double omega_tau, double beta, double chi[2])
{
  const double theta = 0.5 * VM_PI / (1.0 + beta), step = beta <= 1.0 ? 0.1 : 0.05, cut = fmin(1.0, 1.0 / omega_tau);
  const double complex turn = cexp(-I * theta), stretched = cexp(-I * beta * theta);
  double complex sum = 0.0;
  for (double u = -6.5; u < 200.0; u += step) {
    const double lead = exp(-u), r = cut * exp(u - lead), power = pow(r, beta);
    const double complex exponent = -power * stretched - I * omega_tau * r * turn;
    if (creal(exponent) < -60.0) break;
    sum += beta * power * (1.0 + lead) * stretched * cexp(exponent);
  }
  chi[0] = step * creal(sum), chi[1] = step * cimag(sum);
}

static PetscErrorCode Evaluate(const double *p, int64_t n, const double *omega, double *value)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    double chi[2];
    VmKwwSusceptibility(omega[i] * p[TIME], p[EXPONENT], chi);
    value[i] = p[UNRELAXED] - p[STRENGTH] * chi[0];
    value[n + i] = -p[STRENGTH] * chi[1];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Guess(int64_t n, const double *omega, const double *value, double *p)
{
  const int64_t peak = VmLawLossPeak(n, value);
  p[UNRELAXED] = fmax(value[n - 1], 1e-6);
  p[STRENGTH] = fmax(value[n - 1] - value[0], 2.0 * value[n + peak]);
  p[TIME] = 1.0 / omega[peak];
  p[EXPONENT] = 0.6;
}

const VmLawOps vm_law_kww_susceptibility = {
    .head = {.name = "kww_susceptibility",
             .doc = "complex modulus of stretched relaxation, M_u - Delta M chi_KWW(omega)",
             .source = "Qiao et al., Prog. Mater. Sci. 104 (2019) 250, eq. 2.7-2.8",
             .params = &params_table},
    .argument = {"omega", "1/s", "angular frequency"},
    .values = values,
    .logarithmic = 1u << STRENGTH | 1u << TIME,
    .evaluate = Evaluate,
    .guess = Guess};
