/* ranks: 1; timeout: 120; links: vm_analysis */
/* LAMMPS data and dump files: the same atoms whatever the columns, elements from where they are known, errors by line.
 */
#include "capture.h"
#include <vitromech/atoms.h>
#include <stdarg.h>
#include <zlib.h>

static char path[4096];

static const VmAtomsHints none = {0}, copper_zirconium = {.types = 2, .number = {29, 40}};

static void Put(const char *text, size_t size, bool compress)
{
  snprintf(path, sizeof path, "%s/atoms.txt", VmTestScratch());
  if (compress) {
    gzFile file = gzopen(path, "wb");
    gzwrite(file, text, (unsigned)size);
    gzclose(file);
    return;
  }
  FILE *file = fopen(path, "wb");
  if (size) fwrite(text, 1, size, file);
  fclose(file);
}

static PetscErrorCode ReadBytes(const char *text, size_t size, const VmAtomsHints *hints, VmAtoms *atoms,
                                char message[1024])
{
  Capture capture;
  Put(text, size, false);
  CaptureBegin(&capture);
  const PetscErrorCode code = VmAtomsReadHinted(PETSC_COMM_WORLD, path, hints, atoms);
  CaptureEnd(&capture, message, 1024);
  return code;
}

static PetscErrorCode ReadText(const char *text, const VmAtomsHints *hints, VmAtoms *atoms, char message[1024])
{
  return ReadBytes(text, strlen(text), hints, atoms, message);
}

/* A triclinic box with its corner at (1, -2, 3) Angstrom, edges 10, 12, 14, tilt 2, -1, 3, and atoms in it. */
static const double box[3][3] = {{10, 0, 0}, {2, 12, 0}, {-1, 3, 14}}, corner[3] = {1, -2, 3};
enum { ATOMS = 6 };
static const double scaled[ATOMS][3] = {{0.125, 0.25, 0.5},    {0.875, 0.0625, 0.75}, {0.5, 0.5, 0.25},
                                        {0.0625, 0.9375, 0.5}, {0.25, 0.75, 0.125},   {0.75, 0.375, 0.875}};
static const int type[ATOMS] = {1, 2, 2, 1, 2, 1}, order[ATOMS] = {3, 0, 5, 1, 4, 2};
static const int image[ATOMS][3] = {{0, 0, 0}, {1, 0, -2}, {0, -1, 0}, {3, 2, 1}, {-1, -1, -1}, {0, 0, 7}};

static void Cartesian(int atom, bool unwrapped, double r[3])
{
  double s[3];
  for (int d = 0; d < 3; ++d) s[d] = scaled[atom][d] + (unwrapped ? image[atom][d] : 0);
  for (int c = 0; c < 3; ++c) r[c] = s[0] * box[0][c] + s[1] * box[1][c] + s[2] * box[2][c];
}

/* In nm, from the corner of the box. */
static void ExpectAtoms(const VmAtoms *atoms, const char *what)
{
  VmExpect(atoms->n == ATOMS, "%s: %lld atoms", what, (long long)atoms->n);
  for (int i = 0; i < 9; ++i) VmExpectNear(atoms->cell[i / 3][i % 3], 0.1 * box[i / 3][i % 3], 1e-14);
  VmExpect(atoms->n != ATOMS || atoms->number[0] == 29, "%s: species are in order of the atoms", what);
  for (int64_t i = 0; i < atoms->n && atoms->n == ATOMS; ++i) {
    double r[3];
    Cartesian((int)i, false, r);
    VmExpect(atoms->id[i] == i && atoms->number[atoms->species[i]] == (type[i] == 1 ? 29 : 40), "%s: atom %d", what,
             (int)i);
    VmExpectNear(atoms->x[i], 0.1 * r[0], 1e-14);
    VmExpectNear(atoms->y[i], 0.1 * r[1], 1e-14);
    VmExpectNear(atoms->z[i], 0.1 * r[2], 1e-14);
  }
}

typedef struct {
  char text[8192];
  size_t used;
} Text;

static void Add(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void Add(Text *text, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  text->used += (size_t)vsnprintf(text->text + text->used, sizeof text->text - text->used, format, arguments);
  va_end(arguments);
}

/* Ids are 7, 14, ..., in mixed order. */
static void DumpFrame(Text *text, const char *columns, bool is_scaled, bool unwrapped, bool element)
{
  Add(text, "ITEM: TIMESTEP\n100\nITEM: NUMBER OF ATOMS\n%d\n", ATOMS);
  Add(text, "ITEM: BOX BOUNDS xy xz yz pp pp pp\n%.17g %.17g 2\n%.17g %.17g -1\n%.17g %.17g 3\n", corner[0] - 1,
      corner[0] + 12, corner[1], corner[1] + 15, corner[2], corner[2] + 14);
  Add(text, "ITEM: ATOMS %s\n", columns);
  for (int i = 0; i < ATOMS; ++i) {
    const int a = order[i];
    double r[3];
    Cartesian(a, unwrapped, r);
    for (int d = 0; d < 3; ++d) r[d] = is_scaled ? scaled[a][d] + (unwrapped ? image[a][d] : 0) : r[d] + corner[d];
    const char *symbol = type[a] == 1 ? "Cu" : "Zr";
    if (element) Add(text, "0.5 %s %.17g %.17g %.17g %d\n", symbol, r[2], r[0], r[1], 7 * (a + 1));
    else Add(text, "%d %d %.17g %.17g %.17g\n", 7 * (a + 1), type[a], r[0], r[1], r[2]);
  }
}

static void Dumps(void)
{
  static const struct {
    const char *columns;
    bool scaled, unwrapped, element;
  } cases[] = {{"id type x y z", false, false, false},     {"id type xs ys zs", true, false, false},
               {"id type xu yu zu", false, true, false},   {"id type xsu ysu zsu", true, true, false},
               {"q element z x y id", false, false, true}, {"q element zsu xsu ysu id", true, true, true}};
  VmAtoms atoms = {0};
  char message[1024];
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    Text text = {.used = 0};
    DumpFrame(&text, cases[i].columns, cases[i].scaled, cases[i].unwrapped, cases[i].element);
    const VmAtomsHints *hints = cases[i].element ? &none : &copper_zirconium;
    VmExpect(ReadText(text.text, hints, &atoms, message) == 0, "%s: %s", cases[i].columns, message);
    ExpectAtoms(&atoms, cases[i].columns);
    VmExpect(atoms.periodic[0] && atoms.periodic[1] && atoms.periodic[2], "pp pp pp");
    if (cases[i].element) continue;
    VmExpectInt(ReadText(text.text, &none, &atoms, message), VM_ERR_INPUT);
    VmExpect(strstr(message, ":9: ") && strstr(message, "species"), "no elements: %s", message);
  }
  VmAtomsFree(&atoms);
}

/* The wanted frame, the last by default; a broken one behind it does not matter, one before it does. */
static void Frames(void)
{
  VmAtoms atoms = {0};
  VmAtomsHints second = copper_zirconium, fourth = copper_zirconium;
  char message[1024];
  static const char small[] = "ITEM: UNITS\nmetal\nITEM: TIMESTEP\n0\nITEM: TIME\n0.5\nITEM: NUMBER OF ATOMS\n1\n"
                              "ITEM: BOX BOUNDS pp ff sm\n0 4\n-1 4\n0 4\nITEM: ATOMS type x y z\n1 4.5 -1.5 2\n";
  Text text = {.used = 0};
  second.frame = 2;
  fourth.frame = 4;
  Add(&text, "%s", small);
  DumpFrame(&text, "id type xs ys zs", true, false, false);
  Add(&text, "%s", small);
  VmExpectInt(ReadText(text.text, &copper_zirconium, &atoms, message), 0);
  VmExpectInt(atoms.n, 1);
  VmExpect(atoms.periodic[0] && !atoms.periodic[1] && !atoms.periodic[2], "boundaries");
  if (atoms.n == 1) {
    VmExpectNear(atoms.x[0], 0.05, 1e-15);
    VmExpectNear(atoms.y[0], -0.05, 1e-15);
    VmExpectNear(atoms.cell[1][1], 0.5, 1e-15);
  }
  VmExpectInt(ReadText(text.text, &second, &atoms, message), 0);
  ExpectAtoms(&atoms, "second frame");
  VmExpectInt(ReadText(text.text, &fourth, &atoms, message), VM_ERR_INPUT);
  VmExpect(strstr(message, "only 3") != NULL, "%s", message);
  text.used -= 20;
  text.text[text.used] = '\0';
  VmExpectInt(ReadText(text.text, &second, &atoms, message), 0);
  ExpectAtoms(&atoms, "second frame before a broken one");
  VmExpectInt(ReadText(text.text, &copper_zirconium, &atoms, message), VM_ERR_INPUT);
  VmExpectInt(ReadText("1\nc\nCu 0 0 0\n", &second, &atoms, message), VM_ERR_INPUT);
  VmAtomsFree(&atoms);
}

static void DataFile(Text *text, const char *style, const char *masses, bool flags)
{
  Add(text, "a title with 3 atoms, units = metal\n\n%d atoms # all\n3 bonds\n2 atom types\n1 bond types\n", ATOMS);
  Add(text, "%.17g %.17g xlo xhi\n%.17g %.17g ylo yhi\n%.17g %.17g zlo zhi\n2 -1 3 xy xz yz\n\n", corner[0],
      corner[0] + 10, corner[1], corner[1] + 12, corner[2], corner[2] + 14);
  Add(text, "%sAtoms %s\n\n", masses, style);
  for (int i = 0; i < ATOMS; ++i) {
    const int a = order[i];
    double r[3];
    Cartesian(a, false, r);
    Add(text, "%d ", 7 * (a + 1));
    if (strstr(style, "full")) Add(text, "1 %d -0.5", type[a]);
    else Add(text, "%d%s", type[a], strstr(style, "charge") ? " 1.25" : "");
    Add(text, " %.17g %.17g %.17g", r[0] + corner[0], r[1] + corner[1], r[2] + corner[2]);
    if (flags) Add(text, " %d %d %d", image[a][0], image[a][1], image[a][2]);
    Add(text, "\n");
  }
  Add(text, "\nVelocities\n\n");
  for (int i = 0; i < ATOMS; ++i) Add(text, "%d 0.1 0.2 0.3\n", 7 * (i + 1));
  Add(text, "\nBonds\n\n1 1 7 14\n2 1 14 21\n3 1 21 28\n");
}

static const char masses[] = "Masses\n\n2 91.22 # not an element\n1 63.6\n\n";

static void DataFiles(void)
{
  static const char *const style[] = {"# atomic", "# charge", "# full"};
  static const char *const comments[] = {"Masses\n\n1 1.0 # Cu\n2 1.0 # Zr\n\nPair Coeffs # eam\n\n1 a\n\n"};
  VmAtoms atoms = {0};
  char message[1024];
  for (int i = 0; i < 12; ++i) {
    Text text = {.used = 0};
    const bool by_hand = i / 6 == 1;
    DataFile(&text, style[i % 3], i % 2 ? masses : by_hand ? "" : comments[0], i % 4 < 2);
    VmExpect(ReadText(text.text, by_hand ? &copper_zirconium : &none, &atoms, message) == 0, "%d: %s", i, message);
    ExpectAtoms(&atoms, style[i % 3]);
  }
  VmExpectInt(VmElementOfMass(58.69), 28);
  VmExpectInt(VmElementOfMass(58.9), 27);
  VmExpectInt(VmElementOfMass(0.0), 0);
  VmExpectInt(VmElementOfMass(100.0), 0);
  VmExpectInt(VmElementOfMass(238.029), 92);
  VmAtomsFree(&atoms);
}

#define HEAD "t\n2 atoms\n1 atom types\n0 5 xlo xhi\n0 5 ylo yhi\n0 5 zlo zhi\n"
#define MASS "Masses\n\n1 63.55\n\n"
#define BOX "ITEM: BOX BOUNDS pp pp pp\n0 5\n0 5\n0 5\n"
#define STEP "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\n"

static void Broken(void)
{
  static const struct {
    const char *text;
    int line;
  } cases[] = {
      {"t\n2 atoms\n0 5 xlo xhi\n" MASS, 4},
      {"t\nx atoms\n2 atoms\n1 atom types\n", 2},
      {"t\n1.5 atoms\n", 2},
      {"t, units = lj\n2 atoms\n", 1},
      {"t\n2 atoms\n1000 atom types\n", 3},
      {"t\n2 atoms\n1 atom types\n0 5 xlo xhi\n0 5 ylo yhi\n" MASS "Atoms # atomic\n\n1 1 0 0 0\n2 1 1 1 1\n", 6},
      {"t\n2 atoms\n1 atom types\n0 5 xlo xhj\n", 4},
      {"t\n2 atoms\n1 atom types\n5 0 xlo xhi\n0 5 ylo yhi\n0 5 zlo zhi\n" MASS
       "Atoms # atomic\n\n1 1 0 0 0\n2 1 1 1 1\n",
       6},
      {HEAD "0 0 zz xy xz yz\n" MASS, 7},
      {HEAD "1 0 0 avec\n", 7},
      {"t\n2000000000 atoms\n1 atom types\n0 5 xlo xhi\n0 5 ylo yhi\n0 5 zlo zhi\n" MASS, 10},
      {HEAD "Atoms # atomic\n\n1 1 0 0 0\n2 1 1 1 1\n", 10},
      {HEAD "Masses\n\n1 3.0\n\nAtoms # atomic\n\n1 1 0 0 0\n2 1 1 1 1\n", 9},
      {HEAD "Masses\n\n2 63.5\n\nAtoms # atomic\n\n1 1 0 0 0\n2 1 1 1 1\n", 9},
      {HEAD MASS "Atoms\n\n1 1 0 0 0\n2 1 1 1 1\n", 11},
      {HEAD MASS "Atoms # hybrid\n\n1 1 0 0 0\n2 1 1 1 1\n", 11},
      {HEAD MASS "Atoms # atomic\n\n1 1 0 0 0\n\nVelocities\n\n1 0 0 0\n2 0 0 0\n", 15},
      {HEAD MASS "Atoms # atomic\n\n1 1 0 0 0\n2 1 1 1 1\n3 1 1 1 1\n", 15},
      {HEAD MASS "Atoms # atomic\n\n1 1 0 0 0\n2 1 1 1\n", 14},
      {HEAD MASS "Atoms # atomic\n\n1 1 0 0 0\n2 2 1 1 1\n", 14},
      {HEAD MASS "Atoms # atomic\n\n1 1 0 0 0\n1 1 1 1 1\n", 14},
      {HEAD MASS "Atoms # atomic\n\n1 1 0 0 0\n2 1 1 1e30 1\n", 14},
      {HEAD MASS "Atoms # atomic\n\n1 1 0 0 nan\n2 1 1 1 1\n", 13},
      {HEAD MASS "Atoms # atomic\n\n1 1 0 0 0 0 0 0.5\n2 1 1 1 1\n", 13},
      {HEAD MASS "Atoms # atomic\n\n1 1 0 0 0\n2 1 1 1 1\n\nVelocities\n\n1 0 0 0\n", 18},
      {STEP BOX "ITEM: ATOMS id element x y z\n1 Cu 0 0 0\n", 10},
      {STEP BOX "ITEM: ATOMS id element x y z\n1 Cu 0 0 0\n2 Xx 0 0 1\n", 11},
      {STEP BOX "ITEM: ATOMS id element x y z\n1 Cu 0 0 0\n2 Cu 0 1\n", 11},
      {STEP BOX "ITEM: ATOMS id element x y z\n1 Cu 0 0 0\n2 Cu 0 0 1\n3 Cu 0 0 2\n", 12},
      {STEP BOX "ITEM: ATOMS id element x y z\n1 Cu 0 0 0\n1 Cu 0 0 1\n", 11},
      {STEP BOX "ITEM: ATOMS id element x y zs\n1 Cu 0 0 0\n2 Cu 0 0 1\n", 9},
      {STEP BOX "ITEM: ATOMS id x y z\n1 0 0 0\n2 0 0 1\n", 9},
      {STEP "ITEM: ATOMS id element x y z\n1 Cu 0 0 0\n2 Cu 0 0 1\n", 5},
      {"ITEM: TIMESTEP\n0\n" BOX "ITEM: ATOMS id element x y z\n1 Cu 0 0 0\n", 7},
      {STEP "ITEM: BOX BOUNDS pp pp\n0 5\n0 5\n0 5\n", 5},
      {STEP "ITEM: BOX BOUNDS pp pp px\n0 5\n0 5\n0 5\n", 5},
      {STEP "ITEM: BOX BOUNDS pp pp pp\n0 5\n0 5 1\n0 5\n", 7},
      {STEP "ITEM: BOX BOUNDS pp pp pp\n0 5\n0 5\n5 5\nITEM: ATOMS id element x y z\n1 Cu 0 0 0\n2 Cu 0 0 1\n", 8},
      {"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2000000000\n" BOX "ITEM: ATOMS id element x y z\n1 Cu 0 0 0\n", 10},
      {"ITEM: UNITS\nlj\n" STEP, 2},
      {"ITEM: TIMESTEP\nx\n", 2},
      {"ITEM: TIMESTEP\n", 1},
      {"ITEM: NONSENSE\n", 1},
      {"neither this nor that\n", 1},
  };
  VmAtoms atoms = {0};
  VmAtomsHints three = {.types = 3, .number = {29, 40, 13}};
  char message[1024], where[64];
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    VmExpectInt(ReadText(cases[i].text, &none, &atoms, message), VM_ERR_INPUT);
    snprintf(where, sizeof where, "atoms.txt:%d: ", cases[i].line);
    VmExpect(strstr(message, where) != NULL, "case %zu \"%s\" gives \"%s\"", i, cases[i].text, message);
    VmExpect(atoms.n == 0 && atoms.x == NULL, "nothing is left of a broken file");
  }
  static const char good[] = HEAD MASS "Atoms # atomic\n\n1 1 0 0 0\n2 1 1 1 1\n";
  VmExpectInt(ReadText(good, &none, &atoms, message), 0);
  VmExpectInt(ReadText(good, &three, &atoms, message), VM_ERR_INPUT);
  VmExpect(strstr(message, "3 species") != NULL, "%s", message);
  VmAtomsFree(&atoms);
}

/* Cut anywhere, a file is refused, unless all that is needed comes before. */
static void Truncated(const Text *whole, const VmAtomsHints *hints, size_t needed)
{
  VmAtoms atoms = {0};
  char message[1024];
  int refused = 0;
  for (size_t size = 0; size < whole->used; ++size) {
    const PetscErrorCode code = ReadBytes(whole->text, size, hints, &atoms, message);
    refused += code != 0;
    VmExpect(code == VM_ERR_INPUT || size >= needed, "%zu of %zu bytes are enough", size, whole->used);
    if (!code) ExpectAtoms(&atoms, "truncated");
    VmExpect(!code || strstr(message, "atoms.txt:") != NULL, "no line in \"%s\"", message);
  }
  VmExpect(refused >= (int)needed, "only %d of %zu prefixes were refused", refused, whole->used);
  VmAtomsFree(&atoms);
}

static unsigned Random(unsigned *state) { return (*state = *state * 1664525u + 1013904223u) >> 8; }

/* A changed byte is refused or changes the value it belongs to: never more than one atom, unless it is in the head. */
static void Flipped(const Text *whole, const VmAtomsHints *hints, int flips)
{
  VmAtoms good = {0}, bad = {0};
  char message[1024], text[8192];
  unsigned state = 11;
  int refused = 0;
  const size_t head = (size_t)(strstr(whole->text, "ATOMS i") ? strstr(whole->text, "ATOMS i") - whole->text
                                                              : strstr(whole->text, "Atoms") - whole->text);
  VmExpectInt(ReadText(whole->text, hints, &good, message), 0);
  for (int flip = 0; flip < flips; ++flip) {
    memcpy(text, whole->text, whole->used);
    const size_t at = Random(&state) % whole->used;
    text[at] = (char)(text[at] ^ (1 + Random(&state) % 255));
    const PetscErrorCode code = ReadBytes(text, whole->used, hints, &bad, message);
    VmExpect(code == 0 || code == VM_ERR_INPUT, "byte %zu: code %d", at, (int)code);
    refused += code != 0;
    if (code || at < head) continue;
    int strange = bad.n != good.n;
    for (int64_t i = 0; i < bad.n; ++i) {
      bool found = false;
      for (int64_t j = 0; j < good.n && !found; ++j) {
        found = bad.number[bad.species[i]] == good.number[good.species[j]] && bad.x[i] == good.x[j] &&
                bad.y[i] == good.y[j] && bad.z[i] == good.z[j];
      }
      strange += !found;
    }
    VmExpect(strange <= 1, "byte %zu: %d atoms differ", at, strange);
  }
  VmExpect(refused > flips / 2, "only %d of %d flips were noticed", refused, flips);
  VmAtomsFree(&good);
  VmAtomsFree(&bad);
}

static void Damaged(void)
{
  Text data = {.used = 0}, dump = {.used = 0};
  DataFile(&data, "# charge", masses, true);
  DumpFrame(&dump, "id type xs ys zs", true, false, false);
  Truncated(&data, &none, (size_t)(strstr(data.text, "Velocities") - data.text - 1));
  Truncated(&dump, &copper_zirconium, dump.used - 1);
  Flipped(&data, &none, 500);
  Flipped(&dump, &copper_zirconium, 500);
}

/* Distances between the atoms of two structures in the same order, images being the same place. */
static double LargestDifference(const VmAtoms *a, const VmAtoms *b)
{
  const double *const ra[3] = {a->x, a->y, a->z}, *const rb[3] = {b->x, b->y, b->z};
  double largest = 0.0;
  for (int64_t i = 0; i < a->n; ++i) {
    if (a->number[a->species[i]] != b->number[b->species[i]] || a->id[i] != b->id[i]) return INFINITY;
    for (int d = 0; d < 3; ++d) {
      const double difference = ra[d][i] - rb[d][i], edge = a->cell[d][d];
      largest = fmax(largest, fabs(difference - edge * nearbyint(difference / edge)));
    }
  }
  return largest;
}

/* One glass as LAMMPS data (all digits), unwrapped dump (6 significant digits: 5e-5 Angstrom from 10 Angstrom on) and
 * extended XYZ made from the dump (6 decimals). */
static PetscErrorCode SameGlass(void)
{
  static const char *const names[] = {"glass_cu64zr36_10976.xyz", "glass_cu64zr36_10976.lmp.gz",
                                      "glass_cu64zr36_10976.dump"};
  VmAtoms atoms[3] = {{0}, {0}, {0}};
  bool present = true;

  PetscFunctionBegin;
  for (int f = 0; f < 3 && present; ++f) {
    const char *file = VmTestData(names[f]);
    present = file != NULL;
    if (present) PetscCall(VmAtomsReadHinted(PETSC_COMM_WORLD, file, f == 2 ? &copper_zirconium : &none, &atoms[f]));
  }
  if (present) {
    for (int f = 1; f < 3; ++f) {
      VmExpectInt(atoms[f].n, 10976);
      for (int d = 0; d < 3; ++d) VmExpectNear(atoms[f].cell[d][d], atoms[0].cell[d][d], 1e-9);
      const double *const r[3] = {atoms[f].x, atoms[f].y, atoms[f].z};
      double out = 0.0;
      for (int64_t i = 0; i < 3 * atoms[f].n; ++i) {
        const double x = r[i / atoms[f].n][i % atoms[f].n];
        out = fmax(out, fmax(-x, x - atoms[f].cell[0][0]));
      }
      VmExpect(out <= 1e-14, "an atom lies %g nm outside the cell", out);
    }
    const double rounded = LargestDifference(&atoms[1], &atoms[2]), converted = LargestDifference(&atoms[2], &atoms[0]);
    VmFigure("largest difference of data and dump [nm]", rounded);
    VmFigure("largest difference of dump and xyz [nm]", converted);
    VmExpect(rounded <= 0.51e-5, "data and dump differ by %g nm", rounded);
    VmExpect(converted <= 0.51e-7, "dump and xyz differ by %g nm", converted);
  }
  for (int f = 0; f < 3; ++f) VmAtomsFree(&atoms[f]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Nanoparticle(void)
{
  VmAtoms atoms = {0};
  PetscFunctionBegin;
  const char *file = VmTestData("aet_nanoparticle_2021.xyz");
  if (!file) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmAtomsRead(PETSC_COMM_WORLD, file, &atoms));
  VmExpectInt(atoms.n, 18356);
  VmExpectInt(atoms.nspecies, 3);
  VmExpect(!atoms.periodic[0] && !atoms.periodic[1] && !atoms.periodic[2], "a particle is not periodic");
  VmExpectNear(atoms.cell[1][1], 10.23189, 1e-12);
  VmExpectNear(atoms.x[0], 5.33559, 1e-12);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  Dumps();
  Frames();
  DataFiles();
  Broken();
  Damaged();
  PetscCall(SameGlass());
  PetscCall(Nanoparticle());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
