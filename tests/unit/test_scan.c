/* links: vm_analysis */
#include "vm_test.h"
#include "analysis/synth/exposure.h"

/* A scan of 21 x 13 probes in tiles; the foil needs no atoms. */
static PetscErrorCode TestScan(double rotation, double memory, int64_t edge, int64_t parts)
{
  VmMicroscopeParams params = {.voltage = 300.0, .semi_angle = 1.15, .window = 1, .accuracy = 1e-4, .memory = memory};
  params.detector = (VmDetectorParams){.pixels = {24, 20}, .pitch = 0.3, .dose = NAN, .gain = 1.0};
  params.scan = (VmScanParams){.points = {21, 13}, .step = {0.9, 1.4}, .rotation = rotation, .origin = {NAN, 2.0}};
  const VmScanFoil foil = {
      .cell = {{30.0, 0.0, 0.0}, {0.0, 20.0, 0.0}, {0.0, 0.0, 5.0}}, .atoms = 1000, .crowding = 5.0};
  VmOptics optics;
  VmExposure exposure;
  VmScan scan;
  int visits[21 * 13] = {0};
  double a[2], b[2], c[2], middle[2];

  PetscFunctionBegin;
  VmOpticsInit(&params, &optics);
  optics.thickness = 5.0;
  optics.species = 1;
  PetscCall(VmExposureCreate(&optics, 1, &exposure));
  VmScanInit(&optics, exposure.method, exposure.context, &foil, &scan);
  VmExpect(edge ? scan.edge == edge : scan.edge < 21, "tiles of %lld probes", (long long)scan.edge);
  VmScanPosition(&scan, 5 * 13 + 4, a);
  VmScanPosition(&scan, 6 * 13 + 4, b);
  VmScanPosition(&scan, 5 * 13 + 5, c);
  const double u[2] = {b[0] - a[0], b[1] - a[1]}, v[2] = {c[0] - a[0], c[1] - a[1]}, turn = VM_PI / 180.0 * rotation;
  VmExpectNear(u[0], 0.9 * cos(turn), 1e-13);
  VmExpectNear(u[1], 0.9 * sin(turn), 1e-13);
  VmExpectNear(v[0], -1.4 * sin(turn), 1e-13);
  VmExpectNear(v[1], 1.4 * cos(turn), 1e-13);
  VmScanMiddle(&scan, middle);
  VmScanPosition(&scan, 10 * 13 + 6, a); /* the raster turns about its middle */
  for (int d = 0; d < 2; ++d) VmExpectNear(a[d], middle[d], 1e-13);
  VmExpectNear(middle[0], 15.0, 1e-13); /* centred on the cell along x, from the origin along y */
  VmExpectNear(middle[1], 2.0 + 6.0 * 1.4, 1e-13);

  const int64_t rows = VmScanRows(&scan);
  for (int64_t row = 0; row < rows;) { /* dealt out in parts, as to ranks */
    int64_t end = rows;
    for (int64_t part = parts; part > 0 && rows * part / parts > row; --part) end = rows * part / parts;
    const VmScanRun run = VmScanRunAt(&scan, row, end);
    VmTileBox box;
    VmScanBox(&scan, &run, &box);
    for (int64_t i = 0; i < run.rows; ++i) {
      int64_t first, count;
      VmScanRow(&scan, &run, i, &first, &count);
      for (int64_t p = first; p < first + count; ++p) {
        int64_t window[2];
        double centre[2];
        ++visits[p];
        VmScanPosition(&scan, p, a);
        PetscCall(VmOpticsWindow(&optics, &box, a, window, centre)); /* asserts that the tile holds it */
      }
    }
    row += run.rows;
  }
  for (int p = 0; p < 21 * 13; ++p) VmExpectInt(visits[p], 1);
  PetscCall(VmExposureDestroy(&exposure));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestScan(0.0, 1e4, 16, 3));
  PetscCall(TestScan(0.0, 112.0, 0, 1));
  PetscCall(TestScan(33.0, 112.0, 0, 7));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
