/* A run of frames is at most three blocks: the end of a scan line, whole lines, the start of a line. */
#include "frames.h"

int64_t VmFramesBox(const int64_t scan[2], const int64_t det[2], int64_t first, int64_t n, hsize_t start[4],
                    hsize_t count[4])
{
  const int64_t line = first / scan[1], column = first % scan[1];
  const int64_t lines = column == 0 ? PetscMax(n / scan[1], 1) : 1;
  const int64_t columns = lines > 1 ? scan[1] : PetscMin(n, scan[1] - column);
  start[0] = (hsize_t)line, start[1] = (hsize_t)column, start[2] = start[3] = 0;
  count[0] = (hsize_t)lines, count[1] = (hsize_t)columns, count[2] = (hsize_t)det[0], count[3] = (hsize_t)det[1];
  return lines * columns;
}

PetscErrorCode VmFramesSelect(hid_t space, const int64_t scan[2], const int64_t det[2], int64_t first, int64_t n)
{
  PetscFunctionBegin;
  VmCallH5(H5Sselect_none(space));
  for (int64_t boxed; n > 0; first += boxed, n -= boxed) {
    hsize_t start[4], count[4];
    boxed = VmFramesBox(scan, det, first, n, start, count);
    VmCallH5(H5Sselect_hyperslab(space, H5S_SELECT_OR, start, NULL, count, NULL));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
