/* timeout: 300; links: vm_cube */
/* Each format of cubes knows its own files from those of the others; damaged files end in an error or an answer. */
#include "tiff_files.h"
#include "unit/capture.h"
#include <vitromech/timer.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 9, FLIPS = 2000 };

/* All the damage to the files whose name holds VM_TEST_FLIPS ("." to all), or what fits in a quick test to all of them.
 * VM_TEST_PART k/n (k from 0): every n-th flip only, so that the whole can be run in pieces. */
static int Truncations(void) { return getenv("VM_TEST_FLIPS") ? 200 : 40; }
static double FlipSeconds(void) { return getenv("VM_TEST_FLIPS") ? INFINITY : 0.4; }

static bool InPart(int i)
{
  const char *text = getenv("VM_TEST_PART");
  int part, parts;
  return !text || sscanf(text, "%d/%d", &part, &parts) != 2 || i % parts == part;
}

typedef struct {
  const char *format, *name;
  char path[1024];
  VmCubeHints hints;
} CubeFile;

static PetscErrorCode Make(CubeFile files[FILES])
{
  static const char *const names[FILES][2] = {
      {"emd", "own.h5"},  {"hspy", "own.hspy"},        {"prismatic", "prismatic.h5"},
      {"mib", "own.mib"}, {"empad", "scan_x3_y2.raw"}, {"blo", "own.blo"},
      {"npy", "own.npy"}, {"raw", "own.bin"},          {"tiff", "own.tif"}};
  PetscFunctionBegin;
  for (int i = 0; i < FILES; ++i) {
    files[i] = (CubeFile){.format = names[i][0], .name = names[i][1], .hints = {.centre = {NAN, NAN}}};
    snprintf(files[i].path, sizeof files[i].path, "%s/%s", VmTestScratch(), files[i].name);
  }
  PetscCall(WriteEmd(files[0].path));
  WriteHspy(files[1].path);
  WritePrismatic(files[2].path);
  WriteMib(files[3].path, &(MibFile){"U16", 12, 1, 20, 10, FILE_FRAMES});
  WriteEmpad(files[4].path);
  WriteBlo(files[5].path);
  WriteNpy(files[6].path);
  WriteRaw(files[7].path, false);
  WriteTiff(files[8].path, &(TiffFile){true, 16, 'u', false, FILE_FRAMES, 1, 5, "ImageJ=1.53t\nimages=6\nunit=nm\n"});
  files[3].hints.scan[0] = files[7].hints.scan[0] = FILE_SCAN0;
  files[3].hints.scan[1] = files[7].hints.scan[1] = FILE_SCAN1;
  files[7].hints.det[0] = 5;
  files[7].hints.det[1] = 4;
  files[7].hints.sample = "uint16";
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ExpectRecognised(const CubeFile *file)
{
  uint8_t head[4096];
  int best = 0, own = 0;
  FILE *f = fopen(file->path, "rb");
  const size_t n = f ? fread(head, 1, sizeof head, f) : 0;
  if (f) fclose(f);
  for (int i = 0; vm_cube_formats[i]; ++i) {
    const int sure = vm_cube_formats[i]->probe(head, n, file->path);
    if (strcmp(vm_cube_formats[i]->name, file->format) == 0) own = sure;
    else if (sure > best) best = sure;
  }
  VmExpect(own > 0 && own > best, "%s: %s is %d sure, another format %d", file->name, file->format, own, best);
}

/* What a file was read as. */
typedef struct {
  int64_t shape[4];
  uint64_t hash; /* of its frames (FNV-1a by words) */
} Answer;

enum { FRAMES_READ = 64 };

/* Opens a file and reads its frames as the analysis does (evenly spaced ones if they are many); more pixels than the
 * file has bytes are a failure. */
static PetscErrorCode TryRead(const char *path, const VmCubeHints *hints, int64_t most, Answer *answer)
{
  VmCube cube;
  float *data;
  PetscErrorCode code = VmCubeOpen(PETSC_COMM_SELF, path, hints, &cube);
  if (code) return code;
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  const int64_t points = info->det[0] * info->det[1], frames = info->scan[0] * info->scan[1];
  *answer = (Answer){{info->scan[0], info->scan[1], info->det[0], info->det[1]}, UINT64_C(14695981039346656037)};
  VmExpect(points > 0 && frames > 0 && points <= most / frames, "%s: %lld frames of %lld pixels", path,
           (long long)frames, (long long)points);
  if (points > 0 && frames > 0 && points <= most / frames) {
    PetscCall(PetscMalloc1((size_t)points, &data));
    for (int64_t f = 0; f < frames && !code; f += 1 + frames / FRAMES_READ) {
      code = VmCubeRead(cube, f, 1, data);
      for (int64_t p = 0; p < points && !code; ++p) {
        uint32_t word;
        memcpy(&word, &data[p], sizeof word);
        answer->hash = (answer->hash ^ word) * UINT64_C(1099511628211);
      }
    }
    PetscCall(PetscFree(data));
  }
  PetscCall(VmCubeClose(&cube));
  return code;
}

/* Each reader, asked for by name, must refuse what is not its own. */
static PetscErrorCode TestOthersRefused(const CubeFile files[FILES])
{
  Capture capture;
  char text[4096];
  PetscFunctionBegin;
  for (int i = 0; i < FILES; ++i) {
    for (int j = 0; vm_cube_formats[j]; ++j) {
      VmCubeHints hints = files[i].hints;
      hints.format = vm_cube_formats[j]->name;
      const bool own = strcmp(hints.format, files[i].format) == 0;
      if (!own && strcmp(hints.format, "raw") == 0) continue; /* takes any bytes of the right number */
      Answer answer;
      CaptureBegin(&capture);
      const PetscErrorCode code = TryRead(files[i].path, &hints, INT64_C(1) << 30, &answer);
      CaptureEnd(&capture, text, sizeof text);
      VmExpect(code == (own ? PETSC_SUCCESS : VM_ERR_INPUT), "%s read as %s: code %d, \"%s\"", files[i].name,
               hints.format, (int)code, text);
      VmExpect(own || strlen(text) > 20, "%s refused as %s without a word", files[i].name, hints.format);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int64_t Load(const char *path, uint8_t **bytes)
{
  FILE *file = fopen(path, "rb");
  fseek(file, 0, SEEK_END);
  const int64_t n = ftell(file);
  rewind(file);
  *bytes = malloc((size_t)n);
  if (!*bytes || fread(*bytes, 1, (size_t)n, file) != (size_t)n) abort();
  fclose(file);
  return n;
}

static void Save(const char *path, const uint8_t *bytes, int64_t n)
{
  FILE *file = FileCreate(path);
  if (fwrite(bytes, 1, (size_t)n, file) != (size_t)n) abort();
  fclose(file);
}

static int64_t FileSize(const char *path)
{
  struct stat status;
  if (stat(path, &status) != 0) abort();
  return (int64_t)status.st_size;
}

static bool IsClear(PetscErrorCode code) { return code == 0 || code == VM_ERR_INPUT || code == VM_ERR_FILE; }

/* A file to damage, and the one that is then opened: the same, or the cube whose header it is. */
typedef struct {
  const char *name, *path, *copy, *opened;
  VmCubeHints hints;
  int64_t most;
} Victim;

/* A file that lacks its end is an error wherever it ends. */
static PetscErrorCode Truncate(const Victim *v)
{
  Capture capture;
  char text[4096];
  Answer answer;
  uint8_t *bytes;
  int accepted = 0;
  PetscFunctionBegin;
  const int64_t n = Load(v->path, &bytes);
  Save(v->copy, bytes, n);
  for (int i = Truncations() - 1; i >= 0; --i) {
    const int64_t length = i * n / Truncations();
    if (truncate(v->copy, (off_t)length) != 0) abort();
    CaptureBegin(&capture);
    const PetscErrorCode code = TryRead(v->opened, &v->hints, v->most, &answer);
    CaptureEnd(&capture, text, sizeof text);
    accepted += code == 0;
    VmExpect(IsClear(code) && (code == 0 || strlen(text) > 20), "%s cut at %lld: code %d, \"%s\"", v->name,
             (long long)length, (int)code, text);
  }
  VmExpectInt(accepted, 0);
  free(bytes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Marks the bytes of a file that are not raw data of a dataset: what tells HDF5 where and what everything is. */
typedef struct {
  uint8_t *is_raw;
  int64_t n;
} Bytes;

static void MarkRaw(const Bytes *bytes, haddr_t at, hsize_t count)
{
  for (hsize_t i = 0; at != HADDR_UNDEF && i < count && (int64_t)(at + i) < bytes->n; ++i) bytes->is_raw[at + i] = 1;
}

static herr_t MarkDataset(hid_t file, const char *name, const H5O_info_t *info, void *context)
{
  if (info->type != H5O_TYPE_DATASET) return 0;
  const hid_t data = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(data);
  hsize_t chunks = 0;
  MarkRaw(context, H5Dget_offset(data), H5Dget_storage_size(data));
  if (H5Dget_offset(data) == HADDR_UNDEF && H5Dget_num_chunks(data, space, &chunks) >= 0)
    for (hsize_t c = 0; c < chunks; ++c) {
      hsize_t offset[H5S_MAX_RANK], size;
      unsigned filters;
      haddr_t at;
      if (H5Dget_chunk_info(data, space, c, offset, &filters, &at, &size) >= 0) MarkRaw(context, at, size);
    }
  H5Sclose(space);
  H5Dclose(data);
  return 0;
}

/* Places of a file that are worth more than others: the metadata of HDF5, else the first 4 KB. Free *place. */
static int64_t Metadata(const char *path, int64_t n, int64_t **place)
{
  Bytes bytes = {calloc((size_t)n, 1), n};
  int64_t count = 0;
  if (H5Fis_hdf5(path) > 0) {
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, MarkDataset, &bytes);
    H5Fclose(file);
  } else {
    for (int64_t i = 4096; i < n; ++i) bytes.is_raw[i] = 1;
  }
  *place = malloc((size_t)n * sizeof **place);
  for (int64_t i = 0; i < n; ++i)
    if (!bytes.is_raw[i]) (*place)[count++] = i;
  free(bytes.is_raw);
  return count;
}

/* What became of files with one byte changed. */
typedef struct {
  int refused, same, other_values, other_shape;
} Outcome;

static void Count(const Victim *v, int64_t at, uint8_t change, PetscErrorCode code, const Answer *is, const Answer *was,
                  Outcome *outcome)
{
  if (code) ++outcome->refused;
  else if (memcmp(is->shape, was->shape, sizeof is->shape) != 0) {
    ++outcome->other_shape;
    printf("%s with byte %lld xor %d: %lldx%lld frames of %lldx%lld\n", v->name, (long long)at, change,
           (long long)is->shape[0], (long long)is->shape[1], (long long)is->shape[2], (long long)is->shape[3]);
  } else if (is->hash != was->hash) ++outcome->other_values;
  else ++outcome->same;
}

/* One byte is another one, at random places, half of them in the metadata. */
static PetscErrorCode Flip(const Victim *v, Outcome *outcome)
{
  Capture capture;
  Answer whole, answer;
  char text[4096];
  uint8_t *bytes;
  int64_t *place;
  uint64_t random = 12345;
  PetscFunctionBegin;
  const int64_t n = Load(v->path, &bytes), metadata = Metadata(v->path, n, &place);
  const double begin = VmTime();
  Save(v->copy, bytes, n);
  PetscCall(TryRead(v->opened, &v->hints, v->most, &whole));
  for (int i = 0; i < FLIPS && VmTime() - begin < FlipSeconds(); ++i) {
    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const uint64_t draw = random >> 20;
    const int64_t at = i % 2 && metadata ? place[draw % (uint64_t)metadata] : (int64_t)(draw % (uint64_t)n);
    const uint8_t change = (uint8_t)(1 + (random >> 56) % 255);
    if (!InPart(i)) continue;
    bytes[at] ^= change;
    Save(v->copy, bytes, n);
    bytes[at] ^= change;
    CaptureBegin(&capture);
    const PetscErrorCode code = TryRead(v->opened, &v->hints, v->most, &answer);
    CaptureEnd(&capture, text, sizeof text);
    VmExpect(IsClear(code) && (code == 0 || strlen(text) > 20), "%s with byte %lld xor %d: code %d, \"%s\"", v->name,
             (long long)at, change, (int)code, text);
    Count(v, at, change, code, &answer, &whole, outcome);
  }
  free(place);
  free(bytes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool Asked(const char *name)
{
  const char *asked = getenv("VM_TEST_FLIPS");
  return !asked || strstr(name, asked);
}

static void Show(const char *name, const Outcome *o)
{
  printf("%s: %d bytes changed: %d refused, %d the same answer, %d other values, %d another shape\n", name,
         o->refused + o->same + o->other_values + o->other_shape, o->refused, o->same, o->other_values, o->other_shape);
}

static PetscErrorCode Damage(const char *path, const char *name, const VmCubeHints *hints)
{
  char copy[1100];
  Outcome outcome = {0};
  PetscFunctionBegin;
  if (!Asked(name)) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(copy, sizeof copy, "%s/damaged_%s", VmTestScratch(), name);
  const Victim victim = {name, path, copy, copy, *hints, 4096 * FileSize(path)};
  if (InPart(0)) PetscCall(Truncate(&victim));
  PetscCall(Flip(&victim, &outcome));
  remove(copy);
  Show(name, &outcome);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The header beside a Merlin file is damaged: what says how the frames were scanned. */
static PetscErrorCode DamageHdr(const char *name)
{
  char file[256], path[1100], cube[1100], copy[1100];
  uint8_t *bytes;
  Outcome outcome = {0};
  PetscFunctionBegin;
  snprintf(file, sizeof file, "%s.hdr", name);
  if (!Asked(file)) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(file, sizeof file, "readers/%s.mib", name);
  const char *original = VmTestData(file);
  if (!original) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(cube, sizeof cube, "%s/header_%s.mib", VmTestScratch(), name);
  const int64_t n = Load(original, &bytes);
  Save(cube, bytes, n);
  free(bytes);
  snprintf(path, sizeof path, "%.*shdr", (int)strlen(original) - 3, original);
  snprintf(copy, sizeof copy, "%s/header_%s.hdr", VmTestScratch(), name);
  snprintf(file, sizeof file, "%s.hdr", name);
  const Victim victim = {file, path, copy, cube, {.centre = {NAN, NAN}}, 4096 * n};
  PetscCall(Flip(&victim, &outcome));
  remove(copy);
  remove(cube);
  Show(file, &outcome);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The XML of an EMPAD acquisition is damaged; the frames it names are all zero and take no room. */
static PetscErrorCode DamageXml(const char *name)
{
  char file[256], copy[1100], frames[1100];
  Outcome outcome = {0};
  PetscFunctionBegin;
  if (!Asked(name)) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(file, sizeof file, "readers/%s", name);
  const char *path = VmTestData(file);
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(copy, sizeof copy, "%s/damaged_empad.xml", VmTestScratch());
  snprintf(frames, sizeof frames, "%s/scan_x32_y64.raw", VmTestScratch());
  const int64_t bytes = (int64_t)32 * 64 * 130 * 128 * 4;
  fclose(FileCreate(frames));
  if (truncate(frames, (off_t)bytes) != 0) abort();
  const Victim victim = {name, path, copy, copy, {.centre = {NAN, NAN}}, bytes};
  PetscCall(Flip(&victim, &outcome));
  remove(copy);
  remove(frames);
  Show(name, &outcome);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  static const char *const samples[] = {"001_4x2_6bit.mib",    "Single_9_Frame_CounterDepth_12_Rows_256.mib",
                                        "amorphous_512.hspy",  "prismatic_si100_4d.emd",
                                        "py4dstem_2x3x4x5.h5", "test1.blo"};
  CubeFile files[FILES];
  PetscFunctionBegin;
  PetscCall(Make(files));
  for (int i = 0; i < FILES; ++i) ExpectRecognised(&files[i]);
  PetscCall(TestOthersRefused(files));
  for (int i = 0; i < FILES; ++i) PetscCall(Damage(files[i].path, files[i].name, &files[i].hints));
  for (size_t i = 0; i < sizeof samples / sizeof *samples; ++i) {
    VmCubeHints hints = {.centre = {NAN, NAN}};
    char name[256];
    snprintf(name, sizeof name, "readers/%s", samples[i]);
    const char *path = VmTestData(name);
    if (strstr(name, ".mib")) hints.scan[0] = 1;
    hints.scan[1] = i == 0 ? 8 : i == 1 ? 9 : 0;
    if (path) PetscCall(Damage(path, samples[i], &hints));
  }
  PetscCall(DamageHdr("Single_9_Frame_CounterDepth_12_Rows_256"));
  PetscCall(DamageXml("EMPAD_v1.2.2_x32_y64_size0.8.xml"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
