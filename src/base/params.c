#include "params_impl.h"
#include "tree_impl.h"

#include <stdio.h>
#include <string.h>

static PetscErrorCode ReadTable(VmReader *reader, const VmTable *table, const VmNode *node, void *params);
static PetscErrorCode ReadRows(VmReader *reader, const VmTable *table, const VmNode *node, void *params);
static PetscErrorCode ReadDefault(const VmParam *row, void *field);

static PetscErrorCode CollectKeys(const VmTable *const tables[2], const char *selector, const char ***keys)
{
  int n = 0;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)(VmTableKeys(tables[0], NULL) + VmTableKeys(tables[1], NULL) + 2), keys));
  if (selector) (*keys)[n++] = selector;
  for (int t = 0; t < 2; ++t) n += VmTableKeys(tables[t], *keys + n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckKeys(const VmReader *reader, const VmNode *node, const VmTable *const tables[2],
                                const char *selector)
{
  const char **keys;
  PetscFunctionBegin;
  PetscCall(CollectKeys(tables, selector, &keys));
  for (int i = 0; i < node->count; ++i) {
    const char *key = node->keys[i], *const *known = keys;
    while (*known && strcmp(*known, key)) ++known;
    if (*known) continue;
    char names[VM_TEXT_SIZE];
    const char *close = VmDidYouMean(key, keys), *colon = *reader->path ? ": " : "";
    VmJoin(keys, names);
    if (close)
      PetscCall(VmReportAddAt(reader->report, node->key_lines[i], node->key_columns[i],
                              "%s%sunknown key \"%.80s\"; did you mean \"%s\"?", reader->path, colon, key, close));
    else
      PetscCall(VmReportAddAt(reader->report, node->key_lines[i], node->key_columns[i],
                              "%s%sunknown key \"%.80s\"; the keys here are: %s", reader->path, colon, key, names));
  }
  PetscCall(PetscFree(keys));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode NotA(const VmReader *reader, const VmNode *node, const char *wanted, const char *example)
{
  PetscFunctionBegin;
  if (VmNodeIsNull(node)) PetscCall(VmReaderProblem(reader, node, "has no value; give one or leave the key out"));
  else if (node->kind == VM_NODE_SCALAR)
    PetscCall(VmReaderProblem(reader, node, "%s is needed here, not the single value \"%.80s\"; write e.g. %s", wanted,
                              node->text, example));
  else
    PetscCall(VmReaderProblem(reader, node, "%s is needed here, not a %s; write e.g. %s", wanted,
                              node->kind == VM_NODE_SEQUENCE ? "list" : "mapping", example));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The name of a plug-in in its mapping; *head is NULL after a problem. */
static PetscErrorCode ReadSelector(VmReader *reader, const VmPluginKind *kind, const VmNode *node,
                                   const VmPluginHead **head)
{
  const VmNode *name = VmTreeGet(node, kind->selector);
  const char **names, *close;
  char joined[VM_TEXT_SIZE];
  PetscFunctionBegin;
  *head = name && name->kind == VM_NODE_SCALAR ? VmPluginFind(kind, name->text) : NULL;
  if (*head) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmPluginNames(kind, &names));
  VmJoin(names, joined);
  close = name && name->kind == VM_NODE_SCALAR ? VmDidYouMean(name->text, names) : NULL;
  if (!name)
    PetscCall(
        VmReaderProblem(reader, node, "key \"%s\" is missing: %s; one of: %s", kind->selector, kind->doc, joined));
  else if (name->kind != VM_NODE_SCALAR)
    PetscCall(VmReaderProblem(reader, name, "\"%s\" must name one of: %s", kind->selector, joined));
  else if (close)
    PetscCall(VmReaderProblem(reader, name, "there is no %s \"%.80s\"; did you mean \"%s\"? There are: %s", kind->kind,
                              name->text, close, joined));
  else
    PetscCall(VmReaderProblem(reader, name, "there is no %s \"%.80s\"; there are: %s", kind->kind, name->text, joined));
  PetscCall(PetscFree(names));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadPlugin(VmReader *reader, const VmParam *row, const VmNode *node, VmPlugin *plugin)
{
  PetscFunctionBegin;
  if (node->kind != VM_NODE_MAPPING) {
    char example[96];
    snprintf(example, sizeof example, "{%s: %s}", row->plugin->selector,
             row->plugin->table[0] ? row->plugin->table[0]->name : "...");
    PetscCall(NotA(reader, node, "a mapping", example));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  const int problems = VmReportCount(reader->report);
  PetscCall(ReadSelector(reader, row->plugin, node, &plugin->head));
  if (!plugin->head) PetscFunctionReturn(PETSC_SUCCESS);
  const VmTable *const tables[2] = {plugin->head->params, row->subtable};
  void **const params[2] = {&plugin->params, &plugin->common};
  const VmNode *outer = reader->where;
  reader->where = node;
  PetscCall(CheckKeys(reader, node, tables, row->plugin->selector));
  for (int t = 0; t < 2; ++t) {
    if (!tables[t]) continue;
    PetscCall(PetscCalloc(tables[t]->size, params[t]));
    PetscCall(ReadRows(reader, tables[t], node, *params[t]));
  }
  for (int t = 0; t < 2; ++t)
    if (tables[t] && tables[t]->check && VmReportCount(reader->report) == problems)
      PetscCall(tables[t]->check(*params[t], node, reader->report));
  reader->where = outer;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static size_t ListItemSize(const VmParam *row)
{
  return row->type == VM_PLUGINS ? sizeof(VmPlugin) : row->type == VM_STRINGS ? sizeof(char *) : row->subtable->size;
}

static PetscErrorCode ReadList(VmReader *reader, const VmParam *row, const VmNode *node, VmList *list)
{
  const size_t size = ListItemSize(row), end = strlen(reader->path);
  const VmParam text = {.key = row->key, .type = VM_STRING, .choices = row->choices};
  PetscFunctionBegin;
  if (node->kind != VM_NODE_SEQUENCE) {
    char example[VM_TEXT_SIZE];
    VmRowExample(row, example);
    PetscCall(NotA(reader, node, "a list", example));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscCalloc((size_t)node->count * size, &list->items));
  list->count = node->count;
  for (int i = 0; i < node->count; ++i) {
    void *item = (char *)list->items + (size_t)i * size;
    snprintf(reader->path + end, sizeof reader->path - end, ".%d", i);
    if (row->type == VM_PLUGINS) PetscCall(ReadPlugin(reader, row, node->items[i], item));
    else if (row->type == VM_STRINGS) PetscCall(VmReadScalars(reader, &text, node->items[i], item));
    else PetscCall(ReadTable(reader, row->subtable, node->items[i], item));
  }
  reader->path[end] = '\0';
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadValue(VmReader *reader, const VmParam *row, const VmNode *node, void *field)
{
  PetscFunctionBegin;
  switch (row->type) {
  case VM_BLOCK:
    PetscCall(ReadTable(reader, row->subtable, node, field));
    break;
  case VM_OPTIONAL:
    PetscCall(PetscCalloc(row->subtable->size, (void **)field));
    PetscCall(ReadTable(reader, row->subtable, node, *(void **)field));
    break;
  case VM_STRINGS:
  case VM_LIST:
  case VM_PLUGINS:
    PetscCall(ReadList(reader, row, node, field));
    break;
  case VM_PLUGIN:
    PetscCall(ReadPlugin(reader, row, node, field));
    break;
  default:
    PetscCall(VmReadScalars(reader, row, node, field));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReportMissing(const VmReader *reader, const VmParam *row)
{
  char example[VM_TEXT_SIZE];
  PetscFunctionBegin;
  VmRowExample(row, example);
  PetscCall(VmReaderProblem(reader, reader->where, "key \"%s\" is missing: %s; write e.g. %s: %s", row->key,
                            row->doc ? row->doc : "it has no default", row->key, example));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadMissing(VmReader *reader, const VmParam *row, void *field)
{
  PetscFunctionBegin;
  if (VmRowIsRequired(row)) PetscCall(ReportMissing(reader, row));
  else if (row->type == VM_BLOCK) PetscCall(ReadTable(reader, row->subtable, NULL, field));
  else if (row->type != VM_OPTIONAL) PetscCall(ReadDefault(row, field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadInclude(VmReader *reader, const VmParam *row, const VmNode *node, void *field)
{
  const VmTable *const tables[2] = {row->subtable, NULL};
  const int problems = VmReportCount(reader->report);
  PetscFunctionBegin;
  if (VmRowDefaultIsNone(row)) {
    const char **keys;
    bool present = false;
    PetscCall(CollectKeys(tables, NULL, &keys));
    for (const char **key = keys; *key; ++key) present = present || VmTreeGet(node, *key);
    PetscCall(PetscFree(keys));
    if (!present) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(PetscCalloc(row->subtable->size, (void **)field));
    field = *(void **)field;
  }
  PetscCall(ReadRows(reader, row->subtable, node, field));
  if (row->subtable->check && VmReportCount(reader->report) == problems)
    PetscCall(row->subtable->check(field, node, reader->report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadRows(VmReader *reader, const VmTable *table, const VmNode *node, void *params)
{
  const size_t end = strlen(reader->path);
  PetscFunctionBegin;
  for (const VmParam *row = table->rows; !VmRowIsEnd(row); ++row) {
    void *field = VmField(void, params, row);
    const VmNode *value = row->key ? VmTreeGet(node, row->key) : NULL;
    if (row->type == VM_INCLUDE) PetscCall(ReadInclude(reader, row, node, field));
    else if (!value) PetscCall(ReadMissing(reader, row, field));
    else {
      snprintf(reader->path + end, sizeof reader->path - end, "%s%s", end ? "." : "", row->key);
      PetscCall(ReadValue(reader, row, value, field));
      reader->path[end] = '\0';
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A block that is there: its keys, rows and cross-checks. */
static PetscErrorCode ReadTable(VmReader *reader, const VmTable *table, const VmNode *node, void *params)
{
  const VmTable *const tables[2] = {table, NULL};
  const VmNode *outer = reader->where;
  const int problems = VmReportCount(reader->report);
  PetscFunctionBegin;
  if (node && node->kind != VM_NODE_MAPPING) {
    char example[96];
    snprintf(example, sizeof example, "{%s: ...}", table->rows[0].key ? table->rows[0].key : "key");
    PetscCall(NotA(reader, node, "a mapping", example));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (node) {
    reader->where = node;
    PetscCall(CheckKeys(reader, node, tables, NULL));
  }
  PetscCall(ReadRows(reader, table, node, params));
  if (table->check && VmReportCount(reader->report) == problems) PetscCall(table->check(params, node, reader->report));
  reader->where = outer;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The default of a scalar is its text; of anything else YAML, or the name of a plug-in. */
static PetscErrorCode DefaultNode(const VmParam *row, VmReport report, VmNode **node)
{
  const char *text = row->default_text;
  char named[VM_TEXT_SIZE];
  PetscFunctionBegin;
  if (VmRowIsScalar(row) && text[0] != '[') {
    PetscCall(VmTreeNodeCreate(VM_NODE_SCALAR, 0, 0, node));
    PetscCall(PetscStrallocpy(text, &(*node)->text));
    (*node)->quoted = row->type == VM_STRING && !VmRowDefaultIsNone(row);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (row->type == VM_PLUGIN && text[0] != '{') {
    snprintf(named, sizeof named, "{%s: %s}", row->plugin->selector, text);
    text = named;
  }
  PetscCall(VmTreeParse(text, strlen(text), report, node));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A default that cannot be read is an error of the table, not of the user. */
static PetscErrorCode ReadDefault(const VmParam *row, void *field)
{
  VmReader reader = {.where = NULL};
  VmNode *node;
  PetscFunctionBegin;
  if (!VmRowIsScalar(row) && !strcmp(row->default_text, "none")) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmReportCreate(PETSC_COMM_SELF, "default", &reader.report));
  snprintf(reader.path, sizeof reader.path, "%s", row->key);
  PetscCall(DefaultNode(row, reader.report, &node));
  for (int i = 0; node && i < (row->count > 1 && node->kind == VM_NODE_SCALAR ? row->count : 1); ++i) {
    VmParam part = *row;
    if (node->kind == VM_NODE_SCALAR) part.count = 1; /* one text for all entries */
    PetscCall(ReadValue(&reader, &part, node, (char *)field + (size_t)i * VmRowElementSize(row)));
  }
  PetscCall(VmTreeDestroy(&node));
  const int problems = VmReportCount(reader.report);
  if (problems) (void)VmReportFinish(reader.report);
  PetscCall(VmReportDestroy(&reader.report));
  PetscCheck(!problems, PETSC_COMM_SELF, PETSC_ERR_PLIB, "the default \"%s\" of the key \"%s\" is not valid",
             row->default_text, row->key);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmParamsRead(const VmTable *table, const VmNode *mapping, VmReport report, void *params)
{
  VmReader reader = {.report = report, .where = mapping};
  PetscFunctionBegin;
  PetscCall(ReadTable(&reader, table, mapping, params));
  PetscFunctionReturn(PETSC_SUCCESS);
}
