/* The convergent probe of physics.md D2, limited to its window. */
#ifndef VM_SYNTH_PROBE_H
#define VM_SYNTH_PROBE_H

#include "optics.h"
#include <complex.h>

/* psi = psi_0 + i psi_1 with psi_c real and even; spectrum[c] is the transform of psi_c about its centre, real and
 * even. */
typedef struct {
  int64_t grid[2];
  int parts;           /* 1: the probe is real (no aberrations); 2: complex */
  double *spectrum[2]; /* [grid0][grid1/2 + 1], nm; sum over all frequencies of sum_c spectrum^2 = period^2 */
  double inside;       /* fraction of the probe's current that the window holds */
} VmProbe;

/** Amplitude of the probe in focus units: 2 pi int_0^aperture exp(-i chi(k)) J0(2 pi k r) k dk, 1/nm^2, with
 * chi = pi lambda defocus k^2 + pi/2 Cs lambda^3 k^4 (defocus > 0: overfocus). Not collective. Source: physics.md D2.
 */
double complex VmProbeAmplitude(const VmOptics *optics, double r);

/** Spectrum [grid0][grid1] of the probe about its centre (sum of squares 1), moved along the beam by a distance [nm]
 * from the middle of the foil, where it is focused or defocused. Not collective. */
void VmProbeEntry(const VmOptics *optics, const VmProbe *probe, double distance, double complex *entry);

/** Factor of frequency i of n of a wave moved by a number of grid spacings. Not collective. */
double complex VmProbeShift(double spacings, int64_t i, int64_t n);

/** Not collective. */
PetscErrorCode VmProbeCreate(const VmOptics *optics, VmProbe *probe);
void VmProbeDestroy(VmProbe *probe);

#endif
