/* Reader of Merlin (.mib): every frame has a header in ASCII, numbers are big-endian. The scan is not in it: it comes
 * from the .hdr beside it, if the detector was triggered line by line, or from the user. */
#include "mib_raw.h"
#include "stack.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 4096, SIGNATURE = 64 };

typedef struct {
  int64_t bytes, width, height;
  int chips, depth; /* depth: of the counters, 0 if it does not say */
  bool raw;
  char layout[8];            /* "2x2" */
  char signature[SIGNATURE]; /* what the headers of all frames have in common: ",00384,01,0256,0256,U08," */
} Header;

static int Probe(const uint8_t *head, size_t n, const char *path)
{
  (void)path;
  return n >= 4 && memcmp(head, "MQ1,", 4) == 0 ? 10 : 0;
}

/* Digits up to a comma; -1 if there is anything else. */
static int64_t Number(const char *text)
{
  char *end;
  if (!isdigit((unsigned char)*text)) return -1;
  const long long value = strtoll(text, &end, 10);
  return *end == ',' && value < 1000000000 ? value : -1;
}

/* The field after n commas, NULL if there are not as many. */
static const char *Field(const char *text, int n)
{
  for (; text && n > 0; --n) {
    text = strchr(text, ',');
    if (text) ++text;
  }
  return text;
}

/* What is wrong with the header of the first frame, NULL if nothing. */
static const char *Parse(const char *text, Header *h, VmSample *sample)
{
  const char *fields[9], *extended = strstr(text, ",MQ1A,");
  for (int i = 0; i < 9; ++i) {
    fields[i] = Field(text, i);
    if (!fields[i]) return "it is not whole";
  }
  h->bytes = Number(fields[2]);
  h->chips = (int)Number(fields[3]);
  h->width = Number(fields[4]);
  h->height = Number(fields[5]);
  if (h->bytes < 64 || h->bytes > HEAD || h->chips < 1 || h->width < 1 || h->height < 1)
    return "its sizes are not those of a frame";
  const char *type = fields[6], *layout = fields[7] + strspn(fields[7], " ");
  const int bits = strncmp(type, "U08,", 4) == 0   ? 8
                   : strncmp(type, "U16,", 4) == 0 ? 16
                   : strncmp(type, "U32,", 4) == 0 ? 32
                                                   : 0;
  h->raw = strncmp(type, "R64,", 4) == 0;
  if (!bits && !h->raw) return "its type is none of U08, U16, U32, R64";
  if (bits) *sample = (VmSample){'u', bits / 8, true};
  snprintf(h->layout, sizeof h->layout, "%.*s", (int)strcspn(layout, ","), layout);
  const size_t length = (size_t)(fields[7] - fields[2]) + 1;
  if (length >= SIGNATURE) return "its sizes are not those of a frame";
  snprintf(h->signature, sizeof h->signature, "%.*s", (int)length, fields[2] - 1);
  const char *depth = extended ? Field(extended + 1, 3) : NULL;
  h->depth = depth ? (int)Number(depth) : 0;
  return NULL;
}

static const char *Check(VmStack stack, const uint8_t *record, int64_t frame)
{
  const Header *h = stack->context;
  const uint8_t *comma = memchr(record + 4, ',', 16);
  (void)frame;
  if (memcmp(record, "MQ1,", 4) != 0) return "it does not begin with MQ1";
  if (!comma || memcmp(comma, h->signature, strlen(h->signature)) != 0) return "its header is not that of frame 0";
  return NULL;
}

static void DecodeRaw(VmStack stack, const uint8_t *pixels, float *frame)
{
  const Header *h = stack->context;
  VmMibRawDecode(h->depth, h->chips, pixels, frame);
}

/* Pixels and bytes of a frame as the chips send it. Collective. */
static PetscErrorCode RawLayout(VmStack stack, const Header *h, VmCubeInfo *info)
{
  const int64_t bytes = VmMibRawBytes(h->depth, h->chips), side = h->chips == 4 ? 512 : 256;
  const bool known = h->chips == 1 || (h->chips == 4 && strcmp(h->layout, "2x2") == 0);

  PetscFunctionBegin;
  if (bytes == 0 || !known || h->width != h->height * (h->width == side ? 1 : 4) || h->width * h->height != side * side)
    VmThrow(stack->comm, VM_ERR_INPUT,
            "%s: raw frames of %d chips (%s), %lldx%lld pixels and %d bit are not read (one chip of 1, 6, 12, 24 bit, "
            "or 2x2 of 1, 6, 12 bit)",
            stack->path, h->chips, h->layout, (long long)h->width, (long long)h->height, h->depth);
  info->det[0] = info->det[1] = side;
  info->type = h->depth <= 6 ? VM_U8 : h->depth == 12 ? VM_U16 : VM_U32;
  stack->decode = DecodeRaw;
  stack->stride = h->bytes + bytes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The value of a key of the .hdr, 0 if it is not there. */
static int64_t HdrNumber(const char *text, const char *key)
{
  const char *at = strstr(text, key);
  if (!at) return 0;
  at += strlen(key);
  at += strspn(at, ": \t");
  const long long value = isdigit((unsigned char)*at) ? strtoll(at, NULL, 10) : 0;
  return value < 1000000000 ? value : 0;
}

/* The scan by the .hdr beside the file: its size, or lines of several frames to one trigger; 0 if it does not say.
 * Collective. */
static PetscErrorCode ReadHdr(VmStack stack, int64_t frames, int64_t scan[2])
{
  char path[PETSC_MAX_PATH_LEN], text[8192];
  const char *dot = strrchr(stack->path, '.');
  int rank;

  PetscFunctionBegin;
  scan[0] = scan[1] = 0;
  PetscCallMPI(MPI_Comm_rank(stack->comm, &rank));
  if (rank == 0 && dot &&
      snprintf(path, sizeof path, "%.*s.hdr", (int)(dot - stack->path), stack->path) < (int)sizeof path) {
    FILE *file = fopen(path, "rb");
    text[file ? fread(text, 1, sizeof text - 1, file) : 0] = '\0';
    if (file) fclose(file);
    const int64_t total = HdrNumber(text, "Frames in Acquisition (Number)");
    const int64_t line = HdrNumber(text, "Frames per Trigger (Number)");
    scan[0] = HdrNumber(text, "ScanY");
    scan[1] = HdrNumber(text, "ScanX");
    if (scan[0] == 0 || scan[1] == 0) {
      const bool lines = total == frames && (line > 1 || frames == 1) && frames % line == 0;
      scan[0] = lines ? frames / line : 0;
      scan[1] = lines ? line : 0;
    }
  }
  PetscCallMPI(MPI_Bcast(scan, 2, MPI_INT64_T, 0, stack->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Layout(VmStack stack, const VmCubeHints *hints, VmCubeInfo *info)
{
  char text[HEAD + 1];
  size_t got;
  int64_t frames, known[2];
  Header *h;

  PetscFunctionBegin;
  PetscCall(PetscNew(&h));
  stack->context = h;
  PetscCall(VmStackHead(stack, HEAD, text, &got));
  text[got] = '\0';
  const char *wrong = Parse(text, h, &stack->sample);
  if (wrong) VmThrow(stack->comm, VM_ERR_INPUT, "the first header of %s is damaged: %s", stack->path, wrong);
  stack->skip = h->bytes;
  stack->check = Check;
  if (h->raw) {
    PetscCall(RawLayout(stack, h, info));
  } else {
    info->det[0] = h->height;
    info->det[1] = h->width;
    if (h->height > stack->size / h->width)
      VmThrow(stack->comm, VM_ERR_INPUT, "%s is cut off: it does not hold one frame of %lldx%lld pixels", stack->path,
              (long long)h->height, (long long)h->width);
    info->type = VmSampleType(stack->sample);
    stack->stride = h->bytes + h->width * h->height * stack->sample.bytes;
  }
  stack->pixels = info->det[0] * info->det[1];
  PetscCall(VmStackDetector(stack, hints, info->det));
  PetscCall(VmStackCount(stack, &frames));
  PetscCall(ReadHdr(stack, frames, known));
  PetscCall(VmStackScan(stack, hints, frames, known, info->scan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(VmStackOpenAs(comm, path, hints, Layout, handle, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_mib = {
    .name = "mib",
    .extensions = "mib",
    .doc = "Merlin, 8, 16, 32 bit and raw 1, 6, 12, 24 bit; scan from the .hdr beside it or the user",
    .probe = Probe,
    .open = Open,
    .read = VmStackRead,
    .close = VmStackClose,
};
