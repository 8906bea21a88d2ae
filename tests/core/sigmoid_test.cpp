#include <s2d/core/sigmoid.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"

namespace {

// Worst relative errors of the vector forms in units of epsilon, over [-reach, reach].
template <class T>
void check_vectors(double reach) {
  using values = s2d::detail::lane_values<T>;
  double worst = 0;
  for (int i = 0; i <= 20000; ++i) {
    const T x = static_cast<T>(reach * (i - 10000) / 10000);
    const auto parts = s2d::detail::logistic<T>(values{} + x);
    const long double e = std::exp(-std::abs(static_cast<long double>(x)));
    const long double s = (x >= 0 ? 1 : e) / (1 + e);
    const long double rest = std::log1p(e);
    worst = std::fmax(worst, static_cast<double>(std::abs((parts.sigmoid[0] - s) / s)));
    worst = std::fmax(worst, static_cast<double>(std::abs((parts.rest[0] - rest) / rest)));
    CHECK(s2d::sigmoid(x) == Approx(static_cast<double>(s)).epsilon(1e-6));
    CHECK(s2d::softplus(x) ==
          Approx(static_cast<double>(rest) + (x > 0 ? static_cast<double>(x) : 0)).epsilon(1e-6));
  }
  CHECK(worst < 3 * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

}  // namespace

TEST_CASE("vectors of sigmoids and logarithms are exact to three units", "[sigmoid]") {
  check_vectors<float>(1);
  check_vectors<float>(85);
  check_vectors<double>(1);
  check_vectors<double>(700);
}

TEST_CASE("logits of ten thousand and infinite ones give 0 and 1", "[sigmoid]") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double x : {1e4, 1e300, infinity}) {
    CHECK(s2d::sigmoid(x) == 1);
    CHECK(s2d::sigmoid(-x) == 0);
    CHECK(s2d::softplus(x) == x);
    CHECK(s2d::softplus(-x) == 0);
    using values = s2d::detail::lane_values<double>;
    CHECK(s2d::detail::logistic<double>(values{} + x).sigmoid[0] == 1);
    CHECK(s2d::detail::logistic<double>(values{} - x).sigmoid[0] == 0);
    CHECK(s2d::detail::logistic<double>(values{} + x).rest[0] == 0);
  }
}

TEST_CASE("the sigmoid of what is not a number is not one", "[sigmoid]") {
  using values = s2d::detail::lane_values<float>;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(s2d::sigmoid(nan)));
  CHECK(std::isnan(s2d::detail::logistic<float>(values{} + nan).sigmoid[0]));
  CHECK(std::isnan(s2d::detail::logistic<float>(values{} + nan).rest[0]));
}
