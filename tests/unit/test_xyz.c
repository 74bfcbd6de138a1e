/* ranks: 1; timeout: 60; links: vm_analysis */
#include "vm_test.h"
#include <vitromech/atoms.h>
#include <unistd.h>
#include <zlib.h>

static char path[4096];

static void Put(const char *text, size_t size, bool compress)
{
  snprintf(path, sizeof path, "%s/test.xyz", VmTestScratch());
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

/* Reads a text and returns the code; what was written to stderr goes to `message`. */
static PetscErrorCode ReadText(const char *text, size_t size, bool compress, VmAtoms *atoms, char message[1024])
{
  char log[4096];
  Put(text, size, compress);
  snprintf(log, sizeof log, "%s/stderr", VmTestScratch());
  fflush(stderr);
  const int saved = dup(2);
  FILE *file = freopen(log, "w", stderr);
  const PetscErrorCode code = VmAtomsRead(PETSC_COMM_WORLD, path, atoms);
  fflush(stderr);
  dup2(saved, 2);
  close(saved);
  file = fopen(log, "r");
  message[file ? fread(message, 1, 1023, file) : 0] = '\0';
  if (file) fclose(file);
  return code;
}

static const char good[] =
    "3\n"
    "Lattice=\"10 0 0 2 12 0 0 0 14\" Properties=tag:I:1:pos:R:3:force:R:3:species:S:1 pbc=\"T F T\" energy=-3.5\n"
    "7 1.0 2.5 -3e0 0 0 0 Cu\n"
    "8 4 5 6 .1 .2 .3 Zr\r\n"
    "9 -0.125 1e1 0 0 0 0 Cu\n\n";

static void Columns(void)
{
  VmAtoms atoms = {0};
  char message[1024];
  for (int compress = 0; compress < 2; ++compress) {
    VmExpectInt(ReadText(good, strlen(good), compress, &atoms, message), 0);
    VmExpectInt(atoms.n, 3);
    VmExpectInt(atoms.nspecies, 2);
    if (atoms.n != 3) continue;
    VmExpectInt(atoms.number[atoms.species[0]], 29);
    VmExpectInt(atoms.number[atoms.species[1]], 40);
    VmExpectNear(atoms.z[0], -0.3, 1e-15);
    VmExpectNear(atoms.x[2], -0.0125, 1e-15);
    VmExpectNear(atoms.cell[1][0], 0.2, 1e-15);
    VmExpect(atoms.periodic[0] && !atoms.periodic[1] && atoms.periodic[2], "pbc");
  }
  VmAtomsFree(&atoms);
}

static void Plain(void)
{
  const char text[] = "2\nwater? no\nAl 1 2 3\nCo 4 6 8\n";
  VmAtoms atoms = {0};
  char message[1024];
  VmExpectInt(ReadText(text, strlen(text), false, &atoms, message), 0);
  VmExpect(!atoms.periodic[0] && !atoms.periodic[1] && !atoms.periodic[2], "no Lattice means no periodicity");
  VmExpectNear(atoms.cell[0][0], 0.3, 1e-15);
  VmExpectNear(atoms.cell[2][2], 0.5, 1e-15);
  VmAtomsFree(&atoms);
}

static void Broken(void)
{
  static const struct {
    const char *text;
    int line;
  } cases[] = {
      {"", 1},
      {"x\n\n", 1},
      {"0\n\n", 1},
      {"-4\n\n", 1},
      {"1.5\n\nCu 0 0 0\n", 1},
      {"9999999999\n\nCu 0 0 0\n", 1},
      {"2", 1},
      {"2000000\nc\nCu 0 0 0\n", 3},
      {"2\nc\nCu 0 0 0\n                \n", 4},
      {"2\nc\nCu 0 0 0\nXx 0 0 0\n", 4},
      {"2\nc\nCu 0 0 0\nCuprum 0 0 0\n", 4},
      {"2\nc\nCu 0 0 0\nCu 0 0\n", 4},
      {"2\nc\nCu 0 0 0\nCu 0 0 0 0\n", 4},
      {"2\nc\nCu 0 0 0\nCu 0 0 1.2.3\n", 4},
      {"2\nc\nCu 0 0 0\nCu 0 0 nan\n", 4},
      {"2\nc\nCu 0 0 0\nCu 0 0 1e999\n", 4},
      {"2\nc\nCu 0 0 0\nCu 0 0 0x10\n", 4},
      {"1\nc\nCu 0 0 0\nCu 0 0 0\n", 4},
      {"1\nLattice=\"1 0 0 0 1 0 0 0\"\nCu 0 0 0\n", 2},
      {"1\nLattice=\"1 0 0 0 1 0 0 0 x\"\nCu 0 0 0\n", 2},
      {"1\nLattice=\"1 0 0 0 1 0 1 1 0\"\nCu 0 0 0\n", 2},
      {"1\nLattice=\"1 0 0 0 1 0 0 0 1\nCu 0 0 0\n", 2},
      {"1\nProperties=species:S:1\nCu 0 0 0\n", 2},
      {"1\nProperties=species:S:1:pos:R\nCu 0 0 0\n", 2},
      {"1\nProperties=species:S:1:pos:R:3000\nCu 0 0 0\n", 2},
      {"1\nProperties=species:S:1:pos:Q:3\nCu 0 0 0\n", 2},
      {"1\nLattice=\"1 0 0 0 1 0 0 0 1\" pbc=\"T T\"\nCu 0 0 0\n", 2},
      {"1\npbc=\"T T T\"\nCu 0 0 0\n", 2},
  };
  VmAtoms atoms = {0};
  char message[1024], where[64];
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    VmExpectInt(ReadText(cases[i].text, strlen(cases[i].text), i % 2, &atoms, message), VM_ERR_INPUT);
    snprintf(where, sizeof where, "test.xyz:%d: ", cases[i].line);
    VmExpect(strstr(message, where) != NULL, "case %zu \"%s\" gives \"%s\"", i, cases[i].text, message);
    VmExpect(atoms.n == 0 && atoms.x == NULL, "nothing is left of a broken file");
  }
  VmExpectInt(VmAtomsRead(PETSC_COMM_WORLD, "/nonexistent/file.xyz", &atoms), VM_ERR_INPUT);
}

/* Every prefix is an error, unless only the blank last line is missing. */
static void Truncated(void)
{
  VmAtoms atoms = {0};
  char message[1024];
  const size_t whole = strlen(good) - 1;
  int refused = 0;
  for (size_t size = 0; size < sizeof good - 1; ++size) {
    const PetscErrorCode code = ReadText(good, size, false, &atoms, message);
    VmExpect(code == (size < whole ? VM_ERR_INPUT : 0), "code %d for %zu of %zu bytes", (int)code, size, whole);
    refused += code != 0;
  }
  VmExpect(refused > 150, "only %d prefixes were refused", refused);
  VmAtomsFree(&atoms);
}

static void TruncatedGzip(void)
{
  VmAtoms atoms = {0};
  char message[1024], bytes[4096];
  Put(good, strlen(good), true);
  FILE *file = fopen(path, "rb");
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  for (size_t cut = 0; cut < size; ++cut) {
    VmExpectInt(ReadText(bytes, cut, false, &atoms, message), VM_ERR_INPUT);
  }
  int refused = 0;
  for (size_t at = 12; at < size; ++at) {
    bytes[at] ^= 0x40;
    const PetscErrorCode code = ReadText(bytes, size, false, &atoms, message);
    VmExpect(code == VM_ERR_INPUT || atoms.n == 3, "byte %zu: neither refused nor harmless padding", at);
    refused += code != 0;
    bytes[at] ^= 0x40;
  }
  VmExpect(refused > (int)size - 16, "only %d of %zu damaged bytes were noticed", refused, size);
  VmAtomsFree(&atoms);
}

static PetscErrorCode RoundTrip(void)
{
  const double step = 1e-7; /* nm: six decimals of an Angstrom */
  VmAtoms atoms = {0}, back = {0};
  double r[3];

  PetscFunctionBegin;
  const int species[3] = {VmAtomsSpecies(&atoms, 40), VmAtomsSpecies(&atoms, 5), VmAtomsSpecies(&atoms, 103)};
  memcpy(atoms.cell, (double[3][3]){{4.0871484759, 0, 0}, {0.25, 3, 0}, {-0.125, 0.5, 5}}, sizeof atoms.cell);
  atoms.periodic[0] = atoms.periodic[1] = true;
  for (int i = 0; i < 1000; ++i) {
    for (int c = 0; c < 3; ++c) r[c] = (i % 7 == 0 ? 1e3 : 1.0) * sin(1.0 + 3 * i + c);
    PetscCall(VmAtomsAppend(&atoms, species[i % 3], r, 10000 - 7 * i));
  }
  snprintf(path, sizeof path, "%s/round.xyz", VmTestScratch());
  PetscCall(VmAtomsWrite(PETSC_COMM_WORLD, path, "a \"quoted\"\ncomment", &atoms));
  PetscCall(VmAtomsRead(PETSC_COMM_WORLD, path, &back));
  VmExpectInt(back.n, atoms.n);
  for (int i = 0; i < 9; ++i) VmExpectNear(back.cell[i / 3][i % 3], atoms.cell[i / 3][i % 3], 1e-14);
  VmExpect(back.periodic[0] && back.periodic[1] && !back.periodic[2], "pbc");
  for (int64_t i = 0; i < back.n; ++i) {
    const int64_t j = atoms.n - 1 - i; /* ids fall with the index, lines rise with the id */
    VmExpectInt(back.number[back.species[i]], atoms.number[atoms.species[j]]);
    VmExpectNear(back.x[i], atoms.x[j], 0.501 * step);
    VmExpectNear(back.y[i], atoms.y[j], 0.501 * step);
    VmExpectNear(back.z[i], atoms.z[j], 0.501 * step);
  }
  atoms.x[3] = 1e6;
  VmExpectInt(VmAtomsWrite(PETSC_COMM_WORLD, path, NULL, &atoms), VM_ERR_INPUT);
  VmExpectInt(VmAtomsWrite(PETSC_COMM_WORLD, "/nonexistent/round.xyz", NULL, &back), VM_ERR_FILE);
  VmAtomsFree(&atoms);
  VmAtomsFree(&back);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  VmExpectInt(VmElementNumber("Lr"), 103);
  VmExpectInt(VmElementNumber("Zr"), 40);
  VmExpectInt(VmElementNumber("zr"), 0);
  VmExpect(strcmp(VmElementSymbol(13), "Al") == 0 && !VmElementSymbol(0) && !VmElementSymbol(104), "symbols");
  Columns();
  Plain();
  Broken();
  Truncated();
  TruncatedGzip();
  PetscCall(RoundTrip());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
