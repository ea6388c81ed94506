// Errors of the C API.
#include "api/c_calls.hpp"

size_t lmh_error_count(const lmh_error* error) { return error == nullptr ? 0 : error->list.size(); }

const char* lmh_error_code(const lmh_error* error, size_t index) {
  return index < lmh_error_count(error) ? error->list[index].code.c_str() : nullptr;
}

const char* lmh_error_message(const lmh_error* error, size_t index) {
  return index < lmh_error_count(error) ? error->list[index].message.c_str() : nullptr;
}

const char* lmh_error_hint(const lmh_error* error, size_t index) {
  return index < lmh_error_count(error) ? error->list[index].hint.c_str() : nullptr;
}

const char* lmh_error_context(const lmh_error* error, size_t index) {
  return index < lmh_error_count(error) ? error->contexts[index].c_str() : nullptr;
}

const char* lmh_error_source_line(const lmh_error* error, size_t index) {
  return index < lmh_error_count(error) ? error->list[index].source_line.c_str() : nullptr;
}

lmh_place lmh_error_place(const lmh_error* error, size_t index) {
  if (index >= lmh_error_count(error)) return {"", 0, 0};
  const lmhost::Diagnostic& one = error->list[index];
  return {one.file.c_str(), one.line, one.column};
}

const char* lmh_error_text(const lmh_error* error) {
  return error == nullptr ? nullptr : error->text.c_str();
}

void lmh_error_free(lmh_error* error) { delete error; }
