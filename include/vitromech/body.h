/* L4. A heterogeneous body of any material laws in a periodic box, advanced in time (docs/theory/equilibrium.md). */
#ifndef VITROMECH_BODY_H
#define VITROMECH_BODY_H

#include <vitromech/equilibrium.h>
#include <vitromech/h5.h>
#include <vitromech/material.h>

/* What a heterogeneous body is made of. */
typedef struct {
  int phases;
  const VmPlugin *material;    /* [phases] laws (VmMaterialOps), their params and common keys (NULL: the defaults) */
  const uint8_t *phase;        /* [np] below `phases`; NULL: all 0 */
  int variations;              /* fields of factors */
  const char *const *varied;   /* [variations] the parameter each multiplies, in every phase whose law has it in `vary`,
                                  or   "thermal_expansion", in every phase */
  const double *const *factor; /* [variations][np] positive */
} VmComposition;

typedef struct VmBody_s *VmBody;

typedef struct {
  VmEquilibriumOptions linear;
  double tolerance; /* of Newton's method: residual relative to that of uniform strain, as for `linear` */
  int max_newton;   /* iterations after which a step is too long */
} VmBodyOptions;

/** Defaults of the linear solver, tolerance 1e-6, 20 Newton iterations. Not collective. */
void VmBodyOptionsInit(VmBodyOptions *options);

/**
 * A body at rest: no strain, no stress at a temperature [K].
 *
 * \param[in] grid         borrowed
 * \param[in] composition  copied; params of the materials are borrowed
 * A name in `varied` that no law knows, a factor that is not positive or a phase out of range: VM_ERR_INPUT.
 * Collective.
 */
PetscErrorCode VmBodyCreate(VmGrid grid, const VmComposition *composition, const VmBodyOptions *options,
                            double temperature, VmBody *body);
PetscErrorCode VmBodyDestroy(VmBody *body);

typedef enum {
  VM_BODY_OK,
  VM_BODY_CUT,     /* a law or Newton's method wants a smaller step, of time or of load; nothing was changed */
  VM_BODY_DIVERGED /* no step will do: a law cannot answer, or the solver of a linear body fails; nothing was changed */
} VmBodyStatus;

typedef struct {
  VmBodyStatus status;
  char message[200];                     /* why it is not OK; "" if it is */
  int newton, krylov;                    /* iterations, these of all linear solves together */
  const double *residual;                /* [newton + 1] relative, valid until the next step */
  double mean_strain[6], mean_stress[6]; /* tensor components; GPa */
  double macroscopic_work;               /* trapezoid of mean stress and strain in this step, per volume [GPa] */
  double work, stored, dissipated; /* volume means [GPa]: work of the local stress and dissipation in this step, energy
                                      stored at its end */
} VmBodyStep;

/**
 * Advances by dt [s]; the load (mean strain or stress by component, at the end of the step) and the temperature [K]
 * are reached linearly in time. dt = 0 is an instantaneous step.
 *
 * Same bits on any number of ranks with VM_KRYLOV_CG. Collective.
 */
PetscErrorCode VmBodyAdvance(VmBody body, const VmMacroLoad *load, double dt, double temperature, VmBodyStep *step);

/** Voxel averages: total strain [6][np], stress [6][np] GPa, tensor components; either may be NULL. Collective. */
PetscErrorCode VmBodyFields(VmBody body, double *strain, double *stress);

/** Periodic displacement [3][np] nm at the lowest corner of each voxel (zero mean; without mean strain times x).
 * Not collective. */
PetscErrorCode VmBodyDisplacement(VmBody body, double *displacement);

/** Volume mean, and voxel averages [np] if field is not NULL, of a named state of the laws, e.g. "grown_fraction";
 * voxels whose law lacks it count 0. Collective. */
PetscErrorCode VmBodyState(VmBody body, const char *name, double *mean, double *field);

/** Writes to or reads from an open checkpoint all that a restart of the same body needs, under /body. Collective. */
PetscErrorCode VmBodyCheckpoint(VmBody body, VmH5 file, bool save);

/** Bytes of the body per rank, its solver included. Not collective. */
int64_t VmBodyBytes(VmBody body);

#endif
