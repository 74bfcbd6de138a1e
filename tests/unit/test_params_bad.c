/* timeout: 30; links: vm_base */
#include "params_case.h"

/* One problem each, at its place. The line of the bad input follows the three of MINIMAL. */
static PetscErrorCode TestBadLines(void)
{
  static const struct {
    const char *line, *problem;
  } cases[] = {
      {"temprature: 3 K", "f:4:1: unknown key \"temprature\"; did you mean \"temperature\"?"},
      {"quite_different: 3 K", "f:4:1: unknown key \"quite_different\"; the keys here are: schema, seed, name"},
      {"extra_stps: 3", "f:4:1: unknown key \"extra_stps\"; did you mean \"extra_steps\"?"},
      {"temperature: 300", "f:4:14: temperature: \"300\": the unit is missing; a temperature in K is needed"},
      {"temperature: 300 GPa", "f:4:14: temperature: \"300 GPa\": \"GPa\" has another dimension"},
      {"temperature: 300 Kelvins x", "f:4:14: temperature: \"300 Kelvins x\": \"Kelvins x\" is not a unit"},
      {"temperature: -1 K", "f:4:14: temperature: \"-1 K\" is out of range; it must be between 0 K and 2000 K"},
      {"temperature: -300 degC", "f:4:14: temperature: \"-300 degC\" is out of range"},
      {"temperature: nan K", "f:4:14: temperature: \"nan K\": not a finite decimal number"},
      {"temperature: .inf", "f:4:14: temperature: \".inf\": not a finite decimal number"},
      {"temperature: none", "f:4:14: temperature: \"none\": not a finite decimal number"},
      {"temperature:", "f:4:13: temperature: has no value"},
      {"temperature: ~", "f:4:14: temperature: has no value"},
      {"temperature: \"\"", "f:4:14: temperature: \"\": not a finite"},
      {"temperature: [1 K]", "f:4:14: temperature: a single value is needed here, not a list"},
      {"temperature: {a: 1 K}", "f:4:14: temperature: a single value is needed here, not a mapping"},
      {"fraction: 3x", "f:4:11: fraction: \"3x\": \"x\" is not a unit; a bare number is needed"},
      {"fraction: 120 %", "f:4:11: fraction: \"120 %\" is out of range; it must be between 0 and 1"},
      {"fraction: 0.2 nm", "f:4:11: fraction: \"0.2 nm\": \"nm\" has another dimension"},
      {"seed: 3x", "f:4:7: seed: \"3x\" is not a whole number"},
      {"seed: 1.5", "f:4:7: seed: \"1.5\" is not a whole number"},
      {"seed: 0x10", "f:4:7: seed: \"0x10\" is not a whole number"},
      {"seed: 9223372036854775808", "f:4:7: seed: \"9223372036854775808\" is not a whole number"},
      {"seed: 1e30", "f:4:7: seed: \"1e30\" is not a whole number"},
      {"seed: nan", "f:4:7: seed: \"nan\" is not a whole number"},
      {"seed: 5 nm", "f:4:7: seed: \"5 nm\" is not a whole number"},
      {"steps: 0", "f:4:8: steps: \"0\" is out of range; it must be at least 1"},
      {"flag: yes", "f:4:7: flag: \"yes\" is neither true nor false"},
      {"flag: True", "f:4:7: flag: \"True\" is neither true nor false"},
      {"colour: gren", "f:4:9: colour: \"gren\" is not one of red, green, blue; did you mean \"green\"?"},
      {"kind: warm", "f:4:7: kind: \"warm\" is not one of hot, cold"},
      {"fields: stress", "f:4:9: fields: a list is needed here, not the single value \"stress\"; write e.g. [stress]"},
      {"fields: [stress, strain]", "f:4:18: fields.1: \"strain\" is not one of stress, plastic_strain"},
      {"window: 5", "f:4:9: window: a mapping is needed here, not the single value \"5\""},
      {"window: [1]", "f:4:9: window: a mapping is needed here, not a list"},
      {"window: {}", "f:4:9: window: key \"low\" is missing: d; write e.g. low: 1 1/nm"},
      {"window: {low: 12 1/nm}", "f:4:9: low exceeds high"},
      {"window: {low: 12 1/nm, hgh: 1 1/nm}", "f:4:24: window: unknown key \"hgh\"; did you mean \"high\"?"},
      {"loading: {rate: 1 1/s}", "f:4:10: loading: a list is needed here, not a mapping"},
      {"loading: [{rate: 1 1/s}, {rate: 1 1/nm}]",
       "f:4:33: loading.1.rate: \"1 1/nm\": \"1/nm\" has another dimension"},
      {"loading: [5]", "f:4:11: loading.0: a mapping is needed here, not the single value \"5\""},
      {"loading: [{barrier: {law: linear}}]",
       "f:4:21: loading.0.barrier: key \"mean\" is missing: mean barrier; write e.g. "
       "mean: 1 eV"},
      {"loading: [{barrier: {law: linear, mean: 20 eV}}]", "f:4:41: loading.0.barrier.mean: \"20 eV\" is out of range"},
      {"analysis: [{modulus: 1 GPa}]", "f:4:12: analysis.0: key \"law\" is missing: what a voxel is made of; one of: "
                                       "elastic, rigid"},
      {"analysis: [{law: elastc}]", "f:4:18: analysis.0: there is no material \"elastc\"; did you mean \"elastic\"?"},
      {"analysis: [{law: fluid}]", "f:4:18: analysis.0: there is no material \"fluid\"; there are: elastic, rigid"},
      {"analysis: [{law: [elastic]}]", "f:4:18: analysis.0: \"law\" must name one of: elastic, rigid"},
      {"analysis: [elastic]",
       "f:4:12: analysis.0: a mapping is needed here, not the single value \"elastic\"; write e.g. "
       "{law: elastic}"},
      {"analysis: [{law: rigid, lable: x}]", "f:4:25: analysis.0: unknown key \"lable\"; did you mean \"label\"?"},
      {"analysis: [{law: rigid, modulus: 1 GPa}]",
       "f:4:25: analysis.0: unknown key \"modulus\"; the keys here are: law, "
       "label"},
      {"extra_verbose: false", "f:1:1: key \"extra_steps\" is missing"},
      {"grid: {cells: [1, 1, 1]}", "f:4:1: this key is given twice"},
      {"name: &a x", "f:4:7: anchors and aliases are not accepted"},
  };
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    char input[1024], text[8192];
    Case c;
    snprintf(input, sizeof input, "%s%s\n", MINIMAL, cases[i].line);
    PetscCall(Read(input, NULL, &c, text));
    VmExpect(CountLines(text) == 1 && !strncmp(text, cases[i].problem, strlen(cases[i].problem)),
             "\"%s\": it said\n%swanted one line\n%s", cases[i].line, text, cases[i].problem);
    PetscCall(VmParamsFree(&case_table, &c));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExpectProblems(const char *input, const char *const *assignments, const char *wanted)
{
  char text[8192];
  Case c;
  PetscFunctionBegin;
  PetscCall(Read(input, assignments, &c, text));
  VmExpect(!strcmp(text, wanted), "it said\n%swanted\n%s", text, wanted);
  PetscCall(VmParamsFree(&case_table, &c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All problems at once, in order, each once. */
static PetscErrorCode TestBadInputs(void)
{
  static const char *const bad_set[] = {"grid.spacing=1.7", "material.modulus=-1 GPa", "grid.celsl=3", NULL};
  PetscFunctionBegin;
  PetscCall(ExpectProblems("{}\n", NULL,
                           "f:1:1: key \"schema\" is missing: version of the input; write e.g. schema: 1\n"
                           "f:1:1: key \"grid\" is missing: the grid; write e.g. grid: {cells: ...}\n"
                           "f:1:1: key \"material\" is missing: material; write e.g. material: {law: elastic}\n"));
  PetscCall(ExpectProblems(
      "schema: 2\n"
      "grid: {cells: [0, 24], spacing: 1.7}\n"
      "materail: {law: elastic}\n"
      "material:\n"
      "  law: elastic\n"
      "  modulus: -3 GPa\n"
      "  barrier: {law: linear, spread: 1 nm}\n",
      NULL,
      "f:1:9: schema: \"2\" is out of range; it must be between 1 and 1\n"
      "f:2:15: grid.cells: a list of 3 values is needed here, not 2; write e.g. [1, 1, 1]\n"
      "f:2:33: grid.spacing: \"1.7\": the unit is missing; a length in nm is needed, e.g. \"1.5 nm\"\n"
      "f:3:1: unknown key \"materail\"; did you mean \"material\"?\n"
      "f:6:12: material.modulus: \"-3 GPa\" is out of range; it must be at least 0.001 GPa\n"
      "f:7:12: material.barrier: key \"mean\" is missing: mean barrier; write e.g. mean: 1 eV\n"
      "f:7:34: material.barrier.spread: \"1 nm\": \"nm\" has another dimension; an energy in eV is needed, e.g. \"1.5 "
      "eV\"\n"));
  PetscCall(ExpectProblems("schema: 1\ngrid: {cells: [0, 2, 1000001], spacing: 1 nm}\nmaterial: {law: rigid}\n", NULL,
                           "f:2:16: grid.cells: \"0\" is out of range; it must be between 1 and 1000000\n"
                           "f:2:22: grid.cells: \"1000001\" is out of range; it must be between 1 and 1000000\n"));
  PetscCall(ExpectProblems(MINIMAL, bad_set,
                           "--set: grid: unknown key \"celsl\"; did you mean \"cells\"?\n"
                           "--set: grid.spacing: \"1.7\": the unit is missing; a length in nm is needed, e.g. \"1.5 "
                           "nm\"\n"
                           "--set: material.modulus: \"-1 GPa\" is out of range; it must be at least 0.001 GPa\n"));
  PetscCall(ExpectProblems("- 1\n", NULL, "f:1:1: a mapping is needed here, not a list; write e.g. {schema: ...}\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A default that breaks the row's own rules is a fault of the program. */
static PetscErrorCode TestBadDefault(void)
{
  static const VmParam rows[] = {{AT(Window, low), .type = VM_REAL, .unit = "nm", .default_text = "3", .doc = "d"},
                                 {0}};
  static const VmTable table = {.name = "t", .doc = "d", .size = sizeof(Window), .rows = rows};
  Window window = {0};
  VmReport report;
  char text[8192];
  Capture capture;
  PetscFunctionBegin;
  PetscCall(VmReportCreate(PETSC_COMM_SELF, "f", &report));
  CaptureBegin(&capture);
  const PetscErrorCode code = VmParamsRead(&table, NULL, report, &window);
  CaptureEnd(&capture, text, sizeof text);
  VmExpectInt(code, PETSC_ERR_PLIB);
  VmExpect(strstr(text, "the default \"3\" of the key \"low\" is not valid"), "%s", text);
  VmExpectInt(VmReportCount(report), 0);
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TestWords(void)
{
  static const char *const words[] = {"spacing", "cells", "xy", "correlation_length", NULL};
  static const struct {
    const char *word, *close;
  } cases[] = {{"spacng", "spacing"}, {"Spacing", "spacing"}, {"spcaing", "spacing"},
               {"sell", "cells"},     {"yx", "xy"},           {"corelation_lenght", "correlation_length"},
               {"temperature", NULL}, {"zz", NULL},           {"", NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    const char *close = VmDidYouMean(cases[i].word, words);
    VmExpect(close == cases[i].close || (close && cases[i].close && !strcmp(close, cases[i].close)),
             "\"%s\" is close to \"%s\", wanted \"%s\"", cases[i].word, close ? close : "nothing",
             cases[i].close ? cases[i].close : "nothing");
  }
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestBadLines());
  PetscCall(TestBadInputs());
  PetscCall(TestBadDefault());
  TestWords();
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
