/* Autocorrelation sigma(r) of a map or field and its length, with standard errors by a block jackknife. */
#include "jackknife.h"

/* values: [nr] sigma, [1] correlation length; nr of the whole map. */
static PetscErrorCode Values(const void *context, const VmMap *map, double *values)
{
  const int nr = *(const int *)context;
  double *r;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)nr, &r));
  PetscCall(VmAutocorrelation(map, nr, r, values));
  values[nr] = VmCorrelationLength(nr, r, values);
  PetscCall(PetscFree(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmMap *map, VmStatResult result)
{
  const int nr = VmAutocorrelationShells(map);
  const int64_t n = nr;
  double *r, *sigma, *errors;
  PetscFunctionBegin;
  (void)params;
  PetscCall(PetscMalloc3((size_t)nr, &r, (size_t)nr, &sigma, (size_t)nr + 1, &errors));
  PetscCall(VmAutocorrelation(map, nr, r, sigma));
  PetscCall(VmJackknife(map, nr + 1, Values, &nr, errors));
  PetscCall(VmStatResultAdd(result, "r", VM_F64, 1, &n, r,
                            (VmMeta){map->length_unit, "mean distance of the pairs of a shell", "r"}, NULL));
  PetscCall(VmStatResultAdd(result, "sigma", VM_F64, 1, &n, sigma, (VmMeta){"1", "normalised autocorrelation", "r"},
                            "<(v(x) - m)(v(x+d) - m)>/<(v - m)^2> over all pairs in shells of one spacing"));
  PetscCall(VmStatResultAdd(result, "sigma_error", VM_F64, 1, &n, errors,
                            (VmMeta){"1", "standard error of sigma (jackknife over blocks of the map)", "r"}, NULL));
  PetscCall(
      VmStatResultEstimate(result, "correlation_length", VmCorrelationLength(nr, r, sigma), errors[nr],
                           map->length_unit, "distance at which sigma falls to 1/e",
                           "first crossing of 1/e, linear between shells: the xi of sigma = exp(-(r/xi)^(2 alpha)) "
                           "for any alpha; standard error by jackknife over blocks"));
  PetscCall(PetscFree3(r, sigma, errors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMapOps vm_map_autocorrelation = {
    .head = {"autocorrelation", "autocorrelation sigma(r) of a map or field, and its correlation length",
             "physics.md E7", NULL},
    .apply = Apply};
