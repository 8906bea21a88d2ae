// COCO strings: both parsers agree, both printers do, and what is accepted survives every
// conversion.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <s2d/mask/rle.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto expect = [](bool holds) {
    if (!holds) std::abort();
  };
  // The first two bytes are the size of the mask, so that whole strings can be found.
  if (size < 2) return 0;
  const std::ptrdiff_t height = data[0] % 65, width = data[1] % 65;
  const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};
  const auto pixels = static_cast<std::uint64_t>(height * width);

  std::string complaint, plain_complaint;
  s2d::rle mask, plain;
  try {
    mask = s2d::rle::from_string(text, height, width);
  } catch (const s2d::invalid_input& error) {
    complaint = error.what();
  }
  try {
    plain = {height, width, s2d::detail::parse_runs_plain(text, height, width, pixels)};
  } catch (const s2d::invalid_input& error) {
    plain_complaint = error.what();
  }
  expect(complaint == plain_complaint);
  if (!complaint.empty()) return 0;
  expect(mask == plain);
  std::string printed;
  for (std::size_t i = 0; i < mask.counts.size(); ++i) {
    char number[s2d::detail::longest_number];
    printed.append(number,
                   s2d::detail::print_number(
                       std::int64_t{mask.counts[i]} - (i > 2 ? mask.counts[i - 2] : 0), number));
  }
  expect(s2d::to_string(mask) == printed);
  expect(s2d::rle::from_string(printed, height, width) == mask);
  const s2d::rle canonical = s2d::canonical(mask);
  expect(s2d::encode(s2d::to_bits(mask)) == canonical);
  const auto dense = s2d::decode(mask);
  expect(s2d::encode(s2d::mask_view{dense.view()}) == canonical);
  expect(s2d::area(mask) == s2d::area(canonical));
  expect(s2d::bounding_box(mask) == s2d::bounding_box(canonical));
  expect(s2d::intersect(mask, s2d::complement(mask)) ==
         s2d::canonical({height, width, {static_cast<std::uint32_t>(pixels)}}));
  return 0;
}
