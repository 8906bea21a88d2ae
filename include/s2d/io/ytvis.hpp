// Video annotations: YouTube-VIS JSON files, in and out.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/detail/coco_json.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {

/// A video of an annotation file.
struct ytvis_video {
  std::int64_t id = 1;
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::ptrdiff_t length = 0;            ///< frames
  std::vector<std::string> file_names;  ///< [length], usually "VIDEO/FRAME.jpg"
  /// What a new video says besides is what the official files say.
  json_extras extras = {
      {"license", "1"}, {"coco_url", "\"\""}, {"date_captured", "\"\""}, {"flickr_url", "\"\""}};
  friend bool operator==(const ytvis_video&, const ytvis_video&) = default;
};

/// The mask of an object in one frame.
struct ytvis_segment {
  std::ptrdiff_t frame = 0;
  rle mask;
  annotation_box bbox{};  ///< left, top, width, height
  double area = 0;        ///< pixels
  std::optional<double> coherence;
  std::optional<double> confidence = std::nullopt;  ///< of the frame mask, see frame_mask
  friend bool operator==(const ytvis_segment&, const ytvis_segment&) = default;
};

/// In which frames most points of a mask are seen.
struct ytvis_visibility {
  std::ptrdiff_t start = 0;  ///< frame of the first bit
  std::string bits;          ///< '0' or '1' for each frame from start on
  friend bool operator==(const ytvis_visibility&, const ytvis_visibility&) = default;
};

/// One object of one video. Files hold arrays over all frames; here only frames with a mask stand.
struct ytvis_annotation {
  std::int64_t id = 1;
  std::int64_t video_id = 1;
  std::int64_t category_id = 1;
  bool iscrowd = false;
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::ptrdiff_t length = 0;            ///< frames of the video
  std::vector<ytvis_segment> segments;  ///< frames ascending
  std::optional<double> score;
  std::optional<double> one2x;  ///< share of the members whose mask often covers several masks
  /// First and last frame of each stretch in which the object is visible.
  std::optional<std::vector<std::array<std::ptrdiff_t, 2>>> visibility_ranges;
  /// Frame masks only: the one frame. Such an annotation carries coherence and object, or null.
  std::optional<std::ptrdiff_t> frame;
  std::optional<double> coherence;
  std::optional<std::int64_t> object;  ///< id of the object that the frame mask belongs to
  std::optional<ytvis_visibility> visibility;
  json_extras extras;
  friend bool operator==(const ytvis_annotation&, const ytvis_annotation&) = default;
};

/// A whole annotation file.
struct ytvis_data {
  std::vector<ytvis_video> videos;
  std::vector<ytvis_annotation> annotations;
  std::vector<annotation_category> categories;
  json_extras extras;  ///< "info", "licenses" and whatever else
  friend bool operator==(const ytvis_data&, const ytvis_data&) = default;
};

/// The segment of a mask, with bounding box and area.
[[nodiscard]] inline ytvis_segment make_segment(std::ptrdiff_t frame, rle mask) {
  ytvis_segment segment{frame,
                        {},
                        detail::to_annotation_box(bounding_box(mask)),
                        static_cast<double>(area(mask)),
                        std::nullopt};
  segment.mask = std::move(mask);
  return segment;
}

namespace detail {

using video_extents = std::unordered_map<std::int64_t, std::array<std::ptrdiff_t, 3>>;

inline ytvis_video json_video(ondemand::value value, const json_place& at) {
  ytvis_video video;
  video.extras.clear();
  std::optional<std::ptrdiff_t> length;
  bool named = false;
  json_members(value, at, [&](std::string_view key, ondemand::value member, const json_place& in) {
    if (key == "id") {
      video.id = json_integer(member, in);
      named = true;
    } else if (key == "height") {
      video.height = json_extent(member, in);
    } else if (key == "width") {
      video.width = json_extent(member, in);
    } else if (key == "length") {
      length = json_extent(member, in);
    } else if (key == "file_names") {
      video.file_names.clear();
      if (json_is_null(member, in)) return;
      json_elements(member, in, [&](std::ptrdiff_t, ondemand::value name, const json_place& place) {
        video.file_names.push_back(json_string(name, place));
      });
    } else {
      video.extras.emplace_back(key, json_raw(member, in));
    }
  });
  json_require_id(named, at, "id");
  video.length = length.value_or(static_cast<std::ptrdiff_t>(video.file_names.size()));
  return video;
}

/// Parses one annotation object. Reused for all of a file, it keeps its buffers.
class ytvis_annotation_parser {
 public:
  explicit ytvis_annotation_parser(const video_extents& videos) : videos_{&videos} {}

  ytvis_annotation parse(ondemand::value value, const json_place& at) {
    ytvis_annotation out;
    boxes_.clear();
    areas_.clear();
    coherences_.clear();
    confidences_.clear();
    bool polygons = false, owned = false;
    std::ptrdiff_t entries = -1;
    std::ptrdiff_t stated = 0;  // length as the annotation says
    std::ptrdiff_t frames = 0;  // length as its video says
    ondemand::object object = json_take(value.get_object(), at, "an object");
    json_members(object, at,
                 [&](std::string_view key, ondemand::value member, const json_place& in) {
                   owned = owned || key == "video_id";
                   if (key == "segmentations") {
                     out.segments.clear();
                     polygons = !segments(member, in, out, entries);
                   } else if (!scalar(key, member, in, out, stated) && !array(key, member, in) &&
                              !ours(key, member, in, out)) {
                     out.extras.emplace_back(key, json_raw(member, in));
                   }
                 });
    json_require_id(owned, at, "video_id");
    const auto known = videos_->find(out.video_id);
    if (known != videos_->end()) {
      const auto& [rows, columns, length] = known->second;
      frames = length;
      if (out.height == 0 && out.width == 0) {
        out.height = rows;
        out.width = columns;
      }
    }
    if (polygons) {
      // Now that the size is known, walk again to the masks.
      json_take(object.reset(), at, "an object");
      json_members(
          object, at, [&](std::string_view key, ondemand::value member, const json_place& in) {
            if (key != "segmentations") return;
            out.segments.clear();
            entries = 0;
            json_elements(member, in,
                          [&](std::ptrdiff_t i, ondemand::value item, const json_place& place) {
                            entries = i + 1;
                            if (auto mask = json_segmentation(item, place, out.height, out.width))
                              out.segments.push_back({i, std::move(*mask), {}, -1, std::nullopt});
                          });
          });
    }
    complete(out, at, entries, stated, frames);
    return out;
  }

 private:
  /// Reads masks in run-length form; false if there are polygons, which need the size first.
  static bool segments(ondemand::value value, const json_place& at, ytvis_annotation& out,
                       std::ptrdiff_t& entries) {
    entries = 0;
    if (json_is_null(value, at)) return true;
    bool all = true;
    json_elements(value, at, [&](std::ptrdiff_t i, ondemand::value item, const json_place& in) {
      entries = i + 1;
      if (json_type_of(item, in) == ondemand::json_type::array) {
        all = false;
        return;
      }
      if (auto mask = json_segmentation(item, in, 0, 0))
        out.segments.push_back({i, std::move(*mask), {}, -1, std::nullopt});
    });
    return all;
  }

  static bool scalar(std::string_view key, ondemand::value value, const json_place& at,
                     ytvis_annotation& out, std::ptrdiff_t& stated) {
    if (key == "id")
      out.id = json_is_null(value, at) ? 1 : json_integer(value, at);
    else if (key == "video_id")
      out.video_id = json_integer(value, at);
    else if (key == "category_id")
      out.category_id = json_is_null(value, at) ? 1 : json_integer(value, at);
    else if (key == "iscrowd")
      out.iscrowd = !json_is_null(value, at) && json_integer(value, at) != 0;
    else if (key == "height")
      out.height = json_extent(value, at);
    else if (key == "width")
      out.width = json_extent(value, at);
    else if (key == "length")
      stated = json_extent(value, at);
    else if (key == "score") {
      if (!json_is_null(value, at)) out.score = json_double(value, at);
    } else
      return false;
    return true;
  }

  /// Arrays over the frames.
  bool array(std::string_view key, ondemand::value value, const json_place& at) {
    if (key == "bboxes") {
      if (json_is_null(value, at)) return true;
      json_elements(value, at, [&](std::ptrdiff_t, ondemand::value item, const json_place& in) {
        boxes_.push_back(json_is_null(item, in)
                             ? std::nullopt
                             : std::optional<annotation_box>{json_numbers<4>(item, in)});
      });
      return true;
    }
    const bool areas = key == "areas", confidences = key == "confidences";
    if (!areas && !confidences && key != "coherences") return false;
    if (json_is_null(value, at)) return true;
    if (!areas && json_type_of(value, at) != ondemand::json_type::array) return false;
    auto& list = areas ? areas_ : confidences ? confidences_ : coherences_;
    json_elements(value, at, [&](std::ptrdiff_t, ondemand::value item, const json_place& in) {
      list.push_back(json_is_null(item, in) ? std::nullopt
                                            : std::optional<double>{json_double(item, in)});
    });
    return true;
  }

  /// Members that only this library writes. Another tool's member of the same name but another
  /// type is left to the extras.
  static bool ours(std::string_view key, ondemand::value value, const json_place& at,
                   ytvis_annotation& out) {
    using type = ondemand::json_type;
    const type found = json_type_of(value, at);
    if (key == "one2x" && found == type::number)
      out.one2x = json_double(value, at);
    else if (key == "frame" && found == type::number)
      out.frame = json_extent(value, at);
    else if (key == "coherence" && found == type::number)
      out.coherence = json_double(value, at);
    else if (key == "object" && found == type::number)
      out.object = json_integer(value, at);
    else if ((key == "coherence" || key == "object") && found == type::null)
      return json_is_null(value, at);
    else if (key == "visibility_ranges" && found == type::array) {
      auto& ranges = out.visibility_ranges.emplace();
      json_elements(value, at, [&](std::ptrdiff_t, ondemand::value item, const json_place& in) {
        const auto [first, last] = json_numbers<2>(item, in);
        if (!(std::abs(first) < 1e15 && std::abs(last) < 1e15))
          in.fail("found [", first, ", ", last, "], expected frame numbers");
        ranges.push_back({static_cast<std::ptrdiff_t>(first), static_cast<std::ptrdiff_t>(last)});
      });
    } else if (key == "visibility" && found == type::object) {
      auto& visibility = out.visibility.emplace();
      json_members(value, at,
                   [&](std::string_view name, ondemand::value item, const json_place& in) {
                     if (name == "start") visibility.start = json_extent(item, in);
                     if (name == "bits") visibility.bits = json_string(item, in);
                   });
      if (visibility.bits.find_first_not_of("01") != std::string::npos)
        at["bits"].fail("expected the characters 0 and 1");
    } else
      return false;
    return true;
  }

  /// Joins the arrays and checks them against each other. Official files state a length of 1 for
  /// every annotation, so what the video says and what is there count more.
  void complete(ytvis_annotation& out, const json_place& at, std::ptrdiff_t entries,
                std::ptrdiff_t stated, std::ptrdiff_t frames) const {
    // A frame mask may be written short: one entry, which belongs to "frame".
    const bool brief = entries == 1 && out.frame && (frames > 0 ? frames : stated) != 1;
    if (brief && !out.segments.empty()) out.segments.front().frame = *out.frame;
    out.length = frames > 0 ? frames
                            : (std::max)(stated, brief ? *out.frame + 1
                                                       : (std::max)(entries, std::ptrdiff_t{0}));
    if (!brief && entries > out.length)
      at["segmentations"].fail("found ", entries, " entries, expected ", out.length,
                               " (frames of the video)");
    if (out.frame && *out.frame >= out.length)
      at["frame"].fail("found ", *out.frame, ", expected 0 to ", out.length - 1);
    for (ytvis_segment& segment : out.segments) {
      const auto i = static_cast<std::size_t>(brief ? 0 : segment.frame);
      const rle& mask = segment.mask;
      if (out.height == 0 && out.width == 0) {
        out.height = mask.height;
        out.width = mask.width;
      }
      if (mask.height != out.height || mask.width != out.width)
        at["segmentations"][static_cast<std::ptrdiff_t>(i)]["size"].fail(
            "found ", mask.height, " x ", mask.width, ", expected ", out.height, " x ", out.width,
            " (height x width)");
      segment.bbox =
          i < boxes_.size() && boxes_[i] ? *boxes_[i] : to_annotation_box(bounding_box(mask));
      segment.area = i < areas_.size() && areas_[i] ? *areas_[i] : static_cast<double>(area(mask));
      if (i < coherences_.size()) segment.coherence = coherences_[i];
      if (i < confidences_.size()) segment.confidence = confidences_[i];
    }
  }

  const video_extents* videos_;
  std::vector<std::optional<annotation_box>> boxes_;
  std::vector<std::optional<double>> areas_;
  std::vector<std::optional<double>> coherences_, confidences_;
};

template <class Visit>
ytvis_data walk_ytvis(json_document& document, const Visit& visit) {
  ytvis_data data;
  video_extents videos;
  ytvis_annotation_parser parser{videos};
  walk_annotations(
      document, "videos", data.categories, data.extras,
      [&](ondemand::value item, const json_place& at) {
        const ytvis_video& video = data.videos.emplace_back(json_video(item, at));
        const std::array extents{video.height, video.width, video.length};
        json_require_new_id(videos.emplace(video.id, extents).second, at, video.id);
      },
      [&](ondemand::value item, const json_place& at) { visit(parser.parse(item, at)); });
  return data;
}

inline ytvis_data collect_ytvis(json_document& document) {
  std::vector<ytvis_annotation> annotations;
  ytvis_data data =
      walk_ytvis(document, [&](ytvis_annotation&& one) { annotations.push_back(std::move(one)); });
  data.annotations = std::move(annotations);
  return data;
}

}  // namespace detail

/// Parses a YouTube-VIS file that lies in memory: ground truth, our own files, and lists of results
/// ([{"video_id", "score", "segmentations"}, ...]). Masks may be compressed or plain run lengths,
/// or polygons. Missing boxes, areas and extents are computed; unknown members are kept as extras.
/// `name` stands for the file in errors.
/// @throws invalid_input naming file, place in the document, what was found and what was expected
[[nodiscard]] inline ytvis_data parse_ytvis(std::string json, std::string name) {
  detail::json_document document{std::move(json), std::move(name)};
  return detail::collect_ytvis(document);
}

/// Reads a YouTube-VIS file; see parse_ytvis.
/// @throws io_error if the file cannot be read, invalid_input as parse_ytvis
[[nodiscard]] inline ytvis_data read_ytvis(const std::filesystem::path& file) {
  detail::json_document document = detail::json_document::read(file);
  return detail::collect_ytvis(document);
}

/// Reads a YouTube-VIS file and hands every annotation to visit(ytvis_annotation&&), in the order
/// of the file, without keeping it: for files whose masks do not fit into memory together.
/// @return the file without its annotations
/// @throws as read_ytvis; annotations before the error have been visited
template <class Visit>
requires std::invocable<const Visit&, ytvis_annotation&&> ytvis_data
read_ytvis(const std::filesystem::path& file, const Visit& visit) {
  detail::json_document document = detail::json_document::read(file);
  return detail::walk_ytvis(document, visit);
}

/// Writes a YouTube-VIS file annotation by annotation; it appears under its name by commit().
/// Deterministic: the same data gives the same bytes.
class ytvis_writer {
 public:
  /// @param brief write an annotation that has a `frame` with one entry instead of one a frame, so
  /// that the size of a file of frame masks grows with the masks, not with masks times frames.
  /// parse_ytvis reads both; other tools expect the long form.
  explicit ytvis_writer(const std::filesystem::path& file, const std::vector<ytvis_video>& videos,
                        bool brief = false)
      : file_{file}, out_{file_}, brief_{brief} {
    out_.open('{').key("videos").open('[');
    for (const ytvis_video& video : videos) {
      out_.line().open('{').key("id").value(video.id).key("height").value(video.height);
      out_.key("width").value(video.width).key("length").value(video.length);
      out_.key("file_names").open('[');
      for (const std::string& name : video.file_names) out_.value(name);
      out_.close(']');
      detail::write_extras(out_, video.extras);
      out_.close('}');
    }
    out_.close(']').line().key("annotations").open('[');
  }

  /// @throws invalid_input if segments are not in ascending order of frames within the length, or a
  /// number is not finite, and then writes nothing; io_error if the system refuses
  void add(const ytvis_annotation& one) {
    check(one);
    out_.line().open('{').key("video_id").value(one.video_id);
    out_.key("iscrowd").value(one.iscrowd ? 1 : 0).key("height").value(one.height);
    out_.key("width").value(one.width).key("length").value(one.length);
    const bool brief = brief_ && one.frame && one.segments.size() == 1;
    frames("segmentations", one, brief,
           [&](const ytvis_segment& s) { detail::write_rle(out_, s.mask); });
    frames("bboxes", one, brief, [&](const ytvis_segment& s) { detail::write_box(out_, s.bbox); });
    frames("areas", one, brief, [&](const ytvis_segment& s) { out_.value(s.area); });
    out_.key("category_id").value(one.category_id).key("id").value(one.id);
    if (one.score) out_.key("score").value(*one.score);
    if (one.one2x) out_.key("one2x").value(*one.one2x);
    if (one.visibility_ranges) {
      out_.key("visibility_ranges").open('[');
      for (const auto& [first, last] : *one.visibility_ranges)
        out_.open('[').value(first).value(last).close(']');
      out_.close(']');
    }
    const auto measured = [&](std::string_view key, std::optional<double> ytvis_segment::*value) {
      bool some = false;
      for (const ytvis_segment& segment : one.segments) some = some || segment.*value;
      if (some)
        frames(key, one, brief,
               [&](const ytvis_segment& s) { s.*value ? out_.value(*(s.*value)) : out_.null(); });
    };
    measured("coherences", &ytvis_segment::coherence);
    measured("confidences", &ytvis_segment::confidence);
    if (one.frame) out_.key("frame").value(*one.frame);
    if (one.frame || one.coherence) {
      out_.key("coherence");
      one.coherence ? out_.value(*one.coherence) : out_.null();
    }
    if (one.frame || one.object) {
      out_.key("object");
      one.object ? out_.value(*one.object) : out_.null();
    }
    if (one.visibility) {
      out_.key("visibility").open('{').key("start").value(one.visibility->start);
      out_.key("bits").value(one.visibility->bits).close('}');
    }
    detail::write_extras(out_, one.extras);
    out_.close('}');
  }

  /// Ends the file and gives it its name.
  /// @throws io_error if the system refuses; nothing then appears
  void commit(const std::vector<annotation_category>& categories, const json_extras& extras = {}) {
    out_.close(']');
    detail::write_categories(out_, categories);
    detail::write_extras(out_, extras);
    out_.line().close('}');
    out_.flush();
    file_.write("\n");
    file_.commit();
  }

 private:
  static void check(const ytvis_annotation& one) {
    std::ptrdiff_t next = 0;
    for (const ytvis_segment& segment : one.segments) {
      require(segment.frame >= next && segment.frame < one.length, "YTVIS annotation ", one.id,
              ": segment of frame ", segment.frame, ", expected ", next, " to ", one.length - 1,
              ", ascending");
      detail::require_whole("YTVIS annotation: ", segment.mask);
      next = segment.frame + 1;
    }
    require(!one.frame || one.segments.empty() ||
                (one.segments.size() == 1 && one.segments.front().frame == *one.frame),
            "YTVIS annotation ", one.id, ": a frame mask has one segment, in its frame");
    // Before anything is written: a number refused halfway would leave half an annotation.
    const auto finite = [&](std::optional<double> value, const char* what) {
      require(!value || std::isfinite(*value), "YTVIS annotation ", one.id, ": ", what,
              " is not finite");
    };
    finite(one.score, "score");
    finite(one.one2x, "one2x");
    finite(one.coherence, "coherence");
    for (const ytvis_segment& segment : one.segments) {
      finite(segment.area, "an area");
      finite(segment.coherence, "a coherence");
      finite(segment.confidence, "a confidence");
      for (const double side : segment.bbox) finite(side, "a box");
    }
  }

  template <class Write>
  void frames(std::string_view key, const ytvis_annotation& one, bool brief, const Write& write) {
    out_.key(key).open('[');
    std::ptrdiff_t next = brief ? one.segments.front().frame : 0;
    for (const ytvis_segment& segment : one.segments) {
      for (; next < segment.frame; ++next) out_.null();
      write(segment);
      ++next;
    }
    if (!brief)
      for (; next < one.length; ++next) out_.null();
    out_.close(']');
  }

  atomic_file file_;
  detail::json_writer out_;
  bool brief_;
};

/// Writes a YouTube-VIS file, whole or not at all; see ytvis_writer.
inline void write_ytvis(const std::filesystem::path& file, const ytvis_data& data,
                        bool brief = false) {
  ytvis_writer out{file, data.videos, brief};
  for (const ytvis_annotation& one : data.annotations) out.add(one);
  out.commit(data.categories, data.extras);
}

}  // namespace s2d::inline S2D_ABI
