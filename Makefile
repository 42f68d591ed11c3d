# SPDX-License-Identifier: BSD-3-Clause
#
# ffasim: `make help` says what there is.

VERSION   := 0.1.0
ABI       := 0

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.DELETE_ON_ERROR:
.SUFFIXES:

# ---- what a user sets ------------------------------------------------------

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
COMPDIR    ?= $(PREFIX)/share/bash-completion/completions

# make's own defaults (cc, ar) do not count as a choice
ifeq ($(filter-out default undefined,$(origin CC)),)
CC := gcc
endif
ifeq ($(filter-out default undefined,$(origin AR)),)
AR := ar
endif
WERROR       ?= -Werror
PKG_CONFIG   ?= pkg-config
PYTHON       ?= /usr/bin/python3
CLANG        ?= clang
CLANG_FORMAT ?= clang-format

# ---- configuration: one directory per set of switches ----------------------

comma  := ,
empty  :=
space  := $(empty) $(empty)
CONFIG := $(filter-out gcc,$(notdir $(subst $(space),-,$(strip $(CC))))) \
	  $(subst $(comma),-,$(SAN)) $(if $(COV),cov)
CONFIG := $(subst $(space),-,$(strip $(CONFIG)))
CONFIG := $(or $(CONFIG),plain)
B      := build/$(CONFIG)

CFLAGS ?= $(if $(COV),-O0,$(if $(SAN),-O1,-O2)) -g

WARN   := -Wall -Wextra -Wshadow -Wswitch-enum -Wmissing-prototypes \
	  -Wstrict-prototypes
INSTR  := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
	  -fno-omit-frame-pointer) $(if $(COV),--coverage)
# -fPIC: the same objects go into the program, the archive and the .so
BASE   := -std=c11 -D_GNU_SOURCE -fPIC -fno-semantic-interposition \
	  $(WARN) $(WERROR) $(INSTR)

# Asked for when the first recipe needs it, not when the file is read: before
# `deps` has run there may be no pkg-config.
once     = $(eval $1 := $(shell $2))$($1)
GLIB_PC := glib-2.0 gobject-2.0 gio-2.0 gio-unix-2.0 gmodule-no-export-2.0 \
	   uuid
GLIB     = $(call once,GLIB,$(PKG_CONFIG) --cflags $(GLIB_PC))
GLIBS    = $(call once,GLIBS,$(PKG_CONFIG) --libs $(GLIB_PC))
UNITC    = $(call once,UNITC,$(PKG_CONFIG) --cflags check)
UNITL    = $(call once,UNITL,$(PKG_CONFIG) --libs check)
LIBS     = $(GLIBS) -lfdt

# ---- sources ---------------------------------------------------------------

src       = $(sort $(wildcard $1/*.c $1/*/*.c))
obj       = $(patsubst %.c,$(B)/%.o,$1)

CORE_SRC  := $(call src,spmc)
SIM_SRC   := $(call src,sim)
PLUG_SRC  := $(call src,conduit) $(call src,partitions)
PROG_SRC  := $(filter sim/main.c sim/cmd_%.c,$(SIM_SRC))
UNIT_SRC  := $(wildcard tests/unit/*.c tests/*.c)
BENCH_SRC := $(wildcard tests/bench/*.c tests/*.c)
BROKEN_SRC := tests/broken/broken.c
FUZZ_SRC  := $(wildcard tests/fuzz/*.c)
DRIVER_SRC := tests/driver/driver.c

CORE_OBJ  := $(call obj,$(CORE_SRC))
PROG_OBJ  := $(call obj,$(PROG_SRC))
LIB_OBJ   := $(CORE_OBJ) $(call obj,$(PLUG_SRC) \
		$(filter-out $(PROG_SRC),$(SIM_SRC)))
UNIT_OBJ  := $(call obj,$(UNIT_SRC))
BENCH_OBJ := $(call obj,$(BENCH_SRC))
BROKEN_OBJ := $(call obj,$(BROKEN_SRC))
FUZZ_OBJ  := $(call obj,$(FUZZ_SRC))
DRIVER_OBJ := $(call obj,$(DRIVER_SRC))
# a program each, which runs files; engines are for build.sh
FUZZERS   := $(patsubst tests/fuzz/%.c,$(B)/%,$(filter \
		tests/fuzz/fuzz_%,$(FUZZ_SRC)))
# sorted: tests/*.c is in several
ALL_OBJ   := $(sort $(PROG_OBJ) $(LIB_OBJ) $(UNIT_OBJ) $(BENCH_OBJ) \
	$(BROKEN_OBJ) $(FUZZ_OBJ) $(DRIVER_OBJ))

SUITES    := $(basename $(notdir $(wildcard tests/unit/check_*.c)))
SOLIB     := libffasim.so.$(ABI)
MAN       := $(wildcard docs/*.1 docs/*.5)

# Include paths are the layering: the core sees include/ and nothing else.
$(call obj,$(CORE_SRC)): INC = -Iinclude
$(call obj,$(PLUG_SRC)): INC = -Iinclude $(GLIB)
$(call obj,$(SIM_SRC)):  INC = -Iinclude -I. $(GLIB)
$(BROKEN_OBJ):           INC = -Iinclude
$(DRIVER_OBJ):           INC = -Iinclude
$(FUZZ_OBJ):             INC = -Iinclude -I. $(GLIB)
$(BENCH_OBJ):            INC = -Iinclude -I. $(GLIB)
$(UNIT_OBJ):             INC = -Iinclude -I. $(GLIB) $(UNITC)

$(call obj,$(SIM_SRC)): DEF = -DFFASIM_VERSION='"$(VERSION)"'
# one S(check_x) for each tests/unit/check_x.c, see tests/unit/unit.h
$(UNIT_OBJ): DEF = -D'UNIT_SUITES(S)=$(patsubst %,S(%),$(SUITES))'

# ---- how it is said --------------------------------------------------------

ifeq ($(V),1)
Q   :=
say  =
else
Q   := @
say  = @printf '  %-7s %s\n' '$1' '$2'
endif
# `make run` on two cores should use both, unless the caller said -j
jobs = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

# ---- targets ---------------------------------------------------------------

.PHONY: all run check bench fuzz fuzz-build fuzz-campaign drill docs install \
	uninstall clean format help deps FORCE
.PHONY: check-plain check-static check-includes check-core check-man \
	check-san check-unit check-py check-serve

all: $(B)/libffasim.a $(B)/libffasim.so $(B)/ffasim \
	$(if $(filter plain,$(CONFIG)),ffasim)

run: deps
	@$(MAKE) $(jobs) --no-print-directory DEPS=no all
	@$(B)/ffasim run scenarios/

bench: deps
	@$(MAKE) $(jobs) --no-print-directory DEPS=no $(B)/ffasim $(B)/bench
	@FFASIM=$(abspath $(B)/ffasim) BASE='$(BASE)' $(B)/bench
	@BASE='$(BASE)' tests/fuzz/bench.sh $(B)/bench

# Each target for TIME seconds; a second time goes on where the first ended.
TIME   ?= 60
TARGET ?= $(notdir $(FUZZERS))
fuzz: deps fuzz-build
	@$(MAKE) $(jobs) --no-print-directory DEPS=no $(B)/ffasim
	@status=0; for t in $(TARGET); do FFASIM=$(B)/ffasim \
		tests/fuzz/run.sh $$t $(TIME) || status=1; done; exit $$status

# main and secondary of AFL++, in two directories
fuzz-campaign: deps
	@tests/fuzz/campaign.sh fuzz_trace 90

# Malformed clients for TIME seconds beside good ones; `check` has 100,000 frames
check-serve: $(B)/unit
	@SERVE_SECONDS=$(TIME) CK_RUN_SUITE=serve_load $(B)/unit

fuzz-build: deps
	$(call say,FUZZ,$(TARGET))
	$(Q)CC=$(CLANG) CFLAGS='-O2 -g' tests/fuzz/build.sh $(TARGET)

# what is generated of docs/; tests/py says when it is out of date
docs: deps
	@$(MAKE) $(jobs) --no-print-directory DEPS=no $(B)/ffasim
	$(call say,GEN,docs/abi-support.md)
	$(Q)$(B)/ffasim cover --support scenarios >$(B)/abi-support.md
	$(Q)cp $(B)/abi-support.md docs/abi-support.md
	$(call say,GEN,docs/chart.svg)
	$(Q)$(B)/ffasim msc -o docs/chart.svg scenarios/mem/chart.ffs

help:
	@echo 'make             build ./ffasim and the library'
	@echo 'make run         install what is missing, build, run scenarios/'
	@echo 'make check       install what is missing, run every test'
	@echo 'make bench       print "name: value" for each benchmark; BASE=FILE compares'
	@echo '                 with what an earlier run printed'
	@echo 'make check-serve malformed clients for TIME=60 seconds'
	@echo 'make fuzz        TARGET=fuzz_trace TIME=60: docs/fuzzing.md'
	@echo 'make fuzz-campaign  two fuzzers that learn from each other'
	@echo 'make drill       break the model on purpose, see who notices (long)'
	@echo 'make docs        write what is generated of docs/'
	@echo 'make install     DESTDIR= PREFIX=$(PREFIX)'
	@echo 'make uninstall   DESTDIR= PREFIX=$(PREFIX)'
	@echo 'make deps        install what building and testing need'
	@echo 'make format      run clang-format over the C files'
	@echo 'make clean       remove build/'
	@echo
	@echo 'SAN=address,undefined   build with sanitizers'
	@echo 'COV=1                   build for gcov'
	@echo 'V=1                     print the commands'
	@echo 'CC= CFLAGS= LDFLAGS=    as usual; CC=clang has its own directory'
	@echo 'WERROR=                 warnings are not errors'
	@echo 'DEPS=no                 do not look for missing packages'
	@echo
	@echo 'This configuration builds in $(B).'

clean:
	$(call say,CLEAN,build)
	$(Q)rm -rf build ffasim

FORMAT = $(wildcard $(addsuffix /*.[ch],include include/ffa spmc spmc/* \
	partitions partitions/* conduit conduit/* sim sim/* \
	tests/unit tests/bench tests/broken tests/driver tests/fuzz docs))
format:
	$(call say,FORMAT,$(words $(FORMAT)) files)
	$(Q)$(CLANG_FORMAT) -i $(FORMAT)

# ---- packages --------------------------------------------------------------

# Looked for once, before the first compilation. run, check, bench and deps
# install what is missing; the others only name it.
GOALS   := $(or $(MAKECMDGOALS),all)
PKG_SET := $(if $(filter check drill deps,$(GOALS)),check,$(if $(filter \
		fuzz fuzz-build fuzz-campaign,$(GOALS)),fuzz,build))
PKG_DO  := $(if $(filter run check bench fuzz fuzz-campaign drill deps,\
		$(GOALS)),install,name)

deps:
ifneq ($(DEPS),no)
	@.ci/deps $(PKG_DO) $(PKG_SET)
endif

$(ALL_OBJ): | deps

# ---- rules -----------------------------------------------------------------

# A file that changes only when what it holds does: flags and lists of objects
define stamp
@mkdir -p $(@D)
@printf '%s\n' '$(subst ','\'',$1)' | cmp -s - $@ || \
	printf '%s\n' '$(subst ','\'',$1)' > $@
endef

$(B)/.flags: FORCE | deps
	$(call stamp,$(CC) $(BASE) $(GLIB) $(CFLAGS) $(CPPFLAGS) $(VERSION))
$(B)/.objects: FORCE
	$(call stamp,$(CC) $(LDFLAGS) $(ALL_OBJ))
$(B)/.suites: FORCE
	$(call stamp,$(SUITES))
FORCE:

$(UNIT_OBJ): $(B)/.suites

$(ALL_OBJ): $(B)/%.o: %.c $(B)/.flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(INC) $(DEF) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# as-needed: each shared library costs start-up time
LINK = $(CC) $(INSTR) $(CFLAGS) -Wl,--as-needed $(LDFLAGS)

$(B)/libffasim.a: $(LIB_OBJ) $(B)/.objects
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

$(B)/$(SOLIB): $(LIB_OBJ) $(B)/.objects
	$(call say,LD,$@)
	$(Q)$(LINK) -shared -Wl,-soname,$(SOLIB) $(if $(SAN),,-Wl,-z,defs) \
		-o $@ $(LIB_OBJ) $(LIBS) $(LDLIBS)

$(B)/libffasim.so: $(B)/$(SOLIB)
	$(Q)ln -sf $(SOLIB) $@

# the text of --help
$(B)/sim/synopsis.c: sim/synopsis.txt
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)awk 'BEGIN { print "const char cmd_text[] ="; } \
		{ gsub(/[\\"]/, "\\\\&"); printf "\"%s\\n\"\n", $$0; } \
		END { print ";"; }' $< > $@

$(B)/sim/synopsis.o: $(B)/sim/synopsis.c $(B)/.flags
	$(Q)$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/ffasim: $(PROG_OBJ) $(B)/sim/synopsis.o $(B)/libffasim.a
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS) $(LDLIBS)

# a test may put itself in front of the model: check_invariants.c
$(B)/unit: $(UNIT_OBJ) $(B)/libffasim.a | $(B)/driver
	$(call say,LD,$@)
	$(Q)$(LINK) -Wl,--wrap=spmc_call -o $@ $^ $(UNITL) $(LIBS) $(LDLIBS)

$(B)/bench: $(BENCH_OBJ) $(B)/libffasim.a
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS) $(LDLIBS)

# the program, but its model makes mistakes
$(B)/broken: $(BROKEN_OBJ) $(PROG_OBJ) $(B)/sim/synopsis.o $(B)/libffasim.a
	$(call say,LD,$@)
	$(Q)$(LINK) -Wl,--wrap=spmc_call -o $@ $^ $(LIBS) $(LDLIBS)

# a driver of conduit.h, good or with a mistake
$(B)/driver: $(DRIVER_OBJ) $(B)/libffasim.a
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS) $(LDLIBS)

$(FUZZERS): $(B)/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/main.o \
		$(B)/tests/fuzz/support.o $(B)/tests/fuzz/mutate.o \
		$(B)/libffasim.a
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS) $(LDLIBS)

ffasim: $(B)/ffasim
	$(Q)ln -sf $< $@

-include $(ALL_OBJ:.o=.d)

# ---- check -----------------------------------------------------------------

# Static checks; the plain build, which a test installs and uses as a user
# would; then everything under sanitizers.
CHECK_SAN := $(if $(filter undefined,$(origin SAN)),address$(comma)undefined,$(SAN))

# A part that is gone must not look like a part that passed.
PARTS := spmc/spmc.c docs/ffasim.1 docs/ffs.5 docs/ffasim.bash sim/main.c \
	tests/unit/main.c tests/py/conftest.py scenarios/setup/hello.ffs

check: $(PARTS) check-static
	@$(MAKE) $(jobs) --no-print-directory DEPS=no SAN= COV= check-plain
	@$(MAKE) $(jobs) --no-print-directory DEPS=no SAN=$(CHECK_SAN) check-san

check-static: check-includes check-core check-man

check-includes: deps
	$(call say,CHECK,includes)
	$(Q)$(PYTHON) tests/check-includes --self-test
	$(Q)$(PYTHON) tests/check-includes

# the core needs a compiler and libc's headers, nothing else
check-core: deps
	$(call say,CHECK,spmc -ffreestanding)
	$(Q)$(CLANG) -std=c11 -ffreestanding -fsyntax-only \
		-Iinclude $(WARN) $(WERROR) $(CORE_SRC)

check-man: deps
	$(call say,CHECK,$(MAN))
	$(Q)mandoc -Tlint -W warning $(MAN)

check-plain: all
	$(Q)tests/check-core $(CORE_OBJ)

check-san: check-unit check-py

# 86 is no exit code of ours: a sanitizer's report cannot pass for a result
export ASAN_OPTIONS  ?= exitcode=86:detect_leaks=1
export LSAN_OPTIONS  ?= exitcode=86
export UBSAN_OPTIONS ?= exitcode=86:print_stacktrace=1

check-unit: $(B)/unit
	@$(B)/unit

# pytest fails if it collects nothing
check-py: $(B)/ffasim $(B)/broken $(B)/driver $(FUZZERS) | check-unit
	@FFASIM=$(abspath $(B)/ffasim) FFASIM_BROKEN=$(abspath $(B)/broken) \
		FFASIM_FUZZ=$(abspath $(B)) FFASIM_DRIVER=$(abspath $(B)/driver) \
		PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest \
		-o cache_dir=$(abspath build/pytest) tests/py </dev/null

# about 20 minutes on two cores; not a part of check
drill: deps
	@nice tests/drill/drill

# ---- install ---------------------------------------------------------------

D := $(DESTDIR)
# a library in a real directory is found only once the loader's cache knows it
ldcache = $(if $(D),,$(Q)[ "$$(id -u)" != 0 ] || /sbin/ldconfig || :)

install: all
	$(call say,INSTALL,$(D)$(PREFIX))
	$(Q)install -d $(D)$(BINDIR) $(D)$(LIBDIR)/pkgconfig \
		$(D)$(INCLUDEDIR)/ffasim/ffa
	$(Q)install -m 755 $(B)/ffasim $(D)$(BINDIR)
	$(Q)install -m 644 $(B)/libffasim.a $(D)$(LIBDIR)
	$(Q)install -m 755 $(B)/$(SOLIB) $(D)$(LIBDIR)
	$(Q)ln -sf $(SOLIB) $(D)$(LIBDIR)/libffasim.so
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@REQUIRES@|$(GLIB_PC)|' \
		docs/ffasim.pc.in > $(D)$(LIBDIR)/pkgconfig/ffasim.pc
	$(Q)install -m 644 include/*.h $(D)$(INCLUDEDIR)/ffasim
	$(Q)install -m 644 include/ffa/* $(D)$(INCLUDEDIR)/ffasim/ffa
	$(Q)install -D -m 644 -t $(D)$(MANDIR)/man1 $(filter %.1,$(MAN))
	$(Q)install -D -m 644 -t $(D)$(MANDIR)/man5 $(filter %.5,$(MAN))
	$(Q)install -D -m 644 docs/ffasim.bash $(D)$(COMPDIR)/ffasim
	$(ldcache)

uninstall:
	$(call say,REMOVE,$(D)$(PREFIX))
	$(Q)rm -f $(D)$(BINDIR)/ffasim $(D)$(LIBDIR)/libffasim.a \
		$(D)$(LIBDIR)/libffasim.so $(D)$(LIBDIR)/$(SOLIB) \
		$(D)$(LIBDIR)/pkgconfig/ffasim.pc $(D)$(COMPDIR)/ffasim \
		$(patsubst docs/%,$(D)$(MANDIR)/man1/%,$(filter %.1,$(MAN))) \
		$(patsubst docs/%,$(D)$(MANDIR)/man5/%,$(filter %.5,$(MAN)))
	$(Q)rm -rf $(D)$(INCLUDEDIR)/ffasim
	$(ldcache)
