#include "h5cube.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* No filter makes numbers smaller by more than this: a shape that would need it is damaged. */
static const int64_t most_compression = 4096;

bool VmH5CubeIsHdf5(const uint8_t *head, size_t n)
{
  static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  return n >= sizeof signature && memcmp(head, signature, sizeof signature) == 0;
}

void VmH5CubeText(hid_t object, const char *name, size_t size, char *text)
{
  text[0] = '\0';
  if (H5Aexists(object, name) <= 0) return;
  const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return;
  const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  if (H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1) {
    if (H5Tis_variable_str(type) > 0) {
      char *value = NULL;
      if (H5Aread(attribute, type, &value) >= 0 && value) {
        if (strlen(value) < size) strcpy(text, value);
        H5free_memory(value);
      }
    } else {
      const size_t length = H5Tget_size(type);
      char value[1024] = "";
      if (length < sizeof value && H5Aread(attribute, type, value) >= 0 && strlen(value) < size) strcpy(text, value);
    }
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
}

double VmH5CubeNumber(hid_t object, const char *name, double otherwise)
{
  double value = otherwise;

  if (H5Aexists(object, name) <= 0) return value;
  const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return value;
  const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  const H5T_class_t class = H5Tget_class(type);
  if (H5Sget_simple_extent_npoints(space) == 1) {
    double number;
    int8_t truth;
    if (class == H5T_ENUM && H5Tget_size(type) == 1) {
      if (H5Aread(attribute, type, &truth) >= 0) value = truth;
    } else if ((class == H5T_FLOAT || class == H5T_INTEGER) && H5Aread(attribute, H5T_NATIVE_DOUBLE, &number) >= 0) {
      value = number;
    }
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
  return value;
}

double VmH5CubeUnit(const char *unit, bool reciprocal)
{
  static const struct {
    const char *name;
    double value;
    bool reciprocal;
  } units[] = {{"nm", 1.0, false},     {"A", 0.1, false},   {"Å", 0.1, false},    {"Angstrom", 0.1, false},
               {"um", 1e3, false},     {"µm", 1e3, false},  {"pm", 1e-3, false},  {"angstrom", 0.1, false},
               {"micron", 1e3, false}, {"m", 1e9, false},   {"nm^-1", 1.0, true}, {"1/nm", 1.0, true},
               {"A^-1", 10.0, true},   {"1/A", 10.0, true}, {"Å^-1", 10.0, true}, {"1/Å", 10.0, true},
               {"m^-1", 1e-9, true}};
  char plain[64];
  size_t n = 0;

  for (; unit && *unit && n < sizeof plain - 1; ++unit)
    if (!strchr(" $[]{}_\\", *unit)) plain[n++] = *unit;
  plain[n] = '\0';
  for (size_t i = 0; i < sizeof units / sizeof *units; ++i) {
    if (units[i].reciprocal == reciprocal && strcmp(plain, units[i].name) == 0) return units[i].value;
  }
  return 0.0;
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

PetscErrorCode VmH5CubeOpen(MPI_Comm comm, const char *path, const VmCubeHints *hints,
                            PetscErrorCode (*layout)(MPI_Comm, const char *, VmH5Cube *, VmCubeInfo *), void **handle,
                            VmCubeInfo *info)
{
  VmH5Cube *cube;

  PetscFunctionBegin;
  PetscCall(PetscNew(&cube));
  cube->data = H5I_INVALID_HID;
  PetscErrorCode code = VmH5Open(comm, path, VM_H5_READ, &cube->file);
  if (!code) code = layout(comm, path, cube, info);
  if (!code) code = CheckHints(comm, path, hints, info);
  *handle = cube;
  if (code) {
    PetscCall(VmH5CubeClose(handle));
    PetscCall(code == VM_ERR_FILE ? VM_ERR_INPUT : code);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DiskType(MPI_Comm comm, const char *path, hid_t data, VmType *type, size_t *bytes)
{
  const hid_t disk = H5Dget_type(data);
  const H5T_class_t class = H5Tget_class(disk);
  const bool is_signed = class == H5T_INTEGER && H5Tget_sign(disk) == H5T_SGN_2;

  PetscFunctionBegin;
  *bytes = H5Tget_size(disk);
  VmCallH5(H5Tclose(disk));
  if (class != H5T_FLOAT && class != H5T_INTEGER) {
    VmThrow(comm, VM_ERR_INPUT, "the data of %s are not numbers", path);
  }
  if (class == H5T_FLOAT) *type = *bytes <= 4 ? VM_F32 : VM_F64;
  else if (*bytes > 4) *type = VM_I64;
  else if (is_signed) *type = VM_I32;
  else *type = *bytes == 1 ? VM_U8 : *bytes == 2 ? VM_U16 : VM_U32;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the shape is of numbers that a file of that size can hold. */
static bool Plausible(int rank, const int64_t dims[], size_t bytes, int64_t file_size)
{
  int64_t points = 1;
  const int64_t most =
      file_size < INT64_MAX / most_compression ? file_size * most_compression / (int64_t)bytes : INT64_MAX;
  for (int i = 0; i < rank; ++i) {
    if (dims[i] < 1 || points > most / dims[i]) return false;
    points *= dims[i];
  }
  return true;
}

/* Opens a dataset. Chunks of packed data go through the cache of the library; others are read to where they are wanted.
 */
static PetscErrorCode OpenData(hid_t file, const char *dataset, hid_t *data)
{
  hid_t access, creation;

  PetscFunctionBegin;
  VmCallH5(*data = H5Dopen2(file, dataset, H5P_DEFAULT));
  VmCallH5(creation = H5Dget_create_plist(*data));
  const bool packed = H5Pget_nfilters(creation) != 0;
  VmCallH5(H5Pclose(creation));
  if (packed) PetscFunctionReturn(PETSC_SUCCESS);
  VmCallH5(H5Dclose(*data));
  VmCallH5(access = H5Pcreate(H5P_DATASET_ACCESS));
  VmCallH5(H5Pset_chunk_cache(access, 1, 0, 0.0));
  VmCallH5(*data = H5Dopen2(file, dataset, access));
  VmCallH5(H5Pclose(access));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5CubeData(MPI_Comm comm, const char *path, const char *dataset, VmH5Cube *cube, VmCubeInfo *info)
{
  int64_t dims[8];
  int rank;
  size_t bytes;
  hsize_t size;

  PetscFunctionBegin;
  PetscCall(VmH5Shape(cube->file, dataset, &rank, dims));
  if (rank < 2 || rank > 4) VmThrow(comm, VM_ERR_INPUT, "the data of %s have %d axes, not 2 to 4", path, rank);
  PetscCall(OpenData(VmH5Id(cube->file), dataset, &cube->data));
  PetscCall(DiskType(comm, path, cube->data, &info->type, &bytes));
  VmCallH5(H5Fget_filesize(VmH5Id(cube->file), &size));
  if (bytes == 0 || !Plausible(rank, dims, bytes, (int64_t)size))
    VmThrow(comm, VM_ERR_INPUT, "the cube in %s is empty, or larger than the file can hold", path);
  cube->rank = rank;
  for (int d = 0; d < 2; ++d) {
    info->scan[d] = cube->scan[d] = rank + d >= 4 ? dims[rank - 4 + d] : 1;
    info->det[d] = cube->det[d] = dims[rank - 2 + d];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Box by box, with a memory space of the box's own shape: HDF5 then copies whole frames instead of walking points. */
PetscErrorCode VmH5CubeRead(void *handle, int64_t first, int64_t n, float *frames)
{
  const VmH5Cube *cube = handle;
  const int absent = 4 - cube->rank; /* leading axes that the dataset has not */
  hid_t space, memory;

  PetscFunctionBegin;
  VmCallH5(space = H5Dget_space(cube->data));
  for (int64_t boxed; n > 0; first += boxed, n -= boxed, frames += boxed * cube->det[0] * cube->det[1]) {
    hsize_t start[4], count[4];
    boxed = VmFramesBox(cube->scan, cube->det, first, n, start, count);
    VmCallH5(H5Sselect_hyperslab(space, H5S_SELECT_SET, start + absent, NULL, count + absent, NULL));
    VmCallH5(memory = H5Screate_simple(4, count, NULL));
    VmCallH5(H5Dread(cube->data, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, frames));
    VmCallH5(H5Sclose(memory));
  }
  VmCallH5(H5Sclose(space));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5CubeClose(void **handle)
{
  VmH5Cube *cube = *handle;

  PetscFunctionBegin;
  if (cube->data >= 0) VmCallH5(H5Dclose(cube->data));
  PetscCall(VmH5Close(&cube->file));
  PetscCall(PetscFree(cube));
  *handle = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}
