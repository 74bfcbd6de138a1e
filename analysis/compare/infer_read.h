/* L4. What an inference starts from: the table of a sweep and the same statistics of a sample. */
#ifndef VM_COMPARE_INFER_READ_H
#define VM_COMPARE_INFER_READ_H

#include "emulator.h"
#include <vitromech/infer.h>

enum { VM_INFER_NAME = VM_H5_NAME };

typedef struct {
  char name[VM_INFER_NAME], unit[32];
  double low, high; /* range in the sweep */
  double *values;   /* [points] scaled to 0 ... 1 */
} VmInferParameter;

typedef struct {
  char name[VM_INFER_NAME]; /* "fem/peak_k", "yield_stress"; "fem/omega[1]": first principal component of a curve */
  double *values;           /* [points] */
  double measured, error;   /* of the sample; the error beyond the scatter of single runs, 0 if none is known */
} VmInferStatistic;

typedef struct {
  int points, parameters, statistics;
  VmInferParameter parameter[VM_MOST_PARAMETERS];
  VmInferStatistic *statistic; /* only those that the sample has too and that vary */
} VmInferData;

/** Collective. */
PetscErrorCode VmInferRead(MPI_Comm comm, int n, const VmH5 *files, VmH5 table, const VmInferOptions *options,
                           VmInferData *data);
PetscErrorCode VmInferDataFree(VmInferData *data);

/** Adds the principal components of the curves that the sample and the runs share. Collective. */
PetscErrorCode VmInferCurves(MPI_Comm comm, int n, const VmH5 *files, VmH5 table, const VmInferOptions *options,
                             VmInferData *data);

/** Runs that must have a statistic for it to be emulated. Not collective. */
int VmInferLeast(const VmInferData *data);

/** What a standard error is beyond the usual one of a run, which the scatter of the runs holds already; the whole where
 * runs have none, 0 if it is not known. Not collective. */
double VmInferExcess(double error, double usual);

/** Whether a statistic may be used: a list that is empty or NULL names all. Not collective. */
bool VmInferListed(const char *const *names, const char *name);

#endif
