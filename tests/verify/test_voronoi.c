/* timeout: 60; links: vm_analysis */
#include "atom_statistic.h"

static void CheckIndices(VmStatResult result, const char *what, const int wanted[4])
{
  const VmStatDataset *d = VmStatResultFind(result, "index");
  const int32_t *index = d->data;
  for (int64_t i = 0; i < d->dims[0]; ++i)
    VmExpect(index[4 * i] == wanted[0] && index[4 * i + 1] == wanted[1] && index[4 * i + 2] == wanted[2] &&
                 index[4 * i + 3] == wanted[3],
             "%s: atom %d is <%d, %d, %d, %d>", what, (int)i, index[4 * i], index[4 * i + 1], index[4 * i + 2],
             index[4 * i + 3]);
}

static PetscErrorCode TestCrystal(const char *what, const double edges[3], const int n[3], int nbasis,
                                  const double (*basis)[3], const int index[4])
{
  VmAtoms crystal;
  VmStatResult result;
  int64_t count;
  PetscFunctionBegin;
  PetscCall(AtomCrystal(edges, n, nbasis, basis, &crystal));
  PetscCall(AtomMeasure("voronoi", "{}", &crystal, &result));
  CheckIndices(result, what, index);
  const double volume = edges[0] * edges[1] * edges[2] / nbasis, *volumes = AtomValues(result, "volume", &count);
  for (int64_t i = 0; i < count; ++i) VmExpectNear(volumes[i], volume, 1e-12 * volume);
  VmExpectInt(AtomScalar(result, "polyhedra_kinds"), 1);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&crystal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Thermal noise splits the corners of fcc where four faces meet; edges too short to count bring the index back. */
static PetscErrorCode TestNoisyFcc(void)
{
  const VmRngKey key = {1, VM_STREAM_TEST};
  const double edges[3] = {0.36, 0.36, 0.36};
  VmAtoms crystal;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(AtomCrystal(edges, (const int[]){4, 4, 4}, 4, atom_fcc, &crystal));
  for (int64_t i = 0; i < crystal.n; ++i) {
    double g[2], h[2];
    VmRngNormal2(key, (uint64_t)i, 0, g);
    VmRngNormal2(key, (uint64_t)i, 2, h);
    crystal.x[i] += 0.001 * g[0];
    crystal.y[i] += 0.001 * g[1];
    crystal.z[i] += 0.001 * h[0];
  }
  VmStructureWrap(&crystal);
  PetscCall(AtomMeasure("voronoi", "{}", &crystal, &result));
  VmExpect(AtomScalar(result, "polyhedra_kinds") > 10, "noise leaves the corners whole");
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(AtomMeasure("voronoi", "{smallest_edge: 0.04 nm, smallest_face: 1 %}", &crystal, &result));
  CheckIndices(result, "noisy fcc", (const int[]){0, 12, 0, 0});
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&crystal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Layers of two radii along z: the planes between them are radical ones, boxes of known height. */
static PetscErrorCode TestRadical(void)
{
  const double d = 0.3, large = 0.16, small = 0.12, height = d + (large * large - small * small) / d;
  VmAtoms layers;
  VmStatResult result;
  int64_t n;
  PetscFunctionBegin;
  PetscCall(AtomCrystal((const double[]){0.25, 0.25, d}, (const int[]){3, 3, 4}, 1, atom_bcc, &layers));
  (void)VmAtomsSpecies(&layers, 40);
  for (int64_t i = 0; i < layers.n; ++i) layers.species[i] = (uint8_t)(llround(layers.z[i] / d) % 2);
  PetscCall(AtomMeasure("voronoi", "{radii: [{element: Cu, radius: 0.12 nm}, {element: Zr, radius: 0.16 nm}]}", &layers,
                        &result));
  const double *volume = AtomValues(result, "volume", &n);
  for (int64_t i = 0; i < n; ++i)
    VmExpectNear(volume[i], 0.25 * 0.25 * (layers.species[i] ? height : 2.0 * d - height), 1e-14);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&layers);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The nearest atom of a random place is the one whose polyhedron holds it: volumes by counting. */
static PetscErrorCode TestGas(void)
{
  enum { N = 64, PLACES = 400000 };
  const VmRngKey key = {9, VM_STREAM_TEST};
  static int64_t hits[N];
  double square = 0.0;
  VmAtoms gas;
  VmStatResult result;
  PetscFunctionBegin;
  PetscCall(AtomGas(N, 1.0, 4, &gas));
  PetscCall(AtomMeasure("voronoi", "{}", &gas, &result));
  VmExpectNear(AtomScalar(result, "total_volume"), 1.0, 1e-10);
  for (uint64_t p = 0; p < PLACES; ++p) {
    double u[2], v[2], nearest = 9.0;
    int64_t atom = 0;
    VmRngUniform2(key, p, 0, u);
    VmRngUniform2(key, p, 1, v);
    for (int64_t i = 0; i < N; ++i) {
      const double d[3] = {gas.x[i] - u[0], gas.y[i] - u[1], gas.z[i] - v[0]};
      double distance = 0.0;
      for (int c = 0; c < 3; ++c) distance += pow(d[c] - round(d[c]), 2);
      if (distance < nearest) nearest = distance, atom = i;
    }
    ++hits[atom];
  }
  const double *volume = AtomValues(result, "volume", NULL);
  for (int i = 0; i < N; ++i)
    square += pow((double)hits[i] - PLACES * volume[i], 2) / (PLACES * volume[i] * (1.0 - volume[i]));
  VmExpect(square > 30.0 && square < 110.0, "chi^2 %g of 64 volumes", square);
  PetscCall(VmStatResultDestroy(&result));
  VmAtomsFree(&gas);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestGlass(void)
{
  VmAtoms glass, particle;
  VmStatResult result, part;
  bool there;
  PetscFunctionBegin;
  PetscCall(AtomData("glass_cu64zr36_10976.xyz", &glass, &there));
  if (!there) PetscFunctionReturn(PETSC_SUCCESS);
  const double volume = pow(glass.cell[0][0], 3);
  PetscCall(AtomMeasure("voronoi", "{}", &glass, &result));
  VmFigure("sum of the volumes over that of the cell - 1", AtomScalar(result, "total_volume") / volume - 1.0);
  VmFigure("full icosahedra", AtomScalar(result, "icosahedra"));
  VmExpectNear(AtomScalar(result, "total_volume") / volume, 1.0, 1e-10);
  VmExpectInt(AtomScalar(result, "closed"), glass.n);
  VmExpect(AtomScalar(result, "icosahedra_Cu") > 10.0 * AtomScalar(result, "icosahedra_Zr"),
           "icosahedra are centred by the small atoms");
  /* polyhedra of a particle that are closed are those of the glass it was cut from */
  PetscCall(AtomCarve(&glass, 2.0, &particle));
  PetscCall(AtomMeasure("voronoi", "{surface_reach: 0.3 nm}", &particle, &part));
  VmFigure("closed part of a sphere of 2 nm", AtomScalar(part, "closed") / (double)particle.n);
  const double *of_part = AtomValues(part, "volume", NULL), *of_glass = AtomValues(result, "volume", NULL);
  int64_t same = 0, closed = 0;
  double middle = 0.5 * glass.cell[0][0];
  for (int64_t i = 0, j = 0; i < glass.n; ++i) {
    const double d = pow(glass.x[i] - middle, 2) + pow(glass.y[i] - middle, 2) + pow(glass.z[i] - middle, 2);
    if (d >= 4.0) continue;
    closed += d < 1.5 * 1.5;
    same += d < 1.5 * 1.5 && fabs(of_part[j] / of_glass[i] - 1.0) < 1e-9;
    ++j;
  }
  VmExpectInt(same, closed);
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(VmStatResultDestroy(&part));
  VmAtomsFree(&glass);
  VmAtomsFree(&particle);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const double cube[3] = {0.4, 0.4, 0.4}, hexagonal[3] = {0.3, 0.3 * sqrt(3.0), 0.3 * sqrt(8.0 / 3.0)};
  PetscFunctionBegin;
  PetscCall(TestCrystal("fcc", cube, (const int[]){1, 2, 3}, 4, atom_fcc, (const int[]){0, 12, 0, 0}));
  PetscCall(TestCrystal("bcc", cube, (const int[]){2, 2, 2}, 2, atom_bcc, (const int[]){0, 6, 0, 8}));
  PetscCall(TestCrystal("sc", cube, (const int[]){1, 1, 1}, 1, atom_bcc, (const int[]){0, 6, 0, 0}));
  PetscCall(TestCrystal("hcp", hexagonal, (const int[]){2, 2, 2}, 4, atom_hcp, (const int[]){0, 12, 0, 0}));
  PetscCall(TestNoisyFcc());
  PetscCall(TestRadical());
  PetscCall(TestGas());
  PetscCall(TestGlass());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
