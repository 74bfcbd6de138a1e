/* Datasets: whole ones held by rank 0, and ones distributed along their first axis. */
#include "h5_private.h"
#include <string.h>

/* Bytes of one transfer: MPI counts are 32 bit. */
static const int64_t transfer_bytes = (int64_t)1 << 30;

static PetscErrorCode CreateLocal(VmH5 file, const char *path, hid_t type, int rank, const int64_t *dims,
                                  int64_t chunk_rows, hid_t *dataset)
{
  hsize_t extent[VM_H5_MAX_RANK], most[VM_H5_MAX_RANK], chunk[VM_H5_MAX_RANK];
  hid_t links, creation, space;

  PetscFunctionBegin;
  for (int d = 0; d < rank; ++d) extent[d] = most[d] = chunk[d] = (hsize_t)dims[d];
  VmCallH5(creation = H5Pcreate(H5P_DATASET_CREATE));
  VmCallH5(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER));
  /* several ranks may go on with what one has begun, and MPI-IO writes to no chunk that has no place yet */
  VmCallH5(H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY));
  if (chunk_rows) {
    most[0] = H5S_UNLIMITED;
    chunk[0] = (hsize_t)chunk_rows;
    VmCallH5(H5Pset_chunk(creation, rank, chunk));
  }
  VmCallH5(space = rank ? H5Screate_simple(rank, extent, most) : H5Screate(H5S_SCALAR));
  VmCallH5(links = H5Pcreate(H5P_LINK_CREATE));
  VmCallH5(H5Pset_create_intermediate_group(links, 1));
  VmCallH5(*dataset = H5Dcreate2(file->id, path, type, space, links, creation, H5P_DEFAULT));
  VmCallH5(H5Pclose(links));
  VmCallH5(H5Sclose(space));
  VmCallH5(H5Pclose(creation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5DatasetCreate(VmH5 file, const char *path, hid_t type, int rank, const int64_t *dims,
                                 int64_t chunk_rows, VmMeta meta, hid_t *dataset)
{
  PetscFunctionBegin;
  VmAssert(rank >= 0 && rank <= VM_H5_MAX_RANK);
  PetscCall(VmH5Delete(file, path));
  PetscCall(VmAgree(file->comm, CreateLocal(file, path, type, rank, dims, chunk_rows, dataset)));
  if (meta.unit) PetscCall(VmH5AttrText(file, path, "unit", meta.unit));
  if (meta.long_name) PetscCall(VmH5AttrText(file, path, "long_name", meta.long_name));
  if (meta.axes) PetscCall(VmH5AttrText(file, path, "axes", meta.axes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One collective transfer of rows [first, first+count), which may be none. */
static PetscErrorCode Transfer(VmH5 file, hid_t dataset, hid_t type, int rank, const int64_t *dims, int64_t first,
                               int64_t count, void *data, bool write)
{
  hsize_t start[VM_H5_MAX_RANK] = {0}, extent[VM_H5_MAX_RANK];
  hid_t memory, space, properties;
  char nothing[8];

  PetscFunctionBegin;
  for (int d = 0; d < rank; ++d) extent[d] = (hsize_t)dims[d];
  VmCallH5(space = H5Dget_space(dataset));
  if (rank > 0) {
    start[0] = (hsize_t)first;
    extent[0] = (hsize_t)count;
    VmCallH5(memory = H5Screate_simple(rank, extent, NULL));
    if (count) VmCallH5(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, extent, NULL));
  } else {
    VmCallH5(memory = H5Screate(H5S_SCALAR));
  }
  if (count == 0) {
    VmCallH5(H5Sselect_none(memory));
    VmCallH5(H5Sselect_none(space));
    data = nothing;
  }
  PetscCall(VmH5Transfer(file, &properties));
  if (write) VmCallH5(H5Dwrite(dataset, type, memory, space, properties, data));
  else VmCallH5(H5Dread(dataset, type, memory, space, properties, data));
  VmCallH5(H5Pclose(properties));
  VmCallH5(H5Sclose(memory));
  VmCallH5(H5Sclose(space));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5TransferRows(VmH5 file, hid_t dataset, hid_t type, int rank, const int64_t *dims, int64_t first,
                                int64_t count, void *data, bool write)
{
  int64_t row = (int64_t)H5Tget_size(type), longest;

  PetscFunctionBegin;
  for (int d = 1; d < rank; ++d) row *= dims[d];
  const int64_t batch = PetscMax(row > 0 ? transfer_bytes / row : 1, 1);
  PetscCallMPI(MPI_Allreduce(&count, &longest, 1, MPI_INT64_T, MPI_MAX, file->comm));
  for (int64_t done = 0; row > 0 && done < longest; done += batch) {
    const int64_t from = PetscMin(done, count), rows = PetscMin(count - from, batch);
    char *part = data ? (char *)data + from * row : NULL;
    PetscCall(VmAgree(file->comm, Transfer(file, dataset, type, rank, dims, first + from, rows, part, write)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5WriteRows(VmH5 file, const char *path, VmType type, int rank, const int64_t *dims, int64_t first,
                             int64_t count, const void *data, VmMeta meta)
{
  hid_t dataset;

  PetscFunctionBegin;
  PetscCall(VmH5DatasetCreate(file, path, VmTypeH5(type), rank, dims, 0, meta, &dataset));
  PetscCall(VmH5TransferRows(file, dataset, VmTypeH5(type), rank, dims, first, count, (void *)data, true));
  VmCallH5(H5Dclose(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Write(VmH5 file, const char *path, VmType type, int rank, const int64_t *dims, const void *data,
                         VmMeta meta)
{
  const int64_t rows = rank ? dims[0] : 1;

  PetscFunctionBegin;
  PetscCall(VmH5WriteRows(file, path, type, rank, dims, 0, file->rank == 0 ? rows : 0, data, meta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShapeLocal(VmH5 file, const char *path, int *rank, int64_t dims[8])
{
  hsize_t extent[VM_H5_MAX_RANK];
  hid_t dataset, space;

  PetscFunctionBegin;
  VmCallH5(dataset = H5Dopen2(file->id, path, H5P_DEFAULT));
  VmCallH5(space = H5Dget_space(dataset));
  VmCallH5(*rank = H5Sget_simple_extent_ndims(space));
  if (*rank > VM_H5_MAX_RANK) {
    PetscCall(VmRaiseLocal(VM_ERR_INPUT, "%s: %s has %d axes, at most %d are understood", file->path, path, *rank,
                           VM_H5_MAX_RANK));
  }
  VmCallH5(H5Sget_simple_extent_dims(space, extent, NULL));
  for (int d = 0; d < *rank; ++d) dims[d] = (int64_t)extent[d];
  VmCallH5(H5Sclose(space));
  VmCallH5(H5Dclose(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Shape(VmH5 file, const char *path, int *rank, int64_t dims[8])
{
  PetscFunctionBegin;
  PetscCall(VmH5Require(file, path));
  PetscCall(VmAgree(file->comm, ShapeLocal(file, path, rank, dims)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadShaped(VmH5 file, const char *path, VmType type, int rank, const int64_t *dims, int64_t first,
                                 int64_t count, void *data)
{
  const hid_t dataset = H5Dopen2(file->id, path, H5P_DEFAULT);

  PetscFunctionBegin;
  VmCallH5(dataset);
  PetscCall(VmH5TransferRows(file, dataset, VmTypeH5(type), rank, dims, first, count, data, false));
  VmCallH5(H5Dclose(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5ReadRows(VmH5 file, const char *path, VmType type, int64_t first, int64_t count, void *data)
{
  int64_t dims[VM_H5_MAX_RANK];
  int rank;

  PetscFunctionBegin;
  PetscCall(VmH5Shape(file, path, &rank, dims));
  int outside = rank == 0 || first < 0 || count < 0 || (count && first + count > dims[0]), any;
  PetscCallMPI(MPI_Allreduce(&outside, &any, 1, MPI_INT, MPI_MAX, file->comm));
  if (any) VmThrow(file->comm, VM_ERR_INPUT, "%s: %s has fewer rows than asked for", file->path, path);
  PetscCall(ReadShaped(file, path, type, rank, dims, first, count, data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Read(VmH5 file, const char *path, VmType type, void *data)
{
  int64_t dims[VM_H5_MAX_RANK];
  int rank;

  PetscFunctionBegin;
  PetscCall(VmH5Shape(file, path, &rank, dims));
  PetscCall(ReadShaped(file, path, type, rank, dims, 0, rank ? dims[0] : 1, data));
  PetscFunctionReturn(PETSC_SUCCESS);
}
