// HashiCorp Vault for tests, of the newest version that is free software and builds as a
// dependency: in memory, unsealed, on loopback, with the root token "root".
//
// It is called as a test calls OpenBao's own dev server:
//
//	vault-server server -dev -dev-root-token-id=root -dev-listen-address=127.0.0.1:8200
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/builtin/logical/pki"
	"github.com/hashicorp/vault/helper/namespace"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

// What can be mounted.
var (
	engines = map[string]logical.Factory{"pki": pki.Factory}
	logins  = map[string]logical.Factory{"approle": approle.Factory}
)

// registry tells Vault which plugins are built in; mounting asks it.
type registry struct{}

func factories(kind consts.PluginType) map[string]logical.Factory {
	switch kind {
	case consts.PluginTypeSecrets:
		return engines
	case consts.PluginTypeCredential:
		return logins
	default:
		return nil
	}
}

func (registry) Contains(name string, kind consts.PluginType) bool {
	_, there := factories(kind)[name]
	return there
}

func (registry) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	factory, there := factories(kind)[name]
	return func() (interface{}, error) { return factory, nil }, there
}

func (registry) Keys(kind consts.PluginType) []string {
	var names []string
	for name := range factories(kind) {
		names = append(names, name)
	}
	return names
}

func (registry) DeprecationStatus(string, consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, true
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "vault-server:", err)
		os.Exit(1)
	}
}

func run() error {
	arguments := os.Args[1:]
	if len(arguments) == 0 || arguments[0] != "server" {
		return errors.New("the one command is server")
	}
	flags := flag.NewFlagSet("server", flag.ExitOnError)
	flags.Bool("dev", true, "in memory and unsealed; it is always so")
	flags.Bool("dev-no-store-token", true, "the token is written nowhere; it never is")
	token := flags.String("dev-root-token-id", "root", "the root token")
	address := flags.String("dev-listen-address", "127.0.0.1:8200", "where it listens")
	if err := flags.Parse(arguments[1:]); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return errors.New("it listens on loopback alone")
	}
	core, err := unsealed(*token)
	if err != nil {
		return err
	}
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{Core: core})
	server := http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}

// unsealed is a Vault of its own, with this root token.
func unsealed(token string) (*vault.Core, error) {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return nil, err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           storage,
		LogicalBackends:    engines,
		CredentialBackends: logins,
		BuiltinRegistry:    registry{},
		DisableMlock:       true,
		Logger:             logger,
	})
	if err != nil {
		return nil, err
	}
	ctx := namespace.RootContext(context.Background())
	made, err := core.Initialize(ctx, &vault.InitParams{
		BarrierConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
	})
	if err != nil {
		return nil, err
	}
	if open, err := core.Unseal(made.SecretShares[0]); err != nil || !open {
		return nil, fmt.Errorf("it stays sealed: %w", err)
	}
	answer, err := core.HandleRequest(ctx, &logical.Request{
		ClientToken: made.RootToken,
		Operation:   logical.UpdateOperation,
		Path:        "auth/token/create",
		Data: map[string]interface{}{
			"id": token, "policies": []string{"root"}, "no_parent": true, "no_default_policy": true,
		},
	})
	if err == nil && answer.IsError() {
		err = answer.Error()
	}
	return core, err
}
