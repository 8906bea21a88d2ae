// What compilers have got wrong, for the flags that these tests are compiled with.
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace {

// One number after the other, in a way that no compiler sees through.
std::vector<std::int64_t> counted_out(std::initializer_list<std::pair<int, std::int64_t>> runs) {
  std::vector<std::int64_t> values;
  for (const auto& [count, value] : runs) {
    volatile const int hidden = count;
    for (int i = hidden; i > 0; --i) values.push_back(value);
  }
  return values;
}

}  // namespace

// GCC 12.2 for AVX-512 fills such constants with their first number.
TEST_CASE("constants that begin alike and end in zeros or minus ones are right", "[compiler]") {
  for (int i = 0; i < 2; ++i) {
    CAPTURE(i);
    CHECK(std::vector<std::int64_t>{2, 2, 0, 0} == counted_out({{2, 2}, {2, 0}}));
    CHECK(std::vector<std::int64_t>{2, 2, 2, 0} == counted_out({{3, 2}, {1, 0}}));
    CHECK(std::vector<std::int64_t>{-2, -2, -2, -1} == counted_out({{3, -2}, {1, -1}}));
    CHECK(std::vector<std::int64_t>{2, 2, 2, 2, 2, 0, 0, 0} == counted_out({{5, 2}, {3, 0}}));
    CHECK(std::vector<std::int64_t>{1, 1, 1, 1, 0, 0, 0, 0} == counted_out({{4, 1}, {4, 0}}));
    CHECK(std::vector<std::int64_t>{3, 3, 3, 3, 3, 3, 3, 0} == counted_out({{7, 3}, {1, 0}}));
  }
}
