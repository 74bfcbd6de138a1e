#include "foil.h"
#include "potential.h"
#include <math.h>

#define SAMPLE_EDGE 16.0 /* nm */

PetscErrorCode VmFoilExtent(MPI_Comm comm, const VmAtoms *atoms, VmOptics *optics)
{
  double local[2] = {-INFINITY, -INFINITY}, all[2]; /* maxima of z and -z */

  PetscFunctionBegin;
  for (int64_t a = 0; a < atoms->n; ++a) {
    local[0] = fmax(local[0], atoms->z[a]);
    local[1] = fmax(local[1], -atoms->z[a]);
  }
  PetscCallMPI(MPI_Allreduce(local, all, 2, MPI_DOUBLE, MPI_MAX, comm));
  if (!isfinite(all[0]) || !isfinite(all[1])) VmThrow(comm, VM_ERR_INPUT, "there are no atoms to look at");
  optics->middle = 0.5 * (all[0] - all[1]);
  optics->thickness = all[0] + all[1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFoilAtoms(MPI_Comm comm, const VmOptics *optics, const VmAtoms *atoms, const VmTileBox *box,
                           VmAtoms *inside)
{
  double lo[3] = {1.0, 1.0, 1.0}, hi[3] = {0.0, 0.0, 0.0};
  const bool images[3] = {true, true, false};

  PetscFunctionBegin;
  if (box) {
    for (int d = 0; d < 2; ++d) {
      lo[d] = box->origin[d];
      hi[d] = box->origin[d] + (double)box->grid[d] * optics->spacing[d];
    }
    lo[2] = optics->middle - optics->thickness - 1.0;
    hi[2] = optics->middle + optics->thickness + 1.0;
  }
  PetscCall(VmAtomsExtract(comm, atoms, lo, hi, images, inside));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFoilScattered(MPI_Comm comm, const VmAtoms *atoms, const double centre[2], const double extent[2],
                               VmOptics *optics)
{
  VmTileBox box;
  VmAtoms inside = {0};
  VmPotential potential = {0};
  double lo[2], hi[2], scattered = 0.0;
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int d = 0; d < 2; ++d) {
    const double half = 0.5 * fmin(extent[d], fmax(0.0, SAMPLE_EDGE - optics->period));
    lo[d] = centre[d] - half;
    hi[d] = centre[d] + half;
  }
  VmOpticsBox(optics, lo, hi, &box);
  PetscCall(VmFoilAtoms(comm, optics, atoms, rank == 0 ? &box : NULL, &inside));
  if (rank == 0) {
    PetscCall(VmPotentialCreate(optics, &inside, &box, 1, &potential));
    scattered = optics->interaction * optics->interaction * VmPotentialVariance(&potential);
    VmPotentialDestroy(&potential);
  }
  PetscCallMPI(MPI_Bcast(&scattered, 1, MPI_DOUBLE, 0, comm));
  optics->scattered = scattered;
  VmAtomsFree(&inside);
  PetscFunctionReturn(PETSC_SUCCESS);
}
