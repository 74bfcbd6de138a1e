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

typedef struct {
  VmText *text;
  int64_t count, types;
  VmLammpsBox box;
  bool edge[3], named;      /* lo and hi given; types named by the user */
  int number[VM_MAX_TYPES]; /* 0: not known */
  VmAtomRecord *atom;       /* [count] */
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
    if (VmTokenInteger(token[0], 1, INT_MAX, &data->count)) return PETSC_SUCCESS;
    return VmTextBad(data->text, "\"%.*s\" is no number of atoms", VM_TOKEN(token[0]));
  }
  if (count == 3 && VmTokenIs(token[1], "atom") && VmTokenIs(token[2], "types")) {
    if (VmTokenInteger(token[0], 1, VM_MAX_TYPES, &data->types)) return PETSC_SUCCESS;
    return VmTextBad(data->text, "\"%.*s\" is no number of types from 1 to %d", VM_TOKEN(token[0]), VM_MAX_TYPES);
  }
  for (int d = 0; d < 3 && count == 4; ++d) {
    if (!VmTokenIs(token[2], bounds[d][0]) || !VmTokenIs(token[3], bounds[d][1])) continue;
    if (!AllNumbers(2, token, value)) break;
    data->box.lo[d] = value[0];
    data->box.hi[d] = value[1];
    data->edge[d] = true;
    return PETSC_SUCCESS;
  }
  if (count == 6 && VmTokenIs(token[3], "xy") && VmTokenIs(token[4], "xz") && VmTokenIs(token[5], "yz") &&
      AllNumbers(3, token, data->box.tilt)) {
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
  if (data->count == 0) return VmTextBad(&ahead, "the header ends without the number of atoms");
  if (data->types == 0) return VmTextBad(&ahead, "the header ends without the number of atom types");
  for (int d = 0; d < 3; ++d) {
    if (!data->edge[d]) return VmTextBad(&ahead, "the header ends without %clo %chi", "xyz"[d], "xyz"[d]);
  }
  return VmTextHolds(data->text, data->count, 10); /* id, type, three digits, four blanks, line end */
}

static PetscErrorCode ReadMasses(Data *data)
{
  VmToken token[MAX_TOKENS], comment, word;
  int64_t type;
  double mass;
  int count;

  for (int64_t i = 0; i < data->types; ++i) {
    PetscErrorCode code = SectionRow(data, "Masses", i, data->types, token, &count, &comment);
    if (code) return code;
    if (count != 2 || !VmTokenInteger(token[0], 1, data->types, &type) || !VmTokenNumber(token[1], &mass)) {
      return VmTextBad(data->text, "a type from 1 to %lld and its mass are expected", (long long)data->types);
    }
    if (data->named) continue;
    if (data->number[type - 1]) return VmTextBad(data->text, "type %lld has a mass already", (long long)type);
    if (VmTokens(comment, 1, &word) > 0) data->number[type - 1] = VmTokenElement(word);
    if (data->number[type - 1] == 0) data->number[type - 1] = VmElementOfMass(mass);
    if (data->number[type - 1] == 0) {
      return VmTextBad(data->text,
                       "no element has the mass %g within 0.1: write the symbol behind it (%lld %g # Zr), or name the "
                       "species",
                       mass, (long long)type, mass);
    }
  }
  return PETSC_SUCCESS;
}

static PetscErrorCode FindStyle(const Data *data, VmToken comment, const Style **style)
{
  char names[256] = "";
  VmToken word = {"", 0};
  const int count = VmTokens(comment, 1, &word);
  for (int i = 0; i < STYLES; ++i) {
    *style = &styles[i];
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

static PetscErrorCode ReadAtom(Data *data, const Style *style, int count, const VmToken *token, VmAtomRecord *atom)
{
  int64_t type, flag;
  double r[3];
  const bool flags = count == style->columns + 3;
  if (!flags && count != style->columns) {
    return VmTextBad(data->text, "%d columns, but atoms of style %s have %d, or %d with image flags", count,
                     style->name, style->columns, style->columns + 3);
  }
  if (!VmTokenInteger(token[0], 1, INT64_MAX, &atom->id)) {
    return VmTextBad(data->text, "\"%.*s\" is no id", VM_TOKEN(token[0]));
  }
  if (!VmTokenInteger(token[style->type], 1, data->types, &type)) {
    return VmTextBad(data->text, "\"%.*s\" is no type from 1 to %lld", VM_TOKEN(token[style->type]),
                     (long long)data->types);
  }
  for (int d = 0; d < 3; ++d) {
    if (!VmTokenNumber(token[style->position + d], &r[d])) {
      return VmTextBad(data->text, "\"%.*s\" is no coordinate", VM_TOKEN(token[style->position + d]));
    }
    atom->r[d] = VM_NM_PER_ANGSTROM * (r[d] - data->box.lo[d]);
    if (flags && !VmTokenInteger(token[style->columns + d], INT_MIN, INT_MAX, &flag)) {
      return VmTextBad(data->text, "\"%.*s\" is no image flag", VM_TOKEN(token[style->columns + d]));
    }
  }
  atom->type = (int)type;
  atom->line = data->text->line;
  return PETSC_SUCCESS;
}

static PetscErrorCode ReadAtoms(Data *data, VmToken heading)
{
  VmToken token[MAX_TOKENS], comment;
  const Style *style;
  int count;

  if (data->atom) return VmTextBad(data->text, "a second section Atoms");
  PetscErrorCode code = FindStyle(data, heading, &style);
  if (code) return code;
  code = PetscMalloc1((size_t)data->count, &data->atom);
  for (int64_t i = 0; i < data->count && !code; ++i) {
    code = SectionRow(data, "Atoms", i, data->count, token, &count, &comment);
    if (!code) code = ReadAtom(data, style, count, token, &data->atom[i]);
  }
  return code;
}

/* Rows of a section that is not needed. */
static PetscErrorCode Skip(Data *data, VmToken heading)
{
  VmToken token[MAX_TOKENS], comment;
  VmText ahead = *data->text;
  int64_t rows = 0;

  while (NextRow(&ahead, token, &comment) > 0 && !IsHeading(token[0])) {
    *data->text = ahead;
    ++rows;
  }
  if (VmTokenIs(heading, "Velocities") && rows != data->count) {
    return VmTextBad(data->text, "Velocities has %lld lines for %lld atoms", (long long)rows, (long long)data->count);
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
    else if (count == 1 && VmTokenIs(token[0], "Atoms")) code = ReadAtoms(data, comment);
    else code = Skip(data, token[0]);
  }
  if (code) return code;
  if (!data->atom) return VmTextBad(data->text, "the file ends without a section Atoms");
  for (int64_t t = 0; t < data->types; ++t) {
    if (data->number[t]) continue;
    return VmTextBad(data->text,
                     "type %lld has no element: add a section Masses, or name the species of all types (glass.species)",
                     (long long)t + 1);
  }
  return VmTextWhole(data->text);
}

static PetscErrorCode Parse(Data *data, const VmAtomsHints *hints, VmAtoms *atoms)
{
  PetscErrorCode code = ReadTitle(data);
  if (!code) code = ReadHeader(data);
  if (code) return code;
  if (hints->types > 0) {
    data->named = true;
    memcpy(data->number, hints->number, sizeof data->number);
    if (hints->types != data->types) {
      return VmTextBad(data->text, "%d species are named, but there are %lld atom types", hints->types,
                       (long long)data->types);
    }
  }
  code = VmLammpsSetCell(data->text, &data->box, atoms);
  if (!code) code = ReadSections(data);
  for (int d = 0; d < 3; ++d) atoms->periodic[d] = true; /* the file does not say; so is LAMMPS' own default */
  return code ? code : VmLammpsFill(data->text, data->count, data->atom, data->number, atoms);
}

static PetscErrorCode Read(VmText *text, const VmAtomsHints *hints, VmAtoms *atoms)
{
  Data data = {.text = text};
  const PetscErrorCode code = Parse(&data, hints, atoms);
  (void)PetscFree(data.atom);
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

const VmAtomsFormat vm_atoms_format_lammps_data = {.name = "LAMMPS data", .recognise = Recognise, .read = Read};
