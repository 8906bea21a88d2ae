// The linearised data terms of the variational refinement, laid out for a red-black solver.
#pragma once

#include <cstddef>
#include <vector>

#include <s2d/core/detail/lanes.hpp>
#include <s2d/flow/detail/flow_pyramid.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::dense {

/// Planes whose rows hold first the pixels of even, then those of odd columns, so that the pixels
/// of one colour of the chequerboard and all their neighbours lie side by side. Around every half
/// row and above and below there is room for reads beyond the border.
class chequered_planes {
 public:
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::ptrdiff_t half = 0;  ///< pixels of a half row, rounded up to whole vectors

  chequered_planes() = default;
  chequered_planes(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t planes)
      : height{rows},
        width{columns},
        half{((columns + 1) / 2 + lane_count - 1) / lane_count * lane_count},
        values_(static_cast<std::size_t>(planes * (rows + 2) * row_size())) {}

  /// Pixel (y, 2 k + parity) of a plane is at [k]; -1 <= y <= height.
  [[nodiscard]] float* at(std::ptrdiff_t plane, std::ptrdiff_t y, std::ptrdiff_t parity) {
    return values_.data() + (plane * (height + 2) + y + 1) * row_size() +
           parity * (half + lane_count) + lane_count;
  }

  void split(std::ptrdiff_t plane, std::ptrdiff_t y, const float* row) {
    float* even = at(plane, y, 0);
    float* odd = at(plane, y, 1);
    for (std::ptrdiff_t k = 0; k < width / 2; ++k) {
      even[k] = row[2 * k];
      odd[k] = row[2 * k + 1];
    }
    if (width % 2 != 0) even[width / 2] = row[width - 1];
  }
  void join(std::ptrdiff_t plane, std::ptrdiff_t y, float* row) {
    const float* even = at(plane, y, 0);
    const float* odd = at(plane, y, 1);
    for (std::ptrdiff_t k = 0; k < width / 2; ++k) {
      row[2 * k] = even[k];
      row[2 * k + 1] = odd[k];
    }
    if (width % 2 != 0) row[width - 1] = even[width / 2];
  }

 private:
  [[nodiscard]] std::ptrdiff_t row_size() const { return 2 * half + 3 * lane_count; }
  std::vector<float> values_;
};

/// What the planes hold. The three residuals of a pixel are x * u + y * v + z, each divided by
/// the length of its gradient: brightness, and the two components of the gradient.
enum refine_plane : std::ptrdiff_t {
  plane_u,
  plane_v,
  brightness_x,
  brightness_y,
  brightness_z,
  gradient_x_x,
  gradient_x_y,
  gradient_x_z,
  gradient_y_x,
  gradient_y_y,
  gradient_y_z,
  edge_right,
  edge_below,
  inverse_xx,
  inverse_xy,
  inverse_yy,
  right_side_x,
  right_side_y,
  refine_plane_count,
};

/// out(p) = picture(p + flow(p)), bilinear; the margin repeats the border.
/// inside(p) is 1 where p + flow(p) lies between pixel centres, else 0.
inline void warp_level(const padded_plane& picture, const padded_plane& u, const padded_plane& v,
                       padded_plane& out, padded_plane& inside) {
  const auto last_x = static_cast<float>(picture.width - 1);
  const auto last_y = static_cast<float>(picture.height - 1);
  const float* values = picture.row(0);
  const auto stride = static_cast<int>(picture.stride);
  for (std::ptrdiff_t y = 0; y < picture.height; ++y) {
    const float* at_u = u.row(y);
    const float* at_v = v.row(y);
    float* to = out.row(y);
    float* in = inside.row(y);
    const auto row = static_cast<float>(y);
    for (int x = 0; x < static_cast<int>(picture.width); ++x) {
      const float px = static_cast<float>(x) + at_u[x];
      const float py = row + at_v[x];
      float cx = px > 0.0f ? px : 0.0f;  // also where it is not a number
      float cy = py > 0.0f ? py : 0.0f;
      cx = cx < last_x ? cx : last_x;
      cy = cy < last_y ? cy : last_y;
      in[x] = cx == px && cy == py ? 1.0f : 0.0f;
      const int ix = static_cast<int>(cx), iy = static_cast<int>(cy);
      const float fx = cx - static_cast<float>(ix), fy = cy - static_cast<float>(iy);
      const int at = iy * stride + ix;
      const float a = values[at] + fx * (values[at + 1] - values[at]);
      const float b = values[at + stride] + fx * (values[at + stride + 1] - values[at + stride]);
      to[x] = a + fy * (b - a);
    }
  }
  out.fill_margin();
}

/// Scratch of one level, reused from call to call.
struct refine_scratch {
  padded_plane warped, inside, mean, change, mean_x, mean_y, change_x, change_y;
  padded_plane terms;  // one row of each residual coefficient
  chequered_planes planes;

  void fit(std::ptrdiff_t height, std::ptrdiff_t width) {
    if (warped.height == height && warped.width == width) return;
    for (padded_plane* plane :
         {&warped, &inside, &mean, &change, &mean_x, &mean_y, &change_x, &change_y})
      *plane = padded_plane(height, width);
    terms = padded_plane(9, width);
    planes = chequered_planes(height, width, refine_plane_count);
  }
};

/// Fills the planes of the residuals, linearised around (u, v).
inline void linearise(const padded_plane& here, const padded_plane& there, const padded_plane& u,
                      const padded_plane& v, refine_scratch& s) {
  constexpr float least_square = 0.01f;
  const std::ptrdiff_t height = here.height, width = here.width;
  warp_level(there, u, v, s.warped, s.inside);
  for (std::ptrdiff_t y = -1; y <= height; ++y) {
    const float* a = here.row(y);
    const float* b = s.warped.row(y);
    float* mean = s.mean.row(y);
    float* change = s.change.row(y);
    for (std::ptrdiff_t x = -1; x <= width; ++x) {
      mean[x] = 0.5f * (a[x] + b[x]);
      change[x] = b[x] - a[x];
    }
  }
  differentiate_into(s.mean, s.mean_x, s.mean_y);
  differentiate_into(s.change, s.change_x, s.change_y);
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    const float* in = s.inside.row(y);
    const float* at_u = u.row(y);
    const float* at_v = v.row(y);
    const float* z = s.change.row(y);
    const float* zx = s.change_x.row(y);
    const float* zy = s.change_y.row(y);
    const float* mx = s.mean_x.row(y);
    const float* my = s.mean_y.row(y);
    const float* mx_above = s.mean_x.row(y - 1);
    const float* mx_below = s.mean_x.row(y + 1);
    const float* my_above = s.mean_y.row(y - 1);
    const float* my_below = s.mean_y.row(y + 1);
    float* out[9];
    for (std::ptrdiff_t k = 0; k < 9; ++k) out[k] = s.terms.row(k);
    for (std::ptrdiff_t x = 0; x < width; x += lane_count) {
      const auto get = [x](const float* from) { return load<float_lanes>(from + x); };
      const auto put = [&](int first, const float_lanes& gx, const float_lanes& gy,
                           const float_lanes& gz) {
        const float_lanes scale =
            get(in) * inverse_sqrt<lane_count>(gx * gx + gy * gy + least_square);
        store(out[first] + x, scale * gx);
        store(out[first + 1] + x, scale * gy);
        store(out[first + 2] + x, scale * (gz - gx * get(at_u) - gy * get(at_v)));
      };
      put(0, get(mx), get(my), get(z));
      const float_lanes xx = 0.5f * (get(mx + 1) - get(mx - 1));
      const float_lanes xy = 0.5f * (get(mx_below) - get(mx_above));
      const float_lanes yy = 0.5f * (get(my_below) - get(my_above));
      put(3, xx, xy, get(zx));
      put(6, xy, yy, get(zy));
    }
    for (std::ptrdiff_t k = 0; k < 9; ++k) s.planes.split(brightness_x + k, y, out[k]);
  }
}

}  // namespace detail::dense
}  // namespace s2d::inline S2D_ABI
