/* LAMMPS text dumps of style atom or custom. Source: docs.lammps.org, dump. */
#include "lammps.h"
#include "cell.h"
#include <limits.h>
#include <string.h>

enum { MAX_COLUMNS = 64, ELEMENTS = 103 };

/* One frame; columns from 0, -1: there is none. */
typedef struct {
  int64_t count;
  VmLammpsBox box;
  bool bounded, periodic[3], scaled;
  int columns, id, type, element, position[3];
  int64_t box_line;
} Frame;

static bool StartsWith(VmToken line, const char *word, VmToken *rest)
{
  const size_t length = strlen(word);
  if (line.length < length || memcmp(line.at, word, length) != 0) return false;
  *rest = (VmToken){line.at + length, line.length - length};
  return true;
}

static PetscErrorCode NextLine(VmText *text, const char *what, VmToken *line)
{
  if (VmTextLine(text, line)) return PETSC_SUCCESS;
  return VmTextBad(text, "the file ends before %s", what);
}

/* "pp pp pp", or "xy xz yz pp pp pp" with tilt. */
static PetscErrorCode ReadBoundaries(const VmText *text, VmToken rest, Frame *frame, bool *tilted)
{
  VmToken token[6];
  const int count = VmTokens(rest, 6, token);
  *tilted = count == 6 && VmTokenIs(token[0], "xy") && VmTokenIs(token[1], "xz") && VmTokenIs(token[2], "yz");
  if (count != 3 && !*tilted) {
    return VmTextBad(text, "BOX BOUNDS must be followed by three boundaries (pp pp pp), or by xy xz yz and these");
  }
  for (int d = 0; d < 3; ++d) {
    const VmToken boundary = token[count - 3 + d];
    frame->periodic[d] = VmTokenIs(boundary, "pp");
    if (frame->periodic[d]) continue;
    if (boundary.length != 2 || !strchr("fsm", boundary.at[0]) || !strchr("fsm", boundary.at[1])) {
      return VmTextBad(text, "\"%.*s\" is no boundary (pp, or two of f, s, m)", VM_TOKEN(boundary));
    }
  }
  return PETSC_SUCCESS;
}

/* With tilt the file has the bounding box of the cell. */
static PetscErrorCode ReadBox(VmText *text, VmToken rest, Frame *frame)
{
  VmToken line, token[3];
  double value[3];
  bool tilted;
  VmLammpsBox *box = &frame->box;

  PetscErrorCode code = ReadBoundaries(text, rest, frame, &tilted);
  for (int d = 0; d < 3 && !code; ++d) {
    code = NextLine(text, "the bounds of the box", &line);
    if (code) return code;
    const int count = VmTokens(line, 3, token);
    bool valid = count == (tilted ? 3 : 2);
    for (int i = 0; valid && i < count; ++i) valid = VmTokenNumber(token[i], &value[i]);
    if (!valid) return VmTextBad(text, "%d numbers are expected: bounds%s", tilted ? 3 : 2, tilted ? " and tilt" : "");
    box->lo[d] = value[0];
    box->hi[d] = value[1];
    box->tilt[d] = tilted ? value[2] : 0.0;
  }
  if (code) return code;
  const double xy = box->tilt[0], xz = box->tilt[1], yz = box->tilt[2];
  box->lo[0] -= fmin(fmin(0.0, xy), fmin(xz, xy + xz));
  box->hi[0] -= fmax(fmax(0.0, xy), fmax(xz, xy + xz));
  box->lo[1] -= fmin(0.0, yz);
  box->hi[1] -= fmax(0.0, yz);
  frame->bounded = true;
  frame->box_line = text->line;
  return PETSC_SUCCESS;
}

static int FindColumn(int count, const VmToken *token, const char *name)
{
  for (int i = 0; i < count; ++i) {
    if (VmTokenIs(token[i], name)) return i;
  }
  return -1;
}

static PetscErrorCode ReadColumns(const VmText *text, VmToken rest, Frame *frame)
{
  static const char *const positions[][3] = {
      {"x", "y", "z"}, {"xs", "ys", "zs"}, {"xu", "yu", "zu"}, {"xsu", "ysu", "zsu"}};
  VmToken token[MAX_COLUMNS];
  bool found = false;

  const int count = frame->columns = VmTokens(rest, MAX_COLUMNS, token);
  if (count > MAX_COLUMNS) return VmTextBad(text, "more than %d columns", MAX_COLUMNS);
  frame->id = FindColumn(count, token, "id");
  frame->type = FindColumn(count, token, "type");
  frame->element = FindColumn(count, token, "element");
  for (int p = 0; p < 4 && !found; ++p) {
    for (int d = 0; d < 3; ++d) frame->position[d] = FindColumn(count, token, positions[p][d]);
    found = frame->position[0] >= 0 && frame->position[1] >= 0 && frame->position[2] >= 0;
    frame->scaled = p % 2 == 1;
  }
  if (!found) return VmTextBad(text, "ITEM: ATOMS has no columns x y z, xs ys zs, xu yu zu or xsu ysu zsu");
  return PETSC_SUCCESS;
}

static PetscErrorCode ReadCount(VmText *text, int64_t *count)
{
  VmToken line, token;
  PetscErrorCode code = NextLine(text, "the number of atoms", &line);
  if (code) return code;
  if (VmTokens(line, 1, &token) == 1 && VmTokenInteger(token, 1, INT_MAX, count)) return PETSC_SUCCESS;
  return VmTextBad(text, "\"%.*s\" must be the number of atoms", VM_TOKEN(line));
}

/* One item; *last if it was ITEM: ATOMS, whose lines are left to be read. */
static PetscErrorCode ReadItem(VmText *text, Frame *frame, bool *last)
{
  VmToken line, rest, token;
  int64_t step;
  PetscErrorCode code = NextLine(text, "ITEM: ATOMS", &line);
  if (code) return code;
  if (StartsWith(line, "ITEM: NUMBER OF ATOMS", &rest)) return ReadCount(text, &frame->count);
  if (StartsWith(line, "ITEM: BOX BOUNDS", &rest)) return ReadBox(text, rest, frame);
  *last = StartsWith(line, "ITEM: ATOMS", &rest);
  if (*last) return ReadColumns(text, rest, frame);
  if (StartsWith(line, "ITEM: TIMESTEP", &rest)) {
    code = NextLine(text, "the time step", &line);
    if (code || (VmTokens(line, 1, &token) == 1 && VmTokenInteger(token, 0, INT64_MAX, &step))) return code;
    return VmTextBad(text, "\"%.*s\" must be the time step", VM_TOKEN(line));
  }
  if (StartsWith(line, "ITEM: UNITS", &rest)) {
    code = NextLine(text, "the units", &line);
    if (code) return code;
    return VmTokens(line, 1, &token) == 1 ? VmLammpsUnits(text, token) : VmLammpsUnits(text, line);
  }
  if (StartsWith(line, "ITEM: TIME", &rest)) return NextLine(text, "the time", &line);
  return VmTextBad(text, "\"%.*s\" is no item of a LAMMPS dump", VM_TOKEN(line));
}

static PetscErrorCode ReadHead(VmText *text, Frame *frame)
{
  bool last = false;
  PetscErrorCode code = PETSC_SUCCESS;
  *frame = (Frame){0};
  while (!last && !code) code = ReadItem(text, frame, &last);
  if (code) return code;
  if (frame->count == 0) return VmTextBad(text, "ITEM: NUMBER OF ATOMS is missing before ITEM: ATOMS");
  if (!frame->bounded) return VmTextBad(text, "ITEM: BOX BOUNDS is missing before ITEM: ATOMS");
  return VmTextHolds(text, frame->count, 2 * frame->columns);
}

/* Line of atom i, which is not that of the next frame. */
static PetscErrorCode AtomLine(VmText *text, const Frame *frame, int64_t i, VmToken *line)
{
  VmToken rest;
  if (VmTextLine(text, line) && !StartsWith(*line, "ITEM:", &rest)) return PETSC_SUCCESS;
  return VmTextBad(text, "the frame ends after %lld of %lld atoms", (long long)i, (long long)frame->count);
}

/* Goes to the beginning of the wanted frame, 0: the last of *frames. All lines up to its end are there. */
static PetscErrorCode FindFrame(VmText *text, int64_t wanted, int64_t *frames, const char **end)
{
  VmText at = *text;
  VmToken line;
  Frame frame;

  *frames = 0;
  while (*frames == 0 || (*frames != wanted && !VmTextEmpty(at))) {
    *text = at;
    PetscErrorCode code = ReadHead(&at, &frame);
    for (int64_t i = 0; i < frame.count && !code; ++i) code = AtomLine(&at, &frame, i, &line);
    if (!code) code = VmTextWhole(&at);
    if (code) return code;
    ++*frames;
  }
  *end = at.at;
  if (wanted <= *frames) return PETSC_SUCCESS;
  return VmTextBad(&at, "frame %lld is wanted, but there are only %lld", (long long)wanted, (long long)*frames);
}

/* Types of a frame with elements are atomic numbers; else they are those of the species named by the user. */
static PetscErrorCode ReadType(const VmText *text, const Frame *frame, const VmAtomsHints *hints, const VmToken *token,
                               int *type)
{
  int64_t number;
  if (hints->types > 0 && frame->type >= 0) {
    if (!VmTokenInteger(token[frame->type], 1, hints->types, &number)) {
      return VmTextBad(text, "\"%.*s\" is no type from 1 to %d, the number of species named",
                       VM_TOKEN(token[frame->type]), hints->types);
    }
    *type = (int)number;
    return PETSC_SUCCESS;
  }
  *type = VmTokenElement(token[frame->element]);
  if (*type) return PETSC_SUCCESS;
  return VmTextBad(text, "\"%.*s\" is no element", VM_TOKEN(token[frame->element]));
}

static PetscErrorCode ReadAtom(const VmText *text, const VmAtomsHints *hints, const void *layout, const VmAtoms *atoms,
                               int64_t i, VmToken line, VmAtomRecord *atom)
{
  const Frame *frame = layout;
  VmToken token[MAX_COLUMNS];
  double r[3];

  const int count = VmTokens(line, MAX_COLUMNS, token);
  if (count != frame->columns) return VmTextBad(text, "%d columns, %d are expected", count, frame->columns);
  atom->id = i;
  if (frame->id >= 0 && !VmTokenInteger(token[frame->id], 1, INT64_MAX, &atom->id)) {
    return VmTextBad(text, "\"%.*s\" is no id", VM_TOKEN(token[frame->id]));
  }
  for (int d = 0; d < 3; ++d) {
    const VmToken coordinate = token[frame->position[d]];
    if (!VmTokenNumber(coordinate, &r[d])) {
      return VmTextBad(text, "\"%.*s\" is no coordinate", VM_TOKEN(coordinate));
    }
    atom->r[d] = VM_NM_PER_ANGSTROM * (r[d] - frame->box.lo[d]);
  }
  if (frame->scaled) VmRowTimes(r, (const double(*)[3])atoms->cell, atom->r);
  atom->line = text->line;
  return ReadType(text, frame, hints, token, &atom->type);
}

static PetscErrorCode Fill(const VmText *text, const VmAtomsHints *hints, const void *layout, int64_t n,
                           const VmAtomRecord *atom, VmAtoms *atoms)
{
  const Frame *frame = layout;
  int elements[ELEMENTS];
  for (int e = 0; e < ELEMENTS; ++e) elements[e] = e + 1;
  const bool named = hints->types > 0 && frame->type >= 0;
  return VmLammpsFill(text, n, atom, named ? hints->number : elements, atoms);
}

static PetscErrorCode Head(VmText *text, const VmAtomsHints *hints, void *layout, VmAtoms *atoms, int64_t *count,
                           const char **end)
{
  Frame *frame = layout;
  int64_t frames;

  PetscErrorCode code = FindFrame(text, hints->frame, &frames, end);
  if (!code) code = ReadHead(text, frame);
  if (code) return code;
  if (frame->element < 0 && (frame->type < 0 || hints->types == 0)) {
    return VmTextBad(text,
                     "the elements of the atoms are not known: dump the column element (with dump_modify element)%s",
                     frame->type < 0 ? "" : ", or name the species of the types (glass.species)");
  }
  VmText at = *text;
  at.line = frame->box_line;
  *count = frame->count;
  memcpy(atoms->periodic, frame->periodic, sizeof frame->periodic);
  return VmLammpsSetCell(&at, &frame->box, atoms);
}

static PetscErrorCode Read(VmText *text, const VmAtomsHints *hints, VmAtoms *atoms)
{
  Frame frame;
  VmAtomRecord *atom = NULL;
  VmToken line;
  int64_t count;
  const char *end;

  PetscErrorCode code = Head(text, hints, &frame, atoms, &count, &end);
  if (!code) code = PetscMalloc1((size_t)count, &atom);
  for (int64_t i = 0; i < count && !code; ++i) {
    code = AtomLine(text, &frame, i, &line);
    if (!code) code = ReadAtom(text, hints, &frame, atoms, i, line, &atom[i]);
  }
  if (!code) code = Fill(text, hints, &frame, count, atom, atoms);
  (void)PetscFree(atom);
  return code;
}

static PetscErrorCode CountFrames(VmText *text, int64_t *frames)
{
  const char *end;
  return FindFrame(text, 0, frames, &end);
}

static bool Recognise(VmText text)
{
  VmToken line, rest;
  return VmTextLine(&text, &line) && StartsWith(line, "ITEM:", &rest);
}

static const VmAtomLines lines = {.layout = sizeof(Frame), .head = Head, .line = ReadAtom, .fill = Fill};

const VmAtomsFormat vm_atoms_format_lammps_dump = {
    .name = "LAMMPS dump", .frames = CountFrames, .recognise = Recognise, .read = Read, .lines = &lines};
