// Image annotations: COCO JSON files, in and out.
#pragma once

#include <array>
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

/// An image of an annotation file.
struct coco_image {
  std::int64_t id = 1;
  std::ptrdiff_t height = 0;
  std::ptrdiff_t width = 0;
  std::string file_name;
  json_extras extras;
  friend bool operator==(const coco_image&, const coco_image&) = default;
};

/// One object of one image.
struct coco_annotation {
  std::int64_t id = 1;
  std::int64_t image_id = 1;
  std::int64_t category_id = 1;
  bool iscrowd = false;
  std::optional<rle> mask;  ///< none where a file has boxes or keypoints only
  annotation_box bbox{};    ///< left, top, width, height
  double area = 0;          ///< pixels
  std::optional<double> score;
  json_extras extras;
  friend bool operator==(const coco_annotation&, const coco_annotation&) = default;
};

/// A whole annotation file.
struct coco_data {
  std::vector<coco_image> images;
  std::vector<coco_annotation> annotations;
  std::vector<annotation_category> categories;
  json_extras extras;  ///< "info", "licenses" and whatever else
  friend bool operator==(const coco_data&, const coco_data&) = default;
};

/// The annotation of a mask, with bounding box and area.
[[nodiscard]] inline coco_annotation make_annotation(std::int64_t id, std::int64_t image_id,
                                                     rle mask) {
  coco_annotation one;
  one.id = id;
  one.image_id = image_id;
  one.bbox = detail::to_annotation_box(bounding_box(mask));
  one.area = static_cast<double>(area(mask));
  one.mask = std::move(mask);
  return one;
}

namespace detail {

using image_extents = std::unordered_map<std::int64_t, std::array<std::ptrdiff_t, 2>>;

inline coco_image json_image(ondemand::value value, const json_place& at) {
  coco_image one;
  bool named = false;
  json_members(value, at, [&](std::string_view key, ondemand::value member, const json_place& in) {
    if (key == "id") {
      one.id = json_integer(member, in);
      named = true;
    } else if (key == "height") {
      one.height = json_extent(member, in);
    } else if (key == "width") {
      one.width = json_extent(member, in);
    } else if (key == "file_name") {
      if (!json_is_null(member, in)) one.file_name = json_string(member, in);
    } else {
      one.extras.emplace_back(key, json_raw(member, in));
    }
  });
  json_require_id(named, at, "id");
  return one;
}

inline coco_annotation json_coco_annotation(ondemand::value value, const json_place& at,
                                            const image_extents& images) {
  coco_annotation out;
  std::optional<annotation_box> bbox;
  std::optional<double> pixels;
  bool polygons = false, owned = false;
  ondemand::object object = json_take(value.get_object(), at, "an object");
  json_members(object, at, [&](std::string_view key, ondemand::value member, const json_place& in) {
    const bool absent = json_is_null(member, in);
    if (key == "id") {
      if (!absent) out.id = json_integer(member, in);
    } else if (key == "image_id") {
      out.image_id = json_integer(member, in);
      owned = true;
    } else if (key == "category_id") {
      if (!absent) out.category_id = json_integer(member, in);
    } else if (key == "iscrowd") {
      if (!absent) out.iscrowd = json_integer(member, in) != 0;
    } else if (key == "segmentation") {
      polygons = json_type_of(member, in) == ondemand::json_type::array;
      out.mask.reset();
      if (!polygons) out.mask = json_segmentation(member, in, 0, 0);
    } else if (key == "bbox") {
      if (!absent) bbox = json_numbers<4>(member, in);
    } else if (key == "area") {
      if (!absent) pixels = json_double(member, in);
    } else if (key == "score") {
      if (!absent) out.score = json_double(member, in);
    } else {
      out.extras.emplace_back(key, json_raw(member, in));
    }
  });
  json_require_id(owned, at, "image_id");
  const auto known = images.find(out.image_id);
  const auto [height, width] =
      known == images.end() ? std::array<std::ptrdiff_t, 2>{} : known->second;
  if (polygons) {
    // Now that the image is known, walk again to the mask.
    json_take(object.reset(), at, "an object");
    json_members(object, at,
                 [&](std::string_view key, ondemand::value member, const json_place& in) {
                   if (key == "segmentation")
                     out.mask = json_segmentation(member, in, height, width);
                 });
  } else if (out.mask && height > 0 && width > 0 &&
             (out.mask->height != height || out.mask->width != width)) {
    at["segmentation"]["size"].fail("found ", out.mask->height, " x ", out.mask->width,
                                    ", expected ", height, " x ", width,
                                    " (height x width) as image ", out.image_id);
  }
  if (out.mask && !bbox) bbox = to_annotation_box(bounding_box(*out.mask));
  if (out.mask && !pixels) pixels = static_cast<double>(area(*out.mask));
  out.bbox = bbox.value_or(annotation_box{});
  out.area = pixels.value_or(0);
  return out;
}

template <class Visit>
coco_data walk_coco(json_document& document, const Visit& visit) {
  coco_data data;
  image_extents images;
  walk_annotations(
      document, "images", data.categories, data.extras,
      [&](ondemand::value item, const json_place& at) {
        const coco_image& one = data.images.emplace_back(json_image(item, at));
        json_require_new_id(images.emplace(one.id, std::array{one.height, one.width}).second, at,
                            one.id);
      },
      [&](ondemand::value item, const json_place& at) {
        visit(json_coco_annotation(item, at, images));
      });
  return data;
}

inline coco_data collect_coco(json_document& document) {
  std::vector<coco_annotation> annotations;
  coco_data data =
      walk_coco(document, [&](coco_annotation&& one) { annotations.push_back(std::move(one)); });
  data.annotations = std::move(annotations);
  return data;
}

}  // namespace detail

/// Parses a COCO file that lies in memory: ground truth, or a list of results ([{"image_id",
/// "score", "segmentation"}, ...]). Masks may be compressed or plain run lengths, or polygons
/// (these need their image's extents). Missing boxes and areas are computed; unknown members are
/// kept as extras. `name` stands for the file in errors.
/// @throws invalid_input naming file, place in the document, what was found and what was expected
[[nodiscard]] inline coco_data parse_coco(std::string json, std::string name) {
  detail::json_document document{std::move(json), std::move(name)};
  return detail::collect_coco(document);
}

/// Reads a COCO file; see parse_coco.
/// @throws io_error if the file cannot be read, invalid_input as parse_coco
[[nodiscard]] inline coco_data read_coco(const std::filesystem::path& file) {
  detail::json_document document = detail::json_document::read(file);
  return detail::collect_coco(document);
}

/// Reads a COCO file and hands every annotation to visit(coco_annotation&&), in the order of the
/// file, without keeping it.
/// @return the file without its annotations
/// @throws as read_coco; annotations before the error have been visited
template <class Visit>
requires std::invocable<const Visit&, coco_annotation&&> coco_data
read_coco(const std::filesystem::path& file, const Visit& visit) {
  detail::json_document document = detail::json_document::read(file);
  return detail::walk_coco(document, visit);
}

/// Writes a COCO file, whole or not at all. Masks are written as compressed run lengths.
/// Deterministic: the same data gives the same bytes.
/// @throws invalid_input if a number is not finite; io_error if the system refuses
inline void write_coco(const std::filesystem::path& file, const coco_data& data) {
  atomic_file target{file};
  detail::json_writer out{target};
  out.open('{').key("images").open('[');
  for (const coco_image& one : data.images) {
    out.line().open('{').key("id").value(one.id).key("file_name").value(one.file_name);
    out.key("height").value(one.height).key("width").value(one.width);
    detail::write_extras(out, one.extras);
    out.close('}');
  }
  out.close(']').line().key("annotations").open('[');
  for (const coco_annotation& one : data.annotations) {
    out.line().open('{').key("id").value(one.id).key("image_id").value(one.image_id);
    out.key("category_id").value(one.category_id).key("iscrowd").value(one.iscrowd ? 1 : 0);
    out.key("segmentation");
    if (one.mask)
      detail::write_rle(out, *one.mask);
    else
      out.null();
    detail::write_box(out.key("bbox"), one.bbox);
    out.key("area").value(one.area);
    if (one.score) out.key("score").value(*one.score);
    detail::write_extras(out, one.extras);
    out.close('}');
  }
  out.close(']');
  detail::write_categories(out, data.categories);
  detail::write_extras(out, data.extras);
  out.line().close('}');
  out.flush();
  target.write("\n");
  target.commit();
}

}  // namespace s2d::inline S2D_ABI
