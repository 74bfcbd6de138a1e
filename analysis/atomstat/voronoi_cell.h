/* One Voronoi cell, cut out of a cube plane by plane: the interface of voro++ that is used here, for C. */
#ifndef VM_ATOMSTAT_VORONOI_CELL_H
#define VM_ATOMSTAT_VORONOI_CELL_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct VmVoronoiCell_s *VmVoronoiCell;

typedef struct {
  int neighbour; /* number handed to VmVoronoiCellCut, negative: a face of the cube */
  int edges;     /* of at least the length asked for */
  double area;
} VmVoronoiFace;

/** NULL if there is no memory. Not collective. */
VmVoronoiCell VmVoronoiCellCreate(void);
void VmVoronoiCellDestroy(VmVoronoiCell *cell);

/** Starts anew with a cube of edges 2 half about the origin. Not collective. */
void VmVoronoiCellBegin(VmVoronoiCell cell, double half);
/** Keeps what lies on the origin's side of the plane x.r = power/2 (half way to r: power = r.r; radical plane of
 * spheres of radii R at the origin and S at r: r.r + R^2 - S^2). False if nothing is left. Not collective. */
bool VmVoronoiCellCut(VmVoronoiCell cell, const double r[3], double power, int neighbour);
/** Distance of the farthest vertex from the origin. Not collective. */
double VmVoronoiCellReach(VmVoronoiCell cell);
double VmVoronoiCellVolume(VmVoronoiCell cell);
/** Fills up to `most` faces; returns their number. Not collective. */
int VmVoronoiCellFaces(VmVoronoiCell cell, double smallest_edge, int most, VmVoronoiFace *faces);

#ifdef __cplusplus
}
#endif

#endif
