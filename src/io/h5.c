/* HDF5 files, through MPI-IO where there are several ranks: opening, closing, errors, names. */
#include "h5_private.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REASON = 256 }; /* bytes of a message */

static herr_t KeepInnermost(unsigned depth, const H5E_error2_t *error, void *text)
{
  if (depth == 0 && error->desc) PetscStrncpy(text, error->desc, REASON);
  return 0;
}

PetscErrorCode VmH5Failed(const char *call, const char *file, int line)
{
  char reason[REASON] = "no reason given";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, KeepInnermost, reason);
  return VmRaiseLocal(VM_ERR_FILE, "HDF5: %s (%s, %s:%d)", reason, call, file, line);
}

size_t VmTypeSize(VmType type)
{
  static const size_t bytes[] = {
      [VM_F64] = 8, [VM_F32] = 4, [VM_I64] = 8, [VM_I32] = 4, [VM_U8] = 1, [VM_U16] = 2, [VM_U32] = 4};
  return bytes[type];
}

hid_t VmTypeH5(VmType type)
{
  switch (type) {
  case VM_F64:
    return H5T_NATIVE_DOUBLE;
  case VM_F32:
    return H5T_NATIVE_FLOAT;
  case VM_I64:
    return H5T_NATIVE_INT64;
  case VM_I32:
    return H5T_NATIVE_INT32;
  case VM_U8:
    return H5T_NATIVE_UINT8;
  case VM_U16:
    return H5T_NATIVE_UINT16;
  case VM_U32:
    return H5T_NATIVE_UINT32;
  }
  return H5I_INVALID_HID;
}

/* One rank needs no MPI-IO, which goes to the disk at every flush (MPI_File_sync).
 * Superblock 2 (HDF5 1.8): checksums, but no "open for writing" mark, which would lock out a resumed run after a kill.
 * The metadata cache is wide enough to hold its dirty entries until a flush, so that between two flushes the file on
 * disk stays as the last flush left it. */
static PetscErrorCode AccessProperties(MPI_Comm comm, bool shared, hid_t *properties)
{
  H5AC_cache_config_t cache = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};

  PetscFunctionBegin;
  VmCallH5(*properties = H5Pcreate(H5P_FILE_ACCESS));
  VmCallH5(H5Pset_fclose_degree(*properties, H5F_CLOSE_STRONG));
  VmCallH5(H5Pset_libver_bounds(*properties, H5F_LIBVER_V18, H5F_LIBVER_V18));
  VmCallH5(H5Pset_file_locking(*properties, false, true));
  if (shared) {
    VmCallH5(H5Pset_fapl_mpio(*properties, comm, MPI_INFO_NULL));
    VmCallH5(H5Pset_coll_metadata_write(*properties, true));
  }
  VmCallH5(H5Pget_mdc_config(*properties, &cache));
  cache.set_initial_size = true;
  cache.initial_size = 16 << 20;
  cache.min_size = 16 << 20;
  cache.max_size = 64 << 20;
  cache.dirty_bytes_threshold = 16 << 20;
  VmCallH5(H5Pset_mdc_config(*properties, &cache));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What keeps rank 0 from opening the path in this mode: a code, and the reason in words. */
static PetscErrorCode Probe(const char *path, VmH5Mode mode, char reason[REASON])
{
  static const int flags[] = {[VM_H5_CREATE] = O_WRONLY | O_CREAT, [VM_H5_READ] = O_RDONLY, [VM_H5_UPDATE] = O_RDWR};
  struct stat status;

  reason[0] = '\0';
  const int descriptor = open(path, flags[mode], 0666);
  if (descriptor < 0) {
    PetscStrncpy(reason, strerror(errno), REASON);
    return mode != VM_H5_CREATE && (errno == ENOENT || errno == ENOTDIR) ? VM_ERR_INPUT : VM_ERR_FILE;
  }
  const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  close(descriptor);
  if (!regular) {
    PetscStrncpy(reason, "not a regular file", REASON);
    return VM_ERR_FILE;
  }
  if (mode == VM_H5_CREATE) return PETSC_SUCCESS;

  hid_t properties;
  PetscCall(AccessProperties(MPI_COMM_SELF, false, &properties));
  const hid_t id = H5Fopen(path, H5F_ACC_RDONLY, properties);
  if (id < 0) H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, KeepInnermost, reason); /* before the next call forgets it */
  else H5Fclose(id);
  H5Pclose(properties);
  return id < 0 ? VM_ERR_FILE : PETSC_SUCCESS;
}

static PetscErrorCode OpenLocal(VmH5 file, VmH5Mode mode)
{
  hid_t properties;

  PetscFunctionBegin;
  PetscCall(AccessProperties(file->comm, file->shared, &properties));
  if (mode == VM_H5_CREATE) {
    VmCallH5(file->id = H5Fcreate(file->path, H5F_ACC_TRUNC, H5P_DEFAULT, properties));
  } else {
    VmCallH5(file->id = H5Fopen(file->path, mode == VM_H5_READ ? H5F_ACC_RDONLY : H5F_ACC_RDWR, properties));
  }
  VmCallH5(H5Pclose(properties));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Open(MPI_Comm comm, const char *path, VmH5Mode mode, VmH5 *file)
{
  static const char *const verb[] = {[VM_H5_CREATE] = "create", [VM_H5_READ] = "read", [VM_H5_UPDATE] = "update"};
  char reason[256];
  int rank, size, code = 0;
  VmH5 f;

  PetscFunctionBegin;
  *file = NULL;
  VmCallH5(H5Eset_auto2(H5E_DEFAULT, NULL, NULL));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  if (rank == 0) code = Probe(path, mode, reason);
  PetscCallMPI(MPI_Bcast(&code, 1, MPI_INT, 0, comm));
  if (code) VmThrow(comm, code, "cannot %s %s: %s", verb[mode], path, reason);

  PetscCall(PetscNew(&f));
  f->comm = comm;
  f->rank = rank;
  f->shared = size > 1;
  f->writable = mode != VM_H5_READ;
  f->id = H5I_INVALID_HID;
  PetscCall(PetscStrallocpy(path, &f->path));
  code = VmAgree(comm, OpenLocal(f, mode));
  if (code) {
    PetscCall(PetscFree(f->path));
    PetscCall(PetscFree(f));
    PetscCall(code);
  }
  *file = f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

hid_t VmH5Id(VmH5 file) { return file->id; }

PetscErrorCode VmH5Transfer(VmH5 file, hid_t *properties)
{
  PetscFunctionBegin;
  VmCallH5(*properties = H5Pcreate(H5P_DATASET_XFER));
  if (file->shared) VmCallH5(H5Pset_dxpl_mpio(*properties, H5FD_MPIO_COLLECTIVE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FlushLocal(VmH5 file)
{
  PetscFunctionBegin;
  VmCallH5(H5Fflush(file->id, H5F_SCOPE_GLOBAL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Flush(VmH5 file)
{
  PetscFunctionBegin;
  PetscCall(VmAgree(file->comm, FlushLocal(file)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CloseLocal(VmH5 file)
{
  PetscFunctionBegin;
  VmCallH5(H5Fclose(file->id));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Close(VmH5 *file)
{
  PetscFunctionBegin;
  if (*file) {
    const PetscErrorCode code = VmAgree((*file)->comm, CloseLocal(*file));
    PetscCall(PetscFree((*file)->path));
    PetscCall(PetscFree(*file));
    PetscCall(code);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
