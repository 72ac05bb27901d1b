// Go's crypto/x509: what Vault, OpenBao, Kubernetes and etcd themselves verify with.
//
// Called with ROOT INTERMEDIATE [CRL] [LEAF]; see say.sh for what a judge prints.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

func say(name string, err error) {
	verdict, words := "PASS", "accepted"
	if err != nil {
		verdict, words = "FAIL", strings.Join(strings.Fields(err.Error()), " ")
	}
	fmt.Println(verdict, name, words)
}

func der(path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if block, _ := pem.Decode(text); block != nil {
		return block.Bytes
	}
	return text
}

func main() {
	paths := append(os.Args[1:], "", "", "", "")
	root, err := x509.ParseCertificate(der(paths[0]))
	if err == nil {
		err = root.CheckSignatureFrom(root)
	}
	say("go-root", err)
	if err != nil {
		return
	}
	intermediate, err := x509.ParseCertificate(der(paths[1]))
	if err == nil {
		err = intermediate.CheckSignatureFrom(root)
	}
	say("go-intermediate", err)
	if err != nil {
		return
	}
	if paths[3] != "" {
		leaf(root, intermediate, paths[3])
	}
	if paths[2] != "" {
		crl(root, intermediate, paths[2])
	}
}

func leaf(root, intermediate *x509.Certificate, path string) {
	leaf, err := x509.ParseCertificate(der(path))
	if err != nil {
		say("go-leaf", err)
		return
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(root)
	between.AddCert(intermediate)
	for name, usage := range map[string]x509.ExtKeyUsage{
		"go-server": x509.ExtKeyUsageServerAuth, "go-client": x509.ExtKeyUsageClientAuth,
	} {
		_, err := leaf.Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage},
		})
		say(name, err)
	}
}

func crl(root, intermediate *x509.Certificate, path string) {
	list, err := x509.ParseRevocationList(der(path))
	if err == nil {
		err = list.CheckSignatureFrom(root)
	}
	if err == nil && string(list.RawIssuer) != string(root.RawSubject) {
		err = errors.New("its issuer is not the root's subject, byte for byte")
	}
	if err == nil && string(list.AuthorityKeyId) != string(root.SubjectKeyId) {
		err = errors.New("its authority key identifier is not the root's subject key identifier")
	}
	now := time.Now()
	if err == nil && (now.Before(list.ThisUpdate) || now.After(list.NextUpdate)) {
		err = errors.New("it is not of now")
	}
	say("go-crl", err)
	if err != nil {
		return
	}
	for _, entry := range list.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(intermediate.SerialNumber) == 0 {
			err = fmt.Errorf("revoked at %s, reason %d", entry.RevocationTime, entry.ReasonCode)
		}
	}
	say("go-revocation", err)
}
