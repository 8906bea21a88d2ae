// Points followed along flow by the device's steps, on the processor.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include <s2d/cuda/detail/tracks.hpp>
#include <s2d/flow/consistency.hpp>

#include "cuda/host_executor.hpp"
#include "cuda/tracks_cases.hpp"

namespace support {

/// As device_video_flow; fields that are not there are rubbish.
struct host_flow {
  std::int64_t frames, height = 0, width = 0;
  std::vector<float> planes;
  std::vector<s2d::cuda::flow_link> links;

  explicit host_flow(const track_case& given)
      : frames{static_cast<std::int64_t>(given.frames())},
        links(given.frames(), s2d::cuda::flow_link::follow) {
    const s2d::video_flow& flow = given.flow;
    for (const auto* fields : {&flow.forward, &flow.backward})
      for (const s2d::flow_field& field : *fields)
        if (!field.empty()) height = field.height(), width = field.width();
    for (const auto* fields : {&flow.forward, &flow.backward})
      for (const auto plane : {&s2d::flow_field::u, &s2d::flow_field::v})
        for (const s2d::flow_field& field : *fields) {
          auto values = (field.*plane).values;
          values.resize(static_cast<std::size_t>(height * width), -123456.0f);
          planes.insert(planes.end(), values.begin(), values.end());
        }
    for (std::size_t t = 1; t < given.frames(); ++t) {
      if (flow.forward[t - 1].empty() || flow.backward[t].empty())
        links[t] = s2d::cuda::flow_link::rest;
      if (t < given.cut_before.size() && given.cut_before[t]) links[t] = s2d::cuda::flow_link::cut;
    }
  }
  [[nodiscard]] s2d::cuda::video_flow_view view() const {
    const std::int64_t size = frames * height * width;
    const auto plane = [&](std::int64_t i) {
      return s2d::cuda::batch_view<const float>{planes.data() + i * size, frames, height, width};
    };
    return {{plane(0), plane(1)}, {plane(2), plane(3)}, links.data()};
  }
};

inline followed follow_on_host(const track_case& given, const s2d::cuda::video_flow_view& flow,
                               const s2d::consistency_options& test) {
  using namespace s2d::cuda;
  std::vector<track_position> at;
  std::vector<std::int32_t> frame;
  std::vector<std::uint8_t> backward;
  bool all = true;
  for (const s2d::track_query& query : given.queries)
    for (const s2d::point p : query.points) {
      at.push_back({p.x, p.y});
      frame.push_back(static_cast<std::int32_t>(query.frame));
      backward.push_back(query.backward ? 1 : 0);
      all = all && query.backward;
    }
  const auto count = static_cast<std::int64_t>(at.size());
  const auto size = given.frames() * at.size();
  followed out{std::vector<track_position>(size, {-7, -7}), std::vector<std::uint8_t>(size, 7)};
  s2d::cuda::detail::follow_settings set{1, 1, test.base, test.slope};
  if (flow.forward.u.width > 0) {
    set.scale_x = static_cast<float>(given.frame_width) / static_cast<float>(flow.forward.u.width);
    set.scale_y =
        static_cast<float>(given.frame_height) / static_cast<float>(flow.forward.u.height);
  }
  s2d::cuda::detail::follow_flow_on(
      host_executor{}, flow, {at.data(), frame.data(), all ? nullptr : backward.data(), count},
      {out.at.data(), out.visible.data(), static_cast<std::int64_t>(given.frames()), count}, set);
  return out;
}
inline followed follow_on_host(const track_case& given, const s2d::consistency_options& test) {
  return follow_on_host(given, host_flow{given}.view(), test);
}

/// Where sets of points are seen.
struct host_visibility {
  static std::vector<std::uint32_t> count_visible(const followed& tracks, std::size_t frames,
                                                  const std::vector<std::int64_t>& offsets) {
    const auto sets = static_cast<std::int64_t>(offsets.size()) - 1;
    std::vector<std::uint32_t> out(offsets.size() * frames - frames, 77);
    s2d::cuda::detail::count_visible_on(host_executor{},
                                        {tracks.at.data(), tracks.visible.data(),
                                         static_cast<std::int64_t>(frames), offsets.back()},
                                        {offsets.data(), sets}, out.data());
    return out;
  }
  static std::vector<std::uint64_t> visible_frames(const std::vector<std::uint32_t>& visible,
                                                   std::size_t frames,
                                                   const std::vector<std::int64_t>& offsets,
                                                   double threshold) {
    std::vector<std::uint64_t> out((offsets.size() - 1) * ((frames + 63) / 64), 0xA5);
    s2d::cuda::detail::visible_frames_on(
        host_executor{}, visible.data(),
        {offsets.data(), static_cast<std::int64_t>(offsets.size()) - 1},
        static_cast<std::int64_t>(frames), threshold, out.data());
    return out;
  }
};

}  // namespace support
