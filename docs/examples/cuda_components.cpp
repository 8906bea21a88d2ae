// The components of a batch of masks on the device.
#include <cstdio>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/components.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  // Two masks of 2 x 8 pixels, one word a row.
  const std::vector<std::uint64_t> rows{0b11000011, 0b01000000, 0b00000110, 0b00001000};
  const auto bits = s2d::cuda::to_device(rows);
  const s2d::cuda::const_bits_view masks{bits.data(), 2, 2, 8};
  const auto found = s2d::cuda::to_host(s2d::cuda::components(masks, s2d::connectivity::eight));
  for (const auto& list : found)
    for (const s2d::component& item : list)
      std::printf("%td pixels at %td, %td\n", item.area, item.bounds.x, item.bounds.y);
  return found[0].size() == 2 && found[1].size() == 1 && found[1][0].area == 3 ? 0 : 1;
}
