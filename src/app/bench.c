#include "bench.h"

#include <math.h>
#include <string.h>

PetscErrorCode VmBenchPrint(MPI_Comm comm, const char *name, const char *figure, double value, const char *unit)
{
  PetscFunctionBegin;
  PetscCall(VmLog(comm, "%s %s %.4g %s", name, figure, value, unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBenchTime(MPI_Comm comm, double *time)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(comm));
  *time = VmTime();
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBenchTriad(MPI_Comm comm, double *rate)
{
  int size;
  double *a, *b, *c, best = INFINITY, start, end;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const int64_t n = 20000000 / size;
  PetscCall(PetscMalloc3((size_t)n, &a, (size_t)n, &b, (size_t)n, &c));
  for (int64_t i = 0; i < n; ++i) a[i] = 0.0, b[i] = 1.0, c[i] = (double)i;
  for (int repeat = 0; repeat < 3; ++repeat) {
    PetscCall(VmBenchTime(comm, &start));
    for (int64_t i = 0; i < n; ++i) a[i] = b[i] + (double)repeat * c[i];
    PetscCall(VmBenchTime(comm, &end));
    best = fmin(best, end - start);
  }
  PetscCheck(a[n - 1] > 0.0, comm, PETSC_ERR_PLIB, "the triad was not computed");
  PetscCall(PetscFree3(a, b, c));
  *rate = 24.0 * (double)n * size / best;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BenchMemory(MPI_Comm comm, int64_t cells)
{
  double rate, best = 0.0;
  PetscFunctionBegin;
  (void)cells;
  for (int round = 0; round < VM_BENCH_ROUNDS; ++round) {
    PetscCall(VmBenchTriad(comm, &rate));
    best = fmax(best, rate);
  }
  PetscCall(VmBenchPrint(comm, "memory", "triad", 1e-9 * best, "GB/s"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const struct {
  const char *name;
  PetscErrorCode (*run)(MPI_Comm comm, int64_t cells); /* cells: of the edge, 0 for the usual ones */
} benches[] = {{"memory", BenchMemory},
               {"mech", VmBenchMech},
               {"cube", VmBenchCube},
               {"diffract", VmBenchDiffract},
               {"kmc", VmBenchKmc}};
enum { NBENCHES = sizeof benches / sizeof benches[0] };

static PetscErrorCode ReadCells(MPI_Comm comm, const char *text, int64_t *cells)
{
  char *end;
  PetscFunctionBegin;
  *cells = 0;
  if (!text) PetscFunctionReturn(PETSC_SUCCESS);
  const long value = strtol(text, &end, 10);
  if (*end || end == text || value < 2 || value > 4096)
    VmThrow(comm, VM_ERR_INPUT, "--cells %s: must be a whole number from 2 to 4096", text);
  *cells = value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  const char *text = NULL, *names[NBENCHES + 1] = {NULL};
  const VmOption options[] = {{.name = "--cells", .value = &text}, {.name = NULL}};
  VmWords words = {0};
  int64_t cells;
  bool found = false;
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_bench, argc, argv, options, 0, 1, &words));
  PetscCall(ReadCells(comm, text, &cells));
  for (int b = 0; b < NBENCHES; ++b) {
    names[b] = benches[b].name;
    if (words.count && strcmp(words.words[0], benches[b].name) != 0) continue;
    found = true;
    PetscCall(benches[b].run(comm, cells));
  }
  if (!found) {
    const char *closest = VmDidYouMean(words.words[0], names);
    VmThrow(comm, VM_ERR_INPUT, "no benchmark \"%s\"%s%s%s; there are memory, mech, cube, diffract and kmc",
            words.words[0], closest ? "; did you mean " : "", closest ? closest : "", closest ? "?" : "");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_bench = {
    .name = "bench",
    .usage = "bench [NAME] [--cells N]",
    .summary = "measures this machine: memory bandwidth, equilibrium solver, statistics of a 4D-STEM cube, virtual "
               "microscope, "
               "event finders",
    .help =
        "Prints lines NAME FIGURE VALUE UNIT; run it under mpirun to measure several ranks together.\n\n"
        "  memory  triad of STREAM\n"
        "  mech    equilibrium of 64^3 and 128^3 voxels (or N^3), reduced integration: an iteration of the own\n"
        "          conjugate gradients, six real transforms alone, their ratio, bytes per voxel of solver and moduli;\n"
        "          the time of moving the iteration's bytes at the bandwidth of the triad; on several ranks also what\n"
        "          they gain over one rank in bandwidth and in time, and one box per rank over one box on one rank\n"
        "  cube    a 4D-STEM cube of 64 x 64 (or N x N) patterns of 128 x 128 pixels, read from the page cache: sum\n"
        "          of every pattern, virtual annular image, and the full pass (V(k), V2D, C_k, n-fold maps)\n"
        "  diffract  a probe through 20 nm of 43,000 atoms, 128 x 128 pixels of 0.16 1/nm, every rank its own: "
        "multislice\n"
        "          with 100 (or N) slices in single precision, its 200 transforms alone (the best plan of FFTW), their "
        "ratio,\n"
        "          the potential of a tile of 4 x 4 probes; multislice in double precision; kinematic\n"
        "  kmc     32^3, 64^3 and 128^3 voxels (or N^3) of shear transformation zones of 20 modes at 300 K, sheared by "
        "the\n"
        "          finder thinned until they yield: events per second of thinned and, from the same state, of full; "
        "where\n"
        "          the time of thinned goes, how its candidates and bounds do\n\n"
        "example:\n  mpirun -n 2 vitromech bench mech --cells 64",
    .run = Run,
};
