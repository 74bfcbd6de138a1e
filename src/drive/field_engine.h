/* What the parts of the engine of runs without `kinetics` share. */
#ifndef VM_FIELD_ENGINE_H
#define VM_FIELD_ENGINE_H

#include "sim_private.h"

typedef struct {
  VmMedia media;
  VmBody body;
  double start_temperature;
  double last_step;                                  /* s, 0 after a corner of the loading */
  double work, dissipated, stored, macroscopic_work; /* GPa, sums since the start; stored: at present */
  int64_t newton, krylov;
} VmField;

/** The fields it can write: VmEngineOps.field. Collective. */
PetscErrorCode VmFieldByName(VmSim sim, const char *name, double *room, int *ncomp, VmMeta *meta);

#endif
