/* ranks: 1; timeout: 120; links: vm_solvers
 * Percolation of the generators of flow units: sites or spheres are added one by one until a cluster wraps around the
 * periodic box along x (union-find that carries displacements; Newman & Ziff, Phys. Rev. E 64 (2001) 016706). */
#include "vm_test.h"
#include "models/disorder/spheres.h"
#include <vitromech/disorder.h>

/* A forest whose nodes know their displacement from the root of their tree. */
typedef struct {
  int64_t *parent;     /* negative: root, minus the size */
  double (*offset)[3]; /* from the parent */
} Forest;

static void ForestCreate(Forest *forest, int64_t n)
{
  forest->parent = malloc(sizeof *forest->parent * (size_t)n);
  forest->offset = calloc((size_t)n, sizeof *forest->offset);
  for (int64_t i = 0; i < n; ++i) forest->parent[i] = -1;
}
static void ForestFree(Forest *forest) { free(forest->parent), free(forest->offset); }

static int64_t Root(Forest *forest, int64_t node, double from_root[3])
{
  if (forest->parent[node] < 0) {
    for (int d = 0; d < 3; ++d) from_root[d] = 0.0;
    return node;
  }
  double above[3];
  const int64_t root = Root(forest, forest->parent[node], above);
  for (int d = 0; d < 3; ++d) from_root[d] = forest->offset[node][d] + above[d];
  forest->parent[node] = root;
  memcpy(forest->offset[node], from_root, sizeof above);
  return root;
}

/* Joins a and b, b standing at `step` from a; true if that closes a path around the box along x. */
static bool Join(Forest *forest, int64_t a, int64_t b, const double step[3])
{
  double at_a[3], at_b[3];
  int64_t root_a = Root(forest, a, at_a), root_b = Root(forest, b, at_b);
  if (root_a == root_b) return fabs(at_a[0] + step[0] - at_b[0]) > 0.5;
  double between[3]; /* root b from root a */
  for (int d = 0; d < 3; ++d) between[d] = at_a[d] + step[d] - at_b[d];
  if (forest->parent[root_a] > forest->parent[root_b]) {
    const int64_t swap = root_a;
    root_a = root_b, root_b = swap;
    for (int d = 0; d < 3; ++d) between[d] = -between[d];
  }
  forest->parent[root_a] += forest->parent[root_b];
  forest->parent[root_b] = root_a;
  memcpy(forest->offset[root_b], between, sizeof between);
  return false;
}

typedef struct {
  double value;
  int64_t index;
} Ranked;
static int Descending(const void *a, const void *b)
{
  const double x = ((const Ranked *)a)->value, y = ((const Ranked *)b)->value;
  return (x < y) - (x > y);
}

/* Fraction of voxels, highest first, at which six-neighbour clusters of a Gaussian field first wrap along x. */
static PetscErrorCode FieldThreshold(int64_t n, double xi, uint64_t seed, double *threshold)
{
  const int64_t cells[3] = {n, n, n}, total = n * n * n;
  VmGrid grid;
  Forest forest;
  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_SELF, cells, 1.0, &grid));
  double *field = malloc(sizeof *field * (size_t)total);
  Ranked *order = malloc(sizeof *order * (size_t)total);
  char *set = calloc((size_t)total, 1);
  PetscCall(VmGaussianField(grid, xi, (VmRngKey){.seed = seed, .stream = VM_STREAM_DISORDER}, field));
  for (int64_t i = 0; i < total; ++i) order[i] = (Ranked){field[i], i};
  qsort(order, (size_t)total, sizeof *order, Descending);
  ForestCreate(&forest, total);
  bool wrapped = false;
  int64_t added = 0;
  for (; added < total && !wrapped; ++added) {
    const int64_t i = order[added].index, at[3] = {i / (n * n), i / n % n, i % n};
    set[i] = 1;
    for (int d = 0; d < 3; ++d)
      for (int s = -1; s <= 1; s += 2) {
        int64_t to[3] = {at[0], at[1], at[2]};
        double step[3] = {0.0, 0.0, 0.0};
        to[d] = (to[d] + s + n) % n;
        step[d] = s;
        const int64_t j = (to[0] * n + to[1]) * n + to[2];
        if (set[j] && Join(&forest, i, j, step)) wrapped = true;
      }
  }
  *threshold = (double)added / (double)total;
  ForestFree(&forest), free(field), free(order), free(set);
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Covered fraction 1 - exp(-eta) at which overlapping spheres of radius 1 in a box of edge L first wrap along x. */
static double SphereThreshold(int64_t edge, uint64_t seed)
{
  enum { PER_CELL = 64 };
  const int64_t cells = edge / 2, most = edge * edge * edge;
  const double length[3] = {(double)edge, (double)edge, (double)edge};
  const VmRngKey key = {.seed = seed, .stream = VM_STREAM_DISORDER};
  double(*centre)[3] = malloc(sizeof *centre * (size_t)most);
  int64_t *member = malloc(sizeof *member * (size_t)(cells * cells * cells * PER_CELL));
  int *count = calloc((size_t)(cells * cells * cells), sizeof *count);
  Forest forest;
  ForestCreate(&forest, most);
  bool wrapped = false;
  int64_t laid = 0;
  for (; laid < most && !wrapped; ++laid) {
    int64_t cell[3];
    VmSphereCentre(key, laid, length, centre[laid]);
    for (int d = 0; d < 3; ++d) cell[d] = (int64_t)(centre[laid][d] / 2.0) % cells;
    for (int64_t c = 0; c < 27; ++c) {
      const int64_t to[3] = {(cell[0] + c / 9 - 1 + cells) % cells, (cell[1] + c / 3 % 3 - 1 + cells) % cells,
                             (cell[2] + c % 3 - 1 + cells) % cells};
      const int64_t box = (to[0] * cells + to[1]) * cells + to[2];
      for (int k = 0; k < count[box]; ++k) {
        const int64_t other = member[box * PER_CELL + k];
        double step[3], square = 0.0;
        for (int d = 0; d < 3; ++d) {
          step[d] = centre[other][d] - centre[laid][d];
          step[d] -= length[d] * round(step[d] / length[d]);
          square += step[d] * step[d];
        }
        if (square <= 4.0 && Join(&forest, laid, other, step)) wrapped = true;
      }
    }
    const int64_t own = (cell[0] * cells + cell[1]) * cells + cell[2];
    if (count[own] < PER_CELL) member[own * PER_CELL + count[own]++] = laid;
  }
  ForestFree(&forest), free(centre), free(member), free(count);
  return 1.0 - exp(-(double)laid * 4.0 / 3.0 * VM_PI / (length[0] * length[1] * length[2]));
}

static PetscErrorCode MeanFieldThreshold(int64_t n, double xi, int seeds, double *mean)
{
  PetscFunctionBegin;
  *mean = 0.0;
  for (int seed = 1; seed <= seeds; ++seed) {
    double threshold = 0.0;
    PetscCall(FieldThreshold(n, xi, (uint64_t)seed, &threshold));
    *mean += threshold / seeds;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  double mean;
  PetscFunctionBegin;
  PetscCall(MeanFieldThreshold(48, 0.0, 12, &mean));
  VmFigure("percolation of sites", mean);
  VmExpectNear(mean, 0.3116, 0.005);
  mean = 0.0;
  for (int seed = 1; seed <= 20; ++seed) mean += SphereThreshold(32, (uint64_t)seed) / 20.0;
  VmFigure("percolation of overlapping spheres", mean);
  VmExpectNear(mean, 0.2895, 0.01);
  const double xi[] = {1.0, 1.5, 3.0};
  for (int i = 0; i < 3; ++i) {
    char name[64];
    PetscCall(MeanFieldThreshold(96, xi[i], 4, &mean));
    snprintf(name, sizeof name, "percolation of a Gaussian field, xi = %g voxels", xi[i]);
    VmFigure(name, mean);
    VmExpect(mean > 0.12 && mean < 0.18, "threshold %g at xi = %g", mean, xi[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
