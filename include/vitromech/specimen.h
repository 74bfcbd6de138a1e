/* L3. Atoms as they stand in the microscope: selected, turned, cut. */
#ifndef VITROMECH_SPECIMEN_H
#define VITROMECH_SPECIMEN_H

#include <vitromech/atoms.h>
#include <vitromech/params.h>

/* Parameters of the `specimen` block; vm_specimen_table has the rows and their meaning (see analysis/atoms/specimen.c).
 */
typedef struct VmSpecimenParams_s VmSpecimenParams;
extern const VmTable vm_specimen_table;

/**
 * Keeps the wanted elements, turns the structure about its middle and cuts a box from its middle; a periodic structure
 * fills the box with its images. The box then begins at the origin and is the cell.
 *
 * \param[in]     params  NULL: nothing is done
 * \param[in]     seed    of a random rotation
 * \param[in,out] atoms   distributed; ids number images of a periodic structure, then its atoms
 * The same atoms on any number of ranks. Collective.
 * Errors: VM_ERR_INPUT (no atom left; a periodic structure that is turned needs a box).
 */
PetscErrorCode VmSpecimenPrepare(MPI_Comm comm, const VmSpecimenParams *params, uint64_t seed, VmAtoms *atoms);

/** Tells how many atoms there are in which box; nothing without parameters. Collective. */
PetscErrorCode VmSpecimenLog(MPI_Comm comm, const VmSpecimenParams *params, const VmAtoms *atoms);

#endif
