/* The region that atoms fill where a structure ends: particles, foils. */
#ifndef VM_ATOMSTAT_WINDOW_H
#define VM_ATOMSTAT_WINDOW_H

#include <vitromech/atoms.h>

typedef struct {
  const VmAtoms *atoms;
  bool everywhere;      /* periodic along all axes: no surface */
  double volume;        /* nm^3, of one cell */
  double inverse[3][3]; /* of the cell */
  double origin[3], voxel;
  int64_t n[3];
  uint8_t *inside; /* [n[0]][n[1]][n[2]] cubes of edge voxel; NULL if everywhere */
} VmWindow;

/**
 * Region with a sharp surface that holds all atoms at the density of the interior (Gibbs's dividing surface).
 *
 * Outside is what a sphere of 0.35 nm reaches from far away without touching the centre of an atom. The surface lies at
 * that depth below it at which the enclosed volume is the number of atoms over the density of the 30 % deepest atoms.
 *
 * \param[in] atoms  whole, wrapped along periodic axes; outlives the window
 * The same on every rank. Not collective. Source: J. W. Gibbs, Trans. Conn. Acad. 3 (1878) 343.
 */
PetscErrorCode VmWindowCreate(const VmAtoms *atoms, VmWindow *window);
PetscErrorCode VmWindowDestroy(VmWindow *window);

/** Whether a place is inside. Not collective. */
bool VmWindowHolds(const VmWindow *window, const double r[3]);

#endif
