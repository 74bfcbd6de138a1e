/* L3. Statistics of 4D-STEM cubes: all of a list in one pass over the frames, the same bits for any number of ranks. */
#ifndef VITROMECH_STAT_H
#define VITROMECH_STAT_H

#include <vitromech/analyze.h>
#include <vitromech/stat_result.h>
#include <vitromech/transform.h>

/* Keys every entry of an analysis list has. */
typedef struct {
  char *name, *of, *with; /* NULL: not given */
} VmStatisticCommon;

/* Where frames come from: a cube, or arrays in memory. */
typedef struct {
  PetscErrorCode (*read)(void *handle, int64_t first, int64_t n, float *frames); /* not collective */
  void *handle;
} VmFrameSource;

/** The frames of an open cube. Not collective. */
VmFrameSource VmCubeFrames(VmCube cube);

/* Parameters of the entry `geometry`, one for a pass. */
typedef struct {
  int64_t from[2], to[2]; /* pixels, inclusive */
} VmMaskedRectangle;

typedef struct {
  double centre[2], ellipse[3], pitch, gain, beam_stop, k_min, k_max, k_step;
  bool fit_ellipse;
  char *dark, *flat, *mask, *shadow; /* NULL: none */
  double hot;                        /* NAN: not looked for */
  int64_t grow;
  int centring, kernel, centre_map, ellipse_map;
  VmList masked; /* of VmMaskedRectangle */
  int64_t angles, centre_blocks, ellipse_blocks;
} VmGeometryParams;
extern const VmTable vm_geometry_table;

/* Numbers that vary slowly with the probe: number v of frame (i, j) of the scan is the sum of coefficient[v] times 1,
 * x, y, x^2, xy, y^2; x = 2i/(scan0 - 1) - 1, y = 2j/(scan1 - 1) - 1. Fitted robustly to blocks of the scan. */
enum { VM_SCAN_TERMS = 6, VM_SCAN_VALUES = 3 };
typedef struct {
  int terms; /* that are fitted; 0: there is no map */
  double coefficient[VM_SCAN_VALUES][VM_SCAN_TERMS], error[VM_SCAN_VALUES][VM_SCAN_TERMS]; /* standard errors */
  int64_t blocks, used; /* blocks of the scan, and those that were measured and not left out */
  double rms;           /* distance of the used blocks from the map */
} VmScanMap;

/* Descan: the centre [pixels] as such a map. A pass moves each frame by whole pixels to within half a pixel of `about`.
 */
typedef struct {
  VmScanMap map;
  double about[2];
  int64_t reach[2]; /* largest move along each axis [pixels] */
} VmCentreMap;

/* What is known before the pass: calibration, mask, centre, rings, and the mean of a sample of the frames. */
typedef struct VmSurvey_s {
  MPI_Comm comm;
  VmCubeInfo info;
  int64_t frames, npix;
  int64_t memory; /* [bytes] that a rank may have resident in a pass; 0: no limit. Set by the caller */
  double gain;    /* counts per electron; 0: unknown, shot noise is not subtracted */
  VmDetector detector;
  VmCentreMap centre_map;
  VmScanMap ellipse_map; /* of detector.e, without change of area; measured only, the pass uses detector.e */
  uint8_t *valid;        /* [det0][det1] */
  int64_t sampled;       /* frames that pattern is the mean of */
  double *pattern;       /* [det0][det1], frames moved if there is a centre_map */
  double first_ring;     /* [1/nm], NAN if there is none */
  /* standard errors of detector.centre, detector.e, first_ring by VmSurveyErrors; 0: given, NAN: unknown */
  double centre_error[2], ellipse_error[3], first_ring_error;
  int rings, angles;
  double k_step, *k; /* [rings] middle of each ring [1/nm] */
  VmPolarKernel kernel;
  VmPolar polar; /* of rings and angles; NULL until VmSurveyPolar */
} * VmSurvey;

/**
 * Reads up to 1024 evenly spaced frames, finds centre (also as a map of the scan), mask and first ring.
 *
 * \param[in] info    shape and calibration; det_pitch may be replaced by params->pitch
 * \param[in] params  from vm_geometry_table
 * Errors: VM_ERR_INPUT if the detector pitch is unknown or the rings do not fit. Collective.
 */
PetscErrorCode VmSurveyCreate(MPI_Comm comm, const VmCubeInfo *info, const VmFrameSource *source,
                              const VmGeometryParams *params, VmSurvey *survey);
PetscErrorCode VmSurveyDestroy(VmSurvey *survey);

/**
 * Standard errors of what the survey found: bootstrap over 16 blocks of the scan, each the mean of up to 64 frames, in
 * which centre, ellipse and first ring are found anew. Collective.
 */
PetscErrorCode VmSurveyErrors(VmSurvey survey, const VmFrameSource *source, const VmGeometryParams *params);

/** The polar grid of the survey, made on first use, owned by the survey. Not collective. */
PetscErrorCode VmSurveyPolar(VmSurvey survey, VmPolar *polar);

/** Edges at multiples of step from k_min: number and middles of rings up to k_max, k by PetscMalloc. Not collective. */
PetscErrorCode VmRingsCreate(double k_min, double k_max, double step, int *rings, double **k);

/* Consecutive frames, read once for all statistics. */
typedef struct {
  int64_t first, n;
  const float *frames; /* [n][det0][det1] */
  const float *lanes;  /* the same by VmLanesFill; NULL unless some statistic of the pass reads it */
  const double *polar; /* [n][rings][angles] of the survey; NULL unless some statistic of the pass reads it */
} VmTile;

/* One statistic of a cube. Sums are merged over blocks of frames in a fixed order; maps hold values of each frame.
 * No function communicates except setup, which may raise errors (all ranks alike). */
typedef struct {
  VmPluginHead head;
  bool reads_lanes, reads_polar;
  /* true if the result will have a map [scan0][scan1] of this name; NULL: no maps */
  bool (*has_map)(const void *params, const char *name);
  PetscErrorCode (*setup)(const void *params, VmSurvey survey, void **context); /* survey outlives the context */
  PetscErrorCode (*destroy)(void **context);
  void (*size)(const void *context, size_t *nsum, size_t *nmap);
  /* adds the frames of a tile, one after the other, to sums [nsum] (zero at first); fills maps [tile->n][nmap] */
  PetscErrorCode (*accumulate)(void *context, const VmTile *tile, double *sums, double *maps);
  void (*merge)(const void *context, size_t nsum, double *into, const double *from); /* into: earlier frames */
  /* maps [frames][nmap] of the whole scan */
  PetscErrorCode (*finalise)(void *context, const double *sums, const double *maps, VmStatResult result);
} VmStatOps;

extern const VmStatOps *const vm_stat_table[]; /* NULL-terminated */

/** into += from; the merge of most statistics. Not collective. */
void VmStatMergeSum(const void *context, size_t nsum, double *into, const double *from);

/* One entry of a pass. */
typedef struct {
  const VmStatOps *ops;
  const void *params;
  VmStatResult result; /* out: filled on rank 0; created and destroyed by the caller */
} VmStatRun;

/* Frames of a block; blocks are what ranks share out and whose sums are merged in order. */
#define VM_STAT_BLOCK 32

/**
 * Runs statistics over all frames in one pass.
 *
 * \param[in] tile_frames  frames read at a time, at most VM_STAT_BLOCK; 0: as many as stay in the cache; fewer if the
 *                         memory of the survey asks for it
 * \param[in] progress     or NULL
 * Same bits for any number of ranks and any tile_frames. Returns VM_ERR_STOPPED if asked to stop, VM_ERR_INPUT
 * if even tiles of one frame take more memory than a rank may have. Collective.
 */
PetscErrorCode VmStatPass(VmSurvey survey, const VmFrameSource *source, int nruns, VmStatRun *runs, int64_t tile_frames,
                          VmProgress progress);

#endif
