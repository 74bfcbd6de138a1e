#include "foil.h"
#include <math.h>

enum { PROBES = 7 };       /* along the edge of the sample */
enum { PARTS = 64 };       /* of the cell along an axis, at most */
#define PROBE_DISTANCE 1.0 /* nm: about the width of a probe */

static double SampleOffset(int i) { return PROBE_DISTANCE * (i - 0.5 * (PROBES - 1)); }

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
  optics->species = atoms->nspecies;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFoilCrowding(MPI_Comm comm, const VmAtoms *atoms, double *crowding)
{
  const double(*c)[3] = atoms->cell, area = fabs(c[0][0] * c[1][1] - c[0][1] * c[1][0]);
  const int64_t parts[2] = {PetscMin(PARTS, 1 + (int64_t)hypot(c[0][0], c[0][1])),
                            PetscMin(PARTS, 1 + (int64_t)hypot(c[1][0], c[1][1]))};
  int64_t local[PARTS * PARTS] = {0}, all[PARTS * PARTS], most = 0;

  PetscFunctionBegin;
  VmAssert(area > 0.0);
  for (int64_t i = 0; i < atoms->n; ++i) {
    const double x = atoms->x[i], y = atoms->y[i], sign = c[0][0] * c[1][1] > c[0][1] * c[1][0] ? 1.0 : -1.0;
    const double s[2] = {sign * (x * c[1][1] - y * c[1][0]) / area, sign * (y * c[0][0] - x * c[0][1]) / area};
    int64_t at[2];
    for (int d = 0; d < 2; ++d) at[d] = PetscMin(parts[d] - 1, (int64_t)((s[d] - floor(s[d])) * (double)parts[d]));
    ++local[at[0] * PARTS + at[1]];
  }
  PetscCallMPI(MPI_Allreduce(local, all, PARTS * PARTS, MPI_INT64_T, MPI_SUM, comm));
  for (int i = 0; i < PARTS * PARTS; ++i) most = PetscMax(most, all[i]);
  *crowding = (double)(most * parts[0] * parts[1]) / area;
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

/* Mean intensity of the scattered wave of probes on a square about the centre. */
static PetscErrorCode SampleProbes(const VmOptics *optics, const double centre[2], const VmSynthMethod *method,
                                   void *context, double *mean)
{
  const int64_t points = optics->grid[0] * optics->grid[1];
  double *intensity, sum = 0.0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)points, &intensity));
  for (int probe = 0; probe < PROBES * PROBES; ++probe) {
    const double r[2] = {centre[0] + SampleOffset(probe / PROBES), centre[1] + SampleOffset(probe % PROBES)};
    PetscCall(method->probe(context, r, 0.0, intensity));
    for (int64_t i = 0; i < points; ++i) sum += intensity[i];
  }
  *mean = sum / (PROBES * PROBES) - (optics->params->direct_beam ? 1.0 : 0.0);
  PetscCall(PetscFree(intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmFoilSampleBox(const VmOptics *optics, const double centre[2], VmTileBox *box)
{
  const double first = SampleOffset(0), last = SampleOffset(PROBES - 1);
  const double lo[2] = {centre[0] + first, centre[1] + first}, hi[2] = {centre[0] + last, centre[1] + last};
  VmOpticsBox(optics, lo, hi, box);
}

PetscErrorCode VmFoilScattered(MPI_Comm comm, const VmAtoms *atoms, const double centre[2], const VmSynthMethod *method,
                               void *context, VmOptics *optics)
{
  VmTileBox box;
  VmAtoms inside = {0};
  double scattered = 0.0;
  int rank;

  PetscFunctionBegin;
  optics->scattered = 0.0;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  VmFoilSampleBox(optics, centre, &box);
  PetscCall(VmFoilAtoms(comm, optics, atoms, rank == 0 ? &box : NULL, &inside));
  if (rank == 0) {
    PetscCall(method->tile(context, &inside, &box));
    PetscCall(SampleProbes(optics, centre, method, context, &scattered));
  }
  PetscCallMPI(MPI_Bcast(&scattered, 1, MPI_DOUBLE, 0, comm));
  optics->scattered = scattered;
  VmAtomsFree(&inside);
  PetscFunctionReturn(PETSC_SUCCESS);
}
