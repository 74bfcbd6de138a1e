/* ranks: 1 2 3 4; timeout: 120; links: vm_analysis */
#include "vm_test.h"
#include "analysis/atoms/clusters.h"
#include "analysis/atoms/overlap.h"

static const VmComposition alloy = {.n = 2, .number = {29, 40}, .fraction = {0.65, 0.35}};
static const double length[3] = {9.0, 8.0, 10.0}, peak = 4.39, min_distance = 0.2;
static int rank, size;

static double Periodic(const double a[3], const double b[3])
{
  double squared = 0.0;
  for (int d = 0; d < 3; ++d) {
    double x = a[d] - b[d];
    x -= length[d] * round(x / length[d]);
    squared += x * x;
  }
  return sqrt(squared);
}

/* A cubic host grid of spacing 0.5 nm, each rank its slab. */
static PetscErrorCode Host(const VmPart *part, VmAtoms *atoms)
{
  int64_t id = 0;

  PetscFunctionBegin;
  *atoms = (VmAtoms){0};
  VmAtomsSpecies(atoms, 29);
  VmAtomsSpecies(atoms, 40);
  for (int d = 0; d < 3; ++d) {
    atoms->cell[d][d] = length[d];
    atoms->periodic[d] = true;
  }
  for (double x = 0.25; x < length[0]; x += 0.5) {
    for (double y = 0.25; y < length[1]; y += 0.5) {
      for (double z = 0.25; z < length[2]; z += 0.5, ++id) {
        const double r[3] = {x, y, z}, s[3] = {x / length[0], y / length[1], z / length[2]};
        if (VmPartHolds(part, s)) PetscCall(VmAtomsAppend(atoms, (int)(id % 2), r, id));
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void CheckPlaces(const VmOrderedClusters *clusters, const VmClusterParams *items)
{
  int64_t wanted[2];
  for (int kind = 0; kind < 2; ++kind) {
    const double sphere = VM_PI / 6 * pow(items[kind].diameter, 3);
    wanted[kind] = llround(items[kind].volume_fraction * length[0] * length[1] * length[2] / sphere);
    VmExpectInt(clusters->of_kind[kind], wanted[kind]);
  }
  VmExpectInt(clusters->n, wanted[0] + wanted[1]);
  for (int64_t i = 0; i < clusters->n; ++i) {
    for (int64_t j = 0; j < i; ++j) {
      const VmCluster *a = &clusters->cluster[i], *b = &clusters->cluster[j];
      const double gap = fmax(items[a->kind].gap, items[b->kind].gap);
      VmExpect(Periodic(a->centre, b->centre) >= a->radius + b->radius + gap - 1e-12, "clusters %d and %d", (int)i,
               (int)j);
    }
  }
}

/* No host atom inside a sphere, none near a cluster atom, and none missing elsewhere: against all pairs. */
static PetscErrorCode CheckEmbedding(const VmOrderedClusters *clusters, const VmAtoms *host, const VmAtoms *whole)
{
  enum { FIRST_CLUSTER_ID = 1000000 };
  int64_t clusters_atoms = 0, wanted = 0, kept = 0, wanted_kept = 0, at = 0;

  PetscFunctionBegin;
  for (int64_t c = 0; c < clusters->n; ++c) wanted += clusters->lattice[clusters->cluster[c].kind].n;
  for (int64_t i = 0; i < whole->n; ++i) clusters_atoms += whole->id[i] >= FIRST_CLUSTER_ID;
  VmExpectInt(clusters_atoms, wanted);
  for (int64_t h = 0; h < host->n; ++h) {
    const double r[3] = {host->x[h], host->y[h], host->z[h]};
    bool free = true;
    for (int64_t c = 0; c < clusters->n && free; ++c) {
      free = Periodic(r, clusters->cluster[c].centre) > clusters->cluster[c].radius;
    }
    for (int64_t i = whole->n - 1; i >= 0 && free && whole->id[i] >= FIRST_CLUSTER_ID; --i) {
      const double p[3] = {whole->x[i], whole->y[i], whole->z[i]};
      free = Periodic(r, p) >= min_distance;
    }
    wanted_kept += free;
    while (at < whole->n && whole->id[at] < host->id[h]) ++at;
    const bool there = at < whole->n && whole->id[at] == host->id[h];
    kept += there;
    VmExpect(there == free, "host atom %lld", (long long)host->id[h]);
  }
  VmExpectInt(kept, wanted_kept);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fractions of species in all clusters are the host's within four standard deviations. */
static void CheckComposition(const VmAtoms *whole)
{
  double n = 0, copper = 0;
  for (int64_t i = 0; i < whole->n; ++i) {
    if (whole->id[i] < 1000000) continue;
    n += 1;
    copper += whole->number[whole->species[i]] == 29;
  }
  VmExpectNear(copper / n, alloy.fraction[0], 4 * sqrt(alloy.fraction[0] * alloy.fraction[1] / n));
}

static PetscErrorCode Embed(void)
{
  VmClusterParams items[2] = {{VM_FCC, 1.3, 0.10, 0.1, 0.0}, {VM_ICOSAHEDRAL, 0.9, 0.02, 0.0, 0.0}};
  const VmList list = {2, items};
  const bool none[3] = {false, false, false};
  const double lo[3] = {-1e30, -1e30, -1e30}, hi[3] = {1e30, 1e30, 1e30};
  const VmPart part = {(double)rank / size, (double)(rank + 1) / size, 1.0}, all = {0.0, 1.0, 1.0};
  VmOrderedClusters clusters;
  VmAtoms mine, host, alone, whole = {0};
  int64_t count[2], together[2];

  PetscFunctionBegin;
  PetscCall(VmOrderedClustersPlace(PETSC_COMM_WORLD, &list, length, 3, peak, &alloy, &clusters));
  if (rank == 0) CheckPlaces(&clusters, items);
  PetscCall(Host(&part, &mine));
  PetscCall(Host(&all, &host));
  PetscCall(Host(&all, &alone));
  PetscCall(VmOrderedClustersEmbed(&clusters, &part, &alloy, min_distance, 1000000, &mine, &together[0], &together[1]));
  PetscCall(VmOrderedClustersEmbed(&clusters, &all, &alloy, min_distance, 1000000, &alone, &count[0], &count[1]));
  MPI_Allreduce(MPI_IN_PLACE, together, 2, MPI_INT64_T, MPI_SUM, PETSC_COMM_WORLD);
  VmExpectInt(together[0], count[0]);
  VmExpectInt(together[1], count[1]);
  VmExpectInt(host.n - count[0] + count[1], alone.n);
  PetscCall(VmAtomsExtract(PETSC_COMM_WORLD, &mine, lo, hi, none, &whole));
  VmExpectInt(whole.n, alone.n);
  for (int64_t i = 0; i < whole.n && whole.n == alone.n; ++i) {
    VmExpect(whole.id[i] == alone.id[i] && whole.x[i] == alone.x[i] && whole.y[i] == alone.y[i] &&
                 whole.z[i] == alone.z[i] && whole.species[i] == alone.species[i],
             "atom %lld depends on the number of ranks", (long long)i);
  }
  if (rank == 0) PetscCall(CheckEmbedding(&clusters, &host, &whole));
  CheckComposition(&whole);
  double least;
  PetscCall(VmAtomsMinimumDistance(PETSC_COMM_WORLD, &mine, 0.4, &least));
  VmExpect(least >= min_distance, "minimum distance %g", least);
  PetscCall(VmOrderedClustersDestroy(&clusters));
  VmAtomsFree(&mine);
  VmAtomsFree(&host);
  VmAtomsFree(&alone);
  VmAtomsFree(&whole);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In B2 every atom of the minority (35 %) is on the second sublattice, and that one holds 15/50 of the majority. */
static PetscErrorCode Order(void)
{
  VmClusterParams item = {VM_B2, 4.0, 0.046, 0.0, 0.0};
  const VmList list = {1, &item};
  const VmPart all = {0.0, 1.0, 1.0};
  VmOrderedClusters clusters;
  VmAtoms atoms = {0};
  int64_t count[2], minority = 0, close = 0;

  PetscFunctionBegin;
  VmAtomsSpecies(&atoms, 29);
  VmAtomsSpecies(&atoms, 40);
  PetscCall(VmOrderedClustersPlace(PETSC_COMM_SELF, &list, length, 5, peak, &alloy, &clusters));
  VmExpectInt(clusters.n, 1);
  PetscCall(VmOrderedClustersEmbed(&clusters, &all, &alloy, min_distance, 0, &atoms, &count[0], &count[1]));
  for (int64_t i = 0; i < atoms.n; ++i) {
    if (atoms.species[i] != 1) continue;
    ++minority;
    for (int64_t j = 0; j < atoms.n; ++j) {
      const double a[3] = {atoms.x[i], atoms.y[i], atoms.z[i]}, b[3] = {atoms.x[j], atoms.y[j], atoms.z[j]};
      close += atoms.species[j] == 1 && j != i && Periodic(a, b) < 0.95 * clusters.lattice[0].constant;
    }
  }
  VmExpectInt(close, 0); /* nearest neighbours lie on the other sublattice, at 0.866 a */
  VmExpectNear((double)minority / (double)atoms.n, 0.35, 0.04);
  PetscCall(VmOrderedClustersDestroy(&clusters));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All symmetries, with log-normal diameters: mean and deviation of the logarithm, volume fraction, atoms of each. */
static PetscErrorCode Distribution(void)
{
  static const VmSymmetry symmetry[] = {VM_FCC, VM_HCP, VM_BCC, VM_B2, VM_ICOSAHEDRAL};
  const double box[3] = {30.0, 30.0, 30.0}, spread = 0.2, median = 1.2, fraction = 0.05;
  const VmPart all = {0.0, 1.0, 1.0};

  PetscFunctionBegin;
  for (int s = 0; s < 5; ++s) {
    VmClusterParams item = {symmetry[s], median, fraction, 0.1, spread};
    const VmList list = {1, &item};
    VmOrderedClusters clusters;
    VmAtoms atoms = {0};
    double mean = 0.0, square = 0.0, volume = 0.0;
    int64_t count[2], members = 0;
    VmAtomsSpecies(&atoms, 29);
    VmAtomsSpecies(&atoms, 40);
    PetscCall(VmOrderedClustersPlace(PETSC_COMM_SELF, &list, box, 5, peak, &alloy, &clusters));
    const double n = (double)clusters.n;
    for (int64_t c = 0; c < clusters.n; ++c) {
      const double x = log(2.0 * clusters.cluster[c].radius / median);
      mean += x / n;
      square += x * x / n;
      volume += VM_PI / 6.0 * pow(2.0 * clusters.cluster[c].radius, 3);
      members += clusters.cluster[c].atoms;
    }
    VmExpectNear(mean, 0.0, 4.0 * spread / sqrt(n));
    VmExpectNear(sqrt(square - mean * mean) / spread, 1.0, 4.0 / sqrt(2.0 * n));
    VmExpectNear(volume / (box[0] * box[1] * box[2]), fraction, 4.0 / (box[0] * box[1] * box[2]));
    PetscCall(VmOrderedClustersEmbed(&clusters, &all, &alloy, min_distance, 0, &atoms, &count[0], &count[1]));
    VmExpectInt(atoms.n, members);
    PetscCall(VmOrderedClustersDestroy(&clusters));
    VmAtomsFree(&atoms);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TooMany(void)
{
  VmClusterParams crowded = {VM_FCC, 1.3, 0.45, 0.0, 0.0}, big = {VM_FCC, 8.5, 0.1, 0.0, 0.0};
  const VmList crowd = {1, &crowded}, giant = {1, &big};
  VmOrderedClusters clusters;

  PetscFunctionBegin;
  VmExpectInt(VmOrderedClustersPlace(PETSC_COMM_WORLD, &crowd, length, 3, peak, &alloy, &clusters), VM_ERR_INPUT);
  VmExpectInt(VmOrderedClustersPlace(PETSC_COMM_WORLD, &giant, length, 3, peak, &alloy, &clusters), VM_ERR_INPUT);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  PetscCall(Embed());
  PetscCall(Order());
  PetscCall(Distribution());
  PetscCall(TooMany());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
