#include <s2d/io/ytvis.hpp>
#include <s2d/io/ytvis_folder.hpp>

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/folder.hpp"

using support::message_of;

namespace {

/// A mask of 6 x 8 pixels with rows 1..3 and columns 2..4 set.
s2d::rle square() { return s2d::rle::from_counts({13, 3, 3, 3, 3, 3, 20}, 6, 8); }

s2d::ytvis_data example() {
  s2d::ytvis_data data;
  s2d::ytvis_video& video = data.videos.emplace_back();
  video.height = 6;
  video.width = 8;
  video.length = 4;
  video.file_names = {"a \"b\"\\/ü/0.jpg", "a/1.jpg", "tab\there", "3"};
  video.extras.emplace_back("fps", "29.97");
  data.categories.emplace_back();
  s2d::ytvis_annotation object;
  object.height = 6;
  object.width = 8;
  object.length = 4;
  object.segments = {s2d::make_segment(1, square()), s2d::make_segment(3, square())};
  object.segments[0].coherence = 0.1;
  object.segments[0].confidence = 0.2;
  object.score = 0.7071067811865476;
  object.one2x = 0.12;
  object.visibility_ranges = {{0, 1}, {3, 3}};
  data.annotations.push_back(object);
  s2d::ytvis_annotation mask;
  mask.id = 2;
  mask.height = 6;
  mask.width = 8;
  mask.length = 4;
  mask.frame = 2;
  mask.segments = {s2d::make_segment(2, square())};
  mask.score = 1;
  mask.visibility = {1, "011"};
  data.annotations.push_back(mask);
  mask.id = 3;
  mask.coherence = 0.25;
  mask.object = 1;
  mask.extras.emplace_back("note", R"({"x": [1, null, "ü"]})");
  data.annotations.push_back(mask);
  data.extras.emplace_back("info", R"({"year":2026})");
  return data;
}

s2d::ytvis_data parse(std::string json) { return s2d::parse_ytvis(std::move(json), "k.json"); }

std::string ytvis_complaint(std::string json) {
  return message_of<s2d::invalid_input>([&] { (void)parse(std::move(json)); });
}

/// A file with one annotation of one segmentation in a video of 240 x 427 and 2 frames.
std::string with_segmentation(const std::string& segmentation) {
  return R"({"videos":[{"id":1,"height":240,"width":427,"length":2}],"annotations":[)"
         R"({"id":1,"video_id":1,"segmentations":[null,)" +
         segmentation + "]}]}";
}

}  // namespace

TEST_CASE("a segment knows its box and area") {
  const s2d::ytvis_segment segment = s2d::make_segment(7, square());
  CHECK(segment.frame == 7);
  CHECK(segment.bbox == s2d::annotation_box{2, 1, 3, 3});
  CHECK(segment.area == 9);
}

TEST_CASE("an annotation file survives writing and reading, and the bytes are the same again") {
  const support::temporary_folder folder;
  for (const bool brief : {false, true}) {
    const s2d::ytvis_data data = example();
    s2d::write_ytvis(folder / "a.json", data, brief);
    CHECK(s2d::read_ytvis(folder / "a.json") == data);
    s2d::write_ytvis(folder / "b.json", s2d::read_ytvis(folder / "a.json"), brief);
    CHECK(s2d::read_text(folder / "a.json") == s2d::read_text(folder / "b.json"));
  }
  CHECK(folder.count() == 2);
}

TEST_CASE("frame masks are null in all other frames, or written short on request") {
  const support::temporary_folder folder;
  s2d::write_ytvis(folder / "long.json", example());
  s2d::write_ytvis(folder / "short.json", example(), true);
  const std::string full = s2d::read_text(folder / "long.json");
  CHECK(full.find(R"("areas":[null,null,9,null])") != std::string::npos);
  CHECK(full.find(R"("coherences":[null,0.1,null,null])") != std::string::npos);
  CHECK(full.find(R"("confidences":[null,0.2,null,null])") != std::string::npos);
  CHECK(full.find(R"("frame":2,"coherence":null,"object":null)") != std::string::npos);
  CHECK(full.find(R"("frame":2,"coherence":0.25,"object":1)") != std::string::npos);
  CHECK(full.find(R"("visibility":{"start":1,"bits":"011"})") != std::string::npos);
  const std::string brief = s2d::read_text(folder / "short.json");
  CHECK(brief.find(R"("areas":[9])") != std::string::npos);
  CHECK(brief.find(R"("areas":[null,9,null,9])") != std::string::npos);
}

TEST_CASE("annotations can be visited one by one, videos known beforehand wherever they stand") {
  const support::temporary_folder folder;
  s2d::write_ytvis(folder / "a.json", example());
  std::vector<s2d::ytvis_annotation> seen;
  const s2d::ytvis_data rest =
      s2d::read_ytvis(folder / "a.json", [&](s2d::ytvis_annotation&& one) { seen.push_back(one); });
  CHECK(seen == example().annotations);
  CHECK(rest.annotations.empty());
  CHECK(rest.videos == example().videos);
}

TEST_CASE("what other tools write is read: forms, missing members, floats for integers") {
  const s2d::ytvis_data data = s2d::read_ytvis("tests/io/files/exporter_ytvis.json");
  REQUIRE(data.videos.size() == 1);
  CHECK(data.videos[0].id == 7);
  CHECK(data.videos[0].width == 8);
  CHECK(data.videos[0].length == 3);
  CHECK(data.videos[0].file_names[0] == "a b/0 ä.jpg");
  CHECK(data.videos[0].extras == s2d::json_extras{{"date_captured", "null"}});
  REQUIRE(data.annotations.size() == 2);
  const s2d::ytvis_annotation& first = data.annotations[0];
  CHECK(first.id == 1);
  CHECK(first.length == 3);
  CHECK(first.extras == s2d::json_extras{{"occlusion", R"(["none", 1])"}});
  REQUIRE(first.segments.size() == 2);
  CHECK(first.segments[0].mask == square());
  CHECK(first.segments[1].frame == 2);
  CHECK(first.segments[1].mask == square());
  CHECK(first.segments[1].bbox == s2d::annotation_box{2, 1, 3, 3});
  CHECK(first.segments[1].area == 9);
  const s2d::ytvis_annotation& polygons = data.annotations[1];
  REQUIRE(polygons.segments.size() == 2);
  CHECK(polygons.segments[0].mask == square());
  CHECK(polygons.segments[1].mask == square());
  CHECK(data.categories[0].name == "café");
  CHECK(data.categories[0].extras == s2d::json_extras{{"color", "[1, 2, 3]"}});
  CHECK(data.extras.size() == 2);
}

TEST_CASE("a list of results is read, the length taken from the masks") {
  const s2d::ytvis_data data = s2d::read_ytvis("tests/io/files/results_ytvis.json");
  REQUIRE(data.annotations.size() == 1);
  CHECK(data.annotations[0].score == 0.5);
  CHECK(data.annotations[0].length == 2);
  CHECK(data.annotations[0].height == 6);
  CHECK(data.annotations[0].segments.size() == 1);
}

TEST_CASE("members of ours with another meaning elsewhere are kept as extras") {
  const s2d::ytvis_data data = parse(
      R"({"annotations":[{"id":1,"video_id":1,"segmentations":[],"object":"dog","frame":"a","visibility":[1]}]})");
  CHECK(data.annotations[0].extras ==
        s2d::json_extras{{"object", "\"dog\""}, {"frame", "\"a\""}, {"visibility", "[1]"}});
  CHECK_FALSE(data.annotations[0].frame.has_value());
}

TEST_CASE("a byte order mark, escapes and members in any order are read") {
  constexpr char hex[] = "0123456789abcdef";
  std::string counts;
  for (const char c : s2d::to_string(square()))
    counts += std::string{"\\u00"} + hex[c >> 4] + hex[c & 15];
  const s2d::ytvis_data data =
      parse("\xEF\xBB\xBF{\"annotations\":[{\"segmentations\":[{\"counts\":\"" + counts +
            "\",\"size\":[6,8]}],\"\\u0069d\":5,\"video_id\":1}],\"videos\":[]}\n");
  REQUIRE(data.annotations.size() == 1);
  CHECK(data.annotations[0].id == 5);
  CHECK(data.annotations[0].segments.at(0).mask == square());
}

TEST_CASE("counts that hold a backslash survive") {
  const support::temporary_folder folder;
  s2d::ytvis_data data = example();
  const s2d::rle mask = s2d::rle::from_counts({44, 4}, 6, 8);
  REQUIRE(s2d::to_string(mask).find('\\') != std::string::npos);
  data.annotations[0].segments[0] = s2d::make_segment(1, mask);
  s2d::write_ytvis(folder / "a.json", data);
  CHECK(s2d::read_ytvis(folder / "a.json") == data);
}

TEST_CASE("a wrong sum of run lengths names file, place, found and expected") {
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[240,427],"counts":[102000,481]})")) ==
        "k.json: annotations[0].segmentations[1].counts: run lengths sum to 102481, expected "
        "102480 = 240 x 427 (height x width)");
}

TEST_CASE("videos without an id or with one of another, and annotations of none, are refused") {
  CHECK(ytvis_complaint(R"({"videos":[{"height":2}]})") ==
        "k.json: videos[0]: \"id\" is missing, expected a number");
  CHECK(ytvis_complaint(R"({"videos":[{"id":7},{"id":7}]})") ==
        "k.json: videos[1].id: found 7 a second time, expected another for each");
  CHECK(ytvis_complaint(R"({"annotations":[{"id":null,"segmentations":[]}]})") ==
        "k.json: annotations[0]: \"video_id\" is missing, expected a number");
  CHECK(ytvis_complaint(R"({"categories":[{"id":3,"name":null}],)"
                        R"("annotations":[{"id":null,"video_id":1}]})")
            .empty());
}

TEST_CASE("hostile masks are refused with their place") {
  const std::string at = "k.json: annotations[0].segmentations[1]";
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[240,427],"counts":[-5,102605]})")) ==
        at + ".counts[0]: run length -5, expected 0 to 4294967295");
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[240,427],"counts":[1e300]})"))
            .starts_with(at + ".counts[0]: "));
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[240,427],"counts":"P"})"))
            .starts_with(at + ".counts: "));
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[240,427],"counts":"ooooooooo0"})"))
            .starts_with(at + ".counts: "));
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[-1,427],"counts":"0"})"))
            .starts_with(at + ".size: "));
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[2147483648,2147483648],"counts":"0"})"))
            .starts_with(at + ".size: "));
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[2147483647,2147483647],"counts":"0"})"))
            .starts_with(at + ".counts: "));
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[240],"counts":"0"})")) ==
        at + ".size: found 1 numbers, expected 2");
  CHECK(ytvis_complaint(with_segmentation(R"({"counts":"0"})")) ==
        at + ": \"size\" is missing, expected [height, width]");
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[240,427]})")) ==
        at + ": \"counts\" is missing");
  CHECK(ytvis_complaint(with_segmentation(R"({"size":[2,2],"counts":[4]})")) ==
        at + ".size: found 2 x 2, expected 240 x 427 (height x width)");
  CHECK(ytvis_complaint(with_segmentation("5")) == at + ": expected run lengths, polygons or null");
  CHECK(ytvis_complaint(with_segmentation("nullish")) == at + ": expected null or a value");
  CHECK(ytvis_complaint(with_segmentation("null \n\t")).empty());
  CHECK(ytvis_complaint(with_segmentation("[[1,2,3,4]]")) ==
        at + "[0]: polygon of 4 numbers, expected x and y of at least 3 corners");
  CHECK(ytvis_complaint(with_segmentation("[[1,2,3,4,1e9,6]]")).starts_with(at + "[0]: polygon"));
  CHECK(ytvis_complaint(with_segmentation("null,null")) ==
        "k.json: annotations[0].segmentations: found 3 entries, expected 2 (frames of the video)");
}

TEST_CASE("damaged JSON is refused with the byte") {
  CHECK(ytvis_complaint("") == "k.json: empty file, expected JSON");
  CHECK(ytvis_complaint("{\"info\":1}") ==
        "k.json: expected \"videos\" and \"annotations\", found neither");
  CHECK(ytvis_complaint("3").starts_with("k.json: "));
  CHECK(ytvis_complaint(R"({"videos":[]} {)").starts_with("k.json: "));
  CHECK(ytvis_complaint(R"({"videos":{}})").starts_with("k.json: videos: "));
  CHECK(ytvis_complaint(R"({"annotations":[{"id":NaN}]})")
            .starts_with("k.json: annotations[0].id: "));
  CHECK(ytvis_complaint(R"({"annotations":[{"id":1.5}]})") ==
        "k.json: annotations[0].id: found 1.5, expected a whole number");
  CHECK(ytvis_complaint("{\"videos\":[\"\xFF\"]}") == "k.json: not valid UTF-8 text");
  const std::string deep(100'000, '[');
  CHECK(ytvis_complaint(deep).starts_with("k.json: "));
}

TEST_CASE("members that are kept as they are must be JSON, or what is written would not be") {
  const auto with_extra = [](const std::string& json) {
    return R"({"annotations":[{"id":1,"video_id":1,"other":)" + json + "}]}";
  };
  for (const std::string good :
       {"{}", "[]", "[[],{}]", "null", "true", "false", "0", "-0", "10", "-1.25", "1e5", "0.5E-10",
        "2E+3", "\"\"", R"("\"\\\/\b\f\n\r\t\u00fC")", R"({"a" : [1 , "b"] ,"c":{"d":null}})"}) {
    CAPTURE(good);
    CHECK(parse(with_extra(good)).annotations[0].extras == s2d::json_extras{{"other", good}});
  }
  for (const std::string bad :
       {R"(["a":1])",  "[1 2]",      "[,]", "[1,]", R"({"a"})", R"({"a":})", R"({"a":1,})",
        "{1:2}",       R"({"a" 1})", "01",  "-",    "1.",       ".5",        "1e",
        "1e+",         "+1",         "1x",  "nul",  "nulll",    "truefalse", R"("\x")",
        R"("\u12g4")", "[tru]",      "NaN", "[[1]", "{]"}) {
    CAPTURE(bad);
    CHECK(ytvis_complaint(with_extra(bad)).starts_with("k.json: "));
  }
  const auto nested = [&](std::size_t times) {
    return with_extra(std::string(times, '[') + std::string(times, ']'));
  };
  CHECK(parse(nested(900)).annotations[0].extras[0].second.size() == 1800);
  CHECK(ytvis_complaint(nested(1100)).starts_with("k.json: "));
}

TEST_CASE("a truncated file is refused at every length") {
  const support::temporary_folder folder;
  s2d::write_ytvis(folder / "a.json", example());
  const std::string whole = s2d::read_text(folder / "a.json");
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(ytvis_complaint(whole.substr(0, size)).starts_with("k.json: "));
  }
}

TEST_CASE("every damaged byte is refused or read, never a crash") {
  const support::temporary_folder folder;
  s2d::write_ytvis(folder / "a.json", example());
  const std::string whole = s2d::read_text(folder / "a.json");
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const char c : {'\0', '"', '\\', '{', ']', '9', ',', '-', '\xFF'}) {
      std::string bytes = whole;
      bytes[i] = c;
      const std::string text = ytvis_complaint(std::move(bytes));
      CHECK((text.empty() || text.starts_with("k.json: ")));
    }
}

TEST_CASE("nothing is written that could not be read") {
  const support::temporary_folder folder;
  s2d::ytvis_data data = example();
  data.annotations[0].score = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(s2d::write_ytvis(folder / "a.json", data), s2d::invalid_input);
  data = example();
  data.annotations[0].segments[1].frame = 4;
  CHECK_THROWS_AS(s2d::write_ytvis(folder / "a.json", data), s2d::invalid_input);
  data = example();
  std::swap(data.annotations[0].segments[0], data.annotations[0].segments[1]);
  CHECK_THROWS_AS(s2d::write_ytvis(folder / "a.json", data), s2d::invalid_input);
  data = example();
  data.annotations[0].segments[0].mask.counts = {1};
  CHECK_THROWS_AS(s2d::write_ytvis(folder / "a.json", data), s2d::invalid_input);
  CHECK(folder.count() == 0);
  CHECK_THROWS_AS(s2d::write_ytvis(folder / "none" / "a.json", example()), s2d::io_error);
  CHECK_THROWS_AS(s2d::read_ytvis(folder.path()), s2d::io_error);
}

TEST_CASE("an annotation file on a full disk is an error") {
  if (!support::has_full_device()) return;
  CHECK_THROWS_AS(s2d::write_ytvis("/dev/full", example()), s2d::io_error);
}

TEST_CASE("names that are no UTF-8 do not break the file") {
  const support::temporary_folder folder;
  s2d::ytvis_data data = example();
  data.videos[0].file_names[1] = "a\xFF\xC3(\xE2\x82\xF0\x9F\x98\x80\xED\xA0\x80";
  s2d::write_ytvis(folder / "a.json", data);
  CHECK(s2d::read_ytvis(folder / "a.json").videos[0].file_names[1] ==
        "a\uFFFD\uFFFD(\uFFFD\uFFFD\U0001F600\uFFFD\uFFFD\uFFFD");
}

TEST_CASE("the official files of every reference case survive") {
  const auto cases = support::golden_folder("keymask");
  if (!cases) return;
  const support::temporary_folder folder;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{*cases}) {
    const auto file = entry.path() / "expected_ytvis.json";
    if (!std::filesystem::exists(file)) continue;
    CAPTURE(file.string());
    const s2d::ytvis_data data = s2d::read_ytvis(file);
    for (const s2d::ytvis_annotation& one : data.annotations) {
      CHECK(one.one2x.has_value());
      CHECK(one.visibility_ranges.has_value());
      CHECK(one.extras.empty());
      for (const s2d::ytvis_segment& segment : one.segments)
        CHECK(s2d::make_segment(segment.frame, segment.mask) == segment);
    }
    s2d::write_ytvis(folder / "a.json", data);
    CHECK(s2d::read_ytvis(folder / "a.json") == data);
    ++files;
  }
  CHECK(files > 0);
}

TEST_CASE("areas and boxes that a file states are kept, others computed", "[ytvis]") {
  const s2d::ytvis_data data = s2d::parse_ytvis(
      R"({"videos": [], "categories": [], "annotations": [{"id": 1, "video_id": 1, "height": 6,
          "width": 8, "areas": [7.5, null], "bboxes": [[1, 2, 3, 4.5], null], "segmentations":
          [{"size": [6, 8], "counts": [13, 3, 32]}, {"size": [6, 8], "counts": [13, 3, 32]}]}]})",
      "memory");
  REQUIRE(data.annotations.at(0).segments.size() == 2);
  const s2d::ytvis_segment& stated = data.annotations[0].segments[0];
  const s2d::ytvis_segment& computed = data.annotations[0].segments[1];
  CHECK(stated.area == 7.5);
  CHECK(stated.bbox[3] == 4.5);
  CHECK(computed.area == 3);
  CHECK(computed.bbox[0] == 2);
  CHECK(computed.bbox[3] == 3);
}

TEST_CASE("an annotation with a number that JSON has not is refused whole", "[ytvis]") {
  const support::temporary_folder folder;
  s2d::ytvis_data data = example();
  s2d::write_ytvis(folder / "right.json", data);
  {
    s2d::ytvis_writer writer{folder / "a.json", data.videos};
    for (const s2d::ytvis_annotation& one : data.annotations) {
      s2d::ytvis_annotation wrong = one;
      wrong.score = std::numeric_limits<double>::quiet_NaN();
      CHECK_THROWS_AS(writer.add(wrong), s2d::invalid_input);
      wrong = one;
      wrong.segments.front().area = std::numeric_limits<double>::infinity();
      CHECK_THROWS_AS(writer.add(wrong), s2d::invalid_input);
      wrong = one;
      wrong.segments.front().mask.counts = {1};
      CHECK_THROWS_AS(writer.add(wrong), s2d::invalid_input);
      writer.add(one);
    }
    writer.commit(data.categories, data.extras);
  }
  CHECK(s2d::read_ytvis(folder / "a.json") == s2d::read_ytvis(folder / "right.json"));
}

TEST_CASE("files of many videos are read as one", "[ytvis]") {
  const support::temporary_folder folder;
  CHECK_THROWS_AS(s2d::read_ytvis_folder(folder / "none", "a.json"), s2d::invalid_input);
  CHECK(s2d::list_ytvis_folder(folder / "none", "a.json").empty());
  // Not in the order in which they are made, nor in that of plain text.
  const s2d::ytvis_data first = example();
  s2d::ytvis_data second = first;
  for (s2d::ytvis_video& video : second.videos) video.id += 7;
  for (s2d::ytvis_annotation& one : second.annotations) one.video_id += 7;
  second.categories = {{99, "other", "object", {}}};
  std::filesystem::create_directories(folder / "clip10");
  std::filesystem::create_directories(folder / "clip9");
  std::filesystem::create_directories(folder / "clip11");
  s2d::write_ytvis(folder / "clip10" / "a.json", second);
  s2d::write_ytvis(folder / "clip9" / "a.json", first);
  s2d::write_ytvis(folder / "clip11" / "b.json", first);
  std::filesystem::create_directories(folder / ".clip8");
  s2d::write_ytvis(folder / ".clip8" / "a.json", first);

  const auto files = s2d::list_ytvis_folder(folder.path(), "a.json");
  REQUIRE(files.size() == 2);
  CHECK(files[0] == folder / "clip9" / "a.json");
  const s2d::ytvis_data all = s2d::read_ytvis_folder(folder.path(), "a.json");
  const std::size_t videos = first.videos.size(), annotations = first.annotations.size();
  REQUIRE(all.videos.size() == 2 * videos);
  REQUIRE(all.annotations.size() == 2 * annotations);
  for (std::size_t i = 0; i < all.videos.size(); ++i) {
    CHECK(all.videos[i].id == static_cast<std::int64_t>(i) + 1);
    CHECK(all.videos[i].file_names == first.videos[i % videos].file_names);
  }
  for (std::size_t i = 0; i < all.annotations.size(); ++i) {
    const s2d::ytvis_annotation& one = all.annotations[i];
    CHECK(one.id == static_cast<std::int64_t>(i) + 1);
    CHECK(one.segments == first.annotations[i % annotations].segments);
    // The same video, in its own half.
    const std::size_t half = i / annotations;
    std::size_t place = 0;
    while (first.videos[place].id != first.annotations[i % annotations].video_id) ++place;
    CHECK(one.video_id == static_cast<std::int64_t>(half * videos + place) + 1);
  }
  CHECK(all.categories.size() == first.categories.size() + 1);
  CHECK(all.extras == s2d::read_ytvis(files[0]).extras);

  second.annotations[0].video_id = 1000;
  s2d::write_ytvis(folder / "clip10" / "a.json", second);
  CHECK_THROWS_AS(s2d::read_ytvis_folder(folder.path(), "a.json"), s2d::invalid_input);
}
