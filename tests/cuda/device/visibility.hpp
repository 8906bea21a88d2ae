// Where sets of points are seen, by a device.
#pragma once

#include <cstdint>
#include <vector>

#include <s2d/cuda/tracks.hpp>

#include "cuda/device/support.hpp"
#include "cuda/tracks_cases.hpp"

namespace support {

struct device_visibility {
  static std::vector<std::uint32_t> count_visible(const followed& tracks, std::size_t frames,
                                                  const std::vector<std::int64_t>& offsets) {
    const auto at = s2d::cuda::to_device(tracks.at);
    const auto seen = s2d::cuda::to_device(tracks.visible);
    const auto sets = s2d::cuda::to_device(offsets);
    const std::int64_t count = sets.size() - 1, t = static_cast<std::int64_t>(frames);
    auto out = rubbish<std::uint32_t>(count * t);
    s2d::cuda::count_visible(
        s2d::cuda::const_tracks_view{at.data(), seen.data(), t, offsets.back()},
        {sets.data(), count}, out.data());
    return s2d::cuda::to_host(out);
  }
  static std::vector<std::uint64_t> visible_frames(const std::vector<std::uint32_t>& visible,
                                                   std::size_t frames,
                                                   const std::vector<std::int64_t>& offsets,
                                                   double threshold) {
    const auto counts = s2d::cuda::to_device(visible);
    const auto sets = s2d::cuda::to_device(offsets);
    const std::int64_t count = sets.size() - 1, t = static_cast<std::int64_t>(frames);
    auto out = rubbish<std::uint64_t>(count * ((t + 63) / 64));
    s2d::cuda::visible_frames(counts.data(), {sets.data(), count}, t, out.data(), threshold);
    return s2d::cuda::to_host(out);
  }
};

}  // namespace support
