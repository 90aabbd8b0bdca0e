// HtmlWriter: readable HTML from a stream of text with looks: paragraphs, lists, tables, links, pictures. It keeps the
// elements nested whatever order the calls come in.
//
// Thread promise: belongs to one conversion.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mapiguard {

// How a paragraph stands. Its style is CSS of ours.
struct HtmlBlock {
  bool in_table = false;
  unsigned list_level = 0;
  std::string style;
};

// Elements around a run of text: CSS of ours, an untrusted target, and tag names of ours.
struct HtmlRun {
  std::string link;
  std::string style;
  std::vector<std::string_view> tags;
};

class HtmlWriter {
 public:
  // Beyond `most` bytes runs lose their elements: formats that change at each letter must not fill the memory.
  explicit HtmlWriter(std::size_t most) : most_(most) {}

  // What the next paragraph begins with ("•", "3.", "a)"): it becomes a list item, or that text.
  void set_marker(std::string marker) { marker_ = std::move(marker); }
  void begin_block(const HtmlBlock& block);  // does nothing when one is open
  bool is_block_open() const { return block_open_; }
  void end_block();
  void end_cell(const HtmlBlock& block);
  void end_row();

  void begin_run(const HtmlRun& run);  // ends the one before
  void end_run();
  void text(std::string_view utf8);
  void line_break() { raw("<br>\r\n"); }
  void tab() { raw("&emsp;"); }
  void picture(std::string_view content_id, int width, int height);

  // The document; nothing may be written after.
  std::string finish(std::string_view body_style);

 private:
  struct List {
    bool ordered = false;
    bool item_open = false;
  };

  void raw(std::string_view html) { out_ += html; }
  void open_cell();
  void open_item(bool ordered, std::string_view number, unsigned level);
  void close_list();
  void close_lists(std::size_t down_to);
  void close_table();

  std::string out_;
  std::size_t most_;
  std::string marker_;
  std::vector<List> lists_;
  std::vector<std::string> closers_;  // end tags of the run, innermost last
  bool block_open_ = false;
  bool paragraph_open_ = false;
  bool table_open_ = false;
  bool row_open_ = false;
  bool cell_open_ = false;
  bool cell_has_text_ = false;
  bool after_space_ = true;
};

void append_html_escaped(std::string& out, std::string_view utf8);  // & < > " as references

}  // namespace mapiguard
