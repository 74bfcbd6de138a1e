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

/** Block of point i, of VmJackknifeBlocks. Not collective. */
int VmJackknifeBlock(const VmMap *map, int64_t i);
int VmJackknifeBlocks(const VmMap *map);

#endif
