package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/draft"
)

func newCatalogNew(s surroundings) *cobra.Command {
	var d draft.Draft
	var out string
	var ask bool
	c := &cobra.Command{
		Use:   "new",
		Short: "Begin a sheet for a vendor",
		Long: `Begin a sheet for a vendor, from flags, or from questions with --ask. It is good as it
is, and its comments say what to add. Editors that know the YAML language server
complete and check it by the schema in its first line.`,
		Example: `  landfall catalog new --vendor example-drive --name "Example Drive" --host upload.example.com > example-drive.yaml
  landfall catalog new --ask --out example-drive.yaml`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if ask {
				if err := askFor(&d, s); err != nil {
					return err
				}
			}
			text, err := d.Sheet(providers.DateOf(s.now()))
			if err != nil {
				return err
			}
			return writeNew(s.out, out, text)
		},
	}
	f := c.Flags()
	f.StringVar(&d.Vendor, "vendor", "", "`ID` of the service, lower case, such as example-drive")
	f.StringVar(&d.Name, "name", "", "the vendor's `NAME` for the service")
	f.StringVar(&d.Organisation, "organisation", "", "`NAME` of the organisation that runs it, by the vendor's own word")
	f.StringVar(&d.Jurisdiction, "jurisdiction", "", "`COUNTRY` whose law that organisation is under, ISO 3166-1")
	f.StringArrayVar(&d.Hosts, "host", nil, "`HOST` that clients use (repeatable)")
	f.StringVar(&d.Says, "says", "", "`WORDS` of a claim, verbatim")
	f.StringVar(&d.Page, "page", "", "`URL` that the words were read at, today")
	f.StringVar(&out, "out", "", "write to `FILE`, which must not be there, instead of standard output")
	f.BoolVar(&ask, "ask", false, "ask for what the flags leave out")
	return c
}

// askFor asks for what is still empty, on standard error.
func askFor(d *draft.Draft, s surroundings) error {
	lines := bufio.NewScanner(s.in)
	hosts := strings.Join(d.Hosts, " ")
	for _, question := range []struct {
		text   string
		answer *string
	}{
		{"Id of the service, lower case, such as example-drive", &d.Vendor},
		{"The vendor's name for it", &d.Name},
		{"Organisation that runs it, by the vendor's own word (empty: not known)", &d.Organisation},
		{"Country whose law that is under, ISO 3166-1 (empty: not known)", &d.Jurisdiction},
		{"Hosts that clients use, with blanks between (empty: none)", &hosts},
		{"Words of a claim, verbatim (empty: none)", &d.Says},
		{"Page that they were read at (empty: none)", &d.Page},
	} {
		if *question.answer != "" {
			continue
		}
		fmt.Fprintf(s.err, "%s: ", question.text)
		if !lines.Scan() {
			return errors.Join(errors.New("the answers ended before the questions"), lines.Err())
		}
		*question.answer = strings.TrimSpace(lines.Text())
	}
	d.Hosts = strings.Fields(hosts)
	return nil
}

// writeNew writes to a file that is not there yet, or to out.
func writeNew(out io.Writer, path, text string) error {
	if path == "" {
		_, err := io.WriteString(out, text)
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("a new sheet: %w", err)
	}
	_, err = io.WriteString(file, text)
	return errors.Join(err, file.Close())
}

func newCatalogDiscover(s surroundings) *cobra.Command {
	var o audit.DiscoverOptions
	c := &cobra.Command{
		Use:   "discover HOST|FILE…",
		Short: "Propose endpoints for a sheet, for a person to accept",
		Long: `Propose endpoints for a sheet. A host is looked up, and its certificate is read: the
names that it leads to and the names beside it are proposed, if they are under
its own domain. A file is evidence of this program, a HAR file of a browser, a
capture of packets (pcap or pcapng: DNS answers and the server names of TLS), or a
list of hosts, one a line; the hosts that received most come first.

What is proposed is no evidence that a vendor uses the host: that takes a source.

Exit status: 0 done; 2 bad usage or input; 3 a host could not be looked at.`,
		Example: `  landfall catalog discover api.example.com
  landfall catalog discover session.har >> example-drive.yaml
  landfall catalog discover backup.pcap`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := audit.Discover(c.Context(), o, args...)
			if _, writeErr := fmt.Fprint(s.out, text); writeErr != nil {
				return writeErr
			}
			return err
		},
	}
	addResolvers(c.Flags(), &o.Resolvers)
	c.Flags().BoolVar(&o.AllowPrivate, "allow-private", false, "contact hosts of private addresses too")
	return c
}
