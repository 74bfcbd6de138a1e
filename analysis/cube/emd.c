/* Reader of EMD 1.0 (emdfile, py4DSTEM, this program): the first group of type "array" with a four-dimensional `data`.
 */
#include "h5cube.h"
#include "writer.h"
#include <vitromech/schema.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PATH = 1024 };

static bool HasText(hid_t object, const char *name, const char *wanted)
{
  char text[64];
  VmH5CubeText(object, name, sizeof text, text);
  return strcmp(text, wanted) == 0;
}

/* > 0: an EMD 1.0 file, or an HDF5 file so damaged that only opening it can say what is wrong. */
static int Probe(const uint8_t *head, size_t n, const char *path)
{
  if (!VmH5CubeIsHdf5(head, n)) return 0;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) return 1;
  const int sure = HasText(file, "emd_group_type", "file") ? 10 : 0;
  H5Fclose(file);
  return sure;
}

/* Stops at the first four-dimensional array. */
static herr_t FindCube(hid_t root, const char *name, const H5O_info_t *info, void *found)
{
  char path[PATH];
  herr_t stop = 0;

  if (info->type != H5O_TYPE_GROUP || snprintf(path, sizeof path, "%s/data", name) >= (int)sizeof path) return 0;
  const hid_t group = H5Oopen(root, name, H5P_DEFAULT);
  if (group < 0) return 0;
  if (HasText(group, "emd_group_type", "array") && H5Lexists(group, "data", H5P_DEFAULT) > 0) {
    const hid_t data = H5Dopen2(group, "data", H5P_DEFAULT), space = data >= 0 ? H5Dget_space(data) : -1;
    if (space >= 0 && H5Sget_simple_extent_ndims(space) == 4) {
      PetscStrncpy(found, name, PATH);
      stop = 1;
    }
    if (space >= 0) H5Sclose(space);
    if (data >= 0) H5Dclose(data);
  }
  H5Oclose(group);
  return stop;
}

/* The spacing of an axis, 0 if it is not given. Collective. */
static PetscErrorCode AxisPitch(VmH5 file, const char *cube, int axis, double *pitch)
{
  char path[PATH + 16], *unit = NULL;
  int64_t dims[8];
  int rank;
  bool exists;

  PetscFunctionBegin;
  *pitch = 0.0;
  snprintf(path, sizeof path, "%s/dim%d", cube, axis);
  PetscCall(VmH5Exists(file, path, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(file, path, &rank, dims));
  PetscCall(VmH5AttrReadText(file, path, "units", &unit));
  if (rank == 1 && dims[0] >= 2) {
    double value[2];
    const PetscErrorCode code = VmH5ReadRows(file, path, VM_F64, 0, 2, value);
    if (code) PetscCall(PetscFree(unit));
    PetscCall(code);
    *pitch = (value[1] - value[0]) * VmH5CubeUnit(unit, axis >= 2);
  }
  PetscCall(PetscFree(unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A scalar number of the calibration, unchanged if it is not there. Collective. */
static PetscErrorCode CalibrationNumber(VmH5 file, const char *calibration, const char *name, double *value)
{
  char path[PATH + 64];
  int64_t dims[8];
  int rank;
  bool exists;

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/%s", calibration, name);
  PetscCall(VmH5Exists(file, path, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(file, path, &rank, dims));
  if (rank == 0) PetscCall(VmH5Read(file, path, VM_F64, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The calibration overrules the axes, as in py4DSTEM. Collective. */
static PetscErrorCode CalibrationPitch(VmH5 file, const char *calibration, const char *which, double pitch[2])
{
  char path[PATH + 64], name[32], *unit = NULL;
  double value = NAN;
  bool exists;

  PetscFunctionBegin;
  snprintf(name, sizeof name, "%s_pixel_size", which);
  PetscCall(CalibrationNumber(file, calibration, name, &value));
  snprintf(path, sizeof path, "%s/%s_pixel_units", calibration, which);
  PetscCall(VmH5Exists(file, path, &exists));
  if (exists) PetscCall(VmH5ReadText(file, path, &unit));
  const double nm = VmH5CubeUnit(unit, which[0] == 'Q');
  if (value > 0.0 && nm > 0.0 && fabs(pitch[0] - pitch[1]) <= 1e-9 * fabs(pitch[0])) pitch[0] = pitch[1] = value * nm;
  PetscCall(PetscFree(unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. */
static PetscErrorCode ReadCalibration(VmH5 file, const char *cube, VmCubeInfo *info)
{
  char calibration[PATH + 64];
  const char *slash = strchr(cube + 1, '/');
  int count;

  PetscFunctionBegin;
  for (int d = 0; d < 2; ++d) {
    PetscCall(AxisPitch(file, cube, d, &info->scan_pitch[d]));
    PetscCall(AxisPitch(file, cube, 2 + d, &info->det_pitch[d]));
  }
  snprintf(calibration, sizeof calibration, "%.*s/metadatabundle/calibration",
           (int)(slash ? slash - cube : (ptrdiff_t)strlen(cube)), cube);
  PetscCall(CalibrationPitch(file, calibration, "R", info->scan_pitch));
  PetscCall(CalibrationPitch(file, calibration, "Q", info->det_pitch));
  PetscCall(CalibrationNumber(file, calibration, "qx0_mean", &info->centre[0]));
  PetscCall(CalibrationNumber(file, calibration, "qy0_mean", &info->centre[1]));
  PetscCall(VmH5AttrReadReal(file, "/", "gain", 1, &count, &info->gain));
  PetscCall(VmH5AttrReadReal(file, "/", "energy_keV", 1, &count, &info->energy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A cube that this program began and never finished. Collective. */
static PetscErrorCode CheckWhole(MPI_Comm comm, VmH5 file, const char *path)
{
  char *status = NULL;

  PetscFunctionBegin;
  PetscCall(VmH5AttrReadText(file, "/", "status", &status));
  const bool unfinished = status && strcmp(status, VM_STATUS_COMPLETE) != 0;
  PetscCall(PetscFree(status));
  if (unfinished) VmThrow(comm, VM_ERR_INPUT, "%s was not written to its end: simulate it again", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Layout(MPI_Comm comm, const char *path, VmH5Cube *emd, VmCubeInfo *info)
{
  char name[PATH] = "", cube[PATH + 1], data[PATH + 8];

  PetscFunctionBegin;
  PetscCall(CheckWhole(comm, emd->file, path));
  VmCallH5(H5Ovisit(VmH5Id(emd->file), H5_INDEX_NAME, H5_ITER_INC, FindCube, name));
  if (!name[0]) VmThrow(comm, VM_ERR_INPUT, "%s holds no four-dimensional array", path);
  snprintf(cube, sizeof cube, "/%s", name);
  snprintf(data, sizeof data, "%s/data", cube);
  PetscCall(VmH5CubeData(comm, path, data, emd, info));
  PetscCall(ReadCalibration(emd->file, cube, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(VmH5CubeOpen(comm, path, hints, Layout, handle, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_emd = {
    .name = "emd",
    .extensions = "h5 hdf5 emd",
    .doc = "EMD 1.0 as written by py4DSTEM (emdfile) and by this program",
    .probe = Probe,
    .open = Open,
    .read = VmH5CubeRead,
    .close = VmH5CubeClose,
    .structure = VmEmdStructure,
    .data = VM_EMD_CUBE "/data",
};
