package pages

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/unicode/norm"
)

// ErrNotText is wrapped where a page is of a kind whose words cannot be read,
// such as a picture or a PDF.
var ErrNotText = errors.New("the page is not text")

// Text is the words of a page without markup, in UTF-8. contentType is that of
// its header; without one the content decides, as in a browser.
func Text(body []byte, contentType string) (string, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/html"
	}
	marked := kind == "text/html" || strings.HasSuffix(kind, "+xml") || strings.HasSuffix(kind, "/xml")
	if !marked && !strings.HasPrefix(kind, "text/") && kind != "application/json" {
		return "", fmt.Errorf("%w, it is %q", ErrNotText, kind)
	}
	if len(body) == 0 {
		return "", nil // charset finds no characters to go by
	}
	decoded, err := charset.NewReader(bytes.NewReader(body), contentType)
	if err != nil {
		return "", fmt.Errorf("reading the characters of the page: %w", err)
	}
	if !marked {
		text, err := io.ReadAll(io.LimitReader(decoded, maxText))
		return string(text), err
	}
	return withoutMarkup(decoded)
}

// maxText bounds the words of a page in octets of UTF-8. A page is bounded when
// it is fetched; decoding can make it three times as long.
const maxText = 3 * maxPage

// withoutMarkup is the text of HTML, with a blank for each tag that begins or
// ends a block: words of two paragraphs are not one.
func withoutMarkup(page io.Reader) (string, error) {
	var text strings.Builder
	tokens, hidden := html.NewTokenizer(page), 0
	tokens.SetMaxBuf(maxPage)
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			if err := tokens.Err(); !errors.Is(err, io.EOF) {
				return "", fmt.Errorf("reading the markup of the page: %w", err)
			}
			return text.String(), nil
		case html.TextToken:
			if hidden == 0 {
				text.Write(tokens.Text())
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := tokens.TagName()
			if neverShown(atom.Lookup(name)) && kind != html.SelfClosingTagToken {
				hidden = max(0, hidden+map[html.TokenType]int{html.StartTagToken: 1, html.EndTagToken: -1}[kind])
			}
			text.WriteByte(' ')
		}
	}
}

// neverShown reports the elements whose text is not for readers.
func neverShown(element atom.Atom) bool {
	return element == atom.Script || element == atom.Style || element == atom.Template
}

// Contains reports whether a page's text has the words, in their order. Blanks,
// the shapes of quotation marks and dashes, marks of emphasis and compatible
// forms of characters (Unicode NFKC) do not count; letters, digits and their
// case do.
func Contains(text, words string) bool {
	folded := fold(words)
	return folded != "" && strings.Contains(fold(text), folded)
}

// fold leaves of a text what typography does not change.
func fold(text string) string {
	return strings.Map(func(char rune) rune {
		switch {
		case unicode.IsSpace(char), unicode.Is(unicode.Cf, char), strings.ContainsRune("*_`\\", char):
			return -1
		case unicode.Is(unicode.Pd, char), char == '\u2212':
			return '-'
		case strings.ContainsRune("‘’‚‛“”„‟«»‹›′″\"", char):
			return '\''
		}
		return char
	}, norm.NFKC.String(text))
}
