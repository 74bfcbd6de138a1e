/* ranks: 1 2 3 4; timeout: 60; links: vm_solvers
 * What rows of the history measure: layers in three orientations, the autocorrelation by its definition, clusters,
 * persistence and viscosity of made-up flow; the same bits as on one rank. */
#include "vm_test.h"
#include "src/drive/connected.h"
#include "src/drive/intervals.h"
#include "src/drive/localisation.h"
#include <vitromech/rng.h>

static const double spacing = 1.7;

/* Value of a field at a voxel. */
typedef double (*Shape)(const int64_t n[3], const int64_t at[3]);

static double LayersAlongY(const int64_t n[3], const int64_t at[3])
{
  (void)n;
  return at[1] >= 3 && at[1] < 7 ? 0.2 : 0.0;
}
static double LayersAlongXY(const int64_t n[3], const int64_t at[3]) { return (at[0] + at[1]) % n[0] < 3 ? 0.1 : 0.0; }
static double LayersAlongXMinusZ(const int64_t n[3], const int64_t at[3])
{
  return (at[2] - at[0] + n[0]) % n[0] < 5 ? 1.3 : 0.4;
}
static double Wave(const int64_t n[3], const int64_t at[3])
{
  return 1.0 + cos(2.0 * VM_PI * (double)(at[0] - 2 * at[1] + 2 * at[2]) / (double)n[0]);
}
static double Noise(const int64_t n[3], const int64_t at[3])
{
  double sum = 0.0;
  for (int64_t z = at[2]; z < at[2] + 2; ++z) {
    const VmRngKey key = {.seed = 3, .stream = VM_STREAM_EVENT};
    sum += VmRngUniform(key, (uint64_t)((at[0] * n[1] + at[1]) * n[2] + z % n[2]), 0);
  }
  return sum;
}
static double Nothing(const int64_t n[3], const int64_t at[3])
{
  (void)n, (void)at;
  return 0.0;
}
static double Uniform(const int64_t n[3], const int64_t at[3])
{
  (void)n, (void)at;
  return 0.3;
}

static PetscErrorCode Localise(MPI_Comm comm, const int64_t n[3], Shape shape, VmLocalisation *result)
{
  VmGrid grid;
  VmFft fft;
  double *p;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(comm, n, spacing, &grid));
  PetscCall(VmFftCreate(grid, 1, &fft));
  PetscCall(PetscMalloc1((size_t)grid->np, &p));
  for (int64_t i = 0; i < grid->np; ++i) {
    const int64_t at = VmGridGlobal(grid, i);
    p[i] = shape(n, (const int64_t[3]){at / grid->plane, at / n[2] % n[1], at % n[2]});
  }
  PetscCall(VmLocalise(fft, p, result));
  PetscCall(PetscFree(p));
  PetscCall(VmFftDestroy(&fft));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On all ranks, and checked against one rank. */
static PetscErrorCode Measure(const int64_t n[3], Shape shape, VmLocalisation *result)
{
  VmLocalisation alone;
  PetscFunctionBegin;
  PetscCall(Localise(PETSC_COMM_WORLD, n, shape, result));
  PetscCall(Localise(PETSC_COMM_SELF, n, shape, &alone));
  VmExpect(memcmp(&alone, result, sizeof alone) == 0, "other bits than on one rank: width %.17g, %.17g", result->width,
           alone.width);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestLayers(void)
{
  const struct {
    Shape shape;
    int64_t n[3];
    double normal[3], width, participation; /* width in voxels */
  } cases[] = {
      {LayersAlongY, {9, 12, 7}, {0, 1, 0}, 4.0, 4.0 / 12.0},
      {LayersAlongY, {4, 11, 6}, {0, 1, 0}, 4.0, 4.0 / 11.0},
      {LayersAlongXY, {12, 12, 5}, {M_SQRT1_2, M_SQRT1_2, 0}, 3.0 * M_SQRT1_2, 3.0 / 12.0},
      {LayersAlongXMinusZ,
       {10, 3, 10},
       {-M_SQRT1_2, 0, M_SQRT1_2},
       5.0 * M_SQRT1_2,
       8.5 * 8.5 / (10 * (5 * 1.69 + 5 * 0.16))},
      {Wave, {12, 12, 12}, {1.0 / 3.0, -2.0 / 3.0, 2.0 / 3.0}, 12.0 / 3.0 * 2.0 / 3.0, 1.0 / 1.5},
  };
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    VmLocalisation found;
    PetscCall(Measure(cases[i].n, cases[i].shape, &found));
    for (int d = 0; d < 3; ++d) VmExpectNear(found.normal[d], cases[i].normal[d], 1e-12);
    VmExpectNear(found.share, 1.0, 1e-12);
    VmExpectNear(found.width, cases[i].width * spacing, 1e-10);
    VmExpectNear(found.participation, cases[i].participation, 1e-12);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Noise of which neighbours along z share half, sigma = 1/2 there, in a box of no symmetry. */
static PetscErrorCode TestCorrelation(void)
{
  const int64_t n[3] = {10, 8, 12}, total = n[0] * n[1] * n[2];
  const int shells = 5;
  double *p, mean = 0.0, sum[5] = {0.0}, distance[5] = {0.0}, count[5] = {0.0};
  VmLocalisation found;
  PetscFunctionBegin;
  PetscCall(Measure(n, Noise, &found));
  PetscCall(PetscMalloc1((size_t)total, &p));
  for (int64_t i = 0; i < total; ++i) {
    p[i] = Noise(n, (const int64_t[3]){i / (n[1] * n[2]), i / n[2] % n[1], i % n[2]});
    mean += p[i] / (double)total;
  }
  for (int64_t i = 0; i < total; ++i)
    for (int64_t j = 0; j < total; ++j) {
      const int64_t at[2][3] = {{i / (n[1] * n[2]), i / n[2] % n[1], i % n[2]},
                                {j / (n[1] * n[2]), j / n[2] % n[1], j % n[2]}};
      double square = 0.0;
      for (int d = 0; d < 3; ++d) {
        const int64_t step = llabs(at[0][d] - at[1][d]);
        square += (double)(PetscMin(step, n[d] - step) * PetscMin(step, n[d] - step));
      }
      const int s = (int)(sqrt(square) + 0.5);
      if (s >= shells) continue;
      sum[s] += (p[i] - mean) * (p[j] - mean), distance[s] += sqrt(square), count[s] += 1.0;
    }
  double wanted = 0.0;
  for (int s = 1; s < shells && wanted == 0.0; ++s) {
    const double here = sum[s] / count[s] / (sum[0] / count[0]),
                 before = sum[s - 1] / count[s - 1] / (sum[0] / count[0]);
    const double r = distance[s] / count[s], r0 = distance[s - 1] / count[s - 1];
    if (here <= exp(-1.0)) wanted = spacing * (r0 + (r - r0) * (before - exp(-1.0)) / (before - here));
  }
  VmExpectNear(found.correlation_length, wanted, 1e-10);
  VmExpect(found.share < 0.2 && found.share > 0.0, "noise has no band: %g", found.share);
  PetscCall(PetscFree(p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestNothing(void)
{
  const int64_t sizes[][3] = {{5, 4, 6}, {1, 1, 1}, {1, 7, 2}};
  VmLocalisation found;
  PetscFunctionBegin;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s) {
    PetscCall(Measure(sizes[s], Nothing, &found));
    VmExpect(found.participation == 0.0 && found.width == 0.0, "nothing is nowhere");
    PetscCall(Measure(sizes[s], Uniform, &found));
    VmExpectNear(found.participation, 1.0, 1e-12);
    VmExpect(found.share == 0.0 && found.correlation_length == 0.0, "uniform strain has no band");
    PetscCall(Measure(sizes[s], Noise, &found));
    VmExpect(isfinite(found.width) && isfinite(found.share) && isfinite(found.correlation_length), "numbers");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A rod along x, a plate across z, and a lump of three voxels across the corner of the box. */
static PetscErrorCode TestConnected(void)
{
  const int64_t n[3] = {6, 5, 7};
  VmGrid grid;
  uint8_t *mark;
  VmConnected found[3];
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, spacing, &grid));
  PetscCall(PetscMalloc1((size_t)grid->np, &mark));
  for (int what = 0; what < 3; ++what) {
    for (int64_t i = 0; i < grid->np; ++i) {
      const int64_t global = VmGridGlobal(grid, i), x = global / grid->plane, y = global / n[2] % n[1],
                    z = global % n[2];
      const bool rod = y == 2 && z == 3, plate = z == 5, lump = y == 0 && z == 0 && (x == 5 || x < 2);
      mark[i] = what == 0 ? rod : what == 1 ? rod || plate : lump || (x == 3 && y == 3 && z == 3);
    }
    PetscCall(VmConnect(grid, mark, &found[what]));
  }
  VmExpectNear(found[0].largest * (double)grid->total, 6.0, 1e-12);
  VmExpectNear(found[0].axes, 1.0, 0.0);
  VmExpectNear(found[1].largest * (double)grid->total, 30.0, 1e-12);
  VmExpectNear(found[1].fraction * (double)grid->total, 36.0, 1e-12);
  VmExpectNear(found[1].axes, 2.0, 0.0);
  VmExpectNear(found[2].largest * (double)grid->total, 3.0, 1e-12);
  VmExpectNear(found[2].axes, 0.0, 0.0);
  PetscCall(PetscFree(mark));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestIntervals(void)
{
  const int64_t n[3] = {4, 3, 5}, total = 60;
  const double viscosity = 7.0, rate[6] = {1e-3, -2e-3, 1e-3, 0.0, 5e-4, 3e-3};
  VmGrid grid;
  VmIntervals intervals;
  int64_t *events;
  double persistence, found;
  VmInstant now = {.time = 0.0};
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, spacing, &grid));
  PetscCall(VmIntervalsCreate(grid, &intervals));
  PetscCall(PetscCalloc1((size_t)grid->np, &events));
  now.events = events;
  for (int c = 0; c < 6; ++c) now.stress[c] = 2.0 * viscosity * rate[c];
  PetscCall(VmIntervalsEnd(intervals, &now, &persistence, &found));
  VmExpect(persistence == 0.0 && found == 0.0, "nothing has happened");
  /* voxel of the only event of each interval; -1: none */
  const int voxel[] = {7, 7, -1, 7, 20};
  const double wanted[] = {0.0, 1.0, 1.0, 1.0, -1.0 / (double)(total - 1)};
  for (int i = 0; i < 5; ++i) {
    const int64_t local = voxel[i] - VmGridGlobal(grid, 0);
    if (voxel[i] >= 0 && local >= 0 && local < grid->np) ++events[local];
    now.time += 0.5 + i;
    for (int c = 0; c < 6; ++c) now.plastic_strain[c] += (0.5 + i) * rate[c];
    PetscCall(VmIntervalsEnd(intervals, &now, &persistence, &found));
    VmExpectNear(persistence, wanted[i], 1e-12);
    VmExpectNear(found, viscosity, 1e-9);
  }
  PetscCall(PetscFree(events));
  PetscCall(VmIntervalsDestroy(&intervals));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestLayers());
  PetscCall(TestCorrelation());
  PetscCall(TestNothing());
  PetscCall(TestConnected());
  PetscCall(TestIntervals());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
