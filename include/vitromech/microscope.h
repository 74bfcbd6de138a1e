/* L3. The virtual microscope: atoms to a 4D-STEM cube, streamed to disk. */
#ifndef VITROMECH_MICROSCOPE_H
#define VITROMECH_MICROSCOPE_H

#include <vitromech/atoms.h>
#include <vitromech/cube.h>
#include <vitromech/log.h>
#include <vitromech/params.h>
#include <vitromech/provenance.h>

/* Parameters of the `microscope` block; rows and meaning in vm_microscope_table (analysis/synth/microscope.c). */
typedef struct VmMicroscopeParams_s VmMicroscopeParams;
extern const VmTable vm_microscope_table;

/** Shape and calibration of the cube a block describes. Not collective. */
PetscErrorCode VmMicroscopeInfo(const VmMicroscopeParams *params, VmCubeInfo *info);

/**
 * Simulates the scan and writes the cube.
 *
 * \param[in] atoms       distributed structure; the beam runs along z
 * \param[in] seed        of the counting noise (counter: probe, pixel)
 * \param[in] path        EMD file to write
 * \param[in] provenance  written into the cube, or NULL
 * Same cube on any number of ranks. Collective.
 */
PetscErrorCode VmDiffract(MPI_Comm comm, const VmMicroscopeParams *params, const VmAtoms *atoms, uint64_t seed,
                          const char *path, VmProvenance provenance, VmProgress progress);

#endif
