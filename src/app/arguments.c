#include "command.h"

#include <vitromech/units.h>

#include <string.h>

static const VmOption *FindOption(const VmOption *options, const char *word, size_t length)
{
  for (const VmOption *o = options; o && o->name; ++o) {
    if (strlen(o->name) == length && strncmp(o->name, word, length) == 0) return o;
  }
  return NULL;
}

static PetscErrorCode UnknownOption(MPI_Comm comm, const VmCommand *command, const VmOption *options, const char *word)
{
  const char *names[33] = {"--help"};
  int count = 1;
  for (const VmOption *o = options; o && o->name && count < 32; ++o) names[count++] = o->name;
  names[count] = NULL;
  const char *closest = VmDidYouMean(word, names);
  VmThrow(comm, VM_ERR_INPUT, "unknown option %s%s%s%s\n  usage: vitromech %s", word, closest ? "; did you mean " : "",
          closest ? closest : "", closest ? "?" : "", command->usage);
}

static PetscErrorCode AddWord(MPI_Comm comm, VmWords *words, const char *word)
{
  if (words->count == VM_MAX_WORDS)
    VmThrow(comm, VM_ERR_INPUT, "too many words on the command line (at most %d)", VM_MAX_WORDS);
  words->words[words->count++] = word;
  words->words[words->count] = NULL;
  return PETSC_SUCCESS;
}

PetscErrorCode VmArguments(MPI_Comm comm, const VmCommand *command, int argc, char **argv, const VmOption *options,
                           int min, int max, VmWords *positional)
{
  PetscFunctionBegin;
  for (int i = 1; i < argc; ++i) {
    const char *word = argv[i];
    if (word[0] != '-' || !word[1]) {
      PetscCall(AddWord(comm, positional, word));
      continue;
    }
    const char *equals = strchr(word, '=');
    const size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const VmOption *option = FindOption(options, word, length);
    if (!option) PetscCall(UnknownOption(comm, command, options, word));
    if (option->flag) {
      if (equals) PetscCall(VmRaise(comm, VM_ERR_INPUT, "%s takes no value", option->name));
      *option->flag = true;
      continue;
    }
    const char *value = equals ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
    if (!value)
      PetscCall(VmRaise(comm, VM_ERR_INPUT, "%s needs a value\n  usage: vitromech %s", option->name, command->usage));
    if (option->value) *option->value = value;
    else PetscCall(AddWord(comm, option->values, value));
  }
  if (positional->count < min || positional->count > max) {
    PetscCall(VmRaise(comm, VM_ERR_INPUT, "%s argument\n  usage: vitromech %s",
                      positional->count < min ? "missing" : "one too many an", command->usage));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmWalltime(MPI_Comm comm, const char *text, double *seconds)
{
  char why[256];
  PetscFunctionBegin;
  *seconds = 0.0;
  if (text && !(VmUnitParse(text, "s", seconds, why) && *seconds > 0.0))
    VmThrow(comm, VM_ERR_INPUT, "--max-walltime \"%s\": a positive time is needed, e.g. \"2 h\" or \"90 min\"", text);
  PetscFunctionReturn(PETSC_SUCCESS);
}
