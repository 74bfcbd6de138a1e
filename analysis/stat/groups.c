#include "groups.h"
#include <vitromech/rng.h>
#include <math.h>

void VmGroupTotal(size_t nsum, const double *groups, double *total)
{
  for (size_t s = 0; s < nsum; ++s) {
    total[s] = 0.0;
    for (size_t g = 0; g < VM_GROUPS; ++g) total[s] += groups[g * nsum + s];
  }
}

PetscErrorCode VmGroupErrors(size_t nsum, const double *groups, size_t nvalue, VmGroupFunction function,
                             const void *context, double *errors)
{
  const VmRngKey key = {0, VM_STREAM_BOOTSTRAP};
  size_t filled[VM_GROUPS], nfilled = 0;
  double *sums, *values, *mean, *square, *count;
  PetscFunctionBegin;
  for (size_t g = 0; g < VM_GROUPS; ++g)
    if (groups[g * nsum] > 0.0) filled[nfilled++] = g;
  PetscCall(PetscMalloc2(nsum, &sums, nvalue, &values));
  PetscCall(PetscCalloc3(nvalue, &mean, nvalue, &square, nvalue, &count));
  for (uint64_t r = 0; r < VM_GROUP_REPLICAS && nfilled > 1; ++r) {
    PetscCall(PetscArrayzero(sums, nsum));
    for (size_t i = 0; i < nfilled; ++i) {
      const size_t g = filled[(size_t)(VmRngUniform(key, r, (uint32_t)i) * (double)nfilled)];
      for (size_t s = 0; s < nsum; ++s) sums[s] += groups[g * nsum + s];
    }
    function(context, sums, values);
    for (size_t v = 0; v < nvalue; ++v) {
      if (!isfinite(values[v])) continue;
      count[v] += 1.0;
      const double difference = values[v] - mean[v];
      mean[v] += difference / count[v];
      square[v] += difference * (values[v] - mean[v]);
    }
  }
  for (size_t v = 0; v < nvalue; ++v)
    errors[v] = count[v] >= 0.5 * VM_GROUP_REPLICAS ? sqrt(square[v] / (count[v] - 1.0)) : NAN;
  PetscCall(PetscFree2(sums, values));
  PetscCall(PetscFree3(mean, square, count));
  PetscFunctionReturn(PETSC_SUCCESS);
}
