/* Connected clusters by union-find; each voxel knows its displacement from its parent, so that a cluster that meets
 * itself around a periodic box is noticed when a link closes with a displacement other than its own. */
#include <vitromech/clusters.h>
#include <string.h>

const char *const vm_connectivities[] = {"faces", "corners", NULL};

typedef struct {
  int32_t parent;  /* index of a voxel nearer to the root; a root is its own parent */
  int32_t from[3]; /* position minus that of the parent */
  uint8_t wraps;   /* of a root: bit for each axis */
} Node;

typedef struct {
  int dim;
  const int64_t *n;
  bool periodic;
  Node *nodes; /* parent -1: not in the mask */
} Forest;

/* Root of a voxel; the voxel then hangs directly on it. */
static int32_t FindRoot(Node *nodes, int32_t i)
{
  int32_t root = i, sum[3] = {0, 0, 0};
  for (; nodes[root].parent != root; root = nodes[root].parent)
    for (int a = 0; a < 3; ++a) sum[a] += nodes[root].from[a];
  while (nodes[i].parent != root && i != root) {
    const int32_t next = nodes[i].parent;
    for (int a = 0; a < 3; ++a) {
      const int32_t from = nodes[i].from[a];
      nodes[i].from[a] = sum[a];
      sum[a] -= from;
    }
    nodes[i].parent = root;
    i = next;
  }
  return root;
}

/* Joins i and j, whose positions differ by step = position(j) - position(i). */
static void Join(Node *nodes, int32_t i, int32_t j, const int step[3])
{
  static const int32_t zero[3] = {0, 0, 0};
  const int32_t ri = FindRoot(nodes, i), rj = FindRoot(nodes, j);
  const int32_t *pi = i == ri ? zero : nodes[i].from, *pj = j == rj ? zero : nodes[j].from;
  int32_t gap[3];
  for (int a = 0; a < 3; ++a) gap[a] = pi[a] + step[a] - pj[a]; /* position(rj) - position(ri) */
  if (ri == rj) {
    for (int a = 0; a < 3; ++a)
      if (gap[a] != 0) nodes[ri].wraps |= (uint8_t)(1u << a);
    return;
  }
  const int32_t keep = ri < rj ? ri : rj, hang = ri < rj ? rj : ri;
  nodes[hang].parent = keep;
  for (int a = 0; a < 3; ++a) nodes[hang].from[a] = ri < rj ? gap[a] : -gap[a];
  nodes[keep].wraps |= nodes[hang].wraps;
}

/* Half of the neighbours: those that come later in the order of voxels. */
static int ForwardSteps(int dim, VmConnectivity connectivity, int steps[13][3])
{
  int count = 0;
  for (int x = dim == 3 ? -1 : 0; x <= (dim == 3 ? 1 : 0); ++x)
    for (int y = -1; y <= 1; ++y)
      for (int z = -1; z <= 1; ++z) {
        const bool forward = x > 0 || (x == 0 && (y > 0 || (y == 0 && z > 0)));
        const int axes = abs(x) + abs(y) + abs(z);
        if (!forward || (connectivity == VM_CONNECT_FACES && axes != 1)) continue;
        steps[count][0] = x;
        steps[count][1] = y;
        steps[count++][2] = z;
      }
  return count;
}

static void JoinNeighbours(Forest *f, const int64_t at[3], int32_t i, int count, int steps[13][3])
{
  for (int s = 0; s < count; ++s) {
    int64_t to[3];
    bool inside = true;
    for (int a = 0; a < 3; ++a) {
      to[a] = at[a] + steps[s][a];
      if (to[a] >= 0 && to[a] < f->n[a]) continue;
      inside = inside && f->periodic;
      to[a] = (to[a] + f->n[a]) % f->n[a];
    }
    if (!inside) continue;
    const int32_t j = (int32_t)((to[0] * f->n[1] + to[1]) * f->n[2] + to[2]);
    if (f->nodes[j].parent >= 0) Join(f->nodes, i, j, steps[s]);
  }
}

/* Labels in the order of the first voxel, which is the root; positions, sizes. */
static PetscErrorCode NumberClusters(const Forest *f, int64_t total, VmClusters *c)
{
  PetscFunctionBegin;
  c->count = 0;
  for (int64_t i = 0; i < total; ++i)
    if (f->nodes[i].parent == i) ++c->count;
  PetscCall(PetscMalloc1((size_t)total, &c->label));
  PetscCall(PetscMalloc1((size_t)total, &c->position));
  PetscCall(PetscCalloc1((size_t)c->count, &c->size));
  PetscCall(PetscCalloc1((size_t)c->count, &c->spans));
  int32_t next = 0;
  for (int64_t i = 0; i < total; ++i) {
    c->label[i] = -1;
    if (f->nodes[i].parent < 0) continue;
    const int32_t root = FindRoot(f->nodes, (int32_t)i);
    c->label[i] = root == i ? next++ : c->label[root];
    ++c->size[c->label[i]];
    const int64_t at[3] = {root / (f->n[1] * f->n[2]), root / f->n[2] % f->n[1], root % f->n[2]};
    for (int a = 0; a < 3; ++a) {
      c->position[i][a] = (int32_t)at[a] + (root == i ? 0 : f->nodes[i].from[a]);
      if (root == i) c->spans[c->label[i]][a] = (f->nodes[root].wraps >> a) & 1u;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Without periodicity: touches both ends of an axis. */
static PetscErrorCode FindSpans(const Forest *f, int64_t total, VmClusters *c)
{
  uint8_t *ends; /* bit 2a: low end of axis a, bit 2a + 1: high end */
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)c->count, &ends));
  for (int64_t i = 0; i < total; ++i) {
    if (c->label[i] < 0) continue;
    for (int a = 3 - f->dim; a < 3; ++a) {
      if (c->position[i][a] == 0) ends[c->label[i]] |= (uint8_t)(1u << (2 * a));
      if (c->position[i][a] == f->n[a] - 1) ends[c->label[i]] |= (uint8_t)(2u << (2 * a));
    }
  }
  for (int64_t l = 0; l < c->count; ++l)
    for (int a = 0; a < 3; ++a) c->spans[l][a] = ((ends[l] >> (2 * a)) & 3u) == 3u;
  PetscCall(PetscFree(ends));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmClustersCreate(int dim, const int64_t n[3], bool periodic, VmConnectivity connectivity,
                                const uint8_t *mask, VmClusters *clusters)
{
  const int64_t total = n[0] * n[1] * n[2];
  Forest f = {dim, n, periodic, NULL};
  int steps[13][3];
  const int count = ForwardSteps(dim, connectivity, steps);
  PetscFunctionBegin;
  PetscCheck(total < INT32_MAX, PETSC_COMM_SELF, PETSC_ERR_SUP, "clusters of %lld points: at most 2^31 are possible",
             (long long)total);
  memset(clusters, 0, sizeof *clusters);
  PetscCall(PetscCalloc1((size_t)total, &f.nodes));
  for (int64_t i = 0; i < total; ++i) f.nodes[i].parent = mask[i] ? (int32_t)i : -1;
  int64_t at[3], i = 0;
  for (at[0] = 0; at[0] < n[0]; ++at[0])
    for (at[1] = 0; at[1] < n[1]; ++at[1])
      for (at[2] = 0; at[2] < n[2]; ++at[2], ++i)
        if (mask[i]) JoinNeighbours(&f, at, (int32_t)i, count, steps);
  PetscCall(NumberClusters(&f, total, clusters));
  if (!periodic) PetscCall(FindSpans(&f, total, clusters));
  PetscCall(PetscFree(f.nodes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmClustersDestroy(VmClusters *clusters)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(clusters->label));
  PetscCall(PetscFree(clusters->position));
  PetscCall(PetscFree(clusters->size));
  PetscCall(PetscFree(clusters->spans));
  PetscFunctionReturn(PETSC_SUCCESS);
}
