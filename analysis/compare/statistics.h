/* L4. Reading the statistics of an analysis file. */
#ifndef VM_COMPARE_STATISTICS_H
#define VM_COMPARE_STATISTICS_H

#include <vitromech/h5.h>

/* The groups of /statistics, each with its kind and what it was made of. */
typedef struct VmStatistics_s *VmStatistics;

/** Collective. */
PetscErrorCode VmStatisticsCreate(VmH5 file, VmStatistics *statistics);
PetscErrorCode VmStatisticsDestroy(VmStatistics *statistics);

/** Group of a kind ("fem", "clusters") made of a map ("nfold/n_4"; NULL: any), or NULL. Not collective. */
const char *VmStatisticsFind(VmStatistics statistics, const char *kind, const char *of);

/** All values of /statistics/<group>/<dataset> by PetscMalloc; *values NULL and *count 0 if the group is NULL or has no
 * such dataset. Collective. */
PetscErrorCode VmStatisticsRead(VmStatistics statistics, const char *group, const char *dataset, int64_t *count,
                                double **values);

/** First value of a dataset, NAN if there is none. Collective. */
PetscErrorCode VmStatisticsScalar(VmStatistics statistics, const char *group, const char *dataset, double *value);

/** The file. Not collective. */
VmH5 VmStatisticsFile(VmStatistics statistics);

#endif
