/* ranks: 1 3; timeout: 30; links: vm_base */
#include "capture.h"

/* Parses, applies the assignments (NULL-terminated), returns the tree and the printed problems. */
static PetscErrorCode Parse(const char *yaml, size_t size, const char *const *assignments, VmNode **root,
                            char text[4096])
{
  VmReport report;
  PetscFunctionBegin;
  PetscCall(VmReportCreate(PETSC_COMM_SELF, "case.yaml", &report));
  PetscCall(VmTreeParse(yaml, size, report, root));
  for (; assignments && *assignments; ++assignments) PetscCall(VmTreeSet(*root, *assignments, report));
  PetscCall(TakeReport(&report, text, 4096));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ExpectAt(const VmNode *node, const char *text, int line, int column)
{
  VmExpect(node, "no node for \"%s\"", text);
  if (!node) return;
  VmExpect(node->kind == VM_NODE_SCALAR && !strcmp(node->text, text), "\"%s\", wanted \"%s\"", node->text, text);
  VmExpect(node->line == line && node->column == column, "\"%s\" at %d:%d, wanted %d:%d", text, node->line,
           node->column, line, column);
}

static PetscErrorCode TestPositions(void)
{
  static const char yaml[] = "# a case\n"
                             "grid: {cells: [4, 5],\n"
                             "       spacing: 1.7 nm}\n"
                             "name: \"a: b\"\n"
                             "loading:\n"
                             "  - rate: 1e-4 1/s\n"
                             "  -   {rate: 2}\n";
  VmNode *root;
  char text[4096];
  PetscFunctionBegin;
  PetscCall(Parse(yaml, strlen(yaml), NULL, &root, text));
  VmExpect(!*text, "problems: %s", text);
  VmExpectInt(root->kind, VM_NODE_MAPPING);
  VmExpectInt(root->count, 3);
  VmExpectInt(root->key_lines[2], 5);
  VmExpectInt(root->key_columns[2], 1);
  const VmNode *grid = VmTreeGet(root, "grid"), *loading = VmTreeGet(root, "loading");
  VmExpectInt(grid->line, 2);
  VmExpectInt(grid->column, 7);
  VmExpectInt(grid->key_lines[1], 3);
  VmExpectInt(grid->key_columns[1], 8);
  ExpectAt(VmTreeGet(grid, "cells")->items[1], "5", 2, 19);
  ExpectAt(VmTreeGet(grid, "spacing"), "1.7 nm", 3, 17);
  ExpectAt(VmTreeGet(root, "name"), "a: b", 4, 7);
  VmExpect(VmTreeGet(root, "name")->quoted && !VmTreeGet(grid, "spacing")->quoted, "quotes");
  VmExpectInt(loading->kind, VM_NODE_SEQUENCE);
  VmExpectInt(loading->count, 2);
  ExpectAt(VmTreeGet(loading->items[0], "rate"), "1e-4 1/s", 6, 11);
  ExpectAt(VmTreeGet(loading->items[1], "rate"), "2", 7, 14);
  VmExpect(!VmTreeGet(root, "absent") && !VmTreeGet(loading, "rate") && !VmTreeGet(NULL, "x"),
           "found what is not there");
  PetscCall(VmTreeDestroy(&root));
  VmExpect(!root, "not NULL");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestProblems(void)
{
  static const struct {
    const char *yaml, *lines[3];
  } cases[] = {
      {"a: 1\nb: 2\na: 3\n", {"case.yaml:3:1: this key is given twice", NULL}},
      {"a: {x: 1, x: 2}\nb: 1\nb: 2\n",
       {"case.yaml:1:11: this key is given twice", "case.yaml:3:1: this key is", NULL}},
      {"a: &x 1\nb: *x\n", {"case.yaml:1:4: anchors and aliases", "case.yaml:2:4: anchors and aliases", NULL}},
      {"a: !!int 1\nb: !mine [1]\n", {"case.yaml:1:4: tags are not", "case.yaml:2:4: tags are not", NULL}},
      {"a: &m {x: !!str y}\n", {"case.yaml:1:4: anchors and", "case.yaml:1:11: tags are", NULL}},
      {"a: [1, 2\nb: 3\n", {"case.yaml:2:2: not valid YAML", NULL}},
      {"a: \"no end\n", {"case.yaml:2:1: not valid YAML", NULL}},
      {"a:\n\t- 1\n", {"case.yaml:2:1: not valid YAML", NULL}},
      {"a: b: c\n", {"case.yaml:1:5: not valid YAML", NULL}},
      {"a: 1\n--- \nb: 2\n", {"case.yaml:2:1: a second document", NULL}},
      {"", {"case.yaml: the file is empty", NULL}},
      {"# nothing\n", {"case.yaml: the file is empty", NULL}},
      {"? [1, 2]\n: 3\n", {"case.yaml:1:3: a key must be plain text", NULL}},
      {"{a: 1}: 3\n", {"case.yaml:1:1: a key must be plain text", NULL}},
      {"a: 1\nb: \"x\\0y\"\n", {"case.yaml:2:4: the text holds a NUL", NULL}},
      {"a: 1\nb: caf\xe9\n", {"case.yaml:2:7: not valid YAML", NULL}},
      {"a: 1\nb: x\x01y\n", {"case.yaml:2:5: not valid YAML", NULL}},
      {"%YAML 9.9\n---\na: 1\n", {"case.yaml:1:1: not valid YAML", NULL}},
  };
  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    VmNode *root;
    char text[4096];
    int lines = 0;
    PetscCall(Parse(cases[i].yaml, strlen(cases[i].yaml), NULL, &root, text));
    for (const char *at = text; cases[i].lines[lines]; ++lines) {
      at = strstr(at, cases[i].lines[lines]);
      VmExpect(at, "input %zu: no \"%s\" in order in\n%s", i, cases[i].lines[lines], text);
      if (!at) break;
    }
    VmExpect(CountLines(text) == lines, "input %zu: %d problems, wanted %d:\n%s", i, CountLines(text), lines, text);
    PetscCall(VmTreeDestroy(&root));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A bomb of brackets ends with one message. */
static PetscErrorCode TestDepth(void)
{
  enum { BRACKETS = 5000 };
  char *yaml, text[4096];
  VmNode *root;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(BRACKETS, &yaml));
  memset(yaml, '[', BRACKETS);
  PetscCall(Parse(yaml, BRACKETS, NULL, &root, text));
  VmExpect(!strcmp(text, "case.yaml:1:66: nested too deeply\n"), "%s", text);
  PetscCall(VmTreeDestroy(&root));
  PetscCall(PetscFree(yaml));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestSet(void)
{
  static const char yaml[] = "grid: {spacing: 1 nm}\nloading: [{rate: 1}, {rate: 2}]\n";
  static const char *const good[] = {"grid.spacing=2 nm",
                                     "loading.1.rate=\"1e-3 1/s\"",
                                     "solver.inner.steps=5",
                                     "grid.cells=[1, 2, 3]",
                                     "loading.0={rate: 7, end: x}",
                                     "note=a=b",
                                     "solver.inner.steps=6",
                                     "empty=",
                                     NULL};
  static const char *const bad[] = {
      "grid",    "loading.2.rate=1", "loading.x.rate=1", "grid.spacing.x=1", "=1",           "grid..x=1",
      "grid.=1", "grid.cells=[1",    "a={b: 1, b: 2}",   "a=&x 1",           "loading.-1=1", NULL};
  VmNode *root;
  char text[4096];
  PetscFunctionBegin;
  PetscCall(Parse(yaml, strlen(yaml), good, &root, text));
  VmExpect(!*text, "problems: %s", text);
  const VmNode *loading = VmTreeGet(root, "loading");
  ExpectAt(VmTreeGet(VmTreeGet(root, "grid"), "spacing"), "2 nm", 0, 0);
  ExpectAt(VmTreeGet(VmTreeGet(root, "grid"), "cells")->items[2], "3", 0, 0);
  ExpectAt(VmTreeGet(loading->items[0], "rate"), "7", 0, 0);
  ExpectAt(VmTreeGet(loading->items[1], "rate"), "1e-3 1/s", 0, 0);
  ExpectAt(VmTreeGet(VmTreeGet(VmTreeGet(root, "solver"), "inner"), "steps"), "6", 0, 0);
  ExpectAt(VmTreeGet(root, "note"), "a=b", 0, 0);
  ExpectAt(VmTreeGet(root, "empty"), "", 0, 0);
  PetscCall(VmTreeDestroy(&root));

  PetscCall(Parse(yaml, strlen(yaml), bad, &root, text));
  VmExpect(CountLines(text) == 11, "%d problems, wanted 11:\n%s", CountLines(text), text);
  VmExpect(!strncmp(text, "--set: grid: no \"=\"", 19), "%s", text);
  VmExpect(strstr(text, "--set: loading.2.rate=1: \"2\" is no entry of this list of 2; the first is 0\n"), "%s", text);
  VmExpectInt(VmTreeGet(root, "grid")->count, 1);
  PetscCall(VmTreeDestroy(&root));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sorted by position, each one line, shown once by rank 0. */
static PetscErrorCode TestReport(int rank)
{
  VmReport report;
  char text[4096];
  PetscFunctionBegin;
  PetscCall(VmReportCreate(PETSC_COMM_WORLD, "f", &report));
  PetscCall(VmReportAddAt(report, 2, 3, "third\nline"));
  PetscCall(VmReportAddAt(report, 2, 1, "second"));
  PetscCall(VmReportAdd(report, NULL, "first %d", 1));
  PetscCall(VmReportAddAt(report, 2, 3, "fourth"));
  VmExpectInt(VmReportCount(report), 4);
  PetscCall(TakeReport(&report, text, sizeof text));
  VmExpect(!strcmp(text, rank ? "" : "f: first 1\nf:2:1: second\nf:2:3: third line\nf:2:3: fourth\n"), "%s", text);
  PetscCall(VmReportCreate(PETSC_COMM_WORLD, "f", &report));
  PetscCall(TakeReport(&report, text, sizeof text));
  VmExpect(!*text, "%s", text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestBroadcast(int rank)
{
  enum { SIZE = 200001 };
  char path[4200], text[4096], *bytes;
  size_t size, wrong = 0;
  Capture capture;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/bytes", VmTestScratch());
  if (rank == 0) {
    FILE *file = fopen(path, "wb");
    PetscCheck(file, PETSC_COMM_SELF, PETSC_ERR_FILE_OPEN, "cannot write %s", path);
    for (int i = 0; i < SIZE; ++i) fputc(i % 251, file);
    fclose(file);
  }
  PetscCall(VmFileBroadcast(PETSC_COMM_WORLD, path, &bytes, &size));
  VmExpectInt(size, SIZE);
  for (size_t i = 0; i < size; ++i) wrong += (unsigned char)bytes[i] != i % 251;
  VmExpectInt(wrong, 0);
  VmExpectInt(bytes[size], 0);
  PetscCall(PetscFree(bytes));
  const char *const unreadable[] = {"/no/such/file", VmTestScratch()};
  for (int i = 0; i < 2; ++i) {
    CaptureBegin(&capture);
    const PetscErrorCode code = VmFileBroadcast(PETSC_COMM_WORLD, unreadable[i], &bytes, &size);
    CaptureEnd(&capture, text, sizeof text);
    VmExpectInt(code, VM_ERR_INPUT);
    VmExpectInt(CountLines(text), rank == 0);
    VmExpect(rank || strstr(text, unreadable[i]), "%s", text);
    VmExpect(!bytes, "memory is left");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(TestPositions());
  PetscCall(TestProblems());
  PetscCall(TestDepth());
  PetscCall(TestSet());
  PetscCall(TestReport(rank));
  PetscCall(TestBroadcast(rank));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
