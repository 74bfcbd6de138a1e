/* Frozen phonons: atoms displaced at random, independently of each other (Einstein's model). */
#ifndef VM_SYNTH_PHONONS_H
#define VM_SYNTH_PHONONS_H

#include <vitromech/atoms.h>

/**
 * Moves every atom by a Gaussian displacement with <u_x^2> = B/(8 pi^2) along each axis, so that the mean amplitude
 * falls as exp(-B k^2/4); images of an atom move alike.
 *
 * \param[in]     seed           of the displacements (counter: id of the atom, configuration)
 * \param[in]     configuration  from 0
 * \param[in]     b              nm^2
 * \param[in]     atoms
 * \param[in,out] moved          empty; the displaced atoms are added
 * Not collective. Source: R. F. Loane, P. Xu, J. Silcox, Acta Cryst. A47 (1991) 267.
 */
PetscErrorCode VmPhononsDisplace(uint64_t seed, int64_t configuration, double b, const VmAtoms *atoms, VmAtoms *moved);

#endif
