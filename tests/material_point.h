/* One point of a material, driven by strain or, with Newton's method on the tangent, by stress. */
#ifndef VM_MATERIAL_POINT_H
#define VM_MATERIAL_POINT_H

#include "vm_test.h"
#include <vitromech/material.h>
#include <vitromech/tensor.h>

enum { MOST_STATES = 32 };

typedef struct {
  const VmMaterialOps *ops;
  void *params;
  double temperature, strain[6], stress[6], state[MOST_STATES]; /* Mandel */
} Point;

/* A point of a glass that was never strained. */
static inline PetscErrorCode PointCreate(const char *law, const char *yaml, Point *point)
{
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  *point = (Point){.ops = (const VmMaterialOps *)VmPluginFind(&vm_material_kind, law), .temperature = 300.0};
  point->params = calloc(1, point->ops->head.params->size);
  PetscCall(VmReportCreate(PETSC_COMM_WORLD, law, &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  PetscCall(VmParamsRead(point->ops->head.params, root, report, point->params));
  VmExpectInt(VmReportCount(report), 0);
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode PointDestroy(Point *point)
{
  PetscFunctionBegin;
  PetscCall(VmParamsFree(point->ops->head.params, point->params));
  free(point->params);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Energies of a step of strain that is not yet made: adds its work and dissipation; what is stored at its end. */
static inline void PointEnergy(Point *point, const double strain[6], double dt, double *work, double *stored,
                               double *dissipated)
{
  const double *before[6], *eps[6];
  double *state[MOST_STATES], w, d;
  for (int c = 0; c < 6; ++c) before[c] = &point->strain[c], eps[c] = &strain[c];
  for (int c = 0; c < MOST_STATES; ++c) state[c] = &point->state[c];
  const VmPoints points = {
      .np = 1, .dt = dt, .temperature = point->temperature, .last_strain = before, .strain = eps, .state = state};
  VmExpectInt(point->ops->energy(point->params, &points, &w, stored, &d), 0);
  *work += w, *dissipated += d;
}

/* Stress and states after a step of strain; tangent[36] before it, unless NULL. */
static inline void PointStrain(Point *point, const double strain[6], double dt, double *tangent)
{
  double last[6], *before[6], *eps[6], *sig[6], *state[MOST_STATES], *matrix[36];
  memcpy(last, point->strain, sizeof last);
  memmove(point->strain, strain, sizeof point->strain);
  for (int c = 0; c < 6; ++c) before[c] = &last[c], eps[c] = &point->strain[c], sig[c] = &point->stress[c];
  for (int c = 0; c < MOST_STATES; ++c) state[c] = &point->state[c];
  for (int c = 0; tangent && c < 36; ++c) matrix[c] = &tangent[c];
  const VmPoints points = {.np = 1,
                           .dt = dt,
                           .temperature = point->temperature,
                           .last_strain = (const double *const *)before,
                           .strain = (const double *const *)eps,
                           .stress = sig,
                           .state = state};
  if (tangent) VmExpectInt(point->ops->tangent(point->params, &points, matrix), 0);
  VmExpectInt(point->ops->update(point->params, &points), VM_STEP_OK);
}

/* Complex shear modulus at an angular frequency and a temperature; the bulk modulus too unless NULL. */
static inline double complex PointHarmonic(const Point *point, double omega, double temperature, double complex *bulk)
{
  const VmPoints points = {.np = 1, .temperature = temperature};
  double complex shear, other;
  VmExpectInt(point->ops->harmonic(point->params, omega, &points, &shear, bulk ? bulk : &other), 0);
  return shear;
}

/* Solves the rows and columns of `free` of A x = b by Gauss elimination; A is positive definite there. */
static inline void SolveFree(const bool free[6], double a[36], double b[6])
{
  for (int k = 0; k < 6; ++k)
    for (int r = k + 1; free[k] && r < 6; ++r) {
      const double factor = a[6 * r + k] / a[7 * k];
      if (!free[r]) continue;
      for (int c = k; c < 6; ++c) a[6 * r + c] -= factor * a[6 * k + c];
      b[r] -= factor * b[k];
    }
  for (int k = 5; k >= 0; --k) {
    for (int c = k + 1; free[k] && c < 6; ++c)
      if (free[c]) b[k] -= a[6 * k + c] * b[c];
    if (free[k]) b[k] /= a[7 * k];
  }
}

/* A step to the stresses of the components that are `free`, and to the strains of the others. Newton's iterations. */
static inline int PointMixed(Point *point, const bool free[6], const double target[6], double dt)
{
  Point start = *point;
  double strain[6], residual[6], tangent[36];
  for (int c = 0; c < 6; ++c) strain[c] = free[c] ? point->strain[c] : target[c];
  for (int iteration = 1; iteration <= 50; ++iteration) {
    double worst = 0.0, scale = 1.0;
    *point = start;
    PointStrain(point, strain, dt, tangent);
    for (int c = 0; c < 6; ++c) {
      residual[c] = free[c] ? target[c] - point->stress[c] : 0.0;
      worst = fmax(worst, fabs(residual[c])), scale = fmax(scale, fabs(point->stress[c]));
    }
    if (worst <= 1e-14 * scale) return iteration;
    SolveFree(free, tangent, residual);
    for (int c = 0; c < 6; ++c)
      if (free[c]) strain[c] += residual[c];
  }
  VmExpect(false, "Newton's method does not converge");
  return 50;
}

#endif
