/* Extendible datasets of rows, appended by rank 0. */
#include "h5_private.h"

enum { CHUNK_BYTES = 16384 };

PetscErrorCode VmH5RowsCreate(VmH5 file, const char *path, VmType type, int64_t width, VmMeta meta)
{
  const int64_t row = (int64_t)VmTypeSize(type) * PetscMax(width, 1), dims[2] = {0, width};
  hid_t dataset;

  PetscFunctionBegin;
  PetscCall(VmH5DatasetCreate(file, path, VmTypeH5(type), width ? 2 : 1, dims, PetscMax(CHUNK_BYTES / row, 1), meta,
                              &dataset));
  VmCallH5(H5Dclose(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ResizeLocal(VmH5 file, const char *path, int rank, const int64_t *dims, hid_t *dataset)
{
  hsize_t extent[VM_H5_MAX_RANK];

  PetscFunctionBegin;
  for (int d = 0; d < rank; ++d) extent[d] = (hsize_t)dims[d];
  VmCallH5(*dataset = H5Dopen2(file->id, path, H5P_DEFAULT));
  VmCallH5(H5Dset_extent(*dataset, extent));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5RowsAppend(VmH5 file, const char *path, VmType type, int64_t rows, const void *data)
{
  int64_t dims[VM_H5_MAX_RANK];
  hid_t dataset;
  int rank;

  PetscFunctionBegin;
  PetscCall(VmH5Shape(file, path, &rank, dims));
  const int64_t first = dims[0];
  dims[0] += rows;
  PetscCall(VmAgree(file->comm, ResizeLocal(file, path, rank, dims, &dataset)));
  PetscCall(VmH5TransferRows(file, dataset, VmTypeH5(type), rank, dims, first, file->rank == 0 ? rows : 0, (void *)data,
                             true));
  VmCallH5(H5Dclose(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5RowsTruncate(VmH5 file, const char *path, int64_t rows)
{
  int64_t dims[VM_H5_MAX_RANK];
  hid_t dataset;
  int rank;

  PetscFunctionBegin;
  PetscCall(VmH5Shape(file, path, &rank, dims));
  if (rows >= dims[0]) PetscFunctionReturn(PETSC_SUCCESS);
  dims[0] = rows;
  PetscCall(VmAgree(file->comm, ResizeLocal(file, path, rank, dims, &dataset)));
  VmCallH5(H5Dclose(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}
