#include "spread.h"
#include <math.h>

static const VmParam rows[] = {{.key = "spread",
                                .type = VM_REAL,
                                .offset = offsetof(VmSpreadParams, spread),
                                .unit = "1",
                                .max = 20.0,
                                .doc = "standard deviation of the natural logarithm"},
                               VM_CORRELATION_LENGTH_ROW,
                               {0}};
static const VmTable params_table = {
    .name = "lognormal", .doc = "the logarithm is a Gaussian field", .size = sizeof(VmSpreadParams), .rows = rows};

static PetscErrorCode Draw(VmGrid grid, const void *params, const char *base, VmRngKey key, double *factor)
{
  const VmSpreadParams *p = params;
  PetscFunctionBegin;
  (void)base;
  PetscCall(VmGaussianField(grid, p->correlation_length, key, factor));
  for (int64_t i = 0; i < grid->np; ++i) factor[i] = exp(p->spread * factor[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmDistributionOps vm_distribution_lognormal = {
    .head = {.name = "lognormal",
             .doc =
                 "the parameter's value is the median: factors exp(spread g) with a Gaussian field g of unit variance",
             .source = "Wang & Wang, Natl. Sci. Rev. 6 (2019) 304: spectrum of relaxation times of flow units",
             .params = &params_table},
    .draw = Draw};
