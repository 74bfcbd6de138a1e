/* L3. Atoms in a periodic cell, distributed over ranks. */
#ifndef VITROMECH_ATOMS_H
#define VITROMECH_ATOMS_H

#include <vitromech/base.h>

#define VM_MAX_SPECIES 16
#define VM_MAX_TYPES 128

/* Each rank holds n atoms in any order; the union over ranks is the structure. Positions are Cartesian, in nm, need not
 * be wrapped. The rows of cell are the lattice vectors. */
typedef struct {
  int64_t n, capacity;
  int nspecies;
  int number[VM_MAX_SPECIES]; /* atomic number of each species */
  uint8_t *species;           /* [n] index into number */
  double *x, *y, *z;          /* [n] nm */
  int64_t *id;                /* [n] global, unique, independent of the number of ranks */
  double cell[3][3];          /* nm */
  bool periodic[3];
  double repeat; /* nm across z after which a structure of equal tiles repeats; 0: none known */
} VmAtoms;

/** Zero-initialise a VmAtoms before first use. Grows the arrays to hold n atoms. Not collective. */
PetscErrorCode VmAtomsReserve(VmAtoms *atoms, int64_t n);
PetscErrorCode VmAtomsAppend(VmAtoms *atoms, int species, const double r[3], int64_t id);
void VmAtomsFree(VmAtoms *atoms);

/** Index of the species of an atomic number, added if new; -1 if there is no room. Not collective. */
int VmAtomsSpecies(VmAtoms *atoms, int number);

/** Total number of atoms. Collective. */
PetscErrorCode VmAtomsCount(MPI_Comm comm, const VmAtoms *atoms, int64_t *total);

/** Atomic number of a symbol ("Zr"), 0 if unknown; and back. Not collective. */
int VmElementNumber(const char *symbol);
const char *VmElementSymbol(int number);

/** Element whose standard atomic weight is nearest to a mass [u] and within 0.1 of it, else 0 (also for elements that
 * have none). Not collective. Source: IUPAC Commission on Isotopic Abundances and Atomic Weights, abridged, 2021. */
int VmElementOfMass(double mass);

/* What a file may leave open. Zero-initialised: nothing known, the last frame. */
typedef struct {
  int types;                /* number of atom types named, 0: none */
  int number[VM_MAX_TYPES]; /* atomic number of each type; goes before what the file says of types */
  int64_t frame;            /* of a file of several, from 1; 0: the last */
} VmAtomsHints;

/**
 * Reads a structure, every rank the whole of it. The format is told by the content: extended XYZ, LAMMPS data, LAMMPS
 * text dump; each plain or gzipped, Angstrom on disk. Ranks share the lines of plain files; the atoms are the same on
 * any number of them.
 *
 * Ids count from 0 in the order of the file (XYZ) or of the ids in the file (LAMMPS). Atoms of LAMMPS files have the
 * corner of the box as origin and are wrapped into it along its periodic axes: image flags and unwrapped coordinates
 * tell the path of an atom, which is not kept.
 * Bad or truncated: VM_ERR_INPUT with file and line. Collective.
 */
PetscErrorCode VmAtomsRead(MPI_Comm comm, const char *path, VmAtoms *atoms);
PetscErrorCode VmAtomsReadHinted(MPI_Comm comm, const char *path, const VmAtomsHints *hints, VmAtoms *atoms);

/** Number of frames of a file of atoms; what is wrong with it is named by line. Collective. */
PetscErrorCode VmAtomsFrames(MPI_Comm comm, const char *path, int64_t *frames);

/** Writes extended XYZ (Angstrom), in order of id, collectively, by temporary file and rename. Collective. */
PetscErrorCode VmAtomsWrite(MPI_Comm comm, const char *path, const char *comment, const VmAtoms *atoms);

/**
 * Atoms inside an axis-aligned box, periodic images included: what a microscope tile needs.
 *
 * \param[in]  atoms    distributed structure
 * \param[in]  lo, hi   this rank's own box [nm] (may differ by rank; lo > hi: nothing wanted)
 * \param[in]  images   which of x, y, z are replicated periodically (also needs atoms->periodic)
 * \param[out] inside   this rank's own copy, sorted by id, then image; cell and species copied
 * Collective: ranks send each other what each needs.
 */
PetscErrorCode VmAtomsExtract(MPI_Comm comm, const VmAtoms *atoms, const double lo[3], const double hi[3],
                              const bool images[3], VmAtoms *inside);

#endif
