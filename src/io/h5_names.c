/* Groups and what is in them. */
#include "h5_private.h"
#include <vitromech/schema.h>
#include <stdlib.h>
#include <string.h>

/* H5Lexists wants every parent to exist: ask from the root downwards. */
static PetscErrorCode ExistsLocal(VmH5 file, const char *path, bool *exists)
{
  char *prefix;
  htri_t is = 1;

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(path, &prefix));
  for (size_t i = 1; is > 0 && i <= strlen(path); ++i) {
    if ((path[i] != '/' && path[i] != '\0') || path[i - 1] == '/') continue;
    prefix[i] = '\0';
    is = H5Lexists(file->id, prefix, H5P_DEFAULT);
    prefix[i] = path[i];
  }
  PetscCall(PetscFree(prefix));
  VmCallH5(is);
  *exists = is > 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Exists(VmH5 file, const char *path, bool *exists)
{
  PetscFunctionBegin;
  PetscCall(VmAgree(file->comm, ExistsLocal(file, path, exists)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Require(VmH5 file, const char *path)
{
  bool exists;

  PetscFunctionBegin;
  PetscCall(VmH5Exists(file, path, &exists));
  if (!exists) VmThrow(file->comm, VM_ERR_INPUT, "%s holds no %s", file->path, path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GroupLocal(VmH5 file, const char *path)
{
  hid_t links, group;

  PetscFunctionBegin;
  VmCallH5(links = H5Pcreate(H5P_LINK_CREATE));
  VmCallH5(H5Pset_create_intermediate_group(links, 1));
  VmCallH5(group = H5Gcreate2(file->id, path, links, H5P_DEFAULT, H5P_DEFAULT));
  VmCallH5(H5Gclose(group));
  VmCallH5(H5Pclose(links));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Group(VmH5 file, const char *path)
{
  bool exists;

  PetscFunctionBegin;
  PetscCall(VmH5Exists(file, path, &exists));
  if (!exists) PetscCall(VmAgree(file->comm, GroupLocal(file, path)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DeleteLocal(VmH5 file, const char *path)
{
  PetscFunctionBegin;
  VmCallH5(H5Ldelete(file->id, path, H5P_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5Delete(VmH5 file, const char *path)
{
  bool exists;

  PetscFunctionBegin;
  PetscCall(VmH5Exists(file, path, &exists));
  if (exists) PetscCall(VmAgree(file->comm, DeleteLocal(file, path)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ListLocal(VmH5 file, const char *path, VmH5Names *names)
{
  H5G_info_t info;

  PetscFunctionBegin;
  names->count = 0;
  names->name = NULL;
  VmCallH5(H5Gget_info_by_name(file->id, path, &info, H5P_DEFAULT));
  PetscCall(PetscCalloc1((size_t)info.nlinks, &names->name));
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    ssize_t length;
    VmCallH5(length = H5Lget_name_by_idx(file->id, path, H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT));
    PetscCall(PetscMalloc1((size_t)length + 1, &names->name[i]));
    VmCallH5(H5Lget_name_by_idx(file->id, path, H5_INDEX_NAME, H5_ITER_INC, i, names->name[i], (size_t)length + 1,
                                H5P_DEFAULT));
    names->count = (int)i + 1;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5List(VmH5 file, const char *group, VmH5Names *names)
{
  PetscFunctionBegin;
  PetscCall(VmAgree(file->comm, ListLocal(file, group, names)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5NamesFree(VmH5Names *names)
{
  PetscFunctionBegin;
  for (int i = 0; i < names->count; ++i) PetscCall(PetscFree(names->name[i]));
  PetscCall(PetscFree(names->name));
  names->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5LastStep(VmH5 file, char path[VM_H5_NAME])
{
  VmH5Names names = {0};
  long long last = -1;
  bool exists;

  PetscFunctionBegin;
  path[0] = '\0';
  PetscCall(VmH5Exists(file, VM_PATH_FIELDS, &exists));
  if (exists) PetscCall(VmH5List(file, VM_PATH_FIELDS, &names));
  for (int i = 0; i < names.count; ++i) {
    char *end;
    const long long step = strtoll(names.name[i], &end, 10);
    if (*end || end == names.name[i] || step <= last) continue;
    last = step;
    PetscCall(PetscSNPrintf(path, VM_H5_NAME, VM_PATH_FIELDS "/%s", names.name[i]));
  }
  PetscCall(VmH5NamesFree(&names));
  PetscFunctionReturn(PETSC_SUCCESS);
}
