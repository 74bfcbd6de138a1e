/* ranks: 1 2 3 4; timeout: 60; links: vm_analysis */
/* Files whose lines are shared by ranks: the atoms of one rank, bit for bit, wherever a range of bytes begins; what is
 * wrong is named by its line. */
#include "vm_test.h"
#include <vitromech/atoms.h>
#include "analysis/atoms/format.h"
#include <unistd.h>

static int rank, size;
static char path[4096];

static void Put(const char *text)
{
  MPI_Barrier(PETSC_COMM_WORLD); /* all have read the last one */
  snprintf(path, sizeof path, "%s/shared_%d", VmTestScratch(), size);
  if (rank == 0) {
    FILE *file = fopen(path, "wb");
    fputs(text, file);
    fclose(file);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

static void ExpectSame(const VmAtoms *a, const VmAtoms *b)
{
  const size_t n = (size_t)b->n;
  VmExpectInt(a->n, b->n);
  VmExpectInt(a->nspecies, b->nspecies);
  if (a->n != b->n) return;
  VmExpect(memcmp(a->x, b->x, n * sizeof *a->x) == 0 && memcmp(a->y, b->y, n * sizeof *a->y) == 0 &&
               memcmp(a->z, b->z, n * sizeof *a->z) == 0 && memcmp(a->id, b->id, n * sizeof *a->id) == 0 &&
               memcmp(a->species, b->species, n) == 0,
           "atoms differ");
  VmExpect(memcmp(a->number, b->number, sizeof a->number) == 0 && memcmp(a->cell, b->cell, sizeof a->cell) == 0 &&
               memcmp(a->periodic, b->periodic, sizeof a->periodic) == 0,
           "cell or species differ");
}

/* The text is read by all ranks as by one; shared tells whether they divide it. */
static PetscErrorCode Same(const char *text, const VmAtomsHints *hints, bool shared, int64_t n)
{
  VmAtoms together = {0}, alone = {0};
  bool done;

  PetscFunctionBegin;
  Put(text);
  PetscCall(VmAtomsReadShared(PETSC_COMM_WORLD, path, hints, &together, &done));
  VmExpectInt(done, shared && size > 1);
  PetscCall(VmAtomsReadHinted(PETSC_COMM_WORLD, path, hints, &together));
  PetscCall(VmAtomsReadHinted(PETSC_COMM_SELF, path, hints, &alone));
  VmExpectInt(alone.n, n);
  ExpectSame(&together, &alone);
  VmAtomsFree(&together);
  VmAtomsFree(&alone);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lines of every length; elements that first appear late; padding moves the borders of the ranges through the lines. */
static void Xyz(int n, int pad, const char *comment, char *text)
{
  static const char *const symbols[] = {"Zr", "Cu", "Al", "Ag"};
  char *p = text + sprintf(text, "%d\n%s%*s\n", n, comment, pad, "");
  for (int i = 0; i < n; ++i) {
    p += sprintf(p, "%s%*s %.*f -%d.5e-1 %.17g%s", symbols[i < n / 2 ? 0 : i % 4], i % 7, "", i % 9, 0.1 * i, i * i,
                 1.0 / (i + 3), i % 5 ? "\n" : "\r\n");
  }
}

static PetscErrorCode SharesXyz(void)
{
  static const char cell[] = "Lattice=\"9 0 0 1 9 0 0 0 9\" Properties=species:S:1:pos:R:3 ";
  static char text[1 << 16];
  const VmAtomsHints none = {0};

  PetscFunctionBegin;
  for (int pad = 0; pad < 24; ++pad) {
    Xyz(61, pad, cell, text);
    PetscCall(Same(text, &none, true, 61));
  }
  for (int n = 1; n < 4; ++n) { /* more ranks than lines; no cell; blank lines below */
    Xyz(n, 0, "a comment", text);
    strcat(text, "\n  \n\n");
    PetscCall(Same(text, &none, true, n));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two frames, atoms in disorder, of which some lie outside of the box. */
static PetscErrorCode SharesDumps(void)
{
  static char text[1 << 16];
  enum { ATOMS = 43 };

  PetscFunctionBegin;
  for (int kind = 0; kind < 3; ++kind) {
    char *p = text;
    for (int frame = 0; frame < 2; ++frame) {
      p += sprintf(p, "ITEM: TIMESTEP\n%d\nITEM: NUMBER OF ATOMS\n%d\nITEM: BOX BOUNDS xy xz yz pp pp ff\n", frame,
                   ATOMS - frame);
      p += sprintf(p, "-1 12 1\n0 11 0\n0 13 0.5\nITEM: ATOMS %stype %s\n", kind < 2 ? "id " : "",
                   kind == 0 ? "x y z" : "xs ys zs");
      for (int i = 0; i < ATOMS - frame; ++i) {
        const int id = i * 17 % (ATOMS - frame) * 3 + 1;
        if (kind < 2) p += sprintf(p, "%d ", id);
        p +=
            sprintf(p, "%d %.*f %g %.15g\n", i % 5 == 4 ? 1 : 2, i % 11, 1.37 * i - 9 * frame, 0.01 * i, 1.0 / (i + 7));
      }
    }
    for (int frame = 0; frame < 3; ++frame) {
      const VmAtomsHints hints = {.types = 2, .number = {29, 40}, .frame = frame};
      PetscCall(Same(text, &hints, true, frame == 1 ? ATOMS : ATOMS - 1));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms between other sections, in disorder, with image flags and comments; masses before or behind them. */
static PetscErrorCode SharesData(void)
{
  static const char masses[] = "\nMasses\n\n1 63.546 # Cu\n2 91.224\n";
  static char text[1 << 16];
  enum { ATOMS = 43 };
  const VmAtomsHints none = {0}, named = {.types = 2, .number = {47, 13}};

  PetscFunctionBegin;
  for (int pad = 0; pad < 24; ++pad) {
    char *p =
        text + sprintf(text, "LAMMPS data%*s\n\n%d atoms\n2 atom types\n-1 12 xlo xhi\n0 11 ylo yhi\n0 13 zlo zhi\n",
                       pad, "", ATOMS);
    if (pad % 2) p += sprintf(p, "%s", masses);
    p += sprintf(p, "\nAtoms # atomic\n\n");
    for (int i = 0; i < ATOMS; ++i) {
      p += sprintf(p, "%d %d %.*f %g %.15g%s%s\n", i * 17 % ATOMS * 3 + 1, i % 5 == 4 ? 1 : 2, i % 11, 1.37 * i,
                   0.01 * i, 1.0 / (i + 7), i % 3 ? "" : " 0 -1 2", i % 7 ? "" : " # Last of seven");
    }
    p += sprintf(p, "\nVelocities\n\n");
    for (int i = 0; i < ATOMS; ++i) p += sprintf(p, "%d 1 2 -%d\n", i * 3 + 1, i);
    if (pad % 2 == 0) p += sprintf(p, "%s", masses);
    PetscCall(Same(text, pad % 3 ? &none : &named, true, ATOMS));
  }
  char *const row = strstr(text, "Atoms # atomic\n\n") + strlen("Atoms # atomic\n\n");
  memmove(strchr(row, '\n') + 1, strchr(row, '\n'), strlen(strchr(row, '\n')) + 1); /* a blank line: by one rank */
  PetscCall(Same(text, &none, false, ATOMS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The message of all ranks, which is rank 0's alone. */
static void Fails(const char *text, const char *words)
{
  char log[4096], message[1024] = "";
  VmAtoms atoms = {0};
  Put(text);
  snprintf(log, sizeof log, "%s/stderr_%d_%d", VmTestScratch(), size, rank);
  fflush(stderr);
  const int saved = dup(2);
  FILE *file = freopen(log, "w", stderr);
  const PetscErrorCode code = VmAtomsRead(PETSC_COMM_WORLD, path, &atoms);
  fflush(stderr);
  dup2(saved, 2);
  close(saved);
  file = fopen(log, "r");
  if (file) {
    message[fread(message, 1, sizeof message - 1, file)] = '\0';
    fclose(file);
  }
  VmExpectInt(code, VM_ERR_INPUT);
  VmExpectInt(atoms.n, 0);
  VmExpect(rank == 0 ? strstr(message, words) != NULL : message[0] == '\0', "\"%s\" is not \"%s\"", message, words);
}

static void NamesLines(void)
{
  static char text[1 << 16], wrong[1 << 16];
  Xyz(40, 0, "", text);
  char *const last = strrchr(text, '-');
  snprintf(wrong, sizeof wrong, "%s", text);
  wrong[last - text] = '?';
  Fails(wrong, ":42: \"-1521.5e?1\" is no coordinate");
  memcpy(wrong, text, sizeof wrong);
  *strchr(strchr(strchr(wrong, '\n') + 1, '\n') + 1, '-') = '?';
  wrong[last - text] = '?'; /* of two wrong lines the first */
  Fails(wrong, ":3: \"?0.5e-1\" is no coordinate");
  snprintf(wrong, sizeof wrong, "%s", text);
  wrong[last - text] = '\0';
  Fails(wrong, ":42: ");
  *strrchr(wrong, '\n') = '\0';
  strcat(wrong, "\n");
  Fails(wrong, "the file ends after 39 of 40 atoms");
  strcat(text, "\nCu 1 2 3\n");
  Fails(text, ":44: data after the last of 40 atoms");
  Fails(
      "data\n\n3 atoms\n1 atom types\n0 9 xlo xhi\n0 9 ylo yhi\n0 9 zlo zhi\n\nMasses\n\n1 63.546\n\nAtoms # atomic\n\n"
      "1 1 1 2 3\n2 1 4 5 6\n\nVelocities\n\n1 0 0 0\n",
      ":18: Atoms ends after 2 of 3 lines");
  Fails(
      "data\n\n3 atoms\n1 atom types\n0 9 xlo xhi\n0 9 ylo yhi\n0 9 zlo zhi\n\nMasses\n\n1 63.546\n\nAtoms # atomic\n\n"
      "1 1 1 2 3\n2 1 4 z 6\n3 1 4 5 6\n",
      ":16: \"z\" is no coordinate");
  Fails("ITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\nITEM: ATOMS id element x y z\n"
        "4 Cu 1 2 3\n5 Zr 4 5 6\n4 Cu 2 2 2\n",
        ":10: the id 4 is that of line 8 already");
}

/* Three frames of different length, the second without a cell; blank lines between them. */
static PetscErrorCode SharesXyzFrames(void)
{
  static const int atoms[] = {41, 7, 30};
  static char text[1 << 16], frame[1 << 14];

  PetscFunctionBegin;
  text[0] = '\0';
  for (int f = 0; f < 3; ++f) {
    Xyz(atoms[f], 0, f == 1 ? "" : "Lattice=\"20 0 0 0 21 0 0 0 22\"", frame);
    strcat(strcat(text, frame), f ? "" : "\n \n");
  }
  for (int f = 0; f < 4; ++f) PetscCall(Same(text, &(VmAtomsHints){.frame = f}, true, atoms[f ? f - 1 : 2]));
  strcat(text, "2\n\nCu 1.0000000 2.0000000 3.0000000\n");
  Fails(text, ":89: the file ends after 1 of 2 atoms");
  strcat(text, "2\n\nCu 1.0000000 2.0000000 3.0000000\nZr 0 0 0\n");
  Fails(text, ":90: the frame ends after 1 of 2 atoms");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(SharesXyz());
  PetscCall(SharesXyzFrames());
  PetscCall(SharesDumps());
  PetscCall(SharesData());
  NamesLines();
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
