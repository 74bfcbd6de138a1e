/* Reader of EMPAD: frames of 130x128 little-endian float32 without any header, the last two rows a footer. The scan
 * stands in the XML of the acquisition (which may be given instead of the file it names) or in the file's name. */
#include "stack.h"
#include <vitromech/tree.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { SIDE = 128, FRAME = 130 * 128 * 4 };

static bool HasExtension(const char *path, const char *extension)
{
  const char *dot = strrchr(path, '.');
  return dot && strcasecmp(dot, extension) == 0;
}

/* "scan_x32_y64.raw" to {64, 32}. */
static bool ScanOfName(const char *path, int64_t scan[2])
{
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  for (const char *x = strstr(name, "_x"); x; x = strstr(x + 1, "_x")) {
    long long columns, rows;
    if (sscanf(x, "_x%7lld_y%7lld", &columns, &rows) != 2 || columns < 1 || rows < 1) continue;
    scan[0] = rows;
    scan[1] = columns;
    return true;
  }
  return false;
}

static int Probe(const uint8_t *head, size_t n, const char *path)
{
  char text[1025];
  int64_t scan[2];
  struct stat status;

  if (HasExtension(path, ".xml")) {
    const size_t length = PetscMin(n, sizeof text - 1);
    memcpy(text, head, length);
    text[length] = '\0';
    return strstr(text, "<root") ? 5 : 0;
  }
  if (!HasExtension(path, ".raw") || stat(path, &status) != 0) return 0;
  return ScanOfName(path, scan) || (status.st_size > 0 && status.st_size % FRAME == 0) ? 5 : 0;
}

/* The number between <tag> and </tag> after `from`; 0 if there is none. */
static double Number(const char *from, const char *end, const char *tag)
{
  char open[64];
  snprintf(open, sizeof open, "<%s>", tag);
  const char *at = from ? strstr(from, open) : NULL;
  return at && (!end || at < end) ? strtod(at + strlen(open), NULL) : 0.0;
}

static const char *ScanParameters(const char *xml)
{
  const char *at = strstr(xml, "<scan_parameters mode=\"acquire\"");
  return at ? at : strstr(xml, "<scan_parameters mode=\"search\"");
}

/* The file that the XML names, in the folder of the XML. */
static bool RawFile(const char *xml, const char *path, char raw[PETSC_MAX_PATH_LEN])
{
  const char *slash = strrchr(path, '/'), *element = strstr(xml, "<raw_file"), *key = " filename=\"";
  const char *name = element ? strstr(element, key) : NULL;
  if (!name || name > element + strcspn(element, ">")) return false;
  name += strlen(key);
  const size_t length = strcspn(name, "\"");
  if (length == 0 || memchr(name, '/', length)) return false;
  const int folder = slash ? (int)(slash - path + 1) : 0;
  return snprintf(raw, PETSC_MAX_PATH_LEN, "%.*s%.*s", folder, path, (int)length, name) < PETSC_MAX_PATH_LEN;
}

/* Scan, energy and data file of an acquisition. Collective. */
static PetscErrorCode ReadXml(MPI_Comm comm, const char *path, char raw[PETSC_MAX_PATH_LEN], int64_t scan[2],
                              VmCubeInfo *info)
{
  char *xml;
  size_t size;

  PetscFunctionBegin;
  PetscCall(VmFileBroadcast(comm, path, &xml, &size));
  const char *parameters = ScanParameters(xml), *end = parameters ? strstr(parameters, "</scan_parameters>") : NULL;
  const double rows = Number(parameters, end, "scan_resolution_y"),
               columns = Number(parameters, end, "scan_resolution_x");
  const double volts = Number(xml, NULL, "high_voltage");
  const bool named = RawFile(xml, path, raw);
  PetscCall(PetscFree(xml));
  if (!named) VmThrow(comm, VM_ERR_INPUT, "%s names no raw file of an EMPAD acquisition", path);
  if (!(rows >= 1.0 && rows < 1e7 && columns >= 1.0 && columns < 1e7))
    VmThrow(comm, VM_ERR_INPUT, "%s has no scan_resolution_x and scan_resolution_y", path);
  scan[0] = (int64_t)rows;
  scan[1] = (int64_t)columns;
  if (volts > 0.0 && volts < 1e7) info->energy = 1e-3 * volts;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Layout(VmStack stack, const VmCubeHints *hints, VmCubeInfo *info)
{
  const int64_t *known = info->scan; /* what the XML says */
  int64_t frames, named[2] = {0, 0};

  PetscFunctionBegin;
  (void)ScanOfName(stack->path, named);
  if (known[0] && named[0] && !hints->scan[0] && (known[0] != named[0] || known[1] != named[1]))
    VmThrow(stack->comm, VM_ERR_INPUT, "the XML says a scan of %lldx%lld, the name of %s one of %lldx%lld",
            (long long)known[0], (long long)known[1], stack->path, (long long)named[0], (long long)named[1]);
  info->det[0] = info->det[1] = SIDE;
  info->type = VM_F32;
  stack->pixels = SIDE * SIDE;
  stack->stride = FRAME;
  stack->sample = (VmSample){'f', 4, false};
  PetscCall(VmStackDetector(stack, hints, info->det));
  PetscCall(VmStackCount(stack, &frames));
  PetscCall(VmStackScan(stack, hints, frames, known[0] ? known : named, info->scan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  char raw[PETSC_MAX_PATH_LEN];
  const bool xml = HasExtension(path, ".xml");

  PetscFunctionBegin;
  if (xml) PetscCall(ReadXml(comm, path, raw, info->scan, info));
  PetscCall(VmStackOpenAs(comm, xml ? raw : path, hints, Layout, handle, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_empad = {
    .name = "empad",
    .extensions = "raw xml",
    .doc = "EMPAD, 128x128 float32; scan from the XML, the name (scan_x32_y64.raw) or the user",
    .probe = Probe,
    .open = Open,
    .read = VmStackRead,
    .close = VmStackClose,
};
