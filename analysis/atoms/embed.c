/* Cluster atoms into a host. Each rank makes the atoms of all clusters near its part, keeps those inside it, and
 * removes its host atoms that overlap with any of them: no messages, the same structure on any number of ranks. */
#include "clusters.h"
#include "bins.h"
#include "cell.h"
#include <string.h>

enum { SWAP_DRAW = 8 }; /* of a cluster's counter: which B2 sublattice its centre lies on */

bool VmPartHolds(const VmPart *part, const double s[3])
{
  return s[0] >= part->lo && s[0] < part->hi && fabs(s[2] - 0.5) <= part->half_band;
}

/* The composition as a staircase over [0,1), majority first; B2: sublattice 0 takes the lower half, 1 the upper. */
static int PickSpecies(const VmComposition *composition, bool ordered, int sublattice, double u)
{
  bool used[VM_MAX_SPECIES] = {false};
  double sum = 0.0;
  int pick = 0;
  if (ordered) u = 0.5 * (u + sublattice);
  for (int step = 0; step < composition->n; ++step) {
    pick = -1;
    for (int s = 0; s < composition->n; ++s) {
      if (!used[s] && (pick < 0 || composition->fraction[s] > composition->fraction[pick])) pick = s;
    }
    used[pick] = true;
    sum += composition->fraction[pick];
    if (u < sum) break;
  }
  return pick;
}

static double Wrapped(double x, double length)
{
  x -= length * floor(x / length);
  return x < length ? x : 0.0;
}

/* Appends r and its periodic images within margin of the part (x) and of the box (y, z). */
static PetscErrorCode AppendImages(const VmOrderedClusters *clusters, const VmPart *part, double margin,
                                   const double r[3], int64_t id, VmAtoms *near)
{
  const double *length = clusters->length;
  const double lo[3] = {part->lo * length[0] - margin, -margin, -margin};
  const double hi[3] = {part->hi * length[0] + margin, length[1] + margin, length[2] + margin};
  int n[3];

  PetscFunctionBegin;
  for (n[0] = -1; n[0] <= 1; ++n[0]) {
    for (n[1] = -1; n[1] <= 1; ++n[1]) {
      for (n[2] = -1; n[2] <= 1; ++n[2]) {
        double image[3];
        bool inside = true;
        for (int d = 0; d < 3; ++d) {
          image[d] = r[d] + n[d] * length[d];
          inside = inside && image[d] >= lo[d] && image[d] <= hi[d];
        }
        if (inside) PetscCall(VmAtomsAppend(near, 0, image, id));
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool ReachesPart(const VmOrderedClusters *clusters, const VmPart *part, double margin, const VmCluster *cluster)
{
  const double reach = (fmax(cluster->radius, cluster->hole) + margin) / clusters->length[0],
               s = cluster->centre[0] / clusters->length[0];
  for (int n = -1; n <= 1; ++n) {
    if (s + n + reach >= part->lo && s + n - reach < part->hi) return true;
  }
  return false;
}

/* Atoms of one cluster: near gets all close to the part, with images; own those inside it. */
static PetscErrorCode MakeCluster(const VmOrderedClusters *clusters, int64_t c, const VmPart *part,
                                  const VmComposition *composition, double margin, int64_t first_id, VmAtoms *near,
                                  VmAtoms *own)
{
  const VmCluster *cluster = &clusters->cluster[c];
  const VmLattice *lattice = &clusters->lattice[cluster->kind];
  const uint64_t counter = (uint64_t)c << 24;
  const int swap = VmRngUniform(clusters->key, counter, SWAP_DRAW) < 0.5;
  double rotation[3][3];

  PetscFunctionBegin;
  VmRngRotation(clusters->key, counter, 0, rotation);
  for (int64_t i = 0; i < lattice->n; ++i) {
    double r[3], s[3];
    if (!VmInSphere(lattice->r[i], cluster->radius)) continue;
    for (int d = 0; d < 3; ++d) {
      r[d] = Wrapped(cluster->centre[d] + VmDot3(rotation[d], lattice->r[i]), clusters->length[d]);
      s[d] = r[d] / clusters->length[d];
    }
    PetscCall(AppendImages(clusters, part, margin, r, first_id + i, near));
    if (!VmPartHolds(part, s)) continue;
    const double u = VmRngUniform(clusters->key, counter + 1 + (uint64_t)i, 0);
    const int species = PickSpecies(composition, lattice->symmetry == VM_B2, lattice->sublattice[i] ^ swap, u);
    PetscCall(VmAtomsAppend(own, species, r, first_id + i));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool InsideHole(const VmOrderedClusters *clusters, const VmBins *centres, const VmAtoms *centre,
                       const double r[3])
{
  int64_t begin[9], end[9];
  VmBinsNear(centres, r, begin, end);
  for (int b = 0; b < 9; ++b) {
    for (int64_t j = begin[b]; j < end[b]; ++j) {
      const double *p = centres->r + 3 * j;
      const double radius = clusters->cluster[centre->id[centres->point[j]]].hole;
      const double d[3] = {p[0] - r[0], p[1] - r[1], p[2] - r[2]};
      if (VmDot3(d, d) <= radius * radius) return true;
    }
  }
  return false;
}

/* Drops overlapping host atoms, keeping the order of the rest. */
static PetscErrorCode RemoveOverlaps(const VmOrderedClusters *clusters, const VmAtoms *centre, const VmAtoms *near,
                                     double largest, double min_distance, VmAtoms *host)
{
  VmBins centres, sites;
  int64_t kept = 0;

  PetscFunctionBegin;
  PetscCall(VmBinsCreate(centre->n, centre->x, centre->y, centre->z, largest, &centres));
  PetscCall(VmBinsCreate(near->n, near->x, near->y, near->z, min_distance, &sites));
  for (int64_t i = 0; i < host->n; ++i) {
    const double r[3] = {host->x[i], host->y[i], host->z[i]};
    if (InsideHole(clusters, &centres, centre, r) || VmBinsAnyWithin(&sites, r, min_distance)) continue;
    host->x[kept] = r[0];
    host->y[kept] = r[1];
    host->z[kept] = r[2];
    host->species[kept] = host->species[i];
    host->id[kept++] = host->id[i];
  }
  host->n = kept;
  PetscCall(VmBinsDestroy(&centres));
  PetscCall(VmBinsDestroy(&sites));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmOrderedClustersEmbed(const VmOrderedClusters *clusters, const VmPart *part,
                                      const VmComposition *composition, double min_distance, int64_t first_id,
                                      VmAtoms *atoms, int64_t *removed, int64_t *added)
{
  VmAtoms centre = {0}, near = {0}, own = {0};
  int64_t stride = 0;
  double largest = 0.0;

  PetscFunctionBegin;
  for (int kind = 0; kind < clusters->kinds; ++kind) stride = PetscMax(stride, clusters->lattice[kind].n);
  for (int64_t c = 0; c < clusters->n; ++c) {
    const VmCluster *cluster = &clusters->cluster[c];
    largest = fmax(largest, cluster->hole);
    if (!ReachesPart(clusters, part, min_distance, cluster)) continue;
    PetscCall(AppendImages(clusters, part, cluster->hole, cluster->centre, c, &centre));
    PetscCall(MakeCluster(clusters, c, part, composition, min_distance, first_id + c * stride, &near, &own));
  }
  const int64_t before = atoms->n;
  if (clusters->n > 0) PetscCall(RemoveOverlaps(clusters, &centre, &near, largest, min_distance, atoms));
  *removed = before - atoms->n;
  *added = own.n;
  PetscCall(VmAtomsReserve(atoms, atoms->n + own.n));
  for (int64_t i = 0; i < own.n; ++i) {
    const double r[3] = {own.x[i], own.y[i], own.z[i]};
    PetscCall(VmAtomsAppend(atoms, own.species[i], r, own.id[i]));
  }
  VmAtomsFree(&centre);
  VmAtomsFree(&near);
  VmAtomsFree(&own);
  PetscFunctionReturn(PETSC_SUCCESS);
}
