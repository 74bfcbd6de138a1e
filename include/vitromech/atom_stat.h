/* L3. Statistics of atoms: what one rank's share of the centres gives, put together in an order that does not depend on
 * the number of ranks. */
#ifndef VITROMECH_ATOM_STAT_H
#define VITROMECH_ATOM_STAT_H

#include <vitromech/analyze.h>
#include <vitromech/atoms.h>
#include <vitromech/stat_result.h>

/* What a statistic looks at. */
typedef struct {
  MPI_Comm comm;
  const VmAtoms *atoms; /* the whole structure, the same on every rank, wrapped into the cell along periodic axes */
  const char *path;     /* the file it was read from, NULL: none */
  VmAtomsHints hints;   /* with which it was read */
} VmStructure;

/* One statistic of atoms. apply is collective and fills `result` on rank 0, with the same bits on any number of
 * ranks. */
typedef struct {
  VmPluginHead head;
  PetscErrorCode (*apply)(const void *params, const VmStructure *structure, VmStatResult result);
} VmAtomOps;

extern const VmAtomOps *const vm_atom_table[]; /* NULL-terminated */

/** Wraps atoms that every rank holds whole into their cell along periodic axes. Not collective. */
void VmStructureWrap(VmAtoms *atoms);

/** Applies one statistic and writes /statistics/<name>. Collective. */
PetscErrorCode VmAtomStatApply(const VmPlugin *entry, const char *name, const VmStructure *structure, VmH5 out);

#endif
