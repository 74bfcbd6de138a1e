#include "blocks.h"
#include "../atoms/cell.h"
#include "../stat/groups.h"
#include <math.h>

static void FractionalExtent(const VmAtoms *atoms, const double inverse[3][3], double low[3], double high[3])
{
  for (int d = 0; d < 3; ++d) low[d] = INFINITY, high[d] = -INFINITY;
  for (int64_t i = 0; i < atoms->n; ++i) {
    const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    double fraction[3];
    VmRowTimes(r, inverse, fraction);
    for (int d = 0; d < 3; ++d) {
      low[d] = fmin(low[d], fraction[d]);
      high[d] = fmax(high[d], fraction[d]);
    }
  }
  for (int d = 0; d < 3; ++d)
    if (atoms->periodic[d]) low[d] = 0.0, high[d] = 1.0;
}

PetscErrorCode VmAtomBlocks(const VmAtoms *atoms, int **block)
{
  static const int parts[3] = {4, 2, 2};
  double inverse[3][3], low[3], high[3];
  PetscFunctionBegin;
  VmCellInverse((const double(*)[3])atoms->cell, inverse);
  FractionalExtent(atoms, (const double(*)[3])inverse, low, high);
  PetscCall(PetscMalloc1((size_t)atoms->n, block));
  for (int64_t i = 0; i < atoms->n; ++i) {
    const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    double fraction[3];
    int index = 0;
    VmRowTimes(r, (const double(*)[3])inverse, fraction);
    for (int d = 0; d < 3; ++d) {
      const double place = (fraction[d] - low[d]) / fmax(high[d] - low[d], 1e-9);
      index = index * parts[d] + PetscMax(0, PetscMin((int)floor(place * parts[d]), parts[d] - 1));
    }
    (*block)[i] = index;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Mean(const void *context, const double *sums, double *values)
{
  (void)context;
  values[0] = sums[1] / sums[0];
}

PetscErrorCode VmAtomMean(const VmAtoms *atoms, const int *block, int species, const double *values, double *mean,
                          double *error)
{
  double groups[VM_GROUPS][2] = {{0.0}}, total[2];
  PetscFunctionBegin;
  for (int64_t i = 0; i < atoms->n; ++i) {
    if (isnan(values[i]) || (species >= 0 && atoms->species[i] != species)) continue;
    groups[block[i]][0] += 1.0;
    groups[block[i]][1] += values[i];
  }
  VmGroupTotal(2, &groups[0][0], total);
  Mean(NULL, total, mean);
  PetscCall(VmGroupErrors(2, &groups[0][0], 1, Mean, NULL, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAtomMeansAdd(const VmAtoms *atoms, const int *block, const double *values, VmStatResult result,
                              const char *name, const char *unit, const char *long_name, const char *definition)
{
  double mean, error;
  PetscFunctionBegin;
  PetscCall(VmAtomMean(atoms, block, -1, values, &mean, &error));
  PetscCall(VmStatResultEstimate(result, name, mean, error, unit, long_name, definition));
  for (int s = 0; s < atoms->nspecies && atoms->nspecies > 1; ++s) {
    char of_species[64];
    snprintf(of_species, sizeof of_species, "%s_%s", name, VmElementSymbol(atoms->number[s]));
    PetscCall(VmAtomMean(atoms, block, s, values, &mean, &error));
    PetscCall(VmStatResultEstimate(result, of_species, mean, error, unit, long_name, NULL));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
