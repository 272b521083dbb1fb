#include "docker/json.h"

#include <Poco/JSON/JSONException.h>
#include <Poco/JSON/Parser.h>

#include "base/error.h"
#include "base/text.h"

namespace netports::json {

namespace {

Poco::Dynamic::Var parse(const std::string& text, const std::string& source) {
  try {
    Poco::JSON::Parser parser;
    return parser.parse(text);
  } catch (const Poco::Exception&) {
    throw Error("Unable to read {}: It is not JSON", source);
  }
}

Poco::Dynamic::Var member(const Object& from, const std::string& key) {
  return from.isNull() ? Poco::Dynamic::Var() : from->get(key);
}

}  // namespace

Object parse_object(const std::string& text, const std::string& source) {
  const auto value = parse(text, source);
  if (value.type() != typeid(Object)) throw Error("Unable to read {}: It is no object", source);
  return value.extract<Object>();
}

Array parse_array(const std::string& text, const std::string& source) {
  const auto value = parse(text, source);
  if (value.type() != typeid(Array)) throw Error("Unable to read {}: It is no list", source);
  return value.extract<Array>();
}

Object object(const Object& from, const std::string& key) {
  const auto value = member(from, key);
  return value.type() == typeid(Object) ? value.extract<Object>() : Object();
}

Array array(const Object& from, const std::string& key) {
  const auto value = member(from, key);
  return value.type() == typeid(Array) ? value.extract<Array>() : Array();
}

std::string text(const Object& from, const std::string& key) {
  const auto value = member(from, key);
  return value.isString() ? value.extract<std::string>() : std::string();
}

std::int64_t number(const Object& from, const std::string& key) {
  const auto value = member(from, key);
  try {
    return value.isInteger() ? value.convert<std::int64_t>() : 0;
  } catch (const Poco::Exception&) {
    return 0;  // out of range
  }
}

bool boolean(const Object& from, const std::string& key) {
  const auto value = member(from, key);
  return value.isBoolean() && value.convert<bool>();
}

std::vector<Object> objects(const Array& from) {
  std::vector<Object> found;
  if (from.isNull()) return found;
  for (const auto& value : *from) {
    if (value.type() == typeid(Object)) found.push_back(value.extract<Object>());
  }
  return found;
}

std::vector<std::string> texts(const Array& from) {
  std::vector<std::string> found;
  if (from.isNull()) return found;
  for (const auto& value : *from) {
    if (value.isString()) found.push_back(value.extract<std::string>());
  }
  return found;
}

std::vector<std::string> names(const Object& from) {
  return from.isNull() ? std::vector<std::string>() : from->getNames();
}

std::string quote(const std::string& text, bool html) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f || (html && (c == '<' || c == '>' || c == '&'))) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace netports::json
