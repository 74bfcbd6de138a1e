#include "kinds.h"

#include <string.h>

static void PrintKind(const VmPluginKind *kind)
{
  printf("%s (key \"%s\"): %s\n", kind->kind, kind->selector, kind->doc);
  for (const VmPluginHead *const *head = kind->table; *head; ++head)
    printf("  %-22s %s\n", (*head)->name, (*head)->doc);
}

static void PrintCubes(void)
{
  puts("cube: formats of 4D-STEM data, recognised by content");
  for (const VmCubeFormat *const *format = vm_cube_formats; *format; ++format) {
    printf("  %-22s %s (%s)\n", (*format)->name, (*format)->doc, (*format)->extensions);
  }
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  int rank;
  VmWords words = {0};
  const VmPluginKind *kinds[VM_MAX_KINDS + 1];
  const char *names[VM_MAX_KINDS + 2] = {"cube"};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_list, argc, argv, NULL, 0, 1, &words));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  VmKindsFind(&vm_case_table, kinds);
  const char *wanted = words.count ? words.words[0] : NULL;
  bool found = !wanted;
  for (int i = 0; kinds[i]; ++i) {
    names[i + 1] = kinds[i]->kind;
    if (wanted && strcmp(wanted, kinds[i]->kind) != 0) continue;
    found = true;
    if (rank == 0) PrintKind(kinds[i]);
  }
  if (!wanted || strcmp(wanted, "cube") == 0) {
    found = true;
    if (rank == 0) PrintCubes();
  }
  if (!found) {
    const char *closest = VmDidYouMean(wanted, names);
    PetscCall(VmRaise(comm, VM_ERR_INPUT, "no kind \"%s\"%s%s%s; vitromech list names them all", wanted,
                      closest ? "; did you mean " : "", closest ? closest : "", closest ? "?" : ""));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_list = {
    .name = "list",
    .usage = "list [KIND]",
    .summary = "the plug-ins of this version: materials, kinetics, statistics, cube formats ...",
    .help = "Lists all plug-ins, or those of one kind. Their parameters: vitromech help KIND.NAME.\n\n"
            "example:\n  vitromech list statistic",
    .run = Run,
};
