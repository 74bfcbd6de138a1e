#include "shell.h"
#include "radial.h"
#include <math.h>

static const char *const choices[] = {"cutoff", "voronoi", "voronoi_area", NULL};

static const VmParam rows[] = {{.key = "neighbours",
                                .type = VM_ENUM,
                                .offset = offsetof(VmShellParams, neighbours),
                                .default_text = "cutoff",
                                .choices = choices,
                                .doc = "first shell: atoms closer than `cutoff`, atoms that share a face of the "
                                       "Voronoi polyhedra, or those weighted by "
                                       "the areas of the faces"},
                               {.key = "cutoff",
                                .type = VM_REAL,
                                .offset = offsetof(VmShellParams, cutoff),
                                .unit = "nm",
                                .default_text = "none",
                                .min = 0.05,
                                .max = 5,
                                .doc = "radius of the first shell; none: the first minimum of g(r) of all atoms"},
                               {0}};

const VmTable vm_shell_table = {"shell", "first shell of neighbours", sizeof(VmShellParams), rows, NULL};

PetscErrorCode VmShellCreate(const VmStructure *structure, const VmShellParams *params, VmShell *s)
{
  PetscFunctionBegin;
  *s = (VmShell){.by_cutoff = params->neighbours == 0, .by_area = params->neighbours == 2, .cutoff = NAN};
  if (!s->by_cutoff) {
    PetscCall(VmTessellationCreate(structure->atoms, NULL, VM_SURFACE_REACH, &s->tessellation));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  s->cutoff = params->cutoff;
  PetscCall(VmRadialCutoff(structure, &s->cutoff));
  PetscCall(VmSurroundingsCreate(structure->atoms, s->cutoff, &s->around));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmShellDestroy(VmShell *s)
{
  PetscFunctionBegin;
  if (s->by_cutoff) PetscCall(VmSurroundingsDestroy(&s->around));
  else if (s->tessellation.atoms) PetscCall(VmTessellationDestroy(&s->tessellation));
  PetscCall(VmNeighbourhoodFree(&s->list));
  PetscCall(PetscFree(s->weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Room(VmShell *s, int64_t n)
{
  PetscFunctionBegin;
  if (n > s->nweight) {
    PetscCall(PetscRealloc((size_t)n * sizeof *s->weight, &s->weight));
    s->nweight = n;
  }
  if (n > s->list.capacity) {
    PetscCall(PetscRealloc((size_t)n * sizeof *s->list.of, &s->list.of));
    s->list.capacity = n;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Faces(VmShell *s, int64_t i)
{
  VmVoronoiAtom cell;
  double surface = 0.0;
  PetscFunctionBegin;
  PetscCall(VmTessellationCell(&s->tessellation, i, 0.0, &cell));
  PetscCall(Room(s, cell.faces));
  s->list.n = cell.open ? 0 : cell.faces;
  for (int f = 0; f < cell.faces; ++f) surface += cell.face[f].area;
  for (int64_t f = 0; f < s->list.n; ++f) {
    s->list.of[f] = s->tessellation.near.of[cell.face[f].neighbour];
    s->weight[f] = s->by_area ? cell.face[f].area / surface : 1.0 / cell.faces;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmShellOf(VmShell *s, int64_t i)
{
  PetscFunctionBegin;
  if (!s->by_cutoff) {
    PetscCall(Faces(s, i));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VmNeighbourhoodFind(&s->around, i, &s->list));
  PetscCall(Room(s, s->list.n));
  for (int64_t k = 0; k < s->list.n; ++k) s->weight[k] = 1.0 / (double)s->list.n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmShellDescribe(const VmShell *s, VmStatResult result)
{
  PetscFunctionBegin;
  if (s->by_cutoff)
    PetscCall(VmStatResultScalar(result, "cutoff", s->cutoff, "nm", "radius of the first shell",
                                 "as given, or the first minimum of g(r) of all atoms, smoothed by 0.01 nm"));
  PetscFunctionReturn(PETSC_SUCCESS);
}
