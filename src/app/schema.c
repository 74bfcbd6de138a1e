#include "sweep.h"

#include <string.h>

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  int rank;
  VmWords words = {0};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_schema, argc, argv, NULL, 0, 1, &words));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  const char *what = words.count ? words.words[0] : "case";
  if (strcmp(what, "case") != 0 && strcmp(what, "sweep") != 0)
    VmThrow(comm, VM_ERR_INPUT, "\"%s\": case or sweep\n  usage: vitromech %s", what, vm_command_schema.usage);
  if (rank == 0) PetscCall(VmParamsSchema(strcmp(what, "case") == 0 ? &vm_case_table : &vm_sweep_table, stdout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_schema = {
    .name = "schema",
    .usage = "schema [case|sweep]",
    .summary = "JSON Schema of the input, for editors",
    .help = "Prints the JSON Schema (draft 2020-12) of a case, or of the plan of a sweep.\n\nexample:\n  vitromech "
            "schema > case.schema.json",
    .run = Run,
};
