/* Entries of an analysis list and their groups under /statistics. */
#ifndef VM_STAT_ENTRIES_H
#define VM_STAT_ENTRIES_H

#include <vitromech/map.h>
#include <vitromech/stat.h>

#define VM_ENTRY_NAME 128
typedef char VmEntryName[VM_ENTRY_NAME];

/** The map or field an entry looks at, or NULL. Not collective. */
const char *VmEntryOf(const VmPlugin *entry);
/** The second map of a statistic of two, or NULL. Not collective. */
const char *VmEntryWith(const VmPlugin *entry);

/**
 * Name of the group of each entry [list->count], by PetscMalloc: as given, else that of the statistic, with what it
 * looks at appended where that is taken ("clusters", "clusters_nfold_n_4"). The same name given twice: VM_ERR_INPUT.
 * Collective.
 */
PetscErrorCode VmEntryNames(MPI_Comm comm, const VmList *list, VmEntryName **names);

/** Writes what an entry found (held by rank 0) and its parameters to /statistics/<name>, and prints the scalars.
 * Collective. */
PetscErrorCode VmEntryWrite(MPI_Comm comm, const VmPlugin *entry, const char *name, VmStatResult result, VmH5 out);

/** Applies a map statistic to a map held by rank 0 and writes the result. Collective. */
PetscErrorCode VmEntryApply(MPI_Comm comm, const VmPlugin *entry, const char *name, const VmMap *map, VmH5 out);

#endif
