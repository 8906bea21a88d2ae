// The work per pixel of colour conversion: s2d/core/lab.hpp, each operation rounded as there.
#pragma once

#include <cstdint>

#include <s2d/cuda/color_types.hpp>
#include <s2d/cuda/float16.hpp>
#include <s2d/cuda/detail/memory_words.hpp>
#include <s2d/cuda/detail/single.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// Light intensity of each of the 256 sRGB values, made on the host: a kernel carries it to device
/// memory, where threads of a warp may look up different entries at once.
struct light_table {
  static constexpr std::int64_t size = 256;
  float values[size];
};
struct write_light {
  light_table table;
  float* out;
  S2D_HD void operator()(std::int64_t i) const { out[i] = table.values[i]; }
};

struct lab_color {
  single l, a, b;
};

/// See s2d::detail::fast_cbrt.
S2D_HD inline single cube_root(single x) {
  single y = float_of(bits_of(x.value) / 3 + 709921077u);
  S2D_UNROLL
  for (int round = 0; round < 2; ++round) {
    const single cube = y * y * y;
    y = y * (cube + single{2} * x) / (single{2} * cube + x);
  }
  return y;
}

/// See s2d::detail::lab_curve.
S2D_HD inline single lab_curve(single t) {
  const single root = cube_root(t < 1e-5f ? single{1e-5f} : t);
  return t > 0.008856f ? root : single{7.787037f} * t + single{0.13793103f};
}

/// See s2d::detail::linear_to_lab.
S2D_HD inline lab_color lab_of(single r, single g, single b) {
  const auto mix = [&](float of_r, float of_g, float of_b) {
    return lab_curve(single{of_r} * r + single{of_g} * g + single{of_b} * b);
  };
  const single x = mix(0.43395291f, 0.37621941f, 0.18982783f);
  const single y = mix(0.21267127f, 0.71515972f, 0.07216901f);
  const single z = mix(0.01775776f, 0.10947651f, 0.87276571f);
  return {single{116} * y - single{16}, single{500} * (x - y), single{200} * (y - z)};
}

/// Pictures as a source of colours.
struct lab_source {
  rgb_batch in;
  const float* light;  // [256]

  [[nodiscard]] S2D_HD lab_color operator()(std::int64_t i, std::int64_t y, std::int64_t x) const {
    return lab_of(light[in.r(i, y, x)], light[in.g(i, y, x)], light[in.b(i, y, x)]);
  }
};

struct convert_to_lab {
  lab_source source;
  lab_batch out;

  S2D_HD void operator()(std::int64_t index) const {
    const quotient line = divide(index, out.l.width);
    const quotient place = divide(line.whole, out.l.height);
    const lab_color color = source(place.whole, place.rest, line.rest);
    out.l(place.whole, place.rest, line.rest) = color.l.value;
    out.a(place.whole, place.rest, line.rest) = color.a.value;
    out.b(place.whole, place.rest, line.rest) = color.b.value;
  }
};

template <class Executor>
void to_lab_on(const Executor& run, const rgb_batch& in, const light_table& table,
               const lab_batch& out) {
  if (out.l.empty()) return;
  auto light = run.template allocate<float>(light_table::size);
  run.for_each("to_lab", light_table::size, write_light{table, light.data()});
  run.for_each("to_lab", out.l.size(), convert_to_lab{{in, light.data()}, out});
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
