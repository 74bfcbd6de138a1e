#include "scan.h"
#include <math.h>

enum { MAX_EDGE = 32 }; /* beyond it the windows' overlap costs little, and the last rank waits longer */

static void TileRange(const VmScan *scan, const int64_t tile[2], int64_t first[2], int64_t count[2])
{
  for (int d = 0; d < 2; ++d) {
    first[d] = tile[d] * scan->edge;
    count[d] = PetscMin(scan->edge, scan->points[d] - first[d]);
  }
}

static void Box(const VmScan *scan, const double lo[2], const double hi[2], VmTileBox *box)
{
  if (scan->method->box) scan->method->box(scan->context, lo, hi, box);
  else VmOpticsBox(scan->optics, lo, hi, box);
}

void VmScanInit(const VmOptics *optics, const VmSynthMethod *method, void *context, const double cell[3][3],
                VmScan *scan)
{
  const VmScanParams *params = &optics->params->scan;

  *scan = (VmScan){.optics = optics, .method = method, .context = context};
  for (int d = 0; d < 2; ++d) {
    const double centre = 0.5 * (cell[0][d] + cell[1][d] + cell[2][d]);
    scan->points[d] = params->points[d];
    scan->origin[d] =
        isnan(params->origin[d]) ? centre - 0.5 * (double)(params->points[d] - 1) * params->step : params->origin[d];
  }
  for (scan->edge = MAX_EDGE; scan->edge > 1; scan->edge /= 2) {
    const double extent = (double)(scan->edge - 1) * params->step;
    VmTileBox box;
    Box(scan, (double[2]){0.0, 0.0}, (double[2]){extent, extent}, &box);
    if (method->bytes(context, &box) <= 1e6 * optics->params->memory) break;
  }
  for (int d = 0; d < 2; ++d) scan->tiles[d] = (scan->points[d] + scan->edge - 1) / scan->edge;
}

int64_t VmScanRows(const VmScan *scan) { return scan->points[0] * scan->tiles[1]; }

VmScanRun VmScanRunAt(const VmScan *scan, int64_t first, int64_t end)
{
  /* All but the last line of tiles have edge*tiles[1] rows. */
  const int64_t line = first / (scan->edge * scan->tiles[1]), rest = first - line * scan->edge * scan->tiles[1];
  const int64_t rows = PetscMin(scan->edge, scan->points[0] - line * scan->edge);
  VmScanRun run = {.tile = {line, rest / rows}, .row = rest % rows};
  run.rows = PetscMin(rows - run.row, end - first);
  return run;
}

void VmScanBox(const VmScan *scan, const VmScanRun *run, VmTileBox *box)
{
  const double step = scan->optics->params->scan.step;
  int64_t first[2], count[2];
  double lo[2], hi[2];

  TileRange(scan, run->tile, first, count);
  for (int d = 0; d < 2; ++d) {
    lo[d] = scan->origin[d] + (double)first[d] * step;
    hi[d] = scan->origin[d] + (double)(first[d] + count[d] - 1) * step;
  }
  Box(scan, lo, hi, box);
}

void VmScanRow(const VmScan *scan, const VmScanRun *run, int64_t i, int64_t *first, int64_t *count)
{
  int64_t start[2], probes[2];
  TileRange(scan, run->tile, start, probes);
  *first = (start[0] + run->row + i) * scan->points[1] + start[1];
  *count = probes[1];
}

void VmScanPosition(const VmScan *scan, int64_t probe, double r[2])
{
  const double step = scan->optics->params->scan.step;
  r[0] = scan->origin[0] + (double)(probe / scan->points[1]) * step;
  r[1] = scan->origin[1] + (double)(probe % scan->points[1]) * step;
}
