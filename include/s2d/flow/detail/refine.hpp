// Variational refinement of a flow field: robust data and smoothness terms, red-black relaxation.
#pragma once

#include <cstddef>

#include <s2d/flow/detail/refine_terms.hpp>

namespace s2d::inline S2D_ABI {
namespace detail::dense {

struct refine_weights {
  float smoothness = 20.0f;  // alpha
  float brightness = 5.0f;   // delta
  float gradient = 10.0f;    // gamma
  float relaxation = 1.6f;   // omega
  int sweeps = 5;
};

/// Weights of the edges between a pixel and its right and lower neighbours:
/// alpha / sqrt(|grad u|^2 + |grad v|^2 + epsilon^2), 0 over the border.
inline void weigh_edges(chequered_planes& planes, float alpha) {
  constexpr float epsilon_square = 1e-4f;
  const std::ptrdiff_t height = planes.height, width = planes.width, half = planes.half;
  for (const std::ptrdiff_t plane : {plane_u, plane_v}) {
    for (std::ptrdiff_t y = 0; y < height; ++y)
      planes.at(plane, y, width & 1)[width / 2] =
          planes.at(plane, y, (width - 1) & 1)[(width - 1) / 2];
    for (const std::ptrdiff_t parity : {0, 1}) {
      const float* from = planes.at(plane, height - 1, parity);
      float* to = planes.at(plane, height, parity);
      for (std::ptrdiff_t k = 0; k < half; ++k) to[k] = from[k];
    }
  }
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (const std::ptrdiff_t parity : {0, 1}) {
      const float* u = planes.at(plane_u, y, parity);
      const float* v = planes.at(plane_v, y, parity);
      const float* u_right = planes.at(plane_u, y, 1 - parity) + parity;
      const float* v_right = planes.at(plane_v, y, 1 - parity) + parity;
      const float* u_below = planes.at(plane_u, y + 1, parity);
      const float* v_below = planes.at(plane_v, y + 1, parity);
      float* right = planes.at(edge_right, y, parity);
      float* below = planes.at(edge_below, y, parity);
      for (std::ptrdiff_t k = 0; k < half; k += lane_count) {
        const auto get = [k](const float* from) { return load<float_lanes>(from + k); };
        const float_lanes ux = get(u_right) - get(u), uy = get(u_below) - get(u);
        const float_lanes vx = get(v_right) - get(v), vy = get(v_below) - get(v);
        const float_lanes weight = alpha * inverse_sqrt<lane_count>(ux * ux + uy * uy + vx * vx +
                                                                    vy * vy + epsilon_square);
        store(right + k, weight);
        store(below + k, y + 1 < height ? weight : float_lanes{});
      }
    }
    planes.at(edge_right, y, (width - 1) & 1)[(width - 1) / 2] = 0.0f;
  }
}

/// The 2 x 2 system of every pixel, its matrix inverted.
inline void build_systems(chequered_planes& planes, const refine_weights& weights) {
  constexpr float epsilon_square = 1e-4f;
  for (std::ptrdiff_t y = 0; y < planes.height; ++y) {
    for (const std::ptrdiff_t parity : {0, 1}) {
      const float* in[edge_right];
      for (std::ptrdiff_t p = 0; p < edge_right; ++p) in[p] = planes.at(p, y, parity);
      const float* right = planes.at(edge_right, y, parity);
      const float* left = planes.at(edge_right, y, 1 - parity) + parity - 1;
      const float* below = planes.at(edge_below, y, parity);
      const float* above = planes.at(edge_below, y - 1, parity);
      float* out[5];
      for (std::ptrdiff_t p = 0; p < 5; ++p) out[p] = planes.at(inverse_xx + p, y, parity);
      for (std::ptrdiff_t k = 0; k < planes.half; k += lane_count) {
        const auto get = [k](const float* from) { return load<float_lanes>(from + k); };
        const float_lanes u = get(in[plane_u]), v = get(in[plane_v]);
        const float_lanes bx = get(in[brightness_x]), by = get(in[brightness_y]),
                          bz = get(in[brightness_z]);
        const float_lanes gx = get(in[gradient_x_x]), gy = get(in[gradient_x_y]),
                          gz = get(in[gradient_x_z]);
        const float_lanes hx = get(in[gradient_y_x]), hy = get(in[gradient_y_y]),
                          hz = get(in[gradient_y_z]);
        const float_lanes rb = bx * u + by * v + bz;
        const float_lanes rg = gx * u + gy * v + gz;
        const float_lanes rh = hx * u + hy * v + hz;
        const float_lanes wb =
            weights.brightness * inverse_sqrt<lane_count>(rb * rb + epsilon_square);
        const float_lanes wg =
            weights.gradient * inverse_sqrt<lane_count>(rg * rg + rh * rh + epsilon_square);
        const float_lanes edges = get(right) + get(left) + get(below) + get(above) + 1e-6f;
        const float_lanes xx = wb * bx * bx + wg * (gx * gx + hx * hx) + edges;
        const float_lanes xy = wb * bx * by + wg * (gx * gy + hx * hy);
        const float_lanes yy = wb * by * by + wg * (gy * gy + hy * hy) + edges;
        // At least edges * (xx + yy - edges) but for rounding, which can leave 0 of it.
        const float_lanes determinant = xx * yy - xy * xy, least = 0.5f * edges * (xx + yy - edges);
        const float_lanes scale = 1.0f / (determinant > least ? determinant : least);
        store(out[0] + k, yy * scale);
        store(out[1] + k, -xy * scale);
        store(out[2] + k, xx * scale);
        store(out[3] + k, -(wb * bx * bz + wg * (gx * gz + hx * hz)));
        store(out[4] + k, -(wb * by * bz + wg * (gy * gz + hy * hz)));
      }
    }
  }
}

/// Over-relaxes the pixels of one colour of one row.
inline void relax_row(chequered_planes& planes, std::ptrdiff_t y, std::ptrdiff_t parity,
                      float omega) {
  float* u = planes.at(plane_u, y, parity);
  float* v = planes.at(plane_v, y, parity);
  const float* u_side = planes.at(plane_u, y, 1 - parity) + parity;
  const float* v_side = planes.at(plane_v, y, 1 - parity) + parity;
  const float* u_above = planes.at(plane_u, y - 1, parity);
  const float* v_above = planes.at(plane_v, y - 1, parity);
  const float* u_below = planes.at(plane_u, y + 1, parity);
  const float* v_below = planes.at(plane_v, y + 1, parity);
  const float* right = planes.at(edge_right, y, parity);
  const float* left = planes.at(edge_right, y, 1 - parity) + parity - 1;
  const float* below = planes.at(edge_below, y, parity);
  const float* above = planes.at(edge_below, y - 1, parity);
  const float* xx = planes.at(inverse_xx, y, parity);
  const float* xy = planes.at(inverse_xy, y, parity);
  const float* yy = planes.at(inverse_yy, y, parity);
  const float* side_x = planes.at(right_side_x, y, parity);
  const float* side_y = planes.at(right_side_y, y, parity);
  for (std::ptrdiff_t k = 0; k < planes.half; k += lane_count) {
    const auto get = [k](const float* from) { return load<float_lanes>(from + k); };
    const float_lanes wr = get(right), wl = get(left), wb = get(below), wa = get(above);
    const float_lanes sx = get(side_x) + wr * get(u_side) + wl * get(u_side - 1) +
                           wb * get(u_below) + wa * get(u_above);
    const float_lanes sy = get(side_y) + wr * get(v_side) + wl * get(v_side - 1) +
                           wb * get(v_below) + wa * get(v_above);
    const float_lanes ixy = get(xy);
    const float_lanes old_u = get(u), old_v = get(v);
    store(u + k, old_u + omega * (get(xx) * sx + ixy * sy - old_u));
    store(v + k, old_v + omega * (ixy * sx + get(yy) * sy - old_v));
  }
}

/// Improves (u, v) in place: `rounds` times new weights, each with some sweeps of relaxation.
/// here and there: the two pictures of the level, u and v of the same size.
inline void refine(const padded_plane& here, const padded_plane& there,
                   const refine_weights& weights, int rounds, padded_plane& u, padded_plane& v,
                   refine_scratch& scratch) {
  if (rounds <= 0) return;
  scratch.fit(here.height, here.width);
  linearise(here, there, u, v, scratch);
  chequered_planes& planes = scratch.planes;
  for (std::ptrdiff_t y = 0; y < u.height; ++y) {
    planes.split(plane_u, y, u.row(y));
    planes.split(plane_v, y, v.row(y));
  }
  for (int round = 0; round < rounds; ++round) {
    weigh_edges(planes, weights.smoothness);
    build_systems(planes, weights);
    for (int sweep = 0; sweep < weights.sweeps; ++sweep)
      for (const std::ptrdiff_t colour : {0, 1})
        for (std::ptrdiff_t y = 0; y < u.height; ++y)
          relax_row(planes, y, (y + colour) & 1, weights.relaxation);
  }
  for (std::ptrdiff_t y = 0; y < u.height; ++y) {
    planes.join(plane_u, y, u.row(y));
    planes.join(plane_v, y, v.row(y));
  }
}

}  // namespace detail::dense
}  // namespace s2d::inline S2D_ABI
