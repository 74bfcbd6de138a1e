/* Writer of cubes in HDF5, under a temporary name until they are whole. What a format adds to the frames is its own. */
#include "frames.h"
#include "writer.h"
#include <vitromech/checkpoint.h>
#include <vitromech/schema.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const int64_t transfer_bytes = (int64_t)1 << 28;

const VmCubeFormat *VmCubeWritten(const char *path)
{
  const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
  const size_t n = dot ? strlen(dot + 1) : 0;
  if (n == 0) return NULL;
  for (const VmCubeFormat *const *format = vm_cube_formats; *format; ++format) {
    if (!(*format)->structure) continue;
    for (const char *word = (*format)->extensions; *word; word += strspn(word, " ")) {
      const size_t length = strcspn(word, " ");
      if (length == n && strncasecmp(word, dot + 1, n) == 0) return *format;
      word += length;
    }
  }
  return NULL;
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
  VmCallH5(w->data = H5Dcreate2(VmH5Id(w->file), w->format->data, VmTypeH5(info->type), space, H5P_DEFAULT, creation,
                                H5P_DEFAULT));
  VmCallH5(H5Pclose(creation));
  VmCallH5(H5Sclose(space));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteStructure(VmCubeWriter w)
{
  const VmCubeInfo *info = &w->info;
  const int64_t version = VM_FORMAT_VERSION;

  PetscFunctionBegin;
  PetscCall(VmH5AttrText(w->file, "/", "format", VM_FORMAT));
  PetscCall(VmH5AttrInt(w->file, "/", "format_version", 1, &version));
  PetscCall(VmH5AttrText(w->file, "/", "status", VM_STATUS_RUNNING));
  if (info->gain > 0.0) PetscCall(VmH5AttrReal(w->file, "/", "gain", 1, &info->gain));
  if (info->energy > 0.0) PetscCall(VmH5AttrReal(w->file, "/", "energy_keV", 1, &info->energy));
  PetscCall(w->format->structure(w->comm, w->file, info));
  PetscCall(VmAgree(w->comm, CreateDataLocal(w)));
  PetscCall(VmH5AttrText(w->file, w->format->data, "units", info->gain > 0.0 ? "counts" : "pixel intensity"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterNew(MPI_Comm comm, const char *path, const VmCubeInfo *info, VmH5Mode mode,
                               VmCubeWriter *writer)
{
  const VmCubeFormat *written = VmCubeWritten(path);
  VmCubeWriter w;

  PetscFunctionBegin;
  *writer = NULL;
  VmAssert(info->type == VM_F32 || info->type == VM_U16 || info->type == VM_U32);
  PetscCall(PetscNew(&w));
  w->comm = comm;
  w->info = *info;
  w->format = written ? written : &vm_cube_format_emd;
  PetscCall(PetscStrallocpy(path, &w->path));
  PetscCall(PetscMalloc1(strlen(path) + 6, &w->temporary));
  snprintf(w->temporary, strlen(path) + 6, "%s.part", path);
  const int64_t frame = info->det[0] * info->det[1] * (int64_t)VmTypeSize(info->type);
  w->batch = PetscMax(1, transfer_bytes / frame);
  const PetscErrorCode code = VmH5Open(comm, w->temporary, mode, &w->file);
  if (code) {
    PetscCall(VmCubeWriterFree(&w));
    PetscCall(code);
  }
  *writer = w;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeWriterCreate(MPI_Comm comm, const char *path, const VmCubeInfo *info, VmCubeWriter *writer)
{
  PetscFunctionBegin;
  PetscCall(VmCubeWriterNew(comm, path, info, VM_H5_CREATE, writer));
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

PetscErrorCode VmCubeWriterFree(VmCubeWriter *writer)
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

  PetscFunctionBegin;
  VmCallH5(H5Dclose(w->data));
  PetscCall(VmCubeWriterProgressRemove(w));
  PetscCall(VmH5AttrText(w->file, "/", "status", VM_STATUS_COMPLETE));
  PetscCall(VmH5AttrInt(w->file, "/", "complete", 1, &complete));
  PetscCall(VmH5Close(&w->file));
  PetscCall(VmFileCommit(w->comm, w->temporary, w->path));
  PetscCall(VmCubeWriterFree(writer));
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
  PetscCall(VmCubeWriterFree(writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}
