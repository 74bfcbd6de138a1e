/* ranks: 1 2 3 4; timeout: 60; links: vm_analysis */
#include "vm_test.h"
#include <vitromech/atoms.h>
#include <vitromech/rng.h>
#include "analysis/atoms/overlap.h"

static int rank, size;

static const double sheared[3][3] = {{2.0, 0.1, 0.0}, {0.3, 1.5, 0.0}, {-0.2, 0.25, 1.8}};

/* Structure of n atoms dealt out in a way that depends on the number of ranks; some unwrapped. */
static PetscErrorCode Deal(int n, const double cell[3][3], bool mine_only, VmAtoms *atoms)
{
  const VmRngKey key = {11, VM_STREAM_TEST};

  PetscFunctionBegin;
  *atoms = (VmAtoms){0};
  VmAtomsSpecies(atoms, 29);
  VmAtomsSpecies(atoms, 40);
  memcpy(atoms->cell, cell, sizeof atoms->cell);
  for (int d = 0; d < 3; ++d) atoms->periodic[d] = true;
  for (int j = 0; j < n; ++j) {
    const int i = (j * 37) % n;
    double u[4], r[3];
    VmRngUniform2(key, (uint64_t)i, 0, u);
    VmRngUniform2(key, (uint64_t)i, 1, u + 2);
    for (int c = 0; c < 3; ++c) r[c] = (2 * u[0] - 0.5) * cell[0][c] + u[1] * cell[1][c] + u[2] * cell[2][c];
    if (!mine_only || i % (size + 1) % size == rank)
      PetscCall(VmAtomsAppend(atoms, u[3] < 0.5, r, 1000 + 3 * (int64_t)i));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  int64_t id;
  double r[3];
  int species, image[3];
} Found;

static int Compare(const void *a, const void *b)
{
  const Found *p = a, *q = b;
  if (p->id != q->id) return p->id < q->id ? -1 : 1;
  for (int d = 0; d < 3; ++d) {
    if (p->image[d] != q->image[d]) return p->image[d] - q->image[d];
  }
  return 0;
}

/* Tries all images up to `reach`. */
static int BruteForce(const VmAtoms *all, const double lo[3], const double hi[3], const bool images[3], Found *found)
{
  const int reach = 4;
  int count = 0, m[3];
  for (int d = 0; d < 3; ++d) m[d] = images[d] ? reach : 0;
  for (int64_t i = 0; i < all->n; ++i) {
    for (int a = -m[0]; a <= m[0]; ++a) {
      for (int b = -m[1]; b <= m[1]; ++b) {
        for (int c = -m[2]; c <= m[2]; ++c) {
          Found f = {.id = all->id[i], .species = all->species[i], .image = {a, b, c}};
          const double r[3] = {all->x[i], all->y[i], all->z[i]};
          bool inside = true;
          for (int d = 0; d < 3; ++d) {
            f.r[d] = r[d] + (a * all->cell[0][d] + b * all->cell[1][d] + c * all->cell[2][d]);
            inside = inside && f.r[d] >= lo[d] && f.r[d] < hi[d];
          }
          if (inside) found[count++] = f;
        }
      }
    }
  }
  qsort(found, (size_t)count, sizeof *found, Compare);
  return count;
}

static PetscErrorCode Extract(void)
{
  static const bool wishes[3][3] = {{true, true, true}, {true, true, false}, {false, false, false}};
  enum { ATOMS = 300, MOST = 100000 };
  VmAtoms mine, all, inside = {0};
  Found *found;

  PetscFunctionBegin;
  PetscCall(Deal(ATOMS, sheared, true, &mine));
  PetscCall(Deal(ATOMS, sheared, false, &all));
  PetscCall(PetscMalloc1(MOST, &found));
  for (int wish = 0; wish < 3; ++wish) {
    for (int shift = 0; shift < 3; ++shift) {
      const double lo[3] = {-1.7 + 0.9 * rank, -2.0 + shift, -0.4}, hi[3] = {2.5, 1.0 + shift + 0.3 * rank, 3.1};
      PetscCall(VmAtomsExtract(PETSC_COMM_WORLD, &mine, lo, hi, wishes[wish], &inside));
      const int wanted = BruteForce(&all, lo, hi, wishes[wish], found);
      VmExpectInt(inside.n, wanted);
      VmExpect(wanted > 20, "the test looks at %d atoms only", wanted);
      VmExpect(memcmp(inside.cell, all.cell, sizeof all.cell) == 0 && inside.nspecies == 2 && inside.number[1] == 40,
               "head");
      for (int64_t i = 0; i < inside.n && inside.n == wanted; ++i) {
        VmExpect(inside.id[i] == found[i].id && inside.species[i] == found[i].species && inside.x[i] == found[i].r[0] &&
                     inside.y[i] == found[i].r[1] && inside.z[i] == found[i].r[2],
                 "atom %lld differs", (long long)i);
      }
    }
  }
  const double lo[3] = {1, 1, 1}, hi[3] = {0, 0, 0};
  PetscCall(VmAtomsExtract(PETSC_COMM_WORLD, &mine, lo, hi, wishes[0], &inside));
  VmExpectInt(inside.n, 0);
  PetscCall(PetscFree(found));
  VmAtomsFree(&mine);
  VmAtomsFree(&all);
  VmAtomsFree(&inside);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The file written by all ranks is the file written by one. */
static PetscErrorCode Write(void)
{
  char together[4096], alone[4096];
  VmAtoms mine, all;

  PetscFunctionBegin;
  snprintf(together, sizeof together, "%s/together_%d.xyz", VmTestScratch(), size);
  snprintf(alone, sizeof alone, "%s/alone_%d_%d.xyz", VmTestScratch(), size, rank);
  PetscCall(Deal(500, sheared, true, &mine));
  PetscCall(Deal(500, sheared, false, &all));
  PetscCall(VmAtomsWrite(PETSC_COMM_WORLD, together, "atoms", &mine));
  PetscCall(VmAtomsWrite(PETSC_COMM_SELF, alone, "atoms", &all));
  static char a[1 << 16], b[1 << 16];
  FILE *fa = fopen(together, "rb"), *fb = fopen(alone, "rb");
  const size_t na = fa ? fread(a, 1, sizeof a, fa) : 0, nb = fb ? fread(b, 1, sizeof b, fb) : 0;
  VmExpect(na == nb && na > 20000 && memcmp(a, b, na) == 0, "files differ (%zu and %zu bytes)", na, nb);
  if (fa) fclose(fa);
  if (fb) fclose(fb);
  VmAtomsFree(&mine);
  VmAtomsFree(&all);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BruteMinimum(const VmAtoms *all, double *least)
{
  PetscFunctionBegin;
  *least = 1e9;
  for (int64_t i = 0; i < all->n; ++i) {
    for (int64_t j = 0; j < all->n; ++j) {
      for (int image = 0; image < 729; ++image) {
        const int n[3] = {image / 81 - 4, image / 9 % 9 - 4, image % 9 - 4};
        double d[3] = {all->x[j] - all->x[i], all->y[j] - all->y[i], all->z[j] - all->z[i]}, squared = 0.0;
        for (int c = 0; c < 3; ++c) {
          d[c] += n[0] * all->cell[0][c] + n[1] * all->cell[1][c] + n[2] * all->cell[2][c];
          squared += d[c] * d[c];
        }
        if (image == 364 && i == j) continue;
        *least = fmin(*least, squared);
      }
    }
  }
  *least = sqrt(*least);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Random atoms overlap; after the relaxation none do, and one rank alone finds the same positions. */
static PetscErrorCode Separate(void)
{
  const double distance = 0.21, away = 0.9;
  VmAtoms mine, all;
  VmRelaxation together, alone;
  double least, brute;

  PetscFunctionBegin;
  PetscCall(Deal(120, sheared, true, &mine));
  PetscCall(Deal(120, sheared, false, &all));
  PetscCall(VmAtomsMinimumDistance(PETSC_COMM_WORLD, &mine, away, &least));
  PetscCall(BruteMinimum(&all, &brute));
  VmExpectNear(least, brute, 1e-12);
  VmExpect(brute < 0.5 * distance, "the atoms do not overlap at first: %g", brute);
  PetscCall(VmAtomsSeparate(PETSC_COMM_WORLD, &mine, distance, 2000, &together));
  PetscCall(VmAtomsSeparate(PETSC_COMM_SELF, &all, distance, 2000, &alone));
  PetscCall(BruteMinimum(&all, &brute));
  VmExpect(brute >= distance, "minimum distance %g after the relaxation", brute);
  VmExpectNear(together.minimum_distance, fmin(brute, 1.1 * distance), 1e-12);
  VmExpectInt(together.pairs, alone.pairs);
  VmExpectInt(together.moved, alone.moved);
  VmExpectInt(together.steps, alone.steps);
  VmExpect(together.largest_move == alone.largest_move, "largest move");
  VmExpect(together.moved > 10 && together.moved < 120, "%lld atoms moved", (long long)together.moved);
  for (int64_t i = 0; i < mine.n; ++i) {
    int64_t j = 0;
    while (all.id[j] != mine.id[i]) ++j;
    VmExpect(mine.x[i] == all.x[j] && mine.y[i] == all.y[j] && mine.z[i] == all.z[j], "atom %lld",
             (long long)mine.id[i]);
  }
  VmAtomsFree(&mine);
  VmAtomsFree(&all);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two atoms on one place, far from others: both move by half, along x. */
static PetscErrorCode Coincident(void)
{
  const double cell[3][3] = {{3, 0, 0}, {0, 3, 0}, {0, 0, 3}}, r[3] = {1, 1, 1}, other[3] = {2, 2, 2};
  VmAtoms atoms = {0};
  VmRelaxation outcome;

  PetscFunctionBegin;
  memcpy(atoms.cell, cell, sizeof cell);
  VmAtomsSpecies(&atoms, 13);
  if (rank == 0) PetscCall(VmAtomsAppend(&atoms, 0, r, 0));
  if (rank == size - 1) PetscCall(VmAtomsAppend(&atoms, 0, r, 1));
  if (rank == 0) PetscCall(VmAtomsAppend(&atoms, 0, other, 2));
  PetscCall(VmAtomsSeparate(PETSC_COMM_WORLD, &atoms, 0.2, 10, &outcome));
  VmExpectInt(outcome.pairs, 1);
  VmExpectInt(outcome.moved, 2);
  VmExpectInt(outcome.steps, 1);
  VmExpectNear(outcome.minimum_distance, 0.2002, 1e-12);
  if (rank == 0) VmExpectNear(atoms.x[0], 1 - 0.1001, 1e-12);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  PetscCall(Extract());
  PetscCall(Write());
  PetscCall(Separate());
  PetscCall(Coincident());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
