/* A file of one line for each atom, read by all ranks: each maps the file and parses the lines that begin in its range
 * of bytes. What is wrong with a file is left to be found and named by one rank, line by line. */
#include "format.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  const char *at; /* NULL: no plain file */
  size_t size;
} Map;

/* What rank 0 tells the others. */
typedef struct {
  bool valid, periodic[3];
  double cell[3][3];
  int64_t begin, end, count; /* of the lines in the file [bytes]; atoms */
  _Alignas(16) char layout[VM_ATOMS_LAYOUT];
} Head;

static void Unmap(Map *map)
{
  if (map->at) munmap((void *)map->at, map->size);
  *map = (Map){0};
}

/* Not gzipped; ends with a newline, so that no number is read beyond the end. */
static void MapFile(const char *path, Map *map)
{
  struct stat status;
  *map = (Map){0};
  const int file = open(path, O_RDONLY);
  if (file < 0) return;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    void *at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (at != MAP_FAILED) *map = (Map){at, (size_t)status.st_size};
  }
  close(file);
  if (map->at && (map->at[0] == '\x1f' || map->at[map->size - 1] != '\n')) Unmap(map);
}

static VmText TextOf(const char *path, const Map *map, int64_t begin, int64_t end)
{
  return (VmText){.path = path, .at = map->at + begin, .end = map->at + end, .quiet = true};
}

static const VmAtomLines *LinesOf(const char *path, const Map *map, const VmAtomsHints *hints)
{
  if (!map->at) return NULL;
  const VmText text = TextOf(path, map, 0, (int64_t)map->size);
  const VmAtomsFormat *format = VmAtomsFormatOf(&text);
  return format && (format->frames || hints->frame <= 1) ? format->lines : NULL;
}

static void ReadHead(const char *path, const Map *map, const VmAtomsHints *hints, const VmAtomLines *lines, Head *head)
{
  VmText text = TextOf(path, map, 0, (int64_t)map->size);
  VmAtoms atoms = {0};
  const char *end;

  if (lines->layout > sizeof head->layout) return;
  if (lines->head(&text, hints, head->layout, &atoms, &head->count, &end)) return;
  memcpy(head->cell, atoms.cell, sizeof head->cell);
  memcpy(head->periodic, atoms.periodic, sizeof head->periodic);
  head->begin = text.at - map->at;
  head->end = end - map->at;
  head->valid = true;
}

/* The first line that begins at the byte `at` of the file or behind it. */
static int64_t LineFrom(const Map *map, const Head *head, int64_t at)
{
  if (at <= head->begin) return head->begin;
  const char *newline = memchr(map->at + at - 1, '\n', (size_t)(head->end - at + 1));
  return newline ? newline + 1 - map->at : head->end;
}

static int CountLines(VmText text)
{
  int count = 0;
  VmToken line;
  while (VmTextLine(&text, &line)) ++count;
  return count;
}

static PetscErrorCode ParseLines(VmText text, const VmAtomsHints *hints, const VmAtomLines *lines, const Head *head,
                                 const VmAtoms *atoms, int64_t first, VmAtomRecord *record)
{
  PetscErrorCode code = PETSC_SUCCESS;
  VmToken line;
  for (int64_t i = first; !code && VmTextLine(&text, &line); ++i) {
    code = lines->line(&text, hints, head->layout, atoms, i, line, &record[i]);
  }
  return code;
}

/* records: [size of comm] of each rank, then the first of each. */
static PetscErrorCode ShareRecords(MPI_Comm comm, const int *records, VmAtomRecord *record)
{
  int size;
  MPI_Datatype type;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCallMPI(MPI_Type_contiguous(sizeof *record, MPI_BYTE, &type));
  PetscCallMPI(MPI_Type_commit(&type));
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, type, record, records, records + size, type, comm));
  PetscCallMPI(MPI_Type_free(&type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The atoms below a valid head, on all ranks; *wrong: on any of them something is. */
static PetscErrorCode ReadLines(MPI_Comm comm, const char *path, const Map *map, const VmAtomsHints *hints,
                                const VmAtomLines *lines, const Head *head, VmAtoms *atoms, PetscErrorCode *wrong)
{
  int rank, size, *records;
  VmAtomRecord *record;
  int64_t total = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc2((size_t)head->count, &record, 2 * (size_t)size, &records));
  const int64_t bytes = head->end - head->begin, part = bytes / size, rest = bytes % size;
  const int64_t lo = head->begin + rank * part + PetscMin(rank, rest);
  const VmText text = TextOf(path, map, LineFrom(map, head, lo), LineFrom(map, head, lo + part + (rank < rest)));
  records[rank] = CountLines(text);
  PetscCallMPI(MPI_Allgather(MPI_IN_PLACE, 0, MPI_INT, records, 1, MPI_INT, comm));
  for (int r = 0; r < size; ++r) {
    records[size + r] = (int)total;
    total += records[r];
  }
  *wrong = total == head->count ? PETSC_SUCCESS : VM_ERR_INPUT;
  if (!*wrong) {
    *wrong = VmAgree(comm, ParseLines(text, hints, lines, head, atoms, records[size + rank], record));
  }
  if (!*wrong) {
    PetscCall(ShareRecords(comm, records, record));
    *wrong = VmAgree(comm, lines->fill(&text, hints, head->layout, total, record, atoms));
  }
  PetscCall(PetscFree2(record, records));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAtomsReadShared(MPI_Comm comm, const char *path, const VmAtomsHints *hints, VmAtoms *atoms, bool *done)
{
  int rank, size;
  Map map;
  Head head = {0};
  PetscErrorCode wrong = PETSC_SUCCESS;

  PetscFunctionBegin;
  *done = false;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  if (size == 1) PetscFunctionReturn(PETSC_SUCCESS);
  MapFile(path, &map);
  const VmAtomLines *lines = LinesOf(path, &map, hints);
  if (rank == 0 && lines) ReadHead(path, &map, hints, lines, &head);
  PetscCallMPI(MPI_Bcast(&head, sizeof head, MPI_BYTE, 0, comm));
  const bool usable = head.valid && lines && (int64_t)map.size >= head.end;
  wrong = VmAgree(comm, usable ? PETSC_SUCCESS : VM_ERR_INPUT);
  if (!wrong) {
    memcpy(atoms->cell, head.cell, sizeof head.cell);
    memcpy(atoms->periodic, head.periodic, sizeof head.periodic);
    PetscCall(ReadLines(comm, path, &map, hints, lines, &head, atoms, &wrong));
  }
  Unmap(&map);
  if (wrong) VmAtomsFree(atoms);
  *done = !wrong;
  PetscFunctionReturn(PETSC_SUCCESS);
}
