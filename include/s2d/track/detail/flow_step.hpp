// One step of many points along a flow field and back, eight points at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <s2d/flow/field.hpp>

namespace s2d::inline S2D_ABI {
namespace detail {

inline constexpr std::size_t step_lanes = 8;
typedef float step_floats __attribute__((vector_size(step_lanes * sizeof(float))));
typedef std::int32_t step_integers __attribute__((vector_size(step_lanes * sizeof(float))));

// Values of a plane at eight offsets.
[[gnu::always_inline]] inline void gather(const float* plane, const step_integers& at,
                                          step_floats& out) noexcept {
#if defined(__AVX2__)
  out = _mm256_i32gather_ps(plane, reinterpret_cast<const __m256i&>(at), 4);
#else
  for (std::size_t k = 0; k < step_lanes; ++k) out[k] = plane[at[k]];
#endif
}

// Bilinear values of both planes of a field at eight places; outside, the border is continued, and
// a coordinate that is not a number reads as 0.
[[gnu::always_inline]] inline void sample_field(const flow_field& field, const step_floats& x,
                                                const step_floats& y, step_floats& u,
                                                step_floats& v) noexcept {
  const auto height = static_cast<std::int32_t>(field.height());
  const auto width = static_cast<std::int32_t>(field.width());
  const step_floats zero{}, last_x = zero + static_cast<float>(width - 1),
                            last_y = zero + static_cast<float>(height - 1);
  step_floats cx = x > zero ? x : zero, cy = y > zero ? y : zero;
  cx = cx < last_x ? cx : last_x;
  cy = cy < last_y ? cy : last_y;
  const step_integers left = __builtin_convertvector(cx, step_integers);
  const step_integers top = __builtin_convertvector(cy, step_integers);
  const step_floats wx = cx - __builtin_convertvector(left, step_floats);
  const step_floats wy = cy - __builtin_convertvector(top, step_floats);
  const step_integers at = top * width + left;
  const step_integers right = at - (left < width - 1);  // a comparison that holds is -1
  const step_integers below = (top < height - 1) & width;
  const step_integers under = at + below, corner = right + below;
  const auto one = [&](const float* plane, step_floats& out) __attribute__((always_inline)) {
    step_floats a, b, c, d;
    gather(plane, at, a);
    gather(plane, right, b);
    gather(plane, under, c);
    gather(plane, corner, d);
    const step_floats upper = a + wx * (b - a), lower = c + wx * (d - c);
    out = upper + wy * (lower - upper);
  };
  one(field.u.data(), u);
  one(field.v.data(), v);
}

// Points on their way through a video, in pixels of the flow grid. Arrays are padded to whole
// vectors with points that stay in the corner of the frame.
struct flow_walk {
  std::size_t size;
  std::vector<float> x, y;
  std::vector<std::int32_t> valid;  // -1, or 0 once the flow was not finite: the point rests
  std::vector<std::int32_t> seen;   // -1 or 0

  explicit flow_walk(std::size_t n)
      : size{n},
        x((n + step_lanes - 1) / step_lanes * step_lanes),
        y(x.size()),
        valid(x.size(), -1),
        seen(x.size(), -1) {}

  // One frame on.
  // tolerance, relative: of the squared distance by which going there and back may miss
  void step(const flow_field& there, const flow_field& back, float tolerance,
            float relative) noexcept {
    constexpr float far = 1e7f;  // further away than any frame is large
    const float right = static_cast<float>(there.width()) - 0.5f;
    const float bottom = static_cast<float>(there.height()) - 0.5f;
    for (std::size_t i = 0; i < x.size(); i += step_lanes) {
      step_floats px, py, fu, fv, bu, bv;
      step_integers ok;
      std::memcpy(&px, x.data() + i, sizeof px);
      std::memcpy(&py, y.data() + i, sizeof py);
      std::memcpy(&ok, valid.data() + i, sizeof ok);
      sample_field(there, px, py, fu, fv);
      const step_floats nx = px + fu, ny = py + fv;
      sample_field(back, nx, ny, bu, bv);
      const step_floats du = fu + bu, dv = fv + bv;
      const step_floats error = du * du + dv * dv;
      const step_floats length = fu * fu + fv * fv + bu * bu + bv * bv;
      // A comparison with a value that is not a number does not hold.
      ok &= (nx > -far) & (nx < far) & (ny > -far) & (ny < far);
      const step_integers inside = (nx >= -0.5f) & (nx <= right) & (ny >= -0.5f) & (ny <= bottom);
      const step_integers visible = ok & inside & (error < tolerance + relative * length);
      px = ok ? nx : px;
      py = ok ? ny : py;
      std::memcpy(x.data() + i, &px, sizeof px);
      std::memcpy(y.data() + i, &py, sizeof py);
      std::memcpy(valid.data() + i, &ok, sizeof ok);
      std::memcpy(seen.data() + i, &visible, sizeof visible);
    }
  }

  // From here on nothing is known.
  void lose() noexcept {
    for (std::int32_t& v : valid) v = 0;
    for (std::int32_t& s : seen) s = 0;
  }
};

}  // namespace detail
}  // namespace s2d::inline S2D_ABI
