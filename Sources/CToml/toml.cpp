#include "parley_toml.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 1
/* The library asserts what a typo makes untrue, such as `[[$x]`, and checks it again right after, with an
 * error that has a position. With NDEBUG it would let the compiler believe it instead. */
#undef NDEBUG
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>

#include <algorithm>
#include <deque>
#include <new>
#include <sstream>
#include <string>
#include <vector>

struct parley_toml_document {
    toml::table root;
    std::vector<parley_toml_node> nodes;
    std::deque<std::string> texts; // of dates; a deque never moves its elements
    std::string error;
    toml::source_position error_position{};
};

namespace {

struct Member {
    const toml::key *key;
    const toml::node *value;
};

bool is_before(const Member &a, const Member &b) {
    const auto &left = a.key->source().begin;
    const auto &right = b.key->source().begin;
    return left.line != right.line ? left.line < right.line : left.column < right.column;
}

std::vector<Member> members_in_order(const toml::table &table) {
    std::vector<Member> members;
    members.reserve(table.size());
    for (auto &&[key, value] : table) members.push_back({&key, &value});
    std::stable_sort(members.begin(), members.end(), is_before);
    return members;
}

template <typename Date> std::string text_of(const Date &date) {
    std::ostringstream stream;
    stream << date;
    return stream.str();
}

void set_text(parley_toml_node &node, const std::string &text) {
    node.text = text.data();
    node.text_size = text.size();
}

void append(parley_toml_document &document, const toml::node &value, const toml::key *key) {
    parley_toml_node node{};
    const auto &position = key ? key->source().begin : value.source().begin;
    node.line = position.line;
    node.column = position.column;
    if (key) {
        node.key = key->str().data();
        node.key_size = key->str().size();
    }
    const auto push = [&](parley_toml_kind kind) {
        node.kind = kind;
        document.nodes.push_back(node);
    };
    const auto push_date = [&](std::string text) {
        document.texts.push_back(std::move(text));
        set_text(node, document.texts.back());
        push(PARLEY_TOML_DATE);
    };
    switch (value.type()) {
    case toml::node_type::table: {
        const auto &table = *value.as_table();
        node.child_count = static_cast<uint32_t>(table.size());
        node.is_inline = table.is_inline();
        push(PARLEY_TOML_TABLE);
        for (const auto &member : members_in_order(table))
            append(document, *member.value, member.key);
        break;
    }
    case toml::node_type::array: {
        const auto &array = *value.as_array();
        node.child_count = static_cast<uint32_t>(array.size());
        push(PARLEY_TOML_ARRAY);
        for (const auto &element : array) append(document, element, nullptr);
        break;
    }
    case toml::node_type::string:
        set_text(node, value.as_string()->get());
        push(PARLEY_TOML_STRING);
        break;
    case toml::node_type::integer:
        node.integer = value.as_integer()->get();
        push(PARLEY_TOML_INTEGER);
        break;
    case toml::node_type::floating_point:
        node.number = value.as_floating_point()->get();
        push(PARLEY_TOML_FLOAT);
        break;
    case toml::node_type::boolean:
        node.boolean = value.as_boolean()->get();
        push(PARLEY_TOML_BOOLEAN);
        break;
    case toml::node_type::date: push_date(text_of(value.as_date()->get())); break;
    case toml::node_type::time: push_date(text_of(value.as_time()->get())); break;
    case toml::node_type::date_time: push_date(text_of(value.as_date_time()->get())); break;
    case toml::node_type::none: break;
    }
}

} // namespace

extern "C" parley_toml_document *parley_toml_parse(const char *text, size_t size) {
    auto *document = new (std::nothrow) parley_toml_document();
    if (!document) return nullptr;
    toml::parse_result result = toml::parse(std::string_view(text, size));
    if (!result) {
        document->error = std::string(result.error().description());
        document->error_position = result.error().source().begin;
        return document;
    }
    document->root = std::move(result).table();
    append(*document, document->root, nullptr);
    return document;
}

extern "C" void parley_toml_free(parley_toml_document *document) { delete document; }

extern "C" const char *parley_toml_error(const parley_toml_document *document, uint32_t *line,
                                         uint32_t *column) {
    if (document->error.empty()) return nullptr;
    *line = document->error_position.line;
    *column = document->error_position.column;
    return document->error.c_str();
}

extern "C" const parley_toml_node *parley_toml_nodes(const parley_toml_document *document,
                                                     size_t *count) {
    *count = document->nodes.size();
    return document->nodes.data();
}
