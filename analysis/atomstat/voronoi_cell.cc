/* Source: C. H. Rycroft, Chaos 19 (2009) 041111 (voro++). */
#include "voronoi_cell.h"

#include <cmath>
#include <new>
#include <vector>
#include <voro++/voro++.hh>

struct VmVoronoiCell_s {
  voro::voronoicell_neighbor body;
  std::vector<int> neighbours, corners; /* corners: for each face their number, then the vertices in order */
  std::vector<double> areas, vertices;
};

VmVoronoiCell VmVoronoiCellCreate(void) { return new (std::nothrow) VmVoronoiCell_s; }

void VmVoronoiCellDestroy(VmVoronoiCell *cell)
{
  delete *cell;
  *cell = nullptr;
}

void VmVoronoiCellBegin(VmVoronoiCell cell, double half) { cell->body.init(-half, half, -half, half, -half, half); }

bool VmVoronoiCellCut(VmVoronoiCell cell, const double r[3], double power, int neighbour)
{
  return cell->body.nplane(r[0], r[1], r[2], power, neighbour);
}

/* voro++ holds vertices at twice their distance. */
double VmVoronoiCellReach(VmVoronoiCell cell) { return 0.5 * std::sqrt(cell->body.max_radius_squared()); }

double VmVoronoiCellVolume(VmVoronoiCell cell) { return cell->body.volume(); }

static double Length(const std::vector<double> &vertices, int a, int b)
{
  double square = 0.0;
  for (int c = 0; c < 3; ++c) {
    const double d = vertices[3 * a + c] - vertices[3 * b + c];
    square += d * d;
  }
  return std::sqrt(square);
}

int VmVoronoiCellFaces(VmVoronoiCell cell, double smallest_edge, int most, VmVoronoiFace *faces)
{
  cell->body.neighbors(cell->neighbours);
  cell->body.face_areas(cell->areas);
  cell->body.face_vertices(cell->corners);
  cell->body.vertices(cell->vertices);
  const int count = static_cast<int>(cell->neighbours.size());
  const int *corner = cell->corners.data();
  for (int f = 0; f < count && f < most; ++f) {
    const int n = *corner++;
    int edges = 0;
    for (int i = 0; i < n; ++i) edges += Length(cell->vertices, corner[i], corner[(i + 1) % n]) >= smallest_edge;
    faces[f] = VmVoronoiFace{cell->neighbours[f], edges, cell->areas[f]};
    corner += n;
  }
  return count < most ? count : most;
}
