/* What the files of src/io share about an open HDF5 file. */
#ifndef VITROMECH_IO_H5_PRIVATE_H
#define VITROMECH_IO_H5_PRIVATE_H

#include <vitromech/h5.h>

enum { VM_H5_MAX_RANK = 8 };

struct VmH5_s {
  MPI_Comm comm;
  int rank;
  bool writable, shared; /* shared: by several ranks, through MPI-IO */
  hid_t id;
  char *path;
};

/* Names of what stands directly in a group (VmH5NamesFree). Collective. */
PetscErrorCode VmH5List(VmH5 file, const char *group, VmH5Names *names);

/* One attribute of any type, replaced if present; space of count values, a scalar if count is 0. Collective. */
PetscErrorCode VmH5AttrWrite(VmH5 file, const char *object, const char *name, hid_t type, int count,
                             const void *values);

/* Creates a dataset, replacing one of that name, with parents and the attributes of meta. chunk_rows = 0: contiguous;
 * else chunked and extendible along the first axis. Collective. */
PetscErrorCode VmH5DatasetCreate(VmH5 file, const char *path, hid_t type, int rank, const int64_t *dims,
                                 int64_t chunk_rows, VmMeta meta, hid_t *dataset);

/* Transfers rows [first, first+count) of this rank in as many collective calls as the longest part needs. Collective.
 */
PetscErrorCode VmH5TransferRows(VmH5 file, hid_t dataset, hid_t type, int rank, const int64_t *dims, int64_t first,
                                int64_t count, void *data, bool write);

/* Removes a link if present. Collective. */
PetscErrorCode VmH5Delete(VmH5 file, const char *path);

/* Raises VM_ERR_INPUT unless the dataset exists. Collective. */
PetscErrorCode VmH5Require(VmH5 file, const char *path);

#endif
