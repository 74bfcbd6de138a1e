/* A text file read line by line; what is wrong in it is named by line. */
#ifndef VM_ATOMS_TEXT_H
#define VM_ATOMS_TEXT_H

#include <vitromech/base.h>

typedef struct {
  const char *path, *at, *end; /* rest of the text, NUL-terminated at end */
  int64_t line;                /* of the last line handed out */
  bool quiet;                  /* what is wrong is not printed */
} VmText;

/* Part of a line; not NUL-terminated. */
typedef struct {
  const char *at;
  size_t length;
} VmToken;

/** The whole file, decompressed if gzipped; free *buffer with PetscFree. VM_ERR_INPUT if it cannot be read. Not
 * collective. */
PetscErrorCode VmTextLoad(const char *path, VmText *text, char **buffer);

/** Prints "path:line: message" unless the text is quiet, and returns VM_ERR_INPUT. Not collective. */
PetscErrorCode VmTextBad(const VmText *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Next line without its end; false at the end of the text. Not collective. */
bool VmTextLine(VmText *text, VmToken *line);

/** VM_ERR_INPUT if the rest cannot hold `count` lines of `bytes` characters, so that a lying count never allocates.
 * Not collective. */
PetscErrorCode VmTextHolds(const VmText *text, int64_t count, int bytes);

/** VM_ERR_INPUT if all is read and the last line has no end. Not collective. */
PetscErrorCode VmTextWhole(const VmText *text);

/** True if nothing but blanks is left. Not collective. */
bool VmTextEmpty(VmText text);

/** Splits at blanks; returns the number of tokens, counting on past max. Not collective. */
int VmTokens(VmToken line, int max, VmToken *token);

bool VmTokenIs(VmToken token, const char *word);
/** A finite decimal number that fills the token exactly. Not collective. */
bool VmTokenNumber(VmToken token, double *value);
/** A whole number from lo to hi, below 2^53 in size. Not collective. */
bool VmTokenInteger(VmToken token, int64_t lo, int64_t hi, int64_t *value);
/** Atomic number of a symbol, 0 if it is none. Not collective. */
int VmTokenElement(VmToken token);

/* For "%.*s": the token, cut to what fits a message. */
#define VM_TOKEN(token) (int)PetscMin((token).length, (size_t)40), (token).at

#endif
