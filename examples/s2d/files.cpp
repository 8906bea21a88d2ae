#include "files.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/io/folder.hpp>

#include "commands.hpp"
#include "version.hpp"

namespace app {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && !fs::is_directory(folder, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw s2d::io_error{folder.string() + ": cannot create folder: " + error.message()};
}

void require_apart(const std::vector<fs::path>& written, const std::vector<fs::path>& read,
                   const std::vector<fs::path>& folders) {
  std::error_code ignored;
  const auto whole = [&](const fs::path& path) {
    return fs::weakly_canonical(fs::absolute(path, ignored), ignored);
  };
  const auto same = [&](const fs::path& a, const fs::path& b) {
    return !a.empty() && !b.empty() && (fs::equivalent(a, b, ignored) || whole(a) == whole(b));
  };
  const auto lost = [](const fs::path& path) {
    return wrong_call{path.string() +
                      ": is read and would be overwritten, expected another place for what is "
                      "written"};
  };
  for (const fs::path& folder : folders) {
    if (folder.empty()) continue;
    const fs::path out = whole(folder);
    for (const fs::path& each : read) {
      if (each.empty()) continue;
      for (fs::path above = whole(each); !above.empty(); above = above.parent_path()) {
        if (above == out) throw lost(each);
        if (above == above.parent_path()) break;
      }
    }
  }
  for (std::size_t i = 0; i < written.size(); ++i) {
    const bool picture = s2d::is_image_name(written[i]) || written[i].extension() == ".npy";
    for (const fs::path& each : read)
      if (same(written[i], each) ||
          (picture && fs::exists(written[i], ignored) && same(written[i].parent_path(), each)))
        throw lost(written[i]);
    for (std::size_t k = 0; k < i; ++k)
      if (same(written[i], written[k]))
        throw wrong_call{written[i].string() +
                         ": would be written twice, expected a place for each"};
  }
}

namespace {

// FNV-1a, 64 bits.
class fingerprint {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    value_ = (value_ ^ 0xff) * 0x100000001b3u;
  }
  void add_file(const fs::path& file) {
    std::error_code ignored;
    add(file.filename().string());
    add(s2d::concat(fs::file_size(file, ignored)));
    const auto time = fs::last_write_time(file, ignored).time_since_epoch().count();
    add(s2d::concat(static_cast<std::int64_t>(time)));
  }
  void add_tree(const fs::path& place) {
    std::error_code error;
    if (!fs::is_directory(place, error)) return add_file(place);
    std::vector<fs::path> files;
    for (fs::directory_iterator it{place, error}, end; !error && it != end; it.increment(error))
      if (!it->path().filename().string().starts_with('.') && it->is_regular_file(error))
        files.push_back(it->path());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) add_file(file);
  }
  [[nodiscard]] std::string text() const {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value_));
    return digits;
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

fingerprint fingerprint_of(const clip& from) {
  fingerprint print;
  print.add(version_text);
  print.add(from.name);
  if (from.pictures.empty()) print.add_file(from.path);
  for (const fs::path& picture : from.pictures) print.add_file(picture);
  return print;
}

}  // namespace

std::string stamp_for(const clip& from, const settings& what, bool discover) {
  fingerprint print = fingerprint_of(from);
  json_writer json;
  json.begin_object();
  write_settings(json, what);
  json.member("discover", discover).end_object();
  print.add(json.text());
  if (!what.masks.empty()) print.add_tree(what.masks);
  if (!what.features.empty()) print.add_tree(what.features);
  if (!what.tracks.empty()) print.add_tree(what.tracks);
  return print.text();
}

std::string stamp_for(const clip& from, const std::string& settings_text, const fs::path& other) {
  fingerprint print = fingerprint_of(from);
  print.add(settings_text);
  print.add_tree(other);
  return print.text();
}

std::string stamp_for(const std::string& settings_text, const std::vector<fs::path>& files) {
  fingerprint print;
  print.add(version_text);
  print.add(settings_text);
  for (const fs::path& file : files) print.add_tree(file);
  return print.text();
}

}  // namespace app
