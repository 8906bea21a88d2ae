#include <s2d/core/share.hpp>

#include "support/catch.hpp"

TEST_CASE("a share that equals the threshold on paper does not exceed it", "[share]") {
  for (std::size_t whole = 1; whole <= 3000; ++whole)
    for (std::size_t tenths : {1u, 2u, 3u, 5u, 7u, 9u})
      for (const std::size_t part : {tenths * whole / 10, tenths * whole / 10 + 1}) {
        const double share = double(tenths) / 10;
        if (s2d::exceeds(part, whole, share) != (10 * part > tenths * whole)) {
          CAPTURE(part, whole, share);
          FAIL("wrong side of the threshold");
        }
      }
  CHECK_FALSE(s2d::exceeds(3, 10, 0.3));
  CHECK(s2d::exceeds(4, 10, 0.3));
}

TEST_CASE("nothing is no share of nothing", "[share]") {
  CHECK_FALSE(s2d::exceeds(0, 0, 0.0));
  CHECK(s2d::largest_share(0.5, 0) == 0);
  CHECK(s2d::smallest_share(0.5, 0) == 0);
}

TEST_CASE("the largest and the smallest count are floor and ceiling of the exact product",
          "[share]") {
  for (std::size_t whole = 1; whole <= 3000; ++whole)
    for (std::size_t hundredths = 0; hundredths <= 100; hundredths += 5) {
      const double share = double(hundredths) / 100;
      if (s2d::largest_share(share, whole) != hundredths * whole / 100 ||
          s2d::smallest_share(share, whole) != (hundredths * whole + 99) / 100) {
        CAPTURE(whole, share, s2d::largest_share(share, whole), s2d::smallest_share(share, whole));
        FAIL("wrong count");
      }
    }
}
