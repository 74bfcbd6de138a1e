#include "kinds.h"

#include <string.h>

static bool IsRow(const VmParam *row) { return row->key || row->type == VM_INCLUDE; }

static void Walk(const VmTable *table, const VmPluginKind **kinds, int *count)
{
  for (const VmParam *row = table->rows; IsRow(row); ++row) {
    if (row->plugin) {
      bool known = false;
      for (int i = 0; i < *count; ++i) known |= kinds[i] == row->plugin;
      if (known || *count == VM_MAX_KINDS) continue;
      kinds[(*count)++] = row->plugin;
      for (const VmPluginHead *const *head = row->plugin->table; *head; ++head) {
        if ((*head)->params) Walk((*head)->params, kinds, count);
      }
    }
    if (row->subtable) Walk(row->subtable, kinds, count);
  }
}

void VmKindsFind(const VmTable *table, const VmPluginKind *kinds[VM_MAX_KINDS + 1])
{
  int count = 0;
  Walk(table, kinds, &count);
  if (count < VM_MAX_KINDS) kinds[count++] = &vm_law_kind;
  kinds[count] = NULL;
}

const VmTable *VmTableFind(const VmTable *table, const char *path)
{
  if (!*path) return table;
  const size_t length = strcspn(path, ".");
  for (const VmParam *row = table->rows; IsRow(row); ++row) {
    if (!row->subtable) continue;
    if (row->type == VM_INCLUDE) {
      const VmTable *found = VmTableFind(row->subtable, path);
      if (found) return found;
    } else if (strncmp(row->key, path, length) == 0 && !row->key[length]) {
      return VmTableFind(row->subtable, path + length + (path[length] == '.'));
    }
  }
  return NULL;
}
