#include "fill.h"
#include "exchange.h"
#include "seams.h"
#include <string.h>

typedef struct {
  int64_t id;
  double r[3];
  int64_t species;
} Record;

static double Wrapped(double x, double length)
{
  x -= length * floor(x / length);
  return x < length ? x : 0.0;
}

/* Rank whose part holds a fraction of the box along x; parts are equal shares in order of rank. */
static int OwnerOf(double s, int size)
{
  int rank = PetscMin((int)(s * size), size - 1);
  while (rank > 0 && s < (double)rank / size) --rank;
  while (rank + 1 < size && s >= (double)(rank + 1) / size) ++rank;
  return rank;
}

/* Brings atoms that moved back into the box and to the rank whose part they lie in. */
static PetscErrorCode SendHome(MPI_Comm comm, const double length[3], VmAtoms *atoms)
{
  int size;
  int64_t *to, *from, *at, n = 0;
  Record *send, *received;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscCalloc3((size_t)size, &to, (size_t)size, &from, (size_t)size, &at));
  for (int64_t i = 0; i < atoms->n; ++i) {
    atoms->x[i] = Wrapped(atoms->x[i], length[0]);
    atoms->y[i] = Wrapped(atoms->y[i], length[1]);
    atoms->z[i] = Wrapped(atoms->z[i], length[2]);
    ++to[OwnerOf(atoms->x[i] / length[0], size)];
  }
  for (int r = 1; r < size; ++r) at[r] = at[r - 1] + to[r - 1];
  PetscCall(PetscMalloc1((size_t)atoms->n, &send));
  for (int64_t i = 0; i < atoms->n; ++i) {
    send[at[OwnerOf(atoms->x[i] / length[0], size)]++] =
        (Record){atoms->id[i], {atoms->x[i], atoms->y[i], atoms->z[i]}, atoms->species[i]};
  }
  PetscCall(VmExchange(comm, sizeof *send, to, send, from, (void **)&received));
  PetscCall(PetscFree(send));
  for (int r = 0; r < size; ++r) n += from[r];
  atoms->n = 0;
  PetscCall(VmAtomsReserve(atoms, n));
  for (int64_t i = 0; i < n; ++i) {
    PetscCall(VmAtomsAppend(atoms, (int)received[i].species, received[i].r, received[i].id));
  }
  PetscCall(PetscFree(received));
  PetscCall(PetscFree3(to, from, at));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FillMosaic(MPI_Comm comm, const VmTiles *tiles, double block, const VmPart *part, VmAtoms *atoms,
                                 VmFilling *outcome)
{
  VmMosaic mosaic;
  VmContacts contacts;
  VmSeamMoves moves;
  double *depth;

  PetscFunctionBegin;
  PetscCall(VmMosaicCreate(tiles, block, &mosaic));
  PetscCall(VmContactsCreate(&tiles->tile, &contacts));
  PetscCall(VmMosaicFill(comm, &mosaic, part, VmSeamsDepth(&contacts), atoms, &depth));
  PetscCall(VmSeamsRelax(comm, &mosaic, &contacts, depth, atoms, &moves));
  PetscCall(PetscFree(depth));
  PetscCall(VmContactsDestroy(&contacts));
  PetscCall(SendHome(comm, tiles->length, atoms));
  *outcome = (VmFilling){.ids = mosaic.ids,
                         .blocks = mosaic.count[0] * mosaic.count[1] * mosaic.count[2],
                         .moved = moves.moved,
                         .largest = moves.largest};
  PetscCall(VmMosaicDestroy(&mosaic));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmGlassFill(MPI_Comm comm, const VmTiles *tiles, double block, const VmPart *part, VmAtoms *atoms,
                           VmFilling *outcome)
{
  PetscFunctionBegin;
  VmAtomsFree(atoms);
  atoms->nspecies = tiles->tile.nspecies;
  memcpy(atoms->number, tiles->tile.number, sizeof atoms->number);
  memcpy(atoms->periodic, tiles->tile.periodic, sizeof atoms->periodic);
  for (int d = 0; d < 3; ++d) atoms->cell[d][d] = tiles->length[d];
  if (tiles->tiling == VM_TILING_MOSAIC) {
    PetscCall(FillMosaic(comm, tiles, block, part, atoms, outcome));
  } else {
    *outcome = (VmFilling){.ids = tiles->count[0] * tiles->count[1] * tiles->count[2] * tiles->tile.n};
    PetscCall(VmTilesFill(tiles, part, atoms));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
