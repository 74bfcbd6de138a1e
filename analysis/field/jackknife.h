/* Standard errors of anything measured on a map: blocks of the map are left out in turn. */
#ifndef VM_FIELD_JACKKNIFE_H
#define VM_FIELD_JACKKNIFE_H

#include <vitromech/map.h>

/* Values [nvalue] of a map of which some points may be NAN. */
typedef PetscErrorCode (*VmMapValues)(const void *context, const VmMap *map, double *values);

/**
 * Block jackknife over 4 x 4 blocks of a map, 2 x 2 x 2 of a field.
 *
 * \param[out] errors  [nvalue]; NAN where a value is not finite for some block left out
 * Not collective. Source: Künsch, Ann. Statist. 17 (1989) 1217.
 */
PetscErrorCode VmJackknife(const VmMap *map, int nvalue, VmMapValues function, const void *context, double *errors);

/** Points with a value. Values that grow with the map (numbers of clusters) are given for VmMapSize points of which as
 * many are valid as in the rest of the map: n * VmMapSize/VmMapValid. Not collective. */
int64_t VmMapValid(const VmMap *map);

/** Adds a number of clusters as an integer, and its standard error. Not collective. */
PetscErrorCode VmStatResultCount(VmStatResult result, const char *name, int64_t count, double error,
                                 const char *long_name);

/** Block of point i, of VmJackknifeBlocks. Not collective. */
int VmJackknifeBlock(const VmMap *map, int64_t i);
int VmJackknifeBlocks(const VmMap *map);

#endif
