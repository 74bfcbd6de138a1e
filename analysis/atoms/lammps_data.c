/* LAMMPS data files, as write_data makes them. Source: docs.lammps.org, read_data. */
#include "lammps.h"
#include <ctype.h>
#include <limits.h>
#include <string.h>

enum { MAX_TOKENS = 16 };

/* Columns of an atom, from 0; image flags may follow. */
typedef struct {
  const char *name;
  int type, position, columns;
} Style;

static const Style styles[] = {
    {"atomic", 1, 2, 5}, {"charge", 1, 3, 6}, {"bond", 2, 3, 6},   {"angle", 2, 3, 6}, {"molecular", 2, 3, 6},
    {"full", 2, 4, 7},   {"sphere", 1, 4, 7}, {"dipole", 1, 3, 9}, {"spin", 1, 2, 9},  {"ellipsoid", 1, 4, 7},
};

enum { STYLES = sizeof styles / sizeof styles[0] };

/* What the head says of the atoms. */
typedef struct {
  int64_t count, types;
  int style;
  VmLammpsBox box;
  bool edge[3], named;      /* lo and hi given; types named by the user */
  int number[VM_MAX_TYPES]; /* 0: not known */
} Layout;

typedef struct {
  VmText *text;
  Layout *layout;
  VmText atoms;    /* from the first line of an atom */
  const char *end; /* of the last; NULL: not come to yet */
} Data;

/* Cuts a comment off a line and gives it back, empty if there is none. */
static VmToken SplitComment(VmToken *line)
{
  const char *hash = memchr(line->at, '#', line->length);
  if (!hash) return (VmToken){line->at + line->length, 0};
  const VmToken comment = {hash + 1, (size_t)(line->at + line->length - hash - 1)};
  line->length = (size_t)(hash - line->at);
  return comment;
}

static bool IsHeading(VmToken first) { return isupper((unsigned char)first.at[0]); }

/* Next line that is not blank: its number of tokens, 0 at the end of the file. */
static int NextRow(VmText *text, VmToken token[MAX_TOKENS], VmToken *comment)
{
  VmToken line;
  while (VmTextLine(text, &line)) {
    *comment = SplitComment(&line);
    const int count = VmTokens(line, MAX_TOKENS, token);
    if (count > 0) return count;
  }
  return 0;
}

/* Row of a section that must have `wanted` rows, of which i are read. */
static PetscErrorCode SectionRow(Data *data, const char *section, int64_t i, int64_t wanted, VmToken token[MAX_TOKENS],
                                 int *count, VmToken *comment)
{
  *count = NextRow(data->text, token, comment);
  if (*count == 0 || IsHeading(token[0])) {
    return VmTextBad(data->text, "%s ends after %lld of %lld lines", section, (long long)i, (long long)wanted);
  }
  return PETSC_SUCCESS;
}

/* "LAMMPS data file via write_data, version ..., units = metal" */
static PetscErrorCode ReadTitle(Data *data)
{
  VmToken line, token[64];
  (void)VmTextLine(data->text, &line);
  const int count = PetscMin(VmTokens(line, 64, token), 64);
  for (int i = 0; i + 2 < count; ++i) {
    if (VmTokenIs(token[i], "units") && VmTokenIs(token[i + 1], "=")) return VmLammpsUnits(data->text, token[i + 2]);
  }
  return PETSC_SUCCESS;
}

static bool AllNumbers(int count, const VmToken *token, double *value)
{
  for (int i = 0; i < count; ++i) {
    if (!VmTokenNumber(token[i], &value[i])) return false;
  }
  return true;
}

/* Counts of what is not read here. */
static bool IsOtherCount(const VmToken *token, int count)
{
  static const char *const words[] = {"bonds", "angles",     "dihedrals", "impropers", "types",
                                      "atom",  "ellipsoids", "lines",     "triangles", "bodies"};
  int64_t number;
  for (size_t w = 0; w < sizeof words / sizeof words[0]; ++w) {
    if (VmTokenIs(token[count - 1], words[w])) return VmTokenInteger(token[0], 0, INT64_MAX, &number);
  }
  return false;
}

static PetscErrorCode ReadHeaderLine(Data *data, int count, const VmToken *token)
{
  static const char *const bounds[3][2] = {{"xlo", "xhi"}, {"ylo", "yhi"}, {"zlo", "zhi"}};
  double value[2];
  if (count == 2 && VmTokenIs(token[1], "atoms")) {
    if (VmTokenInteger(token[0], 1, INT_MAX, &data->layout->count)) return PETSC_SUCCESS;
    return VmTextBad(data->text, "\"%.*s\" is no number of atoms", VM_TOKEN(token[0]));
  }
  if (count == 3 && VmTokenIs(token[1], "atom") && VmTokenIs(token[2], "types")) {
    if (VmTokenInteger(token[0], 1, VM_MAX_TYPES, &data->layout->types)) return PETSC_SUCCESS;
    return VmTextBad(data->text, "\"%.*s\" is no number of types from 1 to %d", VM_TOKEN(token[0]), VM_MAX_TYPES);
  }
  for (int d = 0; d < 3 && count == 4; ++d) {
    if (!VmTokenIs(token[2], bounds[d][0]) || !VmTokenIs(token[3], bounds[d][1])) continue;
    if (!AllNumbers(2, token, value)) break;
    data->layout->box.lo[d] = value[0];
    data->layout->box.hi[d] = value[1];
    data->layout->edge[d] = true;
    return PETSC_SUCCESS;
  }
  if (count == 6 && VmTokenIs(token[3], "xy") && VmTokenIs(token[4], "xz") && VmTokenIs(token[5], "yz") &&
      AllNumbers(3, token, data->layout->box.tilt)) {
    return PETSC_SUCCESS;
  }
  if (VmTokenIs(token[count - 1], "avec")) {
    return VmTextBad(data->text,
                     "a box given by avec, bvec, cvec is not read; use write_data without triclinic/general");
  }
  if (count <= MAX_TOKENS && IsOtherCount(token, count)) return PETSC_SUCCESS;
  return VmTextBad(data->text, "no line of the header of a LAMMPS data file: \"%.*s\" ...", VM_TOKEN(token[0]));
}

/* Up to the first heading, which is left to be read. */
static PetscErrorCode ReadHeader(Data *data)
{
  VmToken token[MAX_TOKENS], comment;
  VmText ahead = *data->text;
  int count;

  while ((count = NextRow(&ahead, token, &comment)) > 0 && !IsHeading(token[0])) {
    *data->text = ahead;
    PetscErrorCode code = ReadHeaderLine(data, PetscMin(count, MAX_TOKENS), token);
    if (code) return code;
  }
  if (data->layout->count == 0) return VmTextBad(&ahead, "the header ends without the number of atoms");
  if (data->layout->types == 0) return VmTextBad(&ahead, "the header ends without the number of atom types");
  for (int d = 0; d < 3; ++d) {
    if (!data->layout->edge[d]) return VmTextBad(&ahead, "the header ends without %clo %chi", "xyz"[d], "xyz"[d]);
  }
  return VmTextHolds(data->text, data->layout->count, 10); /* id, type, three digits, four blanks, line end */
}

static PetscErrorCode ReadMasses(Data *data)
{
  VmToken token[MAX_TOKENS], comment, word;
  int64_t type;
  double mass;
  int count;

  for (int64_t i = 0; i < data->layout->types; ++i) {
    PetscErrorCode code = SectionRow(data, "Masses", i, data->layout->types, token, &count, &comment);
    if (code) return code;
    if (count != 2 || !VmTokenInteger(token[0], 1, data->layout->types, &type) || !VmTokenNumber(token[1], &mass)) {
      return VmTextBad(data->text, "a type from 1 to %lld and its mass are expected", (long long)data->layout->types);
    }
    if (data->layout->named) continue;
    if (data->layout->number[type - 1]) return VmTextBad(data->text, "type %lld has a mass already", (long long)type);
    if (VmTokens(comment, 1, &word) > 0) data->layout->number[type - 1] = VmTokenElement(word);
    if (data->layout->number[type - 1] == 0) data->layout->number[type - 1] = VmElementOfMass(mass);
    if (data->layout->number[type - 1] == 0) {
      return VmTextBad(data->text,
                       "no element has the mass %g within 0.1: write the symbol behind it (%lld %g # Zr), or name the "
                       "species",
                       mass, (long long)type, mass);
    }
  }
  return PETSC_SUCCESS;
}

static PetscErrorCode FindStyle(const Data *data, VmToken comment, int *style)
{
  char names[256] = "";
  VmToken word = {"", 0};
  const int count = VmTokens(comment, 1, &word);
  for (int i = 0; i < STYLES; ++i) {
    *style = i;
    if (count == 1 && VmTokenIs(word, styles[i].name)) return PETSC_SUCCESS;
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", styles[i].name);
  }
  if (count == 0) {
    return VmTextBad(data->text,
                     "the style of the atoms is not known: write it behind the heading, e.g. Atoms # atomic "
                     "(read are %s)",
                     names);
  }
  return VmTextBad(data->text, "atoms of style \"%.*s\" are not read, only %s", VM_TOKEN(word), names);
}

/* Rows up to the next heading, at most `most`, without looking into them. */
static int64_t SkipRows(VmText *text, int64_t most)
{
  VmText ahead = *text;
  VmToken line;
  int64_t rows = 0;

  while (rows < most && VmTextLine(&ahead, &line)) {
    size_t blank = 0;
    while (blank < line.length && isspace((unsigned char)line.at[blank])) ++blank;
    if (blank == line.length || line.at[blank] == '#') continue;
    if (isupper((unsigned char)line.at[blank])) break;
    *text = ahead;
    ++rows;
  }
  return rows;
}

/* Finds the lines of the atoms; they are read later. */
static PetscErrorCode FindAtoms(Data *data, VmToken heading)
{
  VmToken token[MAX_TOKENS], comment;

  if (data->end) return VmTextBad(data->text, "a second section Atoms");
  PetscErrorCode code = FindStyle(data, heading, &data->layout->style);
  if (code) return code;
  data->atoms = *data->text;
  const int64_t rows = SkipRows(data->text, data->layout->count);
  data->end = data->text->at;
  if (rows == data->layout->count) return PETSC_SUCCESS;
  (void)NextRow(data->text, token, &comment);
  return VmTextBad(data->text, "Atoms ends after %lld of %lld lines", (long long)rows, (long long)data->layout->count);
}

/* Rows of a section that is not needed. */
static PetscErrorCode Skip(Data *data, VmToken heading)
{
  const int64_t rows = SkipRows(data->text, INT64_MAX);
  if (VmTokenIs(heading, "Velocities") && rows != data->layout->count) {
    return VmTextBad(data->text, "Velocities has %lld lines for %lld atoms", (long long)rows,
                     (long long)data->layout->count);
  }
  return PETSC_SUCCESS;
}

static PetscErrorCode ReadSections(Data *data)
{
  VmToken token[MAX_TOKENS], comment;
  int count;
  PetscErrorCode code = PETSC_SUCCESS;

  while (!code && (count = NextRow(data->text, token, &comment)) > 0) {
    if (!IsHeading(token[0])) {
      return VmTextBad(data->text, "\"%.*s\" ... belongs to no section", VM_TOKEN(token[0]));
    }
    if (count == 1 && VmTokenIs(token[0], "Masses")) code = ReadMasses(data);
    else if (count == 1 && VmTokenIs(token[0], "Atoms")) code = FindAtoms(data, comment);
    else code = Skip(data, token[0]);
  }
  if (code) return code;
  if (!data->end) return VmTextBad(data->text, "the file ends without a section Atoms");
  for (int64_t t = 0; t < data->layout->types; ++t) {
    if (data->layout->number[t]) continue;
    return VmTextBad(data->text,
                     "type %lld has no element: add a section Masses, or name the species of all types (glass.species)",
                     (long long)t + 1);
  }
  return VmTextWhole(data->text);
}

static PetscErrorCode ReadTop(Data *data, const VmAtomsHints *hints, VmAtoms *atoms)
{
  Layout *layout = data->layout;

  PetscErrorCode code = ReadTitle(data);
  if (!code) code = ReadHeader(data);
  if (code) return code;
  if (hints->types > 0) {
    layout->named = true;
    memcpy(layout->number, hints->number, sizeof layout->number);
    if (hints->types != layout->types) {
      return VmTextBad(data->text, "%d species are named, but there are %lld atom types", hints->types,
                       (long long)layout->types);
    }
  }
  code = VmLammpsSetCell(data->text, &layout->box, atoms);
  for (int d = 0; d < 3; ++d) atoms->periodic[d] = true; /* the file does not say; so is LAMMPS' own default */
  return code ? code : ReadSections(data);
}

static PetscErrorCode Head(VmText *text, const VmAtomsHints *hints, void *layout, VmAtoms *atoms, int64_t *count,
                           const char **end)
{
  Data data = {.text = text, .layout = layout};
  VmToken line;

  memset(layout, 0, sizeof(Layout));
  const PetscErrorCode code = ReadTop(&data, hints, atoms);
  if (code) return code;
  for (*text = data.atoms; VmTextLine(&data.atoms, &line); *text = data.atoms) {
    (void)SplitComment(&line);
    if (VmTokens(line, 0, NULL) > 0) break;
  }
  *count = data.layout->count;
  *end = data.end;
  return PETSC_SUCCESS;
}

static PetscErrorCode ReadAtom(const VmText *text, const VmAtomsHints *hints, const void *head, const VmAtoms *atoms,
                               int64_t i, VmToken line, VmAtomRecord *atom)
{
  const Layout *layout = head;
  const Style *style = &styles[layout->style];
  VmToken token[MAX_TOKENS];
  int64_t type, flag;
  double r[3];
  (void)hints;
  (void)atoms;
  (void)i;
  (void)SplitComment(&line);
  const int count = VmTokens(line, MAX_TOKENS, token);
  const bool flags = count == style->columns + 3;
  if (!flags && count != style->columns) {
    return VmTextBad(text, "%d columns, but atoms of style %s have %d, or %d with image flags", count, style->name,
                     style->columns, style->columns + 3);
  }
  if (!VmTokenInteger(token[0], 1, INT64_MAX, &atom->id)) {
    return VmTextBad(text, "\"%.*s\" is no id", VM_TOKEN(token[0]));
  }
  if (!VmTokenInteger(token[style->type], 1, layout->types, &type)) {
    return VmTextBad(text, "\"%.*s\" is no type from 1 to %lld", VM_TOKEN(token[style->type]),
                     (long long)layout->types);
  }
  for (int d = 0; d < 3; ++d) {
    if (!VmTokenNumber(token[style->position + d], &r[d])) {
      return VmTextBad(text, "\"%.*s\" is no coordinate", VM_TOKEN(token[style->position + d]));
    }
    atom->r[d] = VM_NM_PER_ANGSTROM * (r[d] - layout->box.lo[d]);
    if (flags && !VmTokenInteger(token[style->columns + d], INT_MIN, INT_MAX, &flag)) {
      return VmTextBad(text, "\"%.*s\" is no image flag", VM_TOKEN(token[style->columns + d]));
    }
  }
  atom->type = (int)type;
  atom->line = text->line;
  return PETSC_SUCCESS;
}

static PetscErrorCode Fill(const VmText *text, const VmAtomsHints *hints, const void *head, int64_t n,
                           const VmAtomRecord *atom, VmAtoms *atoms)
{
  (void)hints;
  return VmLammpsFill(text, n, atom, ((const Layout *)head)->number, atoms);
}

static PetscErrorCode Read(VmText *text, const VmAtomsHints *hints, VmAtoms *atoms)
{
  Layout layout;
  VmAtomRecord *atom = NULL;
  int64_t count;
  const char *end;

  PetscErrorCode code = Head(text, hints, &layout, atoms, &count, &end);
  if (!code) code = PetscMalloc1((size_t)count, &atom);
  for (int64_t i = 0; i < count && !code;) {
    VmToken line, rest;
    VmAssert(VmTextLine(text, &line));
    rest = line;
    (void)SplitComment(&rest);
    if (VmTokens(rest, 0, NULL) == 0) continue;
    code = ReadAtom(text, hints, &layout, atoms, i, line, &atom[i]);
    ++i;
  }
  if (!code) code = Fill(text, hints, &layout, count, atom, atoms);
  (void)PetscFree(atom);
  return code;
}

/* The header, somewhere below the title, says "N atoms". */
static bool Recognise(VmText text)
{
  VmToken line, token[2];
  double number;
  for (int i = 0; i < 64 && VmTextLine(&text, &line); ++i) {
    (void)SplitComment(&line);
    const int count = i > 0 ? VmTokens(line, 2, token) : 0;
    if (count == 2 && VmTokenNumber(token[0], &number) && VmTokenIs(token[1], "atoms")) return true;
  }
  return false;
}

static const VmAtomLines lines = {.layout = sizeof(Layout), .head = Head, .line = ReadAtom, .fill = Fill};

const VmAtomsFormat vm_atoms_format_lammps_data = {
    .name = "LAMMPS data", .recognise = Recognise, .read = Read, .lines = &lines};
