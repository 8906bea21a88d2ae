// Hostile checkpoints of PyTorch: zip directories and pickles, without LibTorch.
#include <s2d/torch/detail/pickle.hpp>
#include <s2d/torch/detail/stored_zip.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace detail = s2d::torch::detail;
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  try {
    if (detail::is_zip(bytes)) {
      for (const auto& record : detail::read_zip(bytes, "fuzz")) {
        detail::byte_walk walk{record.bytes, "fuzz"};
        if (record.name.ends_with("data.pkl")) (void)detail::read_pickle(walk, "fuzz");
      }
    } else {
      detail::byte_walk walk{bytes, "fuzz"};
      while (walk.left() > 0) (void)detail::read_pickle(walk, "fuzz");
    }
  } catch (const s2d::invalid_input&) {
  }
  return 0;
}
