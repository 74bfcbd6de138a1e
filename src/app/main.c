#include "command.h"
#include "launch.h"

#include <stdlib.h>
#include <string.h>

static const VmCommand *const commands[] = {
#define VM_COMMAND(name) &vm_command_##name,
#include "commands.h"
#undef VM_COMMAND
};
enum { NCOMMANDS = sizeof commands / sizeof commands[0] };

const VmCommand *VmCommandFind(const char *name)
{
  for (int i = 0; i < NCOMMANDS; ++i) {
    if (strcmp(commands[i]->name, name) == 0) return commands[i];
  }
  return NULL;
}

void VmCommandHelp(const VmCommand *command) { printf("usage: vitromech %s\n\n%s\n", command->usage, command->help); }

static void PrintHelp(void)
{
  puts("vitromech: mesoscale deformation of metallic glasses and synthetic 4D-STEM\n\n"
       "usage: [mpirun -n N] vitromech COMMAND [WORDS] [-- PETSC OPTIONS]\n");
  for (int i = 0; i < NCOMMANDS; ++i) printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
  puts("\nvitromech COMMAND --help shows a command with an example; vitromech help case explains the input.\n"
       "exit status: 0 done, 2 bad input, 70 the solver did not converge, 74 file system error,\n"
       "             85 stopped with a checkpoint (run again to go on), 1 anything else");
}

static PetscErrorCode UnknownCommand(MPI_Comm comm, const char *name)
{
  const char *names[NCOMMANDS + 1];
  for (int i = 0; i < NCOMMANDS; ++i) names[i] = commands[i]->name;
  names[NCOMMANDS] = NULL;
  const char *closest = VmDidYouMean(name, names);
  if (closest) VmThrow(comm, VM_ERR_INPUT, "unknown command \"%s\"; did you mean %s?", name, closest);
  VmThrow(comm, VM_ERR_INPUT, "unknown command \"%s\"; vitromech --help lists the commands", name);
}

static bool AsksForHelp(int argc, char **argv)
{
  for (int i = 0; i < argc; ++i) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
  }
  return false;
}

/* argv: the words after the program's name, without the options for PETSc. */
static PetscErrorCode Dispatch(MPI_Comm comm, int argc, char **argv)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (argc == 0 || strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
    if (rank == 0) PrintHelp();
    PetscFunctionReturn(argc == 0 ? VM_ERR_INPUT : PETSC_SUCCESS);
  }
  if (strcmp(argv[0], "--version") == 0) {
    if (rank == 0) puts(VmVersion());
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  const VmCommand *command = VmCommandFind(argv[0]);
  if (!command) PetscCall(UnknownCommand(comm, argv[0]));
  if (AsksForHelp(argc, argv)) {
    if (rank == 0) VmCommandHelp(command);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(command->run(comm, argc, argv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* PETSc sees nothing but what stands after "--": a stray option in ~/.petscrc or the environment changes no result. */
int main(int argc, char **argv)
{
  int words = 1;
  while (words < argc && strcmp(argv[words], "--") != 0) ++words;
  const bool separated = words < argc;
  int petsc_argc = separated ? argc - words : 1;
  char **petsc_argv = separated ? argv + words : argv;
  petsc_argv[0] = argv[0];
  unsetenv("PETSC_OPTIONS");
  if (PetscOptionsSetValue(NULL, "-skip_petscrc", NULL)) return 1;
  if (PetscOptionsSetValue(NULL, "-no_signal_handler", NULL)) return 1;
  VmMpiAloneBegin();
  if (PetscInitialize(&petsc_argc, &petsc_argv, NULL, NULL)) return 1;
  VmMpiAloneEnd();
  if (VmErrorHandlerPush()) MPI_Abort(PETSC_COMM_WORLD, 1);
  const PetscErrorCode code = Dispatch(PETSC_COMM_WORLD, words - 1, argv + 1);
  const int exit_status = VmExitCode(code);
  if (exit_status == 1) MPI_Abort(PETSC_COMM_WORLD, 1);
  return PetscFinalize() ? 1 : exit_status;
}
