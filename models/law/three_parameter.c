#include "parameter.h"
#include <math.h>

enum { RELAXED, RELAXING, VISCOSITY };

static const VmParam rows[] = {
    VM_LAW_PARAMETER(RELAXED, "relaxed_modulus", "GPa", 0.0, 1e6, "E_1, what is left at low frequency"),
    VM_LAW_PARAMETER(RELAXING, "relaxing_modulus", "GPa", 1e-9, 1e6, "E_2, what flow units relax"),
    VM_LAW_PARAMETER(VISCOSITY, "viscosity", "GPa s", 1e-30, 1e30, "viscosity of the flow units; tau = viscosity/E_2"),
    {0}};
static const VmTable params_table =
    VM_LAW_TABLE("three_parameter", "complex modulus of the standard linear solid", rows);
static const VmLawColumn values[] = {
    {"storage", "GPa", "storage modulus"}, {"loss", "GPa", "loss modulus"}, {NULL, NULL, NULL}};

static PetscErrorCode Evaluate(const double *p, int64_t n, const double *omega, double *value)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    const double x = omega[i] * p[VISCOSITY] / p[RELAXING], part = x / hypot(1.0, x), rest = 1.0 / hypot(1.0, x);
    value[i] = p[RELAXED] + p[RELAXING] * part * part;
    value[n + i] = p[RELAXING] * part * rest;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Guess(int64_t n, const double *omega, const double *value, double *p)
{
  const int64_t peak = VmLawLossPeak(n, value);
  p[RELAXING] = fmax(2.0 * value[n + peak], 1e-6);
  p[RELAXED] = fmax(value[peak] - 0.5 * p[RELAXING], 0.0);
  p[VISCOSITY] = p[RELAXING] / omega[peak];
}

const VmLawOps vm_law_three_parameter = {.head = {.name = "three_parameter",
                                                  .doc = "complex modulus of the three-parameter solid",
                                                  .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304, eq. 1",
                                                  .params = &params_table},
                                         .argument = {"omega", "1/s", "angular frequency"},
                                         .values = values,
                                         .logarithmic = 1u << RELAXING | 1u << VISCOSITY,
                                         .evaluate = Evaluate,
                                         .guess = Guess};
