/* Ordered clusters: spheres cut from a lattice, in their own frame, centred on an atom. */
#ifndef VM_ATOMS_LATTICE_H
#define VM_ATOMS_LATTICE_H

#include "debye.h"

typedef enum { VM_FCC, VM_BCC, VM_B2, VM_HCP, VM_ICOSAHEDRAL } VmSymmetry;

extern const char *const vm_symmetry_names[]; /* NULL-terminated, in the order of VmSymmetry */

typedef struct {
  VmSymmetry symmetry;
  double constant; /* lattice constant a; icosahedral: distance of a shell from the next [nm] */
  int64_t n;
  double (*r)[3];      /* [n] nm */
  uint8_t *sublattice; /* [n] B2: 0 for the sublattice of the centre, 1 for the other; else 0 */
} VmLattice;

/**
 * Sites within largest/2 of an atom, with the lattice constant that puts the first strong reflection at `peak`: fcc
 * 111, bcc and B2 110, hcp 10-11 (ideal c/a). A Mackay icosahedron has no reflections: there the first maximum of its
 * own Debye intensity is put at `peak`.
 *
 * \param[in] diameter     nm, of the sphere whose maximum is fitted if the lattice needs it
 * \param[in] largest      nm, of the sphere that is cut
 * \param[in] peak         1/nm
 * \param[in] composition  of the sites
 * Not collective. Source of the icosahedron: A. L. Mackay, Acta Cryst. 15 (1962) 916.
 */
PetscErrorCode VmLatticeCreate(VmSymmetry symmetry, double diameter, double largest, double peak,
                               const VmComposition *composition, VmLattice *lattice);
/** True if a site lies in a sphere [nm] about the centre, its surface included. Not collective. */
bool VmInSphere(const double r[3], double radius);

PetscErrorCode VmLatticeDestroy(VmLattice *lattice);

#endif
