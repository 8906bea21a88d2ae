// Carries the masks of a few frames to all frames of a video along its optical flow.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/detail/threads.hpp>
#include <s2d/core/bit_mask.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/flow/field.hpp>
#include <s2d/mask/bits.hpp>

namespace s2d::inline S2D_ABI {

/// When a mask that was carried still shows what its key shows.
struct likeness_options {
  float color = 60;    ///< at most so far is a pixel's colour from that of the key (Euclidean, RGB)
  float share = 0.5f;  ///< of the mask's pixels at least so many are that near, 0 to 1
  float size = 0.5f;   ///< at least so many pixels of the key's, and at most its inverse, 0 to 1
};

struct propagate_options {
  float threshold = 0.5f;   ///< a pixel is foreground where its averaged value is greater
  std::size_t reach = 0;    ///< carry a mask over at most so many frames; 0: to the next one or end
  std::size_t threads = 0;  ///< 0: one per processor; the result does not depend on it
  /// [T] of one size, for instance that of the flow, or none. With them a mask is carried only as
  /// long as it looks like its key: the first frame in which it does not ends its way.
  std::span<const image> pictures = {};
  likeness_options likeness = {};
};

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

// What one frame gets from either side: a soft mask and how many frames it was carried over.
struct carried {
  soft_patch mask;
  std::size_t age = 0;
  bool known = false;
};

// The colours under a soft mask, times its values, over the same box: red, green, blue.
using soft_colors = std::array<soft_patch, 3>;

// Pictures of the frames, of any size: the colour of a pixel of a mask is that of the picture's
// pixel in which its centre lies.
class likeness {
 public:
  likeness(const propagate_options& options, std::ptrdiff_t height, std::ptrdiff_t width)
      : pictures_{options.pictures}, options_{options.likeness}, threshold_{options.threshold} {
    if (pictures_.empty()) return;
    places(rows_, height, pictures_[0].height, 1);
    places(columns_, width, pictures_[0].width, 3);
  }

  [[nodiscard]] bool wanted() const noexcept { return !pictures_.empty(); }

  [[nodiscard]] soft_colors under(const soft_patch& mask, std::size_t frame) const {
    soft_colors colors;
    for (std::size_t c = 0; c < 3; ++c) {
      colors[c] = mask;
      for (std::ptrdiff_t i = 0; i < mask.height; ++i) {
        const std::uint8_t* from = row_of(frame, mask.y + i) + c;
        float* to = colors[c].row(i);
        for (std::ptrdiff_t j = 0; j < mask.width; ++j) to[j] *= from[column_of(mask.x + j)];
      }
    }
    return colors;
  }

  [[nodiscard]] std::ptrdiff_t pixels(const soft_patch& mask) const noexcept {
    std::ptrdiff_t count = 0;
    for (const float value : mask.values) count += value > threshold_;
    return count;
  }

  /// Whether a mask that had so many pixels, and brought these colours along, looks like that here.
  [[nodiscard]] bool holds(const soft_patch& mask, const soft_colors& colors,
                           std::ptrdiff_t pixels_before, std::size_t frame) const {
    const float most = options_.color * options_.color;
    std::ptrdiff_t near = 0;
    for (std::ptrdiff_t i = 0; i < mask.height; ++i) {
      const std::uint8_t* picture = row_of(frame, mask.y + i);
      const float *value = mask.row(i), *red = colors[0].row(i), *green = colors[1].row(i),
                  *blue = colors[2].row(i);
      for (std::ptrdiff_t j = 0; j < mask.width; ++j) {
        if (!(value[j] > threshold_)) continue;
        const std::uint8_t* here = picture + column_of(mask.x + j);
        const float r = red[j] / value[j] - here[0], g = green[j] / value[j] - here[1],
                    b = blue[j] / value[j] - here[2];
        near += r * r + g * g + b * b <= most;
      }
    }
    const auto before = static_cast<double>(pixels_before), now = static_cast<double>(pixels(mask));
    return static_cast<double>(near) >= options_.share * now && now >= options_.size * before &&
           options_.size * now <= before;
  }

 private:
  static void places(std::vector<std::ptrdiff_t>& out, std::ptrdiff_t side, std::ptrdiff_t of,
                     std::ptrdiff_t step) {
    for (std::ptrdiff_t i = 0; i < side; ++i) out.push_back((2 * i + 1) * of / (2 * side) * step);
  }
  [[nodiscard]] const std::uint8_t* row_of(std::size_t frame, std::ptrdiff_t y) const noexcept {
    return pictures_[frame].row(rows_[static_cast<std::size_t>(y)]);
  }
  [[nodiscard]] std::ptrdiff_t column_of(std::ptrdiff_t x) const noexcept {
    return columns_[static_cast<std::size_t>(x)];
  }

  std::span<const image> pictures_;
  likeness_options options_;
  float threshold_;
  std::vector<std::ptrdiff_t> rows_, columns_;  // of the pictures, for each of a mask
};

// A key on its way in one direction.
class traveller {
 public:
  traveller(const bit_mask& key, std::size_t frame, const likeness& test)
      : test_{&test}, now_{soften(key), 0, true} {
    if (!test.wanted()) return;
    pixels_ = test.pixels(now_.mask);
    colors_ = test.under(now_.mask, frame);
  }

  /// Into the next frame of its way, with the flow that leads back. False: it does not arrive.
  bool step(const flow_field& field, std::size_t frame, std::ptrdiff_t height, std::ptrdiff_t width,
            flow_rows& rows) {
    if (field.empty()) return false;
    soft_patch mask = carry(now_.mask, field, range_of(field), height, width, rows);
    if (test_->wanted()) {
      for (soft_patch& color : colors_) {
        soft_patch next{mask.y, mask.x, mask.height, mask.width, {}};
        sample_back(color, field, rows, next);
        color = std::move(next);
      }
      if (!test_->holds(mask, colors_, pixels_, frame)) return false;
    }
    now_ = {std::move(mask), now_.age + 1, true};
    return true;
  }
  [[nodiscard]] const carried& now() const noexcept { return now_; }

 private:
  const likeness* test_;
  carried now_;
  soft_colors colors_;
  std::ptrdiff_t pixels_ = 0;  // of the key
};

inline bit_mask blend(const carried& a, const carried& b, std::ptrdiff_t height,
                      std::ptrdiff_t width, float threshold) {
  bit_mask result(height, width);
  const float raw_a = a.known ? 1 / (static_cast<float>(a.age) + 0.5f) : 0;
  const float raw_b = b.known ? 1 / (static_cast<float>(b.age) + 0.5f) : 0;
  if (raw_a + raw_b == 0) return result;
  const float weight_a = raw_a / (raw_a + raw_b), weight_b = raw_b / (raw_a + raw_b);
  const auto each = [](const carried& side, const auto& visit) {
    for (std::ptrdiff_t i = 0; i < side.mask.height; ++i)
      for (std::ptrdiff_t j = 0; j < side.mask.width; ++j)
        visit(side.mask.y + i, side.mask.x + j, side.mask.row(i)[j]);
  };
  each(a, [&](std::ptrdiff_t y, std::ptrdiff_t x, float value) {
    if (weight_a * value + weight_b * b.mask.at(y, x) > threshold) result.set(y, x);
  });
  each(b, [&](std::ptrdiff_t y, std::ptrdiff_t x, float value) {
    if (weight_a * a.mask.at(y, x) + weight_b * value > threshold) result.set(y, x);
  });
  return result;
}

inline void check_likeness(const propagate_options& options, std::size_t frames) {
  const std::span<const image> pictures = options.pictures;
  if (pictures.empty()) return;
  require(pictures.size() == frames, "propagate: ", frames, " keys, but ", pictures.size(),
          " pictures");
  for (const image& each : pictures)
    require(each.height > 0 && each.width > 0 && each.height == pictures[0].height &&
                each.width == pictures[0].width,
            "propagate: a picture is ", each.height, " x ", each.width, ", the first ",
            pictures[0].height, " x ", pictures[0].width, " (height x width)");
  const auto [color, share, size] = options.likeness;
  require(color >= 0 && share >= 0 && share <= 1 && size >= 0 && size <= 1,
          "propagate: likeness is colour ", color, ", share ", share, ", size ", size,
          ", expected 0 or more, 0 to 1, 0 to 1");
}

// The frames strictly between two keys; `left` and `right` may be absent (T).
struct gap {
  std::size_t left = 0, right = 0;
};

// Calls step(ready) after every frame of either way, ready: 1 if its mask is, else 0.
template <class Step>
void fill_gap(std::span<const bit_mask> keys, const video_flow& flow, gap between,
              std::ptrdiff_t height, std::ptrdiff_t width, const propagate_options& options,
              std::vector<bit_mask>& result, const Step& step) {
  const std::size_t frames = keys.size();
  const std::size_t first = between.left == frames ? 0 : between.left + 1;
  const std::size_t count = between.right - first;  // right == frames means: up to the end
  const std::size_t reach = options.reach == 0 ? frames : options.reach;
  flow_rows rows(height, width);
  const likeness test(options, height, width);

  std::vector<carried> from_left(count);
  if (between.left != frames) {
    traveller key{keys[between.left], between.left, test};
    for (std::size_t k = 0; k < count && k < reach; ++k) {
      if (!key.step(flow.backward[first + k], first + k, height, width, rows)) break;
      from_left[k] = key.now();
      step(0);
    }
  }
  const carried nothing;
  std::optional<traveller> key;
  if (between.right != frames) key.emplace(keys[between.right], between.right, test);
  for (std::size_t k = count; k-- > 0;) {
    if (key && (key->now().age == reach ||
                !key->step(flow.forward[first + k], first + k, height, width, rows)))
      key.reset();
    result[first + k] =
        blend(from_left[k], key ? key->now() : nothing, height, width, options.threshold);
    from_left[k] = {};
    step(1);
  }
}

}  // namespace detail

/// The masks of all T frames from the masks of some. From the nearest key on either side the mask
/// is carried frame by frame: every step samples it bilinearly at p + flow(p), where the flow leads
/// back towards the key; outside the frame it is zero. Where both sides arrive, the average with
/// weights 1 / (steps + 1/2) is compared with `threshold`. A key frame keeps its own mask.
///
/// With options.pictures the colours of a key travel with it. A carried mask whose colours are
/// those of too few of its pixels, or that has shrunk or grown too much (likeness_options), ends
/// there: its object is hidden, or has left, and the flow goes on with what is in front or behind.
///
/// @param keys      [T] a mask of [h, w] where one is known, a mask without pixels (bit_mask{})
///                  elsewhere; a key without foreground says that the object is not there
/// @param flow      [T] on any grid: positions follow the half-pixel rule, vectors are scaled with
///                  the grid. Where the field is absent (a cut) the mask is carried no further.
///                  Vectors that are not finite, and those
///                  interpolated from them, lead outside the frame.
/// @param progress  stage "propagate", units are frames
/// @return [T] masks of [h, w], background where nothing arrives; all without pixels if no key has
///         any
/// @throws invalid_input if keys differ in size, `flow` has another number of frames, planes of a
///         field differ in size, pictures are not as many as frames or differ in size, masks have
///         2^31 pixels or more, or an option is out of its range
/// @throws cancelled if `progress` returns false
/// Complexity: two warps a frame, each over the box that the mask can reach; gaps between keys are
/// independent and shared among threads; with pictures four times as many. Memory: the soft masks
/// of one gap, cropped, per thread.
[[nodiscard]] inline std::vector<bit_mask> propagate(std::span<const bit_mask> keys,
                                                     const video_flow& flow,
                                                     const propagate_options& options = {},
                                                     const progress_callback& progress = {}) {
  const std::size_t frames = keys.size();
  require(flow.forward.size() == frames && flow.backward.size() == frames, "propagate: ", frames,
          " keys, but flow of ", flow.forward.size(), " frames forward and ", flow.backward.size(),
          " backward");
  require(options.threshold >= 0 && options.threshold < 1, "propagate: threshold is ",
          options.threshold, ", expected 0 <= threshold < 1");
  detail::check_likeness(options, frames);
  detail::require_planes("propagate", flow);

  std::vector<std::size_t> at;
  for (std::size_t t = 0; t < frames; ++t)
    if (!keys[t].empty()) at.push_back(t);
  std::vector<bit_mask> result(frames);
  if (at.empty()) return result;
  const std::ptrdiff_t height = keys[at[0]].height, width = keys[at[0]].width;
  for (const std::size_t t : at) {
    require(keys[t].height == height && keys[t].width == width, "propagate: the key of frame ", t,
            " is ", keys[t].height, " x ", keys[t].width, ", that of frame ", at[0], " ", height,
            " x ", width, " (height x width)");
    result[t] = keys[t];
  }

  detail::require_offsets("propagate", height, width);
  std::vector<detail::gap> gaps;
  if (at.front() > 0) gaps.push_back({frames, at.front()});
  for (std::size_t i = 1; i < at.size(); ++i)
    if (at[i] > at[i - 1] + 1) gaps.push_back({at[i - 1], at[i]});
  if (at.back() + 1 < frames) gaps.push_back({at.back(), frames});

  detail::mutex reporting;
  std::size_t done = at.size();
  parallel_for(gaps.size(), options.threads, [&](std::size_t i) {
    detail::fill_gap(keys, flow, gaps[i], height, width, options, result, [&](std::size_t ready) {
      const detail::scoped_lock lock{reporting};
      done += ready;
      detail::report(progress, "propagate", done, frames);
    });
  });
  return result;
}

}  // namespace s2d::inline S2D_ABI
