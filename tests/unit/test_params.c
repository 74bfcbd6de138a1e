/* timeout: 30; links: vm_base */
#include "params_case.h"

static const char full_input[] =
    "schema: 1\n"
    "seed: 1e6\n"
    "name: \"n\xc3\xa9 \\u2028 \\\"x\\\" \\\\ # \\n\"\n"
    "title: none\n"
    "kind: cold\n"
    "colour: blue\n"
    "flag: true\n"
    "temperature: 27 degC\n"
    "fraction: 0.1\n"
    "length: 33.3 angstrom\n"
    "grid:\n"
    "  cells:\n    - 65536\n    - 2\n    - +3\n"
    "  spacing: 1703 pm\n"
    "  periodic: [true, false, true]\n"
    "window: {low: 1 1/nm}\n"
    "loading:\n"
    "  - rate: 1e-4 1/s\n    note: \"\"\n"
    "  - {note: none, barrier: {law: linear, mean: 1.75 eV}}\n"
    "  - {}\n"
    "fields: [plastic_strain, stress]\n"
    "analysis: [{law: rigid}, {law: elastic, modulus: 1 TPa, label: x y}]\n"
    "material: {law: elastic, modulus: 31.3 GPa, barrier: {law: linear, mean: 1 eV, spread: 0.1 eV}}\n"
    "steps: 7\nverbose: true\nextra_steps: 9223372036854775807\n";

static void ExpectFull(const Case *c)
{
  VmExpectInt(c->seed, 1000000);
  VmExpect(!strcmp(c->name, "n\xc3\xa9 \xe2\x80\xa8 \"x\" \\ # \n"), "name \"%s\"", c->name);
  VmExpect(!c->title && !strcmp(c->kind, "cold"), "texts");
  VmExpectInt(c->colour, 2);
  VmExpectInt(c->flag, 1);
  VmExpectNear(c->temperature, 300.15, 1e-12);
  VmExpect(c->fraction == 0.1, "%.17g", c->fraction);
  VmExpectNear(c->length, 3.33, 1e-14);
  VmExpectInt(c->grid.cells[0], 65536);
  VmExpectInt(c->grid.cells[2], 3);
  VmExpectNear(c->grid.spacing, 1.703, 1e-14);
  VmExpectNear(c->grid.origin[1], 2, 1e-14);
  VmExpect(c->grid.periodic[0] && !c->grid.periodic[1] && c->grid.periodic[2], "periodic");
  VmExpect(c->window && c->window->low == 1 && c->window->high == 10, "window");
  VmExpectInt(c->loading.count, 3);
  const Stage *stage = c->loading.items;
  VmExpect(stage[0].rate == 1e-4 && !*stage[0].note && !stage[0].barrier.head, "first stage");
  VmExpect(isnan(stage[1].rate) && !strcmp(stage[1].note, "none") && stage[1].barrier.head == &linear, "second stage");
  VmExpect(((const Barrier *)stage[1].barrier.params)->mean == 1.75, "barrier of the second stage");
  VmExpect(isnan(stage[2].rate) && !*stage[2].note, "third stage");
  VmExpectInt(c->fields.count, 2);
  VmExpect(!strcmp(((char **)c->fields.items)[0], "plastic_strain"), "fields");
  VmExpectInt(c->analysis.count, 2);
  const VmPlugin *analysis = c->analysis.items;
  VmExpect(analysis[0].head == &rigid && !analysis[0].params && !((const Common *)analysis[0].common)->label, "rigid");
  VmExpectNear(((const Elastic *)analysis[1].params)->modulus, 1000, 1e-12);
  VmExpect(((const Elastic *)analysis[1].params)->barrier.head == &flat, "default of a plug-in's plug-in");
  VmExpect(!strcmp(((const Common *)analysis[1].common)->label, "x y"), "common key");
  const Elastic *material = c->material.params;
  VmExpect(material->modulus == 31.3 && ((const Barrier *)material->barrier.params)->spread == 0.1, "material");
  VmExpectInt(c->solver.steps, 7);
  VmExpectInt(c->solver.verbose, 1);
  VmExpect(c->extra && c->extra->steps == INT64_MAX && c->extra->verbose, "optional include");
}

/* The effective input reads back to the same values, and so to the same effective input. */
static PetscErrorCode ExpectRoundTrip(const Case *c, void (*expect)(const Case *))
{
  char *first, *second, text[8192];
  Case again;
  PetscFunctionBegin;
  PetscCall(VmParamsWriteYaml(&case_table, c, &first));
  PetscCall(Read(first, NULL, &again, text));
  VmExpect(!*text, "used.yaml has problems:\n%s\n%s", text, first);
  if (!*text) expect(&again);
  VmExpect(again.temperature == c->temperature && again.grid.spacing == c->grid.spacing &&
               (again.length == c->length || (isnan(again.length) && isnan(c->length))),
           "a value changed in\n%s", first);
  PetscCall(VmParamsWriteYaml(&case_table, &again, &second));
  VmExpect(!strcmp(first, second), "first\n%s\nsecond\n%s", first, second);
  PetscCall(VmParamsFree(&case_table, &again));
  PetscCall(PetscFree(first));
  PetscCall(PetscFree(second));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ExpectDefaults(const Case *c)
{
  VmExpectInt(c->seed, 0);
  VmExpect(!strcmp(c->name, "a: \"case\"") && !c->title && !strcmp(c->kind, "hot"), "texts");
  VmExpectInt(c->colour, 1);
  VmExpect(c->temperature == 300 && fabs(c->fraction - 0.2) < 1e-16 && isnan(c->length), "numbers");
  VmExpect(c->grid.origin[0] == 1 && c->grid.periodic[0] && c->grid.periodic[2], "arrays");
  VmExpect(!c->window && c->loading.count == 0 && c->analysis.count == 0 && !c->extra, "blocks");
  VmExpect(c->fields.count == 1 && !strcmp(((char **)c->fields.items)[0], "stress"), "list of texts");
  VmExpect(c->solver.steps == 1000 && !c->solver.verbose, "included rows");
  VmExpect(c->material.head == &elastic && !c->material.common, "plug-in");
}

static PetscErrorCode TestGood(void)
{
  static const char *const assignments[] = {"material.modulus=2 GPa", "loading=[{rate: 5 1/s}]", "grid.cells.1=9",
                                            NULL};
  char text[8192];
  Case c;
  PetscFunctionBegin;
  PetscCall(Read(full_input, NULL, &c, text));
  VmExpect(!*text, "problems:\n%s", text);
  if (!*text) ExpectFull(&c);
  PetscCall(ExpectRoundTrip(&c, ExpectFull));
  PetscCall(VmParamsFree(&case_table, &c));
  VmExpect(!c.name && !c.window && !c.loading.items && !c.material.head && !c.extra, "something is left");

  PetscCall(Read(MINIMAL, NULL, &c, text));
  VmExpect(!*text, "problems:\n%s", text);
  ExpectDefaults(&c);
  PetscCall(ExpectRoundTrip(&c, ExpectDefaults));
  PetscCall(VmParamsFree(&case_table, &c));

  PetscCall(Read(MINIMAL, assignments, &c, text));
  VmExpect(!*text, "problems:\n%s", text);
  VmExpect(((const Elastic *)c.material.params)->modulus == 2 && c.grid.cells[1] == 9, "--set");
  VmExpect(c.loading.count == 1 && ((const Stage *)c.loading.items)->rate == 5, "--set of a list");
  PetscCall(VmParamsFree(&case_table, &c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Print(PetscErrorCode (*print)(const VmTable *, FILE *), char *text, size_t size)
{
  PetscFunctionBegin;
  FILE *file = tmpfile();
  PetscCheck(file, PETSC_COMM_SELF, PETSC_ERR_FILE_OPEN, "no temporary file");
  PetscCall(print(&case_table, file));
  rewind(file);
  text[fread(text, 1, size - 1, file)] = '\0';
  fclose(file);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestHelp(void)
{
  static const char *const wanted[] = {"temperature  (quantity in K, between 0 K and 2000 K, default 300 K)",
                                       "cells  (integer, 3 values, between 1 and 1000000, required)",
                                       "one of: red, green, blue", "extra_steps  (integer, required)",
                                       "material  (plug-in, required)"};
  char text[16384];
  PetscFunctionBegin;
  PetscCall(Print(VmParamsHelp, text, sizeof text));
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; ++i)
    VmExpect(strstr(text, wanted[i]), "no \"%s\" in\n%s", wanted[i], text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const char *TextAt(const VmNode *node, const char *const *path)
{
  for (; node && *path; ++path)
    node = node->kind == VM_NODE_SEQUENCE ? (atoi(*path) < node->count ? node->items[atoi(*path)] : NULL)
                                          : VmTreeGet(node, *path);
  return node && node->kind == VM_NODE_SCALAR ? node->text : "(absent)";
}

/* JSON is YAML: the schema parses, no key twice, and says what the tables say. */
static PetscErrorCode TestSchema(void)
{
  static const struct {
    const char *path[12], *text;
  } wanted[] = {
      {{"$schema"}, "https://json-schema.org/draft/2020-12/schema"},
      {{"allOf", "0", "additionalProperties"}, "false"},
      {{"allOf", "0", "required", "0"}, "schema"},
      {{"allOf", "0", "required", "1"}, "grid"},
      {{"allOf", "0", "required", "2"}, "material"},
      {{"allOf", "0", "required", "3"}, "(absent)"},
      {{"allOf", "0", "properties", "temperature", "allOf", "0", "type"}, "string"},
      {{"allOf", "0", "properties", "temperature", "x-unit"}, "K"},
      {{"allOf", "0", "properties", "fraction", "allOf", "0", "maximum"}, "1"},
      {{"allOf", "0", "properties", "steps", "allOf", "0", "maximum"}, "(absent)"},
      {{"allOf", "0", "properties", "steps", "description"}, "steps \"at most\""},
      {{"allOf", "0", "properties", "colour", "allOf", "0", "enum", "2"}, "blue"},
      {{"allOf", "0", "properties", "material", "allOf", "0", "oneOf", "1", "properties", "law", "const"}, "rigid"},
      {{"allOf", "0", "properties", "extra_verbose", "allOf", "0", "type"}, "boolean"},
  };
  char text[32768], problems[4096];
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  PetscCall(Print(VmParamsSchema, text, sizeof text));
  PetscCall(VmReportCreate(PETSC_COMM_SELF, "schema", &report));
  PetscCall(VmTreeParse(text, strlen(text), report, &root));
  PetscCall(TakeReport(&report, problems, sizeof problems));
  VmExpect(!*problems, "%s\n%s", problems, text);
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; ++i) {
    const char *found = TextAt(root, wanted[i].path);
    VmExpect(!strcmp(found, wanted[i].text), "entry %zu is \"%s\", wanted \"%s\"", i, found, wanted[i].text);
  }
  PetscCall(VmTreeDestroy(&root));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestGood());
  PetscCall(TestHelp());
  PetscCall(TestSchema());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
