#include "files.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <set>
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

void remove_file(const fs::path& file) {
  std::error_code ignored;
  if (fs::is_regular_file(fs::symlink_status(file, ignored))) fs::remove(file, ignored);
}

void require_apart(const written_places& written, const std::vector<fs::path>& read) {
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
  for (const fs::path& each : read) {
    if (each.empty()) continue;
    const fs::path given = whole(each);
    fs::path folder = fs::is_directory(given, ignored) ? given : given.parent_path();
    for (const fs::path& pictures : written.pictures)
      if (same(folder, pictures) || (folder.filename().string().starts_with("object_") &&
                                     same(folder.parent_path(), pictures)))
        throw lost(each);
    for (; !folder.empty(); folder = folder.parent_path()) {
      for (const fs::path& tree : written.trees)
        if (!tree.empty() && folder == whole(tree)) throw lost(each);
      if (folder == folder.parent_path()) break;
    }
  }
  for (std::size_t i = 0; i < written.files.size(); ++i) {
    const fs::path& file = written.files[i];
    const bool picture = s2d::is_image_name(file) || file.extension() == ".npy";
    for (const fs::path& each : read)
      if (same(file, each) ||
          (picture && fs::exists(file, ignored) && same(file.parent_path(), each)))
        throw lost(file);
    for (std::size_t k = 0; k < i; ++k)
      if (same(file, written.files[k]))
        throw wrong_call{file.string() + ": would be written twice, expected a place for each"};
  }
}

std::vector<fs::path> places_read(const clip& from) {
  std::set<fs::path> folders;
  std::error_code ignored;
  for (const fs::path& picture : from.pictures)
    folders.insert(fs::weakly_canonical(picture, ignored).parent_path());
  std::vector<fs::path> places{folders.begin(), folders.end()};
  places.push_back(from.path);
  return places;
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
