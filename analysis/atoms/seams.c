#include "seams.h"
#include "cell.h"
#include "neighbours.h"
#include "subset.h"

#define MOVABLE 0.45 /* nm: depth to which the atoms of a block move */

/* Descent with inertia. RATE is a share of the step that would relax an atom alone among fixed neighbours all around.
 */
enum { STEPS = 30, LEAST_PARTNERS = 4 };
#define RATE 0.8
#define INERTIA 0.5

double VmSeamsDepth(const VmContacts *contacts) { return MOVABLE + contacts->range; }

/* The atoms near seams. */
typedef struct {
  VmSubset near;
  bool *movable; /* [n] */
} Zone;

static PetscErrorCode GetZone(const VmAtoms *atoms, const double *depth, double within, Zone *zone)
{
  bool *chosen;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)atoms->n, &chosen));
  for (int64_t i = 0; i < atoms->n; ++i) chosen[i] = depth[i] < within;
  PetscCall(VmSubsetCreate(atoms, chosen, &zone->near));
  PetscCall(PetscFree(chosen));
  PetscCall(PetscMalloc1((size_t)zone->near.atoms.n, &zone->movable));
  for (int64_t i = 0; i < zone->near.atoms.n; ++i) zone->movable[i] = depth[zone->near.origin[i]] < MOVABLE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeZone(Zone *zone)
{
  PetscFunctionBegin;
  PetscCall(VmSubsetDestroy(&zone->near));
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
  for (int64_t i = 0; i < zone->near.atoms.n; ++i) {
    double force[3] = {0.0, 0.0, 0.0}, d[3];
    const int64_t first = list->first[i], end = list->first[i + 1];
    if (!zone->movable[i]) continue;
    for (int64_t p = first; p < end; ++p) {
      const double length = Distance(&zone->near.atoms, i, &list->near.atoms, list->partner[p], d);
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
  for (int64_t i = 0; i < zone->near.atoms.n; ++i) {
    const int64_t o = zone->near.origin[i];
    moves->moved += zone->movable[i];
    moves->largest = fmax(moves->largest, Distance(&zone->near.atoms, i, atoms, o, d));
  }
  VmSubsetPut(&zone->near, atoms);
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
  PetscCall(VmNeighboursCreate(comm, &zone.near.atoms, contacts->range, &list));
  PetscCall(RestLengths(mosaic, contacts, &zone.near.atoms, &list, &rest));
  PetscCall(PetscCalloc1((size_t)zone.near.atoms.n, &step));
  for (int s = 0; s < STEPS; ++s) {
    SetSteps(&zone, &list, rest, step);
    for (int64_t i = 0; i < zone.near.atoms.n; ++i) {
      zone.near.atoms.x[i] += step[i][0];
      zone.near.atoms.y[i] += step[i][1];
      zone.near.atoms.z[i] += step[i][2];
    }
    PetscCall(VmNeighboursRenew(comm, &zone.near.atoms, &list));
  }
  PetscCall(TakeOver(comm, &zone, atoms, moves));
  PetscCall(PetscFree(step));
  PetscCall(PetscFree(rest));
  PetscCall(VmNeighboursDestroy(&list));
  PetscCall(FreeZone(&zone));
  PetscFunctionReturn(PETSC_SUCCESS);
}
