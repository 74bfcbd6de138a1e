/* Every rank tells its box; every rank sends to every other the atoms and images inside that box. */
#include "images.h"
#include "cell.h"
#include "exchange.h"
#include <float.h>
#include <string.h>

typedef struct {
  int64_t id, index;
  double r[3];
  int32_t image[3];
  uint32_t species;
} Record;

typedef struct {
  const VmAtoms *atoms;
  bool images[3];
  double inverse[3][3];
  double extent[6]; /* lowest and highest coordinates of this rank's atoms */
  int size;
  double *boxes; /* [size][6] lo, hi of each rank */
  Record *records;
  int64_t count, capacity;
} Sender;

/* Along axes in which no image moves, a box need not be searched beyond the atoms (it may be given as infinite). */
static void ClipBox(const Sender *sender, const double box[6], double clipped[6])
{
  const VmAtoms *atoms = sender->atoms;
  memcpy(clipped, box, 6 * sizeof *box);
  for (int c = 0; c < 3; ++c) {
    bool moves = false;
    for (int d = 0; d < 3; ++d) moves = moves || (sender->images[d] && atoms->cell[d][c] != 0.0);
    if (moves) continue;
    clipped[c] = fmax(box[c], sender->extent[c]);
    clipped[c + 3] = fmin(box[c + 3], sender->extent[c + 3]);
  }
}

/* Range of the fractional coordinates of the corners of a box. */
static void FractionalRange(const Sender *sender, const double box[6], double lo[3], double hi[3])
{
  for (int d = 0; d < 3; ++d) {
    lo[d] = DBL_MAX;
    hi[d] = -DBL_MAX;
  }
  for (int corner = 0; corner < 8; ++corner) {
    double r[3], s[3];
    for (int d = 0; d < 3; ++d) r[d] = box[d + (corner >> d & 1 ? 3 : 0)];
    VmRowTimes(r, sender->inverse, s);
    for (int d = 0; d < 3; ++d) {
      lo[d] = fmin(lo[d], s[d]);
      hi[d] = fmax(hi[d], s[d]);
    }
  }
}

static PetscErrorCode Push(Sender *sender, const Record *record)
{
  PetscFunctionBegin;
  if (sender->count == sender->capacity) {
    sender->capacity += sender->capacity / 2 + 4096;
    PetscCall(PetscRealloc((size_t)sender->capacity * sizeof *sender->records, &sender->records));
  }
  sender->records[sender->count++] = *record;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Images of atom i inside the box, in lexicographic order of the image. */
static PetscErrorCode PushImages(Sender *sender, int64_t i, const double box[6], const double lo[3], const double hi[3])
{
  const double slack = 1e-9; /* of the search range only; the box itself is tested exactly */
  const VmAtoms *atoms = sender->atoms;
  const double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
  double s[3];
  int first[3] = {0, 0, 0}, last[3] = {0, 0, 0};
  Record record = {.id = atoms->id[i], .index = i, .species = atoms->species[i]};

  PetscFunctionBegin;
  VmRowTimes(r, sender->inverse, s);
  for (int d = 0; d < 3; ++d) {
    if (sender->images[d]) {
      first[d] = (int)ceil(lo[d] - s[d] - slack);
      last[d] = (int)floor(hi[d] - s[d] + slack);
    } else if (s[d] < lo[d] - slack || s[d] > hi[d] + slack) {
      last[d] = -1;
    }
    if (first[d] > last[d]) PetscFunctionReturn(PETSC_SUCCESS);
  }
  int *n = record.image;
  for (n[0] = first[0]; n[0] <= last[0]; ++n[0]) {
    for (n[1] = first[1]; n[1] <= last[1]; ++n[1]) {
      for (n[2] = first[2]; n[2] <= last[2]; ++n[2]) {
        memcpy(record.r, r, sizeof r);
        VmCellShift((const double(*)[3])atoms->cell, n, record.r);
        bool inside = true;
        for (int d = 0; d < 3; ++d) inside = inside && record.r[d] >= box[d] && record.r[d] < box[d + 3];
        if (inside) PetscCall(Push(sender, &record));
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Records of different ranks never share an id, and each rank sends the images of an atom in order: a stable sort by id
 * gives the order by id, then image. */
static PetscErrorCode Unpack(const Sender *sender, const int64_t *from, const Record *received, VmImages *inside)
{
  VmAtoms *out = &inside->atoms;
  int64_t n = 0, lowest = INT64_MAX, *keys, *order;
  int *source;

  PetscFunctionBegin;
  for (int r = 0; r < sender->size; ++r) n += from[r];
  PetscCall(PetscMalloc2((size_t)n, &keys, (size_t)n, &source));
  for (int64_t i = 0; i < n; ++i) lowest = PetscMin(lowest, received[i].id);
  for (int64_t i = 0; i < n; ++i) keys[i] = received[i].id - lowest;
  int64_t at = 0;
  for (int r = 0; r < sender->size; ++r) {
    for (int64_t i = 0; i < from[r]; ++i) source[at++] = r;
  }
  PetscCall(VmSortOrder(n, keys, &order));
  PetscCall(VmAtomsReserve(out, n));
  PetscCall(PetscMalloc1((size_t)n, &inside->owner));
  PetscCall(PetscMalloc1((size_t)n, &inside->index));
  PetscCall(PetscMalloc1((size_t)n, &inside->image));
  for (int64_t i = 0; i < n; ++i) {
    const Record *record = &received[order[i]];
    PetscCall(VmAtomsAppend(out, (int)record->species, record->r, record->id));
    inside->owner[i] = source[order[i]];
    inside->index[i] = record->index;
    memcpy(inside->image[i], record->image, sizeof inside->image[i]);
  }
  PetscCall(PetscFree(order));
  PetscCall(PetscFree2(keys, source));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmAtomsExtent(const VmAtoms *atoms, double lo[3], double hi[3])
{
  const double *const r[3] = {atoms->x, atoms->y, atoms->z};
  for (int d = 0; d < 3; ++d) {
    lo[d] = DBL_MAX;
    hi[d] = -DBL_MAX;
    for (int64_t i = 0; i < atoms->n; ++i) {
      if (r[d][i] < lo[d]) lo[d] = r[d][i];
      if (r[d][i] > hi[d]) hi[d] = r[d][i];
    }
  }
}

PetscErrorCode VmImagesGet(MPI_Comm comm, const VmAtoms *atoms, const double lo[3], const double hi[3],
                           const bool images[3], VmImages *inside)
{
  Sender sender = {.atoms = atoms};
  const double box[6] = {lo[0], lo[1], lo[2], hi[0], hi[1], hi[2]};
  int64_t *to, *from;
  void *received;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &sender.size));
  VmAtomsExtent(atoms, sender.extent, sender.extent + 3);
  VmAssert(VmCellVolume((const double(*)[3])atoms->cell) != 0.0);
  VmCellInverse((const double(*)[3])atoms->cell, sender.inverse);
  for (int d = 0; d < 3; ++d) sender.images[d] = images[d] && atoms->periodic[d];
  PetscCall(PetscMalloc1((size_t)sender.size * 6, &sender.boxes));
  PetscCallMPI(MPI_Allgather(box, 6, MPI_DOUBLE, sender.boxes, 6, MPI_DOUBLE, comm));
  PetscCall(PetscCalloc2((size_t)sender.size, &to, (size_t)sender.size, &from));
  for (int r = 0; r < sender.size; ++r) {
    const double *wanted = sender.boxes + 6 * r;
    const int64_t before = sender.count;
    double clipped[6], first[3], last[3];
    ClipBox(&sender, wanted, clipped);
    if (atoms->n == 0 || !(clipped[0] <= clipped[3] && clipped[1] <= clipped[4] && clipped[2] <= clipped[5])) continue;
    FractionalRange(&sender, clipped, first, last);
    for (int d = 0; d < 3; ++d)
      PetscCheck(fabs(first[d]) < 1e6 && fabs(last[d]) < 1e6, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
                 "the box holds more than 1e6 images along axis %d", d);
    for (int64_t i = 0; i < atoms->n; ++i) PetscCall(PushImages(&sender, i, wanted, first, last));
    to[r] = sender.count - before;
  }
  PetscCall(VmExchange(comm, sizeof(Record), to, sender.records, from, &received));
  PetscCall(PetscFree(sender.records));
  *inside = (VmImages){.atoms = {.nspecies = atoms->nspecies}};
  memcpy(inside->atoms.number, atoms->number, sizeof atoms->number);
  memcpy(inside->atoms.cell, atoms->cell, sizeof atoms->cell);
  memcpy(inside->atoms.periodic, atoms->periodic, sizeof atoms->periodic);
  PetscCall(Unpack(&sender, from, received, inside));
  PetscCall(PetscFree(received));
  PetscCall(PetscFree2(to, from));
  PetscCall(PetscFree(sender.boxes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmImagesFree(VmImages *inside)
{
  PetscFunctionBegin;
  VmAtomsFree(&inside->atoms);
  PetscCall(PetscFree(inside->owner));
  PetscCall(PetscFree(inside->index));
  PetscCall(PetscFree(inside->image));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAtomsExtract(MPI_Comm comm, const VmAtoms *atoms, const double lo[3], const double hi[3],
                              const bool images[3], VmAtoms *inside)
{
  VmImages copies;

  PetscFunctionBegin;
  PetscCall(VmImagesGet(comm, atoms, lo, hi, images, &copies));
  VmAtomsFree(inside);
  *inside = copies.atoms;
  copies.atoms = (VmAtoms){0};
  PetscCall(VmImagesFree(&copies));
  PetscFunctionReturn(PETSC_SUCCESS);
}
