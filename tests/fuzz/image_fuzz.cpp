// Hostile pictures: an exception of ours, or a picture that is the same after writing it as PNG and
// reading; as JPEG it keeps its size.
#include <s2d/core/matrix.hpp>
#include <s2d/io/image.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

#include "scratch.hpp"

using fuzzing::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  s2d::image picture;
  try {
    picture = s2d::decode_image(bytes, "fuzz");
  } catch (const s2d::invalid_input&) {
    return 0;
  }
  // Packing takes its time: small ones, and of these some.
  if (picture.values.size() > 1024 || size % 4 != 0) return 0;
  static const auto png = fuzzing::scratch("picture.PNG"), jpeg = fuzzing::scratch("picture.jpg");
  s2d::write_image(png, picture.view());
  expect(s2d::read_image(png) == picture);
  s2d::write_image(jpeg, picture.view());
  const s2d::image lossy = s2d::read_image(jpeg);
  expect(lossy.height == picture.height && lossy.width == picture.width);
  const s2d::matrix<std::uint8_t> alpha(picture.height, picture.width, 128);
  s2d::write_cutout(png, picture.view(), alpha.view());
  expect(s2d::read_image(png) == picture);
  return 0;
}
