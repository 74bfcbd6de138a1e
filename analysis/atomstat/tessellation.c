#include "tessellation.h"
#include "../atoms/cell.h"
#include <math.h>

PetscErrorCode VmTessellationCreate(const VmAtoms *atoms, const double *radius, double surface_reach, VmTessellation *t)
{
  const bool periodic = atoms->periodic[0] && atoms->periodic[1] && atoms->periodic[2];
  double cutoff = 2.0 * surface_reach;
  PetscFunctionBegin;
  *t = (VmTessellation){.atoms = atoms, .closed_reach = surface_reach, .half = 2.0 * surface_reach};
  for (int s = 0; radius && s < atoms->nspecies; ++s) {
    t->radius[s] = radius[s];
    t->largest = fmax(t->largest, radius[s]);
  }
  if (periodic) {
    t->closed_reach = INFINITY;
    t->half = 0.0;
    for (int d = 0; d < 3; ++d) t->half += sqrt(VmDot3(atoms->cell[d], atoms->cell[d]));
    cutoff = 2.4 * cbrt(fabs(VmCellVolume((const double(*)[3])atoms->cell)) / (double)atoms->n) + t->largest;
  }
  PetscCall(VmSurroundingsCreate(atoms, cutoff, &t->around));
  t->body = VmVoronoiCellCreate();
  PetscCheck(t->body, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a Voronoi cell");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmTessellationDestroy(VmTessellation *t)
{
  PetscFunctionBegin;
  VmVoronoiCellDestroy(&t->body);
  PetscCall(VmNeighbourhoodFree(&t->near));
  PetscCall(VmSurroundingsDestroy(&t->around));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Distance from the centre of the nearest plane that an atom at a distance can give. */
static double NearestPlane(const VmTessellation *t, double radius, double distance)
{
  return (distance * distance + radius * radius - t->largest * t->largest) / (2.0 * distance);
}

/* Cuts with the neighbours at hand, nearest first. *complete: no atom further away could cut. */
static bool CutAll(VmTessellation *t, int64_t i, bool *complete)
{
  const double radius = t->radius[t->atoms->species[i]];
  VmVoronoiCellBegin(t->body, t->half);
  *complete = true;
  for (int64_t k = 0; k < t->near.n; ++k) {
    const VmNeighbour *n = &t->near.of[k];
    const double other = t->radius[t->atoms->species[n->atom]];
    if (NearestPlane(t, radius, sqrt(n->square)) > VmVoronoiCellReach(t->body)) return true;
    if (!VmVoronoiCellCut(t->body, n->r, n->square + radius * radius - other * other, (int)k)) return false;
  }
  *complete = NearestPlane(t, radius, t->around.cutoff) > VmVoronoiCellReach(t->body);
  return true;
}

PetscErrorCode VmTessellationCell(VmTessellation *t, int64_t i, double smallest_edge, VmVoronoiAtom *cell)
{
  bool complete, left;
  PetscFunctionBegin;
  for (;;) {
    PetscCall(VmNeighbourhoodFind(&t->around, i, &t->near));
    VmNeighbourhoodSort(&t->near);
    left = CutAll(t, i, &complete);
    if (complete || isfinite(t->closed_reach)) break;
    const double further = 1.5 * t->around.cutoff;
    PetscCall(VmSurroundingsDestroy(&t->around));
    PetscCall(VmSurroundingsCreate(t->atoms, further, &t->around));
  }
  *cell = (VmVoronoiAtom){.open = left && VmVoronoiCellReach(t->body) > t->closed_reach};
  if (!left) PetscFunctionReturn(PETSC_SUCCESS);
  cell->volume = VmVoronoiCellVolume(t->body);
  cell->faces = VmVoronoiCellFaces(t->body, smallest_edge, VM_MOST_FACES, cell->face);
  PetscFunctionReturn(PETSC_SUCCESS);
}
