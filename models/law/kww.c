#include "parameter.h"
#include <math.h>

enum { AMPLITUDE, TIME, EXPONENT, RESIDUAL };

static const VmParam rows[] = {
    VM_LAW_PARAMETER(AMPLITUDE, "amplitude", "1", -1e30, 1e30, "sigma_0, what relaxes, in the unit of the data"),
    VM_LAW_PARAMETER(TIME, "time", "s", 1e-30, 1e40, "relaxation time tau_c"),
    VM_LAW_PARAMETER(EXPONENT, "beta", "1", 0.05, 2.0, "stretching exponent beta_KWW; 1: exponential"),
    VM_LAW_PARAMETER(RESIDUAL, "residual", "1", -1e30, 1e30, "sigma_r, what never relaxes, in the unit of the data"),
    {0}};
static const VmTable params_table = VM_LAW_TABLE("kww", "stretched exponential relaxation", rows);
static const VmLawColumn values[] = {{"stress", NULL, "what relaxes"}, {NULL, NULL, NULL}};

static PetscErrorCode Evaluate(const double *p, int64_t n, const double *time, double *value)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) value[i] = p[RESIDUAL] + p[AMPLITUDE] * exp(-pow(time[i] / p[TIME], p[EXPONENT]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Guess(int64_t n, const double *time, const double *value, double *p)
{
  p[AMPLITUDE] = value[0] - value[n - 1];
  p[RESIDUAL] = value[n - 1];
  p[TIME] = VmLawCrossing(n, time, value, 0.6);
  p[EXPONENT] = 0.6;
}

const VmLawOps vm_law_kww = {.head = {.name = "kww",
                                      .doc = "stretched exponential: amplitude exp(-(t/time)^beta) + residual",
                                      .source = "Kohlrausch; Williams & Watts (1970); Wang & Wang, Natl. Sci. Rev. 6 "
                                                "(2019) 304, eq. 10",
                                      .params = &params_table},
                             .argument = {"time", "s", "time since the step"},
                             .values = values,
                             .logarithmic = 1u << TIME,
                             .scaled = 1u << AMPLITUDE | 1u << RESIDUAL,
                             .evaluate = Evaluate,
                             .guess = Guess};
