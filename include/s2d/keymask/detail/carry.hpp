// Soft masks, and how one or many of them are carried from a frame to the next along the flow.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <s2d/core/bit_mask.hpp>
#include <s2d/core/error.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/mask/bits.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

// A soft mask cropped to the pixels that are not zero, with a frame of zeros one pixel wide, so
// that bilinear samples need no test at the border.
struct soft_patch {
  std::ptrdiff_t y = 0, x = 0, height = 0, width = 0;  // in the frame, without the zeros around
  std::vector<float> values;                           // [height + 2, width + 2]

  [[nodiscard]] bool empty() const noexcept { return values.empty(); }
  [[nodiscard]] std::ptrdiff_t stride() const noexcept { return width + 2; }
  [[nodiscard]] float* row(std::ptrdiff_t line) noexcept {
    return values.data() + (line + 1) * stride() + 1;
  }
  [[nodiscard]] const float* row(std::ptrdiff_t line) const noexcept {
    return values.data() + (line + 1) * stride() + 1;
  }
  [[nodiscard]] float at(std::ptrdiff_t py, std::ptrdiff_t px) const noexcept {
    if (py < y || px < x || py >= y + height || px >= x + width) return 0;
    return row(py - y)[px - x];
  }
};

// Crops to the rows and columns that hold a value above zero.
inline soft_patch trimmed(soft_patch&& wide) {
  std::ptrdiff_t top = wide.height, bottom = 0, left = wide.width, right = 0;
  for (std::ptrdiff_t i = 0; i < wide.height; ++i) {
    const float* row = wide.row(i);
    std::ptrdiff_t first = 0, last = wide.width;
    while (first < last && row[first] == 0) ++first;
    if (first == last) continue;
    while (row[last - 1] == 0) --last;
    if (top > i) top = i;
    bottom = i + 1;
    if (first < left) left = first;
    if (last > right) right = last;
  }
  if (bottom == 0) return {};
  if (top == 0 && left == 0 && bottom == wide.height && right == wide.width) return std::move(wide);
  soft_patch tight{wide.y + top, wide.x + left, bottom - top, right - left, {}};
  tight.values.resize(static_cast<std::size_t>((tight.height + 2) * tight.stride()));
  for (std::ptrdiff_t i = 0; i < tight.height; ++i) {
    const float* from = wide.row(top + i) + left;
    float* to = tight.row(i);
    for (std::ptrdiff_t j = 0; j < tight.width; ++j) to[j] = from[j];
  }
  return tight;
}

inline soft_patch soften(const bit_mask& mask) {
  const box around = bounding_box(mask);
  if (around.width == 0) return {};
  soft_patch all{around.y, around.x, around.height, around.width, {}};
  all.values.resize(static_cast<std::size_t>((all.height + 2) * all.stride()));
  for (std::ptrdiff_t i = 0; i < all.height; ++i) {
    const bit_mask::word* words = mask.row(all.y + i);
    float* to = all.row(i);
    for (std::ptrdiff_t j = 0; j < all.width; ++j) {
      const std::ptrdiff_t x = all.x + j;
      to[j] = static_cast<float>((words[x / bit_mask::word_bits] >> (x % bit_mask::word_bits)) & 1);
    }
  }
  return all;
}

inline double total_area(const soft_patch& soft) {
  double sum = 0;
  for (const float value : soft.values) sum += static_cast<double>(value);
  return sum;
}

inline double common_area(const soft_patch& soft, const bit_mask& mask) {
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < soft.height; ++i)
    for (std::ptrdiff_t j = 0; j < soft.width; ++j)
      if (mask(soft.y + i, soft.x + j)) sum += static_cast<double>(soft.row(i)[j]);
  return sum;
}

struct value_range {
  float low = 0, high = 0;
};

// The range of a plane; values that are not numbers are left out.
inline value_range range_of(const matrix<float>& plane) {
  float low = INFINITY, high = -INFINITY;
  const float* value = plane.data();
  const std::size_t n = plane.values.size();
  for (std::size_t i = 0; i < n; ++i) {
    low = value[i] < low ? value[i] : low;
    high = value[i] > high ? value[i] : high;
  }
  return low <= high ? value_range{low, high} : value_range{};
}

// The first pixel and the one behind the last whose samples can meet [begin, begin + size) when
// displaced by a value of `range` * scale.
struct interval {
  std::ptrdiff_t first = 0, last = 0;
};
inline interval reachable(std::ptrdiff_t begin, std::ptrdiff_t size, value_range range, float scale,
                          std::ptrdiff_t limit) {
  const double first = static_cast<double>(begin) - 1 - static_cast<double>(range.high) * scale;
  const double last =
      static_cast<double>(begin + size) + 1 - static_cast<double>(range.low) * scale;
  const auto end = static_cast<double>(limit);
  interval found;
  found.first = first <= 0 ? 0 : first >= end ? limit : static_cast<std::ptrdiff_t>(first);
  found.last = last <= 0 ? 0 : last >= end ? limit : static_cast<std::ptrdiff_t>(std::ceil(last));
  return found;
}

// Where the pixels of a frame fall on a smaller or larger flow grid: left neighbour and weight of
// the right one, clamped at the border (half-pixel rule).
struct grid_position {
  std::ptrdiff_t at = 0;
  float weight = 0;
};
inline grid_position on_grid(std::ptrdiff_t pixel, std::ptrdiff_t frame, std::ptrdiff_t grid) {
  const float scale = static_cast<float>(grid) / static_cast<float>(frame);
  float position = (static_cast<float>(pixel) + 0.5f) * scale - 0.5f;
  const auto limit = static_cast<float>(grid - 1);
  position = position < 0 ? 0 : position > limit ? limit : position;
  auto at = static_cast<std::ptrdiff_t>(position);
  if (at > grid - 2) at = grid < 2 ? 0 : grid - 2;
  return {at, position - static_cast<float>(at)};
}

// Flow rows scaled up to the frame, one frame row at a time.
class flow_rows {
 public:
  flow_rows(std::ptrdiff_t height, std::ptrdiff_t width) : height_{height}, width_{width} {}

  void begin(const flow_field& field, interval columns) {
    field_ = &field;
    columns_ = columns;
    if (grid_width_ != field.width()) {
      grid_width_ = field.width();
      at_.resize(static_cast<std::size_t>(width_));
      weight_.resize(static_cast<std::size_t>(width_));
      for (std::ptrdiff_t x = 0; x < width_; ++x) {
        const grid_position p = on_grid(x, width_, grid_width_);
        at_[static_cast<std::size_t>(x)] = static_cast<int>(p.at);
        weight_[static_cast<std::size_t>(x)] = p.weight;
      }
      blended_.resize(static_cast<std::size_t>(grid_width_));
      u_.resize(static_cast<std::size_t>(width_));
      v_.resize(static_cast<std::size_t>(width_));
    }
  }

  // Displacements of the columns of `begin` in row y, in frame pixels.
  void read(std::ptrdiff_t y) {
    grid_position p = on_grid(y, height_, field_->height());
    if (field_->height() == height_) p = {y, 0};
    fill(field_->u, p, static_cast<float>(width_) / static_cast<float>(grid_width_), u_.data());
    fill(field_->v, p, static_cast<float>(height_) / static_cast<float>(field_->height()),
         v_.data());
  }
  [[nodiscard]] const float* u() const noexcept { return u_.data(); }
  [[nodiscard]] const float* v() const noexcept { return v_.data(); }

 private:
  void fill(const matrix<float>& plane, grid_position p, float scale, float* out) {
    const float* upper = plane.row(p.at);
    const float* lower = plane.row(p.weight == 0 ? p.at : p.at + 1);
    const bool whole = grid_width_ == width_;
    float* row = whole ? out : blended_.data();
    for (std::ptrdiff_t x = 0; x < grid_width_; ++x)
      row[x] = (upper[x] + (lower[x] - upper[x]) * p.weight) * scale;
    if (whole) return;
    const int* at = at_.data();
    const float* weight = weight_.data();
    const int next = grid_width_ > 1 ? 1 : 0;
    for (std::ptrdiff_t x = columns_.first; x < columns_.last; ++x)
      out[x] = row[at[x]] + (row[at[x] + next] - row[at[x]]) * weight[x];
  }

  std::ptrdiff_t height_, width_, grid_width_ = -1;
  interval columns_;
  const flow_field* field_ = nullptr;
  std::vector<int> at_;
  std::vector<float> weight_, blended_, u_, v_;
};

// Pixel p of `to` becomes `from` sampled at p + flow(p), zero outside.
inline void sample_back(const soft_patch& from, const flow_field& field, flow_rows& rows,
                        soft_patch& to) {
  to.values.assign(static_cast<std::size_t>((to.height + 2) * to.stride()), 0.f);
  rows.begin(field, {to.x, to.x + to.width});
  const auto stride = static_cast<int>(from.stride());
  const auto most_x = static_cast<float>(from.width + 1);
  const auto most_y = static_cast<float>(from.height + 1);
  const int last_x = static_cast<int>(from.width), last_y = static_cast<int>(from.height);
  const float* source = from.values.data();
  for (std::ptrdiff_t line = 0; line < to.height; ++line) {
    rows.read(to.y + line);
    const float* u = rows.u() + to.x;
    const float* v = rows.v() + to.x;
    const auto base_x = static_cast<float>(to.x - from.x + 1);
    const auto base_y = static_cast<float>(to.y + line - from.y + 1);
    float* out = to.row(line);
    for (int j = 0; j < static_cast<int>(to.width); ++j) {
      float sx = base_x + static_cast<float>(j) + u[j];
      float sy = base_y + v[j];
      sx = sx > 0 ? sx : 0;  // also where the flow is not a number
      sy = sy > 0 ? sy : 0;
      sx = sx < most_x ? sx : most_x;
      sy = sy < most_y ? sy : most_y;
      int ix = static_cast<int>(sx), iy = static_cast<int>(sy);
      ix = ix < last_x ? ix : last_x;
      iy = iy < last_y ? iy : last_y;
      const float fx = sx - static_cast<float>(ix), fy = sy - static_cast<float>(iy);
      const int at = iy * stride + ix;
      const float a = source[at], b = source[at + 1];
      const float c = source[at + stride], d = source[at + stride + 1];
      const float above = a + (b - a) * fx, below = c + (d - c) * fx;
      out[j] = above + (below - above) * fy;
    }
  }
}

struct flow_range {
  value_range u, v;
};

inline flow_range range_of(const flow_field& field) {
  return {range_of(field.u), range_of(field.v)};
}

// One backward warp of a mask, of the box that it can reach. range: of the field
inline soft_patch carry(const soft_patch& from, const flow_field& field, const flow_range& range,
                        std::ptrdiff_t height, std::ptrdiff_t width, flow_rows& rows) {
  if (from.empty()) return {};
  const interval columns =
      reachable(from.x, from.width, range.u,
                static_cast<float>(width) / static_cast<float>(field.width()), width);
  const interval lines =
      reachable(from.y, from.height, range.v,
                static_cast<float>(height) / static_cast<float>(field.height()), height);
  if (columns.first >= columns.last || lines.first >= lines.last) return {};

  soft_patch to{
      lines.first, columns.first, lines.last - lines.first, columns.last - columns.first, {}};
  sample_back(from, field, rows, to);
  return trimmed(std::move(to));
}

inline void require_planes(const char* call, const video_flow& flow) {
  for (const auto* fields : {&flow.forward, &flow.backward})
    for (std::size_t t = 0; t < fields->size(); ++t) {
      const flow_field& field = (*fields)[t];
      require(field.u.height == field.v.height && field.u.width == field.v.width, call,
              ": planes of the flow of frame ", t, " differ in size");
    }
}

// Offsets within a mask and its border are int.
inline void require_offsets(const char* call, std::ptrdiff_t height, std::ptrdiff_t width) {
  require((height + 2) * (width + 2) <= 0x7FFF'FFFF, call, ": masks are ", height, " x ", width,
          ", expected fewer than 2^31 pixels with a border");
}

// Carries many masks of one size along the flow of a video; a field is searched for its range once.
class mask_carrier {
 public:
  mask_carrier(const char* call, const video_flow& flow, std::ptrdiff_t height,
               std::ptrdiff_t width)
      : flow_{flow}, height_{height}, width_{width}, rows_{height, width} {
    require_offsets(call, height, width);
  }

  [[nodiscard]] bool leads_to(std::size_t t, bool backwards) const {
    return !field_to(t, backwards).empty();
  }

  /// A mask of the frame before t, or behind it if `backwards`, as seen in t: empty where nothing
  /// is known of the motion, or it has left the frame.
  [[nodiscard]] soft_patch carried(const soft_patch& from, std::size_t t, bool backwards) {
    const flow_field& field = field_to(t, backwards);
    if (field.empty() || from.empty()) return {};
    std::vector<std::optional<flow_range>>& ranges = ranges_[backwards ? 1 : 0];
    ranges.resize(flow_.forward.size());
    if (!ranges[t]) ranges[t] = range_of(field);
    return carry(from, field, *ranges[t], height_, width_, rows_);
  }

 private:
  [[nodiscard]] const flow_field& field_to(std::size_t t, bool backwards) const {
    return backwards ? flow_.forward[t] : flow_.backward[t];
  }

  const video_flow& flow_;
  std::ptrdiff_t height_, width_;
  flow_rows rows_;
  std::array<std::vector<std::optional<flow_range>>, 2> ranges_;  // [T] ahead, backwards
};

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
