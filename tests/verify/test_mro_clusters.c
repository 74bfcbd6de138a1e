/* timeout: 60; links: vm_analysis */
#include "atom_statistic.h"

/* MgCu2: all copper atoms are centres of full icosahedra that interpenetrate throughout; magnesium has <0, 0, 12, 4>.
 */
static PetscErrorCode TestLaves(void)
{
  static const double mg[2][3] = {{0, 0, 0}, {0.25, 0.25, 0.25}};
  static const double cu[4][3] = {
      {0.625, 0.625, 0.625}, {0.625, 0.875, 0.875}, {0.875, 0.625, 0.875}, {0.875, 0.875, 0.625}};
  const double a = 0.7034;
  double basis[24][3];
  VmAtoms laves;
  VmStatResult result;
  PetscFunctionBegin;
  for (int f = 0; f < 4; ++f)
    for (int b = 0; b < 6; ++b)
      for (int c = 0; c < 3; ++c) basis[6 * f + b][c] = fmod(atom_fcc[f][c] + (b < 2 ? mg[b][c] : cu[b - 2][c]), 1.0);
  PetscCall(AtomCrystal((const double[]){a, a, a}, (const int[]){2, 2, 2}, 24, (const double(*)[3])basis, &laves));
  (void)VmAtomsSpecies(&laves, 12);
  for (int64_t i = 0; i < laves.n; ++i) laves.species[i] = i % 6 < 2;
  PetscCall(AtomMeasure("voronoi", "{}", &laves, &result));
  const int32_t *index = VmStatResultFind(result, "index")->data;
  for (int64_t i = 0; i < laves.n; ++i)
    VmExpect(index[4 * i + 2] == 12 && index[4 * i + 3] == (laves.species[i] ? 4 : 0),
             "MgCu2: atom %d is <%d,%d,%d,%d>", (int)i, index[4 * i], index[4 * i + 1], index[4 * i + 2],
             index[4 * i + 3]);
  VmExpectNear(AtomScalar(result, "icosahedra"), 2.0 / 3.0, 1e-12);
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(AtomMeasure("mro_clusters", "{criterion: icosahedra}", &laves, &result));
  VmExpectInt(AtomScalar(result, "count"), 1);
  VmExpectInt(AtomScalar(result, "largest"), laves.n);
  VmExpectInt(((const int64_t *)VmStatResultFind(result, "centres")->data)[0], laves.n * 2 / 3);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&laves);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spheres of fcc in a glass are found, one by one, with their size. */
static PetscErrorCode TestPlanted(const VmAtoms *glass)
{
  static const double centre[3][3] = {{1.4, 1.4, 1.4}, {4.0, 4.1, 1.5}, {5.5, 2.6, 4.2}};
  const double radius = 1.0, gap = 0.24, edge = 0.37, box = glass->cell[0][0];
  VmAtoms atoms;
  VmStatResult result;
  int64_t planted = 0;
  PetscFunctionBegin;
  atoms = (VmAtoms){.nspecies = glass->nspecies};
  memcpy(atoms.number, glass->number, sizeof atoms.number);
  memcpy(atoms.cell, glass->cell, sizeof atoms.cell);
  memcpy(atoms.periodic, glass->periodic, sizeof atoms.periodic);
  for (int64_t i = 0; i < glass->n; ++i) {
    const double r[3] = {glass->x[i], glass->y[i], glass->z[i]};
    bool free = true;
    for (int p = 0; p < 3; ++p) {
      double square = 0.0;
      for (int c = 0; c < 3; ++c) square += pow(r[c] - centre[p][c] - box * round((r[c] - centre[p][c]) / box), 2);
      free = free && square > pow(radius + gap, 2);
    }
    if (free) PetscCall(VmAtomsAppend(&atoms, glass->species[i], r, atoms.n));
  }
  for (int p = 0; p < 3; ++p)
    for (int cell = 0; cell < 512; ++cell)
      for (int b = 0; b < 4; ++b) {
        double d[3], r[3], square = 0.0;
        const int at[3] = {cell / 64 - 4, cell / 8 % 8 - 4, cell % 8 - 4};
        for (int c = 0; c < 3; ++c) {
          d[c] = (at[c] + atom_fcc[b][c]) * edge;
          r[c] = centre[p][c] + d[c];
          square += d[c] * d[c];
        }
        if (square > radius * radius) continue;
        PetscCall(VmAtomsAppend(&atoms, 0, r, atoms.n));
        ++planted;
      }
  VmStructureWrap(&atoms);
  PetscCall(AtomMeasure("mro_clusters", "{threshold: 0.4, cutoff: 0.33 nm, smallest: 10}", &atoms, &result));
  VmExpectInt(AtomScalar(result, "count"), 3);
  const int64_t *size = VmStatResultFind(result, "atoms")->data;
  for (int p = 0; p < 3 && AtomScalar(result, "count") == 3; ++p) {
    printf("figure: atoms of a planted cluster = %d of %d\n", (int)size[p], (int)planted / 3);
    VmExpect(size[p] >= 9 * planted / 30 && size[p] <= planted / 3, "%d atoms", (int)size[p]);
  }
  VmExpectNear(AtomScalar(result, "fraction"), (double)(size[0] + size[1] + size[2]) / (double)atoms.n, 1e-12);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fewer atoms shared join more icosahedra; the centres are those of the statistic voronoi. */
static PetscErrorCode TestIcosahedra(const VmAtoms *glass)
{
  static const char *const connection[] = {"vertex", "edge", "face", "interpenetrating"};
  VmStatResult result;
  double count = 0.0;
  PetscFunctionBegin;
  PetscCall(AtomMeasure("voronoi", "{}", glass, &result));
  const double centres = AtomScalar(result, "icosahedra") * (double)glass->n;
  PetscCall(VmStatResultDestroy(&result));
  for (int k = 0; k < 4; ++k) {
    char yaml[100];
    snprintf(yaml, sizeof yaml, "{criterion: icosahedra, smallest: 1, connection: %s}", connection[k]);
    PetscCall(AtomMeasure("mro_clusters", yaml, glass, &result));
    const VmStatDataset *of = VmStatResultFind(result, "centres");
    double sum = 0.0;
    for (int64_t c = 0; c < of->dims[0]; ++c) sum += (double)((const int64_t *)of->data)[c];
    VmExpectNear(sum, centres, 1e-6);
    VmExpect(AtomScalar(result, "count") >= count, "%s: %g clusters, less than %g", connection[k],
             AtomScalar(result, "count"), count);
    count = AtomScalar(result, "count");
    printf("figure: clusters of icosahedra by %s = %g\n", connection[k], count);
    PetscCall(VmStatResultDestroy(&result));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  VmAtoms glass;
  bool there;
  PetscFunctionBegin;
  PetscCall(TestLaves());
  PetscCall(AtomData("glass_cu64zr36_10976.xyz", &glass, &there));
  if (there) {
    PetscCall(TestPlanted(&glass));
    PetscCall(TestIcosahedra(&glass));
  }
  VmAtomsFree(&glass);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
