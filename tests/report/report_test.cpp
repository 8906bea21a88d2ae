#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/core/progress.hpp>
#include <s2d/ffmpeg/video_writer.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>

#include "report.hpp"

#include "page_check.hpp"
#include "result_folder.hpp"
#include "support/catch.hpp"

namespace {

namespace fs = std::filesystem;
using support::page_content;
using support::read_page;
using support::temporary_folder;

const std::vector<std::size_t> keys{2, 3, 4, 5, 8, 9, 10, 11, 12};
constexpr std::size_t frames = 16;

/// A whole result folder; the clip lies in `folder`/clip.
void write_results(const fs::path& folder, const fs::path& clip) {
  support::write_clip(clip, frames);
  s2d::write_file(folder / "run.json", support::run_json(clip, frames));
  s2d::write_file(folder / "keymasks.json", support::keymasks_json(frames, keys, 1, 13));
  s2d::write_file(folder / "masks.json", support::masks_json(frames, keys));
  s2d::write_file(folder / "overlay.mp4", std::string_view{"no video, but the page keeps it"});
}

std::string make_page(const fs::path& folder, const app::report_options& options = {}) {
  app::write_report(folder, folder / "report.html", options);
  return s2d::read_text(folder / "report.html");
}

/// Nothing is fetched from outside: all sources are data, all links lead into the page.
void check_self_contained(const std::string& html, const page_content& page) {
  for (const support::page_tag& tag : page.tags)
    for (const auto& [name, value] : tag.attributes) {
      CAPTURE(tag.name, name, value.substr(0, 60));
      if (name == "src" || name == "poster" || name == "data") CHECK(value.starts_with("data:"));
      if (name == "href") CHECK((value.starts_with("#") || value == "data:,"));
    }
  for (const char* outside : {"http:", "https:", "url(", "@import", "fetch(", "src='", "file:"})
    CHECK(html.find(outside) == html.npos);
  CHECK(html.find("default-src 'none'") != html.npos);
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("A result folder becomes one well-formed page that needs nothing else") {
  const temporary_folder folder{"whole"};
  write_results(folder.path(), folder.path() / "clip");
  const std::string html = make_page(folder.path());
  const page_content page = read_page(html);
  CHECK(page.error == "");
  check_self_contained(html, page);
  CHECK(page.count("video") == 1);
  CHECK(page.count("article", "object") == 1);
  CHECK(page.count("div", "strip") == 1);
  CHECK(page.count("div", "scatter") == 1);
  CHECK(page.count("div", "matrix") == 1);
  CHECK(page.count("span", "bar") == 2);
  CHECK(html.find("data:video/mp4;base64,bm8gdmlkZW8sIGJ1dCB0aGUgcGFnZSBrZWVwcyBpdA==") !=
        html.npos);
  CHECK(page.text.find("One object.") != page.text.npos);
}

TEST_CASE("Every picture of the page says what it shows, every button what it does") {
  const temporary_folder folder{"alt"};
  write_results(folder.path(), folder.path() / "clip");
  const page_content page = read_page(make_page(folder.path()));
  for (const support::page_tag& tag : page.tags) {
    CAPTURE(tag.name);
    if (tag.name == "img" && tag.attributes.count("id") == 0)
      CHECK(!tag.attributes.at("alt").empty());
    if (tag.attributes.count("role") != 0 && tag.attributes.at("role") == "img")
      CHECK(!tag.attributes.at("aria-label").empty());
    if (tag.name == "button" && tag.attributes.count("class") != 0 &&
        tag.attributes.at("class").starts_with("icon"))
      CHECK(!tag.attributes.at("aria-label").empty());
  }
}

TEST_CASE("An object has as many thumbnails as asked for, at most one a keymask") {
  const temporary_folder folder{"thumbnails"};
  write_results(folder.path(), folder.path() / "clip");
  app::report_options options;
  for (const std::size_t count : {std::size_t{1}, std::size_t{6}, std::size_t{40}}) {
    options.thumbnails = count;
    const std::string html = make_page(folder.path(), options);
    CHECK(read_page(html).count("button", "thumb") == (std::min)(count, keys.size()));
    CHECK(occurrences(html, "data:image/jpeg") == (std::min)(count, keys.size()));
  }
}

TEST_CASE("The same folder gives the same bytes") {
  const temporary_folder folder{"same"};
  write_results(folder.path(), folder.path() / "clip");
  const std::string first = make_page(folder.path());
  CHECK(make_page(folder.path()) == first);
}

TEST_CASE("Hostile names and texts are shown, not obeyed") {
  const temporary_folder folder{"hostile"};
  const fs::path clip = folder.path() / "<img src=x onerror=alert(1)> & \"Käse\" 'é' {{css}}";
  write_results(folder.path(), clip);
  s2d::write_file(folder.path() / "run.json",
                  support::run_json(clip, frames, "objects", "</p><script>alert(2)</script>"));
  const std::string html = make_page(folder.path());
  const page_content page = read_page(html);
  CHECK(page.error == "");
  check_self_contained(html, page);
  CHECK(page.count("script") == 2);
  CHECK(html.find("<img src=x") == html.npos);
  CHECK(html.find("<script>alert") == html.npos);
  CHECK(page.text.find("&lt;img src=x onerror=alert(1)&gt; &amp; &quot;Käse&quot; &#39;é&#39; "
                       "{{css}}") != page.text.npos);
}

TEST_CASE("Where nothing moves the page explains and shows frames of the clip") {
  const temporary_folder folder{"nothing"};
  const fs::path clip = folder.path() / "clip";
  support::write_clip(clip, frames);
  s2d::write_file(folder.path() / "run.json",
                  support::run_json(clip, frames, "nothing moves", "Nothing moves here: a wall."));
  s2d::write_file(folder.path() / "masks.json", std::string_view{R"({"annotations":[]})"});
  s2d::write_file(folder.path() / "keymasks.json", std::string_view{R"({"annotations":[]})"});
  const std::string html = make_page(folder.path());
  const page_content page = read_page(html);
  CHECK(page.error == "");
  check_self_contained(html, page);
  CHECK(page.count("article") == 0);
  CHECK(page.count("div", "scatter") == 0);
  CHECK(page.count("button", "thumb") == 8);
  CHECK(page.text.find("Nothing moves here: a wall.") != page.text.npos);
  CHECK(page.text.find("Objects are found because they move") != page.text.npos);
  CHECK(page.text.find("There is no overlay.mp4") != page.text.npos);
}

TEST_CASE("A result of no frames is a page too") {
  const temporary_folder folder{"empty"};
  s2d::write_file(folder.path() / "run.json", std::string_view{"{}"});
  const page_content page = read_page(make_page(folder.path()));
  CHECK(page.error == "");
  CHECK(page.text.find("There is no masks.json") != page.text.npos);
  CHECK(page.text.find("There is no keymasks.json") != page.text.npos);
}

TEST_CASE("Where the clip is gone the page says so and shows the shapes of the masks") {
  const temporary_folder folder{"gone"};
  const fs::path clip = folder.path() / "clip";
  write_results(folder.path(), clip);
  fs::remove_all(clip);
  const page_content page = read_page(make_page(folder.path()));
  CHECK(page.error == "");
  CHECK(page.count("button", "thumb") == 6);
  CHECK(page.text.find("Not every frame of the clip could be read") != page.text.npos);
}

TEST_CASE("Where the clip has become shorter the rest is shown as shapes") {
  const temporary_folder folder{"shorter"};
  const fs::path clip = folder.path() / "clip";
  write_results(folder.path(), clip);
  for (std::size_t t = 7; t < frames; ++t) fs::remove(clip / s2d::concat("frame", t, ".png"));
  const page_content page = read_page(make_page(folder.path()));
  CHECK(page.count("button", "thumb") == 6);
  CHECK(page.text.find("holds 7 frames") != page.text.npos);
}

TEST_CASE("What exceeds the limits is sampled and the page says so") {
  const temporary_folder folder{"limits"};
  write_results(folder.path(), folder.path() / "clip");
  app::report_options options;
  options.max_objects = 0;
  options.max_points = 5;
  options.max_rows = 4;
  options.max_columns = 8;
  const page_content page = read_page(make_page(folder.path(), options));
  CHECK(page.error == "");
  CHECK(page.count("article") == 0);
  CHECK(page.text.find("Shown are 4 of them.") != page.text.npos);
  CHECK(page.text.find("Shown are 4 of 16 masks.") != page.text.npos);
  CHECK(page.text.find("Shown are 8 of 16 frames.") != page.text.npos);
}

TEST_CASE("A video that is too large is made smaller, or left out and named") {
  const temporary_folder folder{"video"};
  const fs::path& path = folder.path();
  write_results(path, path / "clip");
  {
    s2d::video_writer overlay{path / "overlay.mp4", 40, 60, {.quality = 0}};
    for (std::size_t t = 0; t < frames; ++t) {
      s2d::image picture(40, 60);
      for (std::size_t i = 0; i < picture.values.size(); ++i)
        picture.values[i] = static_cast<std::uint8_t>((i * 7919 + t * 104729) % 251);
      overlay.write(picture);
    }
    overlay.finish();
  }
  const auto entries = [&] {
    return std::distance(fs::directory_iterator{path}, fs::directory_iterator{});
  };
  make_page(path);
  const auto before = entries();
  app::report_options options;
  options.max_video_bytes = fs::file_size(path / "overlay.mp4") - 1;
  options.max_video_frames = 5;
  const std::string html = make_page(path, options);
  const page_content page = read_page(html);
  CHECK(page.error == "");
  CHECK(page.count("video") == 1);
  CHECK(page.text.find("one frame in 4, so it plays 4 times as fast") != page.text.npos);
  CHECK(html.find(R"("video":{"frames":4,"stride":4})") != html.npos);
  CHECK(make_page(path, options) == html);

  options.max_video_bytes = 10;
  const page_content without = read_page(make_page(path, options));
  CHECK(without.count("video") == 0);
  CHECK(without.text.find("overlay.mp4 is too long for this page") != without.text.npos);
  CHECK(without.count("button", "thumb") == 6 + 8);

  s2d::write_file(path / "overlay.mp4", std::string_view{"no video, and too large"});
  const page_content damaged = read_page(make_page(path, options));
  CHECK(damaged.error == "");
  CHECK(damaged.text.find("not a video that can be read") != damaged.text.npos);
  CHECK(entries() == before);
}

TEST_CASE("Damaged result files are refused with file and position, and no page appears") {
  const temporary_folder folder{"damaged"};
  write_results(folder.path(), folder.path() / "clip");
  const auto refused = [&](const char* file, const std::string& content, const char* expected) {
    const std::string before = s2d::read_text(folder.path() / file);
    s2d::write_file(folder.path() / file, content);
    CAPTURE(file, content.substr(0, 80));
    CHECK_THROWS_WITH(make_page(folder.path()), Catch::Contains(file) && Catch::Contains(expected));
    CHECK_THROWS_AS(make_page(folder.path()), s2d::invalid_input);
    s2d::write_file(folder.path() / file, before);
  };
  refused("run.json", "{\"frames\":", "not valid JSON");
  refused("run.json", R"({"frames":-1})", ".frames");
  refused("run.json", R"({"frames":99999999999})", "expected at most");
  refused("run.json", R"({"frames":16,"stages":[1]})", "stages");
  refused("masks.json", R"({"annotations":[{"frame":0)", "ends early");
  refused("masks.json", R"({"annotations":[{"frame":0,}]})", "annotations[0]: not valid JSON");
  refused("masks.json", R"({"annotations":[{"frame":0},{"frame":16}]})",
          "annotations[1]: frame 16 of a clip of 16");
  refused("masks.json", R"({"annotations":[{"frame":0,"bboxes":[[1,2,3]]}]})", "bboxes");
  refused("keymasks.json", R"({"annotations":[{"segmentations":[{"size":[40,60],"counts":"!"}]}]})",
          "annotations[0].segmentations[0]");
  refused("keymasks.json", R"({"annotations":[{"segmentations":[7]}]})", "segmentations[0]");
  CHECK(!fs::exists(folder.path() / "report.html"));
  CHECK_NOTHROW(make_page(folder.path()));
  fs::remove(folder.path() / "run.json");
  CHECK_THROWS_AS(make_page(folder.path()), s2d::io_error);
}

TEST_CASE("Writing the report can be stopped and leaves no page") {
  const temporary_folder folder{"stopped"};
  write_results(folder.path(), folder.path() / "clip");
  app::report_options options;
  options.progress = [](std::string_view, std::size_t, std::size_t) { return false; };
  CHECK_THROWS_AS(make_page(folder.path(), options), s2d::cancelled);
  CHECK(!fs::exists(folder.path() / "report.html"));
}
