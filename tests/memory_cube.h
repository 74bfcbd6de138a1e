/* Cubes made in memory, for tests of statistics. */
#ifndef VM_TEST_MEMORY_CUBE_H
#define VM_TEST_MEMORY_CUBE_H

#include "vm_test.h"
#include <vitromech/rng.h>
#include <vitromech/stat.h>

typedef struct {
  VmCubeInfo info;
  float *frames; /* [scan0*scan1][det0*det1] */
} MemoryCube;

static inline PetscErrorCode MemoryRead(void *handle, int64_t first, int64_t n, float *frames)
{
  const MemoryCube *cube = handle;
  const size_t npix = (size_t)(cube->info.det[0] * cube->info.det[1]);
  memcpy(frames, cube->frames + (size_t)first * npix, (size_t)n * npix * sizeof(float));
  return PETSC_SUCCESS;
}

/* Mean intensity of pixel (i, j) of a frame; the direct beam is at the centre in `info`. */
typedef double (*Intensity)(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j);

/* Poisson counts of the given means if dose > 0 (mean counts for intensity 1), else the intensities. */
static inline PetscErrorCode MemoryCubeCreate(int64_t scan0, int64_t scan1, int64_t det, Intensity intensity,
                                              double dose, MemoryCube *cube)
{
  PetscFunctionBegin;
  cube->info = (VmCubeInfo){.scan = {scan0, scan1},
                            .det = {det, det},
                            .type = VM_F32,
                            .scan_pitch = {0.32, 0.32},
                            .det_pitch = {0.16, 0.16},
                            .gain = dose > 0.0 ? 1.0 : 0.0,
                            .centre = {0.5 * (double)det + 0.3, 0.5 * (double)det - 0.2}};
  const size_t npix = (size_t)(det * det), frames = (size_t)(scan0 * scan1);
  PetscCall(PetscMalloc1(frames * npix, &cube->frames));
  for (size_t f = 0; f < frames; ++f)
    for (size_t p = 0; p < npix; ++p) {
      const double mean = intensity(&cube->info, (int64_t)f, (int64_t)p / det, (int64_t)p % det);
      cube->frames[f * npix + p] =
          (float)(dose > 0.0 ? (double)VmRngPoisson((VmRngKey){11, VM_STREAM_TEST}, f * npix + p, 0, dose * mean)
                             : mean);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Default parameters of a table (NULL: none), or those of a YAML mapping. */
static inline PetscErrorCode ParamsOf(const VmTable *table, const char *yaml, void **params)
{
  VmReport report;
  VmNode *root = NULL;
  PetscFunctionBegin;
  *params = NULL;
  if (!table) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscCalloc(table->size, params));
  PetscCall(VmReportCreate(PETSC_COMM_WORLD, "test", &report));
  if (yaml) PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  PetscCall(VmParamsRead(table, root, report, *params));
  PetscCall(VmReportFinish(report));
  PetscCall(VmReportDestroy(&report));
  PetscCall(VmTreeDestroy(&root));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode ParamsDone(const VmTable *table, void **params)
{
  PetscFunctionBegin;
  if (table) PetscCall(VmParamsFree(table, *params));
  PetscCall(PetscFree(*params));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Runs one statistic with parameters and geometry from YAML (NULL: defaults); k of bands that need one is `ring`. */
static inline PetscErrorCode Measure(MPI_Comm comm, const MemoryCube *cube, const VmStatOps *ops, const char *yaml,
                                     const char *geometry_yaml, double ring, int64_t tile_frames, VmStatResult *result)
{
  const VmFrameSource source = {MemoryRead, (void *)cube};
  void *params, *geometry;
  VmSurvey survey;
  PetscFunctionBegin;
  PetscCall(ParamsOf(&vm_geometry_table, geometry_yaml, &geometry));
  PetscCall(ParamsOf(ops->head.params, ops == vm_stat_table[0] ? geometry_yaml : yaml, &params));
  PetscCall(VmStatResultCreate(result));
  PetscCall(VmSurveyCreate(comm, &cube->info, &source, geometry, &survey));
  if (!isnan(ring)) survey->first_ring = ring;
  if (ops == vm_stat_table[0]) PetscCall(VmSurveyErrors(survey, &source, geometry));
  VmStatRun run = {ops, params, *result};
  PetscCall(VmStatPass(survey, &source, 1, &run, tile_frames, NULL));
  PetscCall(VmSurveyDestroy(&survey));
  PetscCall(ParamsDone(ops->head.params, &params));
  PetscCall(ParamsDone(&vm_geometry_table, &geometry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline const VmStatOps *StatNamed(const char *name)
{
  for (int i = 0; vm_stat_table[i]; ++i)
    if (strcmp(vm_stat_table[i]->head.name, name) == 0) return vm_stat_table[i];
  return NULL;
}

#endif
