/* Bond-orientational order of atoms: spherical harmonics of the directions to the neighbours, and their invariants. */
#ifndef VM_ATOMSTAT_ORIENTATION_H
#define VM_ATOMSTAT_ORIENTATION_H

#include "shell.h"

enum { VM_HARMONIC_MOST = 6 };

/** y [l+1][2]: real and imaginary parts of Y_lm of a direction for m = 0 ... l, l <= 6. Not collective. */
void VmHarmonics(int l, const double r[3], double *y);

/** q_l = sqrt(4 pi/(2l+1) sum_m |q_lm|^2) of q [l+1][2], the other m by q_l,-m = (-1)^m q_lm*. Not collective. */
double VmOrderQ(int l, const double *q);

/* Wigner's 3j symbols (l l l; m1 m2 -m1-m2). */
typedef struct {
  int l;
  double of[2 * VM_HARMONIC_MOST + 1][2 * VM_HARMONIC_MOST + 1]; /* [l + m1][l + m2] */
} VmWigner;

/** Not collective. */
void VmWignerSet(int l, VmWigner *wigner);
/** sum of 3j symbols times q_l,m1 q_l,m2 q_l,m3 over (sum |q_lm|^2)^(3/2); NAN for q = 0. Not collective. */
double VmOrderW(const VmWigner *wigner, const double *q);

/**
 * q_lm of every atom, on every rank: weighted means of Y_lm over the neighbours; average: mean of those of the atom and
 * its neighbours (Lechner & Dellago).
 *
 * \param[out] q        [n][l+1][2]; 0 of an atom without neighbours
 * \param[out] average  [n][l+1][2], or NULL
 * Collective.
 */
PetscErrorCode VmOrderParameters(const VmStructure *structure, VmShell *shell, int l, double *q, double *average);

#endif
