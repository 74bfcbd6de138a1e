/* timeout: 120; links: vm_analysis */
/* Every number that a statistic writes has a standard error beside it, or is exact by nature, as said here. */
#include "atom_statistic.h"
#include "map_statistic.h"
#include "memory_cube.h"

/* NULL: of every statistic. */
static const struct {
  const char *statistic, *number, *reason;
} exact[] = {{"geometry", "gain", "given"},
             {"geometry", "pitch", "given"},
             {"geometry", "centre_rms", "itself a spread"},
             {"geometry", "centre_blocks", "a number of blocks"},
             {"geometry", "centre_blocks_used", "a number of blocks"},
             {"geometry", "ellipse_rms", "itself a spread"},
             {"geometry", "ellipse_blocks", "a number of blocks"},
             {"geometry", "ellipse_blocks_used", "a number of blocks"},
             {"virtual_image", "pixels", "a number of pixels"},
             {"v2d", "k", "where the ring was laid"},
             {"v2d", "width", "where the ring was laid"},
             {"nfold", "k", "where the ring was laid"},
             {"nfold", "width", "where the ring was laid"},
             {"distribution", "count", "a number of points"},
             {"structure", "r_max", "of the fit"},
             {"section", "pitch", "of the map"},
             {"section", "extent", "of the map"},
             {"rdf", "number_density", "of this cell"},
             {"rdf", "volume", "of this cell"},
             {"voronoi", "total_volume", "of this cell"},
             {"voronoi", "closed", "a number of atoms"},
             {"voronoi", "polyhedra_kinds", "a number of kinds"},
             {"bond_order", "largest_q6_average", "the extreme of this configuration"},
             {"d2min", "largest_d2min", "the extreme of this configuration"},
             {"mro_clusters", "largest", "the extreme of this configuration"},
             {"femsim", "orientations", "given"},
             {NULL, "cutoff", "where the shell was laid"}};

static int numbers, excepted;

static bool IsError(const char *name)
{
  const size_t n = strlen(name);
  return n > 6 && strcmp(name + n - 6, "_error") == 0;
}

/* An interval is as good as an error. */
static bool HasError(VmStatResult result, const char *name)
{
  char error[96], interval[96];
  snprintf(error, sizeof error, "%s_error", name);
  snprintf(interval, sizeof interval, "%s_interval", name);
  return VmStatResultFind(result, error) || VmStatResultFind(result, interval);
}

static bool IsExact(const char *statistic, const char *name)
{
  for (size_t e = 0; e < sizeof exact / sizeof *exact; ++e)
    if ((!exact[e].statistic || strcmp(exact[e].statistic, statistic) == 0) && strcmp(exact[e].number, name) == 0)
      return true;
  return false;
}

/* Single numbers, and the curves and vectors whose name says that they are asked for. */
static void CheckResult(const char *statistic, VmStatResult result)
{
  static const char *const curves[] = {"centre",
                                       "ellipse",
                                       "centre_coefficients",
                                       "ellipse_coefficients",
                                       "correlation",
                                       "power",
                                       "mean_power",
                                       "intensity",
                                       "omega",
                                       "ring",
                                       "ring_ensemble",
                                       "image",
                                       "ratio",
                                       "F",
                                       "G",
                                       "sigma",
                                       "polyhedra_fraction"};
  for (int i = 0; i < result->count; ++i) {
    const VmStatDataset *d = &result->datasets[i];
    bool asked = d->rank == 0;
    for (size_t c = 0; c < sizeof curves / sizeof *curves && !asked; ++c)
      asked = strcmp(d->name, curves[c]) == 0 && strcmp(d->axes, "scan0,scan1") != 0;
    if (!asked || IsError(d->name)) continue;
    ++numbers;
    const bool is_exact = IsExact(statistic, d->name), has_error = HasError(result, d->name);
    excepted += is_exact;
    VmExpect(is_exact || has_error, "%s/%s has no error", statistic, d->name);
    VmExpect(!is_exact || !has_error, "%s/%s is said to be exact, but has an error", statistic, d->name);
  }
}

/* Ring that differs from probe to probe. */
static double Speckle(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  const double u = ((double)i - info->centre[0]) * 0.16, v = ((double)j - info->centre[1]) * 0.16, k = hypot(u, v);
  const double bright = 1.0 + 0.4 * sin(2.3 * (double)frame + 2.0 * atan2(v, u));
  return 40.0 / (1.0 + exp(20.0 * (k - 0.5))) + bright * exp(-0.5 * pow((k - 2.8) / 0.25, 2)) + 0.05;
}

static PetscErrorCode TestCubes(void)
{
  static const char *const geometry = "{centre_map: plane, ellipse_map: plane, centre_blocks: 3, ellipse_blocks: 3, "
                                      "fit_ellipse: true, angles: 32}";
  MemoryCube cube;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(8, 10, 56, Speckle, 60.0, &cube));
  cube.info.centre[0] = cube.info.centre[1] = NAN;
  for (int i = 0; vm_stat_table[i]; ++i) {
    const VmStatOps *ops = vm_stat_table[i];
    const bool is_geometry = strcmp(ops->head.name, "geometry") == 0;
    const char *yaml = strcmp(ops->head.name, "pdf") == 0          ? "{composition: Cu50Zr50, sectors: 8}"
                       : strcmp(ops->head.name, "relaxation") == 0 ? "{frame_time: 1 s}"
                                                                   : NULL;
    PetscCall(Measure(PETSC_COMM_WORLD, &cube, ops, yaml, is_geometry ? geometry : "{angles: 32}", NAN, 0, &result));
    CheckResult(ops->head.name, result);
    if (is_geometry) {
      const double *error = VmStatResultFind(result, "first_ring_error")->data;
      VmExpect(*error > 0.0 && *error < 0.05, "first_ring_error %g", *error);
      error = VmStatResultFind(result, "centre_error")->data;
      VmExpect(error[0] > 0.0 && error[0] < 0.1, "centre_error %g", error[0]);
      error = VmStatResultFind(result, "ellipse_error")->data;
      VmExpect(error[0] > 0.0 && error[0] < 0.01, "ellipse_error %g", error[0]);
    }
    PetscCall(VmStatResultDestroy(&result));
  }
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestMaps(void)
{
  enum { N = 48 };
  double values[2][N * N];
  VmStatResult result;
  PetscFunctionBegin;
  for (int m = 0; m < 2; ++m)
    for (int i = 0; i < N * N; ++i) {
      double normal[2];
      VmRngNormal2((VmRngKey){(uint64_t)m, VM_STREAM_TEST}, (uint64_t)i, 0, normal);
      values[m][i] = 5.0 + sin(0.4 * (i / N)) * cos(0.3 * (i % N)) + 0.2 * normal[0];
    }
  VmMap other = {.dim = 2, .n = {1, N, N}, .spacing = {1, 1, 1}, .values = values[1], .unit = "1", .length_unit = "nm"};
  VmMap map = other;
  map.values = values[0];
  map.other = &other;
  for (int i = 0; vm_map_table[i]; ++i) {
    const char *name = vm_map_table[i]->head.name;
    PetscCall(MapMeasure(name, strcmp(name, "clusters") == 0 ? "{thickness: 20 nm}" : "{}", &map, &result));
    CheckResult(name, result);
    PetscCall(VmStatResultDestroy(&result));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestAtoms(void)
{
  const double a[3] = {0.36, 0.36, 0.36};
  const int n[3] = {4, 4, 4};
  char path[1100];
  VmAtoms atoms;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(AtomCrystal(a, n, 4, atom_fcc, &atoms));
  snprintf(path, sizeof path, "%s/before.xyz", VmTestScratch());
  PetscCall(VmAtomsWrite(PETSC_COMM_SELF, path, "before", &atoms));
  for (int64_t i = 0; i < atoms.n; ++i) {
    double u[2];
    VmRngUniform2((VmRngKey){3, VM_STREAM_TEST}, (uint64_t)i, 0, u);
    atoms.x[i] += 0.03 * (u[0] - 0.5);
    atoms.y[i] += 0.03 * (u[1] - 0.5);
  }
  VmStructureWrap(&atoms);
  for (int i = 0; vm_atom_table[i]; ++i) {
    const char *name = vm_atom_table[i]->head.name;
    char yaml[1300] = "{}";
    if (strcmp(name, "d2min") == 0) snprintf(yaml, sizeof yaml, "{reference: %s}", path);
    if (strcmp(name, "femsim") == 0)
      snprintf(yaml, sizeof yaml, "{resolution: 1 nm, orientations: random, count: 20, k_step: 0.5 1/nm}");
    PetscCall(AtomMeasureFile(PETSC_COMM_SELF, name, yaml, &atoms, path, &result));
    CheckResult(name, result);
    PetscCall(VmStatResultDestroy(&result));
  }
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestCubes());
  PetscCall(TestMaps());
  PetscCall(TestAtoms());
  VmFigure("numbers and curves looked at", numbers);
  VmFigure("  exact by nature", excepted);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
