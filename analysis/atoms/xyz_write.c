/* Extended XYZ in lines of fixed width, so that every rank writes its own part of the file. Angstrom on disk. */
#include <vitromech/atoms.h>
#include "exchange.h"
#include <fcntl.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANGSTROM_PER_NM 10.0

enum { DECIMALS = 6, WIDTH = 14, LINE = 2 + 3 * (1 + WIDTH) + 1, LINES_PER_WRITE = 1 << 18, HEAD = 2048 };

typedef struct {
  int64_t id;
  double r[3];
  int64_t species;
} Record;

/* v with DECIMALS decimals, right-aligned in WIDTH characters; false if it does not fit. Many times faster than printf,
 * which takes longer than the disk. */
static bool PutFixed(double v, char *out)
{
  const double scaled = v * 1e6;
  if (!(fabs(scaled) < 1e12)) return false;
  int64_t digits = llround(fabs(scaled));
  const bool negative = scaled < 0 && digits > 0;
  int at = WIDTH;
  for (int i = 0; at > 0 && (i <= DECIMALS || digits > 0); ++i) {
    if (i == DECIMALS) out[--at] = '.';
    out[--at] = (char)('0' + digits % 10);
    digits /= 10;
  }
  if (negative && at > 0) out[--at] = '-';
  memset(out, ' ', (size_t)at);
  return digits == 0;
}

static bool PutAtom(const VmAtoms *atoms, const Record *record, char *line)
{
  const char *symbol = VmElementSymbol(atoms->number[record->species]);
  bool fits = symbol != NULL;
  line[0] = symbol ? symbol[0] : '?';
  line[1] = symbol && symbol[1] ? symbol[1] : ' ';
  for (int d = 0; d < 3; ++d) {
    char *field = line + 2 + d * (1 + WIDTH);
    field[0] = ' ';
    fits = PutFixed(record->r[d] * ANGSTROM_PER_NM, field + 1) && fits;
  }
  line[LINE - 1] = '\n';
  return fits;
}

/* Redistributes so that rank r holds the r-th range of ids, in order. */
static PetscErrorCode SortById(MPI_Comm comm, const VmAtoms *atoms, int64_t *n, Record **sorted)
{
  int size;
  int64_t range[2] = {INT64_MIN, INT64_MIN}, *to, *from, *at, *order, *keys; /* range: -min, max */
  Record *send, *received;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (int64_t i = 0; i < atoms->n; ++i) {
    range[0] = PetscMax(range[0], -atoms->id[i]);
    range[1] = PetscMax(range[1], atoms->id[i]);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_INT64_T, MPI_MAX, comm));
  const int64_t first = -range[0], share = (range[1] - first) / size + 1;
  PetscCall(PetscCalloc1((size_t)size * 3, &to));
  from = to + size;
  at = from + size;
  for (int64_t i = 0; i < atoms->n; ++i) ++to[(atoms->id[i] - first) / share];
  for (int r = 1; r < size; ++r) at[r] = at[r - 1] + to[r - 1];
  PetscCall(PetscMalloc1((size_t)atoms->n, &send));
  for (int64_t i = 0; i < atoms->n; ++i) {
    send[at[(atoms->id[i] - first) / share]++] =
        (Record){atoms->id[i], {atoms->x[i], atoms->y[i], atoms->z[i]}, atoms->species[i]};
  }
  PetscCall(VmExchange(comm, sizeof *send, to, send, from, (void **)&received));
  PetscCall(PetscFree(send));
  *n = 0;
  for (int r = 0; r < size; ++r) *n += from[r];
  PetscCall(PetscFree(to));
  PetscCall(PetscMalloc1((size_t)*n, &keys));
  for (int64_t i = 0; i < *n; ++i) keys[i] = received[i].id - first;
  PetscCall(VmSortOrder(*n, keys, &order));
  PetscCall(PetscMalloc1((size_t)*n, sorted));
  for (int64_t i = 0; i < *n; ++i) (*sorted)[i] = received[order[i]];
  PetscCall(PetscFree(keys));
  PetscCall(PetscFree(order));
  PetscCall(PetscFree(received));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int FormatHead(const char *comment, const VmAtoms *atoms, int64_t total, char head[HEAD])
{
  char lattice[512] = "";
  for (int i = 0; i < 9; ++i) {
    const size_t used = strlen(lattice);
    snprintf(lattice + used, sizeof lattice - used, "%s%.15g", i ? " " : "",
             atoms->cell[i / 3][i % 3] * ANGSTROM_PER_NM);
  }
  int length = snprintf(head, HEAD, "%lld\nLattice=\"%s\" Properties=species:S:1:pos:R:3 pbc=\"%c %c %c\" comment=\"",
                        (long long)total, lattice, atoms->periodic[0] ? 'T' : 'F', atoms->periodic[1] ? 'T' : 'F',
                        atoms->periodic[2] ? 'T' : 'F');
  for (const char *c = comment ? comment : ""; *c && length < HEAD - 3; ++c) {
    head[length++] = *c == '"' || *c == '\n' || *c == '\r' ? '\'' : *c;
  }
  head[length++] = '"';
  head[length++] = '\n';
  return length;
}

/* All ranks must make the same number of collective writes. Returns VM_ERR_FILE or VM_ERR_INPUT, maybe not on all. */
static PetscErrorCode WriteLines(MPI_Comm comm, MPI_File file, int64_t offset, const VmAtoms *atoms, int64_t n,
                                 const Record *sorted, bool *fits)
{
  int64_t writes = (n + LINES_PER_WRITE - 1) / LINES_PER_WRITE;
  char *text;
  bool failed = false;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &writes, 1, MPI_INT64_T, MPI_MAX, comm));
  PetscCall(PetscMalloc((size_t)PetscMin(n, LINES_PER_WRITE) * LINE, &text));
  for (int64_t w = 0; w < writes; ++w) {
    const int64_t begin = PetscMin(w * LINES_PER_WRITE, n), end = PetscMin(begin + LINES_PER_WRITE, n);
    for (int64_t i = begin; i < end; ++i) *fits = PutAtom(atoms, &sorted[i], text + (i - begin) * LINE) && *fits;
    failed = MPI_File_write_at_all(file, (MPI_Offset)(offset + begin * LINE), text, (int)((end - begin) * LINE),
                                   MPI_CHAR, MPI_STATUS_IGNORE) != MPI_SUCCESS ||
             failed;
  }
  PetscCall(PetscFree(text));
  PetscFunctionReturn(failed ? VM_ERR_FILE : PETSC_SUCCESS);
}

/* Makes the finished temporary file the file of that name, durably. Rank 0 only. */
static bool Publish(const char *temporary, const char *path)
{
  if (rename(temporary, path) != 0) return false;
  char *copy = strdup(path);
  const int directory = copy ? open(dirname(copy), O_RDONLY) : -1;
  if (directory >= 0) {
    (void)fsync(directory);
    close(directory);
  }
  free(copy);
  return true;
}

PetscErrorCode VmAtomsWrite(MPI_Comm comm, const char *path, const char *comment, const VmAtoms *atoms)
{
  int rank;
  int64_t n, total, before = 0;
  Record *sorted;
  char head[HEAD], temporary[PETSC_MAX_PATH_LEN];
  MPI_File file;
  bool fits = true;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if ((size_t)snprintf(temporary, sizeof temporary, "%s.part", path) >= sizeof temporary) {
    VmThrow(comm, VM_ERR_FILE, "%s: the path is too long", path);
  }
  PetscCall(VmAtomsCount(comm, atoms, &total));
  PetscCall(SortById(comm, atoms, &n, &sorted));
  PetscCallMPI(MPI_Exscan(&n, &before, 1, MPI_INT64_T, MPI_SUM, comm));
  if (rank == 0) {
    before = 0;
    (void)unlink(temporary);
  }
  const int head_size = FormatHead(comment, atoms, total, head);
  PetscCallMPI(MPI_Barrier(comm));
  int status = MPI_File_open(comm, temporary, MPI_MODE_CREATE | MPI_MODE_WRONLY, MPI_INFO_NULL, &file);
  if (VmAgree(comm, status == MPI_SUCCESS ? PETSC_SUCCESS : VM_ERR_FILE)) {
    PetscCall(PetscFree(sorted));
    VmThrow(comm, VM_ERR_FILE, "%s: cannot be created", temporary);
  }
  PetscErrorCode code = PETSC_SUCCESS;
  if (rank == 0 && MPI_File_write_at(file, 0, head, head_size, MPI_CHAR, MPI_STATUS_IGNORE)) code = VM_ERR_FILE;
  const PetscErrorCode lines = WriteLines(comm, file, head_size + before * LINE, atoms, n, sorted, &fits);
  if (MPI_File_sync(file)) code = VM_ERR_FILE;
  if (MPI_File_close(&file)) code = VM_ERR_FILE;
  PetscCall(PetscFree(sorted));
  code = VmAgree(comm, code ? code : lines);
  const bool all_fit = VmAgree(comm, fits ? PETSC_SUCCESS : VM_ERR_INPUT) == PETSC_SUCCESS;
  if (rank == 0 && !code && all_fit && !Publish(temporary, path)) code = VM_ERR_FILE;
  code = VmAgree(comm, code);
  if (rank == 0 && (code || !all_fit)) (void)unlink(temporary);
  if (code) VmThrow(comm, VM_ERR_FILE, "%s: cannot be written (disk full or no permission?)", path);
  if (!all_fit) VmThrow(comm, VM_ERR_INPUT, "%s: a coordinate exceeds 999999 Angstrom or is not a number", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}
