// Variational refinement of flow on a device: robust data and smoothness terms, red-black
// relaxation. Expressions are the core's, term by term, and so are the bits.
#pragma once

#include <cstdint>

#include <s2d/cuda/detail/flow_search.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

struct refine_weights {
  float smoothness, brightness, gradient, relaxation;
};

/// Floats of one pixel in every plane, [planes][count, height, 2, half]. The three residuals of a
/// pixel are x * u + y * v + z: brightness, and the two components of the gradient.
enum refine_plane : int {
  plane_brightness,       // x, y, z
  plane_gradient_x = 3,   // x, y, z
  plane_gradient_y = 6,   // x, y, z
  plane_edge = 9,         // weight of the edges to the right and lower neighbour
  plane_inverse = 10,     // xx, xy, yy of the inverted 2 x 2 matrix
  plane_right_side = 13,  // x, y
  refine_plane_count = 15,
};

/// What is refined, and the working memory.
struct refine_field {
  chequered layout;
  std::int64_t pairs;
  single* u;
  single* v;
  single* planes;

  [[nodiscard]] S2D_HD single& plane(int which, std::int64_t at) const {
    return planes[which * layout.size(pairs) + at];
  }
};

/// warped(p) = there(p + flow(p)), bilinear; the border repeats.
struct warp_level {
  flow_level level;
  refine_field field;
  float_planes warped;  // [pairs]

  S2D_HD void operator()(std::int64_t i) const {
    const plane_place p = place_in(i, field.layout.by_height, field.layout.by_width);
    const std::int64_t at = field.layout.at(p.plane, p.y, p.x);
    const single px = static_cast<float>(static_cast<std::int32_t>(p.x)) + field.u[at];
    const single py = static_cast<float>(static_cast<std::int32_t>(p.y)) + field.v[at];
    const auto cx = held<single>(px, 0.0f, static_cast<float>(warped.width - 1));
    const auto cy = held<single>(py, 0.0f, static_cast<float>(warped.height - 1));
    const auto ix = static_cast<std::int32_t>(cx.value), iy = static_cast<std::int32_t>(cy.value);
    const single fx = cx - static_cast<float>(ix), fy = cy - static_cast<float>(iy);
    const std::int64_t frame = level.frames.to(p.plane);
    const auto blend = [&](std::int64_t y) {
      return mixed(level.picture(frame, y, ix), level.picture(frame, y, ix + 1), fx);
    };
    warped.data[i] = mixed(blend(iy), blend(iy + 1), fy);
  }
};

/// The residuals, linearised around (u, v); none where p + flow(p) lies outside.
struct linearise_residuals {
  flow_level level;
  refine_field field;
  float_planes warped;

  S2D_HD void operator()(std::int64_t i) const {
    const plane_place p = place_in(i, field.layout.by_height, field.layout.by_width);
    const std::int64_t frame = level.frames.from(p.plane), y = p.y, x = p.x;
    const std::int64_t up = y > 0 ? y - 1 : y, down = y + 1 < warped.height ? y + 1 : y;
    const std::int64_t left = x > 0 ? x - 1 : x, right = x + 1 < warped.width ? x + 1 : x;
    const auto mean = [&](std::int64_t row, std::int64_t column) {
      return 0.5f * (level.picture(frame, row, column) + warped(p.plane, row, column));
    };
    const auto change = [&](std::int64_t row, std::int64_t column) {
      return warped(p.plane, row, column) - level.picture(frame, row, column);
    };
    const auto mean_x = [&](std::int64_t row, std::int64_t column) {
      return 0.5f * (mean(row, column + 1) - mean(row, column - 1));
    };
    const auto mean_y = [&](std::int64_t row, std::int64_t column) {
      return 0.5f * (mean(row + 1, column) - mean(row - 1, column));
    };
    const std::int64_t at = field.layout.at(p.plane, y, x);
    const single u = field.u[at], v = field.v[at];
    const single px = static_cast<float>(x) + u, py = static_cast<float>(y) + v;
    const bool inside = px.value >= 0 && px.value <= static_cast<float>(warped.width - 1) &&
                        py.value >= 0 && py.value <= static_cast<float>(warped.height - 1);
    const auto put = [&](int first, single gx, single gy, single gz) {
      constexpr float least_square = 0.01f;
      const single scale = inside ? near_inverse_sqrt(gx * gx + gy * gy + least_square) : single{0};
      field.plane(first, at) = scale * gx;
      field.plane(first + 1, at) = scale * gy;
      field.plane(first + 2, at) = scale * (gz - gx * u - gy * v);
    };
    put(plane_brightness, mean_x(y, x), mean_y(y, x), change(y, x));
    const single xx = 0.5f * (mean_x(y, right) - mean_x(y, left));
    const single xy = 0.5f * (mean_x(down, x) - mean_x(up, x));
    const single yy = 0.5f * (mean_y(down, x) - mean_y(up, x));
    put(plane_gradient_x, xx, xy, 0.5f * (change(y, x + 1) - change(y, x - 1)));
    put(plane_gradient_y, xy, yy, 0.5f * (change(y + 1, x) - change(y - 1, x)));
  }
};

/// The weight of the edges of every pixel, and its 2 x 2 system, the matrix inverted.
struct build_systems {
  refine_field field;
  refine_weights weights;

  /// smoothness / sqrt(|grad u|^2 + |grad v|^2 + epsilon^2)
  [[nodiscard]] S2D_HD single edge(std::int64_t plane, std::int64_t y, std::int64_t x) const {
    constexpr float epsilon_square = 1e-4f;
    const chequered& layout = field.layout;
    const std::int64_t at = layout.at(plane, y, x), right = layout.near(plane, y, x + 1),
                       below = layout.near(plane, y + 1, x);
    const single ux = field.u[right] - field.u[at], uy = field.u[below] - field.u[at];
    const single vx = field.v[right] - field.v[at], vy = field.v[below] - field.v[at];
    return weights.smoothness *
           near_inverse_sqrt(ux * ux + uy * uy + vx * vx + vy * vy + epsilon_square);
  }
  S2D_HD void operator()(std::int64_t i) const {
    constexpr float epsilon_square = 1e-4f;
    const chequered& layout = field.layout;
    const plane_place p = place_in(i, layout.by_height, layout.by_width);
    const std::int64_t at = layout.at(p.plane, p.y, p.x);
    const auto term = [&](int which) { return field.plane(which, at); };
    const single own = edge(p.plane, p.y, p.x);
    const single right = p.x + 1 < layout.width ? own : 0.0f;
    const single left = p.x > 0 ? edge(p.plane, p.y, p.x - 1) : 0.0f;
    const single below = p.y + 1 < layout.height ? own : 0.0f;
    const single above = p.y > 0 ? edge(p.plane, p.y - 1, p.x) : 0.0f;
    const single u = field.u[at], v = field.v[at];
    const single bx = term(plane_brightness), by = term(plane_brightness + 1),
                 bz = term(plane_brightness + 2);
    const single gx = term(plane_gradient_x), gy = term(plane_gradient_x + 1),
                 gz = term(plane_gradient_x + 2);
    const single hx = term(plane_gradient_y), hy = term(plane_gradient_y + 1),
                 hz = term(plane_gradient_y + 2);
    const single rb = bx * u + by * v + bz;
    const single rg = gx * u + gy * v + gz;
    const single rh = hx * u + hy * v + hz;
    const single wb = weights.brightness * near_inverse_sqrt(rb * rb + epsilon_square);
    const single wg = weights.gradient * near_inverse_sqrt(rg * rg + rh * rh + epsilon_square);
    const single edges = right + left + below + above + 1e-6f;
    const single xx = wb * bx * bx + wg * (gx * gx + hx * hx) + edges;
    const single xy = wb * bx * by + wg * (gx * gy + hx * hy);
    const single yy = wb * by * by + wg * (gy * gy + hy * hy) + edges;
    const single determinant = xx * yy - xy * xy, least = 0.5f * edges * (xx + yy - edges);
    const single scale = 1.0f / (determinant > least ? determinant : least);
    field.plane(plane_edge, at) = own;
    field.plane(plane_inverse, at) = yy * scale;
    field.plane(plane_inverse + 1, at) = -xy * scale;
    field.plane(plane_inverse + 2, at) = xx * scale;
    field.plane(plane_right_side, at) = -(wb * bx * bz + wg * (gx * gz + hx * hz));
    field.plane(plane_right_side + 1, at) = -(wb * by * bz + wg * (gy * gz + hy * hz));
  }
};

/// Over-relaxes the pixels of one colour, half a row of `half` each.
struct relax_colour {
  refine_field field;
  float relaxation;
  int colour;

  S2D_HD void operator()(std::int64_t i) const {
    const chequered& layout = field.layout;
    const plane_place p = place_in(i, layout.by_height, layout.by_half);
    const auto y = static_cast<std::int32_t>(p.y), column = static_cast<std::int32_t>(p.x);
    const std::int32_t odd = (y + colour) & 1, x = 2 * column + odd;
    const bool is_last = x + 1 == static_cast<std::int32_t>(layout.width);
    const bool is_lowest = y + 1 == static_cast<std::int32_t>(layout.height);
    if (x >= static_cast<std::int32_t>(layout.width)) return;
    // i counts half rows; the neighbours of a row lie in its other half. The border repeats.
    const std::int64_t even_at = 2 * i - column, odd_at = even_at + layout.half;
    const std::int64_t at = odd != 0 ? odd_at : even_at, next = (odd != 0 ? even_at : odd_at) + odd;
    const std::int64_t right = is_last ? at : next, left = x > 0 ? next - 1 : at;
    const std::int64_t below = is_lowest ? at : at + 2 * layout.half;
    const std::int64_t above = y > 0 ? at - 2 * layout.half : at;
    const single own = field.plane(plane_edge, at);
    const single of_left = field.plane(plane_edge, left), of_above = field.plane(plane_edge, above);
    const single wr = is_last ? 0.0f : own;
    const single wl = x > 0 ? of_left : 0.0f;
    const single wb = is_lowest ? 0.0f : own;
    const single wa = y > 0 ? of_above : 0.0f;
    const auto pull = [&](int side, const single* of) {
      return field.plane(plane_right_side + side, at) + wr * of[right] + wl * of[left] +
             wb * of[below] + wa * of[above];
    };
    const single sx = pull(0, field.u), sy = pull(1, field.v);
    const single xx = field.plane(plane_inverse, at), xy = field.plane(plane_inverse + 1, at),
                 yy = field.plane(plane_inverse + 2, at);
    const single u = field.u[at], v = field.v[at];
    field.u[at] = u + relaxation * (xx * sx + xy * sy - u);
    field.v[at] = v + relaxation * (xy * sx + yy * sy - v);
  }
};

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
