/* ranks: 1 2 3 4; timeout: 240; links: vm_analysis */
#include "vm_test.h"
#include <vitromech/microscope.h>
#include <vitromech/rng.h>

/* 4000 atoms at random in a skew periodic cell, dealt out to the ranks of comm. */
static PetscErrorCode Foil(MPI_Comm comm, VmAtoms *atoms)
{
  const VmRngKey key = {3, VM_STREAM_TEST};
  const double cell[3][3] = {{4.0, 0.0, 0.0}, {0.3, 4.2, 0.0}, {0.0, 0.0, 9.0}};
  int rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  *atoms = (VmAtoms){.nspecies = 2, .number = {40, 29}, .periodic = {true, true, true}};
  memcpy(atoms->cell, cell, sizeof cell);
  for (int64_t a = rank; a < 4000; a += size) {
    double u[2], v[2], r[3];
    VmRngUniform2(key, (uint64_t)a, 0, u);
    VmRngUniform2(key, (uint64_t)a, 1, v);
    for (int d = 0; d < 3; ++d) r[d] = u[0] * cell[0][d] + u[1] * cell[1][d] + v[0] * cell[2][d];
    PetscCall(VmAtomsAppend(atoms, v[1] < 0.5, r, a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A scan of 9 x 5 probes in several tiles (by the memory limit). */
static PetscErrorCode Scan(MPI_Comm comm, const char *microscope, const char *path)
{
  VmReport report;
  VmNode *root = NULL;
  VmMicroscopeParams *params;
  VmProgress progress;
  VmAtoms atoms;

  PetscFunctionBegin;
  PetscCall(PetscCalloc(vm_microscope_table.size, &params));
  PetscCall(VmReportCreate(comm, "test", &report));
  PetscCall(VmTreeParse(microscope, strlen(microscope), report, &root));
  PetscCall(VmParamsRead(&vm_microscope_table, root, report, params));
  PetscCall(VmReportFinish(report));
  PetscCall(VmReportDestroy(&report));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(Foil(comm, &atoms));
  PetscCall(VmProgressCreate(comm, "diffract", NULL, &progress));
  const PetscErrorCode code = VmDiffract(comm, params, 1, &atoms, 17, path, NULL, progress);
  PetscCall(VmProgressDestroy(&progress, code ? "failed" : "complete"));
  VmAtomsFree(&atoms);
  PetscCall(VmParamsFree(&vm_microscope_table, params));
  PetscCall(PetscFree(params));
  PetscFunctionReturn(code);
}

static PetscErrorCode ReadAll(MPI_Comm comm, const char *path, double gain, int64_t *values, float **data)
{
  VmCube cube;

  PetscFunctionBegin;
  PetscCall(VmCubeOpen(comm, path, NULL, &cube));
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  VmExpectNear(info->gain, gain, 0.0);
  const int64_t frames = info->scan[0] * info->scan[1];
  *values = frames * info->det[0] * info->det[1];
  PetscCall(PetscMalloc1((size_t)*values, data));
  PetscCall(VmCubeRead(cube, 0, frames, *data));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Gain 0: no counting noise. The cube of all ranks together is that of one rank alone, to the last bit. */
static PetscErrorCode TestInvariance(const char *microscope, double gain, double per_probe, double tolerance)
{
  char alone[4096], together[4096];
  float *a, *b;
  int64_t n, m, wrong = 0;
  double sum = 0.0;
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  snprintf(alone, sizeof alone, "%s/alone.h5", VmTestScratch());
  snprintf(together, sizeof together, "%s/together.h5", VmTestScratch());
  if (rank == 0) PetscCall(Scan(PETSC_COMM_SELF, microscope, alone));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(Scan(PETSC_COMM_WORLD, microscope, together));
  PetscCall(ReadAll(PETSC_COMM_WORLD, alone, gain, &n, &a));
  PetscCall(ReadAll(PETSC_COMM_WORLD, together, gain, &m, &b));
  VmExpectInt(n, m);
  for (int64_t i = 0; i < n && n == m; ++i) {
    wrong += memcmp(a + i, b + i, sizeof *a) != 0;
    sum += b[i];
  }
  VmExpectInt(wrong, 0);
  VmExpectNear(sum / 45.0 / per_probe, 1.0, tolerance);
  PetscCall(PetscFree(a));
  PetscCall(PetscFree(b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define POINTS "scan: {points: [9, 5], step: 0.3 nm}"
#define WIDE "scan: {points: [9, 5], step: 1.6 nm}"
#define SCAN WIDE ", memory: 121"
#define DETECTOR "pixels: [40, 36], pitch: 0.3 1/nm"

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  /* Electrons are conserved: what is not scattered off the detector, a few per cent, reaches it. */
  PetscCall(TestInvariance("{" SCAN ", detector: {" DETECTOR "}}", 0.0, 1.0, 0.1));
  PetscCall(TestInvariance("{" SCAN ", defocus: 200 nm, detector: {" DETECTOR ", dose: 1e5, gain: 3, type: uint16}}",
                           3.0, 3e5, 0.1));
  PetscCall(TestInvariance("{" WIDE
                           ", memory: 116, ewald: false, window: 2, detector: {pixels: [10, 12], pitch: 0.6 1/nm}}",
                           0.0, 1.0, 0.5));
  PetscCall(TestInvariance("{method: multislice, " POINTS ", memory: 118, detector: {" DETECTOR "}}", 0.0, 1.0, 0.1));
  PetscCall(TestInvariance("{method: multislice, precision: single, " POINTS ", memory: 114, detector: {" DETECTOR "}}",
                           0.0, 1.0, 0.1));
  PetscCall(TestInvariance("{phonons: 2, debye_waller: 0.005 nm^2, source_size: 0.05 nm, scan: {points: [9, 5], "
                           "step: 1.6 nm, rotation: 30 degree}, memory: 123, detector: {" DETECTOR
                           ", dead: 0.01, dose: 1e5}}",
                           1.0, 1e5, 0.1));
  PetscCall(TestInvariance("{method: prism, accuracy: 0.01, scan: {points: [9, 5], step: 0.6 nm}, slice: 0.9 nm, "
                           "memory: 150, detector: {" DETECTOR "}}",
                           0.0, 1.0, 0.1));
  PetscCall(TestInvariance("{method: multislice, precision: single, defocus_spread: 20 nm, tilt: [3 mrad, -2 mrad], "
                           "aberrations: {c12: 300 nm, phi12: 20 degree, c21: 5000 nm}, scan: {points: [9, 5], "
                           "step: 0.3 nm}, potential: finite, slice: 0.9 nm, sub_slices: 2, detector: {" DETECTOR "}}",
                           0.0, 1.0, 0.1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
