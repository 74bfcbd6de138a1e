/* L4. The table of a comparison: on the terminal, in HDF5 and as CSV. */
#ifndef VM_COMPARE_TABLE_H
#define VM_COMPARE_TABLE_H

#include "references.h"

typedef struct {
  char quantity[64], unit[16], note[256];
  VmRelation relation;
  double ours, ours_error, reference, reference_error; /* NAN: not measured, no error known */
} VmRow;

#define VM_MAX_ROWS 32

typedef struct {
  char name[64], title[192];
  int count;
  VmRow rows[VM_MAX_ROWS];
} VmComparison;

/** Adds an empty row (all NAN); there must be room. Not collective. */
VmRow *VmComparisonAdd(VmComparison *comparison, const char *quantity, const char *unit);

/** Prints on rank 0. Not collective. */
PetscErrorCode VmComparisonPrint(MPI_Comm comm, const VmComparison *comparison);

/** Writes /comparison/<name>: datasets quantity, unit, note (text) and ours, ours_error, reference, reference_error;
 * group conditions: those of the reference. Collective. */
PetscErrorCode VmComparisonWrite(VmH5 file, const VmComparison *comparison, const VmConditions *conditions);

/** Writes all tables into one CSV. Collective. */
PetscErrorCode VmComparisonCsv(MPI_Comm comm, int count, const VmComparison *comparisons, const char *path);

#endif
