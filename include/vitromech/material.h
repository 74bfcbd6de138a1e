/* L3. Material laws: stress of a batch of points from their strain. */
#ifndef VITROMECH_MATERIAL_H
#define VITROMECH_MATERIAL_H

#include <vitromech/params.h>
#include <vitromech/rng.h>
#include <complex.h>

/* A batch of np points, structure of arrays, Mandel components (xx, yy, zz, sqrt2 yz, sqrt2 xz, sqrt2 xy). */
typedef struct {
  int64_t np;
  double dt, temperature;      /* s, K */
  const double *const *strain; /* [6][np] at the end of the step */
  double *const *stress;       /* [6][np] GPa */
  double *const *state;        /* [nstate][np], updated; all 0 in a glass that was never strained */
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
  /** Stress, and state, after a step dt. Not collective. */
  VmStepStatus (*update)(const void *params, const VmPoints *points);
  /** d stress/d strain at the end of the step, [36][np] row by row [GPa]; the states are those before the step and are
   * left alone. Not collective. */
  PetscErrorCode (*tangent)(const void *params, const VmPoints *points, double *const *tangent);
  /** Complex moduli at angular frequency omega [1/s] and temperature [K], [36] row by row [GPa]. Not collective. */
  PetscErrorCode (*harmonic)(const void *params, double omega, double temperature, double complex *moduli);
  /** Shear and bulk modulus for an instantaneous step [GPa]. Not collective. */
  void (*moduli)(const void *params, double *shear, double *bulk);
} VmMaterialOps;

extern const VmPluginKind vm_material_kind; /* selector "law" */

#endif
