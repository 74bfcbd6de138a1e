/* L5. The files a case refers to. */
#ifndef VM_APP_CASE_FILES_H
#define VM_APP_CASE_FILES_H

#include "case.h"

/** Adds a problem for each file of the case that cannot be opened, at the line that names it. Collective. */
PetscErrorCode VmCaseCheckFiles(VmCaseFile file, const VmNode *root, VmReport report);

/** Reads the structures of the case to the end, so that a damaged one is found before anything is computed or written:
 * VM_ERR_INPUT with file and line. Collective. */
PetscErrorCode VmCaseReadFiles(VmCaseFile file);

#endif
