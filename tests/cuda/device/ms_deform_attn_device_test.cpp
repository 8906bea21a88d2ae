#include <s2d/cuda/ms_deform_attn.hpp>

#include <cstdint>
#include <random>
#include <vector>

#include "cuda/deform_cases.hpp"
#include "cuda/device/support.hpp"

using namespace s2d::cuda;
using support::deform_case;

namespace {

template <class T>
std::int64_t size_of(const std::vector<T>& values) {
  return static_cast<std::int64_t>(values.size());
}

struct ms_deform_attn_device {
  template <class T>
  static std::vector<T> forward(const deform_case<T>& c) {
    const auto value = to_device(c.value), location = to_device(c.location);
    const auto attention = to_device(c.attention);
    auto out = support::rubbish<T>(size_of(c.grad_out));
    ms_deform_attn(c.shape, value.data(), location.data(), attention.data(), out.data());
    return to_host(out);
  }
  template <class T>
  static support::deform_gradients<T> backward(const deform_case<T>& c, bool deterministic) {
    const auto value = to_device(c.value), location = to_device(c.location);
    const auto attention = to_device(c.attention), up = to_device(c.grad_out);
    auto grad_value = support::rubbish<T>(value.size());
    auto grad_location = support::rubbish<T>(location.size());
    auto grad_attention = support::rubbish<T>(attention.size());
    ms_deform_attn_backward(c.shape, up.data(), value.data(), location.data(), attention.data(),
                            grad_value.data(), grad_location.data(), grad_attention.data(),
                            deterministic);
    return {to_host(grad_value), to_host(grad_location), to_host(grad_attention)};
  }
};

}  // namespace

TEMPLATE_TEST_CASE("the device's deformable attention and gradients are the formula's",
                   "[device][small]", float, float16, bfloat16) {
  if (!support::has_device()) return;
  support::check_deform_channels<ms_deform_attn_device, TestType>(15);
}

TEST_CASE("the device's deformable attention takes nothing, and points far outside",
          "[device][small]") {
  if (!support::has_device()) return;
  support::check_deform_edges<ms_deform_attn_device>();
}

TEST_CASE("the device's exact sums of gradients have the same bits in every run", "[device]") {
  if (!support::has_device()) return;
  support::check_exact_deform<ms_deform_attn_device>(20000, 5);
}
