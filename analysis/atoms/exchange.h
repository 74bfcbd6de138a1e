/* All-to-all exchange of records, and a stable sort of integer keys. */
#ifndef VM_ATOMS_EXCHANGE_H
#define VM_ATOMS_EXCHANGE_H

#include <vitromech/base.h>

/**
 * Sends records to other ranks.
 *
 * \param[in]  item      bytes of one record
 * \param[in]  to        [ranks] records for each rank
 * \param[in]  send      the records, ordered by destination
 * \param[out] from      [ranks] records that came from each rank
 * \param[out] received  the records, ordered by source; free with PetscFree
 * Collective.
 */
PetscErrorCode VmExchange(MPI_Comm comm, size_t item, const int64_t *to, const void *send, int64_t *from,
                          void **received);

/** Stable order of non-negative keys [n]: *order [n] by PetscMalloc. Not collective. */
PetscErrorCode VmSortOrder(int64_t n, const int64_t *keys, int64_t **order);

#endif
