/* Moments of the potential of a tile, V_p(r) = sum_j F_p(u_j) v_j(r - r_j), and the wave that they scatter
 * kinematically. Two moments, an even and an odd one, are one complex number, and pairs are the lanes of a vector: one
 * transform of vectors makes all. With Z = FT{psi (V_2q + i V_2q+1)} and psi real, c_2q FT{psi V_2q} + i c_2q+1 FT{psi
 * V_2q+1} = (c_2q + c_2q+1)/2 Z(k) + (c_2q - c_2q+1)/2 conj Z(-k). */
#ifndef VM_SYNTH_MOMENTS_H
#define VM_SYNTH_MOMENTS_H

#include "ewald.h"
#include "optics.h"
#include <complex.h>

/* What is written once for each precision (lanes_moments.h). */
typedef struct {
  int lanes;
  size_t bytes; /* of `lanes` pairs */
  void *(*create)(const int64_t grid[2], int pairs, double scale, const double *coefficient);
  void (*sum)(void *state, const void *value, const int64_t grid[2], const int64_t first[2], const double *wave,
              bool imaginary, double complex *amplitude);
  void (*fill)(const int64_t grid[2], int moment, const double *from, void *value);
  void (*destroy)(void *state);
} VmMomentPrecision;

typedef struct {
  const VmMomentPrecision *precision;
  int64_t window[2], grid[2]; /* of a probe, of the tile */
  int pairs;
  void *state, *value; /* value: [pairs/lanes][grid0][grid1] */
} VmMoments;

/** The window of the optics; the accuracy and the largest frequency are those of its detector. Not collective. */
PetscErrorCode VmMomentsCreate(const VmOptics *optics, const VmEwald *ewald, VmMoments *moments);
void VmMomentsDestroy(VmMoments *moments);

/** Makes room for a tile, all zero. Not collective. */
PetscErrorCode VmMomentsTile(VmMoments *moments, const int64_t grid[2]);
double VmMomentsBytes(const VmMoments *moments, const int64_t grid[2]);

/** Takes over one moment [grid0][grid1]. Not collective. */
void VmMomentsFill(VmMoments *moments, int moment, const double *value);

/**
 * Amplitude sum_p i^(p mod 2) c_p(k) FT{psi V_p} [V nm^2] of a window.
 *
 * \param[in] first  point of the tile where the window begins
 * \param[in] wave   [window0][window1] real or imaginary part of psi, 1/nm
 * \param[in] imaginary  adds i times the sum; otherwise the amplitude is set
 * \param[in,out] amplitude  [window0][window1]
 * Not collective.
 */
void VmMomentsScatter(VmMoments *moments, const int64_t first[2], const double *wave, bool imaginary,
                      double complex *amplitude);

#endif
