// Makes clips whose objects are known, and compares results with them, for the tests of the
// program.
//   s2d_tool clip PLACE [--frames N] [--size WxH] [--still] [--together] [--negative]
//                       [--truth FOLDER]
//   s2d_tool given CLIP TRUTH TRACKS FEATURES.npy
//   s2d_tool compare TRUTH MASKS.json --least IOU
//   s2d_tool same A.png B.png
//   s2d_tool swap FROM TO            mask pictures with numbers 1 and 2 exchanged
//   s2d_tool join RESULTS FILE       the NAME/keymasks.json of a folder in one
//   s2d_tool json FILE
// given: the tracks of every true mask, by its own motion, and a grid of mean colours.
// --negative: of the opposite colours, so that a clip behind another one is a new shot.
// --together: both go to the right side by side, and touch from the middle of the clip on.
// PLACE: a .mp4, .avi or .png file, else a folder of PNG pictures.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

#include <s2d/core/image.hpp>
#include <s2d/core/bit_mask.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/ffmpeg/video_writer.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/image.hpp>
#include <s2d/io/npy.hpp>
#include <s2d/io/palette_png.hpp>
#include <s2d/io/ytvis_folder.hpp>
#include <s2d/keymask/discover_options.hpp>
#include <s2d/mask/bits.hpp>
#include <s2d/mask/rle.hpp>
#include <s2d/track/grid.hpp>

namespace {

namespace fs = std::filesystem;

// A smooth texture with values from about 40 to 215, different for every seed.
double texture(double x, double y, unsigned seed) {
  const double s = seed;
  double sum = 0;
  for (int k = 1; k <= 6; ++k) {
    const double angle = 1.7 * k + s * 0.9;
    const double pitch = 2.0 + 2.3 * k;
    sum += std::sin((x * std::cos(angle) + y * std::sin(angle)) * 6.2831853 / pitch + s * k);
  }
  return 127.5 + 36 * sum / 2.45;
}

struct thing {
  double x, y, width, height;  // shares of the picture, at the start
  double dx;                   // pixels a frame
  unsigned seed;
  std::array<double, 3> tint;
};

constexpr std::array<thing, 2> things{{
    {0.10, 0.12, 0.26, 0.30, 2.0, 3, {1.15, 0.55, 0.45}},
    {0.62, 0.54, 0.22, 0.34, -2.0, 8, {0.45, 0.75, 1.2}},
}};

// From a towards b and back again.
double swing(double start, double speed, double time, double room) {
  if (room <= 0) return start;
  const double way = std::fmod(std::fmod(start + speed * time, 2 * room) + 2 * room, 2 * room);
  return way <= room ? way : 2 * room - way;
}

enum class motion { apart, together, none };

// Where thing i is in frame t: left, top.
std::array<double, 2> place_of(std::size_t i, double t, motion how, double width, double height) {
  const thing& each = things[i];
  const double w = std::floor(each.width * width);
  if (how == motion::together) {
    const double behind = std::floor(0.05 * width) + 2 * t;
    const double gap = (std::max)(0.0, 12 - t);
    const double first = std::floor(things[0].width * width);
    return {i == 0 ? behind : behind + first + gap, std::floor(0.3 * height)};
  }
  const double left =
      swing(std::floor(each.x * width), each.dx, how == motion::none ? 0 : t, width - w);
  return {left, std::floor(each.y * height)};
}

void draw(s2d::image& picture, s2d::matrix<std::uint8_t>& ids, std::size_t t, motion how) {
  const auto width = static_cast<double>(picture.width);
  const auto height = static_cast<double>(picture.height);
  for (std::ptrdiff_t y = 0; y < picture.height; ++y)
    for (std::ptrdiff_t x = 0; x < picture.width; ++x) {
      double value = texture(static_cast<double>(x), static_cast<double>(y), 1);
      std::array<double, 3> tint{0.85, 1.0, 0.8};
      ids(y, x) = 0;
      for (std::size_t i = 0; i < things.size(); ++i) {
        const thing& each = things[i];
        const double w = std::floor(each.width * width);
        const double h = std::floor(each.height * height);
        const auto [left, top] = place_of(i, static_cast<double>(t), how, width, height);
        const double px = static_cast<double>(x) - left;
        const double py = static_cast<double>(y) - top;
        if (px < 0 || py < 0 || px >= w || py >= h) continue;
        value = texture(px, py, each.seed);
        tint = each.tint;
        ids(y, x) = static_cast<std::uint8_t>(i + 1);
      }
      for (std::size_t c = 0; c < 3; ++c)
        picture.row(y)[3 * x + static_cast<std::ptrdiff_t>(c)] =
            static_cast<std::uint8_t>(std::clamp(value * tint[c], 0.0, 255.0));
    }
}

int make_clip(const std::vector<std::string>& words) {
  const fs::path place = words.at(1);
  std::size_t frames = 24;
  int width = 160, height = 120;
  motion how = motion::apart;
  bool negative = false;
  fs::path truth;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "--still") {
      how = motion::none;
    } else if (words[i] == "--together") {
      how = motion::together;
    } else if (words[i] == "--negative") {
      negative = true;
    } else if (words[i] == "--frames") {
      frames = static_cast<std::size_t>(std::stoul(words.at(++i)));
    } else if (words[i] == "--size") {
      if (std::sscanf(words.at(++i).c_str(), "%dx%d", &width, &height) != 2) return 2;
    } else if (words[i] == "--truth") {
      truth = words.at(++i);
    } else {
      return 2;
    }
  }
  const std::string extension = place.extension().string();
  const bool video = extension == ".mp4" || extension == ".avi";
  const bool single = extension == ".png";
  if (!video && !single) fs::create_directories(place);
  if (!truth.empty()) fs::create_directories(truth);
  s2d::image picture(height, width);
  s2d::matrix<std::uint8_t> ids(height, width);
  const auto each_frame = [&](const auto& use) {
    for (std::size_t t = 0; t < frames; ++t) {
      draw(picture, ids, t, how);
      if (negative)
        for (std::uint8_t& value : picture.values) value = static_cast<std::uint8_t>(255 - value);
      char name[32];
      std::snprintf(name, sizeof name, "%05zu.png", t);
      use(name);
      if (!truth.empty()) s2d::write_palette_png(truth / name, ids);
    }
  };
  if (video) {
    s2d::video_writer writer{place, height, width, {.frames_per_second = 12}};
    each_frame([&](const char*) { writer.write(picture); });
    writer.finish();
  } else {
    each_frame([&](const char* name) { s2d::write_png(single ? place : place / name, picture); });
  }
  return 0;
}

// Where the left edge of a thing is in a frame.
double left_of(const thing& each, std::size_t t, double width) {
  return swing(std::floor(each.x * width), each.dx, static_cast<double>(t),
               width - std::floor(each.width * width));
}

// What other programs would compute: point tracks of the masks, and features of the frames.
int make_given(const std::vector<std::string>& words) {
  const std::vector<fs::path> frames = s2d::list_frames(words.at(1));
  const std::vector<fs::path> truth = s2d::list_frames(words.at(2));
  const fs::path tracks = words.at(3);
  fs::create_directories(tracks);
  const auto count = static_cast<std::ptrdiff_t>(truth.size());
  for (std::size_t t = 0; t < truth.size(); ++t) {
    const s2d::matrix<std::uint8_t> ids = s2d::read_mask_png(truth[t]);
    std::size_t number = 0;
    for (std::size_t i = 0; i < things.size(); ++i) {
      s2d::bit_mask mask(ids.height, ids.width);
      for (std::ptrdiff_t y = 0; y < ids.height; ++y)
        for (std::ptrdiff_t x = 0; x < ids.width; ++x)
          if (ids(y, x) == i + 1) mask.set(y, x);
      const auto pixels = static_cast<std::size_t>(s2d::area(mask));
      if (pixels == 0) continue;
      ++number;
      const std::pair<const char*, std::size_t> kinds[] = {
          {"vis", s2d::discovery_options{}.grid}, {"match", s2d::matching_grid_size(pixels)}};
      for (const auto& [kind, grid] : kinds) {
        const s2d::grid_points points = s2d::points_in_mask(mask, grid, ids.height, ids.width);
        const auto width = static_cast<double>(ids.width);
        std::vector<float> at;
        for (std::size_t f = 0; f < truth.size(); ++f)
          for (const s2d::point& p : points.at) {
            const double moved = left_of(things[i], f, width) - left_of(things[i], t, width);
            at.push_back(p.x + static_cast<float>(moved));
            at.push_back(p.y);
          }
        const std::vector<std::uint8_t> seen(at.size() / 2, 1);
        const auto n = static_cast<std::ptrdiff_t>(points.at.size());
        char stem[64];
        std::snprintf(stem, sizeof stem, "%s_f%02zu_k%02zu", kind, t, number);
        s2d::write_npy(tracks / (std::string{stem} + "_tracks.npy"), at, std::array{count, n, 2l});
        s2d::write_npy(tracks / (std::string{stem} + "_visible.npy"), seen, std::array{count, n});
      }
    }
  }
  std::vector<float> features;
  s2d::image small_picture;
  for (const fs::path& file : frames) {
    small_picture = s2d::resize_area(s2d::read_image(file).view(), 24, 32);
    features.insert(features.end(), small_picture.values.begin(), small_picture.values.end());
  }
  s2d::write_npy(words.at(4), features,
                 std::array{static_cast<std::ptrdiff_t>(frames.size()), 24l, 32l, 3l});
  return 0;
}

// Every object of the truth has an annotation whose masks have at least this mean IoU with it, over
// the frames in which the annotation has a mask, and has one in at least half of the frames.
int compare(const std::vector<std::string>& words) {
  const double least = std::stod(words.at(4));
  const std::vector<fs::path> files = s2d::list_frames(words.at(1));
  std::map<int, std::vector<s2d::rle>> truth;
  for (std::size_t t = 0; t < files.size(); ++t) {
    const s2d::matrix<std::uint8_t> ids = s2d::read_mask_png(files[t]);
    for (int id = 1; id <= 2; ++id) {
      s2d::matrix<std::uint8_t> one(ids.height, ids.width);
      for (std::size_t i = 0; i < ids.values.size(); ++i) one.values[i] = ids.values[i] == id;
      truth[id].push_back(s2d::encode(s2d::mask_view<const std::uint8_t>{one.view()}));
    }
  }
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(words.at(2));
  int missing = 0;
  for (const auto& [id, masks] : truth) {
    double best = 0;
    for (const auto annotation : root["annotations"].get_array()) {
      double sum = 0;
      std::size_t count = 0, t = 0;
      for (const auto segmentation : annotation["segmentations"].get_array()) {
        if (!segmentation.is_null()) {
          const s2d::rle mask = s2d::rle::from_string(
              std::string_view{segmentation["counts"]},
              static_cast<std::ptrdiff_t>(std::int64_t{segmentation["size"].at(0)}),
              static_cast<std::ptrdiff_t>(std::int64_t{segmentation["size"].at(1)}));
          const auto common = static_cast<double>(s2d::intersection_area(mask, masks.at(t)));
          const auto both = static_cast<double>(s2d::area(mask) + s2d::area(masks.at(t)));
          sum += common / (both - common);
          ++count;
        }
        ++t;
      }
      if (2 * count >= masks.size()) best = (std::max)(best, sum / static_cast<double>(count));
    }
    std::printf("object %d: IoU %.3f\n", id, best);
    if (best < least) ++missing;
  }
  return missing == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  av_log_set_level(AV_LOG_QUIET);
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    const std::string& what = words.at(0);
    if (what == "clip") return make_clip(words);
    if (what == "given") return make_given(words);
    if (what == "compare") return compare(words);
    if (what == "same")
      return s2d::read_mask_png(words.at(1)) == s2d::read_mask_png(words.at(2)) ? 0 : 1;
    if (what == "swap") {
      for (const fs::path& file : s2d::list_frames(words.at(1))) {
        s2d::matrix<std::uint8_t> ids = s2d::read_mask_png(file);
        for (std::uint8_t& id : ids.values) id = id == 0 ? id : static_cast<std::uint8_t>(3 - id);
        s2d::write_palette_png(fs::path{words.at(2)} / file.filename(), ids);
      }
      return 0;
    }
    if (what == "join") {
      s2d::write_ytvis(words.at(2), s2d::read_ytvis_folder(words.at(1), "keymasks.json"));
      return 0;
    }
    if (what == "json") {
      simdjson::dom::parser parser;
      return parser.load(words.at(1)).error() == simdjson::SUCCESS ? 0 : 1;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "s2d_tool: %s\n", error.what());
    return 1;
  }
  return 2;
}
