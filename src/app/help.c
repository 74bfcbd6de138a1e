#include "kinds.h"
#include "sweep.h"

#include <string.h>

static void PrintPlugin(const VmPluginKind *kind, const VmPluginHead *head)
{
  printf("%s.%s: %s\n", kind->kind, head->name, head->doc);
  if (head->source) printf("source: %s\n", head->source);
  printf("chosen by %s: %s\n\n", kind->selector, head->name);
}

static PetscErrorCode HelpPlugin(const char *topic, bool print, bool *found)
{
  const VmPluginKind *kinds[VM_MAX_KINDS + 1];
  const size_t length = strcspn(topic, ".");
  PetscFunctionBegin;
  VmKindsFind(&vm_case_table, kinds);
  for (int i = 0; kinds[i]; ++i) {
    if (strncmp(kinds[i]->kind, topic, length) != 0 || kinds[i]->kind[length] || topic[length] != '.') continue;
    const VmPluginHead *head = VmPluginFind(kinds[i], topic + length + 1);
    if (!head) continue;
    *found = true;
    if (!print) continue;
    PrintPlugin(kinds[i], head);
    if (head->params) PetscCall(VmParamsHelp(head->params, stdout));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HelpBlock(const char *topic, bool print, bool *found)
{
  PetscFunctionBegin;
  if (strcmp(topic, "sweep.plan") == 0) {
    *found = true;
    if (print) PetscCall(VmParamsHelp(&vm_sweep_table, stdout));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  const char *path = strcmp(topic, "case") == 0 ? "" : strncmp(topic, "case.", 5) == 0 ? topic + 5 : topic;
  const VmTable *table = VmTableFind(&vm_case_table, path);
  if (!table) PetscFunctionReturn(PETSC_SUCCESS);
  *found = true;
  if (print) PetscCall(VmParamsHelp(table, stdout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void HelpCube(const char *topic, bool print, bool *found)
{
  for (const VmCubeFormat *const *format = vm_cube_formats; *format; ++format) {
    if (strncmp(topic, "cube.", 5) != 0 || strcmp(topic + 5, (*format)->name) != 0) continue;
    *found = true;
    if (print) printf("cube.%s: %s\nextensions: %s\n", (*format)->name, (*format)->doc, (*format)->extensions);
  }
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  int rank;
  VmWords words = {0};
  bool found = false;
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_help, argc, argv, NULL, 1, 1, &words));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  const char *topic = words.words[0];
  const VmCommand *command = VmCommandFind(topic);
  if (command) {
    if (rank == 0) VmCommandHelp(command);
    if (rank == 0 && command == &vm_command_sweep) puts("\nthe keys of a plan: vitromech help sweep.plan");
    if (rank == 0 && VmTableFind(&vm_case_table, topic))
      printf("\nthe block of a case: vitromech help case.%s\n", topic);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(HelpPlugin(topic, rank == 0, &found));
  if (!found) PetscCall(HelpBlock(topic, rank == 0, &found));
  if (!found) HelpCube(topic, rank == 0, &found);
  if (!found) {
    PetscCall(VmRaise(
        comm, VM_ERR_INPUT,
        "no help on \"%s\": a command, \"case\", a block of a case such as \"grid\" or \"case.glass\", or KIND.NAME as "
        "vitromech list shows them",
        topic));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_help = {
    .name = "help",
    .usage = "help COMMAND | case | BLOCK | KIND.NAME",
    .summary = "explains a command, the input, one of its blocks, or a plug-in",
    .help = "Parameters are shown with type, unit, default, range, meaning and source.\n\n"
            "examples:\n  vitromech help case\n  vitromech help case.glass\n  vitromech help statistic.clusters\n  "
            "vitromech help sweep.plan",
    .run = Run,
};
