/* timeout: 60; links: vm_solvers vm_compare */
/* Every parameter table and every plug-in that an input can reach: documented, well-formed, defaults that read back. */
#include "vm_test.h"
#include <vitromech/vitromech.h>
#include <ctype.h>

enum { MAX_SEEN = 512 };

typedef struct {
  const void *seen[MAX_SEEN];
  int count, rows, plugins;
} Walk;

static bool FirstVisit(Walk *walk, const void *what)
{
  for (int i = 0; i < walk->count; ++i)
    if (walk->seen[i] == what) return false;
  if (walk->count < MAX_SEEN) walk->seen[walk->count++] = what;
  return true;
}

static bool IsRow(const VmParam *row) { return row->key || row->type == VM_INCLUDE; }

static bool IsText(const char *text) { return text && *text && !isspace((unsigned char)*text); }

/* Lower-case letters, digits and underscores. */
static bool IsName(const char *text)
{
  if (!IsText(text)) return false;
  for (; *text; ++text)
    if (!islower((unsigned char)*text) && !isdigit((unsigned char)*text) && *text != '_') return false;
  return true;
}

static size_t FieldSize(const VmParam *row)
{
  const size_t n = row->count > 1 ? (size_t)row->count : 1;
  switch (row->type) {
  case VM_BOOL:
    return n * sizeof(bool);
  case VM_INT:
    return n * sizeof(int64_t);
  case VM_REAL:
    return n * sizeof(double);
  case VM_ENUM:
    return sizeof(int);
  case VM_STRINGS:
  case VM_LIST:
  case VM_PLUGINS:
    return sizeof(VmList);
  case VM_PLUGIN:
    return sizeof(VmPlugin);
  case VM_BLOCK:
    return row->subtable ? row->subtable->size : 0;
  case VM_INCLUDE:
    return !row->default_text && row->subtable ? row->subtable->size : sizeof(void *);
  default:
    return sizeof(void *);
  }
}

static bool UnitIsKnown(const char *unit)
{
  char text[128], why[256];
  double value;
  snprintf(text, sizeof text, "1 %s", strcmp(unit, "1") == 0 ? "" : unit);
  if (strcmp(unit, "1") == 0) text[1] = '\0';
  return VmUnitParse(text, unit, &value, why) && value == 1.0;
}

static void CheckRow(const VmTable *table, const VmParam *row)
{
  const char *key = row->key ? row->key : "(include)", *name = table->name;
  VmExpect(!row->key || IsName(row->key), "%s.%s: a key is lower case", name, key);
  VmExpect(row->type == VM_INCLUDE || IsText(row->doc), "%s.%s has no doc", name, key);
  VmExpect(row->offset + FieldSize(row) <= table->size, "%s.%s lies outside of its struct", name, key);
  VmExpect(row->min <= row->max || (row->min != 0 && row->max == 0), "%s.%s: min above max", name, key);
  if (row->type == VM_REAL) {
    VmExpect(IsText(row->unit), "%s.%s has no unit", name, key);
    if (IsText(row->unit)) VmExpect(UnitIsKnown(row->unit), "%s.%s: unit %s", name, key, row->unit);
  } else VmExpect(!row->unit, "%s.%s: only VM_REAL has a unit", name, key);
  if (row->type == VM_ENUM) VmExpect(row->choices && row->choices[0], "%s.%s has no choices", name, key);
  const bool nested =
      row->type == VM_BLOCK || row->type == VM_OPTIONAL || row->type == VM_LIST || row->type == VM_INCLUDE;
  if (nested) VmExpect(row->subtable != NULL, "%s.%s has no subtable", name, key);
  const bool chooses = row->type == VM_PLUGIN || row->type == VM_PLUGINS;
  VmExpect(chooses == (row->plugin != NULL), "%s.%s: a kind of plug-in belongs to plug-in rows", name, key);
}

/* The row alone, without input: its default must be valid, and what is written must read back to the same text. */
static PetscErrorCode CheckDefault(const VmTable *table, const VmParam *row)
{
  VmParam rows[2] = {*row, {0}};
  const VmTable alone = {.name = table->name, .doc = "one row", .size = table->size, .rows = rows};
  VmReport report;
  VmNode *root = NULL;
  void *params, *again;
  char *text = NULL, *text_again = NULL;
  PetscFunctionBegin;
  PetscCall(PetscCalloc(table->size, &params));
  PetscCall(PetscCalloc(table->size, &again));
  PetscCall(VmReportCreate(PETSC_COMM_SELF, "default", &report));
  PetscCall(VmParamsRead(&alone, NULL, report, params));
  VmExpectInt(VmReportCount(report), 0);
  PetscCall(VmParamsWriteYaml(&alone, params, &text));
  PetscCall(VmTreeParse(text, strlen(text), report, &root));
  PetscCall(VmParamsRead(&alone, root, report, again));
  VmExpectInt(VmReportCount(report), 0);
  if (VmReportCount(report)) (void)VmReportFinish(report);
  PetscCall(VmParamsWriteYaml(&alone, again, &text_again));
  VmExpect(strcmp(text, text_again) == 0, "%s.%s: \"%s\" reads back as \"%s\"", table->name, row->key, text,
           text_again);
  PetscCall(PetscFree(text));
  PetscCall(PetscFree(text_again));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscCall(VmParamsFree(&alone, params));
  PetscCall(VmParamsFree(&alone, again));
  PetscCall(PetscFree(params));
  PetscCall(PetscFree(again));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CountKey(const VmTable *table, const char *key)
{
  int count = 0;
  for (const VmParam *row = table->rows; IsRow(row); ++row) {
    if (row->type == VM_INCLUDE) count += CountKey(row->subtable, key);
    else count += strcmp(row->key, key) == 0;
  }
  return count;
}

static PetscErrorCode WalkTable(Walk *walk, const VmTable *table);

/* No key of a plug-in is a key that all plug-ins of its kind have. */
static void CheckApart(const VmPluginKind *kind, const VmPluginHead *head, const VmTable *common)
{
  for (const VmParam *row = common->rows; IsRow(row); ++row) {
    if (row->type == VM_INCLUDE) CheckApart(kind, head, row->subtable);
    else
      VmExpect(CountKey(head->params, row->key) == 0, "%s.%s: %s is also a common key", kind->kind, head->name,
               row->key);
  }
}

static PetscErrorCode WalkKind(Walk *walk, const VmPluginKind *kind, const VmTable *common)
{
  PetscFunctionBegin;
  VmExpect(IsName(kind->kind) && IsName(kind->selector) && IsText(kind->doc), "kind %s", kind->kind);
  VmExpect(kind->table[0] != NULL, "kind %s has no plug-in", kind->kind);
  for (const VmPluginHead *const *head = kind->table; *head; ++head) {
    ++walk->plugins;
    VmExpect(IsName((*head)->name), "a plug-in of %s has no proper name", kind->kind);
    VmExpect(IsText((*head)->doc), "%s.%s has no doc", kind->kind, (*head)->name);
    VmExpect(IsText((*head)->source), "%s.%s has no source", kind->kind, (*head)->name);
    VmExpect(VmPluginFind(kind, (*head)->name) == *head, "%s.%s: the name is not unique", kind->kind, (*head)->name);
    if (!(*head)->params) continue;
    VmExpect(CountKey((*head)->params, kind->selector) == 0, "%s.%s: a key is the selector", kind->kind, (*head)->name);
    if (common) CheckApart(kind, *head, common);
    PetscCall(WalkTable(walk, (*head)->params));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckHelp(const VmTable *table)
{
  char *help = NULL, *schema = NULL;
  size_t size;
  PetscFunctionBegin;
  FILE *out = open_memstream(&help, &size);
  PetscCall(VmParamsHelp(table, out));
  fclose(out);
  out = open_memstream(&schema, &size);
  PetscCall(VmParamsSchema(table, out));
  fclose(out);
  for (const VmParam *row = table->rows; IsRow(row); ++row) {
    char quoted[128];
    if (row->type == VM_INCLUDE) continue;
    snprintf(quoted, sizeof quoted, "\"%s\"", row->key);
    VmExpect(strstr(help, row->key) != NULL, "help of %s does not name %s", table->name, row->key);
    VmExpect(strstr(schema, quoted) != NULL, "schema of %s does not name %s", table->name, row->key);
  }
  free(help);
  free(schema);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WalkTable(Walk *walk, const VmTable *table)
{
  PetscFunctionBegin;
  if (!FirstVisit(walk, table)) PetscFunctionReturn(PETSC_SUCCESS);
  VmExpect(IsText(table->name) && IsText(table->doc), "table %s has no doc", table->name ? table->name : "(nameless)");
  for (const VmParam *row = table->rows; IsRow(row); ++row) {
    ++walk->rows;
    CheckRow(table, row);
    if (row->key) VmExpect(CountKey(table, row->key) == 1, "%s.%s stands twice", table->name, row->key);
    if (row->key && row->default_text) PetscCall(CheckDefault(table, row));
    if (row->subtable) PetscCall(WalkTable(walk, row->subtable));
    if (row->plugin && FirstVisit(walk, row->plugin)) PetscCall(WalkKind(walk, row->plugin, row->subtable));
  }
  PetscCall(CheckHelp(table));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void CheckCubeFormats(void)
{
  VmExpect(vm_cube_formats[0] != NULL, "there is no cube format");
  for (const VmCubeFormat *const *a = vm_cube_formats; *a; ++a) {
    VmExpect(IsName((*a)->name) && IsText((*a)->doc) && IsText((*a)->extensions), "cube format %s", (*a)->name);
    VmExpect((*a)->probe && (*a)->open && (*a)->read && (*a)->close, "cube format %s is not complete", (*a)->name);
    for (const VmCubeFormat *const *b = a + 1; *b; ++b)
      VmExpect(strcmp((*a)->name, (*b)->name) != 0, "cube format %s stands twice", (*a)->name);
  }
}

static PetscErrorCode Run(void)
{
  const VmTable *const tables[] = {&vm_sim_table,        &vm_output_table,  &vm_glass_table,
                                   &vm_microscope_table, &vm_compare_table, &vm_statistic_common_table};
  Walk walk = {.count = 0};
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; ++i) PetscCall(WalkTable(&walk, tables[i]));
  PetscCall(WalkKind(&walk, &vm_statistic_kind, &vm_statistic_common_table));
  CheckCubeFormats();
  VmExpect(walk.count < MAX_SEEN, "more tables than this test can follow");
  VmExpect(walk.plugins >= 15, "only %d plug-ins were found", walk.plugins);
  VmFigure("rows", walk.rows);
  VmFigure("plug-ins", walk.plugins);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
