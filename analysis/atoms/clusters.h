/* Ordered clusters: where they lie, and their embedding into a host. */
#ifndef VM_ATOMS_CLUSTERS_H
#define VM_ATOMS_CLUSTERS_H

#include "lattice.h"
#include <vitromech/params.h>
#include <vitromech/rng.h>

typedef struct {
  int symmetry; /* VmSymmetry */
  double diameter, volume_fraction, gap, spread;
} VmClusterParams;

extern const VmTable vm_cluster_table;

typedef struct {
  double centre[3]; /* nm, in [0, length) */
  double radius;
  double hole; /* radius within which host atoms are removed [nm]; radius unless set otherwise before embedding */
  int kind;    /* entry of the list */
  int64_t atoms;
} VmCluster;

typedef struct {
  int64_t n;
  VmCluster *cluster; /* [n], the same on all ranks; the index numbers random draws and atoms */
  int kinds;
  VmLattice *lattice; /* [kinds] */
  int64_t *of_kind;   /* [kinds] number of clusters */
  double length[3];   /* rectangular periodic box [nm] */
  VmRngKey key;
} VmOrderedClusters;

/**
 * Random centres in a rectangular periodic box, spheres at least `gap` apart (the larger gap of the two), one after
 * another in the order of the list, large ones of an entry first. Diameters are log-normal about the given median, cut
 * at three standard deviations; as many are drawn as come nearest to the volume fraction.
 *
 * \param[in] list         of VmClusterParams
 * \param[in] peak         1/nm, place of the first strong reflection of each lattice
 * \param[in] composition  of the host, and of the clusters
 * The same on any number of ranks. VM_ERR_INPUT if they do not fit. Collective.
 */
PetscErrorCode VmOrderedClustersPlace(MPI_Comm comm, const VmList *list, const double length[3], uint64_t seed,
                                      double peak, const VmComposition *composition, VmOrderedClusters *clusters);
PetscErrorCode VmOrderedClustersDestroy(VmOrderedClusters *clusters);

/* The part of the box a rank builds, in fractional coordinates: lo <= s_x < hi and |s_z - 1/2| <= half_band. */
typedef struct {
  double lo, hi, half_band;
} VmPart;

bool VmPartHolds(const VmPart *part, const double s[3]);

/**
 * Removes host atoms inside a hole or closer than min_distance [nm] to a cluster atom, then adds the cluster atoms.
 *
 * \param[in,out] atoms     this rank's part of the host, positions in [0, length); species as in composition
 * \param[in]     first_id  id of the first site of the first cluster
 * \param[out]    removed, added  of this rank
 * Not collective.
 */
PetscErrorCode VmOrderedClustersEmbed(const VmOrderedClusters *clusters, const VmPart *part,
                                      const VmComposition *composition, double min_distance, int64_t first_id,
                                      VmAtoms *atoms, int64_t *removed, int64_t *added);

#endif
