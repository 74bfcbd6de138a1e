/* The deformed lattice, and atoms carried into it. */
#ifndef VM_ATOMS_FRAME_H
#define VM_ATOMS_FRAME_H

#include "deform.h"
#include <vitromech/atoms.h>

typedef struct {
  double length[3];      /* undeformed rectangular box [nm] */
  double rotation[3][3]; /* brings the foil normal to z; unity without a foil */
  double gradient[3][3]; /* rotation (I + strain) */
  double cell[3][3];     /* rows: deformed, rotated lattice vectors [nm] */
  double height;         /* of the box between its two z faces [nm] */
  double tilt;           /* angle of that rotation [rad] */
  double normal[3];      /* of the z faces before the rotation */
} VmFrame;

/** Frame of a box under a mean strain; with a foil the faces spanned by the first two lattice vectors are turned normal
 * to z, so that the foil is periodic in x and y. Not collective. */
void VmFrameSet(const double length[3], const double strain[6], bool foil, VmFrame *frame);

/* What sets the atoms of flow units apart. */
typedef struct {
  double displacement; /* root mean square of a random displacement along each axis [nm] */
  double vacancies;    /* share of atoms that are left out */
  uint64_t seed;
} VmDisorder;

/** r = gradient r0 + rotation u(s): deforms atoms with positions r0 in [0, length), and disorders those in flow units.
 * Not collective. */
void VmFrameDeform(const VmFrame *frame, const VmDeformation *deformation, const VmDisorder *disorder, VmAtoms *atoms);

/** Shifts atoms by lattice vectors into the cell, along the axes asked for. Not collective. */
void VmFrameWrap(const bool axes[3], VmAtoms *atoms);

/** Keeps the atoms within thickness/2 of the middle plane of the cell; the foil is then not periodic in z.
 * Not collective. */
void VmFrameCut(const VmFrame *frame, double thickness, VmAtoms *atoms);

#endif
