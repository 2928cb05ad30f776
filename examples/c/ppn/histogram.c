#include "histogram.h"

#include <stddef.h>

/* Values below 128 have a bucket each; from there on, 128 buckets for each doubling. */
static size_t bucket_of(uint64_t value) {
  size_t doublings = 0;
  while (value >= 2 * HISTOGRAM_PARTS) {
    value >>= 1;
    ++doublings;
  }
  return doublings * HISTOGRAM_PARTS + (size_t)value;
}

static double middle_of(size_t bucket) {
  const size_t doublings = bucket < 2 * HISTOGRAM_PARTS ? 0 : bucket / HISTOGRAM_PARTS - 1;
  const uint64_t low = (uint64_t)(bucket - doublings * HISTOGRAM_PARTS) << doublings;
  return (double)low + (double)((UINT64_C(1) << doublings) - 1) / 2;
}

void histogram_add(struct histogram* histogram, uint64_t value) {
  ++histogram->counts[bucket_of(value)];
  ++histogram->total;
}

double histogram_percentile(const struct histogram* histogram, int percent) {
  /* The nearest rank: the smallest value with at least that share of all values at or below it. */
  const uint64_t share = histogram->total / 100 * (uint64_t)percent;
  const uint64_t rank = share + (histogram->total % 100 * (uint64_t)percent + 99) / 100;
  uint64_t seen = 0;
  if (histogram->total == 0) return -1;
  for (size_t i = 0; i < HISTOGRAM_BUCKETS; ++i) {
    seen += histogram->counts[i];
    if (seen >= rank && seen > 0) return middle_of(i);
  }
  return -1;
}
