/* The raster of probes, cut into tiles that share one potential. The tiles do not depend on the number of ranks; the
 * rows of probes of all tiles, tile after tile, are dealt to the ranks in equal contiguous runs, so that any number of
 * ranks can share a tile. */
#ifndef VM_SYNTH_SCAN_H
#define VM_SYNTH_SCAN_H

#include "method.h"

typedef struct {
  const VmOptics *optics;
  const VmSynthMethod *method;
  void *context; /* of the method */
  int64_t points[2];
  double origin[2]; /* nm */
  int64_t edge;     /* probes along the edge of a tile */
  int64_t tiles[2];
  int64_t configurations;
  double bytes; /* that a rank needs in all, at most */
} VmScan;

/* A run of rows of one tile. */
typedef struct {
  int64_t tile[2];
  int64_t row, rows; /* first row within the tile, and how many */
} VmScanRun;

/** What the choice of tiles must know of the atoms; it must not depend on how they are dealt to the ranks. */
typedef struct {
  double cell[3][3]; /* nm */
  int64_t atoms;
  double crowding;        /* atoms per nm^2, at most */
  int64_t configurations; /* over which patterns are averaged */
} VmScanFoil;

/** Places the scan (centred on the cell unless it has an origin) and chooses the largest tile with which a rank needs
 * no more memory than it may; scan->bytes exceeds that if even one probe is too many. Not collective. */
void VmScanInit(const VmOptics *optics, const VmSynthMethod *method, void *context, const VmScanFoil *foil,
                VmScan *scan);

/** The middle of the scan, nm. Not collective. */
void VmScanMiddle(const VmScan *scan, double r[2]);

/* Places of the probe and defoci whose patterns are added up for one probe: quadrature over source and focus. */
enum { VM_MAX_FOCI = 64 };
typedef struct {
  int foci;
  double focus[VM_MAX_FOCI], weight[VM_MAX_FOCI]; /* nm; the weights add up to 1 */
} VmFoci;

/** Gauss-Hermite nodes of the defocus spread: the fewest with which the interference of the centre and the edge of the
 * aperture has its envelope exp(-(pi lambda sigma k_a^2)^2/2) to 1e-5. False if VM_MAX_FOCI do not do it. Not
 * collective. */
bool VmFociChoose(const VmOptics *optics, VmFoci *foci);

/** Writes specimen and microscope into the cube's file, for whoever compares what is measured on it. Collective. */
PetscErrorCode VmScanConditions(MPI_Comm comm, const VmScan *scan, const VmAtoms *atoms, const VmCubeInfo *info,
                                VmH5 file);

/* Farthest point at which the source is sampled, in standard deviations. */
#define VM_SOURCE_REACH 1.7320508075688772

/** Number of rows of all tiles. Not collective. */
int64_t VmScanRows(const VmScan *scan);

/** The rows [first, end) as far as they lie in one tile. Not collective. */
VmScanRun VmScanRunAt(const VmScan *scan, int64_t first, int64_t end);

/** Box of the whole tile of a run. Not collective. */
void VmScanBox(const VmScan *scan, const VmScanRun *run, VmTileBox *box);

/** Number of the first probe of row i of a run, how many follow along y, and the position [nm] of a probe. Not
 * collective. */
void VmScanRow(const VmScan *scan, const VmScanRun *run, int64_t i, int64_t *first, int64_t *count);
void VmScanPosition(const VmScan *scan, int64_t probe, double r[2]);

#endif
