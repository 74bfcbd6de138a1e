#include "overlap.h"
#include "bins.h"
#include "cell.h"
#include "neighbours.h"
#include <float.h>

typedef struct {
  int64_t atom;
  double by[3];
} Move;

/* The moves of one step. close: pairs closer than the distance, each seen from both atoms; ends: minus the smallest
 * distance, the largest move. */
static PetscErrorCode FindMoves(const VmAtoms *atoms, const VmNeighbours *list, double distance, int64_t *count,
                                int64_t *capacity, Move **moves, int64_t *close, double ends[2])
{
  const double aim = distance * 1.001; /* so that rounding does not leave a pair a bit too close */
  const VmAtoms *copies = &list->near.atoms;

  PetscFunctionBegin;
  *count = *close = 0;
  ends[0] = -DBL_MAX;
  ends[1] = 0.0;
  for (int64_t i = 0; i < atoms->n; ++i) {
    Move move = {.atom = i};
    const int64_t close_before = *close;
    for (int64_t p = list->first[i]; p < list->first[i + 1]; ++p) {
      const int64_t j = list->partner[p];
      double d[3] = {atoms->x[i] - copies->x[j], atoms->y[i] - copies->y[j], atoms->z[i] - copies->z[j]};
      const double length = sqrt(VmDot3(d, d));
      ends[0] = fmax(ends[0], -length);
      if (length >= distance) continue;
      ++*close;
      if (length == 0.0) d[0] = atoms->id[i] < copies->id[j] ? -1.0 : 1.0;
      const double half = 0.5 * (aim - length) / (length == 0.0 ? 1.0 : length);
      for (int c = 0; c < 3; ++c) move.by[c] += half * d[c];
    }
    if (*close == close_before) continue;
    ends[1] = fmax(ends[1], sqrt(VmDot3(move.by, move.by)));
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

PetscErrorCode VmAtomsSeparate(MPI_Comm comm, VmAtoms *atoms, double distance, int max_steps, VmRelaxation *outcome)
{
  const double skin = 0.1 * distance; /* partners are found anew before atoms may have moved by half of it */
  VmNeighbours list;
  Move *moves = NULL;
  int64_t count, capacity = 0, close;
  double ends[2], travelled = 0.0, (*total)[3];

  PetscFunctionBegin;
  *outcome = (VmRelaxation){0};
  PetscCall(PetscCalloc1((size_t)atoms->n, &total));
  PetscCall(VmNeighboursCreate(comm, atoms, distance + skin, &list));
  for (;;) {
    PetscCall(FindMoves(atoms, &list, distance, &count, &capacity, &moves, &close, ends));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &close, 1, MPI_INT64_T, MPI_SUM, comm));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPI_DOUBLE, MPI_MAX, comm));
    outcome->minimum_distance = fmin(-ends[0], distance + skin);
    if (outcome->steps == 0) outcome->pairs = close / 2;
    if (close == 0 || outcome->steps == max_steps) break;
    for (int64_t m = 0; m < count; ++m) {
      const int64_t i = moves[m].atom;
      atoms->x[i] += moves[m].by[0];
      atoms->y[i] += moves[m].by[1];
      atoms->z[i] += moves[m].by[2];
      for (int c = 0; c < 3; ++c) total[i][c] += moves[m].by[c];
    }
    ++outcome->steps;
    travelled += ends[1];
    if (travelled > 0.5 * skin) {
      PetscCall(VmNeighboursDestroy(&list));
      PetscCall(VmNeighboursCreate(comm, atoms, distance + skin, &list));
      travelled = 0.0;
    } else {
      PetscCall(VmNeighboursRenew(comm, atoms, &list));
    }
  }
  PetscCall(CountMoved(comm, atoms->n, total, outcome));
  PetscCall(VmNeighboursDestroy(&list));
  PetscCall(PetscFree(moves));
  PetscCall(PetscFree(total));
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
