#include "report_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <exception>

#include <s2d/core/error.hpp>
#include <s2d/core/matrix.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/core/resize.hpp>
#include <s2d/ffmpeg/video_reader.hpp>
#include <s2d/io/folder.hpp>
#include <s2d/io/image.hpp>
#include <s2d/mask/rle.hpp>

#include "../overlay.hpp"
#include "html.hpp"

namespace app::report {

namespace {

namespace fs = std::filesystem;

constexpr std::ptrdiff_t cut_out_side = 300;  // of a thumbnail, pixels
constexpr double most_enlarged = 2.5;         // small objects
constexpr int cut_out_quality = 84;
constexpr int frame_quality = 80;

picture as_jpeg(const s2d::image& pixels, int quality) {
  return {data_uri("image/jpeg", s2d::encode_jpeg(pixels, quality)), pixels.height, pixels.width};
}

void mix(std::uint8_t* pixel, colour with, double share) {
  const auto blend = [share](std::uint8_t old, std::uint8_t fresh) {
    return static_cast<std::uint8_t>(old + (fresh - old) * share + 0.5);
  };
  pixel[0] = blend(pixel[0], with.red);
  pixel[1] = blend(pixel[1], with.green);
  pixel[2] = blend(pixel[2], with.blue);
}

/// A square around the object with some air, moved into the picture, cut where it is too large.
s2d::box surroundings(const s2d::box& object, std::ptrdiff_t height, std::ptrdiff_t width) {
  const std::ptrdiff_t longer = (std::max)(object.width, object.height);
  const std::ptrdiff_t side = (std::max)(longer + longer * 3 / 10, std::ptrdiff_t{32});
  const auto place = [&](std::ptrdiff_t first, std::ptrdiff_t extent, std::ptrdiff_t limit,
                         std::ptrdiff_t length) {
    const std::ptrdiff_t centred = first + extent / 2 - length / 2;
    return std::clamp(centred, std::ptrdiff_t{0}, limit - length);
  };
  s2d::box box;
  box.height = (std::min)(side, height);
  box.width = (std::min)(side, width);
  box.y = place(object.y, object.height, height, box.height);
  box.x = place(object.x, object.width, width, box.width);
  return box;
}

/// The largest value in a square of 2 * radius + 1 pixels around each.
s2d::matrix<std::uint8_t> widened(const s2d::matrix<std::uint8_t>& in, std::ptrdiff_t radius) {
  s2d::matrix<std::uint8_t> out(in.height, in.width);
  for (std::ptrdiff_t y = 0; y < in.height; ++y)
    for (std::ptrdiff_t x = 0; x < in.width; ++x) {
      std::uint8_t most = 0;
      for (std::ptrdiff_t i = (std::max)(y - radius, std::ptrdiff_t{0});
           i <= (std::min)(y + radius, in.height - 1); ++i)
        for (std::ptrdiff_t j = (std::max)(x - radius, std::ptrdiff_t{0});
             j <= (std::min)(x + radius, in.width - 1); ++j)
          most = (std::max)(most, in(i, j));
      out(y, x) = most;
    }
  return out;
}

std::string frames_of_video(const result_data& data, const std::vector<std::size_t>& wanted,
                            const std::function<void(std::size_t, const s2d::image&)>& take) {
  s2d::video_options options;
  options.start = static_cast<std::ptrdiff_t>(data.start);
  options.stride = static_cast<std::ptrdiff_t>(data.stride);
  options.height = data.height;
  options.width = data.width;
  s2d::video_reader video{data.input, options};
  std::size_t next = 0;
  for (std::size_t t = 0; next < wanted.size(); ++t) {
    const auto frame = video.next();
    if (!frame) return s2d::concat(data.input.string(), " ends before frame ", wanted[next]);
    if (t == wanted[next]) {
      take(t, frame->picture);
      ++next;
    }
  }
  return {};
}

std::string frames_of_folder(const result_data& data, const std::vector<fs::path>& files,
                             const std::vector<std::size_t>& wanted,
                             const std::function<void(std::size_t, const s2d::image&)>& take) {
  for (const std::size_t t : wanted) {
    const std::size_t number = data.start + t * data.stride;
    if (number >= files.size())
      return s2d::concat(data.input.string(), " holds ", files.size(), " frames, not frame ",
                         number);
    s2d::image frame = s2d::read_image(files[number]);
    if (frame.height != data.height || frame.width != data.width)
      frame = s2d::resize_area(frame, data.height, data.width);
    take(t, frame);
  }
  return {};
}

}  // namespace

std::string read_clip_frames(const result_data& data, const std::vector<std::size_t>& wanted,
                             const std::function<void(std::size_t, const s2d::image&)>& take) {
  if (wanted.empty()) return {};
  if (data.height == 0 || data.width == 0) return "run.json does not say how large frames are";
  try {
    const s2d::input_description input = s2d::detect_input(data.input);
    switch (input.kind) {
      case s2d::input_kind::video_file:
        return frames_of_video(data, wanted, take);
      case s2d::input_kind::frame_folder:
        return frames_of_folder(data, input.items, wanted, take);
      case s2d::input_kind::folder_of_videos:
        return data.input.string() + " is a folder of videos";
    }
    return {};
  } catch (const s2d::invalid_input& error) {
    return error.what();
  } catch (const s2d::io_error& error) {
    return error.what();
  }
}

std::vector<std::size_t> best_keymasks(const object_entry& object, std::size_t count) {
  const auto& keys = object.keymasks;
  const std::size_t shares = (std::min)(count, keys.size());
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < shares; ++i) {
    std::size_t best = i * keys.size() / shares;
    for (std::size_t k = best + 1; k < (i + 1) * keys.size() / shares; ++k)
      if (keys[k].coherence > keys[best].coherence ||
          (std::isnan(keys[best].coherence) && !std::isnan(keys[k].coherence)))
        best = k;
    chosen.push_back(best);
  }
  return chosen;
}

picture cut_out(const result_data& data, const keymask_entry& key, colour edge,
                const s2d::image* frame) {
  const s2d::rle runs = s2d::rle::from_string(key.counts, data.height, data.width);
  const s2d::matrix<std::uint8_t> mask = s2d::decode(runs);
  const s2d::box object = s2d::bounding_box(runs);
  const s2d::box box = surroundings(object, data.height, data.width);
  const double scale =
      (std::min)(most_enlarged, static_cast<double>(cut_out_side) /
                                    static_cast<double>((std::max)(box.height, box.width)));
  const auto scaled = [&](std::ptrdiff_t extent) {
    return (std::max)(std::ptrdiff_t{1}, static_cast<std::ptrdiff_t>(
                                             std::lround(static_cast<double>(extent) * scale)));
  };
  const std::ptrdiff_t height = scaled(box.height), width = scaled(box.width);

  s2d::matrix<std::uint8_t> part(box.height, box.width);
  for (std::ptrdiff_t y = 0; y < box.height; ++y)
    for (std::ptrdiff_t x = 0; x < box.width; ++x)
      part(y, x) = mask(box.y + y, box.x + x) != 0 ? 255 : 0;
  const auto resize = [&](const auto& source) {
    return scale < 1 ? s2d::resize_area(source, height, width)
                     : s2d::resize_bilinear(source, height, width);
  };
  s2d::matrix<std::uint8_t> inside = resize(part.view());
  for (std::uint8_t& value : inside.values) value = value >= 128 ? 255 : 0;
  const s2d::matrix<std::uint8_t> around = widened(inside, 2);

  s2d::image pixels(height, width);
  if (frame != nullptr)
    pixels = resize(
        s2d::image_view{frame->row(box.y) + 3 * box.x, box.height, box.width, 3 * frame->width});
  for (std::ptrdiff_t y = 0; y < height; ++y)
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      std::uint8_t* pixel = pixels.row(y) + 3 * x;
      if (inside(y, x) != 0) {
        if (frame == nullptr) mix(pixel, edge, 0.75);
      } else if (around(y, x) != 0) {
        mix(pixel, edge, 1);
      } else {
        const auto grey = static_cast<std::uint8_t>((pixel[0] * 3 + pixel[1] * 6 + pixel[2]) / 10);
        mix(pixel, {grey, grey, grey}, 0.6);
        mix(pixel, {20, 22, 26}, 0.55);
      }
    }
  return as_jpeg(pixels, cut_out_quality);
}

picture small_frame(const s2d::image& frame, std::ptrdiff_t longer_side) {
  const std::ptrdiff_t longer = (std::max)(frame.height, frame.width);
  if (longer <= longer_side) return as_jpeg(frame, frame_quality);
  const auto scaled = [&](std::ptrdiff_t extent) {
    return (std::max)(std::ptrdiff_t{1}, (2 * extent * longer_side + longer) / (2 * longer));
  };
  return as_jpeg(s2d::resize_area(frame, scaled(frame.height), scaled(frame.width)), frame_quality);
}

picture painted_frame(const result_data& data, std::size_t t, painted_masks which,
                      const s2d::image& frame, std::ptrdiff_t longer_side) {
  s2d::image pixels = frame;
  const auto runs = [&](const std::string& counts) {
    return s2d::rle::from_string(counts, data.height, data.width);
  };
  const int line = (std::max)(1, static_cast<int>((std::max)(frame.height, frame.width) / 360));
  if (which == painted_masks::frame_masks) {
    for (const mask_entry& mask : data.masks)
      if (mask.frame == t && !mask.counts.empty())
        paint(pixels, runs(mask.counts), {245, 245, 245}, 0.35, 2 * line);
    return small_frame(pixels, longer_side);
  }
  const bool dense = which == painted_masks::dense;
  std::size_t loose = data.objects.size();
  struct mark {
    std::size_t number;
    s2d::box box;
  };
  std::vector<mark> marks;
  const std::vector<object_entry>& objects = dense ? data.dense : data.objects;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const std::size_t own = !dense ? i : data.dense_keys[i] == none ? loose++ : data.dense_keys[i];
    for (const keymask_entry& key : objects[i].keymasks) {
      if (key.frame != t) continue;
      const s2d::rle mask = runs(key.counts);
      paint(pixels, mask, colour_of(own), 0.45, 2 * line);
      marks.push_back({own, s2d::bounding_box(mask)});
    }
  }
  for (const auto& [number, box] : marks)
    label(pixels, number + 1, colour_of(number), box.x, box.y - 13 * line);
  return small_frame(pixels, longer_side);
}

visibility_picture draw_visibility(const result_data& data, const report_options& options) {
  visibility_picture drawn;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < data.masks.size(); ++i)
    if (data.masks[i].visible.find('1') != std::string::npos) rows.push_back(i);
  drawn.masks = rows.size();
  if (rows.empty() || data.frames == 0) return drawn;
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return data.masks[a].object < data.masks[b].object;
  });
  const std::size_t height = (std::min)(rows.size(), (std::max)(options.max_rows, std::size_t{1}));
  for (std::size_t r = 0; r < height; ++r)
    drawn.rows.push_back(rows[(2 * r + 1) * rows.size() / (2 * height)]);
  drawn.columns = (std::min)(data.frames, (std::max)(options.max_columns, std::size_t{1}));

  const auto width = static_cast<std::ptrdiff_t>(drawn.columns);
  s2d::image pixels(static_cast<std::ptrdiff_t>(height), width);
  s2d::matrix<std::uint8_t> alpha(pixels.height, width);
  const auto paint = [&](std::size_t row, std::size_t column, colour with, std::uint8_t opacity) {
    const auto y = static_cast<std::ptrdiff_t>(row), x = static_cast<std::ptrdiff_t>(column);
    mix(pixels.row(y) + 3 * x, with, 1);
    alpha(y, x) = opacity;
  };
  for (std::size_t r = 0; r < height; ++r) {
    const mask_entry& mask = data.masks[drawn.rows[r]];
    const colour own = mask.object == none ? colour{150, 154, 162} : colour_of(mask.object);
    for (std::size_t c = 0; c < drawn.columns; ++c) {
      const std::size_t t = (2 * c + 1) * data.frames / (2 * drawn.columns);
      if (t >= mask.visible_from && t - mask.visible_from < mask.visible.size() &&
          mask.visible[t - mask.visible_from] == '1')
        paint(r, c, own, mask.object == none ? 130 : 175);
    }
    paint(r, mask.frame * drawn.columns / data.frames, {255, 255, 255}, 255);
    if (drawn.bands.empty() || drawn.bands.back().object != mask.object)
      drawn.bands.push_back({mask.object, r, 0});
    ++drawn.bands.back().rows;
  }
  drawn.image = {data_uri("image/png", s2d::encode_cutout(pixels, alpha.view())), pixels.height,
                 width};
  return drawn;
}

}  // namespace app::report
