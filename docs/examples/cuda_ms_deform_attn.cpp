// One query, one head, one point: deformable attention reads between two pixels.
#include <cstdio>
#include <vector>

#include <s2d/cuda/buffer.hpp>
#include <s2d/cuda/ms_deform_attn.hpp>

int main() {
  if (s2d::cuda::device_count() == 0) return std::puts("SKIPPED: no CUDA device") < 0;
  using namespace s2d::cuda;
  // A map of 1 x 2 pixels of four channels.
  const deform_shape shape{1, 2, 1, 4, 1, 1, 1, {{1, 2}}};
  const auto value = to_device(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
  const auto location = to_device(std::vector<float>{0.5f, 0.5f});  // the middle of the map
  const auto attention = to_device(std::vector<float>{1});
  device_buffer<float> out{4};
  ms_deform_attn(shape, value.data(), location.data(), attention.data(), out.data());
  const auto host = to_host(out);
  std::printf("%.0f %.0f\n", static_cast<double>(host[0]), static_cast<double>(host[3]));
  return host == std::vector<float>{3, 4, 5, 6} ? 0 : 1;
}
