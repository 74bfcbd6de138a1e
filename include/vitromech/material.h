/* L3. Material laws: stress of a batch of points from their strain, and what becomes of the work done on them. */
#ifndef VITROMECH_MATERIAL_H
#define VITROMECH_MATERIAL_H

#include <vitromech/params.h>
#include <vitromech/rng.h>
#include <complex.h>

/* A batch of np points, structure of arrays, Mandel components (xx, yy, zz, sqrt2 yz, sqrt2 xz, sqrt2 xy). */
typedef struct {
  int64_t np;
  double dt, temperature;           /* s; K, mean over the step */
  const double *const *last_strain; /* [6][np] at the start of the step; NULL: never strained */
  const double *const *strain;      /* [6][np] at the end of the step; linear in time between */
  double *const *stress;            /* [6][np] GPa */
  double *const *state;             /* [nstate][np], updated; all 0 in a glass that was never strained */
  const double *const *factor;      /* [nvary][np] for the parameters named in `vary`; NULL, or a NULL entry: 1 */
} VmPoints;

typedef enum {
  VM_STEP_OK,
  VM_STEP_CUT, /* recoverable: nothing was changed, try a smaller step */
  VM_STEP_FAIL
} VmStepStatus;

typedef struct {
  VmPluginHead head;
  int nstate;
  const char *const *state_names;
  const char *const *vary; /* NULL-terminated names of the parameters that may vary from point to point */
  bool linear;             /* the tangent is isotropic and does not depend on strain or state */
  /** Stress, and state, after a step dt. A step of no time and no strain answers with the stress at its start and
   * changes no state. Not collective. */
  VmStepStatus (*update)(const void *params, const VmPoints *points);
  /** d stress/d strain at the end of the step, symmetric, [36][np] row by row [GPa]; the states are those before the
   * step and are left alone. Not collective. */
  PetscErrorCode (*tangent)(const void *params, const VmPoints *points, double *const *tangent);
  /** Energies per volume [GPa], [np] each: work of the stress in the step and what of it is dissipated, both integrated
   * along the linear strain path, and the energy stored at its end. The states are those before the step and are left
   * alone. Not collective. */
  PetscErrorCode (*energy)(const void *params, const VmPoints *points, double *work, double *stored,
                           double *dissipated);
  /** Complex shear and bulk modulus at small strain and angular frequency omega [1/s], [np] each [GPa]; reads np,
   * temperature and factor of points. Not collective. */
  PetscErrorCode (*harmonic)(const void *params, double omega, const VmPoints *points, double complex *shear,
                             double complex *bulk);
  /** Shear and bulk modulus for an instantaneous step from small strain [GPa], [np] each; reads np, factor and state
   * (NULL: never strained) of points. Not collective. */
  void (*moduli)(const void *params, const VmPoints *points, double *shear, double *bulk);
} VmMaterialOps;

extern const VmPluginKind vm_material_kind; /* selector "law" */

/* Keys of every material. The strain handed to a law is the total strain less thermal_expansion (T - T_start) times the
 * unit tensor. */
typedef struct {
  double thermal_expansion; /* 1/K, linear */
} VmMaterialCommon;

extern const VmTable vm_material_common;

#endif
