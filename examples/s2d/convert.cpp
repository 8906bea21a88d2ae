// s2d convert: masks from one format to another.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/io/npy.hpp>
#include <s2d/io/palette_png.hpp>
#include <s2d/io/ytvis.hpp>

#include "commands.hpp"
#include "console.hpp"
#include "files.hpp"
#include "mask_video.hpp"

namespace app {

namespace fs = std::filesystem;

namespace {

std::size_t largest_number(const mask_video& video) {
  std::size_t largest = 0;
  for (const auto& frame : video.frames)
    for (const numbered_mask& each : frame) largest = (std::max)(largest, each.number);
  return largest;
}

void write_folder(const std::vector<mask_video>& videos, const fs::path& folder) {
  std::set<fs::path> written;
  for (const mask_video& video : videos) {
    s2d::require(video.name != "..", folder.string(), ": a video is called ..");
    const std::size_t largest = largest_number(video);
    s2d::require(largest <= 255, folder.string(), ": ", video.name, " has ", largest,
                 " objects, expected at most 255 in mask pictures");
    const fs::path place = videos.size() == 1 ? folder : folder / video.name;
    make_folder(place);
    for (std::size_t t = 0; t < video.frames.size(); ++t) {
      throw_if_stopped();
      s2d::matrix<std::uint8_t> ids(video.height, video.width);
      paint_numbers(video.frames[t], ids.view());
      const fs::path file = place / (fs::path{video.names[t]}.stem().string() + ".png");
      s2d::require(written.insert(file).second, file.string(),
                   ": stands for two frames, expected names that differ");
      write_palette_png(file, ids);
    }
  }
}

void write_array(const mask_video& video, const fs::path& file) {
  const std::vector<std::ptrdiff_t> shape{static_cast<std::ptrdiff_t>(video.frames.size()),
                                          video.height, video.width};
  const auto pixels = static_cast<std::size_t>(video.height * video.width);
  const auto write = [&]<class Id>(Id) {
    std::vector<Id> ids(video.frames.size() * pixels);
    for (std::size_t t = 0; t < video.frames.size(); ++t)
      paint_numbers(video.frames[t],
                    s2d::plane_view<Id>{ids.data() + t * pixels, video.height, video.width});
    s2d::write_npy<Id>(file, ids, shape);
  };
  if (largest_number(video) <= 255)
    write(std::uint8_t{});
  else if (largest_number(video) <= 65535)
    write(std::uint16_t{});
  else
    write(std::uint32_t{});
}

void write_json(const std::vector<mask_video>& videos, const fs::path& file) {
  std::vector<s2d::ytvis_video> heads;
  for (const mask_video& video : videos) {
    s2d::ytvis_video& head = heads.emplace_back();
    head.id = static_cast<std::int64_t>(heads.size());
    head.height = video.height;
    head.width = video.width;
    head.length = static_cast<std::ptrdiff_t>(video.frames.size());
    head.file_names = video.names;
  }
  s2d::ytvis_writer out{file, heads};
  std::int64_t id = 0;
  for (std::size_t v = 0; v < videos.size(); ++v) {
    const mask_video& video = videos[v];
    s2d::ytvis_annotation blank;
    blank.video_id = heads[v].id;
    blank.height = video.height;
    blank.width = video.width;
    blank.length = heads[v].length;
    std::map<std::size_t, s2d::ytvis_annotation> objects;
    for (std::size_t t = 0; t < video.frames.size(); ++t)
      for (const numbered_mask& each : video.frames[t]) {
        const auto frame = static_cast<std::ptrdiff_t>(t);
        if (!video.objects) {
          s2d::ytvis_annotation one = blank;
          one.id = ++id;
          one.frame = frame;
          one.score = each.score;
          one.segments.push_back(s2d::make_segment(frame, each.mask));
          out.add(one);
          continue;
        }
        s2d::ytvis_annotation& one = objects.try_emplace(each.number, blank).first->second;
        one.score = each.score;
        one.segments.push_back(s2d::make_segment(frame, each.mask));
      }
    for (auto& [number, one] : objects) {
      one.id = ++id;
      out.add(one);
    }
  }
  out.commit({s2d::annotation_category{}});
}

}  // namespace

int convert_command(const fs::path& from, const fs::path& to, bool frame_masks, bool quiet) {
  require_apart({{to}, {}, {}}, {from});
  std::vector<mask_video> videos = read_mask_videos(from);
  if (frame_masks)
    for (mask_video& video : videos) video.objects = false;
  const std::string extension = to.extension().string();
  if (extension == ".json") {
    write_json(videos, to);
  } else if (extension == ".npy") {
    s2d::require(videos.size() == 1, from.string(), ": holds ", videos.size(),
                 " videos, expected one for an array");
    write_array(videos.front(), to);
  } else {
    write_folder(videos, to);
  }
  if (quiet) return exit_success;
  std::size_t masks = 0, frames = 0;
  for (const mask_video& video : videos) {
    frames += video.frames.size();
    for (const auto& frame : video.frames) masks += frame.size();
  }
  std::printf("%s: %zu masks in %zu frames of %zu %s\n", to.string().c_str(), masks, frames,
              videos.size(), videos.size() == 1 ? "video" : "videos");
  return exit_success;
}

}  // namespace app
