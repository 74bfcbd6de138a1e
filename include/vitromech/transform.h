/* L2. Geometry of a diffraction pattern: centre, mask, polar resampling, angular power and correlation, ring peaks. */
#ifndef VITROMECH_TRANSFORM_H
#define VITROMECH_TRANSFORM_H

#include <vitromech/base.h>

/* Pixel (i,j) of a pattern [det0][det1] lies, without an ellipse, at k = ((i - centre[0])*pitch[0], (j -
 * centre[1])*pitch[1]); the angle runs from the det0 axis towards the det1 axis. */
typedef struct {
  int64_t det[2];
  double pitch[2];      /* 1/nm */
  double centre[2];     /* pixels */
  const uint8_t *valid; /* [det0][det1]; 0: masked (beam stop, dead pixel) */
  double e[3];          /* xx, yy, xy: rings are circles in (1 + e) k; 0: no ellipse */
} VmDetector;

/** k [1/nm] of a pixel, corrected for the ellipse. Not collective. */
static inline void VmDetectorK(const VmDetector *d, int64_t i, int64_t j, double k[2])
{
  const double u = ((double)i - d->centre[0]) * d->pitch[0], v = ((double)j - d->centre[1]) * d->pitch[1];
  k[0] = (1.0 + d->e[0]) * u + d->e[2] * v;
  k[1] = d->e[2] * u + (1.0 + d->e[1]) * v;
}

/** Largest k [1/nm] of a circle about the centre that stays on the detector. Not collective. */
double VmDetectorReach(const VmDetector *detector);

/**
 * Centre of mass of the direct beam: of the intensity above a tenth of the maximum, within 1.5 times the radius of the
 * disc above half of it, in pixels that are valid.
 *
 * \param[in]  pattern [det0][det1] mean pattern; detector->centre is not used
 * \param[out] centre  pixels
 * Not collective.
 */
void VmCentreBeam(const VmDetector *detector, const double *pattern, double centre[2]);

/**
 * Centre about which the pattern is closest to its own radial mean (least squares over the valid pixels beyond k_min),
 * by a compass search from detector->centre down to 1/256 pixel.
 *
 * \param[in]  k_min   [1/nm] leaves out the direct beam or the beam stop
 * \param[out] centre  pixels
 * Not collective.
 */
PetscErrorCode VmCentreRings(const VmDetector *detector, const double *pattern, double k_min, double centre[2]);

/* An amorphous ring, fitted as h exp(-(q - k0)^2/2w^2) + level + slope (q - k0) with its own width on each side, times
 * a brightness that varies with the first and second order of the angle;
 * q = abs((1 + e) d), d the distance from the centre [1/nm]: e is the strain in real space (xx, yy, xy, x along det0)
 * of a body whose unstrained ring is a circle of radius k0. */
typedef struct {
  double k0, half_width; /* in: radius, and of the band that is fitted [1/nm] */
  bool found;            /* out, as all that follows; NAN if not found */
  double centre[2];      /* pixels */
  double e[3], e_error[3];
  double width[2], height, level, slope;
  double bright[4]; /* terms of cos, sin of once and twice the angle */
} VmRing;

/**
 * Fits centre and ellipse of a ring by least squares over the valid pixels of the band k0 +- half_width about
 * detector->centre.
 *
 * \param[in]     from_start  false: from the last result in `ring` (a similar pattern), which is faster
 * \param[in,out] ring        k0, half_width in
 * Not collective.
 */
PetscErrorCode VmRingFit(const VmDetector *detector, const double *pattern, bool from_start, VmRing *ring);

/** Longest and shortest half axis [1/nm] and the angle of the longest from det0 towards det1, in (-pi/2, pi/2].
 * Not collective. */
void VmRingAxes(const VmRing *ring, double axes[2], double *angle);

/* How a point between pixels gets its value. */
typedef enum {
  VM_POLAR_AREA,    /* that of the pixel it lies in: a bin is the area-weighted mean of the pixels it overlaps */
  VM_POLAR_BILINEAR /* bilinear between the four nearest pixel centres, averaged over the bin */
} VmPolarKernel;
extern const char *const vm_polar_kernels[]; /* "area", "bilinear", NULL */

/* Rings x angles, each bin a weighted mean of pixels; a bin of which less than half lies on valid pixels is not valid
 * and reads 0. The weights of a valid bin add up to 1, so that a flat pattern stays flat. Bin j of a ring is centred on
 * the angle 2 pi j/angles. angles = 1 gives plain rings. Read-only for users. */
typedef struct VmPolar_s {
  int rings, angles;
  double width;   /* of a ring [1/nm] */
  double *k;      /* [rings] middle of the ring [1/nm] */
  uint8_t *valid; /* [rings][angles] */
  int64_t *start; /* [rings*angles + 1] into pixel, weight */
  int32_t *pixel;
  double *weight;
} * VmPolar;

/** Rings k[i] +- width/2 of `angles` bins each. Not collective. */
PetscErrorCode VmPolarCreate(const VmDetector *detector, int rings, const double *k, double width, int angles,
                             VmPolarKernel kernel, VmPolar *polar);
/** The same, to the bit, with the bins shared out among the ranks of comm, which all get all of them. Collective. */
PetscErrorCode VmPolarCreateShared(MPI_Comm comm, const VmDetector *detector, int rings, const double *k, double width,
                                   int angles, VmPolarKernel kernel, VmPolar *polar);
PetscErrorCode VmPolarDestroy(VmPolar *polar);

/** samples [rings][angles] of a frame [det0][det1]. Not collective. */
void VmPolarApply(VmPolar polar, const float *frame, double *samples);
void VmPolarApplyDouble(VmPolar polar, const double *pattern, double *samples);

/* Frames side by side: VM_LANES frames make a group [npix][VM_LANES], so that what is done to a pixel is done to all of
 * them by one vector instruction. */
enum { VM_LANES = 8 };
/** Floats of the groups of n frames. Not collective. */
size_t VmLanesSize(int64_t n, int64_t npix);
/** lanes [ceil(n/VM_LANES)][npix][VM_LANES] from frames [n][npix]; lanes without a frame hold 0. Not collective. */
void VmLanesFill(int64_t n, int64_t npix, const float *frames, float *lanes);
/** samples [n][rings][angles] of n frames, to the bit those of VmPolarApply. Not collective. */
void VmPolarApplyLanes(VmPolar polar, int64_t n, int64_t npix, const float *lanes, double *samples);

/* Angular statistics of rings of N samples, the exact form for rings with masked bins (stem.md):
 *   C(phi_j) = <I(theta) I(theta + phi_j)> / <I>^2 - 1, products averaged over valid pairs, <I> over valid bins;
 *   S_n = abs(I_n)^2/abs(I_0)^2 = DFT(C)_n / N for n > 0, S_0 = 1.
 * The mean of C over probes is linear in power_n = abs(sum_j m_j I_j exp(-2 pi i n j/N))^2/<I>^2 (m: 1 if valid), which
 * is what to accumulate. */
typedef struct VmAngular_s *VmAngular;

/** For the rings of a polar grid, which must outlive it. Not collective. */
PetscErrorCode VmAngularCreate(VmPolar polar, VmAngular *angular);
PetscErrorCode VmAngularDestroy(VmAngular *angular);

/** power [rings][N/2+1] and mean [rings] (over valid bins) of samples [rings][N]. A ring without intensity (mean <= 0)
 * has power 0. Not collective. */
PetscErrorCode VmAngularPower(VmAngular angular, const double *samples, double *power, double *mean);

/** correlation [N] of one ring from its power [N/2+1]; NAN at angles without a valid pair. Not collective. */
PetscErrorCode VmAngularCorrelation(VmAngular angular, int ring, const double *power, double *correlation);

/** spectrum [nmax+1]: S_n, n <= nmax <= N/2, from a correlation [N], C(phi) = C(-phi). Not collective. */
void VmAngularSpectrum(VmAngular angular, const double *correlation, int nmax, double *spectrum);

/** What shot noise adds to C(phi_j) for each unit of gain/<I>, [N]: the correlation of the weights of the bins (they
 * share pixels), less that of the ring mean, for pixels of equal intensity. For bins of one pixel each: 1 - 1/N at 0,
 * -1/N elsewhere. Not collective. */
const double *VmAngularNoise(VmAngular angular, int ring);

/** Vertex of the parabola through points i-1, i, i+1 of equally spaced x; x[i] at the ends. Not collective. */
double VmPeakVertex(int n, const double *x, const double *y, int i);

/**
 * Position of the first ring in a radial intensity [1/nm]: beyond the direct beam (out to where it has fallen to a
 * tenth) the local maximum that stands out most above the higher of the minima beside it, refined by a parabola through
 * the three highest bins; NAN if there is none.
 *
 * \param[in] k, intensity [n] equally spaced; NAN where a ring is masked
 * \param[in] k_min        looks only beyond [1/nm]; NAN: finds the end of the direct beam itself
 * Not collective.
 */
double VmFirstRing(int n, const double *k, const double *intensity, double k_min);

#endif
