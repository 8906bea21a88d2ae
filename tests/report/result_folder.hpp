// A result folder made for a test: a clip of pictures, and what the s2d program would write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/image.hpp>
#include <s2d/mask/rle.hpp>

namespace support {

/// Removed with everything in it at the end of the test.
class temporary_folder {
 public:
  explicit temporary_folder(const std::string& name)
      : path_{std::filesystem::temp_directory_path() /
              s2d::concat("s2d report test ", name, " ", reinterpret_cast<std::uintptr_t>(this))} {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

constexpr std::ptrdiff_t clip_height = 40;
constexpr std::ptrdiff_t clip_width = 60;

/// A square of 12 pixels that walks to the right in row `top`, one pixel a frame.
inline s2d::box square_at(std::size_t frame, std::ptrdiff_t top) {
  return {static_cast<std::ptrdiff_t>(frame) + 2, top, 12, 12};
}

inline std::string counts_of(const s2d::box& box) {
  s2d::matrix<std::uint8_t> mask(clip_height, clip_width);
  for (std::ptrdiff_t y = box.y; y < box.y + box.height; ++y)
    for (std::ptrdiff_t x = box.x; x < box.x + box.width; ++x) mask(y, x) = 1;
  return s2d::to_string(
      s2d::encode(s2d::mask_view<const std::uint8_t>{mask.data(), mask.height, mask.width}));
}

inline std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// Writes `frames` pictures of a walking square into `folder`.
inline void write_clip(const std::filesystem::path& folder, std::size_t frames) {
  std::filesystem::create_directories(folder);
  for (std::size_t t = 0; t < frames; ++t) {
    s2d::image picture(clip_height, clip_width);
    for (std::uint8_t& value : picture.values) value = 90;
    const s2d::box box = square_at(t, 10);
    for (std::ptrdiff_t y = box.y; y < box.y + box.height; ++y)
      for (std::ptrdiff_t x = box.x; x < box.x + box.width; ++x) picture.row(y)[3 * x] = 250;
    s2d::write_png(folder / s2d::concat("frame", t, ".png"), picture);
  }
}

/// What run.json says of `frames` frames of the clip in `input`.
inline std::string run_json(const std::filesystem::path& input, std::size_t frames,
                            const std::string& result = "objects",
                            const std::string& message = "One object.") {
  return s2d::concat(
      R"({"s2d":"0.1.0","input":)", quoted(input.string()), R"(,"frames":)", frames,
      R"(,"width":60,"height":40,"fps":10,"start":0,"end":null,"stride":1,"size":1280,)",
      R"("result":)", quoted(result), R"(,"message":)", quoted(message),
      R"(,"settings":{"window":150,"compat":false,"masks":""},)",
      R"("stages":[{"name":"flow","seconds":1.5},{"name":"masks","seconds":0.25}],"times":[]})");
}

/// One object with keymasks in the frames of `keys`, visible from `first` to `last`.
inline std::string keymasks_json(std::size_t frames, const std::vector<std::size_t>& keys,
                                 std::size_t first, std::size_t last) {
  std::string masks, boxes, coherences;
  std::size_t next = 0;
  for (std::size_t t = 0; t < frames; ++t) {
    const char* comma = t == 0 ? "" : ",";
    if (next < keys.size() && keys[next] == t) {
      const s2d::box box = square_at(t, 10);
      masks += s2d::concat(comma, R"({"size":[40,60],"counts":)", quoted(counts_of(box)), "}");
      boxes += s2d::concat(comma, "[", box.x, ",", box.y, ",", box.width, ",", box.height, "]");
      coherences += s2d::concat(comma, "0.", 50 + t);
      ++next;
    } else {
      for (std::string* list : {&masks, &boxes, &coherences}) *list += s2d::concat(comma, "null");
    }
  }
  return s2d::concat(R"({"info":{},"annotations":[{"id":1,"video_id":1,"score":0.9,"one2x":0.1,)",
                     R"("visibility_ranges":[[)", first, ",", last, R"(]],"segmentations":[)",
                     masks, R"(],"bboxes":[)", boxes, R"(],"coherences":[)", coherences, "]}]}");
}

/// A mask of the walking square in every frame; those of `keys` belong to object 1.
inline std::string masks_json(std::size_t frames, const std::vector<std::size_t>& keys) {
  std::string text = R"({"annotations":[)";
  for (std::size_t t = 0; t < frames; ++t) {
    bool owned = false;
    for (const std::size_t key : keys) owned = owned || key == t;
    const s2d::box box = square_at(t, 10);
    text +=
        s2d::concat(t == 0 ? "" : ",", R"({"id":)", t + 1, R"(,"frame":)", t, R"(,"coherence":)",
                    owned ? 0.75 : 0.25, R"(,"object":)", owned ? "1" : "null",
                    R"(,"visibility":{"start":0,"bits":")", std::string(frames, '1'),
                    R"("},"bboxes":[[)", box.x, ",", box.y, ",", box.width, ",", box.height, "]]}");
  }
  return text + "]}";
}

}  // namespace support
