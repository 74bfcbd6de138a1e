/* Benchmarks that have a file of their own. */
#ifndef VM_APP_BENCH_H
#define VM_APP_BENCH_H

#include "command.h"

/* Rounds of measurements: the smallest time of each counts, since others use the machine too. */
enum { VM_BENCH_ROUNDS = 5 };

/** Prints "NAME FIGURE VALUE UNIT" on rank 0. Not collective. */
PetscErrorCode VmBenchPrint(MPI_Comm comm, const char *name, const char *figure, double value, const char *unit);

/** Wall-clock time [s] at which all ranks have arrived. Collective. */
PetscErrorCode VmBenchTime(MPI_Comm comm, double *time);

/** Statistics of a cube of 64 x 64 (or cells x cells) patterns of 128 x 128 float32 in the page cache. Collective. */
PetscErrorCode VmBenchCube(MPI_Comm comm, int64_t cells);

/** A probe of the virtual microscope, by multislice (100 or `cells` slices) and kinematic. Collective. */
PetscErrorCode VmBenchDiffract(MPI_Comm comm, int64_t cells);

#endif
