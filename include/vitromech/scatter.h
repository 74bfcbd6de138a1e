/* L3. Electron scattering of free atoms, and the constants of the electron beam. k = 1/d = 2 sin(theta/2)/lambda, no 2
 * pi. */
#ifndef VITROMECH_SCATTER_H
#define VITROMECH_SCATTER_H

#include <vitromech/base.h>

#define VM_MAX_ATOMIC_NUMBER 103

/**
 * Elastic scattering factor of a neutral atom for electrons, first Born approximation, rest mass.
 *
 * \param[in] atomic_number  1 (H) to 103 (Lr); NAN outside
 * \param[in] k              1/nm
 * \return f(k) [nm]. Not collective.
 * Source: I. Lobato and D. Van Dyck, Acta Cryst. A70 (2014) 636.
 */
double VmScatteringFactor(int atomic_number, double k);

/** Relativistic wavelength [nm] of electrons accelerated by a voltage [V]. Not collective. Source: physics.md D1. */
double VmElectronWavelength(double voltage);

/** Interaction constant sigma = 2 pi m e lambda/h^2 [rad/(V nm)], m the relativistic mass. Not collective. */
double VmInteractionConstant(double voltage);

/* Fourier transform of an atom's potential, in three dimensions or projected: v(k) = VM_POTENTIAL_FACTOR f(k) [V nm^3],
 * f in nm. The factor is h^2/(2 pi m_0 e) [V nm^2]. */
#define VM_POTENTIAL_FACTOR 0.47877647

#endif
