#include <s2d/io/coco.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"

using support::message_of;

namespace {

s2d::rle small_square() { return s2d::rle::from_counts({13, 3, 3, 3, 3, 3, 20}, 6, 8); }

std::string coco_complaint(std::string json) {
  return message_of<s2d::invalid_input>([&] { (void)s2d::parse_coco(std::move(json), "c.json"); });
}

}  // namespace

TEST_CASE("a COCO file survives writing and reading") {
  const support::temporary_folder folder;
  s2d::coco_data data;
  data.images.push_back({3, 6, 8, "a \"b\" ü.jpg", {{"license", "1"}}});
  data.annotations.push_back(s2d::make_annotation(1, 3, small_square()));
  data.annotations.push_back(s2d::make_annotation(2, 3, small_square()));
  data.annotations[1].score = 0.1;
  data.annotations[1].mask.reset();
  data.annotations[1].extras.emplace_back("keypoints", "[1, 2, 3]");
  data.categories.emplace_back();
  data.extras.emplace_back("info", "{}");
  s2d::write_coco(folder / "a.json", data);
  CHECK(s2d::read_coco(folder / "a.json") == data);
  CHECK(data.annotations[0].bbox == s2d::annotation_box{2, 1, 3, 3});
  CHECK(data.annotations[0].area == 9);
  std::size_t visited = 0;
  s2d::read_coco(folder / "a.json", [&](s2d::coco_annotation&&) { ++visited; });
  CHECK(visited == 2);
}

TEST_CASE("COCO files that other tools wrote are read") {
  const s2d::coco_data data = s2d::read_coco("tests/io/files/exporter_coco.json");
  REQUIRE(data.annotations.size() == 3);
  CHECK(data.annotations[0].mask == small_square());
  CHECK(data.annotations[0].area == 9);
  CHECK(data.annotations[0].bbox == s2d::annotation_box{2, 1, 3, 3});
  CHECK(data.annotations[1].mask == small_square());
  CHECK(data.annotations[1].iscrowd);
  CHECK_FALSE(data.annotations[2].mask.has_value());
  CHECK(data.annotations[2].bbox == s2d::annotation_box{1.5, 1, 3, 3});
  CHECK(data.annotations[2].extras == s2d::json_extras{{"keypoints", "[1, 2, 2]"}});
  CHECK(data.images[0].extras == s2d::json_extras{{"license", "2"}});
}

TEST_CASE("polygons become the masks that pycocotools makes of them") {
  const s2d::coco_data data = s2d::read_coco("tests/io/files/polygons_coco.json");
  REQUIRE(data.annotations.size() == 40);
  for (const s2d::coco_annotation& one : data.annotations) {
    CAPTURE(one.id);
    REQUIRE(one.extras.size() == 1);
    const std::string counts = s2d::to_string(*one.mask);
    std::string escaped;
    for (const char c : counts) escaped += c == '\\' ? std::string{"\\\\"} : std::string{c};
    CHECK(one.extras[0].second.find("\"counts\": \"" + escaped + "\"") != std::string::npos);
  }
}

TEST_CASE("a list of results is read") {
  const s2d::coco_data data = s2d::parse_coco(
      R"([{"image_id":1,"score":0.5,"segmentation":{"size":[2,2],"counts":[1,3]}}])", "c.json");
  REQUIRE(data.annotations.size() == 1);
  CHECK(data.annotations[0].score == 0.5);
  CHECK(data.annotations[0].area == 3);
}

TEST_CASE("an empty list of polygons is no mask, with or without an image") {
  for (const std::string images : {"", R"("images":[{"id":4,"height":2,"width":3}],)"}) {
    const auto data = s2d::parse_coco(
        "{" + images + R"("annotations":[{"image_id":4,"segmentation":[],"bbox":[1,0,2,2]}]})",
        "c.json");
    REQUIRE(data.annotations.size() == 1);
    CHECK_FALSE(data.annotations[0].mask.has_value());
    CHECK(data.annotations[0].bbox == s2d::annotation_box{1, 0, 2, 2});
  }
}

TEST_CASE("images without an id or with one of another, and annotations of none, are refused") {
  CHECK(coco_complaint(R"({"images":[{"height":2}]})") ==
        "c.json: images[0]: \"id\" is missing, expected a number");
  CHECK(coco_complaint(R"({"images":[{"id":7},{"id":7}]})") ==
        "c.json: images[1].id: found 7 a second time, expected another for each");
  CHECK(coco_complaint(R"({"annotations":[{"id":1,"bbox":[0,0,1,1]}]})") ==
        "c.json: annotations[0]: \"image_id\" is missing, expected a number");
}

TEST_CASE("damaged COCO files are refused with their place") {
  const auto with = [](const std::string& segmentation) {
    return R"({"images":[{"id":1,"height":2,"width":3}],"annotations":[{"image_id":1,)"
           R"("segmentation":)" +
           segmentation + "}]}";
  };
  CHECK(coco_complaint(with(R"({"size":[2,3],"counts":[7]})")) ==
        "c.json: annotations[0].segmentation.counts: run lengths sum to 7, expected 6 = 2 x 3 "
        "(height x width)");
  CHECK(coco_complaint(with(R"({"size":[3,2],"counts":[6]})")) ==
        "c.json: annotations[0].segmentation.size: found 3 x 2, expected 2 x 3 (height x width) as "
        "image 1");
  CHECK(coco_complaint(with("\"text\"")).starts_with("c.json: annotations[0].segmentation: "));
  CHECK(coco_complaint(R"({"annotations":[{"image_id":9,"segmentation":[[1,1,2,2,3,3]]}]})") ==
        "c.json: annotations[0].segmentation: a polygon, but neither the annotation nor its image "
        "or video says how large it is");
  CHECK(coco_complaint(R"({"images":[{"height":-4}]})") ==
        "c.json: images[0].height: found -4, expected 0 to 2147483647");
  CHECK(coco_complaint(R"({"images":[{"height":2147483648}]})")
            .starts_with("c.json: images[0].height"));
  CHECK(coco_complaint(R"({"videos":[]})") ==
        "c.json: expected \"images\" and \"annotations\", found neither");
  const std::string good = with(R"({"size":[2,3],"counts":"15"})");
  CHECK(coco_complaint(good).empty());
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(coco_complaint(good.substr(0, size)).empty());
}
