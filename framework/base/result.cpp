#include "lmhost/result.hpp"

#include <utility>

#include "base/diagnostic.hpp"

namespace lmhost {

struct BadResult::Content {
  Diagnostics errors;
  std::string text;
};

BadResult::BadResult(Diagnostics errors) {
  std::string text =
      "the value of a failed lmhost::Result was read; its errors are\n" + render(errors);
  content_ = std::make_shared<const Content>(Content{std::move(errors), std::move(text)});
}

BadResult::~BadResult() = default;

const char* BadResult::what() const noexcept { return content_->text.c_str(); }

const Diagnostics& BadResult::errors() const noexcept { return content_->errors; }

void throw_bad_result(const Diagnostics& errors) { throw BadResult(errors); }

}  // namespace lmhost
