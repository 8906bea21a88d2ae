// Zip files without compression, as PyTorch writes its checkpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/torch/detail/crc32.hpp>

namespace s2d::inline S2D_ABI {
namespace torch::detail {

struct zip_record {
  std::string name;
  std::span<const std::byte> bytes;
};

/// Reads numbers front to back and refuses to leave the file.
class byte_walk {
 public:
  byte_walk(std::span<const std::byte> bytes, std::string_view name, std::size_t at = 0)
      : bytes_{bytes}, name_{name}, at_{at} {}

  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }

  std::span<const std::byte> take(std::uint64_t count) {
    if (at_ > bytes_.size() || count > bytes_.size() - at_)
      throw invalid_input{concat(name_, ": byte ", at_, ": truncated, ", count, " bytes expected")};
    const auto part = bytes_.subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return part;
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view text(std::uint64_t count) {
    const auto part = take(count);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  /// Up to a line's end, which is passed.
  std::string_view line() {
    const std::string_view rest{reinterpret_cast<const char*>(bytes_.data()) + at_, left()};
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos)
      throw invalid_input{concat(name_, ": byte ", at_, ": truncated in a line")};
    at_ += end + 1;
    return rest.substr(0, end);
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view name_;
  std::size_t at_;
};

/// Whether bytes begin as a zip file does.
inline bool is_zip(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "PK\x03\x04", 4) == 0;
}

/// The records of a zip file that lies in memory; sizes beyond 4 GiB (zip64) included. Checksums
/// are not looked at: PyTorch writes files without them too.
/// @throws invalid_input if it is damaged, truncated, or a record is compressed or encrypted
inline std::vector<zip_record> read_zip(std::span<const std::byte> bytes, std::string_view name) {
  // The end record lies within the last 64 KiB and 22 bytes.
  std::size_t end = bytes.size();
  const std::size_t lowest = bytes.size() > 65557 ? bytes.size() - 65557 : 0;
  for (std::size_t at = bytes.size() < 22 ? lowest : bytes.size() - 22 + 1; at-- > lowest;)
    if (std::memcmp(bytes.data() + at, "PK\x05\x06", 4) == 0) {
      end = at;
      break;
    }
  require(end < bytes.size() && bytes.size() >= 22, name,
          ": truncated, the directory at the end of the zip file is missing");
  byte_walk tail{bytes, name, end + 10};
  std::uint64_t count = tail.number<std::uint16_t>();
  std::uint64_t directory_size = tail.number<std::uint32_t>();
  std::uint64_t directory = tail.number<std::uint32_t>();
  if (end >= 20 && std::memcmp(bytes.data() + end - 20, "PK\x06\x07", 4) == 0) {
    const auto end64 = byte_walk{bytes, name, end - 12}.number<std::uint64_t>();
    require(end64 <= bytes.size(), name, ": damaged zip64 directory");
    byte_walk walk{bytes, name, static_cast<std::size_t>(end64)};
    require(walk.text(4) == std::string_view{"PK\x06\x06", 4}, name, ": damaged zip64 directory");
    walk.take(28);
    count = walk.number<std::uint64_t>();
    directory_size = walk.number<std::uint64_t>();
    directory = walk.number<std::uint64_t>();
  }
  require(directory <= bytes.size() && directory_size <= bytes.size() - directory &&
              count <= directory_size / 46,
          name, ": damaged zip directory");
  std::vector<zip_record> records;
  byte_walk walk{bytes, name, static_cast<std::size_t>(directory)};
  for (std::uint64_t i = 0; i < count; ++i) {
    require(walk.text(4) == std::string_view{"PK\x01\x02", 4}, name, ": byte ", walk.position() - 4,
            ": damaged zip directory");
    walk.take(4);
    const auto flags = walk.number<std::uint16_t>();
    const auto method = walk.number<std::uint16_t>();
    walk.take(8);
    std::uint64_t packed = walk.number<std::uint32_t>();
    std::uint64_t size = walk.number<std::uint32_t>();
    const auto name_length = walk.number<std::uint16_t>();
    const auto extra_length = walk.number<std::uint16_t>();
    const auto comment_length = walk.number<std::uint16_t>();
    walk.take(8);
    std::uint64_t local = walk.number<std::uint32_t>();
    std::string record_name{walk.text(name_length)};
    byte_walk extra{walk.take(extra_length), name};
    walk.take(comment_length);
    while (extra.left() >= 4) {
      const auto tag = extra.number<std::uint16_t>();
      byte_walk field{extra.take(extra.number<std::uint16_t>()), name};
      if (tag != 1) continue;
      if (size == 0xFFFFFFFFu) size = field.number<std::uint64_t>();
      if (packed == 0xFFFFFFFFu) packed = field.number<std::uint64_t>();
      if (local == 0xFFFFFFFFu) local = field.number<std::uint64_t>();
    }
    require(method == 0 && packed == size && (flags & 1) == 0, name, ": ", record_name,
            " is compressed or encrypted, a checkpoint of PyTorch is neither");
    require(local <= bytes.size(), name, ": ", record_name, ": damaged zip directory");
    byte_walk head{bytes, name, static_cast<std::size_t>(local)};
    require(head.text(4) == std::string_view{"PK\x03\x04", 4}, name, ": ", record_name,
            ": damaged zip record");
    head.take(22);
    const auto skip_name = head.number<std::uint16_t>();
    const auto skip_extra = head.number<std::uint16_t>();
    head.take(std::uint64_t{skip_name} + skip_extra);
    records.push_back({std::move(record_name), head.take(size)});
  }
  return records;
}

/// Builds a zip file piece by piece; record data begin at multiples of 64.
template <class Sink>
class zip_writer {
 public:
  explicit zip_writer(Sink& sink) : sink_{&sink} {}

  /// @throws invalid_input if the file would grow to 4 GiB
  void add(const std::string& name, std::span<const std::byte> bytes) {
    const std::size_t head = 30 + name.size() + 4;
    const std::size_t pad = (64 - (at_ + head) % 64) % 64;
    require(bytes.size() < 0xF0000000u && at_ + head + pad + bytes.size() < 0xF0000000u,
            "zip: a file of more than 3.7 GiB; use safetensors");
    const std::uint32_t crc = crc32(bytes), size = static_cast<std::uint32_t>(bytes.size());
    std::string common;
    append<std::uint16_t>(common, 0);           // flags
    append<std::uint16_t>(common, 0);           // stored
    append<std::uint32_t>(common, 0x00210000);  // 1980-01-01
    append(common, crc);
    append(common, size);
    append(common, size);
    append(common, static_cast<std::uint16_t>(name.size()));
    directory_ += std::string_view{"PK\x01\x02\x14\0\x14\0", 8};
    directory_ += common;
    append<std::uint16_t>(directory_, 0);  // extra
    append<std::uint64_t>(directory_, 0);  // comment, disk, attributes
    append<std::uint16_t>(directory_, 0);
    append(directory_, static_cast<std::uint32_t>(at_));
    directory_ += name;
    std::string local{"PK\x03\x04\x14\0", 6};
    local += common;
    append(local, static_cast<std::uint16_t>(pad + 4));
    local += name;
    local += "FB";
    append(local, static_cast<std::uint16_t>(pad));
    local.append(pad, 'Z');
    write(std::as_bytes(std::span{local}));
    write(bytes);
    ++count_;
  }

  void finish() {
    const auto begin = static_cast<std::uint32_t>(at_);
    std::string end{"PK\x05\x06\0\0\0\0", 8};
    append(end, static_cast<std::uint16_t>(count_));
    append(end, static_cast<std::uint16_t>(count_));
    append(end, static_cast<std::uint32_t>(directory_.size()));
    append(end, begin);
    append<std::uint16_t>(end, 0);
    require(count_ < 0xFFFF, "zip: ", count_, " records; use safetensors");
    write(std::as_bytes(std::span{directory_}));
    write(std::as_bytes(std::span{end}));
  }

 private:
  template <class T>
  static void append(std::string& text, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    text.append(bytes, sizeof value);
  }
  void write(std::span<const std::byte> bytes) {
    sink_->write(bytes);
    at_ += bytes.size();
  }

  Sink* sink_;
  std::string directory_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
};

}  // namespace torch::detail
}  // namespace s2d::inline S2D_ABI
