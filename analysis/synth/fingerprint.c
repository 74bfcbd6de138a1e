#include "fingerprint.h"
#include <inttypes.h>
#include <string.h>

/* Finaliser of SplitMix64: every bit of the result depends on every bit of x. */
static uint64_t Mix(uint64_t x)
{
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27) * 0x94d049bb133111ebU;
  return x ^ x >> 31;
}

static uint64_t Add(uint64_t hash, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return Mix(hash + 0x9e3779b97f4a7c15U + bits);
}

PetscErrorCode VmFingerprint(MPI_Comm comm, const VmMicroscopeParams *params, const VmAtoms *atoms, const char *more,
                             uint64_t seed, char text[VM_FINGERPRINT])
{
  uint64_t local = 0, sum; /* of all atoms, in whatever order */
  char *yaml, *whole;

  PetscFunctionBegin;
  for (int64_t i = 0; atoms && i < atoms->n; ++i) {
    uint64_t hash = Mix((uint64_t)atoms->id[i]) + (uint64_t)atoms->number[atoms->species[i]];
    hash = Add(Add(Add(hash, atoms->x[i]), atoms->y[i]), atoms->z[i]);
    local += hash;
  }
  PetscCallMPI(MPI_Allreduce(&local, &sum, 1, MPI_UINT64_T, MPI_SUM, comm));
  for (int d = 0; atoms && d < 3; ++d) {
    for (int axis = 0; axis < 3; ++axis) sum = Add(sum, atoms->cell[d][axis]);
    sum = Add(sum, atoms->periodic[d]);
  }
  PetscCall(VmParamsWriteYaml(&vm_microscope_table, params, &yaml));
  const size_t size = strlen(yaml) + strlen(more) + 256;
  PetscCall(PetscMalloc1(size, &whole));
  snprintf(whole, size, "%s\n%" PRIu64 " %" PRIu64 "\n%s\n%s", VmVersion(), seed, sum, more, yaml);
  VmAssert(VmSha256Text(whole, strlen(whole), text));
  PetscCall(PetscFree(whole));
  PetscCall(PetscFree(yaml));
  PetscFunctionReturn(PETSC_SUCCESS);
}
