// Superpixels of two pictures on the device.
#include <cstdio>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/slic.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  using namespace s2d::cuda;
  const std::int64_t count = 2, height = 60, width = 80;
  std::vector<std::uint8_t> rgb(3 * 2 * 60 * 80);  // left half red, right half blue
  for (std::size_t p = 0; p < rgb.size() / 3; ++p) rgb[3 * p + (p % 80 < 43 ? 0 : 2)] = 200;
  const auto pictures = to_device(rgb);

  device_buffer<float> planes{3 * count * height * width};
  const auto lab = lab_batch::planes(planes.data(), count, height, width);
  to_lab(rgb_batch::interleaved(pictures.data(), count, height, width), lab);
  const std::vector<s2d::superpixels> grids = to_host(slic(lab, {.cell = 6}));

  for (const s2d::superpixels& grid : grids)
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      const auto k = static_cast<std::size_t>(grid.labels(30, x));
      if ((grid.b[k] > 0) != (x < 43)) return 1;
    }
  std::printf("%td x %td superpixels\n", grids[0].rows, grids[0].columns);
  return grids.size() == 2 ? 0 : 1;
}
