/* L0. Error codes, assertions and the conventions every other header relies on.
 *
 * Internal units everywhere: nm, GPa, eV, K, s (1 GPa nm^3 = VM_GPA_NM3_IN_EV eV).
 * Every fallible function returns PetscErrorCode and is wrapped in PetscCall. A VM_ERR_* code is a user-facing
 * outcome whose message has already been shown: it travels up without a traceback and ends the program with
 * the documented exit code. VM_ERR_* codes are always returned on all ranks of the communicator alike. */
#ifndef VITROMECH_BASE_H
#define VITROMECH_BASE_H

#include <petscsys.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef PETSC_SUCCESS
#define PETSC_SUCCESS 0
#endif

#define VM_PI 3.14159265358979323846
#define VM_BOLTZMANN 8.617333262e-5  /* eV/K, CODATA 2018 */
#define VM_GPA_NM3_IN_EV 6.241509074 /* CODATA 2018 */

/* User-facing outcomes; VmExitCode maps them to the exit status of the program. */
enum {
  VM_ERR_INPUT = 1002,    /* exit 2: bad input */
  VM_ERR_DIVERGED = 1070, /* exit 70: the solver did not converge */
  VM_ERR_FILE = 1074,     /* exit 74: file system error */
  VM_ERR_STOPPED = 1085   /* exit 85: stopped with a checkpoint, run again to go on */
};

/** Exit status for an error code: 0, 2, 70, 74, 85, or 1 for anything else. Not collective. */
int VmExitCode(PetscErrorCode code);

/** Installs the error handler that lets VM_ERR_* pass silently and leaves PETSc's own traceback for the rest. */
PetscErrorCode VmErrorHandlerPush(void);

/** Prints "vitromech: error: ..." on rank 0 of comm and returns code. Collective: every rank must call it. */
PetscErrorCode VmRaise(MPI_Comm comm, PetscErrorCode code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Prints "vitromech: error: ..." on this rank and returns code; follow it with VmAgree. Not collective. */
PetscErrorCode VmRaiseLocal(PetscErrorCode code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Makes a rank-local outcome common: returns the largest code of all ranks (0 if all succeeded). Collective. */
PetscErrorCode VmAgree(MPI_Comm comm, PetscErrorCode local);

/* Returns from the calling function on all ranks with a message from rank 0. */
#define VmThrow(comm, code, ...) return VmRaise((comm), (code), __VA_ARGS__)

/* An invariant of the program itself (never of user input); stays on in release builds. */
#define VmAssert(condition)                                                                                            \
  PetscCheck((condition), PETSC_COMM_SELF, PETSC_ERR_PLIB, "invariant violated: %s", #condition)

#endif
