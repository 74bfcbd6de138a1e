#include "overlap.h"
#include "bins.h"
#include "cell.h"
#include "neighbours.h"
#include <float.h>
#include <string.h>

typedef struct {
  int64_t atom;
  double by[3];
} Move;

/* Partners are found anew before two atoms may have come closer than the distance by SKIN times it. */
#define SKIN 0.25
#define REPORTED 1.1 /* distances: the largest minimum that is told */

/* The moves of one step. close: pairs closer than the distance, each seen from both atoms; *least: the smallest
 * distance. */
static PetscErrorCode FindMoves(const VmAtoms *atoms, const VmNeighbours *list, double distance, int64_t *count,
                                int64_t *capacity, Move **moves, int64_t *close, double *least)
{
  const double aim = distance * 1.001; /* so that rounding does not leave a pair a bit too close */
  const VmAtoms *copies = &list->near.atoms;

  PetscFunctionBegin;
  *count = *close = 0;
  *least = DBL_MAX;
  for (int64_t i = 0; i < atoms->n; ++i) {
    Move move = {.atom = i};
    const int64_t close_before = *close;
    for (int64_t p = list->first[i]; p < list->first[i + 1]; ++p) {
      const int64_t j = list->partner[p];
      double d[3] = {atoms->x[i] - copies->x[j], atoms->y[i] - copies->y[j], atoms->z[i] - copies->z[j]};
      const double length = sqrt(VmDot3(d, d));
      *least = fmin(*least, length);
      if (length >= distance) continue;
      ++*close;
      if (length == 0.0) d[0] = atoms->id[i] < copies->id[j] ? -1.0 : 1.0;
      const double half = 0.5 * (aim - length) / (length == 0.0 ? 1.0 : length);
      for (int c = 0; c < 3; ++c) move.by[c] += half * d[c];
    }
    if (*close == close_before) continue;
    if (*count == *capacity) {
      *capacity += *capacity / 2 + 1024;
      PetscCall(PetscRealloc((size_t)*capacity * sizeof **moves, moves));
    }
    (*moves)[(*count)++] = move;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CountMoved(MPI_Comm comm, int64_t n, double (*total)[3], VmRelaxation *outcome)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    const double length = sqrt(VmDot3(total[i], total[i]));
    outcome->moved += length > 0.0;
    outcome->largest_move = fmax(outcome->largest_move, length);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &outcome->moved, 1, MPI_INT64_T, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &outcome->largest_move, 1, MPI_DOUBLE, MPI_MAX, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* since: how far every atom has gone since partners were found. Returns the farthest of those that move. */
static double MoveAtoms(int64_t count, const Move *moves, VmAtoms *atoms, double (*total)[3], double (*since)[3])
{
  double farthest = 0.0;
  for (int64_t m = 0; m < count; ++m) {
    const int64_t i = moves[m].atom;
    atoms->x[i] += moves[m].by[0];
    atoms->y[i] += moves[m].by[1];
    atoms->z[i] += moves[m].by[2];
    for (int c = 0; c < 3; ++c) {
      total[i][c] += moves[m].by[c];
      since[i][c] += moves[m].by[c];
    }
    farthest = fmax(farthest, sqrt(VmDot3(since[i], since[i])));
  }
  return farthest;
}

PetscErrorCode VmAtomsSeparate(MPI_Comm comm, VmAtoms *atoms, double distance, int max_steps, VmRelaxation *outcome)
{
  const double skin = SKIN * distance;
  VmNeighbours list;
  Move *moves = NULL;
  int64_t count, capacity = 0, close;
  double least, (*total)[3], (*since)[3];

  PetscFunctionBegin;
  *outcome = (VmRelaxation){0};
  PetscCall(PetscCalloc2((size_t)atoms->n, &total, (size_t)atoms->n, &since));
  PetscCall(VmNeighboursCreate(comm, atoms, distance + skin, &list));
  for (;;) {
    PetscCall(FindMoves(atoms, &list, distance, &count, &capacity, &moves, &close, &least));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &close, 1, MPI_INT64_T, MPI_SUM, comm));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_DOUBLE, MPI_MIN, comm));
    outcome->minimum_distance = fmin(least, REPORTED * distance);
    if (outcome->steps == 0) outcome->pairs = close / 2;
    if (close == 0 || outcome->steps == max_steps) break;
    double farthest = MoveAtoms(count, moves, atoms, total, since);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &farthest, 1, MPI_DOUBLE, MPI_MAX, comm));
    ++outcome->steps;
    if (farthest > 0.5 * skin) {
      PetscCall(VmNeighboursDestroy(&list));
      PetscCall(VmNeighboursCreate(comm, atoms, distance + skin, &list));
      memset(since, 0, (size_t)atoms->n * sizeof *since);
    } else {
      PetscCall(VmNeighboursRenew(comm, atoms, &list));
    }
  }
  PetscCall(CountMoved(comm, atoms->n, total, outcome));
  PetscCall(VmNeighboursDestroy(&list));
  PetscCall(PetscFree(moves));
  PetscCall(PetscFree2(total, since));
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
