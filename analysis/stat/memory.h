/* A limit on the resident memory of a rank: what it has, and whether it may have more. */
#ifndef VM_STAT_MEMORY_H
#define VM_STAT_MEMORY_H

#include <vitromech/base.h>

/** Resident memory of this process [bytes]; 0 where the system does not say. Not collective. */
int64_t VmMemoryResident(void);

/**
 * Refuses to go on if some rank would need more than it may have.
 *
 * \param[in] limit  [bytes] of each rank; 0: none
 * \param[in] more   [bytes] this rank will need on top of what it has
 * \param[in] what   what for
 * Errors: VM_ERR_INPUT with the memory needed. Collective.
 */
PetscErrorCode VmMemoryCheck(MPI_Comm comm, int64_t limit, int64_t more, const char *what);

#endif
