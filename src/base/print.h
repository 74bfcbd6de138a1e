/* L0. One whole line to a stream, so that lines of several ranks do not mix. */
#ifndef VM_BASE_PRINT_H
#define VM_BASE_PRINT_H

#include <vitromech/base.h>
#include <stdarg.h>
#include <stdio.h>

/** Formats into new memory, to be freed with free(); NULL if there is none. Not collective. */
char *VmFormat(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/** Prints prefix, message and a newline by one write, and flushes. Not collective. */
void VmPrintLine(FILE *out, const char *prefix, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
