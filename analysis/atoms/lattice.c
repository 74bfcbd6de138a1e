#include "lattice.h"
#include "cell.h"

const char *const vm_symmetry_names[] = {"fcc", "bcc", "b2", "hcp", "icosahedral", NULL};

/* Rectangular unit cells. reflection: 1/d of the first strong reflection times a. */
typedef struct {
  double edge[3]; /* in units of a */
  int sites;
  double basis[4][3]; /* fractional */
  uint8_t sublattice[4];
  double reflection;
} UnitCell;

#define SQRT2 1.41421356237309504880
#define SQRT3 1.73205080756887729353
#define IDEAL_C_OVER_A 1.63299316185545206546 /* sqrt(8/3) */
#define HCP_10_11 1.30703226177984355         /* sqrt(4/3 + 3/8) */

static const UnitCell unit_cells[] = {
    [VM_FCC] = {{1, 1, 1}, 4, {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}}, {0}, SQRT3},
    [VM_BCC] = {{1, 1, 1}, 2, {{0, 0, 0}, {0.5, 0.5, 0.5}}, {0}, SQRT2},
    [VM_B2] = {{1, 1, 1}, 2, {{0, 0, 0}, {0.5, 0.5, 0.5}}, {0, 1}, SQRT2},
    [VM_HCP] = {{1, SQRT3, IDEAL_C_OVER_A},
                4,
                {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 5.0 / 6.0, 0.5}, {0, 1.0 / 3.0, 0.5}},
                {0},
                HCP_10_11},
};

bool VmInSphere(const double r[3], double radius) { return VmDot3(r, r) <= radius * radius * (1.0 + 1e-9); }

static PetscErrorCode AddSite(VmLattice *lattice, int64_t *capacity, double radius, const double r[3],
                              uint8_t sublattice)
{
  PetscFunctionBegin;
  if (!VmInSphere(r, radius)) PetscFunctionReturn(PETSC_SUCCESS);
  if (lattice->n == *capacity) {
    *capacity += *capacity / 2 + 64;
    PetscCall(PetscRealloc((size_t)*capacity * sizeof *lattice->r, &lattice->r));
    PetscCall(PetscRealloc((size_t)*capacity * sizeof *lattice->sublattice, &lattice->sublattice));
  }
  for (int c = 0; c < 3; ++c) lattice->r[lattice->n][c] = r[c];
  lattice->sublattice[lattice->n++] = sublattice;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CutCrystal(const UnitCell *cell, double radius, VmLattice *lattice)
{
  int64_t capacity = 0;
  int m[3], n[3];

  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) m[d] = (int)ceil(radius / (lattice->constant * cell->edge[d])) + 1;
  for (n[0] = -m[0]; n[0] <= m[0]; ++n[0]) {
    for (n[1] = -m[1]; n[1] <= m[1]; ++n[1]) {
      for (n[2] = -m[2]; n[2] <= m[2]; ++n[2]) {
        for (int s = 0; s < cell->sites; ++s) {
          double r[3];
          for (int d = 0; d < 3; ++d) r[d] = (n[d] + cell->basis[s][d]) * cell->edge[d] * lattice->constant;
          PetscCall(AddSite(lattice, &capacity, radius, r, cell->sublattice[s]));
        }
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The twelve vertices at distance 1: cyclic permutations of (0, +-1, +-golden ratio). */
static void IcosahedronVertices(double vertex[12][3])
{
  const double golden = 0.5 * (1.0 + sqrt(5.0)), scale = 1.0 / sqrt(1.0 + golden * golden);
  for (int i = 0; i < 12; ++i) {
    const int axis = i / 4;
    vertex[i][axis] = 0.0;
    vertex[i][(axis + 1) % 3] = (i & 1 ? -1.0 : 1.0) * scale;
    vertex[i][(axis + 2) % 3] = (i & 2 ? -1.0 : 1.0) * golden * scale;
  }
}

static bool AreAdjacent(const double a[3], const double b[3]) { return VmDot3(a, b) > 0.4; /* cosine 0.447 */ }

/* Shell s: its vertices, s - 1 sites inside each of the 30 edges and (s-1)(s-2)/2 inside each of the 20 faces. */
static PetscErrorCode AddShell(int s, double radius, const double vertex[12][3], VmLattice *lattice, int64_t *capacity)
{
  double r[3];

  PetscFunctionBegin;
  for (int a = 0; a < 12; ++a) {
    for (int c = 0; c < 3; ++c) r[c] = s * vertex[a][c] * lattice->constant;
    PetscCall(AddSite(lattice, capacity, radius, r, 0));
    for (int b = a + 1; b < 12; ++b) {
      if (!AreAdjacent(vertex[a], vertex[b])) continue;
      for (int i = 1; i < s; ++i) {
        for (int c = 0; c < 3; ++c) r[c] = (i * vertex[a][c] + (s - i) * vertex[b][c]) * lattice->constant;
        PetscCall(AddSite(lattice, capacity, radius, r, 0));
      }
      for (int e = b + 1; e < 12; ++e) {
        if (!AreAdjacent(vertex[a], vertex[e]) || !AreAdjacent(vertex[b], vertex[e])) continue;
        for (int i = 1; i < s - 1; ++i) {
          for (int j = 1; i + j < s; ++j) {
            for (int c = 0; c < 3; ++c) {
              r[c] = (i * vertex[a][c] + j * vertex[b][c] + (s - i - j) * vertex[e][c]) * lattice->constant;
            }
            PetscCall(AddSite(lattice, capacity, radius, r, 0));
          }
        }
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CutIcosahedron(double radius, VmLattice *lattice)
{
  const double centre[3] = {0, 0, 0}, closest = 0.7946; /* midpoint of a face of the icosahedron of radius 1 */
  double vertex[12][3];
  int64_t capacity = 0;

  PetscFunctionBegin;
  IcosahedronVertices(vertex);
  PetscCall(AddSite(lattice, &capacity, radius, centre, 0));
  for (int s = 1; s * closest * lattice->constant <= radius * 1.001; ++s) {
    PetscCall(AddShell(s, radius, (const double(*)[3])vertex, lattice, &capacity));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Highest maximum of the Debye intensity between 0.7 and 1.4 of the wanted place, where the form factor of the sphere
 * has died out. */
static PetscErrorCode ClusterPeak(const VmLattice *lattice, double wanted, const VmComposition *composition,
                                  double *peak)
{
  enum { SAMPLES = 71 };
  double k[SAMPLES], intensity[SAMPLES];
  int best = 1;

  PetscFunctionBegin;
  for (int i = 0; i < SAMPLES; ++i) k[i] = wanted * (0.7 + 0.01 * i);
  PetscCall(VmDebyeCluster(lattice->n, (const double(*)[3])lattice->r, composition, SAMPLES, k, intensity));
  for (int i = 1; i + 1 < SAMPLES; ++i) {
    if (intensity[i] > intensity[best]) best = i;
  }
  *peak = VmFirstPeak(3, k + best - 1, intensity + best - 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Clear(VmLattice *lattice)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(lattice->r));
  PetscCall(PetscFree(lattice->sublattice));
  lattice->n = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sites inside the sphere change with the constant, so the place of the maximum is found by iteration. It does not
 * depend on the size of a large sphere. */
static PetscErrorCode FitIcosahedron(double radius, double largest, double peak, const VmComposition *composition,
                                     VmLattice *lattice)
{
  const double fitted = fmin(radius, 2.0), accuracy = 1e-3;
  double present;

  PetscFunctionBegin;
  lattice->constant = 1.23 / peak; /* Ehrenfest: a pair at r has its first maximum at 2 pi k r = 7.73 */
  for (int i = 0; i < 20; ++i) {
    PetscCall(Clear(lattice));
    PetscCall(CutIcosahedron(fitted, lattice));
    if (lattice->n < 13) break;
    PetscCall(ClusterPeak(lattice, peak, composition, &present));
    if (isnan(present) || fabs(present - peak) < accuracy * peak) break;
    lattice->constant *= present / peak;
  }
  if (fitted < largest) {
    PetscCall(Clear(lattice));
    PetscCall(CutIcosahedron(largest, lattice));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmLatticeCreate(VmSymmetry symmetry, double diameter, double largest, double peak,
                               const VmComposition *composition, VmLattice *lattice)
{
  PetscFunctionBegin;
  *lattice = (VmLattice){.symmetry = symmetry};
  if (symmetry == VM_ICOSAHEDRAL) {
    PetscCall(FitIcosahedron(0.5 * diameter, 0.5 * largest, peak, composition, lattice));
  } else {
    lattice->constant = unit_cells[symmetry].reflection / peak;
    PetscCall(CutCrystal(&unit_cells[symmetry], 0.5 * largest, lattice));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmLatticeDestroy(VmLattice *lattice)
{
  PetscFunctionBegin;
  PetscCall(Clear(lattice));
  PetscFunctionReturn(PETSC_SUCCESS);
}
