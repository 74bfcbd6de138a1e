#include "pattern_ring.h"
#include <vitromech/stat.h>
#include <math.h>

PetscErrorCode VmFineRings(MPI_Comm comm, const VmDetector *d, VmPolar *rings)
{
  const double step = 0.5 * fmin(d->pitch[0], d->pitch[1]);
  int n;
  double *k;
  PetscFunctionBegin;
  PetscCall(VmRingsCreate(0.0, VmDetectorReach(d), step, &n, &k));
  PetscCall(VmPolarCreateShared(comm, d, n, k, step, 1, VM_POLAR_AREA, rings));
  PetscCall(PetscFree(k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPatternFirstRing(VmPolar rings, const double *pattern, double *first_ring)
{
  double *intensity;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)rings->rings, &intensity));
  VmPolarApplyDouble(rings, pattern, intensity);
  for (int r = 0; r < rings->rings; ++r)
    if (!rings->valid[r]) intensity[r] = NAN;
  *first_ring = VmFirstRing(rings->rings, rings->k, intensity, NAN);
  PetscCall(PetscFree(intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPatternEllipse(const VmDetector *detector, double k0, const double *pattern, double e[3],
                                double centre[2])
{
  VmRing ring = {.k0 = k0, .half_width = 0.2 * k0};
  PetscFunctionBegin;
  for (int c = 0; c < 3; ++c) e[c] = NAN;
  centre[0] = centre[1] = NAN;
  if (isnan(k0)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmRingFit(detector, pattern, true, &ring));
  if (!ring.found) PetscFunctionReturn(PETSC_SUCCESS);
  const double scale = 1.0 / sqrt((1.0 + ring.e[0]) * (1.0 + ring.e[1]) - ring.e[2] * ring.e[2]);
  e[0] = (1.0 + ring.e[0]) * scale - 1.0;
  e[1] = (1.0 + ring.e[1]) * scale - 1.0;
  e[2] = ring.e[2] * scale;
  PetscCall(PetscArraycpy(centre, ring.centre, 2));
  PetscFunctionReturn(PETSC_SUCCESS);
}
