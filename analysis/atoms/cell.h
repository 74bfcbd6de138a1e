/* Lattices as three row vectors: Cartesian r = s H, fractional s = r H^-1 (row vectors on the left). */
#ifndef VM_ATOMS_CELL_H
#define VM_ATOMS_CELL_H

#include <math.h>

static inline void VmCross(const double a[3], const double b[3], double c[3])
{
  c[0] = a[1] * b[2] - a[2] * b[1];
  c[1] = a[2] * b[0] - a[0] * b[2];
  c[2] = a[0] * b[1] - a[1] * b[0];
}

static inline double VmDot3(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/** Signed volume of the cell. Not collective. */
static inline double VmCellVolume(const double cell[3][3])
{
  double normal[3];
  VmCross(cell[1], cell[2], normal);
  return VmDot3(cell[0], normal);
}

/** Inverse of a cell of nonzero volume. Not collective. */
static inline void VmCellInverse(const double cell[3][3], double inverse[3][3])
{
  const double volume = VmCellVolume(cell);
  for (int d = 0; d < 3; ++d) {
    double column[3];
    VmCross(cell[(d + 1) % 3], cell[(d + 2) % 3], column);
    for (int c = 0; c < 3; ++c) inverse[c][d] = column[c] / volume;
  }
}

/** Row vector times matrix: fractional to Cartesian with the cell, Cartesian to fractional with its inverse.
 * Not collective. */
static inline void VmRowTimes(const double v[3], const double m[3][3], double out[3])
{
  for (int c = 0; c < 3; ++c) out[c] = v[0] * m[0][c] + v[1] * m[1][c] + v[2] * m[2][c];
}

/** Adds image[d] lattice vectors to r. Every place that makes a periodic image uses this sum, so that an image has the
 * same bits on any rank. Not collective. */
static inline void VmCellShift(const double cell[3][3], const int image[3], double r[3])
{
  for (int c = 0; c < 3; ++c) {
    r[c] += (double)image[0] * cell[0][c] + (double)image[1] * cell[1][c] + (double)image[2] * cell[2][c];
  }
}

#endif
