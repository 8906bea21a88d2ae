// Hostile checkpoints of PyTorch: zip directories and pickles, without LibTorch. Records are the
// same after writing and reading.
#include <s2d/torch/detail/pickle.hpp>
#include <s2d/torch/detail/stored_zip.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scratch.hpp"

using fuzzing::expect;

namespace {

namespace detail = s2d::torch::detail;

struct memory {
  std::vector<std::byte> bytes;
  void write(std::span<const std::byte> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
};

void check_writing(const std::vector<detail::zip_record>& records) {
  std::size_t total = 0;  // records may lie on each other
  for (const auto& record : records) total += record.bytes.size();
  if (total > 1 << 20) return;
  memory file;
  detail::zip_writer zip{file};
  for (const auto& record : records) zip.add(record.name, record.bytes);
  zip.finish();
  const auto again = detail::read_zip(file.bytes, "again");
  expect(again.size() == records.size());
  for (std::size_t i = 0; i < records.size(); ++i)
    expect(again[i].name == records[i].name &&
           std::ranges::equal(again[i].bytes, records[i].bytes));
}

void read_one(detail::byte_walk& walk) {
  const detail::pickle_tree tree = detail::read_pickle(walk, "fuzz");
  const detail::pickle_value* found = tree.find(tree[tree.root], "model");
  expect(found == nullptr || tree[tree.root].kind == detail::pickle_kind::dict);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  try {
    if (detail::is_zip(bytes)) {
      const auto records = detail::read_zip(bytes, "fuzz");
      check_writing(records);
      for (const auto& record : records) {
        detail::byte_walk walk{record.bytes, "fuzz"};
        if (record.name.ends_with("data.pkl")) read_one(walk);
      }
    } else {
      detail::byte_walk walk{bytes, "fuzz"};
      while (walk.left() > 0) read_one(walk);
    }
  } catch (const s2d::invalid_input&) {
  }
  return 0;
}
