package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/providers"
)

func newCatalogOwners(s surroundings) *cobra.Command {
	var on string
	c := &cobra.Command{
		Use:   "owners ORGANISATION|ASnumber",
		Short: "Draw who holds an organisation, and who holds those",
		Long: `Draw who holds an organisation on a day, and who holds those, with each share and
the page that states it. Pages that disagree stand side by side. A number of a
network, such as AS58593, stands for the organisation that it is registered to.`,
		Example: `  landfall catalog owners 21Vianet --on 2015-02-01
  landfall catalog owners AS58593`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			day := providers.DateOf(s.now())
			if on != "" {
				parsed, err := providers.ParseDate(on)
				if err != nil {
					return fmt.Errorf("--on: %w", err)
				}
				day = parsed
			}
			table := providers.Owners()
			organisation, err := findOrganisation(table, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(s.out, ownersText(table, organisation, day))
			return err
		},
	}
	c.Flags().StringVar(&on, "on", "", "the `DATE`, as YYYY-MM-DD; today unless given")
	return c
}

// findOrganisation finds an organisation by its name or by the number of a
// network.
func findOrganisation(table *providers.Ownership, text string) (providers.Organisation, error) {
	if digits, is := cutASN(text); is {
		number, err := strconv.ParseUint(digits, 10, 32)
		if err != nil {
			return providers.Organisation{}, fmt.Errorf("%s: the number of a network is from 1 to 4294967295", oneLine(text))
		}
		organisation, ok := table.OrganisationOfASN(uint32(number))
		if !ok {
			return organisation, fmt.Errorf("no organisation of the table has the network AS%d; give its name instead", number)
		}
		return organisation, nil
	}
	organisation, ok := table.Organisation(text)
	if ok {
		return organisation, nil
	}
	if name, near := table.Nearest(text); near {
		return organisation, fmt.Errorf("no organisation is called %q; did you mean %q?", text, name)
	}
	return organisation, errors.New(strconv.Quote(text) + " is no organisation of the table; it is providers/ownership.yaml, where one can be added with its source")
}

// cutASN takes the letters AS off a number.
func cutASN(text string) (digits string, ok bool) {
	digits = strings.TrimPrefix(strings.ToUpper(text), "AS")
	return digits, digits != "" && strings.Trim(digits, "0123456789") == ""
}

func ownersText(table *providers.Ownership, organisation providers.Organisation, day providers.Date) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s on %s\n", oneLine(organisation.Name), inBrackets(organisation.Jurisdictions), day)
	owners := table.Chain(organisation.Name, day)
	writeOwners(&b, owners, "")
	if len(owners) == 0 {
		b.WriteString("  no source states a holder for this day\n")
		for _, holding := range table.Statements(organisation.Name) {
			fmt.Fprintf(&b, "  %s: %s\n", span(holding), holdingText(holding))
		}
	}
	return b.String()
}

func writeOwners(b *strings.Builder, owners []providers.Owner, indent string) {
	for i, owner := range owners {
		branch, below := "├─ ", "│  "
		if i == len(owners)-1 {
			branch, below = "└─ ", "   "
		}
		fmt.Fprintf(b, "%s%s%s\n%s%s   %s; %s\n", indent, branch, holdingText(owner.Holding), indent, below, span(owner.Holding), oneLine(owner.Source.URL))
		if owner.Note != "" {
			fmt.Fprintf(b, "%s%s   %s\n", indent, below, oneLine(owner.Note))
		}
		if owner.Cycle {
			fmt.Fprintf(b, "%s%s   stands below itself already\n", indent, below)
		}
		writeOwners(b, owner.Above, indent+below)
	}
}

func holdingText(h providers.Holding) string {
	text := oneLine(h.Holder) + inBrackets(h.Jurisdictions) + ": "
	if !h.Share.Stated && !h.Votes.Stated {
		return text + "share not stated"
	}
	var parts []string
	if h.Share.Stated {
		parts = append(parts, h.Share.String())
	}
	if h.Votes.Stated {
		parts = append(parts, h.Votes.String()+" of the votes")
	}
	return text + strings.Join(parts, ", ")
}

// span is the days of a holding, as far as its source states them.
func span(h providers.Holding) string {
	switch {
	case h.Undated():
		return "undated, read " + h.Source.Retrieved.String()
	case h.Until.IsZero():
		return "known from " + h.From.String()
	}
	return "known from " + h.From.String() + ", not after " + h.Until.String()
}

func inBrackets(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}
