#include "parameter.h"
#include <math.h>

enum { ATHERMAL, SLOPE };

static const VmParam rows[] = {
    VM_LAW_PARAMETER(ATHERMAL, "gamma_c0", "1", 0.0, 1.0,
                     "yield strain at zero temperature; 0.036 for metallic glasses"),
    VM_LAW_PARAMETER(SLOPE, "gamma_c1", "1", 0.0, 1.0, "its fall with temperature; 0.016 for metallic glasses"),
    {0}};
static const VmTable params_table = VM_LAW_TABLE("cooperative_strength", "shear strength against temperature", rows);
static const VmLawColumn values[] = {{"yield_strain", "1", "tau_y/G"}, {NULL, NULL, NULL}};

static PetscErrorCode Evaluate(const double *p, int64_t n, const double *x, double *value)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) value[i] = p[ATHERMAL] - p[SLOPE] * pow(x[i], 2.0 / 3.0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Guess(int64_t n, const double *x, const double *value, double *p)
{
  const double first = pow(x[0], 2.0 / 3.0), last = pow(x[n - 1], 2.0 / 3.0);
  p[SLOPE] = fmax((value[0] - value[n - 1]) / (last - first), 1e-6);
  p[ATHERMAL] = fmax(value[0] + p[SLOPE] * first, 1e-6);
}

const VmLawOps vm_law_cooperative_strength = {
    .head = {.name = "cooperative_strength",
             .doc = "tau_y/G = gamma_c0 - gamma_c1 (T/T_g)^(2/3)",
             .source = "Johnson & Samwer, Phys. Rev. Lett. 95 (2005) 195501; Wang & Wang, Natl. Sci. Rev. 6 (2019) 304",
             .params = &params_table},
    .argument = {"reduced_temperature", "1", "T/T_g"},
    .values = values,
    .evaluate = Evaluate,
    .guess = Guess};
