/* Writer of EMD 1.0 with the groups and attributes of py4DSTEM (emdfile), under a temporary name until it is whole. */
#include "emd_writer.h"
#include "frames.h"
#include <vitromech/schema.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define ROOT "/datacube_root"
#define CUBE VM_EMD_CUBE
#define CALIBRATION ROOT "/metadatabundle/calibration"

static const int64_t transfer_bytes = (int64_t)1 << 28;

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
  snprintf(path, sizeof path, CUBE "/dim%d", axis);
  PetscCall(VmH5Write(file, path, VM_F64, 1, &points, value, (VmMeta){0}));
  PetscCall(VmH5AttrText(file, path, "name", name));
  PetscCall(VmH5AttrText(file, path, "units", pitch > 0.0 ? unit : "pixels"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateDataLocal(VmCubeWriter w)
{
  const VmCubeInfo *info = &w->info;
  const hsize_t dims[4] = {(hsize_t)info->scan[0], (hsize_t)info->scan[1], (hsize_t)info->det[0],
                           (hsize_t)info->det[1]};
  const hsize_t chunk[4] = {1, 1, dims[2], dims[3]};
  hid_t space, creation;

  PetscFunctionBegin;
  VmCallH5(space = H5Screate_simple(4, dims, NULL));
  VmCallH5(creation = H5Pcreate(H5P_DATASET_CREATE));
  VmCallH5(H5Pset_chunk(creation, 4, chunk));
  VmCallH5(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER));
  VmCallH5(H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY)); /* other numbers of ranks may go on with it */
  VmCallH5(w->data = H5Dcreate2(VmH5Id(w->file), CUBE "/data", VmTypeH5(info->type), space, H5P_DEFAULT, creation,
                                H5P_DEFAULT));
  VmCallH5(H5Pclose(creation));
  VmCallH5(H5Sclose(space));
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

static PetscErrorCode WriteRoot(VmCubeWriter w)
{
  const int64_t major = 1, minor = 0, version = VM_FORMAT_VERSION;
  char uuid[37];

  PetscFunctionBegin;
  PetscCall(Uuid(w->comm, uuid));
  PetscCall(VmH5AttrText(w->file, "/", "UUID", uuid));
  PetscCall(VmH5AttrText(w->file, "/", "authoring_program", VM_FORMAT));
  PetscCall(VmH5AttrText(w->file, "/", "authoring_user", ""));
  PetscCall(VmH5AttrText(w->file, "/", "emd_group_type", "file"));
  PetscCall(VmH5AttrInt(w->file, "/", "version_major", 1, &major));
  PetscCall(VmH5AttrInt(w->file, "/", "version_minor", 1, &minor));
  PetscCall(VmH5AttrText(w->file, "/", "format", VM_FORMAT));
  PetscCall(VmH5AttrInt(w->file, "/", "format_version", 1, &version));
  PetscCall(VmH5AttrText(w->file, "/", "status", VM_STATUS_RUNNING));
  if (w->info.gain > 0.0) PetscCall(VmH5AttrReal(w->file, "/", "gain", 1, &w->info.gain));
  if (w->info.energy > 0.0) PetscCall(VmH5AttrReal(w->file, "/", "energy_keV", 1, &w->info.energy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteStructure(VmCubeWriter w)
{
  const VmCubeInfo *info = &w->info;

  PetscFunctionBegin;
  PetscCall(WriteRoot(w));
  PetscCall(EmdGroup(w->file, ROOT, "root", "Root"));
  PetscCall(EmdGroup(w->file, CUBE, "array", "DataCube"));
  PetscCall(VmAgree(w->comm, CreateDataLocal(w)));
  PetscCall(VmH5AttrText(w->file, CUBE "/data", "units", info->gain > 0.0 ? "counts" : "pixel intensity"));
  PetscCall(WriteAxis(w->file, 0, info->scan_pitch[0], "Rx", "nm"));
  PetscCall(WriteAxis(w->file, 1, info->scan_pitch[1], "Ry", "nm"));
  PetscCall(WriteAxis(w->file, 2, info->det_pitch[0], "Qx", "nm^-1"));
  PetscCall(WriteAxis(w->file, 3, info->det_pitch[1], "Qy", "nm^-1"));
  PetscCall(WriteCalibration(w->file, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEmdWriterNew(MPI_Comm comm, const char *path, const VmCubeInfo *info, VmH5Mode mode,
                              VmCubeWriter *writer)
{
  VmCubeWriter w;

  PetscFunctionBegin;
  *writer = NULL;
  VmAssert(info->type == VM_F32 || info->type == VM_U16 || info->type == VM_U32);
  PetscCall(PetscNew(&w));
  w->comm = comm;
  w->info = *info;
  PetscCall(PetscStrallocpy(path, &w->path));
  PetscCall(PetscMalloc1(strlen(path) + 6, &w->temporary));
  snprintf(w->temporary, strlen(path) + 6, "%s.part", path);
  const int64_t frame = info->det[0] * info->det[1] * (int64_t)VmTypeSize(info->type);
  w->batch = PetscMax(1, transfer_bytes / frame);
  const PetscErrorCode code = VmH5Open(comm, w->temporary, mode, &w->file);
  if (code) {
    PetscCall(VmEmdWriterFree(&w));
    PetscCall(code);
  }
  *writer = w;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterCreate(MPI_Comm comm, const char *path, const VmCubeInfo *info, VmCubeWriter *writer)
{
  PetscFunctionBegin;
  PetscCall(VmEmdWriterNew(comm, path, info, VM_H5_CREATE, writer));
  PetscCall(WriteStructure(*writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

VmH5 VmCubeWriterFile(VmCubeWriter writer) { return writer->file; }

/* Nearest whole number that the type holds. */
static double Saturate(float value, double most) { return value > 0.0F ? fmin(most, rint((double)value)) : 0.0; }

static const void *Convert(const VmCubeWriter w, int64_t n, const float *frames)
{
  const int64_t points = n * w->info.det[0] * w->info.det[1];

  if (w->info.type == VM_U16) {
    uint16_t *to = w->buffer;
    for (int64_t i = 0; i < points; ++i) to[i] = (uint16_t)Saturate(frames[i], UINT16_MAX);
  } else if (w->info.type == VM_U32) {
    uint32_t *to = w->buffer;
    for (int64_t i = 0; i < points; ++i) to[i] = (uint32_t)Saturate(frames[i], UINT32_MAX);
  } else {
    return frames;
  }
  return w->buffer;
}

static PetscErrorCode PutLocal(VmCubeWriter w, int64_t first, int64_t n, const float *frames)
{
  const hsize_t points = (hsize_t)(n * w->info.det[0] * w->info.det[1]);
  hsize_t start[4], box[4];
  hid_t space, memory, transfer;
  const float nothing = 0.0F;

  PetscFunctionBegin;
  VmCallH5(space = H5Dget_space(w->data));
  PetscCall(VmFramesSelect(space, w->info.scan, w->info.det, first, n));
  /* Of the shape of what is selected in the file, where that is one block: otherwise HDF5 goes point by point. */
  if (VmFramesBox(w->info.scan, w->info.det, first, n, start, box) == n)
    VmCallH5(memory = H5Screate_simple(4, box, NULL));
  else VmCallH5(memory = H5Screate_simple(1, &points, NULL));
  if (n == 0) VmCallH5(H5Sselect_none(memory));
  PetscCall(VmH5Transfer(w->file, &transfer));
  VmCallH5(H5Dwrite(w->data, VmTypeH5(w->info.type), memory, space, transfer, n ? Convert(w, n, frames) : &nothing));
  VmCallH5(H5Pclose(transfer));
  VmCallH5(H5Sclose(memory));
  VmCallH5(H5Sclose(space));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterPut(VmCubeWriter writer, int64_t first, int64_t n, const float *frames)
{
  const int64_t points = writer->info.det[0] * writer->info.det[1];
  int64_t most;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(&n, &most, 1, MPI_INT64_T, MPI_MAX, writer->comm));
  if (writer->info.type != VM_F32) {
    const size_t bytes = (size_t)(PetscMin(most, writer->batch) * points) * VmTypeSize(writer->info.type);
    PetscCall(PetscRealloc(bytes, &writer->buffer));
  }
  for (int64_t done = 0; done < most; done += writer->batch) {
    const int64_t from = PetscMin(done, n), count = PetscMin(writer->batch, n - from);
    PetscCall(VmAgree(writer->comm, PutLocal(writer, first + from, count, frames + from * points)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Rename(VmCubeWriter w)
{
  if (rename(w->temporary, w->path) == 0) return PETSC_SUCCESS;
  return VmRaiseLocal(VM_ERR_FILE, "cannot rename %s to %s: %s", w->temporary, w->path, strerror(errno));
}

PetscErrorCode VmEmdWriterFree(VmCubeWriter *writer)
{
  PetscFunctionBegin;
  PetscCall(PetscFree((*writer)->buffer));
  PetscCall(PetscFree((*writer)->path));
  PetscCall(PetscFree((*writer)->temporary));
  PetscCall(PetscFree(*writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterClose(VmCubeWriter *writer)
{
  const int64_t complete = 1;
  VmCubeWriter w = *writer;
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(w->comm, &rank));
  VmCallH5(H5Dclose(w->data));
  PetscCall(VmEmdProgressRemove(w));
  PetscCall(VmH5AttrText(w->file, "/", "status", VM_STATUS_COMPLETE));
  PetscCall(VmH5AttrInt(w->file, "/", "complete", 1, &complete));
  PetscCall(VmH5Close(&w->file));
  PetscCall(VmAgree(w->comm, rank == 0 ? Rename(w) : PETSC_SUCCESS));
  PetscCall(VmEmdWriterFree(writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterAbort(VmCubeWriter *writer)
{
  VmCubeWriter w = *writer;
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(w->comm, &rank));
  VmCallH5(H5Dclose(w->data));
  PetscCall(VmH5Close(&w->file));
  if (rank == 0) (void)remove(w->temporary);
  PetscCallMPI(MPI_Barrier(w->comm));
  PetscCall(VmEmdWriterFree(writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}
