// Inverse search on a device: pyramids, where each patch of one picture stands in another, the
// dense field of it. Expressions are the core's, term by term, and so are the bits.
#pragma once

#include <cstdint>
#include <cstring>

#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/memory_words.hpp>
#include <s2d/cuda/detail/single.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

template <class T>
S2D_HD T held(T value, T low, T high) {
  return value > low ? (value < high ? value : high) : low;
}

/// From a to b by `part`.
S2D_HD inline single mixed(single a, single b, single part) { return a + part * (b - a); }

/// As s2d::detail::inverse_sqrt, bit for bit: 1 / sqrt(v) to 5e-6 of it.
S2D_HD inline single near_inverse_sqrt(single v) {
  std::int32_t bits;
  memcpy(&bits, &v.value, sizeof bits);
  bits = 0x5f375a86 - (bits >> 1);
  single r;
  memcpy(&r.value, &bits, sizeof bits);
  const single halved = v * 0.5f;
  r = r * (1.5f - halved * r * r);
  r = r * (1.5f - halved * r * r);
  return r;
}

/// Gray frames, and the pairs of them whose flow is asked for.
struct flow_frames {
  batch_view<const std::uint8_t> first;
  batch_view<const std::uint8_t> second;  // of as many, or empty: `first` is a clip
  bool clip = false;                      // pairs are all neighbours forward, then all backward

  [[nodiscard]] S2D_HD std::int64_t count() const { return first.count + second.count; }
  [[nodiscard]] S2D_HD std::int64_t steps() const { return first.count > 0 ? first.count - 1 : 0; }
  [[nodiscard]] S2D_HD std::int64_t pairs() const { return clip ? 2 * steps() : first.count; }
  [[nodiscard]] S2D_HD std::int64_t from(std::int64_t pair) const {
    return clip && pair >= steps() ? pair - steps() + 1 : pair;
  }
  [[nodiscard]] S2D_HD std::int64_t to(std::int64_t pair) const {
    if (!clip) return pair + first.count;
    return pair < steps() ? pair + 1 : pair - steps();
  }
  /// The border repeats.
  [[nodiscard]] S2D_HD single operator()(std::int64_t frame, std::int64_t y, std::int64_t x) const {
    y = held<std::int64_t>(y, 0, first.height - 1);
    x = held<std::int64_t>(x, 0, first.width - 1);
    return static_cast<float>(frame < first.count ? first(frame, y, x)
                                                  : second(frame - first.count, y, x));
  }
};

/// The position in a row or column of `size` that is nearest to `at`; in 32 bits, which hold the
/// sides of frames (below 2^24) and what is beyond them here.
S2D_HD inline std::int32_t held_in(std::int64_t at, std::int64_t size) {
  return held<std::int32_t>(static_cast<std::int32_t>(at), 0, static_cast<std::int32_t>(size) - 1);
}

/// Planes of floats without gaps, [count, height, width]; beyond the border they repeat it.
struct float_planes {
  single* data;
  std::int64_t height, width;

  [[nodiscard]] S2D_HD const single* row(std::int64_t plane, std::int64_t y) const {
    return data + plane * (height * width) +
           std::int64_t{held_in(y, height)} * static_cast<std::int32_t>(width);
  }
  [[nodiscard]] S2D_HD single operator()(std::int64_t plane, std::int64_t y, std::int64_t x) const {
    return row(plane, y)[held_in(x, width)];
  }
};

struct plane_place {
  std::int64_t plane, y, x;
};
S2D_HD inline plane_place place_in(std::int64_t i, std::int64_t height, std::int64_t width) {
  const quotient row = divide(i, width), plane = divide(row.whole, height);
  return {plane.whole, plane.rest, row.rest};
}
S2D_HD inline plane_place place_in(std::int64_t i, const divisor& height, const divisor& width) {
  const quotient row = width.divide(i), plane = height.divide(row.whole);
  return {plane.whole, plane.rest, row.rest};
}

struct copy_frames {
  flow_frames from;
  float_planes to;
  S2D_HD void operator()(std::int64_t i) const {
    const plane_place p = place_in(i, to.height, to.width);
    to.data[i] = from(p.plane, p.y, p.x);
  }
};

/// Half the size, by weights 1 3 3 1 in both directions. `From`: flow_frames or float_planes.
template <class From>
struct halve_planes {
  From from;
  std::int64_t height, width;  // of `from`, which bytes extend to
  float_planes to;

  [[nodiscard]] S2D_HD single blended(std::int64_t plane, std::int64_t y, std::int64_t x) const {
    x = held<std::int64_t>(x, 0, width - 1);
    const auto row = [&](std::int64_t at) {
      return from(plane, held<std::int64_t>(at, 0, height - 1), x);
    };
    return 0.125f * (row(y - 1) + row(y + 2)) + 0.375f * (row(y) + row(y + 1));
  }
  S2D_HD void operator()(std::int64_t i) const {
    const plane_place p = place_in(i, to.height, to.width);
    const std::int64_t y = 2 * p.y, x = 2 * p.x;
    to.data[i] = 0.125f * (blended(p.plane, y, x - 1) + blended(p.plane, y, x + 2)) +
                 0.375f * (blended(p.plane, y, x) + blended(p.plane, y, x + 1));
  }
};

/// See s2d::detail::dense::patch_grid. Sides are below 2^24.
struct flow_grid {
  int rows, columns, size, stride, last_y, last_x;

  flow_grid(std::int64_t height, std::int64_t width, int patch, int step)
      : size{patch},
        stride{step},
        last_y{static_cast<int>(height) - patch},
        last_x{static_cast<int>(width) - patch} {
    rows = (last_y + step - 1) / step + 1;
    columns = (last_x + step - 1) / step + 1;
  }
  [[nodiscard]] S2D_HD int y(int i) const { return i * stride < last_y ? i * stride : last_y; }
  [[nodiscard]] S2D_HD int x(int j) const { return j * stride < last_x ? j * stride : last_x; }
  [[nodiscard]] S2D_HD std::int64_t count() const { return std::int64_t{rows} * columns; }
  /// The first and last of the rows or columns of patches that have pixel row or column `at`.
  [[nodiscard]] S2D_HD int first_over(int at) const {
    return at < size ? 0 : (at - size + stride) / stride;
  }
  [[nodiscard]] S2D_HD int last_row_over(int at) const {
    return at >= last_y ? rows - 1 : at / stride;
  }
  [[nodiscard]] S2D_HD int last_column_over(int at) const {
    return at >= last_x ? columns - 1 : at / stride;
  }
};

struct displacement {
  single x, y;
};

/// Inverse of the mean-free structure tensor of a patch, and the sums of its gradients.
struct flow_tensor {
  single xx, xy, yy, sum_x, sum_y;
};

/// The flow of a batch on the grid of a level: rows hold first the pixels of even, then those of
/// odd columns, so that the pixels of one colour of the chequerboard lie side by side.
struct chequered {
  std::int64_t height, width, half;
  std::int64_t plane_size;
  divisor by_height, by_width, by_half;

  chequered(std::int64_t rows, std::int64_t columns)
      : height{rows},
        width{columns},
        half{(columns + 1) / 2},
        plane_size{2 * rows * half},
        by_height{rows},
        by_width{columns},
        by_half{half} {}
  /// Elements of `count` planes.
  [[nodiscard]] S2D_HD std::int64_t size(std::int64_t count) const { return count * plane_size; }
  [[nodiscard]] S2D_HD std::int64_t at(std::int64_t plane, std::int64_t y, std::int64_t x) const {
    const auto row = static_cast<std::int32_t>(y), column = static_cast<std::int32_t>(x);
    const auto part = static_cast<std::int32_t>(half);
    return plane * plane_size + std::int64_t{row} * (2 * part) +
           (((column & 1) != 0 ? part : 0) + (column >> 1));
  }
  /// The same, the border repeated.
  [[nodiscard]] S2D_HD std::int64_t near(std::int64_t plane, std::int64_t y, std::int64_t x) const {
    return at(plane, held_in(y, height), held_in(x, width));
  }
};

/// One level of all pairs.
struct flow_level {
  flow_frames frames;
  float_planes picture;  // [frames]
  flow_grid grid;
};

/// Central differences, halved at the border.
S2D_HD inline single derivative_x(const float_planes& picture, std::int64_t plane, std::int64_t y,
                                  std::int64_t x) {
  return 0.5f * (picture(plane, y, x + 1) - picture(plane, y, x - 1));
}
S2D_HD inline single derivative_y(const float_planes& picture, std::int64_t plane, std::int64_t y,
                                  std::int64_t x) {
  return 0.5f * (picture(plane, y + 1, x) - picture(plane, y - 1, x));
}

/// Tensors of all patches, and where they begin: at the flow of the next coarser level, read at
/// their centres, or at none.
struct begin_patches {
  flow_level level;
  bool coarsest;
  chequered coarse;  // the layout of u and v
  const single* u;
  const single* v;
  flow_tensor* tensors;  // [pairs, patches]
  displacement* flows;   // [pairs, patches]

  [[nodiscard]] S2D_HD flow_tensor tensor_at(std::int64_t frame, int top, int left) const {
    const int size = level.grid.size;
    const single area = static_cast<float>(size * size);
    single xx, xy, yy, sx, sy;
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        const single gx = derivative_x(level.picture, frame, top + y, left + x);
        const single gy = derivative_y(level.picture, frame, top + y, left + x);
        xx += gx * gx;
        xy += gx * gy;
        yy += gy * gy;
        sx += gx;
        sy += gy;
      }
    // The ridge keeps untextured patches where they are.
    const single a = xx - sx * sx / area + 0.05f * area;
    const single b = xy - sx * sy / area;
    const single c = yy - sy * sy / area + 0.05f * area;
    const single scale = 1.0f / (a * c - b * b);
    return {c * scale, -b * scale, a * scale, sx, sy};
  }
  [[nodiscard]] S2D_HD displacement start_at(std::int64_t pair, int top, int left) const {
    if (coarsest) return {0, 0};
    const single centre = 0.5f * static_cast<float>(level.grid.size);
    const single y = 0.5f * (static_cast<float>(top) + centre) - 0.5f;
    const single x = 0.5f * (static_cast<float>(left) + centre) - 0.5f;
    const auto iy = static_cast<std::int64_t>(y.value), ix = static_cast<std::int64_t>(x.value);
    const single fy = y - static_cast<float>(iy), fx = x - static_cast<float>(ix);
    const std::int64_t a = coarse.near(pair, iy, ix), b = coarse.near(pair, iy, ix + 1),
                       c = coarse.near(pair, iy + 1, ix), d = coarse.near(pair, iy + 1, ix + 1);
    const auto read = [&](const single* plane) {
      return 2.0f * mixed(mixed(plane[a], plane[b], fx), mixed(plane[c], plane[d], fx), fy);
    };
    return {read(u), read(v)};
  }
  S2D_HD void operator()(std::int64_t n) const {
    const quotient of = divide(n, level.grid.count());
    const quotient row = divide(of.rest, level.grid.columns);
    const int top = level.grid.y(static_cast<int>(row.whole));
    const int left = level.grid.x(static_cast<int>(row.rest));
    tensors[n] = tensor_at(level.frames.from(of.whole), top, left);
    flows[n] = start_at(of.whole, top, left);
  }
};

/// A position that a patch is read from: the pixel left above and the parts beyond it. Held where
/// the core's planes have a margin of 24 pixels.
struct patch_origin {
  int y, x;
  single part_y, part_x;

  S2D_HD patch_origin(const float_planes& picture, int size, single at_y, single at_x) {
    constexpr int low = 2 - 24;
    constexpr auto lowest = static_cast<float>(low);
    at_x = held<single>(at_x, lowest, static_cast<float>(picture.width + 22 - size));
    at_y = held<single>(at_y, lowest, static_cast<float>(picture.height + 22 - size));
    // Positive before the truncation, so that it rounds down.
    x = static_cast<int>((at_x - lowest).value) + low;
    y = static_cast<int>((at_y - lowest).value) + low;
    part_x = at_x - static_cast<float>(x);
    part_y = at_y - static_cast<float>(y);
  }
};

/// Sums over the pixels of a patch, d the difference of the two pictures.
struct patch_sums {
  single d, square, by_x, by_y;
};
struct add_patch_sums {
  S2D_HD patch_sums operator()(const patch_sums& a, const patch_sums& b) const {
    return {a.d + b.d, a.square + b.square, a.by_x + b.by_x, a.by_y + b.by_y};
  }
};

/// How a patch differs from the picture at one place, both free of their means.
struct patch_match {
  single error;  // sum of squares
  single x, y;   // difference times gradient, summed
};

/// Two passes over the patches of a pair, the second backwards, by one block. Every patch begins at
/// the best of its own start and what its two neighbours met before it have found, so that the
/// patches of an anti-diagonal are independent of each other: some threads take one.
/// Lanes: of a patch, 1 to Width. Width: how many pixels of a row are added up side by side, a
/// power of two up to Size; the core's are as many as its vectors hold.
template <int Size, int Width, int Lanes>
struct search_patches {
  static constexpr int threads = 320;  // the longest diagonal of a frame of 854 x 480 at half size
  static constexpr int threads_of_one = Lanes;  // a block has a multiple of it
  static_assert(threads % Lanes == 0);
  static constexpr int columns = Size / Lanes;  // of a lane: itself, Lanes further, ...
  static constexpr int sums = Width / Lanes;
  struct shared {};
  flow_level level;
  int iterations;
  const flow_tensor* tensors;
  displacement* flows;

  /// A lane's part of a patch.
  struct pixels {
    single value[columns][Size], dx[columns][Size], dy[columns][Size];
  };
  struct patch {
    std::int64_t other;  // frame
    int top, left, lane;
    flow_tensor tensor;
    pixels mine;
  };

  S2D_DEVICE void read(const float_planes& picture, std::int64_t frame, patch& p) const {
    S2D_UNROLL
    for (int c = 0; c < columns; ++c) {
      S2D_UNROLL
      for (int y = 0; y < Size; ++y) {
        const int x = p.left + Lanes * c + p.lane;
        p.mine.value[c][y] = picture(frame, p.top + y, x);
        p.mine.dx[c][y] = derivative_x(picture, frame, p.top + y, x);
        p.mine.dy[c][y] = derivative_y(picture, frame, p.top + y, x);
      }
    }
  }

  /// The sums over a lane's pixels if the patch moves by `flow`.
  S2D_DEVICE patch_sums sums_at(const patch& p, displacement flow) const {
    const float_planes& picture = level.picture;
    const patch_origin from{picture, Size, static_cast<float>(p.top) + flow.y,
                            static_cast<float>(p.left) + flow.x};
    const int end = static_cast<int>(picture.width) - 1;
    patch_sums parts[sums] = {};
    S2D_UNROLL
    for (int c = 0; c < columns; ++c) {
      const int x = from.x + Lanes * c + p.lane;
      const int left = held(x, 0, end), right = held(x + 1, 0, end);
      const auto blend = [&](int y) {
        const single* const row = picture.row(p.other, y);
        return mixed(row[left], row[right], from.part_x);
      };
      patch_sums& to = parts[c % sums];
      single upper = blend(from.y);
      S2D_UNROLL
      for (int y = 0; y < Size; ++y) {
        const single lower = blend(from.y + y + 1);
        const single d = mixed(upper, lower, from.part_y) - p.mine.value[c][y];
        to.d += d;
        to.square += d * d;
        to.by_x += d * p.mine.dx[c][y];
        to.by_y += d * p.mine.dy[c][y];
        upper = lower;
      }
    }
    S2D_UNROLL
    for (int step = sums / 2; step > 0; step /= 2)
      for (int k = 0; k < step; ++k) parts[k] = add_patch_sums{}(parts[k], parts[k + step]);
    return parts[0];
  }

  /// Called by the whole block; what a patch that does not want it gets means nothing.
  template <class Block>
  S2D_DEVICE patch_match match(Block& block, bool wanted, const patch& p, displacement flow) const {
    patch_sums all{};
    if (wanted) all = sums_at(p, flow);
    all = block.template reduce_lanes<Lanes>(all, add_patch_sums{});
    const single mean = all.d * (1.0f / static_cast<float>(Size * Size));
    return {all.square - mean * all.d, all.by_x - mean * p.tensor.sum_x,
            all.by_y - mean * p.tensor.sum_y};
  }

  /// Gauss-Newton steps from `flow`, whose match is `at`, as long as the error falls.
  template <class Block>
  S2D_DEVICE displacement descend(Block& block, bool going, const patch& p, displacement flow,
                                  patch_match at, int most) const {
    constexpr float enough = 0.02f;
    const displacement start = flow;
    for (int k = 0; k < most && block.any(going); ++k) {
      const flow_tensor& t = p.tensor;
      const single step_x = t.xx * at.x + t.xy * at.y;
      const single step_y = t.xy * at.x + t.yy * at.y;
      const displacement next{flow.x - step_x, flow.y - step_y};
      const patch_match there = match(block, going, p, next);
      going = going && there.error < at.error;
      if (going) {
        flow = next;
        at = there;
      }
      going = going && !(step_x * step_x + step_y * step_y < enough * enough);
    }
    const single far_x = flow.x - start.x, far_y = flow.y - start.y;
    return far_x * far_x + far_y * far_y > static_cast<float>(Size * Size) ? start : flow;
  }

  /// Patch (i, j), counted from where the pass begins; of a thread that has none `here` is false.
  template <class Block>
  S2D_DEVICE void search(Block& block, std::int64_t pair, int pass, bool here, int i, int j) const {
    const flow_grid& grid = level.grid;
    const bool beside = here && j > 0, before = here && i > 0;
    const int row = pass == 0 ? i : grid.rows - 1 - i;
    const int column = pass == 0 ? j : grid.columns - 1 - j;
    const int back = pass == 0 ? -1 : 1;
    displacement* const all = flows + pair * grid.count();
    const std::int64_t at = std::int64_t{row} * grid.columns + column;
    patch p{};
    displacement flow{};
    if (here) {
      p = {level.frames.to(pair),
           grid.y(row),
           grid.x(column),
           block.thread() % Lanes,
           tensors[pair * grid.count() + at],
           {}};
      read(level.picture, level.frames.from(pair), p);
      flow = all[at];
    }
    patch_match best = match(block, here, p, flow);
    const auto offer = [&](bool there, std::int64_t neighbour) {
      const displacement candidate = there ? all[neighbour] : flow;
      const bool wanted = candidate.x.value != flow.x.value || candidate.y.value != flow.y.value;
      const patch_match found = match(block, wanted, p, candidate);
      if (wanted && found.error < best.error) {
        best = found;
        flow = candidate;
      }
    };
    offer(beside, at + back);
    offer(before, at + std::int64_t{back} * grid.columns);
    flow = descend(block, here, p, flow, best, iterations / 2 + (pass == 0 ? iterations % 2 : 0));
    block.sync_warp();  // all lanes of the patch have read the place that one now writes
    if (here && p.lane == 0) all[at] = flow;
  }

  template <class Block>
  S2D_DEVICE void operator()(Block& block, std::int64_t pair) const {
    const flow_grid& grid = level.grid;
    const int group = block.thread() / Lanes, groups = block.size() / Lanes;
    for (int pass = 0; pass < 2; ++pass)
      for (int d = 0; d < grid.rows + grid.columns - 1; ++d) {
        const int first = d < grid.columns ? 0 : d - grid.columns + 1;
        const int last = d < grid.rows ? d : grid.rows - 1;
        for (int i = first; i <= last; i += groups)
          search(block, pair, pass, i + group <= last, i + group, d - i - group);
        block.sync();  // the next diagonal reads what this one has found
      }
  }
};

/// Mean of the displacements of all patches over a pixel, weighted with 1 / max(1, |difference|),
/// added in the order of the patches.
struct densify_patches {
  flow_level level;
  const displacement* flows;
  chequered field;
  single* u;
  single* v;

  S2D_HD void operator()(std::int64_t n) const {
    const plane_place p = place_in(n, field.by_height, field.by_width);
    const flow_grid& grid = level.grid;
    const auto y = static_cast<int>(p.y), x = static_cast<int>(p.x);
    const int last_row = grid.last_row_over(y), last_column = grid.last_column_over(x);
    const single here = level.picture(level.frames.from(p.plane), y, x);
    const std::int64_t other = level.frames.to(p.plane);
    const displacement* const all = flows + p.plane * grid.count();
    single sum_u, sum_v, weight;
    for (int i = grid.first_over(y); i <= last_row; ++i)
      for (int j = grid.first_over(x); j <= last_column; ++j) {
        const displacement flow = all[std::int64_t{i} * grid.columns + j];
        const int top = grid.y(i), left = grid.x(j);
        const patch_origin from{level.picture, grid.size, static_cast<float>(top) + flow.y,
                                static_cast<float>(left) + flow.x};
        const auto blend = [&](int row) {
          const int at_y = from.y + row, at_x = from.x + x - left;
          return mixed(level.picture(other, at_y, at_x), level.picture(other, at_y, at_x + 1),
                       from.part_x);
        };
        const single d = mixed(blend(y - top), blend(y - top + 1), from.part_y) - here;
        const single square = d * d;
        const single w = square > 1.0f ? near_inverse_sqrt(square) : single{1};
        sum_u += w * flow.x;
        sum_v += w * flow.y;
        weight += w;
      }
    const single scale = 1.0f / weight;
    const std::int64_t to = field.at(p.plane, y, x);
    u[to] = sum_u * scale;
    v[to] = sum_v * scale;
  }
};

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
