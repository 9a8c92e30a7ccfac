#include "fake_script.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>

#include "fake_memory.h"
#include "fake_tally.h"

#define NUMBER_MAX 1000000000u

struct fake_script {
	struct fake_rule *rules;
	size_t count;
	uint64_t seed;
	bool hurries_data;
	struct fake_tally tries; /* by rule and address */
};

/* Where a rule stands, for complaints. */
struct place {
	const char *file;
	size_t line;
};

/* What an act needs after its name, and the phases it makes sense in. */
enum want {
	WANT_NOTHING,
	WANT_REPLY,
	WANT_CODE_COUNT,
	WANT_NUMBER,
	MAY_NUMBER,
	MAY_REPLY
};

struct act_row {
	const char *word;
	enum want want;
	const char *phases; /* words between blanks; NULL = all */
};

static const char *const phase_words[] = {
#define X(name, word) word,
	FAKE_PHASES(X)
#undef X
};

static const struct act_row acts[] = {
	[FAKE_ACT_REPLY] = { "reply", WANT_REPLY, NULL },
	[FAKE_ACT_MULTI] = { "multi", WANT_CODE_COUNT, NULL },
	[FAKE_ACT_CLOSE] = { "close", WANT_NOTHING, NULL },
	[FAKE_ACT_RESET] = { "reset", WANT_NOTHING, NULL },
	[FAKE_ACT_STALL] = { "stall", MAY_NUMBER, NULL },
	[FAKE_ACT_DRIP] = { "drip", WANT_NUMBER, NULL },
	[FAKE_ACT_GARBAGE] = { "garbage", WANT_NOTHING, NULL },
	[FAKE_ACT_LONG] = { "long", WANT_NUMBER, NULL },
	[FAKE_ACT_EARLY] = { "early", MAY_REPLY, " data body " },
	[FAKE_ACT_ACCEPT_CLOSE] = { "accept-then-close", WANT_NOTHING,
	    " body " },
	[FAKE_ACT_ACCEPT_RESET] = { "accept-then-reset", WANT_NOTHING,
	    " body " },
	[FAKE_ACT_CLOSE_MID] = { "close-mid", MAY_NUMBER, " body " },
	[FAKE_ACT_RESET_MID] = { "reset-mid", MAY_NUMBER, " body " },
};

static_assert(
    sizeof(acts) / sizeof(acts[0]) == FAKE_ACT_COUNT, "one row per act");

const char *
fake_script_act_word(enum fake_act act)
{
	return acts[act].word;
}

const char *
fake_script_phase_word(enum fake_phase phase)
{
	return phase_words[phase];
}

static bool __attribute__((format(printf, 2, 3)))
complain(const struct place *at, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%zu: ", at->file, at->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return false;
}

static char *
next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");

	if (!*word)
		return NULL;
	*rest = word + strcspn(word, " \t");
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}

static bool
read_number(const char *word, uint64_t *ret_number)
{
	char *end;

	if (*word < '0' || *word > '9')
		return false;
	errno = 0;
	unsigned long long n = strtoull(word, &end, 10);
	if (errno || *end || n > NUMBER_MAX)
		return false;
	*ret_number = n;
	return true;
}

/* A share such as 2% or 0.02 becomes a bound for 64-bit hashes. */
static bool
read_share(const char *word, uint64_t *ret_bound)
{
	char *end;
	double share = strtod(word, &end);

	if (end == word)
		return false;
	if (*end == '%') {
		share /= 100;
		end++;
	}
	if (*end || !(share > 0) || share > 1)
		return false;
	*ret_bound = share >= 1 ? UINT64_MAX
				: (uint64_t)(share * 18446744073709551616.0);
	if (!*ret_bound)
		*ret_bound = 1;
	return true;
}

static bool
read_condition(struct fake_rule *r, char *word, const struct place *at)
{
	char *value = strchr(word, '=');

	*value++ = '\0';
	if (!strcmp(word, "match")) {
		if (!*value)
			return complain(at,
			    "'match=' is empty, write a "
			    "pattern such as match=*@a.example");
		free(r->match);
		r->match = fake_memory_copy(value, strlen(value));
		return true;
	}
	if (!strcmp(word, "odds") || !strcmp(word, "sample")) {
		uint64_t *share = word[0] == 'o' ? &r->odds : &r->sample;
		return read_share(value, share) ||
		       complain(at,
			   "'%s=%s' is not a share, write one above 0 such "
			   "as %s=2%% or %s=0.02",
			   word, value, word, word);
	}

	const struct {
		const char *word;
		uint64_t *number;
	} numbers[] = { { "first", &r->first }, { "times", &r->times },
		{ "every", &r->every }, { "after", &r->after },
		{ "txn", &r->txn } };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(word, numbers[i].word))
			continue;
		return (read_number(value, numbers[i].number) &&
			   *numbers[i].number > 0) ||
		       complain(at,
			   "'%s=%s' is not a count, write a number from 1 "
			   "such as %s=3",
			   word, value, word);
	}
	return complain(at,
	    "unknown condition '%s=', write one of match first times every "
	    "after odds sample txn",
	    word);
}

static bool
read_code(struct fake_rule *r, const char *word, const struct place *at)
{
	uint64_t code;

	if (!word || strlen(word) != 3 || !read_number(word, &code) ||
	    code < 200 || code > 599)
		return complain(at,
		    "'%s' is not a reply code, write three digits from 200 "
		    "to 599",
		    word ? word : "");
	r->code = (int)code;
	return true;
}

static bool
read_arguments(struct fake_rule *r, char *rest, const struct place *at)
{
	const struct act_row *row = &acts[r->act];
	char *word;

	switch (row->want) {
	case MAY_REPLY:
		if (!rest[strspn(rest, " \t")])
			return true;
		/* fall through */
	case WANT_REPLY:
		if (!read_code(r, next_word(&rest), at))
			return false;
		rest += strspn(rest, " \t");
		free(r->text);
		r->text = fake_memory_copy(rest, strlen(rest));
		return true;
	case WANT_CODE_COUNT:
		if (!read_code(r, next_word(&rest), at))
			return false;
		/* fall through */
	case WANT_NUMBER:
	case MAY_NUMBER:
		word = next_word(&rest);
		if (!word && row->want == MAY_NUMBER)
			return true;
		if (!word || !read_number(word, &r->number) || !r->number)
			return complain(at,
			    "'%s' needs a number from 1, not '%s'", row->word,
			    word ? word : "");
		break;
	case WANT_NOTHING:
		break;
	}
	word = next_word(&rest);
	return !word || complain(at, "'%s' after the end of '%s', leave it out",
			    word, row->word);
}

static bool
read_act(
    struct fake_rule *r, const char *word, char *rest, const struct place *at)
{
	size_t act = 0;

	if (!word)
		return complain(
		    at, "no action, write one such as 'reply 451 4.7.1 later'");
	while (act < FAKE_ACT_COUNT && strcmp(word, acts[act].word))
		act++;
	if (act == FAKE_ACT_COUNT)
		return complain(at,
		    "unknown action '%s', write one of reply multi close "
		    "reset stall drip garbage long early accept-then-close "
		    "accept-then-reset close-mid reset-mid",
		    word);
	r->act = (enum fake_act)act;

	char phase[16];
	snprintf(phase, sizeof(phase), " %s ", phase_words[r->phase]);
	if (acts[act].phases && !strstr(acts[act].phases, phase))
		return complain(at, "'%s' does not fit '%s', only:%s", word,
		    phase_words[r->phase], acts[act].phases);
	return read_arguments(r, rest, at);
}

static bool
read_rule(struct fake_rule *r, char *line, const struct place *at)
{
	char *rest = line, *word = next_word(&rest);
	size_t phase = 0;

	while (phase < FAKE_PHASE_COUNT && strcmp(word, phase_words[phase]))
		phase++;
	if (phase == FAKE_PHASE_COUNT)
		return complain(at,
		    "unknown phase '%s', write one of connect ehlo mail rcpt "
		    "data bdat body rset quit any",
		    word);
	r->phase = (enum fake_phase)phase;
	r->text = fake_memory_copy("", 0);

	while ((word = next_word(&rest)) && strchr(word, '='))
		if (!read_condition(r, word, at))
			return false;
	return read_act(r, word, rest, at);
}

static bool
read_rules(struct fake_script *s, const char *file, FILE *f)
{
	struct place at = { file, 0 };
	char *line = NULL;
	size_t cap = 0;
	bool fine = true;

	while (fine && getline(&line, &cap, f) >= 0) {
		at.line++;
		line[strcspn(line, "\r\n")] = '\0';
		char *start = line + strspn(line, " \t");
		if (!*start || *start == '#')
			continue;
		s->rules = fake_memory_resize(
		    s->rules, (s->count + 1) * sizeof(*s->rules));
		s->rules[s->count] = (struct fake_rule){ 0 };
		struct fake_rule *r = &s->rules[s->count++];
		fine = read_rule(r, start, &at);
		if (r->phase == FAKE_PHASE_DATA && r->act == FAKE_ACT_EARLY)
			s->hurries_data = true;
	}
	free(line);
	return fine;
}

struct fake_script *
fake_script_load(const char *file, uint64_t seed)
{
	struct fake_script *s = fake_memory_zeroed(sizeof(*s));

	s->seed = seed;
	if (!file)
		return s;
	FILE *f = fopen(file, "re");
	if (!f) {
		fprintf(stderr, "%s: %s, name a file that can be read\n", file,
		    strerror(errno));
		fake_script_free(s);
		return NULL;
	}
	bool fine = read_rules(s, file, f);
	fclose(f);
	if (!fine) {
		fake_script_free(s);
		return NULL;
	}
	return s;
}

bool
fake_script_hurries_data(const struct fake_script *s)
{
	return s->hurries_data;
}

/* The address a rule is about, or NULL when it is about none of them. */
static const char *
choose_subject(const struct fake_rule *r, char *const *subjects, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!r->match || !fnmatch(r->match, subjects[i], FNM_CASEFOLD))
			return subjects[i];
	return n == 0 && !r->match ? "" : NULL;
}

static bool
rule_holds(struct fake_script *s, struct fake_rule *r, const char *subject)
{
	uint64_t row = (uint64_t)(r - s->rules) + 1;
	uint64_t who = fake_tally_mix(fake_tally_hash(subject) + row * s->seed);
	uint64_t key = fake_tally_mix(who + row);
	uint64_t tries = 0;

	/* Who is not in the sample is not even seen. */
	if (r->sample && key > r->sample)
		return false;
	r->seen++;
	if (r->first || r->odds)
		tries = fake_tally_add(&s->tries, key);

	if (r->seen <= r->after)
		return false;
	if (r->every && (r->seen - r->after) % r->every)
		return false;
	if (r->first && tries > r->first)
		return false;
	if (r->odds && fake_tally_mix(key ^ (tries << 32)) > r->odds)
		return false;
	if (r->times && r->fired >= r->times)
		return false;
	r->fired++;
	return true;
}

const struct fake_rule *
fake_script_find(struct fake_script *s, enum fake_phase phase,
    char *const *subjects, size_t n, uint64_t txn)
{
	for (size_t i = 0; i < s->count; i++) {
		struct fake_rule *r = &s->rules[i];
		if (r->phase != phase && r->phase != FAKE_PHASE_ANY)
			continue;
		if (txn < r->txn)
			continue;
		const char *subject = choose_subject(r, subjects, n);
		if (subject && rule_holds(s, r, subject))
			return r;
	}
	return NULL;
}

void
fake_script_free(struct fake_script *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->rules[i].match);
		free(s->rules[i].text);
	}
	free(s->rules);
	fake_tally_clear(&s->tries);
	free(s);
}
