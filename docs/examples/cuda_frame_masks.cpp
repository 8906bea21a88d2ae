// Superpixels of two pictures on the device, and a value of each as masks of the pixels.
#include <cstdio>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/lab.hpp>
#include <s2d/cuda/pixels.hpp>
#include <s2d/cuda/slic.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  using namespace s2d::cuda;
  const std::int64_t count = 2, height = 60, width = 80;
  std::vector<std::uint8_t> bytes(3 * 2 * 60 * 80);  // left part red, right part blue
  for (std::size_t p = 0; p < bytes.size() / 3; ++p) bytes[3 * p + (p % 80 < 43 ? 0 : 2)] = 200;
  const auto memory = to_device(bytes);
  const auto pictures = rgb_batch::interleaved(memory.data(), count, height, width);

  device_buffer<float> planes{3 * count * height * width};
  const auto lab = lab_batch::planes(planes.data(), count, height, width);
  to_lab(pictures, lab);
  const superpixel_batch grid = slic(lab, {.cell = 6});

  std::vector<float> redness;  // here the processor decides
  for (const s2d::superpixels& one : to_host(grid))
    for (const float b : one.b) redness.push_back(b > 0 ? 1.0f : 0.0f);
  const auto values = to_device(redness);
  device_buffer<std::uint64_t> words{count * height * 2};
  const std::vector<float> thresholds{0.5f};
  threshold_pixels(pictures, grid, values.data(), thresholds,
                   bits_view{words.data(), count, height, width});

  const auto masks = to_host(words);
  std::printf("row 30: %llx\n", static_cast<unsigned long long>(masks[60]));
  return masks[60] == (std::uint64_t{1} << 43) - 1 && masks[61] == 0 ? 0 : 1;
}
