// cert-manager's own reading of what Vault answers: its chain parser behind Vault's SDK.
//
// Called with ROOT INTERMEDIATE [CRL] [LEAF]; see say.sh for what a judge prints. Without a leaf
// there is nothing to read. A leaf below a mount that was given our bundle is answered with
// INTERMEDIATE and ROOT as its ca_chain: tls.crt must then be leaf and intermediate, ca.crt the
// root alone.
//
// Where the hand-over wrote a ClusterIssuer beside the intermediate, it is read as the cluster does.
//
// Called with --answer FILE ROOT INTERMEDIATE LEAF, it reads the `data` of a real answer.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/util/pki"
	"github.com/hashicorp/vault/sdk/helper/certutil"
	"sigs.k8s.io/yaml"
)

func say(name string, err error) {
	verdict, words := "PASS", "accepted"
	if err != nil {
		verdict, words = "FAIL", strings.Join(strings.Fields(err.Error()), " ")
	}
	fmt.Println(verdict, name, words)
}

func stop(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// block is the file's first PEM block, without what stands around it.
func block(path string) string {
	text, err := os.ReadFile(path)
	stop(err)
	found, _ := pem.Decode(text)
	if found == nil {
		stop(fmt.Errorf("%s holds no PEM", path))
	}
	return string(pem.EncodeToMemory(found))
}

// read does what cert-manager does with the answer of a sign endpoint.
func read(data map[string]any) (pki.PEMBundle, error) {
	parsed, err := certutil.ParsePKIMap(data)
	if err != nil {
		return pki.PEMBundle{}, err
	}
	texts, err := parsed.ToCertBundle()
	if err != nil {
		return pki.PEMBundle{}, err
	}
	all := append(append([]string{}, texts.CAChain...), texts.IssuingCA, texts.Certificate)
	return pki.ParseSingleCertificateChainPEM([]byte(strings.Join(all, "\n")))
}

func same(what string, found []byte, wanted ...string) error {
	if bytes.Equal(found, []byte(strings.Join(wanted, ""))) {
		return nil
	}
	return fmt.Errorf("%s holds other certificates than it must, %d in place of %d",
		what, bytes.Count(found, []byte("-----BEGIN ")), len(wanted))
}

// issuer reads a ClusterIssuer: no field that cert-manager does not have, and a caBundle that
// holds the root and nothing else.
func issuer(path string, root string) error {
	text, err := os.ReadFile(path)
	stop(err)
	var read certmanager.ClusterIssuer
	if err := yaml.UnmarshalStrict(text, &read); err != nil {
		return err
	}
	vault := read.Spec.Vault
	if read.APIVersion != "cert-manager.io/v1" || read.Kind != "ClusterIssuer" || vault == nil {
		return errors.New("it is no ClusterIssuer for Vault")
	}
	login := vault.Auth.AppRole
	if login == nil || login.Path == "" || login.RoleId == "" || login.SecretRef.Key == "" {
		return errors.New("its AppRole has no path, no role id or no secret")
	}
	if !x509.NewCertPool().AppendCertsFromPEM(vault.CABundle) {
		return errors.New("nothing in its caBundle is a certificate")
	}
	found, rest := pem.Decode(vault.CABundle)
	if more, _ := pem.Decode(rest); more != nil {
		return errors.New("its caBundle holds more than one certificate")
	}
	return same("caBundle", pem.EncodeToMemory(found), root)
}

func main() {
	arguments, answer := os.Args[1:], ""
	if len(arguments) == 5 && arguments[0] == "--answer" {
		answer = arguments[1]
		arguments = []string{arguments[2], arguments[3], "", arguments[4]}
	}
	paths := append(arguments, "", "", "", "")
	if paths[3] == "" {
		return
	}
	root, intermediate, leaf := block(paths[0]), block(paths[1]), block(paths[3])
	beside := filepath.Join(filepath.Dir(paths[1]), "cluster-issuer.yaml")
	if _, err := os.Stat(beside); err == nil {
		say("cert-manager-issuer", issuer(beside, root))
	}
	data := map[string]any{
		"certificate": leaf,
		"issuing_ca":  intermediate,
		"ca_chain":    []string{intermediate, root},
	}
	if answer != "" {
		text, err := os.ReadFile(answer)
		stop(err)
		data = nil
		stop(json.Unmarshal(text, &data))
	}
	bundle, err := read(data)
	say("cert-manager-reads", err)
	if err != nil {
		return
	}
	say("cert-manager-chain", same("tls.crt", bundle.ChainPEM, leaf, intermediate))
	say("cert-manager-ca", same("ca.crt", bundle.CAPEM, root))
}
