/* Keys of the entry geometry. */
#include "scan_map.h"
#include <math.h>
#include <string.h>

static const char *const centrings[] = {"auto", "beam", "rings", NULL};

static const VmParam rectangle_rows[] = {{.key = "from",
                                          .type = VM_INT,
                                          .offset = offsetof(VmMaskedRectangle, from),
                                          .min = 0,
                                          .max = 1e9,
                                          .count = 2,
                                          .doc = "first masked pixel [det0, det1]"},
                                         {.key = "to",
                                          .type = VM_INT,
                                          .offset = offsetof(VmMaskedRectangle, to),
                                          .min = 0,
                                          .max = 1e9,
                                          .count = 2,
                                          .doc = "last masked pixel [det0, det1], inclusive"},
                                         {0}};
static const VmTable rectangle_table = {"masked", "rectangles of pixels that are left out", sizeof(VmMaskedRectangle),
                                        rectangle_rows, NULL};

#define ROW(field) .key = #field, .offset = offsetof(VmGeometryParams, field)
static const VmParam geometry_rows[] = {
    {ROW(centre), .type = VM_REAL, .unit = "1", .default_text = "none", .count = 2,
     .doc = "direct beam [det0, det1] in pixels; none: that of the file, or found"},
    {ROW(centring), .type = VM_ENUM, .default_text = "auto", .choices = centrings,
     .doc =
         "how an unknown centre is found: centre of mass of the direct beam, or roundness of the rings beyond the beam "
         "stop; auto: rings if there is a beam stop, else beam"},
    {ROW(centre_map), .type = VM_ENUM, .default_text = "none", .choices = vm_scan_maps,
     .doc = "the centre moves with the probe (descan): as a plane or a quadratic function of the probe position, found "
            "in blocks of the scan; every frame is then moved by whole pixels to the common centre"},
    {ROW(centre_blocks), .type = VM_INT, .default_text = "8", .min = 2, .max = 64,
     .doc = "blocks along each axis of the scan, each the mean of up to 64 frames, in which centre_map finds the "
            "centre"},
    {ROW(ellipse_map), .type = VM_ENUM, .default_text = "none", .choices = vm_scan_maps,
     .doc = "the distortion varies with the probe: measured as a plane or a quadratic function of the probe position "
            "from the first ring in blocks of the scan; rings keep the one `ellipse`, strain can be taken relative to "
            "the map (reference: map)"},
    {ROW(ellipse_blocks), .type = VM_INT, .default_text = "8", .min = 2, .max = 64,
     .doc = "blocks along each axis of the scan, each the mean of up to 64 frames, for ellipse_map"},
    {ROW(ellipse), .type = VM_REAL, .unit = "1", .default_text = "[0, 0, 0]", .min = -0.5, .max = 0.5, .count = 3,
     .doc = "distortion e of the pattern [xx, yy, xy], xx along det0: rings are circles in (1 + e) k"},
    {ROW(fit_ellipse), .type = VM_BOOL, .default_text = "false",
     .doc = "finds the distortion from the first ring of the mean pattern; its area is kept"},
    {ROW(pitch), .type = VM_REAL, .unit = "1/nm", .default_text = "none", .min = 1e-6, .max = 1e6,
     .doc = "detector pixel, k = 1/d without 2 pi; none: that of the file"},
    {ROW(gain), .type = VM_REAL, .unit = "1", .default_text = "none", .min = 0, .max = 1e12,
     .doc = "counts per electron; none: that of the file; 0: unknown, shot noise is not subtracted"},
    {ROW(beam_stop), .type = VM_REAL, .unit = "1/nm", .default_text = "0 1/nm", .min = 0, .max = 1e6,
     .doc = "radius of a masked disc about the centre"},
    {ROW(masked), .type = VM_LIST, .default_text = "[]", .subtable = &rectangle_table,
     .doc = "masked rectangles: arm of a beam stop, dead rows, dead pixels"},
    {ROW(mask), .type = VM_STRING, .default_text = "none",
     .doc = "file of one pattern (any cube format, e.g. npy): pixels that are 0 are masked"},
    {ROW(shadow), .type = VM_STRING, .default_text = "none",
     .doc = "masks pixels of the mean pattern that are not above this: auto (Otsu on the logarithm: beam stop with its "
            "arm, edge of an aperture) or counts; the centre is then found from the rings"},
    {ROW(grow), .type = VM_INT, .default_text = "3", .min = 0, .max = 100,
     .doc = "pixels by which the shadow is grown"},
    {ROW(hot), .type = VM_REAL, .unit = "1", .default_text = "none", .min = 1, .max = 1e6,
     .doc = "masks hot and dead pixels that differ from the median of their 5 x 5 neighbours by this many times the "
            "usual difference, in the mean pattern"},
    {ROW(dark), .type = VM_STRING, .default_text = "none",
     .doc = "file of one pattern or many (their mean) that is subtracted from every frame"},
    {ROW(flat), .type = VM_STRING, .default_text = "none",
     .doc = "file of one pattern (or many) by which every frame is divided, after `dark`"},
    {ROW(k_min), .type = VM_REAL, .unit = "1/nm", .default_text = "0 1/nm", .min = 0, .max = 1e6,
     .doc = "inner edge of the first ring"},
    {ROW(k_max), .type = VM_REAL, .unit = "1/nm", .default_text = "none", .min = 0, .max = 1e6,
     .doc = "outer edge of the last ring; none: the largest circle on the detector"},
    {ROW(k_step), .type = VM_REAL, .unit = "1/nm", .default_text = "none", .min = 1e-6, .max = 1e6,
     .doc = "width of the rings of fem and angular_correlation; none: one pixel"},
    {ROW(angles), .type = VM_INT, .default_text = "180", .min = 8, .max = 4096,
     .doc = "angular samples of a ring (angular_correlation, nfold)"},
    {ROW(kernel), .type = VM_ENUM, .default_text = "area", .choices = vm_polar_kernels,
     .doc = "polar resampling: area-weighted mean of the pixels a bin overlaps, or bilinear"},
    {0}};

static PetscErrorCode GeometryCheck(const void *params, const VmNode *node, VmReport report)
{
  const VmGeometryParams *p = params;
  char *end;
  PetscFunctionBegin;
  if (p->shadow && strcmp(p->shadow, "auto") != 0 && (!isfinite(strtod(p->shadow, &end)) || end == p->shadow || *end))
    PetscCall(VmReportAdd(report, node, "shadow \"%s\" is neither auto nor a number of counts", p->shadow));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_geometry_table = {"geometry", "calibration, mask, rings and angles of a pass over a cube",
                                   sizeof(VmGeometryParams), geometry_rows, GeometryCheck};
