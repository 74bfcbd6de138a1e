/* A wave through a stack of thin slices of a periodic cell (physics.md D4): psi <- FT^-1{P FT{t psi}}. */
#ifndef VM_SYNTH_PROPAGATE_H
#define VM_SYNTH_PROPAGATE_H

#include <vitromech/base.h>
#include <complex.h>
#include <fftw3.h>

/* A run of frequencies of axis 1 inside the band limit: rows of the transposed spectrum, which are made from columns of
 * the wave, and transformed back in place. */
typedef struct {
  int64_t first, count;
  fftw_plan from_columns, back;
} VmBand;

/* Between two slices only frequencies inside the band limit are transformed, with the spectrum transposed, so that one
 * side of each transform lies together in memory. Plans are estimated, not measured: the same bits on every rank. */
typedef struct {
  int64_t grid[2];
  double period[2];       /* nm */
  double wavelength;      /* nm */
  double limit2;          /* square of the band limit, 1/nm^2; infinite: none */
  fftw_complex *factor;   /* [grid1][grid0] propagator over one slice, with the 1/points of the transforms */
  fftw_complex *wave;     /* [grid0][grid1] */
  fftw_complex *spectrum; /* [grid1][grid0], zero outside of the bands */
  VmBand band[2];         /* frequencies >= 0, and < 0 */
  fftw_plan rows, to_rows;
  fftw_plan forward, backward; /* of the whole wave, in place */
} VmPropagation;

/** Transmission functions t = exp(i sigma v), the first point of the first one. */
typedef struct {
  const fftw_complex *value;
  int count;
  int64_t slice, row; /* distances in points of two slices, and of two rows */
} VmTransmission;

/**
 * \param[in] period      edges of the periodic cell, nm
 * \param[in] wavelength  nm
 * \param[in] distance    of two slices, nm
 * \param[in] limited     keep |k| < 2/3 of the lower of the two Nyquist frequencies only
 * Not collective.
 */
PetscErrorCode VmPropagationCreate(const int64_t grid[2], const double period[2], double wavelength, double distance,
                                   bool limited, VmPropagation *propagation);
void VmPropagationDestroy(VmPropagation *propagation);

/** exp(-i pi wavelength distance k^2) at frequency (i, j) of the transform; 0 beyond the band limit. Not collective. */
double complex VmPropagationFactor(const VmPropagation *propagation, double distance, int64_t i, int64_t j);

/** propagation->wave: its spectrum (sum over k of psi(k) exp(2 pi i k.r)) at the plane of the first slice; on return,
 * that behind the plane of the last, to the band limit. With a single slice nothing is propagated. Not collective. */
void VmPropagate(VmPropagation *propagation, const VmTransmission *transmission);

/** Removes what lies beyond 2/3 of the lower Nyquist frequency from the functions [count][grid0][grid1], in place. Not
 * collective. */
void VmLimitBand(const int64_t grid[2], const double spacing[2], int count, fftw_complex *value);

#endif
