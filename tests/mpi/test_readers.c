/* ranks: 1 2 3; links: vm_cube */
/* Every reader gives shape, type, calibration and every pixel of files whose content is known. */
#include "cube_files.h"
#include "unit/capture.h"
#include <unistd.h>

static const VmCubeHints no_hints = {.centre = {NAN, NAN}};

static void Path(char path[1024], const char *name) { snprintf(path, 1024, "%s/%s", VmTestScratch(), name); }

static int Rank(void)
{
  int rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

/* All frames one by one, and a run of four from the second, on every rank. */
static PetscErrorCode ExpectPixels(VmCube cube, int bits, float plus)
{
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  const int64_t points = info->det[0] * info->det[1], frames = info->scan[0] * info->scan[1];
  float *data;
  int64_t wrong = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(4 * points), &data));
  for (int64_t f = 0; f < frames; ++f) {
    PetscCall(VmCubeRead(cube, f, 1, data));
    for (int64_t p = 0; p < points; ++p)
      wrong += data[p] != (float)FileCount(bits, f, p / info->det[1], p % info->det[1]) + plus;
  }
  if (frames >= 5) {
    PetscCall(VmCubeRead(cube, 1, 4, data));
    for (int64_t i = 0; i < 4 * points; ++i)
      wrong += data[i] != (float)FileCount(bits, 1 + i / points, i % points / info->det[1], i % info->det[1]) + plus;
  }
  VmExpectInt(wrong, 0);
  PetscCall(PetscFree(data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  int64_t scan[2], det[2];
  VmType type;
  double scan_pitch[2], det_pitch[2], centre[2], energy;
} Wanted;

static void ExpectInfo(const VmCubeInfo *info, const Wanted *w)
{
  VmExpectInt(info->type, w->type);
  VmExpectNear(info->energy, w->energy, 1e-12);
  for (int d = 0; d < 2; ++d) {
    VmExpectInt(info->scan[d], w->scan[d]);
    VmExpectInt(info->det[d], w->det[d]);
    VmExpectNear(info->scan_pitch[d], w->scan_pitch[d], 1e-6);
    VmExpectNear(info->det_pitch[d], w->det_pitch[d], 1e-6);
    if (isnan(w->centre[d])) VmExpect(isnan(info->centre[d]), "centre %g", info->centre[d]);
    else VmExpectNear(info->centre[d], w->centre[d], 1e-5);
  }
}

static PetscErrorCode ExpectFile(const char *path, const VmCubeHints *hints, const Wanted *wanted, int bits, float plus)
{
  VmCube cube;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(VmCubeOpen(PETSC_COMM_WORLD, path, hints, &cube));
  ExpectInfo(VmCubeGetInfo(cube), wanted);
  PetscCall(ExpectPixels(cube, bits, plus));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Opening is refused on all ranks, with these words. */
static PetscErrorCode ExpectRefusal(const char *path, const VmCubeHints *hints, const char *words)
{
  VmCube cube;
  Capture capture;
  char text[2048];
  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  CaptureBegin(&capture);
  const PetscErrorCode code = VmCubeOpen(PETSC_COMM_WORLD, path, hints, &cube);
  CaptureEnd(&capture, text, sizeof text);
  VmExpectInt(code, VM_ERR_INPUT);
  if (!code) PetscCall(VmCubeClose(&cube));
  if (Rank() == 0) VmExpect(strstr(text, words) != NULL, "\"%s\" does not say \"%s\"", text, words);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestHdf5(void)
{
  char path[1024];
  PetscFunctionBegin;
  Path(path, "own.hspy");
  if (Rank() == 0) WriteHspy(path);
  PetscCall(
      ExpectFile(path, &no_hints, &(Wanted){{2, 3}, {5, 4}, VM_U16, {1.5, 2.5}, {0.02, 0.02}, {2.0, 1.5}, 200}, 12, 0));
  PetscCall(ExpectRefusal(path, &(VmCubeHints){.scan = {3, 2}, .centre = {NAN, NAN}}, "not the shape asked for"));
  Path(path, "prismatic.h5");
  if (Rank() == 0) WritePrismatic(path);
  PetscCall(ExpectFile(path, &no_hints, &(Wanted){{2, 3}, {5, 4}, VM_F32, {0.05, 0.025}, {2.0, 1.0}, {2.0, 3.0}, 100},
                       12, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestPlain(void)
{
  const Wanted wanted = {{2, 3}, {5, 4}, VM_U16, {0, 0}, {0, 0}, {NAN, NAN}, 0};
  VmCubeHints hints = {.scan = {2, 3}, .det = {5, 4}, .sample = "uint16", .centre = {NAN, NAN}};
  Wanted reshaped = wanted;
  char path[1024];
  PetscFunctionBegin;
  Path(path, "array.npy");
  if (Rank() == 0) WriteNpy(path);
  PetscCall(ExpectFile(path, &no_hints, &wanted, 12, 0));
  Path(path, "numbers.raw");
  if (Rank() == 0) WriteRaw(path, false);
  PetscCall(ExpectFile(path, &hints, &wanted, 12, 0));
  PetscCall(ExpectRefusal(path, &no_hints, "give the shapes"));
  hints.scan[0] = hints.scan[1] = 0;
  PetscCall(ExpectRefusal(path, &hints, "(1x6, 2x3, 3x2, 6x1)"));
  hints.scan[0] = hints.scan[1] = 2;
  PetscCall(ExpectRefusal(path, &hints, "whole scans: 1x6, 2x3, 3x2, 6x1"));
  hints.extra_frames = VM_EXTRA_DROP_TAIL;
  reshaped.scan[1] = 2;
  PetscCall(ExpectFile(path, &hints, &reshaped, 12, 0));
  hints.det[0] = 7;
  PetscCall(ExpectRefusal(path, &hints, "cut off or of another layout"));
  hints.sample = "uint17";
  PetscCall(ExpectRefusal(path, &hints, "no type of numbers"));
  Path(path, "big.bin");
  if (Rank() == 0) WriteRaw(path, true);
  PetscCall(ExpectFile(path, &(VmCubeHints){.scan = {2, 3}, .det = {5, 4}, .sample = "uint16be", .centre = {NAN, NAN}},
                       &wanted, 12, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two lines of three frames of which the last is flyback: frames 0, 1, 3, 4 remain. */
static PetscErrorCode TestFlyback(void)
{
  const VmCubeHints hints = {
      .scan = {2, 2}, .det = {5, 4}, .sample = "uint16", .extra_frames = VM_EXTRA_SKIP_PER_LINE, .centre = {NAN, NAN}};
  VmCube cube;
  float frames[4 * 20];
  char path[1024];
  PetscFunctionBegin;
  Path(path, "numbers.raw");
  PetscCall(VmCubeOpen(PETSC_COMM_WORLD, path, &hints, &cube));
  PetscCall(VmCubeRead(cube, 0, 4, frames));
  for (int i = 0; i < 80; ++i) VmExpectInt(frames[i], FileCount(12, (int[]){0, 1, 3, 4}[i / 20], i % 20 / 4, i % 4));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestEmpad(void)
{
  Wanted wanted = {{2, 3}, {128, 128}, VM_F32, {0, 0}, {0, 0}, {NAN, NAN}, 0};
  char path[1024], xml[1024];
  PetscFunctionBegin;
  Path(path, "scan_x3_y2.raw");
  Path(xml, "acquisition.xml");
  if (Rank() == 0) WriteEmpad(path);
  if (Rank() == 0) WriteEmpadXml(xml, "scan_x3_y2.raw", 3, 2);
  PetscCall(ExpectFile(path, &no_hints, &wanted, 16, 0.25F));
  wanted.energy = 300;
  PetscCall(ExpectFile(xml, &no_hints, &wanted, 16, 0.25F));
  if (Rank() == 0) WriteEmpadXml(xml, "scan_x3_y2.raw", 2, 3);
  PetscCall(ExpectRefusal(xml, &no_hints, "the XML says a scan of 3x2"));
  if (Rank() == 0) WriteEmpadXml(xml, "absent.raw", 3, 2);
  PetscCall(ExpectRefusal(xml, &no_hints, "absent.raw"));
  Path(path, "nameless.raw");
  if (Rank() == 0) WriteEmpad(path);
  PetscCall(ExpectRefusal(path, &no_hints, "(1x6, 2x3, 3x2, 6x1)"));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (Rank() == 0) VmExpectInt(truncate(path, 6 * 66560 - 4), 0);
  PetscCall(ExpectRefusal(path, &(VmCubeHints){.format = "empad", .scan = {2, 3}, .centre = {NAN, NAN}},
                          "5 frames and 66556 bytes"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestBlo(void)
{
  char path[1024];
  PetscFunctionBegin;
  Path(path, "own.blo");
  if (Rank() == 0) WriteBlo(path);
  PetscCall(ExpectFile(path, &no_hints, &(Wanted){{2, 3}, {16, 16}, VM_U8, {1.5, 2.5}, {0, 0}, {NAN, NAN}, 200}, 8, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestMib(void)
{
  static const struct {
    MibFile file;
    int bits;
    VmType type;
    int64_t side[2];
  } files[] = {
      {{"U08", 6, 1, 20, 10, 6}, 8, VM_U8, {10, 20}},        {{"U16", 12, 4, 514, 514, 6}, 16, VM_U16, {514, 514}},
      {{"U32", 24, 1, 20, 10, 6}, 32, VM_U32, {10, 20}},     {{"R64", 1, 1, 256, 256, 6}, 1, VM_U8, {256, 256}},
      {{"R64", 6, 1, 256, 256, 6}, 6, VM_U8, {256, 256}},    {{"R64", 12, 1, 256, 256, 6}, 12, VM_U16, {256, 256}},
      {{"R64", 24, 1, 256, 256, 6}, 24, VM_U32, {256, 256}}, {{"R64", 1, 4, 1024, 256, 6}, 1, VM_U8, {512, 512}},
      {{"R64", 6, 4, 1024, 256, 6}, 6, VM_U8, {512, 512}},   {{"R64", 12, 4, 1024, 256, 6}, 12, VM_U16, {512, 512}}};
  char path[1024], hdr[1024];
  PetscFunctionBegin;
  Path(path, "own.mib");
  Path(hdr, "own.hdr");
  for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    if (Rank() == 0) WriteMib(path, &files[i].file);
    if (Rank() == 0) WriteHdr(hdr, 6, 3);
    PetscCall(ExpectFile(
        path, &no_hints,
        &(Wanted){{2, 3}, {files[i].side[0], files[i].side[1]}, files[i].type, {0, 0}, {0, 0}, {NAN, NAN}, 0},
        files[i].bits, 0));
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (Rank() == 0) WriteHdr(hdr, 6, 1);
  PetscCall(ExpectRefusal(path, &no_hints, "(1x6, 2x3, 3x2, 6x1)"));
  if (Rank() == 0) remove(hdr);
  PetscCall(ExpectRefusal(path, &no_hints, "does not say how they were scanned"));
  if (Rank() == 0) WriteMib(path, &(MibFile){"R64", 24, 4, 1024, 256, 1});
  PetscCall(ExpectRefusal(path, &no_hints, "are not read"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The patterns of a Merlin file once more: skip the headers, big-endian numbers. */
static PetscErrorCode ExpectMibSums(const char *path, VmCube cube, int bytes)
{
  const int64_t frames = VmCubeGetInfo(cube)->scan[0] * VmCubeGetInfo(cube)->scan[1];
  float *data;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(256 * 256, &data));
  FILE *file = fopen(path, "rb");
  for (int64_t f = 0; f < frames; ++f) {
    int64_t wrong = 0;
    PetscCall(VmCubeRead(cube, f, 1, data));
    fseek(file, 384, SEEK_CUR);
    for (int p = 0; p < 256 * 256; ++p) {
      int value = fgetc(file);
      if (bytes == 2) value = 256 * value + fgetc(file);
      wrong += data[p] != (float)value;
    }
    VmExpectInt(wrong, 0);
  }
  fclose(file);
  PetscCall(PetscFree(data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExpectSample(const char *name, const VmCubeHints *hints, const Wanted *wanted, int mib_bytes)
{
  const char *path = VmTestData(name);
  VmCube cube;
  PetscFunctionBegin;
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmCubeOpen(PETSC_COMM_WORLD, path, hints, &cube));
  ExpectInfo(VmCubeGetInfo(cube), wanted);
  if (mib_bytes) PetscCall(ExpectMibSums(path, cube, mib_bytes));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Files of other programs. */
static PetscErrorCode TestSamples(void)
{
  const VmCubeHints four_by_two = {.scan = {4, 2}, .centre = {NAN, NAN}};
  PetscFunctionBegin;
  PetscCall(ExpectSample("readers/Single_9_Frame_CounterDepth_12_Rows_256.mib", &no_hints,
                         &(Wanted){{1, 9}, {256, 256}, VM_U16, {0, 0}, {0, 0}, {NAN, NAN}, 0}, 2));
  PetscCall(ExpectSample("readers/001_4x2_6bit.mib", &four_by_two,
                         &(Wanted){{4, 2}, {256, 256}, VM_U8, {0, 0}, {0, 0}, {NAN, NAN}, 0}, 1));
  PetscCall(ExpectSample("readers/test1.blo", &no_hints,
                         &(Wanted){{3, 2}, {144, 144}, VM_U8, {12.8, 12.8}, {0, 0}, {NAN, NAN}, 200}, 0));
  PetscCall(ExpectSample("readers/prismatic_si100_4d.emd", &no_hints,
                         &(Wanted){{11, 11}, {8, 8}, VM_F32, {0.05, 0.05}, {1 / 0.543, 1 / 0.543}, {4, 4}, 100}, 0));
  PetscCall(ExpectSample("readers/amorphous_512.hspy", &no_hints,
                         &(Wanted){{1, 1}, {512, 512}, VM_I64, {0, 0}, {0, 0}, {NAN, NAN}, 200}, 0));
  PetscCall(ExpectSample("readers/py4dstem_2x3x4x5.h5", &no_hints,
                         &(Wanted){{2, 3}, {4, 5}, VM_F32, {0.126797, 0.126797}, {0.442516, 0.442516}, {NAN, NAN}, 0},
                         0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestHdf5());
  PetscCall(TestPlain());
  PetscCall(TestFlyback());
  PetscCall(TestEmpad());
  PetscCall(TestBlo());
  PetscCall(TestMib());
  PetscCall(TestSamples());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
