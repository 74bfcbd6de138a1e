/* ranks: 1 2 3 4; timeout: 120; links: vm_grid */
#include "vm_test.h"
#include <vitromech/fft.h>

static double Value(int64_t i, int c)
{
  uint64_t h = ((uint64_t)i + 1) * 0x9e3779b97f4a7c15u + (uint64_t)c * 0xbf58476d1ce4e5b9u;
  h ^= h >> 31;
  h *= 0x94d049bb133111ebu;
  h ^= h >> 29;
  return ldexp((double)(h >> 11), -52) - 1.0;
}

static PetscErrorCode CreateFilled(MPI_Comm comm, const int64_t n[3], int ncomp, VmGrid *grid, VmFft *fft)
{
  double *field;

  PetscFunctionBegin;
  PetscCall(VmGridCreate(comm, n, 1.0, grid));
  PetscCall(VmFftCreate(*grid, ncomp, fft));
  PetscCall(PetscMalloc1((size_t)(*grid)->np, &field));
  for (int c = 0; c < ncomp; ++c) {
    for (int64_t i = 0; i < (*grid)->np; ++i) field[i] = Value(VmGridGlobal(*grid, i), c);
    VmFftPack(*fft, c, field);
  }
  PetscCall(PetscFree(field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const double complex *Mode(VmFft fft, int c, int64_t kx, int64_t ky, int64_t kz)
{
  const VmGrid g = fft->grid;
  return (const double complex *)(fft->work + c * fft->stride) + ((ky - g->y0) * g->n[0] + kx) * g->nzc + kz;
}

/* The definition, summed in long double. */
static double complex Direct(const int64_t n[3], int c, int64_t kx, int64_t ky, int64_t kz)
{
  long double re = 0.0L, im = 0.0L;
  for (int64_t x = 0; x < n[0]; ++x) {
    for (int64_t y = 0; y < n[1]; ++y) {
      for (int64_t z = 0; z < n[2]; ++z) {
        const long double turns = (long double)(kx * x % n[0]) / n[0] + (long double)(ky * y % n[1]) / n[1] +
                                  (long double)(kz * z % n[2]) / n[2];
        const long double f = Value((x * n[1] + y) * n[2] + z, c);
        re += f * cosl(2.0L * VM_PI * turns);
        im -= f * sinl(2.0L * VM_PI * turns);
      }
    }
  }
  return (double)re + I * (double)im;
}

static PetscErrorCode TestDefinition(const int64_t n[3])
{
  VmGrid grid;
  VmFft fft;
  double worst = 0.0;

  PetscFunctionBegin;
  PetscCall(CreateFilled(PETSC_COMM_WORLD, n, 1, &grid, &fft));
  PetscCall(VmFftForward(fft, 1));
  for (int64_t ky = grid->y0; ky < grid->y0 + grid->ny; ++ky) {
    for (int64_t kx = 0; kx < n[0]; ++kx) {
      for (int64_t kz = 0; kz < grid->nzc; ++kz) {
        worst = fmax(worst, cabs(*Mode(fft, 0, kx, ky, kz) - Direct(n, 0, kx, ky, kz)));
      }
    }
  }
  VmExpect(worst <= 1e-14 * (double)grid->total, "%lld x %lld x %lld: error %g", (long long)n[0], (long long)n[1],
           (long long)n[2], worst);
  PetscCall(VmFftDestroy(&fft));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum f^2 = (1/N) sum |F|^2, where modes 0 < kz < n2/2 stand for their conjugates too. */
static PetscErrorCode TestParseval(VmFft fft)
{
  const VmGrid g = fft->grid;
  double *field, real, local = 0.0, spectral;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)g->np, &field));
  VmFftUnpack(fft, 0, 1.0, field);
  PetscCall(VmSumProduct(g, field, field, &real));
  PetscCall(VmFftForward(fft, 1));
  for (int64_t ky = g->y0; ky < g->y0 + g->ny; ++ky) {
    for (int64_t kx = 0; kx < g->n[0]; ++kx) {
      for (int64_t kz = 0; kz < g->nzc; ++kz) {
        const double a = cabs(*Mode(fft, 0, kx, ky, kz));
        local += (kz == 0 || 2 * kz == g->n[2] ? 1.0 : 2.0) * a * a;
      }
    }
  }
  PetscCallMPI(MPI_Allreduce(&local, &spectral, 1, MPI_DOUBLE, MPI_SUM, g->comm));
  VmExpectNear(spectral / (double)g->total / real, 1.0, 1e-13);

  PetscCall(VmFftBackward(fft, 1));
  VmFftUnpack(fft, 0, 1.0 / (double)g->total, field);
  double worst = 0.0;
  for (int64_t i = 0; i < g->np; ++i) worst = fmax(worst, fabs(field[i] - Value(VmGridGlobal(g, i), 0)));
  VmExpect(worst < 1e-14, "round trip: error %g", worst);
  PetscCall(PetscFree(field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool SameSlab(VmFft mine, VmFft self, int c)
{
  const VmGrid g = mine->grid;
  const size_t slab = (size_t)(2 * g->n[0] * g->nzc);
  return memcmp(mine->work + c * mine->stride, self->work + c * self->stride + (size_t)g->y0 * slab,
                (size_t)g->ny * slab * sizeof(double)) == 0;
}

static bool SamePlanes(VmFft mine, VmFft self, int c)
{
  const VmGrid g = mine->grid;
  const size_t row = (size_t)(2 * g->nzc);
  bool same = true;
  for (int64_t r = 0; r < g->nx * g->n[1]; ++r) {
    const double *a = mine->work + c * mine->stride + (size_t)r * row;
    const double *b = self->work + c * self->stride + (size_t)(g->x0 * g->n[1] + r) * row;
    same = same && memcmp(a, b, (size_t)g->n[2] * sizeof(double)) == 0;
  }
  return same;
}

/* The transform of this rank's part, forward and back, has the bits of the whole transform done alone. */
static PetscErrorCode TestBits(const int64_t n[3])
{
  enum { NCOMP = 3 };
  VmGrid grid, alone;
  VmFft mine, self;

  PetscFunctionBegin;
  PetscCall(CreateFilled(PETSC_COMM_WORLD, n, NCOMP, &grid, &mine));
  PetscCall(CreateFilled(PETSC_COMM_SELF, n, NCOMP, &alone, &self));
  VmExpect((uintptr_t)mine->work % 64 == 0 && mine->stride % 8 == 0, "alignment of the work array");
  PetscCall(VmFftForward(mine, 2));
  PetscCall(VmFftForward(self, 2));
  VmExpect(SameSlab(mine, self, 0) && SameSlab(mine, self, 1), "forward: other bits on %d ranks", grid->size);
  PetscCall(VmFftBackward(mine, 2));
  PetscCall(VmFftBackward(self, 2));
  VmExpect(SamePlanes(mine, self, 0) && SamePlanes(mine, self, 1), "backward: other bits on %d ranks", grid->size);
  VmExpect(SamePlanes(mine, self, 2), "a component not asked for was touched");

  PetscCall(VmFftDestroy(&mine));
  PetscCall(VmFftDestroy(&self));
  PetscCall(VmGridDestroy(&grid));
  PetscCall(VmGridDestroy(&alone));
  PetscCall(CreateFilled(PETSC_COMM_WORLD, n, 1, &grid, &mine));
  PetscCall(TestParseval(mine));
  PetscCall(VmFftDestroy(&mine));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  VmFft fft;
  int64_t next;
} Halver;

/* Halves the modes of a plane; planes must come in order. */
static void Halve(int64_t y, void *context)
{
  Halver *halver = context;
  const VmGrid g = halver->fft->grid;
  const int64_t slab = 2 * g->n[0] * g->nzc;
  VmExpectInt(y, halver->next);
  ++halver->next;
  for (int c = 0; c < 2; ++c)
    for (int64_t i = 0; i < slab; ++i) halver->fft->work[c * halver->fft->stride + y * slab + i] *= 0.5;
}

/* A filter between the transforms has the bits of the transforms one after the other. */
static PetscErrorCode TestFilter(const int64_t n[3])
{
  VmGrid grid, other;
  VmFft filtered, plain;

  PetscFunctionBegin;
  PetscCall(CreateFilled(PETSC_COMM_WORLD, n, 2, &grid, &filtered));
  PetscCall(CreateFilled(PETSC_COMM_WORLD, n, 2, &other, &plain));
  Halver halver = {.fft = filtered};
  PetscCall(VmFftFilter(filtered, 2, Halve, &halver));
  VmExpectInt(halver.next, grid->ny);
  PetscCall(VmFftForward(plain, 2));
  PetscCall(VmFftBackward(plain, 2));
  const int64_t row = 2 * grid->nzc;
  bool same = true;
  for (int64_t i = 0; i < grid->nx * grid->n[1] * row; ++i) {
    if (i % row >= n[2]) continue;
    for (int c = 0; c < 2; ++c)
      same = same && filtered->work[c * filtered->stride + i] == 0.5 * plain->work[c * plain->stride + i];
  }
  VmExpect(same, "%lld x %lld x %lld: filter", (long long)n[0], (long long)n[1], (long long)n[2]);
  PetscCall(VmFftDestroy(&filtered));
  PetscCall(VmFftDestroy(&plain));
  PetscCall(VmGridDestroy(&grid));
  PetscCall(VmGridDestroy(&other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t small[][3] = {{4, 4, 4}, {3, 5, 7}, {6, 4, 5}, {5, 6, 4}, {1, 1, 1},
                              {1, 6, 1}, {7, 1, 1}, {1, 1, 9}, {2, 1, 8}, {11, 2, 3}};
  const int64_t large[][3] = {{24, 40, 30}, {64, 32, 16}, {13, 11, 7}, {3, 5, 7},
                              {32, 32, 32}, {1, 16, 12},  {17, 1, 19}};

  PetscFunctionBegin;
  for (size_t s = 0; s < sizeof small / sizeof *small; ++s) PetscCall(TestDefinition(small[s]));
  for (size_t s = 0; s < sizeof large / sizeof *large; ++s) PetscCall(TestBits(large[s]));
  for (size_t s = 0; s < sizeof small / sizeof *small; ++s) PetscCall(TestFilter(small[s]));
  VmExpectInt(VmFftFrequency(2, 4), 2);
  VmExpectInt(VmFftFrequency(3, 4), -1);
  VmExpectInt(VmFftFrequency(2, 5), 2);
  VmExpectInt(VmFftFrequency(3, 5), -2);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
