#include "launch.h"

#include <stdbool.h>
#include <string.h>

static bool IsMpi(const char *entry)
{
  static const char *const prefixes[] = {"OMPI_", "PMIX_", "PMI_", "PRTE_", "MPI_"};
  /* what the user tells Open MPI is not of the job */
  static const char *const kept[] = {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_MCA_rmaps", "OMPI_MCA_btl"};
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; ++i)
    if (strncmp(entry, kept[i], strlen(kept[i])) == 0) return false;
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; ++i)
    if (strncmp(entry, prefixes[i], strlen(prefixes[i])) == 0) return true;
  return false;
}

void VmForgetMpi(char **environment)
{
  char **to = environment;
  for (char **from = environment; *from; ++from)
    if (!IsMpi(*from)) *to++ = *from;
  *to = NULL;
}
