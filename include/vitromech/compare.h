/* L4. Comparison of what was measured on a simulated glass with published and measured values. */
#ifndef VITROMECH_COMPARE_H
#define VITROMECH_COMPARE_H

#include <vitromech/h5.h>
#include <vitromech/params.h>

/* Parameters of the `compare` block: references by name (im2018) and measured curves (CSV of k, V, sigma). */
typedef struct VmCompareParams_s VmCompareParams;
extern const VmTable vm_compare_table;

/**
 * Puts the statistics of an analysis file beside the references: prints what differs in the conditions
 * and a table (quantity, ours, reference, difference), and writes it with notes to /comparison of `out` and to a CSV.
 *
 * \param[in] analysis  file with /statistics
 * \param[in] base      directory that relative paths in params start from
 * Differences of composition, probe and thickness are printed, never a failure. A missing measured file is said to be
 * absent and left out. Collective.
 */
PetscErrorCode VmCompare(MPI_Comm comm, const VmCompareParams *params, const char *base, VmH5 analysis, VmH5 out,
                         const char *csv_path);

/**
 * Puts the numbers, curves and maps that two analysis files share beside each other: difference of numbers in units of
 * their standard errors; chi^2 per point, relative root mean square difference and correlation of curves;
 * Kolmogorov-Smirnov and Wasserstein distances of the distributions of maps and of lists of regions with bootstrap
 * intervals. Each with the verdict of a test at the given level where errors are known. Curves on other points are
 * interpolated to those of a.
 *
 * \param[in] level     probability of calling two samples of one glass different
 * \param[in] csv_path  or NULL
 * \param[in] overlay   gets /overlay: what a drawing needs of curves (residuals) and distributions; or NULL
 * Collective.
 */
PetscErrorCode VmCompareFiles(MPI_Comm comm, VmH5 a, VmH5 b, double level, const char *csv_path, VmH5 overlay);

#endif
