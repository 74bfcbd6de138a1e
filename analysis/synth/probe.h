/* The convergent probe of physics.md D2, limited to its window. */
#ifndef VM_SYNTH_PROBE_H
#define VM_SYNTH_PROBE_H

#include "optics.h"
#include <complex.h>

/* psi = psi_0 + i psi_1 with psi_c real; spectrum[c] is the transform of psi_c about its centre. */
typedef struct {
  int64_t grid[2];
  int parts;                   /* 1: the probe is real (no aberrations); 2: complex */
  double complex *spectrum[2]; /* [grid0][grid1/2 + 1], nm; sum over all frequencies of sum_c |spectrum|^2 = period^2 */
  double inside;               /* fraction of the probe's current that the window holds */
} VmProbe;

/** Spectrum [grid0][grid1] of the probe about its centre (sum of squares 1), moved along the beam by a distance [nm]
 * from the middle of the foil, where it is focused or defocused. Not collective. */
void VmProbeEntry(const VmOptics *optics, const VmProbe *probe, double distance, double complex *entry);

/** Factor of frequency i along an axis of the window of a wave that is moved by a number of grid spacings and defocused
 * by `focus` [nm] more. Not collective. */
double complex VmProbeShift(const VmOptics *optics, int axis, double spacings, double focus, int64_t i);

/** Not collective. */
PetscErrorCode VmProbeCreate(const VmOptics *optics, VmProbe *probe);
void VmProbeDestroy(VmProbe *probe);

#endif
