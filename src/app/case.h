/* L5. A case file: everything a user can write into one input. */
#ifndef VM_APP_CASE_H
#define VM_APP_CASE_H

#include "command.h"

typedef struct {
  int64_t schema;
  char *name;
  int64_t seed;
  double temperature; /* K */
  VmOutputParams output;
  VmSimParams *sim;               /* NULL: no mesoscale run in this case */
  VmGlassParams *glass;           /* NULL: no block */
  VmSpecimenParams *specimen;     /* NULL: no block */
  VmMicroscopeParams *microscope; /* NULL: no block */
  VmList analysis;                /* of VmPlugin, vm_statistic_kind */
  VmCompareParams *compare;       /* NULL: no block */
  char *petsc;                    /* options for PETSc, or NULL */
} VmCase;

extern const VmTable vm_case_table;

typedef struct {
  MPI_Comm comm;
  char *path, *base, *text; /* file, its directory (with trailing slash, or ""), verbatim text */
  VmCase params;
  char *used_yaml; /* effective input */
} * VmCaseFile;

/**
 * Reads, overrides by --set assignments, checks blocks against each other and reads the files the case refers to; all
 * problems shown at once (VM_ERR_INPUT). Collective.
 * \param[in] overrides  NULL-terminated "path=value", or NULL
 */
PetscErrorCode VmCaseRead(MPI_Comm comm, const char *path, const char *const *overrides, VmCaseFile *file);
PetscErrorCode VmCaseDestroy(VmCaseFile *file);

/** The effective input of a case as VmCaseRead has it, without looking at the files it refers to. *used_yaml by
 * PetscMalloc. Collective. */
PetscErrorCode VmCaseReadInput(MPI_Comm comm, const char *path, const char *const *overrides, char **used_yaml);

/** Provenance of a case: its text, its effective input, checksums of the files and sources of the models it uses.
 * Collective. */
PetscErrorCode VmCaseProvenance(VmCaseFile file, int argc, char **argv, VmProvenance *provenance);

/** Path of a file in the output directory. Not collective. */
void VmCaseOutput(VmCaseFile file, const char *name, size_t size, char *path);

#endif
