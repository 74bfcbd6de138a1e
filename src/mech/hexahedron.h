/* Rows of elements as hexahedron.c hands them to a law. */
#ifndef VM_HEXAHEDRON_H
#define VM_HEXAHEDRON_H

#include "equilibrium_private.h"

/* Signs of corner sums over x and y that a row of nodes is combined to: none, x, y, both. */
enum { NONE, X, Y, XY, COMBINATIONS };
/* Modes of an element. A law finds corner sums as in [3][COMBINATIONS][stride] and leaves forces on the modes as
 * out [3][MODES][stride]; with reduced integration only MX, MY and MZ are read. */
enum { MX, MY, MZ, MXY, MXZ, MYZ, MXYZ, MODES };

/** Doubles between the rows of `in` and `out`. Not collective. */
static inline int64_t VmHexRowStride(VmGrid grid) { return (grid->n[2] + 1 + 7) / 8 * 8; }

#endif
