#include "spheres.h"
#include <vitromech/disorder.h>
#include <math.h>

/* Marks every local voxel whose centre lies within the radius of the sphere and that no earlier sphere covers. */
static void Cover(VmGrid grid, const double centre[3], double radius, double order, double *first)
{
  const int64_t reach = (int64_t)ceil(radius / grid->spacing) + 1;
  int64_t at[3];
  for (int d = 0; d < 3; ++d) at[d] = (int64_t)floor(centre[d] / grid->spacing);
  const int64_t span[3] = {PetscMin(reach, (grid->n[0] - 1) / 2 + 1), PetscMin(reach, (grid->n[1] - 1) / 2 + 1),
                           PetscMin(reach, (grid->n[2] - 1) / 2 + 1)};
  for (int64_t dx = -span[0]; dx <= span[0]; ++dx) {
    const int64_t x = ((at[0] + dx) % grid->n[0] + grid->n[0]) % grid->n[0] - grid->x0;
    if (x < 0 || x >= grid->nx) continue;
    for (int64_t dy = -span[1]; dy <= span[1]; ++dy)
      for (int64_t dz = -span[2]; dz <= span[2]; ++dz) {
        const double r[3] = {(double)(at[0] + dx) + 0.5, (double)(at[1] + dy) + 0.5, (double)(at[2] + dz) + 0.5};
        double r2 = 0.0;
        for (int d = 0; d < 3; ++d) r2 += pow(r[d] * grid->spacing - centre[d], 2);
        if (r2 > radius * radius) continue;
        const int64_t y = ((at[1] + dy) % grid->n[1] + grid->n[1]) % grid->n[1];
        const int64_t z = ((at[2] + dz) % grid->n[2] + grid->n[2]) % grid->n[2];
        double *f = &first[x * grid->plane + y * grid->n[2] + z];
        if (order < *f) *f = order;
      }
  }
}

/* Spheres are laid one after the other; a voxel's value is the number of the first that covers it. The voxels covered
 * earliest are the flow units, whole spheres as far as the fraction allows. */
static PetscErrorCode Generate(VmGrid grid, const void *params, const char *base, double fraction,
                               double correlation_length, VmRngKey key, double *flow_unit)
{
  const double radius = fmax(correlation_length, 0.5 * grid->spacing);
  const double volume = 4.0 / 3.0 * VM_PI * radius * radius * radius;
  const int64_t wanted = llround(fraction * (double)grid->total);
  int64_t covered = 0, laid = 0;
  double *first;

  PetscFunctionBegin;
  (void)params, (void)base;
  PetscCall(PetscMalloc1((size_t)grid->np, &first));
  for (int64_t i = 0; i < grid->np; ++i) first[i] = HUGE_VAL;
  const int64_t batch = 1 + (int64_t)(0.1 * grid->length[0] * grid->length[1] * grid->length[2] / volume);
  while (covered < wanted) {
    for (int64_t i = 0; i < batch; ++i, ++laid) {
      double centre[3];
      VmSphereCentre(key, laid, grid->length, centre);
      Cover(grid, centre, radius, (double)laid, first);
    }
    int64_t local = 0;
    for (int64_t i = 0; i < grid->np; ++i) local += first[i] < HUGE_VAL;
    PetscCallMPI(MPI_Allreduce(&local, &covered, 1, MPI_INT64_T, MPI_SUM, grid->comm));
  }
  for (int64_t i = 0; i < grid->np; ++i) first[i] = -first[i];
  PetscCall(VmThresholdCount(grid, first, wanted, flow_unit));
  PetscCall(PetscFree(first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Critical covered fraction of overlapping spheres. */
static double Threshold(double correlation_length, double spacing)
{
  (void)correlation_length, (void)spacing;
  return 0.2895;
}

const VmDisorderOps vm_disorder_spheres = {
    .head = {.name = "spheres",
             .doc = "overlapping spheres at random centres, of radius xi (at least half a voxel)",
             .source = "threshold: Lorenz & Ziff, J. Chem. Phys. 114 (2001) 3659"},
    .generate = Generate,
    .threshold = Threshold};
