#include "report.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>

#include "../palette.hpp"
#include "report_data.hpp"
#include "report_page.hpp"
#include "report_pictures.hpp"

namespace app {

namespace {

using namespace report;

constexpr std::size_t strip_frames = 8;
constexpr std::ptrdiff_t strip_side = 480;
constexpr std::ptrdiff_t compared_side = 640;

/// Those with most keymasks, in their order.
std::vector<std::size_t> shown_objects(const result_data& data, std::size_t most) {
  std::vector<std::size_t> objects(data.objects.size());
  std::iota(objects.begin(), objects.end(), std::size_t{0});
  if (objects.size() <= most) return objects;
  std::stable_sort(objects.begin(), objects.end(), [&](std::size_t a, std::size_t b) {
    return data.objects[a].keymasks.size() > data.objects[b].keymasks.size();
  });
  objects.resize(most);
  std::sort(objects.begin(), objects.end());
  return objects;
}

/// A picture that is wanted of a frame.
struct wish {
  std::size_t frame = 0;
  std::size_t shown = none;  ///< index among the shown objects; none: the frame itself
  std::size_t keymask = 0;   ///< index among the keymasks of the object
  std::optional<painted_masks> painted;
  picture* target = nullptr;
};

}  // namespace

void write_report(const std::filesystem::path& result_folder, const std::filesystem::path& html,
                  const report_options& options) {
  const auto progress = [&](std::size_t done, std::size_t total) {
    s2d::detail::report(options.progress, "report", done, total);
  };
  progress(0, 1);
  result_data data = read_results(result_folder);
  if (!options.input.empty()) data.input = options.input;

  page_pictures pictures;
  pictures.objects = shown_objects(data, options.max_objects);
  pictures.thumbnails.resize(pictures.objects.size());
  pictures.visibility = draw_visibility(data, options);
  pictures.video = load_video(result_folder / "overlay.mp4", html, data, options);
  if (data.has_dense)
    pictures.dense_video = load_video(result_folder / "dense.mp4", html, data, options);

  std::vector<wish> wishes;
  for (std::size_t i = 0; i < pictures.objects.size(); ++i) {
    const object_entry& object = data.objects[pictures.objects[i]];
    for (const std::size_t k : best_keymasks(object, options.thumbnails))
      pictures.thumbnails[i].push_back({k, {}});
    for (auto& each : pictures.thumbnails[i])
      wishes.push_back({object.keymasks[each.keymask].frame, i, each.keymask, {}, &each.cut_out});
  }
  if (data.result != "objects" || pictures.video.uri.empty()) {
    const std::size_t count = (std::min)(strip_frames, data.frames);
    for (std::size_t i = 0; i < count; ++i)
      pictures.strip.push_back({(2 * i + 1) * data.frames / (2 * count), {}});
    for (auto& each : pictures.strip) wishes.push_back({each.frame, none, 0, {}, &each.small});
  }
  for (const std::size_t t : data.compared) pictures.compared.push_back({t, {}, {}, {}});
  for (auto& each : pictures.compared) {
    wishes.push_back({each.frame, none, 0, painted_masks::frame_masks, &each.frame_masks});
    wishes.push_back({each.frame, none, 0, painted_masks::keymasks, &each.keymasks});
    wishes.push_back({each.frame, none, 0, painted_masks::dense, &each.dense});
  }
  std::stable_sort(wishes.begin(), wishes.end(),
                   [](const wish& a, const wish& b) { return a.frame < b.frame; });

  const auto draw = [&](const wish& each, const s2d::image* frame) {
    if (each.painted) {
      if (frame != nullptr)
        *each.target = painted_frame(data, each.frame, *each.painted, *frame, compared_side);
      return;
    }
    if (each.shown == none) {
      if (frame != nullptr) *each.target = small_frame(*frame, strip_side);
      return;
    }
    const std::size_t object = pictures.objects[each.shown];
    const keymask_entry& key = data.objects[object].keymasks[each.keymask];
    try {
      *each.target = cut_out(data, key, colour_of(object), frame);
    } catch (const s2d::invalid_input& error) {
      throw s2d::invalid_input{s2d::concat((result_folder / "keymasks.json").string(),
                                           ": annotations[", object, "].segmentations[", key.frame,
                                           "].counts: ", error.what())};
    }
  };
  std::vector<std::size_t> frames;
  for (const wish& each : wishes)
    if (frames.empty() || frames.back() != each.frame) frames.push_back(each.frame);
  auto next = wishes.begin();
  pictures.missing_clip =
      read_clip_frames(data, frames, [&](std::size_t t, const s2d::image& frame) {
        for (; next != wishes.end() && next->frame == t; ++next) draw(*next, &frame);
        progress(static_cast<std::size_t>(next - wishes.begin()), wishes.size() + 1);
      });
  for (; next != wishes.end(); ++next) draw(*next, nullptr);
  std::erase_if(pictures.compared, [](const auto& each) { return each.dense.uri.empty(); });
  std::erase_if(pictures.strip, [](const auto& each) { return each.small.uri.empty(); });

  s2d::write_file(html, write_page(data, pictures, options));
  progress(1, 1);
}

}  // namespace app
