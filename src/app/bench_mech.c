#include "bench.h"

#include <math.h>
#include <time.h>

/* Bytes per voxel that an iteration with reduced integration loads and stores, docs/cost.md. */
static const double iteration_bytes = 520.0;

/* Iterations of a solve that is timed, and sets of transforms between two solves. */
enum { ITERATIONS = 8, TRANSFORMS = 4 };

/* The best of all rounds on one communicator. */
typedef struct {
  double iteration, fft; /* s */
  double triad;          /* bytes/s */
  double bytes;          /* of solver and moduli, over all ranks */
} Figures;

static const Figures unmeasured = {.iteration = INFINITY, .fft = INFINITY};

/* A sphere of a quarter of the box, ten times stiffer. */
static void Sphere(VmGrid grid, double *shear, double *bulk)
{
  for (int64_t i = 0; i < grid->np; ++i) {
    const int64_t g = VmGridGlobal(grid, i), n = grid->n[2], at[3] = {g / grid->plane, g / n % grid->n[1], g % n};
    double square = 0.0;
    for (int d = 0; d < 3; ++d) square += pow(((double)at[d] + 0.5) / (double)grid->n[d] - 0.5, 2);
    shear[i] = square <= 0.0625 ? 370.0 : 37.0;
    bulk[i] = square <= 0.0625 ? 1000.0 : 100.0;
  }
}

/* Transforms of three components forward and backward, alone. */
static PetscErrorCode Transforms(VmGrid grid, double *seconds)
{
  VmFft fft;
  double start, end;
  PetscFunctionBegin;
  PetscCall(VmFftCreate(grid, 3, &fft));
  for (int repeat = 0; repeat < TRANSFORMS; ++repeat) {
    PetscCall(VmBenchTime(grid->comm, &start));
    PetscCall(VmFftForward(fft, 3));
    PetscCall(VmFftBackward(fft, 3));
    PetscCall(VmBenchTime(grid->comm, &end));
    *seconds = fmin(*seconds, end - start);
  }
  PetscCall(VmFftDestroy(&fft));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Iterations(VmGrid grid, Figures *figures)
{
  const VmMacroLoad load = {.level = {[VM_XY] = 0.01 / PETSC_SQRT2}};
  VmEquilibrium solver;
  VmEquilibriumOptions options;
  VmEquilibriumResult result;
  double *shear, *bulk, bytes;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)grid->np, &shear, (size_t)grid->np, &bulk));
  Sphere(grid, shear, bulk);
  VmEquilibriumOptionsInit(&options);
  options.max_iterations = ITERATIONS;
  options.tolerance = 0.0;
  PetscCall(VmEquilibriumCreate(grid, &options, &solver));
  PetscCall(VmEquilibriumSetMedium(solver, &(VmMedium){.shear = shear, .bulk = bulk}));
  PetscCall(VmEquilibriumSolve(solver, &load, false, &result));
  for (int k = 2; k <= result.iterations; ++k) /* the first touches new memory */
    figures->iteration = fmin(figures->iteration, result.times[k] - result.times[k - 1]);
  bytes = (double)VmEquilibriumBytes(solver);
  PetscCallMPI(MPI_Allreduce(&bytes, &figures->bytes, 1, MPI_DOUBLE, MPI_SUM, grid->comm));
  PetscCall(VmEquilibriumDestroy(&solver));
  PetscCall(PetscFree2(shear, bulk));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One round in a box of `boxes` cubes side by side. */
static PetscErrorCode Measure(MPI_Comm comm, int64_t cells, int64_t boxes, Figures *figures)
{
  const int64_t n[3] = {boxes * cells, cells, cells};
  VmGrid grid;
  double triad;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(comm, n, 1.0, &grid));
  if (boxes == 1) {
    PetscCall(VmBenchTriad(comm, &triad));
    figures->triad = fmax(figures->triad, triad);
  }
  PetscCall(Iterations(grid, figures));
  PetscCall(Transforms(grid, &figures->fft));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same on rank 0 while the others sleep: a rank that waits in a barrier would use its core. */
static PetscErrorCode MeasureAlone(MPI_Comm comm, int64_t cells, Figures *figures)
{
  const struct timespec nap = {.tv_nsec = 1000000};
  MPI_Request request;
  int rank, done = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) PetscCall(Measure(PETSC_COMM_SELF, cells, 1, figures));
  PetscCallMPI(MPI_Ibarrier(comm, &request));
  while (!done) {
    PetscCallMPI(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
    if (!done) nanosleep(&nap, NULL);
  }
  PetscCallMPI(MPI_Bcast(figures, sizeof *figures, MPI_BYTE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Box(MPI_Comm comm, int64_t cells)
{
  const double voxels = pow((double)cells, 3);
  Figures all = unmeasured, alone = unmeasured, weak = unmeasured;
  char name[32];
  int size;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (int round = 0; round < VM_BENCH_ROUNDS; ++round) {
    PetscCall(Measure(comm, cells, 1, &all));
    if (size > 1) {
      PetscCall(MeasureAlone(comm, cells, &alone));
      PetscCall(Measure(comm, cells, size, &weak));
    }
  }
  const double bound = iteration_bytes * voxels / all.triad;
  snprintf(name, sizeof name, "mech.%lld", (long long)cells);
  PetscCall(VmBenchPrint(comm, name, "seconds_per_iteration", all.iteration, "s"));
  PetscCall(VmBenchPrint(comm, name, "fft_seconds", all.fft, "s"));
  PetscCall(VmBenchPrint(comm, name, "iteration_over_fft", all.iteration / all.fft, "1"));
  PetscCall(VmBenchPrint(comm, name, "bytes_per_voxel", all.bytes / voxels, "B"));
  PetscCall(VmBenchPrint(comm, name, "triad", 1e-9 * all.triad, "GB/s"));
  PetscCall(VmBenchPrint(comm, name, "memory_bound_seconds", bound, "s"));
  PetscCall(VmBenchPrint(comm, name, "iteration_over_memory_bound", all.iteration / bound, "1"));
  if (size > 1) {
    const double bandwidth = all.triad / alone.triad, gain = alone.iteration / all.iteration;
    PetscCall(VmBenchPrint(comm, name, "one_rank_seconds_per_iteration", alone.iteration, "s"));
    PetscCall(VmBenchPrint(comm, name, "bandwidth_gain", bandwidth, "1"));
    PetscCall(VmBenchPrint(comm, name, "rank_gain", gain, "1"));
    PetscCall(VmBenchPrint(comm, name, "rank_gain_over_bandwidth_gain", gain / bandwidth, "1"));
    PetscCall(VmBenchPrint(comm, name, "fft_rank_gain", alone.fft / all.fft, "1"));
    PetscCall(VmBenchPrint(comm, name, "weak_seconds_per_iteration", weak.iteration, "s"));
    PetscCall(VmBenchPrint(comm, name, "weak_efficiency", alone.iteration / weak.iteration, "1"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBenchMech(MPI_Comm comm, int64_t cells)
{
  PetscFunctionBegin;
  PetscCall(Box(comm, cells ? cells : 64));
  if (!cells) PetscCall(Box(comm, 128));
  PetscFunctionReturn(PETSC_SUCCESS);
}
