#include "case.h"

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  int rank;
  VmWords words = {0};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_schema, argc, argv, NULL, 0, 0, &words));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) PetscCall(VmParamsSchema(&vm_case_table, stdout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_schema = {
    .name = "schema",
    .usage = "schema",
    .summary = "JSON Schema of the input, for editors",
    .help = "Prints the JSON Schema (draft 2020-12) of a case.\n\nexample:\n  vitromech schema > case.schema.json",
    .run = Run,
};
