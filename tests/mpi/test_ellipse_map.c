/* ranks: 1 2 3; timeout: 120; links: vm_analysis */
#include "memory_cube.h"

/* The ellipse of the ring as a function of the probe: a planted one is found within 1e-3 in spite of spoiled frames,
 * and strain relative to it is the strain that was planted on top of it. */

enum { DET = 64, SCAN0 = 16, SCAN1 = 18, STRAINED = 5 };
#define K0 3.4
#define WIDTH 0.3

/* Coefficients of e_xx = -e_yy to first order (no change of area), and of e_xy; terms 1, x, y, x^2, xy, y^2. */
static const double planted[2][6] = {{0.010, 0.012, -0.006, 0.004, 0.003, -0.002},
                                     {-0.004, 0.005, 0.008, 0.0, -0.003, 0.002}};

static void Slow(int64_t frame, double e[3])
{
  const double x = 2.0 * (double)(frame / SCAN1) / (SCAN0 - 1) - 1.0,
               y = 2.0 * (double)(frame % SCAN1) / (SCAN1 - 1) - 1.0;
  const double term[6] = {1.0, x, y, x * x, x * y, y * y};
  double v[2] = {0.0, 0.0};
  for (int t = 0; t < 6; ++t)
    for (int c = 0; c < 2; ++c) v[c] += planted[c][t] * term[t];
  /* det(1 + e) = 1: (1 + e_xx)(1 + e_yy) = 1 + e_xy^2 */
  e[0] = v[0];
  e[2] = v[1];
  e[1] = (1.0 + e[2] * e[2]) / (1.0 + e[0]) - 1.0;
}

/* Every STRAINED-th probe is strained by 0.6 % along det0 on top of the slow distortion. */
static double Strain(int64_t frame) { return frame % STRAINED == 2 ? 0.006 : 0.0; }

static double Ring(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  double e[3], sum = 0.0;
  Slow(frame, e);
  const double s = 1.0 + Strain(frame);
  const double m[2][2] = {{s * (1.0 + e[0]), s * e[2]}, {e[2], 1.0 + e[1]}};
  for (int p = 0; p < 9; ++p) {
    const double u = ((double)i + (p / 3 - 1) / 3.0 - info->centre[0]) * 0.16,
                 v = ((double)j + (p % 3 - 1) / 3.0 - info->centre[1]) * 0.16;
    const double q = hypot(m[0][0] * u + m[0][1] * v, m[1][0] * u + m[1][1] * v);
    sum += exp(-0.5 * pow((q - K0) / WIDTH, 2)) + 0.1 + 0.02 * (5.0 - q);
  }
  return sum / 9.0;
}

static double Still(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  double e[3];
  Slow(frame, e);
  const double u = ((double)i - info->centre[0]) * 0.16, v = ((double)j - info->centre[1]) * 0.16;
  const double q = hypot((1.0 + e[0]) * u + e[2] * v, e[2] * u + (1.0 + e[1]) * v);
  return exp(-0.5 * pow((q - K0) / WIDTH, 2)) + 0.1;
}

static int Rank(void)
{
  int rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

static const double *Data(VmStatResult result, const char *name)
{
  const VmStatDataset *d = VmStatResultFind(result, name);
  VmExpect(d != NULL, "there is no %s", name);
  return d ? d->data : NULL;
}

/* A corner with a crystal: spots on the ring instead of a ring. */
static void Spoil(MemoryCube *cube)
{
  for (int64_t f = 0; f < SCAN0 * SCAN1; ++f) {
    if (f / SCAN1 >= 4 || f % SCAN1 >= 5) continue;
    for (int64_t p = 0; p < DET * DET; ++p) {
      const double u = ((double)(p / DET) - cube->info.centre[0]) * 0.16,
                   v = ((double)(p % DET) - cube->info.centre[1]) * 0.16, angle = atan2(v, u);
      cube->frames[f * DET * DET + p] *=
          (float)(1.0 + 8.0 * exp(-20.0 * pow(sin(angle - 0.3), 2)) * (hypot(u, v) > K0));
    }
  }
}

/* Poisson counts, a spoiled corner: every coefficient within 1e-3, and errors that say so. */
static PetscErrorCode TestPlanted(void)
{
  static const char *const names[3] = {"ellipse_xx", "ellipse_yy", "ellipse_xy"};
  MemoryCube cube;
  VmStatResult result;
  double worst = 0.0, worst_probe = 0.0, sigmas = 0.0;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(SCAN0, SCAN1, DET, Still, 200.0, &cube));
  Spoil(&cube);
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("geometry"), NULL, "{ellipse_map: quadratic}", NAN, 0, &result));
  if (Rank() == 0) {
    const double *found = Data(result, "ellipse_coefficients"), *error = Data(result, "ellipse_coefficients_error");
    for (int t = 0; t < 6; ++t) {
      const double left[2] = {found[t] - planted[0][t], found[12 + t] - planted[1][t]};
      for (int c = 0; c < 2; ++c) {
        VmExpectNear(left[c], 0.0, 1e-3);
        worst = fmax(worst, fabs(left[c]));
        sigmas = fmax(sigmas, fabs(left[c]) / error[12 * c + t]);
      }
    }
    for (int64_t f = 0; f < SCAN0 * SCAN1; ++f) {
      double e[3];
      Slow(f, e);
      for (int c = 0; c < 3; ++c) worst_probe = fmax(worst_probe, fabs(Data(result, names[c])[f] - e[c]));
    }
    VmExpect(worst_probe < 1e-3, "a probe is off by %g", worst_probe);
    VmFigure("largest error of a coefficient of the ellipse", worst);
    VmFigure("  in standard errors", sigmas);
    VmFigure("largest error of the ellipse of a probe", worst_probe);
    VmExpect(sigmas > 0.3 && sigmas < 6.0, "%g standard errors", sigmas);
    const int64_t *used = (const int64_t *)(const void *)Data(result, "ellipse_blocks_used");
    VmExpect(*used >= 50 && *used < 64, "%d blocks used", (int)*used);
  }
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Strain relative to the map of the ellipse against strain relative to the mean of all probes. */
static PetscErrorCode TestStrain(void)
{
  static const char *const yaml[2] = {"{reference: map, k: 3.4 1/nm}", "{reference: mean, k: 3.4 1/nm}"};
  MemoryCube cube;
  VmStatResult result;
  double rms[2] = {0};
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(SCAN0, SCAN1, DET, Ring, 0.0, &cube));
  for (int c = 0; c < 2; ++c) {
    PetscCall(
        Measure(PETSC_COMM_WORLD, &cube, StatNamed("strain"), yaml[c], "{ellipse_map: quadratic}", K0, 0, &result));
    if (Rank() == 0) {
      const double *xx = Data(result, "e_xx"), *yy = Data(result, "e_yy");
      double offset = 0.0; /* the map holds the mean of the planted strain, as far as it changes no area */
      for (int64_t f = 0; f < SCAN0 * SCAN1; ++f) offset += (xx[f] - yy[f] - Strain(f)) / (SCAN0 * SCAN1);
      for (int64_t f = 0; f < SCAN0 * SCAN1; ++f)
        rms[c] += pow(xx[f] - yy[f] - offset - Strain(f), 2) / (SCAN0 * SCAN1);
    }
    PetscCall(VmStatResultDestroy(&result));
  }
  if (Rank() == 0) {
    VmFigure("rms error of e_xx - e_yy, relative to the map", sqrt(rms[0]));
    VmFigure("  relative to the mean", sqrt(rms[1]));
    VmExpect(sqrt(rms[0]) < 5e-4, "%g", sqrt(rms[0]));
    VmExpect(rms[1] > 100.0 * rms[0], "the map takes little out");
  }
  void *params;
  VmSurvey survey;
  void *context = NULL;
  const VmFrameSource source = {MemoryRead, &cube};
  PetscCall(ParamsOf(&vm_geometry_table, NULL, &params));
  PetscCall(VmSurveyCreate(PETSC_COMM_WORLD, &cube.info, &source, params, &survey));
  PetscCall(ParamsDone(&vm_geometry_table, &params));
  const VmStatOps *strain = StatNamed("strain");
  PetscCall(ParamsOf(strain->head.params, "{reference: map}", &params));
  VmExpectInt(strain->setup(params, survey, &context), VM_ERR_INPUT); /* there is no map */
  if (context) PetscCall(strain->destroy(&context));
  PetscCall(ParamsDone(strain->head.params, &params));
  PetscCall(VmSurveyDestroy(&survey));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same bits on any number of ranks; blocks without a ring are an error. */
static PetscErrorCode TestBits(void)
{
  static const char *const geometry = "{ellipse_map: plane, fit_ellipse: true}";
  MemoryCube cube;
  VmStatResult alone, together;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(7, 9, DET, Still, 50.0, &cube));
  PetscCall(Measure(PETSC_COMM_SELF, &cube, StatNamed("geometry"), NULL, geometry, NAN, 0, &alone));
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("geometry"), NULL, geometry, NAN, 0, &together));
  for (int i = 0; i < together->count; ++i) {
    const VmStatDataset *x = &alone->datasets[i], *y = &together->datasets[i];
    VmExpect(memcmp(x->data, y->data, (size_t)VmStatDatasetSize(x) * VmTypeSize(x->type)) == 0, "%s differs", x->name);
  }
  PetscCall(VmStatResultDestroy(&alone));
  PetscCall(VmStatResultDestroy(&together));
  for (int64_t p = 0; p < 7 * 9 * DET * DET; ++p) cube.frames[p] = 1.0F;
  void *params;
  VmSurvey survey;
  const VmFrameSource source = {MemoryRead, &cube};
  PetscCall(ParamsOf(&vm_geometry_table, "{ellipse_map: plane}", &params));
  VmExpectInt(VmSurveyCreate(PETSC_COMM_WORLD, &cube.info, &source, params, &survey), VM_ERR_INPUT);
  PetscCall(ParamsDone(&vm_geometry_table, &params));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestPlanted());
  PetscCall(TestStrain());
  PetscCall(TestBits());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
