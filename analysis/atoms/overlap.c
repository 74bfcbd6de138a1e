#include "overlap.h"
#include "bins.h"
#include "cell.h"
#include "exchange.h"
#include "images.h"
#include <float.h>
#include <string.h>

/* Neighbours of this rank's atoms up to a cutoff. Atoms of other ranks and periodic images are copies ("ghosts"),
 * renewed from their owners before each step. */
typedef struct {
  VmImages near;           /* this rank's atoms and ghosts, sorted by id, then image */
  int64_t *first;          /* [n + 1] first partner of each own atom */
  int64_t *partner;        /* index into near, ascending for each atom: a fixed order of summation */
  int64_t ghosts, served;  /* ghosts that are some atom's partner; copies this rank sends */
  int64_t *ghost;          /* [ghosts] index into near, by owner */
  int64_t *serve;          /* [served] own atom to send, by receiver */
  int64_t *wanted, *given; /* [ranks] ghosts from each rank, copies to each rank */
} Neighbours;

static PetscErrorCode GetNear(MPI_Comm comm, const VmAtoms *atoms, double cutoff, VmImages *near)
{
  const bool everywhere[3] = {true, true, true};
  const double margin = cutoff * (1.0 + 1e-9);
  double lo[3], hi[3];

  PetscFunctionBegin;
  VmAtomsExtent(atoms, lo, hi);
  for (int d = 0; d < 3 && atoms->n > 0; ++d) {
    lo[d] -= margin;
    hi[d] += margin;
  }
  PetscCall(VmImagesGet(comm, atoms, lo, hi, everywhere, near));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool IsImage(const int image[3]) { return image[0] != 0 || image[1] != 0 || image[2] != 0; }

static bool IsSelf(const VmImages *near, int rank, int64_t j, int64_t i)
{
  return near->owner[j] == rank && near->index[j] == i && !IsImage(near->image[j]);
}

static void SortAscending(int64_t n, int64_t *values)
{
  for (int64_t i = 1; i < n; ++i) {
    const int64_t value = values[i];
    int64_t j = i;
    for (; j > 0 && values[j - 1] > value; --j) values[j] = values[j - 1];
    values[j] = value;
  }
}

static PetscErrorCode FindPartners(const VmAtoms *atoms, int rank, double cutoff, Neighbours *list)
{
  const VmAtoms *copies = &list->near.atoms;
  int64_t capacity = atoms->n + 1024, count = 0, begin[9], end[9];
  VmBins bins;

  PetscFunctionBegin;
  PetscCall(VmBinsCreate(copies->n, copies->x, copies->y, copies->z, cutoff, &bins));
  PetscCall(PetscMalloc1((size_t)atoms->n + 1, &list->first));
  PetscCall(PetscMalloc1((size_t)capacity, &list->partner));
  list->first[0] = 0;
  for (int64_t i = 0; i < atoms->n; ++i) {
    const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    VmBinsNear(&bins, r, begin, end);
    for (int b = 0; b < 9; ++b) {
      for (int64_t s = begin[b]; s < end[b]; ++s) {
        const double *p = bins.r + 3 * s;
        const double dx = p[0] - r[0], dy = p[1] - r[1], dz = p[2] - r[2];
        if (dx * dx + dy * dy + dz * dz >= cutoff * cutoff || IsSelf(&list->near, rank, bins.point[s], i)) continue;
        if (count == capacity) {
          capacity += capacity / 2;
          PetscCall(PetscRealloc((size_t)capacity * sizeof *list->partner, &list->partner));
        }
        list->partner[count++] = bins.point[s];
      }
    }
    SortAscending(count - list->first[i], list->partner + list->first[i]);
    list->first[i + 1] = count;
  }
  PetscCall(VmBinsDestroy(&bins));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Tells every owner which of its atoms this rank will need before each step. */
static PetscErrorCode PlanRenewal(MPI_Comm comm, int64_t own, Neighbours *list)
{
  int size;
  int64_t *request, *at, used = 0;
  bool *needed;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscCalloc2((size_t)size, &list->wanted, (size_t)size, &list->given));
  PetscCall(PetscCalloc1((size_t)size, &at));
  PetscCall(PetscCalloc1((size_t)list->near.atoms.n, &needed));
  for (int64_t p = 0; p < list->first[own]; ++p) needed[list->partner[p]] = true;
  for (int64_t j = 0; j < list->near.atoms.n; ++j) {
    if (needed[j]) ++list->wanted[list->near.owner[j]];
  }
  for (int r = 0; r < size; ++r) {
    at[r] = used;
    used += list->wanted[r];
  }
  list->ghosts = used;
  PetscCall(PetscMalloc1((size_t)used, &list->ghost));
  PetscCall(PetscMalloc1((size_t)used, &request));
  for (int64_t j = 0; j < list->near.atoms.n; ++j) {
    if (!needed[j]) continue;
    const int64_t slot = at[list->near.owner[j]]++;
    list->ghost[slot] = j;
    request[slot] = list->near.index[j];
  }
  PetscCall(VmExchange(comm, sizeof *request, list->wanted, request, list->given, (void **)&list->serve));
  for (int r = 0; r < size; ++r) list->served += list->given[r];
  PetscCall(PetscFree(request));
  PetscCall(PetscFree(needed));
  PetscCall(PetscFree(at));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BuildNeighbours(MPI_Comm comm, const VmAtoms *atoms, double cutoff, Neighbours *list)
{
  int rank;

  PetscFunctionBegin;
  *list = (Neighbours){0};
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(GetNear(comm, atoms, cutoff, &list->near));
  PetscCall(FindPartners(atoms, rank, cutoff, list));
  PetscCall(PlanRenewal(comm, atoms->n, list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeNeighbours(Neighbours *list)
{
  PetscFunctionBegin;
  PetscCall(VmImagesFree(&list->near));
  PetscCall(PetscFree(list->first));
  PetscCall(PetscFree(list->partner));
  PetscCall(PetscFree(list->ghost));
  PetscCall(PetscFree(list->serve));
  PetscCall(PetscFree2(list->wanted, list->given));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Gets the present positions of all partners from their owners. */
static PetscErrorCode RenewGhosts(MPI_Comm comm, const VmAtoms *atoms, Neighbours *list)
{
  VmAtoms *copies = &list->near.atoms;
  double(*send)[3], (*received)[3];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)list->served, &send));
  for (int64_t i = 0; i < list->served; ++i) {
    const int64_t own = list->serve[i];
    send[i][0] = atoms->x[own];
    send[i][1] = atoms->y[own];
    send[i][2] = atoms->z[own];
  }
  PetscCall(VmExchange(comm, sizeof *send, list->given, send, list->wanted, (void **)&received));
  for (int64_t i = 0; i < list->ghosts; ++i) {
    const int64_t j = list->ghost[i];
    VmCellShift((const double(*)[3])atoms->cell, list->near.image[j], received[i]);
    copies->x[j] = received[i][0];
    copies->y[j] = received[i][1];
    copies->z[j] = received[i][2];
  }
  PetscCall(PetscFree(send));
  PetscCall(PetscFree(received));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  int64_t atom;
  double by[3];
} Move;

/* The moves of one step. close: pairs closer than the distance, each seen from both atoms; ends: minus the smallest
 * distance, the largest move. */
static PetscErrorCode FindMoves(const VmAtoms *atoms, const Neighbours *list, double distance, int64_t *count,
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
  Neighbours list;
  Move *moves = NULL;
  int64_t count, capacity = 0, close;
  double ends[2], travelled = 0.0, (*total)[3];

  PetscFunctionBegin;
  *outcome = (VmRelaxation){0};
  PetscCall(PetscCalloc1((size_t)atoms->n, &total));
  PetscCall(BuildNeighbours(comm, atoms, distance + skin, &list));
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
      PetscCall(FreeNeighbours(&list));
      PetscCall(BuildNeighbours(comm, atoms, distance + skin, &list));
      travelled = 0.0;
    } else {
      PetscCall(RenewGhosts(comm, atoms, &list));
    }
  }
  PetscCall(CountMoved(comm, atoms->n, total, outcome));
  PetscCall(FreeNeighbours(&list));
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
  PetscCall(GetNear(comm, atoms, search, &near));
  PetscCall(VmBinsCreate(near.atoms.n, near.atoms.x, near.atoms.y, near.atoms.z, search, &bins));
  for (int64_t i = 0; i < atoms->n; ++i) {
    const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    VmBinsNear(&bins, r, begin, end);
    for (int b = 0; b < 9; ++b) {
      for (int64_t s = begin[b]; s < end[b]; ++s) {
        const double d[3] = {bins.r[3 * s] - r[0], bins.r[3 * s + 1] - r[1], bins.r[3 * s + 2] - r[2]};
        const double squared = VmDot3(d, d);
        if (squared < least && !IsSelf(&near, rank, bins.point[s], i)) least = squared;
      }
    }
  }
  PetscCall(VmBinsDestroy(&bins));
  PetscCall(VmImagesFree(&near));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_DOUBLE, MPI_MIN, comm));
  *distance = sqrt(least);
  PetscFunctionReturn(PETSC_SUCCESS);
}
