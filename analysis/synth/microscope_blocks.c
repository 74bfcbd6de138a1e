/* Parameters of the blocks inside the `microscope` block: scan, detector, aberrations. */
#include "microscope_blocks.h"
#include "optics.h"

static const VmParam scan_rows[] = {
    {.key = "points",
     .type = VM_INT,
     .offset = offsetof(VmScanParams, points),
     .default_text = "[64, 64]",
     .min = 1,
     .max = 65536,
     .count = 2,
     .doc = "probe positions along x and y",
     .source = "physics.md D6: 128 x 128"},
    {.key = "step",
     .type = VM_REAL,
     .offset = offsetof(VmScanParams, step),
     .unit = "nm",
     .default_text = "0.32 nm",
     .min = 1e-4,
     .max = 1e4,
     .doc = "distance of neighbouring probes",
     .source = "physics.md D6"},
    {.key = "step_y",
     .type = VM_REAL,
     .offset = offsetof(VmScanParams, step) + sizeof(double),
     .unit = "nm",
     .default_text = "none",
     .min = 1e-4,
     .max = 1e4,
     .doc = "distance along y if it is another one; none: step"},
    {.key = "rotation",
     .type = VM_REAL,
     .offset = offsetof(VmScanParams, rotation),
     .unit = "degree",
     .default_text = "0 degree",
     .min = -360,
     .max = 360,
     .doc = "of the raster about its middle, from x to y"},
    {.key = "origin",
     .type = VM_REAL,
     .offset = offsetof(VmScanParams, origin),
     .unit = "nm",
     .default_text = "none",
     .count = 2,
     .doc = "position of the first probe before any rotation; none: the scan is centred on the cell"},
    {0}};
const VmTable vm_scan_table = {
    .name = "scan", .doc = "raster of probe positions", .size = sizeof(VmScanParams), .rows = scan_rows};

static const char *const detector_types[] = {"float32", "uint16", "uint32", NULL};

static const VmParam detector_rows[] = {
    {.key = "pixels",
     .type = VM_INT,
     .offset = offsetof(VmDetectorParams, pixels),
     .default_text = "[128, 128]",
     .min = 1,
     .max = 4096,
     .count = 2,
     .doc = "pixels along kx and ky; the direct beam falls on pixel n/2",
     .source = "physics.md D5"},
    {.key = "pitch",
     .type = VM_REAL,
     .offset = offsetof(VmDetectorParams, pitch),
     .unit = "1/nm",
     .default_text = "0.16 1/nm",
     .min = 1e-4,
     .max = 100,
     .doc = "width of a pixel in k = 1/d",
     .source = "physics.md D5"},
    {.key = "dose",
     .type = VM_REAL,
     .offset = offsetof(VmDetectorParams, dose),
     .unit = "1",
     .default_text = "none",
     .min = 0,
     .max = 1e15,
     .doc = "electrons per probe, counted with Poisson noise; none: noise-free fractions of the beam"},
    {.key = "gain",
     .type = VM_REAL,
     .offset = offsetof(VmDetectorParams, gain),
     .unit = "1",
     .default_text = "1",
     .min = 1e-12,
     .max = 1e12,
     .doc = "counts per electron, with a dose"},
    {.key = "point_spread",
     .type = VM_REAL,
     .offset = offsetof(VmDetectorParams, point_spread),
     .unit = "1",
     .default_text = "0",
     .min = 0,
     .max = 32,
     .doc = "standard deviation of the Gaussian point spread in pixels, applied before the counting noise"},
    {.key = "beam_stop",
     .type = VM_REAL,
     .offset = offsetof(VmDetectorParams, beam_stop),
     .unit = "1/nm",
     .default_text = "0 1/nm",
     .min = 0,
     .max = 1e4,
     .doc = "pixels nearer to the direct beam than this are zero"},
    {.key = "dead",
     .type = VM_REAL,
     .offset = offsetof(VmDetectorParams, dead),
     .unit = "1",
     .default_text = "0",
     .min = 0,
     .max = 1,
     .doc = "share of pixels that never count, chosen by the seed, the same in all patterns"},
    {.key = "type",
     .type = VM_ENUM,
     .offset = offsetof(VmDetectorParams, type),
     .default_text = "float32",
     .choices = detector_types,
     .doc = "number type of the file; whole numbers need a dose, and saturate"},
    {0}};

static PetscErrorCode CheckDetector(const void *params, const VmNode *node, VmReport report)
{
  const VmDetectorParams *detector = params;

  PetscFunctionBegin;
  if (detector->type != VM_DETECTOR_F32 && isnan(detector->dose)) {
    PetscCall(VmReportAdd(report, node, "type %s counts electrons and needs a dose, e.g. \"dose: 1e6\"",
                          detector_types[detector->type]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_detector_table = {.name = "detector",
                                   .doc = "pixelated detector in the far field",
                                   .size = sizeof(VmDetectorParams),
                                   .rows = detector_rows,
                                   .check = CheckDetector};

#define ABERRATION(NAME, ANGLE, I, DOC)                                                                                \
  {.key = NAME,                                                                                                        \
   .type = VM_REAL,                                                                                                    \
   .offset = offsetof(VmAberrationParams, coefficient) + (I) * sizeof(double),                                         \
   .unit = "nm",                                                                                                       \
   .default_text = "0 nm",                                                                                             \
   .min = -1e9,                                                                                                        \
   .max = 1e9,                                                                                                         \
   .doc = DOC},                                                                                                        \
  {                                                                                                                    \
    .key = ANGLE, .type = VM_REAL, .offset = offsetof(VmAberrationParams, angle) + (I) * sizeof(double),               \
    .unit = "degree", .default_text = "0 degree", .min = -360, .max = 360, .doc = "its direction, from x to y"         \
  }

static const VmParam aberration_rows[] = {ABERRATION("c12", "phi12", 0, "twofold astigmatism"),
                                          ABERRATION("c21", "phi21", 1, "axial coma"),
                                          ABERRATION("c23", "phi23", 2, "threefold astigmatism"),
                                          ABERRATION("c32", "phi32", 3, "axial star"),
                                          ABERRATION("c34", "phi34", 4, "fourfold astigmatism"),
                                          ABERRATION("c41", "phi41", 5, "fourth-order coma"),
                                          ABERRATION("c43", "phi43", 6, "three-lobe aberration"),
                                          ABERRATION("c45", "phi45", 7, "fivefold astigmatism"),
                                          ABERRATION("c52", "phi52", 9, "fifth-order star"),
                                          ABERRATION("c54", "phi54", 10, "fifth-order rosette"),
                                          ABERRATION("c56", "phi56", 11, "sixfold astigmatism"),
                                          {.key = "c50",
                                           .type = VM_REAL,
                                           .offset = offsetof(VmAberrationParams, coefficient) + 8 * sizeof(double),
                                           .unit = "nm",
                                           .default_text = "0 nm",
                                           .min = -1e9,
                                           .max = 1e9,
                                           .doc = "fifth-order spherical aberration"},
                                          {0}};
const VmTable vm_aberration_table = {.name = "aberrations",
                                     .doc = "coefficients C_12, C_21, ... and their directions in Krivanek's notation",
                                     .size = sizeof(VmAberrationParams),
                                     .rows = aberration_rows};
