/* L0. One whole line to a stream, so that lines of several ranks do not mix. */
#ifndef VM_BASE_PRINT_H
#define VM_BASE_PRINT_H

#include <vitromech/base.h>
#include <stdarg.h>
#include <stdio.h>

/** Prints prefix, message and a newline by one write, and flushes. Not collective. */
void VmPrintLine(FILE *out, const char *prefix, const char *format, va_list arguments);

#endif
