#include "clip.hpp"

#include <algorithm>

#include <s2d/io/file.hpp>
#include <s2d/io/flo.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/mask_files.hpp>
#include <s2d/io/npy.hpp>
#include <s2d/io/palette_png.hpp>

namespace quality {

namespace fs = std::filesystem;

std::vector<std::string> list_sequences(const fs::path& data) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator{data / "JPEGImages"}) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && fs::is_directory(data / "Annotations" / name))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

clip read_clip(const fs::path& data, const std::string& name) {
  clip result;
  result.name = name;
  const fs::path folder = data / "JPEGImages" / name;
  result.frames = s2d::read_frames(folder);
  for (const fs::path& file : s2d::list_frames(folder)) {
    const std::string stem = file.stem().string();
    const fs::path annotation = data / "Annotations" / name / (stem + ".png");
    const s2d::matrix<std::uint8_t> ids = s2d::read_mask_png(annotation);
    const s2d::image& frame = result.frames[result.stems.size()];
    s2d::require(ids.height == frame.height && ids.width == frame.width, annotation.string(), ": ",
                 ids.height, " x ", ids.width, ", expected the size of the frame, ", frame.height,
                 " x ", frame.width);
    s2d::bit_mask truth(ids.height, ids.width);
    for (std::ptrdiff_t y = 0; y < ids.height; ++y)
      for (std::ptrdiff_t x = 0; x < ids.width; ++x)
        if (ids(y, x) != 0) truth.set(y, x);
    result.stems.push_back(stem);
    result.truth.push_back(std::move(truth));
  }
  return result;
}

namespace {

s2d::flow_field read_field(const fs::path& stem) {
  if (const fs::path file = stem.string() + ".flo"; fs::exists(file)) return s2d::read_flo(file);
  const fs::path file = stem.string() + ".npy";
  if (!fs::exists(file)) return {};
  const s2d::npy_array array = s2d::read_npy(file);
  s2d::require(array.shape.size() == 3 && array.shape[2] == 2, file.string(),
               ": expected an array of [height, width, 2]");
  const std::vector<float> values = s2d::npy_values<float>(array);
  s2d::flow_field field(array.shape[0], array.shape[1]);
  for (std::size_t i = 0; i < field.u.values.size(); ++i) {
    field.u.values[i] = values[2 * i];
    field.v.values[i] = values[2 * i + 1];
  }
  return field;
}

}  // namespace

s2d::video_flow read_flow(const fs::path& folder, const clip& of) {
  s2d::require(fs::is_directory(folder / of.name), (folder / of.name).string(),
               ": no folder of flow fields");
  s2d::video_flow flow;
  for (const std::string& stem : of.stems) {
    flow.forward.push_back(read_field(folder / of.name / (stem + "_forward")));
    flow.backward.push_back(read_field(folder / of.name / (stem + "_backward")));
  }
  return flow;
}

s2d::video_masks read_masks(const fs::path& folder, const clip& of) {
  return s2d::file_segmenter(folder / of.name, of.stems)(of.frames);
}

void write_masks(const fs::path& folder, const clip& of, const s2d::video_masks& masks) {
  fs::create_directories(folder / of.name);
  for (std::size_t t = 0; t < masks.size(); ++t) {
    s2d::matrix<std::uint8_t> ids(of.frames[t].height, of.frames[t].width);
    for (std::size_t i = 0; i < masks[t].size(); ++i)
      for (std::ptrdiff_t y = 0; y < ids.height; ++y)
        for (std::ptrdiff_t x = 0; x < ids.width; ++x)
          if (masks[t][i].mask(y, x)) ids(y, x) = static_cast<std::uint8_t>(i + 1);
    s2d::write_palette_png(folder / of.name / (of.stems[t] + ".png"), ids);
  }
}

std::set<std::string> read_names(const fs::path& file) {
  std::set<std::string> names;
  const std::string text = s2d::read_text(file);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin && text[begin] != '#') names.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace quality
