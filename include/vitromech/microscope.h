/* L3. The virtual microscope: atoms to a 4D-STEM cube, streamed to disk. */
#ifndef VITROMECH_MICROSCOPE_H
#define VITROMECH_MICROSCOPE_H

#include <vitromech/atoms.h>
#include <vitromech/cube.h>
#include <vitromech/log.h>
#include <vitromech/params.h>
#include <vitromech/provenance.h>
#include <complex.h>

/* Parameters of the `microscope` block; rows and meaning in vm_microscope_table (analysis/synth/microscope.c). */
typedef struct VmMicroscopeParams_s VmMicroscopeParams;
extern const VmTable vm_microscope_table;

/** Shape and calibration of the cube a block describes. Not collective. */
PetscErrorCode VmMicroscopeInfo(const VmMicroscopeParams *params, VmCubeInfo *info);

/**
 * Simulates the scan and writes the cube.
 *
 * \param[in] snapshots   structures over which every pattern is averaged: frozen phonons from a trajectory; 1: the foil
 * as it is \param[in] atoms       [snapshots] distributed structures with the same species; the beam runs along z
 * \param[in] seed        of the counting noise (counter: probe, pixel)
 * \param[in] path        EMD file to write
 * \param[in] provenance  written into the cube, or NULL
 * The cube is written under a temporary name and renamed when it is whole; what a stopped or killed call has left under
 * that name is gone on with, if it was the same scan (else VM_ERR_INPUT). VM_ERR_STOPPED on request. Prints what was
 * chosen, the memory that will be needed, and the time per probe. Same cube on any number of ranks. Collective.
 */
PetscErrorCode VmDiffract(MPI_Comm comm, const VmMicroscopeParams *params, int64_t snapshots, const VmAtoms *atoms,
                          uint64_t seed, const char *path, VmProvenance provenance, VmProgress progress);

/** Atoms of one frame of a series, every rank the whole of it. Collective. */
typedef PetscErrorCode (*VmFrameRead)(void *context, MPI_Comm comm, int64_t frame, VmAtoms *atoms);

/**
 * Electron correlation microscopy: the patterns of a scan, often of one probe, through a foil that changes in time, as
 * a cube of [frames][probes] patterns, the probes of a frame in the order of the scan.
 *
 * \param[in] frames, read, context  frame 0 ... frames - 1 is read by read(context, comm, frame, &atoms)
 * \param[in] input                  text that changes with the frames, for a call that is resumed
 * Middle, thickness and scattered share of the foil are those of the first frame. The rest as in VmDiffract; ranks
 * share the frames. Collective.
 */
PetscErrorCode VmDiffractSeries(MPI_Comm comm, const VmMicroscopeParams *params, int64_t frames, VmFrameRead read,
                                void *context, const char *input, uint64_t seed, const char *path,
                                VmProvenance provenance, VmProgress progress);

/**
 * Kinematic amplitude of a set of atoms in a parallel beam, by direct summation:
 * A(k) = sum_j f_j(|k|) exp(-2 pi i k.r_j) exp(i pi wavelength |k|^2 z_j).
 *
 * \param[in]  atoms       this rank's atoms, no periodic images
 * \param[in]  wavelength  nm; 0: flat Ewald sphere
 * \param[in]  n, k        points [n][2], 1/nm
 * \param[out] amplitude   [n], nm; intensities are |A|^2 [nm^2]
 * Not collective. Source: physics.md D3, D4.
 */
PetscErrorCode VmKinematicDirect(const VmAtoms *atoms, double wavelength, int64_t n, const double (*k)[2],
                                 double complex *amplitude);

#endif
