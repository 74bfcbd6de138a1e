/* timeout: 120; links: vm_analysis */
#include "memory_cube.h"
#include <vitromech/least_squares.h>

/* A measured pattern of an amorphous film, round the arm of a beam stop and inside a round aperture. Its file gives no
 * sensible pitch: one is assumed, and what is checked does not depend on it. */

enum { SECTORS = 60, MOST = 4000 };

#define PITCH 0.05 /* 1/nm */

typedef struct {
  int n;
  double r[MOST], value[MOST]; /* pixels from a middle, counts */
} Sector;

static double Parabola(const void *context, const double *x, int64_t i, double *gradient)
{
  const Sector *s = context;
  gradient[0] = 1.0;
  gradient[1] = s->r[i];
  gradient[2] = s->r[i] * s->r[i];
  return x[0] + x[1] * s->r[i] + x[2] * s->r[i] * s->r[i] - s->value[i];
}

/* Radius [pixels] at which the intensity of a sector is highest: a parabola through 9 pixels on either side, moved
 * until it is centred; NAN if the sector is masked. */
static double PeakOfSector(const VmSurvey survey, int sector, double radius)
{
  static Sector s;
  const VmDetector *d = &survey->detector;
  for (int turn = 0; turn < 8; ++turn) {
    double x[3] = {1.0, 0.0, -1.0};
    s.n = 0;
    for (int64_t p = 0; p < survey->npix && s.n < MOST; ++p) {
      const double u = (double)(p / d->det[1]) - d->centre[0], v = (double)(p % d->det[1]) - d->centre[1];
      const double at = atan2(v, u) - 2.0 * VM_PI * sector / SECTORS;
      if (!survey->valid[p] || fabs(hypot(u, v) - radius) > 9.0 || fabs(remainder(at, 2.0 * VM_PI)) > VM_PI / SECTORS)
        continue;
      s.r[s.n] = hypot(u, v) - radius;
      s.value[s.n++] = 1e-5 * survey->pattern[p];
    }
    if (s.n < 60 || !VmLeastSquares(3, x, s.n, Parabola, &s, NULL) || !(x[2] < 0.0)) return NAN;
    radius -= 0.5 * x[1] / x[2];
  }
  return radius;
}

typedef struct {
  int n;
  double angle[SECTORS], radius[SECTORS];
} Peaks;

static double Oval(const void *context, const double *x, int64_t i, double *gradient)
{
  const Peaks *p = context;
  const double c = cos(p->angle[i]), s = sin(p->angle[i]);
  gradient[0] = 1.0;
  gradient[1] = c;
  gradient[2] = s;
  gradient[3] = c * c - s * s;
  gradient[4] = 2.0 * c * s;
  return x[0] + x[1] * c + x[2] * s + x[3] * (c * c - s * s) + x[4] * 2.0 * c * s - p->radius[i];
}

/* Centre, radius and ellipse against the peaks of sixty sectors. */
static PetscErrorCode CheckRing(const VmSurvey survey)
{
  Peaks peaks = {0};
  double x[5] = {70, 0, 0, 0, 0}, error[5];
  VmRing ring = {.k0 = survey->first_ring, .half_width = 0.2 * survey->first_ring};
  VmDetector plain = survey->detector;
  double axes[2], angle;
  PetscFunctionBegin;
  for (int s = 0; s < SECTORS; ++s) {
    const double radius = PeakOfSector(survey, s, survey->first_ring / PITCH);
    if (isnan(radius)) continue;
    peaks.angle[peaks.n] = 2.0 * VM_PI * s / SECTORS;
    peaks.radius[peaks.n++] = radius;
  }
  VmExpect(peaks.n > 45, "%d sectors have a peak", peaks.n);
  VmExpect(VmLeastSquares(5, x, peaks.n, Oval, &peaks, error), "the oval through the peaks");
  plain.e[0] = plain.e[1] = plain.e[2] = 0.0;
  PetscCall(VmRingFit(&plain, survey->pattern, true, &ring));
  VmExpect(ring.found, "the ring is not found");
  for (int a = 0; a < 2; ++a) {
    VmExpectNear(x[1 + a], 0.0, 4.0 * error[1 + a] + 0.1); /* the centre found by the survey is that of the peaks */
    VmExpectNear(ring.centre[a], survey->detector.centre[a], 0.1);
  }
  VmExpectNear(survey->first_ring / PITCH / x[0], 1.0, 0.005);
  VmExpectNear(0.5 * (ring.e[0] - ring.e[1]), -x[3] / x[0], 4.0 * error[3] / x[0]);
  VmExpectNear(ring.e[2], -x[4] / x[0], 4.0 * error[4] / x[0]);
  VmRingAxes(&ring, axes, &angle);
  VmFigure("centre along det0 [pixels]", ring.centre[0]);
  VmFigure("centre along det1 [pixels]", ring.centre[1]);
  VmFigure("radius of the first ring [pixels]", survey->first_ring / PITCH);
  VmFigure("radius from the peaks of sectors [pixels]", x[0]);
  VmFigure("ratio of the axes", axes[0] / axes[1]);
  VmFigure("ratio of the axes from the peaks of sectors", 1.0 + 2.0 * hypot(x[3], x[4]) / x[0]);
  VmFigure("angle of the long axis [degree]", angle * 180.0 / VM_PI);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* I(k) falls into two rings of a metallic glass, ratio 1.6 to 1.8; the two-fold power of the first ring is small once
 * it is round. */
static PetscErrorCode CheckCurves(VmCube cube)
{
  const VmFrameSource source = VmCubeFrames(cube);
  double two_fold[2];
  PetscFunctionBegin;
  for (int fitted = 0; fitted < 2; ++fitted) {
    void *geometry, *none;
    VmSurvey survey;
    VmStatRun runs[2] = {{.ops = StatNamed("angular_correlation")}, {.ops = StatNamed("radial_intensity")}};
    PetscCall(ParamsOf(&vm_geometry_table, fitted ? "{shadow: auto, fit_ellipse: true}" : "{shadow: auto}", &geometry));
    PetscCall(VmSurveyCreate(PETSC_COMM_WORLD, VmCubeGetInfo(cube), &source, geometry, &survey));
    for (int r = 0; r < 2; ++r) {
      PetscCall(ParamsOf(runs[r].ops->head.params, NULL, &none));
      runs[r].params = none;
      PetscCall(VmStatResultCreate(&runs[r].result));
    }
    PetscCall(VmStatPass(survey, &source, 2, runs, 0, NULL));
    const VmStatDataset *k = VmStatResultFind(runs[0].result, "k"), *power = VmStatResultFind(runs[0].result, "power");
    int ring = 0;
    for (int64_t r = 0; r < VmStatDatasetSize(k); ++r)
      if (fabs(((const double *)k->data)[r] - 1.04 * survey->first_ring) < 0.5 * PITCH + 1e-9) ring = (int)r;
    two_fold[fitted] = ((const double *)power->data)[ring * power->dims[1] + 2];
    const VmStatDataset *rk = VmStatResultFind(runs[1].result, "k"),
                        *ri = VmStatResultFind(runs[1].result, "intensity");
    const double second = VmFirstRing((int)VmStatDatasetSize(rk), rk->data, ri->data, 1.3 * survey->first_ring);
    VmExpect(second > 1.55 * survey->first_ring && second < 1.85 * survey->first_ring,
             "second ring at %g times the first", second / survey->first_ring);
    if (fitted) VmFigure("second ring over first", second / survey->first_ring);
    for (int r = 0; r < 2; ++r) {
      none = (void *)runs[r].params;
      PetscCall(ParamsDone(runs[r].ops->head.params, &none));
      PetscCall(VmStatResultDestroy(&runs[r].result));
    }
    if (fitted) PetscCall(CheckRing(survey));
    PetscCall(VmSurveyDestroy(&survey));
    PetscCall(ParamsDone(&vm_geometry_table, &geometry));
  }
  VmFigure("two-fold power on the flank of the ring, ellipse", two_fold[0]);
  VmFigure("two-fold power on the flank of the ring, corrected", two_fold[1]);
  VmExpect(two_fold[1] < 0.5 * two_fold[0], "%g becomes %g", two_fold[0], two_fold[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const VmCubeHints hints = {.det_pitch = PITCH, .centre = {NAN, NAN}};
  const char *path = VmTestData("readers/amorphous_512.hspy");
  VmCube cube;
  PetscFunctionBegin;
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmCubeOpen(PETSC_COMM_WORLD, path, &hints, &cube));
  PetscCall(CheckCurves(cube));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
