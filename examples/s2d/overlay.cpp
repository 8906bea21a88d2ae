#include "overlay.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/matrix.hpp>
#include <s2d/ffmpeg/video_writer.hpp>
#include <s2d/io/image.hpp>

#include "files.hpp"
#include "outputs.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

// Rows of five pixels, from the top; the highest of the five bits is the left one.
constexpr std::array<std::array<std::uint8_t, 7>, 10> digits{{
    {0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110},
    {0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110},
    {0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111},
    {0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110},
    {0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010},
    {0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110},
    {0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110},
    {0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000},
    {0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110},
    {0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100},
}};

void mix(std::uint8_t* pixel, colour with, double share) {
  const auto blend = [share](std::uint8_t old, std::uint8_t fresh) {
    return static_cast<std::uint8_t>(old + (fresh - old) * share + 0.5);
  };
  pixel[0] = blend(pixel[0], with.red);
  pixel[1] = blend(pixel[1], with.green);
  pixel[2] = blend(pixel[2], with.blue);
}

void fill_box(s2d::image& picture, std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t width,
              std::ptrdiff_t height, colour with) {
  const std::ptrdiff_t right = (std::min)(x + width, picture.width);
  const std::ptrdiff_t bottom = (std::min)(y + height, picture.height);
  for (std::ptrdiff_t i = (std::max)(y, std::ptrdiff_t{0}); i < bottom; ++i)
    for (std::ptrdiff_t j = (std::max)(x, std::ptrdiff_t{0}); j < right; ++j)
      mix(picture.row(i) + 3 * j, with, 1);
}

int line_width(const s2d::image& picture) {
  return (std::max)(1, static_cast<int>((std::min)(picture.height, picture.width) / 240));
}

}  // namespace

void paint(s2d::image& picture, const s2d::rle& mask, colour with, double fill, int edge) {
  const s2d::box box = bounding_box(mask);
  if (box.width == 0) return;
  const s2d::matrix<std::uint8_t> on = decode(mask);
  const auto outside = [&](std::ptrdiff_t y, std::ptrdiff_t x) {
    return y >= 0 && x >= 0 && y < on.height && x < on.width && on(y, x) == 0;
  };
  for (std::ptrdiff_t y = box.y; y < box.y + box.height; ++y) {
    std::uint8_t* row = picture.row(y);
    for (std::ptrdiff_t x = box.x; x < box.x + box.width; ++x) {
      if (on(y, x) == 0) continue;
      bool border = false;
      for (int d = 1; d <= edge && !border; ++d)
        border = outside(y - d, x) || outside(y + d, x) || outside(y, x - d) || outside(y, x + d);
      mix(row + 3 * x, with, border ? 0.95 : fill);
    }
  }
}

void label(s2d::image& picture, std::size_t number, colour plate, std::ptrdiff_t x,
           std::ptrdiff_t y) {
  const std::string text = std::to_string(number);
  const std::ptrdiff_t dot = (std::max)(std::ptrdiff_t{1}, (picture.height + 120) / 240);
  const std::ptrdiff_t width = (static_cast<std::ptrdiff_t>(text.size()) * 6 + 3) * dot;
  const std::ptrdiff_t height = 11 * dot;
  x = (std::max)(std::ptrdiff_t{0}, (std::min)(x, picture.width - width));
  y = (std::max)(std::ptrdiff_t{0}, (std::min)(y, picture.height - height));
  fill_box(picture, x, y, width, height, plate);
  std::ptrdiff_t left = x + 2 * dot;
  for (const char c : text) {
    const auto& rows = digits[static_cast<std::size_t>(c - '0')];
    for (std::ptrdiff_t i = 0; i < 7; ++i)
      for (std::ptrdiff_t j = 0; j < 5; ++j)
        if ((rows[static_cast<std::size_t>(i)] >> (4 - j)) & 1)
          fill_box(picture, left + j * dot, y + (i + 2) * dot, dot, dot, {16, 18, 24});
    left += 6 * dot;
  }
}

keymask_index::keymask_index(const findings& all) : at(all.frames()) {
  for (std::size_t i = 0; i < all.objects.size(); ++i)
    for (const found_keymask& key : all.objects[i].keymasks)
      if (key.frame < at.size()) at[key.frame].push_back({i, &key});
}

void paint_frame(s2d::image& picture, const findings& all, const keymask_index& keys,
                 std::size_t t) {
  const int line = line_width(picture);
  for (const found_mask& mask : all.masks[t])
    if (mask.object == none) paint(picture, mask.mask, {245, 245, 245}, 0, line);
  for (const auto& [object, key] : keys.at[t])
    paint(picture, key->mask, colour_of(object), 0.45, 2 * line);
  for (const auto& [object, key] : keys.at[t]) {
    const s2d::box box = bounding_box(key->mask);
    label(picture, object + 1, colour_of(object), box.x, box.y - 13 * line);
  }
}

namespace {

/// Where the cut-outs of a clip go, all of them in the order in which they are made.
picture_folder cutout_folder(const findings& all, const keymask_index& keys,
                             const fs::path& folder) {
  const std::vector<std::string> frames = picture_names(all.names);
  std::vector<std::string> names;
  for (std::size_t t = 0; t < all.frames(); ++t)
    for (const auto& [object, key] : keys.at[t])
      names.push_back(s2d::concat("object_", object + 1, "/", frames[t]));
  return {folder, "cutouts", std::move(names)};
}

/// @param next  the first cut-out of this frame; set to that of the next
void write_cutouts(const s2d::image& picture, const keymask_index& keys, std::size_t t,
                   const picture_folder& to, std::size_t& next) {
  for (const auto& [object, key] : keys.at[t]) {
    const fs::path file = to.file(next++);
    const s2d::box box = bounding_box(key->mask);
    if (box.width == 0) continue;
    s2d::matrix<std::uint8_t> alpha = decode(key->mask);
    for (std::uint8_t& value : alpha.values) value = value != 0 ? 255 : 0;
    make_folder(file.parent_path());
    const s2d::image_view cut{picture.row(box.y) + 3 * box.x, box.height, box.width,
                              3 * picture.width};
    s2d::write_cutout(file, cut, {alpha.row(box.y) + box.x, box.height, box.width, alpha.width});
  }
}

}  // namespace

double playing_rate(double frames_per_second) {
  return frames_per_second > 0 ? std::clamp(frames_per_second, 1.0, 240.0) : 24.0;
}

void write_pictures(const findings& all, const clip& from, const settings& what,
                    const fs::path& overlay, const fs::path& cutouts, console& screen) {
  if (all.frames() == 0 || (overlay.empty() && cutouts.empty())) return;
  const keymask_index keys{all};
  std::optional<picture_folder> cut;
  std::size_t next_cut = 0;
  if (!cutouts.empty()) cut.emplace(cutout_folder(all, keys, cutouts));
  frame_source source{from, what};
  std::unique_ptr<s2d::video_writer> video;
  if (!overlay.empty())
    video = std::make_unique<s2d::video_writer>(
        overlay, all.height, all.width,
        s2d::video_writer_options{.frames_per_second = playing_rate(all.fps)});
  frame next;
  for (std::size_t t = 0; t < all.frames() && source.read(next); ++t) {
    throw_if_stopped();
    if (cut) write_cutouts(next.picture, keys, t, *cut, next_cut);
    if (video) {
      paint_frame(next.picture, all, keys, t);
      video->write(next.picture);
    }
    screen.update("overlay", static_cast<double>(t + 1) / static_cast<double>(all.frames()));
  }
  if (video) video->finish();
  if (cut) cut->finish("");
}

}  // namespace app
