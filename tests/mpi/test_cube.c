/* ranks: 1 2 3 4; links: vm_cube */
#include "vm_test.h"
#include <vitromech/cube.h>
#include <unistd.h>

static float Value(const VmCubeInfo *info, int64_t frame, int64_t pixel)
{
  const float value = (float)(frame * 100 + pixel);
  return info->type == VM_F32 ? value + 0.25F : value;
}

static VmCubeInfo Info(VmType type)
{
  return (VmCubeInfo){.scan = {5, 7},
                      .det = {4, 3},
                      .type = type,
                      .scan_pitch = {0.32, 0.32},
                      .det_pitch = {0.16, 0.16},
                      .gain = 2.0,
                      .centre = {2.0, 1.0},
                      .energy = 300.0};
}

/* Runs of frames that begin and end anywhere in a scan line, some ranks with nothing, until all are written. */
static PetscErrorCode WriteCube(const char *path, const VmCubeInfo *info)
{
  const int64_t frames = info->scan[0] * info->scan[1], points = info->det[0] * info->det[1];
  const int64_t lengths[] = {1, 0, 9, 3, 16, 2, 4};
  VmCubeWriter writer;
  float *data;
  int rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(PetscMalloc1((size_t)(frames * points), &data));
  PetscCall(VmCubeWriterCreate(PETSC_COMM_WORLD, path, info, &writer));
  int64_t next = 0;
  for (int part = 0; part < 7; ++part) {
    const int64_t n = part % size == rank ? lengths[part] : 0;
    for (int64_t i = 0; i < n * points; ++i) data[i] = Value(info, next + i / points, i % points);
    PetscCall(VmCubeWriterPut(writer, next, n, data));
    next += lengths[part];
  }
  VmExpectInt(next, frames);
  PetscCall(VmCubeWriterClose(&writer));
  PetscCall(PetscFree(data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRoundTrip(VmType type)
{
  const VmCubeInfo info = Info(type);
  const int64_t frames = info.scan[0] * info.scan[1], points = info.det[0] * info.det[1];
  char path[4096], part[4200];
  VmCube cube;
  float *data;

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/cube%d.h5", VmTestScratch(), (int)type);
  PetscCall(WriteCube(path, &info));
  snprintf(part, sizeof part, "%s.part", path);
  VmExpect(access(part, F_OK) != 0, "%s is left behind", part);

  PetscCall(VmCubeOpen(PETSC_COMM_WORLD, path, NULL, &cube));
  const VmCubeInfo *read = VmCubeGetInfo(cube);
  for (int d = 0; d < 2; ++d) {
    VmExpectInt(read->scan[d], info.scan[d]);
    VmExpectInt(read->det[d], info.det[d]);
    VmExpectNear(read->scan_pitch[d], info.scan_pitch[d], 1e-15);
    VmExpectNear(read->det_pitch[d], info.det_pitch[d], 1e-15);
    VmExpectNear(read->centre[d], info.centre[d], 0.0);
  }
  VmExpectInt(read->type, type);
  VmExpectNear(read->gain, 2.0, 0.0);
  VmExpectNear(read->energy, 300.0, 0.0);

  /* Every run of frames, by each rank alone. */
  PetscCall(PetscMalloc1((size_t)(frames * points), &data));
  for (int64_t first = 0; first < frames; first += 3) {
    for (int64_t n = 1; first + n <= frames; n += 4) {
      int64_t wrong = 0;
      PetscCall(VmCubeRead(cube, first, n, data));
      for (int64_t i = 0; i < n * points; ++i) wrong += data[i] != Value(&info, first + i / points, i % points);
      VmExpectInt(wrong, 0);
    }
  }
  PetscCall(PetscFree(data));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whole numbers are rounded and saturate. */
static PetscErrorCode TestSaturation(void)
{
  VmCubeInfo info = Info(VM_U16);
  const float counts[6] = {-3.0F, 0.4F, 0.6F, 65535.0F, 70000.0F, 12.0F};
  const float expected[6] = {0.0F, 0.0F, 1.0F, 65535.0F, 65535.0F, 12.0F};
  float read[6];
  char path[4096];
  VmCubeWriter writer;
  VmCube cube;
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  info.scan[0] = info.scan[1] = 1;
  info.det[0] = 2;
  info.det[1] = 3;
  snprintf(path, sizeof path, "%s/saturate.h5", VmTestScratch());
  PetscCall(VmCubeWriterCreate(PETSC_COMM_WORLD, path, &info, &writer));
  PetscCall(VmCubeWriterPut(writer, 0, rank == 0, counts));
  PetscCall(VmCubeWriterClose(&writer));
  PetscCall(VmCubeOpen(PETSC_COMM_WORLD, path, NULL, &cube));
  PetscCall(VmCubeRead(cube, 0, 1, read));
  for (int i = 0; i < 6; ++i) VmExpectNear(read[i], expected[i], 0.0);
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the user says overrides the file; a shape that is not that of the file is refused. */
static PetscErrorCode TestHints(void)
{
  char path[4096];
  VmCube cube;
  VmCubeHints hints = {.det_pitch = 0.2, .scan_pitch = 0.5, .gain = 3.0, .centre = {1.5, NAN}};

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/cube%d.h5", VmTestScratch(), (int)VM_F32);
  PetscCall(VmCubeOpen(PETSC_COMM_WORLD, path, &hints, &cube));
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  VmExpectNear(info->det_pitch[1], 0.2, 0.0);
  VmExpectNear(info->scan_pitch[0], 0.5, 0.0);
  VmExpectNear(info->gain, 3.0, 0.0);
  VmExpectNear(info->centre[0], 1.5, 0.0);
  VmExpectNear(info->centre[1], 1.0, 0.0);
  PetscCall(VmCubeClose(&cube));
  hints.scan[0] = 6;
  VmExpectInt(VmCubeOpen(PETSC_COMM_WORLD, path, &hints, &cube), VM_ERR_INPUT);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Writes the first `bytes` bytes of one file (all if negative) into another, on rank 0. */
static void Copy(const char *from, const char *to, long bytes)
{
  int rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (rank == 0) {
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    for (int c; in && out && bytes-- != 0 && (c = getc(in)) != EOF;) putc(c, out);
    if (in) fclose(in);
    if (out) fclose(out);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

/* Missing, empty, of another kind, truncated, unfinished: bad input, never a crash. */
static PetscErrorCode TestDamaged(void)
{
  const long sizes[] = {0, 7, 100, 1000, 3000};
  const VmCubeInfo info = Info(VM_F32);
  char whole[4096], path[4096], part[4200];
  VmCube cube;
  VmCubeWriter writer;
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  snprintf(whole, sizeof whole, "%s/cube%d.h5", VmTestScratch(), (int)VM_F32);
  snprintf(path, sizeof path, "%s/damaged.h5", VmTestScratch());
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    Copy(whole, path, sizes[i]);
    VmExpectInt(VmCubeOpen(PETSC_COMM_WORLD, path, NULL, &cube), VM_ERR_INPUT);
  }
  Copy(__FILE__, path, -1);
  VmExpectInt(VmCubeOpen(PETSC_COMM_WORLD, path, NULL, &cube), VM_ERR_INPUT);
  snprintf(path, sizeof path, "%s/absent.h5", VmTestScratch());
  if (rank == 0) (void)remove(path);
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  VmExpectInt(VmCubeOpen(PETSC_COMM_WORLD, path, NULL, &cube), VM_ERR_INPUT);
  VmExpectInt(VmCubeOpen(PETSC_COMM_WORLD, VmTestScratch(), NULL, &cube), VM_ERR_INPUT);

  PetscCall(VmCubeWriterCreate(PETSC_COMM_WORLD, path, &info, &writer));
  PetscCall(VmH5Flush(VmCubeWriterFile(writer)));
  snprintf(part, sizeof part, "%s.part", path);
  Copy(part, path, -1);
  VmExpectInt(VmCubeOpen(PETSC_COMM_WORLD, path, NULL, &cube), VM_ERR_INPUT);
  PetscCall(VmCubeWriterAbort(&writer));
  VmExpect(access(part, F_OK) != 0, "%s is left behind", part);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A file written by py4DSTEM. */
static PetscErrorCode TestPy4dstem(void)
{
  const char *path = VmTestData("readers/py4dstem_2x3x4x5.h5");
  float frame[20];
  VmCube cube;

  PetscFunctionBegin;
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmCubeOpen(PETSC_COMM_WORLD, path, NULL, &cube));
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  VmExpectInt(info->scan[0], 2);
  VmExpectInt(info->scan[1], 3);
  VmExpectInt(info->det[0], 4);
  VmExpectInt(info->det[1], 5);
  VmExpectNear(info->scan_pitch[0], 0.126797, 5e-7);
  VmExpectNear(info->det_pitch[0], 0.442516, 5e-6); /* 0.0442516 1/A */
  VmExpect(isnan(info->centre[0]) && info->gain == 0.0, "neither centre nor gain are in the file");
  PetscCall(VmCubeRead(cube, 0, 1, frame));
  VmExpectNear(frame[0], 472.521, 5e-4);
  VmExpectNear(frame[4], 15.8142, 5e-5);
  VmExpectNear(frame[5], 35.7612, 5e-5);
  PetscCall(VmCubeRead(cube, 3, 1, frame));
  VmExpectNear(frame[0], 62.6437, 5e-5);
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const VmType types[] = {VM_F32, VM_U16, VM_U32};

  PetscFunctionBegin;
  for (int i = 0; i < 3; ++i) PetscCall(TestRoundTrip(types[i]));
  PetscCall(TestSaturation());
  PetscCall(TestHints());
  PetscCall(TestDamaged());
  PetscCall(TestPy4dstem());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
