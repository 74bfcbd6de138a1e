/* A probe of the virtual microscope in the cell of 43,000 atoms, 6.25 nm wide and 20 nm thick, that other programs were
 * measured with (stem.md): 128 x 128 pixels of 0.16 1/nm, waves of 192 x 192 points, 100 slices. Every rank simulates
 * the same probes; `probes_per_second` counts those of all. */
#include "../../analysis/synth/foil.h"
#include "../../analysis/synth/propagate.h"
#include "bench.h"

#include <fftw3.h>
#include <math.h>
#include <string.h>

enum { ATOMS = 42968, LINE = 4, SLICES = 100 };
#define PLANNING 5.0   /* s, at most, of FFTW */
#define EDGE 6.25      /* nm */
#define THICKNESS 20.0 /* nm */
#define STEP 0.32      /* nm */

static PetscErrorCode Atoms(VmAtoms *atoms)
{
  const VmRngKey key = {1, VM_STREAM_TEST};

  PetscFunctionBegin;
  *atoms = (VmAtoms){.nspecies = 3, .number = {40, 27, 13}, .periodic = {true, true, false}};
  atoms->cell[0][0] = atoms->cell[1][1] = EDGE;
  atoms->cell[2][2] = THICKNESS;
  for (int a = 0; a < ATOMS; ++a) {
    double u[2], v[2];
    VmRngUniform2(key, (uint64_t)a, 0, u);
    VmRngUniform2(key, (uint64_t)a, 1, v);
    const double z = a < 2 ? a * THICKNESS : v[0] * THICKNESS, r[3] = {u[0] * EDGE, u[1] * EDGE, z};
    PetscCall(VmAtomsAppend(atoms, v[1] < 0.55 ? 0 : v[1] < 0.8 ? 1 : 2, r, a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  VmMicroscopeParams params;
  VmOptics optics;
  const VmSynthMethod *method;
  void *context;
  double *intensity;
  double tile, probe; /* s: of the potential of the tile, of a probe */
} Case;

static PetscErrorCode CaseCreate(const char *method, int precision, int64_t slices, const VmAtoms *atoms, Case *c)
{
  const double lo[2] = {0.0, 0.0}, hi[2] = {(LINE - 1) * STEP, (LINE - 1) * STEP};
  VmTileBox box;
  VmAtoms inside = {0};

  PetscFunctionBegin;
  *c = (Case){.probe = INFINITY,
              .params = {.voltage = 300.0,
                         .semi_angle = 1.15,
                         .window = 1,
                         .ewald = true,
                         .direct_beam = true,
                         .accuracy = 1e-4,
                         .slice = (1.0 + 1e-9) * THICKNESS / (double)slices,
                         .band_limit = true,
                         .precision = precision,
                         .detector = {.pixels = {128, 128}, .pitch = 0.16, .dose = NAN, .gain = 1.0}}};
  while (strcmp(vm_synth_method_names[c->params.method], method) != 0) ++c->params.method;
  c->method = vm_synth_methods[c->params.method];
  VmOpticsInit(&c->params, &c->optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, &c->optics));
  PetscCall(c->method->create(&c->optics, &c->context));
  PetscCall(PetscMalloc1((size_t)(c->optics.grid[0] * c->optics.grid[1]), &c->intensity));
  VmOpticsBox(&c->optics, lo, hi, &box);
  PetscCall(VmFoilAtoms(PETSC_COMM_SELF, &c->optics, atoms, &box, &inside));
  const double start = VmTime();
  PetscCall(c->method->tile(c->context, &inside, &box));
  c->tile = VmTime() - start;
  VmAtomsFree(&inside);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CaseRound(MPI_Comm comm, Case *c)
{
  double start, end;

  PetscFunctionBegin;
  PetscCall(VmBenchTime(comm, &start));
  for (int p = 0; p < LINE * LINE; ++p) {
    PetscCall(c->method->probe(c->context, (double[2]){p / LINE * STEP, p % LINE * STEP}, 0.0, c->intensity));
  }
  PetscCall(VmBenchTime(comm, &end));
  c->probe = fmin(c->probe, (end - start) / (LINE * LINE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CaseDestroy(Case *c)
{
  PetscFunctionBegin;
  PetscCall(c->method->destroy(&c->context));
  PetscCall(PetscFree(c->intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The transforms that a probe would need with FFTW's best plan, measured: what an estimated plan of FFTW, which always
 * gives the same bits, does not reach. */
static PetscErrorCode FftRound(MPI_Comm comm, int64_t slices, fftwf_plan forward, fftwf_plan backward, double *seconds)
{
  double start, end;

  PetscFunctionBegin;
  PetscCall(VmBenchTime(comm, &start));
  for (int64_t i = 0; i < 3 * slices; ++i) {
    fftwf_execute(forward);
    fftwf_execute(backward);
  }
  PetscCall(VmBenchTime(comm, &end));
  *seconds = fmin(*seconds, (end - start) / 3.0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBenchDiffract(MPI_Comm comm, int64_t cells)
{
  enum { SINGLE, DOUBLE, KINEMATIC, CASES };
  const char *const methods[CASES] = {"multislice", "multislice", "kinematic"};
  Case cases[CASES];
  VmAtoms atoms;
  double fft = INFINITY;
  int ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  const int64_t slices = cells ? cells : SLICES;
  fftwf_set_timelimit(PLANNING);
  PetscCall(Atoms(&atoms));
  for (int i = 0; i < CASES; ++i)
    PetscCall(CaseCreate(methods[i], i == SINGLE ? VM_SINGLE : VM_DOUBLE, slices, &atoms, &cases[i]));
  const int64_t *n = cases[SINGLE].optics.grid;
  fftwf_complex *wave = fftwf_alloc_complex((size_t)(n[0] * n[1]));
  fftwf_plan forward = fftwf_plan_dft_2d((int)n[0], (int)n[1], wave, wave, FFTW_FORWARD, FFTW_PATIENT);
  fftwf_plan backward = fftwf_plan_dft_2d((int)n[0], (int)n[1], wave, wave, FFTW_BACKWARD, FFTW_PATIENT);
  memset(wave, 0, (size_t)(n[0] * n[1]) * sizeof *wave);
  for (int round = 0; round < VM_BENCH_ROUNDS; ++round) {
    for (int i = 0; i < CASES; ++i) PetscCall(CaseRound(comm, &cases[i]));
    PetscCall(FftRound(comm, slices, forward, backward, &fft));
  }
  PetscCall(VmBenchPrint(comm, "diffract.multislice", "seconds_per_probe", cases[SINGLE].probe, "s"));
  PetscCall(VmBenchPrint(comm, "diffract.multislice", "probes_per_second", ranks / cases[SINGLE].probe, "1/s"));
  PetscCall(VmBenchPrint(comm, "diffract.multislice", "fft_seconds_per_probe", fft, "s"));
  PetscCall(VmBenchPrint(comm, "diffract.multislice", "total_over_fft", cases[SINGLE].probe / fft, "1"));
  PetscCall(VmBenchPrint(comm, "diffract.multislice", "seconds_per_tile", cases[SINGLE].tile, "s"));
  PetscCall(VmBenchPrint(comm, "diffract.multislice_double", "seconds_per_probe", cases[DOUBLE].probe, "s"));
  PetscCall(VmBenchPrint(comm, "diffract.kinematic", "seconds_per_probe", cases[KINEMATIC].probe, "s"));
  PetscCall(VmBenchPrint(comm, "diffract.kinematic", "probes_per_second", ranks / cases[KINEMATIC].probe, "1/s"));
  PetscCall(VmBenchPrint(comm, "diffract.kinematic", "seconds_per_tile", cases[KINEMATIC].tile, "s"));
  for (int i = 0; i < CASES; ++i) PetscCall(CaseDestroy(&cases[i]));
  fftwf_destroy_plan(forward);
  fftwf_destroy_plan(backward);
  fftwf_free(wave);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}
