// The colours of objects, the same in the overlay video and in the report.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace app {

struct colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

/// Bright and apart from each other, so that they stand out on video.
inline constexpr std::array<colour, 12> object_colours{{
    {255, 90, 95},
    {0, 190, 170},
    {255, 180, 0},
    {122, 104, 255},
    {40, 160, 255},
    {140, 212, 70},
    {255, 122, 214},
    {244, 226, 80},
    {255, 136, 60},
    {90, 222, 240},
    {200, 160, 255},
    {190, 140, 95},
}};

/// The colour of object `index`, from 0; colours repeat after twelve.
[[nodiscard]] constexpr colour colour_of(std::size_t index) {
  return object_colours[index % object_colours.size()];
}

}  // namespace app
