/* Pairs closer than a minimum distance, and their removal by short moves. */
#ifndef VM_ATOMS_OVERLAP_H
#define VM_ATOMS_OVERLAP_H

#include <vitromech/atoms.h>

/** Smallest distance of two atoms, images included; `search` [nm] if none is closer than that. The same on all ranks.
 * Collective. */
PetscErrorCode VmAtomsMinimumDistance(MPI_Comm comm, const VmAtoms *atoms, double search, double *distance);

typedef struct {
  int64_t pairs, moved; /* pairs too close at first; atoms moved */
  int steps;
  double largest_move, minimum_distance; /* nm, at the end */
} VmRelaxation;

/**
 * Soft spheres: in each step the two atoms of every pair closer than `distance` [nm] move apart along their line by
 * half of what is missing; other atoms stay. Pairs that come to be at some distance from all those of the first step
 * wait until these are apart. Ends when no such pair is left, or after max_steps. The same bits on any number of ranks.
 * Collective.
 */
PetscErrorCode VmAtomsSeparate(MPI_Comm comm, VmAtoms *atoms, double distance, int max_steps, VmRelaxation *outcome);

#endif
