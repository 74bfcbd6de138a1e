/* links: vm_analysis */
#include "analysis/stat/prepare.h"
#include "memory_cube.h"

enum { DET = 24 };

static double Smooth(const VmCubeInfo *info, int64_t frame, int64_t i, int64_t j)
{
  (void)frame;
  return 50.0 + 100.0 * exp(-0.02 * (pow((double)i - info->centre[0], 2) + pow((double)j - info->centre[1], 2)));
}

/* A float32 numpy array of two axes. */
static void WriteNpy(const char *path, const float *values)
{
  char header[118];
  const int length =
      snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", DET, DET);
  memset(header + length, ' ', sizeof header - (size_t)length);
  header[sizeof header - 1] = '\n';
  FILE *f = fopen(path, "wb");
  fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, f);
  fwrite(header, 1, sizeof header, f);
  fwrite(values, sizeof(float), DET * DET, f);
  fclose(f);
}

/* Frames spoiled by a dark pattern and an uneven response come back as they were. */
static PetscErrorCode TestDarkAndFlat(void)
{
  char dark_path[4200], flat_path[4200], yaml[9000];
  float dark[DET * DET], flat[DET * DET], frame[2 * DET * DET];
  MemoryCube cube;
  VmPrepared prepared;
  void *params;
  PetscFunctionBegin;
  PetscCall(MemoryCubeCreate(1, 3, DET, Smooth, 0.0, &cube));
  for (int p = 0; p < DET * DET; ++p) {
    dark[p] = (float)(p % 7);
    flat[p] = 1.0F + 0.25F * (float)(p % 3);
    for (int f = 0; f < 3; ++f) cube.frames[f * DET * DET + p] = cube.frames[f * DET * DET + p] * flat[p] + dark[p];
  }
  snprintf(dark_path, sizeof dark_path, "%s/dark.npy", VmTestScratch());
  snprintf(flat_path, sizeof flat_path, "%s/flat.npy", VmTestScratch());
  WriteNpy(dark_path, dark);
  WriteNpy(flat_path, flat);
  snprintf(yaml, sizeof yaml, "{dark: %s, flat: %s}", dark_path, flat_path);
  PetscCall(ParamsOf(&vm_geometry_table, yaml, &params));
  const VmFrameSource raw = {MemoryRead, &cube};
  PetscCall(VmPreparedCreate(PETSC_COMM_WORLD, &cube.info, &raw, params, &prepared));
  const VmFrameSource source = VmPreparedFrames(&prepared);
  PetscCall(source.read(source.handle, 1, 2, frame));
  for (int p = 0; p < 2 * DET * DET; ++p)
    VmExpectNear((double)frame[p], Smooth(&cube.info, 0, p / DET % DET, p % DET), 2e-5);
  PetscCall(VmPreparedDestroy(&prepared));
  PetscCall(ParamsDone(&vm_geometry_table, &params));

  /* a pattern of another size is refused, and so is a file that is not there */
  const int64_t wrong[2] = {DET, DET + 1};
  double *pattern;
  VmExpectInt(VmPatternRead(PETSC_COMM_WORLD, "dark", dark_path, wrong, &pattern), VM_ERR_INPUT);
  VmExpectInt(VmPatternRead(PETSC_COMM_WORLD, "dark", "/nowhere/dark.npy", cube.info.det, &pattern), VM_ERR_INPUT);
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Hot and dead pixels are masked, and few others; the shadow of a bar is masked with its margin. */
static PetscErrorCode TestMasks(void)
{
  static const int64_t bad[] = {5 * DET + 5, 12 * DET + 3, 20 * DET + 20};
  static double pattern[DET * DET];
  static uint8_t valid[DET * DET];
  const VmCubeInfo info = {.det = {DET, DET}, .centre = {12, 12}};
  VmDetector d = {.det = {DET, DET}, .pitch = {0.16, 0.16}, .centre = {12, 12}, .valid = valid};
  int64_t masked;
  double threshold;
  PetscFunctionBegin;
  memset(valid, 1, sizeof valid);
  for (int p = 0; p < DET * DET; ++p)
    pattern[p] = Smooth(&info, 0, p / DET, p % DET) + VmRngUniform((VmRngKey){4, VM_STREAM_TEST}, (uint64_t)p, 0);
  pattern[bad[0]] += 60.0;
  pattern[bad[1]] = 0.0;
  pattern[bad[2]] += 60.0;
  PetscCall(VmMaskHot(&d, pattern, 12.0, valid, &masked));
  VmExpect(masked >= 3 && masked <= 6, "%lld pixels are masked", (long long)masked);
  for (int b = 0; b < 3; ++b) VmExpect(!valid[bad[b]], "pixel %lld is used", (long long)bad[b]);

  memset(valid, 1, sizeof valid);
  for (int p = 0; p < DET * DET; ++p) pattern[p] = p / DET < 12 && p % DET > 9 && p % DET < 14 ? -0.3 : 40.0 + p % 5;
  PetscCall(VmMaskShadow(&d, pattern, "auto", 1, valid, &threshold));
  VmExpect(threshold > 0.0 && threshold < 40.0, "threshold %g", threshold);
  for (int p = 0; p < DET * DET; ++p) {
    const int i = p / DET, j = p % DET;
    const bool shadow = (i < 12 && j > 8 && j < 15) || (i == 12 && j > 9 && j < 14);
    VmExpect(valid[p] == !shadow, "pixel (%d, %d)", i, j);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestDarkAndFlat());
  PetscCall(TestMasks());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
