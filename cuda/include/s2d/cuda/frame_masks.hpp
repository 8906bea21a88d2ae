// Masks of what moves in a video, with the heavy steps on a device.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <s2d/core/parallel.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/cuda/diffusion.hpp>
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/pixels.hpp>
#include <s2d/cuda/slic.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/detail/device_memory.hpp>
#include <s2d/segment/frame_masks.hpp>

namespace s2d::cuda::inline S2D_ABI {

namespace steps {

/// The twins that device_steps calls.
struct frame_masks_side : device_memory {
  void to_lab(const rgb_batch& pictures, const lab_batch& out) const {
    s2d::cuda::to_lab(pictures, out, stream);
  }
  [[nodiscard]] superpixel_batch slic(const const_lab_batch& pictures,
                                      const slic_options& options) const {
    return s2d::cuda::slic(pictures, options, stream);
  }
  void diffuse(const graph_view& graph, const float* seeds, float* out,
               const diffusion_options& options) const {
    s2d::cuda::diffuse(graph, seeds, out, options, stream);
  }
  void threshold_pixels(const rgb_batch& pictures, const superpixel_batch& grid,
                        const float* values, std::span<const float> levels, const bits_view& out,
                        const pixel_options& options) const {
    s2d::cuda::threshold_pixels(pictures, grid, values, levels, out, options, stream);
  }
};

/// The steps of s2d::detail::frame_masks_run on a device: see s2d::detail::processor_steps. Side:
/// frame_masks_side, or a model of it.
template <class Side>
class device_steps {
 public:
  /// @param options      must outlive this
  /// @param most_frames  at once
  device_steps(const Side& side, const frame_masks_options& options, std::size_t most_frames = 128)
      : side_{side}, options_{options}, most_frames_{most_frames} {}

  /// Frames that take 256 MiB, of `bytes` > 0 each.
  [[nodiscard]] std::size_t block(std::size_t bytes) const noexcept {
    return std::clamp<std::size_t>((std::size_t{256} << 20) / bytes, 1, most_frames_);
  }

  /// Colours and superpixels on the device, the means that stand beside them on the processor.
  [[nodiscard]] std::vector<motion_cells> describe(
      std::span<const image> pictures, std::span<const s2d::detail::frame_flow> flow) const {
    const std::int64_t n = std::ssize(pictures), h = pictures[0].height, w = pictures[0].width;
    const auto bytes = uploaded_pictures(side_, pictures);
    auto colors = side_.template allocate<float>(3 * n * h * w);
    side_.to_lab(rgb_batch::interleaved(bytes.data(), n, h, w),
                 lab_batch::planes(colors.data(), n, h, w));
    const auto batch = side_.slic(const_lab_batch::planes(colors.data(), n, h, w), options_.cells);
    std::vector<superpixels> grids =
        checks::grids_of(batch, side_.fetch(batch.labels), side_.fetch(batch.items));
    const std::vector<float> lab = side_.fetch(colors);

    std::vector<motion_cells> cells(pictures.size());
    parallel_for(pictures.size(), options_.threads, [&](std::size_t i) {
      lab_image picture(h, w);
      const auto* from = lab.data() + static_cast<std::ptrdiff_t>(i) * h * w;
      for (matrix<float>* plane : {&picture.l, &picture.a, &picture.b}) {
        std::copy(from, from + h * w, plane->data());
        from += n * h * w;
      }
      cells[i] = s2d::detail::measure_cells(picture, std::move(grids[i]), flow[i].forward,
                                            flow[i].backward, options_.context_sigma);
    });
    return cells;
  }

  [[nodiscard]] std::vector<float> diffuse(const sparse_graph& graph,
                                           std::span<const float> votes) const {
    const auto begin =
        uploaded(side_, std::vector<std::uint64_t>{graph.begin.begin(), graph.begin.end()});
    const auto to = uploaded(side_, graph.to);
    const auto weight = uploaded(side_, graph.weight);
    const auto seeds = uploaded(side_, std::vector<float>{votes.begin(), votes.end()});
    auto out = side_.template allocate<float>(std::ssize(votes));
    side_.diffuse({std::ssize(votes), to.size(), begin.data(), to.data(), weight.data()},
                  seeds.data(), out.data(), options_.diffusion);
    return side_.fetch(out);
  }

  [[nodiscard]] std::vector<std::vector<bit_mask>> threshold(
      std::span<const image> frames, std::span<const superpixels> cells,
      std::span<const std::vector<float>> values, std::span<const float> levels) const {
    const std::int64_t n = std::ssize(frames), h = frames[0].height, w = frames[0].width;
    const std::int64_t masks = n * std::ssize(levels);
    std::vector<superpixel_item> items;
    std::vector<float> of_grid;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const std::vector<superpixel_item> own = checks::items_of(cells[i]);
      items.insert(items.end(), own.begin(), own.end());
      of_grid.insert(of_grid.end(), values[i].begin(), values[i].end());
    }
    decltype(side_.slic({}, {})) batch;  // labels are not looked at
    batch.count = n;
    batch.height = cells[0].labels.height;
    batch.width = cells[0].labels.width;
    batch.rows = cells[0].rows;
    batch.columns = cells[0].columns;
    batch.items = uploaded(side_, items);
    const auto memory = uploaded(side_, of_grid);
    const auto bytes = uploaded_pictures(side_, frames);
    const bit_mask none(h, w);
    const auto mask_words = std::ssize(none.words());
    auto out = side_.template allocate<std::uint64_t>(masks * mask_words);
    side_.threshold_pixels(rgb_batch::interleaved(bytes.data(), n, h, w), batch, memory.data(),
                           levels, bits_view{out.data(), masks, h, w}, options_.pixels);
    const std::vector<std::uint64_t> words = side_.fetch(out);

    std::vector<std::vector<bit_mask>> found(frames.size(), {levels.size(), none});
    auto from = words.begin();
    for (std::vector<bit_mask>& of_frame : found)
      for (bit_mask& mask : of_frame) {
        std::copy(from, from + mask_words, mask.words().begin());
        from += mask_words;
      }
    return found;
  }

 private:
  Side side_;
  const frame_masks_options& options_;
  std::size_t most_frames_;
};

}  // namespace steps

/// Masks of the objects that move unlike the camera, as s2d::find_frame_masks. Colours,
/// superpixels, diffusion and the masks of pixels are made on the device, for up to 128 frames at
/// once; what stands between them (means of superpixels, the graph, the classifier, components,
/// confidences) on options.threads threads of the processor. The twins have the core's bits where
/// its compiler contracts no products and sums: there the whole result is the core's, elsewhere
/// masks may differ in a few pixels.
///
/// Memory of the device, the largest of: 19 bytes a pixel of the small pictures of a block, the
/// frames of a block with their masks and 60 bytes a superpixel, 20 bytes a superpixel and 8 an
/// edge of the frames decided together. Waits for the stream after every step.
/// @param frames    [T] all of one size, on the host
/// @param flow      [T] as for s2d::find_frame_masks, on the host (video_flow.hpp makes it)
/// @throws as s2d::find_frame_masks; cuda_error if the device refuses
[[nodiscard]] inline frame_masks_result find_frame_masks(std::span<const image> frames,
                                                         const video_flow& flow,
                                                         const frame_masks_options& options = {},
                                                         const progress_callback& progress = {},
                                                         stream_view stream = {}) {
  s2d::detail::check_frame_masks(frames, flow, options);
  if (frames.empty()) return {};
  steps::device_steps steps{steps::frame_masks_side{{stream}}, options};
  return s2d::detail::frame_masks_run(frames, flow, options, progress, steps).run();
}

}  // namespace s2d::cuda::inline S2D_ABI
