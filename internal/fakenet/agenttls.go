package fakenet

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Certificate connects to a server and returns the certificate (PEM) that it
// shows to whoever asks for a name, how long connecting took, and how long
// shaking hands after that.
func (a *Agent) Certificate(ctx context.Context, to netip.AddrPort, name string) (leaf []byte, connect, handshake time.Duration, err error) {
	began := time.Now()
	conn, err := a.Dial(ctx, to)
	if err != nil {
		return nil, 0, 0, err
	}
	defer conn.Close()
	connect = time.Since(began)
	client := tls.Client(conn, &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err := client.HandshakeContext(ctx); err != nil {
		return nil, 0, 0, fmt.Errorf("shaking hands with %s: %w", to, err)
	}
	shown := client.ConnectionState().PeerCertificates
	if len(shown) == 0 {
		return nil, 0, 0, errors.New("the server shows no certificate")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: shown[0].Raw}), connect, time.Since(began) - connect, nil
}
