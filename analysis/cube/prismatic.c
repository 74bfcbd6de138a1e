/* Reader of the 4D output of Prismatic: the first thickness. It labels its axes "n_m", but writes angstroms: a cell of
 * 5.43 angstrom gives pixels of 1/5.43 = 0.184. */
#include "h5cube.h"
#include <math.h>
#include <stdio.h>

#define SIMULATION "/4DSTEM_simulation"
#define CUBE SIMULATION "/data/datacubes/CBED_array_depth0000"
#define PARAMETERS SIMULATION "/metadata/metadata_0/original/simulation_parameters"

static const double angstrom = 0.1; /* nm */

static int Probe(const uint8_t *head, size_t n, const char *path)
{
  if (!VmH5CubeIsHdf5(head, n)) return 0;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) return 0;
  const bool is = H5Lexists(file, SIMULATION, H5P_DEFAULT) > 0;
  H5Fclose(file);
  return is ? 10 : 0;
}

/* First point and spacing of an axis of n points; spacing 0 if it does not say. Collective. */
static PetscErrorCode Axis(VmH5 file, int axis, int64_t n, double *first, double *spacing)
{
  char path[128];
  int64_t dims[8];
  int rank;
  bool exists;

  PetscFunctionBegin;
  *first = *spacing = 0.0;
  snprintf(path, sizeof path, CUBE "/dim%d", axis);
  PetscCall(VmH5Exists(file, path, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(file, path, &rank, dims));
  if (rank == 1 && dims[0] == n && n >= 2) {
    double values[2];
    PetscCall(VmH5ReadRows(file, path, VM_F64, 0, 2, values));
    *first = values[0];
    *spacing = values[1] - values[0];
    if (!(isfinite(*spacing) && *spacing > 0.0 && isfinite(*first))) *first = *spacing = 0.0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Layout(MPI_Comm comm, const char *path, VmH5Cube *cube, VmCubeInfo *info)
{
  bool exists;
  double first, spacing;

  PetscFunctionBegin;
  PetscCall(VmH5Exists(cube->file, CUBE "/datacube", &exists));
  if (!exists) VmThrow(comm, VM_ERR_INPUT, "%s holds no %s/datacube: it was written without the 4D output", path, CUBE);
  PetscCall(VmH5CubeData(comm, path, CUBE "/datacube", cube, info));
  if (cube->rank != 4) VmThrow(comm, VM_ERR_INPUT, "the data of %s have %d axes, not 4", path, cube->rank);
  for (int d = 0; d < 2; ++d) {
    PetscCall(Axis(cube->file, 1 + d, info->scan[d], &first, &spacing));
    info->scan_pitch[d] = angstrom * spacing;
    PetscCall(Axis(cube->file, 3 + d, info->det[d], &first, &spacing));
    info->det_pitch[d] = spacing / angstrom;
    if (spacing > 0.0 && -first / spacing >= 0.0 && -first / spacing < (double)info->det[d])
      info->centre[d] = -first / spacing;
  }
  const hid_t parameters = H5Gopen2(VmH5Id(cube->file), PARAMETERS, H5P_DEFAULT);
  if (parameters >= 0) {
    const double energy = VmH5CubeNumber(parameters, "E", 0.0);
    info->energy = energy > 0.0 && isfinite(energy) ? energy : 0.0;
    VmCallH5(H5Gclose(parameters));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(VmH5CubeOpen(comm, path, hints, Layout, handle, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_prismatic = {
    .name = "prismatic",
    .extensions = "h5 emd",
    .doc = "4D output of Prismatic, first thickness, with axes and energy",
    .probe = Probe,
    .open = Open,
    .read = VmH5CubeRead,
    .close = VmH5CubeClose,
};
