// What optical flow needs of one frame: a pyramid of pictures, gradients and patch tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <s2d/core/matrix.hpp>
#include <s2d/flow/detail/flow_scales.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::dense {

/// A float plane with a margin on all sides that repeats the border.
struct padded_plane {
  static constexpr std::ptrdiff_t margin = 24;

  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::ptrdiff_t stride = 0;
  std::vector<float> values;

  padded_plane() = default;
  padded_plane(std::ptrdiff_t rows, std::ptrdiff_t columns)
      : height{rows},
        width{columns},
        stride{(columns + 2 * margin + 15) / 16 * 16},
        values(static_cast<std::size_t>(stride * (rows + 2 * margin))) {}

  [[nodiscard]] float* row(std::ptrdiff_t y) {
    return values.data() + (y + margin) * stride + margin;
  }
  [[nodiscard]] const float* row(std::ptrdiff_t y) const {
    return values.data() + (y + margin) * stride + margin;
  }

  void fill_margin() {
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      float* line = row(y);
      for (std::ptrdiff_t x = 1; x <= margin; ++x) line[-x] = line[0];
      for (std::ptrdiff_t x = width; x < stride - margin; ++x) line[x] = line[width - 1];
    }
    const auto copy = [&](std::ptrdiff_t to, std::ptrdiff_t from) {
      const float* source = row(from) - margin;
      float* target = row(to) - margin;
      for (std::ptrdiff_t x = 0; x < stride; ++x) target[x] = source[x];
    };
    for (std::ptrdiff_t y = 1; y <= margin; ++y) {
      copy(-y, 0);
      copy(height - 1 + y, height - 1);
    }
  }
};

/// Where the square patches of one level stand: every `stride` pixels, the last one at the border.
struct patch_grid {
  std::ptrdiff_t rows = 0;
  std::ptrdiff_t columns = 0;
  std::ptrdiff_t stride = 0;
  std::ptrdiff_t last_y = 0;
  std::ptrdiff_t last_x = 0;

  patch_grid() = default;
  patch_grid(std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t size, std::ptrdiff_t step)
      : rows{(height - size + step - 1) / step + 1},
        columns{(width - size + step - 1) / step + 1},
        stride{step},
        last_y{height - size},
        last_x{width - size} {}

  [[nodiscard]] std::ptrdiff_t y(std::ptrdiff_t i) const {
    return i * stride < last_y ? i * stride : last_y;
  }
  [[nodiscard]] std::ptrdiff_t x(std::ptrdiff_t j) const {
    return j * stride < last_x ? j * stride : last_x;
  }
  [[nodiscard]] std::ptrdiff_t count() const { return rows * columns; }
};

/// Inverse of the mean-free structure tensor of a patch, and the sums of its gradients.
struct patch_tensor {
  float xx = 0, xy = 0, yy = 0;
  float sum_x = 0, sum_y = 0;
};

struct flow_level {
  padded_plane picture;
  padded_plane dx, dy;  // derivatives per pixel
  patch_grid grid;
  std::vector<patch_tensor> tensors;  // [grid.count()]
};

/// levels[0] is the finest used one (scale `finest`); each next one has half the size, rounded up.
struct flow_pyramid {
  std::ptrdiff_t height = 0;  ///< of the frame
  std::ptrdiff_t width = 0;
  std::vector<flow_level> levels;
};

/// Half the size, rounded up: binomial weights 1 3 3 1 in both directions around the centre of
/// every 2 x 2 pixels; the border repeats. Plain means of 2 x 2 pixels alias, which costs a sixth
/// of the accuracy of the flow.
template <class Row>
padded_plane halve(std::ptrdiff_t height, std::ptrdiff_t width, const Row& row) {
  padded_plane out((height + 1) / 2, (width + 1) / 2);
  std::vector<float> line(static_cast<std::size_t>(width + 4));
  float* blended = line.data() + 1;
  const auto held = [&](std::ptrdiff_t y) {
    return row(y < 0 ? std::ptrdiff_t{0} : (y < height ? y : height - 1));
  };
  for (std::ptrdiff_t y = 0; y < out.height; ++y) {
    const auto* a = held(2 * y - 1);
    const auto* b = held(2 * y);
    const auto* c = held(2 * y + 1);
    const auto* d = held(2 * y + 2);
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      blended[x] = 0.125f * (static_cast<float>(a[x]) + static_cast<float>(d[x])) +
                   0.375f * (static_cast<float>(b[x]) + static_cast<float>(c[x]));
    }
    blended[-1] = blended[0];
    blended[width] = blended[width + 1] = blended[width - 1];
    float* to = out.row(y);
    for (std::ptrdiff_t x = 0; x < out.width; ++x) {
      to[x] = 0.125f * (blended[2 * x - 1] + blended[2 * x + 2]) +
              0.375f * (blended[2 * x] + blended[2 * x + 1]);
    }
  }
  out.fill_margin();
  return out;
}

/// Central differences; the border repeats, so they are halved there. dx and dy have the size of
/// the picture, whose margin is read one pixel deep.
inline void differentiate_into(const padded_plane& picture, padded_plane& dx, padded_plane& dy) {
  for (std::ptrdiff_t y = 0; y < picture.height; ++y) {
    const float* above = picture.row(y - 1);
    const float* line = picture.row(y);
    const float* below = picture.row(y + 1);
    float* to_x = dx.row(y);
    float* to_y = dy.row(y);
    for (std::ptrdiff_t x = 0; x < picture.width; ++x) {
      to_x[x] = 0.5f * (line[x + 1] - line[x - 1]);
      to_y[x] = 0.5f * (below[x] - above[x]);
    }
  }
  dx.fill_margin();
  dy.fill_margin();
}

inline void prepare_patches(flow_level& level, std::ptrdiff_t size, std::ptrdiff_t stride) {
  level.grid = patch_grid(level.picture.height, level.picture.width, size, stride);
  level.tensors.resize(static_cast<std::size_t>(level.grid.count()));
  const auto area = static_cast<float>(size * size);
  std::size_t at = 0;
  for (std::ptrdiff_t i = 0; i < level.grid.rows; ++i) {
    for (std::ptrdiff_t j = 0; j < level.grid.columns; ++j, ++at) {
      float xx = 0, xy = 0, yy = 0, sx = 0, sy = 0;
      for (std::ptrdiff_t y = 0; y < size; ++y) {
        const float* gx = level.dx.row(level.grid.y(i) + y) + level.grid.x(j);
        const float* gy = level.dy.row(level.grid.y(i) + y) + level.grid.x(j);
        for (std::ptrdiff_t x = 0; x < size; ++x) {
          xx += gx[x] * gx[x];
          xy += gx[x] * gy[x];
          yy += gy[x] * gy[x];
          sx += gx[x];
          sy += gy[x];
        }
      }
      // The ridge keeps untextured patches where they are.
      const float a = xx - sx * sx / area + 0.05f * area;
      const float b = xy - sx * sy / area;
      const float c = yy - sy * sy / area + 0.05f * area;
      const float scale = 1.0f / (a * c - b * b);
      level.tensors[at] = {c * scale, -b * scale, a * scale, sx, sy};
    }
  }
}

/// `gray` is padded, border repeated, to at least one patch at the finest scale.
inline flow_pyramid build_pyramid(plane_view<const std::uint8_t> gray, int finest, int coarsest,
                                  std::ptrdiff_t size, std::ptrdiff_t stride) {
  flow_pyramid out{gray.height, gray.width, {}};
  const std::ptrdiff_t least = size << finest;
  const std::ptrdiff_t height = gray.height > least ? gray.height : least;
  const std::ptrdiff_t width = gray.width > least ? gray.width : least;
  padded_plane plane;
  int scale = 0;
  const bool as_is = width == gray.width && height == gray.height && gray.column_stride == 1;
  if (as_is && finest > 0) {
    plane = halve(height, width, [&](std::ptrdiff_t y) { return gray.row(y); });
    scale = 1;
  } else {
    plane = padded_plane(height, width);
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      const std::ptrdiff_t from = y < gray.height ? y : gray.height - 1;
      float* to = plane.row(y);
      for (std::ptrdiff_t x = 0; x < width; ++x)
        to[x] = static_cast<float>(gray(from, x < gray.width ? x : gray.width - 1));
    }
    plane.fill_margin();
  }
  const auto next = [](const padded_plane& p) {
    return halve(p.height, p.width, [&](std::ptrdiff_t y) { return p.row(y); });
  };
  for (; scale < finest; ++scale) plane = next(plane);
  for (;; ++scale) {
    flow_level level;
    level.picture = static_cast<padded_plane&&>(plane);
    level.dx = padded_plane(level.picture.height, level.picture.width);
    level.dy = level.dx;
    differentiate_into(level.picture, level.dx, level.dy);
    prepare_patches(level, size, stride);
    if (scale < coarsest) plane = next(level.picture);
    out.levels.push_back(static_cast<flow_level&&>(level));
    if (scale >= coarsest) return out;
  }
}

}  // namespace detail::dense
}  // namespace s2d::inline S2D_ABI
