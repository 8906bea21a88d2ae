#include <s2d/core/error.hpp>

#include "support/catch.hpp"

TEST_CASE("a check that holds throws nothing", "[error]") {
  CHECK_NOTHROW(s2d::require(true, "never built"));
}

TEST_CASE("a check that fails names every part", "[error]") {
  CHECK_THROWS_WITH(s2d::require(false, "eps is ", 0.1, ", expected ", 3, " to ", std::size_t{7}),
                    "eps is 0.1, expected 3 to 7");
}

TEST_CASE("numbers are joined in their shortest exact form", "[error]") {
  CHECK(s2d::concat(1.5, ' ', -2, ' ', 0.1f, ' ', true, ' ', 1e300) == "1.5 -2 0.1 true 1e+300");
}
