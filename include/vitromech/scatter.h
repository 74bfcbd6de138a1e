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

/**
 * Integral over all heights below z of what the part of the atom's potential below each adds to the factor, for
 * scattering perpendicular to the height: int_-inf^z f(k, z') dz', f(k, z') rising from 0 to f(k).
 *
 * \param[in] k  perpendicular to the height, 1/nm
 * \param[in] z  above the nucleus, nm
 * \return nm^2. Not collective.
 * Source: the transform of the same f along one axis, a/(1 + b q^2) + a/(1 + b q^2)^2 being of closed form.
 */
double VmScatteringBelow(int atomic_number, double k, double z);

/** Relativistic wavelength [nm] of electrons accelerated by a voltage [V]. Not collective. Source: physics.md D1. */
double VmElectronWavelength(double voltage);

/** Interaction constant sigma = 2 pi m e lambda/h^2 [rad/(V nm)], m the relativistic mass. Not collective. */
double VmInteractionConstant(double voltage);

/* Fourier transform of an atom's potential, in three dimensions or projected: v(k) = VM_POTENTIAL_FACTOR f(k) [V nm^3],
 * f in nm. The factor is h^2/(2 pi m_0 e) [V nm^2]. */
#define VM_POTENTIAL_FACTOR 0.47877647

#endif
