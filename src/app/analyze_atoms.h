/* L5. What `analyze` does with a file of atoms. */
#ifndef VM_APP_ANALYZE_ATOMS_H
#define VM_APP_ANALYZE_ATOMS_H

#include "command.h"

extern const char vm_atoms_recipe[]; /* without a recipe of the user */

/** "--types Cu,Zr" and "--frame 3"; NULL: not given. Bad: VM_ERR_INPUT. Collective. */
PetscErrorCode VmAtomsHintsParse(MPI_Comm comm, const char *types, const char *frame, VmAtomsHints *hints);

/** Entries of a list that read atoms are left out, and said so, of what is no file of atoms, and the others of one, as
 * in a case whose list is for both; a list of which nothing is left: VM_ERR_INPUT. Collective. */
PetscErrorCode VmAtomsListCheck(MPI_Comm comm, const char *path, bool is_atoms, const VmList *list);

#endif
