/* Neighbours of distributed atoms up to a cutoff, whose positions are renewed while atoms move. */
#ifndef VM_ATOMS_NEIGHBOURS_H
#define VM_ATOMS_NEIGHBOURS_H

#include "images.h"

/* Atoms of other ranks and periodic images are copies ("ghosts"), renewed from their owners before each step. */
typedef struct {
  VmImages near;           /* this rank's atoms and ghosts, sorted by id, then image */
  int64_t *first;          /* [n + 1] first partner of each own atom */
  int64_t *partner;        /* index into near, ascending for each atom: a fixed order of summation */
  int64_t ghosts, served;  /* ghosts that are some atom's partner; copies this rank sends */
  int64_t *ghost;          /* [ghosts] index into near, by owner */
  int64_t *serve;          /* [served] own atom to send, by receiver */
  int64_t *wanted, *given; /* [ranks] ghosts from each rank, copies to each rank */
} VmNeighbours;

/** Partners closer than cutoff [nm] of every atom this rank holds. Collective. */
PetscErrorCode VmNeighboursCreate(MPI_Comm comm, const VmAtoms *atoms, double cutoff, VmNeighbours *list);
PetscErrorCode VmNeighboursDestroy(VmNeighbours *list);

/** Gets the present positions of all partners from their owners. Collective. */
PetscErrorCode VmNeighboursRenew(MPI_Comm comm, const VmAtoms *atoms, VmNeighbours *list);

/** This rank's atoms and all atoms and images within a margin [nm] of their extent. Collective. */
PetscErrorCode VmNearAtoms(MPI_Comm comm, const VmAtoms *atoms, double margin, VmImages *near);

/** True if copy j of near is this rank's atom i itself. Not collective. */
bool VmNearIsSelf(const VmImages *near, int rank, int64_t j, int64_t i);

#endif
