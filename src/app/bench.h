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

/** Triad a = b + s c of McCalpin's STREAM, three arrays of 160 MB over all ranks: bytes/s, counted as there.
 * Collective.
 */
PetscErrorCode VmBenchTriad(MPI_Comm comm, double *rate);

/** Iterations of the equilibrium solver in boxes of 64^3 and 128^3 voxels, or cells^3. Collective. */
PetscErrorCode VmBenchMech(MPI_Comm comm, int64_t cells);

/** Statistics of a cube of 64 x 64 (or cells x cells) patterns of 128 x 128 float32 in the page cache. Collective. */
PetscErrorCode VmBenchCube(MPI_Comm comm, int64_t cells);

/** Event finders in boxes of 32^3, 64^3 and 128^3 voxels, or cells^3, near their yield point. Collective. */
PetscErrorCode VmBenchKmc(MPI_Comm comm, int64_t cells);

/** A probe of the virtual microscope, by multislice (100 or `cells` slices) and kinematic. Collective. */
PetscErrorCode VmBenchDiffract(MPI_Comm comm, int64_t cells);

#endif
