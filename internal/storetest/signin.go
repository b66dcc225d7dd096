package storetest

import (
	"fmt"
	"net/http"
	"strings"
)

// AzureUser are the settings of a user of Azure whom [SignIn] knows.
var AzureUser = []string{"AZURE_TENANT_ID=72f988bf-0000-0000-0000-2d7cd011db47", "AZURE_CLIENT_ID=lab", "AZURE_CLIENT_SECRET=SECRET-of-the-lab"}

// AzureToken is what signing in gives.
const AzureToken = "SECRET-token"

// SignIn stands for the hosts at which users of Azure's clouds sign in, and hands
// on what other hosts are asked. Its answers have the shape that Microsoft
// documents:
// https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
// https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc
func SignIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		base := "https://" + r.Host
		tenant, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch {
		case !strings.HasPrefix(r.Host, "login."):
			next.ServeHTTP(w, r)
		case strings.HasPrefix(path, "discovery/"):
			fmt.Fprintf(w, `{"tenant_discovery_endpoint": %q, "metadata": [{"preferred_network": %q, "preferred_cache": %q, "aliases": [%q]}]}`,
				base+"/"+tenant+"/v2.0/.well-known/openid-configuration", r.Host, r.Host, r.Host)
		case strings.HasSuffix(path, ".well-known/openid-configuration"):
			at := base + "/" + tenant + "/oauth2/v2.0/"
			fmt.Fprintf(w, `{"token_endpoint": %q, "authorization_endpoint": %q, "issuer": %q}`, at+"token", at+"authorize", base+"/"+tenant+"/v2.0")
		case r.FormValue("client_secret") != "SECRET-of-the-lab":
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided. SECRET"}`)
		default:
			fmt.Fprintf(w, `{"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": %q}`, AzureToken)
		}
	})
}
