/* The wave of a round aperture with aberrations (physics.md D2), at any point. */
#ifndef VM_SYNTH_PUPIL_H
#define VM_SYNTH_PUPIL_H

#include "optics.h"
#include <complex.h>

typedef struct VmPupil_s *VmPupil;

/** Phase chi of the aberrations at k [1/nm], rad: (2 pi/lambda) sum_nm C_nm (lambda k)^(n+1)/(n+1) cos(m (phi -
 * phi_nm)), phi from x to y. With defocus = C10 > 0 for overfocus and spherical_aberration = C30 this is the chi of
 * physics.md D2. Not collective. Source: O. L. Krivanek, N. Dellby, A. R. Lupini, Ultramicroscopy 78 (1999) 1. */
double VmAberration(const VmOptics *optics, const double k[2]);

/* Phases that turn farther than this along or around the aperture are not integrated. */
enum { VM_MOST_TURN = 900 };

/** The farthest that the phase of the aberrations may turn along the radius of the aperture or per radian around it,
 * rad. Not collective. */
double VmAberrationTurn(const VmOptics *optics);

/** For points up to `radius` [nm]. Not collective. */
PetscErrorCode VmPupilCreate(const VmOptics *optics, double radius, VmPupil *pupil);
PetscErrorCode VmPupilDestroy(VmPupil *pupil);

/** True if there are no aberrations: the wave is real. Not collective. */
bool VmPupilIsReal(const VmOptics *optics);

/**
 * Wave [1/nm^2] at (x, y), (-x, y), (x, -y), (-x, -y), nm: the integral of exp(2 pi i k.r - i chi(k)) over the
 * aperture, Gauss-Legendre along the radius and the Fourier series of exp(-i chi) around it, so that the edge of the
 * aperture needs no pixels. Not collective.
 */
void VmPupilWave(VmPupil pupil, double x, double y, double complex wave[4]);

#endif
