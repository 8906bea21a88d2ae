// Video files in: whatever FFmpeg decodes, frame by frame, with times.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/core/image.hpp>
#include <s2d/ffmpeg/byte_source.hpp>
#include <s2d/ffmpeg/common.hpp>

namespace s2d::inline S2D_ABI {

/// Which frames are read, and in which size.
struct video_options {
  std::ptrdiff_t start = 0;   ///< first frame, counted from 0
  std::ptrdiff_t end = -1;    ///< frame to stop before; negative: read to the end
  std::ptrdiff_t stride = 1;  ///< every stride-th frame from start on
  std::ptrdiff_t height = 0;  ///< size to deliver, after rotation; 0: as stored, or as the other
  std::ptrdiff_t width = 0;   ///< extent asks for by the aspect ratio of the stored pixels
  int threads = 1;            ///< of the decoder; 0: one per processor
};

/// What a video file says about itself.
struct video_properties {
  std::ptrdiff_t height = 0;  ///< of the frames that are delivered
  std::ptrdiff_t width = 0;
  std::ptrdiff_t stored_height = 0;  ///< before rotation and resizing
  std::ptrdiff_t stored_width = 0;
  std::ptrdiff_t frames = 0;     ///< 0 if the file does not say; a claim, not a count
  double frames_per_second = 0;  ///< average; 0 if unknown
  double seconds = 0;            ///< duration; 0 if unknown
  int rotation = 0;       ///< clockwise degrees 0, 90, 180, 270 by which stored frames were turned
  bool mirrored = false;  ///< whether frames were then mirrored, left to right
  double pixel_aspect = 1;  ///< width / height of a stored pixel; noted, not applied
  std::string format;       ///< name of the container, e.g. "mov,mp4,m4a,3gp,3g2,mj2"
  std::string codec;        ///< name of the codec, e.g. "h264"
};

/// One decoded frame.
struct video_frame {
  image picture;
  double seconds = 0;        ///< time since the start of the stream
  std::ptrdiff_t index = 0;  ///< among the frames of the file that decode, from 0
};

/// What was wrong with a file that could be read nevertheless.
struct video_damage {
  std::ptrdiff_t packets = 0;  ///< that could not be decoded and were skipped
  bool ends_early = false;     ///< the file broke off before its stated end
  std::string text;            ///< for people, one line; empty if all is well
};

/// Decodes a video file in order, one frame at a time in bounded memory. Frames come in the order
/// of their times. Packets that do not decode are skipped, as players do; damage() tells about
/// them. Gzipped files (.mp4.gz) are read as well. Deterministic, also over processors.
class video_reader {
 public:
  /// @throws io_error if the file cannot be opened; invalid_input if it holds no video that FFmpeg
  /// knows, or an option is out of range, or a side of the frames is longer than 16384 pixels
  explicit video_reader(std::filesystem::path file, video_options options = {})
      : name_{file.string()}, options_{options}, source_{file} {
    require(options.start >= 0, name_, ": start is ", options.start, ", expected 0 or more");
    require(options.stride >= 1, name_, ": stride is ", options.stride, ", expected 1 or more");
    require(options.height >= 0 && options.width >= 0 && options.height <= longest &&
                options.width <= longest,
            name_, ": size to deliver is ", options.height, " x ", options.width,
            " (height x width), expected 0 to ", longest, " each");
    open();
  }

  video_reader(const video_reader&) = delete;
  video_reader& operator=(const video_reader&) = delete;

  [[nodiscard]] const video_properties& properties() const noexcept { return properties_; }
  /// Complete once next() has returned nothing.
  [[nodiscard]] const video_damage& damage() const noexcept { return damage_; }

  /// The next frame that was asked for; nothing after the last one.
  /// @throws invalid_input if the file ends without a single frame that decodes
  [[nodiscard]] std::optional<video_frame> next() {
    while (options_.end < 0 || index_ < options_.end) {
      detail::ffmpeg_ptr<AVFrame> decoded = next_in_order();
      if (!decoded) {
        finish();
        return std::nullopt;
      }
      const std::ptrdiff_t index = index_++;
      last_seconds_ = seconds(*decoded, index);
      if (index < options_.start || (index - options_.start) % options_.stride != 0) continue;
      return video_frame{to_image(*decoded), last_seconds_, index};
    }
    stop();
    return std::nullopt;
  }

 private:
  static constexpr std::ptrdiff_t longest = 16384;  // side of a frame

  void open() {
    AVFormatContext* format = avformat_alloc_context();
    if (format == nullptr) throw std::bad_alloc{};
    format->pb = source_.context();
    AVDictionary* settings = nullptr;
    av_dict_set(&settings, "protocol_whitelist", "none", 0);
    int status = avformat_open_input(&format, nullptr, nullptr, &settings);
    av_dict_free(&settings);
    format_.reset(format);  // null after a failure
    require(status >= 0, name_, ": not a video that can be read: ", detail::ffmpeg_error(status),
            source_.damage().empty() ? "" : "; ", source_.damage());
    status = find_streams();
    require(status >= 0, name_, ": no stream can be read: ", detail::ffmpeg_error(status));
    const AVCodec* codec = nullptr;
    stream_ = av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    require(stream_ != AVERROR_DECODER_NOT_FOUND, name_,
            ": this FFmpeg has no decoder for its video");
    require(stream_ >= 0, name_, ": holds no video");
    require((format_->streams[stream_]->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0, name_,
            ": holds no video, only a cover picture");
    // Files that state a duration at most are as long as the longest stream.
    for (unsigned i = 0; i < format_->nb_streams; ++i)
      if (static_cast<int>(i) != stream_ && lists_packets())
        format_->streams[i]->discard = AVDISCARD_ALL;

    const AVStream& stream = *format_->streams[stream_];
    decoder_ = detail::ffmpeg_owned(avcodec_alloc_context3(codec));
    status = avcodec_parameters_to_context(decoder_.get(), stream.codecpar);
    require(status >= 0, name_, ": ", detail::ffmpeg_error(status));
    decoder_->pkt_timebase = stream.time_base;
    decoder_->thread_count = options_.threads;
    decoder_->max_pixels = longest * longest;
    decoder_->flags |= AV_CODEC_FLAG_BITEXACT;
    decoder_->log_level_offset = AV_LOG_TRACE;
    status = avcodec_open2(decoder_.get(), codec, nullptr);
    require(status >= 0, name_, ": the decoder ", codec->name,
            " refuses: ", detail::ffmpeg_error(status));
    packet_ = detail::ffmpeg_owned(av_packet_alloc());
    describe(stream, *codec);
  }

  /// MP4 and its kin list every packet, each one a frame; others state a duration at most.
  [[nodiscard]] bool lists_packets() const {
    return std::string_view{format_->iformat->name}.starts_with("mov");
  }

  /// Looks into the first packets of every stream. FFmpeg opens decoders of its own for that, which
  /// are limited as ours is.
  int find_streams() {
    std::vector<AVDictionary*> settings(format_->nb_streams);
    for (AVDictionary*& one : settings) av_dict_set_int(&one, "max_pixels", longest * longest, 0);
    const int status =
        avformat_find_stream_info(format_.get(), settings.empty() ? nullptr : settings.data());
    for (AVDictionary*& one : settings) av_dict_free(&one);
    return status;
  }

  void describe(AVStream stream, const AVCodec& codec) {
    properties_.stored_height = stream.codecpar->height;
    properties_.stored_width = stream.codecpar->width;
    require(properties_.stored_height > 0 && properties_.stored_width > 0, name_,
            ": the video does not say how large its frames are");
    require(properties_.stored_height <= longest && properties_.stored_width <= longest, name_,
            ": frames of ", properties_.stored_height, " x ", properties_.stored_width,
            " (height x width), expected 1 to ", longest, " each");
    properties_.frames = static_cast<std::ptrdiff_t>(stream.nb_frames);
    const AVRational rate =
        stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
    if (rate.num > 0 && rate.den > 0) properties_.frames_per_second = av_q2d(rate);
    if (stream.duration > 0)
      properties_.seconds = static_cast<double>(stream.duration) * av_q2d(stream.time_base);
    else if (format_->duration > 0)
      properties_.seconds = static_cast<double>(format_->duration) / AV_TIME_BASE;
    const AVRational aspect = av_guess_sample_aspect_ratio(format_.get(), &stream, nullptr);
    if (aspect.num > 0 && aspect.den > 0) properties_.pixel_aspect = av_q2d(aspect);
    if (const auto* stated = reinterpret_cast<const std::int32_t*>(
            av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr))) {
      std::int32_t matrix[9];
      std::copy(stated, stated + 9, matrix);
      // Negative where it mirrors: a rotation, and behind it left and right change places.
      const auto entry = [&](int i) { return static_cast<double>(matrix[i]); };
      properties_.mirrored = entry(0) * entry(4) - entry(1) * entry(3) < 0;
      if (properties_.mirrored) av_display_matrix_flip(matrix, 1, 0);
      const double counterclockwise = av_display_rotation_get(matrix);
      if (std::isfinite(counterclockwise))
        properties_.rotation =
            static_cast<int>(((std::lround(-counterclockwise / 90) % 4) + 4) % 4) * 90;
    }
    properties_.format = format_->iformat->name;
    properties_.codec = codec.name;

    std::ptrdiff_t height = properties_.stored_height;
    std::ptrdiff_t width = properties_.stored_width;
    if (properties_.rotation % 180 != 0) std::swap(height, width);
    if (options_.height > 0 && options_.width == 0)
      options_.width = (std::max)(std::ptrdiff_t{1}, scaled(width, options_.height, height));
    else if (options_.width > 0 && options_.height == 0)
      options_.height = (std::max)(std::ptrdiff_t{1}, scaled(height, options_.width, width));
    properties_.height = options_.height > 0 ? options_.height : height;
    properties_.width = options_.width > 0 ? options_.width : width;
    require(properties_.height <= longest && properties_.width <= longest, name_,
            ": size to deliver is ", properties_.height, " x ", properties_.width,
            " (height x width) by the aspect ratio, expected 1 to ", longest, " each");
  }

  static std::ptrdiff_t scaled(std::ptrdiff_t extent, std::ptrdiff_t numerator,
                               std::ptrdiff_t denominator) {
    return (2 * extent * numerator + denominator) / (2 * denominator);
  }

  void note(int status) {
    ++damage_.packets;
    if (first_error_.empty()) first_error_ = detail::ffmpeg_error(status);
  }

  /// The next frame as the decoder gives it.
  detail::ffmpeg_ptr<AVFrame> next_decoded() {
    auto frame = detail::ffmpeg_owned(av_frame_alloc());
    for (;;) {
      int status = avcodec_receive_frame(decoder_.get(), frame.get());
      if (status >= 0) {
        require(frame->height <= longest && frame->width <= longest, name_, ": a frame of ",
                frame->height, " x ", frame->width, " (height x width), expected 1 to ", longest,
                " each");
        return frame;
      }
      if (status == AVERROR_EOF) return nullptr;
      if (status != AVERROR(EAGAIN)) {
        note(status);
        if (draining_ && ++failures_at_end_ > 64) return nullptr;
        continue;
      }
      status = av_read_frame(format_.get(), packet_.get());
      if (status < 0) {
        if (draining_) return nullptr;
        if (status != AVERROR_EOF) {
          damage_.ends_early = true;
          if (first_error_.empty()) first_error_ = detail::ffmpeg_error(status);
        }
        draining_ = true;
        avcodec_send_packet(decoder_.get(), nullptr);
        continue;
      }
      note_time(*packet_);
      if (packet_->stream_index == stream_) {
        ++packets_;
        if (packet_->flags & AV_PKT_FLAG_DISCARD) ++hidden_;
        last_is_cut_ = (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
        status = avcodec_send_packet(decoder_.get(), packet_.get());
        if (status < 0 && status != AVERROR(EAGAIN)) note(status);
      }
      av_packet_unref(packet_.get());
    }
  }

  /// A decoder that meets a damaged start may hand out frames before it knows how far they are
  /// reordered. Holding a few back puts them in order again.
  detail::ffmpeg_ptr<AVFrame> next_in_order() {
    constexpr std::size_t held_back = 3;
    while (!decoder_done_ && waiting_.size() <= held_back) {
      auto frame = next_decoded();
      if (!frame) {
        decoder_done_ = true;
        break;
      }
      ++decoded_;
      std::int64_t time = timestamp(*frame);
      if (time == AV_NOPTS_VALUE || time < delivered_)
        time = waiting_.empty() ? delivered_ : waiting_.rbegin()->first;
      waiting_.emplace(time, std::move(frame));
    }
    if (waiting_.empty()) return nullptr;
    auto first = waiting_.begin();
    delivered_ = first->first;
    auto frame = std::move(first->second);
    waiting_.erase(first);
    return frame;
  }

  static std::int64_t timestamp(const AVFrame& frame) {
    return frame.pts != AV_NOPTS_VALUE ? frame.pts : frame.best_effort_timestamp;
  }

  double seconds(const AVFrame& frame, std::ptrdiff_t index) const {
    const AVStream& stream = *format_->streams[stream_];
    if (const std::int64_t time = timestamp(frame); time != AV_NOPTS_VALUE) {
      const std::int64_t origin = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
      return (static_cast<double>(time) - static_cast<double>(origin)) * av_q2d(stream.time_base);
    }
    const double rate = properties_.frames_per_second;
    return rate > 0 ? static_cast<double>(index) / rate : 0;
  }

  image to_image(const AVFrame& frame) {
    const bool turned = properties_.rotation % 180 != 0;
    const std::ptrdiff_t height = turned ? properties_.width : properties_.height;
    const std::ptrdiff_t width = turned ? properties_.height : properties_.width;
    bool full_range = number_in(frame.color_range) == AVCOL_RANGE_JPEG;
    const AVPixelFormat source = plain_format(static_cast<AVPixelFormat>(frame.format), full_range);
    const bool resized = frame.height != height || frame.width != width;
    scaler_.reset(
        sws_getCachedContext(scaler_.release(), frame.width, frame.height, source,
                             static_cast<int>(width), static_cast<int>(height), AV_PIX_FMT_RGB24,
                             (resized ? SWS_AREA : SWS_BILINEAR) | SWS_ACCURATE_RND | SWS_BITEXACT,
                             nullptr, nullptr, nullptr));
    require(scaler_ != nullptr, name_, ": frame ", index_ - 1, ": pixel format ",
            av_get_pix_fmt_name(source) ? av_get_pix_fmt_name(source) : "?",
            " cannot be converted to RGB");
    const int told = number_in(frame.colorspace);
    const int space = told == AVCOL_SPC_UNSPECIFIED ? SWS_CS_ITU601 : told;
    sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(space), full_range,
                             sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    // swscale writes whole vectors, so its rows get room behind them.
    const std::ptrdiff_t row_bytes = (width * 3 + 63) / 64 * 64;
    rows_.resize(static_cast<std::size_t>(row_bytes * height + 64));
    std::uint8_t* planes[4] = {rows_.data(), nullptr, nullptr, nullptr};
    const int strides[4] = {static_cast<int>(row_bytes), 0, 0, 0};
    require(sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, planes,
                      strides) == static_cast<int>(height),
            name_, ": frame ", index_ - 1, ": cannot be converted to RGB");
    return rotated(row_bytes, height, width);
  }

  /// What stands in an enumeration that FFmpeg fills from a file: perhaps none of its names.
  template <class Enum>
  static int number_in(const Enum& value) noexcept {
    static_assert(sizeof(Enum) == sizeof(int));
    int number;
    std::memcpy(&number, &value, sizeof number);
    return number;
  }

  /// The formats whose name says full range are the plain ones with that range.
  static AVPixelFormat plain_format(AVPixelFormat format, bool& full_range) {
    switch (format) {
      case AV_PIX_FMT_YUVJ420P:
        full_range = true;
        return AV_PIX_FMT_YUV420P;
      case AV_PIX_FMT_YUVJ422P:
        full_range = true;
        return AV_PIX_FMT_YUV422P;
      case AV_PIX_FMT_YUVJ444P:
        full_range = true;
        return AV_PIX_FMT_YUV444P;
      case AV_PIX_FMT_YUVJ440P:
        full_range = true;
        return AV_PIX_FMT_YUV440P;
      case AV_PIX_FMT_YUVJ411P:
        full_range = true;
        return AV_PIX_FMT_YUV411P;
      default:
        return format;
    }
  }

  image rotated(std::ptrdiff_t row_bytes, std::ptrdiff_t height, std::ptrdiff_t width) const {
    image picture(properties_.height, properties_.width);
    // Target pixel (y, x) is the source pixel at origin + y * down + x * right.
    std::ptrdiff_t origin = 0;
    std::ptrdiff_t down = row_bytes;
    std::ptrdiff_t right = 3;
    switch (properties_.rotation) {
      case 90:
        origin = (height - 1) * row_bytes;
        down = 3;
        right = -row_bytes;
        break;
      case 180:
        origin = (height - 1) * row_bytes + (width - 1) * 3;
        down = -row_bytes;
        right = -3;
        break;
      case 270:
        origin = (width - 1) * 3;
        down = -3;
        right = row_bytes;
        break;
      default:
        break;
    }
    if (properties_.mirrored) {
      origin += (picture.width - 1) * right;
      right = -right;
    }
    for (std::ptrdiff_t y = 0; y < picture.height; ++y) {
      const std::uint8_t* in = rows_.data() + origin + y * down;
      std::uint8_t* out = picture.row(y);
      if (right == 3) {
        std::copy(in, in + picture.width * 3, out);
        continue;
      }
      for (std::ptrdiff_t x = 0; x < picture.width; ++x, in += right, out += 3) {
        out[0] = in[0];
        out[1] = in[1];
        out[2] = in[2];
      }
    }
    return picture;
  }

  [[nodiscard]] std::string skipped_packets() const {
    return concat(damage_.packets, " damaged packet", damage_.packets == 1 ? "" : "s", " skipped (",
                  first_error_, ")");
  }

  /// Before the end of the file: what is behind is not known.
  void stop() {
    if (finished_) return;
    finished_ = true;
    std::string& text = damage_.text;
    text = source_.damage();
    if (damage_.packets > 0) text += (text.empty() ? "" : "; ") + skipped_packets();
    if (!text.empty()) text = concat(name_, ": ", text);
  }

  void finish() {
    if (finished_) return;
    finished_ = true;
    require(index_ > 0, name_, ": not one frame could be decoded", first_error_.empty() ? "" : ": ",
            first_error_);
    std::string& text = damage_.text;
    const bool listed = properties_.frames > 0 && lists_packets();
    if (listed) {
      damage_.packets = (std::max)(damage_.packets, packets_ - hidden_ - decoded_);
      if (first_error_.empty()) first_error_ = "no picture came out";
    }
    const double frame_seconds =
        properties_.frames_per_second > 0 ? 1 / properties_.frames_per_second : 0;
    const bool missing = listed ? packets_ < properties_.frames
                                : last_seconds_ + 0.5 + 2 * frame_seconds < properties_.seconds &&
                                      reached_ + 0.5 < properties_.seconds;
    if (missing || last_is_cut_) damage_.ends_early = true;
    if (!source_.damage().empty()) {
      damage_.ends_early = true;
      text = source_.damage();
    }
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    if (damage_.ends_early)
      add(concat("the file ends early, after ", index_, " frames",
                 listed ? concat(" of ", properties_.frames) : std::string{}));
    if (damage_.packets > 0) add(skipped_packets());
    if (!text.empty()) text = concat(name_, ": ", text);
  }

  /// Remembers how far the streams have come.
  void note_time(const AVPacket& packet) {
    const AVStream& stream = *format_->streams[packet.stream_index];
    if (packet.pts == AV_NOPTS_VALUE) return;
    const double origin = format_->start_time == AV_NOPTS_VALUE
                              ? 0
                              : static_cast<double>(format_->start_time) / AV_TIME_BASE;
    const double end = static_cast<double>(packet.pts) + static_cast<double>(packet.duration);
    reached_ = (std::max)(reached_, end * av_q2d(stream.time_base) - origin);
  }

  std::string name_;
  video_options options_;
  detail::byte_source source_;
  std::unique_ptr<AVFormatContext, detail::ffmpeg_input_deleter> format_;
  detail::ffmpeg_ptr<AVCodecContext> decoder_;
  detail::ffmpeg_ptr<AVPacket> packet_;
  detail::ffmpeg_ptr<SwsContext> scaler_;
  int stream_ = -1;
  video_properties properties_;
  video_damage damage_;
  std::string first_error_;
  std::multimap<std::int64_t, detail::ffmpeg_ptr<AVFrame>> waiting_;  // decoded, by time
  std::int64_t delivered_ = INT64_MIN;
  std::ptrdiff_t index_ = 0;    // of the next frame in the file
  std::ptrdiff_t packets_ = 0;  // of the video stream so far
  std::ptrdiff_t hidden_ = 0;   // of these, not meant to be shown
  std::ptrdiff_t decoded_ = 0;  // frames that came out so far
  double last_seconds_ = 0;
  double reached_ = 0;  // end of the last packet of any stream, in seconds
  int failures_at_end_ = 0;
  bool last_is_cut_ = false;
  bool draining_ = false;
  bool decoder_done_ = false;
  bool finished_ = false;
  std::vector<std::uint8_t> rows_;
};

/// Reads all frames that `options` ask for into memory. For clips; longer videos go through
/// video_reader.
/// @throws as video_reader
[[nodiscard]] inline std::vector<video_frame> read_video(const std::filesystem::path& file,
                                                         video_options options = {}) {
  video_reader reader{file, options};
  std::vector<video_frame> frames;
  while (auto frame = reader.next()) frames.push_back(std::move(*frame));
  return frames;
}

}  // namespace s2d::inline S2D_ABI
