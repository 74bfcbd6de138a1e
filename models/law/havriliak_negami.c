#include "parameter.h"
#include <complex.h>
#include <math.h>

enum { UNRELAXED, STRENGTH, TIME, ALPHA, GAMMA };

static const VmParam rows[] = {
    VM_LAW_PARAMETER(UNRELAXED, "unrelaxed_modulus", "GPa", 0.0, 1e6, "M_u, at high frequency"),
    VM_LAW_PARAMETER(STRENGTH, "strength", "GPa", 1e-9, 1e6, "Delta M, unrelaxed less relaxed modulus"),
    VM_LAW_PARAMETER(TIME, "time", "s", 1e-30, 1e40, "tau"),
    VM_LAW_PARAMETER(ALPHA, "alpha", "1", 0.05, 1.0, "symmetric broadening; 1: Cole-Davidson, with gamma 1 Debye"),
    VM_LAW_PARAMETER(GAMMA, "gamma", "1", 0.05, 10.0, "asymmetry; 1: Cole-Cole, with alpha 1 Debye"),
    {0}};
static const VmTable params_table = VM_LAW_TABLE("havriliak_negami", "complex modulus of Havriliak and Negami", rows);
static const VmLawColumn values[] = {
    {"storage", "GPa", "storage modulus"}, {"loss", "GPa", "loss modulus"}, {NULL, NULL, NULL}};

static PetscErrorCode Evaluate(const double *p, int64_t n, const double *omega, double *value)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    const double x = pow(omega[i] * p[TIME], p[ALPHA]), angle = 0.5 * VM_PI * p[ALPHA];
    const double complex chi = cpow(1.0 + x * cos(angle) + I * x * sin(angle), -p[GAMMA]);
    value[i] = p[UNRELAXED] - p[STRENGTH] * creal(chi);
    value[n + i] = -p[STRENGTH] * cimag(chi);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Guess(int64_t n, const double *omega, const double *value, double *p)
{
  const int64_t peak = VmLawLossPeak(n, value);
  p[UNRELAXED] = fmax(value[n - 1], 1e-6);
  p[STRENGTH] = fmax(value[n - 1] - value[0], 2.0 * value[n + peak]);
  p[TIME] = 1.0 / omega[peak];
  p[ALPHA] = 0.8;
  p[GAMMA] = 0.8;
}

const VmLawOps vm_law_havriliak_negami = {
    .head = {.name = "havriliak_negami",
             .doc = "complex modulus M_u - Delta M/[1 + (i omega tau)^alpha]^gamma",
             .source =
                 "Havriliak & Negami, Polymer 8 (1967) 161; Qiao et al., Prog. Mater. Sci. 104 (2019) 250, eq. 2.5",
             .params = &params_table},
    .argument = {"omega", "1/s", "angular frequency"},
    .values = values,
    .logarithmic = 1u << STRENGTH | 1u << TIME | 1u << GAMMA,
    .evaluate = Evaluate,
    .guess = Guess};
