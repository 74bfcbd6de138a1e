#include "parameter.h"
#include <math.h>

enum { FINAL, AMPLITUDE_TIME, START_TIME, EXPONENT };

static const VmParam rows[] = {
    VM_LAW_PARAMETER(FINAL, "final", "1", -1e30, 1e30,
                     "P_inf, the property after infinite time, in the unit of the data"),
    VM_LAW_PARAMETER(AMPLITUDE_TIME, "a", "s", 1e-30, 1e40, "a in c(t) = [a/(b + t)]^beta"),
    VM_LAW_PARAMETER(START_TIME, "b", "s", 1e-30, 1e40, "b, age of the glass when the clock starts"),
    VM_LAW_PARAMETER(EXPONENT, "beta", "1", 0.01, 10.0, "exponent of the decay"),
    {0}};
static const VmTable params_table = VM_LAW_TABLE("ageing", "a property of an ageing glass", rows);
static const VmLawColumn values[] = {{"property", NULL, "e.g. modulus or density"}, {NULL, NULL, NULL}};

static PetscErrorCode Evaluate(const double *p, int64_t n, const double *time, double *value)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i)
    value[i] = p[FINAL] / (1.0 + pow(p[AMPLITUDE_TIME] / (p[START_TIME] + time[i]), p[EXPONENT]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* beta = 1/2 and b at a tenth of the way; c(0) from the first and last value. */
static void Guess(int64_t n, const double *time, const double *value, double *p)
{
  p[FINAL] = value[n - 1] + 0.1 * (value[n - 1] - value[0]);
  p[EXPONENT] = 0.5;
  p[START_TIME] = fmax(VmLawCrossing(n, time, value, 0.3), 1e-12);
  const double start = value[0] != 0.0 ? p[FINAL] / value[0] - 1.0 : 1.0;
  p[AMPLITUDE_TIME] = p[START_TIME] * pow(fmax(start, 1e-6), 1.0 / p[EXPONENT]);
}

const VmLawOps vm_law_ageing = {.head = {.name = "ageing",
                                         .doc = "P_inf/(1 + [a/(b + t)]^beta)",
                                         .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 13",
                                         .params = &params_table},
                                .argument = {"time", "s", "ageing time"},
                                .values = values,
                                .logarithmic = 1u << AMPLITUDE_TIME | 1u << START_TIME,
                                .scaled = 1u << FINAL,
                                .evaluate = Evaluate,
                                .guess = Guess};
