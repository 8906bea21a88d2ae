#include <s2d/cuda/detail/ms_deform_attn.hpp>
#include <s2d/cuda/ms_deform_attn.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "cuda/deform_reference.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::deform_case;
using support::host_executor;

// Both sides in double from the same numbers, so that only the twin's own sums differ.
template <class T>
void check_case(const deform_case<T>& c, double tolerance) {
  const auto expected = support::deform_reference(c);
  const host_executor host;
  const auto& s = c.shape;
  std::vector<T> out(expected.out.size());
  detail::deform_forward_on(host, s, c.value.data(), c.location.data(), c.attention.data(),
                            out.data());
  CHECK(support::worst_of(out, expected.out) <= tolerance);
  for (const bool deterministic : {false, true}) {
    CAPTURE(deterministic);
    std::vector<T> value(c.value.size()), location(c.location.size()),
        attention(c.attention.size());
    detail::deform_backward_on<16>(host, s, c.grad_out.data(), c.value.data(), c.location.data(),
                                   c.attention.data(), value.data(), location.data(),
                                   attention.data(), deterministic);
    CHECK(support::worst_of(value, expected.value) <= tolerance);
    CHECK(support::worst_of(location, expected.location) <= tolerance);
    CHECK(support::worst_of(attention, expected.attention) <= tolerance);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("deformable attention and its gradients are the formula's",
                   "[cuda][deform][threads]", float, float16, bfloat16) {
  std::mt19937 random{1};
  const double tolerance = sizeof(TestType) == 4               ? 2e-6
                           : std::is_same_v<TestType, float16> ? 2e-3
                                                               : 1.6e-2;
  for (const std::int64_t channels : {3, 16, 20, 33, 64}) {
    CAPTURE(channels);
    check_case(deform_case<TestType>{random, 2, 2, channels, 2, 2, {{4, 5}, {1, 3}}}, tolerance);
  }
}

TEST_CASE("deformable attention takes no queries, points or levels", "[cuda][deform][threads]") {
  std::mt19937 random{2};
  check_case(deform_case<float>{random, 1, 2, 4, 0, 2, {{3, 3}}}, 0);
  check_case(deform_case<float>{random, 1, 2, 4, 3, 0, {{3, 3}}}, 0);
  check_case(deform_case<float>{random, 1, 2, 4, 3, 1, {}}, 0);
}

TEST_CASE("points that are not a number, or far outside, give nothing", "[cuda][deform][threads]") {
  std::mt19937 random{3};
  deform_case<float> c{random, 1, 1, 8, 4, 2, {{3, 4}}};
  c.location[0] = std::numeric_limits<float>::quiet_NaN();
  c.location[3] = std::numeric_limits<float>::infinity();
  c.location[4] = -1e30f;
  check_case(c, 1e-5);
}

TEST_CASE("exact sums of gradients do not depend on the order", "[cuda][deform][threads]") {
  std::mt19937 random{4};
  deform_case<float> c{random, 1, 1, 8, 20, 2, {{2, 2}}};
  const auto sums = [&] {
    std::vector<float> value(c.value.size()), location(c.location.size()),
        attention(c.attention.size());
    detail::deform_backward_on<32>(host_executor{}, c.shape, c.grad_out.data(), c.value.data(),
                                   c.location.data(), c.attention.data(), value.data(),
                                   location.data(), attention.data(), true);
    return value;
  };
  const auto first = sums();
  CHECK(sums() == first);
  c.grad_out[0] = std::numeric_limits<float>::infinity();
  for (const float value : sums()) CHECK(std::isnan(value));
}

TEST_CASE("the step of exact sums uses the range and does not overflow", "[cuda][deform]") {
  for (const float up : {1e-30f, 1e-3f, 1.0f, 1e20f})
    for (const double terms : {1.0, 1e9}) {
      const std::uint32_t greatest[2] = {detail::bits_of(up), detail::bits_of(0.5f)};
      double scale = -1;
      detail::choose_scale{greatest, terms, &scale}(0);
      const double most = static_cast<double>(up) * 0.5 * terms * scale;
      CHECK(most >= 1e18);
      CHECK(most <= 4e18);
    }
}

TEST_CASE("extents of deformable attention that do not fit are refused", "[cuda][deform]") {
  deform_shape shape{1, 20, 2, 65, 3, 4, 1, {{4, 5}}};
  CHECK_THROWS_WITH(checks::require_deform_shape("x", shape),
                    "x: 65 channels a head, expected 0 to 64");
  shape.channels = 32;
  CHECK_NOTHROW(checks::require_deform_shape("x", shape));
  shape.tokens = 21;
  CHECK_THROWS_WITH(checks::require_deform_shape("x", shape),
                    "x: value has 21 tokens, the levels have 20");
  shape.level_count = 9;
  CHECK_THROWS_AS(checks::require_deform_shape("x", shape), s2d::invalid_input);
}
