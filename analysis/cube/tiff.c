/* Reader of TIFF and BigTIFF: a series of grey images of one size and type, a page each, as cameras and ImageJ write.
 */
#include "h5cube.h"
#include "stack.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

/* No compression of TIFF makes numbers smaller by more than this: a shape that would need it is damaged. */
static const int64_t most_compression = 4096;

typedef struct {
  uint32_t width, height;
  VmSample sample; /* as the library hands them out: in the order of this machine */
} Page;

typedef struct {
  VmStack stack; /* its file, path and scan */
  TIFF *tiff;
  Page page;        /* all alike */
  int64_t count;    /* of pages */
  uint64_t *offset; /* [count] of each page's directory */
  uint8_t *image, *tile;
} Series;

static int Probe(const uint8_t *head, size_t n, const char *path)
{
  static const char *const marks[] = {"II*\0", "MM\0*", "II+\0", "MM\0+"};
  (void)path;
  for (int i = 0; i < 4; ++i)
    if (n >= 8 && memcmp(head, marks[i], 4) == 0) return 10;
  return 0;
}

static PetscErrorCode Close(void **handle)
{
  Series *s = *handle;

  PetscFunctionBegin;
  if (s->tiff) TIFFClose(s->tiff);
  PetscCall(PetscFree(s->offset));
  PetscCall(PetscFree(s->image));
  PetscCall(PetscFree(s->tile));
  if (s->stack) PetscCall(VmStackClose((void **)&s->stack));
  PetscCall(PetscFree(s));
  *handle = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is wrong with the current page, NULL if nothing. */
static const char *ReadPage(TIFF *tiff, Page *page)
{
  uint16_t bits, samples, format, photometric = PHOTOMETRIC_MINISBLACK, compression;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page->width) ||
      !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &page->height) || page->width == 0 || page->height == 0)
    return "it has no size";
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
  if (samples != 1 || photometric > PHOTOMETRIC_MINISBLACK) return "it is in colour: one grey value a pixel is needed";
  if (bits != 8 && bits != 16 && bits != 32 && bits != 64) return "its numbers have other than 8, 16, 32 or 64 bits";
  if (format < SAMPLEFORMAT_UINT || format > SAMPLEFORMAT_VOID || (format == SAMPLEFORMAT_IEEEFP && bits < 32))
    return "its numbers are neither integers nor floating-point numbers of 32 or 64 bits";
  if (!TIFFIsCODECConfigured(compression)) return "its compression is not known to the library";
  page->sample = (VmSample){format == SAMPLEFORMAT_INT      ? 'i'
                            : format == SAMPLEFORMAT_IEEEFP ? 'f'
                                                            : 'u',
                            bits / 8, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__};
  return NULL;
}

static bool Alike(const Page *a, const Page *b)
{
  return a->width == b->width && a->height == b->height && a->sample.kind == b->sample.kind &&
         a->sample.bytes == b->sample.bytes;
}

/* Goes through the chain of pages. */
static PetscErrorCode ReadPages(Series *s)
{
  const char *path = s->stack->path;
  int64_t capacity = 0;
  PetscFunctionBegin;
  for (;; ++s->count) {
    Page page;
    const char *wrong = ReadPage(s->tiff, &page);
    if (wrong)
      PetscFunctionReturn(
          VmRaiseLocal(VM_ERR_INPUT, "page %lld of %s cannot be read: %s", (long long)s->count, path, wrong));
    if (s->count == 0) s->page = page;
    if (!Alike(&page, &s->page))
      PetscFunctionReturn(VmRaiseLocal(
          VM_ERR_INPUT, "page %lld of %s has %u x %u pixels of %d bytes, the first %u x %u of %d, or another type",
          (long long)s->count, path, page.height, page.width, page.sample.bytes, s->page.height, s->page.width,
          s->page.sample.bytes));
    if (s->count == capacity) {
      capacity = 2 * capacity + 64;
      PetscCall(PetscRealloc((size_t)capacity * sizeof *s->offset, &s->offset));
    }
    s->offset[s->count] = TIFFCurrentDirOffset(s->tiff);
    if (TIFFLastDirectory(s->tiff)) break;
    if (!TIFFReadDirectory(s->tiff))
      PetscFunctionReturn(
          VmRaiseLocal(VM_ERR_INPUT, "%s is damaged or cut off after page %lld", path, (long long)s->count));
  }
  ++s->count;
  const int64_t most = s->stack->size < INT64_MAX / most_compression ? s->stack->size * most_compression : INT64_MAX;
  if (s->page.height > most / s->page.width / s->page.sample.bytes / s->count)
    PetscFunctionReturn(VmRaiseLocal(VM_ERR_INPUT,
                                     "%s is damaged: %lld pages of %u x %u pixels are more than it can hold", path,
                                     (long long)s->count, s->page.height, s->page.width));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The value of "key=..." in the lines of ImageJ's description, "" if there is none. */
static void Described(const char *description, const char *key, char value[64])
{
  const size_t length = strlen(key);
  value[0] = '\0';
  if (strncmp(description, "ImageJ=", 7) != 0) return;
  for (const char *line = description; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
    if (strncmp(line, key, length) == 0 && line[length] == '=') {
      const size_t n = PetscMin(strcspn(line + length + 1, "\r\n"), 63);
      memcpy(value, line + length + 1, n);
      value[n] = '\0';
    }
}

/* Only ImageJ says the unit of the resolution: of a length the pixel is one of an image, else one of the detector. */
static PetscErrorCode Calibrate(Series *s, VmCubeInfo *info)
{
  char *description = NULL, images[64], unit[64];
  float resolution[2] = {0.0F, 0.0F};
  PetscFunctionBegin;
  if (!TIFFGetField(s->tiff, TIFFTAG_IMAGEDESCRIPTION, &description) || !description)
    PetscFunctionReturn(PETSC_SUCCESS);
  Described(description, "images", images);
  Described(description, "unit", unit);
  if (images[0] && strtoll(images, NULL, 10) != s->count)
    PetscFunctionReturn(
        VmRaiseLocal(VM_ERR_INPUT,
                     "%s says that it holds %s images, and has %lld pages: it is cut off, or larger than "
                     "4 GB (save it as BigTIFF)",
                     s->stack->path, images, (long long)s->count));
  TIFFGetField(s->tiff, TIFFTAG_XRESOLUTION, &resolution[1]);
  TIFFGetField(s->tiff, TIFFTAG_YRESOLUTION, &resolution[0]);
  const double length = VmH5CubeUnit(unit, false), reciprocal = VmH5CubeUnit(unit, true);
  for (int d = 0; d < 2; ++d) {
    if (!(resolution[d] > 0.0F) || !isfinite(resolution[d])) continue;
    if (length > 0.0) info->scan_pitch[d] = length / (double)resolution[d];
    if (reciprocal > 0.0) info->det_pitch[d] = reciprocal / (double)resolution[d];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenLocal(Series *s, VmCubeInfo *info)
{
  PetscFunctionBegin;
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  const int file = dup(s->stack->file);
  if (file >= 0) s->tiff = TIFFFdOpen(file, s->stack->path, "rm");
  if (!s->tiff) {
    if (file >= 0) close(file);
    PetscFunctionReturn(
        VmRaiseLocal(VM_ERR_INPUT, "%s is no TIFF file, or damaged: it has no first page", s->stack->path));
  }
  PetscCall(ReadPages(s));
  if (!TIFFSetSubDirectory(s->tiff, s->offset[0]))
    PetscFunctionReturn(VmRaiseLocal(VM_ERR_INPUT, "the first page of %s cannot be read again", s->stack->path));
  PetscCall(Calibrate(s, info));
  PetscCall(PetscMalloc1((size_t)s->page.width * s->page.height * (size_t)s->page.sample.bytes, &s->image));
  info->det[0] = s->page.height;
  info->det[1] = s->page.width;
  info->type = VmSampleType(s->page.sample);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Images are a series of one line, unless the user says how they were scanned. */
static PetscErrorCode Layout(Series *s, const VmCubeHints *hints, VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(VmAgree(s->stack->comm, OpenLocal(s, info)));
  const int64_t series[2] = {1, s->count};
  PetscCall(VmStackDetector(s->stack, hints, info->det));
  PetscCall(VmStackScan(s->stack, hints, s->count, series, info->scan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  Series *s;

  PetscFunctionBegin;
  *handle = NULL;
  PetscCall(PetscNew(&s));
  PetscErrorCode code = VmStackOpen(comm, path, &s->stack);
  if (!code) code = Layout(s, hints, info);
  *handle = s;
  if (code) PetscCall(Close(handle));
  PetscFunctionReturn(code);
}

/* The current page by its strips. */
static bool ReadStrips(Series *s)
{
  const int64_t line = (int64_t)s->page.width * s->page.sample.bytes;
  uint32_t rows;
  TIFFGetFieldDefaulted(s->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
  rows = PetscMin(PetscMax(rows, 1), s->page.height);
  for (uint32_t y = 0, strip = 0; y < s->page.height; y += rows, ++strip) {
    const int64_t bytes = PetscMin(rows, s->page.height - y) * line;
    if (TIFFReadEncodedStrip(s->tiff, strip, s->image + y * line, bytes) != bytes) return false;
  }
  return true;
}

/* The current page by its tiles, which reach over its edges. */
static PetscErrorCode ReadTiles(Series *s, bool *whole)
{
  const int64_t bytes = s->page.sample.bytes, size = (int64_t)TIFFTileSize(s->tiff);
  uint32_t width = 0, height = 0;
  PetscFunctionBegin;
  TIFFGetField(s->tiff, TIFFTAG_TILEWIDTH, &width);
  TIFFGetField(s->tiff, TIFFTAG_TILELENGTH, &height);
  *whole = width > 0 && height > 0 && width < 2 * s->page.width + 4096 && height < 2 * s->page.height + 4096 &&
           size == (int64_t)width * height * bytes;
  if (!*whole) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscRealloc((size_t)size, &s->tile));
  for (uint32_t y = 0; y < s->page.height && *whole; y += height)
    for (uint32_t x = 0; x < s->page.width && *whole; x += width) {
      const uint32_t rows = PetscMin(height, s->page.height - y), columns = PetscMin(width, s->page.width - x);
      *whole = TIFFReadEncodedTile(s->tiff, TIFFComputeTile(s->tiff, x, y, 0, 0), s->tile, size) == size;
      for (uint32_t r = 0; r < rows && *whole; ++r)
        memcpy(s->image + ((int64_t)(y + r) * s->page.width + x) * bytes, s->tile + (int64_t)r * width * bytes,
               (size_t)(columns * bytes));
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Read(void *handle, int64_t first, int64_t n, float *frames)
{
  Series *s = handle;
  const int64_t *line = s->stack->line, pixels = (int64_t)s->page.width * s->page.height;

  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = (first + i) / line[0] * line[1] + (first + i) % line[0];
    Page page;
    bool whole = TIFFSetSubDirectory(s->tiff, s->offset[at]) && !ReadPage(s->tiff, &page) && Alike(&page, &s->page);
    if (whole && TIFFIsTiled(s->tiff)) PetscCall(ReadTiles(s, &whole));
    else whole = whole && ReadStrips(s);
    if (!whole)
      PetscFunctionReturn(
          VmRaiseLocal(VM_ERR_INPUT, "page %lld of %s is damaged or cut off", (long long)at, s->stack->path));
    VmSampleDecode(s->page.sample, s->image, pixels, frames + i * pixels);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_tiff = {
    .name = "tiff",
    .extensions = "tif tiff",
    .doc = "TIFF and BigTIFF, a page for each image of a series: 8 to 64 bit, integers or floats; ImageJ's pixel size",
    .probe = Probe,
    .open = Open,
    .read = Read,
    .close = Close,
};
