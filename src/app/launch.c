#include "launch.h"

#include <stdbool.h>
#include <stdlib.h>
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

/* Settings of Open MPI; those that are ours are taken back, unless they are looked at when a file is opened. */
static struct {
  const char *name, *value;
  bool stays, ours;
} alone[] = {{.name = "OMPI_MCA_ess_singleton_isolated", .value = "1"},
             {.name = "OMPI_MCA_pml", .value = "ob1"},
             {.name = "OMPI_MCA_btl", .value = "self"},
             /* all processes without launcher would share one directory, which the first to end removes */
             {.name = "OMPI_MCA_orte_create_session_dirs", .value = "0"},
             {.name = "OMPI_MCA_sharedfp", .value = "^sm", .stays = true}};

static bool HasLauncher(void)
{
  static const char *const marks[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMIX_NAMESPACE", "PMI_RANK"};
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; ++i)
    if (getenv(marks[i])) return true;
  return false;
}

void VmMpiAloneBegin(void)
{
  if (HasLauncher()) return;
  for (size_t i = 0; i < sizeof alone / sizeof alone[0]; ++i) {
    alone[i].ours = !getenv(alone[i].name);
    if (alone[i].ours) setenv(alone[i].name, alone[i].value, 0);
  }
}

void VmMpiAloneEnd(void)
{
  for (size_t i = 0; i < sizeof alone / sizeof alone[0]; ++i)
    if (alone[i].ours && !alone[i].stays) unsetenv(alone[i].name);
}
