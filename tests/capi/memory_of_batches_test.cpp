// Every allocation that the home of a batch makes, failing in its turn, alone or with all that follow: each request still
// has one result, and the batch one end.
#include "capi/failing_allocations.hpp"

#if PPN_TEST_FAILING_ALLOCATIONS

#include <string>

#include "capi/batch_watcher.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

constexpr size_t requests = 4;

// Counts without taking memory. The first result is the moment from which on allocations of that thread fail.
struct Counted {
  long allocations = 0;
  bool for_good = false;
  size_t results = 0;
  size_t out_of_memory = 0;
  size_t others = 0;
  int completions = 0;
  bool failed = false;

  static void on_result(void* user, size_t, ppn_request*, ppn_response*, const ppn_error* error) {
    Counted& self = *static_cast<Counted*>(user);
    const int32_t code = ppn_error_code(error);
    if (code == PPN_E_OUT_OF_MEMORY) ++self.out_of_memory;
    if (code != PPN_OK && code != PPN_E_OUT_OF_MEMORY) ++self.others;
    if (self.results++ > 0) return;
    self.for_good ? fail_all_after(self.allocations) : fail_once_after(self.allocations);
  }
  static void on_complete(void* user) {
    Counted& self = *static_cast<Counted*>(user);
    self.failed = take_failed_once();
    ++self.completions;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory_of_batches, NoLeak)

BOOST_AUTO_TEST_CASE(each_request_has_its_result_whichever_allocation_fails) {
  const ScriptedServer server({answers(5'000)}, {.repeat_last = true});
  const Client client = make_client_without_retries();
  for (const bool for_good : {false, true}) {
    bool failed = true;
    size_t out_of_memory = 0;
    long allocations = 0;
    for (; failed; ++allocations) {
      BOOST_REQUIRE(allocations < 1'000);
      const Batch batch = make_batch();
      for (size_t i = 0; i < requests; ++i) add(batch, client, server.url());
      Counted counted{.allocations = allocations, .for_good = for_good};
      BOOST_REQUIRE_EQUAL(ppn_batch_set_concurrency(batch.get(), 2, nullptr), PPN_OK);
      BOOST_REQUIRE_EQUAL(ppn_batch_set_callbacks(batch.get(), Counted::on_result, nullptr, Counted::on_complete,
                                                  &counted, nullptr, nullptr),
                          PPN_OK);
      BOOST_REQUIRE_EQUAL(ppn_batch_run(batch.get(), nullptr), PPN_OK);
      BOOST_TEST(counted.results == requests);
      BOOST_TEST(counted.completions == 1);
      if (!for_good) BOOST_TEST(counted.others == 0U);
      out_of_memory += counted.out_of_memory;
      failed = counted.failed;
    }
    BOOST_TEST(allocations > 10);  // else nothing was tried
    BOOST_TEST(out_of_memory > 0U);
  }
}

BOOST_AUTO_TEST_CASE(description_without_memory_leaves_the_batch_as_it_was) {
  const ScriptedServer server({answers(10)}, {.repeat_last = true});
  const Client client = make_client_without_retries();
  const Batch batch = make_batch();
  for (long allocations = 0; ppn_batch_count(batch.get()) == 0; ++allocations) {
    BOOST_REQUIRE(allocations < 100);
    const Request request = make_request(client, "GET", server.url());
    int32_t code = PPN_OK;
    {
      const FailAfter failing(allocations);
      code = ppn_batch_add(batch.get(), request.get(), nullptr);
    }
    BOOST_TEST((code == PPN_OK || code == PPN_E_OUT_OF_MEMORY));
  }
  BOOST_TEST(ppn_batch_run(batch.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_batch_count(batch.get()) == 1U);
  BOOST_TEST(result_of(batch, 0) == PPN_OK);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
