#include "shape.h"
#include <petscblaslapack.h>
#include <math.h>

/* Second moments about the centroid: xx, xy, xz, yy, yz, zz. */
static const int moment_axes[6][2] = {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}};

/* Largest and smallest principal moment and the axis of the largest. */
static PetscErrorCode Principal(int dim, const double moments[6], VmShape *shape)
{
  PetscReal matrix[9], values[3], work[32];
  PetscBLASInt n = dim, lda = dim, lwork = 32, info;
  PetscFunctionBegin;
  for (int m = 0; m < 6; ++m) {
    const int i = moment_axes[m][0] - (3 - dim), j = moment_axes[m][1] - (3 - dim);
    if (i >= 0 && j >= 0) matrix[i * dim + j] = matrix[j * dim + i] = moments[m];
  }
  LAPACKsyev_("V", "U", &n, matrix, &lda, values, work, &lwork, &info);
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "syev returned %d", (int)info);
  shape->aspect_ratio = sqrt(values[dim - 1] / values[0]);
  double sign = 1.0;
  for (int a = 0; a < 3; ++a) {
    const int i = a - (3 - dim);
    shape->axis[a] = i < 0 ? 0.0 : matrix[(dim - 1) * dim + i];
    if (fabs(shape->axis[a]) > 1e-12) sign = shape->axis[a] > 0.0 ? 1.0 : -1.0;
  }
  for (int a = 0; a < 3; ++a) shape->axis[a] *= sign;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void AddCentroids(const VmMap *map, const VmClusters *c, VmShape *shapes)
{
  const int64_t n = VmMapSize(map);
  for (int64_t i = 0; i < n; ++i)
    if (c->label[i] >= 0)
      for (int a = 0; a < 3; ++a)
        shapes[c->label[i]].centroid[a] +=
            ((double)c->position[i][a] + 0.5) * map->spacing[a] / (double)c->size[c->label[i]];
}

static void AddMoments(const VmMap *map, const VmClusters *c, const VmShape *shapes, double (*moments)[6])
{
  const int64_t n = VmMapSize(map);
  for (int64_t i = 0; i < n; ++i) {
    const int32_t l = c->label[i];
    double d[3];
    if (l < 0) continue;
    for (int a = 0; a < 3; ++a) d[a] = ((double)c->position[i][a] + 0.5) * map->spacing[a] - shapes[l].centroid[a];
    for (int m = 0; m < 6; ++m) moments[l][m] += d[moment_axes[m][0]] * d[moment_axes[m][1]] / (double)c->size[l];
  }
}

PetscErrorCode VmShapes(const VmMap *map, const VmClusters *clusters, VmShape *shapes)
{
  double(*moments)[6], element = 1.0;
  PetscFunctionBegin;
  PetscCall(PetscArrayzero(shapes, (size_t)clusters->count));
  PetscCall(PetscCalloc1((size_t)clusters->count, &moments));
  for (int a = 3 - map->dim; a < 3; ++a) element *= map->spacing[a];
  AddCentroids(map, clusters, shapes);
  AddMoments(map, clusters, shapes, moments);
  for (int64_t l = 0; l < clusters->count; ++l) {
    VmShape *s = &shapes[l];
    s->measure = (double)clusters->size[l] * element;
    s->diameter = map->dim == 2 ? 2.0 * sqrt(s->measure / VM_PI) : cbrt(6.0 * s->measure / VM_PI);
    for (int m = 0; m < 6; ++m)
      if (moment_axes[m][0] == moment_axes[m][1]) moments[l][m] += pow(map->spacing[moment_axes[m][0]], 2.0) / 12.0;
    PetscCall(Principal(map->dim, moments[l], s));
    for (int a = 0; a < 3; ++a) {
      const double length = (double)map->n[a] * map->spacing[a];
      if (map->periodic) s->centroid[a] -= length * floor(s->centroid[a] / length);
    }
  }
  PetscCall(PetscFree(moments));
  PetscFunctionReturn(PETSC_SUCCESS);
}
