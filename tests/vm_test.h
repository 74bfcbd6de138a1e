/* Checks that count failures on every rank and reduce them at the end, so that one failing rank never hangs the others.
 * A test is a program: main calls VmTestMain(argc, argv, run), run uses the VmExpect... macros. Exit status 0: passed,
 * 1: failed, 77: skipped. */
#ifndef VM_TEST_H
#define VM_TEST_H

#include <vitromech/base.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int vm_test_checks, vm_test_failures;
static bool vm_test_skipped;

#define VmExpect(condition, ...)                                                                                       \
  do {                                                                                                                 \
    ++vm_test_checks;                                                                                                  \
    if (!(condition)) {                                                                                                \
      ++vm_test_failures;                                                                                              \
      fprintf(stderr, "%s:%d: expected %s: ", __FILE__, __LINE__, #condition);                                         \
      fprintf(stderr, __VA_ARGS__);                                                                                    \
      fputc('\n', stderr);                                                                                             \
    }                                                                                                                  \
  } while (0)

/* |actual - wanted| <= tolerance (absolute) */
#define VmExpectNear(actual, wanted, tolerance)                                                                        \
  do {                                                                                                                 \
    const double vm_a = (actual), vm_w = (wanted), vm_t = (tolerance);                                                 \
    VmExpect(fabs(vm_a - vm_w) <= vm_t, "%s = %.15g, wanted %.15g within %g", #actual, vm_a, vm_w, vm_t);              \
  } while (0)

#define VmExpectInt(actual, wanted)                                                                                    \
  do {                                                                                                                 \
    const long long vm_a = (long long)(actual), vm_w = (long long)(wanted);                                            \
    VmExpect(vm_a == vm_w, "%s = %lld, wanted %lld", #actual, vm_a, vm_w);                                             \
  } while (0)

/* A printed figure of the test: shows up in the log of CTest. */
#define VmFigure(name, value)                                                                                          \
  do {                                                                                                                 \
    int vm_r;                                                                                                          \
    MPI_Comm_rank(PETSC_COMM_WORLD, &vm_r);                                                                            \
    if (vm_r == 0) printf("figure: %s = %.10g\n", (name), (double)(value));                                            \
  } while (0)

/* Path of a test data file, or NULL (and the test is marked skipped) if it is absent. The buffer is static. */
static inline const char *VmTestData(const char *name)
{
  static char path[4096];
  const char *directory = getenv("VM_TEST_DATA");
  snprintf(path, sizeof path, "%s/%s", directory ? directory : "../shared/data", name);
  FILE *f = fopen(path, "rb");
  if (!f) {
    printf("skipped: %s is absent\n", path);
    vm_test_skipped = true;
    return NULL;
  }
  fclose(f);
  return path;
}

/* Directory for files a test writes; removed by nobody, unique to the test program and the number of ranks. */
static inline const char *VmTestScratch(void)
{
  const char *directory = getenv("VM_TEST_SCRATCH");
  return directory ? directory : "/tmp";
}

static inline int VmTestMain(int argc, char **argv, PetscErrorCode (*run)(void))
{
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  VmErrorHandlerPush();
  PetscErrorCode code = run();
  if (code) {
    ++vm_test_failures;
    fprintf(stderr, "the test returned error %d\n", (int)code);
    if (code < VM_ERR_INPUT || code > VM_ERR_STOPPED) MPI_Abort(PETSC_COMM_WORLD, 1);
  }
  int local[2] = {vm_test_failures, vm_test_checks}, all[2], rank;
  MPI_Allreduce(local, all, 2, MPI_INT, MPI_SUM, PETSC_COMM_WORLD);
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (rank == 0) printf("%d checks, %d failures\n", all[1], all[0]);
  PetscFinalize();
  if (all[0]) return 1;
  return vm_test_skipped && all[1] == 0 ? 77 : 0;
}

#endif
