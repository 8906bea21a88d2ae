// What image (COCO) and video (YouTube-VIS) annotation files have in common.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/geometry.hpp>
#include <s2d/io/detail/json_reader.hpp>
#include <s2d/io/detail/json_writer.hpp>
#include <s2d/mask/polygon.hpp>
#include <s2d/mask/rle.hpp>

namespace s2d::inline S2D_ABI {

/// A class of objects. The default is the one class of class-agnostic files.
struct annotation_category {
  std::int64_t id = 1;
  std::string name = "fg";
  std::string supercategory = "object";
  json_extras extras;
  friend bool operator==(const annotation_category&, const annotation_category&) = default;
};

/// A box as annotation files write it: left, top, width, height; other tools write fractions.
using annotation_box = std::array<double, 4>;

namespace detail {

/// Runs `make` and puts the place in front of what it throws.
template <class Make>
auto json_checked(const json_place& at, const Make& make) {
  try {
    return make();
  } catch (const invalid_input& error) {
    at.fail(error.what());
  }
}

/// A count of pixels or frames; null means unknown, 0.
inline std::ptrdiff_t json_extent(ondemand::value value, const json_place& at) {
  if (json_is_null(value, at)) return 0;
  const std::int64_t extent = json_integer(value, at);
  if (extent < 0 || extent > 0x7FFF'FFFF) at.fail("found ", extent, ", expected 0 to 2147483647");
  return static_cast<std::ptrdiff_t>(extent);
}

/// An array of exactly `n` numbers.
template <std::size_t n>
std::array<double, n> json_numbers(ondemand::value value, const json_place& at) {
  std::array<double, n> numbers{};
  std::size_t count = 0;
  json_elements(value, at, [&](std::ptrdiff_t, ondemand::value element, const json_place& place) {
    if (count < n) numbers[count] = json_double(element, place);
    ++count;
  });
  if (count != n) at.fail("found ", count, " numbers, expected ", n);
  return numbers;
}

/// What ties annotations to their image or video must be there, and be of one image or video only.
inline void json_require_id(bool found, const json_place& at, std::string_view key) {
  if (!found) at.fail("\"", key, "\" is missing, expected a number");
}
inline void json_require_new_id(bool is_new, const json_place& at, std::int64_t id) {
  if (!is_new) at["id"].fail("found ", id, " a second time, expected another for each");
}

/// {"size": [h, w], "counts": "..." or [...]}, members in any order.
inline rle json_rle(ondemand::value value, const json_place& at) {
  std::optional<std::array<double, 2>> size;
  std::string scratch;
  std::optional<std::string_view> text;
  std::vector<std::uint32_t> lengths;
  bool listed = false;
  json_members(value, at, [&](std::string_view key, ondemand::value member, const json_place& in) {
    if (key == "size") {
      size = json_numbers<2>(member, in);
    } else if (key == "counts") {
      listed = json_type_of(member, in) == ondemand::json_type::array;
      if (!listed) {
        text = json_ascii(member, in, scratch);
        return;
      }
      lengths.clear();
      json_elements(member, in, [&](std::ptrdiff_t, ondemand::value run, const json_place& place) {
        const std::int64_t length = json_integer(run, place);
        if (length < 0 || length > 0xFFFF'FFFF)
          place.fail("run length ", length, ", expected 0 to 4294967295");
        lengths.push_back(static_cast<std::uint32_t>(length));
      });
    }
  });
  if (!size) at.fail("\"size\" is missing, expected [height, width]");
  if (!text && !listed) at.fail("\"counts\" is missing");
  const auto [height, width] = *size;
  if (!(height >= 0 && width >= 0 && height <= 2147483647.0 && width <= 2147483647.0 &&
        height == std::trunc(height) && width == std::trunc(width)))
    at["size"].fail("found ", height, " x ", width,
                    ", expected whole numbers from 0 on (height x width)");
  const auto rows = static_cast<std::ptrdiff_t>(height);
  const auto columns = static_cast<std::ptrdiff_t>(width);
  rle mask = json_checked(at["counts"], [&] {
    return listed ? rle::from_counts(std::move(lengths), rows, columns)
                  : rle::from_string(*text, rows, columns);
  });
  mask.counts.shrink_to_fit();  // a file has many
  return mask;
}

/// A list of polygons, each a list of numbers; one flat list counts as one polygon. Their union;
/// nothing for an empty list, which other tools write where there is a box only.
inline std::optional<rle> json_polygons(ondemand::value value, const json_place& at,
                                        std::ptrdiff_t height, std::ptrdiff_t width) {
  std::optional<rle> mask;
  std::vector<double> flat;
  const auto add = [&](const std::vector<double>& corners, const json_place& place) {
    if (height <= 0 || width <= 0)
      at.fail("a polygon, but neither the annotation nor its image or video says how large it is");
    rle part = json_checked(place, [&] { return encode_polygon(corners, height, width); });
    mask = mask ? unite(*mask, part) : std::move(part);
  };
  json_elements(value, at, [&](std::ptrdiff_t, ondemand::value part, const json_place& in) {
    if (json_type_of(part, in) == ondemand::json_type::number) {
      flat.push_back(json_double(part, in));
      return;
    }
    std::vector<double> corners;
    json_elements(part, in, [&](std::ptrdiff_t, ondemand::value number, const json_place& place) {
      corners.push_back(json_double(number, place));
    });
    if (!corners.empty()) add(corners, in);
  });
  if (!flat.empty()) add(flat, at);
  return mask;
}

/// Any form of a mask; nothing for null and for an empty list.
inline std::optional<rle> json_segmentation(ondemand::value value, const json_place& at,
                                            std::ptrdiff_t height, std::ptrdiff_t width) {
  if (json_is_null(value, at)) return std::nullopt;
  switch (json_type_of(value, at)) {
    case ondemand::json_type::array: {
      json_checked(at, [&] { return checked_pixels("", height, width); });
      return json_polygons(value, at, height, width);
    }
    case ondemand::json_type::object: {
      rle mask = json_rle(value, at);
      if (height > 0 && width > 0 && (mask.height != height || mask.width != width))
        at["size"].fail("found ", mask.height, " x ", mask.width, ", expected ", height, " x ",
                        width, " (height x width)");
      return mask;
    }
    default:
      at.fail("expected run lengths, polygons or null");
  }
}

inline annotation_category json_category(ondemand::value value, const json_place& at) {
  annotation_category category;
  json_members(value, at, [&](std::string_view key, ondemand::value member, const json_place& in) {
    if (key == "id") {
      category.id = json_integer(member, in);
    } else if (key == "name") {
      if (!json_is_null(member, in)) category.name = json_string(member, in);
    } else if (key == "supercategory") {
      if (!json_is_null(member, in)) category.supercategory = json_string(member, in);
    } else {
      category.extras.emplace_back(key, json_raw(member, in));
    }
  });
  return category;
}

/// Walks an annotation file twice: first everything but "annotations", because what these refer to
/// may stand behind them, then the annotations. A file that is a list holds annotations alone.
/// @param carriers name of the list of images or videos
template <class Carrier, class Annotation>
void walk_annotations(json_document& document, std::string_view carriers,
                      std::vector<annotation_category>& categories, json_extras& extras,
                      const Carrier& carrier, const Annotation& annotation) {
  const json_place root = document.root();
  const auto each = [](const auto& use) {
    return [&use](std::ptrdiff_t, ondemand::value item, const json_place& in) { use(item, in); };
  };
  if (json_take(document.document().type(), root, "JSON") == ondemand::json_type::array) {
    json_elements(json_take(document.document().get_array(), root, "an array"), root,
                  each(annotation));
    document.require_end();
    return;
  }
  const auto walk = [&](const auto& use) {
    json_members(json_take(document.document().get_object(), root, "an object or an array"), root,
                 use);
  };
  bool known = false;
  walk([&](std::string_view key, ondemand::value value, const json_place& at) {
    const bool list = key == "annotations" || key == carriers;
    known = known || list;
    if (key == "annotations") return;
    if ((list || key == "categories") && json_is_null(value, at)) return;
    if (list) {
      json_elements(value, at, each(carrier));
    } else if (key == "categories") {
      json_elements(value, at, [&](std::ptrdiff_t, ondemand::value item, const json_place& in) {
        categories.push_back(json_category(item, in));
      });
    } else {
      extras.emplace_back(key, json_raw(value, at));
    }
  });
  document.require_end();
  if (!known) root.fail("expected \"", carriers, "\" and \"annotations\", found neither");
  document.rewind();
  walk([&](std::string_view key, ondemand::value value, const json_place& at) {
    if (key == "annotations" && !json_is_null(value, at))
      json_elements(value, at, each(annotation));
  });
}

inline void write_extras(json_writer& out, const json_extras& extras) {
  for (const auto& [name, json] : extras) out.key(name).raw(json);
}

inline void write_rle(json_writer& out, const rle& mask) {
  out.open('{').key("size").open('[').value(mask.height).value(mask.width).close(']');
  out.key("counts").value(to_string(mask)).close('}');
}

inline void write_box(json_writer& out, const annotation_box& box) {
  out.open('[');
  for (const double number : box) out.value(number);
  out.close(']');
}

inline void write_categories(json_writer& out, const std::vector<annotation_category>& list) {
  out.line().key("categories").open('[');
  for (const annotation_category& category : list) {
    out.line().open('{').key("supercategory").value(category.supercategory);
    out.key("id").value(category.id).key("name").value(category.name);
    write_extras(out, category.extras);
    out.close('}');
  }
  out.close(']');
}

inline annotation_box to_annotation_box(const box& b) {
  return {static_cast<double>(b.x), static_cast<double>(b.y), static_cast<double>(b.width),
          static_cast<double>(b.height)};
}

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
