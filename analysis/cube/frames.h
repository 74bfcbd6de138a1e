/* Frames of a four-dimensional HDF5 dataset [scan0][scan1][det0][det1]. */
#ifndef VM_CUBE_FRAMES_H
#define VM_CUBE_FRAMES_H

#include <vitromech/cube.h>

/** The largest box of whole frames that starts at frame `first` and holds at most n; returns its frames. Not
 * collective. */
int64_t VmFramesBox(const int64_t scan[2], const int64_t det[2], int64_t first, int64_t n, hsize_t start[4],
                    hsize_t count[4]);

/** Selects frames [first, first + n) of a data space; n = 0 selects nothing. Not collective. */
PetscErrorCode VmFramesSelect(hid_t space, const int64_t scan[2], const int64_t det[2], int64_t first, int64_t n);

#endif
