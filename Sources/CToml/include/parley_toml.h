/*
 * TOML text to a flat list of nodes with positions. A door to toml++ (C++17) through which nothing of
 * C++ comes: no exception, no allocation that the caller must know of.
 */
#ifndef PARLEY_TOML_H
#define PARLEY_TOML_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum parley_toml_kind {
    PARLEY_TOML_TABLE = 1,
    PARLEY_TOML_ARRAY = 2,
    PARLEY_TOML_STRING = 3,
    PARLEY_TOML_INTEGER = 4,
    PARLEY_TOML_FLOAT = 5,
    PARLEY_TOML_BOOLEAN = 6,
    PARLEY_TOML_DATE = 7 /* any date or time; text holds it */
} parley_toml_kind;

/* A value. Nodes are in preorder: the children of a table or array follow it, each with everything
 * below it; members of a table come in the order of the text. */
typedef struct parley_toml_node {
    parley_toml_kind kind;
    uint32_t line;        /* of the key, or of the value in an array; from 1 */
    uint32_t column;      /* in characters, from 1 */
    uint32_t child_count; /* tables and arrays */
    uint32_t is_inline;   /* tables: written as { ... } */
    uint32_t boolean;
    int64_t integer;
    double number;
    const char *key; /* members of a table, UTF-8, not NUL-terminated; else NULL */
    size_t key_size;
    const char *text; /* strings and dates, UTF-8, not NUL-terminated */
    size_t text_size;
} parley_toml_node;

typedef struct parley_toml_document parley_toml_document;

/* Parses UTF-8 text. Returns NULL only when there is no memory; otherwise free it by
 * parley_toml_free(). Pointers inside are valid until then. Values nest at most 256 deep. */
parley_toml_document *parley_toml_parse(const char *text, size_t size);
void parley_toml_free(parley_toml_document *document);

/* What is wrong with the text, where; NULL when nothing is. */
const char *parley_toml_error(const parley_toml_document *document, uint32_t *line,
                              uint32_t *column);

/* The nodes; the first one is the whole document, a table. None when there was an error. */
const parley_toml_node *parley_toml_nodes(const parley_toml_document *document, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
