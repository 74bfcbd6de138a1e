/* ranks: 1 2 3 4; timeout: 120; links: vm_analysis */
#include "glass_block.h"
#include <vitromech/h5.h>
#include <vitromech/schema.h>
#include "analysis/atoms/overlap.h"

static int rank, size;

static const double tile_edge[3] = {1.6, 1.5, 1.7};
enum { TILE = 120 };

/* A tile of points at least 0.2 nm apart in a rectangular cell. */
static PetscErrorCode WriteTile(const char *path)
{
  VmAtoms tile = {0};
  VmRelaxation outcome;
  unsigned state = 7;

  PetscFunctionBegin;
  VmAtomsSpecies(&tile, 40);
  VmAtomsSpecies(&tile, 29);
  for (int d = 0; d < 3; ++d) {
    tile.cell[d][d] = tile_edge[d];
    tile.periodic[d] = true;
  }
  for (int i = 0; i < TILE; ++i) {
    double r[3];
    for (int d = 0; d < 3; ++d) {
      r[d] = tile_edge[d] * (double)((state = state * 1664525u + 1013904223u) >> 8) / (1 << 24);
    }
    PetscCall(VmAtomsAppend(&tile, i % 3 == 0, r, i));
  }
  PetscCall(VmAtomsSeparate(PETSC_COMM_SELF, &tile, 0.2, 10000, &outcome));
  VmExpect(outcome.minimum_distance >= 0.2, "the tile is not relaxed");
  PetscCall(VmAtomsWrite(PETSC_COMM_SELF, path, "tile", &tile));
  VmAtomsFree(&tile);
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  int64_t n[3];
  double length[3], strain[6], amplitude;
  const double *plastic; /* [6] in row 10 of the history, or NULL */
} Result;

static bool IsUnit(int64_t i, int64_t j, int64_t k) { return (i + 2 * j + k) % 5 < 2; }

/* Displacement amplitude*(sin 2 pi s_y, sin 2 pi s_z, sin 2 pi s_x) at voxel centres. */
static PetscErrorCode WriteResult(MPI_Comm comm, const char *path, const Result *result)
{
  const int64_t *n = result->n, dims[4] = {n[0], n[1], n[2], 3};
  const VmMeta meta = {"nm", "displacement", "x,y,z,component"};
  VmH5 file;
  double *u;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(n[0] * n[1] * n[2] * 3), &u));
  for (int64_t v = 0; v < n[0] * n[1] * n[2]; ++v) {
    const int64_t i[3] = {v / (n[1] * n[2]), v / n[2] % n[1], v % n[2]};
    for (int c = 0; c < 3; ++c) {
      const int along = (c + 1) % 3;
      u[3 * v + c] = result->amplitude * sin(2 * VM_PI * ((double)i[along] + 0.5) / (double)n[along]);
    }
  }
  PetscCall(VmH5Open(comm, path, VM_H5_CREATE, &file));
  PetscCall(VmH5Group(file, VM_PATH_GRID));
  PetscCall(VmH5AttrReal(file, VM_PATH_GRID, "length", 3, result->length));
  const double zero[6] = {0};
  PetscCall(VmH5Group(file, VM_PATH_FIELDS "/9"));
  PetscCall(VmH5AttrReal(file, VM_PATH_FIELDS "/9", "mean_strain", 6, zero));
  PetscCall(VmH5Group(file, VM_PATH_FIELDS "/10")); /* the last by number, not by name */
  PetscCall(VmH5AttrReal(file, VM_PATH_FIELDS "/10", "mean_strain", 6, result->strain));
  PetscCall(VmH5Write(file, VM_PATH_FIELDS "/10/" VM_FIELD_DISPLACEMENT, VM_F64, 4, dims, u, meta));
  for (int64_t v = 0; v < n[0] * n[1] * n[2]; ++v) u[v] = (double)IsUnit(v / (n[1] * n[2]), v / n[2] % n[1], v % n[2]);
  PetscCall(VmH5Write(file, VM_PATH_FIELDS "/10/" VM_FIELD_FLOW_UNIT, VM_F64, 3, dims, u, meta));
  if (result->plastic) {
    double rows[11][6] = {{0}};
    memcpy(rows[10], result->plastic, sizeof rows[10]);
    PetscCall(VmH5Write(file, VM_PATH_HISTORY "/plastic_strain", VM_F64, 2, (int64_t[]){11, 6}, rows, meta));
  }
  PetscCall(VmH5Close(&file));
  PetscCall(PetscFree(u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BuildFrom(MPI_Comm comm, const char *yaml, const char *result, VmAtoms *atoms)
{
  return GlassOfBlock(comm, yaml, 42, result, atoms);
}

/* The whole structure on every rank, in order of id. */
static PetscErrorCode Gather(const VmAtoms *mine, VmAtoms *whole)
{
  const bool none[3] = {false, false, false};
  const double lo[3] = {-1e30, -1e30, -1e30}, hi[3] = {1e30, 1e30, 1e30};

  PetscFunctionBegin;
  PetscCall(VmAtomsExtract(PETSC_COMM_WORLD, mine, lo, hi, none, whole));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ExpectSame(const VmAtoms *a, const VmAtoms *b, const char *what)
{
  VmExpectInt(a->n, b->n);
  int64_t differing = 0;
  for (int64_t i = 0; i < a->n && a->n == b->n; ++i) {
    differing += a->id[i] != b->id[i] || a->species[i] != b->species[i] || a->x[i] != b->x[i] || a->y[i] != b->y[i] ||
                 a->z[i] != b->z[i];
  }
  VmExpect(differing == 0, "%s: %lld atoms depend on the number of ranks", what, (long long)differing);
  VmExpect(memcmp(a->cell, b->cell, sizeof a->cell) == 0, "%s: cell", what);
}

static void PathOf(const char *name, char path[4096]) { snprintf(path, 4096, "%s/%s", VmTestScratch(), name); }

static PetscErrorCode RankInvariance(void)
{
  static const char *const cases[] = {
      ("{structure: tile.xyz, size: [6.4 nm, 6 nm, 6.8 nm], minimum_distance: 0.21 nm, thermal_displacement: 0.005 nm,"
       " flow_units: {displacement: 0.01 nm, vacancies: 0.05},"
       " clusters: [{symmetry: fcc, diameter: 1.2 nm, spread: 0.1, volume_fraction: 0.08}, {symmetry: b2, diameter: "
       "0.9 nm,"
       " volume_fraction: 0.02, gap: 0.2 nm}], peak: 4.2 1/nm}"),
      ("{structure: tile.xyz, thickness: 3.1 nm, clusters: [{symmetry: hcp, diameter: 1.2 nm, volume_fraction: 0.1}],"
       " peak: 4.2 1/nm}"),
      "{structure: tile.xyz, thickness: 6.6 nm}",
      "{structure: tile.xyz, tiling: layers, size: [6.4 nm, 6 nm, 6.8 nm]}",
  };
  const Result result = {{7, 6, 5}, {6.5, 6.0, 6.75}, {0.02, -0.01, -0.015, 0.03, 0.02, 0.05}, 0.25, NULL};
  char path[4096];
  VmAtoms mine = {0}, alone = {0}, whole = {0};

  PetscFunctionBegin;
  PathOf("result.h5", path);
  PetscCall(WriteResult(PETSC_COMM_WORLD, path, &result));
  for (int c = 0; c < 4; ++c) {
    PetscCall(BuildFrom(PETSC_COMM_WORLD, cases[c], path, &mine));
    PetscCall(BuildFrom(PETSC_COMM_SELF, cases[c], path, &alone));
    const bool none[3] = {false, false, false};
    const double lo[3] = {-1e30, -1e30, -1e30}, hi[3] = {1e30, 1e30, 1e30};
    VmAtoms sorted = {0};
    PetscCall(Gather(&mine, &whole));
    PetscCall(VmAtomsExtract(PETSC_COMM_SELF, &alone, lo, hi, none, &sorted));
    ExpectSame(&whole, &sorted, cases[c]);
    double least;
    PetscCall(VmAtomsMinimumDistance(PETSC_COMM_WORLD, &mine, 0.3, &least));
    VmExpect(least >= (c == 0 ? 0.21 : 0.1999), "minimum distance %g", least);
    VmAtomsFree(&sorted);
  }
  VmAtomsFree(&mine);
  VmAtomsFree(&alone);
  VmAtomsFree(&whole);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms of the undeformed box by id, and their deformed places by theory: (I + eps) r0 + u(s), u the trilinear
 * interpolant of the sine, which is the product of the sampled factors because each component varies along one axis. */
static void ExpectedPlace(const Result *result, const double r0[3], const double length[3], double r[3])
{
  static const int voigt[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
  for (int c = 0; c < 3; ++c) {
    const int along = (c + 1) % 3;
    const double n = (double)result->n[along], place = r0[along] / length[along] * n - 0.5, i = floor(place);
    const double a = sin(2 * VM_PI * (i + 0.5) / n), b = sin(2 * VM_PI * (i + 1.5) / n);
    r[c] = r0[c] + result->amplitude * (a + (place - i) * (b - a));
    for (int d = 0; d < 3; ++d) r[c] += result->strain[voigt[c][d]] * r0[d];
  }
}

/* Without a foil nothing is rotated: every atom is at its expected place, up to lattice vectors. */
static PetscErrorCode Deformed(double amplitude)
{
  const Result result = {{8, 9, 10}, {3.2, 3.0, 3.4}, {0.02, -0.01, 0.015, 0.03, -0.02, 0.05}, amplitude, NULL};
  const char *yaml = "{structure: tile.xyz, relax: {steps: 0}}";
  const double length[3] = {3.2, 3.0, 3.4};
  char path[4096];
  VmAtoms before = {0}, after = {0}, a = {0}, b = {0};
  double worst = 0.0;

  PetscFunctionBegin;
  PathOf("sine.h5", path);
  PetscCall(WriteResult(PETSC_COMM_WORLD, path, &result));
  PetscCall(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, size: [3.2 nm, 3 nm, 3.4 nm], relax: {steps: 0}}", NULL,
                      &before));
  PetscCall(BuildFrom(PETSC_COMM_WORLD, yaml, path, &after));
  PetscCall(Gather(&before, &a));
  PetscCall(Gather(&after, &b));
  VmExpectInt(a.n, 8 * TILE);
  VmExpectInt(b.n, 8 * TILE);
  for (int d = 0; d < 3; ++d) {
    VmExpectNear(b.cell[d][d], length[d] * (1 + result.strain[d]), 1e-12);
    VmExpectNear(b.cell[d][(d + 1) % 3] / length[d], result.strain[d == 0 ? 5 : d == 1 ? 3 : 4], 1e-12);
  }
  for (int64_t i = 0; i < a.n && a.n == b.n; ++i) {
    const double r0[3] = {a.x[i], a.y[i], a.z[i]};
    double r[3], d[3];
    ExpectedPlace(&result, r0, length, r);
    for (int c = 0; c < 3; ++c) d[c] = (c == 0 ? b.x[i] : c == 1 ? b.y[i] : b.z[i]) - r[c];
    for (int axis = 2; axis >= 0; --axis) { /* remove lattice vectors: the shifts are -1, 0 or 1 along each */
      double best = 1e9, shift = 0;
      for (int m = -1; m <= 1; ++m) {
        double squared = 0.0;
        for (int c = 0; c < 3; ++c) squared += pow(d[c] - m * b.cell[axis][c], 2);
        if (squared < best) {
          best = squared;
          shift = m;
        }
      }
      for (int c = 0; c < 3; ++c) d[c] -= shift * b.cell[axis][c];
    }
    worst = fmax(worst, sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]));
  }
  VmExpect(worst < 1e-12, "an atom is %g nm from its place", worst);
  VmAtomsFree(&before);
  VmAtomsFree(&after);
  VmAtomsFree(&a);
  VmAtomsFree(&b);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms that follow the elastic strain: the same as in a body that has only that, without displacement; plastic strain
 * by itself moves none; without events all strain is elastic. */
static PetscErrorCode Elastic(void)
{
  static const double elastic[6] = {0.004, -0.002, 0.001, 0.003, -0.001, 0.005}, none[6] = {0};
  static const double plastic[6] = {0.03, -0.01, -0.02, 0.01, 0.02, 0.05};
  Result flowed = {{8, 9, 10}, {3.2, 3.0, 3.4}, {0}, 0.05, plastic}, purely = flowed, strained = flowed, rigid = flowed,
         eventless = flowed;
  const char *follow = "{structure: tile.xyz, strain: elastic, relax: {steps: 0}}",
             *whole = "{structure: tile.xyz, relax: {steps: 0}}";
  const struct {
    const Result *result, *same;
  } cases[] = {{&flowed, &strained}, {&purely, &rigid}, {&eventless, &eventless}};
  char path[4096];

  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) {
    flowed.strain[c] = elastic[c] + plastic[c], purely.strain[c] = plastic[c];
    strained.strain[c] = eventless.strain[c] = elastic[c], rigid.strain[c] = none[c];
  }
  strained.amplitude = rigid.amplitude = 0.0;
  strained.plastic = rigid.plastic = eventless.plastic = NULL;
  PathOf("elastic.h5", path);
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; ++k) {
    VmAtoms mine[2] = {{0}, {0}}, all[2] = {{0}, {0}};
    for (int side = 0; side < 2; ++side) {
      PetscCall(WriteResult(PETSC_COMM_WORLD, path, side ? cases[k].same : cases[k].result));
      PetscCall(BuildFrom(PETSC_COMM_WORLD, side ? whole : follow, path, &mine[side]));
      PetscCall(Gather(&mine[side], &all[side]));
    }
    VmExpectInt(all[0].n, all[1].n);
    for (int64_t i = 0; i < all[0].n && all[0].n == all[1].n; ++i)
      VmExpect(fabs(all[0].x[i] - all[1].x[i]) + fabs(all[0].y[i] - all[1].y[i]) + fabs(all[0].z[i] - all[1].z[i]) <
                   1e-12,
               "case %zu, atom %lld", k, (long long)i);
    for (int side = 0; side < 2; ++side) {
      VmAtomsFree(&mine[side]);
      VmAtomsFree(&all[side]);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A foil of a sheared box: flat, normal to z, periodic in x and y, its distances those of the strained lattice. */
static PetscErrorCode Foil(void)
{
  const Result result = {{4, 4, 4}, {3.2, 3.0, 3.4}, {0, 0, 0.01, 0.04, 0.05, 0.02}, 0.0, NULL};
  const double thickness = 2.0;
  char path[4096];
  VmAtoms mine = {0}, foil = {0}, box = {0}, all = {0};

  PetscFunctionBegin;
  PathOf("foil.h5", path);
  PetscCall(WriteResult(PETSC_COMM_WORLD, path, &result));
  PetscCall(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, tiling: layers, thickness: 2 nm, relax: {steps: 0}}",
                      path, &mine));
  PetscCall(Gather(&mine, &foil));
  PetscCall(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, tiling: layers, relax: {steps: 0}}", path, &mine));
  PetscCall(Gather(&mine, &box));
  VmExpect(foil.periodic[0] && foil.periodic[1] && !foil.periodic[2], "a foil is not periodic in z");
  VmExpect(foil.cell[0][2] == 0.0 && foil.cell[1][2] == 0.0, "the faces are normal to z");
  const double middle = 0.5 * foil.cell[2][2];
  for (int64_t i = 0; i < foil.n; ++i) VmExpect(fabs(foil.z[i] - middle) <= 0.5 * thickness, "atom outside the foil");
  const double part = (double)foil.n / (double)box.n;
  VmExpectNear(part, thickness / foil.cell[2][2], 4 * sqrt(part * (1 - part) / (double)box.n));
  int64_t compared = 0;
  for (int64_t i = 0; i < foil.n; ++i) { /* the rotation keeps lengths: compare with the box that was not rotated */
    for (int64_t j = 0; j < i; ++j) {
      int64_t bi = 0, bj = 0;
      if ((i + j) % 97) continue;
      while (box.id[bi] != foil.id[i]) ++bi;
      while (box.id[bj] != foil.id[j]) ++bj;
      const double a = hypot(hypot(foil.x[i] - foil.x[j], foil.y[i] - foil.y[j]), foil.z[i] - foil.z[j]);
      const double b = hypot(hypot(box.x[bi] - box.x[bj], box.y[bi] - box.y[bj]), box.z[bi] - box.z[bj]);
      VmExpectNear(a, b, 1e-12);
      ++compared;
    }
  }
  VmExpect(compared > 100, "only %lld pairs", (long long)compared);
  VmAtomsFree(&mine);
  VmAtomsFree(&foil);
  VmAtomsFree(&box);
  VmAtomsFree(&all);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Atoms outside flow units stay; those inside are displaced by the wanted variance and thinned by the wanted share. */
static PetscErrorCode FlowUnits(void)
{
  const Result result = {{8, 9, 10}, {4.8, 4.5, 5.1}, {0.02, -0.01, 0.015, 0.03, -0.02, 0.05}, 0.1, NULL};
  const double sigma = 0.012, vacancies = 0.1;
  char path[4096];
  VmAtoms mine = {0}, rest = {0}, plain = {0}, changed = {0};
  double square = 0.0, outside = 0.0;
  int64_t in_units = 0, missing = 0, at = 0, moved = 0;

  PetscFunctionBegin;
  PathOf("units.h5", path);
  PetscCall(WriteResult(PETSC_COMM_WORLD, path, &result));
  PetscCall(BuildFrom(
      PETSC_COMM_WORLD,
      "{structure: tile.xyz, tiling: copies, deform: false, size: [4.8 nm, 4.5 nm, 5.1 nm], relax: {steps: 0}}", path,
      &mine));
  PetscCall(Gather(&mine, &rest));
  PetscCall(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, tiling: copies, relax: {steps: 0}}", path, &mine));
  PetscCall(Gather(&mine, &plain));
  PetscCall(BuildFrom(
      PETSC_COMM_WORLD,
      "{structure: tile.xyz, tiling: copies, relax: {steps: 0}, flow_units: {displacement: 0.012 nm, vacancies: 0.1}}",
      path, &mine));
  PetscCall(Gather(&mine, &changed));
  for (int64_t i = 0; i < plain.n; ++i) {
    const bool unit =
        IsUnit((int64_t)(rest.x[i] / 4.8 * 8), (int64_t)(rest.y[i] / 4.5 * 9), (int64_t)(rest.z[i] / 5.1 * 10));
    in_units += unit;
    if (at == changed.n || changed.id[at] != plain.id[i]) {
      VmExpect(unit, "atom %lld is not in a flow unit and is missing", (long long)plain.id[i]);
      ++missing;
      continue;
    }
    const double d[3] = {changed.x[at] - plain.x[i], changed.y[at] - plain.y[i], changed.z[at] - plain.z[i]};
    ++at;
    if (fabs(d[0]) + fabs(d[1]) + fabs(d[2]) > 0.5) continue; /* wrapped into the cell at the other side */
    const double length = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    moved += unit;
    if (unit) square += length / 3.0;
    else outside = fmax(outside, length);
  }
  VmExpectInt(rest.n, plain.n);
  VmExpect(outside == 0.0, "an atom outside flow units is displaced by %g nm", sqrt(outside));
  VmExpect(in_units > 900, "only %lld atoms in flow units", (long long)in_units);
  VmExpectNear(sqrt(square / (double)moved) / sigma, 1.0, 4.0 / sqrt(6.0 * (double)moved));
  VmExpectNear((double)missing / (double)in_units, vacancies, 4.0 * sqrt(vacancies / (double)in_units));
  VmExpectInt(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, flow_units: {vacancies: 0.1}}", NULL, &mine),
              VM_ERR_INPUT);
  VmAtomsFree(&mine);
  VmAtomsFree(&rest);
  VmAtomsFree(&plain);
  VmAtomsFree(&changed);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Tiling(void)
{
  const Result far = {{4, 4, 4}, {3.2, 3.0, 3.55}, {0}, 0.0, NULL};
  VmAtoms atoms = {0};
  char path[4096];
  int64_t n;

  PetscFunctionBegin;
  PetscCall(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz}", NULL, &atoms));
  PetscCall(VmAtomsCount(PETSC_COMM_WORLD, &atoms, &n));
  VmExpectInt(n, TILE);
  PetscCall(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, tiling: layers, size: [3.25 nm, 4.4 nm, 1.7 nm]}", NULL,
                      &atoms));
  PetscCall(VmAtomsCount(PETSC_COMM_WORLD, &atoms, &n));
  VmExpectInt(n, 2 * 3 * TILE);
  VmExpectNear(atoms.cell[1][1], 4.5, 1e-12);
  PetscCall(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, thickness: 4 nm}", NULL, &atoms));
  VmExpectNear(atoms.cell[2][2], 3 * 1.7, 1e-12);
  VmExpectInt(
      BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, tiling: layers, size: [3.32 nm, 3 nm, 1.7 nm]}", NULL, &atoms),
      VM_ERR_INPUT);
  VmExpectInt(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, size: [0.5 nm, 3 nm, 1.7 nm]}", NULL, &atoms),
              VM_ERR_INPUT);
  VmExpectInt(
      BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, size: [1.6 nm, 3 nm, 1.7 nm], thickness: 2 nm}", NULL, &atoms),
      VM_ERR_INPUT);
  VmExpectInt(BuildFrom(PETSC_COMM_WORLD, "{structure: none.xyz}", NULL, &atoms), VM_ERR_INPUT);
  PathOf("far.h5", path);
  PetscCall(WriteResult(PETSC_COMM_WORLD, path, &far));
  VmExpectInt(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, tiling: layers}", path, &atoms), VM_ERR_INPUT);
  VmExpectInt(
      BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, tiling: layers, size: [3.2 nm, 3 nm, 3.4 nm]}", path, &atoms),
      VM_ERR_INPUT);
  VmExpectInt(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, deform: false}", path, &atoms), 0);
  VmExpectInt(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, clusters: [{symmetry: cubic, volume_fraction: 0.1}]}",
                        NULL, &atoms),
              VM_ERR_INPUT);
  VmExpectInt(BuildFrom(PETSC_COMM_WORLD, "{structure: tile.xyz, thicknes: 2 nm}", NULL, &atoms), VM_ERR_INPUT);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Distance under the periodicity of the tile. */
static double InTile(const VmAtoms *atoms, int64_t i, int64_t j)
{
  const double d[3] = {atoms->x[i] - atoms->x[j], atoms->y[i] - atoms->y[j], atoms->z[i] - atoms->z[j]};
  double squared = 0.0;
  for (int c = 0; c < 3; ++c) squared += pow(d[c] - tile_edge[c] * round(d[c] / tile_edge[c]), 2);
  return sqrt(squared);
}

/* A mosaic fills any box at the density of the tile, and holds pieces of it: the neighbours of an atom away from seams
 * are those of the tile. */
static PetscErrorCode Mosaic(void)
{
  const double box[3] = {5.03, 4.4, 6.1}, reach = 0.42;
  int64_t inside = 0, alike = 0;
  VmAtoms mine = {0}, all = {0}, tile = {0};
  char path[4096];

  PetscFunctionBegin;
  PathOf("tile.xyz", path);
  PetscCall(VmAtomsRead(PETSC_COMM_WORLD, path, &tile));
  PetscCall(BuildFrom(PETSC_COMM_WORLD,
                      "{structure: tile.xyz, size: [5.03 nm, 4.4 nm, 6.1 nm], block: 3 nm, relax: {steps: 0}}", NULL,
                      &mine));
  PetscCall(Gather(&mine, &all));
  VmExpectNear((double)all.n, TILE * box[0] * box[1] * box[2] / (tile_edge[0] * tile_edge[1] * tile_edge[2]), 0.51);
  for (int64_t i = 0; i < all.n; ++i) {
    int found = 0, wanted = 0;
    const int64_t t = all.id[i] % TILE;
    for (int64_t j = 0; j < all.n; ++j) {
      const double d[3] = {all.x[i] - all.x[j], all.y[i] - all.y[j], all.z[i] - all.z[j]};
      double squared = 0.0;
      for (int c = 0; c < 3; ++c) squared += pow(d[c] - box[c] * round(d[c] / box[c]), 2);
      found += squared < reach * reach;
    }
    for (int64_t j = 0; j < TILE; ++j) wanted += InTile(&tile, t, j) < reach;
    VmExpect(all.species[i] == tile.species[t], "species of atom %lld", (long long)i);
    alike += found == wanted;
    ++inside;
  }
  VmExpect((double)alike > 0.3 * (double)inside, "only %lld of %lld atoms have their neighbours", (long long)alike,
           (long long)inside);
  VmAtomsFree(&mine);
  VmAtomsFree(&all);
  VmAtomsFree(&tile);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every copy is the tile moved as a whole: not at all, or alike in a layer. */
static PetscErrorCode Copies(void)
{
  static const char *const cases[] = {
      "{structure: tile.xyz, size: [3.2 nm, 3 nm, 3.4 nm], tiling: copies}",
      "{structure: tile.xyz, size: [3.2 nm, 3 nm, 3.4 nm], tiling: layers, relax: {steps: 0}}",
  };
  VmAtoms mine = {0}, all = {0};

  PetscFunctionBegin;
  for (int tiling = 0; tiling < 2; ++tiling) {
    double change = 0.0, shift = 0.0, across = 0.0;
    PetscCall(BuildFrom(PETSC_COMM_WORLD, cases[tiling], NULL, &mine));
    PetscCall(Gather(&mine, &all));
    VmExpectInt(all.n, 8 * TILE);
    for (int64_t i = TILE; i < all.n; ++i) {
      const int64_t first = i - i % TILE, j = first + (i * 7 + 1) % TILE, layer = i / TILE % 2 * TILE + i % TILE;
      change = fmax(change, fabs(InTile(&all, i, j) - InTile(&all, i % TILE, j % TILE)));
      shift = fmax(shift, InTile(&all, i, i % TILE));
      across = fmax(across, InTile(&all, i, layer)); /* from the copy of the same layer at x = y = 0 */
      VmExpect(all.species[i] == all.species[i % TILE], "species of atom %lld", (long long)i);
    }
    VmExpect(change < 1e-12, "distances change by %g nm", change);
    VmExpect(tiling > 0 ? shift > 0.5 : shift < 1e-12, "copies are shifted by %g nm", shift);
    VmExpect(across < 1e-12, "copies of a layer are shifted by %g nm", across);
  }
  VmAtomsFree(&mine);
  VmAtomsFree(&all);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  char path[4096];

  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  PathOf("tile.xyz", path);
  if (rank == 0) PetscCall(WriteTile(path));
  MPI_Barrier(PETSC_COMM_WORLD);
  PetscCall(RankInvariance());
  PetscCall(Deformed(0.0));
  PetscCall(Deformed(0.3));
  PetscCall(Elastic());
  PetscCall(Foil());
  PetscCall(FlowUnits());
  PetscCall(Tiling());
  PetscCall(Copies());
  PetscCall(Mosaic());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
