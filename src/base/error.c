#include <vitromech/base.h>
#include "print.h"

static bool IsUserOutcome(PetscErrorCode code)
{
  return code == VM_ERR_INPUT || code == VM_ERR_DIVERGED || code == VM_ERR_FILE || code == VM_ERR_STOPPED;
}

int VmExitCode(PetscErrorCode code)
{
  if (code == PETSC_SUCCESS) return 0;
  return IsUserOutcome(code) ? code - 1000 : 1;
}

/* PETSc calls it once where the error is raised and once in every caller on the way up. */
static PetscErrorCode HandleError(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                                  PetscErrorType type, const char *message, void *context)
{
  if (IsUserOutcome(code)) return code;
  return PetscTraceBackErrorHandler(comm, line, function, file, code, type, message, context);
}

PetscErrorCode VmErrorHandlerPush(void)
{
  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(HandleError, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmRaise(MPI_Comm comm, PetscErrorCode code, const char *format, ...)
{
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  if (rank == 0) {
    va_list arguments;
    va_start(arguments, format);
    VmPrintLine(stderr, "vitromech: error: ", format, arguments);
    va_end(arguments);
  }
  return code;
}

PetscErrorCode VmRaiseLocal(PetscErrorCode code, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  VmPrintLine(stderr, "vitromech: error: ", format, arguments);
  va_end(arguments);
  return code;
}

PetscErrorCode VmAgree(MPI_Comm comm, PetscErrorCode local)
{
  int mine = (int)local, all = 0;
  if (MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, comm) != MPI_SUCCESS) return PETSC_ERR_MPI;
  return (PetscErrorCode)all;
}
