/* L2. History of a run: named columns, one row per output, in memory, in result.h5 (/history/<column>) and in
 * history.csv, flushed row by row. */
#ifndef VITROMECH_HISTORY_H
#define VITROMECH_HISTORY_H

#include <vitromech/h5.h>

typedef struct {
  const char *name; /* "stress": /history/stress, CSV columns stress_xx ... when width is 6, stress otherwise */
  int width;        /* 1 or 6 */
  const char *unit, *long_name;
} VmColumn;

typedef struct VmHistory_s *VmHistory;

/** columns end with {NULL}. Collective. */
PetscErrorCode VmHistoryCreate(MPI_Comm comm, const VmColumn *columns, VmHistory *history);
PetscErrorCode VmHistoryDestroy(VmHistory *history);

/** Number of values of a row (sum of widths) and of rows so far. Not collective. */
int VmHistoryWidth(VmHistory history);
int64_t VmHistoryRows(VmHistory history);
/** All rows, [rows][width], valid until the next append. Not collective. */
const double *VmHistoryData(VmHistory history);

/** Attaches outputs and writes all rows held so far into them: the datasets are created, or cut to and checked against
 * the rows held; the CSV is rewritten by a temporary file and a rename. Either may be NULL. Collective. */
PetscErrorCode VmHistoryAttach(VmHistory history, VmH5 file, const char *csv_path);

/** Adds a row (equal on all ranks), appended to the attached outputs; the CSV is flushed, the file by its owner
 * (VmH5Flush). Collective. */
PetscErrorCode VmHistoryAppend(VmHistory history, const double *row);

/** Replaces all rows, e.g. by those of a checkpoint; call before VmHistoryAttach. Not collective. */
PetscErrorCode VmHistorySet(VmHistory history, int64_t rows, const double *data);

#endif
