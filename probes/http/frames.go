package http

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/url"
	"strconv"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// protocolH2 is what HTTP/2 is called in ALPN (RFC 9113, 3.2).
const protocolH2 = "h2"

// What bounds one answer over HTTP/2.
const (
	maxFrames      = 100
	maxFrameBytes  = 16 << 10 // the least that every endpoint takes, RFC 9113, 4.2
	maxStreamBytes = 256 << 10
	ownStream      = 1 // the first of a client, RFC 9113, 5.1.1
	tableBytes     = 4096
)

// askFrames asks over HTTP/2, and takes fields as they are.
func (p *Probe) askFrames(conn net.Conn, page *url.URL) (*head, error) {
	var fields, out bytes.Buffer
	encoder := hpack.NewEncoder(&fields)
	for _, f := range [][2]string{
		{":method", nethttp.MethodGet}, {":scheme", page.Scheme}, {":authority", page.Host}, {":path", page.RequestURI()}, {"user-agent", p.userAgent()},
	} {
		if err := encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
			return nil, err
		}
	}
	out.WriteString(http2.ClientPreface)
	first := http2.NewFramer(&out, nil)
	err := errors.Join(
		first.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 0}),
		first.WriteHeaders(http2.HeadersFrameParam{StreamID: ownStream, BlockFragment: fields.Bytes(), EndStream: true, EndHeaders: true}),
	)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(out.Bytes()); err != nil {
		return nil, err
	}
	framer := http2.NewFramer(conn, io.LimitReader(conn, maxStreamBytes))
	framer.SetMaxReadFrameSize(maxFrameBytes)
	r := &blocks{framer: framer}
	r.decoder = hpack.NewDecoder(tableBytes, r.field)
	r.decoder.SetMaxStringLength(maxHeaderBytes)
	return r.read()
}

// blocks reads the field blocks of the one stream.
type blocks struct {
	framer  *http2.Framer
	decoder *hpack.Decoder
	got     *head
	bytes   int // of fields, inflated: a block may hold a thousand times its size
}

// read returns the first answer that is not an interim one.
func (b *blocks) read() (*head, error) {
	for range maxFrames {
		frame, err := b.framer.ReadFrame()
		if err != nil {
			return nil, err
		}
		whole := false
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = b.framer.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			b.got = &head{protocol: protocolH2, header: nethttp.Header{}}
			whole, err = b.block(frame.HeaderBlockFragment(), frame.HeadersEnded())
		case *http2.ContinuationFrame:
			whole, err = b.block(frame.HeaderBlockFragment(), frame.HeadersEnded())
		case *http2.GoAwayFrame:
			err = fmt.Errorf("the server ended the connection: %s", frame.ErrCode)
		case *http2.RSTStreamFrame:
			err = fmt.Errorf("the server ended the request: %s", frame.ErrCode)
		}
		if err != nil {
			return nil, err
		}
		if whole && b.got.status >= nethttp.StatusOK {
			return b.got, nil
		}
	}
	return nil, fmt.Errorf("no answer in %d frames", maxFrames)
}

// block reads a part of a field block (RFC 9113, 4.3), and reports whether it was
// the last.
func (b *blocks) block(fragment []byte, last bool) (whole bool, err error) {
	if _, err := b.decoder.Write(fragment); err != nil {
		return false, err
	}
	if b.bytes > maxHeaderBytes {
		return false, fmt.Errorf("the head of the answer has more than %d bytes", maxHeaderBytes)
	}
	if !last {
		return false, nil
	}
	if err := b.decoder.Close(); err != nil {
		return false, err
	}
	if b.got.status == 0 {
		return false, errors.New("the answer has no status")
	}
	return true, nil
}

// field keeps a field.
func (b *blocks) field(f hpack.HeaderField) {
	if b.bytes += int(f.Size()); b.bytes > maxHeaderBytes {
		return
	}
	if f.Name == ":status" {
		// What is no number stays 0, which is told at the end of the block.
		b.got.status, _ = strconv.Atoi(f.Value)
		return
	}
	if httpguts.ValidHeaderFieldName(f.Name) {
		name := nethttp.CanonicalHeaderKey(f.Name)
		b.got.header[name] = append(b.got.header[name], f.Value)
	}
}
