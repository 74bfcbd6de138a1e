/* What the microscope needs to know about the foil as a whole. */
#ifndef VM_SYNTH_FOIL_H
#define VM_SYNTH_FOIL_H

#include "method.h"

/** Sets middle and thickness from the atoms' extent along z, and their species. No atoms: VM_ERR_INPUT. Collective. */
PetscErrorCode VmFoilExtent(MPI_Comm comm, const VmAtoms *atoms, VmOptics *optics);

/** Greatest number of atoms per area [1/nm^2] above any part of the cell (parts of about a nanometre). Collective. */
PetscErrorCode VmFoilCrowding(MPI_Comm comm, const VmAtoms *atoms, double *crowding);

/** All atoms of a box, whatever their z, periodic images in x and y included. A rank that wants none passes NULL.
 * Collective. */
PetscErrorCode VmFoilAtoms(MPI_Comm comm, const VmOptics *optics, const VmAtoms *atoms, const VmTileBox *box,
                           VmAtoms *inside);

/** The box of the probes that VmFoilScattered looks through. Not collective. */
void VmFoilSampleBox(const VmOptics *optics, const double centre[2], VmTileBox *box);

/** Sets the mean number of scattering events of an electron: the single-scattering intensity that a method finds,
 * averaged over a few probes about a point [nm]. Collective. */
PetscErrorCode VmFoilScattered(MPI_Comm comm, const VmAtoms *atoms, const double centre[2], const VmSynthMethod *method,
                               void *context, VmOptics *optics);

#endif
