// Checkpoints of PyTorch without Python: .pth and .pkl files read as data, .pth files written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <s2d/core/error.hpp>
#include <s2d/io/atomic_file.hpp>
#include <s2d/io/file.hpp>
#include <s2d/torch/detail/pickle.hpp>
#include <s2d/torch/detail/stored_zip.hpp>
#include <s2d/torch/safetensors.hpp>
#include <s2d/torch/tensors.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

namespace detail {

inline constexpr std::pair<std::string_view, ::torch::ScalarType> storage_types[] = {
    {"torch FloatStorage", ::torch::kFloat}, {"torch DoubleStorage", ::torch::kDouble},
    {"torch HalfStorage", ::torch::kHalf},   {"torch BFloat16Storage", ::torch::kBFloat16},
    {"torch LongStorage", ::torch::kInt64},  {"torch IntStorage", ::torch::kInt32},
    {"torch ShortStorage", ::torch::kInt16}, {"torch CharStorage", ::torch::kInt8},
    {"torch ByteStorage", ::torch::kUInt8},  {"torch BoolStorage", ::torch::kBool}};

inline constexpr std::pair<std::string_view, ::torch::ScalarType> array_types[] = {
    {"f4", ::torch::kFloat}, {"f8", ::torch::kDouble}, {"f2", ::torch::kHalf},
    {"i8", ::torch::kInt64}, {"i4", ::torch::kInt32},  {"i2", ::torch::kInt16},
    {"i1", ::torch::kInt8},  {"u1", ::torch::kUInt8},  {"b1", ::torch::kBool}};

/// Makes tensors of the descriptions in a pickle.
class tensor_builder {
 public:
  using content = std::shared_ptr<const std::vector<std::byte>>;

  tensor_builder(content file, std::string name) : file_{std::move(file)}, name_{std::move(name)} {}

  /// The bytes of the storage `key`.
  void add_storage(std::string key, std::span<const std::byte> bytes) {
    storages_[std::move(key)] = bytes;
  }

  ::torch::Tensor build(const pickle_tree& tree, const pickle_value& value, std::string_view what) {
    return value.kind == pickle_kind::tensor ? tensor(tree, value, what) : array(tree, value, what);
  }

 private:
  template <class... Parts>
  [[noreturn]] void fail(std::string_view what, const Parts&... parts) const {
    throw invalid_input{concat(name_, ": ", what, ": ", parts...)};
  }

  std::vector<std::int64_t> integers(const pickle_tree& tree, std::uint32_t list,
                                     std::string_view what) const {
    std::vector<std::int64_t> numbers;
    if (tree[list].kind != pickle_kind::list || tree[list].items.size() > 16)
      fail(what, "extents are damaged");
    for (const std::uint32_t item : tree[list].items) {
      if (tree[item].kind != pickle_kind::integer || tree[item].integer < 0)
        fail(what, "extents are damaged");
      numbers.push_back(tree[item].integer);
    }
    return numbers;
  }

  /// Elements of a shape; fails above `most`.
  std::int64_t count_of(const std::vector<std::int64_t>& sizes, std::int64_t most,
                        std::string_view what) const {
    std::int64_t count = 1;
    for (const std::int64_t size : sizes)
      if (size == 0) return 0;
    for (const std::int64_t size : sizes) {
      if (size > most / count) fail(what, "truncated or damaged, its numbers are not all there");
      count *= size;
    }
    return count;
  }

  /// A tensor on bytes of the file, which it keeps; a copy where they are not aligned.
  ::torch::Tensor on_file(std::span<const std::byte> bytes, ::torch::ScalarType dtype,
                          std::string_view what) {
    const auto size = static_cast<std::int64_t>(::c10::elementSize(dtype));
    const auto count = static_cast<std::int64_t>(bytes.size()) / size;
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % static_cast<std::uintptr_t>(size) == 0)
      return ::torch::from_blob(
          const_cast<std::byte*>(bytes.data()), {count}, [keep = file_](void*) {}, dtype);
    copied_ += bytes.size();
    if (copied_ > 2 * file_->size())
      fail(what, "damaged, the same numbers are used again and again");
    const auto copy = ::torch::empty({count}, dtype);
    if (count > 0)
      std::memcpy(copy.mutable_data_ptr(), bytes.data(), static_cast<std::size_t>(count * size));
    return copy;
  }

  ::torch::Tensor tensor(const pickle_tree& tree, const pickle_value& value,
                         std::string_view what) {
    const pickle_value& storage = tree[value.items[0]];
    const std::string key = tree[storage.items[0]].text;
    const std::int64_t count = tree[storage.items[1]].integer;
    auto dtype = ::torch::ScalarType::Undefined;
    for (const auto& [name, known] : storage_types)
      if (name == storage.text) dtype = known;
    if (dtype == ::torch::ScalarType::Undefined) fail(what, storage.text, " is not supported");
    const auto bytes = storages_.find(key);
    if (bytes == storages_.end()) fail(what, "storage ", key, " is missing");
    const auto size = static_cast<std::int64_t>(::c10::elementSize(dtype));
    if (count < 0 || count > static_cast<std::int64_t>(bytes->second.size()) / size)
      fail(what, "storage ", key, " has ", bytes->second.size(), " bytes, expected ", count, " x ",
           size);
    if (tree[value.items[1]].kind != pickle_kind::integer) fail(what, "damaged offset");
    const std::int64_t offset = tree[value.items[1]].integer;
    const auto sizes = integers(tree, value.items[2], what);
    const auto strides = integers(tree, value.items[3], what);
    if (offset < 0 || offset > count || strides.size() != sizes.size())
      fail(what, "damaged offset or strides");
    if (count_of(sizes, count, what) > 0) {
      std::int64_t last = offset;
      for (std::size_t d = 0; d < sizes.size(); ++d) {
        if (sizes[d] > 1 && strides[d] > (count - last) / (sizes[d] - 1))
          fail(what, "strides lead outside the storage");
        last += sizes[d] > 1 ? strides[d] * (sizes[d] - 1) : 0;
      }
      if (last >= count) fail(what, "strides lead outside the storage");
    }
    auto& whole = whole_[{key, dtype}];
    if (!whole.defined())
      whole = on_file(bytes->second.first(static_cast<std::size_t>(count * size)), dtype, what);
    if (whole.numel() < count) fail(what, "storage ", key, " is described twice, differently");
    return whole.as_strided(sizes, strides, offset);
  }

  ::torch::Tensor array(const pickle_tree& tree, const pickle_value& value, std::string_view what) {
    if (value.items.size() != 4) fail(what, "an array of numpy without content");
    const auto sizes = integers(tree, value.items[0], what);
    std::string_view code = tree[value.items[1]].text;
    if (!code.empty() && (code[0] == '<' || code[0] == '|' || code[0] == '='))
      code.remove_prefix(1);
    auto dtype = ::torch::ScalarType::Undefined;
    for (const auto& [name, known] : array_types)
      if (name == code) dtype = known;
    if (dtype == ::torch::ScalarType::Undefined)
      fail(what, "arrays of numpy's type '", code, "' are not supported");
    const std::string& bytes = tree[value.items[3]].text;
    const auto size = static_cast<std::int64_t>(::c10::elementSize(dtype));
    const auto most = static_cast<std::int64_t>(bytes.size()) / size;
    const std::int64_t count = count_of(sizes, most, what);
    const bool fortran = tree[value.items[2]].integer != 0;
    const auto flat = ::torch::empty({count}, dtype);
    copied_ += bytes.size();
    if (copied_ > 2 * file_->size())
      fail(what, "damaged, the same numbers are used again and again");
    if (count > 0)
      std::memcpy(flat.mutable_data_ptr(), bytes.data(), static_cast<std::size_t>(count * size));
    if (!fortran) return flat.view(sizes);
    const std::vector<std::int64_t> turned(sizes.rbegin(), sizes.rend());
    std::vector<std::int64_t> back(sizes.size());
    for (std::size_t d = 0; d < back.size(); ++d)
      back[d] = static_cast<std::int64_t>(back.size() - 1 - d);
    return flat.view(turned).permute(back);
  }

  content file_;
  std::string name_;
  std::map<std::string, std::span<const std::byte>> storages_;
  std::map<std::pair<std::string, ::torch::ScalarType>, ::torch::Tensor> whole_;
  std::size_t copied_ = 0;
};

/// The dict of tensors in what a checkpoint holds: under "model", "state_dict" or `section`, or the
/// whole.
inline named_tensors tensors_of(const pickle_tree& tree, tensor_builder& builder,
                                std::string_view section, std::string_view name) {
  const pickle_value* dict = &tree[tree.root];
  if (dict->kind != pickle_kind::dict)
    throw invalid_input{concat(name, ": holds no dictionary of tensors")};
  if (!section.empty()) {
    dict = tree.find(*dict, section);
    if (dict == nullptr || dict->kind != pickle_kind::dict)
      throw invalid_input{concat(name, ": holds no dictionary ", section)};
  } else {
    for (const std::string_view key : {"model", "state_dict", "model_state_dict"})
      if (const auto* inner = tree.find(tree[tree.root], key);
          inner != nullptr && inner->kind == pickle_kind::dict) {
        dict = inner;
        break;
      }
  }
  named_tensors tensors;
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i + 1 < dict->items.size(); i += 2) {
    const pickle_value& key = tree[dict->items[i]];
    const pickle_value& value = tree[dict->items[i + 1]];
    if (key.kind != pickle_kind::text ||
        (value.kind != pickle_kind::tensor && value.kind != pickle_kind::array))
      continue;
    if (!seen.insert(key.text).second)
      throw invalid_input{concat(name, ": ", key.text, " is there twice")};
    tensors.emplace_back(key.text, builder.build(tree, value, key.text));
  }
  if (tensors.empty()) throw invalid_input{concat(name, ": holds no dictionary of tensors")};
  return tensors;
}

inline named_tensors read_zip_checkpoint(const tensor_builder::content& file,
                                         const std::string& name, std::string_view section) {
  const auto records = read_zip(*file, name);
  const zip_record* pickle = nullptr;
  for (const zip_record& record : records)
    if (record.name == "data.pkl" || record.name.ends_with("/data.pkl")) pickle = &record;
  if (pickle == nullptr)
    throw invalid_input{concat(name, ": a zip file without data.pkl, no checkpoint of PyTorch")};
  const std::string folder = pickle->name.substr(0, pickle->name.size() - 8);
  tensor_builder builder{file, name};
  for (const zip_record& record : records) {
    if (record.name == folder + "byteorder") {
      const std::string_view order{reinterpret_cast<const char*>(record.bytes.data()),
                                   record.bytes.size()};
      require(order == "little", name, ": byte order '", order, "', expected little");
    } else if (record.name.starts_with(folder + "data/")) {
      builder.add_storage(record.name.substr(folder.size() + 5), record.bytes);
    }
  }
  byte_walk walk{pickle->bytes, name};
  return tensors_of(read_pickle(walk, name), builder, section, name);
}

/// PyTorch before 1.6: five pickles, then the numbers. Or a single pickle of numpy's arrays.
inline named_tensors read_plain_checkpoint(const tensor_builder::content& file,
                                           const std::string& name, std::string_view section) {
  byte_walk walk{*file, name};
  pickle_tree tree = read_pickle(walk, name);
  tensor_builder builder{file, name};
  const pickle_value& first = tree[tree.root];
  // The magic number has ten bytes, too long for an integer of ours.
  if (first.kind != pickle_kind::opaque) return tensors_of(tree, builder, section, name);
  read_pickle(walk, name);  // protocol version
  read_pickle(walk, name);  // sizes of C's types
  tree = read_pickle(walk, name);
  const pickle_tree keys = read_pickle(walk, name);
  std::map<std::string, std::int64_t> element;
  for (const pickle_value& value : tree.values)
    if (value.kind == pickle_kind::storage)
      for (const auto& [type, dtype] : storage_types)
        if (type == value.text)
          element[tree[value.items[0]].text] = static_cast<std::int64_t>(::c10::elementSize(dtype));
  for (const std::uint32_t item : keys[keys.root].items) {
    const std::string& key = keys[item].text;
    const auto known = element.find(key);
    if (known == element.end())
      throw invalid_input{concat(name, ": storage ", key, " is of unknown type")};
    const auto count = walk.number<std::int64_t>();
    require(count >= 0 && count <= static_cast<std::int64_t>(walk.left()) / known->second, name,
            ": truncated, storage ", key, " has ", count, " numbers, ", walk.left(),
            " bytes follow");
    builder.add_storage(key, walk.take(static_cast<std::uint64_t>(count * known->second)));
  }
  return tensors_of(tree, builder, section, name);
}

}  // namespace detail

/// The named tensors of a checkpoint: .safetensors, PyTorch's .pth (zip, or as before 1.6), or a
/// pickle of NumPy arrays as in detectron2's model zoo. Of a dictionary of dictionaries the one
/// named `section`, or by default "model" or "state_dict" where there is one; what is no tensor is
/// left aside. No Python: pickles are read as data and nothing is executed; a pickle that names
/// anything but tensors, arrays and what trainers are known to store is refused. Tensors may share
/// memory, which must not be written.
/// @throws io_error if the file cannot be read, invalid_input if it is damaged, truncated or
/// hostile
[[nodiscard]] inline named_tensors read_checkpoint(const std::filesystem::path& file,
                                                   std::string_view section = {}) {
  const std::string name = file.string();
  if (file.extension() == ".safetensors") return to_tensors(read_safetensors(file));
  const auto bytes = std::make_shared<const std::vector<std::byte>>(read_file(file));
  require(bytes->size() >= 4, name, ": truncated, ", bytes->size(), " bytes");
  return detail::is_zip(*bytes) ? detail::read_zip_checkpoint(bytes, name, section)
                                : detail::read_plain_checkpoint(bytes, name, section);
}

/// Writes {"model": {name: tensor}} as a .pth file that torch.load reads, whole or not at all.
/// @throws invalid_input for a dtype that torch.load has no storage for, a name given twice, or
/// more than 3.7 GiB, io_error if the system refuses
inline void write_pth(const std::filesystem::path& file, const named_tensors& tensors) {
  std::string pickle{"\x80\x02}"};
  const auto integer = [&](std::int64_t number) {
    if (number >= 0 && number <= 0x7FFFFFFF) {
      const auto part = static_cast<std::int32_t>(number);
      pickle += 'J';
      pickle.append(reinterpret_cast<const char*>(&part), 4);
    } else {
      pickle += "\x8A\x08";
      pickle.append(reinterpret_cast<const char*>(&number), 8);
    }
  };
  const auto text = [&](std::string_view value) {
    const auto length = static_cast<std::uint32_t>(value.size());
    pickle += 'X';
    pickle.append(reinterpret_cast<const char*>(&length), 4);
    pickle += value;
  };
  const auto tuple = [&](::torch::IntArrayRef numbers) {
    pickle += '(';
    for (const std::int64_t number : numbers) integer(number);
    pickle += 't';
  };
  text("model");
  pickle += "}(";
  std::vector<::torch::Tensor> dense;
  std::unordered_set<std::string_view> seen;
  for (const auto& [name, tensor] : tensors) {
    require(tensor.defined(), "write_pth: ", name, ": the tensor is undefined");
    require(seen.insert(name).second, "write_pth: ", name, " is given twice");
    std::string_view type;
    for (const auto& [known, dtype] : detail::storage_types)
      if (dtype == tensor.scalar_type()) type = known;
    require(!type.empty(), "write_pth: ", name, ": dtype is ",
            ::c10::toString(tensor.scalar_type()), ", which .pth files do not hold");
    dense.push_back(tensor.detach().cpu().contiguous());
    text(name);
    pickle += "ctorch._utils\n_rebuild_tensor_v2\n((";
    text("storage");
    pickle += concat("ctorch\n", type.substr(6), "\n");
    text(concat(dense.size() - 1));
    text("cpu");
    integer(tensor.numel());
    pickle += "tQ";
    integer(0);
    tuple(dense.back().sizes());
    tuple(dense.back().strides());
    pickle +=
        "\x89"
        "ccollections\nOrderedDict\n)RtR";
  }
  pickle += "us.";
  atomic_file out{file};
  detail::zip_writer<atomic_file> zip{out};
  zip.add("archive/data.pkl", std::as_bytes(std::span{pickle}));
  zip.add("archive/byteorder", std::as_bytes(std::span{std::string_view{"little"}}));
  for (std::size_t i = 0; i < dense.size(); ++i)
    zip.add(concat("archive/data/", i),
            {static_cast<const std::byte*>(dense[i].const_data_ptr()), dense[i].nbytes()});
  zip.add("archive/version", std::as_bytes(std::span{std::string_view{"3\n"}}));
  zip.finish();
  out.commit();
}

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
