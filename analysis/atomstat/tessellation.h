/* The Voronoi cells of a structure, one at a time. */
#ifndef VM_ATOMSTAT_TESSELLATION_H
#define VM_ATOMSTAT_TESSELLATION_H

#include "surroundings.h"
#include "voronoi_cell.h"

enum { VM_MOST_FACES = 128 };
#define VM_SURFACE_REACH 0.4 /* nm; polyhedra inside a glass reach less far */

typedef struct {
  const VmAtoms *atoms;
  double radius[VM_MAX_SPECIES], largest; /* nm; all 0: planes half way between atoms */
  double half;                            /* of the cube cells are cut from [nm] */
  double closed_reach;                    /* nm; INFINITY where the structure is periodic along all axes */
  VmSurroundings around;
  VmNeighbourhood near;
  VmVoronoiCell body;
} VmTessellation;

/* The cell of one atom. Cells that reach further than closed_reach are open: they belong to a surface. */
typedef struct {
  bool open;
  double volume; /* nm^3; 0: another atom's radical plane leaves nothing */
  int faces;
  VmVoronoiFace face[VM_MOST_FACES]; /* neighbour: index into VmTessellation.near */
} VmVoronoiAtom;

/**
 * \param[in] atoms          whole, wrapped along periodic axes; outlives the tessellation
 * \param[in] radius         [nspecies] nm of radical planes, or NULL
 * \param[in] surface_reach  nm; of structures that are not periodic along all axes
 * Not collective.
 */
PetscErrorCode VmTessellationCreate(const VmAtoms *atoms, const double *radius, double surface_reach,
                                    VmTessellation *tessellation);
PetscErrorCode VmTessellationDestroy(VmTessellation *tessellation);

/** The cell of atom i; edges of faces count from a length on. The same bits whatever was asked before. Not collective.
 */
PetscErrorCode VmTessellationCell(VmTessellation *tessellation, int64_t i, double smallest_edge, VmVoronoiAtom *cell);

#endif
