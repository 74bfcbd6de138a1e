#include <vitromech/log.h>
#include "print.h"

#include <stdlib.h>

void VmPrintLine(FILE *out, const char *prefix, const char *format, va_list arguments)
{
  char *message = NULL;
  if (vasprintf(&message, format, arguments) < 0) return;
  fprintf(out, "%s%s\n", prefix, message);
  fflush(out);
  free(message);
}

PetscErrorCode VmLog(MPI_Comm comm, const char *format, ...)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    va_list arguments;
    va_start(arguments, format);
    VmPrintLine(stdout, "", format, arguments);
    va_end(arguments);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmWarn(MPI_Comm comm, const char *format, ...)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    va_list arguments;
    va_start(arguments, format);
    VmPrintLine(stderr, "vitromech: warning: ", format, arguments);
    va_end(arguments);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
