/* L0. Vector code without -march: hot loops are compiled for several instruction sets and chosen when the program
 * starts. */
#ifndef VITROMECH_SIMD_H
#define VITROMECH_SIMD_H

/* No fused multiply-add is ever contracted (see CMakeLists.txt), so all versions give the same bits. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    defined(__OPTIMIZE__)
#define VM_SIMD_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VM_SIMD_CLONES
#endif

/* Before a loop whose arrays never overlap. */
#if defined(__GNUC__) && !defined(__clang__)
#define VM_NO_OVERLAP _Pragma("GCC ivdep")
#elif defined(__clang__)
#define VM_NO_OVERLAP _Pragma("clang loop vectorize(assume_safety)")
#else
#define VM_NO_OVERLAP
#endif

#endif
