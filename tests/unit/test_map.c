/* links: vm_analysis */
#include "vm_test.h"
#include <vitromech/map.h>
#include <vitromech/rng.h>

static PetscErrorCode Apply(const char *name, const char *yaml, const VmMap *map, VmStatResult *result)
{
  const VmPluginHead *head = VmPluginFind(&vm_statistic_kind, name);
  const VmMapOps *ops = (const VmMapOps *)head;
  void *params = NULL;
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  PetscCall(VmReportCreate(PETSC_COMM_WORLD, "test", &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  if (head->params) {
    PetscCall(PetscCalloc(head->params->size, &params));
    PetscCall(VmParamsRead(head->params, root, report, params));
  }
  PetscCall(VmReportFinish(report));
  PetscCall(VmStatResultCreate(result));
  PetscCall(ops->apply(params, map, *result));
  if (head->params) PetscCall(VmParamsFree(head->params, params));
  PetscCall(PetscFree(params));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Scalar(VmStatResult result, const char *name)
{
  const VmStatDataset *d = VmStatResultFind(result, name);
  if (!d) return NAN;
  return d->type == VM_I64 ? (double)*(const int64_t *)d->data : *(const double *)d->data;
}

static PetscErrorCode TestThresholds(void)
{
  double a[] = {5, 1, 2, 6, 1, 2, 5, 6}, b[] = {5, 1, 2, 6, 1, 2, 5, 6}, c[] = {3, 3, 3};
  PetscFunctionBegin;
  VmExpectNear(VmThresholdIsodata(8, a), 3.5, 1e-14); /* midway between the means 1.5 and 5.5 */
  VmExpectNear(VmThresholdOtsu(8, b), 3.5, 1e-14);    /* midway between 2 and 5 */
  VmExpectNear(VmThresholdIsodata(3, c), 3.0, 0.0);
  VmExpect(VmThresholdValid("isodata") && VmThresholdValid("0.25") && !VmThresholdValid("0.25x") &&
               !VmThresholdValid("nan") && !VmThresholdValid(""),
           "texts of thresholds");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Twelve peaks of heights 1 to 2 and different widths over a slope of 0.8, with noise: the level of persistence counts
 * them; the lives of two peaks and a saddle are known by hand. */
static PetscErrorCode TestPersistence(void)
{
  enum { N = 120, PEAKS = 12 };
  static double values[N * N];
  double by_hand[] = {0, 5, 2, 4, 0, 1, 0.5}, level;
  VmMap map = {.dim = 2, .n = {1, 1, 7}, .spacing = {1, 1, 1}, .values = by_hand, .unit = "1", .length_unit = "nm"};
  VmStatResult result;
  PetscFunctionBegin;
  /* peaks live 5 to 0, 4 to 2, 1 to 0: Otsu's threshold of 5, 2, 1 is 3.5, and the one that stands out lives 5 to 0 */
  PetscCall(VmThresholdPersistence(&map, &level));
  VmExpectNear(level, 2.5, 1e-14);
  by_hand[2] = 0.0; /* 5, 4 and 1: two stand out, together from 4 to 0 */
  PetscCall(VmThresholdPersistence(&map, &level));
  VmExpectNear(level, 2.0, 1e-14);
  for (int p = 0; p < N * N; ++p) {
    double g[2];
    const double x = p / N, y = p % N;
    VmRngNormal2((VmRngKey){7, VM_STREAM_TEST}, (uint64_t)p, 0, g);
    values[p] = 0.8 * x / N + 0.05 * g[0];
    for (int k = 0; k < PEAKS; ++k)
      values[p] +=
          (1.0 + k / (PEAKS - 1.0)) *
          exp(-0.5 * (pow(x - 15 - 30 * (k % 4), 2) + pow(y - 20 - 40 * (k / 4), 2)) / pow(2.0 + 0.4 * (k % 5), 2));
  }
  map.n[1] = map.n[2] = N;
  map.values = values;
  static const char *const texts[] = {"persistence", "isodata", "otsu"};
  for (int t = 0; t < 3; ++t) {
    char yaml[64], label[64];
    snprintf(yaml, sizeof yaml, "{threshold: %s}", texts[t]);
    PetscCall(Apply("clusters", yaml, &map, &result));
    snprintf(label, sizeof label, "peaks of 12 found above the threshold of %s", texts[t]);
    VmFigure(label, Scalar(result, "count"));
    if (t == 0) VmExpectInt(Scalar(result, "count"), PEAKS);
    PetscCall(VmStatResultDestroy(&result));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Discs and an ellipse planted in a noisy map come back with number, size, place, shape. */
static PetscErrorCode TestPlantedDiscs(void)
{
  enum { N0 = 100, N1 = 140 };
  static const double disc[][3] = {{20, 20, 6}, {50, 30, 8}, {80, 110, 7}, {25, 90, 5}, {70, 60, 9}};
  const double angle = 0.6, pitch = 0.32;
  static double values[N0 * N1];
  VmStatResult result;
  PetscFunctionBegin;
  for (int p = 0; p < N0 * N1; ++p) {
    double g[2];
    const double x = p / N1, y = p % N1;
    VmRngNormal2((VmRngKey){5, VM_STREAM_TEST}, (uint64_t)p, 0, g);
    values[p] = 0.05 * g[0];
    for (int d = 0; d < 5; ++d) values[p] += hypot(x - disc[d][0], y - disc[d][1]) <= disc[d][2];
    const double u = (x - 50) * cos(angle) + (y - 110) * sin(angle),
                 v = -(x - 50) * sin(angle) + (y - 110) * cos(angle);
    values[p] += hypot(u / 12, v / 4) <= 1;
  }
  const VmMap map = {
      .dim = 2, .n = {1, N0, N1}, .spacing = {1, pitch, pitch}, .values = values, .unit = "1", .length_unit = "nm"};
  PetscCall(Apply("clusters", "{threshold: isodata, thickness: 20 nm}", &map, &result));
  VmExpectInt(Scalar(result, "count"), 6);
  VmExpectNear(Scalar(result, "threshold"), 0.5, 0.02);
  const double *diameter = VmStatResultFind(result, "diameter")->data,
               *centroid = VmStatResultFind(result, "centroid")->data;
  const double *aspect = VmStatResultFind(result, "aspect_ratio")->data,
               *tilt = VmStatResultFind(result, "orientation")->data;
  double mean = 0;
  for (int l = 0; l < 6; ++l) {
    const double x = centroid[2 * l] / pitch - 0.5, y = centroid[2 * l + 1] / pitch - 0.5;
    int found = 0;
    mean += diameter[l] / 6;
    for (int d = 0; d < 5; ++d)
      if (hypot(x - disc[d][0], y - disc[d][1]) < 0.2) {
        ++found;
        VmExpectNear(diameter[l], 2 * disc[d][2] * pitch, 0.04 * diameter[l]);
        VmExpectNear(aspect[l], 1.0, 0.03);
      }
    if (hypot(x - 50, y - 110) < 0.2) {
      ++found;
      VmExpectNear(aspect[l], 3.0, 0.1);
      VmExpectNear(tilt[l], angle, 0.02);
      VmExpectNear(diameter[l], 2 * sqrt(48.0) * pitch, 0.04 * diameter[l]);
    }
    VmExpectInt(found, 1);
  }
  VmExpectNear(Scalar(result, "mean_diameter"), mean, 1e-12);
  const double volume = N0 * pitch * N1 * pitch * 20.0;
  VmExpectNear(Scalar(result, "volume_fraction"), 6 * 4.0 / 3.0 * VM_PI * pow(0.5 * mean, 3) / (10.0 / 170.0 * volume),
               1e-12);
  double square = 0;
  for (int l = 0; l < 6; ++l) square += pow(diameter[l] - mean, 2) / 6;
  VmExpectNear(Scalar(result, "mean_diameter_error"), sqrt(square / 6), 0.1 * sqrt(square / 6));
  PetscCall(VmStatResultDestroy(&result));
  VmExpectNear(100 * VmHotSpotFraction(87, 0.74, 10.0 / 170.0, 32967), 7.615, 5e-4);
  VmFigure("volume fraction of 87 spots of r = 0.74 nm in 32967 nm^3 [%]",
           100 * VmHotSpotFraction(87, 0.74, 10.0 / 170.0, 32967));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Labels against flooding by repeated sweeps, on random masks. */
static PetscErrorCode TestLabels(int dim, bool periodic, VmConnectivity connectivity)
{
  const int64_t n[3] = {dim == 2 ? 1 : 7, 9, 11}, total = n[0] * n[1] * n[2];
  uint8_t mask[7 * 9 * 11];
  int64_t flood[7 * 9 * 11];
  VmClusters c;
  PetscFunctionBegin;
  for (int64_t i = 0; i < total; ++i) {
    mask[i] = VmRngUniform((VmRngKey){6, VM_STREAM_TEST}, (uint64_t)i, 0) < (dim == 2 ? 0.5 : 0.3);
    flood[i] = i;
  }
  PetscCall(VmClustersCreate(dim, n, periodic, connectivity, mask, &c));
  for (bool changed = true; changed;) {
    changed = false;
    for (int64_t i = 0; i < total; ++i)
      for (int64_t j = 0; j < total; ++j) {
        const int64_t a[3] = {i / (n[1] * n[2]), i / n[2] % n[1], i % n[2]},
                      b[3] = {j / (n[1] * n[2]), j / n[2] % n[1], j % n[2]};
        int64_t sum = 0, most = 0;
        for (int x = 0; x < 3; ++x) {
          int64_t d = llabs(a[x] - b[x]);
          if (periodic) d = PetscMin(d, n[x] - d);
          sum += d;
          most = PetscMax(most, d);
        }
        const bool near = connectivity == VM_CONNECT_FACES ? sum == 1 : most == 1;
        if (mask[i] && mask[j] && near && flood[j] < flood[i]) {
          flood[i] = flood[j];
          changed = true;
        }
      }
  }
  int64_t count = 0, sizes = 0;
  for (int64_t i = 0; i < total; ++i) {
    VmExpect((c.label[i] >= 0) == (mask[i] != 0), "label of voxel %d", (int)i);
    if (!mask[i]) continue;
    if (flood[i] == i) VmExpectInt(c.label[i], count++);
    VmExpectInt(c.label[i], c.label[flood[i]]);
    for (int a = 0; a < 3; ++a) {
      const int64_t at[3] = {i / (n[1] * n[2]), i / n[2] % n[1], i % n[2]};
      VmExpectInt(((c.position[i][a] - at[a]) % n[a] + n[a]) % n[a], 0);
    }
  }
  VmExpectInt(c.count, count);
  for (int64_t l = 0; l < c.count; ++l) sizes += c.size[l];
  for (int64_t i = 0; i < total; ++i) sizes -= mask[i] != 0;
  VmExpectInt(sizes, 0);
  PetscCall(VmClustersDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A rod around the box spans, a diagonal stair that closes on itself too, a ring that does not go around does not. */
static PetscErrorCode TestSpanning(void)
{
  const int64_t n[3] = {6, 6, 6};
  uint8_t rod[216] = {0}, loop[216] = {0}, stair[216] = {0};
  VmClusters c;
  PetscFunctionBegin;
  for (int z = 0; z < 6; ++z) rod[(2 * 6 + 3) * 6 + z] = 1;
  for (int s = 0; s < 6; ++s) {
    stair[s * 36 + s * 6] = 1;
    stair[s * 36 + (s + 1) % 6 * 6] = 1;
  }
  for (int y = 4; y <= 6; ++y)
    for (int z = 4; z <= 6; ++z) loop[3 * 36 + y % 6 * 6 + z % 6] = y != 5 || z != 5;
  PetscCall(VmClustersCreate(3, n, true, VM_CONNECT_FACES, rod, &c));
  VmExpect(c.count == 1 && !c.spans[0][0] && !c.spans[0][1] && c.spans[0][2], "rod");
  PetscCall(VmClustersDestroy(&c));
  PetscCall(VmClustersCreate(3, n, true, VM_CONNECT_FACES, stair, &c));
  VmExpect(c.count == 1 && c.spans[0][0] && c.spans[0][1] && !c.spans[0][2], "stair");
  PetscCall(VmClustersDestroy(&c));
  PetscCall(VmClustersCreate(3, n, true, VM_CONNECT_FACES, loop, &c));
  VmExpect(c.count == 1 && c.size[0] == 8 && !c.spans[0][0] && !c.spans[0][1] && !c.spans[0][2], "loop");
  PetscCall(VmClustersDestroy(&c));
  rod[(2 * 6 + 3) * 6 + 5] = 0;
  PetscCall(VmClustersCreate(3, n, false, VM_CONNECT_FACES, rod, &c));
  VmExpect(!c.spans[0][2], "a rod that ends does not span");
  PetscCall(VmClustersDestroy(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A ball across the corner of a periodic field: one cluster, its centre at the corner, its volume. */
static PetscErrorCode TestPeriodicBall(void)
{
  enum { N = 24 };
  static double values[N * N * N];
  VmStatResult result;
  PetscFunctionBegin;
  for (int p = 0; p < N * N * N; ++p) {
    double square = 0;
    for (int a = 0, q = p; a < 3; ++a, q /= N) {
      const double d = fmin(q % N + 0.5, N - (q % N + 0.5));
      square += d * d;
    }
    values[p] = square < 36;
  }
  const VmMap map = {.dim = 3,
                     .n = {N, N, N},
                     .spacing = {1.7, 1.7, 1.7},
                     .periodic = true,
                     .values = values,
                     .unit = "1",
                     .length_unit = "nm"};
  PetscCall(Apply("clusters", "{}", &map, &result));
  VmExpectInt(Scalar(result, "count"), 1);
  const double *centroid = VmStatResultFind(result, "centroid")->data;
  for (int a = 0; a < 3; ++a) VmExpectNear(fmin(centroid[a], N * 1.7 - centroid[a]), 0.0, 1e-9);
  VmExpectNear(((const double *)VmStatResultFind(result, "diameter")->data)[0], 12 * 1.7, 0.02 * 12 * 1.7);
  VmExpectNear(((const double *)VmStatResultFind(result, "aspect_ratio")->data)[0], 1.0, 1e-9);
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(Apply("percolation", "{threshold: 0.5}", &map, &result));
  VmExpectNear(Scalar(result, "largest_fraction"), 1.0, 0.0);
  VmExpectInt(((const uint8_t *)VmStatResultFind(result, "spans")->data)[0], 0);
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The transform against a double loop over pairs, with points left out. */
static PetscErrorCode TestAutocorrelation(bool periodic)
{
  enum { N0 = 12, N1 = 15 };
  double values[N0 * N1], r[8], sigma[8], mean = 0, used = 0, variance = 0;
  PetscFunctionBegin;
  for (int p = 0; p < N0 * N1; ++p) {
    values[p] = p % 17 == 3 ? NAN : VmRngUniform((VmRngKey){7, VM_STREAM_TEST}, (uint64_t)p, 0) + sin(0.4 * (p / N1));
    if (isnan(values[p])) continue;
    mean += values[p];
    used += 1;
  }
  mean /= used;
  for (int p = 0; p < N0 * N1; ++p)
    if (!isnan(values[p])) variance += pow(values[p] - mean, 2) / used;
  const VmMap map = {.dim = 2,
                     .n = {1, N0, N1},
                     .spacing = {1, 0.5, 0.5},
                     .periodic = periodic,
                     .values = values,
                     .length_unit = "nm"};
  const int nr = VmAutocorrelationShells(&map);
  VmExpectInt(nr, 7);
  PetscCall(VmAutocorrelation(&map, nr, r, sigma));
  for (int s = 0; s < nr; ++s) {
    double sum = 0, pairs = 0, distance = 0;
    for (int a = 0; a < N0 * N1; ++a)
      for (int b = 0; b < N0 * N1; ++b) {
        int x = abs(a / N1 - b / N1), y = abs(a % N1 - b % N1);
        if (periodic) {
          x = PetscMin(x, N0 - x);
          y = PetscMin(y, N1 - y);
        }
        if (isnan(values[a]) || isnan(values[b]) || (int)floor(hypot(x, y) + 0.5) != s) continue;
        sum += (values[a] - mean) * (values[b] - mean);
        distance += 0.5 * hypot(x, y);
        pairs += 1;
      }
    VmExpectNear(sigma[s], sum / pairs / variance, 1e-12);
    VmExpectNear(r[s], distance / pairs, 1e-12);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A Gaussian random field of known covariance exp(-r^2/(2 xi^2)): sigma falls to 1/e at sqrt(2) xi. */
static PetscErrorCode TestCorrelationLength(void)
{
  enum { N = 256 };
  const double xi = 3.0;
  static double noise[N * N], row[N * N], values[N * N];
  VmStatResult result;
  PetscFunctionBegin;
  for (int p = 0; p < N * N; ++p) {
    double g[2];
    VmRngNormal2((VmRngKey){8, VM_STREAM_TEST}, (uint64_t)p, 0, g);
    noise[p] = g[0];
  }
  for (int p = 0; p < N * N; ++p) { /* a kernel of width xi/sqrt(2), along each axis in turn */
    row[p] = 0;
    for (int d = -12; d <= 12; ++d) row[p] += noise[p / N * N + (p % N + d + N) % N] * exp(-d * d / (xi * xi));
  }
  for (int p = 0; p < N * N; ++p) {
    values[p] = 0;
    for (int d = -12; d <= 12; ++d) values[p] += row[(p / N + d + N) % N * N + p % N] * exp(-d * d / (xi * xi));
  }
  const VmMap map = {
      .dim = 2, .n = {1, N, N}, .spacing = {1, 1, 1}, .values = values, .unit = "1", .length_unit = "nm"};
  PetscCall(Apply("autocorrelation", "{}", &map, &result));
  const double length = Scalar(result, "correlation_length"), error = Scalar(result, "correlation_length_error");
  VmExpectNear(length, sqrt(2.0) * xi, 3.0 * error + 0.05);
  VmExpect(error > 0.01 && error < 0.3, "error %g", error);
  VmFigure("correlation length of a Gaussian field of sqrt(2) xi = 4.243", length);
  VmFigure("its standard error", error);
  PetscCall(VmStatResultDestroy(&result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestThresholds());
  PetscCall(TestPersistence());
  PetscCall(TestPlantedDiscs());
  for (int v = 0; v < 8; ++v)
    PetscCall(TestLabels(v & 1 ? 2 : 3, v & 2, v & 4 ? VM_CONNECT_FACES : VM_CONNECT_CORNERS));
  PetscCall(TestSpanning());
  PetscCall(TestPeriodicBall());
  PetscCall(TestAutocorrelation(true));
  PetscCall(TestAutocorrelation(false));
  PetscCall(TestCorrelationLength());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
