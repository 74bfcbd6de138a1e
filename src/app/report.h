/* L5. The HTML report: a Python program that takes the place of this one. */
#ifndef VM_APP_REPORT_H
#define VM_APP_REPORT_H

#include "command.h"

/**
 * Ends PETSc and MPI, then turns rank 0 into the report program; the other ranks exit with status 0. Returns only with
 * an error found before (the report program is not there: VM_ERR_FILE). Collective on all processes.
 *
 * \param[in] files        [n] result, analysis and cube files
 * \param[in] output_html  file to write
 */
PetscErrorCode VmReportExec(int n, const char *const *files, const char *output_html);

#endif
