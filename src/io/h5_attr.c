/* Attributes: variable-length UTF-8 text (a str in h5py), reals, integers. */
#include "h5_private.h"
#include <string.h>

static PetscErrorCode TextType(hid_t *type)
{
  PetscFunctionBegin;
  VmCallH5(*type = H5Tcopy(H5T_C_S1));
  VmCallH5(H5Tset_size(*type, H5T_VARIABLE));
  VmCallH5(H5Tset_cset(*type, H5T_CSET_UTF8));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteLocal(VmH5 file, const char *object, const char *name, hid_t type, int count,
                                 const void *values)
{
  const hsize_t dims[1] = {(hsize_t)count};
  htri_t exists;
  hid_t space, attribute;

  PetscFunctionBegin;
  VmCallH5(exists = H5Aexists_by_name(file->id, object, name, H5P_DEFAULT));
  if (exists) VmCallH5(H5Adelete_by_name(file->id, object, name, H5P_DEFAULT));
  VmCallH5(space = count ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR));
  VmCallH5(attribute = H5Acreate_by_name(file->id, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  VmCallH5(H5Awrite(attribute, type, values));
  VmCallH5(H5Aclose(attribute));
  VmCallH5(H5Sclose(space));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5AttrWrite(VmH5 file, const char *object, const char *name, hid_t type, int count, const void *values)
{
  PetscFunctionBegin;
  PetscCall(VmAgree(file->comm, WriteLocal(file, object, name, type, count, values)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5AttrText(VmH5 file, const char *object, const char *name, const char *text)
{
  hid_t type;

  PetscFunctionBegin;
  PetscCall(TextType(&type));
  PetscCall(VmH5AttrWrite(file, object, name, type, 0, &text));
  VmCallH5(H5Tclose(type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One value is a scalar, so that h5py shows a number and not an array of one. */
PetscErrorCode VmH5AttrReal(VmH5 file, const char *object, const char *name, int count, const double *values)
{
  PetscFunctionBegin;
  PetscCall(VmH5AttrWrite(file, object, name, H5T_NATIVE_DOUBLE, count == 1 ? 0 : count, values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5AttrInt(VmH5 file, const char *object, const char *name, int count, const int64_t *values)
{
  PetscFunctionBegin;
  PetscCall(VmH5AttrWrite(file, object, name, H5T_NATIVE_INT64, count == 1 ? 0 : count, values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* H5I_INVALID_HID if the object or the attribute is absent. */
static PetscErrorCode OpenLocal(VmH5 file, const char *object, const char *name, hid_t *attribute)
{
  htri_t exists;

  PetscFunctionBegin;
  *attribute = H5I_INVALID_HID;
  VmCallH5(exists = H5Aexists_by_name(file->id, object, name, H5P_DEFAULT));
  if (exists) VmCallH5(*attribute = H5Aopen_by_name(file->id, object, name, H5P_DEFAULT, H5P_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadTextLocal(VmH5 file, const char *object, const char *name, char **text)
{
  hid_t attribute, type;

  PetscFunctionBegin;
  PetscCall(OpenLocal(file, object, name, &attribute));
  if (attribute < 0) PetscFunctionReturn(PETSC_SUCCESS);
  VmCallH5(type = H5Aget_type(attribute));
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0) {
    char *read = NULL;
    VmCallH5(H5Aread(attribute, type, &read));
    PetscCall(PetscStrallocpy(read ? read : "", text));
    VmCallH5(H5free_memory(read));
  } else if (H5Tget_class(type) == H5T_STRING) {
    PetscCall(PetscCalloc1(H5Tget_size(type) + 1, text));
    VmCallH5(H5Aread(attribute, type, *text));
  }
  VmCallH5(H5Tclose(type));
  VmCallH5(H5Aclose(attribute));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5AttrReadText(VmH5 file, const char *object, const char *name, char **text)
{
  PetscFunctionBegin;
  *text = NULL;
  PetscCall(VmH5Require(file, object));
  PetscCall(VmAgree(file->comm, ReadTextLocal(file, object, name, text)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadRealLocal(VmH5 file, const char *object, const char *name, int max, int *count,
                                    double *values)
{
  hid_t attribute, space;
  hssize_t points;
  double *all;

  PetscFunctionBegin;
  PetscCall(OpenLocal(file, object, name, &attribute));
  if (attribute < 0) PetscFunctionReturn(PETSC_SUCCESS);
  VmCallH5(space = H5Aget_space(attribute));
  VmCallH5(points = H5Sget_simple_extent_npoints(space));
  PetscCall(PetscMalloc1((size_t)points, &all));
  VmCallH5(H5Aread(attribute, H5T_NATIVE_DOUBLE, all));
  *count = (int)PetscMin(points, max);
  if (*count) memcpy(values, all, (size_t)*count * sizeof *values);
  PetscCall(PetscFree(all));
  VmCallH5(H5Sclose(space));
  VmCallH5(H5Aclose(attribute));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5AttrReadReal(VmH5 file, const char *object, const char *name, int max, int *count, double *values)
{
  PetscFunctionBegin;
  *count = 0;
  PetscCall(VmH5Require(file, object));
  PetscCall(VmAgree(file->comm, ReadRealLocal(file, object, name, max, count, values)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
