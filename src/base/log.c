#include <vitromech/log.h>
#include "print.h"

#include <stdlib.h>

char *VmFormat(const char *format, va_list arguments)
{
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  char *text = length < 0 ? NULL : malloc((size_t)length + 1);
  if (text) vsnprintf(text, (size_t)length + 1, format, arguments);
  return text;
}

void VmPrintLine(FILE *out, const char *prefix, const char *format, va_list arguments)
{
  char *message = VmFormat(format, arguments);
  if (!message) return;
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
