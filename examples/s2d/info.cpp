// s2d info: what a file or folder is.

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <s2d/core/error.hpp>
#include <s2d/ffmpeg/video_reader.hpp>
#include <s2d/io/flo.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/image.hpp>
#include <s2d/io/npy.hpp>
#include <s2d/io/palette_png.hpp>

#include "commands.hpp"
#include "console.hpp"
#include "facts.hpp"
#include "hardware.hpp"
#include "json.hpp"
#include "mask_video.hpp"
#include "outputs.hpp"
#include "version.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

std::string plural(std::size_t number, const char* one) {
  return s2d::concat(number, " ", one, number == 1 ? "" : "s");
}

std::string decimals(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  std::string_view view{text};
  if (view.find('.') != view.npos) {
    while (view.ends_with('0')) view.remove_suffix(1);
    if (view.ends_with('.')) view.remove_suffix(1);
  }
  return std::string{view};
}

// One line for people, members for machines.
struct description {
  std::string text;
  json_writer json;

  explicit description(const char* kind) { json.begin_object().member("kind", kind); }
};

description about_video(const fs::path& file) {
  s2d::video_reader reader{file};
  const s2d::video_properties& facts = reader.properties();
  description about{"video"};
  about.text = s2d::concat("video, ", facts.width, " x ", facts.height, ", ");
  about.text += facts.frames > 0 ? plural(static_cast<std::size_t>(facts.frames), "frame")
                                 : std::string{"number of frames not given"};
  if (facts.frames_per_second > 0)
    about.text += ", " + decimals(facts.frames_per_second, 3) + " frames per second";
  if (facts.seconds > 0) about.text += ", " + decimals(facts.seconds, 2) + " s";
  if (facts.rotation != 0) about.text += s2d::concat(", turned by ", facts.rotation, " degrees");
  if (facts.mirrored) about.text += ", mirrored";
  about.text += ", " + facts.codec + " in " + facts.format;
  about.json.member("width", facts.width).member("height", facts.height);
  about.json.member("frames", facts.frames).member("fps", facts.frames_per_second);
  about.json.member("seconds", facts.seconds).member("rotation", facts.rotation);
  about.json.member("mirrored", facts.mirrored);
  about.json.member("codec", facts.codec).member("format", facts.format);
  return about;
}

description about_picture(const fs::path& file) {
  description about{"picture"};
  const s2d::image picture = s2d::read_image(file);
  about.text = s2d::concat("picture, ", picture.width, " x ", picture.height);
  about.json.member("width", picture.width).member("height", picture.height);
  if (file.extension() != ".png") return about;
  try {
    const s2d::matrix<std::uint8_t> ids = s2d::read_mask_png(file);
    std::array<bool, 256> seen{};
    for (const std::uint8_t id : ids.values) seen[id] = true;
    const auto masks = static_cast<std::size_t>(std::count(seen.begin() + 1, seen.end(), true));
    if (masks <= 64) {
      about.text += ", as a mask picture " + plural(masks, "mask");
      about.json.member("masks", masks);
    }
  } catch (const s2d::invalid_input&) {
    // More colours than a mask picture can have.
  }
  return about;
}

description about_npy(const fs::path& file) {
  const s2d::npy_array array = s2d::read_npy(file);
  constexpr std::array names{"bool",  "uint8", "uint16", "uint32",  "uint64", "int8",
                             "int16", "int32", "int64",  "float32", "float64"};
  const char* type = names[static_cast<std::size_t>(array.type)];
  description about{"array"};
  std::string shape;
  for (const std::ptrdiff_t extent : array.shape)
    shape += s2d::concat(shape.empty() ? "" : " x ", extent);
  about.text = s2d::concat("array of ", type, ", ", shape.empty() ? "one number" : shape);
  about.json.member("type", type).key("shape").begin_array();
  for (const std::ptrdiff_t extent : array.shape) about.json.value(extent);
  about.json.end_array();
  return about;
}

description about_flow(const fs::path& file) {
  const s2d::flow_field flow = s2d::read_flo(file);
  description about{"flow"};
  about.text = s2d::concat("optical flow, ", flow.width(), " x ", flow.height());
  about.json.member("width", flow.width()).member("height", flow.height());
  return about;
}

description about_json(const fs::path& file) {
  if (const std::optional<run_facts> run = read_run_facts(file)) {
    description about{"run"};
    about.text = "result of s2d run on " + run->input + ": " + run->message;
    about.json.member("input", run->input).member("result", run->result);
    about.json.member("message", run->message);
    return about;
  }
  const annotation_counts counts = count_annotations(file);
  description about{counts.images ? "coco" : "ytvis"};
  about.text = counts.images ? "COCO JSON, " : "YouTube-VIS JSON, ";
  about.text += plural(counts.videos, counts.images ? "image" : "video") + ", ";
  if (!counts.images) about.text += plural(counts.frames, "frame") + ", ";
  about.text += plural(counts.annotations, "annotation") + ", " + plural(counts.masks, "mask");
  if (counts.width > 0) about.text += s2d::concat(", ", counts.width, " x ", counts.height);
  about.json.member(counts.images ? "images" : "videos", counts.videos);
  if (!counts.images) about.json.member("frames", counts.frames);
  about.json.member("annotations", counts.annotations).member("masks", counts.masks);
  about.json.member("width", counts.width).member("height", counts.height);
  return about;
}

description about_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / "run.json", error)) return about_json(folder / "run.json");
  std::size_t arrays = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder, error})
    if (entry.path().extension() == ".npy") ++arrays;
  if (arrays > 0 && s2d::list_frames(folder).empty()) {
    description about{"arrays"};
    about.text = "folder of " + plural(arrays, ".npy array");
    about.json.member("arrays", arrays);
    return about;
  }
  const s2d::input_description found = s2d::detect_input(folder);
  if (found.kind == s2d::input_kind::folder_of_videos) {
    description about{"videos"};
    about.text = "folder of " + plural(found.items.size(), "video") + ":";
    about.json.member("videos", found.items.size()).key("names").begin_array();
    for (const fs::path& item : found.items) {
      about.text += "\n  " + item.filename().string();
      about.json.value(item.filename().string());
    }
    about.json.end_array();
    return about;
  }
  description about{"frames"};
  const s2d::image first = s2d::read_image(found.items.front());
  about.text = s2d::concat("folder of ", plural(found.items.size(), "frame"), ", ", first.width,
                           " x ", first.height, ", ", found.items.front().filename().string(),
                           " to ", found.items.back().filename().string());
  about.json.member("frames", found.items.size());
  about.json.member("width", first.width).member("height", first.height);
  return about;
}

description about(const fs::path& place) {
  std::error_code error;
  if (!fs::exists(place, error)) throw s2d::io_error{place.string() + ": no such file or folder"};
  if (fs::is_directory(place, error)) return about_folder(place);
  s2d::require(fs::is_regular_file(place, error), place.string(), ": neither a file nor a folder");
  const std::string extension = place.extension().string();
  if (extension == ".json") return about_json(place);
  if (extension == ".npy") return about_npy(place);
  if (extension == ".flo") return about_flow(place);
  if (s2d::is_image_name(place)) return about_picture(place);
  return about_video(place);
}

void print_build(bool json) {
#if defined(__clang__)
  const std::string compiler = s2d::concat("clang ", __clang_major__, ".", __clang_minor__);
#else
  const std::string compiler = s2d::concat("g++ ", __GNUC__, ".", __GNUC_MINOR__);
#endif
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  const char* instructions = "AVX-512";
#elif defined(__AVX2__)
  const char* instructions = "AVX2";
#else
  const char* instructions = "baseline";
#endif
#if defined(NDEBUG)
  const char* checks = "release";
#else
  const char* checks = "debug";
#endif
  const std::size_t processors = std::thread::hardware_concurrency();
  if (json) {
    json_writer out;
    out.begin_object().member("s2d", version_text).member("compiler", compiler);
    out.member("build", checks).member("instructions", instructions);
    out.member("ffmpeg", av_version_info()).member("processors", processors);
    out.member("cuda", built_with_cuda).end_object().finish();
    std::fputs(out.text().c_str(), stdout);
    return;
  }
  std::printf("s2d %s, %s build by %s for %s instructions, FFmpeg %s, %s CUDA, %zu processors\n",
              version_text, checks, compiler.c_str(), instructions, av_version_info(),
              built_with_cuda ? "with" : "without", processors);
}

}  // namespace

int info_command(const std::vector<fs::path>& paths, bool json) {
  if (paths.empty()) {
    print_build(json);
    return exit_success;
  }
  json_writer all;
  all.begin_array();
  for (const fs::path& place : paths) {
    description each = about(place);
    throw_if_stopped();
    if (json) {
      each.json.member("path", place.string()).end_object();
      all.line().raw(each.json.text());
    } else {
      std::printf("%s: %s\n", place.string().c_str(), each.text.c_str());
    }
  }
  if (json) {
    all.line().end_array().finish();
    std::fputs(all.text().c_str(), stdout);
  }
  return exit_success;
}

}  // namespace app
