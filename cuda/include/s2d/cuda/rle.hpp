// Run lengths of batches on a device: encode, decode, area, box.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <s2d/core/view.hpp>
#include <s2d/cuda/pack.hpp>
#include <s2d/cuda/rle_types.hpp>
#include <s2d/cuda/stream.hpp>
#include <s2d/cuda/view.hpp>
#include <s2d/cuda/detail/check.hpp>
#include <s2d/mask/rle_types.hpp>

namespace s2d::cuda::inline S2D_CUDA_ABI {
namespace detail {

/// T as in launch_pack.
template <class T>
rle_batch launch_encode(const batch_view<const T>& masks, float threshold, stream_view stream);
rle_batch launch_encode(const const_bits_view& masks, stream_view stream);
void launch_decode(const rle_batch& masks, const bits_view& out, stream_view stream);
void launch_decode(const rle_batch& masks, const batch_view<std::uint8_t>& out, stream_view stream);
void launch_measure(const const_bits_view& masks, std::int64_t* areas, mask_box* boxes,
                    stream_view stream);
void launch_measure(const rle_batch& masks, std::int64_t* areas, mask_box* boxes,
                    stream_view stream);

}  // namespace detail
}  // namespace s2d::cuda::inline S2D_CUDA_ABI

namespace s2d::cuda::inline S2D_ABI {

namespace checks {

template <class View>
void require_encodable(const char* what, const View& masks) {
  require_view(what, masks);
  require(checked_product(what, masks.height, masks.width) < std::int64_t{1} << 32, what, ": ",
          masks.height, " x ", masks.width, " (height x width), expected less than 2^32 pixels");
}
template <class View>
void require_decodable(const rle_batch& masks, const View& out) {
  require_view("decode: out", out);
  require(masks.count() == out.count && masks.height == out.height && masks.width == out.width,
          "decode: extents differ, ", masks.count(), " x ", masks.height, " x ", masks.width,
          " and ", out.count, " x ", out.height, " x ", out.width, " (count x height x width)");
}

}  // namespace checks

/// The runs of each mask, equal to what s2d::encode gives. Foreground: bytes that differ from zero.
/// Any strides; fast where rows or columns have no gaps.
///
/// Four launches beside those of a running sum, whatever the number of masks. Waits for the stream
/// once, to read the count + 1 offsets. Every pixel is read once (and one row in 256 twice).
/// Temporary memory: 1/8 byte a pixel, 12 bytes for 256 rows of a column, 4 bytes a run.
/// @throws invalid_input if a mask has 2^32 pixels or more or an address cannot be device memory
[[nodiscard]] inline rle_batch encode(const batch_view<const std::uint8_t>& masks,
                                      stream_view stream = {}) {
  checks::require_encodable("encode", masks);
  return detail::launch_encode(masks, 0, stream);
}
/// Of logits: foreground is above `threshold`.
template <logit T>
[[nodiscard]] rle_batch encode(const batch_view<const T>& logits, float threshold,
                               stream_view stream = {}) {
  checks::require_encodable("encode", logits);
  return detail::launch_encode(logits, threshold, stream);
}
/// Of packed masks.
[[nodiscard]] inline rle_batch encode(const const_bits_view& masks, stream_view stream = {}) {
  checks::require_encodable("encode", masks);
  return detail::launch_encode(masks, stream);
}

/// Writes the packed form. Launches: two, and those of a running sum. Nothing waits.
/// @throws invalid_input if extents differ
inline void decode(const rle_batch& masks, const bits_view& out, stream_view stream = {}) {
  checks::require_decodable(masks, out);
  detail::launch_decode(masks, out, stream);
}
/// Writes the dense form, 1 and 0, any strides.
inline void decode(const rle_batch& masks, const batch_view<std::uint8_t>& out,
                   stream_view stream = {}) {
  checks::require_decodable(masks, out);
  detail::launch_decode(masks, out, stream);
}

/// Foreground pixels of each mask. @param out [count] in device memory. Nothing waits.
inline void areas(const const_bits_view& masks, std::int64_t* out, stream_view stream = {}) {
  checks::require_view("areas", masks);
  checks::require_device("areas: out", out, masks.count);
  detail::launch_measure(masks, out, nullptr, stream);
}
inline void areas(const rle_batch& masks, std::int64_t* out, stream_view stream = {}) {
  checks::require_device("areas: out", out, masks.count());
  detail::launch_measure(masks, out, nullptr, stream);
}

/// The smallest box of each mask; all zero where there is no foreground.
/// @param out [count] in device memory. Nothing waits.
/// @throws invalid_input if a side is 2^32 or more
inline void bounding_boxes(const const_bits_view& masks, mask_box* out, stream_view stream = {}) {
  checks::require_view("bounding_boxes", masks);
  require(masks.height < std::int64_t{1} << 32 && masks.width < std::int64_t{1} << 32,
          "bounding_boxes: ", masks.height, " x ", masks.width,
          " (height x width), expected sides below 2^32");
  checks::require_device("bounding_boxes: out", out, masks.count);
  detail::launch_measure(masks, nullptr, out, stream);
}
inline void bounding_boxes(const rle_batch& masks, mask_box* out, stream_view stream = {}) {
  checks::require_device("bounding_boxes: out", out, masks.count());
  detail::launch_measure(masks, nullptr, out, stream);
}

/// The masks on the host. Waits for the stream.
[[nodiscard]] inline std::vector<rle> to_host(const rle_batch& masks, stream_view stream = {}) {
  const auto lengths = to_host(masks.lengths, stream);
  std::vector<rle> host;
  for (std::size_t i = 0; i + 1 < masks.host_offsets.size(); ++i)
    host.push_back({masks.height,
                    masks.width,
                    {lengths.begin() + static_cast<std::ptrdiff_t>(masks.host_offsets[i]),
                     lengths.begin() + static_cast<std::ptrdiff_t>(masks.host_offsets[i + 1])}});
  return host;
}

/// Masks of one size on the device. Runs of length 0 are kept.
/// @throws invalid_input if sizes differ or the runs of a mask do not sum to height * width
[[nodiscard]] inline rle_batch to_device(std::span<const rle> masks, stream_view stream = {}) {
  rle_batch batch;
  std::vector<std::uint32_t> lengths;
  batch.host_offsets.push_back(0);
  if (!masks.empty()) {
    batch.height = masks[0].height;
    batch.width = masks[0].width;
  }
  for (const rle& mask : masks) {
    s2d::detail::require_same_size("to_device", masks[0], mask);
    std::uint64_t pixels = 0;
    for (const std::uint32_t length : mask.counts) pixels += length;
    require(pixels == static_cast<std::uint64_t>(mask.height * mask.width),
            "to_device: runs sum to ", pixels, ", expected ", mask.height, " x ", mask.width);
    lengths.insert(lengths.end(), mask.counts.begin(), mask.counts.end());
    batch.host_offsets.push_back(lengths.size());
  }
  batch.lengths = to_device(lengths, stream);
  batch.offsets = to_device(batch.host_offsets, stream);
  return batch;
}
[[nodiscard]] inline rle_batch to_device(const std::vector<rle>& masks, stream_view stream = {}) {
  return to_device(std::span<const rle>{masks}, stream);
}

}  // namespace s2d::cuda::inline S2D_ABI
