// A synthetic clip with known flow and known truth: a textured box moves over a textured ground.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/random.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/segment/frame_mask.hpp>
#include <s2d/segment/motion_cells.hpp>

namespace support {

struct moving_scene {
  std::vector<s2d::image> frames;
  s2d::video_flow flow;              // exact, on the frames' own grid
  std::vector<s2d::bit_mask> truth;  // where the box is

  struct settings {
    int frames = 8;
    std::ptrdiff_t height = 96;
    std::ptrdiff_t width = 128;
    int camera_x = 0;  // pixels a frame that the ground moves
    int box_x = 3;     // pixels a frame that the box moves
    int box_y = 0;
    std::ptrdiff_t box_side = 0;  // 0: a third of the height, a quarter of the width
    std::ptrdiff_t boxes = 1;     // one below the other, at equal distances
    std::uint64_t seed = 1;       // colours
    double noise = 0;             // deviation, grey levels
  };

  explicit moving_scene(const settings& s) {
    s2d::random_stream random(s.seed);
    const int hue[3] = {static_cast<int>(random.below(60)), static_cast<int>(random.below(60)),
                        static_cast<int>(random.below(60))};
    const std::ptrdiff_t side_y = s.box_side > 0 ? s.box_side : s.height / 3;
    const std::ptrdiff_t side_x = s.box_side > 0 ? s.box_side : s.width / 4;
    flow.forward.resize(static_cast<std::size_t>(s.frames));
    flow.backward.resize(static_cast<std::size_t>(s.frames));
    for (int t = 0; t < s.frames; ++t) {
      const std::ptrdiff_t y0 = s.height / 3 + t * s.box_y, x0 = s.width / 6 + t * s.box_x;
      s2d::image frame(s.height, s.width);
      s2d::bit_mask box(s.height, s.width);
      s2d::flow_field next(s.height, s.width), last(s.height, s.width);
      for (std::ptrdiff_t y = 0; y < s.height; ++y)
        for (std::ptrdiff_t x = 0; x < s.width; ++x) {
          const bool in = y >= y0 && (y - y0) % ((s.height - y0) / s.boxes) < side_y && x >= x0 &&
                          x < x0 + side_x;
          const double py = static_cast<double>(in ? y - y0 : y);
          const double px = static_cast<double>(in ? x - x0 : x - t * s.camera_x);
          const double wave = std::sin(0.31 * px + 0.17 * py) + std::sin(0.23 * py - 0.11 * px);
          for (int c = 0; c < 3; ++c) {
            const double value = (in ? 190 - 40 * c + hue[c] / 2 : 60 + 20 * c + hue[c]) +
                                 18 * wave + s.noise * (s.noise > 0 ? random.normal() : 0);
            frame.row(y)[3 * x + c] = static_cast<std::uint8_t>(value < 0     ? 0
                                                                : value > 255 ? 255
                                                                              : value);
          }
          if (in) box.set(y, x);
          next.u(y, x) = static_cast<float>(in ? s.box_x : s.camera_x);
          next.v(y, x) = static_cast<float>(in ? s.box_y : 0);
          last.u(y, x) = -next.u(y, x);
          last.v(y, x) = -next.v(y, x);
        }
      frames.push_back(std::move(frame));
      truth.push_back(std::move(box));
      if (t + 1 < s.frames) flow.forward[static_cast<std::size_t>(t)] = std::move(next);
      if (t > 0) flow.backward[static_cast<std::size_t>(t)] = std::move(last);
    }
  }

  /// Adds another scene behind this one; no flow leads across.
  void append(const moving_scene& other) {
    frames.insert(frames.end(), other.frames.begin(), other.frames.end());
    truth.insert(truth.end(), other.truth.begin(), other.truth.end());
    flow.forward.insert(flow.forward.end(), other.flow.forward.begin(), other.flow.forward.end());
    flow.backward.insert(flow.backward.end(), other.flow.backward.begin(),
                         other.flow.backward.end());
  }
};

inline s2d::bit_mask united(const std::vector<s2d::frame_mask>& masks, const s2d::bit_mask& like) {
  s2d::bit_mask all(like.height, like.width);
  for (const s2d::frame_mask& m : masks)
    for (std::size_t w = 0; w < all.words().size(); ++w) all.words()[w] |= m.mask.words()[w];
  return all;
}

inline double overlap(const s2d::bit_mask& a, const s2d::bit_mask& b) {
  double both = 0;
  double any = 0;
  for (std::ptrdiff_t y = 0; y < a.height; ++y)
    for (std::ptrdiff_t x = 0; x < a.width; ++x) {
      both += a(y, x) && b(y, x) ? 1 : 0;
      any += a(y, x) || b(y, x) ? 1 : 0;
    }
  return any > 0 ? both / any : 1;
}

/// The least overlap over the frames of the union of the masks with the truth.
inline double worst_overlap(const s2d::video_masks& masks,
                            const std::vector<s2d::bit_mask>& truth) {
  double worst = 1;
  for (std::size_t t = 0; t < truth.size(); ++t) {
    const double now = overlap(united(masks[t], truth[t]), truth[t]);
    worst = now < worst ? now : worst;
  }
  return worst;
}

inline std::size_t count_masks(const s2d::video_masks& masks) {
  std::size_t count = 0;
  for (const auto& frame : masks) count += frame.size();
  return count;
}

inline bool same_masks(const s2d::video_masks& a, const s2d::video_masks& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t t = 0; t < a.size(); ++t) {
    if (a[t].size() != b[t].size()) return false;
    for (std::size_t i = 0; i < a[t].size(); ++i)
      if (a[t][i].mask != b[t][i].mask || a[t][i].confidence != b[t][i].confidence) return false;
  }
  return true;
}

/// [T] the superpixels of a scene.
inline std::vector<s2d::motion_cells> cells_of(const moving_scene& scene) {
  std::vector<s2d::motion_cells> cells;
  for (std::size_t t = 0; t < scene.frames.size(); ++t)
    cells.push_back(s2d::describe_cells(s2d::to_lab(scene.frames[t]), scene.flow.forward[t],
                                        scene.flow.backward[t]));
  return cells;
}

}  // namespace support
