/* L3. What a statistic found: named datasets that describe themselves, held on one rank until they are written. */
#ifndef VITROMECH_STAT_RESULT_H
#define VITROMECH_STAT_RESULT_H

#include <vitromech/h5.h>

typedef struct {
  char name[64], unit[32], long_name[160], axes[64], definition[640];
  VmType type;
  int rank; /* 0: scalar */
  int64_t dims[4];
  void *data;
} VmStatDataset;

typedef struct VmStatResult_s {
  int count, capacity;
  VmStatDataset *datasets;
} * VmStatResult;

PetscErrorCode VmStatResultCreate(VmStatResult *result);
PetscErrorCode VmStatResultDestroy(VmStatResult *result);

/** Copies data [dims...] under a name; definition NULL: none. Not collective. */
PetscErrorCode VmStatResultAdd(VmStatResult result, const char *name, VmType type, int rank, const int64_t *dims,
                               const void *data, VmMeta meta, const char *definition);
/** A float64 scalar. Not collective. */
PetscErrorCode VmStatResultScalar(VmStatResult result, const char *name, double value, const char *unit,
                                  const char *long_name, const char *definition);
/** A float64 scalar and its standard error `<name>_error`. Not collective. */
PetscErrorCode VmStatResultEstimate(VmStatResult result, const char *name, double value, double error, const char *unit,
                                    const char *long_name, const char *definition);

/** NULL if there is none of that name. Not collective. */
const VmStatDataset *VmStatResultFind(VmStatResult result, const char *name);
/** Number of values. Not collective. */
int64_t VmStatDatasetSize(const VmStatDataset *dataset);

/** Writes the datasets that rank 0 holds to <group>/<name>; other ranks' result is not looked at. Collective. */
PetscErrorCode VmStatResultWrite(MPI_Comm comm, VmStatResult result, VmH5 file, const char *group);

/** One line for each scalar on rank 0: name, value +- standard error, unit. Not collective. */
PetscErrorCode VmStatResultPrint(MPI_Comm comm, VmStatResult result, const char *title);

#endif
