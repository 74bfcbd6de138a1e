/* ranks: 1 2 3; timeout: 120; links: vm_analysis */
#include "memory_cube.h"

/* The centre as a function of the probe: planted descan is found, and taken out. */

enum { DET = 64, EDGE = 8, WIDE = DET + 2 * EDGE };
#define RING 2.8 /* 1/nm */
#define WIDTH 0.2
#define VISIBLE "k_max: 4 1/nm" /* rings that lie on the detector in every frame */

typedef enum { NO_DESCAN, WHOLE_PIXELS, SMOOTH } Plant;

/* Where probe (x, y), each from -1 to 1, has its centre. */
static void Descan(Plant plant, double x, double y, double by[2])
{
  by[0] = by[1] = 0.0;
  if (plant == WHOLE_PIXELS) {
    by[0] = 3.0 * x;
    by[1] = -3.0 * y;
  } else if (plant == SMOOTH) {
    by[0] = 2.0 * x - 0.7 * y + 0.4 * x * x - 0.2;
    by[1] = 0.6 * x + 1.8 * y - 0.5 * x * y;
  }
}

static const double smooth[2][6] = {{-0.2, 2.0, -0.7, 0.4, 0.0, 0.0}, {0.0, 0.6, 1.8, 0.0, -0.5, 0.0}};

/* Direct beam and ring, which differs from probe to probe; u, v from the centre in pixels. */
static double Glass(int64_t frame, double u, double v)
{
  const double k = 0.16 * hypot(u, v), bright = 1.0 + 0.3 * sin(2.3 * (double)frame + 3.0 * atan2(v, u));
  return 40.0 / (1.0 + exp(4.0 * (hypot(u, v) - 3.5))) + bright * exp(-0.5 * pow((k - RING) / WIDTH, 2)) + 0.05;
}

static int64_t Round(double x) { return (int64_t)floor(x + 0.5); }

/* Counts; descan by whole pixels moves them, to the bit. */
static PetscErrorCode Make(int64_t scan0, int64_t scan1, Plant plant, double dose, MemoryCube *cube)
{
  PetscFunctionBegin;
  cube->info = (VmCubeInfo){.scan = {scan0, scan1},
                            .det = {DET, DET},
                            .type = VM_F32,
                            .scan_pitch = {0.32, 0.32},
                            .det_pitch = {0.16, 0.16},
                            .gain = 1.0,
                            .centre = {0.5 * DET + 0.3, 0.5 * DET - 0.2}};
  PetscCall(PetscMalloc1((size_t)(scan0 * scan1 * DET * DET), &cube->frames));
  for (int64_t f = 0; f < scan0 * scan1; ++f) {
    double by[2];
    Descan(plant, 2.0 * (double)(f / scan1) / (double)(scan0 - 1) - 1.0,
           2.0 * (double)(f % scan1) / (double)(scan1 - 1) - 1.0, by);
    const int64_t whole[2] = {plant == WHOLE_PIXELS ? Round(by[0]) : 0, plant == WHOLE_PIXELS ? Round(by[1]) : 0};
    for (int a = 0; a < 2; ++a) by[a] -= (double)whole[a];
    for (int64_t p = 0; p < DET * DET; ++p) {
      const int64_t i = p / DET - whole[0], j = p % DET - whole[1];
      const double mean = Glass(f, (double)i - cube->info.centre[0] - by[0], (double)j - cube->info.centre[1] - by[1]);
      const uint64_t draw = (uint64_t)((f * WIDE + i + EDGE) * WIDE + j + EDGE);
      cube->frames[f * DET * DET + p] = (float)VmRngPoisson((VmRngKey){5, VM_STREAM_TEST}, draw, 0, dose * mean);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const double *Data(VmStatResult result, const char *name, int64_t *n)
{
  const VmStatDataset *d = VmStatResultFind(result, name);
  if (n) *n = d ? VmStatDatasetSize(d) : 0;
  return d ? d->data : NULL;
}

static bool Same(VmStatResult a, VmStatResult b, const char *name)
{
  int64_t n, m;
  const double *x = Data(a, name, &n), *y = Data(b, name, &m);
  return x && y && n == m && n > 0 && memcmp(x, y, (size_t)n * sizeof *x) == 0;
}

static bool SameBits(VmStatResult a, VmStatResult b)
{
  if (a->count != b->count || a->count == 0) return false;
  for (int i = 0; i < a->count; ++i) {
    const VmStatDataset *x = &a->datasets[i], *y = &b->datasets[i];
    const int64_t n = VmStatDatasetSize(x);
    if (n != VmStatDatasetSize(y) || memcmp(x->data, y->data, (size_t)n * VmTypeSize(x->type)) != 0) return false;
  }
  return true;
}

static int Rank(void)
{
  int rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

/* The highest value of a curve within the ring. */
static double Highest(VmStatResult result, const char *name)
{
  int64_t n;
  const double *values = Data(result, name, &n), *k = Data(result, "k", NULL);
  double highest = 0.0;
  for (int64_t r = 0; r < n; ++r)
    if (fabs(k[r] - RING) < 0.6) highest = fmax(highest, values[r]);
  return highest;
}

/* Descan by whole pixels: every curve of the cube without it comes back to the bit; with the map off it does not. */
static PetscErrorCode TestWholePixels(void)
{
  static const struct {
    const char *statistic, *yaml, *dataset;
  } curves[] = {{"radial_intensity", "{k_max: 4 1/nm}", "intensity"},
                {"fem", NULL, "omega"},
                {"fem", NULL, "ring"},
                {"fem", NULL, "image"},
                {"angular_correlation", NULL, "power"},
                {"v2d", NULL, "map"},
                {"nfold", NULL, "total"}};
  MemoryCube still, moved;
  PetscFunctionBegin;
  PetscCall(Make(7, 7, NO_DESCAN, 50.0, &still));
  PetscCall(Make(7, 7, WHOLE_PIXELS, 50.0, &moved));
  for (size_t c = 0; c < sizeof curves / sizeof *curves; ++c) {
    const VmStatOps *ops = StatNamed(curves[c].statistic);
    VmStatResult plain, mapped, blurred;
    PetscCall(Measure(PETSC_COMM_WORLD, &still, ops, curves[c].yaml, "{" VISIBLE "}", RING, 0, &plain));
    PetscCall(
        Measure(PETSC_COMM_WORLD, &moved, ops, curves[c].yaml, "{" VISIBLE ", centre_map: plane}", RING, 0, &mapped));
    PetscCall(Measure(PETSC_COMM_WORLD, &moved, ops, curves[c].yaml, "{" VISIBLE "}", RING, 0, &blurred));
    if (Rank() == 0) {
      VmExpect(Same(plain, mapped, curves[c].dataset), "%s/%s differs from the cube without descan",
               curves[c].statistic, curves[c].dataset);
      VmExpect(!Same(plain, blurred, curves[c].dataset), "%s/%s sees no descan", curves[c].statistic,
               curves[c].dataset);
      if (strcmp(curves[c].dataset, "intensity") == 0) {
        const double ratio = Highest(blurred, "intensity") / Highest(mapped, "intensity");
        VmFigure("peak of I(k), without the map over with it", ratio);
        VmExpect(ratio < 0.9, "descan does not blur the ring");
      }
      if (strcmp(curves[c].dataset, "image") == 0) {
        const double ratio = Highest(blurred, "image") / Highest(mapped, "image");
        VmFigure("V(k) of kind image, without the map over with it", ratio);
        VmExpect(ratio > 2.0, "descan does not pass for variance");
      }
    }
    PetscCall(VmStatResultDestroy(&plain));
    PetscCall(VmStatResultDestroy(&mapped));
    PetscCall(VmStatResultDestroy(&blurred));
  }
  PetscCall(PetscFree(still.frames));
  PetscCall(PetscFree(moved.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A corner without specimen or, for the rings, without anything to see; frames with a spot brighter than the beam. */
static void Spoil(MemoryCube *cube, bool rings)
{
  const int64_t scan1 = cube->info.scan[1];
  for (int64_t f = 0; f < cube->info.scan[0] * scan1; ++f) {
    float *frame = cube->frames + f * DET * DET;
    if (f / scan1 < 5 && f % scan1 < 6)
      for (int64_t p = 0; p < DET * DET; ++p) {
        const double u = (double)(p / DET) - 20.0, v = (double)(p % DET) - 41.0;
        frame[p] = rings ? 0.0F : (float)(4000.0 * exp(-0.1 * (u * u + v * v)));
      }
    if (f % 97 == 50)
      for (int64_t p = 0; p < 9; ++p) frame[(14 + p / 3) * DET + 30 + p % 3] = 2e5F;
  }
}

/* Coefficients within 0.05 pixel in spite of frames that have no such centre, from the beam and from the rings. */
static PetscErrorCode TestSmooth(bool rings)
{
  const char *geometry =
      rings ? "{centre_map: quadratic, beam_stop: 1 1/nm, centre: [32.3, 31.8]}" : "{centre_map: quadratic}";
  MemoryCube cube;
  VmStatResult result;
  double worst = 0.0;
  PetscFunctionBegin;
  PetscCall(Make(24, 26, SMOOTH, rings ? 20.0 : 5.0, &cube));
  Spoil(&cube, rings);
  if (rings) /* the beam stop stays where it is */
    for (int64_t q = 0; q < 24 * 26 * DET * DET; ++q)
      if (hypot((double)(q / DET % DET) - 32.3, (double)(q % DET) - 31.8) * 0.16 < 1.0) cube.frames[q] = 0.0F;
  cube.info.centre[0] = cube.info.centre[1] = NAN;
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("geometry"), NULL, geometry, NAN, 0, &result));
  if (Rank() == 0) {
    const double *found = Data(result, "centre_coefficients", NULL), middle[2] = {32.3, 31.8};
    for (int a = 0; a < 2; ++a)
      for (int t = 0; t < 6; ++t) {
        const double planted = smooth[a][t] + (t == 0 ? middle[a] : 0.0);
        VmExpectNear(found[a * 6 + t], planted, 0.05);
        worst = fmax(worst, fabs(found[a * 6 + t] - planted));
      }
    VmFigure(rings ? "largest error of a coefficient, rings [pixels]" : "largest error of a coefficient, beam [pixels]",
             worst);
    VmFigure("  rms of the blocks [pixels]", *Data(result, "centre_rms", NULL));
    VmExpect(*Data(result, "centre_rms", NULL) < 0.1, "rms %g", *Data(result, "centre_rms", NULL));
    VmExpectNear(Data(result, "centre_0", NULL)[23 * 26 + 25], 32.3 + 2.0 - 0.7 + 0.4 - 0.2, 0.15);
  }
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Descan that is not of whole pixels: what is left of it widens the ring by no more than pixels do. */
static PetscErrorCode TestBlur(void)
{
  static const char *const geometries[] = {NULL, "{centre_map: quadratic}", NULL};
  MemoryCube cube;
  VmStatResult result;
  double peak[3] = {0};
  PetscFunctionBegin;
  for (int c = 0; c < 3; ++c) { /* without descan; with the map; without */
    PetscCall(Make(14, 15, c == 0 ? NO_DESCAN : SMOOTH, 50.0, &cube));
    PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("radial_intensity"), "{k_max: 4 1/nm}", geometries[c], RING, 0,
                      &result));
    if (Rank() == 0) peak[c] = Highest(result, "intensity");
    PetscCall(VmStatResultDestroy(&result));
    PetscCall(PetscFree(cube.frames));
  }
  if (Rank() == 0) {
    /* a Gaussian of sigma, moved by a uniform part of a pixel of length b: sigma^2 + b^2/12 */
    const double theory = 1.0 / sqrt(1.0 + 0.16 * 0.16 / 12.0 / (WIDTH * WIDTH));
    VmFigure("peak of I(k) with the map, over that without descan", peak[1] / peak[0]);
    VmFigure("  theory of moves by whole pixels", theory);
    VmFigure("  without the map", peak[2] / peak[0]);
    VmExpectNear(peak[1] / peak[0], theory, 0.02);
    VmExpect(peak[2] < 0.95 * peak[1], "the map changes little");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same bits for any number of ranks and any tiles. */
static PetscErrorCode TestBits(void)
{
  static const char *const statistics[] = {"geometry", "average_pattern", "fem", "nfold"};
  MemoryCube cube;
  VmStatResult alone, together;
  PetscFunctionBegin;
  PetscCall(Make(9, 11, SMOOTH, 20.0, &cube));
  for (int s = 0; s < 4; ++s) {
    const VmStatOps *ops = StatNamed(statistics[s]);
    PetscCall(Measure(PETSC_COMM_SELF, &cube, ops, NULL, "{centre_map: plane}", RING, 0, &alone));
    for (int64_t tile = 1; tile <= 7; tile += 3) {
      PetscCall(Measure(PETSC_COMM_WORLD, &cube, ops, NULL, "{centre_map: plane}", RING, tile, &together));
      if (Rank() == 0) VmExpect(SameBits(alone, together), "%s with tiles of %d", statistics[s], (int)tile);
      PetscCall(VmStatResultDestroy(&together));
    }
    PetscCall(VmStatResultDestroy(&alone));
  }
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A line of probes has a plane along it; one of two probes determines nothing. A masked pixel is masked wherever
 * frames move it, and edges that some frames lack are masked. */
static PetscErrorCode TestLineAndMask(void)
{
  MemoryCube cube;
  VmStatResult result;
  VmSurvey survey;
  void *params;
  PetscFunctionBegin;
  PetscCall(Make(7, 7, WHOLE_PIXELS, 50.0, &cube));
  const VmFrameSource source = {MemoryRead, &cube};
  PetscCall(ParamsOf(&vm_geometry_table, "{centre_map: plane, masked: [{from: [20, 40], to: [20, 40]}]}", &params));
  PetscCall(VmSurveyCreate(PETSC_COMM_WORLD, &cube.info, &source, params, &survey));
  for (int64_t i = 0; i < DET; ++i)
    for (int64_t j = 0; j < DET; ++j) {
      const bool edge = i < 3 || j < 3 || i >= DET - 3 || j >= DET - 3;
      const bool masked = llabs(i - 20) <= 3 && llabs(j - 40) <= 3;
      VmExpect(survey->valid[i * DET + j] == !(edge || masked), "pixel (%d, %d)", (int)i, (int)j);
    }
  PetscCall(VmSurveyDestroy(&survey));
  PetscCall(ParamsDone(&vm_geometry_table, &params));

  cube.info.scan[0] = 1; /* the first row, descan along det1 alone */
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("geometry"), NULL, "{centre_map: quadratic}", NAN, 0, &result));
  if (Rank() == 0) {
    const double *found = Data(result, "centre_coefficients", NULL);
    VmExpectNear(found[0], 32.3 - 3.0, 0.05);
    VmExpectNear(found[6 + 2], -3.0, 0.05);
    VmExpectNear(found[1], 0.0, 0.0);
  }
  PetscCall(VmStatResultDestroy(&result));

  cube.info.scan[1] = 2;
  PetscCall(ParamsOf(&vm_geometry_table, "{centre_map: plane}", &params));
  VmExpectInt(VmSurveyCreate(PETSC_COMM_WORLD, &cube.info, &source, params, &survey), VM_ERR_INPUT);
  PetscCall(ParamsDone(&vm_geometry_table, &params));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestWholePixels());
  PetscCall(TestSmooth(false));
  PetscCall(TestSmooth(true));
  PetscCall(TestBlur());
  PetscCall(TestBits());
  PetscCall(TestLineAndMask());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
