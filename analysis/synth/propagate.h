/* A wave through a stack of thin slices of a periodic cell (physics.md D4): psi <- FT^-1{P FT{t psi}}. */
#ifndef VM_SYNTH_PROPAGATE_H
#define VM_SYNTH_PROPAGATE_H

#include "slices.h"
#include <complex.h>
#include <fftw3.h>

enum { VM_SINGLE, VM_DOUBLE };

typedef struct VmPrecision_s VmPrecision;

/** Transmission functions t = exp(i sigma v) of all slices of a tile, in the order of a precision: blocks of `lanes`
 * rows, in each the columns one after the other. */
typedef struct {
  const VmPrecision *precision;
  int64_t grid[2]; /* of the tile */
  int count;
  void *value;
} VmTransmission;

/* Only frequencies inside the band limit are transformed between slices. */
typedef struct {
  int64_t grid[2];
  double period[2];     /* nm */
  double wavelength;    /* nm */
  double tilt[2];       /* of the beam, 1/nm */
  double limit2;        /* square of the band limit, 1/nm^2; infinite: none */
  double complex *wave; /* [grid0][grid1] */
  const VmPrecision *precision;
  void *state;
} VmPropagation;

/* What is written once for each precision (lanes.h). */
struct VmPrecision_s {
  const char *name;
  int lanes;
  size_t bytes; /* of a complex number */
  void *(*create)(const VmPropagation *propagation, double distance);
  void (*propagate)(void *state, const VmTransmission *transmission, const int64_t first[2], int count,
                    double complex *wave);
  void (*fill)(const int64_t grid[2], const fftw_complex *value, int slice, void *transmission);
  void (*slices)(const VmSliceJob *job, void *transmission);
  void (*destroy)(void *state);
};

extern const VmPrecision *const vm_precisions[]; /* VM_SINGLE, VM_DOUBLE */

enum { VM_WAVE_MULTIPLE = 8 }; /* the edges of a propagated grid are multiples of it */

/**
 * \param[in] precision   VM_SINGLE or VM_DOUBLE
 * \param[in] grid        multiples of VM_WAVE_MULTIPLE without prime factors above 7
 * \param[in] period      edges of the periodic cell, nm
 * \param[in] wavelength  nm
 * \param[in] tilt        1/nm: frequencies are counted from the beam, which stands so far off the normal of the slices
 * \param[in] distance    of two slices, nm
 * \param[in] limited     keep |k| < 2/3 of the lower of the two Nyquist frequencies only
 * Not collective.
 */
PetscErrorCode VmPropagationCreate(int precision, const int64_t grid[2], const double period[2], double wavelength,
                                   const double tilt[2], double distance, bool limited, VmPropagation *propagation);
void VmPropagationDestroy(VmPropagation *propagation);

/** Whether frequency (i, j) of the transform lies inside the band limit. Not collective. */
bool VmPropagationInside(const VmPropagation *propagation, int64_t i, int64_t j);

/** exp(-i pi wavelength distance (k^2 + 2 k tilt)) for frequency i of one axis. Not collective. */
double complex VmPropagationPhase(const VmPropagation *propagation, double distance, int axis, int64_t i);

/** The product for both axes at frequency (i, j) of the transform; 0 beyond the band limit. Not collective. */
double complex VmPropagationFactor(const VmPropagation *propagation, double distance, int64_t i, int64_t j);

/**
 * propagation->wave: its spectrum (sum over k of psi(k) exp(2 pi i k.r)) at the plane of the first slice; on return,
 * that behind the plane of the last, to the band limit.
 *
 * \param[in] first  grid point of the tile where the wave's window begins; first[0] a multiple of precision->lanes
 * \param[in] count  slices to pass, at least 1; after the last of the tile comes its first again
 * Not collective.
 */
void VmPropagate(VmPropagation *propagation, const VmTransmission *transmission, const int64_t first[2], int count);

/** Room for `count` slices of a tile. Not collective. */
PetscErrorCode VmTransmissionCreate(int precision, const int64_t grid[2], int count, VmTransmission *transmission);
void VmTransmissionDestroy(VmTransmission *transmission);

/** Blocks of `lanes` rows that cover a tile. */
static inline int64_t VmTransmissionBlocks(const int64_t grid[2], int lanes) { return (grid[0] + lanes - 1) / lanes; }

/** Bytes of that room. Not collective. */
double VmTransmissionBytes(int precision, const int64_t grid[2], int count);

/** Square of 2/3 of the lower Nyquist frequency of a grid, 1/nm^2; a little inside, so that rounding does not decide
 * about frequencies on the limit, which would be aliased. Not collective. */
double VmBandLimit2(const int64_t grid[2], const double period[2]);

#endif
