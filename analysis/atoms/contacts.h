/* How far atoms of two uncorrelated pieces of a glass must move apart to be neighbours as in the glass. */
#ifndef VM_ATOMS_CONTACTS_H
#define VM_ATOMS_CONTACTS_H

#include <vitromech/atoms.h>

typedef struct {
  int species, bins;
  double range, step; /* nm */
  double *target;     /* [species][species][bins + 1] wanted distance of a pair at bin*step [nm] */
} VmContacts;

/**
 * The monotone map of distances that turns the pair distribution across a cut between two uncorrelated pieces of a
 * glass, g = 1, into that of the glass, for each pair of species: the integral of g r^3 up to target(r) equals that of
 * r^3 up to r (a cut parts a pair with a chance that grows with r). Its range ends behind the first peak.
 *
 * \param[in] tile  periodic, whole on this rank
 * Not collective.
 */
PetscErrorCode VmContactsCreate(const VmAtoms *tile, VmContacts *contacts);
PetscErrorCode VmContactsDestroy(VmContacts *contacts);

/** Wanted distance of species a and b now at r < range [nm]. Not collective. */
double VmContactsTarget(const VmContacts *contacts, int a, int b, double r);

#endif
