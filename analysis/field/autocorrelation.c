/* Autocorrelation sigma(r) of a map or field and its length, with standard errors by a block jackknife. */
#include <vitromech/map.h>
#include <math.h>

static int BlocksAlong(const VmMap *map, int axis)
{
  const int blocks = map->dim == 2 ? 4 : 2;
  return (int)PetscMin(map->n[axis], (axis < 3 - map->dim) ? 1 : blocks);
}

/* Marks block b of the map. */
static void MarkBlock(const VmMap *map, int b, uint8_t *skip)
{
  const int nb[3] = {BlocksAlong(map, 0), BlocksAlong(map, 1), BlocksAlong(map, 2)};
  const int at[3] = {b / (nb[1] * nb[2]), b / nb[2] % nb[1], b % nb[2]};
  int64_t i = 0, x[3];
  for (x[0] = 0; x[0] < map->n[0]; ++x[0])
    for (x[1] = 0; x[1] < map->n[1]; ++x[1])
      for (x[2] = 0; x[2] < map->n[2]; ++x[2], ++i) {
        skip[i] = 1;
        for (int a = 0; a < 3; ++a) skip[i] = skip[i] && x[a] * nb[a] / map->n[a] == at[a];
      }
}

/* Standard errors [nr + 1] of sigma and of the correlation length, leaving out one block at a time. */
static PetscErrorCode Jackknife(const VmMap *map, int nr, double *errors)
{
  const int blocks = BlocksAlong(map, 0) * BlocksAlong(map, 1) * BlocksAlong(map, 2);
  double *r, *values, *mean, *square;
  uint8_t *skip;
  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)nr, &r, (size_t)nr + 1, &values, (size_t)VmMapSize(map), &skip));
  PetscCall(PetscCalloc2((size_t)nr + 1, &mean, (size_t)nr + 1, &square));
  for (int b = 0; b < blocks; ++b) {
    MarkBlock(map, b, skip);
    PetscCall(VmAutocorrelation(map, skip, nr, r, values));
    values[nr] = VmCorrelationLength(nr, r, values);
    for (int v = 0; v <= nr; ++v) {
      const double difference = values[v] - mean[v];
      mean[v] += difference / (b + 1);
      square[v] += difference * (values[v] - mean[v]);
    }
  }
  for (int v = 0; v <= nr; ++v) errors[v] = blocks > 1 ? sqrt(square[v] * (blocks - 1.0) / blocks) : NAN;
  PetscCall(PetscFree3(r, values, skip));
  PetscCall(PetscFree2(mean, square));
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
  PetscCall(VmAutocorrelation(map, NULL, nr, r, sigma));
  PetscCall(Jackknife(map, nr, errors));
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
