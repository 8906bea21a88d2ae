#include <s2d/cuda/warp.hpp>

#include <cstdint>
#include <vector>

#include "cuda/device/support.hpp"
#include "cuda/warp_cases.hpp"

using namespace s2d::cuda;
using support::flow_case;

namespace {

struct warp_device {
  struct fields {
    device_buffer<float> u, v;
    flow_batch view;
    explicit fields(const flow_case& flow)
        : u{to_device(flow.u)},
          v{to_device(flow.v)},
          view{{u.data(), flow.count, flow.height, flow.width},
               {v.data(), flow.count, flow.height, flow.width}} {}
  };
  template <class T>
  static std::vector<T> warp(const std::vector<T>& x, std::int64_t planes, const flow_case& flow,
                             const s2d::warp_options& options) {
    const auto in = to_device(x);
    auto out = support::rubbish<T>(in.size());
    warp_back(batch_view<const T>{in.data(), planes, flow.height, flow.width}, fields{flow}.view,
              batch_view<T>{out.data(), planes, flow.height, flow.width}, options);
    return to_host(out);
  }
  static std::vector<float> warp_columns(const std::vector<float>& x, std::int64_t planes,
                                         const flow_case& flow, const s2d::warp_options& options) {
    const auto [n, h, w] = std::tuple{flow.count, flow.height, flow.width};
    const auto in = to_device(x), u = to_device(flow.u), v = to_device(flow.v);
    auto out = support::rubbish<float>(in.size());
    using values = batch_view<const float>;
    warp_back(values::column_major(in.data(), planes, h, w),
              {values::column_major(u.data(), n, h, w), values::column_major(v.data(), n, h, w)},
              batch_view<float>::column_major(out.data(), planes, h, w), options);
    return to_host(out);
  }
  static std::vector<std::uint64_t> warp_masks(const support::mask_batch& masks,
                                               const flow_case& flow,
                                               const s2d::warp_options& options) {
    const auto words = to_device(masks.words());
    auto out = support::rubbish<std::uint64_t>(masks.word_count());
    warp_back(const_bits_view{words.data(), masks.count, masks.height, masks.width},
              fields{flow}.view, bits_view{out.data(), masks.count, masks.height, masks.width},
              options);
    return to_host(out);
  }
  static std::vector<std::uint64_t> consistent(const flow_case& forward, const flow_case& backward,
                                               const s2d::consistency_options& test) {
    auto out = room_for(forward);
    consistent_pixels(fields{forward}.view, fields{backward}.view, view_of(out, forward), test);
    return to_host(out);
  }
  static std::vector<std::uint64_t> consistent_beside_warp(const flow_case& forward,
                                                           const flow_case& backward,
                                                           const s2d::consistency_options& test) {
    auto out = room_for(forward);
    const auto [n, h, w] = std::tuple{forward.count, forward.height, forward.width};
    const auto x = support::rubbish<float>(n * h * w);
    auto warped = support::rubbish<float>(n * h * w);
    warp_back_tested(batch_view<const float>{x.data(), n, h, w}, fields{forward}.view,
                     fields{backward}.view, batch_view<float>{warped.data(), n, h, w},
                     view_of(out, forward), {}, test);
    return to_host(out);
  }
  static device_buffer<std::uint64_t> room_for(const flow_case& flow) {
    return support::rubbish<std::uint64_t>(flow.count * flow.height * ((flow.width + 63) / 64));
  }
  static bits_view view_of(device_buffer<std::uint64_t>& words, const flow_case& flow) {
    return {words.data(), flow.count, flow.height, flow.width};
  }
};

}  // namespace

TEMPLATE_TEST_CASE("the device warps pictures as the core", "[device][small]", float,
                   std::uint8_t) {
  if (!support::has_device()) return;
  support::check_warp_pictures<warp_device, TestType>();
}

TEST_CASE("on the device pictures and flow may lie column after column", "[device][small]") {
  if (!support::has_device()) return;
  support::check_warp_columns<warp_device>();
}

TEST_CASE("the device warps binary16 pictures as floats, rounded once", "[device][small]") {
  if (!support::has_device()) return;
  support::check_warp_binary16<warp_device>();
}

TEST_CASE("the device warps packed masks as the core", "[device][small]") {
  if (!support::has_device()) return;
  support::check_warp_masks<warp_device>();
}

TEST_CASE("the device's forward-backward test is the core's, alone and beside a warp",
          "[device][small]") {
  if (!support::has_device()) return;
  support::check_consistency<warp_device>();
}
