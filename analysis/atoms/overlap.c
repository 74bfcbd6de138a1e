#include "overlap.h"
#include "bins.h"
#include "cell.h"
#include "neighbours.h"
#include "subset.h"
#include <string.h>

typedef struct {
  int64_t atom;
  double by[3];
} Move;

/* In units of the distance: partners are found anew before two atoms may have come closer than it by SKIN; atoms
 * farther than ZONE from all pairs that are too close are not looked at until these are apart; the largest minimum that
 * is told. */
#define SKIN 0.25
#define ZONE 2.5
#define REPORTED 1.1

typedef struct {
  double distance;
  int64_t count, capacity; /* of the moves of one step */
  Move *move;
  int64_t close; /* pairs closer than the distance, each seen from both atoms */
} Step;

/* The moves of one step. */
static PetscErrorCode FindMoves(const VmAtoms *atoms, const VmNeighbours *list, Step *step)
{
  const double aim = step->distance * 1.001; /* so that rounding does not leave a pair a bit too close */
  const double squared = step->distance * step->distance;
  const VmAtoms *copies = &list->near.atoms;

  PetscFunctionBegin;
  step->count = step->close = 0;
  for (int64_t i = 0; i < atoms->n; ++i) {
    Move move = {.atom = i};
    const int64_t before = step->close;
    for (int64_t p = list->first[i]; p < list->first[i + 1]; ++p) {
      const int64_t j = list->partner[p];
      double d[3] = {atoms->x[i] - copies->x[j], atoms->y[i] - copies->y[j], atoms->z[i] - copies->z[j]};
      const double square = VmDot3(d, d);
      if (square >= squared) continue;
      const double length = sqrt(square);
      ++step->close;
      if (length == 0.0) d[0] = atoms->id[i] < copies->id[j] ? -1.0 : 1.0;
      const double half = 0.5 * (aim - length) / (length == 0.0 ? 1.0 : length);
      for (int c = 0; c < 3; ++c) move.by[c] += half * d[c];
    }
    if (step->close == before) continue;
    if (step->count == step->capacity) {
      step->capacity += step->capacity / 2 + 1024;
      PetscCall(PetscRealloc((size_t)step->capacity * sizeof *step->move, &step->move));
    }
    step->move[step->count++] = move;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* since: how far every atom has gone since partners were found. Returns the farthest of those that move. */
static double MoveAtoms(const Step *step, VmAtoms *atoms, double (*since)[3])
{
  double farthest = 0.0;
  for (int64_t m = 0; m < step->count; ++m) {
    const Move *move = &step->move[m];
    const int64_t i = move->atom;
    atoms->x[i] += move->by[0];
    atoms->y[i] += move->by[1];
    atoms->z[i] += move->by[2];
    for (int c = 0; c < 3; ++c) since[i][c] += move->by[c];
    farthest = fmax(farthest, sqrt(VmDot3(since[i], since[i])));
  }
  return farthest;
}

/* Up to max_steps, counted on from *steps. */
static PetscErrorCode Relax(MPI_Comm comm, VmAtoms *atoms, double distance, int max_steps, int *steps)
{
  const double skin = SKIN * distance;
  Step step = {.distance = distance};
  VmNeighbours list;
  double(*since)[3];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)atoms->n, &since));
  PetscCall(VmNeighboursCreate(comm, atoms, distance + skin, &list));
  for (;;) {
    PetscCall(FindMoves(atoms, &list, &step));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &step.close, 1, MPI_INT64_T, MPI_SUM, comm));
    if (step.close == 0 || *steps == max_steps) break;
    double farthest = MoveAtoms(&step, atoms, since);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &farthest, 1, MPI_DOUBLE, MPI_MAX, comm));
    ++*steps;
    if (farthest > 0.5 * skin) {
      PetscCall(VmNeighboursDestroy(&list));
      PetscCall(VmNeighboursCreate(comm, atoms, distance + skin, &list));
      memset(since, 0, (size_t)atoms->n * sizeof *since);
    } else {
      PetscCall(VmNeighboursRenew(comm, atoms, &list));
    }
  }
  PetscCall(VmNeighboursDestroy(&list));
  PetscCall(PetscFree(step.move));
  PetscCall(PetscFree(since));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Marks the atoms of pairs closer than the distance; pairs [1]: how many, on all ranks; *least: the smallest distance,
 * at most the reported one. */
static PetscErrorCode FindClose(MPI_Comm comm, const VmAtoms *atoms, double distance, bool *close, int64_t *pairs,
                                double *least)
{
  const double reach = REPORTED * distance;
  double nearest = reach * reach;
  int64_t begin[9], end[9];
  VmImages near;
  VmBins bins;
  int rank;

  PetscFunctionBegin;
  *pairs = 0;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmNearAtoms(comm, atoms, reach, &near));
  PetscCall(VmBinsCreate(near.atoms.n, near.atoms.x, near.atoms.y, near.atoms.z, reach, &bins));
  for (int64_t i = 0; i < atoms->n; ++i) {
    const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    const int64_t before = *pairs;
    VmBinsNear(&bins, r, begin, end);
    for (int b = 0; b < 9; ++b) {
      for (int64_t s = begin[b]; s < end[b]; ++s) {
        const double *p = bins.r + 3 * s, d[3] = {r[0] - p[0], r[1] - p[1], r[2] - p[2]};
        const double square = VmDot3(d, d);
        if (square >= reach * reach || VmNearIsSelf(&near, rank, bins.point[s], i)) continue;
        if (square < nearest) nearest = square;
        *pairs += square < distance * distance;
      }
    }
    close[i] = *pairs > before;
  }
  PetscCall(VmBinsDestroy(&bins));
  PetscCall(VmImagesFree(&near));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, pairs, 1, MPI_INT64_T, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &nearest, 1, MPI_DOUBLE, MPI_MIN, comm));
  *pairs /= 2;
  *least = sqrt(nearest);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Marks all atoms within the reach of those that are marked. */
static PetscErrorCode Widen(MPI_Comm comm, const VmAtoms *atoms, double reach, bool *marked)
{
  const bool everywhere[3] = {true, true, true};
  double lo[3], hi[3];
  VmSubset seeds;
  VmImages near;
  VmBins bins;

  PetscFunctionBegin;
  PetscCall(VmSubsetCreate(atoms, marked, &seeds));
  VmAtomsExtent(atoms, lo, hi);
  for (int d = 0; d < 3 && atoms->n > 0; ++d) {
    lo[d] -= reach * (1.0 + 1e-9);
    hi[d] += reach * (1.0 + 1e-9);
  }
  PetscCall(VmImagesGet(comm, &seeds.atoms, lo, hi, everywhere, &near));
  PetscCall(VmBinsCreate(near.atoms.n, near.atoms.x, near.atoms.y, near.atoms.z, reach, &bins));
  for (int64_t i = 0; i < atoms->n; ++i) {
    marked[i] = VmBinsAnyWithin(&bins, (double[3]){atoms->x[i], atoms->y[i], atoms->z[i]}, reach);
  }
  PetscCall(VmBinsDestroy(&bins));
  PetscCall(VmImagesFree(&near));
  PetscCall(VmSubsetDestroy(&seeds));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Relaxes the marked atoms. total: how far every atom has gone in all. */
static PetscErrorCode RelaxMarked(MPI_Comm comm, const bool *marked, double distance, int max_steps, int *steps,
                                  VmAtoms *atoms, double (*total)[3])
{
  VmSubset zone;

  PetscFunctionBegin;
  PetscCall(VmSubsetCreate(atoms, marked, &zone));
  PetscCall(Relax(comm, &zone.atoms, distance, max_steps, steps));
  for (int64_t i = 0; i < zone.atoms.n; ++i) {
    const int64_t o = zone.origin[i];
    total[o][0] += zone.atoms.x[i] - atoms->x[o];
    total[o][1] += zone.atoms.y[i] - atoms->y[o];
    total[o][2] += zone.atoms.z[i] - atoms->z[o];
  }
  VmSubsetPut(&zone, atoms);
  PetscCall(VmSubsetDestroy(&zone));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CountMoved(MPI_Comm comm, int64_t n, double (*total)[3], VmRelaxation *outcome)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    const double length = sqrt(VmDot3(total[i], total[i]));
    outcome->moved += length > 0.0;
    if (length > outcome->largest_move) outcome->largest_move = length;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &outcome->moved, 1, MPI_INT64_T, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &outcome->largest_move, 1, MPI_DOUBLE, MPI_MAX, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAtomsSeparate(MPI_Comm comm, VmAtoms *atoms, double distance, int max_steps, VmRelaxation *outcome)
{
  bool *marked;
  double(*total)[3];
  int64_t pairs;

  PetscFunctionBegin;
  *outcome = (VmRelaxation){0};
  PetscCall(PetscCalloc2((size_t)atoms->n, &total, (size_t)atoms->n, &marked));
  for (bool first = true;; first = false) {
    PetscCall(FindClose(comm, atoms, distance, marked, &pairs, &outcome->minimum_distance));
    if (first) outcome->pairs = pairs;
    if (pairs == 0 || outcome->steps == max_steps) break;
    PetscCall(Widen(comm, atoms, ZONE * distance, marked));
    PetscCall(RelaxMarked(comm, marked, distance, max_steps, &outcome->steps, atoms, total));
  }
  PetscCall(CountMoved(comm, atoms->n, total, outcome));
  PetscCall(PetscFree2(total, marked));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAtomsMinimumDistance(MPI_Comm comm, const VmAtoms *atoms, double search, double *distance)
{
  VmImages near;
  VmBins bins;
  int rank;
  double least = search * search;
  int64_t begin[9], end[9];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmNearAtoms(comm, atoms, search, &near));
  PetscCall(VmBinsCreate(near.atoms.n, near.atoms.x, near.atoms.y, near.atoms.z, search, &bins));
  for (int64_t i = 0; i < atoms->n; ++i) {
    const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    VmBinsNear(&bins, r, begin, end);
    for (int b = 0; b < 9; ++b) {
      for (int64_t s = begin[b]; s < end[b]; ++s) {
        const double d[3] = {bins.r[3 * s] - r[0], bins.r[3 * s + 1] - r[1], bins.r[3 * s + 2] - r[2]};
        const double squared = VmDot3(d, d);
        if (squared < least && !VmNearIsSelf(&near, rank, bins.point[s], i)) least = squared;
      }
    }
  }
  PetscCall(VmBinsDestroy(&bins));
  PetscCall(VmImagesFree(&near));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_DOUBLE, MPI_MIN, comm));
  *distance = sqrt(least);
  PetscFunctionReturn(PETSC_SUCCESS);
}
