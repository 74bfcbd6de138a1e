/* A run of frames is at most three blocks: the end of a scan line, whole lines, the start of a line. */
#include "frames.h"

PetscErrorCode VmFramesSelect(hid_t space, const int64_t scan[2], const int64_t det[2], int64_t first, int64_t n)
{
  PetscFunctionBegin;
  VmCallH5(H5Sselect_none(space));
  while (n > 0) {
    const int64_t line = first / scan[1], column = first % scan[1];
    const int64_t lines = column == 0 ? PetscMax(n / scan[1], 1) : 1;
    const int64_t columns = lines > 1 ? scan[1] : PetscMin(n, scan[1] - column);
    const hsize_t start[4] = {(hsize_t)line, (hsize_t)column, 0, 0};
    const hsize_t count[4] = {(hsize_t)lines, (hsize_t)columns, (hsize_t)det[0], (hsize_t)det[1]};
    VmCallH5(H5Sselect_hyperslab(space, H5S_SELECT_OR, start, NULL, count, NULL));
    first += lines * columns;
    n -= lines * columns;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
