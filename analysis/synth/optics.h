/* Geometry shared by the methods of the virtual microscope: the beam, the periodic window of the probe, the detector.
 */
#ifndef VM_SYNTH_OPTICS_H
#define VM_SYNTH_OPTICS_H

#include <vitromech/microscope.h>
#include <complex.h>
#include <math.h>

typedef struct {
  int64_t points[2];
  double step[2];   /* along x and y, nm; NAN: as along x */
  double rotation;  /* degree */
  double origin[2]; /* nm; NAN: the scan is centred on the cell */
} VmScanParams;

static inline double VmScanStep(const VmScanParams *scan, int axis)
{
  return scan->step[isnan(scan->step[axis]) ? 0 : axis];
}

enum { VM_INFINITE, VM_FINITE }; /* projected potentials */

enum { VM_DETECTOR_F32, VM_DETECTOR_U16, VM_DETECTOR_U32 };

typedef struct {
  int64_t pixels[2];
  double pitch;        /* 1/nm */
  double dose;         /* electrons per probe; NAN: no noise */
  double gain;         /* counts per electron */
  double point_spread; /* pixels */
  double beam_stop;    /* 1/nm */
  double dead;         /* share of the pixels */
  int type;
} VmDetectorParams;

enum { VM_ABERRATIONS = 12 };

/* C12, C21, C23, C32, C34, C41, C43, C45, C50, C52, C54, C56 of Krivanek's notation. */
typedef struct {
  double coefficient[VM_ABERRATIONS]; /* nm */
  double angle[VM_ABERRATIONS];       /* degree */
} VmAberrationParams;

struct VmMicroscopeParams_s {
  double voltage;                       /* kV */
  double semi_angle;                    /* mrad */
  double defocus, spherical_aberration; /* nm */
  VmAberrationParams aberrations;
  double defocus_spread; /* nm */
  double tilt[2];        /* mrad */
  int method;
  bool ewald, direct_beam;
  double debye_waller; /* nm^2 */
  double accuracy;
  double slice; /* nm */
  int potential;
  int64_t sub_slices;
  bool band_limit;
  int64_t phonons;    /* configurations; 0: none */
  double source_size; /* nm */
  int precision;
  int64_t interpolation;
  int64_t window;
  double memory; /* MB */
  VmScanParams scan;
  VmDetectorParams detector;
};

/* A window of edge `period` = window/pitch around the probe, sampled grid[0] x grid[1]: its transform has `window`^2
 * points in each detector pixel, and room beyond the detector's edge: for the width of the probe's spectrum, or, where
 * waves are limited to 2/3 of the grid's frequencies, so that the detector lies inside. */
typedef struct {
  const VmMicroscopeParams *params;
  double wavelength, interaction; /* nm, rad/(V nm) */
  double aperture;                /* radius, 1/nm */
  double tilt[2];                 /* 1/nm */
  double period;                  /* nm */
  int64_t grid[2];
  double spacing[2];        /* period/grid, nm */
  double middle, thickness; /* of the foil along z, nm */
  int species;              /* of its atoms */
  double scattered;         /* mean number of scattering events of an electron in the foil */
} VmOptics;

/* A rectangle of the foil, sampled as the window is. */
typedef struct {
  double origin[2]; /* of grid point (0, 0), nm */
  int64_t grid[2];  /* even */
} VmTileBox;

/** The box that holds the windows of all probes between lo and hi [nm], and the reach of the atoms at its edges.
 * Not collective. */
void VmOpticsBox(const VmOptics *optics, const double lo[2], const double hi[2], VmTileBox *box);

/** The window of a probe at r [nm]: its first grid point in the box, which must hold it, and the probe's place in the
 * window in grid spacings, less than one from n/2. Not collective. */
PetscErrorCode VmOpticsWindow(const VmOptics *optics, const VmTileBox *box, const double r[2], int64_t first[2],
                              double centre[2]);

/** Fills all but middle, thickness, species and scattered. Not collective. */
void VmOpticsInit(const VmMicroscopeParams *params, VmOptics *optics);

/** Smallest multiple of `multiple` >= n without prime factors above 7. Not collective. */
int64_t VmSmoothSize(int64_t n, int64_t multiple);

/** Product without the test for infinities of the language's own, which costs more than the product. */
static inline double complex VmTimes(double complex a, double complex b)
{
  return __builtin_complex(creal(a) * creal(b) - cimag(a) * cimag(b), creal(a) * cimag(b) + cimag(a) * creal(b));
}

/** Signed frequency of index i on an axis of n points. */
static inline int64_t VmFrequency(int64_t i, int64_t n) { return i <= n / 2 ? i : i - n; }

#endif
