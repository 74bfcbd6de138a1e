/* Numbers measured in blocks of the scan, and polynomials of the probe position fitted to them. */
#ifndef VM_STAT_SCAN_MAP_H
#define VM_STAT_SCAN_MAP_H

#include <vitromech/stat.h>

enum { VM_SCAN_NONE, VM_SCAN_PLANE, VM_SCAN_QUADRATIC };
extern const char *const vm_scan_maps[]; /* "none", "plane", "quadratic", NULL */

/* Blocks of the scan: the mean of each term over the frames that were read, and what their mean pattern shows. */
typedef struct {
  int64_t side[2], count;
  int nvalue;
  double (*term)[VM_SCAN_TERMS]; /* [count] */
  double *value;                 /* [count][nvalue], NAN: not found */
} VmScanBlocks;

/* Numbers [nvalue] of a pattern [det0][det1]. */
typedef PetscErrorCode (*VmPatternMeasure)(void *context, const double *pattern, double *values);

/**
 * Measures the mean pattern of up to 64 evenly spaced frames of each of most[0] x most[1] blocks of the scan (fewer if
 * an axis is shorter), each on one rank; all ranks get all values. Frames are moved if there is a centre_map.
 * Collective.
 */
PetscErrorCode VmScanBlocksMeasure(VmSurvey survey, const VmFrameSource *source, const int64_t most[2], int nvalue,
                                   VmPatternMeasure measure, void *context, VmScanBlocks *blocks);
PetscErrorCode VmScanBlocksDestroy(VmScanBlocks *blocks);

/**
 * Fits a polynomial to every value of the blocks, robustly: reweighting by the inverse distance sqrt(sum metric d^2),
 * then by Tukey's biweight. Standard errors by bootstrap over the blocks with these weights.
 *
 * \param[in] order       VM_SCAN_PLANE or VM_SCAN_QUADRATIC
 * \param[in] metric      [nvalue]
 * \param[in] resolution  distances below are not told apart
 * \return false if the blocks do not determine the polynomial. Not collective.
 */
bool VmScanMapFit(const VmScanBlocks *blocks, int order, const double *metric, double resolution, VmScanMap *map);

/** Values [nvalue] of the map at a frame. Not collective. */
void VmScanMapAt(const VmScanMap *map, const int64_t scan[2], int64_t frame, int nvalue, double *values);

#endif
