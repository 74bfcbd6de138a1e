#include "parameter.h"
#include <math.h>

enum { AMPLITUDE, TIME, EXPONENT, RESIDUAL, FLOW_UNIT_AMPLITUDE, FLOW_UNIT_TIME };

static const VmParam rows[] = {
    VM_LAW_PARAMETER(AMPLITUDE, "amplitude", "1", 0.0, 1e30,
                     "sigma_0, what relaxes stretched, in the unit of the data"),
    VM_LAW_PARAMETER(TIME, "time", "s", 1e-30, 1e40, "relaxation time tau_c"),
    VM_LAW_PARAMETER(EXPONENT, "beta", "1", 0.05, 2.0, "stretching exponent beta_KWW"),
    VM_LAW_PARAMETER(RESIDUAL, "residual", "1", -1e30, 1e30, "sigma_r, what never relaxes, in the unit of the data"),
    VM_LAW_PARAMETER(FLOW_UNIT_AMPLITUDE, "flow_unit_amplitude", "1", 0.0, 1e30,
                     "sigma_FU, what flow units relax, in the unit of the data"),
    VM_LAW_PARAMETER(FLOW_UNIT_TIME, "flow_unit_time", "s", 1e-30, 1e40, "relaxation time tau_FU of the flow units"),
    {0}};
static const VmTable params_table = VM_LAW_TABLE("kww_flow_unit", "relaxation of a glass with flow units", rows);
static const VmLawColumn values[] = {{"stress", NULL, "what relaxes"}, {NULL, NULL, NULL}};

static PetscErrorCode Evaluate(const double *p, int64_t n, const double *time, double *value)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i)
    value[i] = p[RESIDUAL] + p[AMPLITUDE] * exp(-pow(time[i] / p[TIME], p[EXPONENT])) +
               p[FLOW_UNIT_AMPLITUDE] * exp(-time[i] / p[FLOW_UNIT_TIME]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Flow units relax first: a quarter of the whole, at the start. */
static void Guess(int64_t n, const double *time, const double *value, double *p)
{
  const double whole = value[0] - value[n - 1];
  p[AMPLITUDE] = 0.75 * whole;
  p[RESIDUAL] = value[n - 1];
  p[TIME] = VmLawCrossing(n, time, value, 0.7);
  p[EXPONENT] = 0.6;
  p[FLOW_UNIT_AMPLITUDE] = 0.25 * whole;
  p[FLOW_UNIT_TIME] = VmLawCrossing(n, time, value, 0.15);
}

const VmLawOps vm_law_kww_flow_unit = {
    .head = {.name = "kww_flow_unit",
             .doc = "stretched exponential and the exponential of flow units, below T_beta",
             .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 10",
             .params = &params_table},
    .argument = {"time", "s", "time since the step"},
    .values = values,
    .logarithmic = 1u << TIME | 1u << FLOW_UNIT_TIME,
    .scaled = 1u << AMPLITUDE | 1u << RESIDUAL | 1u << FLOW_UNIT_AMPLITUDE,
    .evaluate = Evaluate,
    .guess = Guess};
