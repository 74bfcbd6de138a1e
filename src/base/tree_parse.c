#include "tree_impl.h"

#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 64 };

typedef struct {
  yaml_parser_t yaml;
  yaml_event_t event;
  const char *text;
  size_t size;
  const char *assignment; /* of --set; NULL: a file */
  VmReport report;
  bool failed; /* the parser cannot go on */
} Parser;

static int LineOf(const Parser *p, yaml_mark_t mark) { return p->assignment ? 0 : (int)mark.line + 1; }
static int ColumnOf(const Parser *p, yaml_mark_t mark) { return p->assignment ? 0 : (int)mark.column + 1; }

static PetscErrorCode AddProblem(Parser *p, yaml_mark_t mark, const char *what, const char *detail)
{
  PetscFunctionBegin;
  if (p->assignment) PetscCall(VmReportAddAt(p->report, 0, 0, "%.200s: %s%s", p->assignment, what, detail));
  else PetscCall(VmReportAddAt(p->report, LineOf(p, mark), ColumnOf(p, mark), "%s%s", what, detail));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A reader error (bad encoding) comes with an offset in bytes instead of a mark. */
static yaml_mark_t MarkOfOffset(const Parser *p, size_t offset)
{
  yaml_mark_t mark = {.index = offset};
  for (size_t i = 0; i < offset && i < p->size; ++i) {
    ++mark.column;
    if (p->text[i] == '\n') {
      ++mark.line;
      mark.column = 0;
    }
  }
  return mark;
}

static PetscErrorCode Next(Parser *p)
{
  PetscFunctionBegin;
  yaml_event_delete(&p->event);
  if (p->failed || yaml_parser_parse(&p->yaml, &p->event)) PetscFunctionReturn(PETSC_SUCCESS);
  p->failed = true;
  const yaml_mark_t mark =
      p->yaml.error == YAML_READER_ERROR ? MarkOfOffset(p, p->yaml.problem_offset) : p->yaml.problem_mark;
  PetscCall(AddProblem(p, mark, "not valid YAML: ", p->yaml.problem ? p->yaml.problem : "out of memory"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RefuseMarks(Parser *p, const yaml_char_t *anchor, const yaml_char_t *tag)
{
  PetscFunctionBegin;
  if (anchor)
    PetscCall(AddProblem(p, p->event.start_mark, "anchors and aliases are not accepted; write the value out: &",
                         (const char *)anchor));
  if (tag) PetscCall(AddProblem(p, p->event.start_mark, "tags are not accepted; leave it out: ", (const char *)tag));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseNode(Parser *p, int depth, VmNode **node);

static PetscErrorCode ParseScalar(Parser *p, VmNode *node)
{
  const yaml_event_t *e = &p->event;
  PetscFunctionBegin;
  PetscCall(RefuseMarks(p, e->data.scalar.anchor, e->data.scalar.tag));
  if (memchr(e->data.scalar.value, '\0', e->data.scalar.length))
    PetscCall(AddProblem(p, e->start_mark, "the text holds a NUL character; remove it", ""));
  PetscCall(PetscStrallocpy((const char *)e->data.scalar.value, &node->text));
  node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseSequence(Parser *p, int depth, VmNode *node)
{
  PetscFunctionBegin;
  PetscCall(RefuseMarks(p, p->event.data.sequence_start.anchor, p->event.data.sequence_start.tag));
  PetscCall(Next(p));
  while (!p->failed && p->event.type != YAML_SEQUENCE_END_EVENT) {
    VmNode *item;
    PetscCall(ParseNode(p, depth + 1, &item));
    if (item) PetscCall(VmTreeAppend(node, NULL, 0, 0, item));
    if (!p->failed) PetscCall(Next(p));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A repeated key is reported and its value dropped. */
static PetscErrorCode AppendPair(Parser *p, VmNode *node, const VmNode *key, yaml_mark_t mark, VmNode *item)
{
  PetscFunctionBegin;
  for (int i = 0; i < node->count; ++i) {
    if (strcmp(node->keys[i], key->text)) continue;
    char detail[256];
    if (p->assignment) snprintf(detail, sizeof detail, "%.100s", key->text);
    else snprintf(detail, sizeof detail, "%.100s (first in line %d)", key->text, node->key_lines[i]);
    PetscCall(AddProblem(p, mark, "this key is given twice; remove one: ", detail));
    PetscCall(VmTreeDestroy(&item));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VmTreeAppend(node, key->text, LineOf(p, mark), ColumnOf(p, mark), item));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseMapping(Parser *p, int depth, VmNode *node)
{
  PetscFunctionBegin;
  PetscCall(RefuseMarks(p, p->event.data.mapping_start.anchor, p->event.data.mapping_start.tag));
  PetscCall(Next(p));
  while (!p->failed && p->event.type != YAML_MAPPING_END_EVENT) {
    const yaml_mark_t mark = p->event.start_mark;
    VmNode *key, *item = NULL;
    PetscCall(ParseNode(p, depth + 1, &key));
    if (key && key->kind != VM_NODE_SCALAR) PetscCall(AddProblem(p, mark, "a key must be plain text", ""));
    if (!p->failed) PetscCall(Next(p));
    if (!p->failed) PetscCall(ParseNode(p, depth + 1, &item));
    if (key && item && key->kind == VM_NODE_SCALAR) PetscCall(AppendPair(p, node, key, mark, item));
    else PetscCall(VmTreeDestroy(&item));
    PetscCall(VmTreeDestroy(&key));
    if (!p->failed) PetscCall(Next(p));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Parses the node that starts with the present event and leaves its last event as the present one. */
static PetscErrorCode ParseNode(Parser *p, int depth, VmNode **node)
{
  PetscFunctionBegin;
  *node = NULL;
  if (depth > DEPTH_MAX) {
    PetscCall(AddProblem(p, p->event.start_mark, "nested too deeply", ""));
    p->failed = true;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  const int line = LineOf(p, p->event.start_mark), column = ColumnOf(p, p->event.start_mark);
  switch (p->event.type) {
  case YAML_SCALAR_EVENT:
    PetscCall(VmTreeNodeCreate(VM_NODE_SCALAR, line, column, node));
    PetscCall(ParseScalar(p, *node));
    break;
  case YAML_SEQUENCE_START_EVENT:
    PetscCall(VmTreeNodeCreate(VM_NODE_SEQUENCE, line, column, node));
    PetscCall(ParseSequence(p, depth, *node));
    break;
  case YAML_MAPPING_START_EVENT:
    PetscCall(VmTreeNodeCreate(VM_NODE_MAPPING, line, column, node));
    PetscCall(ParseMapping(p, depth, *node));
    break;
  default:
    PetscCall(AddProblem(p, p->event.start_mark, "anchors and aliases are not accepted; write the value out: *",
                         (const char *)p->event.data.alias.anchor));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseStream(Parser *p, VmNode **root)
{
  PetscFunctionBegin;
  PetscCall(Next(p)); /* start of the stream */
  if (!p->failed) PetscCall(Next(p));
  if (p->failed) PetscFunctionReturn(PETSC_SUCCESS);
  if (p->event.type == YAML_STREAM_END_EVENT) {
    if (p->assignment) PetscCall(VmTreeNodeCreate(VM_NODE_SCALAR, 0, 0, root));
    if (p->assignment) PetscCall(PetscStrallocpy("", &(*root)->text));
    else PetscCall(VmReportAdd(p->report, NULL, "the file is empty"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Next(p));
  if (!p->failed) PetscCall(ParseNode(p, 0, root));
  if (!p->failed) PetscCall(Next(p)); /* end of the document */
  if (!p->failed) PetscCall(Next(p));
  if (!p->failed && p->event.type != YAML_STREAM_END_EVENT)
    PetscCall(AddProblem(p, p->event.start_mark, "a second document starts here; one document is needed", ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmTreeParseText(const char *text, size_t size, const char *assignment, VmReport report, VmNode **root)
{
  Parser p = {.text = text, .size = size, .assignment = assignment, .report = report};
  PetscFunctionBegin;
  *root = NULL;
  PetscCheck(yaml_parser_initialize(&p.yaml), PETSC_COMM_SELF, PETSC_ERR_MEM, "libyaml cannot start");
  yaml_parser_set_input_string(&p.yaml, (const unsigned char *)text, size);
  const PetscErrorCode code = ParseStream(&p, root);
  yaml_event_delete(&p.event);
  yaml_parser_delete(&p.yaml);
  PetscFunctionReturn(code);
}

PetscErrorCode VmTreeParse(const char *text, size_t size, VmReport report, VmNode **root)
{
  PetscFunctionBegin;
  PetscCall(VmTreeParseText(text, size, NULL, report, root));
  PetscFunctionReturn(PETSC_SUCCESS);
}
