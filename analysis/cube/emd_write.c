/* What makes a file of frames EMD 1.0 with the groups and attributes of py4DSTEM (emdfile). */
#include "writer.h"
#include <vitromech/schema.h>
#include <math.h>
#include <stdio.h>
#include <sys/random.h>

#define ROOT "/datacube_root"
#define CALIBRATION ROOT "/metadatabundle/calibration"

static PetscErrorCode EmdGroup(VmH5 file, const char *path, const char *type, const char *python_class)
{
  PetscFunctionBegin;
  PetscCall(VmH5Group(file, path));
  PetscCall(VmH5AttrText(file, path, "emd_group_type", type));
  if (python_class) PetscCall(VmH5AttrText(file, path, "python_class", python_class));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CalibrationNumber(VmH5 file, const char *name, double value)
{
  char path[128];

  PetscFunctionBegin;
  snprintf(path, sizeof path, CALIBRATION "/%s", name);
  PetscCall(VmH5Write(file, path, VM_F64, 0, NULL, &value, (VmMeta){0}));
  PetscCall(VmH5AttrText(file, path, "type", "number"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CalibrationText(VmH5 file, const char *name, const char *text)
{
  char path[128];

  PetscFunctionBegin;
  snprintf(path, sizeof path, CALIBRATION "/%s", name);
  PetscCall(VmH5WriteText(file, path, text));
  PetscCall(VmH5AttrText(file, path, "type", "string"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A boolean as h5py writes it. */
static PetscErrorCode FlipLocal(VmH5 file)
{
  const int8_t no = 0, yes = 1;
  hid_t type, space, data;

  PetscFunctionBegin;
  VmCallH5(type = H5Tenum_create(H5T_STD_I8LE));
  VmCallH5(H5Tenum_insert(type, "FALSE", &no));
  VmCallH5(H5Tenum_insert(type, "TRUE", &yes));
  VmCallH5(space = H5Screate(H5S_SCALAR));
  VmCallH5(data = H5Dcreate2(VmH5Id(file), CALIBRATION "/QR_flip", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  VmCallH5(H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &no));
  VmCallH5(H5Dclose(data));
  VmCallH5(H5Sclose(space));
  VmCallH5(H5Tclose(type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteCalibration(VmH5 file, const VmCubeInfo *info)
{
  const bool q = info->det_pitch[0] > 0.0, r = info->scan_pitch[0] > 0.0;
  const int64_t targets = 1;

  PetscFunctionBegin;
  PetscCall(EmdGroup(file, ROOT "/metadatabundle", "metadatabundle", NULL));
  PetscCall(EmdGroup(file, CALIBRATION, "metadata", "Calibration"));
  PetscCall(CalibrationNumber(file, "Q_pixel_size", q ? info->det_pitch[0] : 1.0));
  PetscCall(CalibrationText(file, "Q_pixel_units", q ? "nm^-1" : "pixels"));
  PetscCall(CalibrationNumber(file, "R_pixel_size", r ? info->scan_pitch[0] : 1.0));
  PetscCall(CalibrationText(file, "R_pixel_units", r ? "nm" : "pixels"));
  if (!isnan(info->centre[0]) && !isnan(info->centre[1])) {
    PetscCall(CalibrationNumber(file, "qx0", info->centre[0]));
    PetscCall(CalibrationNumber(file, "qy0", info->centre[1]));
    PetscCall(CalibrationNumber(file, "qx0_mean", info->centre[0]));
    PetscCall(CalibrationNumber(file, "qy0_mean", info->centre[1]));
  }
  PetscCall(VmAgree(PETSC_COMM_SELF, FlipLocal(file)));
  PetscCall(VmH5AttrText(file, CALIBRATION "/QR_flip", "type", "bool"));
  PetscCall(CalibrationText(file, "_root_treepath", ""));
  PetscCall(VmH5Group(file, CALIBRATION "/_target_paths"));
  PetscCall(VmH5AttrInt(file, CALIBRATION "/_target_paths", "length", 1, &targets));
  PetscCall(VmH5AttrText(file, CALIBRATION "/_target_paths", "type", "list_of_strings"));
  PetscCall(VmH5WriteText(file, CALIBRATION "/_target_paths/0", "/datacube"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An axis is given by its first two points, as py4DSTEM does. */
static PetscErrorCode WriteAxis(VmH5 file, int axis, double pitch, const char *name, const char *unit)
{
  const int64_t points = 2;
  const double value[2] = {0.0, pitch > 0.0 ? pitch : 1.0};
  char path[64];

  PetscFunctionBegin;
  snprintf(path, sizeof path, VM_EMD_CUBE "/dim%d", axis);
  PetscCall(VmH5Write(file, path, VM_F64, 1, &points, value, (VmMeta){0}));
  PetscCall(VmH5AttrText(file, path, "name", name));
  PetscCall(VmH5AttrText(file, path, "units", pitch > 0.0 ? unit : "pixels"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A random identifier (version 4), the same on all ranks. */
static PetscErrorCode Uuid(MPI_Comm comm, char text[37])
{
  uint8_t b[16] = {0};
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) VmAssert(getrandom(b, sizeof b, 0) == (ssize_t)sizeof b);
  PetscCallMPI(MPI_Bcast(b, (int)sizeof b, MPI_BYTE, 0, comm));
  b[6] = (uint8_t)(0x40 | (b[6] & 0x0f));
  b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
  snprintf(text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3],
           b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteRoot(MPI_Comm comm, VmH5 file)
{
  const int64_t major = 1, minor = 0;
  char uuid[37];

  PetscFunctionBegin;
  PetscCall(Uuid(comm, uuid));
  PetscCall(VmH5AttrText(file, "/", "UUID", uuid));
  PetscCall(VmH5AttrText(file, "/", "authoring_program", VM_FORMAT));
  PetscCall(VmH5AttrText(file, "/", "authoring_user", ""));
  PetscCall(VmH5AttrText(file, "/", "emd_group_type", "file"));
  PetscCall(VmH5AttrInt(file, "/", "version_major", 1, &major));
  PetscCall(VmH5AttrInt(file, "/", "version_minor", 1, &minor));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEmdStructure(MPI_Comm comm, VmH5 file, const VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(WriteRoot(comm, file));
  PetscCall(EmdGroup(file, ROOT, "root", "Root"));
  PetscCall(EmdGroup(file, VM_EMD_CUBE, "array", "DataCube"));
  PetscCall(WriteAxis(file, 0, info->scan_pitch[0], "Rx", "nm"));
  PetscCall(WriteAxis(file, 1, info->scan_pitch[1], "Ry", "nm"));
  PetscCall(WriteAxis(file, 2, info->det_pitch[0], "Qx", "nm^-1"));
  PetscCall(WriteAxis(file, 3, info->det_pitch[1], "Qy", "nm^-1"));
  PetscCall(WriteCalibration(file, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}
