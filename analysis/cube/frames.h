/* Frames of a four-dimensional HDF5 dataset [scan0][scan1][det0][det1]. */
#ifndef VM_CUBE_FRAMES_H
#define VM_CUBE_FRAMES_H

#include <vitromech/cube.h>

/** Selects frames [first, first + n) of a data space; n = 0 selects nothing. Not collective. */
PetscErrorCode VmFramesSelect(hid_t space, const int64_t scan[2], const int64_t det[2], int64_t first, int64_t n);

#endif
