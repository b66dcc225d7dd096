package s3

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// noBody is the SHA-256 of nothing, which the signature of a request without a
// body has.
const noBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// question is a GET of a service for which a few fields are read: the SDK's
// module for it would be a hundred times as large as what is used.
type question struct {
	url     string // with its query
	service string // that the signature names
	region  string
	account string // x-amz-account-id; empty: none
}

// get signs and asks (Signature Version 4), and reads the answer.
func (s *session) get(ctx context.Context, client *http.Client, q question, decode func(io.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("X-Amz-Content-Sha256", noBody)
	if q.account != "" {
		request.Header.Set("X-Amz-Account-Id", q.account)
	}
	credentials, err := s.credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, noBody, q.service, q.region, time.Now()); err != nil {
		return err
	}
	response, err := cloud.Ask(client, request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}
	if err := decode(response.Body); err != nil {
		return &smithy.DeserializationError{Err: err}
	}
	return nil
}

func asJSON(into any) func(io.Reader) error {
	return func(r io.Reader) error { return json.NewDecoder(r).Decode(into) }
}

func asXML(into any) func(io.Reader) error {
	return func(r io.Reader) error { return xml.NewDecoder(r).Decode(into) }
}

// refusal is an answer that is an error: its code in a header, in JSON or in XML,
// whichever the service speaks.
func refusal(response *http.Response) error {
	code := response.Header.Get("X-Amzn-Errortype")
	if code == "" {
		var said struct {
			Type string `json:"__type" xml:"-"`
			Code string `json:"code" xml:"Code"`
			In   struct {
				Code string `xml:"Code"`
			} `json:"-" xml:"Error"`
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, maxRefusalBytes))
		if err == nil && json.Unmarshal(body, &said) != nil {
			_ = xml.Unmarshal(body, &said) // neither: the status alone speaks
		}
		code = said.Type + said.Code + said.In.Code
	}
	if code = errorCode(code); code == "" {
		class, text := byStatus(response.StatusCode)
		return &cloud.Failure{Class: class, Text: text}
	}
	return &smithy.GenericAPIError{Code: code}
}

// maxRefusalBytes bounds what is read of an error.
const maxRefusalBytes = 64 << 10

// errorCode returns the bare code of prefix#Code:address.
func errorCode(text string) string {
	for i, r := range text {
		if r == ':' {
			text = text[:i]
			break
		}
	}
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == '#' {
			return text[i+1:]
		}
	}
	return text
}

// errNoAccount says that the credentials' account could not be learnt.
var errNoAccount = errors.New("sts:GetCallerIdentity gave no account")

// accountID returns the account of the credentials; nobody needs a permission to
// ask for it.
func (l *look) accountID(ctx context.Context) (string, error) {
	p := l.at.partition
	return l.cloud.account.id.Get(ctx, p.id, func(ctx context.Context) (string, error) {
		endpoint := p.url("sts", p.home)
		client := sts.NewFromConfig(l.session.config, func(o *sts.Options) {
			o.Region, o.BaseEndpoint, o.HTTPClient = p.home, &endpoint, l.cloud.http
		})
		out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return "", err
		}
		id := aws.ToString(out.Account)
		if !accountNumber.MatchString(id) {
			return "", errNoAccount
		}
		return id, nil
	})
}

// paged asks page by page: next is the token of the page that follows, empty at
// the end.
func paged(api string, ask func(token string) (next string, err error)) error {
	token := ""
	for range maxPages {
		next, err := ask(token)
		if err != nil || next == "" {
			return err
		}
		token = next
	}
	return tooManyPages(api)
}

// with adds a parameter to an address, unless it is empty.
func with(address, name, value string) string {
	if value == "" {
		return address
	}
	return address + "?" + url.Values{name: {value}}.Encode()
}
