/* What the readers of HDF5 files have in common: a dataset of 2 to 4 axes, the last two those of the detector. */
#ifndef VM_CUBE_H5CUBE_H
#define VM_CUBE_H5CUBE_H

#include "frames.h"

typedef struct {
  VmH5 file;
  hid_t data;
  int rank;
  int64_t scan[2], det[2];
} VmH5Cube;

/** Whether the file begins as HDF5 does. Not collective. */
bool VmH5CubeIsHdf5(const uint8_t *head, size_t n);

/** An attribute of text, "" if it is absent or longer than text. Not collective. */
void VmH5CubeText(hid_t object, const char *name, size_t size, char *text);

/** One number or truth value of an attribute, `otherwise` if it is absent or no number. Not collective. */
double VmH5CubeNumber(hid_t object, const char *name, double otherwise);

/** The unit in nm (reciprocal: in 1/nm), 0 if it is none of length (of 1/length); "[n_m^-1]", "1 / nm", "$A^{-1}$" ...
 * Not collective. */
double VmH5CubeUnit(const char *unit, bool reciprocal);

/**
 * Opens the file, then `layout` finds the data and fills in the info; if it fails the file is closed again. A shape
 * in the hints that is not that of the file, or a damaged file: VM_ERR_INPUT. Collective.
 */
PetscErrorCode VmH5CubeOpen(MPI_Comm comm, const char *path, const VmCubeHints *hints,
                            PetscErrorCode (*layout)(MPI_Comm, const char *path, VmH5Cube *, VmCubeInfo *),
                            void **handle, VmCubeInfo *info);

/** Opens the dataset and takes over shape and type; one that cannot be a cube: VM_ERR_INPUT. Collective. */
PetscErrorCode VmH5CubeData(MPI_Comm comm, const char *path, const char *dataset, VmH5Cube *cube, VmCubeInfo *info);

/** VmCubeFormat.read and .close. */
PetscErrorCode VmH5CubeRead(void *handle, int64_t first, int64_t n, float *frames);
PetscErrorCode VmH5CubeClose(void **handle);

#endif
