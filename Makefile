# glocal-mail
#
#   make          build/glocal-mail
#   make deps     install what building and running need
#   make test     everything a newcomer runs
#   make demo     a sample site, a scripted server, the April 2026 issue
#
# BUILD=dir puts the results elsewhere; SAN=1 builds with the sanitizers.

BUILD ?= build
CC ?= cc
CXX ?= c++
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla
OPT ?= -O2 -g
ifdef SAN
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
endif
CPPFLAGS += -D_GNU_SOURCE -Isrc -MMD -MP
CFLAGS += -std=c17 $(WARN) $(OPT) -pthread
CXXFLAGS += -std=c++17 -Wall -Wextra $(OPT) -pthread
LDLIBS := -lcurl -letpan -lsqlite3 -lctemplate -lfyaml -lcmark -lcsv \
	-ljansson -lsodium -lunistring -lidn2 -lsystemd -lcrypto -lm -pthread

ROOMS := base model store render mime smtp sign secret unicode yaml markdown \
	csv json service config content people queue digest report publish \
	deliver cli
SRC := $(foreach r,$(ROOMS),$(wildcard src/$(r)/*.c src/$(r)/*.cc))
OBJ := $(patsubst src/%,$(BUILD)/%.o,$(SRC))
LIB_OBJ := $(filter-out $(BUILD)/cli/main.c.o,$(OBJ))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

all: $(BUILD)/glocal-mail

objects: $(OBJ)

$(BUILD)/glocal-mail: $(OBJ)
	$(CXX) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libglocal.a: $(LIB_OBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/%.c.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/%.cc.o: src/%.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libglocal.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@.o -c $<
	$(CXX) $(OPT) $(LDFLAGS) -o $@ $@.o $(BUILD)/libglocal.a $(LDLIBS) -lcmocka

unit: $(UNIT)
	@for t in $(UNIT); do $$t || exit 1; done

# The scripted server shares no code with the program.
FAKE := $(patsubst tests/%,$(BUILD)/tests/%.o,$(wildcard tests/fake/*.c))

$(BUILD)/fake-smtp: $(FAKE)
	$(CC) $(OPT) $(LDFLAGS) -o $@ $^ -lcrypto

$(BUILD)/tests/fake/%.c.o: tests/fake/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/fake $(CFLAGS) $(if $(SAN),,-O3) -c -o $@ $<

-include $(FAKE:.o=.d)

clean:
	rm -rf $(BUILD)

.PHONY: all objects unit clean
-include $(OBJ:.o=.d)
