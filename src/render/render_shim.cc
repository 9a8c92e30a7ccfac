/* The only C++ of the program: nothing here throws past the extern "C" face;
   memory that is not there ends the program, as everywhere (base/mem.h). */

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <ctemplate/template.h>
#include <ctemplate/template_cache.h>

extern "C" {
#include "base/mem.h"
#include "render/render.h"
#include "render/render_shim.h"
}

struct render_cache {
	ctemplate::TemplateCache cache;
};

struct render_dict {
	ctemplate::TemplateDictionary *dict;
	bool owned; /* the topmost one; the others belong to it */
	std::vector<render_dict *> children;
};

namespace
{

ctemplate::Strip
strip_of(const std::string &name)
{
	static const std::string html = ".html";
	bool is_html =
	    name.size() > html.size() &&
	    name.compare(name.size() - html.size(), html.size(), html) == 0;

	return is_html ? ctemplate::STRIP_BLANK_LINES : ctemplate::DO_NOT_STRIP;
}

ctemplate::TemplateString
view(const char *s)
{
	return ctemplate::TemplateString(s, strlen(s));
}

/* Emits into a C buffer with a ceiling. */
class BufEmitter : public ctemplate::ExpandEmitter
{
      public:
	explicit BufEmitter(struct buf *buf) : buf(buf)
	{
	}
	void
	Emit(char c) override
	{
		buf_add_char(buf, c);
	}
	void
	Emit(const std::string &s) override
	{
		buf_add(buf, s.data(), s.size());
	}
	void
	Emit(const char *s) override
	{
		buf_add_str(buf, s);
	}
	void
	Emit(const char *s, size_t count) override
	{
		buf_add(buf, s, count);
	}

      private:
	struct buf *buf;
};

/* While it lives, what is written to std::cerr goes nowhere: our callers say
   what is wrong, in their own words. */
class Silence
{
      public:
	Silence() : lock(mutex), before(std::cerr.rdbuf(nullptr))
	{
	}
	~Silence()
	{
		std::cerr.rdbuf(before);
	}

      private:
	static std::mutex mutex;
	std::lock_guard<std::mutex> lock;
	std::streambuf *before;
};

std::mutex Silence::mutex;

/* Reads "Variable Node: NAME:ESCAPE" out of a dump. */
void
tell_line(const std::string &line,
    void (*tell)(void *told, const char *marker, const char *escape),
    void *told)
{
	static const std::string mark = "Variable Node: ";
	size_t at = line.find_first_not_of(' ');
	size_t colon;

	if (at == std::string::npos || line.compare(at, mark.size(), mark) != 0)
		return;
	at += mark.size();
	colon = line.find(':', at);
	if (colon != std::string::npos)
		tell(told, line.substr(at, colon - at).c_str(),
		    line.substr(colon + 1).c_str());
}

} // namespace

extern "C" {

struct render_cache *
render_cache_new(void)
{
	try {
		return new render_cache;
	} catch (...) {
		mem_exhausted();
	}
}

void
render_cache_free(struct render_cache *cache)
{
	delete cache;
}

bool
render_cache_add(struct render_cache *cache, const char *name,
    const char *bytes, size_t count)
{
	try {
		Silence silence;

		return cache->cache.StringToTemplateCache(
		    view(name), bytes, count, strip_of(name));
	} catch (...) {
		mem_exhausted();
	}
}

bool
render_shim_contexts(const char *name, const char *bytes, size_t count,
    void (*tell)(void *told, const char *marker, const char *escape),
    void *told)
{
	try {
		Silence silence;
		std::unique_ptr<ctemplate::Template> text(
		    ctemplate::Template::StringToTemplate(
			bytes, count, strip_of(name)));
		std::string dump, line;

		if (!text)
			return false;
		text->DumpToString(name, &dump);
		for (std::istringstream lines(dump); std::getline(lines, line);)
			tell_line(line, tell, told);
		return true;
	} catch (...) {
		mem_exhausted();
	}
}

void
render_cache_freeze(struct render_cache *cache)
{
	try {
		cache->cache.Freeze();
	} catch (...) {
		mem_exhausted();
	}
}

bool
render_cache_expand(const struct render_cache *cache, const char *file,
    const struct render_dict *dict, struct buf *out)
{
	try {
		BufEmitter emitter(out);

		return cache->cache.ExpandNoLoad(
		    view(file), strip_of(file), dict->dict, NULL, &emitter);
	} catch (...) {
		mem_exhausted();
	}
}

struct render_dict *
render_dict_new(void)
{
	try {
		return new render_dict{
			new ctemplate::TemplateDictionary("digest"), true, {}
		};
	} catch (...) {
		mem_exhausted();
	}
}

void
render_dict_free(struct render_dict *dict)
{
	if (!dict)
		return;
	for (render_dict *child : dict->children)
		render_dict_free(child);
	if (dict->owned)
		delete dict->dict;
	delete dict;
}

void
render_dict_set(struct render_dict *dict, const char *name, const char *value)
{
	try {
		dict->dict->SetValue(view(name), view(value));
	} catch (...) {
		mem_exhausted();
	}
}

struct render_dict *
render_dict_section(struct render_dict *dict, const char *name)
{
	try {
		render_dict *child = new render_dict{
			dict->dict->AddSectionDictionary(view(name)), false, {}
		};

		dict->children.push_back(child);
		return child;
	} catch (...) {
		mem_exhausted();
	}
}

void
render_dict_show(struct render_dict *dict, const char *name)
{
	try {
		dict->dict->ShowSection(view(name));
	} catch (...) {
		mem_exhausted();
	}
}

} // extern "C"
