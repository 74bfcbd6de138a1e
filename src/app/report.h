/* L5. The HTML report: a Python program that takes the place of this one. */
#ifndef VM_APP_REPORT_H
#define VM_APP_REPORT_H

#include "command.h"

/**
 * Ends PETSc and MPI, then turns rank 0 into the report program; the other ranks exit with status 0. Returns only if
 * the report program is not there (VM_ERR_FILE if required). Collective on all processes.
 *
 * \param[in] files        [n] result, analysis and cube files
 * \param[in] output_html  file to write
 * \param[in] required     false: a missing program or Python package is a warning, the results being whole without it
 */
PetscErrorCode VmReportExec(int n, const char *const *files, const char *output_html, bool required);

#endif
