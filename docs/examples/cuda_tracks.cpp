// Follows the points of two masks along flow on the device, asks in which frames each is seen, and
// which masks of the last frame they land in.
#include <cstdio>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/point_mask.hpp>
#include <s2d/cuda/tracks.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  using namespace s2d::cuda;
  // Three frames in which all moves to the right by 2 pixels.
  s2d::video_flow video;
  video.forward.assign(3, s2d::flow_field(6, 8));
  video.backward.assign(3, s2d::flow_field(6, 8));
  for (std::size_t t = 0; t < 3; ++t)
    for (std::size_t i = 0; i < 48; ++i) {
      video.forward[t].u.values[i] = 2;
      video.backward[t].u.values[i] = -2;
    }
  const std::vector<s2d::point> left{{1, 2}, {1, 3}}, right{{6, 2}, {5, 3}, {6, 4}};
  const std::vector<s2d::track_query> queries{{left, 0}, {right, 0}};

  const device_video_flow flow = to_device(video);
  const device_queries points = to_device(queries, 3);
  device_tracks tracks{3, points.points};
  follow_flow(flow.view(), points.starts(), 6, 8, tracks.view());

  device_buffer<std::uint32_t> visible{2 * 3};
  device_buffer<std::uint64_t> rows{2};
  count_visible(tracks.view(), points.sets(), visible.data());
  visible_frames(visible.data(), points.sets(), 3, rows.data());

  // The last frame has two masks: what is left of column 6, and what is right of it.
  std::vector<std::uint64_t> bits;
  for (const bool right_of : {false, true}) {
    s2d::bit_mask mask(6, 8);
    for (std::ptrdiff_t y = 0; y < 6; ++y)
      for (std::ptrdiff_t x = 0; x < 8; ++x) mask.set(y, x, (x >= 6) == right_of);
    bits.insert(bits.end(), mask.words().begin(), mask.words().end());
  }
  const auto words = to_device(bits);
  const auto first_row = to_device(std::vector<std::int64_t>{0, 0, 0, 2});
  device_buffer<point_overlap> overlaps{2 * 2};
  match_points(tracks.view(), points.sets(), {{words.data(), 2, 6, 8}, first_row.data(), 3},
               overlaps.data());
  const auto landed = to_host(overlaps);

  const auto last = to_host(tracks.at)[10];  // frame 2, point 0
  const auto seen = to_host(rows);
  std::printf("at %.0f, %.0f; seen %llx and %llx\n", static_cast<double>(last.x),
              static_cast<double>(last.y), static_cast<unsigned long long>(seen[0]),
              static_cast<unsigned long long>(seen[1]));
  // One of the three points on the right is seen in frame 1, and that is more than 0.3 of them.
  // In the last frame both points on the left are in the first mask, the others have left the
  // frame.
  const bool right_place = last == track_position{5, 2} && landed[0] == point_overlap{2, 2} &&
                           landed[1].ratio() == 0 && landed[3] == point_overlap{0, 0};
  return right_place && seen == std::vector<std::uint64_t>{0b111, 0b011} ? 0 : 1;
}
