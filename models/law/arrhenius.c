#include "parameter.h"
#include <math.h>

enum { PREFACTOR, ENERGY };

static const VmParam rows[] = {
    VM_LAW_PARAMETER(PREFACTOR, "prefactor", "1", 1e-300, 1e300,
                     "value at infinite temperature, in the unit of the data"),
    VM_LAW_PARAMETER(ENERGY, "activation_energy", "eV", -100.0, 100.0, "E; positive: the value falls with temperature"),
    {0}};
static const VmTable params_table = VM_LAW_TABLE("arrhenius", "thermally activated time or viscosity", rows);
static const VmLawColumn values[] = {{"value", NULL, "relaxation time, viscosity or shift factor"}, {NULL, NULL, NULL}};

static PetscErrorCode Evaluate(const double *p, int64_t n, const double *temperature, double *value)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) value[i] = p[PREFACTOR] * exp(p[ENERGY] / (VM_BOLTZMANN * temperature[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Guess(int64_t n, const double *temperature, const double *value, double *p)
{
  const double last = value[n - 1], inverse = 1.0 / temperature[0] - 1.0 / temperature[n - 1];
  p[ENERGY] = VM_BOLTZMANN * log(value[0] / last) / inverse;
  p[PREFACTOR] = last * exp(-p[ENERGY] / (VM_BOLTZMANN * temperature[n - 1]));
}

const VmLawOps vm_law_arrhenius = {.head = {.name = "arrhenius",
                                            .doc = "prefactor exp(E/k_B T)",
                                            .source = "Arrhenius (1889)",
                                            .params = &params_table},
                                   .argument = {"temperature", "K", "temperature"},
                                   .values = values,
                                   .logarithmic = 1u << PREFACTOR,
                                   .scaled = 1u << PREFACTOR,
                                   .relative = true,
                                   .evaluate = Evaluate,
                                   .guess = Guess};
