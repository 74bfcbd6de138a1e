/* Voronoi polyhedra: volumes, indices, icosahedra. */
#include "blocks.h"
#include "share.h"
#include "tessellation.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char *element;
  double radius;
} Radius;

static const VmParam radius_rows[] = {
    {.key = "element", .type = VM_STRING, .offset = offsetof(Radius, element), .doc = "element symbol"},
    {.key = "radius",
     .type = VM_REAL,
     .offset = offsetof(Radius, radius),
     .unit = "nm",
     .min = 1e-3,
     .max = 1,
     .doc = "radius of its atoms"},
    {0}};

static PetscErrorCode CheckRadius(const void *params, const VmNode *node, VmReport report)
{
  const Radius *r = params;
  PetscFunctionBegin;
  if (VmElementNumber(r->element) == 0)
    PetscCall(VmReportAdd(report, VmTreeGet(node, "element"), "element: \"%s\" is no element", r->element));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable radius_table = {"radius", "radius of an element", sizeof(Radius), radius_rows, CheckRadius};

typedef struct {
  VmList radii; /* of Radius */
  double smallest_edge, smallest_face, surface_reach;
} Params;

static const VmParam rows[] = {
    {.key = "radii",
     .type = VM_LIST,
     .offset = offsetof(Params, radii),
     .default_text = "none",
     .subtable = &radius_table,
     .doc = "radical (power) tessellation with these radii, one for each element; none: planes half way between atoms"},
    {.key = "smallest_edge",
     .type = VM_REAL,
     .offset = offsetof(Params, smallest_edge),
     .unit = "nm",
     .default_text = "0 nm",
     .min = 0,
     .max = 1,
     .doc = "shorter edges do not count in the indices"},
    {.key = "smallest_face",
     .type = VM_REAL,
     .offset = offsetof(Params, smallest_face),
     .unit = "1",
     .default_text = "0",
     .min = 0,
     .max = 0.5,
     .doc = "faces below this part of the surface of their polyhedron do not count in indices and coordination"},
    {.key = "surface_reach",
     .type = VM_REAL,
     .offset = offsetof(Params, surface_reach),
     .unit = "nm",
     .default_text = "0.4 nm",
     .min = 0.05,
     .max = 10,
     .doc = "polyhedra that reach further from their atom belong to a surface and are left out, where the structure is "
            "not "
            "periodic along all axes"},
    {0}};
static const VmTable table = {"voronoi", "Voronoi polyhedra", sizeof(Params), rows, NULL};

/* Radii of the species, or *given = false. */
static PetscErrorCode Radii(const Params *p, const VmStructure *structure, double radius[VM_MAX_SPECIES], bool *given)
{
  const Radius *list = p->radii.items;
  PetscFunctionBegin;
  *given = p->radii.count > 0;
  for (int s = 0; s < structure->atoms->nspecies && *given; ++s) {
    radius[s] = NAN;
    for (int i = 0; i < p->radii.count; ++i)
      if (VmElementNumber(list[i].element) == structure->atoms->number[s]) radius[s] = list[i].radius;
    if (isnan(radius[s]))
      VmThrow(structure->comm, VM_ERR_INPUT, "voronoi: radii has none of %s",
              VmElementSymbol(structure->atoms->number[s]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of each atom: volume [nm^3] and numbers of faces with 3, 4, 5, 6 edges and in all; NAN if its polyhedron is open. */
enum { VOLUME, N3, N4, N5, N6, FACES, WIDTH };

static void Row(const Params *p, const VmVoronoiAtom *cell, double row[WIDTH])
{
  double surface = 0.0;
  for (int c = 0; c < WIDTH; ++c) row[c] = cell->open ? NAN : 0.0;
  if (cell->open) return;
  row[VOLUME] = cell->volume;
  for (int f = 0; f < cell->faces; ++f) surface += cell->face[f].area;
  for (int f = 0; f < cell->faces; ++f) {
    const int edges = cell->face[f].edges;
    if (cell->face[f].area < p->smallest_face * surface) continue;
    row[FACES] += 1.0;
    if (edges >= 3 && edges <= 6) row[N3 + edges - 3] += 1.0;
  }
}

static PetscErrorCode Tessellate(const Params *p, const VmStructure *structure, double *all)
{
  const VmAtoms *atoms = structure->atoms;
  double radius[VM_MAX_SPECIES], *mine;
  bool given;
  VmTessellation tessellation;
  VmVoronoiAtom cell;
  VmShare share;
  PetscFunctionBegin;
  PetscCall(Radii(p, structure, radius, &given));
  PetscCall(VmShareOf(structure->comm, atoms->n, &share));
  PetscCall(PetscMalloc1((size_t)(share.end - share.begin) * WIDTH, &mine));
  PetscCall(VmTessellationCreate(atoms, given ? radius : NULL, p->surface_reach, &tessellation));
  for (int64_t i = share.begin; i < share.end; ++i) {
    PetscCall(VmTessellationCell(&tessellation, i, p->smallest_edge, &cell));
    Row(p, &cell, mine + (i - share.begin) * WIDTH);
  }
  PetscCall(VmTessellationDestroy(&tessellation));
  PetscCall(VmShareGather(structure->comm, atoms->n, WIDTH, mine, all));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  int32_t index[4];
  int64_t count;
} Kind;

static int ByIndex(const void *a, const void *b)
{
  const Kind *p = a, *q = b;
  for (int k = 0; k < 4; ++k)
    if (p->index[k] != q->index[k]) return p->index[k] < q->index[k] ? -1 : 1;
  return 0;
}

static int ByCount(const void *a, const void *b)
{
  const Kind *p = a, *q = b;
  if (p->count != q->count) return p->count > q->count ? -1 : 1;
  return ByIndex(a, b);
}

/* Distinct indices of closed polyhedra, most frequent first. */
static PetscErrorCode Kinds(int64_t n, const double *values, int64_t *nkinds, int64_t *closed, Kind **kinds)
{
  int64_t count = 0, distinct = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, kinds));
  for (int64_t i = 0; i < n; ++i) {
    const double *row = values + i * WIDTH;
    if (isnan(row[VOLUME])) continue;
    Kind *kind = &(*kinds)[count++];
    kind->count = 1;
    for (int k = 0; k < 4; ++k) kind->index[k] = (int32_t)row[N3 + k];
  }
  qsort(*kinds, (size_t)count, sizeof **kinds, ByIndex);
  for (int64_t i = 0; i < count; ++i) {
    if (distinct && ByIndex(&(*kinds)[distinct - 1], &(*kinds)[i]) == 0) ++(*kinds)[distinct - 1].count;
    else (*kinds)[distinct++] = (*kinds)[i];
  }
  qsort(*kinds, (size_t)distinct, sizeof **kinds, ByCount);
  *nkinds = distinct;
  *closed = count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddKinds(const VmAtoms *atoms, const double *values, VmStatResult result)
{
  const int64_t n = atoms->n;
  enum { SHOWN = 20 };
  int64_t nkinds, closed, dims[2] = {0, 4};
  int32_t index[SHOWN][4];
  double fraction[SHOWN], error[SHOWN], mean, *is_kind;
  int *block;
  Kind *kinds;
  PetscFunctionBegin;
  PetscCall(Kinds(n, values, &nkinds, &closed, &kinds));
  dims[0] = PetscMin(nkinds, SHOWN);
  PetscCall(VmAtomBlocks(atoms, &block));
  PetscCall(PetscMalloc1((size_t)n, &is_kind));
  for (int64_t k = 0; k < dims[0]; ++k) {
    memcpy(index[k], kinds[k].index, sizeof index[k]);
    fraction[k] = (double)kinds[k].count / (double)closed;
    for (int64_t i = 0; i < n; ++i) {
      const double *row = values + i * WIDTH;
      is_kind[i] = isnan(row[VOLUME]) ? NAN : 1.0;
      for (int e = 0; e < 4; ++e)
        if (!isnan(row[VOLUME]) && (int32_t)row[N3 + e] != index[k][e]) is_kind[i] = 0.0;
    }
    PetscCall(VmAtomMean(atoms, block, -1, is_kind, &mean, &error[k]));
  }
  PetscCall(PetscFree(is_kind));
  PetscCall(PetscFree(block));
  PetscCall(VmStatResultAdd(result, "polyhedra", VM_I32, 2, dims, index,
                            (VmMeta){"1", "most frequent Voronoi indices <n3, n4, n5, n6>", "kind,edges"}, NULL));
  PetscCall(VmStatResultAdd(result, "polyhedra_fraction", VM_F64, 1, dims, fraction,
                            (VmMeta){"1", "part of the closed polyhedra", "kind"}, NULL));
  PetscCall(VmStatResultAdd(result, "polyhedra_fraction_error", VM_F64, 1, dims, error,
                            (VmMeta){"1", "standard error (bootstrap over 16 blocks of space)", "kind"}, NULL));
  PetscCall(VmStatResultAdd(result, "polyhedra_kinds", VM_I64, 0, NULL, &nkinds,
                            (VmMeta){"1", "number of different indices", NULL}, NULL));
  PetscCall(VmStatResultAdd(result, "closed", VM_I64, 0, NULL, &closed,
                            (VmMeta){"1", "atoms with a closed polyhedron", NULL}, NULL));
  PetscCall(PetscFree(kinds));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddAtoms(int64_t n, const double *values, VmStatResult result)
{
  const int64_t dims[2] = {n, 4};
  double *volume;
  int32_t *index;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)n, &volume, (size_t)n * 4, &index));
  for (int64_t i = 0; i < n; ++i) {
    const double *row = values + i * WIDTH;
    volume[i] = row[VOLUME];
    for (int k = 0; k < 4; ++k) index[4 * i + k] = isnan(row[VOLUME]) ? -1 : (int32_t)row[N3 + k];
  }
  PetscCall(VmStatResultAdd(result, "volume", VM_F64, 1, dims, volume,
                            (VmMeta){"nm^3", "atomic volume: of the Voronoi polyhedron, NAN at a surface", "atom"},
                            NULL));
  PetscCall(VmStatResultAdd(result, "index", VM_I32, 2, dims, index,
                            (VmMeta){"1", "Voronoi index <n3, n4, n5, n6>, -1 at a surface", "atom,edges"},
                            "numbers of faces with 3, 4, 5 and 6 edges"));
  PetscCall(PetscFree2(volume, index));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Icosahedron(const double *row)
{
  const bool is = row[N3] == 0.0 && row[N4] == 0.0 && row[N5] == 12.0 && row[N6] == 0.0 && row[FACES] == 12.0;
  return isnan(row[VOLUME]) ? NAN : is;
}
static double Volume(const double *row) { return row[VOLUME]; }
static double Faces(const double *row) { return row[FACES]; }
static double Fivefold(const double *row) { return row[N5] / row[FACES]; }

static PetscErrorCode AddMeans(const VmAtoms *atoms, const double *values, VmStatResult result)
{
  static const struct {
    const char *name, *unit, *long_name, *definition;
    double (*of)(const double *row);
  } means[] = {
      {"mean_volume", "nm^3", "mean atomic volume", NULL, Volume},
      {"faces", "1", "mean number of faces: Voronoi coordination number", NULL, Faces},
      {"icosahedra", "1", "part of the atoms at the centre of a full icosahedron",
       "index <0, 0, 12, 0> and no other face", Icosahedron},
      {"fivefold", "1", "local five-fold symmetry", "faces with five edges over all faces, mean over atoms", Fivefold},
  };
  double *value, total = 0.0;
  int *block;
  PetscFunctionBegin;
  PetscCall(VmAtomBlocks(atoms, &block));
  PetscCall(PetscMalloc1((size_t)atoms->n, &value));
  for (size_t m = 0; m < sizeof means / sizeof means[0]; ++m) {
    for (int64_t i = 0; i < atoms->n; ++i) value[i] = means[m].of(values + i * WIDTH);
    PetscCall(VmAtomMeansAdd(atoms, block, value, result, means[m].name, means[m].unit, means[m].long_name,
                             means[m].definition));
  }
  for (int64_t i = 0; i < atoms->n; ++i) total += isnan(values[i * WIDTH]) ? 0.0 : values[i * WIDTH];
  PetscCall(VmStatResultScalar(result, "total_volume", total, "nm^3", "sum of the atomic volumes", NULL));
  PetscCall(PetscFree(value));
  PetscCall(PetscFree(block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmStructure *structure, VmStatResult result)
{
  const VmAtoms *atoms = structure->atoms;
  double *values;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(structure->comm, &rank));
  PetscCall(PetscMalloc1((size_t)atoms->n * WIDTH, &values));
  const PetscErrorCode code = Tessellate(params, structure, values);
  if (!code && rank == 0) {
    PetscCall(AddMeans(atoms, values, result));
    PetscCall(AddKinds(atoms, values, result));
    PetscCall(AddAtoms(atoms->n, values, result));
  }
  PetscCall(PetscFree(values));
  PetscFunctionReturn(code);
}

const VmAtomOps vm_atom_voronoi = {
    .head = {"voronoi", "Voronoi polyhedra: atomic volumes, indices, icosahedra, five-fold symmetry",
             "G. Voronoi, J. reine angew. Math. 134 (1908) 198; J. L. Finney, Proc. R. Soc. A 319 (1970) 479", &table},
    .apply = Apply};
