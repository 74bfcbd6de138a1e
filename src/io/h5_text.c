/* Text datasets: one fixed-length UTF-8 string (parallel HDF5 cannot write variable-length datasets). */
#include "h5_private.h"
#include <string.h>

static PetscErrorCode TextType(size_t length, hid_t *type)
{
  PetscFunctionBegin;
  VmCallH5(*type = H5Tcopy(H5T_C_S1));
  VmCallH5(H5Tset_size(*type, PetscMax(length, 1)));
  VmCallH5(H5Tset_strpad(*type, H5T_STR_NULLPAD));
  VmCallH5(H5Tset_cset(*type, H5T_CSET_UTF8));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5WriteText(VmH5 file, const char *path, const char *text)
{
  hid_t type, dataset;

  PetscFunctionBegin;
  PetscCall(TextType(strlen(text), &type));
  PetscCall(VmH5DatasetCreate(file, path, type, 0, NULL, 0, (VmMeta){NULL, NULL, NULL}, &dataset));
  PetscCall(VmH5TransferRows(file, dataset, type, 0, NULL, 0, file->rank == 0 ? 1 : 0, (void *)text, true));
  VmCallH5(H5Dclose(dataset));
  VmCallH5(H5Tclose(type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadLocal(VmH5 file, const char *path, char **text)
{
  hid_t dataset, type;

  PetscFunctionBegin;
  VmCallH5(dataset = H5Dopen2(file->id, path, H5P_DEFAULT));
  VmCallH5(type = H5Dget_type(dataset));
  if (H5Tget_class(type) != H5T_STRING) {
    PetscCall(VmRaiseLocal(VM_ERR_INPUT, "%s: %s is not text", file->path, path));
  }
  if (H5Tis_variable_str(type) > 0) {
    char *read = NULL;
    VmCallH5(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &read));
    PetscCall(PetscStrallocpy(read ? read : "", text));
    VmCallH5(H5free_memory(read));
  } else {
    PetscCall(PetscCalloc1(H5Tget_size(type) + 1, text));
    VmCallH5(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *text));
  }
  VmCallH5(H5Tclose(type));
  VmCallH5(H5Dclose(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5ReadText(VmH5 file, const char *path, char **text)
{
  PetscFunctionBegin;
  *text = NULL;
  PetscCall(VmH5Require(file, path));
  PetscCall(VmAgree(file->comm, ReadLocal(file, path, text)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
