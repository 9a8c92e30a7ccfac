# glocal-mail
#
#   make            build/glocal-mail
#   make deps       install what building and running need
#   make test       everything a newcomer runs
#   make test-crash kills at every step, faults at every call
#   make test-real  the main job against real mail servers (as root)
#   make test-browser  how mails and pages look, in Chromium
#                   (UPDATE=1 takes the pictures anew)
#   make bench      speed and memory beside others, and what limits them
#                   (make bench-long: with a million readers)
#   make fuzz       any bytes for all that reads bytes (FUZZ_SECONDS=600 each)
#   make demo       a sample site, a scripted server, the April 2026 issue
#   make install    into $(DESTDIR)$(PREFIX); make uninstall takes it away
#   make lint       the house rules alone
#   make tidy       clang-tidy and cppcheck, as far as they are installed
#
# BUILD=dir puts the results elsewhere; SAN=1 builds with the sanitizers;
# TEST="queue fake" makes test run the modules whose names hold these words.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
ifeq ($(origin CXX)$(CC),defaultclang)
CXX := clang++
endif
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla
OPT ?= -O2 -g
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
LINK := -Wl,-z,relro,-z,now
ifdef FUZZING
SAN := 1
endif
ifdef SAN
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
HARDEN :=
# gcc's shared libubsan would not write its reports where tests/run looks.
LINK := $(if $(findstring clang,$(CC)),,-static-libubsan)
endif
ifdef FUZZING
OPT += -fsanitize=fuzzer-no-link
endif
CPPFLAGS += -D_GNU_SOURCE -Isrc -MMD -MP
CFLAGS += -std=c17 $(WARN) $(OPT) $(HARDEN) -pthread
CXXFLAGS += -std=c++17 -Wall -Wextra $(OPT) $(HARDEN) -pthread
LDFLAGS += $(LINK)
LDLIBS := -lcurl -letpan -lsqlite3 -lctemplate -lfyaml -lcmark -lcsv -lzip \
	-lexpat -ljansson -lsodium -lunistring -lidn2 -lsystemd -lcares \
	-lcrypto -lm -pthread

# The sources, room by room, in floor order (src/FLOORS).
base := arena buf channel complaints err file folder log loop mem memo now num step \
	text trace
model := address address_slip article audience backoff country delivery \
	kana municipality outcome pace subject subscriber
store := db_sqlite db_sqlite_clear db_sqlite_copy db_sqlite_insert \
	db_sqlite_move db_sqlite_open migrations store store_approval \
	store_audience store_backup store_books store_consent store_delivery \
	store_delivery_batch store_delivery_move store_domain store_erasure \
	store_follow store_history store_log store_log_waiting store_mailing \
	store_memo store_merger store_municipality store_organisation \
	store_pace store_pen store_person store_purge store_replan \
	store_restore store_runner store_segment store_subscriber \
	store_subscriber_walk store_suppression store_tag store_wording
render := render render_context render_scan render_uses render_shim.cc
mime := mime mime_encode mime_field mime_pen mime_pool mime_shared \
	mime_skeleton mime_stretch
smtp := smtp_command smtp_conn smtp_dots smtp_end smtp_outcome smtp_pool \
	smtp_reply smtp_session smtp_talk smtp_transaction smtp_wire
sign := canon sha256 sha256_pair sign sign_key
secret := secret secret_keys
unicode := unicode unicode_fold
yaml := yaml
markdown := markdown markdown_check markdown_place markdown_text markdown_tree
csv := csv csv_detect csv_form csv_source csv_write
xlsx := xlsx xlsx_book xlsx_part xlsx_strings
json := json
service := service
dns := dns
image := image image_vips
fetch := fetch fetch_cache
config := config option option_pace option_read option_relay scaffold site \
	site_share value value_file
content := article_file article_images content content_draft content_lint \
	content_read front issue_file lint lint_places picture picture_ready \
	town
people := audience_text links people people_audience people_change \
	people_columns people_compare people_confirm people_consent \
	people_domains people_erase people_export people_file people_formula \
	people_hand_over people_header people_history people_import \
	people_keys people_near people_organisation people_place people_purge \
	people_register people_reinstate people_row people_segment \
	people_survey people_tags people_wording site_keys
queue := queue queue_breaker queue_clock queue_commit queue_control \
	queue_lease queue_restore queue_runner queue_settle
digest := alarm_mail compose compose_header confirm_mail edition edition_lint \
	edition_page edition_part edition_proof edition_reason \
	edition_templates greeting material material_gather placename \
	plain_mail tailor tailor_index tailor_spec template_folder \
	template_lint wording
report := coverage progress report report_books report_log report_queue \
	report_status table
archive := archive archive_feed archive_issue archive_lists archive_pages \
	archive_parts
publish := check_readers publish publish_approval publish_audience \
	publish_check publish_compare publish_confirm publish_gallery \
	publish_preview publish_rehearsal publish_test
backup := backup backup_seal backup_tree restore
deliver := committer composers deliver engine_alarm engine_commit engine_lane \
	engine_pace engine_signal engine_stock herald hook mail_room pacer \
	pacer_domains pacer_group pacer_held pacer_place probe putoff relays \
	relays_choose throttle
cli := cmd_approve cmd_archive cmd_audience cmd_backup cmd_check cmd_consent \
	cmd_control cmd_coverage cmd_deliver cmd_explain cmd_export \
	cmd_hand_over cmd_import cmd_init cmd_issue cmd_issue_watch cmd_log \
	cmd_municipality cmd_organisation cmd_pace cmd_people cmd_person \
	cmd_preview cmd_preview_diff cmd_purge cmd_queue cmd_send cmd_status \
	cmd_subscriber cmd_subscriber_change cmd_subscriber_show \
	cmd_subscriber_story cmd_suppress cmd_tag cmd_template command \
	commands dry_run findings issue_uses keyring main screen sending site_store \
	stranger

ROOMS := base model store render mime smtp sign secret unicode yaml \
	markdown csv xlsx json service dns image fetch config content people \
	queue digest report archive publish backup deliver cli
SRC := $(foreach r,$(ROOMS),$(foreach f,$($(r)),\
	src/$(r)/$(if $(suffix $f),$f,$f.c)))
STRAY := $(filter-out $(SRC),$(wildcard src/*/*.c src/*/*.cc))
$(if $(STRAY),$(error add to the sources above: $(STRAY)))
OBJ := $(patsubst src/%,$(BUILD)/%.o,$(SRC))
LIB_OBJ := $(filter-out $(BUILD)/cli/main.c.o,$(OBJ))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT := $(if $(TEST),$(foreach u,$(UNIT),$(if $(strip \
	$(foreach w,$(TEST),$(findstring $(w),$(u)))),$(u))),$(UNIT))
FAKE := $(wildcard tests/fake/*.c)
FAKE_OBJ := $(patsubst %,$(BUILD)/%.o,$(FAKE))
KILLER_OBJ := $(BUILD)/tests/crash/step_killer.c.o

# What takes any bytes: each target alone with a corpus, or with libFuzzer.
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAY := $(FUZZ:%=$(BUILD)/fuzz/replay_%)
REPLAY := $(if $(TEST),$(if $(findstring fuzz,$(TEST)),$(REPLAY)),$(REPLAY))

# Everything that `make test` needs from the compiler.
TESTED := $(BUILD)/glocal-mail $(BUILD)/fake-smtp $(UNIT) $(REPLAY)

# What tests/crash and tests/fault need, without sanitizers: those clash with
# objects that are loaded before them.
HARMED := $(BUILD)/glocal-mail $(BUILD)/step/glocal-mail $(BUILD)/fake-smtp \
	$(BUILD)/fault.so

# One job per processor where a target of ours calls make again.
JOBS ?= $(shell nproc)
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

all: $(BUILD)/glocal-mail

objects: $(OBJ)

$(BUILD)/glocal-mail: $(BUILD)/cli/main.c.o $(BUILD)/libglocal.a
	$(CXX) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libglocal.a: $(LIB_OBJ)
	rm -f $@ && ar rcs $@ $^

# Its headers bring those of GLib; nothing is linked (src/image/image.h).
$(BUILD)/image/%.o: CPPFLAGS += $(patsubst -I%,-isystem %,\
	$(shell pkg-config --cflags vips))

$(BUILD)/%.c.o: src/%.c $(BUILD)/flags | $(BUILD)/ready
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/%.cc.o: src/%.cc $(BUILD)/flags | $(BUILD)/ready
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

.PRECIOUS: $(BUILD)/unit/%.o
$(BUILD)/unit/%.o: tests/unit/%.c $(BUILD)/flags | $(BUILD)/ready
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/unit/%: $(BUILD)/unit/%.o $(BUILD)/libglocal.a
	$(CXX) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(BUILD)/fuzz/%.c.o: tests/fuzz/%.c $(BUILD)/flags | $(BUILD)/ready
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/fuzz $(CFLAGS) -c -o $@ $<

$(BUILD)/fuzz/replay_%: $(BUILD)/fuzz/fuzz_%.c.o $(BUILD)/fuzz/replay.c.o \
		$(BUILD)/libglocal.a
	$(CXX) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/fuzz_%.c.o $(BUILD)/libglocal.a
	$(CXX) $(OPT) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS)

.SECONDARY: $(FUZZ:%=$(BUILD)/fuzz/fuzz_%.c.o) $(BUILD)/fuzz/replay.c.o

# The scripted server shares no code with the program.
$(BUILD)/fake-smtp: $(FAKE_OBJ)
	$(CC) $(OPT) $(LDFLAGS) -o $@ $^ -lcrypto

$(BUILD)/tests/fake/%.c.o: tests/fake/%.c $(BUILD)/flags | $(BUILD)/ready
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/fake $(CFLAGS) $(if $(SAN),,-O3) -c -o $@ $<

# The dumbest client, which measures the server.
$(BUILD)/bench-feed: tests/bench/feed.c $(BUILD)/flags | $(BUILD)/ready
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $<

# The program with steps that count and kill; they come before the archive.
$(BUILD)/step/glocal-mail: $(BUILD)/cli/main.c.o $(KILLER_OBJ) \
		$(BUILD)/libglocal.a
	@mkdir -p $(@D)
	$(CXX) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(KILLER_OBJ): tests/crash/step_killer.c $(BUILD)/flags | $(BUILD)/ready
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Loaded before libc by a run whose N-th write, send or malloc must fail.
FAULT := $(wildcard tests/fault/*.c)
$(BUILD)/fault.so: $(FAULT) tests/fault/fault.h $(BUILD)/flags | $(BUILD)/ready
	$(CC) -D_GNU_SOURCE -Itests/fault $(CFLAGS) -fPIC -fno-builtin-malloc \
		-shared -o $@ $(FAULT)

# Compile again when the compiler or its flags are others than last time.
FLAGS := $(CC) $(CXX) $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS)
$(BUILD)/flags: always
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

# Look once for the compiler and every header of other people's libraries.
$(BUILD)/ready: config/packages.build
	@mkdir -p $(@D)
	@command -v $(firstword $(CC)) >$@.log 2>&1 && \
	find src -name '*.[ch]*' -exec grep -ho '^#include <[^>]*>' {} + | \
	sort -u | sed 's/^#include \(.*\)/#if !__has_include(\1)\n#error no \1\n#endif/' | \
	$(CXX) -E -x c++ - 2>$@.log >/dev/null || { \
	sed -n 's/.*#error no/missing:/p' $@.log >&2; \
	echo "A compiler or a library is missing here: run 'make deps'." >&2; \
	exit 69; }
	@rm -f $@.log && touch $@

unit: $(UNIT)
	@for t in $(UNIT); do $$t || exit 1; done

tested: $(TESTED)

harmed: $(HARMED)

# Packages

deps:
	@config/packages.sh build run

deps-test:
	@config/packages.sh build run test

deps-bench:
	@config/packages.sh build run bench

deps-fuzz:
	@config/packages.sh build run fuzz

deps-demo:
	@config/packages.sh build run demo

# Tests

# Unpacks real servers to send to; without them their tests are skipped.
FETCH_REAL = [ "$$(id -u)" != 0 ] || tests/real/fetch.sh $(BUILD)/real

# Installs what the look is tested with, where that can be done.
FETCH_BROWSER = tests/browser/fetch.sh $(BUILD)/browser

test: deps-test
	@$(FETCH_REAL) 2>/dev/null || true
	@[ "$$(id -u)" != 0 ] && [ ! -x /usr/bin/chromium ] || \
		$(FETCH_BROWSER) 2>/dev/null || true
	@echo "building $(BUILD)/san"
	@$(MAKE) --no-print-directory $(PARALLEL) -s SAN=1 BUILD=$(BUILD)/san tested
	@echo "building $(BUILD)"
	@$(MAKE) --no-print-directory $(PARALLEL) -s SAN= harmed
	@REAL_SERVERS=$(abspath $(BUILD)/real) PLAIN_BUILD=$(abspath $(BUILD)) \
		BROWSER=$(abspath $(BUILD)/browser) \
		tests/run --build $(BUILD)/san $(TEST) </dev/null

# Kills at every step, faults at every call: the long form, some minutes.
test-crash: deps-test
	@echo "building $(BUILD)"
	@$(MAKE) --no-print-directory $(PARALLEL) -s SAN= harmed
	@PLAIN_BUILD=$(abspath $(BUILD)) CRASH=long tests/run --build $(BUILD) \
		--room crash --room fault $(TEST) </dev/null

test-real: deps-test
	@$(FETCH_REAL) || true
	@echo "building $(BUILD)/san"
	@$(MAKE) --no-print-directory $(PARALLEL) -s SAN=1 BUILD=$(BUILD)/san tested
	@REAL_SERVERS=$(abspath $(BUILD)/real) tests/run --build $(BUILD)/san \
		--room real --room real/long $(TEST) </dev/null

# How everything looks that people see, compared with tests/browser/references.
test-browser: deps-test
	@$(FETCH_BROWSER)
	@echo "building $(BUILD)"
	@$(MAKE) --no-print-directory $(PARALLEL) -s SAN= $(BUILD)/glocal-mail
	@BROWSER=$(abspath $(BUILD)/browser) UPDATE_PICTURES=$(UPDATE) \
		tests/run --build $(BUILD) --room browser/long $(TEST) </dev/null

# Any bytes for what reads bytes, each target for FUZZ_SECONDS. New inputs go
# into the build folder; what crashes is named, and belongs into the corpus.
FUZZ_SECONDS ?= 600
fuzz: deps-fuzz
	@echo "building $(BUILD)/fuzzing"
	@$(MAKE) --no-print-directory $(PARALLEL) -s CC=clang CXX=clang++ \
		FUZZING=1 BUILD=$(BUILD)/fuzzing fuzzers
	@tests/fuzz/fuzz.sh $(BUILD)/fuzzing $(FUZZ_SECONDS) $(JOBS) \
		$(or $(TEST),$(FUZZ))

fuzzers: $(FUZZ:%=$(BUILD)/fuzz/fuzz_%)

lint: objects
	@tests/run --build $(BUILD) tests/lint </dev/null

demo: deps-demo
	@echo "building $(BUILD)/glocal-mail"
	@$(MAKE) --no-print-directory $(PARALLEL) -s \
		$(BUILD)/glocal-mail $(BUILD)/fake-smtp
	@BUILD=$(BUILD) tests/demo/demo.sh </dev/null

# Measured with the build people run, not with the sanitizers'. BENCH_ONLY names
# parts: make bench BENCH_ONLY=contacts BENCH_SIZES="10000 100000 1000000"
BENCH_SIZES ?= 10000 100000
BENCH_SECONDS ?= 360
bench: deps-bench
	@$(FETCH_REAL) || true
	@echo "building $(BUILD)/glocal-mail"
	@$(MAKE) --no-print-directory $(PARALLEL) -s SAN= \
		$(BUILD)/glocal-mail $(BUILD)/fake-smtp $(BUILD)/bench-feed
	@GLOCAL_MAIL=$(BUILD)/glocal-mail FAKE_SMTP=$(BUILD)/fake-smtp \
		BENCH_FEED=$(BUILD)/bench-feed \
		REAL_SERVERS=$(abspath $(BUILD)/real) \
		python3 tests/bench/bench.py --cache $(BUILD)/bench \
		--seconds $(BENCH_SECONDS) $(addprefix --only ,$(BENCH_ONLY)) \
		--json $(or $(BENCH_JSON),$(BUILD)/bench.json) \
		$(BENCH_SIZES) </dev/null

bench-long:
	@$(MAKE) --no-print-directory bench BENCH_SIZES="10000 1000000" \
		BENCH_SECONDS=3600

TIDY := $(if $(TEST),$(foreach w,$(TEST),$(foreach f,$(SRC),$(if $(findstring $(w),$(f)),$(f)))),$(SRC))
tidy: $(BUILD)/ready
	@if command -v clang-tidy >/dev/null; then \
	printf '%s\n' $(filter %.c,$(TIDY)) | xargs -P $(JOBS) -n 1 sh -c \
	'clang-tidy --quiet "$$0" -- -D_GNU_SOURCE -Isrc -std=c17 2>/dev/null'; \
	else echo 'tidy: clang-tidy is not installed: skipped'; fi
	@if command -v cppcheck >/dev/null; then \
	cppcheck -q -j $(JOBS) --std=c11 --error-exitcode=1 --inline-suppr \
	--enable=warning,portability,performance \
	--suppress=missingIncludeSystem --suppress=uninitvar -D_GNU_SOURCE -Isrc $(TIDY); \
	else echo 'tidy: cppcheck is not installed: skipped'; fi

# Installation

BINDIR := $(PREFIX)/bin
SHARE := $(PREFIX)/share/glocal-mail
LIBDIR := $(PREFIX)/lib
SHARED = $(filter-out config/packages.%,$(shell find config templates \
	-type f ! -path "config/sample/illustrations/*"))
SUBST = sed -e 's|@BINDIR@|$(BINDIR)|g' -e 's|@SHARE@|$(SHARE)|g'

install: $(BUILD)/glocal-mail
	install -D -m 755 $(BUILD)/glocal-mail $(DESTDIR)$(BINDIR)/glocal-mail
	@for f in $(SHARED); do \
	install -D -m 644 $$f $(DESTDIR)$(SHARE)/$$f || exit 1; done
	$(SUBST) systemd/glocal-mail-deliver.service | install -D -m 644 /dev/stdin \
		$(DESTDIR)$(LIBDIR)/systemd/system/glocal-mail-deliver.service
	install -D -m 644 systemd/sysusers.conf \
		$(DESTDIR)$(LIBDIR)/sysusers.d/glocal-mail.conf
	install -D -m 644 systemd/tmpfiles.conf \
		$(DESTDIR)$(LIBDIR)/tmpfiles.d/glocal-mail.conf

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/glocal-mail
	rm -rf $(DESTDIR)$(SHARE)
	rm -f $(DESTDIR)$(LIBDIR)/systemd/system/glocal-mail-deliver.service
	rm -f $(DESTDIR)$(LIBDIR)/sysusers.d/glocal-mail.conf
	rm -f $(DESTDIR)$(LIBDIR)/tmpfiles.d/glocal-mail.conf

clean:
	rm -rf $(BUILD)

.PHONY: all objects unit tested harmed deps deps-test deps-bench deps-demo deps-fuzz test test-crash fuzz fuzzers \
	test-real test-browser lint demo bench bench-long tidy install uninstall clean always
-include $(FUZZ:%=$(BUILD)/fuzz/fuzz_%.c.d) $(OBJ:.o=.d) $(FAKE_OBJ:.o=.d) $(KILLER_OBJ:.o=.d) $(UNIT:=.d)
