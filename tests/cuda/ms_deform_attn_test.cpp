#include <s2d/cuda/detail/ms_deform_attn.hpp>
#include <s2d/cuda/ms_deform_attn.hpp>

#include <cstdint>
#include <vector>

#include "cuda/deform_cases.hpp"
#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::deform_case;
using support::host_executor;

struct ms_deform_attn_twin {
  template <class T>
  static std::vector<T> forward(const deform_case<T>& c) {
    std::vector<T> out(c.grad_out.size());
    detail::deform_forward_on(host_executor{}, c.shape, c.value.data(), c.location.data(),
                              c.attention.data(), out.data());
    return out;
  }
  template <class T>
  static support::deform_gradients<T> backward(const deform_case<T>& c, bool deterministic) {
    support::deform_gradients<T> to{std::vector<T>(c.value.size()),
                                    std::vector<T>(c.location.size()),
                                    std::vector<T>(c.attention.size())};
    detail::deform_backward_on<16>(host_executor{}, c.shape, c.grad_out.data(), c.value.data(),
                                   c.location.data(), c.attention.data(), to.value.data(),
                                   to.location.data(), to.attention.data(), deterministic);
    return to;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("deformable attention and its gradients are the formula's",
                   "[cuda][deform][threads]", float, float16, bfloat16) {
  support::check_deform_channels<ms_deform_attn_twin, TestType>(2);
}

TEST_CASE("deformable attention takes nothing, and points that are no number, or far outside",
          "[cuda][deform][threads]") {
  support::check_deform_edges<ms_deform_attn_twin>();
}

TEST_CASE("exact sums of gradients do not depend on the order", "[cuda][deform][threads]") {
  support::check_exact_deform<ms_deform_attn_twin>(20, 2);
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
