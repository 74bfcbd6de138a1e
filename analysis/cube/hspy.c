/* Reader of HyperSpy (.hspy): the one signal of two axes of the detector and up to two of the scan. */
#include "h5cube.h"
#include "writer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXPERIMENTS "/Experiments"

enum { PATH = 512 };

typedef struct {
  char name[PATH];
  int count;
} Found;

static int Probe(const uint8_t *head, size_t n, const char *path)
{
  char format[32];
  if (!VmH5CubeIsHdf5(head, n)) return 0;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) return 0;
  VmH5CubeText(file, "file_format", sizeof format, format);
  H5Fclose(file);
  return strcmp(format, "HyperSpy") == 0 ? 10 : 0;
}

/* A signal of two to four axes. */
static herr_t FindSignal(hid_t experiments, const char *name, const H5L_info_t *info, void *context)
{
  Found *found = context;
  char path[PATH];

  (void)info;
  if (snprintf(path, sizeof path, "%s/data", name) >= (int)sizeof path) return 0;
  const hid_t data = H5Oopen(experiments, path, H5P_DEFAULT);
  if (data < 0) return 0;
  if (H5Iget_type(data) == H5I_DATASET) {
    const hid_t space = H5Dget_space(data);
    const int rank = H5Sget_simple_extent_ndims(space);
    H5Sclose(space);
    if (rank >= 2 && rank <= 4) {
      ++found->count;
      snprintf(found->name, sizeof found->name, "%s", name);
    }
  }
  H5Oclose(data);
  return 0;
}

/* Pitch of an axis, and for the detector the point where it is zero; false if the axis is of the other kind. */
static bool ReadAxis(hid_t signal, int axis, bool detector, double points, double *pitch, double *zero)
{
  char path[32], unit[64];

  snprintf(path, sizeof path, "axis-%d", axis);
  if (H5Lexists(signal, path, H5P_DEFAULT) <= 0) return true;
  const hid_t group = H5Gopen2(signal, path, H5P_DEFAULT);
  if (group < 0) return false;
  const bool navigates = VmH5CubeNumber(group, "navigate", detector ? 0.0 : 1.0) != 0.0;
  const double scale = VmH5CubeNumber(group, "scale", 0.0), offset = VmH5CubeNumber(group, "offset", 0.0);
  VmH5CubeText(group, "units", sizeof unit, unit);
  H5Gclose(group);
  const double value = fabs(scale) * VmH5CubeUnit(unit, detector);
  *pitch = isfinite(value) ? value : 0.0;
  if (zero && *pitch > 0.0 && -offset / scale > 0.0 && -offset / scale < points) *zero = -offset / scale;
  return navigates != detector;
}

static double Energy(hid_t signal)
{
  static const char path[] = "metadata/Acquisition_instrument/TEM";
  const hid_t group = H5Gopen2(signal, path, H5P_DEFAULT);
  if (group < 0) return 0.0;
  const double energy = VmH5CubeNumber(group, "beam_energy", 0.0);
  H5Gclose(group);
  return energy > 0.0 && isfinite(energy) ? energy : 0.0;
}

static PetscErrorCode Layout(MPI_Comm comm, const char *path, VmH5Cube *cube, VmCubeInfo *info)
{
  Found found = {.count = 0};
  char name[2 * PATH];
  hid_t experiments, signal;
  bool ordered = true;

  PetscFunctionBegin;
  VmCallH5(experiments = H5Gopen2(VmH5Id(cube->file), EXPERIMENTS, H5P_DEFAULT));
  VmCallH5(H5Literate(experiments, H5_INDEX_NAME, H5_ITER_INC, NULL, FindSignal, &found));
  VmCallH5(H5Gclose(experiments));
  if (found.count != 1) VmThrow(comm, VM_ERR_INPUT, "%s holds %d signals of 2 to 4 axes, not one", path, found.count);
  snprintf(name, sizeof name, EXPERIMENTS "/%s/data", found.name);
  PetscCall(VmH5CubeData(comm, path, name, cube, info));
  snprintf(name, sizeof name, EXPERIMENTS "/%s", found.name);
  VmCallH5(signal = H5Gopen2(VmH5Id(cube->file), name, H5P_DEFAULT));
  for (int axis = 0; axis < cube->rank; ++axis) {
    const int d = axis + 4 - cube->rank;
    ordered &=
        d < 2 ? ReadAxis(signal, axis, false, 0.0, &info->scan_pitch[d], NULL)
              : ReadAxis(signal, axis, true, (double)info->det[d - 2], &info->det_pitch[d - 2], &info->centre[d - 2]);
  }
  info->energy = Energy(signal);
  info->gain = fmax(VmH5CubeNumber(VmH5Id(cube->file), "gain", 0.0), 0.0); /* of files of this program */
  VmCallH5(H5Gclose(signal));
  if (!ordered) VmThrow(comm, VM_ERR_INPUT, "the last two axes of %s are not the two of a pattern", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(VmH5CubeOpen(comm, path, hints, Layout, handle, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_hspy = {
    .name = "hspy",
    .extensions = "hspy",
    .doc = "HyperSpy, one signal with its axes and the energy",
    .probe = Probe,
    .open = Open,
    .read = VmH5CubeRead,
    .close = VmH5CubeClose,
    .structure = VmHspyStructure,
    .data = VM_HSPY_CUBE "/data",
};
