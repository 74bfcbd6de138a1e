/* Who is a neighbour in the first shell: within a cutoff, or across a face of the Voronoi polyhedron. */
#ifndef VM_ATOMSTAT_SHELL_H
#define VM_ATOMSTAT_SHELL_H

#include "tessellation.h"
#include <vitromech/atom_stat.h>

typedef struct {
  int neighbours; /* 0 cutoff, 1 voronoi, 2 voronoi_area */
  double cutoff;
} VmShellParams;
extern const VmTable vm_shell_table; /* to be included in the rows of a statistic */

typedef struct {
  bool by_cutoff, by_area;
  double cutoff; /* nm, NAN: by faces */
  VmSurroundings around;
  VmTessellation tessellation;
  VmNeighbourhood list; /* of the atom asked for last */
  int64_t nweight;
  double *weight; /* [list.n] sums to 1 */
} VmShell;

/** The cutoff is found from g(r) if it is needed and not given. Collective. */
PetscErrorCode VmShellCreate(const VmStructure *structure, const VmShellParams *params, VmShell *shell);
PetscErrorCode VmShellDestroy(VmShell *shell);

/** Fills shell->list and shell->weight with the neighbours of atom i; none of an open polyhedron. Not collective. */
PetscErrorCode VmShellOf(VmShell *shell, int64_t i);

/** Adds the cutoff in use. Not collective. */
PetscErrorCode VmShellDescribe(const VmShell *shell, VmStatResult result);

#endif
