/* L5. What `analyze` does with a file of atoms. */
#ifndef VM_APP_ANALYZE_ATOMS_H
#define VM_APP_ANALYZE_ATOMS_H

#include "command.h"

extern const char vm_atoms_recipe[]; /* without a recipe of the user */

/** "--types Cu,Zr" and "--frame 3"; NULL: not given. Bad: VM_ERR_INPUT. Collective. */
PetscErrorCode VmAtomsHintsParse(MPI_Comm comm, const char *types, const char *frame, VmAtomsHints *hints);

/** Every entry of a list that reads atoms is out of place in what is no file of atoms: VM_ERR_INPUT. Collective. */
PetscErrorCode VmNoAtomsCheck(MPI_Comm comm, const char *path, const VmList *list);

#endif
