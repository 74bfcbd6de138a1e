/* Opening a cube of any format: each format looks at the first bytes, and at the file if it must. */
#include <vitromech/cube.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define VM_CUBE_FORMAT(n) extern const VmCubeFormat vm_cube_format_##n;
#include "list.h"
#undef VM_CUBE_FORMAT

#define VM_CUBE_FORMAT(n) &vm_cube_format_##n,
const VmCubeFormat *const vm_cube_formats[] = {
#include "list.h"
    NULL};
#undef VM_CUBE_FORMAT

enum { HEAD = 4096 };

struct VmCube_s {
  MPI_Comm comm;
  const VmCubeFormat *format;
  void *handle;
  char *path;
  VmCubeInfo info;
};

/* Index of the format of that name, -1 if there is none. */
static int Find(const char *name)
{
  for (int i = 0; vm_cube_formats[i]; ++i)
    if (strcmp(vm_cube_formats[i]->name, name) == 0) return i;
  return -1;
}

/* Index of the format asked for by name, or of the one that is surest of the file; -1 if none, -2 if the file cannot
 * be read (reason in errno), -3 if it is a damaged HDF5 file. Rank 0. */
static int Recognise(const char *path, const char *name)
{
  static const uint8_t hdf5[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  uint8_t head[HEAD];
  struct stat status;
  int best = -1, surest = 0;

  FILE *file = fopen(path, "rb");
  if (!file) return -2;
  if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    fclose(file);
    return -2;
  }
  const size_t n = fread(head, 1, HEAD, file);
  fclose(file);
  if (n >= sizeof hdf5 && memcmp(head, hdf5, sizeof hdf5) == 0 && !VmH5Trial(path)) return -3;
  if (name) return Find(name);
  for (int i = 0; vm_cube_formats[i]; ++i) {
    const int sure = vm_cube_formats[i]->probe(head, n, path);
    if (sure > surest) {
      surest = sure;
      best = i;
    }
  }
  return best;
}

static PetscErrorCode Unknown(MPI_Comm comm, const char *path, const char *name)
{
  char names[256] = "";
  for (int i = 0; vm_cube_formats[i]; ++i) {
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", vm_cube_formats[i]->name);
  }
  if (name) VmThrow(comm, VM_ERR_INPUT, "no format of cubes has the name \"%s\" (%s)", name, names);
  VmThrow(comm, VM_ERR_INPUT, "%s is not a 4D-STEM cube of a known format (%s)", path, names);
}

static void ApplyHints(const VmCubeHints *hints, VmCubeInfo *info)
{
  for (int d = 0; d < 2; ++d) {
    if (hints->scan_pitch > 0.0) info->scan_pitch[d] = hints->scan_pitch;
    if (hints->det_pitch > 0.0) info->det_pitch[d] = hints->det_pitch;
    if (!isnan(hints->centre[d])) info->centre[d] = hints->centre[d];
  }
  if (hints->gain > 0.0) info->gain = hints->gain;
}

PetscErrorCode VmCubeOpen(MPI_Comm comm, const char *path, const VmCubeHints *hints, VmCube *cube)
{
  const VmCubeHints none = {.centre = {NAN, NAN}};
  int rank, found[2] = {-1, 0};
  VmCube c;

  PetscFunctionBegin;
  *cube = NULL;
  if (!hints) hints = &none;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    found[0] = Recognise(path, hints->format);
    found[1] = errno;
  }
  PetscCallMPI(MPI_Bcast(found, 2, MPI_INT, 0, comm));
  if (found[0] == -2) VmThrow(comm, VM_ERR_INPUT, "cannot read %s: %s", path, strerror(found[1]));
  if (found[0] == -3) VmThrow(comm, VM_ERR_INPUT, "%s is damaged: the HDF5 library cannot go through it", path);
  if (found[0] < 0) PetscCall(Unknown(comm, path, hints->format));

  PetscCall(PetscNew(&c));
  c->comm = comm;
  c->format = vm_cube_formats[found[0]];
  c->info.centre[0] = c->info.centre[1] = NAN;
  const PetscErrorCode code = c->format->open(comm, path, hints, &c->handle, &c->info);
  if (code) {
    PetscCall(PetscFree(c));
    PetscCall(code);
  }
  PetscCall(PetscStrallocpy(path, &c->path));
  ApplyHints(hints, &c->info);
  *cube = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeInfo *VmCubeGetInfo(VmCube cube) { return &cube->info; }

PetscErrorCode VmCubeRead(VmCube cube, int64_t first, int64_t n, float *frames)
{
  PetscFunctionBegin;
  VmAssert(first >= 0 && n >= 0 && first + n <= cube->info.scan[0] * cube->info.scan[1]);
  if (n) PetscCall(cube->format->read(cube->handle, first, n, frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCubeClose(VmCube *cube)
{
  PetscFunctionBegin;
  if (*cube) {
    PetscCall((*cube)->format->close(&(*cube)->handle));
    PetscCall(PetscFree((*cube)->path));
    PetscCall(PetscFree(*cube));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
