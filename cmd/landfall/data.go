package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit/sources"
)

func newData(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "data",
		Short: "The data sets that an audit draws on: their age, and newer ones",
		Example: `  landfall data status
  landfall data update`,
	}
	c.AddCommand(newDataStatus(s), newDataUpdate(s))
	return c
}

func newDataStatus(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:     "status",
		Short:   "Show the age and licence of each data set",
		Example: "  landfall data status",
		Args:    cobra.NoArgs,
	}
	var o sources.Options
	addDataDir(c.Flags(), &o.Dir, "dir")
	c.RunE = func(*cobra.Command, []string) error { return dataStatus(s, o) }
	return c
}

func dataStatus(s surroundings, o sources.Options) error {
	built, err := sources.EmbeddedBuilt()
	if err != nil {
		return err
	}
	dir, list, err := o.List()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DATA SET\tAGE\tSIZE\tLICENCE\tHOLDS")
	fmt.Fprintf(w, "dbip-country-lite\tbuilt %s\tembedded\tCC BY 4.0\twhere addresses are, by country (%s)\n", built, sources.EmbeddedAttribution)
	for _, set := range list {
		age, size := "not fetched", ""
		if !set.Fetched.IsZero() {
			age, size = ageOf(s.now().Sub(set.Fetched), set.StaleAfter), fmt.Sprintf("%.1f MB", float64(set.Bytes)/1e6)
		}
		holds := set.Holds
		if set.Attribution != "" {
			holds += " (" + set.Attribution + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", set.Name, age, size, set.Licence, holds)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "\nkept in %s; `landfall data update` fetches newer ones\n", oneLine(dir))
	return err
}

func ageOf(age, stale time.Duration) string {
	days := int(age.Hours() / 24)
	text := fmt.Sprintf("%d days", days)
	if days == 1 {
		text = "1 day"
	}
	if stale > 0 && age > stale {
		text += " (old)"
	}
	return text
}

func newDataUpdate(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "update [NAME…]",
		Short: "Fetch newer data sets into the cache folder",
		Long: `Fetch newer data sets over HTTPS into the cache folder. Each replaces the old one
in one step, and only after it was read through; one that cannot be had leaves
the old one as it is.

Exit status: 0 all are the newest; 2 bad usage; 3 some could not be fetched.`,
		Example: `  landfall data update
  landfall data update dbip-asn-lite`,
		ValidArgs: sources.Names(),
	}
	var o sources.Options
	noProgress := false
	addDataDir(c.Flags(), &o.Dir, "dir")
	addNoProgress(c.Flags(), &noProgress)
	c.RunE = func(c *cobra.Command, args []string) error {
		u := newUI(s, levelInfo)
		u.progress = u.progress && !noProgress
		update, err := o.Update(s.now(), u.tell, args...)
		if err != nil {
			return err
		}
		if err := update.Fetch(c.Context()); err != nil {
			return incomplete(err)
		}
		return nil
	}
	return c
}
