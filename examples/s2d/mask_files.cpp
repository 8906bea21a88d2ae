#include "mask_files.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/palette_png.hpp>
#include <s2d/mask/resize.hpp>

#include "mask_video.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

std::string stem_of(const std::string& name) { return fs::path{name}.stem().string(); }

// As frame_source names the frames of a video file.
bool is_frame_number(const std::string& stem) {
  return stem.size() >= 5 && stem.find_first_not_of("0123456789") == stem.npos;
}

std::vector<s2d::frame_mask> split(const s2d::matrix<std::uint8_t>& ids) {
  std::array<std::ptrdiff_t, 256> place;
  place.fill(-1);
  std::array<bool, 256> seen{};
  for (const std::uint8_t id : ids.values) seen[id] = true;
  std::vector<s2d::frame_mask> masks;
  for (std::size_t id = 1; id < seen.size(); ++id)
    if (seen[id]) {
      place[id] = static_cast<std::ptrdiff_t>(masks.size());
      masks.push_back({s2d::bit_mask(ids.height, ids.width), 1});
    }
  for (std::ptrdiff_t y = 0; y < ids.height; ++y)
    for (std::ptrdiff_t x = 0; x < ids.width; ++x)
      if (const std::ptrdiff_t at = place[ids(y, x)]; at >= 0)
        masks[static_cast<std::size_t>(at)].mask.set(y, x);
  return masks;
}

}  // namespace

mask_files::mask_files(const fs::path& place, const clip& of, bool colours)
    : place_{place}, colours_{colours} {
  read();
  const auto known = [&](const std::string& stem) { return by_stem_.count(stem) != 0; };
  if (of.pictures.empty())
    by_name_ = std::all_of(by_stem_.begin(), by_stem_.end(),
                           [](const auto& each) { return is_frame_number(each.first); });
  else
    by_name_ = std::any_of(of.pictures.begin(), of.pictures.end(),
                           [&](const fs::path& picture) { return known(picture.stem().string()); });
}

void mask_files::read() {
  const fs::path& place = place_;
  std::error_code error;
  if (!fs::exists(place, error))
    throw s2d::io_error{place.string() + ": no such file or folder of masks"};
  if (fs::is_directory(place, error)) {
    pictures_ = s2d::list_frames(place);
    s2d::require(!pictures_.empty(), place.string(),
                 ": holds no mask pictures (.png), expected one a frame");
    for (std::size_t i = 0; i < pictures_.size(); ++i) by_stem_[pictures_[i].stem().string()] = i;
    return;
  }
  mask_video video = read_one_mask_video(place);
  for (std::size_t i = 0; i < video.names.size(); ++i) by_stem_[stem_of(video.names[i])] = i;
  masks_.resize(video.frames.size());
  for (std::size_t t = 0; t < masks_.size(); ++t)
    for (numbered_mask& each : video.frames[t])
      masks_[t].push_back({std::move(each.mask), each.score});
}

std::vector<s2d::frame_mask> mask_files::masks_of(std::size_t index, const std::string& name,
                                                  std::ptrdiff_t height, std::ptrdiff_t width,
                                                  bool any_size) const {
  const auto named = by_stem_.find(stem_of(name));
  if (by_name_ && named == by_stem_.end()) return {};
  const std::size_t at = by_name_ ? named->second : index;
  std::vector<s2d::frame_mask> masks;
  std::string where = place_.string();
  if (!pictures_.empty()) {
    if (at >= pictures_.size()) return {};
    where = pictures_[at].string();
    masks = split(s2d::read_mask_png(pictures_[at],
                                     colours_ ? s2d::mask_ids::by_color : s2d::mask_ids::stored));
  } else {
    if (at >= masks_.size()) return {};
    for (const scored& each : masks_[at]) masks.push_back({s2d::to_bits(each.mask), each.score});
    where += s2d::concat(": frame ", at);
  }
  for (s2d::frame_mask& each : masks) {
    const std::ptrdiff_t h = each.mask.height, w = each.mask.width;
    if (any_size || (h == height && w == width)) continue;
    // The same picture at another size, up to the rounding of one side.
    const std::ptrdiff_t skew = h * width - w * height;
    const std::ptrdiff_t slack = (std::max)(h + height, w + width);
    s2d::require(skew <= slack && skew >= -slack, where, ": found masks of ", w, " x ", h,
                 " pixels, expected ", width, " x ", height,
                 " (width x height) or the same shape at another size");
    each.mask = s2d::resize_nearest(each.mask, height, width);
  }
  return masks;
}

void choose_files_of(const clip& each, settings& what) {
  const auto choose = [&](fs::path& place, bool json) {
    if (place.empty()) return;
    std::error_code error;
    const fs::path file = place / (each.name + ".json");
    if (json && fs::exists(file, error))
      place = file;
    else
      place /= each.name;
  };
  choose(what.masks, true);
  choose(what.tracks, false);
  if (!what.features.empty()) what.features /= each.name + ".npy";
}

}  // namespace app
