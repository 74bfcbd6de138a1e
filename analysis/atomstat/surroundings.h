/* Neighbours of atoms within a cutoff, periodic images included, also in cells smaller than the cutoff. */
#ifndef VM_ATOMSTAT_SURROUNDINGS_H
#define VM_ATOMSTAT_SURROUNDINGS_H

#include "../atoms/bins.h"
#include <vitromech/atoms.h>

/* A structure and the images of its atoms that lie within the cutoff of its cell, sorted into bins: the same on every
 * rank. */
typedef struct {
  const VmAtoms *atoms;
  double cutoff;
  int64_t n;         /* atoms and images; the first atoms->n are the atoms */
  int64_t *atom;     /* [n] the atom a point is an image of */
  int32_t *image;    /* [n][3] lattice vectors added to it */
  double *x, *y, *z; /* [n] */
  VmBins bins;
} VmSurroundings;

typedef struct {
  double r[3], square; /* from the centre; its square */
  int64_t atom;
  int32_t image[3];
} VmNeighbour;

/* A list that is filled again for each centre. */
typedef struct {
  int64_t n, capacity;
  VmNeighbour *of;
} VmNeighbourhood;

/** \param[in] atoms whole, wrapped along periodic axes; outlives the surroundings. Not collective. */
PetscErrorCode VmSurroundingsCreate(const VmAtoms *atoms, double cutoff, VmSurroundings *surroundings);
PetscErrorCode VmSurroundingsDestroy(VmSurroundings *surroundings);

/** All neighbours of atom i closer than the cutoff (not atom i itself, but its images), in an order that depends on the
 * structure only. Not collective. */
PetscErrorCode VmNeighbourhoodFind(const VmSurroundings *surroundings, int64_t i, VmNeighbourhood *neighbours);
/** Nearest first; equal distances by atom, then image. Not collective. */
void VmNeighbourhoodSort(VmNeighbourhood *neighbours);
PetscErrorCode VmNeighbourhoodFree(VmNeighbourhood *neighbours);

#endif
