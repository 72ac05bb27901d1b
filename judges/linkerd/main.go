// Linkerd's own packages: what its identity service and `linkerd check` make of an issuer.
//
// Called with ANCHORS TLS_CRT TLS_KEY, PEM files: the trust bundle that proxies are given, and
// the two parts of the identity issuer's Secret. Prints a line for each thing it looked at, as
// every judge does: PASS|FAIL NAME WORDS.
package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"github.com/linkerd/linkerd2/pkg/issuercerts"
	"github.com/linkerd/linkerd2/pkg/tls"
)

func say(name string, err error) {
	verdict, words := "PASS", "accepted"
	if err != nil {
		verdict, words = "FAIL", strings.Join(strings.Fields(err.Error()), " ")
	}
	fmt.Println(verdict, name, words)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: judge-linkerd ANCHORS TLS_CRT TLS_KEY")
		os.Exit(2)
	}
	data, err := issuercerts.LoadIssuerDataFromFiles(os.Args[3], os.Args[2], os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	say("linkerd-anchors", anchors(data.TrustAnchors))
	// What the identity service does when it starts, and each time its Secret changes.
	// An issuer of two days is renewed all the time: its end is not looked at.
	_, err = data.VerifyAndBuildCreds()
	say("linkerd-issuer", err)
}

// What `linkerd check` asks of each anchor.
func anchors(text string) error {
	list, err := tls.DecodePEMCertificates(text)
	if err != nil {
		return err
	}
	checks := []func(*x509.Certificate) error{
		issuercerts.CheckTrustAnchorAlgoRequirements,
		issuercerts.CheckCertValidityPeriod,
		issuercerts.CheckExpiringSoon,
	}
	for _, anchor := range list {
		for _, check := range checks {
			if err := check(anchor); err != nil {
				return fmt.Errorf("%s: %w", anchor.Subject, err)
			}
		}
	}
	return nil
}
