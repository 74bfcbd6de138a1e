/* L0. Parameter tables: one row gives parsing, unit, default, range, help, JSON schema, used.yaml and provenance. */
#ifndef VITROMECH_PARAMS_H
#define VITROMECH_PARAMS_H

#include <vitromech/base.h>
#include <vitromech/tree.h>

typedef enum {
  VM_BOOL,     /* bool */
  VM_INT,      /* int64_t */
  VM_REAL,     /* double in `unit`; default_text "none" gives NAN */
  VM_STRING,   /* char *; default_text "none" gives NULL */
  VM_ENUM,     /* int, index into choices (NULL-terminated) */
  VM_STRINGS,  /* VmList of char *: a sequence of texts, each from choices if given; default_text as YAML, e.g.
                  "[stress]" */
  VM_BLOCK,    /* struct of `subtable`, embedded; a missing block takes the defaults of its rows */
  VM_OPTIONAL, /* pointer to struct of `subtable`, NULL when the block is missing */
  VM_LIST,     /* VmList of structs of `subtable`; one mapping each */
  VM_PLUGIN,   /* VmPlugin: a mapping whose key plugin->selector names the plug-in; its other keys are the plug-in's,
                  and those of `subtable` (if given), which are stored in VmPlugin.common; default_text "none": may be
                  missing, head is then NULL */
  VM_PLUGINS,  /* VmList of VmPlugin */
  VM_INCLUDE   /* key NULL: the rows of `subtable` stand at this level and fill a struct at offset (VM_BLOCK layout) or,
                  if default_text is "none", a VM_OPTIONAL-like pointer that is NULL when none of its keys is present */
} VmParamType;

typedef struct VmTable_s VmTable;
typedef struct VmParam_s VmParam;
typedef struct VmPluginKind_s VmPluginKind;

struct VmParam_s {
  const char *key;
  VmParamType type;
  size_t offset;              /* in the struct of the table */
  const char *unit;           /* VM_REAL: "GPa", "nm", "1"; NULL otherwise */
  const char *default_text;   /* NULL: required. Text, so that an explicit 0 is never "missing" */
  double min, max;            /* VM_INT, VM_REAL: both inclusive; 0,0 means no limit */
  int count;                  /* 0 or 1: scalar; n > 1: fixed array of n (BOOL, INT, REAL); flow or block sequence */
  const char *const *choices; /* VM_ENUM; VM_STRING with choices: list of allowed texts */
  const VmTable *subtable;
  const VmPluginKind *plugin;
  const char *doc, *source;
};

struct VmTable_s {
  const char *name, *doc;
  size_t size;         /* sizeof the struct the rows fill */
  const VmParam *rows; /* ends with a row of key NULL and type not VM_INCLUDE: {0} */
  /* Optional cross-checks after all rows are set; problems go to the report at `node`. Not collective. */
  PetscErrorCode (*check)(const void *params, const VmNode *node, VmReport report);
};

/* Every plug-in's ops struct starts with this member, named `head`. */
typedef struct {
  const char *name, *doc, *source;
  const VmTable *params; /* NULL: no parameters */
} VmPluginHead;

struct VmPluginKind_s {
  const char *kind;     /* "material": what `list` and `help material.elastic` say */
  const char *selector; /* "law", "programme", "statistic", "generator" */
  const char *doc;
  const VmPluginHead *const *table; /* NULL-terminated */
};

typedef struct {
  int count;
  void *items;
} VmList;
typedef struct {
  const VmPluginHead *head;
  void *params, *common;
} VmPlugin;

/** Fills the struct of a table from a mapping (NULL: all defaults). Unknown keys ("did you mean"), missing, wrong type,
 * wrong unit, out of range, NaN: each adds one problem to the report. `params` must be zeroed by the caller; nested
 * memory is freed by VmParamsFree. Not collective. */
PetscErrorCode VmParamsRead(const VmTable *table, const VmNode *mapping, VmReport report, void *params);
PetscErrorCode VmParamsFree(const VmTable *table, void *params);

/** The effective input with all defaults and units, as YAML that reads back to the same values; *yaml by PetscMalloc.
 * Not collective. */
PetscErrorCode VmParamsWriteYaml(const VmTable *table, const void *params, char **yaml);

/** Help of a table: key, type, unit, default, range, meaning, source; one paragraph a row. Not collective. */
PetscErrorCode VmParamsHelp(const VmTable *table, FILE *out);

/** JSON Schema (draft 2020-12) of a table. Not collective. */
PetscErrorCode VmParamsSchema(const VmTable *table, FILE *out);

/** Looks a plug-in up by name; NULL if there is none. Not collective. */
const VmPluginHead *VmPluginFind(const VmPluginKind *kind, const char *name);

/** Closest of a NULL-terminated list of words within 2-3 edits, or NULL. Not collective. */
const char *VmDidYouMean(const char *word, const char *const *words);

#endif
