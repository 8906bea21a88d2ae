#include <s2d/cuda/ms_deform_attn.hpp>

#include <cstdint>
#include <random>
#include <type_traits>
#include <vector>

#include "cuda/deform_reference.hpp"
#include "cuda/device/support.hpp"

using namespace s2d::cuda;
using support::deform_case;

namespace {

template <class T>
void check_case(const deform_case<T>& c, double tolerance) {
  const auto expected = support::deform_reference(c);
  const auto value = to_device(c.value), location = to_device(c.location);
  const auto attention = to_device(c.attention), up = to_device(c.grad_out);
  auto out = support::rubbish<T>(static_cast<std::int64_t>(expected.out.size()));
  ms_deform_attn(c.shape, value.data(), location.data(), attention.data(), out.data());
  CHECK(support::worst_of(to_host(out), expected.out) <= tolerance);
  for (const bool deterministic : {false, true}) {
    CAPTURE(deterministic);
    auto grad_value = support::rubbish<T>(value.size());
    auto grad_location = support::rubbish<T>(location.size());
    auto grad_attention = support::rubbish<T>(attention.size());
    ms_deform_attn_backward(c.shape, up.data(), value.data(), location.data(), attention.data(),
                            grad_value.data(), grad_location.data(), grad_attention.data(),
                            deterministic);
    CHECK(support::worst_of(to_host(grad_value), expected.value) <= tolerance);
    CHECK(support::worst_of(to_host(grad_location), expected.location) <= tolerance);
    CHECK(support::worst_of(to_host(grad_attention), expected.attention) <= tolerance);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("the device's deformable attention and gradients are the formula's",
                   "[device][small]", float, float16, bfloat16) {
  if (!support::has_device()) return;
  std::mt19937 random{1};
  const double tolerance = sizeof(TestType) == 4               ? 3e-6
                           : std::is_same_v<TestType, float16> ? 2e-3
                                                               : 1.6e-2;
  for (const std::int64_t channels : {1, 3, 8, 16, 20, 32, 33, 64}) {
    CAPTURE(channels);
    check_case(deform_case<TestType>{random, 2, 3, channels, 15, 2, {{4, 5}, {2, 3}, {1, 1}}},
               tolerance);
  }
  check_case(deform_case<TestType>{random, 1, 2, 4, 0, 2, {{3, 3}}}, 0);
}

TEST_CASE("exact sums of gradients give the same bits in every run", "[device]") {
  if (!support::has_device()) return;
  std::mt19937 random{2};
  const deform_case<float> c{random, 2, 8, 32, 2000, 4, {{8, 8}, {4, 4}}};
  const auto value = to_device(c.value), location = to_device(c.location);
  const auto attention = to_device(c.attention), up = to_device(c.grad_out);
  std::vector<float> first;
  for (int round = 0; round < 5; ++round) {
    device_buffer<float> grad_value{value.size()}, grad_location{location.size()},
        grad_attention{attention.size()};
    ms_deform_attn_backward(c.shape, up.data(), value.data(), location.data(), attention.data(),
                            grad_value.data(), grad_location.data(), grad_attention.data(), true);
    const auto found = to_host(grad_value);
    if (round == 0) first = found;
    CHECK(found == first);
  }
}
