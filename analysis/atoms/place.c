/* Random sequential placing of spheres that do not overlap. Every rank does the same. */
#include "clusters.h"
#include <math.h>
#include <stdlib.h>

#define ATTEMPTS 20000 /* for one sphere; its fraction of free places is then below about 2e-4 */

enum { SIZE_DRAW = 9, ROTATION_DRAWS = 16 }; /* of a cluster's counter; the attempts to place it follow */

/* Linked list of the placed spheres in each bin of a periodic box. */
typedef struct {
  int64_t count[3], *head, *next;
} BinList;

static int64_t BinOf(const BinList *bins, const double length[3], const double r[3], const int offset[3])
{
  int64_t index = 0;
  for (int d = 0; d < 3; ++d) {
    const int64_t n = bins->count[d];
    const int64_t i = PetscMin((int64_t)(r[d] / length[d] * (double)n), n - 1);
    index = index * n + ((i + offset[d]) % n + n) % n;
  }
  return index;
}

static bool IsFree(const VmOrderedClusters *clusters, const BinList *bins, const VmClusterParams *items,
                   const VmCluster *trial)
{
  int offset[3];
  for (offset[0] = -1; offset[0] <= 1; ++offset[0]) {
    for (offset[1] = -1; offset[1] <= 1; ++offset[1]) {
      for (offset[2] = -1; offset[2] <= 1; ++offset[2]) {
        for (int64_t j = bins->head[BinOf(bins, clusters->length, trial->centre, offset)]; j >= 0; j = bins->next[j]) {
          const VmCluster *other = &clusters->cluster[j];
          const double gap = fmax(items[trial->kind].gap, items[other->kind].gap);
          const double least = trial->radius + other->radius + gap;
          double squared = 0.0;
          for (int d = 0; d < 3; ++d) {
            double x = trial->centre[d] - other->centre[d];
            x -= clusters->length[d] * nearbyint(x / clusters->length[d]);
            squared += x * x;
          }
          if (squared < least * least) return false;
        }
      }
    }
  }
  return true;
}

static PetscErrorCode PlaceOne(VmOrderedClusters *clusters, BinList *bins, const VmClusterParams *items, int kind,
                               double diameter, bool *placed)
{
  const int centre[3] = {0, 0, 0};
  const int64_t number = clusters->n;
  VmCluster trial = {.radius = 0.5 * diameter, .hole = 0.5 * diameter, .kind = kind};

  PetscFunctionBegin;
  *placed = false;
  for (uint32_t attempt = 0; attempt < ATTEMPTS && !*placed; ++attempt) {
    double u[4];
    VmRngUniform2(clusters->key, (uint64_t)number << 24, ROTATION_DRAWS + 2 * attempt, u);
    VmRngUniform2(clusters->key, (uint64_t)number << 24, ROTATION_DRAWS + 2 * attempt + 1, u + 2);
    for (int d = 0; d < 3; ++d) trial.centre[d] = u[d] * clusters->length[d];
    *placed = IsFree(clusters, bins, items, &trial);
  }
  if (!*placed) PetscFunctionReturn(PETSC_SUCCESS);
  const VmLattice *lattice = &clusters->lattice[kind];
  for (int64_t i = 0; i < lattice->n; ++i) trial.atoms += VmInSphere((const double *)lattice->r[i], trial.radius);
  const int64_t bin = BinOf(bins, clusters->length, trial.centre, centre);
  bins->next[number] = bins->head[bin];
  bins->head[bin] = number;
  clusters->cluster[clusters->n++] = trial;
  ++clusters->of_kind[kind];
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define MOST_DEVIATIONS 3.0

/* Diameters of all clusters of an entry of the list, the largest first. */
typedef struct {
  int64_t n;
  double *diameter;
} Sizes;

static double Largest(const VmClusterParams *item) { return item->diameter * exp(MOST_DEVIATIONS * item->spread); }

static int Larger(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

/* Draws until half of the next sphere would be too much. first: number of the first cluster. */
static PetscErrorCode DrawSizes(VmRngKey key, int64_t first, const VmClusterParams *item, double wanted, Sizes *sizes)
{
  int64_t capacity = 0;
  double volume = 0.0;

  PetscFunctionBegin;
  *sizes = (Sizes){0};
  for (;;) {
    double g[2];
    VmRngNormal2(key, (uint64_t)(first + sizes->n) << 24, SIZE_DRAW, g);
    const double deviation = fmax(-MOST_DEVIATIONS, fmin(g[0], MOST_DEVIATIONS));
    const double diameter = item->diameter * exp(item->spread * deviation), sphere = VM_PI / 6.0 * pow(diameter, 3);
    if (volume + 0.5 * sphere > wanted) break;
    if (sizes->n == capacity) {
      capacity += capacity / 2 + 64;
      PetscCall(PetscRealloc((size_t)capacity * sizeof *sizes->diameter, &sizes->diameter));
    }
    sizes->diameter[sizes->n++] = diameter;
    volume += sphere;
  }
  if (sizes->n > 0) qsort(sizes->diameter, (size_t)sizes->n, sizeof *sizes->diameter, Larger);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PlaceAll(VmOrderedClusters *clusters, const VmClusterParams *items, const Sizes *sizes, int *full)
{
  BinList bins;
  double edge = 0.0;
  int64_t total = 0;

  PetscFunctionBegin;
  for (int kind = 0; kind < clusters->kinds; ++kind) {
    edge = fmax(edge, Largest(&items[kind]) + items[kind].gap);
    total += sizes[kind].n;
  }
  for (int d = 0; d < 3; ++d) bins.count[d] = PetscMax((int64_t)(clusters->length[d] / edge), 1);
  const int64_t count = bins.count[0] * bins.count[1] * bins.count[2];
  PetscCall(PetscMalloc2((size_t)count, &bins.head, (size_t)total, &bins.next));
  PetscCall(PetscMalloc1((size_t)total, &clusters->cluster));
  for (int64_t b = 0; b < count; ++b) bins.head[b] = -1;
  *full = -1;
  for (int kind = 0; kind < clusters->kinds && *full < 0; ++kind) {
    bool placed = true;
    for (int64_t i = 0; i < sizes[kind].n && placed; ++i) {
      PetscCall(PlaceOne(clusters, &bins, items, kind, sizes[kind].diameter[i], &placed));
    }
    if (!placed) *full = kind;
  }
  PetscCall(PetscFree2(bins.head, bins.next));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lattices and sizes of the whole list. */
static PetscErrorCode Prepare(MPI_Comm comm, const VmList *list, double peak, const VmComposition *composition,
                              VmOrderedClusters *clusters, Sizes *sizes)
{
  const VmClusterParams *items = list->items;
  const double *length = clusters->length, volume = length[0] * length[1] * length[2];
  const double shortest = fmin(length[0], fmin(length[1], length[2]));
  int64_t first = 0;

  PetscFunctionBegin;
  for (int kind = 0; kind < list->count; ++kind) {
    const VmClusterParams *item = &items[kind];
    if (Largest(item) + item->gap > shortest) {
      VmThrow(comm, VM_ERR_INPUT,
              "glass.clusters.%d: diameter and gap, up to %g nm, exceed the shortest edge of the box, %g nm", kind,
              Largest(item) + item->gap, shortest);
    }
    PetscCall(DrawSizes(clusters->key, first, item, item->volume_fraction * volume, &sizes[kind]));
    first += sizes[kind].n;
    PetscCall(VmLatticeCreate((VmSymmetry)item->symmetry, item->diameter, Largest(item), peak, composition,
                              &clusters->lattice[kind]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmOrderedClustersPlace(MPI_Comm comm, const VmList *list, const double length[3], uint64_t seed,
                                      double peak, const VmComposition *composition, VmOrderedClusters *clusters)
{
  Sizes *sizes;
  int full = -1;

  PetscFunctionBegin;
  *clusters = (VmOrderedClusters){.kinds = list->count, .key = {seed, VM_STREAM_CLUSTER}};
  for (int d = 0; d < 3; ++d) clusters->length[d] = length[d];
  PetscCall(PetscCalloc1((size_t)list->count, &clusters->lattice));
  PetscCall(PetscCalloc1((size_t)list->count, &clusters->of_kind));
  PetscCall(PetscCalloc1((size_t)list->count, &sizes));
  PetscErrorCode code = Prepare(comm, list, peak, composition, clusters, sizes);
  if (!code) PetscCall(PlaceAll(clusters, list->items, sizes, &full));
  if (full >= 0) {
    code =
        VmRaise(comm, VM_ERR_INPUT,
                "glass.clusters.%d: only %lld of %lld spheres found a free place; lower volume_fraction or gap (random "
                "placing of equal spheres ends near a volume fraction of 0.38)",
                full, (long long)clusters->of_kind[full], (long long)sizes[full].n);
  }
  for (int kind = 0; kind < list->count; ++kind) PetscCall(PetscFree(sizes[kind].diameter));
  PetscCall(PetscFree(sizes));
  if (code) PetscCall(VmOrderedClustersDestroy(clusters));
  PetscFunctionReturn(code);
}

PetscErrorCode VmOrderedClustersDestroy(VmOrderedClusters *clusters)
{
  PetscFunctionBegin;
  for (int kind = 0; kind < clusters->kinds && clusters->lattice; ++kind) {
    PetscCall(VmLatticeDestroy(&clusters->lattice[kind]));
  }
  PetscCall(PetscFree(clusters->lattice));
  PetscCall(PetscFree(clusters->of_kind));
  PetscCall(PetscFree(clusters->cluster));
  clusters->n = clusters->kinds = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
