#include "memory.h"
#include <stdio.h>
#include <unistd.h>

int64_t VmMemoryResident(void)
{
  long long pages[2] = {0, 0};
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  if (fscanf(file, "%lld %lld", &pages[0], &pages[1]) != 2) pages[1] = 0;
  fclose(file);
  return (int64_t)pages[1] * (int64_t)sysconf(_SC_PAGESIZE);
}

PetscErrorCode VmMemoryCheck(MPI_Comm comm, int64_t limit, int64_t more, const char *what)
{
  const int64_t here = VmMemoryResident() + more;
  int64_t most;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(&here, &most, 1, MPI_INT64_T, MPI_MAX, comm));
  if (limit > 0 && most > limit)
    VmThrow(
        comm, VM_ERR_INPUT,
        "a rank may have %.4g MB of memory, and needs %.4g MB for %s: allow more, take more ranks, or ask for fewer "
        "statistics at a time",
        1e-6 * (double)limit, 1e-6 * (double)most, what);
  PetscFunctionReturn(PETSC_SUCCESS);
}
