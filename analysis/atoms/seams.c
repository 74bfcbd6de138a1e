#include "seams.h"
#include "cell.h"
#include "neighbours.h"
#include <string.h>

#define MOVABLE 0.45 /* nm: depth to which the atoms of a block move */

/* Descent with inertia. RATE is a share of the step that would relax an atom alone among fixed neighbours all around.
 */
enum { STEPS = 30, LEAST_PARTNERS = 4 };
#define RATE 0.8
#define INERTIA 0.5

double VmSeamsDepth(const VmContacts *contacts) { return MOVABLE + contacts->range; }

/* The atoms near seams. */
typedef struct {
  VmAtoms atoms;
  int64_t *origin; /* [n] index into all atoms */
  bool *movable;   /* [n] */
} Zone;

static PetscErrorCode GetZone(const VmAtoms *atoms, const double *depth, double within, Zone *zone)
{
  int64_t n = 0;

  PetscFunctionBegin;
  for (int64_t i = 0; i < atoms->n; ++i) n += depth[i] < within;
  *zone = (Zone){.atoms.nspecies = atoms->nspecies};
  memcpy(zone->atoms.number, atoms->number, sizeof atoms->number);
  memcpy(zone->atoms.cell, atoms->cell, sizeof atoms->cell);
  memcpy(zone->atoms.periodic, atoms->periodic, sizeof atoms->periodic);
  PetscCall(VmAtomsReserve(&zone->atoms, n));
  PetscCall(PetscMalloc1((size_t)n, &zone->origin));
  PetscCall(PetscMalloc1((size_t)n, &zone->movable));
  for (int64_t i = 0; i < atoms->n; ++i) {
    if (depth[i] >= within) continue;
    const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    zone->origin[zone->atoms.n] = i;
    zone->movable[zone->atoms.n] = depth[i] < MOVABLE;
    PetscCall(VmAtomsAppend(&zone->atoms, atoms->species[i], r, atoms->id[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeZone(Zone *zone)
{
  PetscFunctionBegin;
  VmAtomsFree(&zone->atoms);
  PetscCall(PetscFree(zone->origin));
  PetscCall(PetscFree(zone->movable));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Distance(const VmAtoms *a, int64_t i, const VmAtoms *b, int64_t j, double d[3])
{
  d[0] = a->x[i] - b->x[j];
  d[1] = a->y[i] - b->y[j];
  d[2] = a->z[i] - b->z[j];
  return sqrt(VmDot3(d, d));
}

/* Rest length of the spring to each partner. */
static PetscErrorCode RestLengths(const VmMosaic *mosaic, const VmContacts *contacts, const VmAtoms *zone,
                                  const VmNeighbours *list, double **rest)
{
  const VmAtoms *near = &list->near.atoms;
  double d[3];
  VmHome *home;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)near->n, &home));
  PetscCall(PetscMalloc1((size_t)list->first[zone->n], rest));
  for (int64_t j = 0; j < near->n; ++j) {
    home[j] = VmMosaicHome(mosaic, near->id[j], (double[3]){near->x[j], near->y[j], near->z[j]});
  }
  for (int64_t i = 0; i < zone->n; ++i) {
    const VmHome own = VmMosaicHome(mosaic, zone->id[i], (double[3]){zone->x[i], zone->y[i], zone->z[i]});
    for (int64_t p = list->first[i]; p < list->first[i + 1]; ++p) {
      const int64_t j = list->partner[p];
      const double length = Distance(zone, i, near, j, d);
      (*rest)[p] =
          VmHomeIs(&own, &home[j]) ? length : VmContactsTarget(contacts, zone->species[i], near->species[j], length);
    }
  }
  PetscCall(PetscFree(home));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void SetSteps(const Zone *zone, const VmNeighbours *list, const double *rest, double (*step)[3])
{
  for (int64_t i = 0; i < zone->atoms.n; ++i) {
    double force[3] = {0.0, 0.0, 0.0}, d[3];
    const int64_t first = list->first[i], end = list->first[i + 1];
    if (!zone->movable[i]) continue;
    for (int64_t p = first; p < end; ++p) {
      const double length = Distance(&zone->atoms, i, &list->near.atoms, list->partner[p], d);
      const double pull = length > 0.0 ? rest[p] / length - 1.0 : 0.0;
      for (int c = 0; c < 3; ++c) force[c] += pull * d[c];
    }
    const double share = RATE / (double)PetscMax(end - first, LEAST_PARTNERS);
    for (int c = 0; c < 3; ++c) step[i][c] = INERTIA * step[i][c] + share * force[c];
  }
}

static PetscErrorCode TakeOver(MPI_Comm comm, const Zone *zone, VmAtoms *atoms, VmSeamMoves *moves)
{
  double d[3];

  PetscFunctionBegin;
  *moves = (VmSeamMoves){0};
  for (int64_t i = 0; i < zone->atoms.n; ++i) {
    const int64_t o = zone->origin[i];
    moves->moved += zone->movable[i];
    moves->largest = fmax(moves->largest, Distance(&zone->atoms, i, atoms, o, d));
    atoms->x[o] = zone->atoms.x[i];
    atoms->y[o] = zone->atoms.y[i];
    atoms->z[o] = zone->atoms.z[i];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &moves->moved, 1, MPI_INT64_T, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &moves->largest, 1, MPI_DOUBLE, MPI_MAX, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSeamsRelax(MPI_Comm comm, const VmMosaic *mosaic, const VmContacts *contacts, const double *depth,
                            VmAtoms *atoms, VmSeamMoves *moves)
{
  Zone zone;
  VmNeighbours list;
  double *rest, (*step)[3];

  PetscFunctionBegin;
  PetscCall(GetZone(atoms, depth, VmSeamsDepth(contacts), &zone));
  PetscCall(VmNeighboursCreate(comm, &zone.atoms, contacts->range, &list));
  PetscCall(RestLengths(mosaic, contacts, &zone.atoms, &list, &rest));
  PetscCall(PetscCalloc1((size_t)zone.atoms.n, &step));
  for (int s = 0; s < STEPS; ++s) {
    SetSteps(&zone, &list, rest, step);
    for (int64_t i = 0; i < zone.atoms.n; ++i) {
      zone.atoms.x[i] += step[i][0];
      zone.atoms.y[i] += step[i][1];
      zone.atoms.z[i] += step[i][2];
    }
    PetscCall(VmNeighboursRenew(comm, &zone.atoms, &list));
  }
  PetscCall(TakeOver(comm, &zone, atoms, moves));
  PetscCall(PetscFree(step));
  PetscCall(PetscFree(rest));
  PetscCall(VmNeighboursDestroy(&list));
  PetscCall(FreeZone(&zone));
  PetscFunctionReturn(PETSC_SUCCESS);
}
