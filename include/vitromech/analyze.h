/* L3. Running a list of statistics on a cube in one pass, and on maps and fields. Results go to /statistics of a file.
 */
#ifndef VITROMECH_ANALYZE_H
#define VITROMECH_ANALYZE_H

#include <vitromech/atoms.h>
#include <vitromech/cube.h>
#include <vitromech/log.h>
#include <vitromech/params.h>

/* All statistics, of cubes (analysis/stat), of maps and fields (analysis/field) and of atoms (analysis/atomstat);
 * selector "statistic". */
extern const VmPluginKind vm_statistic_kind;

/* Common keys of every analysis entry: `name` (of the group under /statistics; default the statistic's own), `of` (map
 * statistics: which map or field; cube statistics need none). */
extern const VmTable vm_statistic_common_table;

/** What a statistic reads: a cube, atoms, or a map or field. Not collective. */
bool VmStatisticReadsCube(const VmPluginHead *statistic);
bool VmStatisticReadsAtoms(const VmPluginHead *statistic);
bool VmStatisticReadsMap(const VmPluginHead *statistic);

/**
 * Runs the cube statistics of a list over a cube in one pass, then its map statistics whose `of` names a map made by
 * them, and writes /statistics/<name>/... into an open file.
 *
 * \param[in] list    items from a VM_PLUGINS row of vm_statistic_kind with vm_statistic_common_table
 * \param[in] memory  [bytes] that a rank may have resident; 0: no limit. What needs more is refused before the pass.
 * Collective.
 */
PetscErrorCode VmAnalyzeCube(MPI_Comm comm, VmCube cube, const VmList *list, int64_t memory, VmH5 out,
                             VmProgress progress);

/**
 * Runs the map statistics of a list whose `of` names a field of /fields/<last step> of a mesoscale result (six
 * components: von Mises equivalent value), and writes /statistics/<name>/... into `out` (may be the same open file).
 * Entries that name no field of the result are skipped (they belong to the cube). Collective.
 */
PetscErrorCode VmAnalyzeResult(MPI_Comm comm, VmH5 result, const VmList *list, VmH5 out);

/* Maps of one sample from outside, on one grid; values on rank 0. */
typedef struct VmMaps_s *VmMaps;

/** The one image of a file (any cube format), named "image"; scan_pitch of the cube is its pixel. Collective. */
PetscErrorCode VmMapsFromImage(MPI_Comm comm, VmCube cube, VmMaps *maps);

/**
 * Columns of a table of comma-separated values with a header; its columns x and y say where each row lies on a grid, y
 * along the first axis. Empty cells and missing places are left out.
 *
 * \param[in] text   the file, on all ranks
 * \param[in] pitch  step of the grid [nm]; 0: unknown, lengths are in pixels
 * Errors: VM_ERR_INPUT with the line. Collective.
 */
PetscErrorCode VmMapsFromTable(MPI_Comm comm, const char *path, const char *text, double pitch, VmMaps *maps);
PetscErrorCode VmMapsDestroy(VmMaps *maps);

/** Runs the map statistics of a list, `of` and `with` naming maps, and writes /statistics/<name>/... Collective. */
PetscErrorCode VmAnalyzeMaps(MPI_Comm comm, VmMaps maps, const VmList *list, VmH5 out);

/** Reads a file of atoms, runs the statistics of a list that read atoms on it and writes /atoms (what they are) and
 * /statistics/<name>/... Other entries are skipped. The same bits on any number of ranks. Collective. */
PetscErrorCode VmAnalyzeAtoms(MPI_Comm comm, const char *path, const VmAtomsHints *hints, const VmList *list, VmH5 out);

#endif
