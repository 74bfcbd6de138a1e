/* Clusters of medium-range order: connected atoms of high averaged q6, or icosahedra that share atoms. */
#include "../stat/groups.h"
#include "blocks.h"
#include "orientation.h"
#include "share.h"
#include "window.h"
#include <math.h>
#include <stdlib.h>

enum { BOND_ORDER, ICOSAHEDRA };
static const char *const criteria[] = {"bond_order", "icosahedra", NULL};
enum { VERTEX, EDGE, FACE, INTERPENETRATING };
static const char *const connections[] = {"vertex", "edge", "face", "interpenetrating", NULL};

typedef struct {
  int criterion, connection;
  double threshold;
  int64_t smallest;
  VmShellParams shell;
} Params;

static const VmParam rows[] = {
    {.key = "criterion",
     .type = VM_ENUM,
     .offset = offsetof(Params, criterion),
     .default_text = "bond_order",
     .choices = criteria,
     .doc = "bond_order: atoms with an averaged q6 above `threshold`; icosahedra: centres of full icosahedra of the "
            "Voronoi "
            "tessellation"},
    {.key = "threshold",
     .type = VM_REAL,
     .offset = offsetof(Params, threshold),
     .unit = "1",
     .default_text = "0.3",
     .min = 0,
     .max = 1,
     .doc = "bond_order: least averaged q6 (fcc 0.575, bcc 0.511, hcp 0.485; glasses and liquids 0.1 to 0.2)"},
    {.key = "connection",
     .type = VM_ENUM,
     .offset = offsetof(Params, connection),
     .default_text = "interpenetrating",
     .choices = connections,
     .doc = "icosahedra are connected if they share at least one, two or three atoms of their shells, or if one centre "
            "is in "
            "the other's shell"},
    {.key = "smallest",
     .type = VM_INT,
     .offset = offsetof(Params, smallest),
     .default_text = "2",
     .min = 1,
     .max = 1e9,
     .doc = "clusters of fewer centres are left out"},
    {.type = VM_INCLUDE,
     .offset = offsetof(Params, shell),
     .subtable = &vm_shell_table,
     .doc = "first shell of bond_order, whose members are connected"},
    {0}};
static const VmTable table = {"mro_clusters", "clusters of medium-range order", sizeof(Params), rows, NULL};

enum { SHELL = 12 };

/* A forest of atoms; the root of a tree is its lowest atom. -1: in no cluster. */
static int64_t Root(int64_t *parent, int64_t i)
{
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

static void Join(int64_t *parent, int64_t i, int64_t j)
{
  const int64_t a = Root(parent, i), b = Root(parent, j);
  if (a < b) parent[b] = a;
  else parent[a] = b;
}

/* Trees of atoms of high averaged q6 that are neighbours; on rank 0. */
static PetscErrorCode ConnectOrdered(const Params *p, const VmStructure *structure, int64_t *parent)
{
  const int64_t n = structure->atoms->n;
  const int width = 2 * 7;
  double *q, *average;
  VmShell shell;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(structure->comm, &rank));
  PetscCall(VmShellCreate(structure, &p->shell, &shell));
  PetscCall(PetscMalloc2((size_t)(n * width), &q, (size_t)(n * width), &average));
  PetscCall(VmOrderParameters(structure, &shell, 6, q, average));
  for (int64_t i = 0; i < n; ++i) parent[i] = VmOrderQ(6, average + i * width) >= p->threshold ? i : -1;
  for (int64_t i = 0; i < n && rank == 0; ++i) {
    if (parent[i] < 0) continue;
    PetscCall(VmShellOf(&shell, i));
    for (int64_t k = 0; k < shell.list.n; ++k)
      if (parent[shell.list.of[k].atom] >= 0) Join(parent, i, shell.list.of[k].atom);
  }
  PetscCall(PetscFree2(q, average));
  PetscCall(VmShellDestroy(&shell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shell of each centre of a full icosahedron [n][SHELL] on every rank; -1 of other atoms. */
static PetscErrorCode FindIcosahedra(const VmStructure *structure, double *shells)
{
  const int64_t n = structure->atoms->n;
  VmTessellation tessellation;
  VmVoronoiAtom cell;
  VmShare share;
  double *mine;
  PetscFunctionBegin;
  PetscCall(VmShareOf(structure->comm, n, &share));
  PetscCall(PetscMalloc1((size_t)((share.end - share.begin) * SHELL), &mine));
  PetscCall(VmTessellationCreate(structure->atoms, NULL, VM_SURFACE_REACH, &tessellation));
  for (int64_t i = share.begin; i < share.end; ++i) {
    double *row = mine + (i - share.begin) * SHELL;
    PetscCall(VmTessellationCell(&tessellation, i, 0.0, &cell));
    bool is = !cell.open && cell.faces == SHELL;
    for (int f = 0; f < SHELL && is; ++f) is = cell.face[f].edges == 5;
    for (int f = 0; f < SHELL; ++f) row[f] = is ? (double)tessellation.near.of[cell.face[f].neighbour].atom : -1.0;
  }
  PetscCall(VmTessellationDestroy(&tessellation));
  PetscCall(VmShareGather(structure->comm, n, SHELL, mine, shells));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Icosahedra whose shells an atom is in: those of atom a are list[first[a]] ... */
static PetscErrorCode Memberships(int64_t n, const double *shells, int64_t **first, int64_t **list)
{
  int64_t *f, total = 0;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)n + 2, &f));
  for (int64_t k = 0; k < n * SHELL; ++k)
    if (shells[k] >= 0.0) {
      ++f[(int64_t)shells[k] + 2];
      ++total;
    }
  for (int64_t a = 0; a < n; ++a) f[a + 2] += f[a + 1];
  PetscCall(PetscMalloc1((size_t)total, list));
  for (int64_t k = 0; k < n * SHELL; ++k)
    if (shells[k] >= 0.0) (*list)[f[(int64_t)shells[k] + 1]++] = k / SHELL;
  *first = f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Joins icosahedron i with all later ones that share enough atoms of the shells. shared [n] is zero, and is again. */
static void JoinSharing(int64_t i, int least, const double *shells, const int64_t *first, const int64_t *list,
                        int *shared, int64_t *parent)
{
  for (int pass = 0; pass < 2; ++pass)
    for (int f = 0; f < SHELL; ++f) {
      const int64_t atom = (int64_t)shells[i * SHELL + f];
      for (int64_t k = first[atom]; k < first[atom + 1]; ++k) {
        if (pass == 1) shared[list[k]] = 0;
        else if (list[k] > i && ++shared[list[k]] == least) Join(parent, i, list[k]);
      }
    }
}

static PetscErrorCode ConnectIcosahedra(const Params *p, int64_t n, const double *shells, int64_t *parent)
{
  int64_t *first, *list;
  int *shared;
  PetscFunctionBegin;
  PetscCall(Memberships(n, shells, &first, &list));
  PetscCall(PetscCalloc1((size_t)n, &shared));
  for (int64_t i = 0; i < n; ++i) parent[i] = shells[i * SHELL] >= 0.0 ? i : -1;
  for (int64_t i = 0; i < n; ++i) {
    if (parent[i] < 0) continue;
    if (p->connection != INTERPENETRATING) JoinSharing(i, p->connection + 1, shells, first, list, shared, parent);
    for (int f = 0; f < SHELL && p->connection == INTERPENETRATING; ++f) {
      const int64_t other = (int64_t)shells[i * SHELL + f];
      if (parent[other] >= 0) Join(parent, i, other);
    }
  }
  PetscCall(PetscFree(shared));
  PetscCall(PetscFree(first));
  PetscCall(PetscFree(list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  int64_t root, centres, atoms;
} Cluster;

static int BySize(const void *a, const void *b)
{
  const Cluster *p = a, *q = b;
  if (p->centres != q->centres) return p->centres > q->centres ? -1 : 1;
  return (p->root > q->root) - (p->root < q->root);
}

/* Clusters of at least `smallest` centres, largest first; label [n] of every centre in them, -1 of other atoms. */
static PetscErrorCode Collect(int64_t n, int64_t smallest, int64_t *parent, int64_t *count, Cluster **clusters,
                              int32_t *label)
{
  int64_t *centres;
  int32_t *number;
  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)n, &centres, (size_t)n, &number));
  PetscCall(PetscMalloc1((size_t)n, clusters));
  *count = 0;
  for (int64_t i = 0; i < n; ++i)
    if (parent[i] >= 0) ++centres[Root(parent, i)];
  for (int64_t i = 0; i < n; ++i)
    if (centres[i] >= smallest) (*clusters)[(*count)++] = (Cluster){.root = i, .centres = centres[i]};
  qsort(*clusters, (size_t)*count, sizeof **clusters, BySize);
  for (int64_t c = 0; c < *count; ++c) number[(*clusters)[c].root] = (int32_t)c + 1;
  for (int64_t i = 0; i < n; ++i) label[i] = parent[i] < 0 ? -1 : number[Root(parent, i)] - 1;
  PetscCall(PetscFree2(centres, number));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms of each cluster: its centres, and of icosahedra their shells, each once. inside [n]: in any cluster. */
static PetscErrorCode CountAtoms(int64_t n, const double *shells, const int32_t *label, int64_t count,
                                 Cluster *clusters, double *inside)
{
  int32_t *seen; /* last cluster that counted the atom, + 1 */
  int64_t *order, *first;
  PetscFunctionBegin;
  PetscCall(PetscCalloc3((size_t)n, &seen, (size_t)n, &order, (size_t)count + 2, &first));
  for (int64_t i = 0; i < n; ++i)
    if (label[i] >= 0) ++first[label[i] + 2];
  for (int64_t c = 0; c < count; ++c) first[c + 2] += first[c + 1];
  for (int64_t i = 0; i < n; ++i)
    if (label[i] >= 0) order[first[label[i] + 1]++] = i;
  for (int64_t c = 0; c < count; ++c)
    for (int64_t k = first[c]; k < first[c + 1]; ++k)
      for (int f = -1; f < (shells ? SHELL : 0); ++f) {
        const int64_t atom = f < 0 ? order[k] : (int64_t)shells[order[k] * SHELL + f];
        if (seen[atom] == (int32_t)c + 1) continue;
        seen[atom] = (int32_t)c + 1;
        inside[atom] = 1.0;
        ++clusters[c].atoms;
      }
  PetscCall(PetscFree3(seen, order, first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Second(const void *context, const double *sums, double *value)
{
  (void)context;
  *value = sums[1];
}

/* Standard error of the number of clusters: each counts in the block of its first centre. */
static PetscErrorCode CountError(int64_t n, const int32_t *label, const int *block, int64_t count, double *error)
{
  double groups[VM_GROUPS][2];
  uint8_t *seen;
  PetscFunctionBegin;
  for (int g = 0; g < VM_GROUPS; ++g) groups[g][0] = 1.0, groups[g][1] = 0.0;
  PetscCall(PetscCalloc1((size_t)count, &seen));
  for (int64_t i = 0; i < n; ++i) {
    if (label[i] < 0 || seen[label[i]]) continue;
    seen[label[i]] = 1;
    groups[block[i]][1] += 1.0;
  }
  PetscCall(VmGroupErrors(2, groups[0], 1, Second, NULL, error));
  PetscCall(PetscFree(seen));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddSizes(double density, int64_t count, double count_error, const Cluster *clusters,
                               VmStatResult result)
{
  const int64_t largest = count ? clusters[0].atoms : 0;
  int64_t *sizes;
  double *diameter, sum = 0.0, square = 0.0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)count, &sizes, (size_t)count, &diameter));
  for (int64_t c = 0; c < count; ++c) sizes[c] = clusters[c].centres;
  PetscCall(VmStatResultAdd(result, "centres", VM_I64, 1, &count, sizes,
                            (VmMeta){"1", "centres of each cluster, largest first", "cluster"}, NULL));
  for (int64_t c = 0; c < count; ++c) {
    sizes[c] = clusters[c].atoms;
    diameter[c] = cbrt(6.0 * (double)clusters[c].atoms / (VM_PI * density));
    sum += diameter[c];
    square += diameter[c] * diameter[c];
  }
  const double mean = count ? sum / (double)count : NAN;
  const double variance = count > 1 ? (square - sum * mean) / (double)(count - 1) : NAN;
  PetscCall(VmStatResultAdd(result, "atoms", VM_I64, 1, &count, sizes,
                            (VmMeta){"1", "atoms of each cluster, with the shells of icosahedra", "cluster"}, NULL));
  PetscCall(VmStatResultAdd(result, "diameter", VM_F64, 1, &count, diameter,
                            (VmMeta){"nm", "diameter of the sphere of as many atoms", "cluster"}, NULL));
  PetscCall(VmStatResultAdd(result, "count", VM_I64, 0, NULL, &count, (VmMeta){"1", "number of clusters", NULL}, NULL));
  PetscCall(VmStatResultScalar(result, "count_error", count_error, "1", "standard error of count",
                               "bootstrap over 16 blocks of space"));
  PetscCall(VmStatResultAdd(result, "largest", VM_I64, 0, NULL, &largest,
                            (VmMeta){"1", "atoms of the cluster with most centres", NULL}, NULL));
  PetscCall(VmStatResultEstimate(result, "mean_diameter", mean, sqrt(fmax(0.0, variance) / (double)count), "nm",
                                 "mean diameter of the clusters", "standard error from the spread of the clusters"));
  PetscCall(PetscFree2(sizes, diameter));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On rank 0. shells: NULL if the atoms themselves are the clusters. */
static PetscErrorCode AddAll(const Params *p, const VmAtoms *atoms, const double *shells, int64_t *parent,
                             VmStatResult result)
{
  const int64_t n = atoms->n;
  int64_t count;
  int32_t *label;
  int *block;
  double *inside, count_error;
  Cluster *clusters;
  VmWindow window;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &label));
  PetscCall(PetscCalloc1((size_t)n, &inside));
  PetscCall(VmAtomBlocks(atoms, &block));
  PetscCall(VmWindowCreate(atoms, &window));
  PetscCall(Collect(n, p->smallest, parent, &count, &clusters, label));
  PetscCall(CountAtoms(n, shells, label, count, clusters, inside));
  PetscCall(CountError(n, label, block, count, &count_error));
  PetscCall(AddSizes((double)n / window.volume, count, count_error, clusters, result));
  PetscCall(VmAtomMeansAdd(atoms, block, inside, result, "fraction", "1", "part of the atoms in clusters", NULL));
  PetscCall(VmStatResultAdd(result, "label", VM_I32, 1, &n, label,
                            (VmMeta){"1", "cluster of each centre, 0 is the largest, -1: none", "atom"}, NULL));
  PetscCall(VmWindowDestroy(&window));
  PetscCall(PetscFree(clusters));
  PetscCall(PetscFree(block));
  PetscCall(PetscFree(inside));
  PetscCall(PetscFree(label));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmStructure *structure, VmStatResult result)
{
  const Params *p = params;
  const int64_t n = structure->atoms->n;
  int64_t *parent;
  double *shells = NULL;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(structure->comm, &rank));
  PetscCall(PetscMalloc1((size_t)n, &parent));
  if (p->criterion == ICOSAHEDRA) {
    PetscCall(PetscMalloc1((size_t)(n * SHELL), &shells));
    PetscCall(FindIcosahedra(structure, shells));
    if (rank == 0) PetscCall(ConnectIcosahedra(p, n, shells, parent));
  } else {
    PetscCall(ConnectOrdered(p, structure, parent));
  }
  if (rank == 0) PetscCall(AddAll(p, structure->atoms, shells, parent, result));
  PetscCall(PetscFree(shells));
  PetscCall(PetscFree(parent));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmAtomOps vm_atom_mro_clusters = {
    .head =
        {"mro_clusters", "clusters of medium-range order: connected atoms of high q6, or connected icosahedra",
         "W. Lechner & C. Dellago, J. Chem. Phys. 129 (2008) 114707; M. Lee, C.-M. Lee, K.-R. Lee, E. Ma & J.-C. Lee, "
         "Acta Mater. 59 (2011) 159",
         &table},
    .apply = Apply};
