/* ranks: 1 2 3 4; timeout: 60; links: vm_grid */
#include "vm_test.h"
#include <vitromech/grid.h>

/* A value of the global voxel alone, of either sign and over ten decades, so that the order of a sum shows in its bits.
 */
static double Value(int64_t i, int which)
{
  uint64_t h = ((uint64_t)i + 1) * 0x9e3779b97f4a7c15u + (uint64_t)which * 0xbf58476d1ce4e5b9u;
  h ^= h >> 31;
  h *= 0x94d049bb133111ebu;
  h ^= h >> 29;
  const double unit = ldexp((double)(h >> 11), -53) - 0.5;
  return unit * pow(10.0, (double)(h % 11) - 5.0);
}

static PetscErrorCode Fill(VmGrid grid, int which, double **field)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)grid->np, field));
  for (int64_t i = 0; i < grid->np; ++i) (*field)[i] = Value(VmGridGlobal(grid, i), which);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Sums(VmGrid grid, double sums[4])
{
  double *a, *b;

  PetscFunctionBegin;
  PetscCall(Fill(grid, 0, &a));
  PetscCall(Fill(grid, 1, &b));
  PetscCall(VmSumField(grid, a, &sums[0]));
  PetscCall(VmSumProduct(grid, a, b, &sums[1]));
  PetscCall(VmFieldRange(grid, a, &sums[2], &sums[3]));
  PetscCall(PetscFree(a));
  PetscCall(PetscFree(b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TestAccuracy(const int64_t n[3], const double sums[4])
{
  long double sum = 0.0L, product = 0.0L, size = 0.0L, product_size = 0.0L;
  double min = INFINITY, max = -INFINITY;
  for (int64_t i = 0; i < n[0] * n[1] * n[2]; ++i) {
    const double a = Value(i, 0), b = Value(i, 1);
    sum += a;
    product += (long double)a * b;
    size += fabs(a);
    product_size += fabsl((long double)a * b);
    min = fmin(min, a);
    max = fmax(max, a);
  }
  VmExpectNear(sums[0], (double)sum, 1e-13 * (double)size);
  VmExpectNear(sums[1], (double)product, 1e-13 * (double)product_size);
  VmExpect(sums[2] == min && sums[3] == max, "range %g %g, wanted %g %g", sums[2], sums[3], min, max);
}

typedef PetscErrorCode (*Rows)(VmGrid grid, int nq, const double *partial, double *result);

/* `count` of `planes` planes from `first` on are here. */
static PetscErrorCode TestPlanes(VmGrid grid, int64_t first, int64_t count, int64_t planes, Rows gather, Rows sum)
{
  enum { NQ = 3 };
  double *partial, *all, total[NQ];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)count * NQ, &partial, (size_t)planes * NQ, &all));
  for (int64_t i = 0; i < count * NQ; ++i) partial[i] = Value(first * NQ + i, 2);
  PetscCall(gather(grid, NQ, partial, all));
  PetscCall(sum(grid, NQ, partial, total));
  double wanted[NQ] = {0.0};
  for (int64_t i = 0; i < planes * NQ; ++i) {
    VmExpect(all[i] == Value(i, 2), "row value %lld is %g", (long long)i, all[i]);
    wanted[i % NQ] += Value(i, 2);
  }
  VmExpect(memcmp(total, wanted, sizeof total) == 0, "the planes were not added in order");
  PetscCall(PetscFree2(partial, all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestGather(VmGrid grid)
{
  double *field, *whole;

  PetscFunctionBegin;
  PetscCall(Fill(grid, 0, &field));
  PetscCall(PetscMalloc1((size_t)grid->total, &whole));
  for (int everywhere = 0; everywhere < 2; ++everywhere) {
    const bool here = everywhere || grid->rank == 0;
    memset(whole, 0, (size_t)grid->total * sizeof *whole);
    PetscCall(VmFieldGather(grid, field, everywhere, here ? whole : NULL));
    int64_t wrong = 0;
    for (int64_t i = 0; here && i < grid->total; ++i) wrong += whole[i] != Value(i, 0);
    VmExpectInt(wrong, 0);
  }
  PetscCall(PetscFree(whole));
  PetscCall(PetscFree(field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestSlabs(VmGrid grid)
{
  int64_t local[3] = {grid->nx, grid->ny, grid->np}, all[3];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(local, all, 3, MPI_INT64_T, MPI_SUM, grid->comm));
  VmExpectInt(all[0], grid->n[0]);
  VmExpectInt(all[1], grid->n[1]);
  VmExpectInt(all[2], grid->total);
  for (int64_t x = 0; x < grid->n[0]; ++x) {
    const bool mine = x >= grid->x0 && x < grid->x0 + grid->nx;
    VmExpect((VmGridOwner(grid, x) == grid->rank) == mine, "owner of plane %lld", (long long)x);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestBadExtents(void)
{
  const int64_t none[3] = {4, 0, 4}, good[3] = {2, 2, 2}, huge[3] = {1000000, 1000000, 1000000};
  VmGrid grid;

  PetscFunctionBegin;
  VmExpectInt(VmGridCreate(PETSC_COMM_WORLD, none, 1.0, &grid), VM_ERR_INPUT);
  VmExpectInt(VmGridCreate(PETSC_COMM_WORLD, huge, 1.0, &grid), VM_ERR_INPUT);
  VmExpectInt(VmGridCreate(PETSC_COMM_WORLD, good, 0.0, &grid), VM_ERR_INPUT);
  VmExpectInt(VmGridCreate(PETSC_COMM_WORLD, good, (double)NAN, &grid), VM_ERR_INPUT);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Known order: eight lanes, then the lanes in pairs. 1 is lost beside 2^53 unless both stand in different lanes. */
static void TestRun(void)
{
  const double big = 9007199254740992.0;
  double values[19];
  for (int i = 0; i < 19; ++i) values[i] = 0.0;
  values[0] = big;
  values[8] = 1.0;
  values[16] = -big;
  VmExpect(VmSumRun(19, values) == 0.0, "one lane must lose the 1");
  values[8] = 0.0;
  values[9] = 1.0;
  VmExpect(VmSumRun(19, values) == 1.0, "two lanes must keep the 1");
  VmExpect(VmSumRun(0, values) == 0.0, "an empty run");
}

static PetscErrorCode Run(void)
{
  const int64_t sizes[][3] = {{13, 7, 9}, {3, 5, 7}, {1, 1, 1}, {64, 3, 2}, {2, 33, 5}};

  PetscFunctionBegin;
  TestRun();
  PetscCall(TestBadExtents());
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s) {
    VmGrid grid, self;
    double sums[4], alone[4];
    PetscCall(VmGridCreate(PETSC_COMM_WORLD, sizes[s], 1.7, &grid));
    PetscCall(VmGridCreate(PETSC_COMM_SELF, sizes[s], 1.7, &self));
    PetscCall(Sums(grid, sums));
    PetscCall(Sums(self, alone));
    VmExpect(memcmp(sums, alone, sizeof sums) == 0, "other bits than on one rank: %.17g, %.17g", sums[0], alone[0]);
    TestAccuracy(sizes[s], sums);
    PetscCall(TestSlabs(grid));
    PetscCall(TestPlanes(grid, grid->x0, grid->nx, grid->n[0], VmGatherPlanes, VmSumPlanes));
    PetscCall(TestPlanes(grid, grid->y0, grid->ny, grid->n[1], VmGatherModes, VmSumModes));
    PetscCall(TestGather(grid));
    PetscCall(VmGridDestroy(&grid));
    PetscCall(VmGridDestroy(&self));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
