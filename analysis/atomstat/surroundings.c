#include "surroundings.h"
#include "../atoms/cell.h"
#include <stdlib.h>

/* How far cutoff reaches along each lattice vector, in fractions of it. */
static void Reach(const VmAtoms *atoms, double cutoff, double reach[3])
{
  const double volume = fabs(VmCellVolume((const double(*)[3])atoms->cell));
  for (int d = 0; d < 3; ++d) {
    double normal[3];
    VmCross(atoms->cell[(d + 1) % 3], atoms->cell[(d + 2) % 3], normal);
    reach[d] = atoms->periodic[d] ? cutoff * sqrt(VmDot3(normal, normal)) / volume * (1.0 + 1e-9) : 0.0;
  }
}

static PetscErrorCode Push(VmSurroundings *s, int64_t *capacity, int64_t atom, const int image[3])
{
  PetscFunctionBegin;
  if (s->n == *capacity) {
    *capacity += *capacity / 2 + 1024;
    PetscCall(PetscRealloc((size_t)*capacity * sizeof *s->atom, &s->atom));
    PetscCall(PetscRealloc((size_t)*capacity * 3 * sizeof *s->image, &s->image));
    PetscCall(PetscRealloc((size_t)*capacity * sizeof *s->x, &s->x));
    PetscCall(PetscRealloc((size_t)*capacity * sizeof *s->y, &s->y));
    PetscCall(PetscRealloc((size_t)*capacity * sizeof *s->z, &s->z));
  }
  double r[3] = {s->atoms->x[atom], s->atoms->y[atom], s->atoms->z[atom]};
  VmCellShift((const double(*)[3])s->atoms->cell, image, r);
  s->atom[s->n] = atom;
  for (int d = 0; d < 3; ++d) s->image[3 * s->n + d] = image[d];
  s->x[s->n] = r[0];
  s->y[s->n] = r[1];
  s->z[s->n++] = r[2];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PushImages(VmSurroundings *s, const double inverse[3][3], const double reach[3],
                                 int64_t *capacity, int64_t atom)
{
  const double r[3] = {s->atoms->x[atom], s->atoms->y[atom], s->atoms->z[atom]};
  double fraction[3];
  int first[3] = {0, 0, 0}, last[3] = {0, 0, 0}, n[3];
  PetscFunctionBegin;
  VmRowTimes(r, inverse, fraction);
  for (int d = 0; d < 3; ++d) {
    if (!s->atoms->periodic[d]) continue;
    first[d] = (int)ceil(-reach[d] - fraction[d]);
    last[d] = (int)floor(1.0 + reach[d] - fraction[d]);
  }
  for (n[0] = first[0]; n[0] <= last[0]; ++n[0])
    for (n[1] = first[1]; n[1] <= last[1]; ++n[1])
      for (n[2] = first[2]; n[2] <= last[2]; ++n[2])
        if (n[0] || n[1] || n[2]) PetscCall(Push(s, capacity, atom, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSurroundingsCreate(const VmAtoms *atoms, double cutoff, VmSurroundings *s)
{
  static const int none[3] = {0, 0, 0};
  double inverse[3][3], reach[3];
  int64_t capacity = 0;
  PetscFunctionBegin;
  *s = (VmSurroundings){.atoms = atoms, .cutoff = cutoff};
  VmCellInverse((const double(*)[3])atoms->cell, inverse);
  Reach(atoms, cutoff, reach);
  for (int64_t i = 0; i < atoms->n; ++i) PetscCall(Push(s, &capacity, i, none));
  for (int64_t i = 0; i < atoms->n; ++i) PetscCall(PushImages(s, (const double(*)[3])inverse, reach, &capacity, i));
  PetscCall(VmBinsCreate(s->n, s->x, s->y, s->z, cutoff, &s->bins));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSurroundingsDestroy(VmSurroundings *s)
{
  PetscFunctionBegin;
  PetscCall(VmBinsDestroy(&s->bins));
  PetscCall(PetscFree(s->atom));
  PetscCall(PetscFree(s->image));
  PetscCall(PetscFree(s->x));
  PetscCall(PetscFree(s->y));
  PetscCall(PetscFree(s->z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmNeighbourhoodFind(const VmSurroundings *s, int64_t i, VmNeighbourhood *list)
{
  const double r[3] = {s->atoms->x[i], s->atoms->y[i], s->atoms->z[i]}, square = s->cutoff * s->cutoff;
  int64_t begin[9], end[9];
  PetscFunctionBegin;
  list->n = 0;
  VmBinsNear(&s->bins, r, begin, end);
  for (int run = 0; run < 9; ++run)
    for (int64_t b = begin[run]; b < end[run]; ++b) {
      const double *p = s->bins.r + 3 * b, d[3] = {p[0] - r[0], p[1] - r[1], p[2] - r[2]};
      const double distance = VmDot3(d, d);
      const int64_t j = s->bins.point[b];
      if (distance >= square || j == i) continue;
      if (list->n == list->capacity) {
        list->capacity += list->capacity / 2 + 64;
        PetscCall(PetscRealloc((size_t)list->capacity * sizeof *list->of, &list->of));
      }
      const int32_t *image = s->image + 3 * j;
      list->of[list->n++] = (VmNeighbour){{d[0], d[1], d[2]}, distance, s->atom[j], {image[0], image[1], image[2]}};
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Nearer(const void *a, const void *b)
{
  const VmNeighbour *p = a, *q = b;
  if (p->square != q->square) return p->square < q->square ? -1 : 1;
  if (p->atom != q->atom) return p->atom < q->atom ? -1 : 1;
  for (int d = 0; d < 3; ++d)
    if (p->image[d] != q->image[d]) return p->image[d] < q->image[d] ? -1 : 1;
  return 0;
}

void VmNeighbourhoodSort(VmNeighbourhood *list) { qsort(list->of, (size_t)list->n, sizeof *list->of, Nearer); }

PetscErrorCode VmNeighbourhoodFree(VmNeighbourhood *list)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(list->of));
  *list = (VmNeighbourhood){0};
  PetscFunctionReturn(PETSC_SUCCESS);
}
