#include "neighbours.h"
#include "bins.h"
#include "cell.h"
#include "exchange.h"

PetscErrorCode VmNearAtoms(MPI_Comm comm, const VmAtoms *atoms, double cutoff, VmImages *near)
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

bool VmNearIsSelf(const VmImages *near, int rank, int64_t j, int64_t i)
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

static PetscErrorCode FindPartners(const VmAtoms *atoms, int rank, double cutoff, VmNeighbours *list)
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
        if (dx * dx + dy * dy + dz * dz >= cutoff * cutoff || VmNearIsSelf(&list->near, rank, bins.point[s], i))
          continue;
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
static PetscErrorCode PlanRenewal(MPI_Comm comm, int64_t own, VmNeighbours *list)
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

PetscErrorCode VmNeighboursCreate(MPI_Comm comm, const VmAtoms *atoms, double cutoff, VmNeighbours *list)
{
  int rank;

  PetscFunctionBegin;
  *list = (VmNeighbours){0};
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmNearAtoms(comm, atoms, cutoff, &list->near));
  PetscCall(FindPartners(atoms, rank, cutoff, list));
  PetscCall(PlanRenewal(comm, atoms->n, list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmNeighboursDestroy(VmNeighbours *list)
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

PetscErrorCode VmNeighboursRenew(MPI_Comm comm, const VmAtoms *atoms, VmNeighbours *list)
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
