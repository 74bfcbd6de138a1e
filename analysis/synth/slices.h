/* The transmission functions of a tile's slices of infinite potentials, from the places of their atoms. */
#ifndef VM_SYNTH_SLICES_H
#define VM_SYNTH_SLICES_H

#include <vitromech/base.h>

typedef struct {
  int64_t grid[2], fine[2]; /* of the tile; at least 1.5 times as fine */
  int species, count;       /* count: slices */
  int64_t *first;           /* [count*species + 1] first atom of a slice and, within it, of a species */
  double (*place)[2];       /* of the atoms, in points of the fine grid, [0, fine) */
  double **factor; /* [species] of [grid0][grid1/2 + 1]: phase shift over the transform of an atom, divided by that of
                      the spreading window; what lies at half the sampling frequency is left out */
  double *edge;    /* [grid0][grid1] factor of the frequencies that are kept, 0 beyond the band limit; includes the
                      1/points of the fine grid */
} VmSliceJob;

/** Fills the slices, in the order of a transmission (propagate.h) of this precision. Two slices are the real and the
 * imaginary part of one field, and 8 (single) or 4 (double) lines are transformed at a time. Not collective. */
void VmSlicesFillSingle(const VmSliceJob *job, void *transmission);
void VmSlicesFillDouble(const VmSliceJob *job, void *transmission);

/** Bytes that the work needs beside the job. Not collective. */
double VmSlicesFillBytes(const int64_t grid[2], const int64_t fine[2], int species, size_t bytes);

#endif
