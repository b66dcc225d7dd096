package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/providers"
)

func newCatalog(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "catalog",
		Short: "List, show and check vendors' claims",
		Example: `  landfall catalog list
  landfall catalog show xiaomi-cloud
  landfall catalog validate my.yaml
  landfall catalog new --vendor example-drive --name "Example Drive" > example-drive.yaml
  landfall catalog discover api.example.com
  landfall catalog check xiaomi-cloud
  landfall catalog owners 21Vianet --on 2015-02-01`,
	}
	c.AddCommand(
		newCatalogList(s), newCatalogShow(s), newCatalogValidate(s), newCatalogNew(s),
		newCatalogCheck(s), newCatalogDiscover(s), newCatalogOwners(s),
	)
	return c
}

func newCatalogList(s surroundings) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the vendors of the catalogue",
		Example: "  landfall catalog list",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			sheets, err := providers.Catalogue()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "VENDOR\tENDPOINTS\tCLAIMS\tNAME")
			for _, sheet := range sheets {
				fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", sheet.Vendor, len(sheet.Endpoints), len(sheet.Claims), sheet.Name)
			}
			return w.Flush()
		},
	}
}

// vendorIDs completes vendor ids.
func vendorIDs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	sheets, err := providers.Catalogue()
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	ids := make([]string, len(sheets))
	for i, sheet := range sheets {
		ids[i] = cobra.CompletionWithDesc(sheet.Vendor, sheet.Name)
	}
	return ids, cobra.ShellCompDirectiveDefault
}

func newCatalogShow(s surroundings) *cobra.Command {
	return &cobra.Command{
		Use:               "show VENDOR…",
		Short:             "Show a vendor's claims in its own words, and its endpoints",
		Example:           "  landfall catalog show xiaomi-cloud",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: vendorIDs,
		RunE: func(_ *cobra.Command, args []string) error {
			var problems []error
			for i, id := range args {
				sheet, err := providers.Lookup(id)
				if err != nil {
					problems = append(problems, err)
					continue
				}
				if i > 0 {
					fmt.Fprintln(s.out)
				}
				if _, err := fmt.Fprint(s.out, sheetText(sheet)); err != nil {
					return err
				}
			}
			return errors.Join(problems...)
		},
	}
}

// sheetText is a sheet as a person reads it.
func sheetText(sheet *providers.Sheet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", sheet.Vendor, oneLine(sheet.Name))
	if sheet.Operator.Organisation != "" {
		fmt.Fprintf(&b, "  operator: %s %s\n", oneLine(sheet.Operator.Organisation), sheet.Operator.Jurisdiction)
	}
	for i := range sheet.Claims {
		writeClaim(&b, &sheet.Claims[i])
	}
	b.WriteString("\n  endpoints\n")
	for _, e := range sheet.Endpoints {
		fmt.Fprintf(&b, "    %s:%d", oneLine(e.Host), e.Port)
		for _, role := range e.Roles {
			fmt.Fprintf(&b, " %s", role)
		}
		if e.Bootstrap {
			b.WriteString(" (only tells the client which host to use)")
		}
		b.WriteByte('\n')
	}
	for _, open := range sheet.Open {
		fmt.Fprintf(&b, "  open: %s\n", oneLine(open))
	}
	return b.String()
}

func writeClaim(b *strings.Builder, claim *providers.Claim) {
	fmt.Fprintf(b, "\n  %s (%s, about %s)\n    “%s”\n    %s, read %s", claim.ID, claim.Strength, claim.About, oneLine(claim.Says), oneLine(claim.Source.URL), claim.Source.Retrieved)
	if claim.Source.Grade != "" {
		fmt.Fprintf(b, ", %s", claim.Source.Grade)
	}
	b.WriteByte('\n')
	for _, list := range []struct {
		word   string
		places []providers.Place
	}{{"allow", claim.Allow}, {"deny", claim.Deny}, {"require", claim.Require}} {
		if len(list.places) > 0 {
			fmt.Fprintf(b, "    %s: %s\n", list.word, joinPlaces(list.places))
		}
	}
	for _, set := range []struct {
		word string
		set  providers.OperatorSet
	}{{"operators allowed", claim.Operators.Allow}, {"operators denied", claim.Operators.Deny}} {
		if !set.set.Empty() {
			fmt.Fprintf(b, "    %s: %s\n", set.word, oneLine(strings.Join(append(slices.Clone(set.set.Organisations), set.set.Jurisdictions...), ", ")))
		}
	}
	for _, date := range []struct {
		word string
		date providers.Date
	}{{"since", claim.Since}, {"until", claim.Until}, {"deadline", claim.Deadline}} {
		if !date.date.IsZero() {
			fmt.Fprintf(b, "    %s: %s\n", date.word, date.date)
		}
	}
	if !claim.Testable() {
		b.WriteString("    names no place and no operator: it cannot be tested\n")
	}
}

func joinPlaces(places []providers.Place) string {
	texts := make([]string, len(places))
	for i, p := range places {
		texts[i] = p.String()
	}
	return strings.Join(texts, ", ")
}

func newCatalogValidate(s surroundings) *cobra.Command {
	return &cobra.Command{
		Use:   "validate [FILE…]",
		Short: "Check claims files; without any, the embedded catalogue",
		Long: `Check claims files or folders. Each mistake is a line with file, line and column
and what to write instead.

Exit status: 0 all are good; 2 some are not.`,
		Example: `  landfall catalog validate my.yaml
  landfall catalog validate sheets/`,
		RunE: func(_ *cobra.Command, args []string) error {
			sheets, err := target.Sheets(nil, args)
			if err != nil {
				return err
			}
			claims := 0
			for _, sheet := range sheets {
				claims += len(sheet.Claims)
			}
			_, err = fmt.Fprintf(s.out, "%d sheets with %d claims are good\n", len(sheets), claims)
			return err
		},
	}
}
