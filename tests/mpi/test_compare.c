/* Reading, peaks and distances of curves; the table of a comparison.
 * ranks: 1 3; timeout: 60; links: vm_compare */
#include <analysis/compare/curve.h>
#include <analysis/compare/table.h>
#include <vitromech/compare.h>
#include <vitromech/schema.h>
#include <tests/vm_test.h>

static void Path(const char *name, char path[4096])
{
  int size;
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  snprintf(path, 4096, "%s/compare_%d_%s", VmTestScratch(), size, name);
}

static void WriteFile(const char *path, const char *text)
{
  int rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (rank == 0) {
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

static PetscErrorCode TestRead(void)
{
  char path[4096];
  VmCurve curve = {0};
  static const char *const bad[] = {
      "0.3 1 0.1\n0.2 1 0.1\n0.4 1 0.1\n0.5 1 0.1\n", /* k falls */
      "0.3 1 0.1\n0.4 x 0.1\n0.5 1 0.1\n0.6 1 1\n",   /* not a number */
      "0.3 1 0.1\n0.4 1 -0.1\n0.5 1 0.1\n0.6 1 1\n",  /* negative error */
      "0.3 1\n0.4 nan\n0.5 1\n0.6 1\n",
      "k,V\n0.3 1\n0.4 1\n",
      "",
  };
  PetscFunctionBegin;
  Path("curve.txt", path);
  WriteFile(
      path,
      "k, vk experiment, error\n# remark\n0.3, 0.001, 1e-4\n\n0.4;0.002;2e-4\r\n  0.5\t0.001\t1e-4\n0.6 0.5e-3 0");
  PetscCall(VmCurveRead(PETSC_COMM_WORLD, path, 10.0, 2.0, &curve));
  VmExpectInt(curve.n, 4);
  VmExpectNear(curve.k[1], 4.0, 1e-14);
  VmExpectNear(curve.value[1], 0.004, 1e-16);
  VmExpectNear(curve.error[1], 4e-4, 1e-16);
  VmExpectNear(curve.value[3], 1e-3, 1e-16);
  PetscCall(VmCurveDestroy(&curve));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    WriteFile(path, bad[i]);
    const PetscErrorCode code = VmCurveRead(PETSC_COMM_WORLD, path, 1.0, 1.0, &curve);
    VmExpect(code == VM_ERR_INPUT, "bad curve %zu gave %d", i, (int)code);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A parabola with a direct beam before it: position and height exact, errors those of least squares. */
static PetscErrorCode TestPeak(void)
{
  enum { N = 81 };
  VmCurve curve;
  PetscFunctionBegin;
  PetscCall(VmCurveCreate(N, &curve));
  for (int i = 0; i < N; ++i) {
    const double k = curve.k[i] = 1.0 + 0.08 * i, x = k - 4.123;
    curve.value[i] = fmax(0.01 - 0.02 * x * x, 0.001) + (k < 1.8 ? 0.5 : 0.0);
    curve.error[i] = 1e-4;
  }
  const VmPeak peak = VmCurvePeak(&curve, 2.0, INFINITY);
  VmExpectNear(peak.position, 4.123, 1e-9);
  VmExpectNear(peak.height, 0.01, 1e-12);
  /* n points equally spaced about the vertex: position error = s/(2 c2 sqrt(sum x^2)) */
  double n = 0.0, square = 0.0;
  for (int i = 0; i < N; ++i) {
    const double x = curve.k[i] - 4.123;
    if (curve.k[i] < 2.0 || curve.value[i] < 0.85 * 0.01) continue;
    n += 1.0;
    square += x * x;
  }
  VmExpectNear(peak.position_error, 1e-4 / (2.0 * 0.02 * sqrt(square)), 0.05 * peak.position_error);
  VmExpect(peak.height_error > 1e-4 / sqrt(n) && peak.height_error < 2e-4 / sqrt(n), "%g", peak.height_error);
  for (int i = 0; i < N; ++i) curve.value[i] = 1.0 / curve.k[i];
  VmExpect(isnan(VmCurvePeak(&curve, 2.0, INFINITY).position), "a falling curve has no peak");
  PetscCall(VmCurveDestroy(&curve));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestDistance(void)
{
  enum { N = 21 };
  VmCurve a, b;
  PetscFunctionBegin;
  PetscCall(VmCurveCreate(N, &a));
  PetscCall(VmCurveCreate(N, &b));
  for (int i = 0; i < N; ++i) {
    a.k[i] = 3.0 + 0.1 * i;
    b.k[i] = 3.05 + 0.1 * i; /* the last one lies beyond a */
    a.value[i] = 2.0 * a.k[i];
    b.value[i] = 1.0 * b.k[i];
    a.error[i] = 0.3;
    b.error[i] = 0.4;
  }
  const VmCurveDistance d = VmCurveCompare(&a, &b);
  double chi2 = 0.0;
  for (int i = 0; i < N - 1; ++i) chi2 += b.k[i] * b.k[i] / 0.25 / (N - 1);
  VmExpectInt(d.points, N - 1);
  VmExpectNear(d.chi2, chi2, 1e-9 * chi2);
  VmExpectNear(d.scale, 0.5, 1e-10);
  VmExpectNear(d.scaled_chi2, 0.0, 1e-15);
  for (int i = 0; i < N; ++i) b.k[i] += 100.0;
  VmExpect(VmCurveCompare(&a, &b).points == 0 && isnan(VmCurveCompare(&a, &b).chi2), "nothing in common");
  PetscCall(VmCurveDestroy(&a));
  PetscCall(VmCurveDestroy(&b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The refined model of the measured glass reproduces the measured curve: all points within 0.56 standard deviations
 * after division by 28.6378 (3 t/L of the model). */
static PetscErrorCode TestMeasured(void)
{
  char measured_path[4096];
  VmCurve measured, model;
  PetscFunctionBegin;
  const char *path = VmTestData("fem/zr50cu35al15_t3_vk_experiment.txt");
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(measured_path, sizeof measured_path, "%s", path);
  path = VmTestData("fem/zr50cu35al15_t3_vk_femsim.txt");
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmCurveRead(PETSC_COMM_WORLD, measured_path, 10.0, 1.0, &measured));
  PetscCall(VmCurveRead(PETSC_COMM_WORLD, path, 10.0, 1.0, &model));
  VmExpectInt(measured.n, 103);
  const VmPeak peak = VmCurvePeak(&measured, 2.0, INFINITY);
  VmFigure("measured V(k) peak position", peak.position);
  VmFigure("measured V(k) peak position error", peak.position_error);
  VmExpectNear(peak.position, 4.147, 0.1);
  VmExpectNear(peak.height, 8.4e-3, 3e-4);
  const VmCurveDistance d = VmCurveCompare(&model, &measured);
  VmFigure("scale of the refined model", 1.0 / d.scale);
  VmFigure("chi^2 per point of the scaled model", d.scaled_chi2);
  VmExpectInt(d.points, 103);
  VmExpect(d.scaled_chi2 < 0.56 * 0.56, "%g", d.scaled_chi2);
  VmExpectNear(1.0 / d.scale, 28.6378, 0.3);
  PetscCall(VmCurveDestroy(&measured));
  PetscCall(VmCurveDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Scalar(VmH5 file, const char *path, double value)
{
  PetscFunctionBegin;
  PetscCall(VmH5Write(file, path, VM_F64, 0, NULL, &value, (VmMeta){"1", NULL, NULL}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An analysis file with regions of two maps, V(k), and the power of all n. */
static PetscErrorCode WriteAnalysis(const char *path)
{
  const int64_t orders = 13;
  double power[13] = {1.0};
  VmConditions conditions;
  const int64_t count[3] = {50, 35, 15};
  const char *const symbol[3] = {"Zr", "Cu", "Al"};
  VmH5 file;
  PetscFunctionBegin;
  PetscCall(VmH5Open(PETSC_COMM_WORLD, path, VM_H5_CREATE, &file));
  VmConditionsInit(&conditions);
  VmConditionsComposition(&conditions, 3, count, symbol);
  conditions.thickness = 20.0;
  conditions.area = 400.0;
  PetscCall(VmConditionsWrite(file, VM_PATH_CONDITIONS, &conditions));
  for (int n = 1; n < 13; ++n) power[n] = n % 2 == 0 ? 3.0 : 2.0;
  PetscCall(VmH5Write(file, "/statistics/nfold/mean_power", VM_F64, 1, &orders, power, (VmMeta){"1", NULL, "n"}));
  for (int i = 0; i < 2; ++i) {
    char group[64], dataset[128];
    snprintf(group, sizeof group, "/statistics/%s", i ? "regions" : "hot spots of four");
    PetscCall(VmH5Group(file, group));
    PetscCall(VmH5AttrText(file, group, "statistic", "clusters"));
    PetscCall(VmH5AttrText(file, group, "of", i ? "nfold/total" : "nfold/n_4"));
    snprintf(dataset, sizeof dataset, "%s/count", group);
    PetscCall(Scalar(file, dataset, 25.0));
    snprintf(dataset, sizeof dataset, "%s/mean_diameter", group);
    PetscCall(Scalar(file, dataset, 1.4));
    snprintf(dataset, sizeof dataset, "%s/mean_diameter_error", group);
    PetscCall(Scalar(file, dataset, 0.05));
    snprintf(dataset, sizeof dataset, "%s/volume_fraction", group);
    PetscCall(Scalar(file, dataset, 0.021));
  }
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadParams(const char *yaml, void *params)
{
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  PetscCall(VmReportCreate(PETSC_COMM_WORLD, "text", &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  PetscCall(VmParamsRead(&vm_compare_table, root, report, params));
  PetscCall(VmReportFinish(report));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Row of a quantity among the text rows of the file; -1 if there is none. Not collective. */
static int FindRow(VmH5 file, const char *quantity, int rows)
{
  char names[VM_MAX_ROWS][64];
  const hid_t dataset = H5Dopen2(VmH5Id(file), "/comparison/im2018/quantity", H5P_DEFAULT);
  const hid_t type = H5Dget_type(dataset);
  const bool fits = H5Tget_size(type) == sizeof names[0];
  if (fits) H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names);
  H5Tclose(type);
  H5Dclose(dataset);
  for (int i = 0; fits && i < rows; ++i)
    if (strcmp(names[i], quantity) == 0) return i;
  return -1;
}

static PetscErrorCode CheckTable(const char *path)
{
  static const struct {
    const char *quantity;
    double ours;
  } wanted[] = {{"power of even n over odd n", 1.5},
                {"mean diameter of MRO regions, n = 2..10", 1.4},
                {"volume fraction, n = 4", 2.1},
                {"volume fraction, n = 2", NAN},
                {"volume fraction, sum of n = 2..10", NAN},
                {"regions in the summed map", 25.0},
                {"regions per area in the summed map", 25.0 / 400.0},
                {"V(k) peak position", NAN}};
  double ours[VM_MAX_ROWS];
  int rank;
  int64_t dims[8];
  VmH5 file;
  PetscFunctionBegin;
  PetscCall(VmH5Open(PETSC_COMM_WORLD, path, VM_H5_READ, &file));
  PetscCall(VmH5Shape(file, "/comparison/im2018/ours", &rank, dims));
  VmExpect(dims[0] <= VM_MAX_ROWS, "%lld rows", (long long)dims[0]);
  PetscCall(VmH5Read(file, "/comparison/im2018/ours", VM_F64, ours));
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; ++i) {
    const int row = FindRow(file, wanted[i].quantity, (int)dims[0]);
    VmExpect(row >= 0, "no row %s", wanted[i].quantity);
    if (row < 0) continue;
    if (isnan(wanted[i].ours)) VmExpect(isnan(ours[row]), "%s = %g", wanted[i].quantity, ours[row]);
    else VmExpectNear(ours[row], wanted[i].ours, 1e-12);
  }
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestTable(void)
{
  char path[4096], csv[4096];
  void *params;
  VmH5 file;
  PetscFunctionBegin;
  Path("analysis.h5", path);
  Path("comparison.csv", csv);
  PetscCall(WriteAnalysis(path));
  PetscCall(PetscCalloc(vm_compare_table.size, &params));
  PetscCall(ReadParams("references: [im2018]\nmeasured: [{file: absent/nowhere.csv, probe: 2 nm, thickness: 27 nm}]\n",
                       params));
  for (int again = 0; again < 2; ++again) { /* the second table replaces the first */
    PetscCall(VmH5Open(PETSC_COMM_WORLD, path, VM_H5_UPDATE, &file));
    PetscCall(VmCompare(PETSC_COMM_WORLD, params, "", file, file, csv));
    PetscCall(VmH5Close(&file));
    PetscCall(CheckTable(path));
  }
  PetscCall(VmParamsFree(&vm_compare_table, params));
  PetscCall(PetscFree(params));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TestComposition(void)
{
  VmConditions c;
  VmConditionsInit(&c);
  VmConditionsComposition(&c, 3, (const int64_t[]){353, 647, 0}, (const char *const[]){"Zr", "Cu", "Al"});
  VmExpect(strcmp(c.composition, "Cu64.7Zr35.3") == 0, "%s", c.composition);
  VmExpect(isnan(c.thickness), "%g", c.thickness);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  TestComposition();
  PetscCall(TestRead());
  PetscCall(TestPeak());
  PetscCall(TestDistance());
  PetscCall(TestMeasured());
  PetscCall(TestTable());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
