/* A parameter table with every kind of row, like a small case, for the tests of reading. */
#ifndef VM_TEST_PARAMS_CASE_H
#define VM_TEST_PARAMS_CASE_H

#include "capture.h"
#include <vitromech/params.h>

typedef struct {
  double mean, spread;
} Barrier;

typedef struct {
  double modulus;
  VmPlugin barrier;
} Elastic;

typedef struct {
  char *label;
} Common;

typedef struct {
  int64_t cells[3];
  double spacing, origin[2];
  bool periodic[3];
} Grid;

typedef struct {
  double rate;
  char *note;
  VmPlugin barrier;
} Stage;

typedef struct {
  double low, high;
} Window;

typedef struct {
  int64_t steps;
  bool verbose;
} Solver;

typedef struct {
  int64_t schema, seed;
  char *name, *title, *kind;
  int colour;
  bool flag;
  double temperature, fraction, length;
  Grid grid;
  Window *window;
  VmList loading, fields, analysis;
  VmPlugin material;
  Solver solver;
  Solver *extra;
} Case;

static PetscErrorCode CheckWindow(const void *params, const VmNode *node, VmReport report)
{
  const Window *window = params;
  PetscFunctionBegin;
  if (window->low > window->high) PetscCall(VmReportAdd(report, node, "low exceeds high"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define AT(type, member) .key = #member, .offset = offsetof(type, member)

static const VmParam linear_rows[] = {
    {AT(Barrier, mean), .type = VM_REAL, .unit = "eV", .min = 0.1, .max = 10, .doc = "mean barrier"},
    {AT(Barrier, spread), .type = VM_REAL, .unit = "eV", .default_text = "100 meV", .doc = "standard deviation"},
    {0}};
static const VmTable linear_table = {.name = "linear", .doc = "d", .size = sizeof(Barrier), .rows = linear_rows};
static const VmPluginHead linear = {"linear", "linear barrier", "a book", &linear_table},
                          flat = {"flat", "none", NULL, NULL};
static const VmPluginHead *const barriers[] = {&linear, &flat, NULL};
static const VmPluginKind barrier_kind = {"barrier", "law", "how a barrier depends on stress", barriers};

static const VmParam elastic_rows[] = {
    {AT(Elastic, modulus), .type = VM_REAL, .unit = "GPa", .min = 0.001, .max = INFINITY, .doc = "shear modulus"},
    {AT(Elastic, barrier), .type = VM_PLUGIN, .default_text = "flat", .plugin = &barrier_kind, .doc = "barrier"},
    {0}};
static const VmTable elastic_table = {.name = "elastic", .doc = "d", .size = sizeof(Elastic), .rows = elastic_rows};
static const VmPluginHead elastic = {"elastic", "isotropic elasticity", "Hooke", &elastic_table},
                          rigid = {"rigid", "no deformation", NULL, NULL};
static const VmPluginHead *const materials[] = {&elastic, &rigid, NULL};
static const VmPluginKind material_kind = {"material", "law", "what a voxel is made of", materials};

static const VmParam common_rows[] = {
    {AT(Common, label), .type = VM_STRING, .default_text = "none", .doc = "name in the results"}, {0}};
static const VmTable common_table = {.name = "common", .doc = "d", .size = sizeof(Common), .rows = common_rows};

static const VmParam grid_rows[] = {
    {AT(Grid, cells), .type = VM_INT, .count = 3, .min = 1, .max = 1e6, .doc = "voxels along each axis"},
    {AT(Grid, spacing), .type = VM_REAL, .unit = "nm", .min = 0.1, .max = 100, .doc = "edge of a voxel"},
    {AT(Grid, origin), .type = VM_REAL, .unit = "nm", .count = 2, .default_text = "[1 nm, 20 angstrom]", .doc = "d"},
    {AT(Grid, periodic), .type = VM_BOOL, .count = 3, .default_text = "true", .doc = "d"},
    {0}};
static const VmTable grid_table = {.name = "grid", .doc = "d", .size = sizeof(Grid), .rows = grid_rows};

static const VmParam window_rows[] = {
    {AT(Window, low), .type = VM_REAL, .unit = "1/nm", .doc = "d"},
    {AT(Window, high), .type = VM_REAL, .unit = "1/nm", .default_text = "10 1/nm", .doc = "d"},
    {0}};
static const VmTable window_table = {
    .name = "window", .doc = "d", .size = sizeof(Window), .rows = window_rows, .check = CheckWindow};

static const VmParam stage_rows[] = {
    {AT(Stage, rate), .type = VM_REAL, .unit = "1/s", .default_text = "none", .doc = "strain rate"},
    {AT(Stage, note), .type = VM_STRING, .default_text = "", .doc = "d"},
    {AT(Stage, barrier), .type = VM_PLUGIN, .default_text = "none", .plugin = &barrier_kind, .doc = "d"},
    {0}};
static const VmTable stage_table = {.name = "stage", .doc = "d", .size = sizeof(Stage), .rows = stage_rows};

static const VmParam solver_rows[] = {
    {AT(Solver, steps), .type = VM_INT, .default_text = "1e3", .min = 1, .max = INFINITY, .doc = "steps \"at most\""},
    {AT(Solver, verbose), .type = VM_BOOL, .default_text = "false", .doc = "d"},
    {0}};
static const VmTable solver_table = {.name = "solver", .doc = "d", .size = sizeof(Solver), .rows = solver_rows};

static const VmParam extra_rows[] = {
    {.key = "extra_steps", .offset = offsetof(Solver, steps), .type = VM_INT, .doc = "d"},
    {.key = "extra_verbose", .offset = offsetof(Solver, verbose), .type = VM_BOOL, .default_text = "true", .doc = "d"},
    {0}};
static const VmTable extra_table = {.name = "extra", .doc = "d", .size = sizeof(Solver), .rows = extra_rows};

static const char *const colours[] = {"red", "green", "blue", NULL};
static const char *const kinds[] = {"hot", "cold", NULL};
static const char *const fields[] = {"stress", "plastic_strain", NULL};
static const VmParam case_rows[] = {
    {AT(Case, schema), .type = VM_INT, .min = 1, .max = 1, .doc = "version of the input"},
    {AT(Case, seed), .type = VM_INT, .default_text = "0", .doc = "d"},
    {AT(Case, name), .type = VM_STRING, .default_text = "a: \"case\"", .doc = "d"},
    {AT(Case, title), .type = VM_STRING, .default_text = "none", .doc = "d"},
    {AT(Case, kind), .type = VM_STRING, .default_text = "hot", .choices = kinds, .doc = "d"},
    {AT(Case, colour), .type = VM_ENUM, .default_text = "green", .choices = colours, .doc = "d"},
    {AT(Case, flag), .type = VM_BOOL, .default_text = "false", .doc = "d"},
    {AT(Case, temperature), .type = VM_REAL, .unit = "K", .default_text = "300 K", .min = 0, .max = 2000, .doc = "d"},
    {AT(Case, fraction), .type = VM_REAL, .unit = "1", .default_text = "20 %", .min = 0, .max = 1, .doc = "d"},
    {AT(Case, length), .type = VM_REAL, .unit = "nm", .default_text = "none", .doc = "d"},
    {AT(Case, grid), .type = VM_BLOCK, .subtable = &grid_table, .doc = "the grid"},
    {AT(Case, window), .type = VM_OPTIONAL, .subtable = &window_table, .doc = "d"},
    {AT(Case, loading), .type = VM_LIST, .default_text = "[]", .subtable = &stage_table, .doc = "stages"},
    {AT(Case, fields), .type = VM_STRINGS, .default_text = "[stress]", .choices = fields, .doc = "d"},
    {AT(Case, analysis), .type = VM_PLUGINS, .default_text = "none", .plugin = &material_kind,
     .subtable = &common_table, .doc = "d"},
    {AT(Case, material), .type = VM_PLUGIN, .plugin = &material_kind, .doc = "material"},
    {.type = VM_INCLUDE, .offset = offsetof(Case, solver), .subtable = &solver_table},
    {.type = VM_INCLUDE, .offset = offsetof(Case, extra), .default_text = "none", .subtable = &extra_table},
    {0}};
static const VmTable case_table = {.name = "case", .doc = "A case.", .size = sizeof(Case), .rows = case_rows};

/* Reads a case with overrides; the printed problems come as text. */
static inline PetscErrorCode Read(const char *yaml, const char *const *assignments, Case *c, char text[8192])
{
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  memset(c, 0, sizeof *c);
  PetscCall(VmReportCreate(PETSC_COMM_SELF, "f", &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  for (; assignments && *assignments; ++assignments) PetscCall(VmTreeSet(root, *assignments, report));
  PetscCall(VmParamsRead(&case_table, root, report, c));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(TakeReport(&report, text, 8192));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define MINIMAL "schema: 1\ngrid: {cells: [4, 5, 6], spacing: 1.7 nm}\nmaterial: {law: elastic, modulus: 35 GPa}\n"

#endif
