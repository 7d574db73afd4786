/*
 * The matrix products of a training step, called from C: the minimum time of a step.
 *
 * usage: products OPENBLAS_LIBRARY THREADS
 * Lines on standard input, one line on standard output for each:
 *   products N {transA transB m n k}...   sets the products C[m,n] = op(A)[m,k] op(B)[k,n], float32, row-major
 *   run COUNT                             computes all of them COUNT times; answers with the seconds
 *   cpu                                   seconds of CPU used so far
 * The first line says, unasked, the CPU whose kernels OpenBLAS has chosen.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef void (*Sgemm)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a, int lda,
                      const float* b, int ldb, float beta, float* c, int ldc);

enum { kRowMajor = 101, kNoTrans = 111, kTrans = 112, kMost = 64 };

struct Product {
  int trans_a, trans_b, m, n, k;
  float *a, *b, *c;
};

static struct Product products[kMost];
static int count = 0;

static float* matrix(long length) {
  float* values = malloc(length * sizeof *values);
  if (values == NULL) exit(1);
  for (long i = 0; i < length; i++) values[i] = (float)(i % 17) / 17 - 0.5f;
  return values;
}

static int set_products(void) {
  for (int i = 0; i < count; i++) {
    free(products[i].a);
    free(products[i].b);
    free(products[i].c);
  }
  count = 0;
  int wanted;
  if (scanf("%d", &wanted) != 1 || wanted > kMost) return 0;
  for (; count < wanted; count++) {
    struct Product* p = &products[count];
    if (scanf("%d %d %d %d %d", &p->trans_a, &p->trans_b, &p->m, &p->n, &p->k) != 5) return 0;
    p->a = matrix((long)p->m * p->k);
    p->b = matrix((long)p->k * p->n);
    p->c = matrix((long)p->m * p->n);
  }
  return 1;
}

static double run(Sgemm sgemm, long times) {
  struct timespec begun, ended;
  clock_gettime(CLOCK_MONOTONIC, &begun);
  for (long t = 0; t < times; t++) {
    for (int i = 0; i < count; i++) {
      const struct Product* p = &products[i];
      sgemm(kRowMajor, p->trans_a ? kTrans : kNoTrans, p->trans_b ? kTrans : kNoTrans, p->m, p->n, p->k, 1,
            p->a, p->trans_a ? p->m : p->k, p->b, p->trans_b ? p->k : p->n, 0, p->c, p->n);
    }
  }
  clock_gettime(CLOCK_MONOTONIC, &ended);
  return (double)(ended.tv_sec - begun.tv_sec) + 1e-9 * (double)(ended.tv_nsec - begun.tv_nsec);
}

static double cpu(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  void* library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) {
    printf("error %s\n", dlerror());
    return 1;
  }
  const Sgemm sgemm = (Sgemm)dlsym(library, "cblas_sgemm");
  void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  char* (*core)(void) = (char* (*)(void))dlsym(library, "openblas_get_corename");
  if (sgemm == NULL || set_threads == NULL || core == NULL) {
    printf("error %s has no cblas_sgemm, openblas_set_num_threads and openblas_get_corename\n", argv[1]);
    return 1;
  }
  set_threads(atoi(argv[2]));
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts(core());
  char word[16];
  long times;
  while (scanf("%15s", word) == 1) {
    if (strcmp(word, "products") == 0) {
      puts(set_products() ? "ready" : "error the products do not read");
    } else if (strcmp(word, "run") == 0 && scanf("%ld", &times) == 1) {
      printf("%.9f\n", run(sgemm, times));
    } else if (strcmp(word, "cpu") == 0) {
      printf("%.6f\n", cpu());
    } else {
      printf("error unknown word %s\n", word);
    }
  }
  return 0;
}
