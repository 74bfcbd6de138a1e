/* The fields that a run without `kinetics` writes. */
#include "field_engine.h"
#include <math.h>
#include <string.h>

/* The displacement of a voxel's centre is the mean of those of its eight corners. */
static PetscErrorCode CentreDisplacement(VmSim sim, double *room)
{
  VmGrid grid = sim->grid;
  VmFft fft;
  double complex *half[3];
  PetscFunctionBegin;
  PetscCall(VmBodyDisplacement(((VmField *)sim->engine)->body, room));
  PetscCall(VmFftCreate(grid, 3, &fft));
  for (int c = 0; c < 3; ++c) VmFftPack(fft, c, room + c * grid->np);
  PetscCall(VmFftForward(fft, 3));
  for (int d = 0; d < 3; ++d) {
    PetscCall(PetscMalloc1((size_t)grid->n[d], &half[d]));
    for (int64_t k = 0; k < grid->n[d]; ++k)
      half[d][k] = 0.5 * (1.0 + cexp(2.0 * VM_PI * I * (double)VmFftFrequency(k, grid->n[d]) / (double)grid->n[d]));
    if (grid->n[d] % 2 == 0) half[d][grid->n[d] / 2] = 0.0;
  }
  for (int c = 0; c < 3; ++c) {
    double complex *mode = (double complex *)(fft->work + c * fft->stride);
    for (int64_t y = 0; y < grid->ny; ++y)
      for (int64_t x = 0; x < grid->n[0]; ++x)
        for (int64_t z = 0; z < grid->nzc; ++z)
          mode[(y * grid->n[0] + x) * grid->nzc + z] *= half[0][x] * half[1][grid->y0 + y] * half[2][z];
  }
  PetscCall(VmFftBackward(fft, 3));
  for (int c = 0; c < 3; ++c) VmFftUnpack(fft, c, 1.0 / (double)grid->total, room + c * grid->np);
  for (int d = 0; d < 3; ++d) PetscCall(PetscFree(half[d]));
  PetscCall(VmFftDestroy(&fft));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Total strain less thermal strain and what the moduli of an instantaneous step make of the stress. */
static PetscErrorCode InelasticStrain(VmSim sim, double *room)
{
  VmField *f = sim->engine;
  const int64_t np = sim->grid->np;
  const double warming = sim->now.temperature - f->start_temperature;
  double *stress, *shear, *bulk, *expansion;
  PetscFunctionBegin;
  PetscCall(PetscMalloc4(6 * (size_t)np, &stress, (size_t)np, &shear, (size_t)np, &bulk, (size_t)np, &expansion));
  PetscCall(VmBodyFields(f->body, room, stress));
  PetscCall(VmMediaModuli(sim->grid, &f->media, shear, bulk));
  PetscCall(VmMediaParameter(sim->grid, &f->media, VM_FIELD_EXPANSION, expansion));
  for (int64_t i = 0; i < np; ++i) {
    const double third = (stress[i] + stress[np + i] + stress[2 * np + i]) / 3.0;
    for (int c = 0; c < 6; ++c) {
      const double volume = c < 3 ? third / (3.0 * bulk[i]) + expansion[i] * warming : 0.0;
      room[c * np + i] -= (stress[c * np + i] - (c < 3 ? third : 0.0)) / (2.0 * shear[i]) + volume;
    }
  }
  PetscCall(PetscFree4(stress, shear, bulk, expansion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool IsHooke(const VmMedia *media)
{
  bool hooke = true;
  for (int m = 0; m < media->body.phases; ++m) {
    const VmMaterialOps *ops = (const VmMaterialOps *)media->material[m].head;
    hooke &= ops->linear && ops->nstate == 0;
  }
  return hooke;
}

static PetscErrorCode Moduli(VmSim sim, bool shear, double *room)
{
  double *other;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &other));
  PetscCall(VmMediaModuli(sim->grid, &((VmField *)sim->engine)->media, shear ? room : other, shear ? other : room));
  PetscCall(PetscFree(other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The six components of a tensor, or the three of a vector. */
static void HasComponents(int count, int *ncomp, VmMeta *meta) { *ncomp = count, meta->axes = "x,y,z,component"; }

PetscErrorCode VmFieldByName(VmSim sim, const char *name, double *room, int *ncomp, VmMeta *meta)
{
  VmField *f = sim->engine;
  const size_t bytes = sizeof(double) * (size_t)sim->grid->np;
  double mean;

  PetscFunctionBegin;
  *ncomp = 1;
  *meta = (VmMeta){.unit = "1", .axes = "x,y,z"};
  if (!strcmp(name, VM_FIELD_STRAIN)) {
    HasComponents(6, ncomp, meta);
    meta->long_name = "strain, average over the voxel (xx, yy, zz, yz, xz, xy)";
    PetscCall(VmBodyFields(f->body, room, NULL));
  } else if (!strcmp(name, VM_FIELD_STRESS)) {
    HasComponents(6, ncomp, meta);
    meta->unit = "GPa", meta->long_name = "stress, average over the voxel (xx, yy, zz, yz, xz, xy)";
    PetscCall(VmBodyFields(f->body, NULL, room));
  } else if (!strcmp(name, VM_FIELD_PLASTIC_STRAIN)) {
    HasComponents(6, ncomp, meta);
    meta->long_name = "strain less its elastic and thermal parts (xx, yy, zz, yz, xz, xy)";
    if (IsHooke(&f->media)) memset(room, 0, 6 * bytes);
    else PetscCall(InelasticStrain(sim, room));
  } else if (!strcmp(name, VM_FIELD_DISPLACEMENT)) {
    HasComponents(3, ncomp, meta);
    meta->unit = "nm", meta->long_name = "periodic part of the displacement at the voxel's centre";
    PetscCall(CentreDisplacement(sim, room));
  } else if (!strcmp(name, VM_FIELD_FLOW_UNIT)) {
    meta->long_name = "1 in flow units, 0 in the matrix";
    memcpy(room, sim->flow_unit, bytes);
  } else if (!strcmp(name, VM_FIELD_GROWN_FRACTION)) {
    meta->long_name = "flow units grown since the start, average over the voxel";
    PetscCall(VmBodyState(f->body, name, &mean, room));
  } else if (!strcmp(name, VM_FIELD_SHEAR_MODULUS) || !strcmp(name, VM_FIELD_BULK_MODULUS)) {
    meta->unit = "GPa", meta->long_name = "modulus of an instantaneous step before any strain";
    PetscCall(Moduli(sim, !strcmp(name, VM_FIELD_SHEAR_MODULUS), room));
  } else {
    const bool viscosity = !strcmp(name, VM_FIELD_VISCOSITY);
    meta->unit = viscosity ? "GPa s" : "1/K", meta->long_name = "parameter of the law; 0 where it has none";
    PetscCall(VmMediaParameter(sim->grid, &f->media, name, room));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
