// Package pages looks whether a vendor's words still stand on the page that they
// were read on.
//
// A [Fetcher] fetches pages politely: one at a time, with a pause between two
// requests to one host, conditionally where it has the page already, and not
// again from a host that asks to be left alone. [Text] is what a page says
// without its markup, and [Contains] whether it says given words. Words that a
// script writes into a page are not seen: that they are not found means that
// they are not in the page as it is served.
package pages
