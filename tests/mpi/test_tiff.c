/* ranks: 1 2 3; links: vm_cube */
/* Series of TIFF images: every number type, byte order, strips, tiles and compression gives shape, type, calibration
 * and every pixel; pages that do not belong together are refused. */
#include "tiff_files.h"
#include "unit/capture.h"
#include <tiffio.h>
#include <unistd.h>

static const VmCubeHints no_hints = {.centre = {NAN, NAN}};

static int Rank(void)
{
  int rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

/* Each frame alone, then all but the first at once. */
static PetscErrorCode ExpectPixels(VmCube cube, int bits, double plus)
{
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  const int64_t points = info->det[0] * info->det[1], frames = info->scan[0] * info->scan[1];
  int64_t wrong = 0;
  float *data;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(frames * points), &data));
  for (int64_t f = frames - 1; f >= 0; --f) PetscCall(VmCubeRead(cube, f, 1, data + f * points));
  PetscCall(VmCubeRead(cube, 1, frames - 1, data + points));
  for (int64_t i = 0; i < frames * points; ++i)
    wrong +=
        data[i] != (float)((double)FileCount(bits, i / points, i % points / info->det[1], i % info->det[1]) + plus);
  VmExpectInt(wrong, 0);
  PetscCall(PetscFree(data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExpectSeries(const char *path, const VmCubeHints *hints, const int64_t shape[4], VmType type,
                                   int bits, double plus, VmCubeInfo *found)
{
  VmCube cube;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(VmCubeOpen(PETSC_COMM_WORLD, path, hints, &cube));
  *found = *VmCubeGetInfo(cube);
  for (int d = 0; d < 2; ++d) {
    VmExpectInt(found->scan[d], shape[d]);
    VmExpectInt(found->det[d], shape[2 + d]);
  }
  VmExpectInt(found->type, type);
  PetscCall(ExpectPixels(cube, bits, plus));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestNumbers(void)
{
  static const struct {
    int bits;
    char kind;
    VmType type;
  } numbers[] = {{8, 'u', VM_U8},   {16, 'u', VM_U16}, {32, 'u', VM_U32}, {8, 'i', VM_I32},
                 {16, 'i', VM_I32}, {32, 'i', VM_I32}, {32, 'f', VM_F32}, {64, 'f', VM_F64}};
  const int64_t series[4] = {1, 6, 5, 4}, scan[4] = {2, 3, 5, 4};
  const VmCubeHints scanned = {.scan = {2, 3}, .centre = {NAN, NAN}};
  char path[1024];
  VmCubeInfo info;
  PetscFunctionBegin;
  for (size_t i = 0; i < 4 * sizeof numbers / sizeof *numbers; ++i) {
    const int bits = numbers[i / 4].bits;
    const char kind = numbers[i / 4].kind;
    const TiffFile tiff = {i % 2, bits, kind, i % 4 >= 2, 6, 1, 5, NULL};
    snprintf(path, sizeof path, "%s/%c%d_%zu.tif", VmTestScratch(), kind, bits, i % 4);
    if (Rank() == 0) WriteTiff(path, &tiff);
    PetscCall(ExpectSeries(path, i % 2 ? &scanned : &no_hints, i % 2 ? scan : series, numbers[i / 4].type,
                           kind == 'f' ? 16 : bits,
                           kind == 'u'   ? 0.0
                           : kind == 'f' ? 0.25
                                         : -ldexp(1.0, bits - 1),
                           &info));
    VmExpect(info.scan_pitch[0] == 0.0 && info.det_pitch[0] == 0.0, "a resolution without a unit is not believed");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pixels a quarter (x) and half a unit (y) wide. */
static PetscErrorCode TestCalibration(void)
{
  const int64_t shape[4] = {1, 6, 5, 4};
  char path[1024];
  VmCubeInfo info;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/units.tif", VmTestScratch());
  TiffFile tiff = {false, 16, 'u', false, 6, 1, 5, "ImageJ=1.53t\nimages=6\nunit=nm\nloop=false\n"};
  if (Rank() == 0) WriteTiff(path, &tiff);
  PetscCall(ExpectSeries(path, &no_hints, shape, VM_U16, 16, 0.0, &info));
  VmExpectNear(info.scan_pitch[1], 0.25, 1e-7);
  VmExpectNear(info.scan_pitch[0], 0.5, 1e-7);
  VmExpect(info.det_pitch[0] == 0.0, "no pitch of a detector");
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  tiff.description = "ImageJ=1.53t\nimages=6\nunit=1/nm\n";
  if (Rank() == 0) WriteTiff(path, &tiff);
  PetscCall(ExpectSeries(path, &no_hints, shape, VM_U16, 16, 0.0, &info));
  VmExpectNear(info.det_pitch[1], 0.25, 1e-7);
  VmExpectNear(info.det_pitch[0], 0.5, 1e-7);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A series written by the library itself: 70 x 90 pixels of 16 bit. */
static void WriteByLibrary(const char *path, const char *mode, int compression, bool tiled)
{
  enum { HEIGHT = 70, WIDTH = 90, SIDE = 32 };
  uint16_t values[HEIGHT * WIDTH], tile[SIDE * SIDE];
  TIFF *tiff = TIFFOpen(path, mode);
  for (int page = 0; page < 4; ++page) {
    for (int p = 0; p < HEIGHT * WIDTH; ++p) values[p] = (uint16_t)FileCount(16, page, p / WIDTH, p % WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 16);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    if (compression != COMPRESSION_NONE) TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    if (tiled) {
      TIFFSetField(tiff, TIFFTAG_TILEWIDTH, SIDE);
      TIFFSetField(tiff, TIFFTAG_TILELENGTH, SIDE);
      for (int t = 0; t < 9; ++t) {
        for (int p = 0; p < SIDE * SIDE; ++p) {
          const int y = t / 3 * SIDE + p / SIDE, x = t % 3 * SIDE + p % SIDE;
          tile[p] = y < HEIGHT && x < WIDTH ? values[y * WIDTH + x] : 7;
        }
        TIFFWriteEncodedTile(tiff, (uint32_t)t, tile, sizeof tile);
      }
    } else {
      TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 13);
      for (int y = 0; y < HEIGHT; ++y) TIFFWriteScanline(tiff, values + y * WIDTH, (uint32_t)y, 0);
    }
    TIFFWriteDirectory(tiff);
  }
  TIFFClose(tiff);
}

static PetscErrorCode TestCompressions(void)
{
  static const int compressions[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE};
  static const char *const modes[] = {"w", "w8", "wb"}; /* this machine's byte order, BigTIFF, big-endian */
  const int64_t shape[4] = {1, 4, 70, 90};
  char path[1024];
  VmCubeInfo info;
  PetscFunctionBegin;
  for (int i = 0; i < 18; ++i) {
    snprintf(path, sizeof path, "%s/library_%d.tif", VmTestScratch(), i);
    if (Rank() == 0) WriteByLibrary(path, modes[i % 3], compressions[i / 3 % 3], i >= 9);
    PetscCall(ExpectSeries(path, &no_hints, shape, VM_U16, 16, 0.0, &info));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExpectRefusal(const char *name, const TiffFile *tiff, long cut, const char *words)
{
  Capture capture;
  char path[1024], text[4096];
  VmCube cube;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/%s.tif", VmTestScratch(), name);
  if (Rank() == 0) {
    WriteTiff(path, tiff);
    if (cut && truncate(path, cut) != 0) abort();
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  CaptureBegin(&capture);
  const PetscErrorCode code = VmCubeOpen(PETSC_COMM_WORLD, path, &no_hints, &cube);
  CaptureEnd(&capture, text, sizeof text);
  VmExpectInt(code, VM_ERR_INPUT);
  if (!code) PetscCall(VmCubeClose(&cube));
  VmExpect(Rank() != 0 || strstr(text, words), "%s: \"%s\"", name, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestNumbers());
  PetscCall(TestCalibration());
  PetscCall(TestCompressions());
  PetscCall(ExpectRefusal("colour", &(TiffFile){false, 8, 'u', false, 6, 3, 5, NULL}, 0, "colour"));
  PetscCall(ExpectRefusal("unlike", &(TiffFile){false, 8, 'u', false, 6, 1, 4, NULL}, 0, "page 5"));
  PetscCall(ExpectRefusal("fewer", &(TiffFile){false, 8, 'u', false, 6, 1, 5, "ImageJ=1\nimages=9\n"}, 0, "9 images"));
  PetscCall(ExpectRefusal("cut", &(TiffFile){false, 8, 'u', false, 6, 1, 5, NULL}, 500, "cut off after page 1"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
