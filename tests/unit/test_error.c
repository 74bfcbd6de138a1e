/* ranks: 1 3; timeout: 30; links: vm_base */
#include "capture.h"

static PetscErrorCode Innermost(void) { return VmRaise(PETSC_COMM_WORLD, VM_ERR_FILE, "the disk %s is full", "D"); }

static PetscErrorCode Outer(PetscErrorCode (*inner)(void))
{
  PetscFunctionBegin;
  PetscCall(inner());
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OwnFault(void)
{
  PetscFunctionBegin;
  VmAssert(1 + 1 == 3);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TestExitCodes(void)
{
  VmExpectInt(VmExitCode(PETSC_SUCCESS), 0);
  VmExpectInt(VmExitCode(VM_ERR_INPUT), 2);
  VmExpectInt(VmExitCode(VM_ERR_DIVERGED), 70);
  VmExpectInt(VmExitCode(VM_ERR_FILE), 74);
  VmExpectInt(VmExitCode(VM_ERR_STOPPED), 85);
  VmExpectInt(VmExitCode(PETSC_ERR_MEM), 1);
  VmExpectInt(VmExitCode(1003), 1);
}

/* A message for the user is one line of rank 0; a fault of the program keeps its traceback. */
static void TestHandler(int rank)
{
  char text[4096];
  Capture capture;
  CaptureBegin(&capture);
  PetscErrorCode code = Outer(Innermost);
  CaptureEnd(&capture, text, sizeof text);
  VmExpectInt(code, VM_ERR_FILE);
  VmExpect(!strcmp(text, rank ? "" : "vitromech: error: the disk D is full\n"), "it printed \"%s\"", text);

  CaptureBegin(&capture);
  code = Outer(OwnFault);
  CaptureEnd(&capture, text, sizeof text);
  VmExpectInt(code, PETSC_ERR_PLIB);
  VmExpect(strstr(text, "PETSC ERROR") && strstr(text, "invariant violated: 1 + 1 == 3") && strstr(text, "Outer"),
           "it printed \"%s\"", text);
}

static void TestAgree(int rank, int size)
{
  char text[256];
  Capture capture;
  VmExpectInt(VmAgree(PETSC_COMM_WORLD, PETSC_SUCCESS), 0);
  VmExpectInt(VmAgree(PETSC_COMM_WORLD, rank == size - 1 ? VM_ERR_FILE : PETSC_SUCCESS), VM_ERR_FILE);
  CaptureBegin(&capture);
  PetscErrorCode code = PETSC_SUCCESS;
  if (rank == size - 1) code = VmRaiseLocal(VM_ERR_INPUT, "rank %d only", rank);
  CaptureEnd(&capture, text, sizeof text);
  VmExpectInt(CountLines(text), rank == size - 1);
  VmExpectInt(VmAgree(PETSC_COMM_WORLD, code), VM_ERR_INPUT);
}

static PetscErrorCode Run(void)
{
  int rank, size;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  TestExitCodes();
  TestHandler(rank);
  TestAgree(rank, size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
