/* ranks: 1; timeout: 60; links: vm_analysis */
#include "vm_test.h"
#include "analysis/atoms/lattice.h"

static const VmComposition alloy = {.n = 3, .number = {40, 29, 13}, .fraction = {0.5, 0.35, 0.15}};

static double Distance(const VmLattice *l, int64_t i, int64_t j)
{
  return hypot(hypot(l->r[i][0] - l->r[j][0], l->r[i][1] - l->r[j][1]), l->r[i][2] - l->r[j][2]);
}

/* Neighbours of the central atom at the shortest distance of any pair. */
static int Coordination(const VmLattice *l, double *nearest)
{
  int count = 0;
  int64_t centre = 0;
  *nearest = 1e9;
  for (int64_t i = 0; i < l->n; ++i) {
    if (hypot(hypot(l->r[i][0], l->r[i][1]), l->r[i][2]) < 1e-12) centre = i;
    for (int64_t j = 0; j < i; ++j) *nearest = fmin(*nearest, Distance(l, i, j));
  }
  for (int64_t i = 0; i < l->n; ++i) count += i != centre && Distance(l, i, centre) < *nearest * 1.001;
  return count;
}

/* Highest maximum of Debye's intensity near `wanted`. */
static PetscErrorCode Peak(const VmLattice *l, double wanted, double *peak)
{
  enum { SAMPLES = 121 };
  double k[SAMPLES], intensity[SAMPLES];
  int best = 1;

  PetscFunctionBegin;
  for (int i = 0; i < SAMPLES; ++i) k[i] = wanted * (0.75 + 0.004 * i);
  PetscCall(VmDebyeCluster(l->n, (const double(*)[3])l->r, &alloy, SAMPLES, k, intensity));
  for (int i = 1; i + 1 < SAMPLES; ++i) {
    if (intensity[i] > intensity[best]) best = i;
  }
  *peak = VmFirstPeak(3, k + best - 1, intensity + best - 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Numbers of atoms and volume per atom in units of a^3 are those of the textbook lattices; the first strong ring of a
 * cluster of 4 nm lies at the wanted k. The ring of a small sphere is pulled to lower k by the fall of f(k)^2. */
static PetscErrorCode Lattices(void)
{
  static const struct {
    VmSymmetry symmetry;
    int coordination;
    double atoms_per_a3, nearest_over_a;
  } known[] = {
      {VM_FCC, 12, 4.0, 0.70710678118655}, {VM_BCC, 8, 2.0, 0.86602540378444}, {VM_B2, 8, 2.0, 0.86602540378444},
      {VM_HCP, 12, 1.41421356237310, 1.0}, {VM_ICOSAHEDRAL, 12, 0.0, 1.0},
  };
  const double wanted = 4.155, diameter = 4.0;
  VmLattice l;
  double nearest, peak;

  PetscFunctionBegin;
  for (int i = 0; i < 5; ++i) {
    PetscCall(VmLatticeCreate(known[i].symmetry, diameter, diameter, wanted, &alloy, &l));
    VmExpectInt(Coordination(&l, &nearest), known[i].coordination);
    VmExpectNear(nearest, known[i].nearest_over_a * l.constant, 1e-12);
    if (known[i].atoms_per_a3 > 0) {
      const double atoms = VM_PI / 6 * pow(diameter / l.constant, 3) * known[i].atoms_per_a3;
      VmExpectNear((double)l.n / atoms, 1.0, 0.05);
    }
    PetscCall(Peak(&l, wanted, &peak));
    VmFigure(vm_symmetry_names[i], peak);
    VmExpectNear(peak, wanted, known[i].symmetry == VM_ICOSAHEDRAL ? 0.002 * wanted : 0.01 * wanted);
    PetscCall(VmLatticeDestroy(&l));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first shells of Mackay's icosahedron, complete up to two: 1 + 12 + 42 atoms. */
static PetscErrorCode Shells(void)
{
  VmLattice l;
  int64_t count[3] = {0};

  PetscFunctionBegin;
  PetscCall(VmLatticeCreate(VM_ICOSAHEDRAL, 1.5, 1.5, 4.155, &alloy, &l));
  for (int64_t i = 0; i < l.n; ++i) {
    const double shell = hypot(hypot(l.r[i][0], l.r[i][1]), l.r[i][2]) / l.constant;
    if (shell < 1e-9) ++count[0];
    else if (shell < 1.01) ++count[1];
    else if (shell < 2.01) ++count[2];
  }
  VmExpectInt(count[0], 1);
  VmExpectInt(count[1], 12);
  VmExpectInt(count[2], 42);
  PetscCall(VmLatticeDestroy(&l));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(Lattices());
  PetscCall(Shells());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
