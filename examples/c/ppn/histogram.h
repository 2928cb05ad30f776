/* Percentiles of any number of durations in fixed memory. */
#ifndef PPN_HISTOGRAM_H
#define PPN_HISTOGRAM_H

#include <stdint.h>

/* Each power of two is divided into 128 equal parts, so a percentile is off by at most 1/256 of itself. */
enum { HISTOGRAM_PARTS = 128, HISTOGRAM_BUCKETS = 58 * HISTOGRAM_PARTS };

struct histogram {
  uint64_t counts[HISTOGRAM_BUCKETS];
  uint64_t total;
};

void histogram_add(struct histogram* histogram, uint64_t value);

/* The value that `percent` of all values do not exceed; negative when there are none. */
double histogram_percentile(const struct histogram* histogram, int percent);

#endif
