/* What makes a file of frames one signal of HyperSpy. */
#include "writer.h"
#include <vitromech/schema.h>
#include <math.h>
#include <stdio.h>

#define SIGNAL VM_HSPY_CUBE

/* A boolean as h5py writes it. */
static PetscErrorCode AttrBoolLocal(VmH5 file, const char *object, const char *name, bool value)
{
  const int8_t no = 0, yes = 1, given = value;
  hid_t type, space, attribute;

  PetscFunctionBegin;
  VmCallH5(type = H5Tenum_create(H5T_STD_I8LE));
  VmCallH5(H5Tenum_insert(type, "FALSE", &no));
  VmCallH5(H5Tenum_insert(type, "TRUE", &yes));
  VmCallH5(space = H5Screate(H5S_SCALAR));
  VmCallH5(attribute =
               H5Acreate_by_name(VmH5Id(file), object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  VmCallH5(H5Awrite(attribute, type, &given));
  VmCallH5(H5Aclose(attribute));
  VmCallH5(H5Sclose(space));
  VmCallH5(H5Tclose(type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteAxis(MPI_Comm comm, VmH5 file, int axis, const VmCubeInfo *info)
{
  static const char *const names[] = {"y", "x", "ky", "kx"};
  const bool scan = axis < 2;
  const int d = axis % 2;
  const int64_t size = scan ? info->scan[d] : info->det[d];
  const double pitch = scan ? info->scan_pitch[d] : info->det_pitch[d], scale = pitch > 0.0 ? pitch : 1.0,
               offset = scan || isnan(info->centre[d]) ? 0.0 : -scale * info->centre[d];
  char path[64];

  PetscFunctionBegin;
  snprintf(path, sizeof path, SIGNAL "/axis-%d", axis);
  PetscCall(VmH5Group(file, path));
  PetscCall(VmH5AttrText(file, path, "_type", "UniformDataAxis"));
  PetscCall(VmH5AttrText(file, path, "name", names[axis]));
  PetscCall(VmH5AttrText(file, path, "units", !(pitch > 0.0) ? "px" : scan ? "nm" : "1/nm"));
  PetscCall(VmH5AttrInt(file, path, "size", 1, &size));
  PetscCall(VmH5AttrReal(file, path, "scale", 1, &scale));
  PetscCall(VmH5AttrReal(file, path, "offset", 1, &offset));
  PetscCall(VmAgree(comm, AttrBoolLocal(file, path, "navigate", scan)));
  PetscCall(VmAgree(comm, AttrBoolLocal(file, path, "is_binned", false)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHspyStructure(MPI_Comm comm, VmH5 file, const VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(VmH5AttrText(file, "/", "file_format", "HyperSpy"));
  PetscCall(VmH5AttrText(file, "/", "file_format_version", "3.1"));
  PetscCall(VmH5Group(file, SIGNAL));
  for (int axis = 0; axis < 4; ++axis) PetscCall(WriteAxis(comm, file, axis, info));
  PetscCall(VmH5Group(file, SIGNAL "/metadata/General"));
  PetscCall(VmH5AttrText(file, SIGNAL "/metadata/General", "title", ""));
  PetscCall(VmH5Group(file, SIGNAL "/metadata/Signal"));
  PetscCall(VmH5AttrText(file, SIGNAL "/metadata/Signal", "signal_type", ""));
  PetscCall(VmH5Group(file, SIGNAL "/original_metadata")); /* its reader asks for it */
  if (info->energy > 0.0) {
    PetscCall(VmH5Group(file, SIGNAL "/metadata/Acquisition_instrument/TEM"));
    PetscCall(VmH5AttrReal(file, SIGNAL "/metadata/Acquisition_instrument/TEM", "beam_energy", 1, &info->energy));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
