#include "scan.h"
#include "foil.h"
#include <math.h>

enum { MAX_EDGE = 64 }; /* beyond it the windows' overlap costs little */

/* Bytes: the program with its libraries; an atom; an atom on its way to the rank that wants it (sent, received, sorted,
 * stored); a point of the window, in what a method and the detector hold once. */
#define PROGRAM_BYTES 1e8
#define ATOM_BYTES 33.0
#define EXCHANGE_BYTES 300.0
#define POINT_BYTES 200.0

static void TileRange(const VmScan *scan, const int64_t tile[2], int64_t first[2], int64_t count[2])
{
  for (int d = 0; d < 2; ++d) {
    first[d] = tile[d] * scan->edge;
    count[d] = PetscMin(scan->edge, scan->points[d] - first[d]);
  }
}

/* Of probe (i, j), nm. */
static void Position(const VmScan *scan, int64_t i, int64_t j, double r[2])
{
  const VmScanParams *params = &scan->optics->params->scan;
  const double angle = VM_PI / 180.0 * params->rotation, c = cos(angle), s = sin(angle);
  const double middle[2] = {0.5 * (double)(scan->points[0] - 1), 0.5 * (double)(scan->points[1] - 1)};
  const double step[2] = {VmScanStep(params, 0), VmScanStep(params, 1)};
  const double x = step[0] * ((double)i - middle[0]), y = step[1] * ((double)j - middle[1]);
  r[0] = scan->origin[0] + step[0] * middle[0] + c * x - s * y;
  r[1] = scan->origin[1] + step[1] * middle[1] + s * x + c * y;
}

/* The box of the probes [first, first + count). */
static void Box(const VmScan *scan, const int64_t first[2], const int64_t count[2], VmTileBox *box)
{
  const double reach = VM_SOURCE_REACH * scan->optics->params->source_size;
  double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
  for (int corner = 0; corner < 4; ++corner) {
    double r[2];
    Position(scan, first[0] + corner / 2 * (count[0] - 1), first[1] + corner % 2 * (count[1] - 1), r);
    for (int d = 0; d < 2; ++d) {
      lo[d] = fmin(lo[d], r[d] - reach);
      hi[d] = fmax(hi[d], r[d] + reach);
    }
  }
  if (scan->method->box) scan->method->box(scan->context, lo, hi, box);
  else VmOpticsBox(scan->optics, lo, hi, box);
}

/* Of what is collected before it is written (a row of a tile, or of several configurations all rows), and of its copies
 * on the way to the file. */
static double FrameBytes(const VmScan *scan)
{
  const VmMicroscopeParams *params = scan->optics->params;
  const double row = (double)scan->edge * (double)(params->detector.pixels[0] * params->detector.pixels[1]);
  return row * (4 * sizeof(float) + sizeof(double) * (scan->configurations > 1 ? (double)scan->edge : 1.0));
}

/* With the tile `box`; frozen phonons hold its atoms twice. */
static double RankBytes(const VmScan *scan, const VmScanFoil *foil, const VmTileBox *box)
{
  const VmOptics *optics = scan->optics;
  const double area = (double)(box->grid[0] * box->grid[1]) * optics->spacing[0] * optics->spacing[1];
  const double per_atom = EXCHANGE_BYTES + (optics->params->phonons > 0 ? ATOM_BYTES : 0.0);
  return PROGRAM_BYTES + ATOM_BYTES * (double)foil->atoms + per_atom * foil->crowding * area +
         POINT_BYTES * (double)(optics->grid[0] * optics->grid[1]) + FrameBytes(scan) +
         scan->method->bytes(scan->context, box);
}

/* Two tiles along each axis, if they are wider than a window, so that a few ranks need not make the same potential. */
static int64_t LargestEdge(const VmScan *scan)
{
  int64_t edge = MAX_EDGE;
  for (int d = 0; d < 2; ++d) {
    const int64_t half = (scan->points[d] + 1) / 2;
    const double step = VmScanStep(&scan->optics->params->scan, d);
    if ((double)half * step >= scan->optics->period) edge = PetscMin(edge, PetscMax(half, MAX_EDGE / 4));
  }
  return edge;
}

static void ChooseTiles(const VmScan *scan, const VmScanFoil *foil, int64_t *edge, double *bytes)
{
  VmScan trial = *scan;
  VmTileBox box;
  double middle[2], sample = 0.0;

  trial.edge = 1;
  if (!scan->method->multiple) {
    VmScanMiddle(scan, middle);
    VmFoilSampleBox(scan->optics, middle, &box);
    sample = RankBytes(&trial, foil, &box);
  }
  for (trial.edge = LargestEdge(scan);; trial.edge = trial.edge % 3 ? 3 * trial.edge / 4 : 2 * trial.edge / 3) {
    const int64_t count[2] = {PetscMin(trial.edge, scan->points[0]), PetscMin(trial.edge, scan->points[1])};
    Box(&trial, (int64_t[2]){0, 0}, count, &box);
    *edge = trial.edge;
    *bytes = fmax(sample, RankBytes(&trial, foil, &box));
    if (trial.edge == 1 || *bytes <= 1e6 * scan->optics->params->memory) return;
  }
}

void VmScanMiddle(const VmScan *scan, double r[2])
{
  for (int d = 0; d < 2; ++d) {
    r[d] = scan->origin[d] + 0.5 * (double)(scan->points[d] - 1) * VmScanStep(&scan->optics->params->scan, d);
  }
}

void VmScanInit(const VmOptics *optics, const VmSynthMethod *method, void *context, const VmScanFoil *foil,
                VmScan *scan)
{
  const VmScanParams *params = &optics->params->scan;
  const double(*cell)[3] = foil->cell;

  *scan = (VmScan){.optics = optics, .method = method, .context = context, .configurations = foil->configurations};
  for (int d = 0; d < 2; ++d) {
    const double centre = 0.5 * (cell[0][d] + cell[1][d] + cell[2][d]);
    scan->points[d] = params->points[d];
    const double half = 0.5 * (double)(params->points[d] - 1) * VmScanStep(params, d);
    scan->origin[d] = isnan(params->origin[d]) ? centre - half : params->origin[d];
  }
  ChooseTiles(scan, foil, &scan->edge, &scan->bytes);
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
  int64_t first[2], count[2];

  TileRange(scan, run->tile, first, count);
  Box(scan, first, count, box);
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
  Position(scan, probe / scan->points[1], probe % scan->points[1], r);
}
