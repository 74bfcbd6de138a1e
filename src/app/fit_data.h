/* L5. The data of a fit from the columns of a table. */
#ifndef VM_APP_FIT_DATA_H
#define VM_APP_FIT_DATA_H

#include "command.h"

/* Names of columns; NULL or none: those of the law, or the first ones. */
typedef struct {
  const char *x;
  VmWords y, error;
} VmFitColumns;

typedef struct {
  VmLawData data;
  int parts; /* values of the law */
  double *x, *values, *errors;
  const char *unit;
  char *unit_text; /* unit of the values, "" if unknown */
} VmFitData;

/** Reads the columns a law needs, in its units, in the order of rising x; all problems of the file at once:
 * VM_ERR_INPUT. Collective. */
PetscErrorCode VmFitDataRead(MPI_Comm comm, const char *path, const VmLawOps *law, const VmFitColumns *columns,
                             VmFitData *data);
PetscErrorCode VmFitDataFree(VmFitData *data);

#endif
