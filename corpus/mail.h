// Composes messages as Outlook leaves them: the properties that every mail has, people, bodies, attachments.
//
// Thread promise: pure functions. Everything is derived from the arguments, nothing from the clock.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "corpus/mapi.h"

namespace mapiguard::corpus {

struct Person {
  std::string_view name;
  std::string_view address;
  std::string_view type = "SMTP";  // or EX: `address` is an X.500 path then
  std::string_view smtp = {};      // what the directory says an EX address is; empty = unknown
};

struct Envelope {
  std::string_view subject;
  Person from;
  std::vector<Person> to, cc, bcc;
  FileTime sent;
  std::string_view message_id;
  std::string_view message_class = "IPM.Note";
};

enum class RecipientKind : std::uint32_t { to = 1, cc = 2, bcc = 3 };

Message compose(const Envelope& envelope, const TextCoding& coding = TextCoding::unicode());
void add_recipient(Message& message, const Person& person, RecipientKind kind);
void set_sender(Message& message, const Person& person);        // who sent it
void set_representing(Message& message, const Person& person);  // for whom

void set_plain(Message& message, std::string_view text);  // LF becomes CRLF
void set_html(Message& message, std::string_view html, std::uint32_t codepage = 65001);
void set_rtf(Message& message, std::string_view rtf);  // compressed

struct File {
  std::string_view name;
  std::string_view type;  // MIME
  Content data;
  std::string_view content_id = {};
  std::string_view content_location = {};
  bool hidden = false;
};
Attachment& attach(Message& message, File file);
Attachment& attach(Message& message, Message embedded);
// An attachment with nothing but a method and a place; the caller adds the rest.
Attachment& attach_bare(Message& message, std::uint32_t method);

// A one-off entry ID (MS-OXCDATA 2.2.5.1) and the entry ID of an address book user (2.2.5.2).
std::string one_off_entry_id(const Person& person, bool unicode = true);
std::string address_book_entry_id(std::string_view x500);
std::string search_key(const Person& person);

}  // namespace mapiguard::corpus
