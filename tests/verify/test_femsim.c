/* ranks: 1 2; timeout: 120; links: vm_analysis */
#include "atom_statistic.h"
#include <vitromech/scatter.h>

/* Two atoms 0.3 nm apart under a wide probe, in any direction: <I> is Debye's 2 f^2 (1 + sinc(2 pi k r)), and <I^2>
 * needs the mean of J_0^2, by quadrature over the sphere. */
static PetscErrorCode TestPair(void)
{
  enum { ORIENTATIONS = 20000, STEPS = 2000 };
  const double distance = 0.3, half = 0.5 * distance, edge = 4.0;
  VmAtoms pair = {0};
  VmStatResult result;
  int64_t n;

  PetscFunctionBegin;
  VmAtomsSpecies(&pair, 29);
  for (int d = 0; d < 3; ++d) {
    pair.cell[d][d] = edge;
    pair.periodic[d] = true;
  }
  PetscCall(VmAtomsAppend(&pair, 0, (double[3]){half, 0.0, 0.0}, 0));
  PetscCall(VmAtomsAppend(&pair, 0, (double[3]){edge - half, 0.0, 0.0}, 1));
  PetscCall(AtomMeasure("femsim", "{resolution: 100 nm, count: 20000, k_min: 1 1/nm, k_max: 8 1/nm, k_step: 0.5 1/nm}",
                        &pair, &result));
  const double *k = AtomValues(result, "k", &n), *v = AtomValues(result, "variance", NULL),
               *intensity = AtomValues(result, "intensity", NULL);
  VmExpectInt(n, 15);
  for (int64_t i = 0; i < n; ++i) {
    const double x = 2.0 * VM_PI * k[i] * distance, f = VmScatteringFactor(29, k[i]);
    double mean = 0.0, square = 0.0;
    for (int s = 0; s < STEPS; ++s) { /* uniform in the cosine of the angle to the beam */
      const double c = (s + 0.5) / STEPS, j = 1.0 + j0(x * sqrt(1.0 - c * c));
      mean += j / STEPS;
      square += j * j / STEPS;
    }
    const double error = sqrt((square / (mean * mean) - 1.0) / ORIENTATIONS);
    VmExpectNear(mean, 1.0 + sin(x) / x, 1e-4);
    VmExpectNear(intensity[i] / (f * f * mean), 1.0, 4.0 * error + 1e-3);
    VmExpectNear(v[i], square / (mean * mean) - 1.0, 0.02);
  }
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&pair);
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { POINTS = 103 };

/* Columns of numbers; lines that begin with a letter are skipped. Data file of columns k [1/Angstrom], V, deviation. */
static int ReadTable(const char *path, double table[POINTS][3])
{
  char line[256];
  int n = 0;
  FILE *f = fopen(path, "r");
  while (f && n < POINTS && fgets(line, sizeof line, f)) {
    if (line[0] == 'k') continue;
    table[n][2] = 0.0;
    if (sscanf(line, "%lf %lf %lf", &table[n][0], &table[n][1], &table[n][2]) >= 2) ++n;
  }
  if (f) fclose(f);
  return n;
}

/* The model refined to a measured V(k) of Zr50Cu35Al15 against the curve of femsim and the measured one. */
static PetscErrorCode TestModel(void)
{
  static double table[POINTS][3], measured[POINTS][3];
  const char *path = VmTestData("fem/zr50cu35al15_t3_vk_femsim.txt");
  VmAtoms model = {0};
  VmStatResult result;
  char yaml[512];
  double sum[5] = {0};
  int64_t n, rows[2], inside = 0;
  int rank;

  PetscFunctionBegin;
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  rows[0] = ReadTable(path, table);
  rows[1] = ReadTable(VmTestData("fem/zr50cu35al15_t3_vk_experiment.txt"), measured);
  VmExpect(rows[0] == POINTS && rows[1] == POINTS, "%lld and %lld rows", (long long)rows[0], (long long)rows[1]);
  PetscCall(VmAtomsRead(PETSC_COMM_WORLD, VmTestData("fem/zr50cu35al15_t3_model.xyz"), &model));
  snprintf(yaml, sizeof yaml,
           "{resolution: 2 nm, orientations: femsim, k_min: %.7f 1/nm, k_max: %.7f 1/nm, k_step: %.9f 1/nm, thickness: "
           "27 nm}",
           10 * table[0][0], 10 * table[POINTS - 1][0] + 1e-4,
           10 * (table[POINTS - 1][0] - table[0][0]) / (POINTS - 1));
  PetscCall(AtomMeasureFile(PETSC_COMM_WORLD, "femsim", yaml, &model, NULL, &result));
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (rank == 0) {
    const double *v = AtomValues(result, "variance", &n), *scaled = AtomValues(result, "scaled_variance", NULL);
    VmExpectInt(n, POINTS);
    for (int i = 0; i < POINTS && n == POINTS; ++i) {
      sum[0] += v[i];
      sum[1] += table[i][1];
      sum[2] += v[i] * v[i];
      sum[3] += table[i][1] * table[i][1];
      sum[4] += v[i] * table[i][1];
      inside += fabs(scaled[i] - measured[i][1]) < measured[i][2];
      if (fabs(measured[i][0] - 0.4201) < 1e-3) VmExpectNear(scaled[i], measured[i][1], measured[i][2]);
    }
    const double correlation = (POINTS * sum[4] - sum[0] * sum[1]) /
                               sqrt((POINTS * sum[2] - sum[0] * sum[0]) * (POINTS * sum[3] - sum[1] * sum[1]));
    VmFigure("correlation with the curve of femsim", correlation);
    VmFigure("peak", AtomScalar(result, "peak"));
    VmFigure("at k [1/nm]", AtomScalar(result, "peak_k"));
    VmFigure("of 103 measured points within their deviation", inside);
    VmExpect(correlation > 0.99, "correlation %g", correlation);
    VmExpectNear(AtomScalar(result, "peak"), 0.241, 0.02 * 0.241);
    VmExpectNear(AtomScalar(result, "peak_k"), 4.20, 0.03);
    VmExpect(inside >= 95, "%lld of 103 measured points are within their deviation", (long long)inside);
  }
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&model);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestPair());
  PetscCall(TestModel());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
