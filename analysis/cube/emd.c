/* Reader of EMD 1.0 (emdfile, py4DSTEM, this program): the first group of type "array" with a four-dimensional `data`.
 */
#include "frames.h"
#include <vitromech/schema.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 1024 };

typedef struct {
  VmH5 file;
  hid_t data;
  int64_t scan[2], det[2];
} Emd;

static bool HasText(hid_t object, const char *name, const char *wanted)
{
  bool equal = false;
  if (H5Aexists(object, name) <= 0) return false;
  const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = H5Aget_type(attribute);
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0) {
    char *text = NULL;
    if (H5Aread(attribute, type, &text) >= 0 && text) {
      equal = strcmp(text, wanted) == 0;
      H5free_memory(text);
    }
  } else if (H5Tget_class(type) == H5T_STRING) {
    char text[64] = "";
    if (H5Tget_size(type) < sizeof text && H5Aread(attribute, type, text) >= 0) equal = strcmp(text, wanted) == 0;
  }
  H5Tclose(type);
  H5Aclose(attribute);
  return equal;
}

/* > 0: an EMD 1.0 file, or an HDF5 file so damaged that only opening it can say what is wrong. */
static int Probe(const uint8_t *head, size_t n, const char *path)
{
  static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  if (n < sizeof signature || memcmp(head, signature, sizeof signature) != 0) return 0;
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

/* The unit in nm or 1/nm, 0 if it is neither. */
static double LengthUnit(const char *unit)
{
  static const struct {
    const char *name;
    double value;
  } units[] = {{"nm", 1.0},    {"A", 0.1},    {"Å", 0.1},     {"Angstrom", 0.1}, {"angstrom", 0.1},
               {"um", 1e3},    {"pm", 1e-3},  {"m", 1e9},     {"nm^-1", 1.0},    {"1/nm", 1.0},
               {"A^-1", 10.0}, {"1/A", 10.0}, {"Å^-1", 10.0}, {"m^-1", 1e-9}};
  for (size_t i = 0; unit && i < sizeof units / sizeof *units; ++i) {
    if (strcmp(unit, units[i].name) == 0) return units[i].value;
  }
  return 0.0;
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
    double *value;
    PetscCall(PetscMalloc1((size_t)dims[0], &value));
    PetscCall(VmH5Read(file, path, VM_F64, value));
    *pitch = (value[1] - value[0]) * LengthUnit(unit);
    PetscCall(PetscFree(value));
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
  if (value > 0.0 && LengthUnit(unit) > 0.0 && fabs(pitch[0] - pitch[1]) <= 1e-9 * fabs(pitch[0])) {
    pitch[0] = pitch[1] = value * LengthUnit(unit);
  }
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

static PetscErrorCode DiskType(MPI_Comm comm, const char *path, hid_t data, VmType *type)
{
  const hid_t disk = H5Dget_type(data);
  const H5T_class_t class = H5Tget_class(disk);
  const size_t bytes = H5Tget_size(disk);

  PetscFunctionBegin;
  VmCallH5(H5Tclose(disk));
  if (class != H5T_FLOAT && class != H5T_INTEGER) {
    VmThrow(comm, VM_ERR_INPUT, "the data of %s are not numbers", path);
  }
  if (class == H5T_FLOAT) *type = bytes <= 4 ? VM_F32 : VM_F64;
  else *type = bytes == 1 ? VM_U8 : bytes == 2 ? VM_U16 : bytes == 4 ? VM_U32 : VM_I64;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenData(MPI_Comm comm, const char *path, Emd *emd, VmCubeInfo *info)
{
  char name[PATH] = "", cube[PATH + 1], data[PATH + 8];
  int64_t dims[8];
  int rank;

  PetscFunctionBegin;
  VmCallH5(H5Ovisit(VmH5Id(emd->file), H5_INDEX_NAME, H5_ITER_INC, FindCube, name));
  if (!name[0]) VmThrow(comm, VM_ERR_INPUT, "%s holds no four-dimensional array", path);
  snprintf(cube, sizeof cube, "/%s", name);
  snprintf(data, sizeof data, "%s/data", cube);
  PetscCall(VmH5Shape(emd->file, data, &rank, dims));
  for (int d = 0; d < 2; ++d) {
    info->scan[d] = emd->scan[d] = dims[d];
    info->det[d] = emd->det[d] = dims[2 + d];
  }
  if (dims[0] * dims[1] * dims[2] * dims[3] == 0) VmThrow(comm, VM_ERR_INPUT, "the cube in %s is empty", path);
  VmCallH5(emd->data = H5Dopen2(VmH5Id(emd->file), data, H5P_DEFAULT));
  PetscCall(DiskType(comm, path, emd->data, &info->type));
  PetscCall(ReadCalibration(emd->file, cube, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Close(void **handle)
{
  Emd *emd = *handle;

  PetscFunctionBegin;
  if (emd->data >= 0) VmCallH5(H5Dclose(emd->data));
  PetscCall(VmH5Close(&emd->file));
  PetscCall(PetscFree(emd));
  *handle = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckHints(MPI_Comm comm, const char *path, const VmCubeHints *hints, const VmCubeInfo *info)
{
  PetscFunctionBegin;
  for (int d = 0; d < 2; ++d) {
    if ((hints->scan[d] && hints->scan[d] != info->scan[d]) || (hints->det[d] && hints->det[d] != info->det[d])) {
      VmThrow(comm, VM_ERR_INPUT, "%s holds %lld x %lld frames of %lld x %lld pixels, which is not the shape asked for",
              path, (long long)info->scan[0], (long long)info->scan[1], (long long)info->det[0],
              (long long)info->det[1]);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  Emd *emd;

  PetscFunctionBegin;
  PetscCall(PetscNew(&emd));
  emd->data = H5I_INVALID_HID;
  PetscErrorCode code = VmH5Open(comm, path, VM_H5_READ, &emd->file);
  if (!code) code = CheckWhole(comm, emd->file, path);
  if (!code) code = OpenData(comm, path, emd, info);
  if (!code) code = CheckHints(comm, path, hints, info);
  if (code) {
    *handle = emd;
    PetscCall(Close(handle));
    PetscCall(code == VM_ERR_FILE ? VM_ERR_INPUT : code);
  }
  *handle = emd;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Box by box, with a memory space of the box's own shape: HDF5 then copies whole frames instead of walking points. */
static PetscErrorCode Read(void *handle, int64_t first, int64_t n, float *frames)
{
  const Emd *emd = handle;
  hid_t space, memory;

  PetscFunctionBegin;
  VmCallH5(space = H5Dget_space(emd->data));
  for (int64_t boxed; n > 0; first += boxed, n -= boxed, frames += boxed * emd->det[0] * emd->det[1]) {
    hsize_t start[4], count[4];
    boxed = VmFramesBox(emd->scan, emd->det, first, n, start, count);
    VmCallH5(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL));
    VmCallH5(memory = H5Screate_simple(4, count, NULL));
    VmCallH5(H5Dread(emd->data, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, frames));
    VmCallH5(H5Sclose(memory));
  }
  VmCallH5(H5Sclose(space));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_emd = {
    .name = "emd",
    .extensions = "h5 emd",
    .doc = "EMD 1.0 as written by py4DSTEM (emdfile) and by this program",
    .probe = Probe,
    .open = Open,
    .read = Read,
    .close = Close,
};
