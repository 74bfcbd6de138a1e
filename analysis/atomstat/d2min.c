/* Non-affine displacement between two configurations. */
#include "../atoms/cell.h"
#include "../stat/groups.h"
#include "blocks.h"
#include "surroundings.h"
#include "radial.h"
#include "share.h"
#include <math.h>
#include <string.h>

typedef struct {
  char *reference;
  int64_t reference_frame;
  double cutoff;
} Params;

static const VmParam rows[] = {
    {.key = "reference",
     .type = VM_STRING,
     .offset = offsetof(Params, reference),
     .default_text = "none",
     .doc = "file of the configuration before, with the same atoms; none: the file that is analysed"},
    {.key = "reference_frame",
     .type = VM_INT,
     .offset = offsetof(Params, reference_frame),
     .default_text = "1",
     .min = 0,
     .max = 1e9,
     .doc = "its frame, from 1; 0: the last"},
    {.key = "cutoff",
     .type = VM_REAL,
     .offset = offsetof(Params, cutoff),
     .unit = "nm",
     .default_text = "none",
     .min = 0.05,
     .max = 5,
     .doc = "radius of the neighbourhood in the reference; none: the first minimum of its g(r)"},
    {0}};
static const VmTable table = {"d2min", "non-affine displacement", sizeof(Params), rows, NULL};

enum { D2MIN, SHEAR, VOLUME, WIDTH };

/* The two configurations: readers give atoms in the order of their ids, so that atom i of one is atom i of the other.
 */
typedef struct {
  const VmAtoms *now;
  VmAtoms before;
  double now_inverse[3][3], before_inverse[3][3];
} Configurations;

/* What keeps two structures from being configurations of the same atoms, or NULL. */
static const char *Difference(const VmAtoms *a, const VmAtoms *b)
{
  bool same = memcmp(a->cell, b->cell, sizeof a->cell) == 0;
  if (a->n != b->n) return "another number of atoms";
  for (int d = 0; d < 3; ++d)
    if (a->periodic[d] != b->periodic[d]) return "other periodic axes";
  for (int64_t i = 0; i < a->n; ++i) {
    if (a->id[i] != i || b->id[i] != i) return "other ids of atoms";
    if (a->number[a->species[i]] != b->number[b->species[i]]) return "other elements of some atoms";
    same = same && a->x[i] == b->x[i] && a->y[i] == b->y[i] && a->z[i] == b->z[i];
  }
  return same ? "the same positions: give another `reference` or frame" : NULL;
}

static PetscErrorCode Read(const Params *p, const VmStructure *structure, Configurations *c)
{
  const char *path = p->reference ? p->reference : structure->path;
  VmAtomsHints hints = structure->hints;
  PetscFunctionBegin;
  *c = (Configurations){.now = structure->atoms};
  if (!path) VmThrow(structure->comm, VM_ERR_INPUT, "d2min: needs a `reference`");
  hints.frame = p->reference_frame;
  PetscCall(VmAtomsReadHinted(structure->comm, path, &hints, &c->before));
  VmStructureWrap(&c->before);
  const char *difference = Difference(c->now, &c->before);
  if (difference) VmThrow(structure->comm, VM_ERR_INPUT, "d2min: the reference %s has %s", path, difference);
  VmCellInverse((const double(*)[3])c->now->cell, c->now_inverse);
  VmCellInverse((const double(*)[3])c->before.cell, c->before_inverse);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Vector from atom i to its neighbour now: of the images of the neighbour the one that the mean deformation of the cell
 * brings it nearest to. */
static void Now(const Configurations *c, int64_t i, const VmNeighbour *neighbour, double r[3])
{
  const VmAtoms *a = c->now;
  const int64_t j = neighbour->atom;
  double before[3], now[3];
  int image[3];
  r[0] = a->x[j] - a->x[i];
  r[1] = a->y[j] - a->y[i];
  r[2] = a->z[j] - a->z[i];
  VmRowTimes(neighbour->r, c->before_inverse, before);
  VmRowTimes(r, c->now_inverse, now);
  for (int d = 0; d < 3; ++d) image[d] = a->periodic[d] ? (int)round(before[d] - now[d]) : 0;
  VmCellShift((const double(*)[3])a->cell, image, r);
}

/* Green-Lagrange strain (J^T J - 1)/2 of a gradient: its von Mises invariant (Shimizu, Ogata & Li 2007), and det J - 1.
 */
static void Strains(const double gradient[3][3], double row[WIDTH])
{
  double e[3][3];
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b) {
      e[a][b] = a == b ? -0.5 : 0.0;
      for (int k = 0; k < 3; ++k) e[a][b] += 0.5 * gradient[k][a] * gradient[k][b];
    }
  const double normal = pow(e[0][0] - e[1][1], 2) + pow(e[1][1] - e[2][2], 2) + pow(e[2][2] - e[0][0], 2);
  row[SHEAR] = sqrt(e[1][2] * e[1][2] + e[0][2] * e[0][2] + e[0][1] * e[0][1] + normal / 6.0);
  row[VOLUME] = VmCellVolume(gradient) - 1.0;
}

/* Falk & Langer (1998), Eqs. 2.11 to 2.14. */
static void Fit(const Configurations *c, int64_t i, const VmNeighbourhood *near, double row[WIDTH])
{
  double moment[3][3] = {{0}}, cross[3][3] = {{0}}, inverse[3][3], gradient[3][3] = {{0}}, sum = 0.0, trace = 0.0;
  for (int64_t k = 0; k < near->n; ++k) {
    double now[3];
    Now(c, i, &near->of[k], now);
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b) {
        moment[a][b] += near->of[k].r[a] * near->of[k].r[b];
        cross[a][b] += now[a] * near->of[k].r[b];
      }
  }
  for (int a = 0; a < 3; ++a) trace += moment[a][a];
  row[D2MIN] = row[SHEAR] = row[VOLUME] = NAN;
  /* neighbours in one plane leave the gradient open */
  if (!(VmCellVolume((const double(*)[3])moment) > 1e-9 * trace * trace * trace)) return;
  VmCellInverse((const double(*)[3])moment, inverse);
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      for (int k = 0; k < 3; ++k) gradient[a][b] += cross[a][k] * inverse[k][b];
  for (int64_t k = 0; k < near->n; ++k) {
    double now[3];
    Now(c, i, &near->of[k], now);
    for (int a = 0; a < 3; ++a) sum += pow(now[a] - VmDot3(gradient[a], near->of[k].r), 2);
  }
  Strains((const double(*)[3])gradient, row);
  row[D2MIN] = sum / (double)near->n;
}

static PetscErrorCode FitAll(MPI_Comm comm, const Configurations *c, double cutoff, double *all)
{
  VmSurroundings around;
  VmNeighbourhood near = {0};
  VmShare share;
  double *mine;
  PetscFunctionBegin;
  PetscCall(VmShareOf(comm, c->before.n, &share));
  PetscCall(PetscMalloc1((size_t)(share.end - share.begin) * WIDTH, &mine));
  PetscCall(VmSurroundingsCreate(&c->before, cutoff, &around));
  for (int64_t i = share.begin; i < share.end; ++i) {
    PetscCall(VmNeighbourhoodFind(&around, i, &near));
    Fit(c, i, &near, mine + (i - share.begin) * WIDTH);
  }
  PetscCall(VmShareGather(comm, c->before.n, WIDTH, mine, all));
  PetscCall(VmNeighbourhoodFree(&near));
  PetscCall(VmSurroundingsDestroy(&around));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sums: atoms, D^2, D^4 */
static void Participation(const void *context, const double *sums, double *participation)
{
  (void)context;
  *participation = sums[1] * sums[1] / (sums[0] * sums[2]);
}

static PetscErrorCode AddAll(const VmAtoms *atoms, double cutoff, const double *rows_of, VmStatResult result)
{
  static const struct {
    const char *name, *mean, *unit, *long_name, *definition;
  } what[WIDTH] = {
      {"d2min", "mean_d2min", "nm^2", "non-affine squared displacement of the neighbourhood",
       "min over J of sum_j |r_ij - J r_ij(reference)|^2 / N, N neighbours within `cutoff` in the reference"},
      {"shear_strain", "mean_shear_strain", "1", "von Mises invariant of the local strain",
       "of E = (J^T J - 1)/2: sqrt(E_yz^2 + E_xz^2 + E_xy^2 + [(E_xx-E_yy)^2 + (E_yy-E_zz)^2 + (E_zz-E_xx)^2]/6)"},
      {"volume_strain", "mean_volume_strain", "1", "local volume strain", "det J - 1"}};
  const int64_t n = atoms->n;
  double *value, groups[VM_GROUPS][3] = {{0}}, total[3], participation, error, largest = -INFINITY;
  int *block;
  PetscFunctionBegin;
  PetscCall(VmAtomBlocks(atoms, &block));
  PetscCall(PetscMalloc1((size_t)n, &value));
  for (int w = 0; w < WIDTH; ++w) {
    for (int64_t i = 0; i < n; ++i) value[i] = rows_of[i * WIDTH + w];
    PetscCall(VmStatResultAdd(result, what[w].name, VM_F64, 1, &n, value,
                              (VmMeta){what[w].unit, what[w].long_name, "atom"}, what[w].definition));
    PetscCall(VmAtomMeansAdd(atoms, block, value, result, what[w].mean, what[w].unit, what[w].long_name, NULL));
  }
  for (int64_t i = 0; i < n; ++i) {
    const double d2min = rows_of[i * WIDTH + D2MIN];
    if (isnan(d2min)) continue;
    groups[block[i]][0] += 1.0;
    groups[block[i]][1] += d2min;
    groups[block[i]][2] += d2min * d2min;
    largest = fmax(largest, d2min);
  }
  PetscCall(VmStatResultScalar(result, "largest_d2min", largest, "nm^2", "largest D^2_min", NULL));
  VmGroupTotal(3, groups[0], total);
  Participation(NULL, total, &participation);
  PetscCall(VmGroupErrors(3, groups[0], 1, Participation, NULL, &error));
  PetscCall(VmStatResultEstimate(result, "participation", participation, error, "1", "participation ratio of D^2_min",
                                 "(sum D^2)^2/(N sum D^4): 1 if all atoms have the same"));
  PetscCall(VmStatResultScalar(result, "cutoff", cutoff, "nm", "radius of the neighbourhood", NULL));
  PetscCall(PetscFree(value));
  PetscCall(PetscFree(block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Compare(const Params *p, const VmStructure *structure, Configurations *c, VmStatResult result)
{
  double *all, cutoff = p->cutoff;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(structure->comm, &rank));
  PetscCall(Read(p, structure, c));
  PetscCall(VmRadialCutoff(&(VmStructure){.comm = structure->comm, .atoms = &c->before}, &cutoff));
  PetscCall(PetscMalloc1((size_t)c->before.n * WIDTH, &all));
  PetscCall(FitAll(structure->comm, c, cutoff, all));
  if (rank == 0) PetscCall(AddAll(structure->atoms, cutoff, all, result));
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(const void *params, const VmStructure *structure, VmStatResult result)
{
  Configurations c = {0};
  PetscFunctionBegin;
  const PetscErrorCode code = Compare(params, structure, &c, result);
  VmAtomsFree(&c.before);
  PetscFunctionReturn(code);
}

const VmAtomOps vm_atom_d2min = {
    .head = {"d2min", "non-affine displacement D^2_min and local strain of each atom between two configurations",
             "M. L. Falk & J. S. Langer, Phys. Rev. E 57 (1998) 7192; F. Shimizu, S. Ogata & J. Li, Mater. Trans. 48 "
             "(2007) 2923",
             &table},
    .apply = Apply};
