/* L3. Building a glass: tile a melt-quenched glass, embed ordered clusters, deform by a mesoscale result, cut a foil.
 */
#ifndef VITROMECH_GLASS_H
#define VITROMECH_GLASS_H

#include <vitromech/atoms.h>
#include <vitromech/params.h>

/* Parameters of the `glass` block; vm_glass_table has the rows and their meaning (see analysis/atoms/glass.c). */
typedef struct VmGlassParams_s VmGlassParams;
extern const VmTable vm_glass_table;

/**
 * Builds the atoms of a glass.
 *
 * \param[in]  params     from vm_glass_table
 * \param[in]  seed       of the random placement and orientation of clusters
 * \param[in]  base       directory that relative paths in params start from ("" for the working directory)
 * \param[in]  result     mesoscale result.h5 (strain history, displacement of its last step), or NULL: not deformed
 * \param[out] atoms      the structure; the same atoms on any number of ranks
 * Prints what was built (tiles, mismatch, clusters placed, atoms removed, minimum distance). Collective.
 * Errors: VM_ERR_INPUT (missing file, mismatch above 3 %, clusters that do not fit).
 */
PetscErrorCode VmGlassBuild(MPI_Comm comm, const VmGlassParams *params, uint64_t seed, const char *base,
                            const char *result, VmAtoms *atoms);

/**
 * Finds before anything is computed what VmGlassBuild would refuse: reads the structure to its end, fits its tiles to
 * the wanted box, and the foil into the undeformed box.
 *
 * \param[in] mesoscale  [3] edges of the box of the run [nm], or NULL: there is none
 * VM_ERR_INPUT as from VmGlassBuild. Collective.
 */
PetscErrorCode VmGlassCheck(MPI_Comm comm, const VmGlassParams *params, const char *base, const double *mesoscale);

/** True if the block wants to be deformed by a mesoscale result. Not collective. */
bool VmGlassDeforms(const VmGlassParams *params);

/** Files a glass block refers to (for checks and checksums), paths relative to base resolved; NULL-terminated,
 * freed with VmGlassFilesFree. Not collective. */
PetscErrorCode VmGlassFiles(const VmGlassParams *params, const char *base, char ***paths);
void VmGlassFilesFree(char ***paths);

#endif
