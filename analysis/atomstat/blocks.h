/* Means over atoms, with standard errors from blocks of space. */
#ifndef VM_ATOMSTAT_BLOCKS_H
#define VM_ATOMSTAT_BLOCKS_H

#include <vitromech/atom_stat.h>

/** Block, 0 ... VM_GROUPS - 1 (analysis/stat/groups.h), of each atom [n] by PetscMalloc: 4 x 2 x 2 parts of the cell,
 * or of the extent of the atoms along axes that are not periodic. Not collective. */
PetscErrorCode VmAtomBlocks(const VmAtoms *atoms, int **block);

/** Mean of values [n] over the atoms of a species (-1: all) that are not NAN, and its standard error by bootstrap over
 * the blocks [n]; NAN without values. Not collective. */
PetscErrorCode VmAtomMean(const VmAtoms *atoms, const int *block, int species, const double *values, double *mean,
                          double *error);

/** Adds <name> with <name>_error, and <name>_<element> of each species if there are several. Not collective. */
PetscErrorCode VmAtomMeansAdd(const VmAtoms *atoms, const int *block, const double *values, VmStatResult result,
                              const char *name, const char *unit, const char *long_name, const char *definition);

#endif
