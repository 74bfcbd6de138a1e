/* The same system for PETSc's Krylov methods: a shell matrix and a shell preconditioner. */
#include "petsc_krylov.h"
#include <math.h>
#include <string.h>

static PetscInt LocalSize(VmGrid grid) { return (PetscInt)(3 * grid->np) + (grid->rank == 0 ? 6 : 0); }

PetscErrorCode VmPetscGetMean(VmGrid grid, const double *array, double mean[6])
{
  PetscFunctionBegin;
  if (grid->rank == 0) memcpy(mean, array + 3 * grid->np, 6 * sizeof(double));
  PetscCallMPI(MPI_Bcast(mean, 6, MPI_DOUBLE, 0, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmPetscSetMean(VmGrid grid, const double mean[6], double *array)
{
  if (grid->rank == 0) memcpy(array + 3 * grid->np, mean, 6 * sizeof(double));
}

static PetscErrorCode Multiply(Mat matrix, Vec in, Vec out)
{
  VmEquilibrium e;
  VmUnknown x, y;
  const double *from;
  double work;
  PetscFunctionBegin;
  PetscCall(MatShellGetContext(matrix, &e));
  PetscCall(VecGetArrayRead(in, &from));
  PetscCall(VecGetArrayWrite(out, &y.u));
  x.u = (double *)from;
  PetscCall(VmPetscGetMean(e->grid, from, x.mean));
  PetscCall(VmOperatorApply(e, &x, &y, &work));
  VmPetscSetMean(e->grid, y.mean, y.u);
  PetscCall(VecRestoreArrayWrite(out, &y.u));
  PetscCall(VecRestoreArrayRead(in, &from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Precondition(PC preconditioner, Vec in, Vec out)
{
  VmEquilibrium e;
  const double *from;
  double *to, mean[6], strain[6];
  PetscFunctionBegin;
  PetscCall(PCShellGetContext(preconditioner, &e));
  PetscCall(VecGetArrayRead(in, &from));
  PetscCall(VecGetArrayWrite(out, &to));
  PetscCall(VmReferenceApply(e, from, to));
  PetscCall(VmPetscGetMean(e->grid, from, mean));
  VmReferenceMean(e, mean, strain);
  VmPetscSetMean(e->grid, strain, to);
  PetscCall(VecRestoreArrayWrite(out, &to));
  PetscCall(VecRestoreArrayRead(in, &from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPetscOperator(VmEquilibrium e, Mat *matrix)
{
  const PetscInt local = LocalSize(e->grid);
  PetscFunctionBegin;
  PetscCall(MatCreateShell(e->grid->comm, local, local, PETSC_DETERMINE, PETSC_DETERMINE, e, matrix));
  PetscCall(MatShellSetOperation(*matrix, MATOP_MULT, (void (*)(void))Multiply));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPetscPreconditioner(VmEquilibrium e, KSP ksp)
{
  PC preconditioner;
  PetscFunctionBegin;
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  PetscCall(KSPGetPC(ksp, &preconditioner));
  PetscCall(PCSetType(preconditioner, PCSHELL));
  PetscCall(PCShellSetContext(preconditioner, e));
  PetscCall(PCShellSetApply(preconditioner, Precondition));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  double target, unit;
  VmEquilibrium e;
  VmEquilibriumResult *result;
} Stop;

static PetscErrorCode Converged(KSP ksp, PetscInt iteration, PetscReal norm, KSPConvergedReason *reason, void *context)
{
  Stop *stop = context;
  (void)ksp;
  PetscFunctionBegin;
  stop->result->iterations = (int)iteration;
  VmRecord(stop->e, (int)iteration, norm / stop->unit);
  if (!isfinite(norm)) *reason = KSP_DIVERGED_NANORINF;
  else *reason = norm <= stop->target ? KSP_CONVERGED_RTOL : KSP_CONVERGED_ITERATING;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Configure(VmEquilibrium e, Mat matrix, Stop *stop, KSP *ksp)
{
  PetscFunctionBegin;
  PetscCall(KSPCreate(e->grid->comm, ksp));
  PetscCall(KSPSetOperators(*ksp, matrix, matrix));
  PetscCall(VmPetscPreconditioner(e, *ksp));
  PetscCall(KSPSetOptionsPrefix(*ksp, "equilibrium_"));
  PetscCall(KSPSetFromOptions(*ksp));
  PetscCall(KSPSetTolerances(*ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, e->options.max_iterations));
  PetscCall(KSPSetConvergenceTest(*ksp, Converged, stop, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPetscKrylov(VmEquilibrium e, double target, double unit, VmEquilibriumResult *result)
{
  const VmGrid grid = e->grid;
  Stop stop = {target, unit, e, result};
  KSPConvergedReason reason;
  KSP ksp;
  Mat matrix;
  Vec force, displacement;
  double *array, mean[6];

  PetscFunctionBegin;
  PetscCall(VmPetscOperator(e, &matrix));
  PetscCall(MatCreateVecs(matrix, &displacement, &force));
  PetscCall(VecGetArrayWrite(force, &array));
  if (grid->np > 0) memcpy(array, e->residual.u, 3 * (size_t)grid->np * sizeof(double));
  VmPetscSetMean(grid, e->residual.mean, array);
  PetscCall(VecRestoreArrayWrite(force, &array));
  PetscCall(Configure(e, matrix, &stop, &ksp));
  PetscCall(KSPSolve(ksp, force, displacement));
  PetscCall(KSPGetConvergedReason(ksp, &reason));
  if (reason < 0) result->status = reason == KSP_DIVERGED_ITS ? VM_SOLVE_TOO_SLOW : VM_SOLVE_BROKE_DOWN;

  PetscCall(VecGetArray(displacement, &array));
  for (int64_t i = 0; i < 3 * grid->np; ++i) e->solution.u[i] += array[i];
  PetscCall(VmPetscGetMean(grid, array, mean));
  memcpy(e->solution.mean, mean, sizeof mean);
  PetscCall(VecRestoreArray(displacement, &array));
  PetscCall(KSPDestroy(&ksp));
  PetscCall(VecDestroy(&displacement));
  PetscCall(VecDestroy(&force));
  PetscCall(MatDestroy(&matrix));
  PetscFunctionReturn(PETSC_SUCCESS);
}
