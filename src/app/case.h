/* L5. A case file: everything a user can write into one input, and the subcommands that read it. */
#ifndef VM_APP_CASE_H
#define VM_APP_CASE_H

#include <vitromech/vitromech.h>

typedef struct {
  int64_t               schema;
  char                 *name;
  int64_t               seed;
  double                temperature;
  VmOutputParams        output;
  VmSimParams          *sim;        /* NULL: no mesoscale run in this case */
  VmGlassParams        *glass;      /* NULL: no block */
  VmMicroscopeParams   *microscope;
  VmList                analysis;   /* of VmPlugin, vm_statistic_kind */
  VmCompareParams      *compare;
} VmCase;

extern const VmTable vm_case_table;

typedef struct {
  MPI_Comm     comm;
  char        *path, *base, *text; /* file, its directory (with trailing slash, or ""), verbatim text */
  VmCase       params;
  char        *used_yaml;          /* effective input */
} *VmCaseFile;

/**
 * Reads, overrides by --set assignments, checks; all problems shown at once (VM_ERR_INPUT). Collective.
 * \param[in] overrides  NULL-terminated "path=value", or NULL
 */
PetscErrorCode VmCaseRead(MPI_Comm comm, const char *path, const char *const *overrides, VmCaseFile *file);
PetscErrorCode VmCaseDestroy(VmCaseFile *file);

/* One subcommand: src/app/<name>.c, one line in commands.h. */
typedef struct {
  const char *name, *usage, *summary, *help; /* help: full text with an example */
  PetscErrorCode (*run)(MPI_Comm comm, int argc, char **argv);
} VmCommand;

#endif
