/* A lifecycle file as a graph. Names are free text, so that nodes have numbers and names are
 * labels: quoted strings in which Graphviz reads backslashes (escString) and entities (&amp;). */
#include "reports/lifecycles.h"

static void add_label(struct tt_buf *buf, struct tt_str text)
{
    tt_buf_add_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            tt_buf_addf(buf, "\\%c", c);
        else if (c == '&')
            tt_buf_add_text(buf, "&amp;");
        else if (c < 0x20 || c == 0x7f)
            tt_buf_add_char(buf, '?');
        else
            tt_buf_add_char(buf, (char)c);
    }
    tt_buf_add_char(buf, '"');
}

static void add_statuses(struct tt_buf *buf, const struct tt_lifecycle *lifecycle, size_t number)
{
    for (int s = 0; s < tt_lifecycle_status_count(lifecycle); s++) {
        tt_buf_addf(buf, "    s%zu_%d [label=", number, s);
        add_label(buf, tt_lifecycle_status_name(lifecycle, s));
        if (tt_lifecycle_is_terminal(lifecycle, s))
            tt_buf_add_text(buf, ", peripheries=2");
        tt_buf_add_text(buf, "];\n");
        if (tt_lifecycle_is_initial(lifecycle, s))
            tt_buf_addf(buf, "    b%zu_%d [shape=point, label=\"\"];\n    b%zu_%d -> s%zu_%d;\n",
                        number, s, number, s, number, s);
    }
}

void tt_lifecycle_add_graphviz(struct tt_buf *buf, const struct tt_lifecycle_set *set)
{
    tt_buf_add_text(buf, "digraph lifecycles {\n"
                         "  rankdir=LR;\n"
                         "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
    for (size_t i = 0; i < tt_lifecycle_count(set); i++) {
        const struct tt_lifecycle *lifecycle = tt_lifecycle_at(set, i);
        struct tt_str name = tt_lifecycle_name(lifecycle);
        tt_buf_addf(buf, "  subgraph cluster_%zu {\n    label=", i);
        add_label(buf, name.ptr == NULL ? TT_STR("") : name);
        tt_buf_add_text(buf, ";\n");
        add_statuses(buf, lifecycle, i);
        for (int s = 0; s < tt_lifecycle_status_count(lifecycle); s++)
            for (size_t t = 0; t < tt_lifecycle_target_count(lifecycle, s); t++)
                tt_buf_addf(buf, "    s%zu_%d -> s%zu_%d;\n", i, s, i,
                            tt_lifecycle_target(lifecycle, s, t));
        tt_buf_add_text(buf, "  }\n");
    }
    tt_buf_add_text(buf, "}\n");
}
