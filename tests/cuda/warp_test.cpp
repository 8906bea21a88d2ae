#include <s2d/cuda/detail/warp.hpp>
#include <s2d/cuda/warp.hpp>

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "cuda/host_executor.hpp"
#include "cuda/no_library.hpp"
#include "cuda/warp_cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace s2d::cuda;
using support::flow_case;
using support::host_executor;

flow_batch view_of(const flow_case& flow) {
  return {{flow.u.data(), flow.count, flow.height, flow.width},
          {flow.v.data(), flow.count, flow.height, flow.width}};
}

struct warp_twin {
  template <class T>
  static std::vector<T> warp(const std::vector<T>& x, std::int64_t planes, const flow_case& flow,
                             const s2d::warp_options& options) {
    std::vector<T> out(x.size());
    if (!out.empty()) std::memset(static_cast<void*>(out.data()), 0xA5, out.size() * sizeof(T));
    detail::warp_on<T>(host_executor{}, {x.data(), planes, flow.height, flow.width}, view_of(flow),
                       nullptr, {out.data(), planes, flow.height, flow.width}, nullptr,
                       checks::settings_for<T>("", options));
    return out;
  }
  static std::vector<float> warp_columns(const std::vector<float>& x, std::int64_t planes,
                                         const flow_case& flow, const s2d::warp_options& options) {
    const auto columns = [&](auto* first, std::int64_t n) {
      return batch_view<std::remove_pointer_t<decltype(first)>>::column_major(first, n, flow.height,
                                                                              flow.width);
    };
    std::vector<float> out(x.size());
    detail::warp_on<float>(host_executor{}, columns(x.data(), planes),
                           {columns(flow.u.data(), flow.count), columns(flow.v.data(), flow.count)},
                           nullptr, columns(out.data(), planes), nullptr,
                           checks::settings_for<float>("", options));
    return out;
  }
  static std::vector<std::uint64_t> warp_masks(const support::mask_batch& masks,
                                               const flow_case& flow,
                                               const s2d::warp_options& options) {
    const auto words = masks.words();
    std::vector<std::uint64_t> out(words.size(), 0xA5);
    detail::warp_bits_on(host_executor{}, {words.data(), masks.count, masks.height, masks.width},
                         view_of(flow), {out.data(), masks.count, masks.height, masks.width},
                         checks::settings_for<float>("", options));
    return out;
  }
  static std::vector<std::uint64_t> consistent(const flow_case& forward, const flow_case& backward,
                                               const s2d::consistency_options& test) {
    auto out = room_for(forward);
    detail::consistent_on(host_executor{}, view_of(forward), view_of(backward),
                          {out.data(), forward.count, forward.height, forward.width},
                          checks::settings_for<float>("", {}, test));
    return out;
  }
  static std::vector<std::uint64_t> consistent_beside_warp(const flow_case& forward,
                                                           const flow_case& backward,
                                                           const s2d::consistency_options& test) {
    auto out = room_for(forward);
    const std::vector<float> x(forward.u.size(), 1);
    std::vector<float> warped(x);
    const flow_batch back = view_of(backward);
    const auto [n, h, w] = std::tuple{forward.count, forward.height, forward.width};
    detail::warp_on<float>(host_executor{}, {x.data(), n, h, w}, view_of(forward), &back,
                           {warped.data(), n, h, w}, out.data(),
                           checks::settings_for<float>("", {}, test));
    return out;
  }
  static std::vector<std::uint64_t> room_for(const flow_case& flow) {
    return std::vector<std::uint64_t>(
        static_cast<std::size_t>(flow.count * flow.height * ((flow.width + 63) / 64)), 0xA5);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("pictures warp as in the core, several planes along one field", "[cuda][warp]",
                   float, std::uint8_t) {
  support::check_warp_pictures<warp_twin, TestType>();
}

TEST_CASE("pictures and flow may lie column after column", "[cuda][warp]") {
  support::check_warp_columns<warp_twin>();
}

TEST_CASE("binary16 pictures warp as floats, rounded once", "[cuda][warp]") {
  support::check_warp_binary16<warp_twin>();
}

TEST_CASE("packed masks warp as in the core, bit for bit", "[cuda][warp]") {
  support::check_warp_masks<warp_twin>();
}

TEST_CASE("the forward-backward test is the core's, alone and beside a warp", "[cuda][warp]") {
  support::check_consistency<warp_twin>();
}
