/* What the parts of the time stepper share. */
#ifndef VM_BODY_PRIVATE_H
#define VM_BODY_PRIVATE_H

#include "element_points.h"
#include <vitromech/body.h>

/* One of the materials. */
typedef struct {
  const VmMaterialOps *ops;
  const void *params;
  double expansion;      /* 1/K */
  int nvary;             /* parameters that may vary */
  const double **factor; /* [nvary] fields [np] of the body, or NULL */
} VmPhase;

enum { VM_SYMMETRIC = 21 }; /* components of a symmetric 6x6 matrix, (a, b) with a <= b row by row */

/* Room for the points of one row of voxels: of the whole row, and of those of one phase, the batch. */
typedef struct {
  int64_t most;              /* points of a row */
  double *strain, *stress;   /* [6][most] of the whole row, Mandel; total strain */
  int64_t *in_row, *in_body; /* [most] where the points of the batch are, in the row and in the body's fields */
  double *last[6], *now[6], *answer[6]; /* batch: strain without thermal strain, stress */
  double **state, **factor;             /* [nstate], [most nvary] rows of the batch */
  double *tangent[36], *energy[3];
  const double **given; /* [most nvary] entries of `factor`, or NULL */
  double *room;         /* all of the above */
} VmRowRoom;

/* Fields at the integration points are [ncomp][points][np]. */
struct VmBody_s {
  VmGrid grid;
  VmEquilibrium e; /* its elements and solver; e->solution.u, e->strain are the body's displacement and mean strain */
  VmBodyOptions options;
  int phases, variations, nstate, points;
  bool linear; /* all laws are */
  VmPhase *phase;
  uint8_t *phase_of;          /* [np] or NULL */
  double *factor;             /* [variations][np] */
  const double *expanding;    /* factor of the thermal expansion, or NULL */
  double *strain;             /* [6][points][np] total, Mandel, at the start of the step */
  double *state;              /* [nstate][points][np] */
  double *tangent;            /* [VM_SYMMETRIC][points][np] of the last linearisation; NULL if linear */
  double *shear, *bulk;       /* [np] isotropic part of the tangent */
  double *last_u, *base_u;    /* [3][np] displacement at the start of the step, of the Newton iteration */
  double start_temperature;   /* without thermal strain */
  double temperature;         /* at the start of the step */
  double stress[6];           /* mean, at the start of the step */
  double medium[2];           /* dt and mean temperature to which shear and bulk of linear laws belong */
  double dt, end_temperature; /* of the step under way */
  VmRowRoom row;
  double *history;       /* [max_newton + 2] relative residuals of the step */
  double (*partial)[3];  /* [nx] work, stored, dissipated */
  VmStepStatus worst;    /* answer of the laws on this rank */
  PetscErrorCode failed; /* of a law on this rank */
  struct {
    double *strain, *stress;
  } output; /* where VmBodyFields wants them */
};

/** Room of the rows. Not collective. */
PetscErrorCode VmBodyRowsCreate(VmBody b);
PetscErrorCode VmBodyRowsDestroy(VmBody b);

/**
 * Nodal forces at the end of the step under way if it ended at displacement u and mean strain.
 *
 * \param[out] f      [3][np] GPa
 * \param[out] stress [6] mean stress
 * \param[out] worst  of the laws of all points; f and stress mean nothing unless VM_STEP_OK
 * Collective.
 */
PetscErrorCode VmBodyForces(VmBody b, const double *u, const double strain[6], double *f, double stress[6],
                            VmStepStatus *worst);

/** Linearises there: tangents, and the isotropic part of each voxel as medium of the solver. Collective. */
PetscErrorCode VmBodyLinearise(VmBody b, const double *u, const double strain[6]);

/** Ends the step there: states and strains; volume means of work, stored energy and dissipation; mean stress.
 * Collective. */
PetscErrorCode VmBodyCommit(VmBody b, const double *u, const double strain[6], double energy[3], double stress[6]);

/** Voxel averages after the last step to b->output; strains at the points are renewed. Collective. */
PetscErrorCode VmBodyOutput(VmBody b);

/** Residual of e->solution.u and e->strain under a load, in e->residual, its norm (INFINITY where a law refuses) and
 * the mean stress. Collective. */
PetscErrorCode VmBodyResidual(VmBody b, const VmMacroLoad *load, double *norm, double stress[6], VmStepStatus *worst);

/** Newton's method from there, where the body is linearised, with own conjugate gradients or with PETSc's SNES, to a
 * residual of `target`; `unit` is that of uniform strain, `norm` that at the start. Leaves status, message and
 * iterations in step. Collective. */
PetscErrorCode VmBodyNewton(VmBody b, const VmMacroLoad *load, double norm, double unit, double target,
                            VmBodyStep *step);
PetscErrorCode VmBodySnes(VmBody b, const VmMacroLoad *load, double norm, double unit, double target, VmBodyStep *step);

#endif
