/* Extended XYZ, plain or gzipped: rank 0 reads and parses, the arrays are broadcast. Angstrom on disk. */
#include <vitromech/atoms.h>
#include "cell.h"
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define NM_PER_ANGSTROM 0.1

enum { MAX_COLUMNS = 64 };

typedef struct {
  const char *path, *at, *end; /* rest of the text, NUL-terminated at end */
  int64_t line;                /* of the last line handed out */
  int columns, species, position;
  bool lattice, pbc;
} Reader;

static PetscErrorCode Bad(const Reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

static PetscErrorCode Bad(const Reader *reader, const char *format, ...)
{
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return VmRaiseLocal(VM_ERR_INPUT, "%s:%lld: %s", reader->path, (long long)reader->line, message);
}

/* The whole file, decompressed; zlib passes plain files through. */
static PetscErrorCode Slurp(const char *path, char **text, size_t *size)
{
  size_t capacity = 1 << 20, used = 0;
  int got, close_status;

  PetscFunctionBegin;
  gzFile file = gzopen(path, "rb");
  if (!file) return VmRaiseLocal(VM_ERR_INPUT, "%s: cannot be opened; give the path of an extended XYZ file", path);
  PetscCall(PetscMalloc(capacity + 1, text));
  while ((got = gzread(file, *text + used, (unsigned)PetscMin(capacity - used, (size_t)1 << 28))) > 0) {
    used += (size_t)got;
    if (used == capacity) {
      capacity *= 2;
      PetscCall(PetscRealloc(capacity + 1, text));
    }
  }
  close_status = gzclose(file);
  (*text)[used] = '\0';
  *size = used;
  if (got < 0 || close_status != Z_OK) {
    Reader reader = {.path = path, .line = 1};
    for (size_t i = 0; i < used; ++i) reader.line += (*text)[i] == '\n';
    PetscCall(PetscFree(*text));
    return Bad(&reader, "the compressed data are damaged or truncated here");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Next line as [*line, *line_end) without its end; false at the end of the text. */
static bool NextLine(Reader *reader, const char **line, const char **line_end)
{
  if (reader->at >= reader->end) return false;
  const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
  *line = reader->at;
  *line_end = newline ? newline : reader->end;
  reader->at = newline ? newline + 1 : reader->end;
  if (*line_end > *line && (*line_end)[-1] == '\r') --*line_end;
  ++reader->line;
  return true;
}

static bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/* Splits at blanks; returns the number of tokens, counting on past max. */
static int Tokens(const char *line, const char *end, int max, const char **token, size_t *length)
{
  int count = 0;
  for (const char *p = line; p < end;) {
    while (p < end && IsBlank(*p)) ++p;
    const char *start = p;
    while (p < end && !IsBlank(*p)) ++p;
    if (p == start) break;
    if (count < max) {
      token[count] = start;
      length[count] = (size_t)(p - start);
    }
    ++count;
  }
  return count;
}

/* A finite decimal number that fills the token exactly. */
static bool Number(const char *token, size_t length, double *value)
{
  char *stop;
  if (length == 0 || !(isdigit((unsigned char)token[0]) || strchr("+-.", token[0]))) return false;
  for (size_t i = 0; i < length; ++i) {
    if (!strchr("0123456789+-.eE", token[i])) return false;
  }
  *value = strtod(token, &stop);
  return stop == token + length && isfinite(*value);
}

static PetscErrorCode ReadLattice(Reader *reader, const char *value, size_t size, VmAtoms *atoms)
{
  const char *token[9];
  size_t length[9];
  const int count = Tokens(value, value + size, 9, token, length);
  if (count != 9) return Bad(reader, "Lattice has %d numbers, 9 are needed (three row vectors in Angstrom)", count);
  for (int i = 0; i < 9; ++i) {
    if (!Number(token[i], length[i], &atoms->cell[i / 3][i % 3])) {
      return Bad(reader, "Lattice: \"%.*s\" is not a number", (int)PetscMin(length[i], 40), token[i]);
    }
    atoms->cell[i / 3][i % 3] *= NM_PER_ANGSTROM;
  }
  double product = 1.0;
  for (int d = 0; d < 3; ++d) product *= sqrt(VmDot3(atoms->cell[d], atoms->cell[d]));
  if (!isfinite(product) || !(fabs(VmCellVolume((const double(*)[3])atoms->cell)) > 1e-6 * product)) {
    return Bad(reader, "Lattice: the three vectors span no volume");
  }
  reader->lattice = true;
  return PETSC_SUCCESS;
}

/* species:S:1:pos:R:3:... gives the columns of the symbol and of the position. */
static PetscErrorCode ReadProperties(Reader *reader, const char *value, size_t size)
{
  char text[1024], *rest = text, *field[3];
  if (size >= sizeof text) return Bad(reader, "Properties is longer than %d characters", (int)sizeof text - 1);
  memcpy(text, value, size);
  text[size] = '\0';
  reader->columns = 0;
  reader->species = reader->position = -1;
  while (rest) {
    for (int i = 0; i < 3; ++i) {
      field[i] = strsep(&rest, ":");
      if (!field[i] || !*field[i]) return Bad(reader, "Properties must be triples name:type:columns");
    }
    char *stop;
    const long count = strtol(field[2], &stop, 10);
    if (*stop || count < 1 || count > MAX_COLUMNS || reader->columns + count > MAX_COLUMNS) {
      return Bad(reader, "Properties: \"%.40s\" is no number of columns (1 to %d in all)", field[2], MAX_COLUMNS);
    }
    if (strlen(field[1]) != 1 || !strchr("SRIL", field[1][0])) {
      return Bad(reader, "Properties: type \"%.40s\" of %.40s is none of S, R, I, L", field[1], field[0]);
    }
    if (strcmp(field[0], "species") == 0 && field[1][0] == 'S' && count == 1) reader->species = reader->columns;
    if (strcmp(field[0], "pos") == 0 && field[1][0] == 'R' && count == 3) reader->position = reader->columns;
    reader->columns += (int)count;
  }
  if (reader->species < 0 || reader->position < 0) {
    return Bad(reader, "Properties must contain species:S:1 and pos:R:3");
  }
  return PETSC_SUCCESS;
}

static PetscErrorCode ReadPbc(Reader *reader, const char *value, size_t size, VmAtoms *atoms)
{
  const char *token[3];
  size_t length[3];
  bool valid = Tokens(value, value + size, 3, token, length) == 3;
  for (int d = 0; valid && d < 3; ++d) {
    const char flag = token[d][0];
    atoms->periodic[d] = flag == 'T' || flag == 't' || flag == '1';
    valid = length[d] == 1 && (atoms->periodic[d] || flag == 'F' || flag == 'f' || flag == '0');
  }
  if (!valid) return Bad(reader, "pbc=\"%.*s\" must be three of T and F", (int)PetscMin(size, 40), value);
  reader->pbc = true;
  return PETSC_SUCCESS;
}

/* key=value pairs of the comment line; values may be quoted; keys not known here are skipped. */
static PetscErrorCode ReadComment(Reader *reader, const char *p, const char *end, VmAtoms *atoms)
{
  PetscErrorCode code = PETSC_SUCCESS;
  while (p < end && !code) {
    while (p < end && IsBlank(*p)) ++p;
    const char *key = p;
    while (p < end && !IsBlank(*p) && *p != '=') ++p;
    const size_t key_size = (size_t)(p - key);
    if (p == end || *p != '=') continue;
    const char quote = ++p < end && *p == '"' ? '"' : '\0';
    const char *value = quote ? ++p : p;
    while (p < end && (quote ? *p != quote : !IsBlank(*p))) ++p;
    if (quote && p == end) return Bad(reader, "the quote after %.*s= does not end", (int)PetscMin(key_size, 40), key);
    const size_t size = (size_t)(p - value);
    if (quote) ++p;
    if (key_size == 7 && strncasecmp(key, "Lattice", 7) == 0) code = ReadLattice(reader, value, size, atoms);
    else if (key_size == 10 && strncasecmp(key, "Properties", 10) == 0) code = ReadProperties(reader, value, size);
    else if (key_size == 3 && strncasecmp(key, "pbc", 3) == 0) code = ReadPbc(reader, value, size, atoms);
  }
  return code;
}

static PetscErrorCode ReadHead(Reader *reader, VmAtoms *atoms, int64_t *count)
{
  const char *line, *end, *token[1];
  size_t length[1];
  double number;

  if (!NextLine(reader, &line, &end)) {
    reader->line = 1;
    return Bad(reader, "the file is empty");
  }
  if (Tokens(line, end, 1, token, length) != 1 || !Number(token[0], length[0], &number) || number != floor(number) ||
      number < 1 || number > INT_MAX) {
    return Bad(reader, "\"%.*s\" must be the number of atoms", (int)PetscMin(end - line, 40), line);
  }
  *count = (int64_t)number;
  if (!NextLine(reader, &line, &end)) return Bad(reader, "the file ends before the comment line");
  reader->columns = 4;
  reader->species = 0;
  reader->position = 1;
  PetscErrorCode code = ReadComment(reader, line, end, atoms);
  if (code) return code;
  if (!reader->pbc) {
    for (int d = 0; d < 3; ++d) atoms->periodic[d] = reader->lattice;
  }
  if (!reader->lattice && (atoms->periodic[0] || atoms->periodic[1] || atoms->periodic[2])) {
    return Bad(reader, "pbc is set, but Lattice is missing");
  }
  /* Shortest line: symbol, three blanks, three digits, line end. Keeps a lying count from allocating. */
  if (*count > (reader->end - reader->at + 1) / 8) {
    for (const char *p = reader->at; p < reader->end; ++p) reader->line += *p == '\n';
    return Bad(reader, "the file ends too early for %lld atoms", (long long)*count);
  }
  return PETSC_SUCCESS;
}

static PetscErrorCode ReadAtom(Reader *reader, const char *line, const char *end, VmAtoms *atoms, int64_t id)
{
  const char *token[MAX_COLUMNS];
  size_t length[MAX_COLUMNS];
  char symbol[4] = "";
  double r[3];

  const int count = Tokens(line, end, MAX_COLUMNS, token, length);
  if (count != reader->columns) return Bad(reader, "%d columns, %d are expected", count, reader->columns);
  const size_t symbol_size = length[reader->species];
  if (symbol_size < sizeof symbol) memcpy(symbol, token[reader->species], symbol_size);
  const int number = VmElementNumber(symbol);
  if (number == 0) {
    return Bad(reader, "\"%.*s\" is no element", (int)PetscMin(symbol_size, 40), token[reader->species]);
  }
  const int species = VmAtomsSpecies(atoms, number);
  if (species < 0) return Bad(reader, "more than %d elements", VM_MAX_SPECIES);
  for (int d = 0; d < 3; ++d) {
    const int column = reader->position + d;
    if (!Number(token[column], length[column], &r[d])) {
      return Bad(reader, "\"%.*s\" is no coordinate", (int)PetscMin(length[column], 40), token[column]);
    }
    r[d] *= NM_PER_ANGSTROM;
  }
  return VmAtomsAppend(atoms, species, r, id);
}

static void CellFromExtent(VmAtoms *atoms)
{
  const double *const r[3] = {atoms->x, atoms->y, atoms->z};
  for (int d = 0; d < 3; ++d) {
    double lo = r[d][0], hi = r[d][0];
    for (int64_t i = 1; i < atoms->n; ++i) {
      lo = fmin(lo, r[d][i]);
      hi = fmax(hi, r[d][i]);
    }
    for (int c = 0; c < 3; ++c) atoms->cell[d][c] = 0.0;
    atoms->cell[d][d] = fmax(hi - lo, NM_PER_ANGSTROM);
  }
}

static PetscErrorCode Parse(const char *path, const char *text, size_t size, VmAtoms *atoms)
{
  Reader reader = {.path = path, .at = text, .end = text + size};
  const char *line, *end;
  int64_t count = 0;

  PetscErrorCode code = ReadHead(&reader, atoms, &count);
  if (code) return code;
  code = VmAtomsReserve(atoms, count);
  for (int64_t i = 0; i < count && !code; ++i) {
    if (!NextLine(&reader, &line, &end)) {
      return Bad(&reader, "the file ends after %lld of %lld atoms", (long long)i, (long long)count);
    }
    code = ReadAtom(&reader, line, end, atoms, i);
  }
  if (!code && size > 0 && reader.at == reader.end && text[size - 1] != '\n') {
    code = Bad(&reader, "the last line does not end: the file seems truncated (if it is whole, append a newline)");
  }
  while (!code && NextLine(&reader, &line, &end)) {
    if (Tokens(line, end, 0, NULL, NULL) > 0) {
      code = Bad(&reader, "data after the last of %lld atoms (only files of one frame are read)", (long long)count);
    }
  }
  if (!code && !reader.lattice) CellFromExtent(atoms);
  return code;
}

static PetscErrorCode ReadOnRoot(const char *path, VmAtoms *atoms)
{
  char *text = NULL;
  size_t size = 0;

  PetscErrorCode code = Slurp(path, &text, &size);
  if (code) return code;
  code = Parse(path, text, size, atoms);
  (void)PetscFree(text);
  return code;
}

PetscErrorCode VmAtomsRead(MPI_Comm comm, const char *path, VmAtoms *atoms)
{
  int rank;

  PetscFunctionBegin;
  VmAtomsFree(atoms);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscErrorCode code = VmAgree(comm, rank == 0 ? ReadOnRoot(path, atoms) : PETSC_SUCCESS);
  if (code) VmAtomsFree(atoms);
  PetscCall(code);
  int64_t n = atoms->n;
  PetscCallMPI(MPI_Bcast(&n, 1, MPI_INT64_T, 0, comm));
  PetscCall(VmAtomsReserve(atoms, n));
  atoms->n = n;
  PetscCallMPI(MPI_Bcast(&atoms->nspecies, 1, MPI_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->number, VM_MAX_SPECIES, MPI_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->cell, 9, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->periodic, 3, MPI_C_BOOL, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->species, (int)n, MPI_UINT8_T, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->x, (int)n, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->y, (int)n, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->z, (int)n, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(atoms->id, (int)n, MPI_INT64_T, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
