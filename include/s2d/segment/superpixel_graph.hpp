// One sparse graph over all superpixels of a video: neighbours in the frame, along the flow, and
// look-alikes anywhere.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/extremes.hpp>
#include <s2d/core/detail/lanes.hpp>
#include <s2d/core/fast_math.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/segment/diffusion.hpp>
#include <s2d/segment/motion_cells.hpp>
#include <s2d/segment/nearest_neighbors.hpp>
#include <s2d/segment/options.hpp>

namespace s2d::inline S2D_ABI {

namespace detail {

/// Lists of (source, weight) for every target: the transpose of lists of fixed length.
struct incoming_edges {
  std::vector<std::size_t> begin;
  std::vector<std::int32_t> from;
  std::vector<float> weight;

  /// to[i * k + j] < 0 means no edge.
  incoming_edges(std::size_t n, std::size_t k, const std::vector<std::int32_t>& to,
                 const std::vector<float>& w)
      : begin(n + 1) {
    for (const std::int32_t target : to)
      if (target >= 0) ++begin[static_cast<std::size_t>(target) + 1];
    for (std::size_t i = 0; i < n; ++i) begin[i + 1] += begin[i];
    from.resize(begin[n]);
    weight.resize(begin[n]);
    std::vector<std::size_t> at(begin.begin(), begin.end() - 1);
    for (std::size_t e = 0; e < to.size(); ++e) {
      if (to[e] < 0) continue;
      const std::size_t place = at[static_cast<std::size_t>(to[e])]++;
      from[place] = static_cast<std::int32_t>(e / k);
      weight[place] = w[e];
    }
  }
};

class superpixel_graph_builder {
 public:
  superpixel_graph_builder(std::span<const motion_cells> frames, std::ptrdiff_t height,
                           std::ptrdiff_t width, const superpixel_graph_options& options)
      : frames_{frames},
        options_{options},
        height_{height},
        width_{width},
        rows_{frames[0].grid.rows},
        columns_{frames[0].grid.columns},
        per_frame_{frames[0].size()},
        n_{frames.size() * per_frame_} {}

  [[nodiscard]] sparse_graph build() {
    link_look_alikes();
    link_neighbors();
    const incoming_edges alike_in(n_, larger_of(alike_count_, std::size_t{1}), alike_to_,
                                  alike_weight_);
    const incoming_edges flow_in(n_, flow_edges, flow_to_, flow_weight_);

    std::vector<sparse_graph> parts(frames_.size());
    parallel_for(frames_.size(), options_.threads,
                 [&](std::size_t t) { parts[t] = assemble(t, alike_in, flow_in); });
    sparse_graph graph;
    std::size_t edges = 0;
    for (const sparse_graph& part : parts) edges += part.edges();
    graph.begin.reserve(n_ + 1);
    graph.to.reserve(edges);
    graph.weight.reserve(edges);
    for (sparse_graph& part : parts) {
      const std::size_t base = graph.to.size();
      for (std::size_t i = 1; i < part.begin.size(); ++i)
        graph.begin.push_back(base + part.begin[i]);
      graph.to.insert(graph.to.end(), part.to.begin(), part.to.end());
      graph.weight.insert(graph.weight.end(), part.weight.begin(), part.weight.end());
      part = {};
    }
    return graph;
  }

 private:
  static constexpr std::size_t flow_edges = 18;    // 3x3 cells in either direction
  static constexpr std::size_t spatial_edges = 4;  // right, below, below right, below left
  static constexpr std::ptrdiff_t spatial_dy[spatial_edges] = {0, 1, 1, 1};
  static constexpr std::ptrdiff_t spatial_dx[spatial_edges] = {1, 0, 1, -1};

  void link_look_alikes() {
    alike_count_ = smaller_of(options_.look_alikes, n_);
    if (alike_count_ == 0) return;
    constexpr std::ptrdiff_t dimensions = 12;
    std::vector<float> features(n_ * dimensions);
    parallel_for(frames_.size(), options_.threads, [&](std::size_t t) {
      const motion_cells& f = frames_[t];
      for (std::size_t k = 0; k < per_frame_; ++k) {
        const float row[dimensions] = {0.8F / 8.5F * f.grid.l[k],   f.grid.a[k] / 8.5F,
                                       f.grid.b[k] / 8.5F,          f.deviation[0][k] / 10,
                                       f.deviation[1][k] / 10,      f.deviation[2][k] / 10,
                                       f.context[0][k] / 20,        f.context[1][k] / 20,
                                       f.context[2][k] / 20,        0.035F * f.grid.centre[k].x,
                                       0.035F * f.grid.centre[k].y, 0.05F * static_cast<float>(t)};
        for (std::size_t d = 0; d < dimensions; ++d)
          features[(t * per_frame_ + k) * dimensions + d] = row[d];
      }
    });
    neighbor_table table =
        nearest_neighbors({features.data(), static_cast<std::ptrdiff_t>(n_), dimensions},
                          alike_count_, {options_.look_alike_slack, options_.threads});
    alike_to_ = std::move(table.index);
    alike_weight_ = std::move(table.squared_distance);
    const float scale = -1 / (options_.look_alike_sigma * options_.look_alike_sigma);
    change_all(alike_weight_.data(), static_cast<std::ptrdiff_t>(alike_weight_.size()),
               [scale](const float_lanes& squared) { return fast_exp(squared * scale); });
  }

  void link_neighbors() {
    spatial_weight_.assign(n_ * spatial_edges, 0);
    flow_to_.assign(n_ * flow_edges, -1);
    flow_weight_.assign(n_ * flow_edges, 0);
    parallel_for(frames_.size(), options_.threads, [&](std::size_t t) {
      link_within(t);
      if (t + 1 < frames_.size()) link_along_flow(t, 0, t + 1);
      if (t > 0) link_along_flow(t, 1, t - 1);
    });
  }

  void link_within(std::size_t t) {
    const motion_cells& f = frames_[t];
    const std::size_t direction = f.has_flow(0) ? 0 : 1;
    const float sign = direction == 0 ? 1.0F : -1.0F;
    const float color = 1 / (options_.color_sigma * options_.color_sigma);
    const bool moving = f.has_flow(direction);
    float* weight = spatial_weight_.data() + t * per_frame_ * spatial_edges;
    for (std::ptrdiff_t i = 0; i < rows_; ++i)
      for (std::ptrdiff_t j = 0; j < columns_; ++j) {
        const auto a = static_cast<std::size_t>(i * columns_ + j);
        const float ua = moving ? sign * f.u[direction][a] : 0;
        const float va = moving ? sign * f.v[direction][a] : 0;
        const float softness = 1 / (1 + 0.1F * (ua * ua + va * va));
        for (std::size_t e = 0; e < spatial_edges; ++e) {
          const std::ptrdiff_t y = i + spatial_dy[e];
          const std::ptrdiff_t x = j + spatial_dx[e];
          float d = 1e9F;
          if (y < rows_ && x >= 0 && x < columns_) {
            const auto b = static_cast<std::size_t>(y * columns_ + x);
            const float du = ua - (moving ? sign * f.u[direction][b] : 0);
            const float dv = va - (moving ? sign * f.v[direction][b] : 0);
            d = color_difference(f, a, f, b) * color + (du * du + dv * dv) * softness;
          }
          weight[a * spatial_edges + e] = -0.5F * d;
        }
      }
    change_all(weight, static_cast<std::ptrdiff_t>(per_frame_ * spatial_edges),
               [](const float_lanes& x) { return fast_exp(x); });
  }

  void link_along_flow(std::size_t t, std::size_t direction, std::size_t other) {
    const motion_cells& f = frames_[t];
    if (!f.has_flow(direction)) return;
    const motion_cells& g = frames_[other];
    const float color = 1 / (options_.color_sigma * options_.color_sigma);
    const float position = 1 / (options_.position_sigma * options_.position_sigma);
    std::vector<float> exponent(per_frame_ * 9, -1e9F);
    for (std::size_t a = 0; a < per_frame_; ++a) {
      const float x = f.grid.centre[a].x + f.u[direction][a] * options_.flow_scale;
      const float y = f.grid.centre[a].y + f.v[direction][a] * options_.flow_scale;
      const float row = y * static_cast<float>(rows_) / static_cast<float>(height_);
      const float column = x * static_cast<float>(columns_) / static_cast<float>(width_);
      if (!(row >= 0 && row < static_cast<float>(rows_) && column >= 0 &&
            column < static_cast<float>(columns_)))
        continue;
      const auto i = static_cast<std::ptrdiff_t>(row);
      const auto j = static_cast<std::ptrdiff_t>(column);
      std::int32_t* to = flow_to_.data() + (t * per_frame_ + a) * flow_edges + direction * 9;
      for (std::size_t e = 0; e < 9; ++e) {
        const std::ptrdiff_t bi = clamped(i + static_cast<std::ptrdiff_t>(e / 3) - 1, rows_);
        const std::ptrdiff_t bj = clamped(j + static_cast<std::ptrdiff_t>(e % 3) - 1, columns_);
        const auto b = static_cast<std::size_t>(bi * columns_ + bj);
        const float dx = x - g.grid.centre[b].x;
        const float dy = y - g.grid.centre[b].y;
        exponent[a * 9 + e] =
            -0.5F * (color_difference(f, a, g, b) * color + (dx * dx + dy * dy) * position);
        to[e] = static_cast<std::int32_t>(other * per_frame_ + b);
      }
    }
    change_all(exponent.data(), static_cast<std::ptrdiff_t>(exponent.size()),
               [](const float_lanes& x) { return fast_exp(x); });
    for (std::size_t a = 0; a < per_frame_; ++a)
      for (std::size_t e = 0; e < 9; ++e)
        flow_weight_[(t * per_frame_ + a) * flow_edges + direction * 9 + e] = exponent[a * 9 + e];
  }

  [[nodiscard]] static std::ptrdiff_t clamped(std::ptrdiff_t i, std::ptrdiff_t n) noexcept {
    return i < 0 ? 0 : i < n ? i : n - 1;
  }

  [[nodiscard]] static float color_difference(const motion_cells& f, std::size_t a,
                                              const motion_cells& g, std::size_t b) noexcept {
    const float dl = f.grid.l[a] - g.grid.l[b];
    const float da = f.grid.a[a] - g.grid.a[b];
    const float db = f.grid.b[a] - g.grid.b[b];
    return dl * dl + da * da + db * db;
  }

  /// The rows of frame t: equal ends merged, each kind normalised, added, normalised.
  [[nodiscard]] sparse_graph assemble(std::size_t t, const incoming_edges& alike_in,
                                      const incoming_edges& flow_in) const {
    sparse_graph part;
    std::vector<std::int32_t> slot(n_, -1);
    std::vector<std::int32_t> ends;
    std::vector<float> alike;
    std::vector<float> near;
    const auto place = [&](std::int32_t end) {
      std::int32_t& s = slot[static_cast<std::size_t>(end)];
      if (s < 0) {
        s = static_cast<std::int32_t>(ends.size());
        ends.push_back(end);
        alike.push_back(0);
        near.push_back(0);
      }
      return static_cast<std::size_t>(s);
    };
    for (std::size_t k = 0; k < per_frame_; ++k) {
      const std::size_t i = t * per_frame_ + k;
      const auto take_alike = [&](std::int32_t end, float w) {
        float& now = alike[place(end)];
        now = larger_of(now, w);
      };
      const auto take_near = [&](std::int32_t end, float w) { near[place(end)] += w; };
      for (std::size_t e = i * alike_count_; e < (i + 1) * alike_count_; ++e)
        take_alike(alike_to_[e], alike_weight_[e]);
      for (std::size_t e = alike_in.begin[i]; e < alike_in.begin[i + 1]; ++e)
        take_alike(alike_in.from[e], alike_in.weight[e]);
      const auto row = static_cast<std::ptrdiff_t>(k) / columns_;
      const auto column = static_cast<std::ptrdiff_t>(k) % columns_;
      for (std::size_t e = 0; e < spatial_edges; ++e) {
        if (inside(row + spatial_dy[e], column + spatial_dx[e]))
          take_near(static_cast<std::int32_t>(static_cast<std::ptrdiff_t>(i) +
                                              spatial_dy[e] * columns_ + spatial_dx[e]),
                    spatial_weight_[i * spatial_edges + e]);
        if (inside(row - spatial_dy[e], column - spatial_dx[e])) {
          const auto b = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(i) -
                                                  spatial_dy[e] * columns_ - spatial_dx[e]);
          take_near(static_cast<std::int32_t>(b), spatial_weight_[b * spatial_edges + e]);
        }
      }
      for (std::size_t e = i * flow_edges; e < (i + 1) * flow_edges; ++e)
        if (flow_to_[e] >= 0) take_near(flow_to_[e], flow_weight_[e]);
      for (std::size_t e = flow_in.begin[i]; e < flow_in.begin[i + 1]; ++e)
        take_near(flow_in.from[e], flow_in.weight[e]);

      float alike_sum = 0;
      float near_sum = 0;
      for (std::size_t e = 0; e < ends.size(); ++e) {
        alike_sum += alike[e];
        near_sum += near[e];
      }
      const float alike_scale = 1 / larger_of(alike_sum, 1e-9F);
      const float near_scale = options_.neighbor_weight / larger_of(near_sum, 1e-9F);
      float sum = 0;
      for (std::size_t e = 0; e < ends.size(); ++e) {
        alike[e] = alike[e] * alike_scale + near[e] * near_scale;
        sum += alike[e];
      }
      const float scale = 1 / larger_of(sum, 1e-9F);
      for (std::size_t e = 0; e < ends.size(); ++e) {
        part.to.push_back(ends[e]);
        part.weight.push_back(alike[e] * scale);
        slot[static_cast<std::size_t>(ends[e])] = -1;
      }
      part.begin.push_back(part.to.size());
      ends.clear();
      alike.clear();
      near.clear();
    }
    return part;
  }

  [[nodiscard]] bool inside(std::ptrdiff_t row, std::ptrdiff_t column) const noexcept {
    return row >= 0 && row < rows_ && column >= 0 && column < columns_;
  }

  std::span<const motion_cells> frames_;
  superpixel_graph_options options_;
  std::ptrdiff_t height_;
  std::ptrdiff_t width_;
  std::ptrdiff_t rows_;
  std::ptrdiff_t columns_;
  std::size_t per_frame_;
  std::size_t n_;
  std::size_t alike_count_ = 0;
  std::vector<std::int32_t> alike_to_;  // [n, alike_count_]
  std::vector<float> alike_weight_;
  std::vector<float> spatial_weight_;  // [n, spatial_edges]
  std::vector<std::int32_t> flow_to_;  // [n, flow_edges], -1: none
  std::vector<float> flow_weight_;
};

}  // namespace detail

/// The random-walk graph of a video: node t * N + k is superpixel k of frame t, every row sums
/// to 1. Three kinds of edges, each as strong as its ends are alike: grid neighbours (colour and
/// flow), the 3x3 superpixels where the flow leads in the next and the previous frame (colour and
/// position), and the nearest superpixels of the whole video by colour, texture, context, position
/// and time. Rows of look-alikes and of neighbours are normalised apart and added 1 to
/// neighbor_weight, then normalised again.
///
/// @param frames         [T] equal grids, T * N < 2^26
/// @param height, width  of the pictures that the superpixels were made of, > 0
/// @throws invalid_input if grids differ, a sigma is not positive or there are too many superpixels
/// Complexity: that of nearest_neighbors over T N points, about O(T N log(T N)), at worst
/// O((T N)^2). The same result for any number of threads.
[[nodiscard]] inline sparse_graph link_superpixels(std::span<const motion_cells> frames,
                                                   std::ptrdiff_t height, std::ptrdiff_t width,
                                                   const superpixel_graph_options& options = {}) {
  for (const motion_cells& cells : frames)
    require(cells.grid.rows == frames[0].grid.rows && cells.grid.columns == frames[0].grid.columns,
            "link_superpixels: grids differ, ", cells.grid.rows, " x ", cells.grid.columns, " and ",
            frames[0].grid.rows, " x ", frames[0].grid.columns, " superpixels");
  require(height > 0 && width > 0, "link_superpixels: pictures are ", height, " x ", width,
          ", expected positive (height x width)");
  require(options.look_alike_sigma > 0 && options.color_sigma > 0 && options.position_sigma > 0,
          "link_superpixels: look_alike_sigma is ", options.look_alike_sigma, ", color_sigma ",
          options.color_sigma, ", position_sigma ", options.position_sigma, "; expected > 0");
  if (frames.empty() || frames[0].size() == 0) return {};
  require(frames.size() < (std::size_t{1} << 26) / frames[0].size(),
          "link_superpixels: ", frames.size(), " frames of ", frames[0].size(),
          " superpixels, expected fewer than 2^26 in all");
  return detail::superpixel_graph_builder(frames, height, width, options).build();
}

}  // namespace s2d::inline S2D_ABI
