// Coarse-to-fine flow of many pairs on a device: the steps, and the work of the first and the last.
#pragma once

#include <cstdint>

#include <s2d/cuda/flow_types.hpp>
#include <s2d/cuda/detail/flow_refine.hpp>
#include <s2d/cuda/detail/flow_search.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// s2d::flow_options, checked, and the scale at which the search begins.
struct flow_settings {
  int finest, coarsest, patch_size, patch_stride, iterations, rounds, sweeps;
  refine_weights weights;
};

/// Where the fields of all pairs go: the first to `forward`, the rest to `backward`.
struct flow_outputs {
  mutable_flow_batch forward, backward;
};

/// Scales of a frame, which is extended to a patch at the finest.
struct flow_scales {
  std::int64_t frames, height, width;
  flow_scales(const flow_frames& of, const flow_settings& set)
      : frames{of.count()}, height{of.first.height}, width{of.first.width} {
    const std::int64_t least = std::int64_t{set.patch_size} << set.finest;
    height = height > least ? height : least;
    width = width > least ? width : least;
  }
  [[nodiscard]] std::int64_t rows(int scale) const {
    return (height + (std::int64_t{1} << scale) - 1) >> scale;
  }
  [[nodiscard]] std::int64_t columns(int scale) const {
    return (width + (std::int64_t{1} << scale) - 1) >> scale;
  }
  /// Floats of the pictures of all frames at the scales from `begin` to before `end`.
  [[nodiscard]] std::int64_t size(int begin, int end) const {
    std::int64_t all = 0;
    for (int scale = begin; scale < end; ++scale) all += frames * rows(scale) * columns(scale);
    return all;
  }
};

/// Bilinear interpolation of the finest field to the frame: positions and values grow by 2^scale.
struct enlarge_field {
  refine_field field;
  int scale;
  flow_outputs out;

  /// The pixels that one of the frame lies between, and how far towards the second.
  struct between {
    std::int64_t first, second;
    float part;
  };
  [[nodiscard]] S2D_HD between at(std::int64_t position, std::int64_t size) const {
    const std::int32_t period = 2 << scale;
    const std::int32_t shifted = 2 * static_cast<std::int32_t>(position) + 1 + period / 2;
    const std::int32_t from = (shifted >> (scale + 1)) - 1;
    return {held_in(from, size), held_in(from + 1, size),
            static_cast<float>(shifted & (period - 1)) / static_cast<float>(period)};
  }
  S2D_HD void operator()(std::int64_t i) const {
    const mutable_flow_batch& first = out.forward;
    const plane_place p = place_in(i, first.u.height, first.u.width);
    const chequered& layout = field.layout;
    const between row = at(p.y, layout.height), column = at(p.x, layout.width);
    const auto factor = static_cast<float>(1 << scale);
    const auto read = [&](const single* plane) {
      const auto middle = [&](std::int64_t x) {
        return factor * mixed(plane[layout.at(p.plane, row.first, x)],
                              plane[layout.at(p.plane, row.second, x)], row.part);
      };
      return mixed(middle(column.first), middle(column.second), column.part).value;
    };
    const bool back = p.plane >= first.u.count;
    const mutable_flow_batch& to = back ? out.backward : first;
    const std::int64_t plane = back ? p.plane - first.u.count : p.plane;
    to.u(plane, p.y, p.x) = read(field.u);
    to.v(plane, p.y, p.x) = read(field.v);
  }
};

template <class Executor>
void refine_on(const Executor& run, const char* what, const flow_level& level,
               const refine_field& field, single* warped_memory, const flow_settings& set) {
  if (set.rounds <= 0) return;
  const std::int64_t height = field.layout.height, width = field.layout.width;
  const std::int64_t pixels = field.pairs * height * width;
  const std::int64_t of_a_colour = field.pairs * height * field.layout.half;
  const float_planes warped{warped_memory, height, width};
  run.for_each(what, pixels, warp_level{level, field, warped});
  run.for_each(what, pixels, linearise_residuals{level, field, warped});
  for (int round = 0; round < set.rounds; ++round) {
    run.for_each(what, pixels, build_systems{field, set.weights});
    for (int sweep = 0; sweep < set.sweeps; ++sweep)
      for (const int colour : {0, 1})
        run.for_each(what, of_a_colour, relax_colour{field, set.weights.relaxation, colour});
  }
}

/// How search_patches adds up: as the core does for vectors of 16 floats. A thread has two columns
/// of a patch; of the largest, which do not fit into registers, one.
struct whole_rows {
  static constexpr int lanes(int size) { return size < 16 ? size / 2 : size; }
  static constexpr int width(int size) { return size; }
};

/// Scratch: 18 floats a pixel and pair at the finest scale, the pyramids, 7 floats a patch.
template <class Order, int Size, class Executor>
void flow_of_size_on(const Executor& run, const char* what, const flow_frames& frames,
                     const flow_outputs& out, const flow_settings& set) {
  using search = search_patches<Size, Order::width(Size), Order::lanes(Size)>;
  const flow_scales scales{frames, set};
  const std::int64_t pairs = frames.pairs();
  const int begin = set.finest > 0 ? 1 : 0;
  auto pictures = run.template allocate<single>(scales.size(begin, set.coarsest + 1));
  const auto picture_at = [&](int scale) {
    return float_planes{pictures.data() + scales.size(begin, scale), scales.rows(scale),
                        scales.columns(scale)};
  };
  for (int scale = begin; scale <= set.coarsest; ++scale) {
    const float_planes to = picture_at(scale);
    const std::int64_t n = scales.frames * to.height * to.width;
    if (scale == 0)
      run.for_each(what, n, copy_frames{frames, to});
    else if (scale == begin)
      run.for_each(what, n, halve_planes<flow_frames>{frames, scales.height, scales.width, to});
    else
      run.for_each(what, n,
                   halve_planes<float_planes>{picture_at(scale - 1), scales.rows(scale - 1),
                                              scales.columns(scale - 1), to});
  }

  chequered layout{scales.rows(set.finest), scales.columns(set.finest)};
  const std::int64_t room = layout.size(pairs);
  const std::int64_t patches =
      pairs * flow_grid{layout.height, layout.width, set.patch_size, set.patch_stride}.count();
  auto u = run.template allocate<single>(room);
  auto v = run.template allocate<single>(room);
  auto warped = run.template allocate<single>(set.rounds > 0 ? room : 0);
  auto planes = run.template allocate<single>(set.rounds > 0 ? refine_plane_count * room : 0);
  auto tensors = run.template allocate<flow_tensor>(patches);
  auto flows = run.template allocate<displacement>(patches);
  for (int scale = set.coarsest; scale >= set.finest; --scale) {
    const chequered coarse = layout;  // of the scale before
    layout = {scales.rows(scale), scales.columns(scale)};
    const flow_level level{
        frames, picture_at(scale), {layout.height, layout.width, set.patch_size, set.patch_stride}};
    run.for_each(what, pairs * level.grid.count(),
                 begin_patches{level, scale == set.coarsest, coarse, u.data(), v.data(),
                               tensors.data(), flows.data()});
    run.for_each_block(what, pairs, search{level, set.iterations, tensors.data(), flows.data()});
    run.for_each(what, pairs * layout.height * layout.width,
                 densify_patches{level, flows.data(), layout, u.data(), v.data()});
    refine_on(run, what, level, {layout, pairs, u.data(), v.data(), planes.data()}, warped.data(),
              set);
  }
  run.for_each(what, pairs * out.forward.u.height * out.forward.u.width,
               enlarge_field{{layout, pairs, u.data(), v.data(), nullptr}, set.finest, out});
}

template <class Order = whole_rows, class Executor>
void flow_on(const Executor& run, const char* what, const flow_frames& frames,
             const flow_outputs& out, const flow_settings& set) {
  if (frames.pairs() == 0) return;
  if (set.patch_size == 4)
    flow_of_size_on<Order, 4>(run, what, frames, out, set);
  else if (set.patch_size == 16)
    flow_of_size_on<Order, 16>(run, what, frames, out, set);
  else
    flow_of_size_on<Order, 8>(run, what, frames, out, set);
}

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI
