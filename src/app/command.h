/* L5. Subcommands and their command lines. */
#ifndef VM_APP_COMMAND_H
#define VM_APP_COMMAND_H

#include <vitromech/vitromech.h>

/* One subcommand: src/app/<name>.c exports vm_command_<name>, and commands.h has one line for it. */
typedef struct {
  const char *name, *usage, *summary,
      *help; /* usage: "run CASE [--set path=value ...]"; help: full text with an example */
  /* argv[0] is the name of the subcommand; --help and everything from "--" on never arrive here. Collective. */
  PetscErrorCode (*run)(MPI_Comm comm, int argc, char **argv);
} VmCommand;

#define VM_COMMAND(name) extern const VmCommand vm_command_##name;
#include "commands.h"
#undef VM_COMMAND

/** The subcommand of a name, or NULL. Not collective. */
const VmCommand *VmCommandFind(const char *name);

/** Prints usage and help of a subcommand to stdout. Not collective. */
void VmCommandHelp(const VmCommand *command);

#define VM_MAX_WORDS 256

typedef struct {
  int count;
  const char *words[VM_MAX_WORDS + 1]; /* ends with NULL */
} VmWords;

/* An option takes a value exactly when `value` or `values` is set. */
typedef struct {
  const char *name;   /* "--set"; a NULL name ends the table */
  bool *flag;         /* set to true when given */
  const char **value; /* value of the last occurrence */
  VmWords *values;    /* values of all occurrences */
} VmOption;

/**
 * Sorts out "--name value", "--name=value" and positional words. Unknown option (with "did you mean"), missing value,
 * or not between min and max positional words: VM_ERR_INPUT with the usage. Collective.
 */
PetscErrorCode VmArguments(MPI_Comm comm, const VmCommand *command, int argc, char **argv, const VmOption *options,
                           int min, int max, VmWords *positional);

/** Value of --max-walltime in s, 0 if it is not given (NULL). Collective. */
PetscErrorCode VmWalltime(MPI_Comm comm, const char *text, double *seconds);

#endif
