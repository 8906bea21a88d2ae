#include <s2d/core/progress.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"

using s2d::progress_callback;

TEST_CASE("a callback that holds nothing is false and is not called", "[progress]") {
  const progress_callback none;
  CHECK_FALSE(none);
  CHECK_NOTHROW(s2d::detail::report(none, "flow", 0, 1));
  CHECK_FALSE(progress_callback{none});
  std::function<bool(std::string_view, std::size_t, std::size_t)> function;
  CHECK_FALSE(progress_callback{function});
  function = [](std::string_view, std::size_t, std::size_t) { return true; };
  CHECK(progress_callback{function});
}

TEST_CASE("a callback is told stage, units done and total", "[progress]") {
  std::string heard;
  const progress_callback callback = [&](std::string_view stage, std::size_t done,
                                         std::size_t total) {
    heard = std::string{stage} + " " + std::to_string(done) + "/" + std::to_string(total);
    return true;
  };
  REQUIRE(callback);
  s2d::detail::report(callback, "masks", 3, 7);
  CHECK(heard == "masks 3/7");
}

TEST_CASE("a callback that returns false cancels", "[progress]") {
  const progress_callback stop = [](std::string_view, std::size_t, std::size_t) { return false; };
  CHECK_THROWS_AS(s2d::detail::report(stop, "flow", 0, 1), s2d::cancelled);
}

TEST_CASE("copies of a callback have a state of their own, moves take it along", "[progress]") {
  progress_callback two_calls = [left = 2](std::string_view, std::size_t, std::size_t) mutable {
    return left-- > 0;
  };
  CHECK(two_calls("", 0, 0));
  progress_callback copy = two_calls;
  CHECK(two_calls("", 0, 0));
  CHECK_FALSE(two_calls("", 0, 0));
  CHECK(copy("", 0, 0));
  CHECK_FALSE(copy("", 0, 0));
  const progress_callback moved = std::move(copy);
  CHECK_FALSE(copy);  // NOLINT(bugprone-use-after-move): empty is the contract
  CHECK(moved);
  copy = moved;
  CHECK(copy);
  copy = {};
  CHECK_FALSE(copy);
}
