// Feeds files, and cut and flipped variants of them, to a fuzz target where no fuzzer is at hand.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Places of a file that are flipped and cut at, about; fewer where a call takes long.
#ifndef S2D_REPLAY_PLACES
#define S2D_REPLAY_PLACES 256
#endif

namespace {

std::size_t replay(std::vector<std::uint8_t> bytes) {
  std::size_t runs = 0;
  const auto run = [&] {
    // A copy of exact size: a read behind the end is a read outside the allocation.
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
    ++runs;
  };
  run();
  const std::size_t step = bytes.size() / S2D_REPLAY_PLACES + 1;
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    const std::uint8_t before = bytes[i];
    for (const int flip : {0x01, 0x80, 0xff}) {
      bytes[i] = static_cast<std::uint8_t>(before ^ flip);
      run();
    }
    bytes[i] = before;
  }
  const auto whole = bytes;
  for (std::size_t cut = 0; cut < whole.size(); cut += step) {
    bytes.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    run();
  }
  return runs;
}

}  // namespace

int main(int count, char* arguments[]) {
  std::size_t runs = replay({}) + replay({0, 0xff, '0', '{', '['});
  for (int i = 1; i < count; ++i) {
    std::ifstream file{arguments[i], std::ios::binary};
    if (!file) {
      std::fprintf(stderr, "replay: cannot read %s\n", arguments[i]);
      return 1;
    }
    runs += replay({std::istreambuf_iterator<char>{file}, {}});
  }
  std::printf("%zu inputs from %d files\n", runs, count - 1);
}
