#include "parameter.h"
#include <math.h>

enum { PREFACTOR, STRENGTH, DIVERGENCE };

static const VmParam rows[] = {VM_LAW_PARAMETER(PREFACTOR, "prefactor", "1", 1e-300, 1e300,
                                                "value at infinite temperature, in the unit of the data"),
                               VM_LAW_PARAMETER(STRENGTH, "strength", "K", 0.0, 1e6,
                                                "B in exp[B/(T - T_0)]; fragility m = B T_g/[ln 10 (T_g - T_0)^2]"),
                               VM_LAW_PARAMETER(DIVERGENCE, "vft_temperature", "K", 0.0, 1e5,
                                                "T_0, below all temperatures of the data; 0: Arrhenius"),
                               {0}};
static const VmTable params_table = VM_LAW_TABLE("vft", "viscosity or time of an undercooled liquid", rows);
static const VmLawColumn values[] = {{"value", NULL, "viscosity, relaxation time or shift factor"}, {NULL, NULL, NULL}};

/* At and below T_0 the law is infinite; the fit is turned back by a value beyond all data. */
static PetscErrorCode Evaluate(const double *p, int64_t n, const double *temperature, double *value)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    const double above = temperature[i] - p[DIVERGENCE];
    value[i] = above > 0.0 ? p[PREFACTOR] * exp(fmin(p[STRENGTH] / above, 650.0)) : 1e300;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* For a given T_0 the law is a straight line in 1/(T - T_0): the best of a list of T_0. */
static void Guess(int64_t n, const double *temperature, const double *value, double *p)
{
  double least = HUGE_VAL;
  for (int k = 0; k < 40; ++k) {
    const double divergence = temperature[0] * 0.025 * k;
    double mean[2] = {0.0}, square = 0.0, product = 0.0, rest = 0.0;
    for (int64_t i = 0; i < n; ++i) {
      mean[0] += 1.0 / (temperature[i] - divergence) / (double)n;
      mean[1] += log(value[i]) / (double)n;
    }
    for (int64_t i = 0; i < n; ++i) {
      const double x = 1.0 / (temperature[i] - divergence) - mean[0];
      square += x * x, product += x * (log(value[i]) - mean[1]);
    }
    const double slope = product / square;
    for (int64_t i = 0; i < n; ++i) {
      const double x = 1.0 / (temperature[i] - divergence) - mean[0];
      rest += pow(log(value[i]) - mean[1] - slope * x, 2);
    }
    if (rest >= least) continue;
    least = rest;
    p[PREFACTOR] = exp(mean[1] - slope * mean[0]), p[STRENGTH] = fmax(slope, 1.0), p[DIVERGENCE] = divergence;
  }
}

const VmLawOps vm_law_vft = {
    .head = {.name = "vft",
             .doc = "Vogel-Fulcher-Tammann law, prefactor exp[B/(T - T_0)]",
             .source =
                 "Vogel (1921), Fulcher (1925), Tammann & Hesse (1926); Qiao et al., Prog. Mater. Sci. 104 (2019) 250",
             .params = &params_table},
    .argument = {"temperature", "K", "temperature"},
    .values = values,
    .logarithmic = 1u << PREFACTOR,
    .scaled = 1u << PREFACTOR,
    .relative = true,
    .evaluate = Evaluate,
    .guess = Guess};
