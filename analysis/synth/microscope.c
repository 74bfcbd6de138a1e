/* Parameters of the `microscope` block. */
#include "method.h"
#include "microscope_blocks.h"
#include "propagate.h"
#include "pupil.h"
#include "scan.h"
#include <math.h>

static const char *const potentials[] = {[VM_INFINITE] = "infinite", [VM_FINITE] = "finite", NULL};
static const char *const precisions[] = {[VM_SINGLE] = "single", [VM_DOUBLE] = "double", NULL};

static const VmParam rows[] = {
    {.key = "voltage",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, voltage),
     .unit = "kV",
     .default_text = "300 kV",
     .min = 1,
     .max = 1e4,
     .doc = "accelerating voltage",
     .source = "physics.md D6"},
    {.key = "semi_angle",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, semi_angle),
     .unit = "mrad",
     .default_text = "1.15 mrad",
     .min = 0.01,
     .max = 200,
     .doc = "convergence semi-angle alpha of the probe; aperture radius alpha/lambda",
     .source = "physics.md D2"},
    {.key = "defocus",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, defocus),
     .unit = "nm",
     .default_text = "0 nm",
     .min = -1e5,
     .max = 1e5,
     .doc = "defocus at the middle of the foil; positive: overfocus",
     .source = "physics.md D2"},
    {.key = "spherical_aberration",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, spherical_aberration),
     .unit = "nm",
     .default_text = "0 nm",
     .min = -1e8,
     .max = 1e8,
     .doc = "third-order spherical aberration Cs",
     .source = "physics.md D2"},
    {.key = "aberrations",
     .type = VM_BLOCK,
     .offset = offsetof(VmMicroscopeParams, aberrations),
     .subtable = &vm_aberration_table,
     .doc = "of the probe, beside defocus (C10) and spherical_aberration (C30)"},
    {.key = "defocus_spread",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, defocus_spread),
     .unit = "nm",
     .default_text = "0 nm",
     .min = 0,
     .max = 1e5,
     .doc =
         "standard deviation of the focus, C_c times the relative spread of energy and voltage: patterns are the mean "
         "over Gauss-Hermite points"},
    {.key = "tilt",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, tilt),
     .unit = "mrad",
     .default_text = "[0 mrad, 0 mrad]",
     .min = -100,
     .max = 100,
     .count = 2,
     .doc =
         "of the beam towards x and y off the normal of the foil, or of the foil the other way; the pattern is centred "
         "on the beam (multislice, prism)"},
    {.key = "scan",
     .type = VM_BLOCK,
     .offset = offsetof(VmMicroscopeParams, scan),
     .subtable = &vm_scan_table,
     .doc = "raster of probe positions"},
    {.key = "detector",
     .type = VM_BLOCK,
     .offset = offsetof(VmMicroscopeParams, detector),
     .subtable = &vm_detector_table,
     .doc = "pixelated detector"},
    {.key = "method",
     .type = VM_ENUM,
     .offset = offsetof(VmMicroscopeParams, method),
     .default_text = "kinematic",
     .choices = vm_synth_method_names,
     .doc = "how the electrons are scattered",
     .source = "physics.md D4"},
    {.key = "ewald",
     .type = VM_BOOL,
     .offset = offsetof(VmMicroscopeParams, ewald),
     .default_text = "true",
     .doc = "curved Ewald sphere; false: flat, as for a projected foil (kinematic)",
     .source = "physics.md D4"},
    {.key = "direct_beam",
     .type = VM_BOOL,
     .offset = offsetof(VmMicroscopeParams, direct_beam),
     .default_text = "true",
     .doc = "add the electrons that were not scattered; false: leave them out (kinematic)"},
    {.key = "debye_waller",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, debye_waller),
     .unit = "nm^2",
     .default_text = "0 nm^2",
     .min = 0,
     .max = 1,
     .doc = "B = 8 pi^2 <u^2> of all atoms, amplitude exp(-B k^2/4); 0 for atoms with thermal displacements",
     .source = "physics.md D3"},
    {.key = "accuracy",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, accuracy),
     .unit = "1",
     .default_text = "1e-4",
     .min = 1e-12,
     .max = 0.1,
     .doc = "relative error of the Ewald phase factor at the detector's corner, far smaller inside (kinematic); plane "
            "waves weaker than this share of the strongest are left out (prism)"},
    {.key = "slice",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, slice),
     .unit = "nm",
     .default_text = "0.2 nm",
     .min = 1e-3,
     .max = 100,
     .doc = "greatest thickness of a slice (multislice)",
     .source = "physics.md D4"},
    {.key = "potential",
     .type = VM_ENUM,
     .offset = offsetof(VmMicroscopeParams, potential),
     .default_text = "infinite",
     .choices = potentials,
     .doc = "of an atom in multislice and prism; infinite: all of it in the slice of the nucleus; finite: each slice "
            "holds "
            "what of the atom lies in it"},
    {.key = "sub_slices",
     .type = VM_INT,
     .offset = offsetof(VmMicroscopeParams, sub_slices),
     .default_text = "4",
     .min = 1,
     .max = 64,
     .doc = "heights in a slice between which atoms are interpolated (potential: finite)"},
    {.key = "band_limit",
     .type = VM_BOOL,
     .offset = offsetof(VmMicroscopeParams, band_limit),
     .default_text = "true",
     .doc = "keep 2/3 of the frequencies of the grid, against aliasing (multislice); false: a check of conservation",
     .source = "physics.md D4"},
    {.key = "phonons",
     .type = VM_INT,
     .offset = offsetof(VmMicroscopeParams, phonons),
     .default_text = "0",
     .min = 0,
     .max = 100000,
     .doc = "configurations of frozen phonons: patterns are the mean over foils whose atoms are displaced at random as "
            "debye_waller says, which then damps no amplitude; 0: the damping",
     .source = "R. F. Loane, P. Xu, J. Silcox, Acta Cryst. A47 (1991) 267"},
    {.key = "source_size",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, source_size),
     .unit = "nm",
     .default_text = "0 nm",
     .min = 0,
     .max = 100,
     .doc = "standard deviation of the Gaussian image of the source: patterns are the weighted mean over 3 x 3 places "
            "of the probe (exact while they change as a polynomial of degree 5 over it)"},
    {.key = "precision",
     .type = VM_ENUM,
     .offset = offsetof(VmMicroscopeParams, precision),
     .default_text = "double",
     .choices = precisions,
     .doc = "of waves and their transforms; single: twice as fast, half the memory, patterns to 2e-5 of their maximum "
            "(multislice)"},
    {.key = "interpolation",
     .type = VM_INT,
     .offset = offsetof(VmMicroscopeParams, interpolation),
     .default_text = "2",
     .min = 1,
     .max = 8,
     .doc = "edge of the cell that plane waves pass, in windows: 1 is multislice, larger shares them among more probes "
            "(prism)",
     .source = "C. Ophus, Adv. Struct. Chem. Imaging 3 (2017) 13"},
    {.key = "window",
     .type = VM_INT,
     .offset = offsetof(VmMicroscopeParams, window),
     .default_text = "1",
     .min = 1,
     .max = 16,
     .doc = "edge of the square around the probe in units of 1/pitch; each pixel integrates window^2 points"},
    {.key = "memory",
     .type = VM_REAL,
     .offset = offsetof(VmMicroscopeParams, memory),
     .unit = "1",
     .default_text = "1500",
     .min = 1,
     .max = 1e6,
     .doc = "MB that each rank may use in all: as many probes as it allows share a potential; with less the scan is "
            "slower and the result the same to rounding (multislice: well within the error of the band limit)"},
    {0}};

/* The transforms hold their lengths in 32 bits, and a window must fit into memory. */
static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const VmMicroscopeParams *microscope = params;
  VmOptics optics;

  PetscFunctionBegin;
  const VmSynthMethod *method = vm_synth_methods[microscope->method];
  if (method->multiple && !microscope->ewald) {
    PetscCall(VmReportAdd(report, node,
                          "the waves of %s always see the curved Ewald sphere: \"ewald: false\" needs "
                          "\"method: kinematic\"",
                          method->name));
  }
  if (method->multiple && !microscope->direct_beam) {
    PetscCall(VmReportAdd(report, node,
                          "the direct beam is part of the wave of %s: \"direct_beam: false\" needs "
                          "\"method: kinematic\"",
                          method->name));
  }
  if (microscope->phonons > 0 && microscope->debye_waller == 0.0) {
    PetscCall(VmReportAdd(report, node, "phonons need atoms that move: give debye_waller, e.g. \"0.005 nm^2\""));
  }
  if (!method->multiple && microscope->potential == VM_FINITE) {
    PetscCall(VmReportAdd(
        report, node, "potential: finite needs \"method: multislice\" or prism: the kinematic method has no slices"));
  }
  if (!method->multiple && (microscope->tilt[0] != 0.0 || microscope->tilt[1] != 0.0)) {
    PetscCall(VmReportAdd(report, node, "tilt needs \"method: multislice\" or prism: the kinematic beam goes along z"));
  }
  VmOpticsInit(microscope, &optics);
  VmFoci foci;
  if (!VmFociChoose(&optics, &foci)) {
    PetscCall(VmReportAdd(report, node,
                          "defocus_spread of %g nm turns the phase at the edge of the aperture too far: "
                          "lower it or semi_angle",
                          microscope->defocus_spread));
  }
  const double turn = VmAberrationTurn(&optics);
  if (turn > VM_MOST_TURN) {
    PetscCall(VmReportAdd(report, node,
                          "the aberrations turn the phase by %.0f rad at the edge of the aperture, more than "
                          "%d: lower them or semi_angle",
                          turn, VM_MOST_TURN));
  }
  if (optics.grid[0] * optics.grid[1] > (int64_t)1 << 26) {
    PetscCall(VmReportAdd(report, node, "a window of %lld x %lld points is too large: lower detector.pixels or window",
                          (long long)optics.grid[0], (long long)optics.grid[1]));
  }
  if (optics.aperture < 0.5 / optics.period) {
    PetscCall(VmReportAdd(report, node,
                          "the aperture of %g 1/nm is narrower than the window of %g nm resolves: raise window or "
                          "semi_angle, or lower detector.pitch",
                          optics.aperture, optics.period));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_microscope_table = {.name = "microscope",
                                     .doc = "the virtual microscope: atoms to a 4D-STEM cube",
                                     .size = sizeof(VmMicroscopeParams),
                                     .rows = rows,
                                     .check = Check};

PetscErrorCode VmMicroscopeInfo(const VmMicroscopeParams *params, VmCubeInfo *info)
{
  static const VmType types[] = {VM_F32, VM_U16, VM_U32};

  PetscFunctionBegin;
  *info = (VmCubeInfo){.type = types[params->detector.type], .energy = params->voltage};
  if (!isnan(params->detector.dose)) info->gain = params->detector.gain; /* without noise there is none to subtract */
  for (int d = 0; d < 2; ++d) {
    info->scan[d] = params->scan.points[d];
    info->det[d] = params->detector.pixels[d];
    info->scan_pitch[d] = VmScanStep(&params->scan, d);
    info->det_pitch[d] = params->detector.pitch;
    info->centre[d] = (double)(params->detector.pixels[d] / 2);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
