/* L2. Tables of numbers in text files. */
#ifndef VITROMECH_CSV_H
#define VITROMECH_CSV_H

#include <vitromech/tree.h>

typedef struct {
  int columns;
  int64_t rows;
  char **names, **units; /* [columns]; unit "" where the heading has none */
  double *values;        /* [columns][rows]; NAN where a cell is empty */
  int *lines;            /* [rows] number of the line in the file */
} VmCsv;

/**
 * Reads a table whose first line names the columns, each with an optional unit: "omega [1/s], storage [GPa]". Columns
 * are separated by commas, semicolons or tabs (else by blanks); lines that begin with # are left out; a cell may be
 * empty. Everything that is no number, and every row of another length, is a problem in the report. Collective.
 */
PetscErrorCode VmCsvRead(MPI_Comm comm, const char *path, VmReport report, VmCsv *csv);
PetscErrorCode VmCsvFree(VmCsv *csv);

/** Number of the column of a name, -1 if there is none. Not collective. */
int VmCsvColumn(const VmCsv *csv, const char *name);

#endif
