// The main function of every test executable. It stands apart from the library, so that a module links it exactly once.
#define BOOST_TEST_MODULE pepperpy_network
#include <boost/test/unit_test.hpp>
