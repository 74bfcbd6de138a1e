/* Extended XYZ. Angstrom on disk. */
#include "format.h"
#include "cell.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_COLUMNS = 64 };

typedef struct {
  int columns, species, position;
  bool lattice, pbc;
} Layout;

typedef struct {
  const VmText *text;
  Layout layout;
} Reader;

static PetscErrorCode ReadLattice(Reader *reader, VmToken value, VmAtoms *atoms)
{
  VmToken token[9];
  const int count = VmTokens(value, 9, token);
  if (count != 9)
    return VmTextBad(reader->text, "Lattice has %d numbers, 9 are needed (three row vectors in Angstrom)", count);
  for (int i = 0; i < 9; ++i) {
    if (!VmTokenNumber(token[i], &atoms->cell[i / 3][i % 3])) {
      return VmTextBad(reader->text, "Lattice: \"%.*s\" is not a number", VM_TOKEN(token[i]));
    }
    atoms->cell[i / 3][i % 3] *= VM_NM_PER_ANGSTROM;
  }
  double product = 1.0;
  for (int d = 0; d < 3; ++d) product *= sqrt(VmDot3(atoms->cell[d], atoms->cell[d]));
  if (!isfinite(product) || !(fabs(VmCellVolume((const double(*)[3])atoms->cell)) > 1e-6 * product)) {
    return VmTextBad(reader->text, "Lattice: the three vectors span no volume");
  }
  reader->layout.lattice = true;
  return PETSC_SUCCESS;
}

/* species:S:1:pos:R:3:... gives the columns of the symbol and of the position. */
static PetscErrorCode ReadProperties(Reader *reader, VmToken value)
{
  char text[1024], *rest = text, *field[3];
  if (value.length >= sizeof text)
    return VmTextBad(reader->text, "Properties is longer than %d characters", (int)sizeof text - 1);
  memcpy(text, value.at, value.length);
  text[value.length] = '\0';
  reader->layout.columns = 0;
  reader->layout.species = reader->layout.position = -1;
  while (rest) {
    for (int i = 0; i < 3; ++i) {
      field[i] = strsep(&rest, ":");
      if (!field[i] || !*field[i]) return VmTextBad(reader->text, "Properties must be triples name:type:columns");
    }
    char *stop;
    const long count = strtol(field[2], &stop, 10);
    if (*stop || count < 1 || count > MAX_COLUMNS || reader->layout.columns + count > MAX_COLUMNS) {
      return VmTextBad(reader->text, "Properties: \"%.40s\" is no number of columns (1 to %d in all)", field[2],
                       MAX_COLUMNS);
    }
    if (strlen(field[1]) != 1 || !strchr("SRIL", field[1][0])) {
      return VmTextBad(reader->text, "Properties: type \"%.40s\" of %.40s is none of S, R, I, L", field[1], field[0]);
    }
    if (strcmp(field[0], "species") == 0 && field[1][0] == 'S' && count == 1)
      reader->layout.species = reader->layout.columns;
    if (strcmp(field[0], "pos") == 0 && field[1][0] == 'R' && count == 3)
      reader->layout.position = reader->layout.columns;
    reader->layout.columns += (int)count;
  }
  if (reader->layout.species < 0 || reader->layout.position < 0) {
    return VmTextBad(reader->text, "Properties must contain species:S:1 and pos:R:3");
  }
  return PETSC_SUCCESS;
}

static PetscErrorCode ReadPbc(Reader *reader, VmToken value, VmAtoms *atoms)
{
  VmToken token[3];
  bool valid = VmTokens(value, 3, token) == 3;
  for (int d = 0; valid && d < 3; ++d) {
    const char flag = token[d].at[0];
    atoms->periodic[d] = flag == 'T' || flag == 't' || flag == '1';
    valid = token[d].length == 1 && (atoms->periodic[d] || flag == 'F' || flag == 'f' || flag == '0');
  }
  if (!valid) return VmTextBad(reader->text, "pbc=\"%.*s\" must be three of T and F", VM_TOKEN(value));
  reader->layout.pbc = true;
  return PETSC_SUCCESS;
}

static bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/* key=value pairs of the comment line; values may be quoted; keys not known here are skipped. */
static PetscErrorCode ReadComment(Reader *reader, VmToken line, VmAtoms *atoms)
{
  const char *p = line.at, *const end = line.at + line.length;
  PetscErrorCode code = PETSC_SUCCESS;
  while (p < end && !code) {
    while (p < end && IsBlank(*p)) ++p;
    VmToken key = {.at = p};
    while (p < end && !IsBlank(*p) && *p != '=') ++p;
    key.length = (size_t)(p - key.at);
    if (p == end || *p != '=') continue;
    const char quote = ++p < end && *p == '"' ? '"' : '\0';
    VmToken value = {.at = quote ? ++p : p};
    while (p < end && (quote ? *p != quote : !IsBlank(*p))) ++p;
    if (quote && p == end) return VmTextBad(reader->text, "the quote after %.*s= does not end", VM_TOKEN(key));
    value.length = (size_t)(p - value.at);
    if (quote) ++p;
    if (key.length == 7 && strncasecmp(key.at, "Lattice", 7) == 0) code = ReadLattice(reader, value, atoms);
    else if (key.length == 10 && strncasecmp(key.at, "Properties", 10) == 0) code = ReadProperties(reader, value);
    else if (key.length == 3 && strncasecmp(key.at, "pbc", 3) == 0) code = ReadPbc(reader, value, atoms);
  }
  return code;
}

/* before: atoms of the frame above, 0: none. Blank lines may part frames. */
static PetscErrorCode ReadHead(VmText *text, int64_t before, Layout *layout, VmAtoms *atoms, int64_t *count)
{
  VmToken line, token;

  do (void)VmTextLine(text, &line);
  while (before && VmTokens(line, 0, NULL) == 0);
  if (VmTokens(line, 1, &token) != 1 || !VmTokenInteger(token, 1, INT_MAX, count)) {
    if (before == 0) return VmTextBad(text, "\"%.*s\" must be the number of atoms", VM_TOKEN(line));
    return VmTextBad(text, "data after the last of %lld atoms; another frame begins with its number of atoms",
                     (long long)before);
  }
  if (!VmTextLine(text, &line)) return VmTextBad(text, "the file ends before the comment line");
  Reader reader = {.text = text, .layout = {.columns = 4, .species = 0, .position = 1}};
  PetscErrorCode code = ReadComment(&reader, line, atoms);
  if (code) return code;
  *layout = reader.layout;
  if (!layout->pbc) {
    for (int d = 0; d < 3; ++d) atoms->periodic[d] = layout->lattice;
  }
  if (!layout->lattice && (atoms->periodic[0] || atoms->periodic[1] || atoms->periodic[2])) {
    return VmTextBad(text, "pbc is set, but Lattice is missing");
  }
  return VmTextHolds(text, *count, 8); /* symbol, three blanks, three digits, line end */
}

/* Line of atom i of a frame; one number alone is the head of the next frame. */
static PetscErrorCode AtomLine(VmText *text, int64_t i, int64_t count, VmToken *line)
{
  enum { LONGEST = 10 }; /* digits of a number of atoms */
  if (!VmTextLine(text, line)) {
    return VmTextBad(text, "the file ends after %lld of %lld atoms", (long long)i, (long long)count);
  }
  if (line->length > LONGEST || VmTokens(*line, 0, NULL) > 1) return PETSC_SUCCESS;
  return VmTextBad(text, "the frame ends after %lld of %lld atoms", (long long)i, (long long)count);
}

/* Goes to the head of the wanted frame, 0: the last of *frames, which follows one of *before atoms. All lines up to its
 * end are there. */
static PetscErrorCode FindFrame(VmText *text, int64_t wanted, int64_t *frames, int64_t *before, const char **end)
{
  VmText at = *text;
  VmToken line;
  Layout layout;
  int64_t count = 0;

  *frames = 0;
  while (*frames == 0 || (*frames != wanted && !VmTextEmpty(at))) {
    VmAtoms head = {0};
    *text = at;
    *before = count;
    PetscErrorCode code = ReadHead(&at, *before, &layout, &head, &count);
    for (int64_t i = 0; i < count && !code; ++i) code = AtomLine(&at, i, count, &line);
    if (!code) code = VmTextWhole(&at);
    if (code) return code;
    ++*frames;
  }
  *end = at.at;
  if (wanted <= *frames) return PETSC_SUCCESS;
  return VmTextBad(&at, "frame %lld is wanted, but there are only %lld", (long long)wanted, (long long)*frames);
}

static PetscErrorCode CountFrames(VmText *text, int64_t *frames)
{
  int64_t before;
  const char *end;
  return FindFrame(text, 0, frames, &before, &end);
}

static PetscErrorCode Head(VmText *text, const VmAtomsHints *hints, void *layout, VmAtoms *atoms, int64_t *count,
                           const char **end)
{
  int64_t frames, before;
  PetscErrorCode code = FindFrame(text, hints->frame, &frames, &before, end);
  return code ? code : ReadHead(text, before, layout, atoms, count);
}

/* The type is the atomic number. */
static PetscErrorCode ReadAtom(const VmText *text, const VmAtomsHints *hints, const void *layout, const VmAtoms *atoms,
                               int64_t i, VmToken line, VmAtomRecord *atom)
{
  const Layout *columns = layout;
  VmToken token[MAX_COLUMNS];

  (void)hints;
  (void)atoms;
  const int count = VmTokens(line, MAX_COLUMNS, token);
  if (count != columns->columns) {
    return VmTextBad(text, "%d columns, %d are expected", count, columns->columns);
  }
  const VmToken symbol = token[columns->species];
  atom->id = i;
  atom->line = text->line;
  atom->type = VmTokenElement(symbol);
  if (atom->type == 0) return VmTextBad(text, "\"%.*s\" is no element", VM_TOKEN(symbol));
  for (int d = 0; d < 3; ++d) {
    const VmToken coordinate = token[columns->position + d];
    if (!VmTokenNumber(coordinate, &atom->r[d])) {
      return VmTextBad(text, "\"%.*s\" is no coordinate", VM_TOKEN(coordinate));
    }
    atom->r[d] *= VM_NM_PER_ANGSTROM;
  }
  return PETSC_SUCCESS;
}

static PetscErrorCode AddAtom(const VmText *text, const VmAtomRecord *atom, VmAtoms *atoms)
{
  const int species = VmAtomsSpecies(atoms, atom->type);
  if (species < 0) return VmTextBad(text, "more than %d elements", VM_MAX_SPECIES);
  return VmAtomsAppend(atoms, species, atom->r, atom->id);
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
    atoms->cell[d][d] = fmax(hi - lo, VM_NM_PER_ANGSTROM);
  }
}

static PetscErrorCode Fill(const VmText *text, const VmAtomsHints *hints, const void *layout, int64_t n,
                           const VmAtomRecord *atom, VmAtoms *atoms)
{
  const Layout *columns = layout;

  (void)hints;
  PetscErrorCode code = VmAtomsReserve(atoms, n);
  for (int64_t i = 0; i < n && !code; ++i) code = AddAtom(text, &atom[i], atoms);
  if (!code && !columns->lattice) CellFromExtent(atoms);
  return code;
}

static PetscErrorCode Read(VmText *text, const VmAtomsHints *hints, VmAtoms *atoms)
{
  Layout layout;
  VmAtomRecord atom;
  VmToken line;
  const char *end;
  int64_t count;

  PetscErrorCode code = Head(text, hints, &layout, atoms, &count, &end);
  if (code) return code;
  code = VmAtomsReserve(atoms, count);
  for (int64_t i = 0; i < count && !code; ++i) {
    code = AtomLine(text, i, count, &line);
    if (!code) code = ReadAtom(text, hints, &layout, atoms, i, line, &atom);
    if (!code) code = AddAtom(text, &atom, atoms);
  }
  if (!code && !layout.lattice) CellFromExtent(atoms);
  return code;
}

/* The first line is the number of atoms. */
static bool Recognise(VmText text)
{
  VmToken line, token;
  double number;
  return VmTextLine(&text, &line) && VmTokens(line, 1, &token) == 1 && VmTokenNumber(token, &number);
}

static const VmAtomLines lines = {.layout = sizeof(Layout), .head = Head, .line = ReadAtom, .fill = Fill};

const VmAtomsFormat vm_atoms_format_xyz = {
    .name = "extended XYZ", .frames = CountFrames, .recognise = Recognise, .read = Read, .lines = &lines};
