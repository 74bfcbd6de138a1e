#include "sim_private.h"

#define ROW(member) offsetof(VmSolverParams, member)

static const char *const elements[] = {"full", "reduced", NULL};
static const char *const krylov[] = {"cg", "petsc", NULL};

static const VmParam rows[] = {
    {.key = "refresh",
     .type = VM_INT,
     .offset = ROW(refresh),
     .default_text = "10000",
     .min = 1,
     .max = 1e9,
     .doc = "events between renewals of the stress by Fourier transform, which remove the rounding of the increments "
            "(with kinetics)"},
    {.key = "margin",
     .type = VM_REAL,
     .offset = ROW(margin),
     .unit = "GPa",
     .default_text = "0.1 GPa",
     .min = 1e-3,
     .max = 10.0,
     .doc = "stress by which the fastest rates may change before their bounds are renewed, to begin with: it is tuned "
            "by the "
            "work it makes (finder thinned)"},
    {.key = "time_step",
     .type = VM_REAL,
     .offset = ROW(time_step),
     .unit = "s",
     .default_text = "none",
     .min = 1e-30,
     .max = 1e30,
     .doc = "longest step (without kinetics, as all keys below); steps end on rows of the history and corners of the "
            "loading anyway"},
    {.key = "strain_step",
     .type = VM_REAL,
     .offset = ROW(strain_step),
     .unit = "1",
     .default_text = "1e-3",
     .min = 1e-12,
     .max = 1.0,
     .doc = "largest change of a component of the mean strain in a step"},
    {.key = "first_step",
     .type = VM_REAL,
     .offset = ROW(first_step),
     .unit = "s",
     .default_text = "none",
     .min = 1e-30,
     .max = 1e30,
     .doc = "first step after a corner of the loading, from which steps grow; left out: as long as the others, but a "
            "thousandth of that where a stage begins with stresses that drive the strain"},
    {.key = "growth",
     .type = VM_REAL,
     .offset = ROW(growth),
     .unit = "1",
     .default_text = "1.5",
     .min = 1.0001,
     .max = 1000.0,
     .doc = "a step over the one before, at most, after a corner of the loading or a step that had to be cut"},
    {.key = "element",
     .type = VM_ENUM,
     .offset = ROW(element),
     .default_text = "reduced",
     .choices = elements,
     .doc = "full: trilinear hexahedra with eight integration points; reduced: with one"},
    {.key = "krylov",
     .type = VM_ENUM,
     .offset = ROW(krylov),
     .default_text = "cg",
     .choices = krylov,
     .doc = "cg: own conjugate gradients, the same bits on any number of ranks; petsc: KSP, by options of the prefix "
            "equilibrium_"},
    {.key = "tolerance",
     .type = VM_REAL,
     .offset = ROW(tolerance),
     .unit = "1",
     .default_text = "1e-6",
     .min = 1e-13,
     .max = 0.1,
     .doc = "residual relative to that of uniform strain at which equilibrium counts as reached"},
    {.key = "max_iterations",
     .type = VM_INT,
     .offset = ROW(max_iterations),
     .default_text = "1000",
     .min = 1,
     .max = 1e6,
     .doc = "iterations of a linear solve after which the run ends with exit 70"},
    {.key = "max_newton",
     .type = VM_INT,
     .offset = ROW(max_newton),
     .default_text = "20",
     .min = 1,
     .max = 1000,
     .doc = "iterations of Newton's method after which a step is cut in half"},
    {0}};

const VmTable vm_solver_table = {
    .name = "solver", .doc = "numerical settings of the run", .size = sizeof(VmSolverParams), .rows = rows};

void VmSolverOptions(const VmSolverParams *params, VmEquilibriumOptions *options)
{
  *options = (VmEquilibriumOptions){.element = (VmElement)params->element,
                                    .krylov = (VmKrylov)params->krylov,
                                    .tolerance = params->tolerance,
                                    .max_iterations = (int)params->max_iterations};
}
