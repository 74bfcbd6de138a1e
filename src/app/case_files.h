/* L5. The files a case refers to. */
#ifndef VM_APP_CASE_FILES_H
#define VM_APP_CASE_FILES_H

#include "case.h"

/** All files the case refers to, NULL-terminated; freed by VmGlassFilesFree. Not collective. */
PetscErrorCode VmCaseFiles(VmCaseFile file, char ***paths);

/** Adds a problem for each file of the case that cannot be opened, at the line that names it. Collective. */
PetscErrorCode VmCaseCheckFiles(VmCaseFile file, const VmNode *root, VmReport report);

/** Reads the structure of the case to the end and fits it to the box of the run, so that a damaged or unfitting one is
 * found before anything is computed or written: VM_ERR_INPUT. Collective. */
PetscErrorCode VmCaseReadFiles(VmCaseFile file);

/** One comment line with the SHA-256 of each file of VmCaseFiles, for used.yaml, from the provenance of the case; by
 * PetscMalloc. Not collective. */
PetscErrorCode VmCaseChecksums(VmCaseFile file, VmProvenance provenance, char **text);
/** VM_ERR_INPUT if a file had another content when the text `theirs` was made. Collective. */
PetscErrorCode VmCaseCompareChecksums(VmCaseFile file, const char *theirs, const char *ours);

#endif
