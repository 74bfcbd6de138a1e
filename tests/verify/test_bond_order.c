/* timeout: 60; links: vm_analysis */
#include "atom_statistic.h"

/* Published invariants of perfect shells: Steinhardt, Nelson & Ronchetti (1983), Table I; Mickel et al. (2013), Table
 * I; bcc with 14 neighbours. */
typedef struct {
  const char *name;
  double q4, q6, w4, w6;
} Known;

static void CheckAtom(VmStatResult result, const Known *known, int64_t atom, bool averaged)
{
  const char *const names[] = {"q4", "q6", "w4", "w6", "q4_average", "q6_average"};
  const double wanted[] = {known->q4, known->q6, known->w4, known->w6, known->q4, known->q6};
  for (int v = 0; v < (averaged ? 6 : 4); ++v) {
    if (isnan(wanted[v])) continue;
    const double *values = AtomValues(result, names[v], NULL);
    VmExpect(fabs(values[atom] - wanted[v]) < 1e-4, "%s: %s = %.6f, published %.4f", known->name, names[v],
             values[atom], wanted[v]);
  }
}

static PetscErrorCode TestCrystal(const Known *known, const double edges[3], int nbasis, const double (*basis)[3],
                                  const char *yaml)
{
  VmAtoms crystal;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(AtomCrystal(edges, (const int[]){2, 2, 2}, nbasis, basis, &crystal));
  PetscCall(AtomMeasure("bond_order", yaml, &crystal, &result));
  for (int64_t i = 0; i < crystal.n; ++i) CheckAtom(result, known, i, nbasis != 4 || edges[0] == edges[1]);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&crystal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestIcosahedron(void)
{
  static const Known known = {"icosahedron", 0.0, 0.6633, NAN, -0.1698};
  const double tau = 0.5 * (1.0 + sqrt(5.0)), edge = 0.14;
  VmAtoms atoms;
  VmStatResult result;
  PetscFunctionBegin;
  AtomCell(2.0, 2.0, 2.0, false, &atoms);
  PetscCall(VmAtomsAppend(&atoms, 0, (const double[]){0.1, 0.2, 0.3}, 0));
  for (int axis = 0; axis < 3; ++axis)
    for (int sign = 0; sign < 4; ++sign) {
      double r[3] = {0.1, 0.2, 0.3};
      r[axis] += sign % 2 ? edge : -edge;
      r[(axis + 1) % 3] += (sign / 2 ? edge : -edge) * tau;
      PetscCall(VmAtomsAppend(&atoms, 0, r, atoms.n));
    }
  PetscCall(AtomMeasure("bond_order", "{cutoff: 0.27 nm}", &atoms, &result));
  CheckAtom(result, &known, 0, false);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Invariants of a glass do not change when it is turned. */
static PetscErrorCode TestRotation(const VmAtoms *glass)
{
  const VmRngKey key = {3, VM_STREAM_TEST};
  static const char *const names[] = {"q4", "q6", "w4", "w6", "q6_average", "w6_average"};
  double turn[3][3];
  VmAtoms part, turned;
  VmStatResult a, b;
  PetscFunctionBegin;
  VmRngRotation(key, 0, 0, turn);
  PetscCall(AtomCarve(glass, 1.2, &part));
  PetscCall(AtomCarve(glass, 1.2, &turned));
  for (int64_t i = 0; i < part.n; ++i) {
    const double r[3] = {part.x[i], part.y[i], part.z[i]};
    turned.x[i] = turn[0][0] * r[0] + turn[0][1] * r[1] + turn[0][2] * r[2];
    turned.y[i] = turn[1][0] * r[0] + turn[1][1] * r[1] + turn[1][2] * r[2];
    turned.z[i] = turn[2][0] * r[0] + turn[2][1] * r[1] + turn[2][2] * r[2];
  }
  PetscCall(AtomMeasure("bond_order", "{cutoff: 0.37 nm}", &part, &a));
  PetscCall(AtomMeasure("bond_order", "{cutoff: 0.37 nm}", &turned, &b));
  for (size_t v = 0; v < sizeof names / sizeof names[0]; ++v) {
    const double *x = AtomValues(a, names[v], NULL), *y = AtomValues(b, names[v], NULL);
    double worst = 0.0;
    for (int64_t i = 0; i < part.n; ++i) worst = fmax(worst, fabs(x[i] - y[i]));
    VmExpect(worst < 1e-9, "%s changes by %g when the structure is turned", names[v], worst);
  }
  PetscCall(VmStatResultDestroy(&a));
  PetscCall(VmStatResultDestroy(&b));
  VmAtomsFree(&part);
  VmAtomsFree(&turned);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  static const Known fcc = {"fcc", 0.1909, 0.5745, -0.1593, -0.01316}, hcp = {"hcp", 0.0972, 0.4848, 0.1341, -0.01244},
                     bcc = {"bcc", 0.0364, 0.5107, 0.1593, 0.01316}, cubic = {"sc", 0.7638, 0.3536, 0.1593, 0.01316};
  const double a = 0.36, cube[3] = {a, a, a}, hexagonal[3] = {a, a * sqrt(3.0), a * sqrt(8.0 / 3.0)};
  VmAtoms glass;
  VmStatResult result;
  bool there;
  PetscFunctionBegin;
  PetscCall(TestCrystal(&fcc, cube, 4, atom_fcc, "{}"));
  PetscCall(TestCrystal(&fcc, cube, 4, atom_fcc, "{neighbours: voronoi_area}"));
  PetscCall(TestCrystal(&hcp, hexagonal, 4, atom_hcp, "{cutoff: 0.43 nm}"));
  PetscCall(TestCrystal(&bcc, cube, 2, atom_bcc, "{cutoff: 0.4 nm}"));
  PetscCall(TestCrystal(&bcc, cube, 2, atom_bcc, "{neighbours: voronoi}"));
  PetscCall(TestCrystal(&cubic, cube, 1, atom_bcc, "{cutoff: 0.4 nm}"));
  PetscCall(TestIcosahedron());
  PetscCall(AtomData("glass_cu64zr36_10976.xyz", &glass, &there));
  if (there) {
    PetscCall(TestRotation(&glass));
    PetscCall(AtomMeasure("bond_order", "{cutoff: 0.38 nm}", &glass, &result));
    VmFigure("largest averaged q6 of Cu-Zr", AtomScalar(result, "largest_q6_average"));
    VmExpectNear(AtomScalar(result, "largest_q6_average"), 0.283, 0.01);
    PetscCall(VmStatResultDestroy(&result));
  }
  VmAtomsFree(&glass);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
